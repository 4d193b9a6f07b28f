//! Which texts are spellings of one value, and that a search for each finds all usual ones.

use proptest::prelude::*;

use super::*;

/// Checks that every text of a list finds each of the others.
fn find_each_other(compare: CompareAs, field: &str, texts: &[&str]) {
    for one in texts {
        let spellings = match compare {
            CompareAs::Messenger => of_messenger(one, None),
            compare => compare.spellings(one),
        };
        for other in texts {
            assert!(compare.is_same(one, other), "{one} is not {other}");
            let lower = other.to_lowercase();
            let is_asked = spellings.iter().any(|text| text.to_lowercase() == lower);
            assert!(is_asked, "{one} does not ask for {other}: {spellings:?}");
            assert_eq!(folded(field, one), folded(field, other), "{one}, {other}");
        }
    }
}

#[test]
fn texts_are_one_in_any_case_and_numbers_by_value() {
    for texts in [
        &[
            "3500",
            "3500.0",
            "3500.00",
            "3500,00",
            "3 500",
            "3 500,00",
            "3\u{a0}500",
        ][..],
        &["3500.5", "3500.50", "3500,5", "3 500,50"],
        &["1234567.25", "1 234 567,25", "1234567,25"],
        &["0", "0.00", "0,0"],
        &["-5", "-5.00"],
        &["заказ 5", "ЗАКАЗ 5"],
    ] {
        find_each_other(CompareAs::Text, "UF_CRM_ORDER", texts);
    }
    for (one, other) in [
        ("3.500,00", "3500"),
        ("3,500.00", "3500"),
        ("3'500", "3500"),
        ("−5", "-5"),
        (" A-7 ", "a-7"),
    ] {
        assert!(CompareAs::Text.is_same(one, other), "{one}, {other}");
    }
}

#[test]
fn codes_and_doubtful_numbers_stay_different() {
    for (one, other) in [
        ("007", "7"),
        ("0123", "123"),
        ("00", "0"),
        ("01.50", "1.50"),
        // three thousand or three and a half
        ("3,500", "3500"),
        ("3,500", "3.5"),
        ("12 34", "1234"),
        ("1 23 456", "123456"),
        ("1.2.3", "1.2.30"),
        ("1e3", "1000"),
        ("+5", "5"),
        ("5 шт", "5"),
        ("1234567890123456", "1234567890123456.0"),
        ("5", ""),
        ("Y", "1"),
        ("2026-03-01", "01.03.2026"),
    ] {
        assert!(!CompareAs::Text.is_same(one, other), "{one}, {other}");
    }
    // a code is asked for as it is
    for code in ["007", "A-7", "1.2.3", "1234567890123456", "3,500"] {
        assert_eq!(CompareAs::Text.spellings(&format!(" {code} ")), [code]);
    }
}

#[test]
fn sites_are_one_without_scheme_www_and_last_slash() {
    for texts in [
        &[
            "anna.example",
            "ANNA.example/",
            "https://anna.example",
            "HTTPS://Anna.Example/",
            "http://anna.example",
            "http://anna.example/",
            "www.anna.example",
            "www.anna.example/",
            "https://www.anna.example",
            "http://www.anna.example/",
        ][..],
        &[
            "shop.example/cv",
            "https://shop.example/CV/",
            "http://www.shop.example/cv",
        ],
        &[
            "пример.рф",
            "https://xn--e1afmkfd.xn--p1ai/",
            "http://www.пример.рф",
        ],
        &["vk.com/id1", "https://vk.com/id1", "http://www.vk.com/id1/"],
        &["a.example/?x=1", "https://a.example/?x=1"],
        &["сайта нет", "Сайта НЕТ"],
    ] {
        find_each_other(CompareAs::Site, "WEB", texts);
    }
    for (one, other) in [
        ("//anna.example", "anna.example"),
        ("https://anna.example:443/", "anna.example"),
        ("http://anna.example:80", "anna.example"),
        ("anna.example.", "anna.example"),
        ("ftp://anna.example", "anna.example"),
    ] {
        assert!(CompareAs::Site.is_same(one, other), "{one}, {other}");
        assert_eq!(folded("WEB", one), folded("WEB", other), "{one}, {other}");
    }
    for (one, other) in [
        ("anna.example", "anna.example/cv"),
        ("anna.example", "shop.anna.example"),
        ("anna.example", "anna.example.org"),
        ("anna.example:8080", "anna.example"),
        ("a.example/?x=1", "a.example/?x=2"),
        ("wwwanna.example", "anna.example"),
    ] {
        assert!(!CompareAs::Site.is_same(one, other), "{one}, {other}");
    }
}

