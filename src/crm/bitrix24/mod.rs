//! Bitrix24 over its REST interface: the only code that speaks it. Facts about the interface come from
//! the vendor's public documentation (repository `bitrix24/b24restdocs`); places are named where it
//! matters.

mod batch;
mod chain;
mod commands;
mod form;
mod probe;
mod rest;
mod rows;
mod webhook;
mod wire;

use std::time::Duration;

use serde_json::Value;

pub use probe::{PortalInfo, ProbeError};
pub use webhook::{Webhook, WebhookError};

use self::batch::Halt;
use self::chain::Created;
use self::commands::Command;
use self::rest::Rest;
use super::{Answer, CallTrace, CommandTrace, CrmError, Query, Write, WriteResult};

/// One portal, through one incoming webhook. Cheap to share; keeps its connections open.
pub struct Client {
    rest: Rest,
    originator: String,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Client").field(&self.rest.shown()).finish()
    }
}

/// Time limits of calls.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// From sending to the end of the answer. The portal itself stops at 60 s.
    pub call: Duration,
    /// For the connection alone.
    pub connect: Duration,
}

/// The answers to a list of questions, and the calls it took.
#[derive(Debug, Default)]
pub struct Reading {
    /// One for each question, in its place.
    pub answers: Vec<Result<Answer, CrmError>>,
    /// What was sent and what came back.
    pub calls: Vec<CallTrace>,
}

/// How chains of changes ended, and the calls it took.
#[derive(Debug, Default)]
pub struct Writing {
    /// For each chain one result for each of its changes.
    pub results: Vec<Vec<WriteResult>>,
    /// What was sent and what came back.
    pub calls: Vec<CallTrace>,
}

