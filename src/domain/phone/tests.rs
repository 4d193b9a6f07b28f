//! Numbers as people type them, and numbers that are none.

use proptest::prelude::*;

use super::*;

#[test]
fn numbers_are_read_as_people_type_them() {
    for (typed, number) in [
        ("8 (912) 345-67-89", "+79123456789"),
        ("+7 912 345 67 89", "+79123456789"),
        ("9123456789", "+79123456789"),
        ("74712773120", "+74712773120"),
        ("+7 (4712) 77-31-20 доб. 12", "+74712773120"),
        ("8 912 345-67-89, 8 912 000-00-00", "+79123456789"),
        ("375291234567", "+375291234567"),
        ("+49 30 12345678", "+493012345678"),
        ("00 49 30 12345678", "+493012345678"),
        ("8 10 49 30 12345678", "+493012345678"),
    ] {
        assert_eq!(
            Phone::parse(typed).as_ref().map(Phone::as_str),
            Some(number),
            "{typed}"
        );
    }
}

#[test]
fn refuses_text_without_a_number() {
    for typed in [
        "",
        "нет",
        "12",
        "+7",
        "0000000000",
        "abc",
        "+",
        &"9".repeat(10_000),
    ] {
        assert_eq!(Phone::parse(typed), None, "{typed}");
    }
}

#[test]
fn search_spellings_cover_all_match_codes() {
    let spellings = |number: &str| Phone::parse(number).unwrap().spellings();
    assert_eq!(
        spellings("+375291234567"),
        ["+375291234567", "291234567", "80291234567"]
    );
    assert_eq!(
        spellings("+380501234567"),
        ["+380501234567", "501234567", "0501234567"]
    );
    assert_eq!(
        spellings("+493012345678"),
        ["+493012345678", "3012345678", "03012345678"]
    );
    let phone = Phone::parse("8 912 345 67 89").unwrap();
    assert_eq!(phone.spellings(), ["+79123456789", "9123456789"]);
    assert_eq!(format!("{phone:?}"), "Phone(…89)");
}

#[test]
fn a_stored_number_is_compared_by_its_meaning() {
    let meant = |number: &str, stored: &str| Phone::parse(number).unwrap().is_meant_by(stored);
    assert!(meant("+79123456789", "8 (912) 345-67-89"));
    assert!(meant("+375291234567", "8 029 123-45-67"));
    assert!(meant("+380501234567", "050 123 45 67"));
    // without a country code it is Russian if possible
    assert!(!meant("+499123456789", "9123456789"));
    assert!(!meant("+375291234567", "нет") && !meant("+375291234567", &"9".repeat(10_000)));
}

proptest! {
    #[test]
    fn a_number_is_meant_by_its_own_spelling(typed in "[+0-9 ()-]{0,30}", stored in "\\PC{0,30}") {
        if let Some(phone) = Phone::parse(&typed) {
            prop_assert!(phone.is_meant_by(phone.as_str()));
            let _ = phone.is_meant_by(&stored);
            prop_assert!(phone.spellings().len() <= 3);
        }
    }

    #[test]
    fn reading_a_number_twice_changes_nothing(typed in "\\PC{0,24}") {
        if let Some(phone) = Phone::parse(&typed) {
            prop_assert_eq!(Phone::parse(phone.as_str()), Some(phone));
        }
    }

    #[test]
    fn any_digits_are_read_without_a_panic(typed in "[+0-9 ()-]{0,30}") {
        if let Some(phone) = Phone::parse(&typed) {
            prop_assert_eq!(Phone::parse(phone.as_str()), Some(phone));
        }
    }
}

/// Returns the numbers of a text, each with its extension behind a `#` and with a `?` if it is only
/// of a possible length.
fn read(typed: &str, country: &str) -> String {
    let found = Phone::all_of(typed, Country::parse(country).unwrap());
    let shown = found.phones.iter().map(|typed| {
        let extension = typed.extension.as_ref();
        let extension = extension.map_or(String::new(), |digits| format!("#{digits}"));
        let doubt = if typed.is_known { "" } else { "?" };
        format!("{}{extension}{doubt}", typed.phone.as_str())
    });
    shown.collect::<Vec<_>>().join(" ")
}

fn check(country: &str, cases: &[(&str, &str)]) {
    for (typed, wanted) in cases {
        assert_eq!(read(typed, country), *wanted, "{country} {typed:?}");
    }
}

