//! The states of a submission.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Bilingual, Lang, bilingual};

/// The state of a submission. `docs/store.md` draws the transitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Accepted, and due now.
    Queued,
    /// A worker holds its lease.
    Leased,
    /// An attempt failed for a temporary reason; the next one has a due time.
    Waiting,
    /// The CRM has it.
    Delivered,
    /// It waits for a person.
    Parked,
    /// No profile takes it yet.
    Captured,
    /// The profile refused it at intake, and the reply said so; kept for the history.
    Rejected,
    /// A rule says to do nothing with it.
    Ignored,
}

impl State {
    /// All states, in their usual order.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Leased,
        Self::Waiting,
        Self::Delivered,
        Self::Parked,
        Self::Captured,
        Self::Rejected,
        Self::Ignored,
    ];

    /// Returns the stable word in the store, the journal and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Leased => "leased",
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Parked => "parked",
            Self::Captured => "captured",
            Self::Rejected => "rejected",
            Self::Ignored => "ignored",
        }
    }

    /// Returns the state in a word or two: in English the stable word.
    pub fn in_short(self, lang: Lang) -> &'static str {
        let russian = match self {
            Self::Queued => "в очереди",
            Self::Leased => "в работе",
            Self::Waiting => "ждёт попытки",
            Self::Delivered => "доставлено",
            Self::Parked => "отложено",
            Self::Captured => "сохранено",
            Self::Rejected => "отклонено",
            Self::Ignored => "пропущено",
        };
        Bilingual::new(self.as_str(), russian).pick(lang)
    }

    /// Returns the state in words, in Russian with the stable word, which filters take.
    pub fn to_text(self, lang: Lang) -> String {
        let word = self.as_str();
        let russian = match self {
            Self::Waiting => "ждёт следующей попытки",
            Self::Parked => "отложено до решения человека",
            Self::Captured => "сохранено до появления профиля",
            Self::Ignored => "пропущено по правилу",
            Self::Queued | Self::Leased | Self::Delivered | Self::Rejected => {
                self.in_short(Lang::Ru)
            }
        };
        bilingual!("{word}", "{russian} ({word})").pick(lang)
    }

    /// Parses a word; returns `None` for an unknown one.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Returns whether the gateway will still work on it without a person.
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::Queued | Self::Leased | Self::Waiting)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_parsed_from_its_word() {
        for state in State::ALL {
            assert_eq!(State::parse(state.as_str()), Some(state));
            let json = serde_json::to_string(&state).unwrap();
            assert_eq!(json, format!("\"{state}\""));
        }
        assert_eq!(State::parse("lost"), None);
    }

    #[test]
    fn a_state_is_english_in_english_and_has_its_word_behind_it_in_russian() {
        assert_eq!(State::Parked.to_text(Lang::En), "parked");
        assert_eq!(State::Parked.in_short(Lang::En), "parked");
        let russian = State::Parked.to_text(Lang::Ru);
        assert_eq!(russian, "отложено до решения человека (parked)");
        let words = State::ALL.map(|state| state.in_short(Lang::Ru));
        let distinct: std::collections::BTreeSet<&str> = words.into_iter().collect();
        assert_eq!(distinct.len(), State::ALL.len());
    }
}
