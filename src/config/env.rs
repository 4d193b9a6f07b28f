//! Reads the environment; no other code does. `LEADGATE_SERVER__LISTEN` sets `server.listen`. A
//! variable with the suffix `_FILE` names a file with the value, for secrets that container
//! platforms mount.

use std::path::Path;

use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};
use secrecy::SecretString;

use crate::domain::{Bilingual, Lang, bilingual};

const PREFIX: &str = "LEADGATE_";
/// Names the settings file; it is not a setting itself.
const CONFIG: &str = "LEADGATE_CONFIG";

/// Settings whose own names end like that: the value is the path.
const PATHS: [&str; 1] = ["LEADGATE_MAIL__CA_FILE"];

/// leadgate's environment variables, and the locale.
#[derive(Default, Clone)]
pub struct Environment {
    variables: Vec<(String, String)>,
    no_colour: bool,
    lang: Option<Lang>,
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.variables.iter().map(|(name, _)| name))
            .finish()
    }
}

impl Environment {
    /// Reads the environment of the process.
    #[expect(
        clippy::disallowed_methods,
        reason = "only this file reads the environment"
    )]
    pub fn of_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with(PREFIX))
            .collect();
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        // the first of these that is set decides, see locale(7)
        let lang = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .filter_map(std::env::var_os)
            .find(|value| !value.is_empty())
            .and_then(|value| Lang::parse(value.to_str()?));
        Self {
            variables,
            no_colour,
            lang,
        }
    }

    /// Uses these pairs, for tests.
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            variables: pairs.iter().map(owned).collect(),
            no_colour: false,
            lang: None,
        }
    }

    /// Returns whether output must have no colours (<https://no-color.org>).
    pub fn no_colour(&self) -> bool {
        self.no_colour
    }

    /// Returns the language of the locale: Russian or English.
    pub fn lang(&self) -> Lang {
        self.lang.unwrap_or(Lang::En)
    }

    /// Returns the settings file that `LEADGATE_CONFIG` names.
    pub fn config_file(&self) -> Option<&Path> {
        self.variables
            .iter()
            .find(|(name, _)| name == CONFIG)
            .map(|(_, value)| Path::new(value))
    }

    /// Returns the variables as a source of settings; reads the files of `_FILE` variables.
    pub(super) fn provider(&self) -> Result<Keys, Bilingual> {
        let mut keys = Vec::new();
        let mut from_files = Vec::new();
        for (name, value) in self.variables.iter().filter(|(name, _)| name != CONFIG) {
            let key = |name: &str| {
                name.strip_prefix(PREFIX)
                    .unwrap_or(name)
                    .to_ascii_lowercase()
                    .replace("__", ".")
            };
            let is_path = PATHS.contains(&name.as_str());
            if let Some(stem) = name.strip_suffix("_FILE").filter(|_| !is_path) {
                if self.variables.iter().any(|(other, _)| other == stem) {
                    return Err(bilingual!(
                        "{stem} and {name} are both set; keep one of them",
                        "заданы и {stem}, и {name}; оставьте что-то одно"
                    ));
                }
                let text = std::fs::read_to_string(value).map_err(|error| {
                    bilingual!(
                        "{name}: cannot read the file: {error}",
                        "{name}: файл не читается («{error}»)"
                    )
                })?;
                from_files.push(key(stem));
                keys.push((key(stem), text.trim().to_owned()));
            } else {
                keys.push((key(name), value.clone()));
            }
        }
        Ok(Keys {
            name: "environment",
            pairs: keys,
            from_files,
        })
    }
}

/// Returns a channel's secret by the full name of its variable; `None` if it is missing or blank.
#[expect(
    clippy::disallowed_methods,
    reason = "only this file reads the environment"
)]
pub fn secret_variable(name: &str) -> Option<SecretString> {
    let value = std::env::var(name).ok()?;
    let value = value.trim();
    (!value.is_empty()).then(|| SecretString::from(value))
}

/// Dotted keys with their values as a source of settings.
pub(super) struct Keys {
    name: &'static str,
    pairs: Vec<(String, String)>,
    from_files: Vec<String>,
}

impl Keys {
    /// Returns the keys and their values.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&String, &String)> {
        self.pairs.iter().map(|(key, text)| (key, text))
    }

    /// Returns the keys whose values were read from a file, with these values.
    pub(super) fn read_from_files(&self) -> Vec<(String, String)> {
        let found = self
            .pairs
            .iter()
            .filter(|(key, _)| self.from_files.contains(key));
        found.cloned().collect()
    }

    pub(super) fn flags(keys: &[(String, String)]) -> Self {
        Self {
            name: "flag",
            pairs: keys.to_vec(),
            from_files: Vec::new(),
        }
    }
}

impl Provider for Keys {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let mut dict = Dict::new();
        for (key, text) in &self.pairs {
            let parts: Vec<&str> = key.split('.').collect();
            insert(&mut dict, &parts, Value::from(text.as_str()));
        }
        Ok(Profile::Default.collect(dict))
    }
}

fn insert(dict: &mut Dict, path: &[&str], value: Value) {
    match path {
        [] => {}
        [last] => {
            dict.insert((*last).to_owned(), value);
        }
        [first, rest @ ..] => {
            let entry = dict
                .entry((*first).to_owned())
                .or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, inner) = entry {
                insert(inner, rest, value);
            } else {
                let mut inner = Dict::new();
                insert(&mut inner, rest, value);
                *entry = Value::from(inner);
            }
        }
    }
}
