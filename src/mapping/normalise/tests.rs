use proptest::prelude::*;

use super::*;

fn apply(form: Normaliser, typed: &str) -> Option<String> {
    let options = NormaliseOptions {
        zone: TimeZone::fixed(jiff::tz::offset(3)),
        country: Country::RUSSIA,
        part: None,
    };
    let values = form.read_all(typed, &options).values;
    values.into_iter().next().map(|value| value.text)
}

fn check(form: Normaliser, cases: &[(&str, Option<&str>)]) {
    for (typed, wanted) in cases {
        let read = apply(form, typed);
        assert_eq!(read.as_deref(), *wanted, "{form:?} {typed:?}");
    }
}

#[test]
fn reads_amounts_as_people_write_them() {
    check(
        Normaliser::Money,
        &[
            ("3 500,50 ₽", Some("3500.50")),
            ("3500", Some("3500")),
            ("3\u{a0}500 руб.", Some("3500")),
            ("1.234,56", Some("1234.56")),
            ("3500 руб.", Some("3500")),
            ("1.234.567,8", Some("1234567.80")),
            ("1,234,567.89 USD", Some("1234567.89")),
            ("$ 12.5", Some("12.50")),
            ("3,500", Some("3500")),
            ("0,500", Some("0.50")),
            ("0.30000000000000004", Some("0.30")),
            ("9,999", Some("9999")),
            ("12.999", Some("12999")),
            ("1234.999", Some("1235.00")),
            ("-15 р", Some("-15")),
            ("от 3000 до 5000", None),
            ("3 тыс. руб", None),
            ("12 34", None),
            ("даром", None),
            ("", None),
            ("₽", None),
            (",", None),
            ("1,2,3", None),
        ],
    );
}

#[test]
fn reads_amounts_with_words_of_other_currencies_and_kopecks() {
    check(
        Normaliser::Money,
        &[
            ("1 500 тг", Some("1500")),
            ("1500тнг.", Some("1500")),
            ("2 000 сум", Some("2000")),
            ("2 000 so'm", Some("2000")),
            ("1 200 сомов", Some("1200")),
            ("15 000 драм", Some("15000")),
            ("120,50 лари", Some("120.50")),
            ("100 манат", Some("100")),
            ("50 сомони", Some("50")),
            ("1 000 грн.", Some("1000")),
            ("15 бел. руб.", Some("15")),
            ("100 долларов США", Some("100")),
            ("US$ 12.50", Some("12.50")),
            ("₸1500", Some("1500")),
            ("1 500.00 ₼", Some("1500.00")),
            ("3500 руб. 50 коп.", Some("3500.50")),
            ("3500 рублей 05 копеек", Some("3500.05")),
            ("3 500 р. 5 к.", Some("3500.05")),
            ("3500р50к", Some("3500.50")),
            ("50 коп.", Some("0.50")),
            (
                "3500 (три тысячи пятьсот) рублей 00 копеек",
                Some("3500.00"),
            ),
            ("3500,-", Some("3500")),
            ("3500.-", Some("3500")),
            ("3500,- руб.", Some("3500")),
            ("3500=", Some("3500")),
            ("3500-00", Some("3500")),
            ("50к", None),
            ("3500.50 руб. 50 коп.", None),
            ("3000-5000", None),
            ("100 крокодилов", None),
            ("12,", None),
        ],
    );
}

#[test]
fn whole_numbers_are_whole() {
    check(
        Normaliser::Integer,
        &[
            ("12", Some("12")),
            ("1 000", Some("1000")),
            ("12.0", Some("12")),
            ("-007", Some("-7")),
            ("+5", Some("5")),
            ("-0", Some("0")),
            ("12,5", None),
            ("12.5", None),
            ("12 штук", None),
            ("1 2", None),
            ("99999999999999999999", None),
        ],
    );
}

