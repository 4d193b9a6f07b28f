//! Asks the amoCRM accounts that have a token or an integration.

use std::path::Path;
use std::sync::Arc;

use secrecy::ExposeSecret as _;

use super::connections::local_address;
use super::{Parts, SANDBOX};
use crate::amocrm::{
    AmoAccess, AmoAuthorization, AmoClient, AmoReader, HookWatch, Integration, OwnHook,
    PairAuthorization, Patience, ReadOrders, ReaderParts, TokenFile, TokenWatch, WatchRules,
};
use crate::config::{
    AMO_PATH, AmoAccessSettings, AmoApiSettings, AmoIntegrationSettings, AmoSettings, HookCare,
    Settings,
};
use crate::domain::{BilingualError, Clock, SystemClock, bilingual};

impl Parts {
    /// Starts the readers of the accounts and the watches of their hooks, and returns where the readers
    /// take orders.
    pub(super) fn start_readers(&self, settings: &Settings) -> anyhow::Result<ReadOrders> {
        let mut orders = ReadOrders::default();
        for (name, account) in &settings.amocrm {
            let Some(api) = &account.api else { continue };
            let sandbox = self.sandbox.as_ref();
            let sandbox = sandbox.map(|sandbox| format!("http://{}", sandbox.address()));
            let place = Place {
                name,
                folder: &settings.data.dir,
                sandbox: sandbox.as_deref(),
            };
            let client = Arc::new(client(&place, api, Arc::clone(&self.clock))?);
            self.watch_token(&client, api);
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

    /// Keeps the pair of an account fresh, if it has one.
    fn watch_token(&self, client: &Arc<AmoClient>, api: &AmoApiSettings) {
        if matches!(api.access, AmoAccessSettings::Token(_)) {
            return;
        }
        let watch = TokenWatch {
            client: Arc::clone(client),
            health: self.amocrm_health.clone(),
            clock: Arc::clone(&self.clock),
        };
        let draining = self.supervisor.draining();
        self.supervisor.spawn("amocrm-token", watch.run(draining));
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
    // a running gateway serves the sandbox
    let sandbox = settings.crm.is_empty();
    let sandbox = sandbox.then(|| format!("http://{}", local_address(settings.server.listen)));
    let place = Place {
        name,
        folder: &settings.data.dir,
        sandbox: sandbox.as_deref(),
    };
    client(&place, api, Arc::new(SystemClock))
}

/// Returns where the pair of an account is, if it has an integration and no token.
pub fn token_file(settings: &Settings, name: &str) -> Option<TokenFile> {
    let api = settings.amocrm.get(name)?.api.as_ref()?;
    match &api.access {
        AmoAccessSettings::Token(_) => None,
        AmoAccessSettings::Integration(it) => Some(file_of(name, &settings.data.dir, it)),
    }
}

/// Returns where the pair of an integration is, below the data folder.
fn file_of(name: &str, folder: &Path, integration: &AmoIntegrationSettings) -> TokenFile {
    TokenFile::new(name, folder, integration.token_key.clone())
}

/// Returns whether leadgate can ask an account: with a token, or with a pair that is stored.
pub fn can_ask(settings: &Settings, name: &str) -> bool {
    let has_api = settings.amocrm.get(name).is_some_and(|it| it.api.is_some());
    has_api && token_file(settings, name).is_none_or(|file| file.exists())
}

/// The name of an account, and what is around it.
struct Place<'p> {
    name: &'p str,
    /// The data folder.
    folder: &'p Path,
    /// The address of the sandbox, if it runs.
    sandbox: Option<&'p str>,
}

/// Prepares the client of an account.
fn client(
    place: &Place<'_>,
    api: &AmoApiSettings,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<AmoClient> {
    let name = place.name;
    let url = match (api.url.as_str(), place.sandbox) {
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
    let authorization = match &api.access {
        AmoAccessSettings::Token(token) => AmoAuthorization::LongLived(token.clone()),
        AmoAccessSettings::Integration(it) => AmoAuthorization::Pair(PairAuthorization {
            integration: Integration {
                client_id: it.client_id.clone(),
                client_secret: it.client_secret.clone(),
                redirect_uri: it.redirect_uri.clone(),
            },
            file: file_of(name, place.folder, it),
            clock,
        }),
    };
    AmoClient::new(AmoAccess {
        name: name.to_owned(),
        url,
        authorization,
    })
}