#[test]
fn a_name_in_a_messenger_is_one_bare_and_as_a_link() {
    for texts in [
        &[
            "anna",
            "@anna",
            "Anna",
            "t.me/anna",
            "https://t.me/anna",
            "https://t.me/Anna/",
        ][..],
        &[
            "id1",
            "vk.com/id1",
            "https://vk.com/id1",
            "https://vk.com/id1/",
        ],
        &[
            "anna.style",
            "https://www.instagram.com/anna.style/",
            "@anna.style",
        ],
        &[
            "+79123456789",
            "79123456789",
            "89123456789",
            "8 (912) 345-67-89",
            "+7 912 345-67-89",
            "wa.me/79123456789",
            "https://wa.me/79123456789",
            "https://api.whatsapp.com/send?phone=79123456789",
        ],
        &["пишите в почту", "Пишите в почту"],
    ] {
        find_each_other(CompareAs::Messenger, "IM", texts);
    }
    for (one, other) in [
        ("8 (912) 345-67-89", "https://wa.me/79123456789?text=hi"),
        ("whatsapp://send?phone=%2B79123456789", "89123456789"),
        ("viber://chat?number=%2B79123456789", "+7 912 345-67-89"),
        ("https://t.me/+79123456789", "89123456789"),
        ("tg://resolve?domain=anna", "@anna"),
        ("https://t.me/s/anna?before=5", "anna"),
        ("http://telegram.me/anna", "https://t.me/anna"),
        ("https://m.vk.com/id1", "vk.ru/id1"),
        ("skype:anna?chat", "anna"),
        ("https://m.me/anna", "facebook.com/anna"),
    ] {
        assert!(CompareAs::Messenger.is_same(one, other), "{one}, {other}");
        assert_eq!(folded("IM", one), folded("IM", other), "{one}, {other}");
    }
    for (one, other) in [
        ("anna", "anna2"),
        ("t.me/anna", "vk.com/anna"),
        ("t.me/anna", "t.me/anna/5"),
        ("https://t.me/", "https://vk.com/"),
        ("https://anna.example/anna", "anna"),
        ("wa.me/79123456789", "wa.me/79123456788"),
    ] {
        assert!(!CompareAs::Messenger.is_same(one, other), "{one}, {other}");
    }
}

#[test]
fn the_messengers_of_a_field_and_of_a_link_choose_the_links() {
    let has = |texts: &[String], part: &str| texts.iter().any(|text| text.contains(part));
    let telegram = of_messenger("anna", Some("TELEGRAM"));
    assert!(has(&telegram, "telegram.me/anna") && !has(&telegram, "vk.com"));
    let vk = of_messenger("https://vk.com/anna", Some("OTHER"));
    assert!(has(&vk, "http://vk.com/anna") && !has(&vk, "t.me"));
    let viber = of_messenger("+79123456789", Some("VIBER"));
    assert!(has(&viber, "viber://chat?number=%2B79123456789") && !has(&viber, "wa.me"));
    let skype = of_messenger("anna", Some("SKYPE"));
    assert_eq!(skype, ["anna", "@anna", "skype:anna"]);
    for all in [telegram, vk, viber, of_messenger("anna", None)] {
        assert!(all.len() <= 16, "{all:?}");
    }
}

