mod again;
mod pipelines;
mod todos;

use serde_json::json;

use super::fields::changes;
use super::*;
use crate::crm::{ContactRow, Reach};
use crate::domain::{
    Became, Closed, CommentPlan, ContactPlan, Email, FieldRole, Found, Lang, Match, OnUpdate,
    Origin, ParkReason, Personal, Phone, Plan, PlannedField, PlannedValue, ProfileRef, RecordPlan,
    ReplyMode, Responsible, Several, SubmissionId, TodoOn, TodoPlan, UserId,
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

/// Anna with a phone and an address, and a deal.
fn job() -> Job {
    Job {
        id: SubmissionId::fresh(),
        uncertain: false,
        became: Became::default(),
        turn: None,
        plan: Plan {
            profile: ProfileRef {
                file: "p".into(),
                name: "P".into(),
                hash: "0".into(),
            },
            connection: None,
            contact: Some(ContactPlan {
                match_: Match::Any,
                several: Several::Oldest,
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
            record: Some(RecordPlan {
                kind: EntityKind::Deal,
                found: Found::Update,
                closed: Closed::Update,
                among: vec![],
                stage: Some("C1:NEW".into()),
                stage_on_update: None,
                responsible: None,
                fields: vec![text("TITLE", "Вопрос", OnUpdate::Overwrite)],
            }),
            comment: Some(CommentPlan {
                text: Personal::from("[B]привет"),
                origin: Origin::default(),
            }),
            todo: None,
            reply: ReplyMode::Accepted,
            notes: vec![],
        },
    }
}

/// The job with an order number that finds its deal.
fn with_order(mut job: Job, number: &str) -> Job {
    job.plan.record.as_mut().unwrap().fields.push(field(
        "UF_CRM_ORDER_ID",
        PlannedValue::Text(Personal::from(number)),
        FieldRole::Search,
        OnUpdate::Overwrite,
    ));
    job
}

/// A deal about an order.
fn order(number: i64, contact: i64, order: &str) -> RecordRow {
    let mut row = deal(number, contact);
    row.fields
        .insert("UF_CRM_ORDER_ID".to_owned(), json!(order));
    row
}

fn id(number: i64) -> ContactId {
    ContactId::new(number).unwrap()
}

fn row(number: i64, phones: &[&str], emails: &[&str]) -> ContactRow {
    ContactRow {
        id: id(number),
        owner: UserId::new(9),
        reach: Reach {
            phones: phones.iter().map(|p| (*p).to_owned()).collect(),
            emails: emails.iter().map(|e| (*e).to_owned()).collect(),
            ..Reach::default()
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
        reach: Reach::default(),
        fields: [("TITLE".to_owned(), json!("Старый"))].into(),
    }
}

/// What the portal offers.
fn found(contacts: Vec<ContactRow>) -> Findings {
    Findings {
        offered: contacts.iter().map(|row| row.id).collect(),
        contacts,
        ..Findings::default()
    }
}

/// The reasoning in words.
fn told(decision: &Decision) -> Vec<String> {
    decision
        .explanation
        .iter()
        .map(|why| why.tell(Lang::En))
        .collect()
}

fn decided(job: &Job, found: &Findings) -> Decision {
    decide(job, found, "leadgate-test").unwrap()
}

#[test]
fn a_new_person_becomes_contact_deal_and_comment_in_one_chain() {
    let job = job();
    let decision = decided(&job, &found(vec![]));
    let [
        Write::AddContact { fields },
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

#[test]
fn a_found_contact_gets_what_it_lacks_and_keeps_its_name() {
    let decision = decided(&job(), &found(vec![row(84, &["8 912 345-67-89"], &[])]));
    assert_eq!(decision.contact, Some(id(84)));
    let Write::UpdateContact { fields, .. } = &decision.chain[0] else {
        panic!()
    };
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["EMAIL"]);
    assert_eq!(told(&decision)[0], "found contact 84 by PHONE");
}

#[test]
fn a_stranger_whom_the_match_code_offers_is_not_bound() {
    // +49 123 456 78 90 shares its digits with a number that was typed without a country code
    let decision = decided(&job(), &found(vec![row(7, &["+499123456789"], &[])]));
    assert_eq!(decision.contact, None);
    assert!(matches!(decision.chain[0], Write::AddContact { .. }));
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
    assert!(told(&decision).contains(&"its stage is left (change_stage is off)".to_owned()));
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
fn always_create_does_not_look_at_open_records() {
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
fn several_matches_are_settled_as_the_profile_says() {
    let contacts = || {
        vec![
            row(1, &[PHONE], &[]),
            row(2, &[], &[EMAIL]),
            row(3, &[PHONE], &[EMAIL]),
        ]
    };
    let with = |several, match_| {
        let mut job = job();
        let contact = job.plan.contact.as_mut().unwrap();
        (contact.several, contact.match_) = (several, match_);
        decide(&job, &found(contacts()), "o")
    };
    assert_eq!(
        with(Several::Oldest, Match::Any).unwrap().contact,
        Some(id(1))
    );
    assert_eq!(
        with(Several::Newest, Match::Any).unwrap().contact,
        Some(id(3))
    );
    assert_eq!(
        with(Several::Oldest, Match::All).unwrap().contact,
        Some(id(3))
    );
    let all = with(Several::All, Match::Any).unwrap();
    assert!(
        all.chain
            .iter()
            .any(|w| matches!(w, Write::AddRecord { contacts, .. } if contacts.len() == 3))
    );
    assert!(matches!(
        with(Several::Park, Match::Any),
        Err(Verdict::Park {
            reason: ParkReason::SeveralContacts,
            ..
        })
    ));
    assert_eq!(
        with(Several::Park, Match::All).unwrap().contact,
        Some(id(3))
    );
}

#[test]
fn what_an_earlier_attempt_created_is_used_and_not_created_again() {
    let mut job = job();
    job.uncertain = true;
    let mut findings = found(vec![row(84, &[PHONE], &[EMAIL])]);
    findings.own_contact = Some(id(84));
    findings.own_record = Some(deal(5, 84));
    findings.comment_written = true;
    let decision = decided(&job, &findings);
    assert_eq!(decision.chain, []);
    assert_eq!(
        (decision.contact, decision.record.map(|(_, id)| id.get())),
        (Some(id(84)), Some(5))
    );
}

#[test]
fn fill_and_append_respect_what_stands_there() {
    let fields = |on_update| vec![text("COMMENTS", "новое", on_update)];
    let with = |on_update, there: serde_json::Value| {
        changes(&fields(on_update), &[("COMMENTS".to_owned(), there)].into()).remove("COMMENTS")
    };
    assert_eq!(with(OnUpdate::Fill, json!("старое")), None);
    assert_eq!(with(OnUpdate::Fill, json!(null)), Some(json!("новое")));
    assert_eq!(
        with(OnUpdate::Append, json!("старое")),
        Some(json!("старое\nновое"))
    );
    assert_eq!(with(OnUpdate::Append, json!("старое\nновое")), None);
    assert_eq!(with(OnUpdate::Overwrite, json!("новое")), None);
    assert_eq!(with(OnUpdate::Keep, json!(null)), None);
}

#[test]
fn a_contact_without_a_name_is_called_by_its_phone() {
    let mut job = job();
    job.plan.contact.as_mut().unwrap().fields.remove(0);
    let decision = decided(&job, &found(vec![]));
    let Write::AddContact { fields } = &decision.chain[0] else {
        panic!()
    };
    assert_eq!(fields["NAME"], json!(PHONE));
}

#[test]
fn a_closed_deal_of_the_same_order_is_what_the_profile_says() {
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
    assert!(told(&decision)[1].starts_with("open deal 5 of the contact has another value"));
}

#[test]
fn a_group_finds_when_each_of_its_fields_agrees() {
    let with = |groups: &[&[&str]], rows: Vec<ContactRow>| {
        let mut job = job();
        let contact = job.plan.contact.as_mut().unwrap();
        contact.fields[0].role = FieldRole::Search;
        let owned = |group: &&[&str]| group.iter().map(|name| (*name).to_owned()).collect();
        contact.match_ = Match::Groups(groups.iter().map(owned).collect());
        decided(&job, &found(rows)).contact
    };
    let named = |name: &str, number, phones: &[&str], emails: &[&str]| {
        let mut row = row(number, phones, emails);
        row.fields.insert("NAME".into(), json!(name));
        row
    };
    let groups: &[&[&str]] = &[&["PHONE", "NAME"], &["EMAIL"]];
    assert_eq!(with(groups, vec![named("Борис", 1, &[PHONE], &[])]), None);
    assert_eq!(
        with(groups, vec![named("АННА", 1, &[PHONE], &[])]),
        Some(id(1))
    );
    assert_eq!(
        with(groups, vec![named("Борис", 1, &[], &[EMAIL])]),
        Some(id(1))
    );
    // a field without a value agrees with nothing
    assert_eq!(
        with(&[&["PHONE", "IM"]], vec![named("Анна", 1, &[PHONE], &[])]),
        None
    );
}

#[test]
fn lists_are_compared_as_sets_and_extended_by_what_they_lack() {
    let fields = |on_update| {
        let member = |text: &str| {
            let value = PlannedValue::Member(Personal::from(text));
            field("UF_CRM_TOPICS", value, FieldRole::Fill, on_update)
        };
        vec![member("45"), member("47")]
    };
    let with = |on_update, there: serde_json::Value| {
        changes(
            &fields(on_update),
            &[("UF_CRM_TOPICS".to_owned(), there)].into(),
        )
        .remove("UF_CRM_TOPICS")
    };
    assert_eq!(with(OnUpdate::Overwrite, json!([47, 45])), None);
    assert_eq!(
        with(OnUpdate::Overwrite, json!([47, 49])),
        Some(json!(["45", "47"]))
    );
    assert_eq!(
        with(OnUpdate::Append, json!([49, 45])),
        Some(json!([49, 45, "47"]))
    );
    assert_eq!(with(OnUpdate::Append, json!(["45", "47"])), None);
    assert_eq!(
        with(OnUpdate::Fill, json!(false)),
        Some(json!(["45", "47"]))
    );
    assert_eq!(with(OnUpdate::Fill, json!([1])), None);
    assert_eq!(with(OnUpdate::Keep, json!([])), None);
    // a plain text for a field that turns out to be a list does not wipe it
    let plain = vec![text("UF_CRM_TOPICS", "47", OnUpdate::Append)];
    let there = [("UF_CRM_TOPICS".to_owned(), json!(["45"]))].into();
    assert_eq!(
        changes(&plain, &there)["UF_CRM_TOPICS"],
        json!(["45", "47"])
    );
}

#[test]
fn the_portals_own_spelling_of_a_value_is_no_change() {
    for (wanted, there) in [
        ("3500", "3500.00"),
        ("2026-03-01", "2026-03-01T03:00:00+03:00"),
    ] {
        let fields = [text("X", wanted, OnUpdate::Overwrite)];
        assert!(
            changes(&fields, &[("X".to_owned(), json!(there))].into()).is_empty(),
            "{wanted}"
        );
    }
}

#[test]
fn sites_and_messengers_are_added_when_new_whatever_the_profile_says() {
    let mut job = job();
    let fields = &mut job.plan.contact.as_mut().unwrap().fields;
    let site = PlannedValue::Site(Personal::from("https://anna.example/"));
    fields.push(field("WEB", site, FieldRole::Fill, OnUpdate::Keep));
    let name = PlannedValue::Messenger(Personal::from("@anna"));
    let mut messenger = field("IM", name, FieldRole::Fill, OnUpdate::Keep);
    messenger.value_type = Some("TELEGRAM".into());
    fields.push(messenger);
    let mut there = row(84, &[PHONE], &[EMAIL]);
    there.reach.sites = vec!["http://www.anna.example".into()];
    let decision = decided(&job, &found(vec![there]));
    let Write::UpdateContact { fields, .. } = &decision.chain[0] else {
        panic!()
    };
    let expected = json!({"IM": [{"VALUE": "@anna", "VALUE_TYPE": "TELEGRAM"}]});
    assert_eq!(Some(fields), expected.as_object());
}

#[test]
fn employees_take_turns_and_who_cannot_be_found_is_passed_over() {
    let in_turn = |turn| {
        let mut job = job();
        let email = Email::parse("gone@firm.example").unwrap();
        let user = |id| Responsible::User(UserId::new(id).unwrap());
        let rota = vec![user(6), Responsible::Email(email), user(12)];
        job.plan.record.as_mut().unwrap().responsible = Some(Responsible::First(vec![
            Responsible::ContactOwner,
            Responsible::InTurn(rota),
        ]));
        job.turn = Some(turn);
        job
    };
    let assigned = |job: &Job, findings: &Findings| {
        let chain = decided(job, findings).chain;
        let fields = chain.iter().find_map(|write| match write {
            Write::AddRecord { fields, .. } => Some(fields.clone()),
            _ => None,
        });
        fields.unwrap()["ASSIGNED_BY_ID"].clone()
    };
    let given: Vec<_> = (0..4)
        .map(|turn| assigned(&in_turn(turn), &found(vec![])))
        .collect();
    assert_eq!(given, [json!(6), json!(12), json!(12), json!(6)]);
    // the contact is somebody's already
    let known = found(vec![row(84, &[PHONE], &[EMAIL])]);
    assert_eq!(assigned(&in_turn(0), &known), json!(9));
    assert!(!decided(&in_turn(0), &known).takes_a_turn());
    assert!(decided(&in_turn(0), &found(vec![])).takes_a_turn());
}

#[test]
fn without_a_contact_our_own_record_makes_none() {
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
