//! Drafts of the usual packets and of strange ones: they compile, and tell nothing about people.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn wanted(lang: Lang) -> DraftOptions {
    DraftOptions {
        receive: "{ polls: [123] }".to_owned(),
        name: "Вопрос по ОП".to_owned(),
        by_default: None,
        lang,
        reads_contacts: false,
    }
}

fn of_channel(lang: Lang) -> DraftOptions {
    DraftOptions {
        receive: "{ channel: site }".to_owned(),
        ..wanted(lang)
    }
}

#[test]
fn a_taxpayer_number_makes_a_company_and_a_name_alone_proposes_one() {
    for (number, named) in [
        ("inn", "company"),
        ("ИНН", "Компания"),
        ("client_inn", "organization"),
        ("ИНН организации", "Название организации"),
    ] {
        let packet = json!({"data": {"name": "Анна", "phone": "89123456789", number: "7707083893", named: "Ромашка"}});
        let text = draft(&wanted(Lang::En), &[packet]);
        assert!(text.contains("\ncompany:\n  fields:\n    TITLE: \"{{company}}\"\n    RQ_INN: { value: \"{{inn}}\", search: true }\n"), "{text}");
    }
    let packet = json!({"data": {"name": "Анна", "phone": "89123456789", "firm": "Ромашка"}});
    let text = draft(&wanted(Lang::Ru), &[packet]);
    assert!(
        text.contains("\n# company:\n#   without_key: create\n"),
        "{text}"
    );
    assert!(!text.contains("\ncompany:"), "{text}");
}

