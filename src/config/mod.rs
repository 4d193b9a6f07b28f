//! Settings: built-in defaults ← `leadgate.toml` ← environment ← flags. The result is checked and
//! typed; secrets are masked wherever they are shown.

mod addresses;
mod alerts;
mod amocrm;
mod amocrm_api;
mod amocrm_widget;
mod console;
mod crm_app;
mod employees;
mod env;
mod flexible;
mod http;
mod mail;
mod parse;
mod pbx;
mod pbx_calls;
mod pbx_commands;
mod pbx_recordings;
mod problems;
mod raw;
mod secrets;
mod settings;
mod show;
mod type_errors;
mod units;
mod unknown;

use std::path::PathBuf;

use figment::Figment;
use figment::providers::{Data, Toml};

pub use alerts::{AlertSettings, HttpAlert, QuietHours, Silence};
pub use amocrm::AMO_PATH;
pub use console::{ConsoleSettings, PortalRoles, ProxySignIn};
pub use crm_app::{CrmAccessSettings, PortalAppSettings};
pub use env::{Environment, secret_variable};
pub use mail::{MailEncryption, MailSettings};
pub use pbx::PBX_PATH;
pub use pbx_calls::PbxCallSettings;
pub use pbx_commands::PbxCommandSettings;
pub use settings::{
    AmoAccessSettings, AmoApiSettings, AmoIntegrationSettings, AmoSettings, ChannelSettings,
    ConnectionSettings, DataSettings, DeliverySettings, EmployeeCheck, HookCare, HttpPreset,
    HttpServiceSettings, JournalSettings, LogFormat, LogSettings, MappingSettings, OutputSettings,
    PbxSettings, PollSettings, PortalPlan, RecordingSettings, RecordingWay, SANDBOX_CONNECTION,
    SANDBOX_SERVICES, SandboxSettings, ServerSettings, Settings, Unknown, UnknownOutcome,
    WidgetSettings, WithoutProfile,
};

use crate::domain::{Bilingual, Lang, bilingual};
use crate::redact;

/// The commented file of defaults, built into the program.
pub const DEFAULTS: &str = include_str!("defaults.toml");

/// The settings file in the working folder, used if no other is named.
pub const FILE: &str = "leadgate.toml";

/// The sources of settings, besides the defaults.
#[derive(Debug, Default)]
pub struct Sources {
    /// A settings file that must exist; `None` means [`FILE`], which may be missing.
    pub file: Option<PathBuf>,
    /// The environment.
    pub environment: Environment,
    /// Dotted keys and their values from the command line; they have the highest priority.
    pub flags: Vec<(String, String)>,
}

/// Settings, and where each comes from.
pub struct Loaded {
    /// The settings in force.
    pub settings: Settings,
    figment: Figment,
    /// Keys whose values were read from files that the environment names.
    from_files: Vec<String>,
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaded")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Loaded {
    /// Returns the settings in force as TOML-like lines with their sources, secrets masked.
    pub fn show(&self, lang: Lang) -> String {
        show::effective(&self.figment, &self.from_files, lang)
    }
}

/// All problems of the settings, one a line, secrets masked.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.to_text(Lang::En))]
pub struct SettingsError(pub Vec<Bilingual>);

impl SettingsError {
    /// Returns the problems with a heading.
    pub fn to_text(&self, lang: Lang) -> String {
        let heading = Bilingual::new(
            "the settings cannot be used:",
            "с такими настройками запуститься нельзя:",
        );
        let problems = self.0.iter().map(|problem| problem.in_lang(lang));
        let lines: Vec<String> = problems.map(|problem| format!("\n  {problem}")).collect();
        format!("{}{}", heading.pick(lang), lines.concat())
    }

    /// Masks secrets, and all text from a `_FILE`, because it may be the wrong file.
    fn masked(problems: &[Bilingual], from_files: &[(String, String)]) -> Self {
        let masked = |problem: &str| {
            let texts = from_files.iter().filter(|(_, text)| !text.is_empty());
            let problem = texts.fold(problem.to_owned(), |problem, (_, text)| {
                problem.replace(text, "•••")
            });
            redact::mask_all(&problem)
        };
        Self(problems.iter().map(|problem| problem.map(masked)).collect())
    }
}

/// Reads all sources, lowest first, and checks the result.
pub fn load(sources: &Sources) -> Result<Loaded, SettingsError> {
    let environment = sources
        .environment
        .provider()
        .map_err(|problem| SettingsError(vec![problem]))?;
    for (key, text) in environment
        .texts()
        .chain(sources.flags.iter().map(|(k, t)| (k, t)))
    {
        secrets::register_key(key, text);
    }
    let from_files = environment.read_from_files();
    for (_, text) in &from_files {
        secrets::register_file(text);
    }
    let file = match &sources.file {
        Some(file) if !file.is_file() => {
            let file = file.display();
            return Err(SettingsError(vec![bilingual!(
                "{file}: no such file; check --config or LEADGATE_CONFIG",
                "{file}: такого файла нет; проверьте --config или LEADGATE_CONFIG"
            )]));
        }
        Some(file) => file.clone(),
        None => PathBuf::from(FILE),
    };
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
        Ok(values) => {
            secrets::register(&values);
            unknown::find(&figment, &values, &file_text, &mut problems);
        }
        Err(error) => problems.push(type_errors::describe(&error, &file_text)),
    }
    let masked = |problems: &[Bilingual]| SettingsError::masked(problems, &from_files);
    if !problems.is_empty() {
        return Err(masked(&problems));
    }
    let raw: raw::RawSettings = figment.extract().map_err(|errors| {
        let problems = errors
            .into_iter()
            .map(|e| type_errors::describe(&e, &file_text));
        masked(&problems.collect::<Vec<_>>())
    })?;
    let settings = Settings::parse(raw).map_err(|problems| masked(&problems))?;
    Ok(Loaded {
        settings,
        figment,
        from_files: from_files.into_iter().map(|(key, _)| key).collect(),
    })
}

#[cfg(test)]
mod tests;
