//! PBXs: `POST /pbx/{name}` receives the requests of a PBX of the settings, and so do the paths below
//! it that its dialect has. The record of a call is a submission; events are acknowledged; questions
//! are answered.

mod catch_up;
mod late_recordings;
mod portal;
mod receive;
mod recordings;
mod records;
mod reply;
pub(super) mod shared;
mod source;
mod stored_calls;

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};

pub use self::catch_up::{CatchUp, catch_up};
pub use self::shared::PbxShared;
pub use self::source::PbxSource;

use self::receive::Exchange;
use self::reply::Refused;
use super::IntakeParts;
use super::receiver::Receiver;
use crate::config::{PBX_PATH, PbxSettings};
use crate::domain::{CALLS, PbxDialect};
use crate::pbx::directory::Directory;
use crate::pbx::{Dialect, DialectRules, dialect_named};
use crate::telephony::{CallHub, CallbackRequests, ClickToCall, PbxClient};

/// The name under which records are stored.
const SOURCE: &str = CALLS;

/// A PBX of the settings.
struct Pbx {
    settings: PbxSettings,
    /// What its requests mean.
    dialect: &'static dyn Dialect,
    rules: DialectRules,
    /// Answers what it asks.
    directory: Arc<Directory>,
    /// What its requests share with what is read from it.
    shared: Arc<PbxShared>,
    /// Gives it commands, and knows when it was heard last.
    client: Option<Arc<PbxClient>>,
}

/// A PBX and its name.
type NamedPbx<'r> = (&'r str, &'r Pbx);

impl Pbx {
    fn new(
        settings: &PbxSettings,
        (directory, shared): (Arc<Directory>, Arc<PbxShared>),
        client: Option<Arc<PbxClient>>,
    ) -> Self {
        Self {
            dialect: dialect_named(settings.dialect),
            rules: dialect_rules(settings),
            settings: settings.clone(),
            shared,
            directory,
            client,
        }
    }
}

/// Everything that the requests of PBXs need.
struct PbxIntake {
    /// The PBXs, by name.
    exchanges: BTreeMap<String, Pbx>,
    /// The maximum number of values of a body.
    value_limit: usize,
    /// What receives their requests.
    receiver: Receiver,
    /// Takes clicks on numbers in portals.
    clicks: Arc<ClickToCall>,
    /// Takes callbacks that visitors request in portals.
    callbacks: Arc<CallbackRequests>,
    /// Takes events.
    calls: Arc<CallHub>,
}

impl PbxIntake {
    fn new(parts: &IntakeParts<'_>) -> Self {
        let settings = parts.settings;
        let exchanges = settings.pbx.iter().filter_map(|(name, exchange)| {
            let directory = Arc::clone(parts.directories.get(name)?);
            let client = parts.pbx_clients.get(name).cloned();
            let shared = Arc::clone(parts.pbx_shared.get(name)?);
            let pbx = Pbx::new(exchange, (directory, shared), client);
            Some((name.clone(), pbx))
        });
        Self {
            exchanges: exchanges.collect(),
            value_limit: settings.server.value_limit,
            receiver: Receiver::new(parts),
            clicks: Arc::clone(parts.clicks),
            callbacks: Arc::clone(parts.callbacks),
            calls: Arc::clone(parts.calls),
        }
    }

    /// Checks what does not need the body.
    fn admit<'r>(
        self: &'r Arc<Self>,
        request: &'r HttpRequest,
    ) -> Result<Exchange<'r>, (Refused, Option<NamedPbx<'r>>)> {
        let part = |name| request.match_info().get(name).unwrap_or_default();
        let Some((name, pbx)) = self.exchanges.get_key_value(part("name")) else {
            return Err((Refused::NoSuchAddress, None));
        };
        let path = part("path").trim_matches('/');
        let refusal = if !pbx.dialect.has_path(path) {
            Some(Refused::NoSuchAddress)
        } else if self.receiver.draining.is_cancelled() {
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
            Some(refusal) => Err((refusal, Some((name, pbx)))),
            None => Ok(Exchange {
                intake: self,
                request,
                name,
                path,
                pbx,
            }),
        }
    }

    /// Keeps a request that was answered although leadgate does not understand it.
    fn keep_unknown(&self, request: &HttpRequest, name: &str) {
        count("unknown");
        let source = format!("{SOURCE}/{name}");
        let code = (StatusCode::OK, "unknown-action");
        self.receiver.note_refusal(request, &source, code);
    }

    /// Logs a refusal, and returns the reply.
    fn refuse(
        &self,
        request: &HttpRequest,
        refusal: Refused,
        pbx: Option<NamedPbx<'_>>,
    ) -> HttpResponse {
        self.note(request, refusal, pbx.map(|(name, _)| name));
        count("refused");
        refusal.reply(match pbx {
            Some((_, pbx)) => pbx.dialect,
            None => dialect_named(PbxDialect::default()),
        })
    }

    /// Logs a refusal. The rest of a path is the sender's choice and may be a secret.
    fn note(&self, request: &HttpRequest, refusal: Refused, name: Option<&str>) {
        let source = match name {
            Some(name) => format!("{SOURCE}/{name}"),
            None => format!("{PBX_PATH}/…"),
        };
        self.receiver.note_refusal(request, &source, refusal.code());
    }
}

/// Registers the addresses of every PBX. Without any, the path is free for other sources.
fn configure(config: &mut web::ServiceConfig, intake: web::Data<PbxIntake>) {
    if intake.exchanges.is_empty() {
        return;
    }
    config.service(
        web::scope(PBX_PATH)
            .app_data(intake)
            .service(web::resource("/{name}").to(serve))
            .service(web::resource("/{name}/portal").to(portal::serve))
            .service(web::resource("/{name}/{path:.*}").to(serve))
            .default_service(web::to(serve)),
    );
}

async fn serve(
    intake: web::Data<PbxIntake>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let intake = intake.into_inner();
    let (refusal, pbx) = match intake.admit(&request) {
        Ok(exchange) => match exchange.receive(payload).await {
            Ok(reply) => return reply,
            Err(refusal) => (refusal, Some((exchange.name, exchange.pbx))),
        },
        Err(refused) => refused,
    };
    intake.refuse(&request, refusal, pbx)
}

/// Returns what the settings of a PBX say to its dialect.
pub fn dialect_rules(settings: &PbxSettings) -> DialectRules {
    DialectRules {
        key: settings.key.clone(),
        salt: settings.salt.clone(),
        direction: settings.direction.clone(),
        dial_status: settings.live.dial_status.clone(),
        phone_status: settings.live.phone_status.clone(),
    }
}

/// Counts requests by outcome.
fn count(outcome: &'static str) {
    metrics::counter!("leadgate_intake_total", "outcome" => outcome).increment(1);
}
