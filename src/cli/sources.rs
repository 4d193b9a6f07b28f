//! Flags that name a source: `--poll 123`, `--channel shop`. The commands know only names and
//! addresses.

use std::path::Path;

use serde_json::{Value, json};

use super::failure::Failure;
use crate::app::STORE_FILE;
use crate::authoring::{AMOCRM, CHANNELS, PBXS, POLLS, SourceWords};
use crate::config::Settings;
use crate::domain::{
    Bilingual, ChannelName, EndpointName, Lang, Poll, PollFacts, PollId, Source, SourceKind,
    bilingual,
};
use crate::intake::{self, amocrm};
use crate::journal::SourceFilter;
use crate::profiles::ProfileStore;
use crate::store::Store;

/// The source of a packet if no flag names another.
pub(super) const DEFAULT: &str = POLLS;

/// An address of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SourceAddress {
    pub(super) source: &'static str,
    pub(super) address: String,
}

/// What a channel makes of a packet with its `each`, and amoCRM of a hook with several items.
pub(super) enum SplitPacket {
    /// The packet is one submission.
    Whole,
    /// It has these submissions.
    Parts(Vec<Value>),
    /// It has no submission, or too many.
    Unsplittable,
}

fn wrong(why: Bilingual) -> Failure {
    Failure::message(2, why)
}

/// Reads `--poll`.
pub(super) fn poll(number: i64) -> Result<SourceAddress, Failure> {
    let poll = PollId::new(number).ok_or_else(|| {
        wrong(bilingual!(
            "{number} is not a poll: write a number from 1",
            "{number} — не опрос: напишите номер начиная с 1"
        ))
    })?;
    Ok(SourceAddress {
        source: POLLS,
        address: poll.to_string(),
    })
}

/// Reads `--channel`.
pub(super) fn channel(name: &str) -> Result<SourceAddress, Failure> {
    let name = ChannelName::parse(name).ok_or_else(|| {
        wrong(bilingual!(
            "`{name}` is not the name of a channel",
            "`{name}` — не имя канала"
        ))
    })?;
    Ok(SourceAddress {
        source: CHANNELS,
        address: name.into(),
    })
}

/// Reads `--amocrm`.
pub(super) fn account(name: &str) -> Result<SourceAddress, Failure> {
    let name = EndpointName::parse(name).ok_or_else(|| {
        wrong(bilingual!(
            "`{name}` cannot name an amoCRM account of the settings",
            "`{name}` не может быть именем аккаунта amoCRM в настройках"
        ))
    })?;
    Ok(SourceAddress {
        source: AMOCRM,
        address: name.as_str().to_owned(),
    })
}

/// Reads `--pbx`.
pub(super) fn pbx(name: &str) -> Result<SourceAddress, Failure> {
    let name = EndpointName::parse(name).ok_or_else(|| {
        wrong(bilingual!(
            "`{name}` cannot name a PBX of the settings",
            "`{name}` не может быть именем АТС в настройках"
        ))
    })?;
    Ok(SourceAddress {
        source: PBXS,
        address: name.as_str().to_owned(),
    })
}

/// Reads `--source`: `polls`, `polls/123`.
pub(super) fn filter(written: &str) -> Result<SourceFilter, Failure> {
    let (name, address) = match written.split_once('/') {
        Some((name, address)) => (name, Some(address)),
        None => (written, None),
    };
    let kind = intake::source(name).ok_or_else(|| {
        let known = intake::SOURCES.map(SourceKind::name).join(", ");
        wrong(bilingual!(
            "there is no source `{name}`; use one of {known}",
            "источника `{name}` нет; есть {known}"
        ))
    })?;
    let parsed = |address: &str| {
        let source = kind.of_packet(Some(address), &Value::Null);
        let source = source.ok_or_else(|| {
            wrong(bilingual!(
                "the source {name} has no address `{address}`",
                "у источника {name} нет адреса `{address}`"
            ))
        })?;
        Ok(source.address().to_owned())
    };
    Ok(SourceFilter {
        name: name.to_owned(),
        address: address.map(parsed).transpose()?,
    })
}

impl SourceAddress {
    /// Returns its name for people: `poll 123`.
    pub(super) fn label(&self, lang: Lang) -> String {
        let kind = intake::source(self.source);
        kind.map_or_else(String::new, |kind| kind.address_label(&self.address, lang))
    }

    /// Returns the block `receive` of a profile for it.
    pub(super) fn receive(&self) -> String {
        let words = SourceWords::of(self.source);
        words.map_or_else(String::new, |words| words.receive(&self.address))
    }

    /// Returns a file name for it, without extension: `poll-123`.
    pub(super) fn file_stem(&self) -> String {
        let kind = SourceWords::of(self.source).map_or(self.source, |words| words.one);
        format!("{kind}-{}", self.address.replace('.', "-"))
    }

    /// Returns the title that the sender gave it.
    pub(super) fn title(&self, store: &Store) -> Option<String> {
        if self.source != POLLS {
            return None;
        }
        registered(&self.address, store)?.name
    }

    /// Returns the filter for its submissions.
    pub(super) fn filter(self) -> SourceFilter {
        SourceFilter {
            name: self.source.to_owned(),
            address: Some(self.address),
        }
    }
}

