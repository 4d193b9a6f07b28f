//! Asks a service whether an earlier request has arrived, before it is sent again.

use super::judge::{self, Judgement};
use super::outgoing::{self, OutgoingRequest};
use super::settings::LookSettings;
use super::{HttpDestination, Job, address, call};
use crate::delivery::PauseReason;
use crate::domain::HttpFailure;
use crate::domain::event::Call;
use crate::mapping::ReplyTest;

/// What the service says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Looked {
    /// It has the request.
    There,
    /// It does not have it.
    NotThere,
    /// It does not say.
    Failed {
        failure: HttpFailure,
        pause: PauseReason,
    },
}

impl Looked {
    /// Returns the failure of a judgement that is no answer.
    pub(super) fn failed(judgement: Judgement) -> Self {
        match judgement {
            Judgement::NotDone { failure, pause } => Self::Failed { failure, pause },
            Judgement::Refused(failure) | Judgement::Unknown(failure) => Self::Failed {
                failure,
                pause: PauseReason::Unanswered,
            },
            Judgement::Success(_) => Self::NotThere,
        }
    }
}

impl HttpDestination {
    /// Asks whether the request of a job has arrived.
    pub(super) async fn look(&self, job: &Job) -> (Looked, Vec<Call>) {
        let Some(rule) = &self.settings.look else {
            let failure = HttpFailure::Interrupted;
            let pause = PauseReason::Unanswered;
            return (Looked::Failed { failure, pause }, Vec::new());
        };
        let request = match self.question(rule, job) {
            Ok(request) => request,
            Err(failure) => {
                let pause = PauseReason::Unanswered;
                return (Looked::Failed { failure, pause }, Vec::new());
            }
        };
        let exchange = self.exchange(&request).await;
        let looked = match judge::transported(&exchange) {
            Err(judgement) => Looked::failed(judgement),
            Ok(reply) if matches!(reply.status, 404 | 410) => Looked::NotThere,
            Ok(reply) if !(200..300).contains(&reply.status) => {
                Looked::failed(judge::by_status(reply))
            }
            Ok(reply) => match (&rule.found, reply.json()) {
                (None, _) => Looked::There,
                (Some(test), Some(json)) => {
                    let holds = ReplyTest::parse(test).is_some_and(|test| test.holds(&json));
                    if holds {
                        Looked::There
                    } else {
                        Looked::NotThere
                    }
                }
                (Some(_), None) => Looked::Failed {
                    failure: HttpFailure::NotJson {
                        status: reply.status,
                    },
                    pause: PauseReason::Unanswered,
                },
            },
        };
        let failure = match &looked {
            Looked::Failed { failure, .. } => Some(failure),
            Looked::There | Looked::NotThere => None,
        };
        let call = call(&request, &exchange, failure);
        (looked, vec![call])
    }

    fn question(&self, rule: &LookSettings, job: &Job) -> Result<OutgoingRequest, HttpFailure> {
        let key = outgoing::key(job.id, &job.step.name);
        let filled = rule
            .path
            .replace("{id}", &job.id.to_string())
            .replace("{key}", &key);
        let url = address::question(&self.settings.url, &filled)?;
        Ok(OutgoingRequest::get(url, &self.settings))
    }
}
