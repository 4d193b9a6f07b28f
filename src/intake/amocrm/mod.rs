//! amoCRM: `POST /amo/{name}` receives the hooks of an account of the settings, as a form with PHP's
//! brackets or as JSON. Each item of a hook is a submission; all of a hook are stored in one commit
//! before the reply.

mod access;
mod packet;
mod receive;
mod reply;
mod source;
mod split;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};

pub use self::packet::add_names;
pub use self::source::AmoSource;

use self::receive::Hook;
use self::reply::Refused;
use super::IntakeParts;
use super::receiver::Receiver;
use crate::config::{AMO_PATH, AmoSettings};
use crate::domain::{EndpointName, HOOKS};

/// The name under which hooks are stored.
const SOURCE: &str = HOOKS;

/// amoCRM gives up after 2 s. A hook that is not on disk by then is refused before that, and sent
/// again.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_millis(1500);

/// Everything that hooks need.
struct AmoIntake {
    /// The accounts, by name.
    accounts: BTreeMap<String, Arc<AmoSettings>>,
    /// What receives their requests.
    receiver: Receiver,
}

impl AmoIntake {
    fn new(parts: &IntakeParts<'_>) -> Self {
        let accounts = parts.settings.amocrm.iter();
        Self {
            accounts: accounts
                .map(|(name, account)| (name.clone(), Arc::new(account.clone())))
                .collect(),
            receiver: Receiver::new(parts),
        }
    }

    /// Checks what does not need the body.
    fn admit<'r>(
        self: &'r Arc<Self>,
        request: &'r HttpRequest,
    ) -> Result<Hook<'r>, (Refused, Option<EndpointName>)> {
        let name = request
            .match_info()
            .get("name")
            .and_then(EndpointName::parse);
        let known = name.and_then(|name| {
            let account = self.accounts.get(name.as_str())?;
            Some((name, Arc::clone(account)))
        });
        let Some((name, account)) = known else {
            return Err((Refused::NoSuchAddress, None));
        };
        let refusal = if self.receiver.draining.is_cancelled() {
            Some(Refused::Restarting)
        } else if !self.receiver.admits(request, &account.allowed_addresses) {
            Some(Refused::Address)
        } else if !access::has_secret(&account, request) {
            Some(Refused::Secret)
        } else if request.method() != Method::POST {
            Some(Refused::Method)
        } else {
            None
        };
        match refusal {
            Some(refusal) => Err((refusal, Some(name))),
            None => Ok(Hook {
                intake: self,
                request,
                name,
                account,
            }),
        }
    }

    /// Logs a refusal. The rest of a path is the sender's choice and may be a secret.
    fn note(&self, request: &HttpRequest, refusal: Refused, name: Option<&EndpointName>) {
        let source = match name {
            Some(name) => format!("{SOURCE}/{name}"),
            None => format!("{AMO_PATH}/…"),
        };
        self.receiver.note_refusal(request, &source, refusal.code());
    }
}

/// Registers the address of every account. Without accounts, the path is free for other sources.
fn configure(config: &mut web::ServiceConfig, intake: web::Data<AmoIntake>) {
    if intake.accounts.is_empty() {
        return;
    }
    config.service(
        web::scope(AMO_PATH)
            .app_data(intake)
            .service(web::resource("/{name}").to(serve))
            .service(web::resource("/{name}/{secret}").to(serve))
            .default_service(web::to(serve)),
    );
}

async fn serve(
    intake: web::Data<AmoIntake>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let intake = intake.into_inner();
    let hook = match intake.admit(&request) {
        Ok(hook) => hook,
        Err((refusal, name)) => {
            intake.note(&request, refusal, name.as_ref());
            count("refused", 1);
            return refusal.reply();
        }
    };
    match hook.receive(payload).await {
        Ok(received) => {
            for (outcome, items) in received.counts() {
                count(outcome, items);
            }
            received.reply()
        }
        Err(refusal) => {
            if refusal == Refused::OtherAccount {
                let name = &hook.name;
                tracing::error!(account = %name, "a hook of another account of amoCRM was refused: compare amocrm.{name}.account and subdomain with those of the account that sends");
            }
            intake.note(&request, refusal, Some(&hook.name));
            count("refused", 1);
            refusal.reply()
        }
    }
}

/// Counts items of hooks by outcome.
fn count(outcome: &'static str, items: usize) {
    if items > 0 {
        let items = u64::try_from(items).unwrap_or(u64::MAX);
        metrics::counter!("leadgate_intake_total", "outcome" => outcome).increment(items);
    }
}
