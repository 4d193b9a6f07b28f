//! All profiles together: which of them takes a submission, and what only shows when they stand side by
//! side.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::Arc;

use serde_json::Value;

use super::profile::Profile;
use crate::authoring::codes::Code;
use crate::authoring::problem::{Problem, Problems};
use crate::domain::{ChannelName, PollId, Route, Source, bilingual, body};

/// The profiles at work.
#[derive(Debug, Default)]
pub struct ProfileSet {
    /// In the order of their files' names.
    profiles: Vec<Arc<Profile>>,
    /// For each poll its profiles in the order in which they are asked.
    by_poll: HashMap<PollId, Vec<Arc<Profile>>>,
    /// The same for each channel.
    by_channel: HashMap<ChannelName, Vec<Arc<Profile>>>,
    poll_default: Option<Arc<Profile>>,
    channel_default: Option<Arc<Profile>>,
    /// Another one wherever a profile has changed, come or gone.
    edition: String,
}

impl ProfileSet {
    /// Puts profiles together. Problems that only show here do not keep a profile from working: of two
    /// defaults the first by file name counts.
    pub fn new(mut profiles: Vec<Arc<Profile>>) -> (Self, Vec<Problem>) {
        profiles.sort_by(|one, other| one.file.cmp(&other.file));
        let mut problems = Problems::default();
        let by_poll = grouped(&profiles, Profile::polls, "poll", &mut problems);
        let by_channel = grouped(&profiles, Profile::channels, "channel", &mut problems);
        same_names(&profiles, &mut problems);
        let poll_default = default(&profiles, Profile::is_poll_default, &mut problems);
        let channel_default = default(&profiles, Profile::is_channel_default, &mut problems);
        let set = Self {
            edition: edition(&profiles),
            profiles,
            by_poll,
            by_channel,
            poll_default,
            channel_default,
        };
        (set, problems.into_sorted())
    }

    /// The profile for an answer: of the poll's profiles the first that wants it, else the default.
    pub fn for_poll(&self, poll: PollId, body: &Value) -> Option<&Arc<Profile>> {
        self.by_poll
            .get(&poll)
            .into_iter()
            .flatten()
            .chain(&self.poll_default)
            .find(|profile| profile.wants(body))
    }

    /// The profile for a request to a channel: of the channel's profiles the first that wants it, else the
    /// default for channels.
    pub fn for_channel(&self, channel: &ChannelName, body: &Value) -> Option<&Arc<Profile>> {
        self.by_channel
            .get(channel)
            .into_iter()
            .flatten()
            .chain(&self.channel_default)
            .find(|profile| profile.wants(body))
    }

    /// Whether a profile receives this channel by its name.
    pub fn has_channel(&self, channel: &ChannelName) -> bool {
        self.by_channel.contains_key(channel)
    }

    /// The profile for a submission.
    pub fn for_source(&self, source: &Source, body: &Value) -> Option<&Arc<Profile>> {
        match source {
            Source::Poll { poll, .. } => self.for_poll(*poll, body),
            Source::Channel { channel, .. } => self.for_channel(channel, body),
        }
    }

    /// The route to a connection, as long as these profiles are at work.
    pub fn route(&self, connection: Option<&str>) -> Route {
        Route::new(&self.edition, connection)
    }

    /// Whether any of them takes a submission, by its bytes as they came.
    pub fn takes(&self, source: &Source, raw: &[u8]) -> bool {
        let may = match source {
            Source::Poll { poll, .. } => self.has_poll(*poll),
            Source::Channel { channel, .. } => {
                self.channel_default.is_some() || self.by_channel.contains_key(channel)
            }
        };
        // where none may, the body need not be read
        may && body::decode(source, raw).is_ok_and(|body| self.for_source(source, &body).is_some())
    }

    /// The channels that profiles name, in order.
    pub fn channels(&self) -> Vec<&ChannelName> {
        let mut names: Vec<_> = self.by_channel.keys().collect();
        names.sort_unstable();
        names
    }

    /// Whether a profile takes the channels that no profile names.
    pub fn takes_other_channels(&self) -> bool {
        self.channel_default.is_some()
    }

    /// Whether it takes more than an answer's poll to choose its profile, or to tell its sender what is
    /// missing.
    pub fn looks_into(&self, poll: PollId) -> bool {
        let mut asked = self.of_poll(poll).iter().chain(&self.poll_default);
        asked.any(|profile| profile.when().is_some() || profile.may_reject())
    }

