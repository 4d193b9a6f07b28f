//! The search keys find different contacts, or none of them has a value.

use super::*;
use crate::domain::{ContactExplanation, NotMergedBecause};

/// Anna's phone belongs to contact 1, her address to contact 2.
fn two() -> Findings {
    found(vec![row(1, &[PHONE], &[]), row(2, &[], &[EMAIL])])
}

fn ruled(conflict: Conflict, several: Several) -> CrmJob {
    let mut job = job();
    let contact = job.plan.contact.as_mut().unwrap();
    (contact.conflict, contact.several) = (conflict, several);
    job
}

fn updates(decision: &Decision) -> Vec<ContactId> {
    let updated = decision.chain.iter().filter_map(|write| match write {
        Write::UpdateContact { id, .. } => Some(*id),
        _ => None,
    });
    updated.collect()
}

#[test]
fn the_first_key_decides_and_nobody_gets_what_belongs_to_the_other() {
    let decision = decided(&job(), &two());
    assert_eq!(decision.contact, Some(id(1)));
    assert_eq!(updates(&decision), []);
    assert_eq!(
        explained(&decision)[..3],
        [
            "found contact 1 by PHONE",
            "PHONE finds contact 1, EMAIL finds contact 2: contact 1 is used (conflict: order)",
            "EMAIL is not added to contact 1: it belongs to contact 2, which was found, too",
        ]
    );
    // the order is that of the profile, not of the ids
    let mut job = job();
    job.plan.contact.as_mut().unwrap().fields.swap(1, 2);
    let decision = decided(&job, &two());
    assert_eq!(
        (decision.contact, updates(&decision)),
        (Some(id(2)), vec![])
    );
}

#[test]
fn the_rule_says_who_wins() {
    for several in [Several::Oldest, Several::Newest, Several::Park] {
        let with = |conflict| decide(&ruled(conflict, several), &two(), "o");
        for (conflict, winner) in [
            (Conflict::Order, 1),
            (Conflict::Oldest, 1),
            (Conflict::Newest, 2),
            (Conflict::Merge, 1),
        ] {
            let decision = with(conflict).unwrap();
            assert_eq!(
                decision.contact,
                Some(id(winner)),
                "{conflict:?} {several:?}"
            );
            assert_eq!(updates(&decision), [], "{conflict:?} {several:?}");
        }
        let Err(Verdict::Park { reason, text }) = with(Conflict::Park) else {
            panic!("{several:?}")
        };
        assert_eq!(reason, ParkReason::SeveralContacts);
        assert_eq!(
            text.to_text(Lang::En),
            "PHONE finds contact 1, EMAIL finds contact 2: a person decides (conflict: park)"
        );
    }
}

#[test]
fn all_are_linked_but_none_gets_what_belongs_to_the_other() {
    let decision = decided(&ruled(Conflict::Order, Several::All), &two());
    assert_eq!(updates(&decision), []);
    let linked = decision.chain.iter().find_map(|write| match write {
        Write::AddRecord { contacts, .. } => Some(contacts.clone()),
        _ => None,
    });
    assert_eq!(
        linked.unwrap(),
        [ContactRef::Id(id(1)), ContactRef::Id(id(2))]
    );
}

#[test]
fn a_contact_that_all_keys_find_comes_before_older_ones() {
    let rows = vec![
        row(1, &[PHONE], &[]),
        row(2, &[], &[EMAIL]),
        row(3, &[PHONE], &[EMAIL]),
    ];
    for conflict in [
        Conflict::Order,
        Conflict::Oldest,
        Conflict::Park,
        Conflict::Merge,
    ] {
        let decision = decided(&ruled(conflict, Several::Oldest), &found(rows.clone()));
        assert_eq!(decision.contact, Some(id(3)), "{conflict:?}");
        assert!(
            !explained(&decision)
                .iter()
                .any(|why| why.contains("conflict"))
        );
    }
}

#[test]
fn a_shared_phone_leaves_the_choice_to_the_address() {
    let rows = vec![row(1, &[PHONE], &[]), row(2, &[PHONE], &[EMAIL])];
    let decision = decided(&job(), &found(rows));
    assert_eq!(
        (decision.contact, updates(&decision)),
        (Some(id(2)), vec![])
    );
}

const SECOND: &str = "+79990000001";

fn second_phone() -> PlannedField {
    let value = PlannedValue::Phone(Phone::parse(SECOND).unwrap());
    field("PHONE", value, FieldRole::Search, OnUpdate::Keep)
}

fn card(role: FieldRole) -> PlannedField {
    let mut card = text("UF_CRM_CARD", "77", OnUpdate::Overwrite);
    card.role = role;
    card
}

