//! Property tests of decisions, with random plans and findings.

mod companies;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::*;
use crate::crm::{ContactDetails, ContactRow};
use crate::domain::spelling::CompareAs;
use crate::domain::{
    Became, Closed, CommentPlan, Conflict, ContactPlan, CrmStep, Email, FieldRole, Found, ItemType,
    Match, OnUpdate, Origin, ParkReason, Phone, PlannedField, PlannedValue, RecordPlan,
    Responsible, Several, SubmissionId, TodoOn, TodoPlan, WithoutKey,
};

const PHONES: [&str; 3] = ["+79123456789", "+79990000001", "+375291234567"];
const STORED: [&str; 4] = ["8 912 345-67-89", "+79990000001", "8 029 123-45-67", "нет"];
const EMAILS: [&str; 2] = ["a@mail.example", "b@mail.example"];
const TEXTS: [&str; 5] = ["", "6510", "Анна", "$result[q0]", "[B]x"];
const STAGES: [&str; 5] = ["NEW", "WON", "C1:NEW", "DT1036_9:NEW", "DT1036_9:FAIL"];
const NAMES: [&str; 4] = ["NAME", "UF_CRM_A", "UF_CRM_LIST", "COMMENTS"];

fn value() -> impl Strategy<Value = (String, PlannedValue)> {
    let plain = (select(&NAMES[..]), select(&TEXTS[..]))
        .prop_map(|(name, text)| (name.to_owned(), PlannedValue::Text(text.into())));
    prop_oneof![
        3 => plain,
        2 => select(&PHONES[..])
            .prop_map(|p| ("PHONE".to_owned(), PlannedValue::Phone(Phone::parse(p).unwrap()))),
        2 => select(&EMAILS[..])
            .prop_map(|e| ("EMAIL".to_owned(), PlannedValue::Email(Email::parse(e).unwrap()))),
        1 => select(&TEXTS[..]).prop_map(|t| ("WEB".to_owned(), PlannedValue::Site(t.into()))),
        1 => select(&TEXTS[..]).prop_map(|t| ("IM".to_owned(), PlannedValue::Messenger(t.into()))),
        1 => select(&TEXTS[..])
            .prop_map(|t| ("UF_CRM_LIST".to_owned(), PlannedValue::Member(t.into()))),
    ]
}

fn planned() -> impl Strategy<Value = PlannedField> {
    let role = prop_oneof![Just(FieldRole::Search), Just(FieldRole::Fill)];
    let on_update = select(
        &[
            OnUpdate::Keep,
            OnUpdate::Overwrite,
            OnUpdate::Fill,
            OnUpdate::Append,
        ][..],
    );
    (value(), role, on_update).prop_map(|((name, value), role, on_update)| PlannedField {
        name,
        value,
        role,
        on_update,
        value_type: None,
        extension: None,
        together: None,
        compare: CompareAs::default(),
        origin: Origin::default(),
    })
}

fn responsible() -> impl Strategy<Value = Option<Responsible>> {
    let one = prop_oneof![
        (1..4_i64).prop_map(|id| Responsible::User(UserId::new(id).unwrap())),
        Just(Responsible::ContactOwner),
        select(&EMAILS[..]).prop_map(|e| Responsible::Email(Email::parse(e).unwrap())),
    ];
    prop::option::of(one.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Responsible::InTurn),
            vec(inner, 0..3).prop_map(Responsible::First),
        ]
    }))
}

