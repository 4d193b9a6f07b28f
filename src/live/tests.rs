//! Every reference that a portal can contradict, with the words that an author reads.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::*;
use crate::authoring::{Paint, ProfileFile, render};
use crate::crm::FieldInfo;
use crate::mapping::Compiler;

fn field(kind: &str, title: &str) -> FieldInfo {
    FieldInfo {
        kind: kind.to_owned(),
        title: title.to_owned(),
        read_only: false,
        required: false,
        multiple: false,
        list: None,
        choices: Vec::new(),
    }
}

fn choices(list: &[(&str, &str)]) -> Vec<Choice> {
    list.iter()
        .map(|(id, label)| Choice {
            id: (*id).to_owned(),
            label: (*label).to_owned(),
        })
        .collect()
}

fn portal() -> Dictionaries {
    let fields = |more: Vec<(&str, FieldInfo)>| {
        let usual =
            ["TITLE", "NAME", "PHONE", "COMMENTS"].map(|name| (name, field("string", name)));
        usual
            .into_iter()
            .chain(more)
            .map(|(name, field)| (name.to_owned(), field))
            .collect()
    };
    let mut city = field("enumeration", "Город");
    city.choices = choices(&[("45", "Москва"), ("46", "Казань")]);
    let mut source = field("crm_status", "Источник");
    source.list = Some("SOURCE".to_owned());
    let mut made = field("datetime", "Создана");
    made.read_only = true;
    let mut wanted = field("string", "Номер договора");
    wanted.required = true;
    Dictionaries {
        read_at: Timestamp::UNIX_EPOCH,
        contact: fields(vec![]),
        company: fields(vec![]),
        deal: fields(vec![
            ("UF_CRM_CITY", city),
            ("SOURCE_ID", source),
            ("UF_CRM_MADE", made),
            ("UF_CRM_CONTRACT", wanted),
            ("CURRENCY_ID", field("crm_currency", "Валюта")),
            ("UF_CRM_SCAN", field("file", "Скан")),
        ]),
        lead: fields(vec![]),
        lists: BTreeMap::from([
            (
                "DEAL_STAGE".to_owned(),
                choices(&[("NEW", "Новая"), ("WON", "Успех")]),
            ),
            ("DEAL_STAGE_1".to_owned(), choices(&[("C1:NEW", "Новая")])),
            (
                "DYNAMIC_1036_STAGE_9".to_owned(),
                choices(&[("DT1036_9:NEW", "Новый")]),
            ),
            (
                "SOURCE".to_owned(),
                choices(&[("WEB", "Веб-сайт"), ("CALL", "Звонок")]),
            ),
        ]),
        pipelines: BTreeMap::from([(0, "Общая".to_owned()), (1, "Курсы".to_owned())]),
        currencies: vec!["RUB".to_owned(), "EUR".to_owned()],
        processes: BTreeMap::new(),
    }
}

/// Process 1036 with one pipeline; 1040 was asked about and is not there.
fn processes_of_the_portal() -> Processes {
    let mut city = field("enumeration", "Город");
    city.choices = choices(&[("45", "Москва")]);
    let mut wanted = field("string", "Номер договора");
    wanted.required = true;
    let mut made = field("datetime", "Создан");
    made.read_only = true;
    let own = [
        ("title", "TITLE", field("string", "Название")),
        ("createdTime", "CREATED_TIME", made),
        ("ufCrm5City", "UF_CRM_5_CITY", city),
        ("ufCrm5_17", "UF_CRM_5_17", wanted),
    ];
    let mut process = Process::default();
    process.pipelines.insert(9, "Договоры".to_owned());
    for (name, capitals, about) in own {
        process.fields.insert(capitals.to_owned(), about);
        process
            .capitals
            .insert(name.to_owned(), capitals.to_owned());
    }
    let number = |number| ItemType::new(number).unwrap();
    Processes::from([(number(1036), Some(process)), (number(1040), None)])
}

