//! The card of a call in the portal: what is to be done next so that those see it who are rung or
//! talk, and nobody else. Steps follow from the state alone, so that lost replies, restarts and
//! events in any order lead to the same card.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::PortalCall;
use super::call::{Leg, LiveCall};
use super::expected::OrderedCall;
use crate::domain::{CallKind, Phone, UserId, line_digits};

/// How long the portal recognises a call that is registered again (REST documentation,
/// "telephony.externalCall.register": 30 minutes), with a margin.
const RECOGNISED: SignedDuration = SignedDuration::from_mins(25);

/// Digits that are compared before a number is parsed.
const TAIL: usize = 7;

/// The card of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Card {
    /// The call in the portal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration: Option<Registration>,
    /// The employees who see it.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub shown: BTreeSet<UserId>,
    /// Whether the portal has refused it, so that there is none.
    pub is_refused: bool,
    /// Whether the hub has finished the call in the portal, or found it finished.
    pub is_finished: bool,
}

/// A call as the portal registers it. The same values again are the same call.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// The employee for whom it is registered.
    pub user: UserId,
    /// Its number in the portal, once the portal has answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// The number of the other side. Personal data.
    pub number: String,
    /// The line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// Whether the employee calls.
    pub is_outgoing: bool,
    /// When the call began.
    pub started: Timestamp,
}

/// What is done to the card of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardStep {
    /// Registers the call, also again if the reply was lost.
    Register {
        /// What is registered.
        registration: Registration,
        /// Whether the employee sees the card.
        is_shown: bool,
    },
    /// Shows the card to more employees.
    Show {
        /// The call in the portal.
        call: String,
        /// The employees.
        users: Vec<UserId>,
    },
    /// Hides the card.
    Hide {
        /// The call in the portal.
        call: String,
        /// The employees.
        users: Vec<UserId>,
    },
    /// Finishes the call, because its record does not come, or nothing is delivered for it.
    Finish {
        /// The call in the portal.
        call: String,
        /// The employee whose call it is.
        user: UserId,
        /// How long they spoke, in seconds.
        talk: u32,
    },
}

/// The rules for cards.
#[derive(Debug, Clone, Copy)]
pub struct CardRules {
    /// Whether calls are registered at all.
    pub registers: bool,
    /// How long after its end the record of a call may come, and after that its delivery.
    pub record_within: SignedDuration,
}

impl Card {
    /// Takes over a call that the portal has registered itself.
    pub(super) fn adopt(&mut self, expected: &OrderedCall) {
        self.registration = Some(Registration {
            user: expected.user,
            call: Some(expected.call.clone()),
            number: expected.number.clone(),
            line: None,
            is_outgoing: true,
            started: expected.at,
        });
        self.shown = BTreeSet::from([expected.user]);
    }

    /// Returns whether nothing is open in the portal.
    pub(super) fn is_closed(&self) -> bool {
        self.registration.is_none() || self.is_finished || self.is_refused
    }

    /// Returns whether the portal has registered the call, perhaps, and its answer was lost.
    pub(super) fn is_unanswered(&self) -> bool {
        let registration = self.registration.as_ref().filter(|_| !self.is_refused);
        registration.is_some_and(|registration| registration.call.is_none())
    }

    /// Returns whether that was so long ago that the portal would register another call.
    pub(super) fn is_unanswered_since(&self, now: Timestamp) -> bool {
        let registration = self.registration.as_ref().filter(|_| self.is_unanswered());
        registration.is_some_and(|it| now.duration_since(it.started) >= RECOGNISED)
    }

    /// Returns where the portal has the call.
    pub fn portal(&self) -> Option<PortalCall> {
        let registration = self.registration.as_ref().filter(|_| !self.is_refused)?;
        Some(PortalCall {
            call: registration.call.clone(),
            user: registration.user,
        })
    }
}

impl LiveCall {
    /// Returns what is to be done to the card; `user_of` returns the employee of a leg.
    pub fn card_step(
        &self,
        user_of: &dyn Fn(&Leg) -> Option<UserId>,
        rules: CardRules,
        now: Timestamp,
    ) -> Option<CardStep> {
        let viewers = self.viewers(user_of);
        let Some(registration) = &self.card.registration else {
            return self.first_step(&viewers, rules);
        };
        if self.card.is_refused || self.card.is_finished {
            return None;
        }
        let Some(call) = &registration.call else {
            // the reply was lost; the delivery of a record finds the call by its employee
            let age = now.duration_since(registration.started);
            let is_delivered = self.recorded.is_some() && !self.is_unused;
            let is_open = !is_delivered && age < RECOGNISED;
            return is_open.then(|| CardStep::Register {
                registration: registration.clone(),
                is_shown: viewers.contains(&registration.user),
            });
        };
        let to_show: Vec<UserId> = viewers
            .iter()
            .filter(|user| !self.card.shown.contains(user))
            .copied()
            .collect();
        if !to_show.is_empty() {
            let call = call.clone();
            return Some(CardStep::Show {
                call,
                users: to_show,
            });
        }
        let shown = self.card.shown.iter();
        let to_hide: Vec<UserId> = shown
            .filter(|user| !viewers.contains(user))
            .copied()
            .collect();
        if !to_hide.is_empty() {
            let call = call.clone();
            return Some(CardStep::Hide {
                call,
                users: to_hide,
            });
        }
        let is_overdue = self.is_overdue(rules.record_within, now);
        is_overdue.then(|| CardStep::Finish {
            call: call.clone(),
            user: self
                .main_leg()
                .and_then(user_of)
                .unwrap_or(registration.user),
            talk: self.talk(),
        })
    }

    /// Returns the employees who should see the card, in the order in which they were rung: those who
    /// talk and, as long as nobody has answered since they are rung, those who are rung.
    fn viewers(&self, user_of: &dyn Fn(&Leg) -> Option<UserId>) -> Vec<UserId> {
        if self.recorded.is_some() || self.ended.is_some() || self.kind() == CallKind::Internal {
            return Vec::new();
        }
        let mut viewers = Vec::new();
        for leg in self.live_legs() {
            let is_late = self.is_passed_over(leg);
            let user = user_of(leg).filter(|user| !is_late && !viewers.contains(user));
            viewers.extend(user);
        }
        viewers
    }

    fn first_step(&self, viewers: &[UserId], rules: CardRules) -> Option<CardStep> {
        let user = viewers.first().filter(|_| rules.registers)?;
        let number = self.number.as_ref().filter(|_| !self.card.is_refused)?;
        // a hidden number is nobody's
        let is_number = number.bytes().any(|byte| byte.is_ascii_digit());
        is_number.then(|| CardStep::Register {
            registration: Registration {
                user: *user,
                call: None,
                number: number.clone(),
                line: self.line.as_deref().and_then(line_digits),
                is_outgoing: self.kind() == CallKind::Outgoing,
                started: self.started,
            },
            is_shown: true,
        })
    }
}

/// Returns the digits of a number.
fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// Returns whether two spellings are one number.
pub fn same_number(one: &str, other: &str) -> bool {
    let (own, others) = (digits(one), digits(other));
    let tail = |digits: &str| digits.chars().rev().take(TAIL).collect::<String>();
    if own.is_empty() || tail(&own) != tail(&others) {
        return false;
    }
    own == others || {
        let phone = Phone::parse(one);
        phone.is_some() && phone == Phone::parse(other)
    }
}

/// Omits the number of the other side: it is personal data.
impl std::fmt::Debug for Registration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let call = self.call.as_deref().unwrap_or("?");
        write!(f, "Registration({call} for {})", self.user)
    }
}
