//! What shares a command, and how much of it.

use super::*;
use crate::crm::bitrix24::commands;
use crate::domain::spelling::CompareAs;
use crate::domain::{ContactId, Email, ItemType, Phone, RecordId, Several, SubmissionId};

fn phone(number: usize) -> Query {
    Query::ContactsByPhone(Phone::parse(&format!("+7912{number:07}")).unwrap())
}

fn email(number: usize) -> Query {
    Query::ContactsByEmail(Email::parse(&format!("p{number}@mail.example")).unwrap())
}

fn group(sharing: &Sharing, queries: &[Query]) -> Groups {
    let commands: Vec<Command> = queries.iter().map(|q| commands::of(q, "o")).collect();
    sharing.group(queries, &commands)
}

fn sizes(groups: &Groups) -> Vec<usize> {
    groups.shared.iter().map(|g| g.members.len()).collect()
}

#[test]
fn a_command_of_the_index_takes_twenty_values_and_each_spelling_counts() {
    let queries: Vec<Query> = (0..25).map(phone).chain((0..25).map(email)).collect();
    let groups = group(&Sharing::default(), &queries);
    // a Russian number has two spellings, an address one
    assert_eq!(sizes(&groups), [10, 10, 5, 20, 5]);
    assert!(groups.alone.is_empty());
    for shared in &groups.shared {
        let values = shared.command.params["values"].as_array().unwrap();
        assert_eq!(values.len(), shared.values);
        assert!(values.len() <= 20);
    }
    assert_eq!(groups.shared[0].command.params["entity_type"], "CONTACT");
}

#[test]
fn a_few_questions_to_the_index_are_asked_alone() {
    let queries: Vec<Query> = (0..4).map(phone).chain((0..4).map(email)).collect();
    let groups = group(&Sharing::default(), &queries);
    assert_eq!(groups.alone, [0, 1, 2, 3, 4, 5, 6, 7]);
    let queries: Vec<Query> = (0..40).map(phone).collect();
    assert_eq!(group(&Sharing::off(), &queries).alone.len(), 40);
}

#[test]
fn known_people_make_groups_smaller_and_new_ones_larger_again() {
    let sharing = Sharing::default();
    let queries: Vec<Query> = (0..40).map(email).collect();
    for _ in 0..20 {
        sharing.note(Family::Index("CONTACT", "EMAIL"), 20, 40);
    }
    assert_eq!(sizes(&group(&sharing, &queries)), [5; 8]);
    for _ in 0..60 {
        sharing.note(Family::Index("CONTACT", "EMAIL"), 20, 0);
    }
    assert_eq!(sizes(&group(&sharing, &queries)), [20, 20]);
}

#[test]
fn questions_that_went_alone_are_shared_again_later() {
    let sharing = Sharing::default();
    let family = Family::Index("CONTACT", "EMAIL");
    let queries: Vec<Query> = (0..6).map(email).collect();
    for _ in 0..20 {
        sharing.note(family, 2, 40);
    }
    assert_eq!(group(&sharing, &queries).alone.len(), 6);
    let again = (0..20).find(|_| !group(&sharing, &queries).shared.is_empty());
    assert!(again.is_some());
}

#[test]
fn smart_processes_never_share_a_command() {
    let of = |process, which| Query::Records {
        kind: EntityKind::Item(ItemType::new(process).unwrap()),
        which,
        select: vec![],
    };
    let ids = |id| vec![RecordId::new(id).unwrap()];
    let kinds: [&dyn Fn(i64) -> RecordFilter; 4] = [
        &|_| RecordFilter::CreatedFor(SubmissionId::fresh()),
        &|id| RecordFilter::LinkedIds(ids(id)),
        &|id| RecordFilter::Earlier(RecordId::new(id).unwrap()),
        &|id| RecordFilter::DuplicateCandidates(ids(id)),
    ];
    for which in kinds {
        let queries = [
            of(1036, which(1)),
            of(1048, which(2)),
            of(1036, which(3)),
            of(1048, which(4)),
        ];
        let groups = group(&Sharing::default(), &queries);
        let members: Vec<&[usize]> = groups.shared.iter().map(|g| &g.members[..]).collect();
        assert_eq!(members, [&[0, 2][..], &[1, 3][..]]);
    }
}

