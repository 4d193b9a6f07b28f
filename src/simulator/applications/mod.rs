//! Local applications of the portal: their registration, installation and tokens, the pages that
//! employees open, the widgets and event handlers that they bind, and what the portal sends them.
//!
//! ```text
//! register → begin ── page of the installer ── placement.bind, event.bind ── finish → installed
//!                          │ tokens of the employee                            │ events, widgets
//!                          └─ authorization server: code, refresh, app.info ◄──┘
//! ```
//!
//! After the REST documentation of August 2026, and the public code of the portal's module `rest`
//! where that is said.

mod authorize;
mod control;
mod events;
mod grants;
mod life;
mod methods;
mod oauth;
mod opening;
mod quirks;
mod sender;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(super) use self::{
    authorize::Caller,
    control::{look, steer},
    life::{ApplicationChange, LeftData},
    methods::register,
    oauth::configure,
    opening::{Opened, Opening, Page, Refusal},
    quirks::{Quirk, Quirks},
    sender::{Outbox, Sending, SentEvent, send, send_waiting},
};
use self::{events::Waiting, grants::Grants};
pub use self::{
    life::{ApplicationCredentials, ApplicationSetup},
    opening::OpenedPage,
};

/// `member_id` of every sandbox, until the control API changes it.
const MEMBER: &str = "00000000000000000000000000000001";
/// Applications that a portal has at most.
const MOST_APPLICATIONS: usize = 50;

/// Options that are kept for an application or an employee; the portal has no such limit.
const MOST_OPTIONS: usize = 200;

/// How far an application is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Standing {
    /// Known to the sandbox, not on the portal.
    Removed,
    /// On the portal, the installer has not finished.
    Unfinished,
    /// Installed.
    Installed,
}

/// An application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Application {
    pub(super) id: u32,
    /// What finds it again when a program registers it once more.
    pub(super) name: Option<String>,
    pub(super) title: String,
    /// `client_id`, `local.<14 hex>.<8 digits>`.
    pub(super) client_id: String,
    /// `client_secret`.
    pub(super) client_secret: String,
    /// The page that opens from the menu.
    pub(super) handler: String,
    /// The page of the first installation; without one an application is installed at once.
    pub(super) installer: Option<String>,
    pub(super) scopes: BTreeSet<String>,
    pub(super) standing: Standing,
    pub(super) version: u32,
    /// `application_token`: one for each installation.
    pub(super) token: String,
    pub(super) widgets: Vec<Widget>,
    pub(super) handlers: Vec<Handler>,
    /// `app.option.*`.
    pub(super) options: BTreeMap<String, Value>,
    /// `user.option.*`, by the employee.
    pub(super) user_options: BTreeMap<u32, BTreeMap<String, Value>>,
}

/// A bound widget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Widget {
    pub(super) id: u32,
    /// The code, such as `CRM_DEAL_LIST_TOOLBAR`.
    pub(super) placement: String,
    pub(super) handler: String,
    pub(super) title: String,
    pub(super) description: String,
    /// `langAll`: title, description and group by language.
    pub(super) languages: Value,
    /// The only employee who sees it; 0 for all.
    pub(super) user: u32,
}

impl Widget {
    /// Returns the title in a language of the pages.
    pub(super) fn title_in(&self, language: &str) -> &str {
        let translated = self.languages.get(language).and_then(|it| it.get("TITLE"));
        let translated = translated.and_then(Value::as_str).unwrap_or_default();
        [translated, &self.title, &self.placement]
            .into_iter()
            .find(|it| !it.is_empty())
            .unwrap_or_default()
    }
}

/// A bound handler of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Handler {
    pub(super) id: u32,
    pub(super) event: String,
    pub(super) url: String,
    /// The employee whose token the event carries; 0 for the one who caused it.
    pub(super) user: u32,
}

/// All applications of the portal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Applications {
    /// `member_id`: the stable number of the portal.
    pub(super) member: String,
    pub(super) all: Vec<Application>,
    pub(super) quirks: Quirks,
    /// Employees to whom the applications are closed.
    pub(super) shut_out: BTreeSet<u32>,
    grants: Grants,
    last: u32,
    /// What has happened during the call that runs.
    #[serde(skip)]
    happened: Vec<Waiting>,
}

