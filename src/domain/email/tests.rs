//! Addresses as people and programs write them.

use super::*;

#[test]
fn addresses_are_read_as_people_and_exports_write_them() {
    for typed in [
        "test@dev.null",
        " Test@Dev.NULL ",
        "<test@dev.null>",
        "mailto:test@dev.null",
        "test@dev.null,",
    ] {
        assert_eq!(
            Email::parse(typed).as_ref().map(Email::as_str),
            Some("test@dev.null")
        );
    }
}

#[test]
fn refuses_text_that_is_not_an_address() {
    for typed in [
        "",
        "нет",
        "a@b",
        "a@b.c, d@e.f",
        "@dev.null",
        "a@",
        "Anna <a@b.c",
        "a b@c.de",
    ] {
        assert_eq!(Email::parse(typed), None, "{typed}");
    }
}

#[test]
fn takes_the_first_of_several_addresses_and_no_half_address() {
    let first = |typed: &str| Email::first_of(typed).map(|email| email.as_str().to_owned());
    for typed in [
        "a@b.cd",
        "a@b.cd.",
        "A@b.cd, d@e.fg",
        "a@b.cd;d@e.fg;",
        "a@b.cd d@e.fg",
        "Анна Петрова <a@b.cd>",
        "\"Petrova, Anna\" <a@b.cd>",
    ] {
        assert_eq!(first(typed).as_deref(), Some("a@b.cd"), "{typed}");
    }
    for typed in [
        "",
        ",",
        "anna a@b.cd",
        "a @b.cd",
        "anna petrova@mail.example",
        "anna. petrova@mail.example",
        "anna@mail .example",
        "anna@mail.co m",
        "anna@mail. example",
        "anna (at) mail.example",
        "anna@mail,example",
        "нет@",
        "@anna",
    ] {
        assert_eq!(first(typed), None, "{typed}");
    }
}

#[test]
fn text_around_an_address_is_no_part_of_it() {
    for typed in [
        "почта: anna@mail.example",
        "почта:anna@mail.example",
        "почта anna@mail.example",
        "Email: Anna@Mail.example",
        "e-mail - anna@mail.example",
        "email=anna@mail.example",
        "anna@mail.example (рабочая)",
        "anna@mail.example, Анна",
        "anna@mail.example - рабочая",
        "anna@mail.example; звонить не надо",
        "Анна anna@mail.example",
        "Анна (anna@mail.example)",
        "Anna: anna@mail.example",
        "<anna@mail.example> и ещё",
        "«anna@mail.example»",
        "\"anna@mail.example\"",
        "[anna@mail.example]",
        "anna@mail.example!",
        "anna@mail.example, нет",
        "mailto:anna@mail.example?subject=Hi",
        "пишите на anna@mail.example.",
        "anna@mail.example WhatsApp",
        "anna@mail.example\nАнна",
    ] {
        let found = Email::all_of(typed);
        assert_eq!(found.emails.len(), 1, "{typed}");
        assert_eq!(found.emails[0].as_str(), "anna@mail.example", "{typed}");
    }
    assert!(Email::all_of("anna@mail.example (рабочая)").has_more);
    assert!(!Email::all_of("почта: anna@mail.example").has_more);
}

#[test]
fn encoded_and_invisible_signs_are_read() {
    for typed in [
        "anna&#64;mail.example",
        "anna&commat;mail.example",
        "&lt;anna@mail.example&gt;",
        "Анна &lt;anna@mail.example&gt;",
        "<a href=\"mailto:anna@mail.example\">anna@mail.example</a>",
        "<b>anna@mail.example</b>",
        "anna@mail.example<br>",
        "anna@mail.example&nbsp;",
        "anna%40mail.example",
        "anna\u{200b}@mail.example",
        "\u{feff}anna@mail.example\u{200e}",
        "anna＠mail.example",
        "anna@mail.example\u{a0}",
    ] {
        let found = Email::all_of(typed).emails;
        assert_eq!(
            found.first().map(Email::as_str),
            Some("anna@mail.example"),
            "{typed:?}"
        );
        assert_eq!(found.len(), 1, "{typed:?}");
    }
}

#[test]
fn several_addresses_are_all_read() {
    for typed in [
        "a@b.cd, d@e.fg",
        "a@b.cd;d@e.fg;",
        "a@b.cd d@e.fg",
        "a@b.cd / d@e.fg",
        "a@b.cd/d@e.fg",
        "a@b.cd | d@e.fg",
        "a@b.cd\nd@e.fg",
        "a@b.cd или d@e.fg",
        "Анна <a@b.cd>, Олег <d@e.fg>",
        "a@b.cd (рабочая), d@e.fg (личная), A@B.cd",
    ] {
        let found: Vec<String> = Email::all_of(typed)
            .emails
            .iter()
            .map(|email| email.as_str().to_owned())
            .collect();
        assert_eq!(found, ["a@b.cd", "d@e.fg"], "{typed:?}");
    }
}

#[test]
fn one_mailbox_in_two_spellings_is_one_address() {
    for (one, other) in [
        (
            "contact@золотой-ларец.рф",
            "contact@xn----8sbpfklcuba0as3d.xn--p1ai",
        ),
        ("Contact@Почта.РФ", "contact@xn--80a1acny.xn--p1ai"),
        ("a@bücher.example", "a@XN--bcher-kva.example"),
        ("a@пример.бел", "a@xn--e1afmkfd.xn--90ais"),
        ("a@shop.пример.рф", "a@shop.xn--e1afmkfd.xn--p1ai"),
    ] {
        let read = |typed: &str| Email::parse(typed).unwrap();
        assert_eq!(read(one).as_str(), read(other).as_str(), "{one}");
        let spellings = read(other).spellings();
        assert_eq!(spellings.len(), 2, "{one}");
        assert_eq!(spellings[1], one.to_lowercase());
    }
    assert_eq!(Email::parse("a@b.cd").unwrap().spellings(), ["a@b.cd"]);
}

#[test]
fn debug_shows_only_the_host() {
    let email = Email::parse("anna@example.com").unwrap();
    assert_eq!(format!("{email:?}"), "Email(…@example.com)");
}
