//! A property test: shared look-ups find exactly what look-ups one by one find, on random portals with
//! strangers, crowds, odd spellings, closed records and ignored conditions.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::super::findings::Findings;
use super::super::{CrmJob, Verdict, look_up};
use crate::crm::Connection;
use crate::crm::bitrix24::{RateLimits, Timeouts, Webhook};
use crate::domain::{
    Became, Closed, Conflict, ContactPlan, CrmStep, Email, EntityKind, FieldRole, Found, ItemType,
    Match, OnUpdate, Origin, Phone, PlannedField, PlannedValue, RecordPlan, Several, SubmissionId,
    WithoutKey,
};
use crate::simulator::{Fault, FaultKind, Limits, Portal, PortalOptions, Times};
use crate::store::testing::at;

/// The phones that submissions have: two with one match code, neighbours, a short one.
const PHONES: [&str; 12] = [
    "+79123456789",
    "+79990000001",
    "+79990000002",
    "+74951234567",
    "+4951234567",
    "+375291234567",
    "+380501234567",
    "+81312345678",
    "+77012345678",
    "+79161112233",
    "+79161112234",
    "+79161112235",
];
/// What contacts and leads hold, in spellings that the portal reads in its own way.
const STORED: [&str; 20] = [
    "+7 (912) 345-67-89",
    "89123456789",
    "9123456789",
    "+79123456789;12",
    "+7 912 345-67-89 доб. 12",
    "+89123456789",
    "+79990000001",
    "8 999 000 00 02",
    "4951234567",
    "+4951234567",
    "84951234567",
    "007 495 1234567",
    "+375 29 123-45-67",
    "8 029 123-45-67",
    "80501234567",
    "+380501234567",
    "81312345678",
    "87012345678",
    "нет",
    "+79161112233, 89161112234",
];
const EMAILS: [&str; 6] = [
    "a@mail.example",
    "b@mail.example",
    "c@mail.example",
    "d@xn--e1afmkfd.example",
    "e@mail.example",
    "aa@mail.example",
];
const STORED_EMAILS: [&str; 7] = [
    "A@Mail.example",
    "b@mail.example",
    "xc@mail.example",
    "d@пример.example",
    "d@xn--e1afmkfd.example",
    "aa@mail.example",
    "e@mail.example",
];
const VALUES: [&str; 5] = ["77", "Заказ 5", "заказ 5", "3500.00", "карта 7"];
const STAGES: [&str; 4] = ["NEW", "WON", "LOSE", "C1:NEW"];

type Server = (Portal, SocketAddr);

/// The portal of all cases; each case empties it.
fn server() -> &'static Mutex<Server> {
    static SERVER: OnceLock<Mutex<Server>> = OnceLock::new();
    SERVER.get_or_init(|| {
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let mut options = PortalOptions::new(Arc::new(|| at(0)));
                options.limits = Limits::off();
                let portal = Portal::new(options);
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                let address = listener.local_addr().unwrap();
                let server = portal.serve(listener).unwrap();
                sender.send((portal, address)).unwrap();
                server.await.unwrap();
            });
        });
        Mutex::new(receiver.recv().unwrap())
    })
}

fn connection((portal, address): &Server) -> Connection {
    let webhook = format!("http://{address}{}", portal.webhook_path());
    let timeouts = Timeouts {
        call: Duration::from_secs(60),
        connect: Duration::from_secs(5),
    };
    let limits = RateLimits::unlimited();
    let webhook = Webhook::parse(&SecretString::from(webhook)).unwrap();
    Connection::new(webhook, "leadgate-test".into(), timeouts, limits).unwrap()
}

/// A contact or lead of the portal.
#[derive(Debug, Clone)]
struct Person {
    phones: Vec<&'static str>,
    emails: Vec<&'static str>,
    value: Option<&'static str>,
}

