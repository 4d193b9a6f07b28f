//! The part of the control API that plays administrators and faults of applications.

use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Applications, LeftData, OpenedPage, Quirks,
    grants::GrantKind,
    opening::{DEFAULT, Opening, Page},
    send_waiting,
};
use crate::simulator::{ApplicationCredentials, ApplicationSetup, Portal, core::Core};

/// What a program asks about an application.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    client_id: String,
    /// The employee; the administrator without one.
    user: Option<u32>,
    /// The code of a widget, or `DEFAULT`.
    placement: Option<String>,
    /// `PLACEMENT_OPTIONS`.
    options: Option<Map<String, Value>>,
    /// `ru` or `en`.
    language: Option<String>,
    /// What handlers are asked to do with what they keep: `keep` or `wipe`.
    data: LeftData,
    /// What happens to tokens: `expire_access`, `expire_refresh`, `revoke`.
    #[serde(rename = "do")]
    what: String,
}

/// An employee who changes; what is missing stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Employee {
    id: u32,
    admin: Option<bool>,
    active: Option<bool>,
    /// Whether the applications are open to them.
    access: Option<bool>,
}

/// Where the portal is reached from now on, and its number; what is missing stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Address {
    base_url: Option<String>,
    member_id: Option<String>,
}

/// Answers a page of the control API; `None` if it is none of these.
pub(in crate::simulator) fn look(portal: &Portal, what: &str) -> Option<Value> {
    let core = portal.core();
    Some(match what {
        "applications" => json!(core.state.applications),
        "application-events" => {
            let sent: Vec<_> = core.outbox.sent().collect();
            json!(sent)
        }
        "application-quirks" => json!(core.state.applications.quirks),
        _ => return None,
    })
}

/// Turns a switch of the control API; `None` if it is none of these.
pub(in crate::simulator) fn steer(
    portal: &Portal,
    what: &str,
    body: &[u8],
) -> Option<HttpResponse> {
    let done = match what {
        "application" => parsed(body).and_then(|setup| portal.register_and_show(&setup)),
        "application-quirks" => parsed::<Quirks>(body).map(|quirks| {
            portal.core().state.applications.quirks = quirks;
            json!({"ok": true})
        }),
        "employees" => parsed::<Vec<Employee>>(body).map(|employees| {
            let mut core = portal.core();
            for employee in employees {
                core.change(&employee);
            }
            json!({"ok": true})
        }),
        "portal" => parsed::<Address>(body).map(|it| {
            let mut core = portal.core();
            if let Some(base) = it.base_url {
                core.options.base_url = base;
            }
            if let Some(member) = it.member_id {
                core.state.applications.member = member;
            }
            json!({"ok": true})
        }),
        _ => {
            let verb = what.strip_prefix("application-")?;
            parsed::<Asked>(body).and_then(|asked| portal.carry_out(verb, &asked))
        }
    };
    Some(match done {
        Ok(answer) => HttpResponse::Ok().json(answer),
        Err(error) => HttpResponse::BadRequest().json(json!({"error": error})),
    })
}

fn parsed<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

impl Core {
    /// Makes an employee an administrator or not, dismisses them, or closes applications to them.
    fn change(&mut self, employee: &Employee) {
        let set = |all: &mut std::collections::BTreeSet<u32>, is_in: Option<bool>| match is_in {
            Some(true) => {
                all.insert(employee.id);
            }
            Some(false) => {
                all.remove(&employee.id);
            }
            None => {}
        };
        set(&mut self.state.admins, employee.admin);
        let shut_out = employee.access.map(|has_access| !has_access);
        set(&mut self.state.applications.shut_out, shut_out);
        let known = self.state.users.iter_mut().find(|it| it.id == employee.id);
        if let Some((user, active)) = known.zip(employee.active) {
            user.active = active;
        }
        self.state.revision += 1;
    }

    /// Does something with the applications, and queues the events of it.
    pub(in crate::simulator) fn with_applications<T>(
        &mut self,
        user: u32,
        act: impl FnOnce(&mut Applications) -> T,
    ) -> T {
        let done = act(&mut self.state.applications);
        self.state.revision += 1;
        self.queue_events(user);
        done
    }
}

impl Portal {
    /// Registers a local application, as an administrator does in the portal's form. It is not on
    /// the portal yet: an installation follows. The same name again keeps the credentials.
    ///
    /// # Errors
    /// If an address is none, or there are too many applications.
    pub fn register_application(
        &self,
        setup: &ApplicationSetup,
    ) -> Result<ApplicationCredentials, String> {
        let mut core = self.core();
        core.state.revision += 1;
        core.state.applications.register(setup)
    }

