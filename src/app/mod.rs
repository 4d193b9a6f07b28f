//! The composition root: builds every part from the settings, runs it, drains it.

mod announce;
mod connections;
mod descriptors;
mod dictionaries;
mod exposure;
mod maintenance;
mod metrics_server;
mod permissions;
mod portal_check;
mod quarantine;
mod sandbox;
mod suspects;

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle, ServiceRequest};
use actix_web::web;
use anyhow::Context as _;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use announce::Started;
pub use connections::{SANDBOX, command_connection, needed_scopes};
pub use sandbox::{SandboxSetup, StandaloneSandbox};

use crate::cache::PollRegistry;
use crate::config::{ServerSettings, Settings, WithoutProfile};
use crate::domain::json::Bounds;
use crate::domain::{Clock, SystemClock};
use crate::inbox::{AtWork, Inbox, Room, Workers};
use crate::intake::channels::{self, ChannelIntake};
use crate::intake::polls::{self, Polls};
use crate::intake::{AllowList, Memory, RefusedLog, RefusedWriter, SenderAddresses, refused_log};
use crate::journal::Journal;
use crate::ops::{self, Ops, Supervisor};
use crate::pipeline::{Backoff, Connections, Pipeline};
use crate::profiles::{GuardMemory, LoadReport, ProfileStore};
use crate::serving;
use crate::simulator::Portal;
use crate::store::{RefusedBounds, Store, StoreOptions};

/// The store's file in the data folder.
pub const STORE_FILE: &str = "leadgate.db";

/// A gateway that runs.
pub struct Gateway {
    started: Started,
    server: ServerHandle,
    watch: Supervisor,
    serving: JoinHandle<()>,
    working: JoinHandle<()>,
    sandbox: Option<sandbox::Sandbox>,
    store: Store,
    inbox: Inbox,
    draining: CancellationToken,
    /// Writes the log of refused requests until it is told to finish.
    refusals: (CancellationToken, JoinHandle<()>),
    shutdown_timeout: Duration,
}

impl Gateway {
    /// Builds everything and begins to listen. Trouble with the settings, the data folder or the port
    /// is an error; a portal that does not answer is not, because intake can go on without it.
    pub async fn start(mut settings: Settings) -> anyhow::Result<Self> {
        settings.server.max_connections = descriptors::make_room(needs(&settings))?;
        let draining = CancellationToken::new();
        let watch = Supervisor::new(draining.clone());
        let listener = serving::listen(settings.server.listen, settings.server.backlog)
            .with_context(|| format!("cannot listen on {}", settings.server.listen))?;
        let address = listener
            .local_addr()
            .context("the listening address is unknown")?;
        permissions::restrict(&settings.data.dir);
        let (parts, writer) = Parts::build(&settings, draining.clone(), watch.clone()).await?;
        let closing = CancellationToken::new();
        let started = Started::new(
            &settings,
            address,
            &parts.profiles.current(),
            &parts.connections,
        );
        let server = serve(&settings, listener, &parts)?;
        connections::probe_in_background(&settings, &parts.profiles.current(), &parts.connections);
        let handle = server.handle();
        watch.spawn("store-writer", parts.store.ended());
        watch.spawn("profiles", reload(parts.watching(&settings)));
        if let Some(every) = settings.mappings.live_check_every {
            watch.spawn("portal-check", parts.look(every).run());
        }
        watch.spawn("upkeep", parts.upkeep(&settings).run());
        let pipeline = parts.pipeline(&settings);
        let Parts {
            store,
            inbox,
            sandbox,
            ..
        } = parts;
        Ok(Self {
            started,
            server: handle,
            serving: watch.spawn("server", sandbox::until_it_ends(server)),
            working: watch.spawn("pipeline", async move { pipeline.run().await }),
            watch,
            sandbox,
            store,
            inbox,
            draining,
            refusals: (closing.clone(), tokio::spawn(writer.run(closing))),
            shutdown_timeout: settings.server.shutdown_timeout,
        })
    }

    /// What to tell whoever started it.
    pub fn started(&self) -> &Started {
        &self.started
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.started.address
    }