fn site() -> PlannedField {
    let value = PlannedValue::Site(Personal::from("anna.example"));
    field("WEB", value, FieldRole::Fill, OnUpdate::Keep)
}

fn with_card(mut row: ContactRow) -> ContactRow {
    row.fields.insert("UF_CRM_CARD".into(), json!("77"));
    row
}

fn with_site(mut row: ContactRow) -> ContactRow {
    row.details.sites = vec!["https://anna.example/".into()];
    row
}

/// Asserts which fields of the chosen contact are written, with this field in addition.
fn assert_written(more: Option<PlannedField>, rows: &[ContactRow], fields: &[&str]) {
    let mut job = job();
    job.plan.contact.as_mut().unwrap().fields.extend(more);
    let decision = decided(&job, &found(rows.to_vec()));
    let written = decision.chain.iter().find_map(|write| match write {
        Write::UpdateContact { fields, .. } => Some(fields.keys().cloned().collect::<Vec<_>>()),
        _ => None,
    });
    assert_eq!(written.unwrap_or_default(), fields, "{rows:?}");
}

#[test]
fn keys_disagree_in_many_ways() {
    let (mine, other) = (row(1, &[PHONE], &[]), row(2, &[], &[EMAIL]));
    // another spelling is the same value
    let spelled = [
        row(1, &["8 (912) 345-67-89"], &[]),
        row(2, &[], &["Anna@Mail.example"]),
    ];
    assert_written(None, &spelled, &[]);
    // a third contact
    assert_written(
        None,
        &[mine.clone(), other.clone(), row(3, &[], &[EMAIL])],
        &[],
    );
    // the newer contact has the phone
    assert_written(None, &[row(1, &[], &[EMAIL]), row(2, &[PHONE], &[])], &[]);
    // two phones; the address is nobody's
    let phones = [mine.clone(), row(2, &[SECOND], &[])];
    assert_written(Some(second_phone()), &phones, &["EMAIL"]);
    // a card is a key only if it finds
    let whole = row(1, &[PHONE], &[EMAIL]);
    let cards = [whole.clone(), with_card(row(2, &[], &[]))];
    assert_written(Some(card(FieldRole::Search)), &cards, &[]);
    let cards = [whole, with_card(row(2, &[PHONE], &[EMAIL]))];
    assert_written(Some(card(FieldRole::Fill)), &cards, &["UF_CRM_CARD"]);
    // a site belongs to its contact even if it does not find
    assert_written(Some(site()), &[mine.clone(), with_site(other.clone())], &[]);
    assert_written(Some(site()), &[mine, other], &["WEB"]);
}

#[test]
fn groups_disagree_like_single_keys() {
    let group = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let mut job = job();
    let contact = job.plan.contact.as_mut().unwrap();
    contact.fields[0].role = FieldRole::Search;
    contact.match_ = Match::Groups(vec![group(&["EMAIL"]), group(&["PHONE", "NAME"])]);
    let mut namesake = row(1, &[PHONE], &[]);
    namesake.fields.insert("NAME".into(), json!("Анна"));
    // contact 3 shares the phone only: it is no match, so its phone is nobody's
    let rows = vec![namesake, row(2, &[], &[EMAIL]), row(3, &[PHONE], &[])];
    let decision = decided(&job, &found(rows.clone()));
    assert_eq!(
        (decision.contact, updates(&decision)),
        (Some(id(2)), vec![])
    );
    assert_eq!(
        explained(&decision)[1],
        "EMAIL finds contact 2, PHONE + NAME finds contact 1: contact 2 is used (conflict: order)"
    );
    let decision = decided(&job, &found(rows[1..].to_vec()));
    assert_eq!(
        (decision.contact, updates(&decision)),
        (Some(id(2)), vec![id(2)])
    );
}

#[test]
fn only_single_contacts_are_merged() {
    let job = ruled(Conflict::Merge, Several::Oldest);
    let merge = contacts_to_merge(&job, &two()).unwrap().unwrap();
    assert_eq!((merge.into, merge.others), (id(1), vec![id(2)]));
    // a family shares the phone
    let rows = vec![
        row(1, &[PHONE], &[]),
        row(2, &[], &[EMAIL]),
        row(3, &[PHONE], &[]),
    ];
    let Some(Err(why)) = contacts_to_merge(&job, &found(rows)) else {
        panic!()
    };
    assert!(matches!(
        why,
        ContactExplanation::NotMerged {
            why: NotMergedBecause::Several,
            ..
        }
    ));
    // nothing to merge
    assert_eq!(
        contacts_to_merge(&job, &found(vec![row(1, &[PHONE], &[])])),
        None
    );
    let both = found(vec![row(1, &[PHONE], &[EMAIL]), row(2, &[PHONE], &[])]);
    assert_eq!(contacts_to_merge(&job, &both), None);
    // not without the profile's word, and not once this submission has its contact
    assert_eq!(contacts_to_merge(&super::job(), &two()), None);
    let mut again = job;
    again.became.contact = Some(id(1));
    assert_eq!(contacts_to_merge(&again, &two()), None);
}

