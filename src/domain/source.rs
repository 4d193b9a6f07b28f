//! Where submissions come from. The core knows a source by its name, an address and a key. Only the
//! module of that source under `intake/` knows what the details of a request mean: it answers
//! questions about them through [`SourceKind`], and [`SourceKinds`] finds it by name.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::body::{self, Mistake};
use super::file::FileParts;
use super::json::Bounds;
use super::text::ellipsis;
use super::{Identity, Lang, SubmissionId};

/// The member of the details that marks a test lead.
const TRIAL: &str = "trial";
/// The member of the details that marks a submission that is held back.
const HELD: &str = "held";
/// The member of the details with the place of a submission among those of one item.
const SUCCESSION: &str = "newest";
/// Digits of a time in keys, so that they sort as times do.
const TIME_DIGITS: usize = 20;

/// Longer names of polls and channels are cut where people read lists, in characters.
const LONGEST_TITLE: usize = 60;

/// The place of a submission among those of one item, of which only the newest is delivered. The
/// keys of these submissions begin with the item and a time: [`Succession::key`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Succession {
    /// The beginning of their keys: ends with a slash.
    item: String,
    /// When the item changed, in seconds.
    time: u64,
}

impl Succession {
    /// Describes a change of an item.
    pub fn new(item: &str, time: u64) -> Self {
        Self {
            item: format!("{item}/"),
            time,
        }
    }

    /// Returns the place that a key tells: `30551177/leads/7/00000000001767009600/add/…`. `None` if it
    /// tells none, or the item has no time.
    fn of_key(key: &str) -> Option<Self> {
        let (end, _) = key.match_indices('/').nth(2)?;
        let (item, rest) = key.split_at_checked(end)?;
        let (time, _) = rest.strip_prefix('/')?.split_once('/')?;
        let is_time = time.len() == TIME_DIGITS && time.bytes().all(|byte| byte.is_ascii_digit());
        let time: u64 = time.parse().ok().filter(|time| is_time && *time > 0)?;
        Some(Self::new(item, time))
    }

    /// Returns the key of a submission; `rest` tells those of one second apart.
    pub fn key(&self, rest: &str) -> String {
        let Self { item, time } = self;
        format!("{item}{time:0TIME_DIGITS$}/{rest}")
    }
}

/// The identities of an item's submissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuccessionBounds {
    /// The lower bound of all of them.
    pub first: String,
    /// The lower bound of those that are newer than this one.
    pub newer: String,
    /// The upper bound of all of them.
    pub end: String,
}

/// Where a submission came from.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Source {
    name: Cow<'static, str>,
    address: String,
    key: String,
    details: Cow<'static, str>,
}

impl Source {
    /// The details of a source that has none.
    pub const NO_DETAILS: &str = "{}";