fn registered(address: &str, store: &Store) -> Option<Poll> {
    let (polls, _) = store.polls().ok()?;
    polls
        .into_iter()
        .find(|poll| poll.id.to_string() == address)
}

/// Adds to the source of a packet that was never received what the gateway knows about its address.
pub(super) fn with_facts(source: Source, settings: &Settings, profiles: &ProfileStore) -> Source {
    let kind = SourceWords::of(source.name()).map_or("", |words| words.one);
    let facts = if source.name() == POLLS {
        // before the first start of the gateway there is no store
        let store = Store::open_read_only(&settings.data.dir.join(STORE_FILE)).ok();
        let poll = store.and_then(|store| registered(source.address(), &store));
        poll.map(|poll| json!(PollFacts::from(&poll)))
    } else if source.name() != CHANNELS {
        None
    } else {
        let name = ChannelName::parse(source.address());
        let channel = name.and_then(|name| profiles.channels().get(&name).cloned());
        let title = channel.map(|channel| channel.title.clone());
        title
            .filter(|title| !title.is_empty())
            .map(|name| json!({ "name": name }))
    };
    match facts {
        Some(facts) => source.with_details(&json!({ kind: facts })),
        None => source,
    }
}

/// Returns the source that decodes a file as the gateway decodes a request to this address. The
/// file's name is a hint, as the `Content-Type` of a request is.
pub(super) fn of_file(
    target: Option<&SourceAddress>,
    file: &str,
    profiles: &ProfileStore,
) -> Source {
    let bare = Source::new(target.map_or(DEFAULT, |target| target.source), "", "");
    let Some(target) = target.filter(|target| target.source == CHANNELS) else {
        return bare;
    };
    let ending = Path::new(file).extension().unwrap_or_default();
    let content_type = if ending.eq_ignore_ascii_case("csv") {
        Some("text/csv")
    } else if ending.eq_ignore_ascii_case("tsv") {
        Some("text/tab-separated-values")
    } else {
        None
    };
    let channels = profiles.channels();
    let channel = channels.by_address(&target.address).cloned();
    bare.with_details(&channel.unwrap_or_default().details(content_type))
}

/// Splits a packet as the gateway splits a request to this address.
pub(super) fn split(
    target: Option<&SourceAddress>,
    body: &Value,
    profiles: &ProfileStore,
) -> SplitPacket {
    let kind = target.and_then(|target| intake::source(target.source));
    if let Some(parts) = kind.and_then(|kind| kind.parts(body)) {
        return SplitPacket::Parts(parts);
    }
    let channels = profiles.channels();
    let channel = target
        .filter(|target| target.source == CHANNELS)
        .and_then(|target| channels.by_address(&target.address));
    let Some(channel) = channel.filter(|channel| channel.is_many()) else {
        return SplitPacket::Whole;
    };
    match channel.split(body.clone()) {
        Some(parts) if !parts.is_empty() => SplitPacket::Parts(parts),
        Some(_) | None => SplitPacket::Unsplittable,
    }
}

/// Adds to a packet of amoCRM the names of the settings, as the gateway does.
pub(super) fn add_names(target: Option<&SourceAddress>, body: &mut Value, settings: &Settings) {
    let account = target.filter(|target| target.source == AMOCRM);
    if let Some(account) = account.and_then(|target| settings.amocrm.get(&target.address)) {
        amocrm::add_names(body, account);
    }
}

/// Returns the channel of a submission as `--json` prints it; `null` for other sources.
pub(super) fn channel_json(source: &Source) -> Value {
    if source.name() == CHANNELS {
        json!(source.address())
    } else {
        Value::Null
    }
}

/// Returns advice for a packet of the default source that cannot be decoded.
pub(super) fn unread_advice(source: &str, raw: &[u8]) -> Bilingual<&'static str> {
    let is_form = !raw.trim_ascii_start().starts_with(b"{") && raw.contains(&b'=');
    if source == DEFAULT && is_form {
        Bilingual::new(
            "; for a form of a channel add --channel NAME",
            "; для формы канала добавьте --channel ИМЯ",
        )
    } else {
        Bilingual::new("", "")
    }
}

/// Returns advice for a packet that does not name its address.
pub(super) fn unnamed(shown: &Bilingual) -> Failure {
    let (name, russian) = (shown.in_lang(Lang::En), shown.in_lang(Lang::Ru));
    wrong(bilingual!(
        "{name} does not name its poll (header_data.poll_id): add --poll 123",
        "{russian}: нет номера опроса (header_data.poll_id); добавьте --poll 123"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_names_a_source_or_one_address_of_it() {
        let read = |written: &str| {
            let SourceFilter { name, address } = filter(written).ok()?;
            Some((name, address))
        };
        let of =
            |name: &str, address: Option<&str>| Some((name.to_owned(), address.map(str::to_owned)));
        assert_eq!(read("polls"), of("polls", None));
        assert_eq!(read("polls/123"), of("polls", Some("123")));
        assert_eq!(read("channels/Landing"), of("channels", Some("landing")));
        assert_eq!(read("amocrm/Main"), of("amocrm", Some("main")));
        assert_eq!(read("pbx/Main"), of("pbx", Some("main")));
        for wrong in [
            "",
            "fax",
            "amocrm/a b",
            "polls/",
            "polls/x",
            "channels/a/b",
            "/1",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
