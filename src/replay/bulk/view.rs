//! A replay of many as people see it: its numbers, and how its submissions were chosen.

use jiff::Timestamp;

use super::{BulkChoice, BulkOutcome, BulkReplay, Fate};
use crate::domain::{Bilingual, Lang, bilingual};

/// How many items have one fate and one outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FateCount {
    /// What the dry run says; `None` before it has looked.
    pub fate: Option<Fate>,
    /// Their outcomes; `None` before they are begun.
    pub outcome: Option<BulkOutcome>,
    /// Whether they are queued after the confirmation.
    pub is_taken: bool,
    /// How many there are.
    pub count: u64,
}

/// A replay with its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkView {
    /// The replay.
    pub replay: BulkReplay,
    /// The numbers, the largest first.
    pub counts: Vec<FateCount>,
}

impl BulkView {
    /// Returns how many items match.
    pub fn count(&self, matches: impl Fn(&FateCount) -> bool) -> u64 {
        let matching = self.counts.iter().filter(|it| matches(it));
        matching.map(|it| it.count).sum()
    }

    /// Returns how many there are.
    pub fn total(&self) -> u64 {
        self.count(|_| true)
    }

    /// Returns how many a confirmed replay queues.
    pub fn taken(&self) -> u64 {
        self.count(|it| it.is_taken)
    }

    /// Returns how many have this outcome.
    pub fn ended(&self, outcome: BulkOutcome) -> u64 {
        self.count(|it| it.outcome == Some(outcome))
    }

    /// Returns how many of those that are queued were not begun.
    pub fn not_begun(&self) -> u64 {
        self.count(|it| it.is_taken && it.outcome.is_none())
    }

    /// Returns how many the dry run has not seen yet.
    pub fn unexamined(&self) -> u64 {
        self.count(|it| it.fate.is_none())
    }

    /// Returns the fates with their numbers, the largest first.
    pub fn fates(&self) -> Vec<(Fate, u64)> {
        let mut fates: Vec<(Fate, u64)> = Vec::new();
        for it in &self.counts {
            let Some(fate) = &it.fate else { continue };
            match fates.iter_mut().find(|(known, _)| known == fate) {
                Some((_, count)) => *count += it.count,
                None => fates.push((fate.clone(), it.count)),
            }
        }
        fates.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        fates
    }
}

/// Names how a replay was chosen, for people.
pub fn choice_text(choice: &BulkChoice, lang: Lang, time: impl Fn(Timestamp) -> String) -> String {
    if choice.is_ticked {
        return Bilingual::new("ticked ones", "отмеченные")
            .pick(lang)
            .to_owned();
    }
    let mut parts: Vec<String> = Vec::new();
    parts.extend(choice.state.map(|state| state.in_short(lang).to_owned()));
    parts.extend(choice.reason.map(|reason| reason.to_text(lang)));
    parts.extend(choice.field.clone());
    if let Some(profile) = &choice.profile {
        parts.push(bilingual!("profile {profile}", "профиль {profile}").pick(lang));
    }
    parts.extend(choice.source.clone());
    if choice.has_text {
        let text = Bilingual::new("a searched text", "поиск по тексту").pick(lang);
        parts.push(text.to_owned());
    }
    if choice.left_out {
        let notes = Bilingual::new("with left-out values", "с пропущенными значениями").pick(lang);
        parts.push(notes.to_owned());
    }
    match (choice.since.map(&time), choice.until.map(&time)) {
        (Some(since), Some(until)) => parts.push(format!("{since} – {until}")),
        (Some(since), None) => parts.push(bilingual!("since {since}", "с {since}").pick(lang)),
        (None, Some(until)) => parts.push(bilingual!("before {until}", "до {until}").pick(lang)),
        (None, None) => {
            let all = Bilingual::new("all time", "за всё время").pick(lang);
            parts.push(all.to_owned());
        }
    }
    parts.join(", ")
}
