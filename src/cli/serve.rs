//! `leadgate serve`: runs the gateway until it is told to stop.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Failure;
use super::out::Out;
use crate::app::Gateway;
use crate::config::Settings;
use crate::redact;
use crate::telemetry;

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Address and port (server.listen).
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// The profiles' folder (mappings.dir).
    #[arg(long, value_name = "FOLDER")]
    mappings: Option<PathBuf>,
    /// Begin with an empty database in a data folder that has lost its own.
    #[arg(long)]
    new: bool,
}

impl Serve {
    pub(super) fn flags(&self, flags: &mut Vec<(String, String)>) {
        if let Some(listen) = &self.listen {
            flags.push(("server.listen".to_owned(), listen.clone()));
        }
        if let Some(mappings) = &self.mappings {
            flags.push(("mappings.dir".to_owned(), mappings.display().to_string()));
        }
    }
}

pub(super) fn run(serve: &Serve, mut settings: Settings) -> Result<ExitCode, Failure> {
    telemetry::figures();
    telemetry::log(&settings.log).map_err(|error| Failure::new(2, error))?;
    settings.data.begin_afresh = serve.new;
    actix_web::rt::System::new().block_on(async {
        let gateway = Gateway::start(settings)
            .await
            .map_err(|error| Failure::new(3, error))?;
        // before anybody can know that it runs
        let mut stop = StopSignals::register().map_err(|error| Failure::new(3, error))?;
        Out::announce(redact::mask(&gateway.started().to_string()).into_owned());
        let code = tokio::select! {
            () = stop.come() => ExitCode::SUCCESS,
            () = gateway.failed() => ExitCode::from(3),
        };
        tokio::select! {
            () = gateway.drain() => Ok(code),
            () = stop.come() => Ok(ExitCode::from(3)),
        }
    })
}

/// SIGTERM and Ctrl-C. From the registration on they end the program in an orderly way only.
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

    /// Returns when one of them has come.
    pub(super) async fn come(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
