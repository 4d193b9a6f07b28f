//! Settings: defaults that are built in ← `leadgate.toml` ← environment ← flags. What comes out is
//! checked and typed; secrets are masked wherever they are shown.

mod env;
mod flexible;
mod parse;
mod raw;
mod settings;
mod show;
mod units;
mod unknown;

use std::path::PathBuf;

use figment::Figment;
use figment::providers::{Data, Toml};

pub use env::{Environment, secret_variable};
pub use settings::{
    ChannelSettings, ConnectionSettings, DataSettings, DeliverySettings, EmployeeCheck,
    JournalSettings, LogFormat, LogSettings, MappingSettings, PollSettings, PortalPlan,
    SandboxSettings, ServerSettings, Settings, Unknown, WithoutProfile,
};

/// The commented file of defaults, as it stands in the program.
pub const DEFAULTS: &str = include_str!("defaults.toml");

/// The file that is read from the working folder when no other is named.
pub const FILE: &str = "leadgate.toml";

/// Where settings come from, besides the defaults.
#[derive(Debug, Default)]
pub struct Sources {
    /// A settings file that must exist; `None` looks for [`FILE`] and goes on without it.
    pub file: Option<PathBuf>,
    /// The environment.
    pub environment: Environment,
    /// Dotted keys and their values from the command line: they win.
    pub flags: Vec<(String, String)>,
}

/// Settings and where each came from.
pub struct Loaded {
    /// What is in force.
    pub settings: Settings,
    figment: Figment,
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaded")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Loaded {
    /// The effective settings as TOML-like lines with their sources, secrets masked.
    pub fn show(&self) -> String {
        show::effective(&self.figment)
    }
}

/// Everything that is wrong with the settings, one line a problem.
#[derive(Debug, thiserror::Error)]
#[error("the settings cannot be used:\n{}", .0.iter().map(|p| format!("  {p}")).collect::<Vec<_>>().join("\n"))]
pub struct SettingsError(pub Vec<String>);

/// Reads all sources, lowest first, and checks the result.
pub fn load(sources: &Sources) -> Result<Loaded, SettingsError> {
    let file = match &sources.file {
        Some(file) if !file.is_file() => {
            return Err(SettingsError(vec![format!(
                "{}: no such file; check --config or LEADGATE_CONFIG",
                file.display()
            )]));
        }
        Some(file) => file.clone(),
        None => PathBuf::from(FILE),
    };
    let environment = sources
        .environment
        .provider()
        .map_err(|problem| SettingsError(vec![problem]))?;
    let file_text = std::fs::read_to_string(&file).unwrap_or_default();
    let mut figment = Figment::from(Data::<Toml>::string(DEFAULTS));
    if file.is_file() {
        figment = figment.merge(Data::<Toml>::file_exact(&file));
    }
    let figment = figment
        .merge(environment)
        .merge(env::Keys::flags(&sources.flags));
    let mut problems = Vec::new();
    match raw::values(&figment) {
        Ok(values) => unknown::find(&figment, &values, &file_text, &mut problems),
        Err(error) => problems.push(raw::describe(&error)),
    }
    if !problems.is_empty() {
        return Err(SettingsError(problems));
    }
    let raw: raw::RawSettings = figment
        .extract()
        .map_err(|errors| SettingsError(errors.into_iter().map(|e| raw::describe(&e)).collect()))?;
    let settings = Settings::parse(raw).map_err(SettingsError)?;
    Ok(Loaded { settings, figment })
}

#[cfg(test)]
mod tests;
