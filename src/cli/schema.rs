//! `leadgate schema`: what editors need to know of profiles, `_channels.yaml` and `_pbx.yaml`.

use std::process::ExitCode;

use clap::Args;

use super::out::Out;
use crate::author_tools::{channels_schema, people_schema, schema};

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// The schema of _channels.yaml, not of profiles.
    #[arg(long)]
    channels: bool,
    /// The schema of _pbx.yaml, not of profiles.
    #[arg(long, conflicts_with = "channels")]
    pbx: bool,
}

pub(super) fn run(command: &SchemaArgs, out: &Out) -> ExitCode {
    let lang = out.lang();
    let schema = if command.channels {
        channels_schema(lang)
    } else if command.pbx {
        people_schema(lang)
    } else {
        schema(lang)
    };
    Out::line(format!("{schema:#}"));
    ExitCode::SUCCESS
}
