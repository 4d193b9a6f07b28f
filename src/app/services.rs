//! HTTP services from the settings, as destinations of steps; without a real portal also those of
//! the sandbox.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};

use super::sandbox::Sandbox;
use crate::config::{HttpPreset, HttpServiceSettings, SANDBOX_SERVICES, Settings, UnknownOutcome};
use crate::delivery;
use crate::delivery::http::{
    CalltouchSettings, HttpDestination, HttpSettings, LookSettings, OnUnknown, Preset, ShownRequest,
};
use crate::domain::{
    BilingualError, Clock, Destination, HttpStep, SubmissionId, SystemClock, bilingual,
};
use crate::mapping::ReplyTest;
use crate::pipeline::Destinations;

/// The HTTP services by their names in the settings.
#[derive(Debug, Clone, Default)]
pub(super) struct Services(pub(super) BTreeMap<String, Arc<HttpDestination>>);

impl Services {
    /// Adds the services to the destinations of steps.
    pub(super) fn insert_into(&self, destinations: &mut Destinations) {
        for (name, service) in &self.0 {
            let destination = Destination::new(HttpStep::KIND, name);
            let service: Arc<HttpDestination> = Arc::clone(service);
            destinations.insert(destination, service);
        }
    }
}

/// Prepares every service; those of the sandbox too, if it runs. Unusable settings are an error that
/// names the setting.
pub(super) fn build(
    settings: &Settings,
    sandbox: Option<&Sandbox>,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Services> {
    let mut services = BTreeMap::new();
    if let Some(sandbox) = sandbox {
        for (name, url) in sandbox.services() {
            let service = HttpSettings {
                trust: Some(sandbox.authority().into()),
                ..of_settings(name, &embedded_service(name, &url))?
            };
            let service = HttpDestination::new(service, Arc::clone(clock))?;
            services.insert(name.to_owned(), Arc::new(service));
        }
    }
    for (name, service) in &settings.http {
        let service = HttpDestination::new(of_settings(name, service)?, Arc::clone(clock))?;
        services.insert(name.clone(), Arc::new(service));
    }
    Ok(Services(services))
}

/// Returns the settings of a service of the sandbox.
fn embedded_service(name: &str, address: &str) -> HttpServiceSettings {
    let is_calltouch = name == "calltouch";
    let header = |name: &str, value: &str| (name.to_owned(), SecretString::from(value));
    HttpServiceSettings {
        url: SecretString::from(address),
        preset: if is_calltouch {
            HttpPreset::Calltouch {
                site: 1,
                zone: "Europe/Moscow".to_owned(),
                read_token: Some(SecretString::from("sandbox")),
            }
        } else {
            HttpPreset::Plain
        },
        headers: if is_calltouch {
            vec![header("Access-Token", "sandbox"), header("SiteId", "1")]
        } else {
            Vec::new()
        },
        rate: is_calltouch.then_some(5.0),
        parallel: 4,
        timeout: Duration::from_secs(10),
        connect_timeout: Duration::from_secs(3),
        retries: None,
        unknown: None,
        idempotency_header: (!is_calltouch).then(|| "Idempotency-Key".to_owned()),
        look: None,
        check: None,
        reply_limit: 1 << 20,
        trust: None,
        proxy: None,
    }
}

/// Returns the request of a step of this submission as a preview shows it; `None` without such a
/// destination.
pub fn shown_request(
    settings: &Settings,
    (name_of_step, step): (&str, &HttpStep),
    (id, received_at): (SubmissionId, Timestamp),
) -> Option<ShownRequest> {
    let name = &step.destination;
    let is_embedded = settings.crm.is_empty() && SANDBOX_SERVICES.contains(&name.as_str());
    // the sandbox has no address outside of a running gateway
    let embedded = || embedded_service(name, &format!("https://sandbox/services/{name}"));
    let service = match settings.http.get(name) {
        Some(service) => service.clone(),
        None => is_embedded.then(embedded)?,
    };
    let service = of_settings(name, &service).ok()?;
    Some(delivery::http::preview(
        step,
        (id, name_of_step),
        received_at,
        &service,
    ))
}

/// Checks what the settings of services and of the mail server name outside of the settings file:
/// certificates, and tests of replies. Unusable ones are an error that names the setting.
pub fn check_destinations(settings: &Settings) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    build(settings, None, &clock)?;
    super::mail::mailer(settings, None)?;
    Ok(())
}

