//! Who may connect a poll: parses `[polls.employees]`.

use super::raw::RawEmployees;
use super::settings::EmployeeCheck;
use crate::domain::{Bilingual, Email, bilingual};

/// Parses the rule; `connections` are the names of all connections.
pub(super) fn parse(
    raw: &RawEmployees,
    connections: &[String],
) -> Result<EmployeeCheck, Bilingual> {
    match raw.check.as_str() {
        "off" => Ok(EmployeeCheck::Off),
        "listed" => listed(&raw.listed),
        "portal" => Ok(EmployeeCheck::Portal {
            connection: connection(&raw.crm, connections)?,
            departments: departments(&raw.departments)?,
            sub_departments: raw.sub_departments,
        }),
        other => Err(bilingual!(
            "check = \"{other}\" must be one of off, listed, portal",
            "check = \"{other}\" не подходит; можно off, listed, portal"
        )),
    }
}

fn listed(entries: &[String]) -> Result<EmployeeCheck, Bilingual> {
    if entries.is_empty() {
        return Err(bilingual!(
            "check = \"listed\" needs addresses or domains in `listed`",
            "для check = \"listed\" нужны адреса или домены в `listed`"
        ));
    }
    let (mut emails, mut domains) = (Vec::new(), Vec::new());
    for entry in entries {
        let entry = entry.trim();
        let domain = entry.strip_prefix('*').unwrap_or(entry);
        let domain = match domain.strip_prefix('@') {
            Some(domain) => domain.strip_prefix('*').unwrap_or(domain),
            None => domain,
        };
        if is_domain(domain.strip_prefix('.').unwrap_or(domain)) {
            domains.push(domain.to_lowercase());
        } else if let Some(email) = Email::parse(entry).filter(|_| !entry.contains('*')) {
            emails.push(email);
        } else if entry == "*" || entry == "*@*" {
            return Err(bilingual!(
                "`{entry}` in `listed` means everybody: write check = \"off\"",
                "`{entry}` в `listed` — это все подряд: напишите check = \"off\""
            ));
        } else {
            return Err(bilingual!(
                "`{entry}` in `listed` is not an e-mail address or a domain: write somebody@hse.ru, hse.ru \
                 or *@hse.ru, and *.hse.ru for the domains below",
                "`{entry}` в `listed` — не адрес почты и не домен: напишите somebody@hse.ru, hse.ru или \
                 *@hse.ru, а для поддоменов *.hse.ru"
            ));
        }
    }
    Ok(EmployeeCheck::Listed { emails, domains })
}

fn is_domain(text: &str) -> bool {
    let is_label =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    text.contains('.') && text.split('.').all(is_label)
}

fn departments(ids: &[String]) -> Result<Vec<i64>, Bilingual> {
    let number = |id: &String| {
        id.parse().map_err(|_| {
            bilingual!(
                "department `{id}` is not a number",
                "отдел `{id}` — не число"
            )
        })
    };
    ids.iter().map(number).collect()
}

/// Returns the connection whose portal is asked: the named one, or the only one.
fn connection(named: &str, connections: &[String]) -> Result<String, Bilingual> {
    let all = connections.join(", ");
    match (named.trim(), connections) {
        ("", [only]) => Ok(only.clone()),
        ("", _) => Err(bilingual!(
            "check = \"portal\" with several connections ({all}); name the one to ask in polls.employees.crm",
            "check = \"portal\", а подключений несколько ({all}); назовите нужное в polls.employees.crm"
        )),
        (named, _) if connections.iter().any(|name| name == named) => Ok(named.to_owned()),
        (named, _) => Err(bilingual!(
            "crm = \"{named}\" is not a connection; the settings have {all}",
            "подключения crm = \"{named}\" нет; в настройках есть {all}"
        )),
    }
}
