//! One call from the door to the answer: faults, the bucket, the credentials, the methods, the books. No I/O and no
//! waiting here: how long an answer takes and whether it arrives is told to [`http`](super::http).

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    batch::{self, FORBIDDEN},
    envelope::{Answer, Reply, Timing, envelope},
    errors::ApiError,
    faults::{FaultKind, Moment, Plan},
    limits::Meter,
    methods::{Ctx, Registry},
    options::{CrmMode, Latency, PortalOptions},
    php, php_json,
    references::Maps,
    state::State,
    transcript::{CallRecord, CommandRecord, Ring},
};

/// Everything behind the portal's lock.
pub(super) struct Core {
    pub(super) options: PortalOptions,
    pub(super) state: State,
    pub(super) meter: Meter,
    pub(super) plan: Plan,
    pub(super) latency: Latency,
    pub(super) ring: Ring,
    pub(super) tally: Tally,
    methods: Arc<Registry>,
}

/// Counts since the start or the last reset.
#[derive(Debug, Default, Clone)]
pub(super) struct Tally {
    pub(super) calls: u64,
    pub(super) refused: u64,
    pub(super) faults: u64,
    pub(super) commands: BTreeMap<String, u64>,
}

/// How a caller shows who he is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Identity<'a> {
    /// The two parts of a webhook's path.
    Webhook(&'a str, &'a str),
    /// A token, which no application of this portal has.
    Token,
    /// Nothing.
    Nobody,
    /// The portal's own process.
    Inside,
}

/// A call as it came.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) identity: Identity<'a>,
    pub(super) method: &'a str,
    pub(super) params: Value,
    /// The address it came from.
    pub(super) caller: &'a str,
}

/// An answer and how it is to travel.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) status: u16,
    pub(super) body: String,
    /// Not JSON but a page of a front-end server.
    pub(super) html: bool,
    /// Where to, when the portal was renamed.
    pub(super) host: Option<String>,
    pub(super) delay: Duration,
    pub(super) delivery: Delivery,
}

/// How an answer travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    Whole,
    /// The connection breaks instead.
    Nothing,
    /// The connection breaks after a while.
    NothingAfter(Duration),
    Half,
    Slowly(Duration),
}

/// What came of the work, before it travels.
struct Outcome {
    reply: Reply,
    timing: Timing,
    commands: Vec<CommandRecord>,
    fault: Option<String>,
    /// The front end gave up: the commands so far are done, the answer is its page.
    timed_out: bool,
}

impl Core {
    pub(super) fn new(options: PortalOptions) -> Self {
        let mut state = State::new(&options.scopes);
        state.mode = match options.mode {
            CrmMode::Classic => 1,
            CrmMode::Simple => 2,
        };
        Self {
            state,
            meter: Meter::new(options.limits.clone()),
            plan: Plan::new(options.seed),
            latency: options.latency,
            ring: Ring::default(),
            tally: Tally::default(),
            methods: Arc::new(Registry::new()),
            options,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.options.clock)()
    }

    /// Serves one HTTP call.
    pub(super) fn serve(&mut self, call: Call<'_>) -> Served {
        self.tally.calls += 1;
        let names = names(&call);
        let outcome = match self.plan.strike(Moment::Door, &names) {
            Some(fault) => match self.at_door(&call, fault) {
                Ok(error) => self.refusal(error.0, Some(error.1)),
                Err(served) => return served,
            },
            None if !self.meter.admit(call.caller, self.now()) => {
                self.refusal(ApiError::query_limit(), None)
            }
            None => match self.authorise(call.identity) {
                Ok(()) => self.work(&call, &names),
                Err(error) => self.refusal(error, None),
            },
        };
        let exit = if outcome.timed_out {
            None
        } else {
            self.plan.strike(Moment::Exit, &names)
        };
        self.leave(call, outcome, exit)
    }

