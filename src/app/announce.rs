//! The announcement that the gateway prints when it starts.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::connections::Connections;
use crate::authoring::SOURCES;
use crate::config::Settings;
use crate::intake::{self, Announcement};
use crate::mapping::{Profile, ProfileSet};

/// The facts of a start, printed by `Display` in a few plain lines.
#[derive(Debug, Clone)]
pub struct Started {
    /// Where it listens.
    pub address: SocketAddr,
    /// The base URL for callers on this machine, such as `http://127.0.0.1:8080`.
    pub base: String,
    sources: Vec<Announcement>,
    data: PathBuf,
    mappings: PathBuf,
    profiles: Vec<String>,
    crm: Vec<String>,
    sandbox: bool,
    /// Whether the sandbox's pages answer.
    open: bool,
}

impl Started {
    pub(super) fn new(
        settings: &Settings,
        listening: SocketAddr,
        profiles: &ProfileSet,
        connections: &Connections,
    ) -> Self {
        // behind a port mapping, senders call the published address
        let address = settings.server.published.unwrap_or(listening);
        let host = match address {
            SocketAddr::V4(v4) if v4.ip().is_unspecified() => "127.0.0.1".to_owned(),
            SocketAddr::V6(v6) if v6.ip().is_unspecified() => "[::1]".to_owned(),
            SocketAddr::V4(v4) => v4.ip().to_string(),
            SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
        };
        let base = format!("http://{host}:{}", address.port());
        Self {
            address: listening,
            sources: intake::SOURCES
                .iter()
                .map(|source| source.announcement(&base, settings, profiles))
                .collect(),
            base,
            data: std::path::absolute(&settings.data.dir).unwrap_or(settings.data.dir.clone()),
            mappings: settings.mappings.dir.clone(),
            profiles: profiles
                .profiles()
                .iter()
                .map(|profile| summary(profile))
                .collect(),
            crm: connections
                .0
                .iter()
                .map(|(name, c)| format!("{name}: {}", c.masked_address()))
                .collect(),
            sandbox: settings.crm.is_empty(),
            open: super::exposure::is_open(settings, settings.server.listen),
        }
    }
}

impl fmt::Display for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = &self.base;
        writeln!(f, "leadgate {} is ready.\n", env!("CARGO_PKG_VERSION"))?;
        for (name, address) in self.sources.iter().flat_map(|source| &source.addresses) {
            writeln!(f, "  {name:<10}  {address}")?;
        }
        if self.sandbox && !self.open {
            writeln!(
                f,
                "  CRM         the embedded sandbox, not a real portal; its pages are closed, because other \
                 machines can reach this address (sandbox.public)"
            )?;
        } else if self.sandbox {
            writeln!(
                f,
                "  CRM         the embedded sandbox, not a real portal: {base}/sandbox"
            )?;
        }
        for crm in self.crm.iter().filter(|_| !self.sandbox) {
            writeln!(f, "  CRM         {crm}")?;
        }
        writeln!(f, "  Data        {}", self.data.display())?;
        let folder = self.mappings.display();
        if self.profiles.is_empty() {
            writeln!(
                f,
                "  Profiles    none in {folder}: every answer is refused; run `leadgate check`"
            )?;
        }
        for (index, profile) in self.profiles.iter().take(10).enumerate() {
            writeln!(
                f,
                "  {:<10}  {profile}",
                if index == 0 { "Profiles" } else { "" }
            )?;
        }
        if self.profiles.len() > 10 {
            writeln!(
                f,
                "              … and {} more in {folder}",
                self.profiles.len() - 10
            )?;
        }
        writeln!(f)?;
        for (title, command) in self.sources.iter().flat_map(|source| &source.examples) {
            writeln!(f, "{title}:\n  {command}")?;
        }
        Ok(())
    }
}

/// `polls 123, 124`; `None` for none.
fn listed<'a>(what: &str, items: impl Iterator<Item = &'a str>) -> Option<String> {
    let names: Vec<&str> = items.collect();
    match names.as_slice() {
        [] => None,
        [one] => Some(format!("{what} {one}")),
        several => Some(format!("{what}s {}", several.join(", "))),
    }
}

/// `consultation «Вопрос…»: polls 123, 124 → deal`.
fn summary(profile: &Profile) -> String {
    let reference = profile.reference();
    let mut takes: Vec<String> = SOURCES
        .iter()
        .filter_map(|words| listed(words.one, profile.addresses(words.source)))
        .collect();
    let others: Vec<String> = SOURCES
        .iter()
        .filter(|words| profile.takes_others(words.source))
        .map(|words| format!("every other {}", words.one))
        .collect();
    if others.len() == SOURCES.len() {
        takes.push("everything else".to_owned());
    } else {
        takes.extend(others);
    }
    let takes = takes.join(", ");
    let makes = profile.makes();
    format!("{} «{}»: {takes} → {makes}", reference.file, reference.name)
}