    /// The queue, for looking at.
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// The embedded sandbox, when that is the CRM.
    pub fn portal(&self) -> Option<Portal> {
        self.sandbox.as_ref().map(sandbox::Sandbox::portal)
    }

    /// Returns when a task that must run has ended; the gateway is to be drained then, and the process to end with
    /// a failure.
    pub async fn failed(&self) {
        self.watch.failed().await;
    }

    /// Takes nothing in any more, finishes what runs, within the time that the settings give.
    pub async fn drain(self) {
        tracing::info!("stopping: nothing is taken in any more, running work is finished");
        self.draining.cancel();
        let finish = async {
            // these wait for tasks; how the tasks ended was logged by the watch
            self.working.await.ok();
            self.server.stop(true).await;
            self.serving.await.ok();
        };
        if tokio::time::timeout(self.shutdown_timeout, finish)
            .await
            .is_err()
        {
            tracing::warn!(
                "running work took too long; what was in hand is looked after at the next start"
            );
        }
        if let Some(sandbox) = self.sandbox {
            sandbox.stop().await;
        }
        let (closing, written) = self.refusals;
        closing.cancel();
        if written.await.is_err() {
            tracing::error!("the log of refused requests did not end well");
        }
        self.store.close().await;
        tracing::info!("stopped");
    }
}

/// What the gateway is made of, before it runs.
struct Parts {
    clock: Arc<dyn Clock>,
    draining: CancellationToken,
    watch: Supervisor,
    store: Store,
    inbox: Inbox,
    memory: Arc<Memory>,
    workers: Workers,
    registry: PollRegistry,
    profiles: Arc<ProfileStore>,
    /// Wakes whoever holds the profiles against their portals.
    changed: Arc<Notify>,
    sandbox: Option<sandbox::Sandbox>,
    connections: Connections,
    refused: RefusedLog,
}