    /// Runs a call of our own process: no limits, no faults of the connection.
    pub(super) fn call(&mut self, method: &str, params: Value) -> Value {
        self.tally.calls += 1;
        let call = Call {
            identity: Identity::Inside,
            method,
            params,
            caller: "",
        };
        let names = names(&call);
        let outcome = self.work(&call, &names);
        let answer = php::shape(envelope(&outcome.reply, &outcome.timing));
        let status = outcome.reply.as_ref().map_or_else(|it| it.status, |_| 200);
        self.remember(call, outcome, status, answer.clone());
        answer
    }

    /// A fault before the work: an error envelope, or no REST answer at all.
    fn at_door(&mut self, call: &Call<'_>, fault: FaultKind) -> Result<(ApiError, String), Served> {
        self.tally.faults += 1;
        let code = code_of(&fault);
        let error = match fault {
            FaultKind::OverloadLimit => ApiError::overload(),
            FaultKind::InternalServerError => {
                ApiError::coded("INTERNAL_SERVER_ERROR", "Internal server error").with_status(500)
            }
            FaultKind::CredentialsRevoked => ApiError::invalid_credentials(),
            FaultKind::UserDismissed => ApiError::user_dismissed(),
            FaultKind::Renamed { host } => {
                self.note(call, 302, &code);
                return Err(Served {
                    host: Some(host),
                    ..front_end(302, "302 Found")
                });
            }
            FaultKind::BadGateway => {
                self.note(call, 502, &code);
                return Err(front_end(502, "502 Bad Gateway"));
            }
            FaultKind::ResetBefore => {
                self.note(call, 0, &code);
                return Err(Served {
                    delivery: Delivery::Nothing,
                    ..front_end(502, "")
                });
            }
            // The others strike at other moments.
            _ => ApiError::query_limit(),
        };
        Ok((error, code))
    }

    fn authorise(&self, identity: Identity<'_>) -> Result<(), ApiError> {
        match identity {
            Identity::Inside => Ok(()),
            Identity::Nobody => Err(ApiError::no_auth()),
            Identity::Token => Err(ApiError::coded(
                "invalid_token",
                "Unable to get application by token",
            )
            .with_status(401)),
            Identity::Webhook(user, secret) => {
                if user != self.options.user.to_string() || secret != self.options.secret {
                    return Err(ApiError::invalid_credentials());
                }
                let active = self
                    .state
                    .user(self.options.user)
                    .is_some_and(|it| it.active);
                if active {
                    Ok(())
                } else {
                    Err(ApiError::user_dismissed())
                }
            }
        }
    }

    fn refusal(&mut self, error: ApiError, fault: Option<String>) -> Outcome {
        self.tally.refused += 1;
        Outcome {
            reply: Err(error),
            timing: Timing {
                start: self.now(),
                duration: 0.0,
                operating: 0.0,
                resets_at: 0,
            },
            commands: Vec::new(),
            fault,
            timed_out: false,
        }
    }

    fn work(&mut self, call: &Call<'_>, names: &[String]) -> Outcome {
        if call.method.eq_ignore_ascii_case("batch") {
            return self.batch(call, names);
        }
        let mut fault = None;
        let (reply, timing) = self.run(call.method, &call.params, &mut fault);
        Outcome {
            reply,
            timing,
            commands: Vec::new(),
            fault,
            timed_out: false,
        }
    }

    fn batch(&mut self, call: &Call<'_>, names: &[String]) -> Outcome {
        let start = self.now();
        let halts = batch::halts(&call.params);
        let cut = match self.plan.strike(Moment::Batch, names) {
            Some(FaultKind::CutBatch { after }) => Some(after),
            _ => None,
        };
        let mut fault = cut.map(|_| "CUT_BATCH".to_owned());
        let mut done = Maps::default();
        let mut records = Vec::new();
        let mut elapsed = 0.0;
        let mut timed_out = false;
        for (at, command) in batch::commands(&call.params).into_iter().enumerate() {
            if cut == Some(at) || elapsed > self.meter.limits.wall {
                timed_out = true;
                break;
            }
            let params = command.params(&done);
            let (reply, timing) = if at >= batch::COMMANDS {
                self.unrun(ApiError::batch_too_long())
            } else if FORBIDDEN.contains(&command.method.to_lowercase().as_str()) {
                self.unrun(ApiError::not_for_batch())
            } else {
                self.run(&command.method, &params, &mut fault)
            };
            elapsed += timing.duration;
            let failed = reply.is_err();
            records.push(settle(&mut done, command, params, reply, &timing));
            if failed && halts {
                break;
            }
        }
        if timed_out {
            self.tally.faults += u64::from(cut.is_some());
        }
        Outcome {
            reply: Ok(Answer::plain(batch::result(done))),
            timing: Timing {
                start,
                duration: elapsed,
                // The frame costs nothing; its commands are booked one by one.
                operating: 0.0,
                resets_at: start.as_second() + 600,
            },
            commands: records,
            fault,
            timed_out,
        }
    }

