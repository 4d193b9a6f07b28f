//! A property test: shared look-ups find exactly what look-ups one by one find, on random portals with
//! strangers, crowds, odd spellings, closed records and ignored conditions.

mod plans;
mod world;

use std::net::SocketAddr;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::json;

use self::plans::{field, job};
use self::world::world;
use super::super::findings::Findings;
use super::super::{CrmJob, Verdict, look_up};
use crate::crm::Connection;
use crate::crm::bitrix24::{Access, RateLimits, Timeouts};
use crate::domain::{
    Became, Conflict, ContactPlan, CrmStep, Email, FieldRole, Match, Phone, PlannedValue, Several,
    SubmissionId, WithoutKey,
};
use crate::simulator::{Portal, start_portal};
use crate::store::testing::at;

type Server = (Portal, SocketAddr);

/// The portal of all cases; each case empties it.
fn server() -> &'static Mutex<Server> {
    static SERVER: OnceLock<Mutex<Server>> = OnceLock::new();
    SERVER.get_or_init(|| Mutex::new(start_portal(at(0))))
}

fn connection((portal, address): &Server) -> Connection {
    let webhook = format!("http://{address}{}", portal.webhook_path());
    let timeouts = Timeouts {
        call: Duration::from_secs(60),
        connect: Duration::from_secs(5),
    };
    let limits = RateLimits::unlimited();
    let webhook = Access::webhook(&SecretString::from(webhook)).unwrap();
    Connection::new(webhook, "leadgate-test".into(), timeouts, limits).unwrap()
}

/// Looks up these jobs on a filled portal, with shared commands and one by one; returns the commands
/// of both.
fn compare(server: &Server, shared: &Connection, jobs: &[CrmJob]) -> [u64; 2] {
    type Results = Vec<Result<Findings, Verdict>>;
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    let alone = connection(server).without_shared_lookups();
    let commands = || -> u64 { server.0.counters().commands.values().sum() };
    let look = |client: &Connection| -> (Results, u64) {
        let before = commands();
        let found = runtime.block_on(look_up(client, jobs)).found;
        (found, commands() - before)
    };
    let (one_by_one, singly) = look(&alone);
    // what is learnt from the first run divides the second one into other groups
    for _ in 0..2 {
        let (together, _) = look(shared);
        for (together, alone) in together.iter().zip(&one_by_one) {
            match (together, alone) {
                (Ok(together), Ok(alone)) => assert_same(together, alone),
                (together, alone) => assert_eq!(together.is_err(), alone.is_err()),
            }
        }
    }
    [look(shared).1, singly]
}

fn assert_same(together: &Findings, alone: &Findings) {
    assert_eq!(together.offered, alone.offered, "contacts");
    assert_eq!(together.offered_leads, alone.offered_leads, "leads");
    assert_eq!(together.truncated, alone.truncated, "cut off");
    assert_eq!(together.contacts, alone.contacts, "rows of contacts");
    assert_eq!(together.by_field, alone.by_field, "records by a field");
    assert_eq!(together.by_contact, alone.by_contact, "records by contact");
    assert_eq!(together.bound, alone.bound, "bindings");
    assert!(together == alone, "everything else");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn shared_lookups_find_what_lookups_one_by_one_find(
        world in world(), jobs in vec(job(), 1..24),
    ) {
        let server = server().lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        world.fill(&server.0);
        let client = connection(&server);
        compare(&server, &client, &jobs);
        server.0.clear_faults();
    }
}

/// A new person or a known one.
fn person_with(number: usize) -> CrmJob {
    let phone = Phone::parse(&format!("+7912{number:07}")).unwrap();
    let email = Email::parse(&format!("p{number}@mail.example")).unwrap();
    CrmJob {
        id: SubmissionId::fresh(),
        profile: "p".into(),
        uncertain: false,
        is_again: false,
        became: Became::default(),
        turn: None,
        files: crate::domain::file::AttachedFiles::default(),
        plan: CrmStep {
            connection: None,
            contact: Some(ContactPlan {
                match_: Match::Any,
                several: Several::Oldest,
                conflict: Conflict::Order,
                without_key: WithoutKey::Create,
                responsible: None,
                fields: vec![
                    field("PHONE", PlannedValue::Phone(phone), FieldRole::Search),
                    field("EMAIL", PlannedValue::Email(email), FieldRole::Search),
                ],
            }),
            company: None,
            record: None,
            comment: None,
            files: Vec::new(),
            todo: None,
            turns_of: None,
        },
    }
}

#[test]
fn a_hundred_new_people_take_fifteen_commands_and_a_crowd_no_more_than_one_by_one() {
    let server = server()
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    server.0.reset();
    let client = connection(&server);
    let jobs: Vec<CrmJob> = (0..100).map(person_with).collect();
    // ten numbers in two spellings, or twenty addresses, a command
    assert_eq!(compare(&server, &client, &jobs), [15, 200]);
    // every number belongs to three contacts: the first groups are asked again one by one
    for number in 0..100 {
        let phone = json!([{"VALUE": format!("+7912{number:07}")}]);
        for _ in 0..3 {
            let fields = json!({"NAME": "Х", "PHONE": phone});
            server.0.call("crm.contact.add", json!({"fields": fields}));
        }
    }
    let fresh = connection(&server);
    let [later, singly] = compare(&server, &fresh, &jobs);
    assert!(later * 3 < singly, "{later} of {singly}");
    server.0.reset();
}
