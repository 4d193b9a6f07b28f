//! Which submissions a request means: some by their ids, a group of parked ones, or all of a filter.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::problem::Problem;
use super::query;
use crate::domain::{ParkReason, ReasonSubject, State, SubmissionId, bilingual};
use crate::journal::Filter;
use crate::replay::bulk::{Chosen, MOST};

/// The longest body with a choice, in bytes: the most ids, and some room.
pub(super) const BODY: usize = 512 << 10;

/// The choice of submissions in a body.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ChoiceBody {
    // `null` must not mean everything
    #[serde(deserialize_with = "some")]
    ids: Option<Vec<SubmissionId>>,
    state: Option<State>,
    reason: Option<ParkReason>,
    profile: Option<String>,
    /// What the reason names: with it the choice is a group, as `/attention` lists them.
    subject: Option<ReasonSubject>,
    source: Option<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    text: Option<String>,
    left_out: bool,
}

/// Reads a list that is there.
fn some<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Vec<SubmissionId>>, D::Error> {
    Vec::deserialize(input).map(Some)
}

impl ChoiceBody {
    /// Returns facts about the choice for the audit log, without data about persons.
    pub(super) fn facts(&self) -> Value {
        json!({
            "ids": self.ids.as_ref().map(Vec::len), "state": self.state, "reason": self.reason,
            "profile": self.profile, "source": self.source,
        })
    }

    /// Returns the choice.
    pub(super) fn into_chosen(self) -> Result<Chosen, Problem> {
        if let Some(ids) = self.ids {
            let is_only = self.state.is_none() && self.reason.is_none() && self.subject.is_none();
            if !is_only || ids.is_empty() || ids.len() > MOST {
                return Err(Problem::Body(bilingual!(
                    "`ids`: name 1 to {MOST} submissions, and no filter beside them",
                    "`ids`: укажите от 1 до {MOST} обращений и без отбора рядом"
                )));
            }
            return Ok(Chosen::Ids(ids));
        }
        let profile = self.profile.clone();
        let filter = Filter {
            state: self.state,
            reason: self.reason,
            profile: self.profile,
            source: self.source.as_deref().map(query::source),
            since: self.since,
            until: self.until,
            text: self.text,
            left_out: self.left_out,
            ..Filter::default()
        };
        match self.subject {
            None => Ok(Chosen::Filter(Box::new(filter))),
            Some(subject) if filter.reason.is_some() => {
                let parked = Filter {
                    state: Some(State::Parked),
                    ..filter
                };
                Ok(Chosen::Group(Box::new(parked), profile, subject))
            }
            Some(_) => Err(Problem::Replay(bilingual!(
                "`subject`: a group has a `reason`, too",
                "`subject`: у группы есть и `reason`"
            ))),
        }
    }
}
