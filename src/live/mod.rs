//! Compares profiles with a portal: do the fields, lists, stages and employees exist that they
//! name? Takes references and dictionaries, returns problems with their places; only `portal` talks
//! to the portal.

mod fields;
mod portal;
mod results;
mod telephony;

#[cfg(test)]
mod tests;

pub use self::portal::{PortalReport, ProfileCheck, check_portal, check_profiles};
pub use self::results::{CheckResults, LastCheck};
pub use self::telephony::{Telephony, check_telephony};
use crate::authoring::{Code, Problem, Severity, meant, nearest_name};
use crate::crm::dictionary::Fields;
use crate::crm::{Choice, Dictionaries, Employee, Process, Processes, pipeline_of};
use crate::domain::{Bilingual, Email, EntityKind, ItemType, Responsible, UserId, bilingual};
use crate::mapping::{PortalReference, PortalReferences, ReferenceKind};

/// What the portal said.
#[derive(Debug, Clone, Copy)]
pub struct PortalFacts<'p> {
    /// Its dictionaries.
    pub dictionaries: &'p Dictionaries,
    /// The smart processes that the profiles name.
    pub processes: &'p Processes,
    /// The employees that the profiles name, as far as they exist; `None` if the webhook may not
    /// read employees.
    pub staff: Option<&'p [Employee]>,
}

impl<'p> PortalFacts<'p> {
    fn process(self, entity: Option<EntityKind>) -> Option<&'p Process> {
        let Some(EntityKind::Item(number)) = entity else {
            return None;
        };
        self.processes.get(&number)?.as_ref()
    }

    /// Returns the fields of contacts (`None`), deals, leads or items; empty if they were not read.
    fn fields(self, entity: Option<EntityKind>) -> &'p Fields {
        static UNREAD: Fields = Fields::new();
        match (self.process(entity), entity) {
            (Some(process), _) => &process.fields,
            // the dictionaries may have read it at another time
            (None, Some(EntityKind::Item(_))) => &UNREAD,
            (None, entity) => self.dictionaries.fields(entity),
        }
    }

    /// Returns a field's name in capitals. Item fields may also be written in their `crm.item.*`
    /// spelling.
    fn capitals<'n>(self, entity: Option<EntityKind>, name: &'n str) -> &'n str
    where
        'p: 'n,
    {
        let capitals = self.process(entity).map(|process| &process.capitals);
        capitals
            .and_then(|capitals| capitals.get(name))
            .map_or(name, String::as_str)
    }

    fn pipelines(self, kind: EntityKind) -> String {
        let own = self.process(Some(kind)).map(|process| &process.pipelines);
        let pipelines: Vec<String> = own
            .unwrap_or(&self.dictionaries.pipelines)
            .iter()
            .map(|(number, name)| format!("{number} ({name})"))
            .collect();
        pipelines.join(", ")
    }
}

/// Returns the references of the profiles that use this connection; `of` is the number of
/// connections.
pub fn of_connection<'c>(
    references: &'c [PortalReferences],
    name: &str,
    of: usize,
) -> Vec<&'c PortalReferences> {
    let is_own = |references: &&PortalReferences| match &references.connection {
        Some(wanted) => wanted == name,
        None => of == 1,
    };
    references.iter().filter(is_own).collect()
}

