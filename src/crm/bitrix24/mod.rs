//! The adapter for Bitrix24's REST interface; no other code speaks it. Facts about the interface
//! come from the vendor's public documentation (repository `bitrix24/b24restdocs`), which comments
//! cite.

mod access;
mod address;
mod application;
mod attribute;
mod authorization;
mod batch;
mod bindings;
mod call_search;
mod call_status;
mod callbacks;
mod callers;
mod calls;
mod cards;
mod chain;
mod changed;
mod commands;
mod companies;
mod dictionaries;
mod download;
mod files;
mod finish_call;
mod form;
mod gather;
mod hosting;
mod installation;
mod live_calls;
mod names;
mod network;
mod notify;
mod outgoing;
mod pack;
mod pages;
mod probe;
mod processes;
mod rate;
mod read;
mod recordings;
mod remove;
mod rest;
mod rows;
mod share;
mod telephony;
mod token_failure;
mod token_keeper;
mod upload;
mod wire;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::OptionFuture;
use futures_util::stream::FuturesUnordered;
use serde_json::Value;
use tokio::sync::SemaphorePermit;

pub use access::Access;
pub use address::WebhookError;
pub use application::{Application, ApplicationSetup, Installs, is_token};
pub use authorization::{IssuedTokens, TokenInfo};
pub use bindings::{BindingReport, PlacementBinding, PortalEmployee};
pub use callers::MOST_CALLERS;
pub(crate) use companies::mark as requisite_mark;
pub use dictionaries::DictionariesResult;
pub use hosting::Hosting;
pub(crate) use names::{field_names, is_standard_field, origin_fields};
pub(crate) use network::{innermost_failure, network_failure};
pub use outgoing::OutgoingCall;
pub use probe::{PortalInfo, ProbeError};
pub use rate::{Bucket, Pace, Priority, RateLimits};
pub use read::ReadOutcome;
pub use remove::Removed;
pub use token_failure::TokenFailure;
pub use token_keeper::{ApplicationState, KnownInstallation};

use self::batch::Halt;
use self::commands::Command;
use self::gather::Gathered;
use self::pack::{Pending, Room};
use self::rate::Pacer;
use self::rest::Rest;
use self::share::Sharing;
use self::telephony::{Telephony, is_of_telephony};
use crate::crm::error::CrmError;
use crate::crm::trace::{CallTrace, CommandTrace};
use crate::crm::write::{Write, WriteResult};

/// Whether the portal had refused a method for want of a permission.
#[derive(Debug, Clone, Copy)]
struct WasDenied(bool);