    fn register_and_show(&self, setup: &ApplicationSetup) -> Result<Value, String> {
        let credentials = self.register_application(setup)?;
        let core = self.core();
        let applications = &core.state.applications;
        let known = applications.by_client(&credentials.client_id);
        Ok(json!({
            "client_id": credentials.client_id, "client_secret": credentials.client_secret,
            "application_token": known.map(|it| it.token.as_str()),
            "member_id": applications.member, "domain": super::domain(&core.options.base_url),
        }))
    }

    /// Puts a registered application on the portal. Its installer follows, if it has one.
    ///
    /// # Errors
    /// If there is no such application.
    pub fn begin_installation(&self, client_id: &str) -> Result<(), String> {
        self.carry_out("install", &Asked::of(client_id)).map(drop)
    }

    /// Marks the installation as finished, as the installer's page does for an administrator.
    ///
    /// # Errors
    /// If there is no such application, or the employee may not.
    pub fn finish_installation(&self, client_id: &str, user: u32) -> Result<(), String> {
        let asked = Asked {
            user: Some(user),
            ..Asked::of(client_id)
        };
        self.carry_out("finish", &asked).map(drop)
    }

    /// Removes an application, and tells its handlers.
    ///
    /// # Errors
    /// If there is no such application.
    pub fn uninstall_application(&self, client_id: &str) -> Result<(), String> {
        self.carry_out("uninstall", &Asked::of(client_id)).map(drop)
    }

    /// Opens a page as an employee: `DEFAULT` for the application's own, or that of a bound widget.
    /// Returns the request that the employee's browser sends.
    ///
    /// # Errors
    /// If there is no such page, or the employee does not see it.
    pub fn open_application(
        &self,
        client_id: &str,
        user: u32,
        placement: &str,
        options: Option<Map<String, Value>>,
    ) -> Result<OpenedPage, String> {
        let asked = Asked {
            user: Some(user),
            placement: Some(placement.to_owned()),
            options,
            ..Asked::of(client_id)
        };
        self.core().open_asked(&asked)
    }

    fn carry_out(&self, verb: &str, asked: &Asked) -> Result<Value, String> {
        let mut core = self.core();
        if verb == "open" {
            return core.open_asked(asked).map(|page| json!(page));
        }
        let (user, now) = (asked.user.unwrap_or(1), core.now().as_second());
        let is_admin = core.state.is_admin(user);
        let known = core.state.applications.by_client(&asked.client_id);
        let id = known.ok_or("no such application")?.id;
        let done = core.with_applications(user, |applications| {
            match verb {
                "install" | "reinstall" => applications.begin(id),
                "finish" if !is_admin => return Err("only an administrator finishes".to_owned()),
                "finish" => applications.finish(id),
                "update" => applications.update(id),
                "uninstall" => applications.uninstall(id, asked.data),
                "delete" => applications.delete(id),
                "tokens" => applications.change_tokens(id, &asked.what, now)?,
                "code" => {
                    let given = applications.give_code(id, user, now);
                    return given.map_or(Err("not installed".to_owned()), |it| {
                        Ok(json!({ "code": it }))
                    });
                }
                _ => return Err("no such switch".to_owned()),
            }
            Ok(json!({"ok": true}))
        });
        drop(core);
        send_waiting(self);
        done
    }
}

impl Asked {
    fn of(client_id: &str) -> Self {
        Self {
            client_id: client_id.to_owned(),
            ..Self::default()
        }
    }
}

impl Core {
    fn open_asked(&mut self, asked: &Asked) -> Result<OpenedPage, String> {
        let (base, now) = (self.options.base_url.clone(), self.now().as_second());
        let user = asked.user.unwrap_or(1);
        let is_admin = self.state.is_admin(user);
        let applications = &mut self.state.applications;
        let known = applications.by_client(&asked.client_id);
        let application = known.ok_or("no such application")?;
        let placement = asked.placement.as_deref().unwrap_or(DEFAULT);
        let page = if placement == DEFAULT {
            Page::Main
        } else {
            let mut widgets = application.widgets.iter();
            let widget = widgets.find(|it| it.placement == placement);
            Page::Widget(widget.ok_or("no such widget is bound")?.id)
        };
        let opening = Opening {
            application: application.id,
            page,
            user,
            is_admin,
            language: asked.language.as_deref().unwrap_or("ru"),
            options: asked.options.clone(),
            base: &base,
            now,
        };
        let opened = applications.open(&opening);
        self.state.revision += 1;
        opened
            .map(|it| it.page)
            .map_err(|refusal| refusal.text().0.to_owned())
    }
}

impl Applications {
    fn change_tokens(&mut self, id: u32, what: &str, now: i64) -> Result<(), String> {
        match what {
            "expire_access" => self.expire_access(id, now),
            "expire_refresh" => self.grants.expire(GrantKind::Refresh, id, now),
            "revoke" => self.revoke(id),
            _ => return Err("expire_access, expire_refresh or revoke".to_owned()),
        }
        Ok(())
    }
}