impl Client {
    /// Prepares calls to a portal; nothing is sent yet. `originator` marks what we create.
    ///
    /// # Errors
    /// Without any certificates of authorities on the machine no client can be built at all.
    pub fn new(webhook: Webhook, originator: String, timeouts: Timeouts) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("leadgate/", env!("CARGO_PKG_VERSION")))
            .timeout(timeouts.call)
            .connect_timeout(timeouts.connect)
            // a followed redirect would turn POST into GET and lose the body
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| {
                anyhow::Error::new(error.without_url()).context(
                    "cannot prepare HTTPS; are certificates of authorities installed (package \
                     ca-certificates)?",
                )
            })?;
        Ok(Self {
            rest: Rest::new(http, webhook),
            originator,
        })
    }

    /// The webhook with its secret masked.
    pub fn shown(&self) -> String {
        self.rest.shown()
    }

    /// The CRM's `ORIGINATOR_ID` of what we create.
    pub fn originator(&self) -> &str {
        &self.originator
    }

    /// Asks a list of questions in as few calls as possible.
    pub async fn read(&self, queries: &[Query]) -> Reading {
        let commands: Vec<(usize, Command)> = queries
            .iter()
            .enumerate()
            .map(|(index, query)| (index, commands::of(query, &self.originator)))
            .collect();
        let (alone, together): (Vec<_>, Vec<_>) = commands
            .into_iter()
            .partition(|(_, command)| form::looks_like_reference(&command.params));
        let mut reading = Reading {
            answers: vec![Err(CrmError::NotRun); queries.len()],
            calls: Vec::new(),
        };
        let groups = together.chunks(batch::MOST).chain(alone.chunks(1));
        for group in groups {
            let (of, commands): (Vec<usize>, Vec<Command>) = group.iter().cloned().unzip();
            let outcomes = self
                .run(&of, &commands, Halt::Never, &mut reading.calls)
                .await;
            for (index, outcome) in of.into_iter().zip(outcomes) {
                if let (Some(slot), Some(query)) =
                    (reading.answers.get_mut(index), queries.get(index))
                {
                    *slot = outcome.map(|result| rows::read(query, &result, &self.originator));
                }
            }
        }
        reading
    }

    /// Carries out chains of changes; each chain stops at its first failure.
    pub async fn write(&self, chains: &[Vec<Write>]) -> Writing {
        let mut writing = Writing::default();
        for (of, chain) in chains.iter().enumerate() {
            let results = match together(chain) {
                Some(commands) => {
                    let owners = vec![of; commands.len()];
                    let outcomes = self
                        .run(&owners, &commands, Halt::AtFirstError, &mut writing.calls)
                        .await;
                    outcomes
                        .into_iter()
                        .zip(chain)
                        .map(|(outcome, write)| outcome.and_then(|result| created(write, &result)))
                        .collect()
                }
                None => self.one_by_one(of, chain, &mut writing.calls).await,
            };
            writing.results.push(results);
        }
        writing
    }

    /// A chain whose text must not go through a batch, or that has one change only.
    async fn one_by_one(
        &self,
        of: usize,
        chain: &[Write],
        calls: &mut Vec<CallTrace>,
    ) -> Vec<WriteResult> {
        let mut so_far = Created::default();
        let mut results = Vec::with_capacity(chain.len());
        for write in chain {
            let failed = results.last().is_some_and(Result::is_err);
            let command = chain::command(write, &so_far).filter(|_| !failed);
            let Some(command) = command else {
                results.push(Err(CrmError::NotRun));
                continue;
            };
            let outcome = self
                .run(
                    &[of],
                    std::slice::from_ref(&command),
                    Halt::AtFirstError,
                    calls,
                )
                .await
                .pop()
                .unwrap_or(Err(CrmError::NotRun));
            let result = outcome.and_then(|result| created(write, &result));
            if let Ok(Some(id)) = result {
                so_far.note(write, Value::from(id));
            }
            results.push(result);
        }
        results
    }

    /// One HTTP call for these commands.
    async fn run(
        &self,
        of: &[usize],
        commands: &[Command],
        halt: Halt,
        calls: &mut Vec<CallTrace>,
    ) -> Vec<Result<Value, CrmError>> {
        let (method, (info, answer)) = match commands {
            [] => return Vec::new(),
            [one] => (
                one.method.clone(),
                self.rest.call(&one.method, &one.params).await,
            ),
            _ => (
                "batch".to_owned(),
                self.rest
                    .call("batch", &batch::request(commands, halt))
                    .await,
            ),
        };
        let error = answer.as_ref().err().map(ToString::to_string);
        let outcomes = match (answer, commands.len()) {
            (Ok(envelope), 1) => vec![Ok(envelope.get("result").cloned().unwrap_or_default())],
            (Ok(envelope), _) => batch::outcomes(commands, &envelope),
            (Err(error), count) => vec![Err(error); count],
        };
        metrics::counter!("leadgate_crm_calls_total", "method" => method.clone()).increment(1);
        metrics::histogram!("leadgate_crm_call_seconds").record(info.duration.as_secs_f64());
        calls.push(CallTrace {
            method,
            status: info.status,
            duration: info.duration,
            error,
            carried: commands.len(),
            commands: of
                .iter()
                .zip(commands.iter().zip(&outcomes))
                .map(|(of, (command, outcome))| CommandTrace {
                    of: *of,
                    method: command.method.clone(),
                    params: command.params.clone(),
                    outcome: batch::traced(outcome),
                })
                .collect(),
        });
        outcomes
    }
}

/// The chain as commands of one batch; `None` when it must go one by one: a single change, or text that
/// the portal would take for a reference.
fn together(chain: &[Write]) -> Option<Vec<Command>> {
    if chain.len() < 2 || chain.len() > batch::MOST {
        return None;
    }
    let mut so_far = Created::default();
    let mut commands = Vec::with_capacity(chain.len());
    for (index, write) in chain.iter().enumerate() {
        // looked at with plain numbers in place of references, which are ours
        let plain = Created {
            contact: Some(Value::from(1)),
            record: Some(Value::from(1)),
        };
        if form::looks_like_reference(&chain::command(write, &plain)?.params) {
            return None;
        }
        commands.push(chain::command(write, &so_far)?);
        so_far.note(
            write,
            Value::from(format!("$result[{}]", batch::key(index))),
        );
    }
    Some(commands)
}

/// The id that a change created; an `add` whose answer has none may still have worked.
fn created(write: &Write, result: &Value) -> WriteResult {
    if !chain::creates(write) {
        return Ok(None);
    }
    match wire::number(result).filter(|id| *id > 0) {
        Some(id) => Ok(Some(id)),
        None => Err(CrmError::Unknown {
            why: "the portal's answer has no id".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests;
