//! Receives a request of a PBX: stores the record of a call before it is acknowledged, and answers
//! everything else.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use serde_json::{Value, json};

use super::reply::Refused;
use super::source::{PbxSource, bounds};
use super::{Pbx, PbxIntake, SOURCE, count};
use crate::domain::{Phone, Repairs, Source, Submission, SubmissionId};
use crate::inbox::{Accepted, Reception, StoreError};
use crate::intake::body::{Reading, read};
use crate::intake::{decision, refused};
use crate::mapping::ProfileSet;
use crate::pbx::usercrm::{self, Action, Record, Request};

/// A request to a PBX of the settings.
pub(super) struct Exchange<'r> {
    pub(super) intake: &'r Arc<PbxIntake>,
    pub(super) request: &'r HttpRequest,
    pub(super) name: &'r str,
    pub(super) pbx: &'r Pbx,
    /// Whether the request has the key.
    pub(super) has_key: bool,
}

impl Exchange<'_> {
    /// Reads the request and answers it.
    pub(super) async fn receive(&self, payload: web::Payload) -> Result<HttpResponse, Refused> {
        let intake = self.intake;
        let reading = Reading {
            limit: self.pbx.settings.body_limit,
            patience: intake.receiver.patience,
            memory: &intake.receiver.memory,
        };
        let (raw, _charge) = read(self.request, payload, reading).await?;
        let request = Request::read(&raw, bounds(intake.value_limit));
        let is_test = |request: &Request| request.action() == Action::Test;
        if !self.has_key && !request.as_ref().is_ok_and(is_test) {
            return Err(Refused::Key);
        }
        let Ok(request) = request else {
            refused::keep_body(self.request, raw);
            return Err(Refused::Unreadable);
        };
        let reply = match request.action() {
            Action::Test => usercrm::tested(&request),
            Action::Event => {
                count("event");
                usercrm::success(&request)
            }
            Action::Record => {
                let Some(record) = request.record() else {
                    refused::keep_body(self.request, raw);
                    return Err(Refused::NoRecord);
                };
                let number = record.other().and_then(|number| Phone::parse(&number));
                self.store(record, raw).await?;
                if let Some(number) = number {
                    self.pbx.directory.call_recorded(&number);
                }
                usercrm::success(&request)
            }
            Action::Users => {
                count("question");
                let users = self.pbx.directory.users().await;
                usercrm::list_of_users(&request, &users.ok_or(Refused::NoEmployees)?)
            }
            Action::Contact => {
                count("question");
                let clients = match request.caller() {
                    Some(phone) => self.pbx.directory.clients(&phone).await,
                    None => Vec::new(),
                };
                usercrm::found(&request, &clients)
            }
            Action::Unknown => {
                count("unknown");
                usercrm::success(&request)
            }
        };
        Ok(HttpResponse::Ok().json(reply))
    }

    /// Stores the record of a call.
    async fn store(&self, record: Record<'_>, raw: Bytes) -> Result<(), Refused> {
        let profiles = self.intake.receiver.profiles.current();
        let (submission, reception) = self.decide(record, raw, &profiles);
        let received = [(submission, reception)];
        let stored = self.intake.receiver.inbox.receive_all(&received).await?;
        let [(submission, reception)] = &received;
        let outcome = match (reception, stored.into_iter().next().flatten()) {
            (_, Some(Accepted::Known { .. })) => "repeated",
            (Reception::Accept(_), _) => "accepted",
            (Reception::Reject { .. }, _) => "rejected",
            (Reception::Ignore { .. }, _) => "ignored",
            (Reception::Quarantine(_), None) => {
                tracing::warn!(pbx = %self.name, "the record of a call was not kept: no profile takes it, and the quarantine is full");
                "dropped"
            }
            (Reception::Quarantine(_), Some(_)) => {
                if !Arc::ptr_eq(&profiles, &self.intake.receiver.profiles.current()) {
                    self.intake
                        .receiver
                        .recheck(&PbxSource)
                        .queue_if_accepted(submission)
                        .await;
                }
                "captured"
            }
        };
        count(outcome);
        Ok(())
    }

    fn decide(
        &self,
        record: Record<'_>,
        raw: Bytes,
        profiles: &ProfileSet,
    ) -> (Submission, Reception) {
        let told = record.direction();
        let told = told.and_then(|told| self.pbx.settings.direction.get(&told).copied());
        let key = record.key().unwrap_or_default();
        let mut source = Source::new(SOURCE, self.name, key);
        if let Some(told) = told {
            source = source.with_details(&json!({"direction": told.as_str()}));
        }
        let packet = record.packet(told);
        let reception = match profiles.for_source(&source, &packet) {
            None => Reception::Quarantine(self.intake.receiver.room),
            Some(profile) => decision::by_profile(profiles, profile, (&source, &packet)),
        };
        let submission = Submission {
            id: SubmissionId::fresh(),
            source,
            received_at: self.intake.receiver.clock.now(),
            raw,
            body: Value::Null,
            repairs: Repairs::default(),
        };
        (submission, reception)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        if error.is_passing() {
            tracing::warn!(error = %error, "the record of a call was answered 503");
        } else {
            tracing::error!(error = %error, "the record of a call was answered 503");
        }
        Self::NotStored
    }
}
