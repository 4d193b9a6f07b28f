//! The `company` block: what it plans, and what `check` says about it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::rendered;
use crate::authoring::{Paint, ProfileFile, render};
use crate::domain::{
    CompanyPlan, Conflict, FieldRole, KeylessCompany, Lang, OnUpdate, Plan, Several, Source,
};
use crate::mapping::{MappingOutcome, compile};

const FIELDS: &str = "\
receive: { polls: [1] }
fields: { name: $.data.name, company: $.data.company, inn: $.data.inn, phone: { from: $.data.phone, as: phone }, scan: { from: $.data.scan, as: file } }
";

const COMPANY: &str = "\
company:
  fields:
    TITLE: \"{{company}}\"
    RQ_INN: { value: \"{{inn}}\", search: true }
    RQ_KPP: \"770501001\"
    PHONE: { value: \"{{phone}}\", search: true }
";

fn problems(text: &str, lang: Lang) -> String {
    let file = ProfileFile {
        name: "shop.yaml".to_owned(),
        text: format!("{FIELDS}{text}"),
    };
    match compile(&file, None, &BTreeMap::new()) {
        Ok((_, warnings)) => render(&warnings, Paint::Plain, lang),
        Err(problems) => render(&problems, Paint::Plain, lang),
    }
}

fn plan(text: &str, data: &Value) -> Plan {
    let file = ProfileFile {
        name: "shop.yaml".to_owned(),
        text: format!("{FIELDS}{text}"),
    };
    let (profile, _) = compile(&file, None, &BTreeMap::new()).unwrap();
    let source = Source::new("polls", "1", "7");
    match profile.plan(&source, Timestamp::UNIX_EPOCH, &json!({ "data": data })) {
        MappingOutcome::Plan(plan) => *plan,
        other => panic!("{other:?}"),
    }
}

fn company(text: &str, data: &Value) -> Option<CompanyPlan> {
    plan(text, data).crm()?.company.clone()
}

#[test]
fn a_company_needs_a_name_or_a_number() {
    for (data, names) in [
        (
            json!({"company": "Ромашка", "inn": "ИНН 7707083893"}),
            "TITLE RQ_INN RQ_KPP",
        ),
        (json!({"inn": "7707083893"}), "RQ_INN RQ_KPP"),
        (json!({"company": "Ромашка"}), "TITLE RQ_KPP"),
        (
            json!({"company": "Ромашка", "phone": "89123456789"}),
            "TITLE RQ_KPP PHONE",
        ),
        (json!({"phone": "89123456789"}), ""),
        (json!({"company": " ", "phone": "89123456789"}), ""),
        (json!({"inn": "нет", "phone": "89123456789"}), ""),
        (json!({"inn": "0000000000"}), ""),
        (json!({}), ""),
    ] {
        let planned = company(COMPANY, &data);
        let planned = planned.map(|plan| {
            let names: Vec<&str> = plan
                .fields
                .iter()
                .map(|field| field.name.as_str())
                .collect();
            names.join(" ")
        });
        assert_eq!(planned.unwrap_or_default(), names, "{data}");
    }
    let numbered = company(COMPANY, &json!({"inn": "7707 083 893/770701001"})).unwrap();
    assert_eq!(numbered.fields[0].value.as_str(), "7707083893");
}

#[test]
fn other_numbers_are_no_taxpayer_numbers_and_the_country_says_which_are() {
    let left_out = "company.fields.RQ_INN: left out: the value is not a taxpayer number";
    for (head, inn, wanted) in [
        ("", "7707083893/770701001", Some("7707083893")),
        ("", "ОГРН 1027700132195", None),
        ("", "КПП 770701001", None),
        ("", "912 345-67-89", None),
        ("", "паспорт 4509 123456", None),
        ("", "27.11.2026", None),
        ("", "7707083894", None),
        ("", "191234567", None),
        ("country: BY\n", "УНП 191234567", Some("191234567")),
        ("country: BY\n", "КПП 770701001", None),
        ("country: BY\n", "7707083893", Some("7707083893")),
    ] {
        let data = json!({"company": "Ромашка", "inn": inn});
        let plan = plan(&format!("{head}{COMPANY}"), &data);
        let fields = &plan.crm().unwrap().company.as_ref().unwrap().fields;
        let read = fields.iter().find(|field| field.name == "RQ_INN");
        let read = read.map(|field| field.value.as_str());
        assert_eq!(read, wanted, "{head}{inn}");
        let mut notes = plan.notes.iter().map(|note| note.to_text(Lang::En));
        assert_eq!(
            notes.any(|note| note == left_out),
            wanted.is_none(),
            "{inn}"
        );
    }
}

#[test]
fn what_is_no_number_is_noted() {
    let plan = plan(
        COMPANY,
        &json!({"company": "Ромашка", "inn": "узнаю позже"}),
    );
    let notes: Vec<String> = plan
        .notes
        .iter()
        .map(|note| note.to_text(Lang::En))
        .collect();
    assert_eq!(
        notes,
        ["company.fields.RQ_INN: left out: the value is not a taxpayer number"]
    );
    let none = self::plan(COMPANY, &json!({"phone": "89123456789"}));
    let notes: Vec<String> = none
        .notes
        .iter()
        .map(|note| note.to_text(Lang::Ru))
        .collect();
    assert_eq!(
        notes,
        ["company: в пакете нет ни названия, ни номера компании: не создаётся"]
    );
    assert!(none.steps.is_empty());
}

#[test]
fn the_rules_of_the_block_and_their_defaults() {
    let data = json!({"company": "Ромашка", "inn": "7707083893"});
    let usual = company(COMPANY, &data).unwrap();
    assert_eq!(
        (
            usual.several,
            usual.conflict,
            usual.without_key,
            usual.preset
        ),
        (
            Several::Oldest,
            Conflict::Order,
            KeylessCompany::SkipCompany,
            None
        )
    );
    assert!(
        usual
            .fields
            .iter()
            .all(|field| field.on_update == OnUpdate::Keep)
    );
    let rules = "company:\n  update: true\n  several: park\n  without_key: create\n  preset: 3\n";
    let other = company(&COMPANY.replacen("company:\n", rules, 1), &data).unwrap();
    assert_eq!(
        (
            other.several,
            other.conflict,
            other.without_key,
            other.preset
        ),
        (
            Several::Park,
            Conflict::Park,
            KeylessCompany::Create,
            Some(3)
        )
    );
    // a found company is not renamed with its other fields
    let rule = |name: &str| {
        let field = other.fields.iter().find(|field| field.name == name);
        field.map(|field| field.on_update)
    };
    assert_eq!(rule("TITLE"), Some(OnUpdate::Keep));
    assert_eq!(rule("RQ_INN"), Some(OnUpdate::Overwrite));
    let named = COMPANY.replacen(
        "\"{{company}}\"",
        "{ value: \"{{company}}\", on_update: overwrite }",
        1,
    );
    assert_eq!(
        company(&named, &data).unwrap().fields[0].on_update,
        OnUpdate::Overwrite
    );
    let skipped = "company:\n  when: { inn: present }\n";
    let when = COMPANY.replacen("company:\n", skipped, 1);
    assert!(company(&when, &json!({"company": "Ромашка"})).is_none());
}

#[test]
fn lanes_join_submissions_of_one_company() {
    let keys = |data: &Value| {
        let plan = plan(COMPANY, data);
        plan.steps[0].kind.search_keys()
    };
    let one = keys(&json!({"company": "Ромашка", "inn": "7707083893"}));
    let other =
        keys(&json!({"company": "ООО Ромашка", "inn": "ИНН 7707 083893", "phone": "89123456789"}));
    assert_eq!(one.len(), 1);
    assert!(other.contains(&one[0]), "{other:?}");
}

#[test]
fn a_plan_with_a_company_is_stored_and_read_again() {
    let plan = plan(COMPANY, &json!({"company": "Ромашка", "inn": "7707083893"}));
    let stored = serde_json::to_value(&plan).unwrap();
    assert_eq!(stored["steps"][0]["crm"]["company"]["several"], "oldest");
    assert_eq!(serde_json::from_value::<Plan>(stored).unwrap(), plan);
    let role = plan.crm().unwrap().company.as_ref().unwrap().fields[1].role;
    assert_eq!(role, FieldRole::Search);
}

#[expect(clippy::too_many_lines, reason = "a table of mistakes and their texts")]
#[test]
fn mistakes_are_explained_in_both_languages() {
    for (text, en, ru) in [
        (
            "company: { fields: { TITLE: \"{{company}}\" } }\n",
            "no field of the company has `search: true`: no company is found or created",
            "ни у одного поля компании нет `search: true`: компания не находится и не создаётся",
        ),
        (
            "company: { without_key: create, fields: { TITLE: \"{{company}}\" } }\n",
            "every submission creates a new company",
            "каждая заявка создаёт новую компанию",
        ),
        (
            "company: { fields: { TITLE: { value: \"{{company}}\", search: true } } }\n",
            "`TITLE` is not unique: different companies will be taken for one",
            "`TITLE` у многих одинаково: разные компании сойдут за одну",
        ),
        (
            "company: { fields: { RQ_INNN: { value: \"{{inn}}\", search: true } } }\n",
            "a company of Bitrix24 has no standard field `RQ_INNN`",
            "в Битрикс24 у компании нет стандартного поля `RQ_INNN`",
        ),
        (
            "company: { fields: { CONTACT_ID: \"{{inn}}\" } }\n",
            "the gateway binds the contact itself",
            "контакт шлюз привязывает сам",
        ),
        (
            "company: { fields: { RQ_INN: { value: \"{{inn}}\", search: true } } }\ndeal: { fields: { COMPANY_ID: \"{{inn}}\" } }\n",
            "`COMPANY_ID` is not a field to fill beside `company`",
            "`COMPANY_ID` не заполняют вместе с блоком `company`",
        ),
        (
            "company: { match: [[RQ_INN, PHONE]], fields: { RQ_INN: { value: \"{{inn}}\", search: true } } }\n",
            "`match` names `PHONE`, which the company does not fill",
            "`match` называет `PHONE`, а компания этого поля не заполняет",
        ),
        (
            "company: { without_key: skip_contact, fields: { RQ_INN: { value: \"{{inn}}\", search: true } } }\n",
            "expected one of: `create`, `park`, `skip_company`",
            "возможные варианты: `create`, `park`, `skip_company`",
        ),
        (
            "company: { several: all, fields: { RQ_INN: { value: \"{{inn}}\", search: true } } }\n",
            "expected one of: `oldest`, `newest`, `park`",
            "возможные варианты: `oldest`, `newest`, `park`",
        ),
        (
            "company: { preset: 0, fields: { RQ_INN: { value: \"{{inn}}\", search: true } } }\n",
            "templates of requisites are numbered from 1",
            "шаблоны реквизитов нумеруются с 1",
        ),
        (
            "company: { responsible: contact_owner, fields: { RQ_INN: { value: \"{{inn}}\", search: true } } }\n",
            "a company cannot take over the responsible employee of a contact",
            "компания не может взять ответственного у контакта",
        ),
        (
            "company: { fields: { RQ_INN: { value: \"{{inn}}\", search: true }, UF_CRM_SCAN: \"{{scan}}\" } }\n",
            "`UF_CRM_SCAN`: files are not written into companies",
            "`UF_CRM_SCAN`: файлы в компании не записываются",
        ),
        (
            "company: { keys: 1, fields: { RQ_INN: { value: \"{{inn}}\", search: true } } }\n",
            "unknown key `keys` in `company`",
            "неизвестный ключ `keys` в `company`",
        ),
    ] {
        let (told_en, told_ru) = (problems(text, Lang::En), problems(text, Lang::Ru));
        assert!(told_en.contains(en), "{text}{told_en}");
        assert!(told_ru.contains(ru), "{text}{told_ru}");
    }
    assert_eq!(problems(COMPANY, Lang::En).matches("error").count(), 0);
    let nothing = rendered("receive: { polls: [1] }\n");
    assert!(
        nothing.contains("a `contact:` or `company:` with fields"),
        "{nothing}"
    );
}
