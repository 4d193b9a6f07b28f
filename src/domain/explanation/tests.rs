use super::*;
use crate::domain::{CompanyId, ItemType, KeylessCompany};

fn contact(id: i64) -> ContactId {
    ContactId::new(id).unwrap()
}

#[test]
fn a_step_is_explained_in_both_languages_and_kept_as_data() {
    let found = Explanation::Contact(ContactExplanation::Found {
        id: contact(84),
        by: vec!["PHONE".into()],
        among: vec![contact(84), contact(91)],
        several: Several::Oldest,
    });
    assert_eq!(
        found.to_text(Lang::En),
        "found contact 84 by PHONE; oldest of 2 (84, 91)"
    );
    assert_eq!(
        found.to_text(Lang::Ru),
        "найден контакт 84, совпало: PHONE; самый старый из 2 (84, 91)"
    );
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Explanation>(&json).unwrap(), found);
}

#[expect(clippy::too_many_lines, reason = "a table of steps and their texts")]
#[test]
fn steps_about_a_company_are_explained_in_both_languages_and_kept_as_data() {
    let company = |id: i64| CompanyId::new(id).unwrap();
    let kind = EntityKind::Deal;
    let id = RecordId::new(9).unwrap();
    let found = vec![
        FoundByKey {
            by: "RQ_INN".into(),
            ids: vec![company(7)],
        },
        FoundByKey {
            by: "PHONE".into(),
            ids: vec![company(3), company(4)],
        },
    ];
    for (about, en, ru) in [
        (
            CompanyExplanation::Found {
                id: company(7),
                by: vec!["RQ_INN".into(), "PHONE".into()],
                among: vec![company(3), company(7)],
                several: Several::Newest,
            },
            "found company 7 by RQ_INN and PHONE; newest of 2 (3, 7)",
            "найдена компания 7, совпало: RQ_INN, PHONE; самая новая из 2 (3, 7)",
        ),
        (
            CompanyExplanation::NotFound {
                by: vec!["RQ_INN".into()],
            },
            "no company with this RQ_INN, so one is created",
            "компания не найдена (искали по RQ_INN), создаём",
        ),
        (
            CompanyExplanation::KeysDisagree {
                found,
                used: Some(company(7)),
                rule: Conflict::Order,
            },
            "RQ_INN finds company 7, PHONE finds company 3, 4: company 7 is used (conflict: order)",
            "RQ_INN находит компанию 7, PHONE находит компанию 3, 4: берём компанию 7 (conflict: order)",
        ),
        (
            CompanyExplanation::RequisiteKept {
                id: company(7),
                field: "RQ_KPP".into(),
                place: Some("$['data']['kpp']".into()),
            },
            "RQ_KPP is not written: the requisites of company 7 do not have this value, and those \
             of a found company are not changed",
            "RQ_KPP не записываем: в реквизитах компании 7 такого значения нет, а реквизиты \
             найденной компании не меняются",
        ),
        (
            CompanyExplanation::WithoutKey(KeylessCompany::SkipCompany),
            "no search field of the company has a value: no company is created (without_key: \
             skip_company)",
            "ни у одного поля поиска компании нет значения: компанию не создаём (without_key: \
             skip_company)",
        ),
        (
            CompanyExplanation::BoundToRecord { kind, id },
            "the company is bound to deal 9",
            "сделка 9: привязана компания",
        ),
        (
            CompanyExplanation::RecordKeeps {
                kind,
                id,
                company: company(3),
            },
            "deal 9 has company 3 and keeps it",
            "сделка 9: остаётся её компания 3",
        ),
    ] {
        let why = Explanation::Company(about);
        assert_eq!((&*why.to_text(Lang::En), &*why.to_text(Lang::Ru)), (en, ru));
        let json = serde_json::to_string(&why).unwrap();
        assert_eq!(serde_json::from_str::<Explanation>(&json).unwrap(), why);
    }
}

#[test]
fn several_deals_are_told_with_their_stages() {
    let why = Explanation::Record {
        kind: EntityKind::Deal,
        about: RecordExplanation::OfContact {
            id: RecordId::new(9).unwrap(),
            stages: vec!["NEW".into(), "C1:NEW".into()],
            newer: vec![],
        },
    };
    assert_eq!(
        why.to_text(Lang::En),
        "2 open deals of the contact in stages NEW, C1:NEW; the newest, 9, is taken"
    );
    // as an earlier release stored it
    let old =
        r#"{"record":{"kind":"deal","about":{"of_contact":{"id":9,"stages":["NEW","C1:NEW"]}}}}"#;
    assert_eq!(serde_json::from_str::<Explanation>(old).unwrap(), why);
    assert_eq!(serde_json::to_string(&why).unwrap(), old);
}

