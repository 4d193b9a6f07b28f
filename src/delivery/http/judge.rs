//! Judges a reply: is it a success, a refusal, not done, or is the outcome unknown? And what of it
//! is kept for later steps.

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::wire::{Exchange, HttpReply, SendFailure};
use crate::delivery::PauseReason;
use crate::domain::{HttpFailure, HttpStep, SaveFrom, SaveMissing};
use crate::mapping::{ReplyTest, reply_value};

/// What a reply means for a step.
pub(super) enum Judgement {
    /// The service has it.
    Success(Box<JudgedReply>),
    /// The service refuses it for good.
    Refused(HttpFailure),
    /// It was not done; the service wants no requests now.
    NotDone {
        failure: HttpFailure,
        pause: PauseReason,
    },
    /// The service may have it.
    Unknown(HttpFailure),
}

/// What later steps may use of a reply.
pub(super) struct JudgedReply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) json: Option<Value>,
}

impl Judgement {
    /// Returns why it is no success.
    pub(super) fn failure(&self) -> Option<&HttpFailure> {
        match self {
            Self::Success(_) => None,
            Self::Refused(failure) | Self::NotDone { failure, .. } | Self::Unknown(failure) => {
                Some(failure)
            }
        }
    }

    /// Adds the statuses that the profile expects.
    fn instead_of(mut self, statuses: &[u16]) -> Self {
        if let Self::Refused(failure) | Self::NotDone { failure, .. } | Self::Unknown(failure) =
            &mut self
            && let HttpFailure::Status { expected, .. } = failure
        {
            *expected = statuses.to_vec();
        }
        self
    }
}

/// Judges an exchange by the rules of a step.
pub(super) fn judge(step: &HttpStep, exchange: &Exchange) -> Judgement {
    let reply = match transported(exchange) {
        Ok(reply) => reply,
        Err(judgement) => return judgement,
    };
    let statuses = &step.success.statuses;
    let is_expected = if statuses.is_empty() {
        (200..300).contains(&reply.status)
    } else {
        statuses.contains(&reply.status)
    };
    if !is_expected {
        return by_status(reply).instead_of(statuses);
    }
    of_json(step, exchange, reply.json())
}

/// Judges the JSON of a reply whose status is as expected.
pub(super) fn of_json(step: &HttpStep, exchange: &Exchange, json: Option<Value>) -> Judgement {
    let reply = match transported(exchange) {
        Ok(reply) => reply,
        Err(judgement) => return judgement,
    };
    let judged = JudgedReply {
        status: reply.status,
        headers: reply.headers.clone(),
        json,
    };
    if let Some(test) = &step.success.test {
        // a service that answers with something else may have done its work
        let Some(json) = &judged.json else {
            return Judgement::Unknown(HttpFailure::NotJson {
                status: reply.status,
            });
        };
        if !ReplyTest::parse(test).is_some_and(|test| test.holds(json)) {
            return Judgement::Refused(HttpFailure::TestFailed {
                test: test.clone(),
                words: reply.words(),
            });
        }
    }
    match lacking(step, &judged) {
        Some(name) => Judgement::Refused(HttpFailure::LacksValue { name }),
        None => Judgement::Success(Box::new(judged)),
    }
}

/// Returns the whole reply, or the judgement without one.
pub(super) fn transported(exchange: &Exchange) -> Result<&HttpReply, Judgement> {
    match &exchange.reply {
        Ok(reply) => Ok(reply),
        Err(SendFailure::NotSent(failure)) => Err(Judgement::NotDone {
            failure: failure.clone(),
            pause: PauseReason::Unreachable,
        }),
        Err(SendFailure::Unknown { failure, .. }) => Err(Judgement::Unknown(failure.clone())),
        Err(SendFailure::Redirected { failure, .. }) => Err(Judgement::Refused(failure.clone())),
    }
}

/// Judges a status that was not expected (RFC 9110, 15; RFC 6585, 4).
pub(super) fn by_status(reply: &HttpReply) -> Judgement {
    let status = reply.status;
    match status {
        401 => Judgement::NotDone {
            failure: HttpFailure::Denied { status },
            pause: PauseReason::Denied,
        },
        429 => Judgement::NotDone {
            failure: HttpFailure::Throttled { status },
            pause: PauseReason::Throttled,
        },
        // the server says that it handles no requests at the moment
        503 if reply.retry_after().is_some() => Judgement::NotDone {
            failure: HttpFailure::Throttled { status },
            pause: PauseReason::Throttled,
        },
        503 => Judgement::NotDone {
            failure: status_failure(reply),
            pause: PauseReason::Unanswered,
        },
        // given up or failed halfway: the work may be done
        408 | 500.. => Judgement::Unknown(status_failure(reply)),
        _ => Judgement::Refused(status_failure(reply)),
    }
}

/// Returns the failure of an unexpected status.
pub(super) fn status_failure(reply: &HttpReply) -> HttpFailure {
    HttpFailure::Status {
        status: reply.status,
        expected: Vec::new(),
        words: reply.words(),
    }
}

/// Returns the first value with `missing: fail` that the reply lacks.
fn lacking(step: &HttpStep, reply: &JudgedReply) -> Option<String> {
    let fails = step
        .save
        .iter()
        .filter(|rule| rule.missing == SaveMissing::Fail);
    fails
        .into_iter()
        .find(|rule| found(&rule.from, reply).is_none())
        .map(|rule| rule.name.clone())
}

/// Returns the values for later steps, and the status.
pub(super) fn saved(step: &HttpStep, reply: &JudgedReply) -> Vec<(String, Value)> {
    let mut values = vec![("status".to_owned(), Value::from(reply.status))];
    for rule in &step.save {
        let value = match (found(&rule.from, reply), rule.missing) {
            (Some(value), _) => Some(value),
            (None, SaveMissing::Empty) => Some(Value::from("")),
            (None, SaveMissing::Skip | SaveMissing::Fail) => None,
        };
        values.extend(value.map(|value| (rule.name.clone(), value)));
    }
    values
}

fn found(from: &SaveFrom, reply: &JudgedReply) -> Option<Value> {
    match from {
        SaveFrom::Status => Some(reply.status.into()),
        SaveFrom::Header(name) => {
            let value = reply.headers.get(name.as_str())?;
            Some(String::from_utf8_lossy(value.as_bytes()).trim().into())
        }
        SaveFrom::Path(path) => reply_value(path, reply.json.as_ref()?),
    }
}