impl Parts {
    async fn build(
        settings: &Settings,
        draining: CancellationToken,
        watch: Supervisor,
    ) -> anyhow::Result<(Self, RefusedWriter)> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = open_store(settings)?;
        let inbox = Inbox::new(store.clone());
        let recovered = inbox
            .recover(clock.now())
            .await
            .context("the inbox cannot be read")?;
        if recovered > 0 {
            tracing::warn!(
                recovered,
                "{recovered} submissions were in hand when the program ended last"
            );
        }
        let workers = suspects::blame(settings, &inbox, clock.now()).await?;
        let registry = open_registry(&settings.data.dir, store.clone())?;
        let (profiles, report) = ProfileStore::open_with(
            &settings.mappings.dir,
            &settings.mappings.templates,
            Some(GuardMemory::of_gateway(&settings.data.dir)),
        );
        log_report(&report);
        let sandbox = sandbox::Sandbox::start(settings, &draining, &watch)?;
        let connections = connections::build(settings, sandbox.as_ref(), store.instance())?;
        dictionaries::keep(&connections, &registry.notes(), &draining);
        let profiles = Arc::new(profiles);
        let bounds = RefusedBounds {
            most: settings.journal.refused_most,
            bodies: settings.channels.quarantine_most,
            bytes: settings.channels.quarantine_bytes,
        };
        let proxies = &settings.server.trusted_proxies;
        let (refused, writer) = refused_log(store.clone(), bounds, Arc::clone(&clock), proxies);
        let parts = Self {
            clock,
            draining,
            watch,
            store,
            inbox,
            memory: Arc::new(Memory::new(settings.server.memory_limit)),
            workers,
            registry,
            profiles,
            changed: Arc::default(),
            sandbox,
            connections,
            refused,
        };
        Ok((parts, writer))
    }

    fn polls(&self, settings: &Settings) -> anyhow::Result<Polls> {
        Ok(Polls {
            access: AllowList {
                allowed: settings.polls.allowed_addresses.clone(),
                trusted_proxies: settings.server.trusted_proxies.clone(),
            },
            body_limit: settings.server.body_limit,
            bounds: Bounds {
                depth: settings.polls.depth_limit,
                values: settings.server.value_limit,
            },
            memory: Arc::clone(&self.memory),
            patience: settings.server.request_timeout,
            delivered_wait: settings.polls.delivered_wait,
            inbox: self.inbox.clone(),
            registry: self.registry.clone(),
            profiles: Arc::clone(&self.profiles),
            capture: match settings.polls.without_profile {
                WithoutProfile::Reject => None,
                WithoutProfile::Capture => Some(Room {
                    most: settings.polls.captured_most,
                    bytes: u64::MAX,
                }),
            },
            employees: connections::employees(settings, &self.connections)?,
            refused: self.refused.clone(),
            clock: Arc::clone(&self.clock),
            draining: self.draining.clone(),
        })
    }

    fn channels(&self, settings: &Settings) -> ChannelIntake {
        ChannelIntake {
            settings: settings.channels.clone(),
            body_limit: settings.server.body_limit,
            bounds: Bounds {
                depth: settings.channels.depth_limit,
                values: settings.server.value_limit,
            },
            memory: Arc::clone(&self.memory),
            patience: settings.server.request_timeout,
            trusted_proxies: settings.server.trusted_proxies.clone(),
            inbox: self.inbox.clone(),
            profiles: Arc::clone(&self.profiles),
            clock: Arc::clone(&self.clock),
            draining: self.draining.clone(),
            limits: channels::Limits::default(),
            refused: self.refused.clone(),
        }
    }

    fn watching(&self, settings: &Settings) -> Watching {
        Watching {
            every: settings.mappings.reload_every,
            profiles: Arc::clone(&self.profiles),
            changed: Arc::clone(&self.changed),
            inbox: self.inbox.clone(),
            at_work: self.workers.quarantine.clone(),
            clock: Arc::clone(&self.clock),
            draining: self.draining.clone(),
        }
    }

    fn look(&self, every: Duration) -> portal_check::PortalCheck {
        portal_check::PortalCheck {
            every,
            profiles: Arc::clone(&self.profiles),
            connections: self.connections.clone(),
            changed: Arc::clone(&self.changed),
            draining: self.draining.clone(),
        }
    }

    fn upkeep(&self, settings: &Settings) -> maintenance::Maintenance {
        maintenance::Maintenance {
            journal: Journal::new(self.store.clone()),
            settings: settings.journal,
            quarantine: settings.channels.quarantine_keep,
            clock: Arc::clone(&self.clock),
            draining: self.draining.clone(),
        }
    }

    fn pipeline(&self, settings: &Settings) -> Pipeline {
        Pipeline {
            inbox: self.inbox.clone(),
            profiles: Arc::clone(&self.profiles),
            connections: self.connections.clone(),
            clock: Arc::clone(&self.clock),
            backoff: Backoff {
                first: settings.delivery.retry_first,
                longest: settings.delivery.retry_longest,
            },
            at_work: self.workers.pipeline.clone(),
            draining: self.draining.clone(),
        }
    }
}

/// What will be open at the same time.
fn needs(settings: &Settings) -> descriptors::Needs {
    let calls: usize = settings.crm.values().map(|crm| crm.parallel).sum();
    descriptors::Needs {
        connections: settings.server.max_connections,
        workers: settings.server.workers,
        calls: calls.max(4),
    }
}

/// What every web server of this process keeps to.
pub(crate) fn serving_limits(settings: &ServerSettings) -> serving::Limits {
    serving::Limits {
        connections: settings.max_connections,
        per_address: settings
            .max_connections_per_address
            .min(settings.max_connections / 2),
        proxies: settings.trusted_proxies.clone(),
        times: serving::Times {
            head: settings.request_timeout,
            body: settings.request_timeout,
            keep_alive: settings.keep_alive,
            reply: settings.reply_timeout,
        },
        workers: settings.workers,
        shutdown: settings.shutdown_timeout,
    }
}

