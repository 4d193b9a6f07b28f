//! `leadgate schema`: what editors need to know of profiles and of `_channels.yaml`.

use std::process::ExitCode;

use clap::Args;

use super::out::Out;
use crate::author_tools::{channels_schema, schema};
use crate::domain::Lang;

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// The schema of _channels.yaml, not of profiles.
    #[arg(long)]
    channels: bool,
    /// The language of the keys' meanings; default: the locale of the environment.
    #[arg(long, value_name = "ru|en", value_parser = super::language::language)]
    lang: Option<Lang>,
}

pub(super) fn run(command: &SchemaArgs, out: &Out) -> ExitCode {
    let lang = command.lang.unwrap_or_else(|| out.lang());
    let schema = if command.channels {
        channels_schema(lang)
    } else {
        schema(lang)
    };
    Out::line(format!("{schema:#}"));
    ExitCode::SUCCESS
}
