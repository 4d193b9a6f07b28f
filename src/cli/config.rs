//! `leadgate config`: prints the effective settings and the source of each.

use std::process::ExitCode;

use super::out::Out;
use crate::config::Loaded;
use crate::redact;

pub(super) fn run(loaded: &Loaded, out: &Out) -> ExitCode {
    Out::line(redact::mask_all(loaded.show(out.lang()).trim_end()));
    ExitCode::SUCCESS
}