/// What a portal has.
#[derive(Debug, Clone)]
struct World {
    contacts: Vec<Person>,
    /// How many more contacts have the first phone of the list.
    crowd: usize,
    leads: Vec<(Person, &'static str)>,
    /// Deals and items: their contacts, stage, and value.
    deals: Vec<(Vec<usize>, &'static str, &'static str)>,
    items: Vec<Vec<usize>>,
    /// How many more open deals the first contact has.
    busy: usize,
    /// A field whose conditions the portal ignores.
    ignored: Option<&'static str>,
}

fn person() -> impl Strategy<Value = Person> {
    (
        vec(select(&STORED[..]), 0..3),
        vec(select(&STORED_EMAILS[..]), 0..2),
        prop::option::of(select(&VALUES[..])),
    )
        .prop_map(|(phones, emails, value)| Person {
            phones,
            emails,
            value,
        })
}

fn world() -> impl Strategy<Value = World> {
    let deal = (
        vec(0..12_usize, 0..3),
        select(&STAGES[..]),
        select(&VALUES[..]),
    );
    let ignored = [
        "POST",
        "ID",
        "CONTACT_ID",
        "TITLE",
        "contactIds",
        "ADDITIONAL_INFO",
    ];
    (
        vec(person(), 1..16),
        prop_oneof![3 => Just(0_usize), 1 => 18..24_usize],
        vec((person(), select(&["NEW", "JUNK", "CONVERTED"][..])), 0..6),
        vec(deal, 0..10),
        vec(vec(0..12_usize, 0..3), 0..6),
        prop_oneof![4 => Just(0_usize), 1 => 47..53_usize],
        prop::option::weighted(0.25, select(ignored.to_vec())),
    )
        .prop_map(
            |(contacts, crowd, leads, deals, items, busy, ignored)| World {
                contacts,
                crowd,
                leads,
                deals,
                items,
                busy,
                ignored,
            },
        )
}

impl World {
    /// Fills a portal.
    fn fill(&self, portal: &Portal) {
        portal.reset();
        let list =
            |texts: &[&str]| -> Value { texts.iter().map(|v| json!({"VALUE": v})).collect() };
        let add = |method: &str, fields: Value| {
            let added = portal.call(method, json!({"fields": fields}));
            assert!(added.get("error").is_none(), "{method}: {added}");
        };
        let fields = |person: &Person| {
            json!({"NAME": "Х", "PHONE": list(&person.phones), "EMAIL": list(&person.emails),
                   "POST": person.value})
        };
        for person in &self.contacts {
            add("crm.contact.add", fields(person));
        }
        for _ in 0..self.crowd {
            add(
                "crm.contact.add",
                json!({"NAME": "Т", "PHONE": list(&[PHONES[0]])}),
            );
        }
        for (person, stage) in &self.leads {
            let mut fields = fields(person);
            fields["STATUS_ID"] = json!(stage);
            fields["TITLE"] = json!(person.value.unwrap_or("x"));
            add("crm.lead.add", fields);
        }
        let known = |places: &[usize]| -> Vec<usize> {
            let inside = places.iter().filter(|place| **place < self.contacts.len());
            inside.map(|place| place + 1).collect()
        };
        for (contacts, stage, value) in &self.deals {
            add(
                "crm.deal.add",
                json!({"TITLE": value, "ADDITIONAL_INFO": value, "STAGE_ID": stage,
                       "CONTACT_IDS": known(contacts)}),
            );
        }
        for _ in 0..self.busy {
            add("crm.deal.add", json!({"TITLE": "ещё", "CONTACT_ID": 1}));
        }
        for contacts in &self.items {
            let fields = json!({"title": "x", "contactIds": known(contacts)});
            let added = portal.call(
                "crm.item.add",
                json!({"entityTypeId": 1036, "fields": fields}),
            );
            assert!(added.get("error").is_none(), "{added}");
        }
        if let Some(field) = self.ignored {
            let kind = FaultKind::IgnoredCondition {
                field: field.to_owned(),
            };
            portal.inject(Fault::once(kind).times(Times::Always));
        }
    }
}

fn field(name: &str, value: PlannedValue, role: FieldRole) -> PlannedField {
    PlannedField {
        name: name.to_owned(),
        value,
        role,
        on_update: OnUpdate::Overwrite,
        value_type: None,
        extension: None,
        together: None,
        origin: Origin::default(),
    }
}

fn search_fields() -> impl Strategy<Value = Vec<PlannedField>> {
    (
        prop::option::weighted(0.8, select(&PHONES[..])),
        prop::option::weighted(0.7, select(&EMAILS[..])),
        prop::option::weighted(0.4, select(&VALUES[..])),
        prop::option::weighted(0.3, select(&["NAME", "COMMENTS"][..])),
    )
        .prop_map(|(phone, email, value, more)| {
            let phone = phone.map(|p| ("PHONE", PlannedValue::Phone(Phone::parse(p).unwrap())));
            let email = email.map(|e| ("EMAIL", PlannedValue::Email(Email::parse(e).unwrap())));
            let value = value.map(|v| ("POST", PlannedValue::Text(v.into())));
            let search = [phone, email, value].into_iter().flatten();
            let mut fields: Vec<PlannedField> = search
                .map(|(name, value)| field(name, value, FieldRole::Search))
                .collect();
            fields.extend(
                more.map(|name| field(name, PlannedValue::Text("x".into()), FieldRole::Fill)),
            );
            fields
        })
}

fn contact_plan() -> impl Strategy<Value = ContactPlan> {
    let several = [
        Several::Oldest,
        Several::Newest,
        Several::All,
        Several::Park,
    ];
    let groups = Match::Groups(vec![vec!["PHONE".into(), "POST".into()]]);
    let match_ = prop_oneof![4 => Just(Match::Any), 1 => Just(Match::All), 1 => Just(groups)];
    (match_, select(several.to_vec()), search_fields()).prop_map(|(match_, several, fields)| {
        ContactPlan {
            match_,
            several,
            conflict: Conflict::Order,
            without_key: WithoutKey::Create,
            responsible: None,
            fields,
        }
    })
}

fn record_plan() -> impl Strategy<Value = RecordPlan> {
    let item = EntityKind::Item(ItemType::new(1036).unwrap());
    (
        select(vec![
            EntityKind::Lead,
            EntityKind::Deal,
            EntityKind::Deal,
            item,
        ]),
        select(&[Found::AlwaysCreate, Found::Update, Found::Update][..]),
        vec(select(&["NEW", "C1:NEW"][..]).prop_map(str::to_owned), 0..2),
        prop::option::weighted(0.5, select(&VALUES[..])),
        prop::option::weighted(0.3, select(&PHONES[..])),
    )
        .prop_map(|(kind, found, among, value, phone)| {
            let name = match kind {
                EntityKind::Item(_) => "title",
                EntityKind::Lead | EntityKind::Company => "TITLE",
                EntityKind::Deal => "ADDITIONAL_INFO",
            };
            let value =
                value.map(|value| field(name, PlannedValue::Text(value.into()), FieldRole::Search));
            let phone = phone.filter(|_| kind == EntityKind::Lead).map(|phone| {
                let phone = PlannedValue::Phone(Phone::parse(phone).unwrap());
                field("PHONE", phone, FieldRole::Search)
            });
            RecordPlan {
                kind,
                found,
                closed: Closed::Create,
                among,
                stage_on_update: None,
                stage: None,
                responsible: None,
                fields: value.into_iter().chain(phone).collect(),
                products: None,
            }
        })
}

fn job() -> impl Strategy<Value = CrmJob> {
    let parts = (
        contact_plan(),
        prop::option::weighted(0.8, record_plan()),
        prop::bool::weighted(0.2),
    );
    parts.prop_map(|(contact, record, uncertain)| CrmJob {
        id: SubmissionId::fresh(),
        profile: "p".into(),
        uncertain,
        became: Became::default(),
        turn: None,
        files: crate::domain::file::AttachedFiles::default(),
        plan: CrmStep {
            connection: None,
            contact: Some(contact),
            company: None,
            record,
            comment: None,
            files: Vec::new(),
            todo: None,
            turns_of: None,
        },
    })
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
