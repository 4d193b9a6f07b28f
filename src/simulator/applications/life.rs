//! The life of an application: registered, begun, finished, updated, removed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Application, Applications, MOST_APPLICATIONS, Quirk, Standing, secret};

/// What an administrator writes into the form of a local application.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationSetup {
    /// A name that finds the application again: the same name keeps its credentials.
    #[serde(default)]
    pub name: Option<String>,
    /// What employees read in the menu.
    #[serde(default)]
    pub title: String,
    /// The address of the page that opens from the menu.
    pub handler: String,
    /// The address of the installer's page; without one the application is installed at once.
    #[serde(default)]
    pub installer: Option<String>,
    /// Its scopes, such as `crm` and `placement`.
    #[serde(default)]
    pub scopes: Vec<String>,
}

/// What an application is asked to do with the data that it keeps.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::simulator) enum LeftData {
    #[default]
    Keep,
    Wipe,
}

/// The form of an application as a page has it: 0 for a new one, and texts.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct ApplicationChange {
    pub(in crate::simulator) id: u32,
    pub(in crate::simulator) title: String,
    pub(in crate::simulator) handler: String,
    /// Empty for none.
    pub(in crate::simulator) installer: String,
    /// Separated by commas or blanks.
    pub(in crate::simulator) scopes: String,
}

/// What the portal shows after the form was saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApplicationCredentials {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`.
    pub client_secret: String,
}

impl Application {
    /// Takes everything away that belongs to an installation.
    pub(super) fn remove(&mut self) {
        self.standing = Standing::Removed;
        self.unbind_all();
        self.options.clear();
        self.user_options.clear();
        self.version = 1;
    }

    fn unbind_all(&mut self) {
        self.widgets.clear();
        self.handlers.clear();
    }
}

impl Applications {
    /// Registers an application, or changes the one of this name. `Err` if there are too many or
    /// an address is none.
    pub(in crate::simulator) fn register(
        &mut self,
        setup: &ApplicationSetup,
    ) -> Result<ApplicationCredentials, String> {
        let known = self.all.iter().find(|it| {
            let name = setup.name.as_deref();
            name.is_some() && it.name.as_deref() == name
        });
        let known = known.map(|known| known.id);
        self.save(known, setup)
    }

    /// Saves the form of a page.
    pub(in crate::simulator) fn change(
        &mut self,
        change: &ApplicationChange,
    ) -> Result<ApplicationCredentials, String> {
        let known = self.get(change.id);
        let setup = ApplicationSetup {
            name: known.and_then(|it| it.name.clone()),
            title: change.title.clone(),
            handler: change.handler.clone(),
            installer: Some(change.installer.clone()).filter(|it| !it.is_empty()),
            scopes: change
                .scopes
                .split([',', ' '])
                .filter(|it| !it.is_empty())
                .map(str::to_owned)
                .collect(),
        };
        let known = known.map(|it| it.id);
        self.save(known, &setup)
    }

    fn save(
        &mut self,
        known: Option<u32>,
        setup: &ApplicationSetup,
    ) -> Result<ApplicationCredentials, String> {
        for address in std::iter::once(&setup.handler).chain(&setup.installer) {
            if !is_address(address) {
                return Err(format!("not an http address: {address}"));
            }
        }
        let id = match known {
            Some(known) => known,
            None if self.all.len() >= MOST_APPLICATIONS => {
                return Err("too many applications".to_owned());
            }
            None => self.add(setup),
        };
        let application = self.get_mut(id).ok_or("no such application")?;
        application.title.clone_from(&setup.title);
        application.handler.clone_from(&setup.handler);
        application.installer.clone_from(&setup.installer);
        application.scopes = setup.scopes.iter().cloned().collect();
        Ok(ApplicationCredentials {
            client_id: application.client_id.clone(),
            client_secret: application.client_secret.clone(),
        })
    }

    fn add(&mut self, setup: &ApplicationSetup) -> u32 {
        let id = self.next();
        self.all.push(Application {
            id,
            name: setup.name.clone(),
            title: String::new(),
            client_id: format!("local.{}.{:08}", secret(14), id),
            client_secret: secret(50),
            handler: String::new(),
            installer: None,
            scopes: std::collections::BTreeSet::new(),
            standing: Standing::Removed,
            version: 1,
            token: secret(32),
            widgets: Vec::new(),
            handlers: Vec::new(),
            options: BTreeMap::new(),
            user_options: BTreeMap::new(),
        });
        id
    }

    /// Deletes an application for good: the next one gets other credentials.
    pub(in crate::simulator) fn delete(&mut self, id: u32) {
        self.grants.revoke(id);
        self.all.retain(|it| it.id != id);
    }

    /// Puts an application on the portal, as if its form had been saved; one that is there loses
    /// its widgets and handlers. Without an installer it is installed at once.
    pub(in crate::simulator) fn begin(&mut self, id: u32) {
        let early = self.quirks.has(Quirk::EarlyInstallEvent);
        if self
            .get(id)
            .is_some_and(|it| it.standing == Standing::Removed)
        {
            self.grants.revoke(id);
        }
        let Some(application) = self.get_mut(id) else {
            return;
        };
        application.unbind_all();
        application.token = secret(32);
        application.standing = match application.installer {
            Some(_) => Standing::Unfinished,
            None => Standing::Installed,
        };
        if early && let Some(url) = application.installer.clone() {
            let data = install_data(application);
            self.tell_address(id, &url, "ONAPPINSTALL", data);
        }
    }

    /// Marks an application as installed, which `installFinish` asks for, and tells the handlers
    /// that were bound before.
    pub(in crate::simulator) fn finish(&mut self, id: u32) {
        let early = self.quirks.has(Quirk::EarlyInstallEvent);
        let Some(application) = self.get_mut(id) else {
            return;
        };
        if application.standing != Standing::Unfinished {
            return;
        }
        application.standing = Standing::Installed;
        let data = install_data(application);
        if !early {
            self.tell_handlers(id, "ONAPPINSTALL", &data);
        }
    }

    /// Installs a new version: its handlers are told, then they and the widgets are gone until
    /// the installer runs again.
    pub(in crate::simulator) fn update(&mut self, id: u32) {
        let Some(application) = self.get_mut(id) else {
            return;
        };
        let data = json!({
            "VERSION": (application.version + 1).to_string(),
            "PREVIOUS_VERSION": application.version.to_string(),
            "LANGUAGE_ID": "ru",
        });
        application.version += 1;
        self.tell_handlers(id, "ONAPPUPDATE", &data);
        if let Some(application) = self.get_mut(id) {
            application.unbind_all();
            if application.installer.is_some() {
                application.standing = Standing::Unfinished;
            }
        }
    }

    /// Removes an application from the portal. Its handlers are told without tokens, and whether
    /// they are asked to wipe what they keep.
    pub(in crate::simulator) fn uninstall(&mut self, id: u32, data: LeftData) {
        let clean = match data {
            LeftData::Keep => "0",
            LeftData::Wipe => "1",
        };
        let data = json!({"LANGUAGE_ID": "ru", "CLEAN": clean});
        self.tell_handlers(id, "ONAPPUNINSTALL", &data);
        if let Some(application) = self.get_mut(id) {
            application.remove();
        }
    }
}

fn install_data(application: &Application) -> serde_json::Value {
    json!({
        "VERSION": application.version.to_string(), "ACTIVE": "Y", "INSTALLED": "Y",
        "LANGUAGE_ID": "ru",
    })
}

/// Whether a form would accept an address.
fn is_address(text: &str) -> bool {
    reqwest::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}
