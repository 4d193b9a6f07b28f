//! The sandbox as a program of its own: one portal, over http and, on request, over https.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use tokio_util::sync::CancellationToken;

use super::super::limits::serving_limits;
use super::super::{LAST_TASKS, descriptors, listen};
use super::SANDBOX_FILE;
use super::callable::callable;
use super::certificate::Certificate;
use super::doors::Doors;
use super::mailbox;
use super::state_file::StateFile;
use crate::app::{exposure, permissions};
use crate::config::{ServerSettings, Settings};
use crate::domain::{Bilingual, BilingualError, Clock as _, Lang, SystemClock, bilingual, failed};
use crate::ops::{Supervisor, TaskEnd};
use crate::serving::{self, Listener, Site};
use crate::simulator::{
    Content, Fault, Gate, Latency, Limits, MailSecurity, Portal, PortalOptions,
};

/// The certificate's file.
const CERTIFICATE: &str = "sandbox-ca.pem";

/// How to run a standalone sandbox.
#[derive(Debug)]
pub struct SandboxSetup {
    /// Where it listens for http.
    pub listen: SocketAddr,
    /// Where it listens for https, when it does.
    pub tls: Option<SocketAddr>,
    /// Where it listens for mail, when it does.
    pub smtp: Option<SocketAddr>,
    /// The folder that keeps its state; `None`: the state ends with the program.
    pub folder: Option<PathBuf>,
    /// The content of a fresh portal.
    pub content: Content,
    /// The portal's limits.
    pub limits: Limits,
    /// How slow it is.
    pub latency: Latency,
    /// Faults that are injected at the start.
    pub faults: Vec<Fault>,
    /// Seeds the chances of faults and the invented people.
    pub dice: u64,
    /// Who may reach it, and the limits of connections.
    pub settings: Settings,
}

/// A sandbox that runs.
pub struct Sandbox {
    portal: Portal,
    base: String,
    secure: Option<(String, PathBuf)>,
    smtp: Option<SocketAddr>,
    doors: Option<Doors>,
    closing: CancellationToken,
    server: ServerHandle,
    server_end: TaskEnd,
    state_file: Option<StateFile>,
    supervisor: Supervisor,
    kept_in: Option<PathBuf>,
}

impl Sandbox {
    /// Starts to listen.
    pub fn start(mut setup: SandboxSetup) -> anyhow::Result<Self> {
        setup.settings.server.max_connections = room(&setup.settings.server)?;
        let (listener, address) = listen(setup.listen, &setup.settings.server)?;
        let base = format!("http://{}", callable(address));
        let portal = portal(&setup, &base);
        let state_file = state_file(&portal, setup.folder.as_ref())?;
        let shared = portal.clone();
        let gate = gate(&setup.settings, address, setup.tls);
        let mut listeners = vec![Listener::plain(listener)];
        let secure = Secure::of(setup.tls, setup.folder.as_ref(), &setup.settings.server)?;
        let mut security = MailSecurity::Plain;
        let supervisor = Supervisor::default();
        let closing = CancellationToken::new();
        let doors = secure.as_ref().map(|secure| {
            let behind = callable(address);
            Doors::open(&portal, behind, &secure.certificate, &supervisor, &closing)
        });
        let doors = doors.transpose()?;
        let secure = secure.map(|secure| {
            let server = secure.certificate.server;
            security = MailSecurity::StartTls(Arc::new(server.clone()));
            listeners.push(Listener {
                socket: secure.listener,
                tls: Some(server),
            });
            (secure.base, secure.file)
        });
        let limits = serving::Limits {
            shutdown: Duration::from_secs(3),
            ..serving_limits(&setup.settings.server)
        };
        let site = Site::plain(move |config| shared.configure_behind(&gate, config));
        let server = serving::server(listeners, &limits, &site).map_err(failed(
            "the sandbox cannot listen",
            "песочница не может принимать запросы",
        ))?;
        let smtp = setup
            .smtp
            .map(|listen| mailbox::start(&portal, listen, &security, &supervisor, &closing))
            .transpose()?;
        if let Some(state_file) = &state_file {
            let saving = state_file.clone().save_changes(supervisor.draining());
            supervisor.spawn("sandbox-state", saving);
        }
        Ok(Self {
            portal,
            base,
            secure,
            smtp,
            doors,
            closing,
            server: server.handle(),
            server_end: supervisor.spawn_server("sandbox", server),
            state_file,
            supervisor,
            kept_in: setup.folder,
        })
    }

    /// Returns when a task has panicked or ended too early. Stop the sandbox then, and end the
    /// process with a failure.
    pub async fn failed(&self) {
        self.supervisor.failed().await;
    }

    /// Makes the task of this name panic.
    #[cfg(test)]
    pub(crate) fn inject_panic(&self, task: &'static str) {
        self.supervisor.inject_panic(task);
    }

    /// Stops it and saves its state.
    pub async fn stop(self) {
        self.supervisor.drain();
        self.closing.cancel();
        self.server.stop(true).await;
        self.server_end.wait().await;
        self.supervisor.finish(LAST_TASKS).await;
        if let Some(state_file) = &self.state_file {
            state_file.save();
        }
        if let Some((_, file)) = &self.secure
            && let Err(error) = std::fs::remove_file(file)
        {
            tracing::warn!(error = %error, "cannot remove {}", file.display());
        }
    }
}

