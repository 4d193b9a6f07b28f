//! Profiles held against a portal: is what they say about its fields, lists, stages and employees true?
//! Claims and dictionaries come in, problems with their places go out; only `ask` talks to the portal.

mod ask;
mod fields;

#[cfg(test)]
mod tests;

pub use self::ask::{Asked, Compared, ask};
use crate::crm::{Choice, Dictionaries, Employee};
use crate::domain::{Email, EntityKind, Responsible, UserId};
use crate::mapping::{
    Claim, Claims, Code, Problem, Says, Severity, Words, meant, nearest_name, say,
};

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
        Some(wanted) => (
            say!(
                "the settings have no connection `{wanted}`",
                "в настройках нет подключения `{wanted}`"
            ),
            advice(wanted, names.iter().map(String::as_str)),
        ),
        None => {
            let all = names.join("`, `crm: ");
            (
                say!(
                    "there are several connections, and the profile names none",
                    "подключений несколько, а профиль не называет ни одного"
                ),
                say!("write one of `crm: {all}`", "напишите одно из `crm: {all}`"),
            )
        }
    };
    Some(claim.problem(Severity::Error, Code::UnknownConnection, message, advice))
}

fn stage(claim: &Claim, kind: EntityKind, code: &str, portal: &Dictionaries) -> Option<Problem> {
    let Some(stages) = portal.stages(kind, code) else {
        let pipelines: Vec<String> = portal
            .pipelines
            .iter()
            .map(|(number, name)| format!("{number} ({name})"))
            .collect();
        let pipelines = pipelines.join(", ");
        let message = match crate::crm::bitrix24::category(kind, code) {
            Some(number) => say!(
                "the portal has no pipeline {number}, so no stage `{code}`",
                "на портале нет воронки {number}, а значит, и стадии `{code}`"
            ),
            None => say!(
                "the portal has no stages of {kind}s",
                "на портале нет стадий для {kind}"
            ),
        };
        let advice = say!("its pipelines are {pipelines}", "его воронки: {pipelines}");
        return Some(claim.problem(Severity::Error, Code::UnknownStage, message, advice));
    };
    if stages.iter().any(|stage| stage.id == code) {
        return None;
    }
    let message = say!(
        "the portal has no stage `{code}` of {kind}s; it would take the first one",
        "на портале нет стадии `{code}` для {kind}; он молча поставит первую"
    );
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
        // each of several is a claim of its own
        Responsible::ContactOwner | Responsible::InTurn(_) | Responsible::First(_) => return None,
        Responsible::User(id) => {
            let found = staff.iter().find(|employee| employee.id == *id);
            (found, id.to_string())
        }
        Responsible::Email(email) => {
            let is = |employee: &&Employee| Email::parse(&employee.email).as_ref() == Some(email);
            // of several the one who is still there
            let active = staff.iter().filter(is).find(|employee| employee.active);
            let found = active.or_else(|| staff.iter().find(is));
            (found, email.as_str().to_owned())
        }
    };
    let (message, advice) = match found {
        Some(found) if found.active => return None,
        Some(_) => (
            say!(
                "employee {shown} does not work here any more",
                "сотрудник {shown} здесь больше не работает"
            ),
            say!(
                "name somebody else, or `contact_owner`",
                "назовите другого сотрудника или напишите `contact_owner`"
            ),
        ),
        None => (
            say!(
                "the portal has no employee {shown}",
                "на портале нет сотрудника {shown}"
            ),
            say!(
                "the id stands in the address of the employee's page: /company/personal/user/6/",
                "номер стоит в адресе страницы сотрудника: /company/personal/user/6/"
            ),
        ),
    };
    Some(claim.problem(Severity::Error, Code::UnknownEmployee, message, advice))
}

/// "Did you mean", or the first few.
fn advice<'n>(written: &str, names: impl Iterator<Item = &'n str>) -> Words {
    let names: Vec<&str> = names.collect();
    if let Some(near) = nearest_name(written, &names) {
        return meant(near);
    }
    let few: Vec<&str> = names.iter().take(12).copied().collect();
    let more = if names.len() > few.len() { ", …" } else { "" };
    let few = few.join(", ");
    say!("there are {few}{more}", "есть {few}{more}")
}

/// The labels of a list, for advice.
fn labels(choices: &[Choice]) -> impl Iterator<Item = &str> {
    choices.iter().map(|choice| choice.label.as_str())
}
