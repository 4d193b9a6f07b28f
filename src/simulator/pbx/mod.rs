//! A PBX as its users see it: employees with phones, and calls that ring, are answered, held,
//! transferred and end. It tells the gateway of every change, keeps the records of calls, and takes
//! the commands of the exchange `UserCRM`. The page is `/sandbox/pbx`.

mod commands;
mod events;
mod faults;
mod kept;
mod records;
mod serve;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

pub(super) use self::faults::PbxFault;
pub(super) use self::records::PbxRecord;
pub(super) use self::serve::{configure, configure_services};

/// The most live calls, and the most records that are kept.
const MOST_CALLS: usize = 50;
const MOST_RECORDS: usize = 20_000;

/// The line of the company, and the name of its gateway.
pub(super) const LINE: &str = "74951343060";
const GATEWAY: &str = "Trunk-1";

/// The cause of a leg that rang until the caller gave up.
const CANCELLED: &str = "ORIGINATOR_CANCEL";

/// Where the PBX sends its events, and what it takes commands with.
#[derive(Clone)]
pub struct PbxOptions {
    /// The address of the gateway for this PBX.
    pub hook: String,
    /// The key that it sends to the gateway.
    pub key: String,
    /// The key that it expects from the gateway.
    pub command_key: String,
    /// The address of the sandbox, for links to recordings: `http://127.0.0.1:8080`.
    pub site: String,
}

impl fmt::Debug for PbxOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PbxOptions")
            .field("site", &self.site)
            .finish_non_exhaustive()
    }
}

/// An employee with a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Employee {
    /// The inner number.
    pub(super) inner: &'static str,
    pub(super) name: &'static str,
    pub(super) surname: &'static str,
    /// The employee of the CRM, as the PBX's settings match them; empty without one.
    pub(super) crm_user: &'static str,
    /// Whether the phone is registered.
    pub(super) is_registered: bool,
    /// Whether the agent of the call centre takes calls.
    pub(super) is_at_work: bool,
}

/// The employees: those of the portal who have the same inner numbers. The PBX does not know the
/// last one's user of the CRM.
const EMPLOYEES: [Employee; 3] = [
    employee("9022", "Алексей", "Воронцов", "1"),
    employee("9023", "Елена", "Кузнецова", "9"),
    employee("9024", "Павел", "Морозов", ""),
];

const fn employee(
    inner: &'static str,
    name: &'static str,
    surname: &'static str,
    crm_user: &'static str,
) -> Employee {
    Employee {
        inner,
        name,
        surname,
        crm_user,
        is_registered: true,
        is_at_work: true,
    }
}

/// Who called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallDirection {
    Outgoing,
    Incoming,
}

/// What an employee's part of a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Ringing,
    Talking,
    Held,
}

/// An employee's part of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leg {
    pub(super) id: String,
    pub(super) inner: &'static str,
    pub(super) phase: Phase,
}

/// A call that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LiveCall {
    pub(super) session: String,
    pub(super) direction: CallDirection,
    /// The number outside.
    pub(super) number: String,
    pub(super) legs: Vec<Leg>,
    /// When it began and when it was answered first, in seconds.
    pub(super) began: i64,
    pub(super) answered: Option<i64>,
    /// When it was held, and how long before.
    held: Option<i64>,
    held_before: i64,
}

/// What somebody does at a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Press {
    /// A client calls, and these employees are rung; without any, the call waits for nobody.
    Ring {
        number: String,
        inner: Vec<&'static str>,
    },
    /// An employee calls.
    Dial { inner: &'static str, number: String },
    /// An employee answers, or the client whom an employee has called.
    Answer { session: String, inner: String },
    /// Hold, or the end of it.
    Hold { session: String },
    /// The employee who talks gives the call to another.
    Transfer { session: String, inner: String },
    /// Somebody hangs up.
    HangUp { session: String },
    /// A phone is registered or not.
    Register { inner: String },
    /// An agent begins or ends work.
    Work { inner: String },
}

