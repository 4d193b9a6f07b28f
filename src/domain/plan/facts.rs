//! A CRM step as names and values, for comparing two plans.

use serde::Serialize;
use serde_json::Value;

use super::{
    CompanyPlan, Conflict, ContactPlan, CrmStep, KeylessCompany, PlannedField, WithoutKey,
};

/// Returns the names and values of a CRM step.
pub(super) fn of_crm(step: &CrmStep) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut say = |about: String, value: String| facts.push((about, value));
    if let Some(connection) = &step.connection {
        say("connection".to_owned(), connection.clone());
    }
    if let Some(contact) = &step.contact {
        contact_facts(contact, &mut say);
    }
    if let Some(company) = &step.company {
        company_facts(company, &mut say);
    }
    if let Some(record) = &step.record {
        let kind = record.kind.as_str();
        say(format!("{kind} (found)"), word(&record.found));
        if !record.among.is_empty() {
            say(format!("{kind} (among)"), record.among.join(", "));
        }
        let stages = [
            ("stage", record.stage.clone()),
            ("stage on update", record.stage_on_update.clone()),
            ("responsible", record.responsible.as_ref().map(word)),
        ];
        for (name, value) in stages {
            if let Some(value) = value {
                say(format!("{kind} ({name})"), value);
            }
        }
        fields(kind, &record.fields, &mut say);
        let rows = record.products.iter().flat_map(|products| &products.rows);
        for (number, row) in rows.enumerate() {
            for (field, value) in &row.values {
                let about = format!("{kind}.products[{number}].{}", field.as_str());
                say(about, value.as_str().to_owned());
            }
        }
    }
    if let Some(comment) = &step.comment {
        say("comment".to_owned(), comment.text.as_str().to_owned());
    }
    for (number, file) in step.files.iter().enumerate() {
        say(format!("files[{number}]"), file.to_text());
    }
    if let Some(todo) = &step.todo {
        say("todo".to_owned(), todo.title.as_str().to_owned());
        if let Some(text) = &todo.text {
            say("todo (text)".to_owned(), text.as_str().to_owned());
        }
        say("todo (deadline)".to_owned(), todo.deadline.to_string());
        say("todo (on)".to_owned(), word(&todo.on));
    }
    facts
}

fn contact_facts(contact: &ContactPlan, say: &mut impl FnMut(String, String)) {
    say("contact (match)".to_owned(), word(&contact.match_));
    say("contact (several)".to_owned(), word(&contact.several));
    if contact.conflict != Conflict::default() {
        say("contact (conflict)".to_owned(), word(&contact.conflict));
    }
    if contact.without_key != WithoutKey::default() {
        let rule = word(&contact.without_key);
        say("contact (without key)".to_owned(), rule);
    }
    fields("contact", &contact.fields, say);
}

fn company_facts(company: &CompanyPlan, say: &mut impl FnMut(String, String)) {
    say("company (match)".to_owned(), word(&company.match_));
    say("company (several)".to_owned(), word(&company.several));
    if company.conflict != Conflict::default() {
        say("company (conflict)".to_owned(), word(&company.conflict));
    }
    if company.without_key != KeylessCompany::default() {
        let rule = word(&company.without_key);
        say("company (without key)".to_owned(), rule);
    }
    if let Some(preset) = company.preset {
        say("company (preset)".to_owned(), preset.to_string());
    }
    fields("company", &company.fields, say);
}

fn fields(owner: &str, fields: &[PlannedField], say: &mut impl FnMut(String, String)) {
    for field in fields {
        let rules = format!("{}, {}", word(&field.role), word(&field.on_update));
        say(
            format!("{owner}.{}", field.name),
            field.value.as_str().to_owned(),
        );
        say(format!("{owner}.{} (rules)", field.name), rules);
    }
}

/// Returns a keyword as written in profiles.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}