#[expect(clippy::too_many_lines, reason = "one story, with all that it tells")]
#[test]
fn drafts_a_commented_profile_from_the_portals_usual_submission() {
    let packet = |city: &str| {
        json!({
            "header_data": {
                "poll_id": 123, "answer_id": 345, "form_kind": 2, "gid": null,
                "create_time": "2025-07-21T11:35:47.921Z",
                "analytics": {
                    "url": "https://polls.example/123.html", "ip": "192.0.2.7",
                    "params": {"utm_source": "direct", "utm_term": "direct"},
                    "cookies": {"_ga": "GA1.2.789"}, "mailingListSubscription": true,
                },
            },
            "data": {
                "firstname": "Анна", "lastname": "Петрова", "email": "anna@mail.example", "tel": "8 912 345-67-89",
                "city": city, "topics": ["один", "два"], "Ваш вопрос": "Как поступить?",
            },
        })
    };
    let text = draft(&wanted(Lang::Ru), &[packet("Москва"), packet("")]);
    insta::assert_snapshot!(text, @r#"
    # Черновик профиля: пакетов, по которым он составлен, 2. Проверьте его и поправьте.
    # Что выйдет из пакета, покажет `leadgate preview`; ошибки покажет `leadgate check`.
    name: "Вопрос по ОП"
    receive: { polls: [123] }

    fields:
      firstname: $.data.firstname   # есть в 2 из 2
      lastname: $.data.lastname   # есть в 2 из 2
      phone: { from: $.data.tel, as: phone }   # есть в 2 из 2
      email: { from: $.data.email, as: email }   # есть в 2 из 2
      city: $.data.city   # есть в 1 из 2
      comment: "$.data['Ваш вопрос']"   # есть в 2 из 2
      page: $.header_data.analytics.url   # есть в 2 из 2
      utm_source: $.header_data.analytics.params.utm_source   # есть в 2 из 2
      utm_term: $.header_data.analytics.params.utm_term   # есть в 2 из 2

    # Ещё в пакетах было (в комментарий попадает и это). Чтобы записать такое поле в CRM, уберите # перед
    # строкой и впишите её имя, например "{{topic}}", в нужное поле сделки или контакта.
    #   poll_id: $.header_data.poll_id   # число, есть в 2 из 2
    #   answer_id: $.header_data.answer_id   # число, есть в 2 из 2
    #   form_kind: $.header_data.form_kind   # число, есть в 2 из 2
    #   create_time: $.header_data.create_time   # текст, есть в 2 из 2
    #   ip: $.header_data.analytics.ip   # текст, есть в 2 из 2
    #   ga: $.header_data.analytics.cookies._ga   # текст, есть в 2 из 2
    #   mailinglistsubscription: $.header_data.analytics.mailingListSubscription   # да/нет, есть в 2 из 2
    #   topics: { from: $.data.topics, as: join }   # список, есть в 2 из 2

    # search: true — по этому полю ищется уже известный контакт; чего у него нет, добавится
    contact:
      fields:
        NAME: "{{firstname}}"
        LAST_NAME: "{{lastname}}"
        PHONE: { value: "{{phone}}", search: true }
        EMAIL: { value: "{{email}}", search: true }
        ADDRESS_CITY: "{{city}}"

    # found: update — если у контакта есть открытая сделка, обновляется она; always_create — всегда новая
    deal:
      found: update
    #   stage: C1:NEW   # стадия и воронка новой сделки
    #   responsible: 6   # ответственный
      fields:
        # keep — название сделки, которую уже ведут, не меняется
        TITLE: { value: "Вопрос по ОП {{firstname}} {{lastname}}", on_update: keep }
        COMMENTS: "{{comment}}"
        SOURCE_DESCRIPTION: { value: "{{page}}", on_update: fill }
        UTM_SOURCE: { value: "{{utm_source}}", on_update: fill, together: utm }
        UTM_TERM: { value: "{{utm_term}}", on_update: fill, together: utm }

    # весь ответ попадает в комментарий сделки; none — не попадает
    comment: answers

    # Что сделать после CRM. Чтобы включить шаг, уберите «# » перед then: и перед его строками.
    # then:
    #   - mail:   # письмо через сервер из раздела [mail] настроек
    #       to: sales@example.com   # кому написать
    #       subject: "Сделка {{steps.crm.deal_id}}"
    #       text: "Сделка {{steps.crm.deal_id}}: {{firstname}}, {{lastname}}, {{phone}}, {{email}}"
    #   - http: orders   # запрос к сервису [http.orders] из настроек
    #     path: /orders
    #     json: { deal: "{{steps.crm.deal_id}}", firstname: "{{firstname}}", lastname: "{{lastname}}", phone: "{{phone}}", email: "{{email}}" }
    #     if_it_fails: continue   # следующий шаг выполняется, даже если этот не удался
    "#);
    for personal in [
        "Анна",
        "Петрова",
        "anna",
        "912",
        "Москва",
        "поступить",
        "192.0",
        "GA1",
        "polls.example",
    ] {
        assert!(!text.contains(personal), "{personal} is in\n{text}");
    }
}

#[test]
fn splits_full_names_and_uses_order_amounts() {
    let packets = [
        json!({"data": {"client_name": "Петрова Анна Игоревна", "client_phone": "74712773120", "order_id": 6510, "sum": "3500"}}),
        json!({"data": {"client_name": "Борис Иванов", "client_phone": "+7 912 000-00-00", "order_id": 6511, "sum": 10}}),
    ];
    let text = draft(&wanted(Lang::En), &packets);
    for line in [
        "  fio: { from: $.data.client_name, as: name }   # in 2 of 2",
        "  phone: { from: $.data.client_phone, as: phone }",
        "  order_id: $.data.order_id",
        "  amount: { from: $.data.sum, as: money }",
        "    LAST_NAME: \"{{fio.last}}\"",
        "    TITLE: { value: \"Вопрос по ОП {{fio}}, order {{order_id}}\", on_update: keep }",
        "    OPPORTUNITY: \"{{amount}}\"",
    ] {
        assert!(
            text.lines().any(|found| found.starts_with(line)),
            "{line}\n{text}"
        );
    }
    assert!(text.contains("# UF_CRM_ORDER_ID"));
}

#[test]
fn recognises_fields_with_unusual_codes_by_their_values() {
    let packets = [
        json!({"data": {"q17": "anna@mail.example", "q18": "+7 (912) 345-67-89", "q19": "слово"}}),
    ];
    let text = draft(&wanted(Lang::En), &packets);
    assert!(
        text.contains("email: { from: $.data.q17, as: email }"),
        "{text}"
    );
    assert!(
        text.contains("phone: { from: $.data.q18, as: phone }"),
        "{text}"
    );
    assert!(
        text.contains("#   q19: $.data.q19   # text, in 1 of 1"),
        "{text}"
    );
}

#[test]
fn proposes_forms_for_dates_amounts_and_lists() {
    let packet = |visit: &str, call: &str| {
        json!({"data": {
            "phone": "+79123456789", "budget": "100 000 ₽", "first price": 5, "Дата визита": visit, "call": call,
            "topics": ["a", "b"], "lines": [{"id": 1}], "2nd": ["x"], "version": "1.2.3", "house": "12-34",
        }})
    };
    let packets = [
        packet("21.07.2025", "2025-07-21 11:35"),
        packet("2025-7-1", "21/07/2025"),
    ];
    let text = draft(&wanted(Lang::En), &packets);
    let proposed = [
        "first_price: { from: \"$.data['first price']\", as: money }",
        "дата_визита: { from: \"$.data['Дата визита']\", as: date }",
        "call: { from: $.data.call, as: datetime }",
        "topics: { from: $.data.topics, as: join }",
        "field_2nd: { from: \"$.data['2nd']\", as: join }",
    ];
    for line in [
        "  amount: { from: $.data.budget, as: money }",
        "#   lines: $.data.lines   # list",
        "#   version: $.data.version   # text",
        "#   house: $.data.house   # text",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    // with its # taken away and a place to go to, a proposal is a field
    let (mut fields, mut slots) = (String::new(), String::new());
    for line in proposed {
        assert!(text.contains(&format!("#   {line}   # ")), "{line}\n{text}");
        let (name, _) = line.split_once(':').unwrap();
        fields.extend(["  ", line, "\n"]);
        slots.extend([" {{", name, "}}"]);
    }
    let text = text.replacen("fields:\n", &format!("fields:\n{fields}"), 1);
    assert_compiles(&text.replacen("Вопрос по ОП\", on", &format!("Вопрос{slots}\", on"), 1));
}

#[test]
fn proposes_lists_for_names_that_a_form_repeats() {
    let packets = [json!({"phone": "+79123456789", "services": "B", "services[]": ["A", "B"]})];
    let text = draft(&wanted(Lang::En), &packets);
    for line in [
        "#   services: $.services   # text",
        "#   services_2: { from: \"$.services[*]\", as: join }",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn looks_into_texts_that_hold_json() {
    let cart =
        json!({"orderid": "18", "amount": "7000", "products": [{"name": "x"}], "tags": ["a"]});
    let packets = [json!({
        "Phone": "+79123456789", "payment": cart.to_string(), "colours": "[\"red\", \"blue\"]",
        "data": json!({"user": json!({"email": "anna@mail.example"}).to_string()}).to_string(),
    })];
    let text = draft(&wanted(Lang::En), &packets);
    for line in [
        "  order_id: $.payment.orderid",
        "  amount: { from: $.payment.amount, as: money }",
        "  email: { from: $.data.user.email, as: email }",
        "#   products: $.payment.products   # list",
        "#   tags: { from: $.payment.tags, as: join }",
        "#   colours: { from: \"$.colours[*]\", as: join }",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn drafts_no_contact_without_phone_and_address() {
    let text = draft(
        &wanted(Lang::En),
        &[json!({"data": {"firstname": "Анна", "city": "Москва"}})],
    );
    assert!(text.contains("contact: none"), "{text}");
    assert!(
        text.contains("TITLE: { value: \"Вопрос по ОП {{firstname}}\", on_update: keep }"),
        "{text}"
    );
}

/// Fails unless the text compiles, whatever warnings there are.
pub(super) fn assert_loads(text: &str) {
    use crate::authoring::{Paint, ProfileFile, render};
    let file = ProfileFile {
        name: "draft.yaml".to_owned(),
        text: text.to_owned(),
    };
    let compiled = crate::mapping::compile(&file, None, &std::collections::BTreeMap::new());
    let problems = compiled.err().unwrap_or_default();
    let shown = render(&problems, Paint::Plain, Lang::En);
    assert!(problems.is_empty(), "{shown}\n{text}");
}

/// Returns the draft with its steps after the CRM in use.
fn with_steps(text: &str) -> String {
    let (before, steps) = text.split_once("# then:\n").unwrap();
    let lines: Vec<&str> = steps
        .lines()
        .map(|line| line.strip_prefix("# ").unwrap())
        .collect();
    format!("{before}then:\n{}\n", lines.join("\n"))
}

pub(super) fn assert_compiles(text: &str) {
    use crate::authoring::{Paint, ProfileFile, render};
    use crate::mapping::compile;
    let defaults = ProfileFile {
        name: "_defaults.yaml".to_owned(),
        text: include_str!("../../../mappings/_defaults.yaml").to_owned(),
    };
    let file = ProfileFile {
        name: "draft.yaml".to_owned(),
        text: text.to_owned(),
    };
    let templates = std::collections::BTreeMap::new();
    for defaults in [None, Some(&defaults)] {
        let problems = match compile(&file, defaults, &templates) {
            Ok((_, warnings)) => warnings,
            Err(problems) => problems,
        };
        let shown = render(&problems, Paint::Plain, Lang::En);
        assert!(problems.is_empty(), "{shown}\n{text}");
    }
}

/// Codes that mean something, codes that break YAML and paths, and any others.
fn key() -> impl Strategy<Value = String> {
    let usual = [
        "firstname",
        "name",
        "fio",
        "phone",
        "email",
        "city",
        "order_id",
        "amount",
        "comment",
        "utm_source",
        "birthdate",
        "должность",
        "url",
        "Ваш телефон",
        "it's",
        "a\"b",
        "a\\b",
        "a.b",
        "a-b",
        "x: y",
        "[0]",
        "#",
        "{{x}}",
    ];
    prop_oneof![
        3 => prop::sample::select(usual.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{1,12}",
    ]
}

fn value() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        Just(json!("anna@mail.example")),
        Just(json!("+79123456789")),
        Just(json!("Анна Петрова")),
        Just(json!(5)),
        Just(json!(true)),
        Just(json!(null)),
        Just(json!(["a", "b"])),
        Just(json!({"inner": {"phone": "+79123456789"}})),
    ]
}

#[test]
fn the_title_keeps_the_words_of_a_poll_and_drops_what_looks_like_a_placeholder() {
    for (name, title) in [
        ("Скидка 50% — «Весна», №2", "Скидка 50% — «Весна», №2"),
        ("｛｛тема｝｝", "тема"),
        ("Тема {{x}}", "Тема   x"),
        ("<b>Опрос</b>", "b Опрос /b"),
        ("%NAME% от %d.%M", "NAME  от  d. M"),
        ("${topic} [[x]] $topic", "topic    x    topic"),
        ("=СЦЕПИТЬ(A1;B1)", "СЦЕПИТЬ(A1;B1)"),
        ("Опрос\\nтема", "Опрос nтема"),
    ] {
        let wanted = DraftOptions {
            name: name.to_owned(),
            ..wanted(Lang::Ru)
        };
        let text = draft(&wanted, &[json!({"header_data": {"poll_id": 123}})]);
        assert!(
            text.contains(&format!("TITLE: {{ value: \"{title}\", on_update: keep }}")),
            "{text}"
        );
        assert_compiles(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn every_draft_compiles_without_a_problem(
        data in prop::collection::vec((key(), value()), 0..12),
        name in "\\PC{0,30}",
    ) {
        let data: serde_json::Map<String, serde_json::Value> = data.into_iter().collect();
        let wanted = DraftOptions { name: format!("П{name}"), ..wanted(Lang::Ru) };
        let text = draft(&wanted, &[json!({"header_data": {"poll_id": 123}, "data": data})]);
        assert_compiles(&text);
        assert_compiles(&with_steps(&text));
    }
}

#[test]
fn proposes_the_country_of_phone_numbers_without_a_country_code() {
    let packets = |phones: [&str; 2]| phones.map(|phone| json!({"data": {"phone": phone}}));
    for (phones, line) in [
        (
            ["(067) 123-45-67", "8 912 345-67-89"],
            "as: phone, country: UA }",
        ),
        (
            ["8 029 123-45-67", "+375291234568"],
            "as: phone, country: BY }",
        ),
        (["90 123 45 67", "8 912 345-67-89"], "as: phone }"),
        (["не скажу", "8 912 345-67-89"], "as: phone }"),
    ] {
        let text = draft(&wanted(Lang::En), &packets(phones));
        assert!(text.contains(line), "{phones:?}\n{text}");
    }
}

#[test]
fn proposes_to_clean_encoded_text() {
    let packets = [json!({"data": {
        "firstname": "Ren&eacute;", "fio": "O&#039;Brien Ann", "comment": "L\\'espoir", "shop": "<b>A</b>", "city": "Пермь",
    }})];
    let text = draft(&wanted(Lang::En), &packets);
    for line in [
        "  fio_text: { from: $.data.fio, as: clean }",
        "  comment: { from: $.data.comment, as: clean }",
        "#   shop: { from: $.data.shop, as: clean }",
        "#   city: $.data.city   # text",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let text = draft(
        &wanted(Lang::En),
        &[json!({"data": {"fio": "O&#039;Brien Ann"}})],
    );
    for line in [
        "  fio: { value: \"{{fio_text}}\", as: name }",
        "  fio_text: { from: $.data.fio, as: clean }",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn takes_utm_marks_from_the_address_of_the_page() {
    let page = "https://shop.example/?utm_source=vk&utm_term=x";
    let text = draft(
        &wanted(Lang::En),
        &[json!({"page": page, "phone": "89123456789"})],
    );
    for line in [
        "  utm_source: { from: $.page, as: url, part: query.utm_source }",
        "    UTM_SOURCE: { value: \"{{utm_source}}\", on_update: fill, together: utm }",
        "    UTM_TERM: { value: \"{{utm_term}}\", on_update: fill, together: utm }",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let both = json!({"page": page, "utm_source": "ya", "phone": "89123456789"});
    let text = draft(&wanted(Lang::En), &[both]);
    assert!(!text.contains("part: query"), "{text}");
}

#[test]
fn files_go_into_the_timeline() {
    let part = |name: &str| json!({"name": name, "type": "image/png", "size": 9});
    let data = "data:image/png;base64,iVBORw0KGgo=";
    let packets = [
        json!({"phone": "89123456789", "Резюме": part("a.png"), "docs": [part("b.png"), part("c.png")], "sign": data}),
        json!({"phone": "89123456789", "page": "https://shop.example/a.png", "token": "aGVsbG8gd29ybGQgaGVsbG8="}),
    ];
    let text = draft(&wanted(Lang::En), &packets);
    for line in [
        "  резюме: { from: \"$['Резюме']\", as: file }   # in 1 of 2",
        "  docs: { from: $.docs, as: file }",
        "  sign: { from: $.sign, as: file }",
        "files: [резюме, docs, sign]",
        "#   token: $.token   # text",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let file = crate::authoring::ProfileFile {
        name: "draft.yaml".to_owned(),
        text: text.replace("{ polls: [123] }", "{ channel: jobs }"),
    };
    let compiled = crate::mapping::compile(&file, None, &std::collections::BTreeMap::new());
    assert!(compiled.is_ok(), "{compiled:?}\n{text}");
    let used = with_steps(&file.text);
    assert!(
        used.contains("      files: [резюме, docs, sign]\n"),
        "{used}"
    );
    assert_compiles(&used);
}

#[test]
fn rows_of_a_list_are_drafted_with_the_each_that_their_channel_lacks() {
    let rows = json!([
        {"Дата": "27.11.2026", "Имя": "Анна", "Телефон": "8 912 345-67-89", "Сумма": "12 000"},
        {"Дата": "26.11.2026", "Имя": "Борис", "Телефон": "8 912 345-67-80", "Сумма": ""},
    ]);
    for (packet, each) in [
        (rows.clone(), "$[*]"),
        (json!({"leads": {"lead": rows.clone()}}), "$.leads.lead[*]"),
    ] {
        let text = draft(&of_channel(Lang::Ru), std::slice::from_ref(&packet));
        for line in [
            &format!("`each: {each}`"),
            "  firstname: \"$['Имя']\"   # есть в 2 из 2",
            "  phone: { from: \"$['Телефон']\", as: phone }",
            "  amount: { from: \"$['Сумма']\", as: money }   # есть в 1 из 2",
            "#   дата: { from: \"$['Дата']\", as: date }",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert_compiles(&text);
        assert_eq!(
            each_of(&of_channel(Lang::Ru), &[packet]).as_deref(),
            Some(each)
        );
    }
    let text = draft(&of_channel(Lang::Ru), &[rows[0].clone()]);
    assert!(!text.contains("each"), "{text}");
}

#[test]
fn names_in_messengers_find_the_contact() {
    let packets = [json!({"Имя": "Анна", "telegram": "@anna_p", "skype": "anna.petrova"})];
    let text = draft(&of_channel(Lang::En), &packets);
    for line in [
        "  telegram: $.telegram   # in 1 of 1",
        "    IM: [{ value: \"{{telegram}}\", type: TELEGRAM, search: true }, { value: \"{{skype}}\", type: SKYPE }]",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert_compiles(&text);
    let packets = [json!({"phone": "89123456789", "tg": "https://t.me/anna_p"})];
    let text = draft(&of_channel(Lang::En), &packets);
    let line = "    IM: { value: \"{{telegram}}\", type: TELEGRAM, search: true }";
    assert!(text.contains(line), "{text}");
    assert_compiles(&text);
}

#[test]
fn vague_codes_are_named_after_their_block() {
    let packets = [
        json!({"phone": "89123456789", "deal": {"id": 5, "number": 6}, "тариф": {"код": "A"}, "вес": {"ед": "кг", "text": "5"}}),
    ];
    let text = draft(&of_channel(Lang::En), &packets);
    for line in [
        "  order_id: $.deal.number",
        "#   deal_id: $.deal.id",
        "#   тариф_код: ",
        "#   вес: \"$['вес'].text\"",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}