/// The web server, ready to run; shared state is built once, outside the factory.
fn serve(settings: &Settings, listener: TcpListener, parts: &Parts) -> anyhow::Result<Server> {
    let polls = web::Data::new(parts.polls(settings)?);
    let channels = web::Data::new(parts.channels(settings));
    let ops = web::Data::new(Ops::new(
        parts.inbox.clone(),
        parts.draining.clone(),
        parts.watch.clone(),
    ));
    let portal = parts.sandbox.as_ref().map(sandbox::Sandbox::portal);
    // nothing is said of a sandbox that does not run
    let portal = portal.map(|portal| (portal, exposure::gate(settings, settings.server.listen)));
    let metrics_here = settings.server.metrics_listen.is_none();
    if let Some(listen) = settings.server.metrics_listen {
        metrics_server::serve(
            &settings.server,
            listen,
            ops.clone(),
            parts.draining.clone(),
        )?;
    }
    let base_path = settings.polls.base_path.clone();
    let senders = SenderAddresses {
        polls: settings.polls.base_path.clone(),
        channels: settings.channels.base_path.clone(),
    };
    let configure = move |config: &mut web::ServiceConfig| {
        ops::configure(config, ops.clone());
        if metrics_here {
            ops::configure_metrics(config, ops.clone());
        }
        if let Some((portal, gate)) = &portal {
            portal.configure_behind(gate, config);
        }
        channels::configure(config, channels.clone());
        polls::configure(config, &base_path, polls.clone());
    };
    let listener = serving::Listener::plain(listener);
    let site = serving::Site {
        prepare: move |request: &mut ServiceRequest| senders.tidy(request),
        configure,
    };
    serving::server(vec![listener], &serving_limits(&settings.server), &site)
        .context("cannot listen")
}

fn open_store(settings: &Settings) -> anyhow::Result<Store> {
    let path = settings.data.dir.join(STORE_FILE);
    let options = StoreOptions {
        queue: settings.data.queue_limit,
        begin_afresh: settings.data.begin_afresh,
    };
    Store::open(&path, &options).context("the store cannot be opened")
}

fn open_registry(data: &Path, store: Store) -> anyhow::Result<PollRegistry> {
    let (registry, report) =
        PollRegistry::open(&data.join("cache"), store).context("the polls cannot be read")?;
    if report.is_warning() {
        tracing::warn!("{report}");
    } else {
        tracing::debug!("{report}");
    }
    Ok(registry)
}

/// Tells what is wrong with the profiles, each problem once.
fn log_report(report: &LoadReport) {
    let kept = u32::try_from(report.kept_guards.len()).unwrap_or(u32::MAX);
    metrics::gauge!("leadgate_channels_guard_kept").set(f64::from(kept));
    for problem in &report.problems {
        if problem.is_error() {
            tracing::error!("{problem}");
        } else {
            tracing::warn!("{problem}");
        }
    }
    for name in &report.kept_old {
        tracing::error!(
            "{name} is broken: its previous edition stays at work; run `leadgate check`"
        );
    }
}

/// What looking for edited profiles needs.
struct Watching {
    /// `None`: never.
    every: Option<Duration>,
    profiles: Arc<ProfileStore>,
    changed: Arc<Notify>,
    inbox: Inbox,
    at_work: AtWork,
    clock: Arc<dyn Clock>,
    draining: CancellationToken,
}

/// Looks for edited profiles until draining, and delivers what was kept for want of one. Files are compared
/// by name, time and size, which works on every file system, mounted ones included.
async fn reload(watching: Watching) {
    let Watching {
        every,
        profiles,
        changed,
        inbox,
        at_work,
        clock,
        draining,
    } = watching;
    quarantine::release_and_tell(&inbox, &profiles, &at_work, &*clock).await;
    let Some(every) = every else {
        return draining.cancelled().await;
    };
    while draining
        .run_until_cancelled(tokio::time::sleep(every))
        .await
        .is_some()
    {
        let folder = Arc::clone(&profiles);
        let looked = tokio::task::spawn_blocking(move || folder.reload_if_changed()).await;
        if let Ok(Some(report)) = looked {
            tracing::info!(
                profiles = report.loaded.len(),
                "the profiles were read again"
            );
            log_report(&report);
            changed.notify_one();
            quarantine::release_and_tell(&inbox, &profiles, &at_work, &*clock).await;
        }
    }
}

#[cfg(test)]
mod tests;
