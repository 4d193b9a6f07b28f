//! Random plans of submissions.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::CrmJob;
use crate::domain::spelling::CompareAs;
use crate::domain::{
    Became, Closed, CompanyPlan, Conflict, ContactPlan, CrmStep, Email, EntityKind, FieldRole,
    Found, ItemType, KeylessCompany, Match, OnUpdate, Origin, Phone, PlannedField, PlannedValue,
    RecordPlan, Several, SubmissionId, WithoutKey,
};

/// The phones that submissions have: two with one match code, neighbours, a short one.
pub(super) const PHONES: [&str; 12] = [
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
const EMAILS: [&str; 6] = [
    "a@mail.example",
    "b@mail.example",
    "c@mail.example",
    "d@xn--e1afmkfd.example",
    "e@mail.example",
    "aa@mail.example",
];
/// The values of plain fields.
const VALUES: [&str; 7] = [
    "77",
    "Заказ 5",
    "3500.00",
    "3500",
    "3 500,00",
    "карта 7",
    "077",
];
const SITES: [&str; 4] = [
    "shop.example",
    "https://shop.example/",
    "www.shop.example/cv",
    "https://пример.рф",
];
const MESSENGERS: [&str; 3] = ["anna", "https://t.me/anna", "+79123456789"];
const DAYS: [&str; 3] = ["31.12.1990", "1990-12-31", "когда-то"];
const INNS: [&str; 3] = ["7707083893", "500100732259", "5001007322590"];

pub(super) fn field(name: &str, value: PlannedValue, role: FieldRole) -> PlannedField {
    PlannedField {
        name: name.to_owned(),
        value,
        role,
        on_update: OnUpdate::Overwrite,
        value_type: None,
        extension: None,
        together: None,
        compare: CompareAs::default(),
        origin: Origin::default(),
    }
}

fn search_fields() -> impl Strategy<Value = Vec<PlannedField>> {
    (
        prop::option::weighted(0.8, select(&PHONES[..])),
        prop::option::weighted(0.7, select(&EMAILS[..])),
        prop::option::weighted(0.4, select(&VALUES[..])),
        prop::option::weighted(0.15, select(&SITES[..])),
        prop::option::weighted(0.15, select(&MESSENGERS[..])),
        prop::option::weighted(0.2, select(&DAYS[..])),
        prop::option::weighted(0.3, select(&["NAME", "COMMENTS"][..])),
    )
        .prop_map(|(phone, email, value, site, name, day, more)| {
            let phone = phone.map(|p| ("PHONE", PlannedValue::Phone(Phone::parse(p).unwrap())));
            let email = email.map(|e| ("EMAIL", PlannedValue::Email(Email::parse(e).unwrap())));
            let value = value.map(|v| ("POST", PlannedValue::Text(v.into())));
            let site = site.map(|v| ("WEB", PlannedValue::Site(v.into())));
            let name = name.map(|v| ("IM", PlannedValue::Messenger(v.into())));
            let day = day.map(|v| ("BIRTHDATE", PlannedValue::Text(v.into())));
            let search = [phone, email, value, site, name, day].into_iter().flatten();
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
                EntityKind::Deal if among.is_empty() => "OPPORTUNITY",
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

fn company_plan() -> impl Strategy<Value = CompanyPlan> {
    let several = [Several::Oldest, Several::Newest, Several::Park];
    let match_ = prop_oneof![3 => Just(Match::Any), 1 => Just(Match::All)];
    let fields = (
        prop::option::weighted(0.6, select(&PHONES[..])),
        prop::option::weighted(0.4, select(&EMAILS[..])),
        prop::option::weighted(0.5, select(&INNS[..])),
        prop::option::weighted(0.4, select(&VALUES[..])),
        prop::option::weighted(0.15, select(&SITES[..])),
    );
    (match_, select(several.to_vec()), fields).prop_map(|(match_, several, fields)| {
        let (phone, email, inn, value, site) = fields;
        let phone = phone.map(|p| ("PHONE", PlannedValue::Phone(Phone::parse(p).unwrap())));
        let email = email.map(|e| ("EMAIL", PlannedValue::Email(Email::parse(e).unwrap())));
        let inn = inn.map(|v| ("RQ_INN", PlannedValue::Text(v.into())));
        let value = value.map(|v| ("BANKING_DETAILS", PlannedValue::Text(v.into())));
        let site = site.map(|v| ("WEB", PlannedValue::Site(v.into())));
        let search = [phone, email, inn, value, site].into_iter().flatten();
        CompanyPlan {
            match_,
            several,
            conflict: Conflict::Order,
            without_key: KeylessCompany::SkipCompany,
            responsible: None,
            preset: None,
            fields: search
                .map(|(name, value)| field(name, value, FieldRole::Search))
                .collect(),
        }
    })
}

pub(super) fn job() -> impl Strategy<Value = CrmJob> {
    let parts = (
        contact_plan(),
        prop::option::weighted(0.5, company_plan()),
        prop::option::weighted(0.8, record_plan()),
        prop::bool::weighted(0.2),
    );
    parts.prop_map(|(contact, company, record, uncertain)| CrmJob {
        id: SubmissionId::fresh(),
        profile: "p".into(),
        uncertain,
        is_again: false,
        became: Became::default(),
        turn: None,
        files: crate::domain::file::AttachedFiles::default(),
        plan: CrmStep {
            connection: None,
            contact: Some(contact),
            company,
            record,
            comment: None,
            files: Vec::new(),
            todo: None,
            turns_of: None,
        },
    })
}
