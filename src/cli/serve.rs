//! `leadgate serve`: runs the gateway until a signal or a failed task stops it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::failure::Failure;
use super::out::Out;
use crate::app::Gateway;
use crate::config::{LogSettings, Settings};
use crate::domain::{Lang, bilingual};
use crate::redact;
use crate::telemetry;

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Address and port (server.listen).
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// The profiles' folder (mappings.dir).
    #[arg(long, value_name = "FOLDER")]
    mappings: Option<PathBuf>,
    /// Start with an empty database in a data folder that has lost its database.
    #[arg(long)]
    new: bool,
}

impl ServeArgs {
    pub(super) fn flags(&self, flags: &mut Vec<(String, String)>) {
        if let Some(listen) = &self.listen {
            flags.push(("server.listen".to_owned(), listen.clone()));
        }
        if let Some(mappings) = &self.mappings {
            flags.push(("mappings.dir".to_owned(), mappings.display().to_string()));
        }
    }
}

pub(super) fn run(
    serve: &ServeArgs,
    mut settings: Settings,
    lang: Lang,
) -> Result<ExitCode, Failure> {
    telemetry::metrics_handle();
    start_log(&settings.log)?;
    settings.data.begin_afresh = serve.new;
    actix_web::rt::System::new().block_on(async {
        let gateway = Gateway::start(settings)
            .await
            .map_err(|error| Failure::new(3, error))?;
        // before the announcement: a script may stop the program as soon as it reads that
        let mut stop = StopSignals::register().map_err(|error| Failure::new(3, error))?;
        Out::announce(redact::mask(&gateway.started().to_text(lang)).into_owned());
        Ok(run_until_stopped(gateway, &mut stop).await)
    })
}

/// Starts the log of a server.
pub(super) fn start_log(settings: &LogSettings) -> Result<(), Failure> {
    telemetry::log(settings).map_err(|error| {
        let text = bilingual!(
            "{error:#}",
            "лог не запускается, проверьте log.filter: «{error:#}»"
        );
        Failure::message(2, text)
    })
}

/// Drains the gateway on the first signal or when a task fails. A second signal ends the drain.
/// Returns the exit code of the process.
async fn run_until_stopped(gateway: Gateway, stop: &mut StopSignals) -> ExitCode {
    let code = tokio::select! {
        () = stop.received() => ExitCode::SUCCESS,
        () = gateway.failed() => ExitCode::from(3),
    };
    tokio::select! {
        () = gateway.drain() => code,
        () = stop.received() => ExitCode::from(3),
    }
}

/// SIGTERM and Ctrl-C. Once they are registered, they no longer kill the program.
pub(super) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    pub(super) fn register() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Returns when one of them was received.
    pub(super) async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Sources, load};

    #[actix_web::test]
    async fn a_task_that_panics_ends_the_process_with_exit_code_3() {
        let home = tempfile::tempdir().unwrap();
        let flag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let sources = Sources {
            file: None,
            environment: Environment::default(),
            flags: vec![
                flag("data.dir", &home.path().join("data").display().to_string()),
                flag("mappings.dir", &home.path().display().to_string()),
                flag("server.listen", "127.0.0.1:0"),
            ],
        };
        let settings = load(&sources).unwrap().settings;
        let gateway = Gateway::start(settings).await.unwrap();
        let mut stop = StopSignals::register().unwrap();
        gateway.inject_panic("maintenance");
        let code = run_until_stopped(gateway, &mut stop).await;
        assert_eq!(code, ExitCode::from(3));
    }
}
