//! The adapter for Bitrix24's REST interface; no other code speaks it. Facts about the interface
//! come from the vendor's public documentation (repository `bitrix24/b24restdocs`), which comments
//! cite.

mod batch;
mod chain;
mod commands;
mod companies;
mod dictionaries;
mod download;
mod files;
mod form;
mod hosting;
mod names;
mod network;
mod outgoing;
mod pack;
mod pages;
mod probe;
mod processes;
mod rate;
mod read;
mod rest;
mod rows;
mod webhook;
mod wire;

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

pub(crate) use companies::mark as requisite_mark;
pub use dictionaries::DictionariesResult;
pub use hosting::Hosting;
pub(crate) use names::{field_names, is_standard_field, origin_fields};
pub use outgoing::OutgoingCall;
pub use probe::{PortalInfo, ProbeError};
pub use rate::{Bucket, Priority, RateLimits};
pub use read::ReadOutcome;
pub use webhook::{Webhook, WebhookError};

use self::batch::Halt;
use self::chain::Created;
use self::commands::Command;
use self::rate::Pacer;
use self::rest::Rest;
use crate::crm::error::CrmError;
use crate::crm::trace::{CallTrace, CommandTrace};
use crate::crm::write::{Write, WriteResult};

/// A connection to one portal through an inbound webhook. Share it behind an `Arc`: it keeps its
/// HTTP connections open.
pub struct Connection {
    rest: Rest,
    pacer: Pacer,
    originator: String,
    /// The maximum number of rows that one query reads.
    search_limit: usize,
    cache: dictionaries::DictionaryCache,
    /// Methods that the portal rejected for a missing scope since the last successful health check.
    denied: Mutex<BTreeSet<String>>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Connection")
            .field(&self.rest.masked_address())
            .finish()
    }
}

/// The time limits of calls.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// From sending to the end of the answer. The portal itself gives up after 60 s.
    pub call: Duration,
    /// For establishing the connection.
    pub connect: Duration,
}

/// The number of rows that one query reads, unless the settings say otherwise.
const DEFAULT_SEARCH_LIMIT: usize = 1_000;

/// The outcomes of chains of changes, and the calls that were made.
#[derive(Debug, Default)]
pub struct WriteOutcome {
    /// One list per chain, with one result per change.
    pub results: Vec<Vec<WriteResult>>,
    /// What was sent and what came back.
    pub calls: Vec<CallTrace>,
}