#[test]
fn text_around_a_number_is_no_part_of_it() {
    check(
        "RU",
        &[
            ("89041234567 WhatsApp", "+79041234567"),
            ("89041234567 (Анна)", "+79041234567"),
            ("Анна, 89041234567", "+79041234567"),
            ("тел. 8-904-123-45-67 моб.", "+79041234567"),
            ("тел:89041234567", "+79041234567"),
            ("т.89041234567", "+79041234567"),
            ("Анна89041234567", "+79041234567"),
            ("89041234567Анна", "+79041234567"),
            ("+7 904 123 45 67 до 20-00", "+79041234567"),
            ("с 9:00 до 18:00 +7 904 123 45 67", "+79041234567"),
            ("8 904 123 45 67 (звонить после 18.30)", "+79041234567"),
            ("31.12.2025 89041234567", "+79041234567"),
            ("📞 +7 (904) 123-45-67 🙂", "+79041234567"),
            ("https://wa.me/79041234567", "+79041234567"),
            ("tel:+79041234567", "+79041234567"),
            ("мой номер 9041234567, жду", "+79041234567"),
            ("Telegram @anna, 8 904 123-45-67", "+79041234567"),
            ("8-800-FLOWERS", "+78003569377"),
        ],
    );
    let has_more = |typed| Phone::all_of(typed, Country::RUSSIA).has_more;
    assert!(has_more("89041234567 (Анна)") && has_more("8 904 123 45 67 до 20-00"));
    assert!(!has_more("тел. 8 904 123-45-67") && !has_more("8 495 123-45-67 доб. 12"));
}

#[test]
fn an_extension_stands_beside_its_number() {
    let number = "+74951234567";
    for typed in [
        "8(495)123-45-67 вн. 12",
        "8(495)123-45-67 д. 12",
        "8(495)123-45-67*12",
        "8(495)123-45-67#12",
        "8(495)123-45-67 добавочный 12",
        "8(495)123-45-67 доб.12",
        "8(495)123-45-67, доб. 12",
        "8(495)123-45-67 (доб. 12)",
        "8(495)123-45-67 ДОБ: 12",
        "8(495)123-45-67 внутр. № 12",
        "8(495)123-45-67доб12",
        "+7 495 123-45-67 ext. 12",
        "+74951234567;ext=12",
        "+7 495 123-45-67 x12",
        "+7 495 123-45-67 х12",
        "+7 495 123-45-67 Extension 12",
        "+74951234567,12",
        "+74951234567,,12",
        "+74951234567;12",
        "8 495 123 45 67 доб. 12 (Анна)",
    ] {
        assert_eq!(read(typed, "RU"), format!("{number}#12"), "{typed:?}");
    }
    check(
        "RU",
        &[
            (
                "8(495)123-45-67 доб. 12, 8 904 123-45-67",
                "+74951234567#12 +79041234567",
            ),
            ("8(495)123-45-67 доб. 12345678", number),
            ("8(495)123-45-67, 12 этаж", number),
            ("8(495)123-45-67 доб.", number),
        ],
    );
}

#[test]
fn invisible_and_odd_signs_do_not_hide_a_number() {
    for typed in [
        "8\u{200b}904\u{200b}1234567",
        "\u{fe0d}8904123\u{200d}4567",
        "8\t904\t123\t45\t67",
        "8\u{a0}904\u{2009}123\u{202f}45\u{2007}67",
        "\u{202a}+7 904 123-45-67\u{202c}",
        "\u{feff}89041234567",
        "8\u{ad}9041234567",
        "8•904•123•45•67",
        "8·904·123·45·67",
        "8_904_123_45_67",
        "8/904/123/45/67",
        "8/904/1234567",
        "8,904,123,45,67",
        "8;904;123-45-67",
        "8*904*123*45*67",
        "8 904 123–45—67",
        "8 904 123 − 45 − 67",
        "8~904~123~45~67",
        "8'904'123'45'67",
        "«8 904 123 45 67»",
        "8\n904\n1234567",
        "＋７９０４１２３４５６７",
        "8️⃣9️⃣0️⃣4️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣",
        "٨٩٠٤١٢٣٤٥٦٧",
        "8 [904] 123.45.67",
    ] {
        assert_eq!(read(typed, "RU"), "+79041234567", "{typed:?}");
    }
}

#[test]
fn several_numbers_in_one_text_are_all_read() {
    for typed in [
        "+79261112233,+79221112233",
        "+79261112233; +79221112233",
        "8 926 111 22 33 / 8 922 111 22 33",
        "89261112233/89221112233",
        "89261112233 89221112233",
        "8 926 111 22 33 8 922 111 22 33",
        "+79261112233+79221112233",
        "9261112233, 9221112233",
        "8926 111-22-33 или 8922 111-22-33",
        "8926 111-22-33 (Анна), 8922 111-22-33 (Олег)",
        "89261112233\n89221112233",
        "89261112233|89221112233",
        "раб. 8 926 111-22-33 моб. 8 922 111-22-33",
        "89261112233, 89221112233, +7 926 111-22-33",
    ] {
        assert_eq!(read(typed, "RU"), "+79261112233 +79221112233", "{typed:?}");
    }
    check("RU", &[("8 495 123-45-67/68", "+74951234567")]);
    let many = vec!["+79261112233"; 400].join(",");
    assert_eq!(read(&many, "RU"), "");
}