    /// Whether any profile, or the default, may take answers of this poll.
    pub fn has_poll(&self, poll: PollId) -> bool {
        self.poll_default.is_some() || self.by_poll.contains_key(&poll)
    }

    /// The profiles that name a poll, in the order in which they are asked.
    pub fn of_poll(&self, poll: PollId) -> &[Arc<Profile>] {
        self.by_poll.get(&poll).map_or(&[], Vec::as_slice)
    }

    /// All of them, in the order of their files' names.
    pub fn profiles(&self) -> &[Arc<Profile>] {
        &self.profiles
    }

    /// A profile by its file's name, with or without the ending.
    pub fn by_file(&self, file: &str) -> Option<&Arc<Profile>> {
        self.profiles
            .iter()
            .find(|profile| profile.file() == file || profile.reference().file == file)
    }
}

/// The standard hasher may give another result with another compiler: then what waits is sorted once more.
fn edition(profiles: &[Arc<Profile>]) -> String {
    let mut hasher = DefaultHasher::new();
    for profile in profiles {
        (&profile.file, &profile.reference.hash).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

/// For each poll, or each channel, its profiles in the order in which they are asked.
fn grouped<K: Clone + Ord + Hash + Display>(
    profiles: &[Arc<Profile>],
    keys: fn(&Profile) -> &[K],
    what: &str,
    problems: &mut Problems,
) -> HashMap<K, Vec<Arc<Profile>>> {
    let mut groups: HashMap<K, Vec<Arc<Profile>>> = HashMap::new();
    for profile in profiles {
        for key in keys(profile) {
            let list = groups.entry(key.clone()).or_default();
            if !list.iter().any(|other| Arc::ptr_eq(other, profile)) {
                list.push(profile.clone());
            }
        }
    }
    let mut sorted: Vec<(&K, &mut Vec<Arc<Profile>>)> = groups.iter_mut().collect();
    sorted.sort_unstable_by_key(|(key, _)| *key);
    for (key, list) in sorted {
        // stable: files of one order stay in the order of their names
        list.sort_by_key(|profile| profile.order());
        unreachable(&format!("{what} {key}"), list, problems);
    }
    groups
}

fn unreachable(of: &str, list: &[Arc<Profile>], problems: &mut Problems) {
    let Some(first) = list.iter().position(|profile| profile.when().is_none()) else {
        return;
    };
    let Some(taker) = list.get(first) else {
        return;
    };
    for profile in list.iter().skip(first + 1) {
        let file = taker.file();
        let message = bilingual!(
            "nothing of {of} gets here: `{file}` takes it all first",
            "сюда ничего не дойдёт ({of}): всё раньше забирает `{file}`"
        );
        let advice = bilingual!(
            "give one of them a `when`, or this one a lower `order` and a `when`",
            "дайте одному из них `when` или этому — меньший `order` и `when`"
        );
        problems.warn(Code::Unreachable, &profile.receive_place, message, advice);
    }
}

fn same_names(profiles: &[Arc<Profile>], problems: &mut Problems) {
    let mut names: HashMap<&str, &Arc<Profile>> = HashMap::new();
    for profile in profiles {
        let first = *names.entry(profile.name()).or_insert(profile);
        if !Arc::ptr_eq(first, profile) {
            let file = first.file();
            let message = bilingual!("`{file}` is called the same", "так же называется `{file}`");
            let advice = bilingual!(
                "give each profile a name of its own: the history shows it",
                "дайте каждому профилю своё название: его видно в журнале"
            );
            problems.error(Code::SameName, &profile.name_place, message, advice);
        }
    }
}

fn default(
    profiles: &[Arc<Profile>],
    is_default: fn(&Profile) -> bool,
    problems: &mut Problems,
) -> Option<Arc<Profile>> {
    let mut defaults = profiles.iter().filter(|profile| is_default(profile));
    let first = defaults.next()?;
    for other in defaults {
        let file = first.file();
        let message = bilingual!(
            "`{file}` is the default already",
            "`{file}` уже берёт всё остальное"
        );
        let advice = bilingual!(
            "one profile can take what no other takes: name polls or channels in this one",
            "брать всё остальное может один профиль: назовите в этом опросы или каналы"
        );
        problems.error(Code::TwoDefaults, &other.receive_place, message, advice);
    }
    Some(first.clone())
}
