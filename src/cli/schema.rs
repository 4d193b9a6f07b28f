//! `leadgate schema`: what editors need to know of profiles.

use std::process::ExitCode;

use clap::Args;

use super::out::Out;
use crate::domain::Lang;
use crate::mapping::schema;

#[derive(Debug, Args)]
pub(super) struct Schema {
    /// The language of the keys' meanings; left out: as the environment's locale says.
    #[arg(long, value_name = "ru|en", value_parser = super::language)]
    lang: Option<Lang>,
}

pub(super) fn run(command: &Schema, out: &Out) -> ExitCode {
    let lang = command.lang.unwrap_or_else(|| out.lang());
    Out::line(format!("{:#}", schema(lang)));
    ExitCode::SUCCESS
}
