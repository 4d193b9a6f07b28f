//! Events for the handlers of applications: which there are, who is told, and the form that is sent.

use serde_json::{Value, json};

use super::{
    Application, Applications, Quirk, Standing, client_endpoint, domain, sender::Sending,
    server_endpoint,
};
use crate::simulator::{outgoing, php};

/// The kinds of records whose events can be heard.
const RECORDS: [&str; 4] = ["LEAD", "DEAL", "CONTACT", "COMPANY"];
/// Events beside those of records.
const OTHERS: [&str; 9] = [
    "ONAPPINSTALL",
    "ONAPPUPDATE",
    "ONAPPUNINSTALL",
    "ONAPPTEST",
    "ONCRMACTIVITYADD",
    "ONCRMTIMELINECOMMENTADD",
    "ONEXTERNALCALLSTART",
    "ONEXTERNALCALLBACKSTART",
    "ONUSERADD",
];

/// Returns the names of the events that the granted scopes open.
pub(super) fn names(has: impl Fn(&str) -> bool) -> Vec<String> {
    let mut names: Vec<String> = OTHERS
        .iter()
        .filter(|name| scope_of(name).is_none_or(&has))
        .map(|name| (*name).to_owned())
        .collect();
    if has("crm") {
        for kind in RECORDS.iter().chain(&["DYNAMICITEM"]) {
            names.extend(["ADD", "UPDATE", "DELETE"].map(|verb| format!("ONCRM{kind}{verb}")));
        }
    }
    names.sort();
    names
}

/// The scope of an event; `None` if it needs none.
fn scope_of(event: &str) -> Option<&'static str> {
    if event.starts_with("ONCRM") {
        Some("crm")
    } else if event.starts_with("ONEXTERNALCALL") {
        Some("telephony")
    } else {
        event.starts_with("ONUSER").then_some("user")
    }
}

/// Whose token an event carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bearer {
    /// That of the one who caused it.
    Actor,
    Employee(u32),
    /// Nobody's, as that of `ONAPPUNINSTALL`.
    Nobody,
}

/// An event for one handler, before the call that caused it has ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Waiting {
    application: u32,
    /// The number of the handler; 0 for an address without one.
    handler: u32,
    url: String,
    event: String,
    data: Value,
    bearer: Bearer,
    /// The `application_token` of the moment.
    token: String,
}

impl Applications {
    /// Returns whether an application is installed: without one there is nobody to tell.
    pub(in crate::simulator) fn has_installed(&self) -> bool {
        self.all.iter().any(|it| it.standing == Standing::Installed)
    }

    /// Notes an event that all installed applications may hear. Several changes of a record in
    /// one call are one event.
    pub(in crate::simulator) fn note(&mut self, event: &str, data: &Value) {
        let mut waiting = Vec::new();
        let installed = self.all.iter();
        for application in installed.filter(|it| it.standing == Standing::Installed) {
            waiting.extend(for_handlers(application, event, data));
        }
        let added = event.strip_suffix("UPDATE").map(|it| format!("{it}ADD"));
        for it in waiting {
            let is_known = self.happened.iter().any(|known| {
                known.url == it.url
                    && known.data == it.data
                    && (known.event == it.event || Some(&known.event) == added.as_ref())
            });
            if !is_known {
                self.happened.push(it);
            }
        }
    }

    /// Notes an event about an application itself, for its own handlers.
    pub(super) fn tell_handlers(&mut self, id: u32, event: &str, data: &Value) {
        let Some(application) = self.get(id) else {
            return;
        };
        if application.standing == Standing::Installed {
            let waiting: Vec<Waiting> = for_handlers(application, event, data).collect();
            self.happened.extend(waiting);
        }
    }

    /// The same for an address that was not bound.
    pub(super) fn tell_address(&mut self, id: u32, url: &str, event: &str, data: Value) {
        let token = self.get(id).map(|it| it.token.clone());
        self.happened.push(Waiting {
            application: id,
            handler: 0,
            url: url.to_owned(),
            event: event.to_owned(),
            data,
            bearer: Bearer::Actor,
            token: token.unwrap_or_default(),
        });
    }

