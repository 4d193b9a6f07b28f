use serde_json::json;

use super::*;
use crate::domain::Source;

/// The blanks of the card, as people see them.
fn seen(text: &str) -> String {
    text.replace('\u{a0}', " ")
}

fn both(body: &Value) -> [String; 2] {
    let packet = Packet::new(body);
    [answers(&packet), full(&packet)].map(|text| seen(&text))
}

#[test]
fn the_answer_of_a_poll_comes_first() {
    let body = json!({
        "header_data": {"poll_id": 123, "gid": null, "tags": [], "ok": true,
            "analytics": {"params": {"utm_source": "vk"}, "ip": "203.0.113.7"}},
        "data": {"имя": "Анна\nвторая строка: x", "темы": ["a", "b"], "пусто": " ", "нет": null,
            "страна": {"code": "RU", "name": "Россия"}, "вложено": [{"b": [1.0, {"c": false}]}]}
    });
    let details = json!({"poll": {"id": 123, "name": "Open day", "language": "en"}});
    let source = Source::new("polls", "123", "1").with_details(&details);
    let packet = Packet::of(&source, &body);
    insta::assert_snapshot!(seen(&answers(&packet)), @r"
    имя: Анна
        вторая строка: x
    темы: a, b
    страна:
    • code: RU
    • name: Россия
    вложено:
    1.
        • b:
            • 1
            2. c: нет
    ");
    insta::assert_snapshot!(seen(&full(&packet)), @r"
    имя: Анна
        вторая строка: x
    темы:
    • a
    • b
    пусто: —
    нет: —
    страна:
    • code: RU
    • name: Россия
    вложено:
    1.
        • b:
            • 1
            2. c: false

    Technical data / Технические данные
    poll_name: Open day
    header_data:
    • poll_id: 123
    • gid: —
    • tags: —
    • ok: true
    • analytics:
        • params:
            • utm_source: vk
        • ip: 203.0.113.7
    ");
    assert!(
        !full(&packet).contains("\n "),
        "the card joins ordinary blanks"
    );
}

#[test]
fn fields_of_a_form_keep_their_order_without_what_machines_add() {
    let body = json!({
        "Name": "Анна", "utm_source": "vk", "Ваш вопрос:": "Есть ли общежитие?", "_ga": "GA1.2",
        "services": "Tea", "tranid": "1:2", "COOKIES": "a=b", "services[]": ["Mug", "Tea"],
        "payment": r#"{"amount":"7000","products":[{"name":"Mug","quantity":2},{"name":"Tea"}]}"#,
        "g-recaptcha-response": "x", "page": "https://shop.example/tea",
    });
    let [answers, full] = both(&body);
    insta::assert_snapshot!(answers, @r"
    Name: Анна
    Ваш вопрос: Есть ли общежитие?
    services: Mug, Tea
    payment:
    • amount: 7000
    • products:
        1. name: Mug; quantity: 2
        2. name: Tea
    page: https://shop.example/tea
    ");
    insta::assert_snapshot!(full, @r"
    Name: Анна
    Ваш вопрос: Есть ли общежитие?
    services: Tea
    services[]:
    • Mug
    • Tea
    payment:
    • amount: 7000
    • products:
        1. name: Mug; quantity: 2
        2. name: Tea
    page: https://shop.example/tea

    Technical data / Технические данные
    utm_source: vk
    _ga: GA1.2
    tranid: 1:2
    COOKIES: a=b
    g-recaptcha-response: x
    ");
}

#[test]
fn questions_of_a_quiz_stand_before_their_answers() {
    for (body, wanted) in [
        (
            json!({"answers": [{"q": "Площадь?", "a": "50 м²"}, {"q": "Сроки", "a": ["май", "июнь"]}, {"q": "Пусто", "a": ""}]}),
            "Площадь?: 50 м²\nСроки: май, июнь",
        ),
        (
            json!({"raw": [{"question": "Цвет:", "answer": {"rgb": "f00"}, "type": "image", "id": 7}]}),
            "Цвет:\n• rgb: f00",
        ),
        (
            json!({"q1": {"label": "Ваш возраст", "value": 18}, "q2": {"вопрос": "Город", "ответ": "Пермь"}}),
            "Ваш возраст: 18\nГород: Пермь",
        ),
        (
            json!([{"title": "Курс", "value": "Право"}, {"title": "Тариф", "value": "А"}]),
            "Курс: Право\nТариф: А",
        ),
        (
            json!({"raw": [{"q": "Форма кухни?", "a": "Угловая", "t": "answer"}, {"q": "Бюджет", "a": "до 300 000", "t": "answer"}]}),
            "Форма кухни?: Угловая\nБюджет: до 300 000",
        ),
        // goods are no questions
        (
            json!({"items": [{"name": "Mug", "value": 5, "price": 7}]}),
            "items:\n1. name: Mug; value: 5; price: 7",
        ),
        (json!({"a": {"q": "Одно"}}), "a:\n• q: Одно"),
        (json!("просто текст"), "просто текст"),
        (json!(["a", "", null, "b"]), "• a\n• b"),
        (json!({"a": {"b": []}, "c": null}), ""),
    ] {
        let [answers, full] = both(&body);
        assert_eq!(answers, wanted, "{body}");
        // nothing of the packet is missing there
        let mut texts = vec![&body];
        while let Some(value) = texts.pop() {
            match value {
                Value::Array(list) => texts.extend(list),
                Value::Object(map) => texts.extend(map.values()),
                value => {
                    let text = text::of(value).unwrap_or_default();
                    assert!(full.contains(&text), "{text} is not in {full}");
                }
            }
        }
    }
}

#[test]
fn a_long_or_deep_packet_is_cut_and_says_so() {
    let mut deep = json!("x");
    for _ in 0..60 {
        deep = json!({ "a": [deep, {"b": [1]}] });
    }
    let rows: Vec<Value> = (0..5_000)
        .map(|n| json!({"q": n.to_string(), "a": "я".repeat(50)}))
        .collect();
    for body in [
        json!({"data": {"text": "я".repeat(50_000), "after": 1}}),
        json!({"header_data": {}, "data": {"text": "я".repeat(50_000)}}),
        json!({ "rows": rows }),
        json!(vec![json!({"a": [1, {"b": 2}]}); 5_000]),
    ] {
        let packet = Packet::new(&body);
        for text in [full(&packet), answers(&packet)] {
            assert!(text.chars().count() <= LONGEST);
            assert!(text.ends_with(CUT));
        }
    }
    for text in both(&deep) {
        assert!(text.contains('…') && text.len() < 10_000, "{text}");
    }
}

#[test]
fn what_machines_add_is_left_out_at_any_depth() {
    let answered = |extra: Value| json!({"вопрос": "Цена?", "extra": extra});
    for extra in [
        json!({"utm": {"source": "tg", "medium": "post"}}),
        json!({"href": "https://x.example/?utm_source=tg", "ip": "203.0.113.9", "referrer": ""}),
        json!({"UTM_Source": "vk", "utmContent": "a", "UTM метки": "b"}),
        json!({"deeper": {"cookies": {"_ga": "GA1.2"}, "user_agent": "x"}, "gclid": 5}),
        json!([{"utm_source": "vk"}, {"created": 1_795_774_200}]),
        json!([{"name": "utm_source", "value": "vk"}, {"name": "_ym_uid", "value": "1"}]),
        json!({"mark": {"q": "utm_term", "a": "x"}, "created_at": "2026-11-27"}),
        json!(r#"{"utm_source": "vk", "token": "a"}"#),
    ] {
        let [answers, full] = both(&answered(extra.clone()));
        assert_eq!(answers, "вопрос: Цена?", "{extra}");
        assert!(full.contains("extra:"), "{full}");
    }
    let marks = json!({"вопрос": "Цена?", "Метки": {"utm_source": "ya", "utm_medium": "cpc"}, "created": 5});
    let [answers, full] = both(&marks);
    assert_eq!(answers, "вопрос: Цена?");
    assert!(full.contains("utm_source: ya"), "{full}");
    // the fields of a poll may have any name, marks are none of its questions
    let poll = json!({"header_data": {"poll_id": 1}, "data": {"created": "вчера", "timezone": "+3", "utm_term": "x", "a": {"ip": "b", "c": "d"}}});
    let [answers, _] = both(&poll);
    assert_eq!(answers, "created: вчера\ntimezone: +3\na:\n• c: d");
    let rows = json!({"заказ": [{"товар": "Чай", "token": "x", "в наличии": true}, {"товар": "Кофе", "utm_source": "x"}]});
    let [answers, _] = both(&rows);
    assert_eq!(
        answers,
        "заказ:\n1. товар: Чай; в наличии: да\n2. товар: Кофе"
    );
}

#[test]
fn yes_and_no_are_words_of_the_senders_language() {
    for (body, wanted) in [
        (
            json!({"Согласие": true, "Рассылка": false}),
            "Согласие: да\nРассылка: нет",
        ),
        (
            json!({"agree": true, "name": "Анна"}),
            "agree: да\nname: Анна",
        ),
        (
            json!({"agree": true, "news": false}),
            "agree: yes\nnews: no",
        ),
        (
            json!({"q": "Согласны?", "a": true, "id": 1}),
            "q: Согласны?\na: да\nid: 1",
        ),
        (
            json!({"ответы": [{"q": "Согласны?", "a": true}, {"q": "Ещё?", "a": false}]}),
            "Согласны?: да\nЕщё?: нет",
        ),
    ] {
        let [answers, full] = both(&body);
        assert_eq!(answers, wanted, "{body}");
        assert!(full.contains("true"), "{full}");
    }
}
