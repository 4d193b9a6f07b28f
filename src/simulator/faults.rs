//! Planned faults: failures between a client and a portal, made repeatable. The plan is checked at
//! three moments: before a call is read, when a method runs, and when the answer is sent.

use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FaultKind {
    /// 503: the leaky bucket is full.
    QueryLimitExceeded,
    /// 429, or a refused command of a batch: the method has used up its time.
    OperationTimeLimit,
    /// 503: the portal was blocked by an operator.
    OverloadLimit,
    /// 500 with the server's error envelope, nothing done.
    InternalServerError,
    /// 302 to another host: the portal was renamed.
    Renamed {
        /// The new host, with its scheme.
        host: String,
    },
    /// 502 with a page of HTML, nothing done.
    BadGateway,
    /// The connection breaks before anything was done.
    ResetBefore,
    /// The work is done, then the connection breaks without an answer.
    ResetAfter,
    /// The work is done, the answer is held back, then the connection breaks.
    HoldReply {
        /// Milliseconds.
        ms: u64,
    },
    /// The work is done and half of the answer arrives.
    CutBody,
    /// The answer arrives in small pieces.
    SlowBody {
        /// Milliseconds in total.
        ms: u64,
    },
    /// An `add`, `update`, `set` or a merge, or a method of telephony that writes, saves and then
    /// answers 400.
    ErrorAfterSave,
    /// A batch stops after some commands with a 504.
    CutBatch {
        /// Commands that still run.
        after: usize,
    },
    /// The connection breaks in the middle of a batch, after some commands.
    ResetWithin {
        /// Commands that still run.
        after: usize,
    },
    /// 401: the webhook was deleted.
    CredentialsRevoked,
    /// 401: the owner of the webhook was dismissed.
    UserDismissed,
    /// 401: the access token of an application has expired.
    ExpiredToken,
    /// 401: the application was removed.
    NotInstalled,
    /// 403: the portal does not open the application to the employee any more.
    UserAccess,
    /// 401, or a refused command: the webhook lost the method's scope.
    ScopeMissing,
    /// 403 of amoCRM: it has blocked the account or the address after too many calls.
    AccountBlocked,
    /// 429 with `Retry-After`, of a service beside the portal.
    TooManyRequests {
        /// Seconds.
        #[serde(default)]
        retry_after: u64,
    },
    /// The work is done, and the reply is broken JSON, of a service beside the portal.
    WrongJson,
    /// The port of a service beside the portal is closed until the faults are cleared.
    ClosedPort,
    /// The TLS handshake with a service beside the portal fails.
    BrokenTls,
    /// Some requests of a call to Calltouch are not imported.
    PartialImport {
        /// How many, at the end of the call.
        #[serde(default = "one")]
        refused: usize,
    },
    /// 400, or a refused command: the portal lacks this feature, as an older or newer build might.
    Refused {
        /// Its code, such as `INVALID_ARG_VALUE`.
        error: String,
    },
    /// A list ignores the conditions on a field, as a portal does that lacks the field or does not
    /// understand the condition: it returns rows of everybody.
    IgnoredCondition {
        /// The field's name in the filter, without operators.
        field: String,
    },
    /// An administrator makes a field mandatory, for all calls until the faults are cleared.
    MandatoryField {
        /// `lead`, `deal`, `contact`, `company`.
        entity: String,
        /// Classic name of the field.
        field: String,
    },
}

fn one() -> usize {
    1
}

/// The moment of a call at which a fault occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// When a client connects.
    Connection,
    /// Before the call is read.
    Arrival,
    /// When a method runs, alone or in a batch.
    Command,
    /// When a method reads its filter.
    Filter,
    /// After a method has run.
    Saved,
    /// While a batch runs.
    Batch,
    /// When the answer is sent.
    Exit,
}

impl FaultKind {
    /// Returns its code.
    pub(super) fn code(&self) -> String {
        let whole = serde_json::to_value(self).ok();
        let code = whole.as_ref().and_then(|it| it.get("code")?.as_str());
        code.unwrap_or_default().to_owned()
    }

    pub(super) fn moment(&self) -> Moment {
        match self {
            Self::ClosedPort | Self::BrokenTls => Moment::Connection,
            Self::QueryLimitExceeded
            | Self::OverloadLimit
            | Self::InternalServerError
            | Self::Renamed { .. }
            | Self::BadGateway
            | Self::TooManyRequests { .. }
            | Self::ResetBefore
            | Self::CredentialsRevoked
            | Self::AccountBlocked
            | Self::ExpiredToken
            | Self::NotInstalled
            | Self::UserAccess
            | Self::UserDismissed => Moment::Arrival,
            Self::OperationTimeLimit
            | Self::ScopeMissing
            | Self::PartialImport { .. }
            | Self::Refused { .. }
            | Self::MandatoryField { .. } => Moment::Command,
            Self::IgnoredCondition { .. } => Moment::Filter,
            Self::ErrorAfterSave => Moment::Saved,
            Self::CutBatch { .. } | Self::ResetWithin { .. } => Moment::Batch,
            Self::WrongJson
            | Self::ResetAfter
            | Self::HoldReply { .. }
            | Self::CutBody
            | Self::SlowBody { .. } => Moment::Exit,
        }
    }
}

/// A fault and the calls that it affects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// Only calls of this method, or batches that contain it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Number of matching calls that succeed first.
    #[serde(default)]
    pub skip: u32,
    /// How often it occurs after that.
    #[serde(default)]
    pub times: Times,
}

