//! Prints the settings in force: key, value and source, with secrets masked.

use figment::value::{Dict, Value};
use figment::{Figment, Metadata, Source};

use super::raw::{AMO_SECRETS, HTTP_SECRETS, PBX_SECRETS};
use crate::domain::{Bilingual, Lang, bilingual};

/// Keys whose values are never shown.
const SECRETS: [&str; 4] = ["webhook", "password", "client_secret", "token_key"];

pub(super) fn effective(figment: &Figment, from_files: &[String], lang: Lang) -> String {
    let values: Dict = figment.extract().unwrap_or_default();
    let mut lines = Vec::new();
    collect(figment, &values, "", &mut lines);
    let lines = lines.into_iter();
    let lines = lines.map(|(key, line, from)| (key, line, from.pick(lang)));
    let mut lines: Vec<(String, String, String)> = lines.collect();
    for (key, line, _) in &mut lines {
        // it may be the wrong file
        if from_files.contains(key)
            && !SECRETS.iter().any(|secret| key.ends_with(secret))
            && !is_secret_of("http", &HTTP_SECRETS, key)
        {
            *line = format!("{key} = \"•••\"");
        }
    }
    let width = lines
        .iter()
        .map(|(_, line, _)| line.chars().count())
        .max()
        .unwrap_or_default();
    let lines: Vec<String> = lines
        .into_iter()
        .map(|(_, line, from)| format!("{line:<width$}  # {from}"))
        .collect();
    lines.join("\n")
}

/// A key, its line, and its source.
type Line = (String, String, Bilingual);

fn collect(figment: &Figment, values: &Dict, prefix: &str, lines: &mut Vec<Line>) {
    for (name, value) in values {
        let key = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        if let Value::Dict(_, inner) = value {
            collect(figment, inner, &key, lines);
            continue;
        }
        let is_secret = SECRETS.contains(&name.as_str())
            || is_secret_of("http", &HTTP_SECRETS, &key)
            || is_secret_of("amocrm", &AMO_SECRETS, &key)
            || is_secret_of("pbx", &PBX_SECRETS, &key);
        let shown = if is_secret {
            // an empty one is no secret
            match value.as_str() {
                Some("") => "\"\"".to_owned(),
                text => format!("\"{}\"", mask(text.unwrap_or_default())),
            }
        } else {
            literal(value)
        };
        let from = figment.find_metadata(&key).map_or_else(default, source);
        let line = format!("{key} = {shown}");
        lines.push((key, line, from));
    }
}

/// Returns whether a dotted key is one of these of a named table, such as `http.orders.token`.
fn is_secret_of(table: &str, secrets: &[&str], key: &str) -> bool {
    let mut parts = key.split('.');
    parts.next() == Some(table) && parts.nth(1).is_some_and(|key| secrets.contains(&key))
}

fn default() -> Bilingual {
    Bilingual::new("default", "по умолчанию").into()
}

/// Returns where a value was set: `default`, the file's name, `environment` or `flag`.
pub(super) fn source(metadata: &Metadata) -> Bilingual {
    match (&metadata.source, &*metadata.name) {
        (Some(Source::File(path)), _) => {
            let name = path.file_name().unwrap_or(path.as_os_str());
            let name = name.to_string_lossy();
            bilingual!("{name}", "{name}")
        }
        (_, name) if name.contains("TOML") => default(),
        (_, "environment") => Bilingual::new("environment", "окружение").into(),
        (_, "flag") => Bilingual::new("flag", "командная строка").into(),
        (_, name) => bilingual!("{name}", "{name}"),
    }
}

/// Masks an address behind its host: the rest is the secret.
pub(crate) fn mask(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return "•••".to_owned();
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let behind = rest.get(authority.len()..).unwrap_or_default();
    if host == authority && matches!(behind, "" | "/") {
        // there is no secret
        return address.to_owned();
    }
    format!("{scheme}://{host}/•••")
}

pub(super) fn literal(value: &Value) -> String {
    match value {
        Value::String(_, text) => format!("{text:?}"),
        Value::Array(_, items) => {
            format!(
                "[{}]",
                items.iter().map(literal).collect::<Vec<_>>().join(", ")
            )
        }
        Value::Bool(_, flag) => flag.to_string(),
        Value::Char(_, letter) => format!("{:?}", letter.to_string()),
        Value::Num(_, number) => number
            .to_i128()
            .map(|n| n.to_string())
            .or_else(|| number.to_u128().map(|n| n.to_string()))
            .or_else(|| number.to_f64().map(|n| n.to_string()))
            .unwrap_or_default(),
        Value::Empty(..) | Value::Dict(..) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn only_what_may_be_a_secret_is_masked() {
        for (address, shown) in [
            ("https://a.example", "https://a.example"),
            ("http://127.0.0.1:1/", "http://127.0.0.1:1/"),
            ("https://a.example/rest/1/x/", "https://a.example/•••"),
            ("https://a.example?key=x", "https://a.example/•••"),
            ("https://u:p@a.example", "https://a.example/•••"),
            ("a.example/x", "•••"),
        ] {
            assert_eq!(mask(address), shown);
        }
    }
}