fn report(text: &str) -> String {
    let templates = BTreeMap::new();
    let compiler = Compiler::new(None, &templates);
    let file = ProfileFile {
        name: "shop.yaml".to_owned(),
        text: format!("receive: {{ polls: [1] }}\n{text}"),
    };
    let references = compiler
        .portal_references(&file)
        .expect("a profile that compiles");
    let employee = |id, email: &str, active| Employee {
        id: UserId::new(id).unwrap(),
        email: email.to_owned(),
        active,
    };
    let staff = [
        employee(6, "anna@firm.example", true),
        employee(7, "boris@firm.example", false),
    ];
    let dictionaries = portal();
    let processes = processes_of_the_portal();
    let facts = PortalFacts {
        dictionaries: &dictionaries,
        processes: &processes,
        staff: Some(&staff),
    };
    let mut problems = compare(&references, facts);
    problems.extend(connection(&references, &["main".to_owned()]));
    render(&problems, Paint::Plain, crate::domain::Lang::En)
}

/// The fields of the deal alone, with all that the portal wants.
fn deal(fields: &str) -> String {
    let declared =
        "fields: { city: { from: $.data.city, map: { m: Москва, k: Козань }, default: Тула } }";
    report(&format!(
        "{declared}\ndeal: {{ fields: {{ UF_CRM_CONTRACT: x, {fields} }} }}\n"
    ))
}

