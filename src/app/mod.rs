//! The composition root: builds every part from the settings, runs the parts, and drains them.

mod alerts;
mod amocrm;
mod announce;
mod api;
mod applications;
mod connections;
mod console;
mod descriptors;
mod dictionaries;
mod exposure;
mod limits;
mod live_calls;
mod mail;
mod maintenance;
mod metrics_server;
mod pbx;
mod permissions;
mod plan_advice;
mod portal_check;
mod profile_watcher;
mod quarantine;
mod recordings;
mod sandbox;
mod services;
mod storage;
mod suspects;
mod trial;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle, ServiceRequest};
use actix_web::web;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use alerts::command_ways;
pub use amocrm::{can_ask, command_amocrm, own_hook, token_file};
pub use announce::Started;
use connections::Connections;
pub use connections::{SANDBOX, command_connection, needed_scopes, plan_advice};
pub use mail::{command_mailer, mail_sender};
pub use pbx::command_pbx;
pub use plan_advice::PlanAdvice;
pub use sandbox::{SandboxSetup, StandaloneSandbox};
pub use services::{check_destinations, command_service, shown_request};
pub use trial::{Removed, TrialConnection, TrialPage};

use crate::alerts::Mismatches;
use crate::amocrm::AmoHealth;
use crate::api::Api;
use crate::cache::PollRegistry;
use crate::config::{ServerSettings, Settings};
use crate::console::Console;
use crate::delivery::mail::Mailer;
use crate::domain::{BilingualError, Clock, SystemClock, bilingual, failed};
use crate::editing::ProfileEditor;
use crate::inbox::{Inbox, Workers};
use crate::intake::{
    self, IntakeParts, Memory, RefusedLog, RefusedWriter, SenderAddresses, refused_log,
};
use crate::journal::{Arrivals, Journal};
use crate::live::CheckResults;
use crate::ops::{self, Ops, Supervisor, TaskEnd};
use crate::pipeline::{self, Backoff, Destinations, FetchOrders, Fetcher, Pipeline};
use crate::portal_app::PortalApps;
use crate::profiles::{GuardMemory, ProfileStore};
use crate::replay::bulk::BulkReplays;
use crate::serving;
use crate::simulator::Portal;
use crate::store::{RefusedBounds, Store};
use crate::telemetry;
use crate::widget::{CardWidget, WidgetParts};

/// The store's file in the data folder.
pub const STORE_FILE: &str = "leadgate.db";

/// How long the last tasks may take after everything else has stopped.
const LAST_TASKS: Duration = Duration::from_millis(500);

/// A gateway that runs.
pub struct Gateway {
    started: Started,
    supervisor: Supervisor,
    server: ServerHandle,
    server_end: TaskEnd,
    pipeline_end: TaskEnd,
    refused_log_end: TaskEnd,
    sandbox: Option<sandbox::Sandbox>,
    store: Store,
    inbox: Inbox,
    /// Stops the tasks that serve until the drain is over.
    closing: CancellationToken,
    shutdown_timeout: Duration,
}

/// Listens for requests, and returns the address, whose port the system may have chosen.
fn listen(
    wanted: SocketAddr,
    settings: &ServerSettings,
) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = serving::listen(wanted, settings.backlog).map_err(|error| {
        let text = bilingual!(
            "cannot listen on {wanted}",
            "не удаётся принимать запросы на {wanted}"
        );
        BilingualError::because(text, error)
    })?;
    let address = listener.local_addr().map_err(failed(
        "the listening address is unknown",
        "адрес для запросов неизвестен",
    ))?;
    Ok((listener, address))
}

