//! leadgate as a local application of the embedded sandbox. It is registered at the start; a person
//! installs it on the page of the sandbox, as on a portal.

use super::{Sandbox, callable};
use crate::config::Settings;
use crate::domain::{BilingualError, bilingual};
use crate::portal_app::PATH;
use crate::simulator::{ApplicationCredentials, ApplicationSetup};

/// The name of the application in the sandbox.
const NAME: &str = "leadgate";

/// What leadgate uses on a portal.
const SCOPES: [&str; 6] = [
    "crm",
    "placement",
    "user_basic",
    "department",
    "im",
    "telephony",
];

/// Returns the address at which the pages of the sandbox are.
pub(super) fn base_url(settings: &Settings) -> String {
    format!("http://{}", domain(settings))
}

/// Returns the host and port by which the sandbox knows itself.
pub(in crate::app) fn domain(settings: &Settings) -> String {
    let server = &settings.server;
    callable(server.published.unwrap_or(server.listen)).to_string()
}

impl Sandbox {
    /// Registers leadgate at an address such as `http://127.0.0.1:8080`; the number and the secret stay.
    pub(in crate::app) fn register_application(
        &self,
        own: &str,
    ) -> anyhow::Result<ApplicationCredentials> {
        let address = |page: &str| format!("{own}{PATH}/{}/{page}", crate::app::SANDBOX);
        let setup = ApplicationSetup {
            name: Some(NAME.to_owned()),
            title: NAME.to_owned(),
            handler: address("app"),
            installer: Some(address("install")),
            scopes: SCOPES.map(str::to_owned).to_vec(),
        };
        let registered = self.portal.register_application(&setup);
        registered.map_err(|why| {
            BilingualError::new(bilingual!(
                "the sandbox takes no application: {why}",
                "песочница не принимает приложение: {why}"
            ))
            .into()
        })
    }
}