/// A handle to the PBX; clones are handles to the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Pbx(Arc<Mutex<Switch>>);

/// The PBX itself.
#[derive(Debug)]
pub(super) struct Switch {
    pub(super) options: Option<PbxOptions>,
    pub(super) employees: Vec<Employee>,
    pub(super) calls: Vec<LiveCall>,
    pub(super) records: Vec<PbxRecord>,
    pub(super) faults: Vec<PbxFault>,
    /// The last number that was given to a call, a leg, an event or a record.
    last: u64,
}

impl Default for Switch {
    fn default() -> Self {
        Self {
            options: None,
            employees: EMPLOYEES.to_vec(),
            calls: Vec::new(),
            records: Vec::new(),
            faults: Vec::new(),
            last: 0,
        }
    }
}

impl Pbx {
    /// Connects the PBX with a gateway.
    pub(super) fn connect(&self, options: PbxOptions) {
        let mut switch = self.switch();
        // the sandbox has another port after each start
        for record in &mut switch.records {
            record.link_to(&options.site);
        }
        switch.options = Some(options);
    }

    /// Ends all calls and forgets all records.
    pub(super) fn reset(&self) {
        let mut switch = self.switch();
        *switch = Switch {
            options: switch.options.take(),
            last: switch.last,
            ..Switch::default()
        };
    }

    /// The lock. Nothing is half-written if a panic happens while it is held.
    pub(super) fn switch(&self) -> MutexGuard<'_, Switch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Switch {
    /// Returns an id like those of a real PBX, different each time.
    fn fresh(&mut self, now: i64) -> String {
        self.last += 1;
        format!(
            "{:08x}-5a4e-4b00-9000-{:012x}",
            now.unsigned_abs(),
            self.last
        )
    }

    pub(super) fn employee(&self, inner: &str) -> Option<&Employee> {
        self.employees.iter().find(|it| it.inner == inner)
    }

