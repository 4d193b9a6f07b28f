//! All profiles together: which of them takes a submission, and what only shows when they stand side by
//! side.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::codes::Code;
use super::problem::{Problem, Problems};
use super::profile::Profile;
use super::words::say;
use crate::domain::PollId;

/// The profiles at work.
#[derive(Debug, Default)]
pub struct ProfileSet {
    /// In the order of their files' names.
    profiles: Vec<Arc<Profile>>,
    /// For each poll its profiles in the order in which they are asked.
    by_poll: HashMap<PollId, Vec<Arc<Profile>>>,
    default: Option<Arc<Profile>>,
}

impl ProfileSet {
    /// Puts profiles together. Problems that only show here do not keep a profile from working: of two
    /// defaults the first by file name counts.
    pub fn new(mut profiles: Vec<Arc<Profile>>) -> (Self, Vec<Problem>) {
        profiles.sort_by(|one, other| one.file.cmp(&other.file));
        let mut problems = Problems::default();
        let mut by_poll: HashMap<PollId, Vec<Arc<Profile>>> = HashMap::new();
        for profile in &profiles {
            for poll in profile.polls() {
                let list = by_poll.entry(*poll).or_default();
                if !list.iter().any(|other| Arc::ptr_eq(other, profile)) {
                    list.push(profile.clone());
                }
            }
        }
        let mut polls: Vec<PollId> = by_poll.keys().copied().collect();
        polls.sort_unstable();
        for poll in polls {
            if let Some(list) = by_poll.get_mut(&poll) {
                // stable: files of one order stay in the order of their names
                list.sort_by_key(|profile| profile.order());
                unreachable(poll, list, &mut problems);
            }
        }
        same_names(&profiles, &mut problems);
        let default = default(&profiles, &mut problems);
        let set = Self {
            profiles,
            by_poll,
            default,
        };
        (set, problems.into_sorted())
    }

    /// The profile for an answer: of the poll's profiles the first that wants it, else the default.
    pub fn for_poll(&self, poll: PollId, body: &Value) -> Option<&Arc<Profile>> {
        self.by_poll
            .get(&poll)
            .into_iter()
            .flatten()
            .chain(&self.default)
            .find(|profile| profile.wants(body))
    }

    /// Whether it takes more than an answer's poll to choose its profile, or to tell its sender what is
    /// missing.
    pub fn looks_into(&self, poll: PollId) -> bool {
        let mut asked = self.of_poll(poll).iter().chain(&self.default);
        asked.any(|profile| profile.when().is_some() || profile.may_reject())
    }

    /// Whether any profile, or the default, may take answers of this poll.
    pub fn has_poll(&self, poll: PollId) -> bool {
        self.default.is_some() || self.by_poll.contains_key(&poll)
    }

    /// The profiles that name a poll, in the order in which they are asked.
    pub fn of_poll(&self, poll: PollId) -> &[Arc<Profile>] {
        self.by_poll.get(&poll).map_or(&[], Vec::as_slice)
    }

    /// The profile that takes what no other takes.
    pub fn default_profile(&self) -> Option<&Arc<Profile>> {
        self.default.as_ref()
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

fn unreachable(poll: PollId, list: &[Arc<Profile>], problems: &mut Problems) {
    let Some(first) = list.iter().position(|profile| profile.when().is_none()) else {
        return;
    };
    let Some(taker) = list.get(first) else {
        return;
    };
    for profile in list.iter().skip(first + 1) {
        let file = taker.file();
        let message = say!(
            "nothing of poll {poll} gets here: `{file}` takes it all first",
            "из опроса {poll} сюда ничего не дойдёт: всё раньше забирает `{file}`"
        );
        let advice = say!(
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
            let message = say!("`{file}` is called the same", "так же называется `{file}`");
            let advice = say!(
                "give each profile a name of its own: the history shows it",
                "дайте каждому профилю своё название: его видно в журнале"
            );
            problems.error(Code::SameName, &profile.name_place, message, advice);
        }
    }
}

fn default(profiles: &[Arc<Profile>], problems: &mut Problems) -> Option<Arc<Profile>> {
    let mut defaults = profiles.iter().filter(|profile| profile.is_default());
    let first = defaults.next()?;
    for other in defaults {
        let file = first.file();
        let message = say!(
            "`{file}` is the default already",
            "`{file}` уже берёт всё остальное"
        );
        let advice = say!(
            "one profile can take what no other takes: name polls in this one",
            "брать всё остальное может один профиль: назовите в этом опросы"
        );
        problems.error(Code::TwoDefaults, &other.receive_place, message, advice);
    }
    Some(first.clone())
}