    /// Creates a source without details. Neither the name nor the address may contain a slash.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        address: impl Into<String>,
        key: impl Into<String>,
    ) -> Self {
        let (name, address) = (name.into(), address.into());
        debug_assert!(!name.contains('/') && !address.contains('/'));
        Self {
            name,
            address,
            key: key.into(),
            details: Cow::Borrowed(Self::NO_DETAILS),
        }
    }

    /// Adds what the source's own module needs to read the bytes again.
    #[must_use]
    pub fn with_details(self, details: &impl Serialize) -> Self {
        let details = serde_json::to_string(details);
        Self {
            details: details.map_or(Cow::Borrowed(Self::NO_DETAILS), Cow::Owned),
            ..self
        }
    }

    /// Adds a member to the details.
    #[must_use]
    pub fn with_detail(self, name: &str, value: Value) -> Self {
        let mut details: Map<String, Value> = self.details().unwrap_or_default();
        details.insert(name.to_owned(), value);
        self.with_details(&details)
    }

    /// Returns whether the details have a member of this name.
    pub fn has_detail(&self, name: &str) -> bool {
        // most details do not have the word
        self.details.contains(name)
            && self
                .details::<Map<String, Value>>()
                .is_some_and(|details| details.contains_key(name))
    }

    /// Returns the same source with another key.
    #[must_use]
    pub fn with_key(&self, key: String) -> Self {
        Self {
            key,
            ..self.clone()
        }
    }

    /// Restores what the store holds. Returns `None` if the identity does not belong to a source of
    /// that name.
    pub fn from_stored(name: String, identity: &str, details: String) -> Option<Self> {
        let rest = identity.strip_prefix(name.as_str())?.strip_prefix('/')?;
        let (address, key) = rest.split_once('/')?;
        Some(Self {
            address: address.to_owned(),
            key: key.to_owned(),
            name: name.into(),
            details: details.into(),
        })
    }

    /// Returns the name of the source: `polls`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the address within the source: the number of a poll, the name of a channel.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns what tells the submissions of one address apart.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the details as stored: JSON.
    pub fn stored_details(&self) -> &str {
        &self.details
    }

    /// Reads the details. Returns `None` if they do not have this shape.
    pub fn details<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&self.details).ok()
    }

    /// Returns the name that people gave the address, if the details have it under this word:
    /// the name of a poll or a channel.
    pub fn given_name(&self, of: &str) -> Option<String> {
        // most details have none
        if !self.details.contains("\"name\"") {
            return None;
        }
        let details: Value = self.details()?;
        let name = details.get(of)?.get("name")?.as_str()?;
        Some(name.to_owned())
    }

    /// Marks it as a test lead, which somebody sent to see what becomes of it.
    #[must_use]
    pub fn as_trial(self) -> Self {
        self.with_detail(TRIAL, Value::Bool(true))
    }

    /// Returns whether it is a test lead. No sender can make one: the details are ours.
    pub fn is_trial(&self) -> bool {
        // nearly all details have no such word
        self.details.contains(TRIAL)
            && self
                .details::<Map<String, Value>>()
                .is_some_and(|details| details.get(TRIAL) == Some(&Value::Bool(true)))
    }

    /// Marks it as held back: more of it is to come.
    #[must_use]
    pub fn as_held(self) -> Self {
        self.with_detail(HELD, Value::Bool(true))
    }

    /// Adds the place among the submissions of one item, of which only the newest is delivered.
    #[must_use]
    pub fn in_succession(self, place: &Succession) -> Self {
        self.with_detail(SUCCESSION, json!(place))
    }

    /// Adds the place that its key tells, see [`Source::in_succession`]; other keys tell none.
    #[must_use]
    pub fn in_succession_by_key(self) -> Self {
        match Succession::of_key(&self.key) {
            Some(place) => self.in_succession(&place),
            None => self,
        }
    }

    /// Returns the identities of the submissions of the same item, if only the newest of them is to
    /// be delivered.
    pub fn succession(&self) -> Option<SuccessionBounds> {
        // nearly all details have no such word
        if !self.details.contains(SUCCESSION) {
            return None;
        }
        let details: Map<String, Value> = self.details()?;
        let place: Succession = serde_json::from_value(details.get(SUCCESSION)?.clone()).ok()?;
        let Self { name, address, .. } = self;
        let first = format!("{name}/{address}/{}", place.item);
        let next = place.time.saturating_add(1);
        Some(SuccessionBounds {
            newer: format!("{first}{next:0TIME_DIGITS$}"),
            // the character behind 9
            end: format!("{first}:"),
            first,
        })
    }

    /// Returns the identity: two requests with the same one are the same submission.
    pub fn identity(&self) -> Identity {
        let Self {
            name, address, key, ..
        } = self;
        Identity::from_stored(format!("{name}/{address}/{key}"))
    }
}

impl fmt::Debug for Source {
    /// Leaves out the key and the details: they may be a person's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("name", &self.name)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// What the core asks the module of a source.
pub trait SourceKind: Send + Sync {
    /// Returns the name under which submissions are stored, without slashes: `polls`.
    fn name(&self) -> &'static str;

    /// Decodes the bytes of a submission into the packet that profiles see.
    fn decode(&self, source: &Source, raw: &[u8], bounds: Bounds) -> Result<Value, Mistake>;

