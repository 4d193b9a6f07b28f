//! The events of a portal (REST documentation, "Event handlers"). Each proves its origin by the
//! `application_token` that the portal has told at the installation; only an installation may bring a
//! new one, and then its access token is checked as that of an opening is.

use secrecy::SecretString;

use super::opening::Form;
use super::verify::{NotVerified, is_known};
use super::{AppChange, PortalApp, PortalApps};
use crate::crm::{Installs, IssuedTokens, is_token};
use crate::domain::UserId;
use crate::telephony::{PortalCallEvent, TakenClick, clicked_call, requested_callback};

/// Why an event is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EventRefusal {
    /// Its origin is not proved, or it is none of those that leadgate has asked for.
    Forbidden,
    /// It lacks something.
    Unreadable,
    /// It is right, and cannot be taken now.
    NotNow,
    /// The settings have no such connection.
    NoSuchConnection,
}

impl EventRefusal {
    /// Returns the HTTP status of the reply.
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::Forbidden => 403,
            Self::Unreadable => 400,
            Self::NotNow => 503,
            Self::NoSuchConnection => 404,
        }
    }
}

/// The events that leadgate takes.
enum Event {
    Install,
    Update,
    Uninstall,
    Test,
    Call(PortalCallEvent),
}

impl Event {
    fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_uppercase().as_str() {
            "ONAPPINSTALL" => Self::Install,
            "ONAPPUPDATE" => Self::Update,
            "ONAPPUNINSTALL" => Self::Uninstall,
            "ONAPPTEST" => Self::Test,
            name => Self::Call(PortalCallEvent::parse(name)?),
        })
    }

    /// Returns the word of the metrics.
    fn word(&self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Update => "update",
            Self::Uninstall => "uninstall",
            Self::Test => "test",
            Self::Call(_) => "call",
        }
    }
}

impl PortalApps {
    /// Takes an event of the portal of a connection.
    pub(super) async fn take_event(&self, name: &str, body: &[u8]) -> Result<(), EventRefusal> {
        let app = self.app(name);
        let app = app.map_err(|_| EventRefusal::NoSuchConnection)?;
        let form = Form::read(b"", body);
        let event = form.get("event").and_then(Event::parse);
        let event = event.ok_or(EventRefusal::Forbidden)?;
        let taken = match event {
            Event::Install | Event::Update => self.installed(name, app, &form).await,
            Event::Uninstall | Event::Test | Event::Call(_) => {
                self.proved(name, app, (&event, &form)).await
            }
        };
        let outcome = if taken.is_ok() { "taken" } else { "refused" };
        metrics::counter!("leadgate_app_events_total", "event" => event.word(), "outcome" => outcome).increment(1);
        taken
    }

    /// Takes an event whose origin the known token proves.
    async fn proved(
        &self,
        name: &str,
        app: &PortalApp,
        (event, form): (&Event, &Form),
    ) -> Result<(), EventRefusal> {
        let known = app.application.installation().await;
        let known = known.map_err(|_| EventRefusal::NotNow)?;
        let known = known.ok_or(EventRefusal::Forbidden)?;
        let given = token(form, "auth[application_token]");
        if !is_known(given.as_ref(), known.application_token.as_ref()) {
            return Err(EventRefusal::Forbidden);
        }
        match event {
            Event::Uninstall => self.removed(name, app).await,
            Event::Call(PortalCallEvent::Click) => self.click(app, form),
            Event::Call(PortalCallEvent::Callback) => self.callback(app, form),
            Event::Test | Event::Install | Event::Update => {
                tracing::info!(crm = name, "the portal reaches leadgate with its events");
                Ok(())
            }
        }
    }

    /// The application was installed or updated: its handlers and pages are gone then.
    async fn installed(
        &self,
        name: &str,
        app: &PortalApp,
        form: &Form,
    ) -> Result<(), EventRefusal> {
        let domain = form.get("auth[domain]").unwrap_or_default();
        if !app.application.is_host(domain) {
            return Err(EventRefusal::Forbidden);
        }
        let access = token(form, "auth[access_token]").ok_or(EventRefusal::Forbidden)?;
        let member = form.get("auth[member_id]").unwrap_or_default();
        let verified = match self.check_token(app, &access, member).await {
            Ok(verified) => verified,
            Err(NotVerified::Busy | NotVerified::Unavailable(_)) => {
                return Err(EventRefusal::NotNow);
            }
            Err(_) => return Err(EventRefusal::Forbidden),
        };
        let refresh = token(form, "auth[refresh_token]");
        let Some(refresh) = refresh.filter(|_| verified.employee.is_admin) else {
            return Ok(());
        };
        let life = form
            .get("auth[expires_in]")
            .and_then(|life| life.parse().ok());
        let issued = IssuedTokens {
            access,
            refresh,
            expires_in: life.unwrap_or(3600),
        };
        let application_token = token(form, "auth[application_token]");
        let token = application_token.as_ref();
        self.keep(name, &verified, (&issued, token, Installs::Yes))
            .await;
        // what fails is in the log, and `leadgate app rebind` repeats it
        drop(app.bind(name).await);
        Ok(())
    }

    async fn removed(&self, name: &str, app: &PortalApp) -> Result<(), EventRefusal> {
        let forgotten = app.application.forget().await;
        tracing::warn!(
            crm = name,
            "the application was removed from the portal; deliveries wait until it is installed again"
        );
        self.tell(&AppChange::Removed(name));
        forgotten.map_err(|_| EventRefusal::NotNow)
    }

    fn click(&self, app: &PortalApp, form: &Form) -> Result<(), EventRefusal> {
        let member = |name: &str| form.get(name).map(str::to_owned);
        let employee = form
            .get("data[USER_ID]")
            .and_then(|id| id.trim().parse().ok());
        let pbx = app.pbx_of(employee.and_then(UserId::new));
        let pbx = pbx.ok_or(EventRefusal::NotNow)?;
        let clicked = clicked_call(pbx, &member).ok_or(EventRefusal::Unreadable)?;
        taken(self.inner.clicks.take(clicked, self.inner.clock.now()))
    }

    fn callback(&self, app: &PortalApp, form: &Form) -> Result<(), EventRefusal> {
        let member = |name: &str| form.get(name).map(str::to_owned);
        let pbx = app.pbx_of(None).ok_or(EventRefusal::NotNow)?;
        let now = self.inner.clock.now();
        let requested = requested_callback(pbx, &member, now).ok_or(EventRefusal::Unreadable)?;
        taken(self.inner.callbacks.take(requested))
    }
}

impl PortalApp {
    /// Returns the PBX that dials for an employee: the first that knows the inner number, or else the
    /// first.
    fn pbx_of(&self, employee: Option<UserId>) -> Option<&str> {
        let knows = |directory: &crate::pbx::directory::Directory| {
            employee.is_some_and(|employee| directory.inner_of(employee).is_some())
        };
        let knowing = self.pbxs.iter().find(|(_, directory)| knows(directory));
        let pbx = knowing.or_else(|| self.pbxs.first())?;
        Some(&pbx.0)
    }
}

fn taken(click: TakenClick) -> Result<(), EventRefusal> {
    match click {
        TakenClick::New | TakenClick::Repeated | TakenClick::Double => Ok(()),
        TakenClick::Full => Err(EventRefusal::NotNow),
    }
}

fn token(form: &Form, name: &str) -> Option<SecretString> {
    let token = form.get(name).filter(|token| is_token(token))?;
    Some(token.to_owned().into())
}