#[test]
fn conditions_that_differ_become_lists_and_the_others_stay() {
    let deal = EntityKind::Deal;
    let of = |which, select: &[&str]| Query::Records {
        kind: deal,
        which,
        select: select.iter().map(|name| (*name).to_owned()).collect(),
    };
    let main = |id, among: &[&str]| RecordFilter::ByMainContact {
        contacts: vec![ContactId::new(id).unwrap()],
        among: among.iter().map(|stage| (*stage).to_owned()).collect(),
    };
    let order = |value: &str| RecordFilter::ByFieldValue {
        field: SearchValue::new("UF_CRM_ORDER", value, CompareAs::Text),
        among: vec![],
    };
    let queries = [
        of(main(7, &[]), &["TITLE"]),
        of(main(8, &[]), &["COMMENTS"]),
        // other stages count as open
        of(main(9, &["NEW"]), &[]),
        of(order("a"), &[]),
        of(order("b"), &[]),
        of(RecordFilter::CreatedFor(SubmissionId::fresh()), &[]),
        of(RecordFilter::CreatedFor(SubmissionId::fresh()), &[]),
    ];
    let groups = group(&Sharing::default(), &queries);
    assert_eq!(groups.alone, [2]);
    let filter = |place: usize| &groups.shared[place].command.params["filter"];
    assert_eq!(
        *filter(0),
        json!({"@CONTACT_ID": [7, 8], "STAGE_SEMANTIC_ID": "P"})
    );
    let select = groups.shared[0].command.params["select"]
        .as_array()
        .unwrap();
    assert!(select.contains(&json!("TITLE")) && select.contains(&json!("COMMENTS")));
    assert_eq!(*filter(1), json!({"@UF_CRM_ORDER": ["a", "b"]}));
    assert_eq!(filter(2)["=ORIGINATOR_ID"], "o");
    assert_eq!(filter(2)["@ORIGIN_ID"].as_array().unwrap().len(), 2);
}

#[test]
fn every_spelling_of_a_value_counts_and_is_asked_once() {
    let order = |value: String, compare| Query::Records {
        kind: EntityKind::Deal,
        which: RecordFilter::ByFieldValue {
            field: SearchValue::new("UF_CRM_ORDER", &value, compare),
            among: vec![],
        },
        select: vec![],
    };
    let of = |compare| -> Vec<Query> {
        (0..60)
            .map(|n| order(format!("{}", 7000 + n), compare))
            .collect()
    };
    let spellings = CompareAs::Text.spellings("7000").len();
    assert!(spellings > 5);
    // 25 rows at half a row a value
    let groups = group(&Sharing::default(), &of(CompareAs::Text));
    assert_eq!(groups.shared[0].members.len(), 50 / spellings);
    for shared in &groups.shared {
        let values = &shared.command.params["filter"]["@UF_CRM_ORDER"];
        assert_eq!(values.as_array().unwrap().len(), shared.values);
    }
    // new orders: up to two hundred values
    let sharing = Sharing::default();
    for _ in 0..60 {
        sharing.note(Family::Values, 50, 0);
    }
    let groups = group(&sharing, &of(CompareAs::Text));
    assert_eq!(groups.shared[0].members.len(), 200 / spellings);
    // a number field has one spelling
    assert_eq!(sizes(&group(&sharing, &of(CompareAs::Number))), [60]);
    // several spellings of one value, and a code that has one
    let queries = [
        order("3500".into(), CompareAs::Text),
        order("3 500,00".into(), CompareAs::Text),
        order("007".into(), CompareAs::Text),
    ];
    let shared = &group(&Sharing::default(), &queries).shared[0];
    let values = &shared.command.params["filter"]["@UF_CRM_ORDER"];
    let values = values.as_array().unwrap();
    assert!(values.contains(&json!("007")) && values.contains(&json!("3500.00")));
    assert_eq!(values.len(), spellings + 1);
}

#[test]
fn what_cannot_be_asked_together_goes_alone() {
    let item = EntityKind::Item(ItemType::new(1036).unwrap());
    let by = |name: &str, value: &str| Query::ContactsByFields {
        fields: vec![SearchValue::new(name, value, CompareAs::Text)],
        several: Several::Oldest,
    };
    let linked = |kind, select: &str| Query::Records {
        kind,
        which: RecordFilter::LinkedIds(vec![RecordId::new(5).unwrap()]),
        select: vec![select.to_owned()],
    };
    let queries = [
        // a portal reads only the first of several values
        by("WEB", "a.example"),
        by("WEB", "b.example"),
        // the portal would read it as a reference
        by("POST", "$result[q0]"),
        by("POST", "x"),
        // names of custom fields in the notation of the command
        linked(item, "UF_CRM_1_A"),
        linked(item, "ufCrm1A"),
        linked(EntityKind::Deal, "TITLE"),
    ];
    let groups = group(&Sharing::default(), &queries);
    assert_eq!(groups.alone, [0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn one_question_of_many_submissions_is_asked_once() {
    let stages = Query::FinalStages {
        kind: EntityKind::Deal,
        category: 1,
    };
    let queries = vec![stages; 300];
    let groups = group(&Sharing::default(), &queries);
    assert_eq!(sizes(&groups), [300]);
    assert_eq!(groups.shared[0].command, commands::of(&queries[0], "o"));
}