    /// Splits a decoded request into the packets of its submissions; `None` if it is one packet.
    fn parts(&self, _request: &Value) -> Option<Vec<Value>> {
        None
    }

    /// Decodes another body of the same submission, whose details were not kept.
    fn decode_other(&self, raw: &[u8], bounds: Bounds) -> Result<Value, Mistake> {
        let bare = Source::new(self.name(), "", "");
        self.decode(&bare, raw, bounds)
    }

    /// Returns the files of a stored body whose contents are not in the packet.
    fn file_parts(&self, _source: &Source, _raw: &[u8]) -> Option<FileParts> {
        None
    }

    /// Names an address for people: `poll 123`.
    fn address_label(&self, address: &str, lang: Lang) -> String;

    /// Names the source of a submission for people, without personal data: `poll 123, answer 345`.
    fn label(&self, source: &Source, lang: Lang) -> String {
        self.address_label(source.address(), lang)
    }

    /// Returns the name that people gave the address of a submission.
    fn title(&self, _source: &Source) -> Option<String> {
        None
    }

    /// Returns the source of a packet that was never received, for previews and examples. Without
    /// an address, the packet has to name it.
    fn of_packet(&self, address: Option<&str>, packet: &Value) -> Option<Source>;

    /// Returns the key of a test lead, which no other submission has.
    fn trial_key(&self, id: SubmissionId, _at: Timestamp) -> String {
        format!("try/{id}")
    }

    /// Returns the source as `--json` prints it.
    fn to_json(&self, source: &Source) -> Value {
        let (name, address, key) = (source.name(), source.address(), source.key());
        json!({"name": name, "address": address, "key": key})
    }

    /// Parses the short form of an identity, such as `123/345`. Most sources have none.
    fn short_identity(&self, _text: &str) -> Option<Identity> {
        None
    }
}

/// The sources of this program, by name. A submission of any other source is decoded by its bytes
/// alone.
#[derive(Clone, Default)]
pub struct SourceKinds(Arc<[&'static dyn SourceKind]>);

impl SourceKinds {
    /// Creates the list of all sources.
    pub fn new(kinds: impl IntoIterator<Item = &'static dyn SourceKind>) -> Self {
        Self(kinds.into_iter().collect())
    }

    /// Returns the source of this name.
    pub fn get(&self, name: &str) -> Option<&'static dyn SourceKind> {
        self.iter().find(|kind| kind.name() == name)
    }

    /// Returns all of them.
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn SourceKind> {
        self.0.iter().copied()
    }

    /// Decodes the stored bytes of a submission into the packet that profiles see.
    pub fn decode(&self, source: &Source, raw: &[u8]) -> Result<Value, Mistake> {
        match self.get(source.name()) {
            Some(kind) => kind.decode(source, raw, Bounds::STORED),
            None => self.decode_other(source, raw),
        }
    }

    /// Decodes another body of a submission, whose details were not kept.
    pub fn decode_other(&self, source: &Source, raw: &[u8]) -> Result<Value, Mistake> {
        match self.get(source.name()) {
            Some(kind) => kind.decode_other(raw, Bounds::STORED),
            None => body::decode(None, raw, Bounds::STORED).map(|decoded| decoded.value),
        }
    }

    /// Returns the files of a stored body whose contents are not in the packet.
    pub fn file_parts(&self, source: &Source, raw: &[u8]) -> Option<FileParts> {
        match self.get(source.name()) {
            Some(kind) => kind.file_parts(source, raw),
            None => body::file_parts(None, raw),
        }
    }

    /// Names the source of a submission for people, without personal data.
    pub fn label(&self, source: &Source, lang: Lang) -> String {
        match self.get(source.name()) {
            Some(kind) => kind.label(source, lang),
            None => format!("{}/{}", source.name(), source.address()),
        }
    }

    /// Names the source of a submission for people, with the name that they gave its address. Logs
    /// have no such names.
    pub fn full_label(&self, source: &Source, lang: Lang) -> String {
        let label = self.label(source, lang);
        match self.title(source) {
            Some(title) => format!("{label} («{}»)", ellipsis(&title, LONGEST_TITLE)),
            None => label,
        }
    }

    /// Returns the name that people gave the address of a submission.
    pub fn title(&self, source: &Source) -> Option<String> {
        self.get(source.name())?.title(source)
    }

    /// Names the address of a submission for people.
    pub fn address_label(&self, source: &Source, lang: Lang) -> String {
        match self.get(source.name()) {
            Some(kind) => kind.address_label(source.address(), lang),
            None => format!("{}/{}", source.name(), source.address()),
        }
    }
}

impl fmt::Debug for SourceKinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.iter().map(SourceKind::name))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_restored_from_its_name_and_identity() {
        let source = Source::new("pbx", "main", "call/7 a").with_details(&["x"]);
        let identity = source.identity();
        assert_eq!(identity.as_str(), "pbx/main/call/7 a");
        let stored = Source::from_stored("pbx".to_owned(), identity.as_str(), "[\"x\"]".to_owned());
        assert_eq!(stored, Some(source));
        for identity in ["pb/main/7", "pbx", "pbx/main", "pbxmain/7"] {
            let stored = Source::from_stored("pbx".to_owned(), identity, String::new());
            assert_eq!(stored, None, "{identity}");
        }
    }

