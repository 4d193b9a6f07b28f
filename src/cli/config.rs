//! `leadgate config`: prints the effective settings and the source of each.

use std::process::ExitCode;

use super::failure::Failure;
use super::out::Out;
use crate::app;
use crate::config::Loaded;
use crate::redact;

pub(super) fn run(loaded: &Loaded, out: &Out) -> Result<ExitCode, Failure> {
    app::check_destinations(&loaded.settings).map_err(|error| Failure::new(2, error))?;
    Out::line(redact::mask_all(loaded.show(out.lang()).trim_end()));
    Ok(ExitCode::SUCCESS)
}
