//! Receives the requests of a PBX: what each asks for is done before it is answered.

use std::sync::Arc;

use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse, web};

use super::records::Origin;
use super::reply::Refused;
use super::source::bounds;
use super::{Pbx, PbxIntake, count};
use crate::intake::body::{Reading, read};
use crate::intake::refused;
use crate::pbx::{Denied, IncomingRequest, PbxAnswer, PbxRequest};

/// A request to a PBX of the settings.
pub(super) struct Exchange<'r> {
    pub(super) intake: &'r Arc<PbxIntake>,
    pub(super) request: &'r HttpRequest,
    pub(super) name: &'r str,
    /// What follows the name in the address.
    pub(super) path: &'r str,
    pub(super) pbx: &'r Pbx,
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
        let authorization = self.request.headers().get(AUTHORIZATION);
        let incoming = IncomingRequest {
            path: self.path,
            authorization: authorization.and_then(|value| value.to_str().ok()),
            body: &raw,
            bounds: bounds(intake.value_limit),
        };
        let received = match self.pbx.dialect.read(&incoming, &self.pbx.rules) {
            Ok(received) => received,
            Err(denied) => {
                if !matches!(denied, Denied::Unauthorized(_)) {
                    refused::keep_body(self.request, raw);
                }
                return Err(denied.into());
            }
        };
        if received.request != PbxRequest::Test
            && let Some(client) = &self.pbx.client
        {
            client.note_request(intake.receiver.clock.now());
        }
        if received.request == PbxRequest::Unknown {
            refused::keep_body(self.request, raw);
            intake.keep_unknown(self.request, self.name);
        }
        let answer = self.answer(received.request).await?;
        let mut reply = HttpResponse::Ok();
        Ok(match self.pbx.dialect.reply(&received.echo, &answer) {
            Some(body) => reply.json(body),
            None => reply.finish(),
        })
    }

    async fn answer(&self, request: PbxRequest) -> Result<PbxAnswer, Refused> {
        Ok(match request {
            // unknown ones are kept
            PbxRequest::Test | PbxRequest::Unknown => PbxAnswer::Done,
            PbxRequest::Event(event) => {
                count("event");
                if let Some(event) = event {
                    self.intake.calls.tell(self.name, &event);
                }
                PbxAnswer::Done
            }
            PbxRequest::Record(record) => {
                let pbx = (self.name, self.pbx);
                self.intake.store(pbx, &record, Origin::Sent).await?;
                PbxAnswer::Done
            }
            PbxRequest::Recording(notice) => {
                count("event");
                self.intake
                    .note_recording(self.name, self.pbx, notice)
                    .await?;
                PbxAnswer::Done
            }
            PbxRequest::Users => {
                count("question");
                let users = self.pbx.directory.users().await;
                PbxAnswer::Users(users.ok_or(Refused::NoEmployees)?)
            }
            PbxRequest::Contact(phone) => {
                count("question");
                PbxAnswer::Clients(match phone {
                    Some(phone) => self.pbx.directory.clients(&phone).await,
                    None => Vec::new(),
                })
            }
        })
    }
}