/// A connection to one portal through an inbound webhook or a local application. Share it behind an `Arc`: it keeps its
/// HTTP connections open.
pub struct Connection {
    rest: Rest,
    pacer: Pacer,
    sharing: Sharing,
    originator: String,
    /// The maximum number of rows that one query reads.
    search_limit: usize,
    cache: dictionaries::DictionaryCache,
    /// Methods that the portal rejected for a missing scope since the last successful health check.
    denied: Mutex<BTreeSet<String>>,
    telephony: Telephony,
    /// Commands for which somebody's phone rings, and those that may wait.
    urgent: Gathered,
    unhurried: Gathered,
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
        access: Access,
        originator: String,
        timeouts: Timeouts,
        limits: RateLimits,
    ) -> anyhow::Result<Self> {
        let http = network::client(timeouts, &access.address.method(""))?;
        Ok(Self {
            rest: Rest::new(http, access),
            pacer: Pacer::new(limits),
            sharing: Sharing::default(),
            originator,
            search_limit: DEFAULT_SEARCH_LIMIT,
            cache: dictionaries::DictionaryCache::default(),
            denied: Mutex::default(),
            telephony: Telephony::default(),
            urgent: Gathered::default(),
            unhurried: Gathered::default(),
        })
    }

    fn denied(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.denied.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends commands in one call; an error of one leaves the others alone.
    async fn run_all(
        &self,
        commands: &[Command],
        priority: Priority,
    ) -> Vec<Result<Value, CrmError>> {
        let owners = vec![0; commands.len()];
        let (outcomes, _) = self.run(&owners, commands, Halt::Never, priority).await;
        outcomes
    }

    /// Returns whether the portal has refused this method for want of a permission.
    fn is_denied(&self, method: &str) -> WasDenied {
        WasDenied(self.denied().contains(method))
    }

    /// Forgets that the portal has refused a method which deliveries do not need, unless it had
    /// refused it before.
    fn excuse(&self, method: &str, before: WasDenied) {
        if !before.0 {
            self.denied().remove(method);
        }
    }

    /// Returns the application of the connection; `None` with a webhook.
    pub fn application(&self) -> Option<&Arc<Application>> {
        self.rest.application()
    }

    /// Returns the address with its secret masked.
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

    /// Asks every question in a command of its own, to compare with shared ones.
    #[cfg(test)]
    pub(crate) fn without_shared_lookups(mut self) -> Self {
        self.sharing = Sharing::off();
        self
    }

    /// Returns how many new submissions are looked up and written in about this time: three changes
    /// each, and a little more.
    pub fn capacity_within(&self, time: Duration) -> usize {
        const COMMANDS_EACH: f64 = 3.2;
        let fit = self.pacer.commands_within(time) / COMMANDS_EACH;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped"
        )]
        let fit = fit.clamp(1.0, 1e6) as usize;
        fit
    }

    /// Returns how much of the portal's limits is used, as far as it is known.
    pub fn pace(&self) -> Pace {
        self.pacer.pace()
    }

    /// Returns the `ORIGINATOR_ID` of what the gateway creates.
    pub fn originator(&self) -> &str {
        &self.originator
    }

    /// Executes chains of changes, many in one call; each chain stops at its first failure. A call is
    /// packed when there is a place for it in the portal's bucket, with all that can be sent by then.
    pub async fn write(&self, chains: &[&[Write]]) -> WriteOutcome {
        let mut pending = Pending::new(chains);
        let mut calls = Vec::new();
        let mut under_way = FuturesUnordered::new();
        let mut place = None;
        loop {
            if place.is_none() && pending.has_work() && under_way.len() < self.pacer.parallel() {
                place = Some(Box::pin(self.pacer.acquire(Priority::Submission)));
            }
            tokio::select! {
                biased;
                Some((packed, outcomes, call)) = under_way.next() => {
                    pending.settle(packed, outcomes);
                    calls.push(call);
                }
                Some(permit) = OptionFuture::from(place.as_mut()) => {
                    place = None;
                    let room = self.room(under_way.len());
                    let packed = pending.pack(room, |method| self.paused(method));
                    under_way.extend(packed.map(|packed| async move {
                        let (of, commands) = (&packed.owners, &packed.commands);
                        let (outcomes, call) = self.send(permit, (of, commands), Halt::AtFirstError).await;
                        (packed, outcomes, call)
                    }));
                }
                else => break,
            }
        }
        WriteOutcome {
            results: pending.into_results(),
            calls: calls.into_iter().flatten().collect(),
        }
    }

    /// Returns how much may be sent now, beside this many calls under way.
    fn room(&self, under_way: usize) -> Room {
        let others = self.pacer.parallel().saturating_sub(under_way + 1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "rounds down, and a bucket is small"
        )]
        let places = self.pacer.room().map_or(others, |places| places as usize);
        Room {
            commands: self.pacer.batch_size(),
            calls: others.min(places),
        }
    }

    /// Returns the error for a method that is paused.
    fn paused(&self, method: &str) -> Option<CrmError> {
        Some(CrmError::MethodPaused {
            method: method.to_owned(),
            wait: self.pacer.pause_left(method)?,
        })
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
        let permit = self.pacer.acquire(priority).await;
        self.send(permit, (of, commands), halt).await
    }

    /// Makes one HTTP call in this place in the bucket.
    async fn send(
        &self,
        permit: Option<SemaphorePermit<'_>>,
        (of, commands): (&[usize], &[Command]),
        halt: Halt,
    ) -> (Vec<Result<Value, CrmError>>, Option<CallTrace>) {
        let Some((method, params)) = outgoing::request(commands, halt) else {
            return (Vec::new(), None);
        };
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
                // deliveries work without telephony: its missing scope must not keep them paused
                Err(CrmError::Denied { method, code, .. })
                    if code.eq_ignore_ascii_case("insufficient_scope")
                        && !is_of_telephony(method) =>
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
