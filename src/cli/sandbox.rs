//! `leadgate sandbox`: runs the sandbox CRM until a signal or a failed task stops it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::arguments::ArgumentMistake;
use super::failure::Failure;
use super::out::Out;
use super::serve::{StopSignals, start_log};
use crate::app::{SandboxSetup, StandaloneSandbox};
use crate::config::Settings;
use crate::domain::{Bilingual, BilingualError, Lang, bilingual};
use crate::simulator::{Bucket, Content, Fault, Latency, Limits};

#[derive(Debug, Args)]
pub(super) struct SandboxArgs {
    /// Address and port for http.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// Listen for https too, with a certificate made for this run.
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        num_args = 0..=1,
        default_missing_value = "127.0.0.1:8443"
    )]
    tls: Option<SocketAddr>,
    /// Listen for mail too, with STARTTLS if there is --tls.
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        num_args = 0..=1,
        default_missing_value = "127.0.0.1:2525"
    )]
    smtp: Option<SocketAddr>,
    /// What a fresh portal is filled with.
    #[arg(long, value_enum, default_value = "empty")]
    seed: Seed,
    /// The portal's limits: `standard`, `enterprise`, `box` or `off` (none), or calls a second and calls at once,
    /// as in 2/50.
    #[arg(long, value_name = "PLAN", default_value = "standard", value_parser = plan)]
    limits: Limits,
    /// Seconds that one method may cost in ten minutes.
    #[arg(long, value_name = "SECONDS")]
    operating: Option<f64>,
    /// Milliseconds that every call takes.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency_call: u64,
    /// Milliseconds that every method takes, in a batch each command.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency_command: u64,
    /// Faults that wait from the start: a JSON list as for /sandbox/control/faults.
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Feeds the chances of faults and the invented people: the same number, the same run.
    #[arg(long, value_name = "N", default_value_t = 1)]
    dice: u64,
    /// Open it on addresses that other machines can reach (sandbox.public).
    #[arg(long)]
    public: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Seed {
    /// People and dictionaries, no records.
    Empty,
    /// A few hundred invented contacts, leads and deals besides.
    Demo,
}

pub(super) fn run(
    sandbox: SandboxArgs,
    folder: Option<PathBuf>,
    settings: &Settings,
    lang: Lang,
) -> Result<ExitCode, Failure> {
    start_log(&settings.log)?;
    let setup = setup(sandbox, folder, settings).map_err(|error| Failure::new(2, error))?;
    actix_web::rt::System::new().block_on(async {
        let sandbox = StandaloneSandbox::start(setup).map_err(|error| Failure::new(3, error))?;
        let mut stop = StopSignals::register().map_err(|error| Failure::new(3, error))?;
        Out::announce(sandbox.to_text(lang));
        let code = tokio::select! {
            () = stop.received() => ExitCode::SUCCESS,
            () = sandbox.failed() => ExitCode::from(3),
        };
        sandbox.stop().await;
        Ok(code)
    })
}

fn setup(
    sandbox: SandboxArgs,
    folder: Option<PathBuf>,
    settings: &Settings,
) -> anyhow::Result<SandboxSetup> {
    let mut settings = settings.clone();
    settings.sandbox.public |= sandbox.public;
    // a port mapping of the gateway says nothing of this one
    settings.server.published = None;
    let mut limits = sandbox.limits;
    limits.operating = sandbox.operating.or(limits.operating);
    Ok(SandboxSetup {
        listen: sandbox.listen,
        tls: sandbox.tls,
        smtp: sandbox.smtp,
        folder,
        content: match sandbox.seed {
            Seed::Empty => Content::Empty,
            Seed::Demo => Content::Demo,
        },
        limits,
        latency: Latency {
            call: Duration::from_millis(sandbox.latency_call),
            command: Duration::from_millis(sandbox.latency_command),
        },
        faults: match &sandbox.faults {
            Some(file) => faults(file)?,
            None => Vec::new(),
        },
        dice: sandbox.dice,
        settings,
    })
}

fn faults(file: &Path) -> anyhow::Result<Vec<Fault>> {
    let shown = file.display();
    let text = std::fs::read(file).map_err(|error| {
        let text = bilingual!("{shown} cannot be read", "не удаётся прочитать {shown}");
        BilingualError::because(text, error)
    })?;
    Ok(serde_json::from_slice(&text).map_err(|error| {
        let text = bilingual!(
            "{shown} is not a list of faults",
            "{shown} — не список сбоев"
        );
        BilingualError::because(text, error)
    })?)
}

/// `standard`, `enterprise`, `box`, `off`, or `2/50`.
fn plan(text: &str) -> Result<Limits, ArgumentMistake> {
    match text {
        "standard" => Ok(Limits::standard()),
        "enterprise" => Ok(Limits::enterprise()),
        "box" | "off" => Ok(Limits::off()),
        figures => {
            let figure = |text: &str| text.parse::<f64>().ok().filter(|it| *it > 0.0);
            let (drain, size) = figures
                .split_once('/')
                .and_then(|(drain, size)| Some((figure(drain)?, figure(size)?)))
                .ok_or_else(|| {
                    let wanted = Bilingual::new(
                        "it is `standard`, `enterprise`, `box`, `off`, or figures such as 2/50",
                        "напишите `standard`, `enterprise`, `box`, `off` или числа, например 2/50",
                    );
                    ArgumentMistake(wanted.into())
                })?;
            Ok(Limits {
                bucket: Some(Bucket { drain, size }),
                ..Limits::standard()
            })
        }
    }
}
