//! Asks the amoCRM accounts that have a token.

use std::sync::Arc;

use secrecy::ExposeSecret as _;

use super::{Parts, SANDBOX};
use crate::amocrm::{
    AmoAccess, AmoClient, AmoReader, HookWatch, OwnHook, Patience, ReadOrders, ReaderParts,
    WatchRules,
};
use crate::config::{AMO_PATH, AmoApiSettings, AmoSettings, HookCare, Settings};
use crate::domain::{BilingualError, bilingual};

impl Parts {
    /// Starts the readers of the accounts and the watches of their hooks, and returns where the readers
    /// take orders.
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
            self.watch_hook(name, account, api, &client);
            let reader = AmoReader::new(client, &mut orders, parts);
            let draining = self.supervisor.draining();
            self.supervisor.spawn("amocrm-reader", reader.run(draining));
        }
        Ok(orders)
    }

    /// Starts the watch of an account's hook, if the settings want it.
    fn watch_hook(
        &self,
        name: &str,
        account: &AmoSettings,
        api: &AmoApiSettings,
        client: &Arc<AmoClient>,
    ) {
        if api.watch == HookCare::Off {
            return;
        }
        let (profiles, of) = (Arc::clone(&self.profiles), name.to_owned());
        let watch = HookWatch {
            client: Arc::clone(client),
            own: own_hook(name, account),
            rules: WatchRules {
                every: api.watch_every,
                silence: api.watch_silence,
                repairs: api.watch == HookCare::Repair,
            },
            events: Box::new(move || profiles.current().hook_codes(&of)),
            store: self.store.clone(),
            health: self.amocrm_health.clone(),
            clock: Arc::clone(&self.clock),
        };
        let draining = self.supervisor.draining();
        self.supervisor.spawn("amocrm-hooks", watch.run(draining));
    }
}

/// Returns the hook of an account that leads to leadgate.
pub fn own_hook(name: &str, account: &AmoSettings) -> OwnHook {
    let secret = account.secret.as_ref();
    let api = account.api.as_ref();
    OwnHook {
        path: format!("{AMO_PATH}/{name}"),
        secret: secret.map_or_else(String::new, |it| it.expose_secret().to_owned()),
        base: api.map_or_else(String::new, |api| api.hook_url.clone()),
    }
}

/// Prepares the client of an account for a command that runs beside the gateway.
pub fn command_amocrm(settings: &Settings, name: &str) -> anyhow::Result<AmoClient> {
    let api = settings.amocrm.get(name).and_then(|it| it.api.as_ref());
    let api = api.ok_or_else(|| {
        let variable = name.to_uppercase().replace('-', "_");
        BilingualError::new(bilingual!(
            "amocrm.{name} has no token: set LEADGATE_AMOCRM__{variable}__TOKEN to a long-lived token of an administrator",
            "у amocrm.{name} нет токена: задайте в LEADGATE_AMOCRM__{variable}__TOKEN долгосрочный токен администратора"
        ))
    })?;
    client(name, api, None)
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
