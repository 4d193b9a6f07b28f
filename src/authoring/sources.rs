//! What the profile language says about sources: the keys of `receive` and the names that templates
//! know. A new source that profiles can receive gets an entry in [`SOURCES`], its key a line in the
//! schema, and `mapping/compile/receive.rs` says what `receive.default` means for it.

use super::channel_name;
use super::codes::Code;
use super::problem::Problems;
use super::raw::block;
use super::yaml::Text;
use crate::domain::{Bilingual, EndpointName, Lang, PollId, Source, bilingual};

/// The survey portal.
pub const POLLS: &str = "polls";
/// Channels.
pub const CHANNELS: &str = "channels";
/// amoCRM.
pub const AMOCRM: &str = "amocrm";
/// PBXs.
pub const PBXS: &str = "pbx";

/// How profiles name a source.
#[derive(Debug)]
pub struct SourceWords {
    /// The name of the source.
    pub source: &'static str,
    /// One address of it: `poll`. Also a spelling of the source in `receive.default`.
    pub one: &'static str,
    /// What people call one of its addresses, several of them, and every other one.
    pub names: [Bilingual<&'static str>; 3],
    /// The key in `receive` that lists addresses.
    pub(crate) key: &'static str,
    /// Whether a draft writes the key with a list.
    is_list: bool,
    /// The name that templates have for the address.
    address_name: &'static str,
    /// The name that templates have for the name that people gave the address.
    given_name: &'static str,
    /// The name that templates have for the key of a submission.
    key_name: Option<&'static str>,
    /// Whether a profile's `identity` applies: the submissions have no numbers of their own.
    pub(crate) takes_identity: bool,
    /// Parses an address.
    pub(crate) address: fn(&Text, &mut Problems) -> Option<String>,
}

impl SourceWords {
    /// Returns the words for a source.
    pub fn of(source: &str) -> Option<&'static Self> {
        SOURCES.iter().find(|words| words.source == source)
    }

    /// Returns the block `receive` for one address.
    pub fn receive(&self, address: &str) -> String {
        let key = self.key;
        if self.is_list {
            format!("{{ {key}: [{address}] }}")
        } else {
            format!("{{ {key}: {address} }}")
        }
    }
}

/// All sources that profiles can receive.
pub static SOURCES: [SourceWords; 4] = [
    SourceWords {
        source: POLLS,
        one: "poll",
        names: [
            Bilingual::new("poll", "опрос"),
            Bilingual::new("polls", "опросы"),
            Bilingual::new("every other poll", "все остальные опросы"),
        ],
        key: "polls",
        is_list: true,
        address_name: "poll_id",
        given_name: "poll_name",
        key_name: Some("answer_id"),
        takes_identity: false,
        address: poll,
    },
    SourceWords {
        source: CHANNELS,
        one: "channel",
        names: [
            Bilingual::new("channel", "канал"),
            Bilingual::new("channels", "каналы"),
            Bilingual::new("every other channel", "все остальные каналы"),
        ],
        key: "channel",
        is_list: false,
        address_name: "channel",
        given_name: "channel_name",
        key_name: None,
        takes_identity: true,
        address: channel,
    },
    SourceWords {
        source: AMOCRM,
        one: "amocrm",
        names: [
            Bilingual::new("amoCRM account", "аккаунт amoCRM"),
            Bilingual::new("amoCRM accounts", "аккаунты amoCRM"),
            Bilingual::new(
                "every other amoCRM account",
                "все остальные аккаунты amoCRM",
            ),
        ],
        key: "amocrm",
        is_list: false,
        address_name: "amocrm",
        given_name: "amocrm_name",
        key_name: None,
        takes_identity: false,
        address: account,
    },
    SourceWords {
        source: PBXS,
        one: "pbx",
        names: [
            Bilingual::new("PBX", "АТС"),
            Bilingual::new("PBXs", "АТС"),
            Bilingual::new("every other PBX", "все остальные АТС"),
        ],
        key: "pbx",
        is_list: false,
        address_name: "pbx",
        given_name: "pbx_name",
        key_name: None,
        takes_identity: false,
        address: pbx,
    },
];

/// Returns the value of a name that templates have for a part of the source.
pub(crate) fn template_value(source: &Source, name: &str) -> Option<String> {
    let words = SourceWords::of(source.name())?;
    let address = || source.address().to_owned();
    if words.address_name == name {
        Some(address())
    } else if words.given_name == name {
        Some(source.given_name(words.one).unwrap_or_else(address))
    } else if words.key_name == Some(name) {
        Some(source.key().to_owned())
    } else {
        None
    }
}

/// Returns the name that people gave the address, behind the word that templates have for it.
pub(crate) fn given_name(source: &Source) -> Option<(&'static str, String)> {
    let words = SourceWords::of(source.name())?;
    let name = source.given_name(words.one)?;
    Some((words.given_name, name))
}

fn channel(text: &Text, problems: &mut Problems) -> Option<String> {
    channel_name(text, problems).map(Into::into)
}

fn account(text: &Text, problems: &mut Problems) -> Option<String> {
    section(text, &AMOCRM_WORDS, problems)
}

fn pbx(text: &Text, problems: &mut Problems) -> Option<String> {
    section(text, &PBX_WORDS, problems)
}

/// What to say about the name of a section of the settings: the section, and what it cannot name.
type SectionWords = (&'static str, Bilingual<&'static str>);

const AMOCRM_WORDS: SectionWords = (
    AMOCRM,
    Bilingual::new("an amoCRM account", "именем аккаунта amoCRM"),
);
const PBX_WORDS: SectionWords = (PBXS, Bilingual::new("a PBX", "именем АТС"));

/// Parses the name of a section of the settings.
fn section(text: &Text, words: &SectionWords, problems: &mut Problems) -> Option<String> {
    let name = EndpointName::parse(text.value.trim());
    if name.is_none() {
        let written = &text.value;
        let (section, what) = words;
        let (en, ru) = (what.pick(Lang::En), what.pick(Lang::Ru));
        let message = bilingual!(
            "`{written}` cannot name {en}",
            "`{written}` не может быть {ru}"
        );
        let advice = bilingual!(
            "write the name of its section in the settings: of [{section}.main] `main`",
            "напишите имя из настроек: для [{section}.main] это `main`"
        );
        problems.error(Code::WrongValue, &text.place, message, advice);
    }
    name.map(|name| name.as_str().to_owned())
}

fn poll(text: &Text, problems: &mut Problems) -> Option<String> {
    let number = block::integer("receive.polls", text, problems)?.value;
    let poll = PollId::new(number);
    if poll.is_none() {
        let message = bilingual!(
            "`{number}` is not a poll number: polls are numbered from 1",
            "`{number}` — не номер опроса: опросы нумеруются с 1"
        );
        let advice = bilingual!("write the poll's number", "напишите номер опроса");
        problems.error(Code::WrongValue, &text.place, message, advice);
    }
    poll.map(|poll| poll.to_string())
}
