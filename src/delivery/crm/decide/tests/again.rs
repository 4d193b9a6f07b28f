//! A job uses the record that an earlier attempt wrote to.

use super::*;

/// A job that wrote to deal 5 of contact 84 before, and what the CRM has now.
fn again() -> (CrmJob, Findings) {
    let mut job = job();
    job.uncertain = true;
    job.became = Became {
        contact: Some(id(84)),
        company: None,
        record: RecordId::new(5).map(|id| (EntityKind::Deal, id)),
    };
    job.plan.record.as_mut().unwrap().stage_on_update = Some("C1:NEW".into());
    // neither phone nor address find him any more, and his deal is closed
    let mut findings = found(vec![row(84, &["+79990000000"], &[])]);
    let mut closed = deal(5, 84);
    closed.stage = "WON".into();
    closed.is_final = Some(true);
    findings.earlier_record = Some(closed);
    (job, findings)
}

#[test]
fn uses_the_record_of_an_earlier_attempt_even_if_it_is_closed() {
    let (mut job, mut findings) = again();
    let decision = decided(&job, &findings);
    let [
        Write::UpdateContact { .. },
        Write::UpdateRecord { id, fields, .. },
        Write::AddComment { .. },
    ] = decision.chain.as_slice()
    else {
        panic!("{:?}", decision.chain)
    };
    assert_eq!(id.get(), 5);
    assert_eq!(
        fields.keys().collect::<Vec<_>>(),
        ["TITLE"],
        "not opened again"
    );

    // where it is open, the profile's rule about stages holds
    let mut open = deal(5, 84);
    open.stage = "C1:EXECUTING".into();
    let closed = findings.earlier_record.replace(open);
    let decision = decided(&job, &findings);
    let Write::UpdateRecord { fields, .. } = &decision.chain[1] else {
        panic!("{:?}", decision.chain)
    };
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["TITLE", "STAGE_ID"]);
    findings.earlier_record = closed;

    // what it created itself is brought up to date, in the stage to which somebody has moved it
    findings.own_record = findings.earlier_record.clone();
    let decision = decided(&job, &findings);
    let Write::UpdateRecord { fields, .. } = &decision.chain[1] else {
        panic!("{:?}", decision.chain)
    };
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["TITLE"]);

    job.plan.record.as_mut().unwrap().found = Found::Ignore;
    findings.own_record = None;
    let decision = decided(&job, &findings);
    assert!(matches!(
        decision.chain.as_slice(),
        [Write::UpdateContact { .. }]
    ));
}

#[test]
fn replaces_a_deleted_record_of_an_earlier_attempt() {
    let (job, mut findings) = again();
    findings.earlier_record = None;
    findings.contacts = vec![];
    let decision = decided(&job, &findings);
    assert!(matches!(
        decision.chain.as_slice(),
        [
            Write::AddContact { .. },
            Write::AddRecord { .. },
            Write::AddComment { .. }
        ]
    ));
}

#[test]
fn uses_what_an_earlier_attempt_created() {
    let mut job = job();
    job.uncertain = true;
    let mut findings = found(vec![row(84, &[PHONE], &[EMAIL])]);
    findings.own_contact = Some(id(84));
    findings.own_record = Some(deal(5, 84));
    findings.comment_exists = true;
    let decision = decided(&job, &findings);
    assert_eq!(decision.chain, []);
    assert_eq!(
        (decision.contact, decision.record.map(|(_, id)| id.get())),
        (Some(id(84)), Some(5))
    );
}

#[test]
fn creates_no_contact_for_our_own_record_without_one() {
    let mut job = job();
    job.uncertain = true;
    let mut findings = found(vec![]);
    findings.own_record = Some(deal(5, 84));
    let decision = decided(&job, &findings);
    assert!(matches!(
        decision.chain.as_slice(),
        [Write::AddComment { .. }]
    ));
    assert_eq!(decision.contact, Some(id(84)));
}