impl Sandbox {
    /// Returns its announcement in a language.
    pub fn to_text(&self, lang: Lang) -> String {
        let (base, path) = (&self.base, self.portal.webhook_path());
        let ready = Bilingual::new("The sandbox CRM is ready.", "Песочница CRM готова.");
        let mut lines = vec![ready.pick(lang).to_owned(), String::new()];
        let mut say = |name: Bilingual<&str>, value: String| {
            let name = name.pick(lang);
            lines.push(format!("  {name:<11}  {value}"));
        };
        say(Bilingual::new("Webhook", "Вебхук"), format!("{base}{path}"));
        if let Some((secure, file)) = &self.secure {
            say(Bilingual::new("https", "https"), format!("{secure}{path}"));
            let certificate = Bilingual::new("Certificate", "Сертификат");
            say(certificate, file.display().to_string());
            let services = self.doors.iter().flat_map(Doors::urls);
            let services: Vec<String> = services.map(|(_, url)| url).collect();
            say(Bilingual::new("Services", "Сервисы"), services.join(", "));
        }
        say(
            Bilingual::new("Pages", "Страницы"),
            format!("{base}/sandbox"),
        );
        if let Some(smtp) = &self.smtp {
            let mail = bilingual!(
                "smtp://{smtp}, read it at {base}/sandbox/mail",
                "smtp://{smtp}, письма видны на {base}/sandbox/mail"
            );
            say(Bilingual::new("Mail", "Почта"), mail.pick(lang));
        }
        let control = format!("{base}/sandbox/control/counters");
        say(Bilingual::new("Control", "Управление"), control);
        let state = match &self.kept_in {
            Some(folder) => folder.join(SANDBOX_FILE).display().to_string(),
            None => Bilingual::new(
                "not kept; --data FOLDER keeps it",
                "не сохраняется; чтобы сохранять, добавьте --data ПАПКА",
            )
            .pick(lang)
            .to_owned(),
        };
        say(Bilingual::new("State", "Состояние"), state);
        let make = Bilingual::new("Make a contact:", "Создать контакт:").pick(lang);
        lines.push(format!(
            "\n{make}\n  curl '{base}{path}crm.contact.add' --data-urlencode 'fields[NAME]=Анна'\n"
        ));
        lines.join("\n")
    }
}

/// Its https side.
struct Secure {
    base: String,
    /// The certificate that clients trust.
    file: PathBuf,
    listener: TcpListener,
    certificate: Certificate,
}

impl Secure {
    fn of(
        wanted: Option<SocketAddr>,
        folder: Option<&PathBuf>,
        settings: &ServerSettings,
    ) -> anyhow::Result<Option<Self>> {
        let Some(wanted) = wanted else {
            return Ok(None);
        };
        let (listener, address) = listen(wanted, settings)?;
        let certificate = Certificate::for_address(address.ip())?;
        let file = certificate_file(folder);
        certificate.publish(&file).map_err(|error| {
            let file = file.display();
            let text = bilingual!("cannot write {file}", "не удаётся записать {file}");
            BilingualError::because(text, error)
        })?;
        Ok(Some(Self {
            base: format!("https://{}", callable(address)),
            file,
            listener,
            certificate,
        }))
    }
}

/// Creates the portal with its first faults.
fn portal(setup: &SandboxSetup, base: &str) -> Portal {
    let portal = Portal::new(PortalOptions {
        limits: setup.limits.clone(),
        latency: setup.latency,
        content: setup.content,
        seed: setup.dice,
        base_url: base.to_owned(),
        ..PortalOptions::new(Arc::new(|| SystemClock.now()))
    });
    for fault in &setup.faults {
        portal.inject(fault.clone());
    }
    portal
}

/// Restores the state from a folder, if there is one.
fn state_file(portal: &Portal, folder: Option<&PathBuf>) -> anyhow::Result<Option<StateFile>> {
    let Some(folder) = folder else {
        return Ok(None);
    };
    permissions::restrict(folder);
    if !folder.is_dir() {
        let folder = folder.display();
        let text = bilingual!("{folder} cannot be made", "не удаётся создать {folder}");
        return Err(BilingualError::new(text).into());
    }
    Ok(Some(StateFile::restore(portal, folder.join(SANDBOX_FILE))))
}

/// Builds the gate for both addresses: it is closed if other machines can reach one of them.
fn gate(settings: &Settings, plain: SocketAddr, secure: Option<SocketAddr>) -> Gate {
    let mut gate = exposure::gate(settings, plain);
    if let Some(secure) = secure {
        let other = exposure::gate(settings, secure);
        gate.open &= other.open;
        gate.any_address |= other.any_address;
        gate.hosts.extend(other.hosts);
    }
    gate
}

/// Returns how many connections fit.
fn room(settings: &ServerSettings) -> anyhow::Result<usize> {
    descriptors::make_room(descriptors::Needs {
        connections: settings.max_connections,
        workers: settings.workers,
        calls: 0,
    })
}

/// Returns the certificate's path: in the data folder, or a temporary file of this process.
fn certificate_file(folder: Option<&PathBuf>) -> PathBuf {
    let own = || format!("leadgate-{}-{CERTIFICATE}", std::process::id());
    folder.map_or_else(
        || std::env::temp_dir().join(own()),
        |folder| folder.join(CERTIFICATE),
    )
}
