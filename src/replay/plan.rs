//! The plan that a replay delivers, or why there is none.

use super::{Replay, ReplayBy};
use crate::domain::{Bilingual, Event, Lang, Note, ParkReason, Plan, SourceKinds};
use crate::journal::History;
use crate::mapping::{MappingOutcome, ProfileSet, Rejection, rejection_text};

/// Why a replay has no plan: the attempt parks the submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoPlan {
    /// Its body was removed.
    BodyGone,
    /// Its body cannot be read.
    Unreadable,
    /// Its history has no whole plan.
    NotStored,
    /// No profile takes it; the label of its source.
    NoProfile(Bilingual),
    /// The profile cannot map it.
    Parked {
        /// Why.
        reason: ParkReason,
        /// What it is about.
        note: Note,
    },
    /// The profile rejects it.
    Rejected(Vec<Rejection>),
}

impl NoPlan {
    /// Returns why in words, without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        let text = match self {
            Self::BodyGone => Bilingual::new(
                "nothing is left of it: its body was removed",
                "от него ничего не осталось: содержимое удалено",
            ),
            Self::Unreadable => Bilingual::new("its body cannot be read", "его тело не читается"),
            Self::NotStored => Bilingual::new(
                "its history has no whole plan",
                "в его истории нет полного плана",
            ),
            Self::NoProfile(label) => {
                let none = Bilingual::new("no profile takes it", "ни один профиль его не берёт")
                    .pick(lang);
                return format!("{none}: {}", label.in_lang(lang));
            }
            Self::Parked { reason, note } => {
                let reason = reason.to_text(lang);
                return format!("{reason}: {}", note.to_text(lang));
            }
            Self::Rejected(rejections) => return rejection_text(rejections, lang),
        };
        text.pick(lang).to_owned()
    }
}

impl Replay {
    /// Returns the plan that a replay delivers, or why there is none.
    pub fn plan(
        &self,
        history: &History,
        profiles: &ProfileSet,
        sources: &SourceKinds,
    ) -> Result<Plan, NoPlan> {
        match self.0.by {
            ReplayBy::TodaysProfile => todays_plan(history, profiles, sources),
            ReplayBy::StoredPlan => stored_plan(history).cloned().ok_or(NoPlan::NotStored),
        }
    }
}

/// Returns the last plan of a history that was stored in full.
pub fn stored_plan(history: &History) -> Option<&Plan> {
    history
        .events
        .iter()
        .rev()
        .find_map(|logged| match &logged.event {
            Event::Planned(planned) => Some(planned),
            _ => None,
        })
        .filter(|planned| !planned.shortened)
        .map(|planned| &planned.plan)
}

/// Returns the plan that these profiles make of a submission, or the reason why there is none.
fn todays_plan(
    history: &History,
    profiles: &ProfileSet,
    sources: &SourceKinds,
) -> Result<Plan, NoPlan> {
    if history.raw.is_empty() {
        return Err(NoPlan::BodyGone);
    }
    let source = &history.entry.source;
    let body = sources.decode(source, &history.raw);
    let body = body.map_err(|_| NoPlan::Unreadable)?;
    let Some(profile) = profiles.for_source(source, &body) else {
        let label = |lang| sources.label(source, lang);
        let label = Bilingual::new(label(Lang::En), label(Lang::Ru));
        return Err(NoPlan::NoProfile(label));
    };
    match profile.plan(source, history.entry.received_at, &body) {
        MappingOutcome::Plan(plan) => Ok(*plan),
        MappingOutcome::Park { reason, note } => Err(NoPlan::Parked { reason, note }),
        MappingOutcome::Reject(rejections) => Err(NoPlan::Rejected(rejections)),
    }
}