    /// Returns the employees whom a call to the group rings: those at work whose phones are
    /// registered.
    fn group(&self) -> Vec<&'static str> {
        let ready = self.employees.iter();
        let ready = ready.filter(|employee| employee.is_registered && employee.is_at_work);
        ready.map(|employee| employee.inner).collect()
    }

    fn call(&self, session: &str) -> Option<usize> {
        self.calls.iter().position(|call| call.session == session)
    }

    /// Does what somebody does at a phone, and returns the events that tell of it, in their order.
    /// `None` if there is no such call or employee.
    pub(super) fn press(&mut self, press: &Press, now: i64) -> Option<Vec<Value>> {
        match press {
            Press::Ring { number, inner } => {
                self.begin(CallDirection::Incoming, number, inner, now)
            }
            Press::Dial { inner, number } => {
                self.begin(CallDirection::Outgoing, number, &[*inner], now)
            }
            Press::Answer { session, inner } => self.answer(session, inner, now),
            Press::Hold { session } => self.hold(session, now),
            Press::Transfer { session, inner } => self.transfer(session, inner, now),
            Press::HangUp { session } => self.hang_up(session, now),
            Press::Register { inner } => {
                let at = self.employees.iter().position(|it| it.inner == inner)?;
                let employee = self.employees.get_mut(at)?;
                employee.is_registered = !employee.is_registered;
                let employee = *employee;
                Some(vec![self.phone(&employee, now)])
            }
            Press::Work { inner } => {
                let at = self.employees.iter().position(|it| it.inner == inner)?;
                let employee = self.employees.get_mut(at)?;
                employee.is_at_work = !employee.is_at_work;
                let employee = *employee;
                Some(vec![self.agent(&employee, now)])
            }
        }
    }

    fn begin(
        &mut self,
        direction: CallDirection,
        number: &str,
        inner: &[&'static str],
        now: i64,
    ) -> Option<Vec<Value>> {
        let number: String = number
            .chars()
            .filter(|c| c.is_ascii_digit() || *c == '+')
            .collect();
        if self.calls.len() >= MOST_CALLS {
            return None;
        }
        let session = self.fresh(now);
        let legs = inner.iter().map(|inner| Leg {
            id: self.fresh(now),
            inner,
            phase: Phase::Ringing,
        });
        let call = LiveCall {
            legs: legs.collect(),
            session,
            direction,
            number,
            began: now,
            answered: None,
            held: None,
            held_before: 0,
        };
        let events = call.legs.iter().map(|leg| self.ringing(&call, leg, now));
        let events = events.collect();
        self.calls.push(call);
        Some(events)
    }

    fn answer(&mut self, session: &str, inner: &str, now: i64) -> Option<Vec<Value>> {
        let at = self.call(session)?;
        let mut call = self.calls.get(at)?.clone();
        let ringing = |leg: &Leg| leg.inner == inner && leg.phase == Phase::Ringing;
        if !call.legs.iter().any(ringing) {
            return None;
        }
        call.answered.get_or_insert(now);
        let mut events = Vec::new();
        let mut legs = Vec::new();
        for mut leg in std::mem::take(&mut call.legs) {
            if leg.inner == inner {
                leg.phase = Phase::Talking;
                events.insert(0, self.answered(&call, &leg, now));
                legs.push(leg);
            } else {
                let cause = if leg.phase == Phase::Ringing {
                    "LOSE_RACE"
                } else {
                    "NORMAL_CLEARING"
                };
                events.push(self.ended(&call, &leg, cause, now));
            }
        }
        call.legs = legs;
        *self.calls.get_mut(at)? = call;
        Some(events)
    }

    fn hold(&mut self, session: &str, now: i64) -> Option<Vec<Value>> {
        let at = self.call(session)?;
        let mut call = self.calls.get(at)?.clone();
        let leg = call
            .legs
            .iter_mut()
            .find(|leg| leg.phase != Phase::Ringing)?;
        let action = if leg.phase == Phase::Talking {
            leg.phase = Phase::Held;
            call.held = Some(now);
            "call_held"
        } else {
            leg.phase = Phase::Talking;
            call.held_before += now - call.held.take().unwrap_or(now);
            "call_active"
        };
        let leg = leg.clone();
        let event = self.held(action, &call, &leg, now);
        *self.calls.get_mut(at)? = call;
        Some(vec![event])
    }

    fn transfer(&mut self, session: &str, inner: &str, now: i64) -> Option<Vec<Value>> {
        let to = self.employee(inner)?.inner;
        let at = self.call(session)?;
        let mut call = self.calls.get(at)?.clone();
        if call.answered.is_none() || call.legs.iter().any(|leg| leg.inner == to) {
            return None;
        }
        let leg = Leg {
            id: self.fresh(now),
            inner: to,
            phase: Phase::Ringing,
        };
        let event = self.ringing(&call, &leg, now);
        call.legs.push(leg);
        *self.calls.get_mut(at)? = call;
        Some(vec![event])
    }

    fn hang_up(&mut self, session: &str, now: i64) -> Option<Vec<Value>> {
        let at = self.call(session)?;
        let mut call = self.calls.remove(at);
        call.held_before += now - call.held.take().unwrap_or(now);
        let cause = match (call.answered, call.direction) {
            (Some(_), _) => "NORMAL_CLEARING",
            (None, CallDirection::Incoming) => CANCELLED,
            (None, CallDirection::Outgoing) => "NO_ANSWER",
        };
        let legs = call.legs.clone();
        let mut events: Vec<Value> = legs
            .iter()
            .map(|leg| {
                let rings_yet = call.answered.is_some() && leg.phase == Phase::Ringing;
                let cause = if rings_yet { CANCELLED } else { cause };
                self.ended(&call, leg, cause, now)
            })
            .collect();
        events.push(self.record(&call, cause, now));
        Some(events)
    }
}
