//! Which record is updated, left alone or created.

use super::*;

/// The job with an order number that finds its deal.
pub(super) fn with_order(mut job: CrmJob, number: &str) -> CrmJob {
    job.plan.record.as_mut().unwrap().fields.push(field(
        "UF_CRM_ORDER_ID",
        PlannedValue::Text(Personal::from(number)),
        FieldRole::Search,
        OnUpdate::Overwrite,
    ));
    job
}

/// A deal about an order.
pub(super) fn order(number: i64, contact: i64, order: &str) -> RecordRow {
    let mut row = deal(number, contact);
    row.fields
        .insert("UF_CRM_ORDER_ID".to_owned(), json!(order));
    row
}

#[test]
fn an_open_deal_is_updated_and_the_newest_is_taken() {
    let mut findings = found(vec![row(84, &[PHONE], &[EMAIL])]);
    findings.by_contact = vec![deal(3, 84), deal(5, 84), deal(9, 85)];
    let decision = decided(&job(), &findings);
    assert_eq!(
        decision.record,
        Some((EntityKind::Deal, RecordId::new(5).unwrap()))
    );
    let [Write::UpdateRecord { fields, .. }, Write::AddComment { .. }] = decision.chain.as_slice()
    else {
        panic!("{:?}", decision.chain)
    };
    assert_eq!(fields, json!({"TITLE": "Вопрос"}).as_object().unwrap());
    assert!(explained(&decision).contains(&"its stage is left (change_stage is off)".to_owned()));
}

#[test]
fn ignore_leaves_the_record_and_still_completes_the_contact() {
    let mut job = job();
    job.plan.record.as_mut().unwrap().found = Found::Ignore;
    let mut findings = found(vec![row(84, &[PHONE], &[])]);
    findings.by_contact = vec![deal(5, 84)];
    let decision = decided(&job, &findings);
    assert!(matches!(
        decision.chain.as_slice(),
        [Write::UpdateContact { .. }]
    ));
}

#[test]
fn always_create_ignores_open_records() {
    let mut job = job();
    job.plan.record.as_mut().unwrap().found = Found::AlwaysCreate;
    let mut findings = found(vec![row(84, &[PHONE], &[EMAIL])]);
    findings.by_contact = vec![deal(5, 84)];
    let decision = decided(&job, &findings);
    assert!(
        matches!(&decision.chain[0], Write::AddRecord { contacts, .. } if contacts == &[ContactRef::Id(id(84))])
    );
}

#[test]
fn a_record_found_by_its_own_field_gets_the_contact_bound() {
    let mut findings = found(vec![row(84, &[PHONE], &[EMAIL])]);
    findings.by_field = vec![order(5, 1, "6510")];
    let decision = decided(&with_order(job(), "6510"), &findings);
    assert!(decision.chain.iter().any(
        |write| matches!(write, Write::BindContact { contact, .. } if *contact == ContactRef::Id(id(84)))
    ));
}

#[test]
fn closed_decides_about_a_closed_deal_of_the_same_order() {
    let with = |closed, found_rule| {
        let mut job = with_order(job(), "6510");
        let record = job.plan.record.as_mut().unwrap();
        (record.closed, record.found) = (closed, found_rule);
        record.stage_on_update = Some("NEW".into());
        let mut findings = found(vec![row(84, &[PHONE], &[EMAIL])]);
        let mut won = order(5, 84, "6510");
        (won.stage, won.is_final) = ("WON".into(), Some(true));
        findings.by_field = vec![won];
        decided(&job, &findings)
    };
    let updated = with(Closed::Update, Found::Update);
    let [Write::UpdateRecord { fields, .. }, Write::AddComment { .. }] = updated.chain.as_slice()
    else {
        panic!("{:?}", updated.chain)
    };
    assert!(!fields.contains_key("STAGE_ID"), "it is not opened again");
    let ignored = with(Closed::Ignore, Found::Update);
    assert_eq!(ignored.chain, []);
    assert_eq!(ignored.record.map(|(_, id)| id.get()), Some(5));
    let created = with(Closed::Create, Found::Update);
    assert!(matches!(created.chain[0], Write::AddRecord { .. }));
    assert_eq!(with(Closed::Ignore, Found::Ignore).chain, []);
}

#[test]
fn a_deal_in_a_stage_that_is_not_among_counts_as_closed() {
    let mut job = with_order(job(), "6510");
    let record = job.plan.record.as_mut().unwrap();
    (record.among, record.closed) = (vec!["PREPARATION".into()], Closed::Create);
    let mut findings = found(vec![row(84, &[PHONE], &[EMAIL])]);
    findings.by_field = vec![order(5, 84, "6510")];
    assert!(matches!(
        decided(&job, &findings).chain[0],
        Write::AddRecord { .. }
    ));
}

#[test]
fn an_open_deal_of_another_order_is_left_alone() {
    let mut findings = found(vec![row(84, &[PHONE], &[EMAIL])]);
    findings.by_contact = vec![order(5, 84, "6510")];
    let decision = decided(&with_order(job(), "6511"), &findings);
    assert!(matches!(decision.chain[0], Write::AddRecord { .. }));
    // one without any number is joined, and gets it
    findings.by_contact = vec![deal(4, 84), order(5, 84, "6510")];
    let decision = decided(&with_order(job(), "6511"), &findings);
    assert_eq!(decision.record.map(|(_, id)| id.get()), Some(4));
    let told = explained(&decision).join("\n");
    assert!(
        told.contains("open deal 5 of the contact has another value"),
        "{told}"
    );
}
