//! Jobs, rows and findings for the tests of decisions, and the whole chain of a new person.

mod again;
mod companies;
mod conflicts;
mod files;
mod keyless;
mod people;
mod pipelines;
mod products;
mod records;
mod todos;
mod values;

use serde_json::json;

use super::*;
use crate::crm::{ContactDetails, ContactRow};
use crate::domain::file::AttachedFiles;
use crate::domain::spelling::CompareAs;
use crate::domain::{
    Became, Closed, CommentPlan, Conflict, ContactPlan, CrmStep, Email, FieldRole, Found, Lang,
    Match, OnUpdate, Origin, ParkReason, Personal, Phone, PlannedField, PlannedValue, RecordPlan,
    Responsible, Several, SubmissionId, TodoOn, TodoPlan, UserId, WithoutKey,
};

const PHONE: &str = "+79123456789";
const EMAIL: &str = "anna@mail.example";

fn field(name: &str, value: PlannedValue, role: FieldRole, on_update: OnUpdate) -> PlannedField {
    PlannedField {
        name: name.into(),
        value,
        role,
        on_update,
        value_type: None,
        extension: None,
        together: None,
        compare: CompareAs::default(),
        origin: Origin::default(),
    }
}

fn text(name: &str, value: &str, on_update: OnUpdate) -> PlannedField {
    field(
        name,
        PlannedValue::Text(Personal::from(value)),
        FieldRole::Fill,
        on_update,
    )
}

/// A job: Anna with a phone, an e-mail address and a deal.
fn job() -> CrmJob {
    CrmJob {
        id: SubmissionId::fresh(),
        profile: "p".into(),
        uncertain: false,
        is_again: false,
        became: Became::default(),
        turn: None,
        files: AttachedFiles::default(),
        plan: CrmStep {
            connection: None,
            contact: Some(ContactPlan {
                match_: Match::Any,
                several: Several::Oldest,
                conflict: Conflict::default(),
                without_key: WithoutKey::default(),
                responsible: None,
                fields: vec![
                    text("NAME", "Анна", OnUpdate::Keep),
                    field(
                        "PHONE",
                        PlannedValue::Phone(Phone::parse(PHONE).unwrap()),
                        FieldRole::Search,
                        OnUpdate::Keep,
                    ),
                    field(
                        "EMAIL",
                        PlannedValue::Email(Email::parse(EMAIL).unwrap()),
                        FieldRole::Search,
                        OnUpdate::Keep,
                    ),
                ],
            }),
            company: None,
            record: Some(RecordPlan {
                kind: EntityKind::Deal,
                found: Found::Update,
                closed: Closed::Update,
                among: vec![],
                stage: Some("C1:NEW".into()),
                stage_on_update: None,
                responsible: None,
                fields: vec![text("TITLE", "Вопрос", OnUpdate::Overwrite)],
                products: None,
            }),
            comment: Some(CommentPlan {
                text: Personal::from("[B]привет"),
                origin: Origin::default(),
            }),
            files: vec![],
            todo: None,
            turns_of: None,
        },
    }
}

fn id(number: i64) -> ContactId {
    ContactId::new(number).unwrap()
}

fn row(number: i64, phones: &[&str], emails: &[&str]) -> ContactRow {
    ContactRow {
        id: id(number),
        owner: UserId::new(9),
        details: ContactDetails {
            phones: phones.iter().map(|p| (*p).to_owned()).collect(),
            emails: emails.iter().map(|e| (*e).to_owned()).collect(),
            ..ContactDetails::default()
        },
        fields: [("NAME".to_owned(), json!("Аня"))].into(),
    }
}

fn deal(number: i64, contact: i64) -> RecordRow {
    RecordRow {
        id: RecordId::new(number).unwrap(),
        stage: "C1:PREPARATION".into(),
        is_final: Some(false),
        contact: ContactId::new(contact),
        owner: UserId::new(12),
        contacts: vec![],
        details: ContactDetails::default(),
        fields: [("TITLE".to_owned(), json!("Старый"))].into(),
    }
}

/// Findings with these candidates.
fn found(contacts: Vec<ContactRow>) -> Findings {
    Findings {
        offered: contacts.iter().map(|row| row.id).collect(),
        contacts,
        ..Findings::default()
    }
}

/// The explanation as text.
fn explained(decision: &Decision) -> Vec<String> {
    decision
        .explanation
        .iter()
        .map(|why| why.to_text(Lang::En))
        .collect()
}

fn decided(job: &CrmJob, found: &Findings) -> Decision {
    decide(job, found, "leadgate-test").unwrap()
}

#[test]
fn a_new_person_becomes_contact_deal_and_comment_in_one_chain() {
    let job = job();
    let decision = decided(&job, &found(vec![]));
    let [
        Write::AddContact { fields, .. },
        Write::AddRecord {
            fields: deal,
            contacts,
            ..
        },
        Write::AddComment { text, record, .. },
    ] = decision.chain.as_slice()
    else {
        panic!("{:?}", decision.chain)
    };
    assert_eq!(
        fields["PHONE"],
        json!([{"VALUE": PHONE, "VALUE_TYPE": "WORK"}])
    );
    assert_eq!(fields["ORIGIN_ID"], json!(job.id.to_string()));
    assert_eq!(fields["ORIGINATOR_ID"], json!("leadgate-test"));
    assert_eq!(
        (&deal["STAGE_ID"], &deal["CATEGORY_ID"]),
        (&json!("C1:NEW"), &json!(1))
    );
    assert_eq!(contacts, &[ContactRef::Created]);
    assert_eq!(*record, RecordRef::Created);
    assert!(text.starts_with("[\u{2060}B]привет") && text.ends_with(&job.id.to_string()));
}