impl Gateway {
    /// Builds everything and starts to listen. Unusable settings, a data folder or a port that
    /// cannot be used are errors. A portal that does not answer is not: intake works without it.
    pub async fn start(mut settings: Settings) -> anyhow::Result<Self> {
        settings.server.max_connections = descriptors::make_room(needs(&settings))?;
        let supervisor = Supervisor::default();
        let closing = CancellationToken::new();
        let (listener, address) = listen(settings.server.listen, &settings.server)?;
        permissions::restrict(&settings.data.dir);
        let (parts, writer) = Parts::build(&settings, supervisor.clone()).await?;
        let portal_apps = parts.portal_apps(&settings, address);
        let console = parts.console(&settings, &portal_apps);
        let link = console.as_ref().map(|console| console.sign_in_link());
        let started = Started::new(
            &settings,
            address,
            &parts.profiles.current(),
            &parts.connections,
        )
        .with_console(link);
        if let Some(sandbox) = &parts.sandbox {
            sandbox::connect_amocrm(&sandbox.portal(), &settings, address);
            sandbox::connect_pbx(&sandbox.portal(), &settings, address);
        }
        let pages = Pages {
            console,
            portal_apps,
        };
        let server = serve(&settings, listener, &parts, (pages, &closing))?;
        let handle = server.handle();
        parts.start_background_tasks(&settings);
        let pipeline = parts.pipeline(&settings)?;
        Ok(Self {
            started,
            server: handle,
            server_end: supervisor.spawn_server("server", server),
            pipeline_end: supervisor.spawn("pipeline", async move { pipeline.run().await }),
            refused_log_end: supervisor.spawn("refused-log", writer.run(closing.clone())),
            supervisor,
            sandbox: parts.sandbox,
            store: parts.store,
            inbox: parts.inbox,
            closing,
            shutdown_timeout: settings.server.shutdown_timeout,
        })
    }

    /// Returns what to print at the start.
    pub fn started(&self) -> &Started {
        &self.started
    }

    /// Returns the address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.started.address
    }

    /// Returns the queue.
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Returns the embedded sandbox if it is the CRM.
    pub fn portal(&self) -> Option<Portal> {
        self.sandbox.as_ref().map(sandbox::Sandbox::portal)
    }

    /// Returns when a task has panicked or ended too early. Drain the gateway then, and end the
    /// process with a failure.
    pub async fn failed(&self) {
        self.supervisor.failed().await;
    }

    /// Refuses new requests and finishes running work, within the time that the settings give.
    pub async fn drain(self) {
        tracing::info!("stopping: new requests are refused, running work is finished");
        self.supervisor.drain();
        let finish = async {
            self.pipeline_end.wait().await;
            self.server.stop(true).await;
            self.server_end.wait().await;
        };
        if tokio::time::timeout(self.shutdown_timeout, finish)
            .await
            .is_err()
        {
            tracing::warn!(
                "running work took longer than server.shutdown_timeout; the next start recovers it"
            );
        }
        self.closing.cancel();
        if let Some(sandbox) = self.sandbox {
            sandbox.stop().await;
        }
        self.refused_log_end.wait().await;
        self.store.close().await;
        self.supervisor.finish(LAST_TASKS).await;
        tracing::info!("stopped");
    }

    /// Makes the task of this name panic.
    #[cfg(test)]
    pub(crate) fn inject_panic(&self, task: &'static str) {
        self.supervisor.inject_panic(task);
    }
}

/// The parts of the gateway before it runs.
struct Parts {
    clock: Arc<dyn Clock>,
    supervisor: Supervisor,
    store: Store,
    inbox: Inbox,
    memory: Arc<Memory>,
    workers: Workers,
    registry: PollRegistry,
    profiles: Arc<ProfileStore>,
    /// Edits their files, for the console and the API.
    editor: Arc<ProfileEditor>,
    /// Tells the tasks that depend on the profiles of every change.
    profiles_changed: watch::Sender<()>,
    sandbox: Option<sandbox::Sandbox>,
    connections: Connections,
    destinations: Destinations,
    mailer: Option<Arc<Mailer>>,
    /// What the portal check has found, for the alerts.
    mismatches: Mismatches,
    /// The last checks of the portals, for the console.
    checks: CheckResults,
    /// What is wrong with the accounts of amoCRM, for the alerts.
    amocrm_health: AmoHealth,
    refused: RefusedLog,
    /// The PBXs.
    pbxs: pbx::Pbxs,
    /// Replays of many submissions.
    replays: Arc<BulkReplays>,
    /// When sources sent last, for the console and the API.
    arrivals: Arrivals,
}