fn contact_plan() -> impl Strategy<Value = ContactPlan> {
    const FIELDS: [&str; 5] = ["NAME", "PHONE", "EMAIL", "UF_CRM_A", "IM"];
    let group = vec(select(&FIELDS[..]).prop_map(str::to_owned), 0..3);
    let match_ = prop_oneof![
        Just(Match::Any),
        Just(Match::All),
        vec(group, 0..3).prop_map(Match::Groups)
    ];
    let several = select(
        &[
            Several::Oldest,
            Several::Newest,
            Several::All,
            Several::Park,
        ][..],
    );
    let conflict = select(
        &[
            Conflict::Order,
            Conflict::Oldest,
            Conflict::Newest,
            Conflict::Park,
            Conflict::Merge,
        ][..],
    );
    let without_key = select(
        &[
            WithoutKey::Create,
            WithoutKey::Create,
            WithoutKey::SkipContact,
        ][..],
    );
    let rules = (match_, several, conflict, without_key);
    (rules, responsible(), vec(planned(), 0..6)).prop_map(
        |((match_, several, conflict, without_key), responsible, fields)| ContactPlan {
            match_,
            several,
            conflict,
            without_key,
            responsible,
            fields,
        },
    )
}

fn record_plan() -> impl Strategy<Value = RecordPlan> {
    let item = EntityKind::Item(ItemType::new(1036).unwrap());
    (
        select(vec![EntityKind::Lead, EntityKind::Deal, item]),
        select(&[Found::AlwaysCreate, Found::Update, Found::Ignore][..]),
        select(&[Closed::Create, Closed::Update, Closed::Ignore][..]),
        vec(select(&STAGES[..]).prop_map(str::to_owned), 0..2),
        prop::option::of(select(&STAGES[..]).prop_map(str::to_owned)),
        responsible(),
        vec(planned(), 0..5),
    )
        .prop_map(
            |(kind, found, closed, among, stage, responsible, fields)| RecordPlan {
                kind,
                found,
                closed,
                among,
                stage_on_update: stage.clone(),
                stage,
                responsible,
                fields,
                products: None,
            },
        )
}

fn became() -> impl Strategy<Value = Became> {
    let id = || prop::option::weighted(0.2, 1..9_i64);
    (id(), id()).prop_map(|(contact, company)| Became {
        contact: contact.and_then(ContactId::new),
        company: company.and_then(CompanyId::new),
        record: None,
    })
}

fn todo() -> impl Strategy<Value = Option<TodoPlan>> {
    let on = select(&[TodoOn::Create, TodoOn::Update, TodoOn::Both][..]);
    prop::option::of(on.prop_map(|on| TodoPlan {
        title: "x".into(),
        text: None,
        deadline: "2026-11-22T12:00:00Z".parse().unwrap(),
        on,
        origin: Origin::default(),
    }))
}

fn job() -> impl Strategy<Value = CrmJob> {
    let parts = (
        prop::option::of(contact_plan()),
        prop::option::weighted(0.3, companies::plan()),
        prop::option::of(record_plan()),
        any::<bool>(),
        prop::option::of(0..9_u64),
        became(),
        todo(),
    );
    parts.prop_map(
        |(contact, company, record, uncertain, turn, became, todo)| CrmJob {
            id: "0192d3a4b5c6d7e8f90123456789abcd"
                .parse::<SubmissionId>()
                .unwrap(),
            profile: "p".into(),
            uncertain,
            is_again: false,
            became,
            turn,
            files: crate::domain::file::AttachedFiles::default(),
            plan: CrmStep {
                connection: None,
                contact,
                company,
                record,
                comment: Some(CommentPlan {
                    text: "x".into(),
                    origin: Origin::default(),
                }),
                files: vec![],
                todo,
                turns_of: None,
            },
        },
    )
}

fn fields() -> impl Strategy<Value = crate::crm::FieldMap> {
    let stored = prop_oneof![
        select(&TEXTS[..]).prop_map(|text| json!(text)),
        vec(select(&TEXTS[..]), 0..3).prop_map(|list| json!(list)),
        Just(json!(null)),
        Just(json!(false)),
        Just(json!(6510)),
        Just(json!({"odd": 1})),
    ];
    prop::collection::btree_map(select(&NAMES[..]).prop_map(str::to_owned), stored, 0..4)
}