    fn unrun(&self, error: ApiError) -> (Reply, Timing) {
        let timing = Timing {
            start: self.now(),
            duration: 0.0,
            operating: 0.0,
            resets_at: 0,
        };
        (Err(error), timing)
    }

    /// Runs one method.
    fn run(&mut self, name: &str, params: &Value, fault: &mut Option<String>) -> (Reply, Timing) {
        let now = self.now();
        let key = name.to_lowercase();
        let methods = Arc::clone(&self.methods);
        let known = methods.get(&key).copied();
        let counted = if known.is_some() { key.as_str() } else { "?" };
        *self.tally.commands.entry(counted.to_owned()).or_default() += 1;
        let Some(method) = known else {
            return self.unrun(ApiError::method_not_found());
        };
        let names = [key.clone()];
        if let Err(error) = self.may_run(&key, method.scope, fault) {
            return self.unrun(error);
        }
        let mut ctx = Ctx {
            state: &mut self.state,
            now,
            user: self.options.user,
            methods: &methods,
        };
        let mut reply = method.call(&mut ctx, params);
        let writes = key.ends_with(".add") || key.ends_with(".update");
        if writes && reply.is_ok() && self.plan.strike(Moment::Saved, &names).is_some() {
            self.tally.faults += 1;
            *fault = Some("ERROR_AFTER_SAVE".to_owned());
            reply = Err(ApiError::classic(
                "Automation failed after the item had been saved",
            ));
        }
        let cost = self.latency.command.as_secs_f64() + self.meter.cost(&key);
        self.meter.book(&key, cost, now);
        let timing = Timing {
            start: now,
            duration: self.latency.command.as_secs_f64(),
            operating: self.meter.operating(&key, now),
            resets_at: self.meter.resets_at(&key, now),
        };
        (reply, timing)
    }

    fn may_run(
        &mut self,
        key: &str,
        scope: &str,
        fault: &mut Option<String>,
    ) -> Result<(), ApiError> {
        let names = [key.to_owned()];
        if let Some(kind) = self.plan.strike(Moment::Command, &names) {
            self.tally.faults += 1;
            *fault = Some(code_of(&kind));
            return Err(match kind {
                FaultKind::OperationTimeLimit => ApiError::operation_limit(),
                _ => ApiError::insufficient_scope(),
            });
        }
        let scopes = &self.state.scopes;
        let granted = scope.is_empty()
            || scopes.contains(scope)
            || (scope == "user"
                && (scopes.contains("user_basic") || scopes.contains("user_brief")));
        if !granted {
            return Err(ApiError::insufficient_scope());
        }
        if self.meter.exhausted(key, self.now()) {
            return Err(ApiError::operation_limit());
        }
        Ok(())
    }

