//! Who may connect a poll: parses `[polls.employees]`.

use super::raw::RawEmployees;
use super::settings::EmployeeCheck;
use crate::domain::Email;

/// Parses the rule; `connections` are the names of all connections.
pub(super) fn parse(raw: &RawEmployees, connections: &[String]) -> Result<EmployeeCheck, String> {
    match raw.check.as_str() {
        "off" => Ok(EmployeeCheck::Off),
        "listed" => listed(&raw.listed),
        "portal" => Ok(EmployeeCheck::Portal {
            connection: connection(&raw.crm, connections)?,
            departments: departments(&raw.departments)?,
        }),
        other => Err(format!(
            "check = \"{other}\" must be one of off, listed, portal"
        )),
    }
}

fn listed(entries: &[String]) -> Result<EmployeeCheck, String> {
    if entries.is_empty() {
        return Err("check = \"listed\" needs addresses or domains in `listed`".to_owned());
    }
    let (addresses, domains): (Vec<&String>, Vec<&String>) = entries
        .iter()
        .partition(|entry| !entry.starts_with('@') && entry.contains('@'));
    let emails = addresses
        .into_iter()
        .map(|text| Email::parse(text).ok_or_else(|| format!("`{text}` is not an e-mail address")))
        .collect::<Result<_, _>>()?;
    let domains = domains
        .iter()
        .map(|domain| domain.trim_start_matches('@').to_lowercase())
        .collect();
    Ok(EmployeeCheck::Listed { emails, domains })
}

fn departments(ids: &[String]) -> Result<Vec<i64>, String> {
    let number = |id: &String| {
        id.parse()
            .map_err(|_| format!("department `{id}` is not a number"))
    };
    ids.iter().map(number).collect()
}

/// Returns the connection whose portal is asked: the named one, or the only one.
fn connection(named: &str, connections: &[String]) -> Result<String, String> {
    let all = connections.join(", ");
    match (named.trim(), connections) {
        ("", [only]) => Ok(only.clone()),
        ("", _) => Err(format!(
            "check = \"portal\" with several connections ({all}); name the one to ask in polls.employees.crm"
        )),
        (named, _) if connections.iter().any(|name| name == named) => Ok(named.to_owned()),
        (named, _) => Err(format!(
            "crm = \"{named}\" is not a connection; the settings have {all}"
        )),
    }
}
