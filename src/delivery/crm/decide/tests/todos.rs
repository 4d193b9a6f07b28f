//! To-dos: for which records, for whom, and only once.

use super::*;

/// The same job with a to-do.
fn with_todo(on: TodoOn) -> CrmJob {
    let mut job = job();
    job.plan.comment = None;
    job.plan.todo = Some(TodoPlan {
        title: Personal::from("Перезвонить [B]Анне"),
        text: Some(Personal::from("[B]привет")),
        deadline: "2026-11-22T12:00:00Z".parse().unwrap(),
        on,
        origin: Origin::default(),
    });
    job
}

/// The record and the employee of the to-do, if there is one.
fn todo(decision: &Decision) -> Option<(RecordRef, Option<UserId>)> {
    decision.chain.iter().find_map(|write| match write {
        Write::AddTodo {
            record,
            responsible,
            ..
        } => Some((*record, *responsible)),
        _ => None,
    })
}

#[test]
fn a_todo_is_assigned_to_the_employee_responsible_for_the_record() {
    let created = Some(RecordRef::Created);
    let owner = |responsible, findings: &Findings| {
        let mut job = with_todo(TodoOn::Both);
        job.plan.record.as_mut().unwrap().responsible = responsible;
        todo(&decided(&job, findings))
    };
    let nobody = found(vec![]);
    let known = found(vec![row(84, &[PHONE], &[EMAIL])]);
    let user = |number| UserId::new(number);
    assert_eq!(owner(None, &nobody), Some((RecordRef::Created, None)));
    assert_eq!(
        owner(user(6).map(Responsible::User), &nobody),
        created.zip(Some(user(6)))
    );
    assert_eq!(
        owner(Some(Responsible::ContactOwner), &known),
        created.zip(Some(user(9)))
    );
    let mut findings = found(vec![row(84, &[PHONE], &[EMAIL])]);
    findings.by_contact = vec![deal(5, 84)];
    // of a record that is there its own, whatever the profile says about new ones
    assert_eq!(
        owner(user(6).map(Responsible::User), &findings),
        Some((RecordRef::Id(RecordId::new(5).unwrap()), user(12)))
    );
}

#[test]
fn a_todo_is_created_for_new_or_found_records_or_both() {
    let mut findings = found(vec![row(84, &[PHONE], &[EMAIL])]);
    let made = |on, findings: &Findings| todo(&decided(&with_todo(on), findings)).is_some();
    assert!(made(TodoOn::Create, &findings) && !made(TodoOn::Update, &findings));
    findings.by_contact = vec![deal(5, 84)];
    assert!(!made(TodoOn::Create, &findings) && made(TodoOn::Update, &findings));
    // what an earlier attempt created is created, not found
    findings.own_record = Some(deal(7, 84));
    assert!(made(TodoOn::Create, &findings) && !made(TodoOn::Update, &findings));
    findings.todo_exists = true;
    assert!(!made(TodoOn::Both, &findings), "once is enough");
    let mut ignoring = with_todo(TodoOn::Both);
    ignoring.plan.record.as_mut().unwrap().found = Found::Ignore;
    findings.own_record = None;
    findings.todo_exists = false;
    assert_eq!(todo(&decided(&ignoring, &findings)), None);
}

#[test]
fn a_todo_carries_its_marker_and_no_markup() {
    let job = with_todo(TodoOn::Both);
    let decision = decided(&job, &found(vec![]));
    let Some(Write::AddTodo { title, text, .. }) = decision.chain.last() else {
        panic!("{:?}", decision.chain)
    };
    assert_eq!(title, "Перезвонить [B]Анне", "a title is shown as it is");
    assert_eq!(*text, format!("[\u{2060}B]привет\n\nleadgate {}", job.id));
}
