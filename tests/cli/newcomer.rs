//! Common mistakes in a first profile, and the Russian messages of `check`, `preview`, `test` and
//! `draft` about them.

use crate::home::Home;

/// Returns a folder with the shipped defaults, whose commands speak Russian.
fn home() -> Home {
    let mut home = Home::new();
    home.set("LC_ALL", "ru_RU.UTF-8");
    let defaults = concat!(env!("CARGO_MANIFEST_DIR"), "/mappings/_defaults.yaml");
    let defaults = std::fs::read_to_string(defaults).unwrap();
    home.write("mappings/_defaults.yaml", &defaults);
    home
}

/// A file, the reported line, the problem, and the advice.
const SLIPS: &[(&str, &str, &str, &str)] = &[
    (
        "receive: { сhannel: tilda }\nfields: { a: Name }\ndeal: { fields: { TITLE: '{{a}}' } }\n",
        "x.yaml:1:12",
        "неизвестный ключ `сhannel`",
        "есть русские буквы («с»): наберите `channel` латиницей",
    ),
    (
        "receive: { channel: x }\nfields: { a: Name }\ndeal: { fields: { ТITLE: '{{a}}' } }\n",
        "x.yaml:3:19",
        "в `ТITLE` буква 1 — русская «Т»",
        "наберите `TITLE` латиницей",
    ),
    (
        "receive: { channel: x }\nfields: { phone: Phone }\ndeal: { fields: { TITLE: '{{рhone}}' } }\n",
        "x.yaml:3:29",
        "нет поля `рhone`",
        "буква 1 — русская «р»: наберите `phone` латиницей",
    ),
    (
        "receive: { channel: x }\nfields:\n  a: Name\n\tb: Phone\n",
        "x.yaml:4:1",
        "нельзя делать отступы табуляцией",
        "делайте отступы пробелами",
    ),
    (
        "receive: { channel: x }\nfields: { a: Name }\ndeal:\n  fields:\n    TITLE: {{a}}\n",
        "x.yaml:5:12",
        "нужны кавычки: YAML принимает `{`",
        "напишите \"{{a}}\"",
    ),
    (
        "receive: { channel: x }\nfields: { a: Name }\nlead: { fields: { TITLE: Т } }\ntodo: { title: Позвонить {{a}}, after: 2h }\n",
        "x.yaml:4:16",
        "нужны кавычки",
        "напишите `todo: { title: \"Позвонить {{a}}\", after: 2h }`",
    ),
    (
        "receive: { channel: x }\nfields: { a: Name }\nlead: { fields: { TITLE: Т } }\ntodo: Позвонить\n",
        "x.yaml:4:7",
        "в `todo` ожидается блок с ключами",
        "напишите `todo: { title: \"Перезвонить {{firstname}}\", after: 2h }`",
    ),
    (
        "name: Заявка: сайт\nreceive: { channel: x }\ndeal: { fields: { TITLE: Т } }\n",
        "x.yaml:1:7",
        "тексту с двоеточием и пробелом внутри нужны кавычки",
        "напишите `name: \"Заявка: сайт\"`",
    ),
    (
        "receive: { polls: [5] }\nfields:\n  a: $.data.a\n   b: $.data.b\n",
        "x.yaml:4:1",
        "`b` стоит правее соседних строк",
        "сдвиньте строку влево на 1: перед `b` — пробелов: 2",
    ),
    (
        "receive:\npolls: [5]\ndeal: { fields: { TITLE: Т } }\n",
        "x.yaml:2:1",
        "неизвестный ключ `polls`",
        "напишите `receive: { polls: … }`",
    ),
    (
        "receive: { polls: [5] }\ndeal:\n  fields:\n  TITLE: Т\n",
        "x.yaml:4:3",
        "неизвестный ключ `TITLE` в `deal`",
        "поля CRM пишут внутри `fields` блока `deal`",
    ),
    (
        "receive: { polls: [5] }\nfields:\n  a:$.data.a\ndeal: { fields: { TITLE: Т } }\n",
        "x.yaml:3:3",
        "в `fields` ожидается блок с ключами, а здесь текст",
        "после двоеточия нужен пробел: `a: $.data.a`",
    ),
    (
        "receive: { polls: [5] }\nfields:\n\u{a0}\u{a0}a: $.data.a\ndeal: { fields: { TITLE: Т } }\n",
        "x.yaml:3:1",
        "неизвестный ключ",
        "перед ним неразрывные пробелы",
    ),
    (
        "receive: { polls: [5] }\nfields:\n  a: “$.data.a”\ndeal: { fields: { TITLE: '{{a}}' } }\n",
        "x.yaml:3:",
        "типографские кавычки: в путях и условиях нужны прямые",
        "напишите `$.data.a`",
    ),
    (
        "receive: { polls: [5] }\nfields:\n  a: @.data.a\ndeal: { fields: { TITLE: '{{a}}' } }\n",
        "x.yaml:3:6",
        "начинается с `@`, нужны кавычки",
        "напишите `a: \"@.data.a\"`",
    ),
    (
        "receive: { polls: [5] }\nfields: { a: $.data.a }\nfields: { b: $.data.b }\ndeal: { fields: { TITLE: '{{a}}' } }\n",
        "x.yaml:3:1",
        "ключ `fields` здесь повторяется",
        "оставьте один",
    ),
    (
        "receive: { polls: [5] }\ndeal: { fields: { TITLE: Т } }\ntodo: { title: Т, after: скоро }\n",
        "x.yaml:3:26",
        "`todo.after` — это время вроде `2h`, а не `скоро`",
        "можно и `2 часа`",
    ),
];