#[test]
fn fields_of_companies_are_compared_and_those_of_requisites_are_everywhere() {
    let told = report(
        "fields: { a: $.data.a }\ncompany:\n  fields:\n    TITLE: \"{{a}}\"\n    \
         RQ_INN: { value: \"{{a}}\", search: true }\n    UF_CRM_X: \"{{a}}\"\n",
    );
    assert!(
        told.contains("the portal has no field `UF_CRM_X` of a company"),
        "{told}"
    );
    assert_eq!(told.matches("error").count(), 1, "{told}");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn fields_and_stages_of_later_steps_are_compared_like_those_of_the_blocks() {
    let head = "fields: { city: $.data.city, map: { from: $.data.m, map: { m: '45' } } }\n\
                contact: { fields: { NAME: '{{city}}' } }\ncompany: { fields: { TITLE: '{{city}}' } }\n\
                deal: { fields: { UF_CRM_CONTRACT: x, TITLE: '{{map}}' } }\nthen:\n\
                  - { http: orders, save: { id: { from: $.id, missing: fail } } }\n";
    let step = |step: &str| report(&format!("{head}- {{ name: mark, crm: {{ {step} }} }}\n"));
    for (wrong, words) in [
        (
            "update: deal, stage: C1:SOLD",
            "error: profile/unknown-stage the portal has no stage `C1:SOLD` of deals",
        ),
        (
            "update: deal, stage: 'C7:NEW'",
            "the portal has no pipeline 7, so no stage `C7:NEW`",
        ),
        (
            "update: deal, fields: { UF_CRM_SITY: '{{steps.orders.id}}' }",
            "no field `UF_CRM_SITY` of a deal",
        ),
        (
            "update: deal, fields: { UF_CRM_SITY: '{{steps.orders.id}}' }",
            "did you mean `UF_CRM_CITY` (Город)?",
        ),
        (
            "update: contact, fields: { UF_CRM_X: '{{city}}' }",
            "no field `UF_CRM_X` of a contact",
        ),
        (
            "update: company, fields: { UF_CRM_X: '{{steps.orders.id}}' }",
            "no field `UF_CRM_X` of a company",
        ),
        (
            "update: deal, fields: { UF_CRM_MADE: '{{steps.orders.id}}' }",
            "`UF_CRM_MADE` (Создана) cannot be written",
        ),
        (
            "update: deal, fields: { CURRENCY_ID: RUR }",
            "does not have the currency `RUR`",
        ),
        (
            "update: deal, fields: { SOURCE_ID: WEBB }",
            "the list `SOURCE_ID` (Источник) has no value `WEBB`",
        ),
        (
            "update: deal, fields: { UF_CRM_CITY: Москва }",
            "that is a label: write its code `45`",
        ),
        (
            "update: deal, fields: { UF_CRM_CITY: '{{steps.orders.id}}' }",
            "in a later step only the numbers of the list's values arrive",
        ),
        (
            "update: deal, fields: { UF_CRM_CITY: '{{city}}' }",
            "`UF_CRM_CITY` (Город) is a list",
        ),
        (
            "update: deal, fields: { UF_CRM_SCAN: '{{steps.orders.id}}' }",
            "a later step writes no files",
        ),
    ] {
        let text = step(wrong);
        assert!(
            text.contains(words) && text.contains("shop.yaml:8:"),
            "{wrong}\n{text}"
        );
    }
    for right in [
        "update: deal, stage: C1:NEW, fields: { UF_CRM_CITY: '45', SOURCE_ID: WEB, CURRENCY_ID: EUR }",
        "update: deal, fields: { COMMENTS: '{{steps.orders.id}}, {{city}}' }, comment: '{{city}}'",
        "update: contact, fields: { NAME: '{{city}}' }",
        "update: company, fields: { TITLE: '{{steps.orders.id}}' }, comment: '{{city}}'",
    ] {
        assert_eq!(step(right), "", "{right}");
    }
    let item = "fields: { city: $.data.city }\nitem: { type: 1036, fields: { title: x, ufCrm5_17: x } }\nthen:\n\
                - { name: mark, crm: { update: item, ";
    let text = report(&format!(
        "{item}stage: 'DT1036_9:SOLD', fields: {{ ufCrm5Sity: x }} }} }}\n"
    ));
    for words in [
        "no stage `DT1036_9:SOLD` of items",
        "no field `ufCrm5Sity` of an item",
    ] {
        assert!(text.contains(words), "{text}");
    }
    let fields = "{ ufCrm5City: '45', UF_CRM_5_17: '{{city}}' }";
    let good = report(&format!(
        "{item}stage: 'DT1036_9:NEW', fields: {fields} }} }}\n"
    ));
    assert!(!good.contains("unknown"), "{good}");
}

#[test]
fn reports_nothing_about_correct_profiles() {
    let text = report(
        "crm: main\nfields: { city: $.data.city }\ncontact: { fields: { NAME: '{{city}}', PHONE: { value: '{{city}}', search: true } } }\n\
         deal:\n  stage: C1:NEW\n  among: [NEW, WON]\n  responsible: anna@firm.example\n  fields:\n    \
         UF_CRM_CONTRACT: x\n    SOURCE_ID: WEB\n    CURRENCY_ID: RUB\n    UF_CRM_CITY: { value: '{{city}}', as: label, default: КАЗАНЬ }\n",
    );
    assert_eq!(text, "");
}

#[test]
fn reports_fields_that_do_not_exist_or_are_read_only() {
    let text = deal("UF_CRM_SITY: '{{city}}', UF_CRM_MADE: '{{city}}'");
    for part in [
        "shop.yaml:3:39 error: profile/unknown-crm-field the portal has no field `UF_CRM_SITY` of a deal",
        "did you mean `UF_CRM_CITY` (Город)?",
        "error: profile/read-only-field `UF_CRM_MADE` (Создана) cannot be written",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(deal("UF_CRM_WHATEVER: x").contains(
        "its custom fields are `UF_CRM_CITY` (Город), `UF_CRM_CONTRACT` (Номер договора)"
    ),);
}

#[test]
fn checks_lists_and_their_values() {
    let text = deal("UF_CRM_CITY: '{{city}}'");
    assert!(
        text.contains("warning: profile/unknown-label `UF_CRM_CITY` (Город) is a list"),
        "{text}"
    );
    let text = deal("UF_CRM_CITY: { value: '{{city}}', as: label, default: Тверь }");
    // the map's value with a typo, the declared default and the default of the label: each at its
    // word
    for part in [
        "shop.yaml:2:59 error: profile/unknown-label the list `UF_CRM_CITY` (Город) has no value «Козань»",
        "did you mean `Казань`?",
        "has no value «Тула»",
        "has no value «Тверь»",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains("«Москва»"));
    let text =
        deal("UF_CRM_CITY: Москва, SOURCE_ID: WEBB, COMMENTS: { value: '{{city}}', as: label }");
    for part in [
        "has no value `Москва`",
        "that is a label: add `as: label`, or write its code `45`",
        "the list `SOURCE_ID` (Источник) has no value `WEBB`",
        "did you mean `WEB` (Веб-сайт)?",
        "`COMMENTS` (COMMENTS) is not a list",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert_eq!(
        deal("UF_CRM_CITY: '45', SOURCE_ID: { value: звонок, as: label }, COMMENTS: '{{city}}'"),
        ""
    );
}

#[test]
fn checks_stages_employees_currencies_and_required_fields() {
    let text = report(
        "crm: mian\ndeal:\n  stage: C1:NWE\n  among: [NEW, EXECUTING, 'C7:NEW']\n  responsible: 7\n  fields: { CURRENCY_ID: RUR }\n",
    );
    for part in [
        "shop.yaml:4:10 error: profile/unknown-stage the portal has no stage `C1:NWE` of deals",
        "did you mean `C1:NEW` (Новая)?",
        "no stage `EXECUTING` of deals",
        "there are `NEW` (Новая), `WON` (Успех)",
        "the portal has no pipeline 7, so no stage `C7:NEW`",
        "its pipelines are 0 (Общая), 1 (Курсы)",
        "error: profile/unknown-employee employee 7 was dismissed",
        "error: profile/unknown-currency the portal does not have the currency `RUR`",
        "did you mean `RUB`?",
        "warning: profile/required-field the portal requires `UF_CRM_CONTRACT` (Номер договора) for every deal",
        "shop.yaml:2:6 error: profile/unknown-connection the settings have no connection `mian`",
        "did you mean `main`?",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    for (who, words) in [
        ("8", "the portal has no employee 8"),
        (
            "nobody@firm.example",
            "the portal has no employee nobody@firm.example",
        ),
        ("boris@firm.example", "was dismissed"),
    ] {
        let text = report(&format!(
            "deal:\n  responsible: {who}\n  fields: {{ UF_CRM_CONTRACT: x }}\n"
        ));
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn employees_are_requested_once_each() {
    let templates = BTreeMap::new();
    let compiler = Compiler::new(None, &templates);
    let references: Vec<PortalReferences> = ["6", "6", "a@firm.example", "contact_owner"]
        .iter()
        .enumerate()
        .filter_map(|(number, who)| {
            compiler.portal_references(&ProfileFile {
                name: format!("{number}.yaml"),
                text: format!(
                    "receive: {{ polls: [{}] }}\ndeal: {{ responsible: {who} }}\n",
                    number + 1
                ),
            })
        })
        .collect();
    assert_eq!(references.len(), 4);
    let (ids, emails) = employees(&references);
    assert_eq!((ids.len(), emails.len()), (1, 1));
}

fn item(process: u32, more: &str) -> String {
    let declared = "fields: { city: $.data.city }";
    report(&format!(
        "{declared}\nitem: {{ type: {process}, {more} }}\n"
    ))
}

#[test]
fn checks_a_process_and_its_fields_in_both_spellings() {
    // in both spellings; a process that was not asked for is not reported
    for good in [
        "stage: 'DT1036_9:NEW', fields: { title: x, ufCrm5_17: '{{city}}', ufCrm5City: '45' }",
        "among: ['DT1036_9:NEW'], fields: { TITLE: x, UF_CRM_5_17: '{{city}}', UF_CRM_5_CITY: '45' }",
        "fields: { title: x, ufCrm5_17: x, ufCrm5City: { value: '{{city}}', as: label, default: москва } }",
    ] {
        assert_eq!(item(1036, good), "", "{good}");
    }
    assert_eq!(
        item(1044, "stage: 'DT1044_9:NEW', fields: { title: x }"),
        ""
    );
    let text = item(1040, "stage: 'DT1040_1:NEW', fields: { title: x }");
    assert!(
        text.contains("3:15 error: profile/unknown-process the portal has no smart process 1040")
            && text.matches("error").count() == 1,
        "{text}"
    );
}

#[test]
fn checks_items_against_their_process() {
    for (wrong, words) in [
        (
            "fields: { title: x, ufCrm5Sity: x }",
            "unknown-crm-field the portal has no field `ufCrm5Sity` of an item",
        ),
        (
            "fields: { title: x, ufCrm5Sity: x }",
            "did you mean `ufCrm5City` (Город)?",
        ),
        (
            "fields: { UF_CRM_5_SITY: x }",
            "did you mean `UF_CRM_5_CITY` (Город)?",
        ),
        (
            "fields: { ufCrm5City: Москва }",
            "that is a label: add `as: label`, or write its code `45`",
        ),
        (
            "fields: { ufCrm5City: '{{city}}' }",
            "add `as: label`: { value: …, as: label }",
        ),
        (
            "fields: { ufCrm5_17: { value: '{{city}}', as: label } }",
            "unknown-label `ufCrm5_17` (Номер договора) is not a list",
        ),
        (
            "fields: { UF_CRM_5_CITY: { value: '{{city}}', as: label, default: Козань } }",
            "the list `UF_CRM_5_CITY` (Город) has no value «Козань»",
        ),
        (
            "fields: { ufCrm5City: { value: '{{city}}', as: label, default: Масква } }",
            "did you mean `Москва`?",
        ),
        (
            "fields: { title: x }",
            "required-field the portal requires `UF_CRM_5_17` (Номер договора) for every item",
        ),
        (
            "stage: 'DT1036_9:NWE', fields: { title: x }",
            "did you mean `DT1036_9:NEW` (Новый)?",
        ),
        (
            "stage: 'DT1036_8:NEW', fields: { title: x }",
            "the portal has no pipeline 8, so no stage `DT1036_8:NEW`",
        ),
        (
            "stage: 'DT1036_8:NEW', fields: { title: x }",
            "its pipelines are 9 (Договоры)",
        ),
    ] {
        let text = item(1036, wrong);
        assert!(text.contains(words), "{words} is not in\n{text}");
    }
}

#[test]
fn files_and_fields_of_type_file_belong_together() {
    let profile = |fields: &str| {
        report(&format!(
            "fields: {{ scan: {{ from: $.scan, as: file }}, name: $.name }}\n\
             deal: {{ fields: {{ UF_CRM_CONTRACT: x, {fields} }} }}\nfiles: [scan]\n"
        ))
    };
    assert_eq!(profile("UF_CRM_SCAN: '{{scan}}'"), "");
    assert_eq!(profile("TITLE: '{{scan}} {{name}}'"), "");
    for (fields, words) in [
        ("UF_CRM_SCAN: '{{name}}'", "takes no text"),
        ("UF_CRM_SCAN: 'x'", "takes no text"),
        ("UF_CRM_CITY: '{{scan}}'", "is not a field of type file"),
        ("UF_CRM_SCAM: '{{scan}}'", "has no field `UF_CRM_SCAM`"),
    ] {
        let problems = profile(fields);
        assert!(problems.contains(words), "{fields}: {problems}");
    }
}

#[test]
fn every_row_of_a_choice_is_compared_with_the_portal() {
    let text = report(
        "fields: { city: $.data.city }\ncontact: none\ndeal:\n  stage: { by: '{{city}}', map: { a: NEW, b: NEVER }, default:          'C1:NEVER' }\n  among: { by: '{{city}}', map: { a: [WON, GONE] } }\n  responsible: { by: '{{city}}', map: { a: 6, b: {          in_turn: [6, 8] } }, default: boris@firm.example }\n  fields:\n    UF_CRM_CONTRACT: x\n    UF_CRM_CITY: { by: '{{city}}', map:          { a: Москва, b: Масква }, default: Тверь, as: label }\n    SOURCE_ID: { by: '{{city}}', map: { a: WEB, b: WEBB } }\n",
    );
    for part in [
        "no stage `NEVER`",
        "no stage `C1:NEVER`",
        "no stage `GONE`",
        "no employee 8",
        "employee boris@firm.example was dismissed",
        "has no value «Масква»",
        "has no value «Тверь»",
        "has no value `WEBB`",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert_eq!(text.matches(" error: ").count(), 8, "{text}");
}