#[test]
fn numbers_without_a_country_code_are_those_of_the_country() {
    for (country, typed, wanted) in [
        ("UZ", "33 445 56 66", "+998334455666"),
        ("UZ", "998 33 445 56 66", "+998334455666"),
        ("UZ", "(90) 123-45-67", "+998901234567"),
        ("UZ", "8 904 123 45 67", "+79041234567"),
        ("AM", "0 91 12 34 56", "+37491123456"),
        ("AM", "091-12-34-56", "+37491123456"),
        ("KG", "0555 123 456", "+996555123456"),
        ("KG", "555 12 34 56", "+996555123456"),
        ("UA", "0441234567", "+380441234567"),
        ("UA", "(067) 123-45-67 Анна", "+380671234567"),
        ("BY", "8 029 123-45-67", "+375291234567"),
        (
            "BY",
            "80291234567, 80171234567",
            "+375291234567 +375171234567",
        ),
        ("KZ", "8 701 123 45 67", "+77011234567"),
        ("GE", "555 12 34 56", "+995555123456"),
        ("AZ", "050 123 45 67", "+994501234567"),
        ("MD", "069 123 456", "+37369123456"),
        ("TJ", "92 782 29 1", ""),
        ("TJ", "92 782 29 12", "+992927822912"),
        ("DE", "030 12345678", "+493012345678"),
        ("de", "+7 904 123-45-67", "+79041234567"),
        ("RU", "33 445 56 66", ""),
        ("RU", "0441234567", ""),
    ] {
        assert_eq!(read(typed, country), wanted, "{country} {typed:?}");
    }
    for code in ["", "R", "Россия", "ZZ", "001", "RUS"] {
        assert_eq!(Country::parse(code), None, "{code}");
    }
}

#[test]
fn a_full_number_of_a_possible_length_is_kept_with_a_doubt() {
    check(
        "RU",
        &[
            ("+992427822912", "+992427822912?"),
            ("+7 610 876 56 56", "+76108765656?"),
            ("+7 (610) 876-56-56 Анна", "+76108765656?"),
            ("+375 11 123 45 67", "+375111234567?"),
            ("8 610 876 56 56", ""),
            ("+7 610 876 56", ""),
            ("+7 610 876 56 56 7", ""),
            ("+7 000 000-00-00", ""),
            ("+7 123 456 78 90", ""),
            ("+7 (111) 111-11-11", ""),
            ("+000000000000", ""),
            ("+7 (000) 000-00-01", ""),
            ("+7 123 123-12-12", ""),
            ("+7 (111) 222-33-44", ""),
            ("+7 (222) 333-44-55", ""),
            ("+7 555 123-45-67", ""),
            ("+7 (012) 345-67-98 Анна", ""),
            ("+375 (00) 000-00-01", ""),
        ],
    );
}

#[test]
fn other_numbers_are_no_phone_numbers() {
    for typed in [
        "ИНН 7707083893",
        "паспорт 4509 123456",
        "карта 4276 1234 5678 9012",
        "4276 1234 5678 9012",
        "заказ №89041234567",
        "№ 9041234567",
        "vk.com/id904123456",
        "https://vk.com/id9041234567",
        "order 9041234567",
        "31.12.2025 10:00",
        "8 904 123 4Х 67",
        "+7 (904) 123-45-6_",
        "+7 (___) ___-__-__",
        "кв. 12, дом 34, 101000",
    ] {
        assert_eq!(read(typed, "RU"), "", "{typed:?}");
    }
}

#[test]
fn a_stored_text_with_several_numbers_or_words_means_each_of_them() {
    let meant = |number: &str, stored: &str| Phone::parse(number).unwrap().is_meant_by(stored);
    assert!(meant("+79041234567", "8 904 123-45-67 WhatsApp"));
    assert!(meant("+79221112233", "89261112233, 89221112233"));
    assert!(meant("+74951234567", "+74951234567;12"));
    assert!(!meant("+79041234567", "8 904 123-45-68 (8 904)"));
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(typed in "[8+0-9 ,;/#*()а-яdx.-]{0,80}") {
        for typed in Phone::all_of(&typed, Country::RUSSIA).phones {
            prop_assert_eq!(Phone::parse(typed.phone.as_str()), Some(typed.phone));
        }
    }
}
