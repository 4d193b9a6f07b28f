//! A record is found by its own field, and no contact matches: which contact is used?

use super::records::{order, with_order};
use super::*;

/// An order with a name only.
fn nameless() -> CrmJob {
    let mut job = with_order(job(), "6510");
    job.plan.contact.as_mut().unwrap().fields.truncate(1);
    job
}

/// Deal 5 about the order, of contact 84 with these phones and addresses.
fn known(phones: &[&str], emails: &[&str]) -> Findings {
    Findings {
        contacts: vec![row(84, phones, emails)],
        by_field: vec![order(5, 84, "6510")],
        ..Findings::default()
    }
}

/// Deal 5 without a contact.
fn nobodys() -> Findings {
    let mut deal = order(5, 84, "6510");
    deal.contact = None;
    Findings {
        by_field: vec![deal],
        ..Findings::default()
    }
}

fn is_closed(mut findings: Findings) -> Findings {
    let row = &mut findings.by_field[0];
    (row.stage, row.is_final) = ("WON".into(), Some(true));
    findings
}

fn makes_a_contact(decision: &Decision) -> bool {
    decision
        .chain
        .iter()
        .any(|write| matches!(write, Write::AddContact { .. }))
}

fn binds(decision: &Decision) -> bool {
    decision
        .chain
        .iter()
        .any(|write| matches!(write, Write::BindContact { .. }))
}

#[test]
fn without_a_search_value_uses_the_contact_of_the_found_record() {
    let mut job = nameless();
    let decision = decided(&job, &known(&["+79990000000"], &[]));
    assert!(
        matches!(
            decision.chain.as_slice(),
            [Write::UpdateRecord { .. }, Write::AddComment { .. }]
        ),
        "{:?}",
        decision.chain
    );
    assert_eq!(decision.contact, Some(id(84)));
    assert_eq!(
        explained(&decision)[0],
        "nothing to search a contact by: contact 84 of deal 5 is used"
    );
    // and it is brought up to date by its rules
    job.plan.contact.as_mut().unwrap().fields[0].on_update = OnUpdate::Overwrite;
    let decision = decided(&job, &known(&[], &[]));
    assert!(
        matches!(&decision.chain[0], Write::UpdateContact { id: of, fields } if *of == id(84) && fields["NAME"] == "Анна")
    );
    // one that cannot be read is used as it is
    let mut hidden = known(&[], &[]);
    hidden.contacts.clear();
    let decision = decided(&job, &hidden);
    assert_eq!(decision.contact, Some(id(84)));
    assert!(!makes_a_contact(&decision) && !binds(&decision));
}

#[test]
fn without_a_search_value_creates_no_contact_for_an_existing_record() {
    let decision = decided(&nameless(), &nobodys());
    assert!(matches!(
        decision.chain.as_slice(),
        [Write::UpdateRecord { .. }, Write::AddComment { .. }]
    ));
    assert!(
        explained(&decision)[0].starts_with("nothing to search a contact by, and deal 5 has none")
    );
    // the first order of that number makes both
    assert!(makes_a_contact(&decided(&nameless(), &Findings::default())));
    // and a phone makes a contact that the next repeat finds
    let with_phone = with_order(job(), "6510");
    let decision = decided(&with_phone, &nobodys());
    assert!(makes_a_contact(&decision) && binds(&decision));
}

#[test]
fn without_a_search_value_creates_no_contact_for_an_ignored_record() {
    let with = |found_rule, closed, findings: &Findings| {
        let mut job = nameless();
        let record = job.plan.record.as_mut().unwrap();
        (record.found, record.closed) = (found_rule, closed);
        decided(&job, findings)
    };
    for findings in [known(&[], &[]), nobodys()] {
        let contact = findings.by_field[0].contact;
        let open = with(Found::Ignore, Closed::Update, &findings);
        assert_eq!((open.chain.len(), open.contact), (0, contact));
        let closed = with(Found::Update, Closed::Ignore, &is_closed(findings));
        assert_eq!((closed.chain.len(), closed.contact), (0, contact));
    }
}

#[test]
fn a_new_deal_for_a_closed_order_gets_the_same_contact() {
    let mut job = nameless();
    job.plan.record.as_mut().unwrap().closed = Closed::Create;
    let decision = decided(&job, &is_closed(known(&[], &[])));
    assert!(
        matches!(&decision.chain[0], Write::AddRecord { contacts, .. } if contacts == &[ContactRef::Id(id(84))]),
        "{:?}",
        decision.chain
    );
    // where the closed one has none, the new deal gets one as any other does, once
    let decision = decided(&job, &is_closed(nobodys()));
    assert!(makes_a_contact(&decision));
}

