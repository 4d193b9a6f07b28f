//! What the dry run says about a submission, as it is stored: without values of the packet.

use serde::{Deserialize, Serialize};

use crate::domain::{Bilingual, Lang, ParkReason, State, bilingual};
use crate::replay::{DryRun, LeftAlone, NoPlan, about_text};

/// What would become of a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fate", rename_all = "snake_case")]
pub enum Fate {
    /// The plan is that of its history.
    Same,
    /// The plan differs in these fields and rules.
    Different {
        /// Their names.
        fields: Vec<String>,
    },
    /// Its history has no plan to compare with.
    New,
    /// It would be parked again. It is left as it is.
    Parked {
        /// Why.
        #[serde(flatten)]
        because: ParkedBecause,
    },
    /// It is left alone: its state is not replayed.
    Left {
        /// Its state.
        state: State,
    },
    /// It is left alone: its plan lacks the step.
    LacksStep {
        /// The step.
        step: String,
    },
    /// It is left alone: its content was removed.
    Gone,
    /// It is left alone: its history has no whole plan.
    NotStored,
    /// An earlier or later release wrote something else.
    #[serde(other)]
    Unknown,
}

/// Why a submission would be parked again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum ParkedBecause {
    /// No profile takes it.
    NoProfile,
    /// Its body cannot be read.
    Unreadable,
    /// The profile cannot map it.
    Reason {
        /// The reason.
        reason: ParkReason,
        /// The field or block.
        about: String,
    },
    /// The profile rejects it for this field.
    Rejected {
        /// The field.
        field: String,
    },
    /// A bug.
    Fault,
}

impl Fate {
    /// Returns the fate by a dry run.
    pub(super) fn of(dry_run: &DryRun) -> Self {
        match &dry_run.left {
            Some(LeftAlone::State(state)) => return Self::Left { state: *state },
            Some(LeftAlone::LacksStep { wanted, .. }) => {
                return Self::LacksStep {
                    step: wanted.clone(),
                };
            }
            None => {}
        }
        let because = match &dry_run.plan {
            Ok(_) => return Self::planned(dry_run),
            Err(NoPlan::BodyGone) => return Self::Gone,
            Err(NoPlan::NotStored) => return Self::NotStored,
            Err(NoPlan::Unreadable) => ParkedBecause::Unreadable,
            Err(NoPlan::NoProfile(_)) => ParkedBecause::NoProfile,
            Err(NoPlan::Parked { reason, note }) => ParkedBecause::Reason {
                reason: *reason,
                about: note.about.clone(),
            },
            Err(NoPlan::Rejected(rejections)) => ParkedBecause::Rejected {
                field: rejections
                    .first()
                    .map(|first| first.field.clone())
                    .unwrap_or_default(),
            },
        };
        Self::Parked { because }
    }

    fn planned(dry_run: &DryRun) -> Self {
        let Some(difference) = &dry_run.changes else {
            return Self::New;
        };
        if difference.changes.is_empty() {
            return Self::Same;
        }
        let names = difference.changes.iter();
        Self::Different {
            fields: names.map(|change| change.about.clone()).collect(),
        }
    }

    /// Returns whether a confirmed replay queues it.
    pub fn is_taken(&self) -> bool {
        matches!(self, Self::Same | Self::Different { .. } | Self::New)
    }

    /// Returns the stored form, by which the items of a group are found.
    pub fn to_stored(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(super) fn from_stored(stored: &str) -> Self {
        serde_json::from_str(stored).unwrap_or(Self::Unknown)
    }

    /// Returns the heading of the group.
    pub fn title(&self, lang: Lang) -> &'static str {
        let title = match self {
            Self::Same => Bilingual::new("Same plan as before", "План тот же, что был"),
            Self::Different { .. } => Bilingual::new("Another plan", "План изменится"),
            Self::New => Bilingual::new("A plan for the first time", "План появится впервые"),
            Self::Parked { .. } => Bilingual::new(
                "Would be parked again; stays as it is",
                "Снова было бы отложено; останется как есть",
            ),
            _ => Bilingual::new("Left alone", "Не будет тронуто"),
        };
        title.pick(lang)
    }

    /// Returns the fields that change, or why it is parked or left alone.
    pub fn details(&self, lang: Lang) -> String {
        match self {
            Self::Same | Self::New | Self::Unknown => String::new(),
            Self::Different { fields } => {
                let names = fields.iter().map(|about| about_text(about, lang));
                names.collect::<Vec<_>>().join(", ")
            }
            Self::Parked { because } => because.to_text(lang),
            Self::Left { state } => state.in_short(lang).to_owned(),
            Self::LacksStep { step } => {
                bilingual!("its plan has no step {step}", "в его плане нет шага {step}").pick(lang)
            }
            Self::Gone => NoPlan::BodyGone.to_text(lang),
            Self::NotStored => NoPlan::NotStored.to_text(lang),
        }
    }
}

impl ParkedBecause {
    fn to_text(&self, lang: Lang) -> String {
        match self {
            Self::NoProfile => ParkReason::NoProfile.to_text(lang),
            Self::Unreadable => NoPlan::Unreadable.to_text(lang),
            Self::Reason { reason, about } => format!("{}: {about}", reason.to_text(lang)),
            Self::Rejected { field } => bilingual!(
                "the profile rejects it: {field}",
                "профиль его отклоняет: {field}"
            )
            .pick(lang),
            Self::Fault => ParkReason::InternalFault.to_text(lang),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fate_is_stored_and_read_again_and_has_words() {
        let parked = |because| Fate::Parked { because };
        for fate in [
            Fate::Same,
            Fate::Different {
                fields: vec!["deal.TITLE".to_owned(), "deal (stage)".to_owned()],
            },
            Fate::New,
            parked(ParkedBecause::NoProfile),
            parked(ParkedBecause::Unreadable),
            parked(ParkedBecause::Reason {
                reason: ParkReason::MissingValue,
                about: "fields.phone".to_owned(),
            }),
            parked(ParkedBecause::Rejected {
                field: "phone".to_owned(),
            }),
            parked(ParkedBecause::Fault),
            Fate::Left {
                state: State::Delivered,
            },
            Fate::LacksStep {
                step: "crm".to_owned(),
            },
            Fate::Gone,
            Fate::NotStored,
        ] {
            assert_eq!(Fate::from_stored(&fate.to_stored()), fate);
            assert_ne!(fate.title(Lang::En), fate.title(Lang::Ru));
        }
        assert_eq!(Fate::from_stored("{\"fate\":\"later\"}"), Fate::Unknown);
        let different = Fate::Different {
            fields: vec!["deal (stage)".to_owned()],
        };
        assert_eq!(different.details(Lang::Ru), "deal (стадия)");
    }
}
