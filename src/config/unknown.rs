//! Finds unknown keys. Without this check, a misspelt limit would silently have no effect.

use figment::Figment;
use figment::providers::{Data, Toml};
use figment::value::{Dict, Value};

use super::raw::{AMO_KEYS, APP_KEYS, CONNECTION_KEYS, HTTP_KEYS, PBX_KEYS, PBX_TABLES};
use crate::domain::{Bilingual, Lang, bilingual};

/// Adds a problem for each key that is not in the file of defaults.
pub(super) fn find(figment: &Figment, values: &Dict, file: &str, problems: &mut Vec<Bilingual>) {
    let known: Dict = Figment::from(Data::<Toml>::string(super::DEFAULTS))
        .extract()
        .unwrap_or_default();
    let mut path = Vec::new();
    walk(values, &known, &mut path, &mut |path, candidates| {
        let key = path.join(".");
        let place = figment
            .find_metadata(&key)
            .map(|metadata| {
                let source = super::show::source(metadata);
                let line = line_of(file, path).filter(|_| metadata.source.is_some());
                line.map_or(source.clone(), |line| {
                    source.map(|source| format!("{source}:{line}"))
                })
            })
            .unwrap_or_default();
        let advice = path
            .last()
            .and_then(|typed| closest(typed, candidates))
            .map_or_else(
                || {
                    let all = candidates.join(", ");
                    bilingual!("expected one of: {all}", "есть {all}")
                },
                |better| bilingual!("did you mean `{better}`?", "возможно, `{better}`?"),
            );
        let key = shown(path, candidates);
        let (en, ru) = (advice.in_lang(Lang::En), advice.in_lang(Lang::Ru));
        let (place, russian) = (place.in_lang(Lang::En), place.in_lang(Lang::Ru));
        problems.push(bilingual!(
            "{key} ({place}): no such setting; {en}",
            "{key} ({russian}): такой настройки нет; {ru}"
        ));
    });
}

/// Returns the key as it is printed. A key that cannot be a setting's name is masked, because it
/// may be a secret in the wrong place.
fn shown(path: &[String], candidates: &[String]) -> String {
    let Some((typed, section)) = path.split_last() else {
        return String::new();
    };
    let is_name = typed.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let mut shown = section.to_vec();
    if is_name || closest(typed, candidates).is_some() {
        shown.push(typed.clone());
    } else {
        shown.push("•••".to_owned());
    }
    shown.join(".")
}

fn walk(
    values: &Dict,
    known: &Dict,
    path: &mut Vec<String>,
    report: &mut impl FnMut(&[String], &[String]),
) {
    for (key, value) in values {
        path.push(key.clone());
        match (path.len(), path.first().map(String::as_str)) {
            (1 | 2, Some("crm" | "http" | "amocrm" | "pbx")) => {}
            // names of header fields
            (4, Some("http")) if path.get(2).is_some_and(|key| key == "headers") => {}
            (3, Some("http")) if HTTP_KEYS.contains(&key.as_str()) => {}
            (3, Some("amocrm")) if AMO_KEYS.contains(&key.as_str()) => {}
            // numbers of stages and pipelines
            (4, Some("amocrm")) if key.bytes().all(|byte| byte.is_ascii_digit()) => {}
            (3, Some("pbx")) if PBX_KEYS.contains(&key.as_str()) => {}
            // the numbers of the exchange
            (4, Some("pbx"))
                if path
                    .get(2)
                    .is_some_and(|key| PBX_TABLES.contains(&key.as_str())) => {}
            (_, Some("pbx")) => {
                report(path, &PBX_KEYS.map(str::to_owned));
                path.pop();
                continue;
            }
            (_, Some("amocrm")) => {
                report(path, &AMO_KEYS.map(str::to_owned));
                path.pop();
                continue;
            }
            (_, Some("http")) => {
                report(path, &HTTP_KEYS.map(str::to_owned));
                path.pop();
                continue;
            }
            (_, Some("crm")) => {
                let candidates = candidates_of_crm(path);
                if !candidates.contains(key) {
                    report(path, &candidates);
                }
                if path.len() > 3 || key != "app" {
                    path.pop();
                    continue;
                }
            }
            _ if !known.contains_key(key) => {
                let mut candidates: Vec<String> = known.keys().cloned().collect();
                if path.len() == 1 {
                    candidates.extend(["crm", "http", "amocrm", "pbx"].map(str::to_owned));
                }
                report(path, &candidates);
                path.pop();
                continue;
            }
            _ => {}
        }
        if let Value::Dict(_, inner) = value {
            let empty = Dict::new();
            let below = match known.get(key) {
                Some(Value::Dict(_, below)) => below,
                _ => &empty,
            };
            walk(inner, below, path, report);
        }
        path.pop();
    }
}

/// Returns the keys that a connection, or its application, may have where a path ends.
fn candidates_of_crm(path: &[String]) -> Vec<String> {
    let is_of_app = path.len() > 3 && path.get(2).is_some_and(|key| key == "app");
    let candidates: &[&str] = if is_of_app {
        &APP_KEYS
    } else {
        &CONNECTION_KEYS
    };
    candidates.iter().map(|key| (*key).to_owned()).collect()
}

/// Returns the candidate that the author most likely meant.
fn closest<'a>(typed: &str, candidates: &'a [String]) -> Option<&'a String> {
    candidates
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(typed, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Returns the line of a key in the settings file, found by its section and name.
fn line_of(file: &str, path: &[String]) -> Option<usize> {
    let (name, section) = path.split_last()?;
    let section = section.join(".");
    let mut current = String::new();
    for (index, line) in file.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
        {
            header.trim().clone_into(&mut current);
            if current == path.join(".") {
                return Some(index + 1);
            }
        } else if current == section && line.split('=').next().map(str::trim) == Some(name.as_str())
        {
            return Some(index + 1);
        }
    }
    None
}