#[test]
fn a_long_list_of_records_is_cut() {
    let ids = |number| -> Vec<RecordId> { (1..=number).filter_map(RecordId::new).collect() };
    for (number, en, ru) in [
        (2, "1, 2", "1, 2"),
        (
            120,
            "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 110 more",
            "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 и ещё 110",
        ),
    ] {
        for about in [
            RecordExplanation::OtherMatter(ids(number)),
            RecordExplanation::OtherPipeline(ids(number)),
        ] {
            let kind = EntityKind::Deal;
            let why = Explanation::Record { kind, about };
            let (english, russian) = (why.to_text(Lang::En), why.to_text(Lang::Ru));
            let start = format!("open deal {en} of the contact");
            assert!(english.starts_with(&start), "{english}");
            let start = format!("сделка {ru}: открыто у контакта");
            assert!(russian.starts_with(&start), "{russian}");
        }
    }
}

#[test]
fn steps_about_main_contacts_have_both_languages_and_are_kept_as_data() {
    let (kind, id) = (EntityKind::Deal, |id| RecordId::new(id).unwrap());
    let of_record = |about| Explanation::Record { kind, about };
    for (why, en, ru) in [
        (
            of_record(RecordExplanation::OfContact {
                id: id(5),
                stages: vec!["NEW".into(); 3],
                newer: vec![id(7), id(8)],
            }),
            "found open deal 5, whose main contact this is; 7, 8 is newer, but has another main contact",
            "сделка 5: открыто, и этот контакт здесь основной; сделка 7, 8 новее, но основной контакт \
             там другой",
        ),
        (
            of_record(RecordExplanation::Linked {
                id: id(5),
                contact: contact(84),
            }),
            "contact 84 is bound to deal 5",
            "сделка 5: привязан контакт 84",
        ),
        (
            Explanation::Contact(ContactExplanation::NotOfRecord {
                id: contact(84),
                kind,
                record: id(5),
                differs: vec!["PHONE".into(), "NAME".into()],
            }),
            "contact 84 of deal 5 is not used: it is another person, with another PHONE, NAME",
            "контакт 84 (сделка 5) не берём: это другой человек, не совпадает PHONE, NAME",
        ),
        (
            Explanation::Company(CompanyExplanation::OtherNumber {
                id: CompanyId::new(3).unwrap(),
                field: "RQ_INN".into(),
            }),
            "company 3 is not used: its requisites have another RQ_INN",
            "компанию 3 не берём: в её реквизитах другой RQ_INN",
        ),
    ] {
        assert_eq!((&*why.to_text(Lang::En), &*why.to_text(Lang::Ru)), (en, ru));
        let json = serde_json::to_string(&why).unwrap();
        assert_eq!(serde_json::from_str::<Explanation>(&json).unwrap(), why);
    }
}

