//! Packets named on the command line: a file, standard input, or a submission of the journal.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use serde_json::Value;

use super::entries::one;
use super::failure::Failure;
use super::sources::{SourceAddress, SplitPacket, add_names, of_file, split, unread_advice};
use crate::app::STORE_FILE;
use crate::config::Settings;
use crate::domain::{Bilingual, Lang, Source, bilingual, plural};
use crate::intake;
use crate::journal::{History, Journal};
use crate::profiles::ProfileStore;
use crate::store::Store;

/// A packet and its origin.
pub(super) struct Given {
    /// Its name for people: `packet.json`, `standard input`, `submission 1a2b3c4d`.
    pub(super) shown: Bilingual,
    /// The body as it came.
    pub(super) raw: Bytes,
    /// The decoded body.
    pub(super) body: Value,
    /// Its history, if it is in the journal.
    pub(super) history: Option<Box<History>>,
}

/// Reads a packet by name: `-` is standard input, then a file, then a submission of the journal.
/// Files and standard input are decoded as requests to this address.
pub(super) fn given(
    name: &str,
    target: Option<&SourceAddress>,
    settings: &Settings,
    profiles: &ProfileStore,
) -> Result<Given, Failure> {
    let mut given = given_bare(name, target, settings, profiles)?;
    if given.history.is_none() {
        add_names(target, &mut given.body, settings);
    }
    Ok(given)
}

fn given_bare(
    name: &str,
    target: Option<&SourceAddress>,
    settings: &Settings,
    profiles: &ProfileStore,
) -> Result<Given, Failure> {
    let source = of_file(target, name, profiles);
    if name == "-" {
        let shown = Bilingual::new("standard input", "стандартный ввод").into();
        let raw = read(std::io::stdin().lock(), &shown, settings)?;
        return decoded(shown, &raw, &source, settings);
    }
    let shown = bilingual!("{name}", "{name}");
    let path = Path::new(name);
    if path.exists() {
        let unreadable = |error: std::io::Error| {
            let what = bilingual!("cannot read {name}", "не удаётся прочитать {name}");
            Failure::because(2, what, error)
        };
        let file = File::open(path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.is_dir() {
            let why = bilingual!(
                "{name} is a folder; name one file",
                "{name} — папка; укажите один файл"
            );
            return Err(Failure::message(2, why));
        }
        let raw = read(file, &shown, settings)?;
        return decoded(shown, &raw, &source, settings);
    }
    from_journal(name, settings)
}

/// Returns the submissions of a packet: its channel may split it with `each`.
pub(super) fn submissions(
    given: Given,
    target: Option<&SourceAddress>,
    settings: &Settings,
    profiles: &ProfileStore,
) -> Result<Vec<Given>, Failure> {
    // the journal has the parts
    if given.history.is_some() {
        return Ok(vec![given]);
    }
    let shown = &given.shown;
    let parts = match split(target, &given.body, profiles) {
        SplitPacket::Whole => return Ok(vec![given]),
        SplitPacket::Parts(parts) => parts,
        SplitPacket::Unsplittable => {
            let (name, russian) = (shown.in_lang(Lang::En), shown.in_lang(Lang::Ru));
            let why = bilingual!(
                "{name}: `each` of the channel finds no submission in it, or too many",
                "{russian}: по `each` канала в нём нет ни одной заявки или их слишком много"
            );
            return Err(Failure::message(1, why));
        }
    };
    let count = parts.len();
    let one = |(index, mut body): (usize, Value)| {
        add_names(target, &mut body, settings);
        Given {
            shown: if count == 1 {
                shown.clone()
            } else {
                shown.map(|shown| format!("{shown}, {} / {count}", index + 1))
            },
            raw: Bytes::from(body.to_string()),
            body,
            history: None,
        }
    };
    Ok(parts.into_iter().enumerate().map(one).collect())
}

fn from_journal(name: &str, settings: &Settings) -> Result<Given, Failure> {
    let looks_like_file = Path::new(name).extension().is_some() || name.matches('/').count() > 1;
    if looks_like_file {
        let why = bilingual!("there is no file {name}", "файла {name} нет");
        return Err(Failure::message(2, why));
    }
    let store = Store::open_read_only(&settings.data.dir.join(STORE_FILE)).map_err(|error| {
        let why = bilingual!(
            "there is no file {name}, and no journal to look it up in",
            "файла {name} нет, а журнала, в котором его искать, — тоже"
        );
        Failure::because(1, why, error)
    })?;
    let history = one(&Journal::new(store, intake::sources()), name)?;
    if history.raw.is_empty() {
        let why = bilingual!(
            "nothing is left of submission {name}: its body was removed",
            "от обращения {name} ничего не осталось: его тело удалено"
        );
        return Err(Failure::message(1, why));
    }
    let id = history.entry.id.short();
    let shown = bilingual!("submission {id}", "обращение {id}");
    let body = intake::sources()
        .decode(&history.entry.source, &history.raw)
        .map_err(|mistake| {
            let (en, ru) = (mistake.to_text(Lang::En), mistake.to_text(Lang::Ru));
            let why = bilingual!(
                "submission {id} cannot be read: {en}",
                "обращение {id} не читается: {ru}"
            );
            Failure::message(1, why)
        })?;
    Ok(Given {
        shown,
        raw: history.raw.clone(),
        body,
        history: Some(Box::new(history)),
    })
}

/// Reads at most as much as a sender may send.
fn read(from: impl Read, shown: &Bilingual, settings: &Settings) -> Result<Vec<u8>, Failure> {
    let most = settings.server.body_limit;
    let mut raw = Vec::new();
    let bound = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let (name, russian) = (shown.in_lang(Lang::En), shown.in_lang(Lang::Ru));
    from.take(bound).read_to_end(&mut raw).map_err(|error| {
        let what = bilingual!("cannot read {name}", "не удаётся прочитать: {russian}");
        Failure::because(2, what, error)
    })?;
    if raw.len() > most {
        let bytes = plural::genitive(most, ["байта", "байт"]);
        let why = bilingual!(
            "{name} is longer than {most} bytes (server.body_limit)",
            "{russian}: длиннее {most} {bytes} (server.body_limit)"
        );
        return Err(Failure::message(2, why));
    }
    Ok(raw)
}

fn decoded(
    shown: Bilingual,
    raw: &[u8],
    source: &Source,
    settings: &Settings,
) -> Result<Given, Failure> {
    let wrong = |why: Bilingual| Failure::message(2, why);
    let name = source.name();
    let kind = intake::source(name)
        .ok_or_else(|| wrong(bilingual!("no source {name}", "нет источника {name}")))?;
    let body = kind
        .decode(source, raw, kind.bounds(settings))
        .map_err(|mistake| {
            let (en, ru) = (mistake.to_text(Lang::En), mistake.to_text(Lang::Ru));
            let advice = unread_advice(name, raw);
            let (add, more) = (advice.pick(Lang::En), advice.pick(Lang::Ru));
            let (name, russian) = (shown.in_lang(Lang::En), shown.in_lang(Lang::Ru));
            wrong(bilingual!(
                "{name} is not a packet: {en}{add}",
                "{russian} — не пакет: {ru}{more}"
            ))
        })?;
    Ok(Given {
        shown,
        raw: Bytes::copy_from_slice(raw),
        body,
        history: None,
    })
}
