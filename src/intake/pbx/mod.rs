//! PBXs: `POST /pbx/{name}` receives the requests of a PBX of the settings. The record of a call is a
//! submission; events are acknowledged; questions are answered.

mod receive;
mod reply;
mod source;

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::ExposeSecret as _;

pub use self::source::PbxSource;

use self::receive::Exchange;
use self::reply::Refused;
use super::receiver::Receiver;
use super::secret::is_equal;
use super::{IntakeParts, refused};
use crate::config::{PBX_PATH, PbxSettings};
use crate::domain::CALLS;
use crate::pbx::directory::Directory;

/// The name under which records are stored.
const SOURCE: &str = CALLS;

/// A PBX of the settings.
struct Pbx {
    settings: PbxSettings,
    /// Answers what it asks.
    directory: Arc<Directory>,
}

/// Everything that the requests of PBXs need.
struct PbxIntake {
    /// The PBXs, by name.
    exchanges: BTreeMap<String, Pbx>,
    /// The maximum number of values of a body.
    value_limit: usize,
    /// What receives their requests.
    receiver: Receiver,
}

impl PbxIntake {
    fn new(parts: &IntakeParts<'_>) -> Self {
        let settings = parts.settings;
        let exchanges = settings.pbx.iter().filter_map(|(name, exchange)| {
            let pbx = Pbx {
                settings: exchange.clone(),
                directory: Arc::clone(parts.directories.get(name)?),
            };
            Some((name.clone(), pbx))
        });
        Self {
            exchanges: exchanges.collect(),
            value_limit: settings.server.value_limit,
            receiver: Receiver::new(parts),
        }
    }

    /// Checks what does not need the body.
    fn admit<'r>(
        self: &'r Arc<Self>,
        request: &'r HttpRequest,
    ) -> Result<Exchange<'r>, (Refused, Option<&'r str>)> {
        let name = request.match_info().get("name").unwrap_or_default();
        let Some((name, pbx)) = self.exchanges.get_key_value(name) else {
            return Err((Refused::NoSuchAddress, None));
        };
        let refusal = if self.receiver.draining.is_cancelled() {
            Some(Refused::Restarting)
        } else if !self
            .receiver
            .admits(request, &pbx.settings.allowed_addresses)
        {
            Some(Refused::Address)
        } else if request.method() != Method::POST {
            Some(Refused::Method)
        } else {
            None
        };
        match refusal {
            Some(refusal) => Err((refusal, Some(name))),
            None => Ok(Exchange {
                intake: self,
                request,
                name,
                pbx,
                has_key: has_key(&pbx.settings, request),
            }),
        }
    }

    /// Logs a refusal. The rest of a path is the sender's choice and may be a secret.
    fn note(&self, request: &HttpRequest, refusal: Refused, name: Option<&str>) {
        let source = match name {
            Some(name) => format!("{SOURCE}/{name}"),
            None => format!("{PBX_PATH}/…"),
        };
        let (status, code) = refusal.code();
        let noted = refused::Refusal {
            source: &source,
            status: status.as_u16(),
            code,
        };
        self.receiver.refused.note(request, &noted);
    }
}

/// Returns whether a request has the key of the PBX.
fn has_key(settings: &PbxSettings, request: &HttpRequest) -> bool {
    let header = request.headers().get(AUTHORIZATION);
    let given = header.and_then(|value| value.to_str().ok()?.split_once(' '));
    given.is_some_and(|(scheme, key)| {
        scheme.eq_ignore_ascii_case("bearer") && is_equal(key, settings.key.expose_secret())
    })
}

/// Registers the address of every PBX. Without any, the path is free for other sources.
fn configure(config: &mut web::ServiceConfig, intake: web::Data<PbxIntake>) {
    if intake.exchanges.is_empty() {
        return;
    }
    config.service(
        web::scope(PBX_PATH)
            .app_data(intake)
            .service(web::resource("/{name}").to(serve))
            .default_service(web::to(serve)),
    );
}

async fn serve(
    intake: web::Data<PbxIntake>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let intake = intake.into_inner();
    let (refusal, name) = match intake.admit(&request) {
        Ok(exchange) => match exchange.receive(payload).await {
            Ok(reply) => return reply,
            Err(refusal) => (refusal, Some(exchange.name)),
        },
        Err(refused) => refused,
    };
    intake.note(&request, refusal, name);
    count("refused");
    refusal.reply()
}

/// Counts requests by outcome.
fn count(outcome: &'static str) {
    metrics::counter!("leadgate_intake_total", "outcome" => outcome).increment(1);
}
