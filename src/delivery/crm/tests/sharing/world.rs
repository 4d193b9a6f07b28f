//! What a random portal has.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::plans::PHONES;
use crate::simulator::{Fault, FaultKind, Portal, Times};

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
const STORED_EMAILS: [&str; 7] = [
    "A@Mail.example",
    "b@mail.example",
    "xc@mail.example",
    "d@пример.example",
    "d@xn--e1afmkfd.example",
    "aa@mail.example",
    "e@mail.example",
];
/// What plain fields hold.
const STORED_VALUES: [&str; 9] = [
    "77",
    "Заказ 5",
    "заказ 5",
    "3500.00",
    "3 500,00",
    "3500",
    "077",
    "карта 7",
    "77.0",
];
const SITES: [&str; 5] = [
    "https://www.shop.example/",
    "shop.example",
    "http://shop.example/cv",
    "https://xn--e1afmkfd.xn--p1ai",
    "нет",
];
const MESSENGERS: [&str; 5] = [
    "@anna",
    "https://t.me/anna",
    "vk.com/anna",
    "89123456789",
    "https://wa.me/79123456789",
];
const DAYS: [&str; 2] = ["1990-12-31", "1991-01-01"];
const SUMS: [i64; 3] = [77, 3500, 0];
const INNS: [&str; 4] = ["7707083893", "7707083893.0", "500100732259", "нет"];
const STAGES: [&str; 4] = ["NEW", "WON", "LOSE", "C1:NEW"];

/// A contact or lead of the portal.
#[derive(Debug, Clone)]
struct Person {
    phones: Vec<&'static str>,
    emails: Vec<&'static str>,
    sites: Vec<&'static str>,
    messengers: Vec<&'static str>,
    value: Option<&'static str>,
    birthday: Option<&'static str>,
}

/// What a portal has.
#[derive(Debug, Clone)]
pub(super) struct World {
    contacts: Vec<Person>,
    /// How many more contacts have the first phone of the list.
    crowd: usize,
    leads: Vec<(Person, &'static str)>,
    /// Companies, some with a requisite.
    companies: Vec<(Person, Option<&'static str>)>,
    /// Deals and items: their contacts, stage, value and sum.
    deals: Vec<(Vec<usize>, &'static str, &'static str, i64)>,
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
        vec(select(&SITES[..]), 0..2),
        vec(select(&MESSENGERS[..]), 0..2),
        prop::option::of(select(&STORED_VALUES[..])),
        prop::option::of(select(&DAYS[..])),
    )
        .prop_map(
            |(phones, emails, sites, messengers, value, birthday)| Person {
                phones,
                emails,
                sites,
                messengers,
                value,
                birthday,
            },
        )
}

pub(super) fn world() -> impl Strategy<Value = World> {
    let deal = (
        vec(0..12_usize, 0..3),
        select(&STAGES[..]),
        select(&STORED_VALUES[..]),
        select(&SUMS[..]),
    );
    let company = (person(), prop::option::of(select(&INNS[..])));
    let ignored = [
        "POST",
        "ID",
        "CONTACT_ID",
        "TITLE",
        "contactIds",
        "ADDITIONAL_INFO",
        "OPPORTUNITY",
        "WEB",
        "BANKING_DETAILS",
        "RQ_INN",
    ];
    (
        vec(person(), 1..16),
        prop_oneof![3 => Just(0_usize), 1 => 18..24_usize],
        vec((person(), select(&["NEW", "JUNK", "CONVERTED"][..])), 0..6),
        vec(company, 0..8),
        vec(deal, 0..10),
        vec(vec(0..12_usize, 0..3), 0..6),
        prop_oneof![4 => Just(0_usize), 1 => 47..53_usize],
        prop::option::weighted(0.25, select(ignored.to_vec())),
    )
        .prop_map(
            |(contacts, crowd, leads, companies, deals, items, busy, ignored)| World {
                contacts,
                crowd,
                leads,
                companies,
                deals,
                items,
                busy,
                ignored,
            },
        )
}

fn add(portal: &Portal, method: &str, params: &Value) -> Value {
    let added = portal.call(method, params.clone());
    assert!(added.get("error").is_none(), "{method}: {added}");
    added["result"].clone()
}

fn rows(texts: &[&str]) -> Value {
    texts.iter().map(|v| json!({"VALUE": v})).collect()
}

impl Person {
    fn fields(&self) -> Value {
        json!({"NAME": "Х", "PHONE": rows(&self.phones), "EMAIL": rows(&self.emails),
               "WEB": rows(&self.sites), "IM": rows(&self.messengers), "POST": self.value,
               "BIRTHDATE": self.birthday, "BANKING_DETAILS": self.value})
    }
}

impl World {
    /// Fills a portal.
    pub(super) fn fill(&self, portal: &Portal) {
        portal.reset();
        self.add_people(portal);
        self.add_records(portal);
        if let Some(field) = self.ignored {
            let kind = FaultKind::IgnoredCondition {
                field: field.to_owned(),
            };
            portal.inject(Fault::once(kind).times(Times::Always));
        }
    }

    fn add_people(&self, portal: &Portal) {
        for person in &self.contacts {
            add(
                portal,
                "crm.contact.add",
                &json!({"fields": person.fields()}),
            );
        }
        for _ in 0..self.crowd {
            let fields = json!({"NAME": "Т", "PHONE": rows(&[PHONES[0]])});
            add(portal, "crm.contact.add", &json!({ "fields": fields }));
        }
        for (person, inn) in &self.companies {
            let mut fields = person.fields();
            fields["TITLE"] = json!("Ц");
            let id = add(portal, "crm.company.add", &json!({ "fields": fields }));
            if let Some(inn) = inn {
                let fields = json!({"ENTITY_TYPE_ID": 4, "ENTITY_ID": id, "PRESET_ID": 1,
                                    "NAME": "Реквизиты", "RQ_INN": inn});
                add(portal, "crm.requisite.add", &json!({ "fields": fields }));
            }
        }
    }

    fn add_records(&self, portal: &Portal) {
        for (person, stage) in &self.leads {
            let mut fields = person.fields();
            fields["STATUS_ID"] = json!(stage);
            fields["TITLE"] = json!(person.value.unwrap_or("x"));
            add(portal, "crm.lead.add", &json!({ "fields": fields }));
        }
        let known = |places: &[usize]| -> Vec<usize> {
            let inside = places.iter().filter(|place| **place < self.contacts.len());
            inside.map(|place| place + 1).collect()
        };
        for (contacts, stage, value, sum) in &self.deals {
            let fields = json!({"TITLE": value, "ADDITIONAL_INFO": value, "STAGE_ID": stage,
                                "OPPORTUNITY": sum, "CONTACT_IDS": known(contacts)});
            add(portal, "crm.deal.add", &json!({ "fields": fields }));
        }
        for _ in 0..self.busy {
            let fields = json!({"TITLE": "ещё", "CONTACT_ID": 1});
            add(portal, "crm.deal.add", &json!({ "fields": fields }));
        }
        for contacts in &self.items {
            let fields = json!({"title": "x", "contactIds": known(contacts)});
            add(
                portal,
                "crm.item.add",
                &json!({"entityTypeId": 1036, "fields": fields}),
            );
        }
    }
}
