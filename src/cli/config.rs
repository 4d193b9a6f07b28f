//! `leadgate config`: what is in force, and where it was set.

use std::process::ExitCode;

use super::out::Out;
use crate::config::Loaded;

pub(super) fn run(loaded: &Loaded) -> ExitCode {
    Out::line(loaded.show().trim_end());
    ExitCode::SUCCESS
}
