//! Asks the amoCRM accounts that have a token.

use std::sync::Arc;

use secrecy::ExposeSecret as _;

use super::{Parts, SANDBOX};
use crate::amocrm::{AmoAccess, AmoClient, AmoReader, Patience, ReadOrders, ReaderParts};
use crate::config::{AmoApiSettings, Settings};
use crate::domain::{BilingualError, bilingual};

impl Parts {
    /// Starts the readers of the accounts, and returns where they take orders.
    pub(super) fn start_readers(&self, settings: &Settings) -> anyhow::Result<ReadOrders> {
        let mut orders = ReadOrders::default();
        for (name, account) in &settings.amocrm {
            let Some(api) = &account.api else { continue };
            let sandbox = self.sandbox.as_ref();
            let sandbox = sandbox.map(|sandbox| format!("http://{}", sandbox.address()));
            let client = Arc::new(client(name, api, sandbox.as_deref())?);
            let parts = ReaderParts {
                inbox: self.inbox.clone(),
                health: self.amocrm_health.clone(),
                clock: Arc::clone(&self.clock),
                patience: Patience {
                    first: settings.delivery.retry_first,
                    longest: settings.delivery.retry_longest,
                },
            };
            let reader = AmoReader::new(client, &mut orders, parts);
            let draining = self.supervisor.draining();
            self.supervisor.spawn("amocrm-reader", reader.run(draining));
        }
        Ok(orders)
    }
}

/// Prepares the client of an account; `sandbox` is the address of the sandbox, if it runs.
fn client(name: &str, api: &AmoApiSettings, sandbox: Option<&str>) -> anyhow::Result<AmoClient> {
    let url = match (api.url.as_str(), sandbox) {
        (SANDBOX, Some(sandbox)) => format!("{sandbox}/services/amocrm"),
        (SANDBOX, None) => {
            return Err(BilingualError::new(bilingual!(
                "amocrm.{name}.url is `sandbox`, but the settings name a portal, so there is no sandbox",
                "в amocrm.{name}.url стоит `sandbox`, но в настройках указан портал, поэтому песочницы нет"
            ))
            .into());
        }
        (url, _) => url.to_owned(),
    };
    let url = url.parse().map_err(|_| {
        BilingualError::new(bilingual!(
            "amocrm.{name}.url is not an address",
            "amocrm.{name}.url — не адрес"
        ))
    })?;
    AmoClient::new(AmoAccess {
        name: name.to_owned(),
        url,
        token: api.token.expose_secret().into(),
    })
}