/// Returns the smart processes that profiles name, each once.
pub fn processes<'c>(references: impl IntoIterator<Item = &'c PortalReferences>) -> Vec<ItemType> {
    let says = references
        .into_iter()
        .flat_map(|references| &references.references);
    let mut all: Vec<ItemType> = says
        .filter_map(|reference| match &reference.says {
            ReferenceKind::Process(process) => Some(*process),
            _ => None,
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Returns the employees that profiles name: ids and addresses, each once.
pub fn employees<'c>(
    references: impl IntoIterator<Item = &'c PortalReferences>,
) -> (Vec<UserId>, Vec<Email>) {
    let (mut ids, mut emails) = (Vec::new(), Vec::new());
    for reference in references
        .into_iter()
        .flat_map(|references| &references.references)
    {
        match &reference.says {
            ReferenceKind::Employee(Responsible::User(id)) if !ids.contains(id) => ids.push(*id),
            ReferenceKind::Employee(Responsible::Email(email)) if !emails.contains(email) => {
                emails.push(email.clone());
            }
            _ => {}
        }
    }
    (ids, emails)
}

/// Returns everything that a profile says about its portal and that is wrong.
pub fn compare(references: &PortalReferences, facts: PortalFacts<'_>) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for reference in &references.references {
        let found = match &reference.says {
            ReferenceKind::Connection(_) => None,
            ReferenceKind::Field {
                entity,
                name,
                written,
            } => fields::field(reference, (*entity, name), written, facts),
            ReferenceKind::Label {
                entity,
                name,
                label,
            } => fields::label(reference, (*entity, name), label, facts),
            ReferenceKind::Process(number) => process(reference, *number, facts),
            ReferenceKind::Stage { kind, code } => stage(reference, *kind, code, facts),
            ReferenceKind::Employee(responsible) => employee(reference, responsible, facts.staff),
            ReferenceKind::Creates { entity, fills } => {
                let missing = fields::required(reference, *entity, fills, facts);
                problems.extend(missing);
                None
            }
        };
        problems.extend(found);
    }
    problems
}

/// Returns the problem of a profile whose connection is not in the settings, or that must name one.
pub fn connection(references: &PortalReferences, names: &[String]) -> Option<Problem> {
    let reference = references
        .references
        .iter()
        .find(|reference| matches!(reference.says, ReferenceKind::Connection(_)))?;
    let (message, advice) = match &references.connection {
        Some(wanted) if names.contains(wanted) => return None,
        None if names.len() == 1 => return None,
        Some(wanted) => (
            bilingual!(
                "the settings have no connection `{wanted}`",
                "в настройках нет подключения `{wanted}`"
            ),
            advice(wanted, names.iter().map(String::as_str)),
        ),
        None => {
            let all = names.join("`, `crm: ");
            (
                bilingual!(
                    "there are several connections, and the profile names none",
                    "подключений несколько, а профиль не называет ни одного"
                ),
                bilingual!("write one of `crm: {all}`", "напишите одно из `crm: {all}`"),
            )
        }
    };
    Some(reference.problem(Severity::Error, Code::UnknownConnection, message, advice))
}

fn process(
    reference: &PortalReference,
    number: ItemType,
    facts: PortalFacts<'_>,
) -> Option<Problem> {
    // a process that was not asked for is not reported
    let None = facts.processes.get(&number)? else {
        return None;
    };
    let message = bilingual!(
        "the portal has no smart process {number}, or hides it from the webhook's owner",
        "на портале нет смарт-процесса {number}, или владелец вебхука его не видит"
    );
    let advice = bilingual!(
        "the number is in the address of its page: /crm/type/1036/",
        "номер виден в адресе его страницы: /crm/type/1036/"
    );
    Some(reference.problem(Severity::Error, Code::UnknownProcess, message, advice))
}

fn stage(
    reference: &PortalReference,
    kind: EntityKind,
    code: &str,
    facts: PortalFacts<'_>,
) -> Option<Problem> {
    if matches!(kind, EntityKind::Item(_)) && facts.process(Some(kind)).is_none() {
        return None;
    }
    let block = kind.as_str();
    let Some(stages) = facts.dictionaries.stages(kind, code) else {
        let pipelines = facts.pipelines(kind);
        let message = match (pipeline_of(kind, code), kind) {
            (Some(number), _) => bilingual!(
                "the portal has no pipeline {number}, so no stage `{code}`",
                "на портале нет воронки {number}, а значит, и стадии `{code}`"
            ),
            (None, EntityKind::Item(process)) => bilingual!(
                "`{code}` is not a stage of the smart process {process}: its stages look like \
                 `DT{process}_5:NEW`, 5 is the pipeline",
                "`{code}` — не стадия смарт-процесса {process}: они выглядят как \
                 `DT{process}_5:NEW`, 5 — воронка",
            ),
            (None, _) => bilingual!(
                "the portal has no stages of {block}s",
                "на портале нет стадий ({block})"
            ),
        };
        let advice = bilingual!("its pipelines are {pipelines}", "его воронки: {pipelines}");
        return Some(reference.problem(Severity::Error, Code::UnknownStage, message, advice));
    };
    if stages.iter().any(|stage| stage.id == code) {
        return None;
    }
    let message = bilingual!(
        "the portal has no stage `{code}` of {block}s; it would use the first one",
        "на портале нет стадии `{code}` ({block}); он молча поставит первую"
    );
    let advice = advice_of(code, stages);
    Some(reference.problem(Severity::Error, Code::UnknownStage, message, advice))
}

fn employee(
    reference: &PortalReference,
    responsible: &Responsible,
    staff: Option<&[Employee]>,
) -> Option<Problem> {
    let staff = staff?;
    let (found, shown) = match responsible {
        // each of several is a reference of its own
        Responsible::ContactOwner
        | Responsible::CallEmployee
        | Responsible::InTurn(_)
        | Responsible::First(_) => return None,
        Responsible::User(id) => {
            let found = staff.iter().find(|employee| employee.id == *id);
            (found, id.to_string())
        }
        Responsible::Email(email) => {
            let is = |employee: &&Employee| Email::parse(&employee.email).as_ref() == Some(email);
            // of several the active one
            let active = staff.iter().filter(is).find(|employee| employee.active);
            let found = active.or_else(|| staff.iter().find(is));
            (found, email.as_str().to_owned())
        }
    };
    let (message, advice) = match found {
        Some(found) if found.active => return None,
        Some(_) => (
            bilingual!("employee {shown} was dismissed", "сотрудник {shown} уволен"),
            bilingual!(
                "name another employee, or `contact_owner`",
                "назовите другого сотрудника или напишите `contact_owner`"
            ),
        ),
        None => (
            bilingual!(
                "the portal has no employee {shown}",
                "на портале нет сотрудника {shown}"
            ),
            bilingual!(
                "the id is in the address of the employee's page: /company/personal/user/6/",
                "номер виден в адресе страницы сотрудника: /company/personal/user/6/"
            ),
        ),
    };
    Some(reference.problem(Severity::Error, Code::UnknownEmployee, message, advice))
}

/// Returns a code with its name: `C1:NEW` (Новая заявка).
fn named(code: &str, name: &str) -> String {
    if name.trim().is_empty() || name == code {
        return format!("`{code}`");
    }
    format!("`{code}` ({})", name.trim())
}

/// Returns "did you mean", with the name of what was meant.
fn meant_named(code: &str, name: &str) -> Bilingual {
    let named = named(code, name);
    bilingual!("did you mean {named}?", "может быть, {named}?")
}

/// Returns "did you mean", or the first values, each with its name.
fn advice_of(written: &str, choices: &[Choice]) -> Bilingual {
    let codes: Vec<&str> = choices.iter().map(|choice| choice.id.as_str()).collect();
    let near = nearest_name(written, &codes);
    let near = near.and_then(|near| choices.iter().find(|choice| choice.id == near));
    if let Some(near) = near {
        return meant_named(&near.id, &near.label);
    }
    let few: Vec<String> = choices
        .iter()
        .take(12)
        .map(|choice| named(&choice.id, &choice.label))
        .collect();
    let more = if choices.len() > few.len() {
        ", …"
    } else {
        ""
    };
    let few = few.join(", ");
    bilingual!("there are {few}{more}", "есть {few}{more}")
}

/// Returns "did you mean", or the first names.
fn advice<'n>(written: &str, names: impl Iterator<Item = &'n str>) -> Bilingual {
    let names: Vec<&str> = names.collect();
    if let Some(near) = nearest_name(written, &names) {
        return meant(near);
    }
    let few: Vec<&str> = names.iter().take(12).copied().collect();
    let more = if names.len() > few.len() { ", …" } else { "" };
    let few = few.join(", ");
    bilingual!("there are {few}{more}", "есть {few}{more}")
}

/// Returns the labels of a list.
fn labels(choices: &[Choice]) -> impl Iterator<Item = &str> {
    choices.iter().map(|choice| choice.label.as_str())
}