fn details() -> impl Strategy<Value = ContactDetails> {
    let texts = |of: &'static [&'static str]| vec(select(of).prop_map(str::to_owned), 0..2);
    (texts(&STORED), texts(&EMAILS), texts(&TEXTS), texts(&TEXTS)).prop_map(
        |(phones, emails, sites, messengers)| ContactDetails {
            phones,
            emails,
            sites,
            messengers,
        },
    )
}

fn contact_row() -> impl Strategy<Value = ContactRow> {
    (1..9_i64, prop::option::of(1..4_i64), details(), fields()).prop_map(
        |(id, owner, details, fields)| ContactRow {
            id: ContactId::new(id).unwrap(),
            owner: owner.and_then(UserId::new),
            details,
            fields,
        },
    )
}

fn record_row() -> impl Strategy<Value = RecordRow> {
    let people = (prop::option::of(1..9_i64), vec(1..9_i64, 0..3));
    let state = (select(&STAGES[..]), prop::option::of(any::<bool>()));
    (1..9_i64, state, people, details(), fields()).prop_map(
        |(id, (stage, is_final), (contact, contacts), details, fields)| RecordRow {
            id: RecordId::new(id).unwrap(),
            stage: stage.to_owned(),
            is_final,
            contact: contact.and_then(ContactId::new),
            contacts: contacts.into_iter().filter_map(ContactId::new).collect(),
            owner: UserId::new(id),
            details,
            fields,
        },
    )
}

/// Random findings, with each row once in a list, as the portal returns them.
fn findings() -> impl Strategy<Value = Findings> {
    let parts = (
        vec(contact_row(), 0..4),
        prop::option::weighted(0.2, 1..9_i64),
        prop::option::weighted(0.2, record_row()),
        prop::option::weighted(0.2, record_row()),
        vec(record_row(), 0..4),
        vec(record_row(), 0..4),
        any::<bool>(),
        (prop::option::of(1..4_i64), vec(1..9_i64, 0..4)),
        companies::findings(),
    );
    parts.prop_map(
        |(
            mut contacts,
            own,
            own_record,
            earlier_record,
            mut by_field,
            mut by_contact,
            written,
            (user, item_contacts),
            company,
        )| {
            contacts.sort_by_key(|row| row.id);
            contacts.dedup_by_key(|row| row.id);
            for rows in [&mut by_field, &mut by_contact] {
                rows.sort_by_key(|row| row.id);
                rows.dedup_by_key(|row| row.id);
            }
            Findings {
                offered: contacts.iter().map(|row| row.id).collect(),
                contacts,
                own_contact: own.and_then(ContactId::new),
                company,
                own_record,
                earlier_record,
                by_field,
                by_contact,
                final_stages: ["DT1036_9:FAIL".to_owned()].into(),
                item_contacts: item_contacts
                    .into_iter()
                    .filter_map(ContactId::new)
                    .collect(),
                comment_exists: written,
                employees: user
                    .and_then(UserId::new)
                    .map(|user| (Email::parse(EMAILS[0]).unwrap(), user))
                    .into_iter()
                    .collect(),
                ..Findings::default()
            }
        },
    )
}

/// Reverses the order of findings.
fn turned(mut found: Findings) -> Findings {
    found.contacts.reverse();
    found.by_field.reverse();
    found.by_contact.reverse();
    found.company.rows.reverse();
    found.company.requisites.reverse();
    found
}