#[test]
fn two_people_whose_numbers_stand_in_one_field_are_not_merged() {
    const OTHER: &str = "+79051112233";
    let two_numbers = |matching: Match| {
        let mut job = ruled(Conflict::Merge, Several::Oldest);
        let contact = job.plan.contact.as_mut().unwrap();
        contact.match_ = matching;
        let phone = PlannedValue::Phone(Phone::parse(OTHER).unwrap());
        let second = field("PHONE", phone, FieldRole::Search, OnUpdate::Append);
        contact.fields.push(second);
        contact.fields.push(field(
            "LAST_NAME",
            PlannedValue::Text("Ray".into()),
            FieldRole::Search,
            OnUpdate::Keep,
        ));
        contact.fields.push(field(
            "POST",
            PlannedValue::Text("Teacher".into()),
            FieldRole::Search,
            OnUpdate::Keep,
        ));
        job
    };
    let named = |id, phones: &[&str], emails: &[&str], name: &str, value: &str| {
        let mut row = row(id, phones, emails);
        row.fields.insert(name.into(), json!(value));
        row
    };
    let group = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let groups = Match::Groups(vec![
        group(&["PHONE", "LAST_NAME"]),
        group(&["PHONE", "POST"]),
        group(&["EMAIL", "LAST_NAME"]),
    ]);
    let plain = |emails: &[&str]| vec![row(1, &[PHONE], emails), row(2, &[OTHER], &[])];
    for (matching, rows) in [
        (Match::Any, plain(&[])),
        (Match::Any, plain(&[EMAIL])),
        (
            groups.clone(),
            vec![
                named(1, &[PHONE], &[], "LAST_NAME", "Ray"),
                named(2, &[OTHER], &[], "POST", "Teacher"),
            ],
        ),
    ] {
        let merge = contacts_to_merge(&two_numbers(matching.clone()), &found(rows));
        let expected = ContactExplanation::NotMerged {
            ids: vec![id(1), id(2)],
            why: NotMergedBecause::Several,
        };
        assert_eq!(merge, Some(Err(expected)), "{matching:?}");
    }
    // groups that share a surname find one person each
    let rows = vec![
        named(1, &[PHONE], &[], "LAST_NAME", "Ray"),
        named(2, &[], &[EMAIL], "LAST_NAME", "Ray"),
    ];
    let merge = contacts_to_merge(&two_numbers(groups), &found(rows));
    assert_eq!(merge.unwrap().unwrap().ids(), [id(1), id(2)]);
}

/// A job without a phone or an address.
fn keyless(rule: WithoutKey) -> CrmJob {
    let mut job = job();
    let contact = job.plan.contact.as_mut().unwrap();
    contact.fields.truncate(1);
    contact.without_key = rule;
    job
}

#[test]
fn a_contact_without_a_key_is_created_skipped_or_parked() {
    let decision = decided(&keyless(WithoutKey::Create), &found(vec![]));
    assert!(matches!(decision.chain[0], Write::AddContact { .. }));
    let decision = decided(&keyless(WithoutKey::SkipContact), &found(vec![]));
    let [Write::AddRecord { contacts, .. }, Write::AddComment { .. }] = decision.chain.as_slice()
    else {
        panic!("{:?}", decision.chain)
    };
    assert_eq!(contacts, &[]);
    assert!(explained(&decision)[0].ends_with("(without_key: skip_contact)"));
    let parked = decide(&keyless(WithoutKey::Park), &found(vec![]), "o");
    let Err(Verdict::Park { reason, text }) = parked else {
        panic!()
    };
    assert_eq!(reason, ParkReason::MissingValue);
    assert!(
        text.to_text(Lang::Ru)
            .ends_with("решает человек (without_key: park)")
    );
}

#[test]
fn without_a_key_the_contact_of_the_found_record_is_still_used() {
    for rule in [WithoutKey::Park, WithoutKey::SkipContact] {
        let job = super::records::with_order(keyless(rule), "6510");
        let known = Findings {
            contacts: vec![row(84, &[], &[])],
            by_field: vec![super::records::order(5, 84, "6510")],
            ..Findings::default()
        };
        assert_eq!(decided(&job, &known).contact, Some(id(84)));
        // a key that finds nobody is a key
        let mut job = super::job();
        job.plan.contact.as_mut().unwrap().without_key = rule;
        let decision = decided(&job, &found(vec![]));
        assert!(matches!(decision.chain[0], Write::AddContact { .. }));
    }
}
