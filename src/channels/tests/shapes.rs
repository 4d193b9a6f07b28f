//! Files that have no block for each channel, and keys of other places.

use super::*;

/// Returns the problems in Russian.
fn said(text: &str) -> Vec<String> {
    let file = ProfileFile {
        name: "_channels.yaml".to_owned(),
        text: text.to_owned(),
    };
    let (_, problems) = Channels::read(&file, &Pages::new());
    let words = problems.iter().map(|problem| {
        let (message, advice) = (&problem.message, &problem.advice);
        let (message, advice) = (message.in_lang(Lang::Ru), advice.in_lang(Lang::Ru));
        format!("{}:{} {message} → {advice}", problem.line, problem.column)
    });
    words.collect()
}

#[test]
fn other_shapes_of_the_file_are_explained_once_and_their_correction_passes() {
    let right = "shop:\n  methods: [POST]\n";
    assert_eq!(said(right), Vec::<String>::new());
    for (wrong, words) in [
        (
            "- name: shop\n  methods: [POST]\n",
            "1:1 каналы пишут не списком: у каждого в начале строки стоит его имя → уберите дефисы: напишите `shop:`, а настройки — ниже, с отступом в два пробела",
        ),
        (
            "- shop:\n    methods: [POST]\n",
            "1:1 каналы пишут не списком: у каждого в начале строки стоит его имя → уберите дефисы: напишите `shop:`, а настройки — ниже, с отступом в два пробела",
        ),
        (
            "channels:\n  shop:\n    methods: [POST]\n",
            "1:1 имена каналов пишут с начала строки, без `channels` над ними → уберите строку `channels:`, а остальное сдвиньте влево на два пробела: shop",
        ),
        (
            "мои:\n  shop:\n    methods: [POST]\n  other:\n",
            "1:1 имена каналов пишут с начала строки, без `мои` над ними → уберите строку `мои:`, а остальное сдвиньте влево на два пробела: shop, other",
        ),
        (
            "methods: [POST]\n",
            "1:1 `methods` — настройка канала, а канал не назван → напишите строкой выше имя канала, например `site:`, а настройки сдвиньте вправо на два пробела",
        ),
        (
            "name: Магазин\nrate: 5/s\n",
            "1:1 `name` — настройка канала, а канал не назван → напишите строкой выше имя канала, например `site:`, а настройки сдвиньте вправо на два пробела",
        ),
    ] {
        assert_eq!(said(wrong), [words], "{wrong}");
    }
    // a channel may be called like a setting, or `channels`
    for good in [
        "reply:\n  methods: [POST]\n",
        "channels:\n  methods: [POST]\n  reply: { time_limit: 3s }\n",
        "channels:\n",
        "token: { methods: [POST] }\nother:\n",
    ] {
        assert_eq!(said(good), Vec::<String>::new(), "{good}");
    }
}

#[test]
fn a_secret_in_a_list_is_not_repeated() {
    let shown = said("- token: abcdef12345678\n  name: shop\n").join("\n");
    assert!(!shown.contains("abcdef"), "{shown}");
}

#[test]
fn keys_of_other_places_lead_to_the_right_ones() {
    for (line, words) in [
        (
            "password: qwerty",
            "напишите `token: { secret: { env: SITE_TOKEN } }`",
        ),
        (
            "identity: \"{{order}}\"",
            "ключ профиля, в котором `receive: { channel: shop }`",
        ),
        (
            "profile: order",
            "канал называет сам профиль, `receive: { channel: shop }`",
        ),
        ("split: $.orders[*]", "может быть, `each`?"),
        ("ip: [203.0.113.7]", "может быть, `addresses`?"),
        ("rate_limit: 30/m", "может быть, `rate`?"),
        ("origins: [https://shop.example]", "может быть, `cors`?"),
        (
            "reply: Спасибо",
            "напишите `reply: { accepted: { type: text/plain, body: \"…\" } }`",
        ),
        (
            "reply: { redirect: https://shop.example/thanks }",
            "напишите `accepted: { status: 303, headers: { Location: /thanks } }`",
        ),
        (
            "reply: { accepted: { status: 302 } }",
            "напишите `status: 302, headers: { Location: /thanks }`",
        ),
        (
            "reply: { accepted: { status: 200, headers: { Location: https://shop.example } } }",
            "напишите `status: 303`",
        ),
    ] {
        let shown = said(&format!("shop:\n  {line}\n")).join("\n");
        assert!(shown.contains(words), "{line}\n{shown}");
    }
}