/// Returns the indexes of matching changes.
fn places(chain: &[Write], is: impl Fn(&Write) -> bool) -> Vec<usize> {
    let done = chain.iter().enumerate().filter(|(_, write)| is(write));
    done.map(|(place, _)| place).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn every_case_is_decided_and_always_the_same_way(job in job(), found in findings()) {
        let decided = decide(&job, &found, "leadgate-x");
        prop_assert_eq!(&decided, &decide(&job, &found, "leadgate-x"));
        prop_assert_eq!(&decided, &decide(&job, &turned(found), "leadgate-x"));
        let Err(verdict) = decided else { return Ok(()) };
        let is_choice = matches!(
            verdict,
            Verdict::Park {
                reason: ParkReason::SeveralContacts | ParkReason::SeveralCompanies,
                ..
            }
        );
        prop_assert!(is_choice, "{:?}", verdict);
    }

    #[test]
    fn nothing_is_created_twice_and_references_point_to_earlier_changes(
        job in job(), found in findings(),
    ) {
        let Ok(decision) = decide(&job, &found, "leadgate-x") else { return Ok(()) };
        let chain = decision.chain;
        let contacts = places(&chain, |write| matches!(write, Write::AddContact { .. }));
        let records = places(&chain, |write| matches!(write, Write::AddRecord { .. }));
        prop_assert!(contacts.len() <= 1 && records.len() <= 1);
        for (place, write) in chain.iter().enumerate() {
            let (of_contact, of_record) = match write {
                Write::AddRecord { contacts, .. } => (contacts.contains(&ContactRef::Created), false),
                Write::BindContact { contact, .. } => (*contact == ContactRef::Created, false),
                Write::SetProducts { record, .. }
                | Write::AddComment { record, .. }
                | Write::AddTodo { record, .. } => {
                    (false, *record == RecordRef::Created)
                }
                // no plan of these laws has files
                Write::SetFiles { .. }
                | Write::Company(_)
                | Write::AddContact { .. }
                | Write::UpdateContact { .. }
                | Write::MergeContacts { .. }
                | Write::UpdateRecord { .. } => (false, false),
            };
            prop_assert!(!of_contact || contacts.first().is_some_and(|first| *first < place));
            prop_assert!(!of_record || records.first().is_some_and(|first| *first < place));
        }
        if found.own_record.is_some() {
            prop_assert!(contacts.is_empty() && records.is_empty());
        }
        if found.own_contact.is_some() {
            prop_assert!(contacts.is_empty());
        }
    }

    #[test]
    fn ignored_records_are_not_written_to(mut job in job(), found in findings()) {
        if let Some(record) = &mut job.plan.record {
            (record.found, record.closed) = (Found::Ignore, Closed::Ignore);
        }
        let Ok(decision) = decide(&job, &found, "leadgate-x") else { return Ok(()) };
        let is_own = found.own_record.is_some();
        for write in &decision.chain {
            let touches = matches!(write, Write::UpdateRecord { .. } | Write::BindContact { .. })
                || matches!(write, Write::AddComment { record: RecordRef::Id(_), .. } if !is_own)
                || matches!(write, Write::AddTodo { record: RecordRef::Id(_), .. } if !is_own);
            prop_assert!(!touches, "{:?}", write);
        }
    }

    #[test]
    fn linked_contacts_stay_linked_and_the_main_contact_stays_main(
        job in job(), found in findings(),
    ) {
        let Ok(decision) = decide(&job, &found, "leadgate-x") else { return Ok(()) };
        for write in &decision.chain {
            let Write::BindContact { kind, id, contact, already_bound } = write else { continue };
            let known = found.earlier_record.iter().chain(&found.by_field).chain(&found.by_contact);
            // the same record may stand in several lists, with other contacts in this random world
            let rows: Vec<&RecordRow> = known.filter(|row| row.id == *id).collect();
            let is_kept = |row: &&RecordRow| {
                let main = row.contact.is_none_or(|main| already_bound.first() == Some(&main));
                main && row.contacts.iter().all(|one| already_bound.contains(one))
            };
            prop_assert!(rows.iter().any(is_kept), "{:?}", write);
            if let EntityKind::Item(_) = kind {
                prop_assert!(found.item_contacts.iter().all(|one| already_bound.contains(one)));
            }
            let is_bound = matches!(contact, ContactRef::Id(id) if already_bound.contains(id));
            prop_assert!(!is_bound);
        }
    }

    #[test]
    fn fields_with_keep_are_never_written_into_found_rows(mut job in job(), found in findings()) {
        let plan = &mut job.plan;
        let contact = plan.contact.iter_mut().flat_map(|contact| &mut contact.fields);
        let record = plan.record.iter_mut().flat_map(|record| &mut record.fields);
        for field in contact.chain(record) {
            field.on_update = OnUpdate::Keep;
        }
        let Ok(decision) = decide(&job, &found, "leadgate-x") else { return Ok(()) };
        for write in &decision.chain {
            if let Write::UpdateContact { fields, .. } | Write::UpdateRecord { fields, .. } = write {
                let odd = fields.keys().find(|name| NAMES.contains(&name.as_str()));
                prop_assert_eq!(odd, None);
            }
        }
    }

    #[test]
    fn without_a_search_value_the_contact_of_a_known_record_is_used(
        mut job in job(), found in findings(),
    ) {
        let Some(contact) = &mut job.plan.contact else { return Ok(()) };
        for field in &mut contact.fields {
            field.role = FieldRole::Fill;
        }
        // what an earlier attempt of the same submission went to has laws of its own, and so has a
        // company
        job.became = Became::default();
        job.plan.company = None;
        let found = Findings { own_contact: None, earlier_record: None, own_record: None, ..found };
        let by_field = job.plan.record.as_ref().and_then(|plan| record::by_field(plan, &found));
        let Some(by_field) = by_field else { return Ok(()) };
        let contact = by_field.contact.or(by_field.contacts.first().copied());
        let Ok(decision) = decide(&job, &found, "leadgate-x") else {
            return Err(TestCaseError::fail("nothing to choose from, and still parked"));
        };
        let is_new = |write: &Write| matches!(write, Write::AddRecord { .. });
        let is_made = |write: &Write| matches!(write, Write::AddContact { .. });
        let binds = |write: &Write| matches!(write, Write::BindContact { .. });
        prop_assert_eq!(decision.contact, contact);
        if decision.record.map(|(_, id)| id) == Some(by_field.id) || contact.is_some() {
            prop_assert!(!decision.chain.iter().any(is_made), "{:?}", decision.chain);
        }
        if decision.record.map(|(_, id)| id) == Some(by_field.id) {
            prop_assert!(!decision.chain.iter().any(binds), "{:?}", decision.chain);
        } else {
            let plan = job.plan.record.as_ref().unwrap();
            prop_assert!(plan.closed == Closed::Create, "{:?}", decision.chain);
            prop_assert!(decision.chain.iter().any(is_new) || contact.is_some());
        }
    }

    #[test]
    fn no_contact_gets_a_detail_of_another_found_contact(job in job(), found in findings()) {
        let Ok(decision) = decide(&job, &found, "leadgate-x") else { return Ok(()) };
        let plan = job.plan.contact.as_ref();
        let matching = plan.map(|plan| contact::matching(plan, &found)).unwrap_or_default();
        for write in &decision.chain {
            let Write::UpdateContact { id, fields } = write else { continue };
            let others = matching.iter().filter(|row| row.id != *id);
            let texts = |name: &str| {
                let rows = fields.get(name).and_then(|list| list.as_array().cloned());
                let rows = rows.unwrap_or_default().into_iter();
                rows.map(|row| row["VALUE"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
            };
            for other in others {
                for phone in texts("PHONE") {
                    prop_assert!(!other.details.has_phone(&Phone::parse(&phone).unwrap()));
                }
                for email in texts("EMAIL") {
                    prop_assert!(!other.details.has_email(&Email::parse(&email).unwrap()));
                }
            }
        }
    }

    #[test]
    fn an_update_repeated_changes_nothing(stored in fields(), planned in vec(planned(), 0..5)) {
        let mut row = stored;
        row.extend(super::fields::changes(&planned, &row));
        prop_assert_eq!(super::fields::changes(&planned, &row), serde_json::Map::new());
    }
}