    /// Takes the events of the call that has ended, caused by this employee, as the requests that
    /// carry them.
    pub(in crate::simulator) fn take_requests(
        &mut self,
        actor: u32,
        (base, now): (&str, i64),
    ) -> Vec<Sending> {
        let waiting = std::mem::take(&mut self.happened);
        let times = usize::from(self.quirks.repeats) + 1;
        let requests = waiting.into_iter().flat_map(|it| {
            let request = self.request(it, actor, (base, now));
            std::iter::repeat_n(request, times)
        });
        requests.collect()
    }

    /// Turns an event into the request that carries it.
    fn request(&mut self, waiting: Waiting, actor: u32, (base, now): (&str, i64)) -> Sending {
        let mut fields = vec![("event".to_owned(), waiting.event.clone())];
        if waiting.handler > 0 {
            fields.push(("event_handler_id".to_owned(), waiting.handler.to_string()));
        }
        flatten("data", &waiting.data, &mut fields);
        fields.push(("ts".to_owned(), now.to_string()));
        flatten(
            "auth",
            &self.auth(&waiting, actor, (base, now)),
            &mut fields,
        );
        Sending {
            application: waiting.application,
            event: waiting.event,
            url: waiting.url,
            fields,
        }
    }

    fn auth(&mut self, waiting: &Waiting, actor: u32, (base, now): (&str, i64)) -> Value {
        let mut auth = json!({
            "domain": domain(base), "server_endpoint": server_endpoint(base),
            "client_endpoint": client_endpoint(base), "member_id": self.member,
        });
        let user = match waiting.bearer {
            Bearer::Actor => Some(actor),
            Bearer::Employee(user) => Some(user),
            Bearer::Nobody => None,
        };
        let application = self.get(waiting.application).cloned();
        if let Some((application, user)) = application.zip(user) {
            let pair = self
                .grants
                .pair((application.id, user), &application.scopes, now);
            auth["access_token"] = pair.access.into();
            auth["expires"] = pair.until.to_string().into();
            auth["expires_in"] = super::grants::ACCESS.to_string().into();
            auth["scope"] = self.scope_text(&application).into();
            auth["status"] = "L".into();
            auth["user_id"] = user.to_string().into();
            // other events carry none, whatever the documentation's samples show
            if matches!(waiting.event.as_str(), "ONAPPINSTALL" | "ONAPPUPDATE") {
                auth["refresh_token"] = pair.refresh.into();
            }
        }
        if !self.quirks.has(Quirk::NoToken) {
            auth["application_token"] = if self.quirks.has(Quirk::WrongToken) {
                super::secret(32).into()
            } else {
                waiting.token.as_str().into()
            };
        }
        auth
    }

    /// The scopes as forms show them.
    pub(super) fn scope_text(&self, application: &Application) -> String {
        let scopes: Vec<&str> = application.scopes.iter().map(String::as_str).collect();
        let separator = if self.quirks.has(Quirk::ScopeWithBlanks) {
            " "
        } else {
            ","
        };
        scopes.join(separator)
    }
}

fn for_handlers<'a>(
    application: &'a Application,
    event: &'a str,
    data: &'a Value,
) -> impl Iterator<Item = Waiting> + 'a {
    let bound = application.handlers.iter();
    bound
        .filter(move |it| it.event == event)
        .map(move |it| Waiting {
            application: application.id,
            handler: it.id,
            url: it.url.clone(),
            event: event.to_owned(),
            data: data.clone(),
            bearer: match (event, it.user) {
                ("ONAPPUNINSTALL", _) => Bearer::Nobody,
                (_, 0) => Bearer::Actor,
                (_, user) => Bearer::Employee(user),
            },
            token: application.token.clone(),
        })
}

/// Writes nested values with PHP's brackets.
fn flatten(name: &str, value: &Value, fields: &mut Vec<(String, String)>) {
    match value {
        Value::Object(_) | Value::Array(_) => {
            for (key, member) in php::members(value) {
                flatten(&format!("{name}[{key}]"), member, fields);
            }
        }
        plain => fields.push((name.to_owned(), php::strval(plain))),
    }
}

impl Sending {
    /// The body.
    pub(super) fn form(&self) -> String {
        let fields = self.fields.iter();
        outgoing::form(fields.map(|(name, value)| (name.as_str(), value.as_str())))
    }
}