impl Parts {
    async fn build(
        settings: &Settings,
        supervisor: Supervisor,
    ) -> anyhow::Result<(Self, RefusedWriter)> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = storage::open_store(settings)?;
        let inbox = Inbox::new(store.clone());
        storage::recover(&inbox, &clock).await?;
        let workers = suspects::blame(settings, &inbox, clock.now()).await?;
        let registry = storage::open_registry(&settings.data.dir, store.clone())?;
        let (profiles, report) = ProfileStore::open_with(
            &settings.mappings.dir,
            &settings.mappings.templates,
            Some(GuardMemory::of_gateway(&settings.data.dir)),
        );
        profile_watcher::log_report(&report);
        let sandbox = sandbox::Sandbox::start(settings, &supervisor)?;
        let connections = connections::build(settings, sandbox.as_ref(), store.instance())?;
        let mailbox = sandbox.as_ref().map(sandbox::Sandbox::mailbox);
        let mailer = mail::mailer(settings, mailbox)?.map(Arc::new);
        let services = services::build(settings, sandbox.as_ref(), &clock)?;
        let mut destinations = connections::destinations(settings, &connections, &clock)?;
        services.insert_into(&mut destinations);
        mail::insert_into(&mut destinations, mailer.as_ref(), &clock);
        pipeline::recall_pauses(&destinations, &inbox)
            .await
            .map_err(failed("the inbox cannot be read", "очередь не читается"))?;
        let profiles = Arc::new(profiles);
        let bounds = refused_bounds(settings);
        let proxies = &settings.server.trusted_proxies;
        let needs = pbx::PbxNeeds::new(&connections, &store, &profiles, sandbox.as_ref());
        let pbxs = pbx::start(settings, &needs, (&clock, &supervisor))?;
        let replays = console::bulk_replays(&inbox, &store, &connections, (&profiles, &clock));
        let editor = console::profile_editor(settings, &store, (&profiles, &clock));
        let (refused, writer) = refused_log(store.clone(), bounds, Arc::clone(&clock), proxies);
        let parts = Self {
            clock,
            supervisor,
            store,
            inbox,
            memory: Arc::new(Memory::new(settings.server.memory_limit)),
            workers,
            registry,
            profiles,
            editor,
            profiles_changed: watch::Sender::default(),
            sandbox,
            destinations,
            connections,
            mailer,
            mismatches: Mismatches::default(),
            checks: CheckResults::default(),
            amocrm_health: AmoHealth::default(),
            refused,
            pbxs,
            replays,
            arrivals: Arrivals::default(),
        };
        Ok((parts, writer))
    }

    fn intake<'p>(&'p self, settings: &'p Settings) -> IntakeParts<'p> {
        IntakeParts {
            settings,
            memory: &self.memory,
            inbox: &self.inbox,
            registry: &self.registry,
            profiles: &self.profiles,
            connections: &self.connections.0,
            directories: &self.pbxs.directories,
            pbx_shared: &self.pbxs.shared,
            pbx_clients: &self.pbxs.clients,
            clicks: &self.pbxs.clicks,
            callbacks: &self.pbxs.callbacks,
            calls: &self.pbxs.calls,
            refused: &self.refused,
            clock: &self.clock,
            draining: self.supervisor.draining(),
        }
    }

    /// Starts the tasks that run in the background.
    fn start_background_tasks(&self, settings: &Settings) {
        let tasks = &self.supervisor;
        tasks.spawn("store-writer", self.store.ended());
        if let Some(ended) = telemetry::log_writer_ended() {
            let draining = tasks.draining();
            tasks.spawn("log-writer", async move {
                draining.run_until_cancelled(ended.cancelled()).await;
            });
        }
        tasks.spawn("profiles", self.profile_watcher(settings).run());
        tasks.spawn("quarantine", self.quarantine_release().run());
        tasks.spawn("maintenance", self.maintenance(settings).run());
        let replays = Arc::clone(&self.replays);
        tasks.spawn("bulk-replays", replays.run(tasks.draining()));
        if let Some(every) = settings.mappings.live_check_every {
            tasks.spawn("portal-check", self.portal_check(every).run());
        }
        tasks.spawn("alerts", self.alerts(settings).run());
        if let Some(missed) = intake::catch_up(&self.intake(settings)) {
            tasks.spawn("pbx-catch-up", missed.run(tasks.draining()));
        }
        let draining = tasks.draining();
        if let Some(keeping) =
            dictionaries::keep(&self.connections, &self.registry.values(), draining)
        {
            tasks.spawn("dictionaries", keeping);
        }
        if !settings.crm.is_empty() {
            let profiles = self.profiles.current();
            let probes = connections::probe_all(settings, &profiles, &self.connections);
            tasks.spawn_job("connection-probe", probes);
        }
    }

    fn profile_watcher(&self, settings: &Settings) -> profile_watcher::ProfileWatcher {
        profile_watcher::ProfileWatcher {
            every: settings.mappings.reload_every,
            profiles: Arc::clone(&self.profiles),
            store: self.store.clone(),
            clock: Arc::clone(&self.clock),
            changed: self.profiles_changed.clone(),
            draining: self.supervisor.draining(),
        }
    }

    fn quarantine_release(&self) -> quarantine::QuarantineRelease {
        quarantine::QuarantineRelease {
            inbox: self.inbox.clone(),
            profiles: Arc::clone(&self.profiles),
            changed: self.profiles_changed.subscribe(),
            at_work: self.workers.quarantine.clone(),
            sources: intake::sources(),
            clock: Arc::clone(&self.clock),
            draining: self.supervisor.draining(),
        }
    }

    fn portal_check(&self, every: Duration) -> portal_check::PortalCheck {
        portal_check::PortalCheck {
            every,
            profiles: Arc::clone(&self.profiles),
            connections: self.connections.clone(),
            mismatches: self.mismatches.clone(),
            results: self.checks.clone(),
            clock: Arc::clone(&self.clock),
            changed: self.profiles_changed.subscribe(),
            draining: self.supervisor.draining(),
        }
    }

    fn maintenance(&self, settings: &Settings) -> maintenance::Maintenance {
        maintenance::Maintenance {
            journal: Journal::new(self.store.clone(), intake::sources()),
            settings: settings.journal,
            quarantine: intake::SOURCES
                .iter()
                .filter_map(|source| Some((source.name(), source.quarantine_keep(settings)?)))
                .collect(),
            clock: Arc::clone(&self.clock),
            draining: self.supervisor.draining(),
        }
    }

    fn pipeline(&self, settings: &Settings) -> anyhow::Result<Pipeline> {
        Ok(Pipeline {
            inbox: self.inbox.clone(),
            profiles: Arc::clone(&self.profiles),
            destinations: self.destinations.clone(),
            clock: Arc::clone(&self.clock),
            backoff: Backoff {
                first: settings.delivery.retry_first,
                longest: settings.delivery.retry_longest,
            },
            at_work: self.workers.pipeline.clone(),
            sources: intake::sources(),
            file_rules: settings.files.clone(),
            fetcher: self.start_fetcher(settings)?,
            amocrm: self.start_readers(settings)?,
            draining: self.supervisor.draining(),
        })
    }

    /// Starts the task that fetches files behind links, if the settings allow any host.
    fn start_fetcher(&self, settings: &Settings) -> anyhow::Result<Option<FetchOrders>> {
        if settings.files.links.hosts.is_empty() {
            return Ok(None);
        }
        let (orders, fetcher) =
            Fetcher::new(settings.files.clone(), self.inbox.clone()).map_err(failed(
                "files behind links cannot be fetched",
                "файлы по ссылкам скачать нельзя",
            ))?;
        let draining = self.supervisor.draining();
        self.supervisor.spawn("files", fetcher.run(draining));
        Ok(Some(orders))
    }
}