#[test]
fn common_mistakes_are_reported_with_line_and_advice() {
    let home = home();
    for (text, place, wrong, advice) in SLIPS {
        home.write("mappings/x.yaml", text);
        let output = home.says(&["check"], 1, &[place, wrong, advice]);
        // the parser's own messages are for programmers
        assert!(!output.contains("mapping values"), "{output}");
    }
}

/// A channel with an invalid name is not a poll, so no message is about a poll's packet.
#[test]
fn a_mistake_in_receive_gets_no_advice_about_polls() {
    let home = home();
    home.write(
        "mappings/x.yaml",
        "receive: { channel: тильда }\nfields: { a: Name }\ndeal: { fields: { TITLE: '{{a}}' } }\n",
    );
    let output = home.says(&["check"], 1, &["`тильда` не может быть именем канала"]);
    assert!(!output.contains("в пакете опроса"), "{output}");
}

/// A Tilda form becomes a lead with a to-do, a survey with lists a deal, a shop's order an item
/// with its number.
const FIRST: &[(&str, &str)] = &[
    (
        "mappings/tilda.yaml",
        "name: Заявка с Тильды
receive: { channel: tilda }
fields:
  firstname: Name
  phone: { from: [Phone, phone], as: phone }
lead:
  fields:
    TITLE: \"Заявка: {{firstname}}\"
todo: { title: \"Перезвонить {{firstname}}\", after: 2 часа }
",
    ),
    (
        "mappings/survey.yaml",
        "receive: { polls: 0077 }
fields:
  topics: { from: \"$.data.topics[*]\", as: join }
deal:
  change_stage: yes
  fields:
    TITLE: \"Опрос {{firstname}}\"
    UF_CRM_TOPICS: { value: \"{{topics}}\", as: label }
    UF_CRM_DAY: 2025-01-02
    UF_CRM_CODE: 007
",
    ),
    (
        "mappings/shop.yaml",
        "receive: { channel: shop }
fields:
  order_id: order_id
  sum: { from: amount, as: money }
item:
  type: 1036
  fields:
    title: Заказ №{order_id}
    UF_CRM_9_ORDER_ID: { value: \"{order_id}\", search: yes }
    opportunity: \"{sum}\"
",
    ),
];

#[test]
fn three_first_profiles_are_checked_and_previewed() {
    let home = home();
    for (name, text) in FIRST {
        home.write(name, text);
    }
    home.says(&["check"], 0, &["профилей в работе: 3, ошибок: 0"]);
    home.write("tilda.txt", "Name=Анна&Phone=89123456789");
    let tilda = ["preview", "tilda.txt", "--no-crm"];
    home.says(&tilda, 2, &["для формы канала добавьте --channel ИМЯ"]);
    let parts = [
        "Поля",
        "План",
        "«89123456789», читается как номер телефона",
        "Перезвонить Анна",
        "Не заполнено",
        "ничего не записано",
    ];
    home.says(&[&tilda[..], &["--channel", "tilda"]].concat(), 0, &parts);
    home.write(
        "survey.json",
        r#"{"header_data": {"poll_id": 77, "answer_id": 1}, "data": {"name": "Анна", "phone": "нет", "topics": ["Олимпиады"]}}"#,
    );
    // text that YAML could read as a date or a number stays text
    let parts = [
        "2025-01-02",
        "007",
        "fields.phone: в $['data']['phone'] не читается номер телефона",
    ];
    home.says(&["preview", "survey.json", "--no-crm"], 0, &parts);
}

#[test]
fn a_first_example_needs_only_a_packet_and_update_writes_the_rest() {
    let home = home();
    for (name, text) in FIRST {
        home.write(name, text);
    }
    home.write("tilda.txt", "Name=Анна&Phone=89123456789");
    home.says(
        &["test"],
        0,
        &["примеров нет: положите пакет в examples/ПРОФИЛЬ/имя.yaml"],
    );
    home.write(
        "mappings/examples/shop/first.yaml",
        "channel: shop\npacket: \"order_id=00123&amount=3 500,00 р.\"",
    );
    home.says(&["test"], 1, &["item.title", "+ вышло \"Заказ №00123\""]);
    home.says(&["test", "--update"], 0, &["принят shop/first.yaml"]);
    home.says(&["test"], 0, &["верно shop/first.yaml"]);
    let written = std::fs::read_to_string(home.path("mappings/examples/shop/first.yaml")).unwrap();
    assert!(
        written.contains("    title: \"Заказ №00123\"\n"),
        "{written}"
    );
    let draft = ["draft", "--channel", "other", "tilda.txt"];
    home.says(&draft, 0, &["receive: { channel: other }", "as: phone"]);
}