/// Prepares one service, for a command that runs beside the gateway.
pub fn command_service(
    name: &str,
    service: &HttpServiceSettings,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<HttpDestination> {
    HttpDestination::new(of_settings(name, service)?, clock)
}

/// Returns the settings of a service as delivery uses them.
pub(super) fn of_settings(
    name: &str,
    service: &HttpServiceSettings,
) -> anyhow::Result<HttpSettings> {
    let url: Url = service.url.expose_secret().parse().map_err(|_| {
        BilingualError::new(bilingual!(
            "http.{name}.url is not an address",
            "http.{name}.url — не адрес"
        ))
    })?;
    check_look(name, service)?;
    let idempotency_header = service.idempotency_header.as_ref();
    let idempotency_header =
        idempotency_header.map(|header| HeaderName::from_bytes(header.as_bytes()));
    Ok(HttpSettings {
        name: name.to_owned(),
        url,
        headers: headers(name, service)?,
        rate: service.rate,
        parallel: service.parallel,
        timeout: service.timeout,
        connect_timeout: service.connect_timeout,
        retries: service.retries,
        unknown: service.unknown.map(|rule| match rule {
            UnknownOutcome::Repeat => OnUnknown::Repeat,
            UnknownOutcome::Look => OnUnknown::Look,
            UnknownOutcome::Park => OnUnknown::Park,
        }),
        idempotency_header: idempotency_header.transpose().map_err(|error| {
            let text = bilingual!(
                "http.{name}.idempotency_header cannot be sent",
                "http.{name}.idempotency_header отправить нельзя"
            );
            BilingualError::because(text, error)
        })?,
        look: service
            .look
            .clone()
            .map(|(path, found)| LookSettings { path, found }),
        check: service.check.clone(),
        reply_limit: service.reply_limit,
        trust: trusted(name, service)?,
        proxy: service.proxy.clone(),
        preset: match &service.preset {
            HttpPreset::Plain => Preset::Plain,
            HttpPreset::Calltouch {
                site,
                zone,
                read_token,
            } => Preset::Calltouch(CalltouchSettings {
                site: *site,
                zone: TimeZone::get(zone).map_err(|error| {
                    let text = bilingual!(
                        "http.{name}.zone is not a time zone",
                        "http.{name}.zone — не часовой пояс"
                    );
                    BilingualError::because(text, error)
                })?,
                read_token: read_token.clone(),
            }),
        },
    })
}

/// Reads the certificates that the service names.
fn trusted(name: &str, service: &HttpServiceSettings) -> Result<Option<Vec<u8>>, BilingualError> {
    let Some(path) = &service.trust else {
        return Ok(None);
    };
    let read = std::fs::read(path).map_err(|error| {
        let path = path.display();
        let text = bilingual!(
            "http.{name}.trust: cannot read {path}",
            "http.{name}.trust: не удаётся прочитать {path}"
        );
        BilingualError::because(text, error)
    });
    read.map(Some)
}

/// Checks the test of a look-up. An unreadable one would find nothing, and everything would be sent
/// twice.
fn check_look(name: &str, service: &HttpServiceSettings) -> Result<(), BilingualError> {
    match &service.look {
        Some((_, Some(found))) if ReplyTest::parse(found).is_none() => {
            let text = bilingual!(
                "http.{name}.look_found: `{found}` is not a test; write `$.total > 0`",
                "http.{name}.look_found: `{found}` — не условие; напишите `$.total > 0`"
            );
            Err(BilingualError::new(text))
        }
        _ => Ok(()),
    }
}

/// Returns the header fields of a service, marked as secrets.
fn headers(
    name: &str,
    service: &HttpServiceSettings,
) -> anyhow::Result<Vec<(HeaderName, HeaderValue)>> {
    let mut headers = Vec::with_capacity(service.headers.len());
    for (header, value) in &service.headers {
        let wrong = || {
            BilingualError::new(bilingual!(
                "http.{name}.headers: `{header}` cannot be sent",
                "http.{name}.headers: `{header}` отправить нельзя"
            ))
        };
        let field = HeaderName::from_bytes(header.as_bytes()).map_err(|_| wrong())?;
        let mut value =
            HeaderValue::from_bytes(value.expose_secret().as_bytes()).map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.push((field, value));
    }
    Ok(headers)
}