#[test]
fn reads_dates_in_every_usual_form() {
    check(
        Normaliser::Date,
        &[
            ("2025-07-21", Some("2025-07-21")),
            ("21.07.2025", Some("2025-07-21")),
            ("1.7.25", Some("2025-07-01")),
            ("21/07/2025", Some("2025-07-21")),
            ("07/21/2025", Some("2025-07-21")),
            ("21 июля 2025 г.", Some("2025-07-21")),
            ("July 21, 2025", Some("2025-07-21")),
            ("21st July 1998", Some("1998-07-21")),
            ("21.07.2025 14:35", Some("2025-07-21")),
            ("2025-07-21T23:35:47.921Z", Some("2025-07-22")),
            ("1753097747", Some("2025-07-21")),
            ("31.12.2025", Some("2025-12-31")),
            ("2025-12-31T10:00:00+03:00", Some("2025-12-31")),
            ("2025-12-31 10:00:00+0300", Some("2025-12-31")),
            ("31/12/25", Some("2025-12-31")),
            ("31 декабря 2025", Some("2025-12-31")),
            ("«31» декабря 2025 г.", Some("2025-12-31")),
            ("Wed, 31 Dec 2025 22:30:00 +0000", Some("2026-01-01")),
            ("1767214800", Some("2026-01-01")),
            ("1767214799000", Some("2025-12-31")),
            ("Вт, 31 декабря 2025", Some("2025-12-31")),
            ("вторник, 31 декабря 2025 г.", Some("2025-12-31")),
            ("31.12.2025г.", Some("2025-12-31")),
            ("31 12 2025", Some("2025-12-31")),
            ("20251231", Some("2025-12-31")),
            ("10:00 31.12.2025", Some("2025-12-31")),
            ("Tue Dec 31 2025", Some("2025-12-31")),
            ("12345678", None),
            ("31 12", None),
            ("31 декабря", None),
            ("31.02.2025", None),
            ("31-Dec-2025", Some("2025-12-31")),
            ("31-DEC-25", Some("2025-12-31")),
            ("31/Dec/2025", Some("2025-12-31")),
            ("31.дек.2025", Some("2025-12-31")),
            ("Dec-31-2025", Some("2025-12-31")),
            ("2025-Dec-31", Some("2025-12-31")),
            ("2025 Dec 31", Some("2025-12-31")),
            ("31-Oct-2025", Some("2025-10-31")),
            ("31-Dec-2025 10:00", Some("2025-12-31")),
            ("31/Dec/2025:10:00:00 +0300", Some("2025-12-31")),
            ("31-Foo-2025", None),
            ("завтра", None),
            ("2025", None),
            ("21.07", None),
            ("", None),
        ],
    );
}

#[test]
fn reads_times_as_people_and_browsers_write_them() {
    check(
        Normaliser::Datetime,
        &[
            (
                "2025-07-21T11:35:47.921Z",
                Some("2025-07-21T14:35:47+03:00"),
            ),
            ("2025-07-21 14:35", Some("2025-07-21T14:35:00+03:00")),
            ("21.07.2025 в 9:05:01", Some("2025-07-21T09:05:01+03:00")),
            ("21.07.2025", Some("2025-07-21T00:00:00+03:00")),
            ("21.07.2025 25:00", None),
            (
                "Wed Dec 31 2025 10:00:00 GMT+0500 (Yekaterinburg Standard Time)",
                Some("2025-12-31T08:00:00+03:00"),
            ),
            (
                "Wed Dec 31 2025 10:00:00 GMT-0330 (Ньюфаундленд, стандартное время)",
                Some("2025-12-31T16:30:00+03:00"),
            ),
            ("2025-12-31 10:00:00 UTC", Some("2025-12-31T13:00:00+03:00")),
            ("2025-12-31 10:00 AM", Some("2025-12-31T10:00:00+03:00")),
            (
                "December 31, 2025 10:00 p.m.",
                Some("2025-12-31T22:00:00+03:00"),
            ),
            ("12/31/2025 12:05am", Some("2025-12-31T00:05:00+03:00")),
            ("31.12.2025 14:00 pm", None),
            ("31.12.2025 pm", None),
            ("10:00", None),
            ("31.12.2025 10:00 XYZ", None),
            ("31.12.2025 10:00 CST", None),
        ],
    );
}

#[test]
fn yes_no_names_and_addresses() {
    check(
        Normaliser::Bool,
        &[
            ("да", Some("Y")),
            ("TRUE", Some("Y")),
            ("0", Some("N")),
            ("on", Some("Y")),
            ("Да!", Some("Y")),
            ("Не согласен", Some("N")),
            ("✔", Some("Y")),
            ("может", None),
            ("да, но нет", None),
        ],
    );
    check(
        Normaliser::Name,
        &[
            ("  иван   ПЕТРОВ ", Some("Иван Петров")),
            ("анна-мария", Some("Анна-Мария")),
            ("МакДональд", Some("МакДональд")),
            ("Людвиг ван Бетховен", Some("Людвиг ван Бетховен")),
            ("о’НИЛ", Some("о’НИЛ")),
            (
                "{{x}} <b>a</b> $result[a]",
                Some("{{x}} <b>a</b> $result[a]"),
            ),
            (" ", None),
        ],
    );
    check(
        Normaliser::Url,
        &[
            (
                "<https://portal.hse.ru/polls/123.html",
                Some("https://portal.hse.ru/polls/123.html"),
            ),
            ("<https://a.ru/?q=1>", Some("https://a.ru/?q=1")),
            ("HTTP://a.ru", Some("HTTP://a.ru")),
            ("javascript:alert(1)", None),
            ("ftp://a.ru", None),
            ("https://", None),
            ("https://a b.ru", None),
            ("сайт: https://a.ru", Some("https://a.ru")),
            ("portal.hse.ru", None),
        ],
    );
    check(
        Normaliser::Email,
        &[
            ("<test@dev.null>", Some("test@dev.null")),
            ("Анна <test@dev.null>", Some("test@dev.null")),
            ("test@dev.null, other@dev.null", Some("test@dev.null")),
            ("нет", None),
        ],
    );
    check(
        Normaliser::Phone,
        &[("8 (912) 345-67-89", Some("+79123456789")), ("нет", None)],
    );
}