    /// Prints the answer, keeps the record, and decides how the answer travels.
    fn leave(&mut self, call: Call<'_>, mut outcome: Outcome, exit: Option<FaultKind>) -> Served {
        let commands = outcome.commands.len().max(1);
        let delay = self.latency.call
            + self
                .latency
                .command
                .saturating_mul(u32::try_from(commands).unwrap_or(u32::MAX));
        let answer = envelope(&outcome.reply, &outcome.timing);
        let body = php_json::encode(&answer);
        let mut status = outcome.reply.as_ref().map_or_else(|it| it.status, |_| 200);
        if let Some(fault) = &exit {
            self.tally.faults += 1;
            outcome.fault = Some(code_of(fault));
        }
        let delivery = match exit {
            Some(FaultKind::ResetAfter) => Delivery::Nothing,
            Some(FaultKind::HoldReply { ms }) => Delivery::NothingAfter(Duration::from_millis(ms)),
            Some(FaultKind::CutBody) => Delivery::Half,
            Some(FaultKind::SlowBody { ms }) => Delivery::Slowly(Duration::from_millis(ms)),
            _ => Delivery::Whole,
        };
        if matches!(delivery, Delivery::Nothing | Delivery::NothingAfter(_)) {
            status = 0;
        }
        let timed_out = outcome.timed_out;
        if timed_out {
            status = 504;
        }
        self.remember(call, outcome, status, answer);
        if timed_out {
            return Served {
                delay,
                ..front_end(504, "504 Gateway Time-out")
            };
        }
        Served {
            status,
            body,
            html: false,
            host: None,
            delay,
            delivery,
        }
    }

    fn remember(&mut self, call: Call<'_>, outcome: Outcome, status: u16, answer: Value) {
        // About what the texts take; the exact figure does not matter.
        let size = weight(&call.params) + weight(&answer);
        let record = CallRecord {
            number: 0,
            time: outcome.timing.start,
            method: call.method.to_owned(),
            params: call.params,
            status,
            answer,
            commands: outcome.commands,
            fault: outcome.fault,
        };
        self.ring.push(record, size);
    }

    fn note(&mut self, call: &Call<'_>, status: u16, fault: &str) {
        let record = CallRecord {
            number: 0,
            time: self.now(),
            method: call.method.to_owned(),
            params: call.params.clone(),
            status,
            answer: Value::Null,
            commands: Vec::new(),
            fault: Some(fault.to_owned()),
        };
        self.ring.push(record, weight(&call.params));
    }
}

fn settle(
    done: &mut Maps,
    command: batch::Command,
    params: Value,
    reply: Reply,
    timing: &Timing,
) -> CommandRecord {
    let key = command.key;
    let (mut result, mut error) = (None, None);
    match reply {
        Ok(answer) => {
            let shaped = php::shape(answer.result);
            result = Some(shaped.clone());
            done.result.insert(key.clone(), shaped);
            if let Some(total) = answer.total {
                done.total.insert(key.clone(), total.into());
            }
            if let Some(next) = answer.next {
                done.next.insert(key.clone(), next.into());
            }
            done.time.insert(key.clone(), timing.block());
        }
        Err(refused) => {
            let map = Value::Object(refused.to_map());
            error = Some(map.clone());
            done.error.insert(key.clone(), map);
        }
    }
    CommandRecord {
        key,
        method: command.method,
        params,
        result,
        error,
    }
}

/// The methods of a call in small letters: its own, and those in its batch.
fn names(call: &Call<'_>) -> Vec<String> {
    let mut names = vec![call.method.to_lowercase()];
    if names.iter().any(|it| it == "batch") {
        let commands = batch::commands(&call.params);
        names.extend(commands.into_iter().map(|it| it.method.to_lowercase()));
    }
    names
}

/// A page of the server in front of the portal.
fn front_end(status: u16, title: &str) -> Served {
    Served {
        status,
        body: format!(
            "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
             <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
        ),
        html: true,
        host: None,
        delay: Duration::ZERO,
        delivery: Delivery::Whole,
    }
}

fn code_of(kind: &FaultKind) -> String {
    serde_json::to_value(kind)
        .ok()
        .and_then(|it| it.get("code").and_then(Value::as_str).map(str::to_owned))
        .unwrap_or_default()
}

/// A rough size of a value in bytes.
fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(list) => list.iter().map(weight).sum::<usize>() + 2,
        Value::Object(map) => map.iter().map(|(key, it)| key.len() + 4 + weight(it)).sum(),
    }
}
