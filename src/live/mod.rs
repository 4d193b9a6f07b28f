//! Profiles held against a portal: is what they say about its fields, lists, stages and employees true?
//! Claims and dictionaries come in, problems with their places go out; only `ask` talks to the portal.

mod ask;
mod fields;

#[cfg(test)]
mod tests;

pub use self::ask::{Asked, Compared, ask};
use crate::crm::{Choice, Dictionaries, Employee};
use crate::domain::{Email, EntityKind, Responsible, UserId};
use crate::mapping::{Claim, Claims, Code, Problem, Says, Severity, nearest_name};

/// What a portal was asked about.
#[derive(Debug, Clone, Copy)]
pub struct Known<'p> {
    /// Its dictionaries.
    pub dictionaries: &'p Dictionaries,
    /// The employees that the profiles name, as far as there are any; `None`: the webhook may not ask.
    pub staff: Option<&'p [Employee]>,
}

/// The employees that profiles name, for asking the portal: ids and addresses, each once.
pub fn employees<'c>(claims: impl IntoIterator<Item = &'c Claims>) -> (Vec<UserId>, Vec<Email>) {
    let (mut ids, mut emails) = (Vec::new(), Vec::new());
    for claim in claims.into_iter().flat_map(|claims| &claims.claims) {
        match &claim.says {
            Says::Employee(Responsible::User(id)) if !ids.contains(id) => ids.push(*id),
            Says::Employee(Responsible::Email(email)) if !emails.contains(email) => {
                emails.push(email.clone());
            }
            _ => {}
        }
    }
    (ids, emails)
}

/// Everything that a profile says about its portal and that is not so.
pub fn compare(claims: &Claims, known: Known<'_>) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for claim in &claims.claims {
        let found = match &claim.says {
            Says::Connection(_) => None,
            Says::Field {
                entity,
                name,
                written,
            } => fields::field(claim, (*entity, name), written, known.dictionaries),
            Says::Label {
                entity,
                name,
                label,
            } => fields::label(claim, (*entity, name), label, known.dictionaries),
            Says::Stage { kind, code } => stage(claim, *kind, code, known.dictionaries),
            Says::Employee(responsible) => employee(claim, responsible, known.staff),
            Says::Creates { entity, fills } => {
                let missing = fields::required(claim, *entity, fills, known.dictionaries);
                problems.extend(missing);
                None
            }
        };
        problems.extend(found);
    }
    problems
}

/// A profile whose connection is none of the settings', or that must name one.
pub fn connection(claims: &Claims, names: &[String]) -> Option<Problem> {
    let claim = claims
        .claims
        .iter()
        .find(|claim| matches!(claim.says, Says::Connection(_)))?;
    let (message, advice) = match &claims.connection {
        Some(wanted) if names.contains(wanted) => return None,
        None if names.len() == 1 => return None,
        Some(wanted) => {
            let advice = advice(wanted, names.iter().map(String::as_str));
            (
                format!("the settings have no connection `{wanted}`"),
                advice,
            )
        }
        None => {
            let message = "there are several connections, and the profile names none".to_owned();
            (
                message,
                format!("write `crm: {}`", names.join("` or `crm: ")),
            )
        }
    };
    Some(claim.problem(Severity::Error, Code::UnknownConnection, message, advice))
}

fn stage(claim: &Claim, kind: EntityKind, code: &str, portal: &Dictionaries) -> Option<Problem> {
    let (_, stages) = portal.stages(kind, code);
    let Some(stages) = stages else {
        let number = crate::crm::dictionary::pipeline_of(code);
        let message = match number {
            Some(number) => format!("the portal has no pipeline {number}, so no stage `{code}`"),
            None => format!("the portal has no stages of {kind}s"),
        };
        let pipelines: Vec<String> = portal
            .pipelines
            .iter()
            .map(|(number, name)| format!("{number} ({name})"))
            .collect();
        let advice = format!("its pipelines are {}", pipelines.join(", "));
        return Some(claim.problem(Severity::Error, Code::UnknownStage, message, advice));
    };
    if stages.iter().any(|stage| stage.id == code) {
        return None;
    }
    let message =
        format!("the portal has no stage `{code}` of {kind}s; it would take the first one");
    let advice = advice(code, stages.iter().map(|stage| stage.id.as_str()));
    Some(claim.problem(Severity::Error, Code::UnknownStage, message, advice))
}

fn employee(
    claim: &Claim,
    responsible: &Responsible,
    staff: Option<&[Employee]>,
) -> Option<Problem> {
    let staff = staff?;
    let (found, shown) = match responsible {
        Responsible::ContactOwner => return None,
        Responsible::User(id) => {
            let found = staff.iter().find(|employee| employee.id == *id);
            (found, format!("employee {id}"))
        }
        Responsible::Email(email) => {
            let is = |employee: &&Employee| Email::parse(&employee.email).as_ref() == Some(email);
            // of several the one who is still there
            let active = staff.iter().filter(is).find(|employee| employee.active);
            let found = active.or_else(|| staff.iter().find(is));
            (found, "employee with this address".to_owned())
        }
    };
    let (message, advice) = match found {
        Some(found) if found.active => return None,
        Some(_) => (
            format!("the {shown} does not work here any more"),
            "name somebody else, or `contact_owner`",
        ),
        None => (
            format!("the portal has no {shown}"),
            "take the id from the address of the employee's page: /company/personal/user/6/",
        ),
    };
    Some(claim.problem(Severity::Error, Code::UnknownEmployee, message, advice))
}

/// "Did you mean", or the first few.
fn advice<'n>(written: &str, names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    if let Some(near) = nearest_name(written, &names) {
        return format!("did you mean `{near}`?");
    }
    let few: Vec<&str> = names.iter().take(12).copied().collect();
    let more = if names.len() > few.len() { ", …" } else { "" };
    format!("there are {}{more}", few.join(", "))
}

/// The labels of a list, for advice.
fn labels(choices: &[Choice]) -> impl Iterator<Item = &str> {
    choices.iter().map(|choice| choice.label.as_str())
}
