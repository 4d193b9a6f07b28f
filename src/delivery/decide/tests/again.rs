//! A job whose earlier attempt wrote to a record goes there again.

use super::*;

/// A job that went to deal 5 of contact 84 before, and what the CRM holds of it now.
fn again() -> (Job, Findings) {
    let mut job = job();
    job.uncertain = true;
    job.became = Became {
        contact: Some(id(84)),
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
fn what_an_earlier_attempt_found_is_gone_to_again_though_it_is_closed() {
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
fn what_an_earlier_attempt_went_to_and_is_gone_is_done_anew() {
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
fn what_must_agree_together_is_told_together() {
    let told = |match_: Match| {
        let mut job = job();
        job.plan.contact.as_mut().unwrap().match_ = match_;
        told(&decided(&job, &Findings::default())).swap_remove(0)
    };
    let group = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    assert!(told(Match::Any).contains("this PHONE or EMAIL"));
    assert!(told(Match::All).contains("this PHONE + EMAIL"));
    // LAST_NAME has no value here, so its group finds nobody
    let groups = vec![group(&["PHONE", "LAST_NAME"]), group(&["EMAIL"])];
    assert!(told(Match::Groups(groups)).contains("this EMAIL"));
    let both = vec![group(&["PHONE", "EMAIL"])];
    assert!(told(Match::Groups(both)).contains("this PHONE + EMAIL"));
}