/// Returns how much the log of refused requests keeps.
fn refused_bounds(settings: &Settings) -> RefusedBounds {
    RefusedBounds {
        most: settings.journal.refused_most,
        bodies: settings.channels.quarantine_most,
        bytes: settings.channels.quarantine_bytes,
    }
}

/// Returns what will be open at the same time.
fn needs(settings: &Settings) -> descriptors::Needs {
    let crm = settings.crm.values().map(|crm| crm.parallel);
    let services = settings.http.values().map(|service| service.parallel);
    let calls: usize = crm.chain(services).sum();
    descriptors::Needs {
        connections: settings.server.max_connections,
        workers: settings.server.workers,
        calls: calls.max(4),
    }
}

/// What people see in a browser.
struct Pages {
    console: Option<web::Data<Console>>,
    portal_apps: PortalApps,
}

/// Builds the web server. Its shared state is built once, outside the factory.
fn serve(
    settings: &Settings,
    listener: TcpListener,
    parts: &Parts,
    (pages, closing): (Pages, &CancellationToken),
) -> anyhow::Result<Server> {
    let intake = parts.intake(settings);
    let routes = intake::SOURCES
        .iter()
        .rev()
        .map(|source| source.routes(&intake))
        .collect::<Result<Vec<_>, _>>()?;
    let routes = Arc::new(routes);
    let ops = web::Data::new(Ops::new(parts.inbox.clone(), parts.supervisor.clone()));
    let portal = parts.sandbox.as_ref().map(sandbox::Sandbox::portal);
    // logs only about a sandbox that runs
    let portal = portal.map(|portal| {
        let mut gate = exposure::gate(settings, settings.server.listen);
        gate.doorkeeper = pages.console.as_ref().map(exposure::doorkeeper);
        (portal, gate)
    });
    let metrics_here = settings.server.metrics_listen.is_none();
    if let Some(listen) = settings.server.metrics_listen {
        let server = metrics_server::build(&settings.server, listen, ops.clone())?;
        let running = metrics_server::run(server, closing.clone());
        parts.supervisor.spawn("metrics-server", running);
    }
    let widget = web::Data::new(CardWidget::new(WidgetParts {
        settings,
        connections: &parts.connections.0,
        store: &parts.store,
        journal: Journal::new(parts.store.clone(), intake::sources()),
        clock: &parts.clock,
    }));
    let api = web::Data::new(parts.api(settings));
    let senders = SenderAddresses::new(settings);
    let configure = move |config: &mut web::ServiceConfig| {
        ops::configure(config, ops.clone());
        if metrics_here {
            ops::configure_metrics(config, ops.clone());
        }
        if let Some((portal, gate)) = &portal {
            portal.configure_behind(gate, config);
        }
        CardWidget::configure(&widget, config);
        Api::configure(&api, config);
        if let Some(console) = &pages.console {
            Console::configure(console, config);
        }
        PortalApps::configure(&pages.portal_apps, config);
        routes.iter().for_each(|register| register(config));
    };
    let listener = serving::Listener::plain(listener);
    let site = serving::Site {
        prepare: move |request: &mut ServiceRequest| senders.tidy(request),
        configure,
    };
    serving::server(
        vec![listener],
        &limits::serving_limits(&settings.server),
        &site,
    )
    .map_err(failed("cannot listen", "не удаётся принимать запросы"))
    .map_err(Into::into)
}

#[cfg(test)]
mod tests;
