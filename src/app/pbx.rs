//! What belongs to PBXs: a directory of people for each, what gives them commands, and the tasks that
//! read for them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::connections::{Connections, local_address};
use super::sandbox::Sandbox;
use super::{Parts, SANDBOX, live_calls};
use crate::config::{PbxCommandSettings, PbxSettings, Settings};
use crate::domain::{BilingualError, Clock, bilingual};
use crate::intake::{self, PbxShared};
use crate::ops::Supervisor;
use crate::pbx::directory::{
    CurrentMatches, Directory, DirectoryReader, DirectoryRules, RecentCallers,
};
use crate::pbx::{CommandKeys, dialect_named};
use crate::profiles::ProfileStore;
use crate::store::Store;
use crate::telephony::{
    CallHub, CallbackParts, CallbackPbx, CallbackRequests, Callbacks, ClickParts, ClickToCall,
    Clicks, ExpectedCall, PbxAccess, PbxClient, PbxControl, Preparing,
};

/// The time that an answer takes from the directory to the PBX, at most.
const ON_THE_WAY: Duration = Duration::from_millis(20);

/// What reads for a directory, and the callers whose clients are read ahead.
type ReaderAhead = (DirectoryReader, RecentCallers);

/// Everything of the PBXs, by their names.
pub(super) struct Pbxs {
    /// Who is who, and who calls.
    pub(super) directories: BTreeMap<String, Arc<Directory>>,
    /// What their requests and catching up share.
    pub(super) shared: BTreeMap<String, Arc<PbxShared>>,
    /// Give commands to those that take them.
    pub(super) clients: BTreeMap<String, Arc<PbxClient>>,
    /// Takes clicks on numbers in portals.
    pub(super) clicks: Arc<ClickToCall>,
    /// Takes callbacks that visitors request in portals.
    pub(super) callbacks: Arc<CallbackRequests>,
    /// The live calls.
    pub(super) calls: Arc<CallHub>,
}

/// What the PBXs need of the rest.
pub(super) struct PbxNeeds<'n> {
    /// The portals.
    pub(super) connections: &'n Connections,
    /// The matches made by hand.
    by_hand: CurrentMatches,
    /// The address of the sandbox, if it runs: `http://127.0.0.1:40001`.
    sandbox: Option<String>,
    /// What is stored.
    pub(super) store: &'n Store,
}

impl<'n> PbxNeeds<'n> {
    /// Collects what the PBXs need.
    pub(super) fn new(
        connections: &'n Connections,
        store: &'n Store,
        profiles: &ProfileStore,
        sandbox: Option<&Sandbox>,
    ) -> Self {
        Self {
            connections,
            by_hand: profiles.hand_matches(),
            sandbox: sandbox.map(|sandbox| format!("http://{}", sandbox.address())),
            store,
        }
    }
}

/// Builds what belongs to the PBXs, and starts the tasks that read for them.
pub(super) fn start(
    settings: &Settings,
    needs: &PbxNeeds<'_>,
    (clock, supervisor): (&Arc<dyn Clock>, &Supervisor),
) -> anyhow::Result<Pbxs> {
    let (directories, readers) = directories(settings, needs, clock);
    if let Some(reading) = read(readers, &supervisor.draining()) {
        supervisor.spawn("pbx-directories", reading);
    }
    let calls = live_calls::start(settings, needs, &directories, (clock, supervisor))?;
    let clients = clients(settings, needs.sandbox.as_deref())?;
    let (clicks, carrying_out) = Clicks::new(ClickParts {
        clients: clients.clone(),
        directories: directories.clone(),
        expected: expecting(&calls),
    });
    let (callbacks, calling_back) = Callbacks::new(CallbackParts {
        pbxs: callback_pbxs(settings, needs, &clients, &directories),
        expected: expecting(&calls),
    });
    if settings.pbx.values().any(|pbx| has_clicks(pbx, needs)) {
        let (draining, hub) = (supervisor.draining(), Arc::clone(&calls));
        supervisor.spawn("pbx-clicks", async move {
            tokio::join!(
                carrying_out.run(draining.clone()),
                calling_back.run(draining)
            );
            // the task of the hub may have stopped before
            hub.store_rest().await;
        });
    }
    let shared = settings.pbx.iter();
    let shared = shared.map(|(name, pbx)| (name.clone(), Arc::new(PbxShared::new(pbx))));
    Ok(Pbxs {
        directories,
        shared: shared.collect(),
        clients,
        clicks,
        callbacks,
        calls,
    })
}

/// Returns whether clicks on numbers may come for a PBX: from an outgoing webhook of the portal, or
/// because leadgate is an application of it.
fn has_clicks(pbx: &PbxSettings, needs: &PbxNeeds<'_>) -> bool {
    let portal = needs.connections.0.get(&pbx.connection);
    let is_application = portal.is_some_and(|portal| portal.application().is_some());
    pbx.portal_token.is_some() || (is_application && pbx.commands.is_some())
}

/// Returns the PBXs that call back.
fn callback_pbxs(
    settings: &Settings,
    needs: &PbxNeeds<'_>,
    clients: &BTreeMap<String, Arc<PbxClient>>,
    directories: &BTreeMap<String, Arc<Directory>>,
) -> BTreeMap<String, CallbackPbx> {
    let pbxs = settings.pbx.iter().filter_map(|(name, pbx)| {
        let own = CallbackPbx {
            client: Arc::clone(clients.get(name)?),
            directory: Arc::clone(directories.get(name)?),
            portal: Arc::clone(needs.connections.0.get(&pbx.connection)?),
            lines: pbx.commands.as_ref()?.callback.clone(),
        };
        Some((name.clone(), own))
    });
    pbxs.collect()
}