impl Connection {
    /// Prepares a connection; nothing is sent yet. `originator` marks what the gateway creates.
    ///
    /// # Errors
    /// If the machine has no CA certificates.
    pub fn new(
        webhook: Webhook,
        originator: String,
        timeouts: Timeouts,
        limits: RateLimits,
    ) -> anyhow::Result<Self> {
        let mut http = reqwest::Client::builder();
        if webhook.is_local() {
            http = http.no_proxy();
        }
        let http = http
            .user_agent(concat!("leadgate/", env!("CARGO_PKG_VERSION")))
            .timeout(timeouts.call)
            .connect_timeout(timeouts.connect)
            // a followed redirect would turn POST into GET and lose the body
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| {
                anyhow::Error::new(error.without_url()).context(
                    "cannot set up HTTPS; install CA certificates (package ca-certificates)",
                )
            })?;
        Ok(Self {
            rest: Rest::new(http, webhook),
            pacer: Pacer::new(limits),
            originator,
            search_limit: DEFAULT_SEARCH_LIMIT,
            cache: dictionaries::DictionaryCache::default(),
            denied: Mutex::default(),
        })
    }

    fn denied(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.denied.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the webhook with its secret masked.
    pub fn masked_address(&self) -> String {
        self.rest.masked_address()
    }

    /// Returns the portal's host and port.
    pub fn portal(&self) -> String {
        self.rest.portal()
    }

    /// Sets the maximum number of rows that one query reads, further pages included.
    #[must_use]
    pub fn with_search_limit(mut self, rows: usize) -> Self {
        self.search_limit = rows;
        self
    }

    /// Lets redirects lead to these hosts, `HOST` or `HOST:PORT`; without any none is followed.
    #[must_use]
    pub fn with_redirect_hosts(mut self, hosts: &[String]) -> Self {
        self.rest.allow(hosts.to_vec());
        self
    }

    /// Returns the `ORIGINATOR_ID` of what the gateway creates.
    pub fn originator(&self) -> &str {
        &self.originator
    }

    /// Executes chains of changes, many in one call; each chain stops at its first failure.
    pub async fn write(&self, chains: &[&[Write]]) -> WriteOutcome {
        let (packable, alone): (Vec<usize>, Vec<usize>) = (0..chains.len())
            .filter(|of| chains.get(*of).is_some_and(|chain| !chain.is_empty()))
            .partition(|of| chains.get(*of).is_some_and(|chain| pack::fits(chain)));
        let groups = pack::groups(chains, &packable, self.pacer.batch_size());
        let packed = join_all(
            groups
                .into_iter()
                .map(|group| self.write_group(chains, group)),
        );
        let single = join_all(alone.into_iter().map(|of| self.one_by_one(of, chains)));
        let (packed, single) = futures_util::future::join(packed, single).await;
        let mut writing = WriteOutcome {
            results: vec![Vec::new(); chains.len()],
            calls: Vec::new(),
        };
        for (results, calls) in packed.into_iter().chain(single) {
            writing.calls.extend(calls);
            for (of, chain) in results {
                if let Some(slot) = writing.results.get_mut(of) {
                    *slot = chain;
                }
            }
        }
        writing
    }

    /// Executes chains that share a call. A failure halts the call; the chains after it were not
    /// run and are sent again without the failed one.
    async fn write_group(&self, chains: &[&[Write]], group: Vec<usize>) -> ChainResults {
        let (mut done, mut calls) = (Vec::new(), Vec::new());
        let mut left = group;
        loop {
            // a chain is not started while one of its methods is paused
            left.retain(|of| {
                let chain = chains.get(*of).copied().unwrap_or_default();
                let Some(error) = self.paused_in(chain) else {
                    return true;
                };
                let mut results = vec![Err(CrmError::NotRun); chain.len()];
                if let Some(first) = results.first_mut() {
                    *first = Err(error);
                }
                done.push((*of, results));
                false
            });
            if left.is_empty() {
                break;
            }
            let (owners, commands) = pack::commands(chains, &left);
            let (outcomes, call) = self
                .run(&owners, &commands, Halt::AtFirstError, Priority::Submission)
                .await;
            calls.extend(call);
            let (ended, again) = pack::split_outcomes(chains, &left, &owners, outcomes);
            // nothing of the call was run: the cause is the portal or the network
            let stuck = again.len() == left.len();
            done.extend(ended);
            left = if stuck { Vec::new() } else { again };
        }
        (done, calls)
    }

    /// Executes a chain whose text must not go through a batch.
    async fn one_by_one(&self, of: usize, chains: &[&[Write]]) -> ChainResults {
        let (mut so_far, mut calls) = (Created::default(), Vec::new());
        let mut results: Vec<WriteResult> = Vec::new();
        for write in chains.get(of).copied().into_iter().flatten() {
            let failed = results.last().is_some_and(Result::is_err);
            let Some(command) = chain::command(write, &so_far).filter(|_| !failed) else {
                results.push(Err(CrmError::NotRun));
                continue;
            };
            let commands = std::slice::from_ref(&command);
            let (mut outcomes, call) = self
                .run(&[of], commands, Halt::AtFirstError, Priority::Submission)
                .await;
            calls.extend(call);
            let outcome = outcomes.pop().unwrap_or(Err(CrmError::NotRun));
            let result = outcome.and_then(|result| chain::created(write, &result));
            if let Ok(Some(id)) = result {
                so_far.note(write, Value::from(id));
            }
            results.push(result);
        }
        (vec![(of, results)], calls)
    }

    /// Returns the error for a method that is paused.
    fn paused(&self, method: &str) -> Option<CrmError> {
        Some(CrmError::MethodPaused {
            method: method.to_owned(),
            wait: self.pacer.pause_left(method)?,
        })
    }

    fn paused_in(&self, chain: &[Write]) -> Option<CrmError> {
        let mut methods = chain.iter().filter_map(chain::method_of);
        methods.find_map(|method| self.paused(&method))
    }

    /// Makes one HTTP call for these commands, or none while one of their methods is paused.
    async fn run(
        &self,
        of: &[usize],
        commands: &[Command],
        halt: Halt,
        priority: Priority,
    ) -> (Vec<Result<Value, CrmError>>, Option<CallTrace>) {
        if let Some(error) = commands
            .iter()
            .find_map(|command| self.paused(&command.method))
        {
            return (vec![Err(error); commands.len()], None);
        }
        let Some((method, params)) = outgoing::request(commands, halt) else {
            return (Vec::new(), None);
        };
        let permit = self.pacer.acquire(priority).await;
        let (info, answer) = self.rest.call(&method, &params).await;
        drop(permit);
        let error = answer.as_ref().err().map(CrmError::failure);
        let mut outcomes = match (&answer, commands.len()) {
            (Ok(envelope), 1) => vec![Ok(envelope.get("result").cloned().unwrap_or_default())],
            (Ok(envelope), _) => batch::outcomes(commands, envelope),
            (Err(error), count) => vec![Err(error.clone()); count],
        };
        self.update_limits(commands, &info, &answer, &mut outcomes);
        metrics::counter!("leadgate_crm_calls_total", "method" => method.clone()).increment(1);
        metrics::histogram!("leadgate_crm_call_seconds").record(info.duration.as_secs_f64());
        let call = CallTrace {
            method,
            status: info.status,
            duration: info.duration,
            error,
            command_count: commands.len(),
            commands: of
                .iter()
                .zip(commands.iter().zip(&outcomes))
                .map(|(of, (command, outcome))| CommandTrace {
                    of: *of,
                    method: command.method.clone(),
                    params: command.shown().clone(),
                    outcome: batch::trace_outcome(outcome),
                })
                .collect(),
        };
        (outcomes, Some(call))
    }

    /// Updates the rate limiter with what an answer says about the portal's limits.
    fn update_limits(
        &self,
        commands: &[Command],
        info: &rest::CallInfo,
        answer: &Result<Value, CrmError>,
        outcomes: &mut [Result<Value, CrmError>],
    ) {
        if matches!(answer, Err(CrmError::Throttled { code }) if code.eq_ignore_ascii_case("QUERY_LIMIT_EXCEEDED"))
        {
            self.pacer.note_refusal();
        }
        let envelope = answer.as_ref().ok();
        let now = envelope
            .and_then(|envelope| envelope.pointer("/time/finish"))
            .and_then(Value::as_f64);
        for (index, (command, outcome)) in commands.iter().zip(outcomes).enumerate() {
            let time = envelope.and_then(|envelope| batch::time(envelope, index, commands.len()));
            if let (Some(time), Some(now)) = (time, now) {
                self.pacer.note_operating_time(&command.method, time, now);
            }
            match outcome {
                Err(CrmError::Throttled { code })
                    if code.eq_ignore_ascii_case("OPERATION_TIME_LIMIT") =>
                {
                    let wait = self.pacer.pause_method(&command.method, now);
                    *outcome = Err(CrmError::MethodPaused {
                        method: command.method.clone(),
                        wait,
                    });
                }
                Err(CrmError::Denied { method, code, .. })
                    if code.eq_ignore_ascii_case("insufficient_scope") =>
                {
                    self.denied().insert(method.clone());
                }
                Ok(_) | Err(_) => {}
            }
        }
        match answer {
            Ok(_) => self.pacer.note_duration(commands.len(), info.duration),
            Err(CrmError::Unknown { .. }) => {
                self.pacer.note_broken_call(commands.len(), info.duration);
            }
            Err(_) => {}
        }
    }
}

/// The results of each chain, and the calls that were made.
type ChainResults = (Vec<(usize, Vec<WriteResult>)>, Vec<CallTrace>);

#[cfg(test)]
mod tests;