#[test]
fn typed_fields_have_one_spelling_which_the_crm_reads() {
    for (compare, typed, written) in [
        (CompareAs::Number, "3 500,00", "3500"),
        (CompareAs::Number, "3500.50", "3500.5"),
        (CompareAs::Number, "3 500 руб.", "3500"),
        (CompareAs::Number, "$3500.50", "3500.5"),
        (CompareAs::Number, "12 шт", "12"),
        (CompareAs::Number, "А-7", "А-7"),
        (CompareAs::Number, "нет", "нет"),
        (CompareAs::Date, "01.03.2026", "2026-03-01"),
        (CompareAs::Date, "1.3.2026", "2026-03-01"),
        (CompareAs::Date, "01/03/2026", "2026-03-01"),
        (CompareAs::Date, "01-03-2026", "2026-03-01"),
        (CompareAs::Date, "2026/03/01", "2026-03-01"),
        (CompareAs::Date, "01.03.26", "2026-03-01"),
        (CompareAs::Date, "2026-03-01T03:00:00+03:00", "2026-03-01"),
        (CompareAs::Date, "1 марта 2026 г.", "2026-03-01"),
        (CompareAs::Date, "31 Мая 2026", "2026-05-31"),
        (CompareAs::Date, "1 Sept 2026", "2026-09-01"),
        (CompareAs::Date, "31 июня 2026", "31 июня 2026"),
        (CompareAs::Date, "31.02.2026", "31.02.2026"),
        (CompareAs::Moment, "01.03.2026 10:00", "2026-03-01T10:00:00"),
        (
            CompareAs::Moment,
            "2026-03-01T10:00:00+03:00",
            "2026-03-01T07:00:00Z",
        ),
        (
            CompareAs::Moment,
            "2026-03-01 10:00:00.5 +03",
            "2026-03-01T07:00:00Z",
        ),
        (CompareAs::YesNo, "true", "Y"),
        (CompareAs::YesNo, "0", "N"),
        (CompareAs::OneZero, "Y", "1"),
        (CompareAs::OneZero, "да", "1"),
        (CompareAs::OneZero, "нет", "0"),
        (CompareAs::OneZero, "не знаю", "не знаю"),
        (CompareAs::Code, " C1:NEW ", "C1:NEW"),
    ] {
        assert_eq!(compare.spellings(typed), [written], "{typed}");
        assert!(compare.is_same(typed, written), "{typed}, {written}");
    }
}

#[test]
fn stored_values_are_compared_by_the_type_of_their_field() {
    for (compare, stored, wanted) in [
        (CompareAs::Number, "3500.00", "3 500"),
        (CompareAs::Date, "2026-03-01T03:00:00+03:00", "01.03.2026"),
        (
            CompareAs::Moment,
            "2026-03-01T10:00:00+03:00",
            "2026-03-01T07:00:00Z",
        ),
        (
            CompareAs::Moment,
            "2026-03-01T10:00:00+03:00",
            "01.03.2026 10:00",
        ),
        (CompareAs::YesNo, "Y", "1"),
        (CompareAs::OneZero, "1", "true"),
        (CompareAs::OneZero, "N", "0"),
        (CompareAs::Money, "3500|RUB", "3500.00|rub"),
        (CompareAs::Money, "3500.50|RUB", "3500,5"),
    ] {
        assert!(compare.is_same(stored, wanted), "{stored}, {wanted}");
    }
    for (compare, stored, wanted) in [
        (CompareAs::Date, "2026-03-01T03:00:00+03:00", "02.03.2026"),
        (
            CompareAs::Moment,
            "2026-03-01T10:00:00+03:00",
            "2026-03-01T10:00:00Z",
        ),
        (CompareAs::OneZero, "1", "0"),
        (CompareAs::Money, "3500|RUB", "3500|USD"),
        (CompareAs::Money, "3500|RUB", "350|RUB"),
    ] {
        assert!(!compare.is_same(stored, wanted), "{stored}, {wanted}");
    }
    find_each_other(
        CompareAs::Money,
        "UF_CRM_SUM",
        &["3500|RUB", "3500.0|RUB", "3500.00|RUB"],
    );
}

proptest! {
    #[test]
    fn any_text_is_a_spelling_of_itself_and_lists_are_short(text in "\\PC{0,40}") {
        for compare in [
            CompareAs::Text, CompareAs::Code, CompareAs::Number, CompareAs::Date,
            CompareAs::Moment, CompareAs::YesNo, CompareAs::OneZero, CompareAs::Money,
            CompareAs::Site, CompareAs::Messenger,
        ] {
            prop_assert!(compare.is_same(&text, &text));
            let spellings = compare.spellings(&text);
            prop_assert!((1..=30).contains(&spellings.len()), "{spellings:?}");
            for one in &spellings {
                prop_assert!(compare.is_same(one, &text), "{compare:?} {one}");
            }
        }
    }

    #[test]
    fn every_spelling_of_a_number_is_that_number(whole in 0_u64..10_000_000, cents in 0_u32..100) {
        let number = format!("{whole}.{cents:02}");
        for one in CompareAs::Text.spellings(&number) {
            prop_assert!(CompareAs::Text.is_same(&one, &number), "{one}");
            prop_assert_eq!(CompareAs::Text.spellings(&one), CompareAs::Text.spellings(&number));
        }
    }
}