impl Default for Applications {
    fn default() -> Self {
        Self {
            member: MEMBER.to_owned(),
            all: Vec::new(),
            quirks: Quirks::default(),
            shut_out: BTreeSet::new(),
            grants: Grants::default(),
            last: 0,
            happened: Vec::new(),
        }
    }
}

impl Applications {
    /// Returns the application with a number.
    pub(super) fn get(&self, id: u32) -> Option<&Application> {
        self.all.iter().find(|it| it.id == id)
    }

    fn get_mut(&mut self, id: u32) -> Option<&mut Application> {
        self.all.iter_mut().find(|it| it.id == id)
    }

    /// Returns the application with a `client_id`.
    pub(super) fn by_client(&self, client: &str) -> Option<&Application> {
        self.all.iter().find(|it| it.client_id == client)
    }

    /// Returns the widgets of a code that an employee sees, with their applications. Those of an
    /// unfinished installation are hidden.
    pub(super) fn widgets<'a>(
        &'a self,
        placement: &'a str,
        user: u32,
    ) -> impl Iterator<Item = (&'a Application, &'a Widget)> {
        let installed = self.all.iter();
        let installed = installed.filter(|it| it.standing == Standing::Installed);
        installed.flat_map(move |application| {
            let widgets = application.widgets.iter();
            let shown = widgets
                .filter(move |it| it.placement == placement && (it.user == 0 || it.user == user));
            shown.map(move |widget| (application, widget))
        })
    }

    /// Whether any application listens to an event.
    pub(super) fn listen(&self, event: &str) -> bool {
        let mut installed = self.all.iter();
        installed.any(|application| {
            application.standing == Standing::Installed
                && application.handlers.iter().any(|it| it.event == event)
        })
    }

    /// Returns the number of installed applications.
    pub(super) fn installed(&self) -> u64 {
        let all = self.all.iter();
        all.filter(|it| it.standing == Standing::Installed).count() as u64
    }

    /// Sets an option of an application, or of an employee in it.
    pub(super) fn set_option(
        &mut self,
        id: u32,
        owner: Option<u32>,
        (name, value): (String, String),
    ) {
        let Some(application) = self.get_mut(id) else {
            return;
        };
        let options = match owner {
            Some(user) => application.user_options.entry(user).or_default(),
            None => &mut application.options,
        };
        if options.len() < MOST_OPTIONS {
            options.insert(name, value.into());
        }
    }

    /// Ends the access tokens of an application.
    pub(super) fn expire_access(&mut self, id: u32, now: i64) {
        self.grants.expire(grants::GrantKind::Access, id, now);
    }

    /// Forgets all tokens of an application.
    pub(super) fn revoke(&mut self, id: u32) {
        self.grants.revoke(id);
    }

    /// A fresh portal keeps the registrations; nothing is installed any more.
    pub(super) fn reset(&mut self) {
        for application in &mut self.all {
            application.remove();
        }
        self.grants = Grants::default();
        self.quirks = Quirks::default();
        self.shut_out.clear();
        self.happened.clear();
    }

    fn next(&mut self) -> u32 {
        self.last += 1;
        self.last
    }
}

/// A text that nobody can guess.
fn secret(length: usize) -> String {
    let mut text = String::new();
    while text.len() < length {
        let mut random = [0_u8; 16];
        // without randomness of the system the time still makes it unique
        if aws_lc_rs::rand::fill(&mut random).is_err() {
            random = *uuid::Uuid::now_v7().as_bytes();
        }
        text.push_str(&data_encoding::HEXLOWER.encode(&random));
    }
    text.truncate(length);
    text
}

/// The part of the portal's address without the scheme.
pub(super) fn domain(base: &str) -> &str {
    let host = base.split_once("://").map_or(base, |(_, host)| host);
    host.trim_end_matches('/')
}

/// The address of the methods, `client_endpoint`.
fn client_endpoint(base: &str) -> String {
    format!("{}/rest/", base.trim_end_matches('/'))
}

/// The address of the authorization server's methods, `server_endpoint`.
fn server_endpoint(base: &str) -> String {
    format!("{}/oauth/rest/", base.trim_end_matches('/'))
}
