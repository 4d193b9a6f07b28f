//! The packets of the editor: what the profile has taken, or what a person pasted.

use std::sync::Arc;

use actix_web::web;
use serde::Deserialize;
use serde_json::Value;

use super::sheet::{Sheet, stopped};
use crate::authoring::SOURCES;
use crate::console::reply::Trouble;
use crate::console::visit::Visit;
use crate::domain::file::AttachedFiles;
use crate::domain::{Became, Bilingual, Lang, State, SubmissionId, bilingual};
use crate::intake;
use crate::journal::{Entry, Filter, Found, History, Journal, SourceFilter};
use crate::mapping::Profile;
use crate::preview::Packet;

/// The menu lists this many packets.
pub(super) const LISTED: usize = 20;
/// The tree joins this many.
pub(super) const JOINED: usize = 200;
/// Only the first addresses of a profile are looked up.
const MOST_ADDRESSES: usize = 10;

/// The packet that stands beside the text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    /// The id of a submission.
    id: Option<String>,
    /// A pasted packet.
    sample: Option<String>,
}

/// A packet and its origin.
pub(super) struct Given {
    /// The packet, as a preview reads it.
    pub(super) packet: Packet,
    /// Whether it was pasted.
    pub(super) is_sample: bool,
}

/// Loads the packet that the page shows; `None` if it shows none or the person may not see it.
pub(super) async fn load(
    visit: &Visit<'_>,
    sheet: &Sheet,
    wanted: &Wanted,
) -> Result<Option<Given>, Trouble> {
    if !visit.sees_people() {
        return Ok(None);
    }
    if let Some(sample) = wanted
        .sample
        .as_deref()
        .filter(|text| !text.trim().is_empty())
    {
        let packet = sampled(visit, sheet, sample)?;
        let is_sample = true;
        return Ok(Some(Given { packet, is_sample }));
    }
    let Some(id) = wanted.id.clone().filter(|id| !id.is_empty()) else {
        return Ok(None);
    };
    let journal = visit.parts().journal.clone();
    let found = web::block(move || journal.show(&id))
        .await
        .map_err(|_| stopped())??;
    let Found::One(history) = found else {
        return Err(gone());
    };
    let packet = of_history(&history).ok_or_else(gone)?;
    let is_sample = false;
    Ok(Some(Given { packet, is_sample }))
}

fn gone() -> Trouble {
    let text = Bilingual::new(
        "This packet is not in the history any more. Choose another one.",
        "Этого пакета в истории больше нет. Выберите другой.",
    );
    Trouble::Bad(text.into())
}

/// Returns the packet of a submission; `None` if its body was removed.
pub(super) fn of_history(history: &History) -> Option<Packet> {
    let entry = &history.entry;
    if history.raw.is_empty() {
        return None;
    }
    let body = intake::sources().decode(&entry.source, &history.raw).ok()?;
    // like a replay: search for the results of earlier attempts
    let is_fresh = matches!(entry.state, State::Queued | State::Captured) && entry.attempt == 0;
    Some(Packet {
        id: entry.id,
        source: entry.source.clone(),
        received_at: entry.received_at,
        body,
        uncertain: entry.uncertain || (!is_fresh && entry.attempt > 0),
        became: Became {
            contact: entry.contact,
            company: None,
            record: entry.record,
        },
        files: AttachedFiles::default(),
    })
}

/// Reads a pasted packet as a request to the profile's first address.
fn sampled(visit: &Visit<'_>, sheet: &Sheet, text: &str) -> Result<Packet, Trouble> {
    let (source, address) = first_address(visit, sheet);
    let kind = intake::source(source).ok_or_else(gone)?;
    let bad = |why: Bilingual| {
        let (en, ru) = (why.in_lang(Lang::En), why.in_lang(Lang::Ru));
        Trouble::Bad(bilingual!(
            "The pasted text is no packet: {en}. Paste the body of a request: JSON or a form.",
            "Вставленный текст — не пакет: {ru}. Вставьте тело запроса: JSON или форму."
        ))
    };
    let bare = crate::domain::Source::new(source, address.as_str(), "sample");
    let bounds = kind.bounds(&visit.parts().settings);
    let body = kind
        .decode(&bare, text.trim().as_bytes(), bounds)
        .map_err(|mistake| {
            bad(Bilingual::new(
                mistake.to_text(Lang::En),
                mistake.to_text(Lang::Ru),
            ))
        })?;
    let source = kind.of_packet(Some(&address), &body).unwrap_or(bare);
    Ok(Packet {
        id: SubmissionId::fresh(),
        source,
        received_at: visit.now,
        body,
        uncertain: false,
        became: Became::default(),
        files: AttachedFiles::default(),
    })
}

/// Returns the profile that the text makes, or the one of the file that works now.
pub(super) fn profile_of(visit: &Visit<'_>, sheet: &Sheet) -> Option<Arc<Profile>> {
    let stem = sheet
        .file
        .rsplit_once('.')
        .map_or(sheet.file.as_str(), |(stem, _)| stem);
    let current = || visit.parts().profiles.current().by_file(stem).cloned();
    sheet.profile.clone().or_else(current)
}

/// Returns the source and the first address that a profile takes.
fn first_address(visit: &Visit<'_>, sheet: &Sheet) -> (&'static str, String) {
    let profile = profile_of(visit, sheet);
    for words in &SOURCES {
        let address = profile
            .as_ref()
            .and_then(|profile| profile.addresses(words.source).next().map(str::to_owned));
        if let Some(address) = address {
            return (words.source, address);
        }
    }
    let takes_polls = profile.is_some_and(|profile| profile.takes_others(crate::authoring::POLLS));
    let source = if takes_polls {
        crate::authoring::POLLS
    } else {
        crate::authoring::CHANNELS
    };
    (source, "1".to_owned())
}

/// Lists the latest submissions that the profile takes, the newest first. Blocks on the store.
pub(super) fn latest(
    journal: &Journal,
    profile: Option<&Profile>,
    file: &str,
    most: usize,
) -> Vec<Entry> {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let mut filters = vec![Filter {
        profile: Some(stem.to_owned()),
        ..Filter::default()
    }];
    for words in &SOURCES {
        let addresses = profile
            .into_iter()
            .flat_map(|profile| profile.addresses(words.source));
        filters.extend(addresses.take(MOST_ADDRESSES).map(|address| Filter {
            source: Some(SourceFilter {
                name: words.source.to_owned(),
                address: Some(address.to_owned()),
            }),
            ..Filter::default()
        }));
    }
    let mut entries: Vec<Entry> = Vec::new();
    for filter in filters {
        let found = journal.list(&filter, most).unwrap_or_default();
        entries.extend(found);
    }
    entries.sort_by_key(|entry| std::cmp::Reverse((entry.received_at, entry.seq)));
    entries.dedup_by_key(|entry| entry.seq);
    entries.truncate(most);
    entries
}

/// Reads the packets of these submissions; those without a body are left out. Blocks on the store.
pub(super) fn read_all(journal: &Journal, entries: &[Entry]) -> Vec<(SubmissionId, Value)> {
    histories(journal, entries)
        .into_iter()
        .map(|packet| (packet.id, packet.body))
        .collect()
}

/// Reads these submissions as packets for a preview. Blocks on the store.
pub(super) fn histories(journal: &Journal, entries: &[Entry]) -> Vec<Packet> {
    let read = entries
        .iter()
        .filter_map(|entry| match journal.show(&entry.id.to_string()) {
            Ok(Found::One(history)) => of_history(&history),
            _ => None,
        });
    read.collect()
}