#[test]
fn a_contact_without_a_phone_gets_it_and_one_with_another_phone_is_another_person() {
    let job = with_order(job(), "6510");
    let named = |name: &str| {
        let mut findings = known(&[], &[]);
        let fields = &mut findings.contacts[0].fields;
        fields.insert("NAME".into(), json!(name));
        findings
    };
    let decision = decided(&job, &named("АННА"));
    let Write::UpdateContact { id: of, fields } = &decision.chain[0] else {
        panic!("{:?}", decision.chain)
    };
    assert_eq!(*of, id(84));
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["PHONE", "EMAIL"]);
    assert!(!makes_a_contact(&decision) && !binds(&decision));
    assert_eq!(decided(&job, &named("")).contact, Some(id(84)));
    assert_eq!(
        explained(&decision)[0],
        "no contact with this PHONE or EMAIL: contact 84 of deal 5 has no other and is used"
    );
    let mut other_phone = named("Анна");
    other_phone.contacts[0].details.phones = vec!["+79990000000".into()];
    let mut other_email = named("Анна");
    other_email.contacts[0].details.emails = vec!["b@mail.example".into()];
    for other in [other_phone, other_email, named("Борис")] {
        let decision = decided(&job, &other);
        assert!(makes_a_contact(&decision) && binds(&decision));
    }
    // nobody knows what a hidden one has
    let mut hidden = known(&[], &[]);
    hidden.contacts.clear();
    assert!(makes_a_contact(&decided(&job, &hidden)));
    // a matching contact has precedence over the record's contact
    let mut findings = named("Анна");
    findings.contacts.push(row(91, &[PHONE], &[EMAIL]));
    let decision = decided(&job, &findings);
    assert_eq!(decision.contact, Some(id(91)));
    assert!(binds(&decision));
}

#[test]
fn a_group_with_a_missing_value_finds_nobody() {
    let mut job = with_order(job(), "6510");
    let contact = job.plan.contact.as_mut().unwrap();
    contact.match_ = Match::Groups(vec![vec!["PHONE".into(), "LAST_NAME".into()]]);
    // the phone alone would find nobody, however often the order comes
    let decision = decided(&job, &known(&["+79990000000"], &[]));
    assert_eq!(decision.contact, Some(id(84)));
    assert!(!makes_a_contact(&decision) && !binds(&decision));
}

#[test]
fn uses_the_main_contact_of_a_record_whatever_several_says() {
    for several in [
        Several::Oldest,
        Several::Newest,
        Several::All,
        Several::Park,
    ] {
        let mut job = nameless();
        job.plan.contact.as_mut().unwrap().several = several;
        let mut findings = known(&[], &[]);
        findings.by_field[0].contacts = vec![id(2), id(84), id(99)];
        let decision = decided(&job, &findings);
        assert_eq!(decision.contact, Some(id(84)), "{several:?}");
        assert!(!binds(&decision));
    }
}

#[test]
fn does_not_link_the_contact_of_a_failed_attempt_to_a_record_with_its_own() {
    let mut job = nameless();
    job.uncertain = true;
    // the first attempt made contact 90 and no deal; meanwhile another delivery made the deal
    job.became.contact = Some(id(90));
    let mut findings = known(&[], &[]);
    findings.own_contact = Some(id(90));
    findings.contacts.push(row(90, &[], &[]));
    let decision = decided(&job, &findings);
    assert_eq!(decision.contact, Some(id(84)));
    assert!(!makes_a_contact(&decision) && !binds(&decision));
    // a deal without a contact gets it
    findings.by_field[0].contact = None;
    let decision = decided(&job, &findings);
    assert_eq!(decision.contact, Some(id(90)));
    assert!(!makes_a_contact(&decision) && binds(&decision));
}

#[test]
fn a_replay_without_a_search_value_uses_the_contact_of_its_record() {
    let mut job = nameless();
    job.uncertain = true;
    job.became.record = RecordId::new(5).map(|id| (EntityKind::Deal, id));
    for is_own in [false, true] {
        for contact in [Some(id(84)), None] {
            let mut findings = known(&[], &[]);
            let mut deal = findings.by_field.remove(0);
            deal.contact = contact;
            findings.own_record = is_own.then(|| deal.clone());
            findings.earlier_record = Some(deal);
            let decision = decided(&job, &findings);
            assert_eq!(decision.contact, contact);
            assert!(!makes_a_contact(&decision) && !binds(&decision));
        }
    }
}