#[test]
fn a_span_of_time_is_no_zone() {
    check(
        Normaliser::Datetime,
        &[
            ("31.12.2025 10:00-12:00", None),
            ("31.12.2025 10:00−11:00", None),
            ("31.12.2025 с 10:00-12:00", None),
            ("2025-12-31 10:00-03:00", Some("2025-12-31T16:00:00+03:00")),
            ("31.12.2025 10:00+03:00", Some("2025-12-31T10:00:00+03:00")),
        ],
    );
}

#[test]
fn a_zone_behind_the_time_counts() {
    for typed in [
        "2025-12-31 10:00:00 +0100",
        "2025-12-31 10:00 +01:00",
        "2025-12-31 10:00 +01",
        "2025-12-31 10:00 CET",
        "31.12.2025 10:00 +01:00",
        "31.12.2025 10:00+01:00",
        "31.12.2025, 10:00 UTC+1",
        "31.12.2025 10:00 UTC +1",
        "31.12.2025 10:00 GMT+0100",
        "31.12.2025 10:00 GMT +01:00",
        "31.12.2025 10:00 Europe/Berlin",
        "31.12.2025 10:00 [Europe/Berlin]",
        "10:00 CET 31.12.2025",
        "31-Dec-2025 10:00 +0100",
        "31 декабря 2025 г. 10:00 +0100",
        "Dec 31, 2025 10:00 AM CET",
        "31.12.2025 12:00 MSK",
        "31.12.2025 12:00 МСК",
        "31.12.2025 12:00 (МСК)",
        "31.12.2025 12:00 по Москве",
        "31.12.2025 12:00 мск.",
        "31.12.2025 14:00 МСК+2",
        "31.12.2025 09:00Z",
        "31.12.2025 09:00 UTC",
        "31.12.2025 04:00 EST",
        "2025-12-31 12:00:00 +0300 MSK",
        "31/Dec/2025:10:00:00 +0100",
    ] {
        let read = apply(Normaliser::Datetime, typed);
        assert_eq!(
            read.as_deref(),
            Some("2025-12-31T12:00:00+03:00"),
            "{typed}"
        );
    }
}

#[test]
fn an_amount_has_its_currency_beside_it() {
    let options = NormaliseOptions {
        zone: TimeZone::UTC,
        country: Country::RUSSIA,
        part: None,
    };
    for (typed, currency) in [
        ("1 500 тг", Some("KZT")),
        ("2 000 сум", Some("UZS")),
        ("1 200 сом", Some("KGS")),
        ("50 сомони", Some("TJS")),
        ("3500 руб. 50 коп.", Some("RUB")),
        ("3500р", Some("RUB")),
        ("15 бел. руб.", Some("BYN")),
        ("$12", Some("USD")),
        ("12 долл.", Some("USD")),
        ("12 EUR", Some("EUR")),
        ("100 манат", None),
        ("3500 (USD)", Some("USD")),
        ("3500 (евро)", Some("EUR")),
        ("3500 (три тысячи пятьсот) рублей", Some("RUB")),
        ("¥100", None),
        ("3500", None),
        ("$12 руб", None),
    ] {
        let read = Normaliser::Money.read_all(typed, &options).values;
        assert_eq!(read[0].beside.as_deref(), currency, "{typed}");
    }
}

proptest! {
    #[test]
    fn nothing_that_anybody_types_makes_a_normaliser_panic(typed in "\\PC{0,40}") {
        for (_, form) in Normaliser::WORDS.iter().copied() {
            if let Some(text) = apply(form, &typed) {
                prop_assert!(!text.is_empty());
            }
        }
    }

    #[test]
    fn reading_twice_changes_nothing(typed in "[-+0-9 .,/:руб$]{0,20}") {
        for form in [Normaliser::Money, Normaliser::Integer, Normaliser::Date, Normaliser::Datetime, Normaliser::Name, Normaliser::Bool] {
            if let Some(once) = apply(form, &typed) {
                prop_assert_eq!(apply(form, &once), Some(once.clone()), "{:?}", form);
            }
        }
    }
}