    #[test]
    fn the_submissions_of_an_item_sort_by_time() {
        let place = |time| Succession::new("30551177/leads/7", time);
        let source = |time| {
            let key = place(time).key("add/x");
            Source::new("amocrm", "main", key).in_succession(&place(time))
        };
        let bounds = source(100).succession().unwrap();
        for (time, is_newer) in [
            (0, false),
            (99, false),
            (100, false),
            (101, true),
            (u64::MAX, true),
        ] {
            let identity = source(time).identity();
            let identity = identity.as_str();
            assert!(
                (bounds.first.as_str()..bounds.end.as_str()).contains(&identity),
                "{time}"
            );
            assert_eq!(identity >= bounds.newer.as_str(), is_newer, "{time}");
        }
        let other = Source::new(
            "amocrm",
            "main",
            Succession::new("30551177/leads/70", 1).key("x"),
        );
        let identity = other.identity();
        assert!(!(bounds.first.as_str()..bounds.end.as_str()).contains(&identity.as_str()));
        assert_eq!(other.succession(), None);
    }

    #[test]
    fn a_key_tells_the_place_of_a_change() {
        for (key, time) in [
            (Succession::new("9/leads/7", 5).key("add/x"), Some(5)),
            (Succession::new("/leads/-", 5).key("add/x"), Some(5)),
            (Succession::new("9/leads/7", 0).key("add/x"), None),
            ("9/leads/7/5/add/x".to_owned(), None),
            ("unreadable/00ff".to_owned(), None),
            ("try/1a/2b/3c".to_owned(), None),
            ("a/b/c/".to_owned(), None),
            (String::new(), None),
        ] {
            let bare = Source::new("amocrm", "main", key.clone());
            let placed = bare.clone().in_succession_by_key();
            let item = key.split('/').take(3).collect::<Vec<_>>().join("/");
            let wanted = match time {
                Some(time) => bare.in_succession(&Succession::new(&item, time)),
                None => bare,
            };
            assert_eq!(placed, wanted, "{key}");
        }
    }

    #[test]
    fn debug_output_has_neither_the_key_nor_the_details() {
        let source = Source::new("channels", "shop", "anna@mail.example")
            .with_details(&serde_json::json!({"query": "tel=89123456789"}));
        let printed = format!("{source:?}");
        assert_eq!(
            printed,
            r#"Source { name: "channels", address: "shop", .. }"#
        );
    }

    #[test]
    fn a_source_that_this_build_does_not_have_is_decoded_by_its_bytes() {
        let (sources, source) = (SourceKinds::default(), Source::new("fax", "7", "1"));
        let packet = sources.decode(&source, b"a=1&b=2");
        assert_eq!(packet, Ok(serde_json::json!({"a": "1", "b": "2"})));
        assert_eq!(sources.label(&source, Lang::Ru), "fax/7");
    }
}