#[expect(clippy::too_many_lines, reason = "a table of steps and their texts")]
#[test]
fn what_a_profile_did_not_use_is_explained_in_both_languages() {
    let in_both = |what: MappingExplanation| {
        let note = Note {
            about: "fields.phone".into(),
            what,
        };
        let why = Explanation::Mapping(note.clone());
        let json = serde_json::to_string(&why).unwrap();
        let read: Explanation = serde_json::from_str(&json).unwrap();
        assert_eq!(read, why, "{json}");
        let json = serde_json::to_string(&note).unwrap();
        assert_eq!(serde_json::from_str::<Note>(&json).unwrap(), note, "{json}");
        format!("{} | {}", why.to_text(Lang::En), why.to_text(Lang::Ru))
    };
    let place = || "$['data']['phone']".to_owned();
    let wanted = ValueKind::Phone;
    let all = [
        MappingExplanation::Unreadable {
            wanted,
            place: place(),
        },
        MappingExplanation::NotInMap {
            place: place(),
            is_filled: false,
        },
        MappingExplanation::NotInTable {
            place: place(),
            is_filled: true,
        },
        MappingExplanation::InsideText { place: place() },
        MappingExplanation::FieldUnwanted,
        MappingExplanation::BlockUnwanted,
        MappingExplanation::NoPerson,
        MappingExplanation::NoCompany,
        MappingExplanation::LeftOut {
            wanted,
            place: Some(place()),
        },
        MappingExplanation::NoValue,
        MappingExplanation::NotReadAs { wanted },
        MappingExplanation::NotKnown,
        MappingExplanation::TemplateFailed,
        MappingExplanation::TooCostly {
            path: "$..a..b".to_owned(),
        },
    ];
    let all: Vec<String> = all.into_iter().map(in_both).collect();
    insta::assert_snapshot!(all.join("\n"), @r"
    fields.phone: a phone number cannot be read at $['data']['phone'] | fields.phone: в $['data']['phone'] не читается номер телефона
    fields.phone: a value at $['data']['phone'] is not in `map` | fields.phone: значения из $['data']['phone'] нет в `map`
    fields.phone: a value at $['data']['phone'] is not in its table | fields.phone: значения из $['data']['phone'] нет в таблице
    fields.phone: $['data']['phone'] leads into a text that holds JSON | fields.phone: $['data']['phone'] ведёт внутрь текста: в нём JSON
    fields.phone: its `when` does not hold | fields.phone: условие `when` не выполнено
    fields.phone: its `when` does not hold: none is made | fields.phone: условие `when` не выполнено: не создаётся
    fields.phone: the packet has nothing for a contact: none is made | fields.phone: в пакете нет данных для контакта: не создаётся
    fields.phone: the packet has neither a name nor a number of a company: none is made | fields.phone: в пакете нет ни названия, ни номера компании: не создаётся
    fields.phone: left out: the value is not a phone number | fields.phone: не заполнено: значение — не номер телефона
    fields.phone: the packet has no value for it | fields.phone: в пакете нет этого значения
    fields.phone: its value cannot be read as a phone number | fields.phone: значение не читается как номер телефона
    fields.phone: its value is none of the known ones | fields.phone: значения нет среди известных
    fields.phone: the template could not be worked out | fields.phone: шаблон не вычисляется
    fields.phone: $..a..b would visit too much of this packet, so nothing was read: name the value more exactly | fields.phone: $..a..b перебирает слишком большую часть этого пакета, поэтому он не прочитан: укажите значение точнее
    ");
}

/// Histories keep the plans of earlier editions.
#[test]
fn a_note_that_was_kept_as_words_only_is_still_read() {
    let old = r#"{"about": "contact", "text": "its `when` does not hold: none is made"}"#;
    let note: Note = serde_json::from_str(old).unwrap();
    let words = "contact: its `when` does not hold: none is made";
    assert_eq!(note.to_text(Lang::En), words);
    assert_eq!(note.to_text(Lang::Ru), words);
}

fn no_city(default: Option<&str>) -> Explanation {
    Explanation::Label(LabelExplanation::NoValue {
        field: "deal.UF_CRM_CITY".into(),
        title: "Город".into(),
        label: "Урюпинск".into(),
        some: vec!["Москва".into(), "Тверь".into()],
        others: 3,
        default: default.map(str::to_owned),
    })
}

#[test]
fn a_label_that_a_list_lacks_is_explained_in_both_languages_and_kept_as_data() {
    let item = ItemType::new(1036).unwrap();
    let field = LabelExplanation::NoField {
        block: "item".into(),
        name: "ufCity".into(),
    };
    for (why, en, ru) in [
        (
            no_city(Some("Нигде")),
            "the list deal.UF_CRM_CITY (Город) has no value «Урюпинск»; it has Москва, Тверь …; nor the \
             default «Нигде»",
            "в списке deal.UF_CRM_CITY (Город) нет значения «Урюпинск»; есть Москва, Тверь …; нет и «Нигде» \
             из default",
        ),
        (
            Explanation::Label(LabelExplanation::NoProcess(item)),
            "the portal has no smart process 1036, or hides it from the webhook's owner",
            "на портале нет смарт-процесса 1036, или он не виден владельцу вебхука",
        ),
        (
            Explanation::Label(field),
            "the portal has no field ufCity of an item",
            "на портале нет поля item.ufCity",
        ),
        (
            Explanation::Label(LabelExplanation::NoList("deal.TITLE".into())),
            "deal.TITLE is no list: remove `as: label`",
            "deal.TITLE — не список: уберите `as: label`",
        ),
    ] {
        assert_eq!((&*why.to_text(Lang::En), &*why.to_text(Lang::Ru)), (en, ru));
        let json = serde_json::to_string(&why).unwrap();
        assert_eq!(
            serde_json::from_str::<Explanation>(&json).unwrap(),
            why,
            "{json}"
        );
        assert!(
            !format!("{why:?}").contains("Урюпинск"),
            "typed by somebody"
        );
    }
}

#[test]
fn translates_the_words_of_a_verdict_if_its_steps_have_them() {
    let created = Explanation::Contact(ContactExplanation::Created(contact(84)));
    let (city, steps) = (no_city(None), [created, no_city(None)]);
    let steps: Vec<&Explanation> = steps.iter().collect();
    let translated = |words: &str| Explanation::retell(&steps, words, Lang::Ru);
    assert_eq!(
        translated(&city.to_text(Lang::En)),
        Some(city.to_text(Lang::Ru))
    );
    let all: Vec<String> = steps.iter().map(|step| step.to_text(Lang::En)).collect();
    assert!(
        translated(&all.join("; "))
            .unwrap()
            .starts_with("создан контакт 84; в списке")
    );
    assert_eq!(translated("the portal's own words"), None);
}