/// Lets the hub know of calls that are ordered.
fn expecting(calls: &Arc<CallHub>) -> Box<dyn Fn(ExpectedCall<'_>) + Send + Sync> {
    let calls = Arc::clone(calls);
    Box::new(move |expected| match expected {
        ExpectedCall::Ordered(call) => calls.expect_call(
            &call.pbx,
            call.employee,
            call.number.as_str(),
            &call.portal_call,
        ),
        ExpectedCall::Failed(call, status) => {
            calls.call_failed(&call.pbx, &call.portal_call, status);
        }
    })
}

impl Parts {
    /// Returns the PBXs as the API and the console control them.
    pub(super) fn pbx_controls(&self) -> BTreeMap<String, PbxControl> {
        let pbxs = self.pbxs.directories.iter().map(|(name, directory)| {
            let pbx = PbxControl {
                client: self.pbxs.clients.get(name).cloned(),
                directory: Arc::clone(directory),
            };
            (name.clone(), pbx)
        });
        pbxs.collect()
    }
}

fn directories(
    settings: &Settings,
    needs: &PbxNeeds<'_>,
    clock: &Arc<dyn Clock>,
) -> (BTreeMap<String, Arc<Directory>>, Vec<ReaderAhead>) {
    let built = settings.pbx.iter().filter_map(|(name, pbx)| {
        let portal = needs.connections.0.get(&pbx.connection)?;
        let rules = DirectoryRules {
            within: pbx.answer_within.saturating_sub(ON_THE_WAY),
            keep: pbx.remember_for,
            most: pbx.remember_most,
            newest_first: pbx.newest_first,
            recent: pbx.live.remember_recent,
            ahead_every: pbx.live.read_ahead_every,
        };
        let (directory, reader) = Directory::new(
            (name, Arc::clone(portal)),
            rules,
            Arc::clone(&needs.by_hand),
            Arc::clone(clock),
        );
        let recent =
            live_calls::recent_callers(needs.store, clock, (name, pbx.live.remember_recent));
        Some(((name.clone(), directory), (reader, recent)))
    });
    built.unzip()
}

/// Reads for all directories until draining; `None` without any.
fn read(
    readers: Vec<ReaderAhead>,
    draining: &CancellationToken,
) -> Option<impl Future<Output = ()> + Send + use<>> {
    let tasks: Vec<_> = readers
        .into_iter()
        .map(|(reader, recent)| reader.run(recent, draining.clone()))
        .collect();
    (!tasks.is_empty()).then_some(async move {
        join_all(tasks).await;
    })
}

/// Builds what gives commands to the PBXs that take them.
fn clients(
    settings: &Settings,
    sandbox: Option<&str>,
) -> anyhow::Result<BTreeMap<String, Arc<PbxClient>>> {
    let mut clients = BTreeMap::new();
    for (name, pbx) in &settings.pbx {
        if let Some(commands) = &pbx.commands {
            let client = client((name, pbx), commands, sandbox)?;
            clients.insert(name.clone(), Arc::new(client));
        }
    }
    Ok(clients)
}

/// Prepares the client of a PBX for a command that runs beside the gateway.
pub fn command_pbx(settings: &Settings, name: &str) -> anyhow::Result<PbxClient> {
    let pbx = settings.pbx.get(name);
    let commands = pbx.and_then(|pbx| Some((pbx, pbx.commands.as_ref()?)));
    let (pbx, commands) = commands.ok_or_else(|| {
        BilingualError::new(bilingual!(
            "pbx.{name} has no address: set pbx.{name}.url and, for usercrm, pbx.{name}.pbx_key; see docs/pbx.md",
            "у pbx.{name} нет адреса: задайте pbx.{name}.url, а для usercrm и pbx.{name}.pbx_key, см. docs/pbx.ru.md"
        ))
    })?;
    // a running gateway serves the sandbox
    let sandbox = settings.crm.is_empty();
    let sandbox = sandbox.then(|| format!("http://{}", local_address(settings.server.listen)));
    client((name, pbx), commands, sandbox.as_deref())
}

/// Returns what commands to a PBX prove themselves with.
pub(super) fn command_keys(pbx: &PbxSettings, commands: &PbxCommandSettings) -> CommandKeys {
    CommandKeys {
        pbx_key: commands.key.clone(),
        rules: intake::dialect_rules(pbx),
    }
}

fn client(
    (name, pbx): (&str, &PbxSettings),
    commands: &PbxCommandSettings,
    sandbox: Option<&str>,
) -> anyhow::Result<PbxClient> {
    let url = match (commands.url.as_str(), sandbox) {
        (SANDBOX, Some(sandbox)) => format!("{sandbox}/services/pbx"),
        (SANDBOX, None) => {
            return Err(BilingualError::new(bilingual!(
                "pbx.{name}.url is `sandbox`, but the settings name a portal, so there is no sandbox",
                "в pbx.{name}.url стоит `sandbox`, но в настройках указан портал, поэтому песочницы нет"
            ))
            .into());
        }
        (url, _) => url.to_owned(),
    };
    let url = url.parse().map_err(|_| {
        BilingualError::new(bilingual!(
            "pbx.{name}.url is not an address",
            "pbx.{name}.url — не адрес"
        ))
    })?;
    PbxClient::new(PbxAccess {
        name: name.to_owned(),
        url,
        dialect: dialect_named(pbx.dialect),
        keys: command_keys(pbx, commands),
        timeout: commands.timeout,
        preparing: Preparing {
            every: commands.history_every,
            within: commands.history_within,
        },
    })
}
