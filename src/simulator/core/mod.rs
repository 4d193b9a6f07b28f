//! One call from request to answer: faults, the bucket, credentials, methods, counters. No I/O and
//! no waiting here: [`http`](super::http) delays the answer or breaks the connection.

mod events;
mod leave;
mod work;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::Value;

use self::leave::front_end;
use super::{
    applications::{self, Caller, Outbox},
    batch, demo,
    envelope::{Reply, Timing, envelope},
    errors::ApiError,
    faults::{FaultKind, Moment, Plan},
    fetched::Fetched,
    leaving::Delivery,
    limits::Meter,
    methods::Registry,
    options::{CallHook, Content, CrmMode, Latency, PortalOptions},
    php,
    services::Services,
    state::State,
    telephony,
    transcript::{CommandRecord, Ring},
};

/// Everything behind the portal's lock.
pub(super) struct Core {
    pub(super) options: PortalOptions,
    pub(super) state: State,
    pub(super) meter: Meter,
    pub(super) plan: Plan,
    pub(super) latency: Latency,
    pub(super) ring: Ring,
    pub(super) services: Services,
    /// Whether the services have ports of their own, whose connections can fail.
    pub(super) has_doors: bool,
    pub(super) tally: Tally,
    /// Where clicks on numbers are told.
    pub(super) call_hook: Option<CallHook>,
    /// Events for the handlers of applications.
    pub(super) outbox: Outbox,
    /// Who makes the call that runs.
    caller: Caller,
    /// Files that were fetched for the call that runs.
    pub(super) fetched: Fetched,
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

/// The credentials of a call.
#[derive(Debug, Clone, Copy)]
pub(super) enum Identity<'a> {
    /// The two parts of a webhook's path.
    Webhook(&'a str, &'a str),
    /// The access token of an application.
    Token(&'a str),
    /// Nothing.
    Nobody,
    /// The portal's own process.
    Inside,
}

/// A received call.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) identity: Identity<'a>,
    pub(super) method: &'a str,
    pub(super) params: Value,
    /// The address it came from.
    pub(super) caller: &'a str,
}

/// An answer and how to send it.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) status: u16,
    pub(super) body: String,
    /// Not JSON but a page of a front-end server.
    pub(super) html: bool,
    /// The new address of a renamed portal.
    pub(super) host: Option<String>,
    pub(super) delay: Duration,
    pub(super) delivery: Delivery,
}

/// The result of the work, before it is sent.
struct Outcome {
    reply: Reply,
    timing: Timing,
    commands: Vec<CommandRecord>,
    fault: Option<String>,
    end: End,
}

/// The outcome of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With an answer.
    Answered,
    /// The front end timed out: the work stays done, the answer is its error page.
    TimedOut,
    /// The connection broke: the work stays done, and there is no answer.
    Broken,
}

impl Core {
    pub(super) fn new(options: PortalOptions) -> Self {
        let mut state = State::new(&options.scopes);
        if options.content == Content::Demo {
            demo::fill(&mut state, options.seed, (options.clock)().as_second());
        }
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
            services: Services::default(),
            has_doors: false,
            tally: Tally::default(),
            call_hook: None,
            outbox: Outbox::default(),
            caller: Caller::webhook(options.user),
            fetched: Fetched::default(),
            methods: Arc::new(Registry::new(&[
                telephony::register,
                applications::register,
            ])),
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
        let outcome = match self.plan.strike(Moment::Arrival, &names) {
            Some(fault) => match self.at_door(&call, fault) {
                Ok(error) => self.refusal(error.0, Some(error.1)),
                Err(served) => return served,
            },
            None if !self.meter.admit(call.caller, self.now()) => {
                self.refusal(ApiError::query_limit(), None)
            }
            None => match self.authorise(call.identity) {
                Ok(caller) => {
                    self.caller = caller;
                    self.work(&call, &names)
                }
                Err(error) => self.refusal(error, None),
            },
        };
        let exit = match outcome.end {
            End::Answered => self.plan.strike(Moment::Exit, &names),
            End::TimedOut | End::Broken => None,
        };
        self.leave(call, outcome, exit.as_ref())
    }

    /// Runs a call of this process, without limits and connection faults.
    pub(super) fn call(&mut self, method: &str, params: Value) -> Value {
        self.tally.calls += 1;
        let call = Call {
            identity: Identity::Inside,
            method,
            params,
            caller: "",
        };
        let names = names(&call);
        self.caller = Caller::webhook(self.options.user);
        let outcome = self.work(&call, &names);
        let answer = php::shape(envelope(&outcome.reply, &outcome.timing));
        let status = outcome.reply.as_ref().map_or_else(|it| it.status, |_| 200);
        self.remember(call, outcome, status, answer.clone());
        answer
    }

    /// Answers a fault before the work: an error envelope, or no REST answer.
    fn at_door(&mut self, call: &Call<'_>, fault: FaultKind) -> Result<(ApiError, String), Served> {
        self.tally.faults += 1;
        let code = fault.code();
        let error = match fault {
            FaultKind::OverloadLimit => ApiError::overload(),
            FaultKind::InternalServerError => {
                ApiError::coded("INTERNAL_SERVER_ERROR", "Internal server error").with_status(500)
            }
            FaultKind::CredentialsRevoked => ApiError::invalid_credentials(),
            FaultKind::UserDismissed => ApiError::user_dismissed(),
            FaultKind::ExpiredToken => ApiError::expired_token(),
            FaultKind::NotInstalled => ApiError::not_installed(),
            FaultKind::UserAccess => ApiError::user_access(),
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
            // The others occur at other moments.
            _ => ApiError::query_limit(),
        };
        Ok((error, code))
    }

    pub(super) fn authorise(&self, identity: Identity<'_>) -> Result<Caller, ApiError> {
        let webhook = Caller::webhook(self.options.user);
        match identity {
            Identity::Inside => Ok(webhook),
            Identity::Nobody => Err(ApiError::no_auth()),
            Identity::Token(token) => {
                let now = self.now().as_second();
                let caller = self.state.applications.caller(token, now)?;
                let user = self.state.user(caller.user);
                if !user.is_some_and(|it| it.active) {
                    return Err(ApiError::user_dismissed());
                }
                Ok(caller)
            }
            Identity::Webhook(user, secret) => {
                if user != self.options.user.to_string() || secret != self.options.secret {
                    return Err(ApiError::invalid_credentials());
                }
                let active = self
                    .state
                    .user(self.options.user)
                    .is_some_and(|it| it.active);
                if active {
                    Ok(webhook)
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
            end: End::Answered,
        }
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
