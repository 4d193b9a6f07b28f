//! Serves the requests to the services beside the portal, with faults, and keeps them.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::amocrm::{self, AMOCRM};
use super::core::Core;
use super::faults::Moment;
use super::gate::Gate;
use super::leaving::Delivery;
use super::services::{BIN, CALLTOUCH, Received, ServiceReply, ServiceRequest, at_door, cut};
use super::{Portal, http};

/// Larger bodies are refused.
const BODY: usize = 8 << 20;

/// Mounts the services.
pub(super) fn configure(portal: &Portal, gate: &Gate, config: &mut web::ServiceConfig) {
    let (portal, gate) = (portal.clone(), gate.clone());
    let handler = move |request: HttpRequest, body: Bytes| {
        let (portal, gate) = (portal.clone(), gate.clone());
        async move {
            if let Some(refusal) = gate.refusal_of_call(request.head()) {
                return refusal;
            }
            let received = Received::new(&request, &body);
            let reply = portal.core().serve_service(received);
            send(reply).await
        }
    };
    config.service(
        web::resource(["/services/{service}", "/services/{service}/{tail:.*}"])
            .app_data(web::PayloadConfig::new(BODY))
            .route(web::route().to(handler)),
    );
}

impl Core {
    /// Serves a request to amoCRM, whose state is saved with the portal's.
    fn serve_amocrm(&mut self, received: &Received, now: Timestamp) -> ServiceReply {
        self.state.revision += u64::from(received.method != "GET");
        self.services.amocrm.serve(received, now)
    }

    /// Serves one request to a service.
    fn serve_service(&mut self, received: Received) -> ServiceReply {
        let name = received.service.clone();
        if ![BIN, CALLTOUCH, AMOCRM].contains(&name.as_str()) {
            return ServiceReply::json(404, &json!({"error": "no such service"}));
        }
        let target = match name.as_str() {
            AMOCRM => amocrm::fault_name(&received.path),
            name => name,
        };
        let door = self.plan.strike_at(Moment::Arrival, target);
        let mut fault = door.clone();
        let (mut reply, done) = if let Some(kind) = &door {
            (at_door(kind), false)
        } else {
            let partial = self.plan.strike_at(Moment::Command, target);
            let now = self.now();
            let reply = match name.as_str() {
                BIN => self.services.bin(&received),
                AMOCRM => self.serve_amocrm(&received, now),
                _ => self.services.calltouch(&received, partial.as_ref()),
            };
            fault = partial;
            let done = reply.status < 300;
            (reply, done)
        };
        if door.is_none() {
            if let Some(kind) = self.plan.strike_at(Moment::Saved, target) {
                reply = ServiceReply::json(500, &json!({"error": "failed after the work"}));
                fault = Some(kind);
            }
            if let Some(kind) = self.plan.strike_at(Moment::Exit, target) {
                reply.leave(&kind);
                fault = Some(kind);
            }
        }
        if fault.is_some() {
            self.tally.faults += 1;
        }
        let now = self.now();
        let code = fault.map(|kind| kind.code());
        let status = if matches!(
            reply.delivery,
            Delivery::Nothing | Delivery::NothingAfter(_)
        ) {
            0
        } else {
            reply.status
        };
        self.services.keep(ServiceRequest {
            number: 0,
            time: now,
            service: name,
            status,
            done,
            fault: code,
            method: received.method,
            path: received.path,
            headers: received.headers,
            body: cut(received.body),
        });
        reply
    }
}

/// Sends a reply, or breaks the connection.
async fn send(reply: ServiceReply) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    response.content_type(reply.content_type);
    for (name, value) in &reply.headers {
        response.insert_header((*name, value.as_str()));
    }
    http::deliver(&mut response, reply.body, reply.delivery).await
}

impl Portal {
    /// Returns the latest requests of the services, oldest first.
    pub fn service_requests(&self) -> Vec<ServiceRequest> {
        self.core().services.requests().cloned().collect()
    }

    /// Returns the requests that Calltouch has imported, oldest first.
    pub fn calltouch_requests(&self) -> Vec<Value> {
        self.core().services.imported().to_vec()
    }
}