/// How often a fault occurs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Times {
    /// This many times.
    Next(u32),
    /// Every time, until the faults are cleared.
    Always,
    /// With this probability, by the portal's seed.
    Chance(f64),
}

impl Default for Times {
    fn default() -> Self {
        Self::Next(1)
    }
}

impl Times {
    /// Returns whether a fault that matches occurs now, and counts it.
    pub(super) fn strike(&mut self, dice: &mut u64) -> bool {
        match self {
            Self::Always => true,
            Self::Next(0) => false,
            Self::Next(left) => {
                *left -= 1;
                true
            }
            Self::Chance(chance) => roll(dice) < *chance,
        }
    }
}

impl Fault {
    /// Returns a fault that occurs once, at the next call of any method.
    pub fn once(kind: FaultKind) -> Self {
        Self {
            kind,
            method: None,
            skip: 0,
            times: Times::default(),
        }
    }

    /// Limits the fault to one method.
    #[must_use]
    pub fn on(mut self, method: &str) -> Self {
        self.method = Some(method.to_lowercase());
        self
    }

    /// Sets how often the fault occurs.
    #[must_use]
    pub fn times(mut self, times: Times) -> Self {
        self.times = times;
        self
    }

    /// Sets how many matching calls succeed first.
    #[must_use]
    pub fn after(mut self, calls: u32) -> Self {
        self.skip = calls;
        self
    }
}

/// The planned faults.
#[derive(Debug)]
pub(super) struct Plan {
    waiting: Vec<Fault>,
    dice: u64,
}

impl Plan {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            waiting: Vec::new(),
            dice: seed,
        }
    }

    pub(super) fn add(&mut self, mut fault: Fault) {
        fault.method = fault.method.map(|it| it.to_lowercase());
        if fault.kind == FaultKind::ClosedPort {
            // nobody can count who knocks at a closed port
            fault.times = Times::Always;
        }
        self.waiting.push(fault);
    }

    /// Returns whether such a fault of a service is planned.
    pub(super) fn awaits(&self, kind: &FaultKind, service: &str) -> bool {
        let mut waiting = self.waiting.iter();
        waiting.any(|fault| fault.kind == *kind && fault.method.as_deref() == Some(service))
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    pub(super) fn waiting(&self) -> &[Fault] {
        &self.waiting
    }

    /// Returns the fault that occurs now: the first planned one for this moment and one of these
    /// methods.
    pub(super) fn strike(&mut self, moment: Moment, methods: &[String]) -> Option<FaultKind> {
        self.strike_if(moment, |aim| {
            aim.is_none_or(|it| methods.iter().any(|method| method == it))
        })
    }

    /// Returns the fault that occurs now at a service beside the portal, which its name aims at.
    pub(super) fn strike_at(&mut self, moment: Moment, service: &str) -> Option<FaultKind> {
        self.strike_if(moment, |aim| aim == Some(service))
    }

    fn strike_if(
        &mut self,
        moment: Moment,
        is_aimed: impl Fn(Option<&str>) -> bool,
    ) -> Option<FaultKind> {
        for at in 0..self.waiting.len() {
            let Some(fault) = self.waiting.get_mut(at) else {
                break;
            };
            let aimed = is_aimed(fault.method.as_deref());
            if fault.kind.moment() != moment || !aimed {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            if fault.times.strike(&mut self.dice) {
                let kind = fault.kind.clone();
                if fault.times == Times::Next(0) {
                    self.waiting.remove(at);
                }
                return Some(kind);
            }
        }
        None
    }
}

/// The next number between 0 and 1 (splitmix64).
pub(super) fn roll(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut bits = *state;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    #[expect(
        clippy::cast_precision_loss,
        reason = "the upper 53 bits fit into a float exactly"
    )]
    let fraction = (bits >> 11) as f64 / (1_u64 << 53) as f64;
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(method: &str) -> Vec<String> {
        vec![method.to_owned()]
    }

    #[test]
    fn a_fault_occurs_once_at_its_method() {
        let mut plan = Plan::new(1);
        plan.add(
            Fault::once(FaultKind::BadGateway)
                .on("crm.deal.add")
                .after(1)
                .times(Times::Next(2)),
        );
        let mut strikes = |method: &str| plan.strike(Moment::Arrival, &names(method)).is_some();
        assert!(!strikes("crm.lead.add"));
        assert!(!strikes("crm.deal.add"), "the first passes");
        assert!(strikes("crm.deal.add"));
        assert!(strikes("crm.deal.add"));
        assert!(!strikes("crm.deal.add"));
    }

    #[test]
    fn chances_repeat_with_their_seed() {
        let run = |seed| {
            let mut plan = Plan::new(seed);
            plan.add(Fault::once(FaultKind::ResetBefore).times(Times::Chance(0.3)));
            (0..100)
                .map(|_| plan.strike(Moment::Arrival, &[]).is_some())
                .collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let hits = run(7).into_iter().filter(|it| *it).count();
        assert!((15..45).contains(&hits), "{hits}");
    }

    #[test]
    fn faults_are_read_from_plain_json() {
        let fault: Fault = serde_json::from_str(
            r#"{"code":"HOLD_REPLY","ms":50,"method":"batch","times":{"next":3}}"#,
        )
        .unwrap();
        assert_eq!(fault.kind, FaultKind::HoldReply { ms: 50 });
        assert_eq!(fault.times, Times::Next(3));
        let fault: Fault =
            serde_json::from_str(r#"{"code":"OVERLOAD_LIMIT","times":"always"}"#).unwrap();
        assert_eq!(fault.times, Times::Always);
    }
}
