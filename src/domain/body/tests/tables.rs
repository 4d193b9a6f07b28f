//! CSV with a heading.

use serde_json::{Value, json};

use super::super::{Mistake, Separator, TableMistake, decode, decode_separated};
use super::read;
use crate::domain::Lang;
use crate::domain::json::Bounds;

fn rows() -> Value {
    json!([
        {"name": "Анна", "phone": "8 912 345-67-89"},
        {"name": "Орлова, Мария", "phone": ""},
    ])
}

#[test]
fn rows_are_objects_with_the_names_of_the_heading() {
    for text in [
        "name,phone\nАнна,8 912 345-67-89\n\"Орлова, Мария\",\n",
        "\u{feff}name;phone\r\nАнна;8 912 345-67-89\r\n\"Орлова, Мария\";\r\n",
        "name\tphone\nАнна\t8 912 345-67-89\n\nОрлова, Мария\t",
        " name ; phone \n Анна ; 8 912 345-67-89 \nОрлова, Мария;",
        "sep=;\r\nname;phone\r\nАнна;8 912 345-67-89\r\nОрлова, Мария;",
    ] {
        for kind in ["text/csv", "TEXT/CSV; charset=utf-8; header=present", ""] {
            assert_eq!(read(kind, text.as_bytes()), Ok(rows()), "{kind} {text}");
        }
    }
    let text = "name;phone\r\nАнна;8 912 345-67-89\r\nОрлова, Мария;";
    let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(text);
    assert_eq!(read("text/csv", &bytes), Ok(rows()));
    assert_eq!(read("", &bytes), Ok(rows()));
}

#[test]
fn quotes_and_uneven_rows_are_read_as_spreadsheets_read_them() {
    for (text, wanted) in [
        (
            "a,b\n\"say \"\"hi\"\"\",\"1\n2\"",
            json!([{"a": "say \"hi\"", "b": "1\n2"}]),
        ),
        ("a,b\n1\n", json!([{"a": "1"}])),
        ("a,b\n1,2,3\n", json!([{"a": "1", "b": "2", "3": "3"}])),
        ("a,,c\n1,2,3\n", json!([{"a": "1", "2": "2", "c": "3"}])),
        ("a,tel,tel\n1,2,3\n", json!([{"a": "1", "tel": ["2", "3"]}])),
        ("a,b\n5\" pipe,x\n", json!([{"a": "5\" pipe", "b": "x"}])),
        ("a;b\n1,5;2,5\n", json!([{"a": "1,5", "b": "2,5"}])),
        ("one\nx\n", json!([{"one": "x"}])),
        ("a,b\n,\n1,2", json!([{"a": "1", "b": "2"}])),
    ] {
        assert_eq!(read("text/csv", text.as_bytes()), Ok(wanted), "{text}");
    }
}

#[test]
fn a_table_that_is_not_declared_must_be_one_without_doubt() {
    for text in ["hello", "a,b", "hello\nworld", "a,b\n1,2,3", "a,b\n\n"] {
        assert_eq!(read("", text.as_bytes()), Err(Mistake::Unknown), "{text}");
    }
    // forms stay forms, and JSON stays JSON
    let form = read("", b"a=1,2&b=3,4\n5,6");
    assert_eq!(form, Ok(json!({"a": "1,2", "b": "3,4\n5,6"})));
    let json = read("text/csv", b"[{\"a\": 1},\n{\"a\": 2}]");
    assert_eq!(json, Ok(json!([{"a": 1}, {"a": 2}])));
}

#[test]
fn mistakes_of_tables_are_told() {
    for (text, mistake, words) in [
        (
            "a,b\n\"1,2\n3,4\n",
            TableMistake::OpenQuote,
            "в CSV не закрыта кавычка",
        ),
        (
            "a,b\n",
            TableMistake::NoRows,
            "в CSV есть заголовок, но нет строк",
        ),
    ] {
        let found = read("text/csv", text.as_bytes()).unwrap_err();
        assert_eq!(found, Mistake::Table(mistake), "{text}");
        assert_eq!(found.to_text(Lang::Ru), words);
    }
    let bounds = Bounds {
        depth: 64,
        values: 5,
    };
    let beyond = decode(Some("text/csv"), b"a,b\n1,2\n3,4\n", bounds).unwrap_err();
    assert_eq!(beyond, Mistake::Table(TableMistake::TooMany(5)));
    assert!(!beyond.is_malformed());
}

#[test]
fn a_given_separator_is_used_also_where_rows_do_not_show_it() {
    let read = |separator, kind: &str, text: &str| {
        let kind = (!kind.is_empty()).then_some(kind);
        let decoded = decode_separated(kind, separator, text.as_bytes(), 64);
        decoded.map(|decoded| decoded.value)
    };
    for (separator, text, wanted) in [
        (
            Separator::Bar,
            "a|b\n1,5|2;5\n",
            json!([{"a": "1,5", "b": "2;5"}]),
        ),
        (
            Separator::Colon,
            "a:b\n1:2:3\n",
            json!([{"a": "1", "b": "2", "3": "3"}]),
        ),
        (
            Separator::Semicolon,
            "a,b;c\n1,2;3\n",
            json!([{"a,b": "1,2", "c": "3"}]),
        ),
        (
            Separator::Comma,
            "a;b,c\n1;2,3\n",
            json!([{"a;b": "1;2", "c": "3"}]),
        ),
        (Separator::Tab, "a\tb\n1\n", json!([{"a": "1"}])),
        // what the text says itself counts
        (
            Separator::Bar,
            "sep=;\na;b\n1|2;3\n",
            json!([{"a": "1|2", "b": "3"}]),
        ),
        (
            Separator::Comma,
            "sep=|\na|b\n1|2\n",
            json!([{"a": "1", "b": "2"}]),
        ),
    ] {
        for kind in ["text/csv", ""] {
            let found = read(Some(separator), kind, text);
            assert_eq!(found.as_ref(), Ok(&wanted), "{separator:?} {kind} {text}");
        }
    }
    // other formats stay what they are, and a heading without the separator is none
    for (text, wanted) in [
        ("{\"a\": \"1|2\"}", Ok(json!({"a": "1|2"}))),
        ("a=1|2&b=3\n4", Ok(json!({"a": "1|2", "b": "3\n4"}))),
        ("a|b", Err(Mistake::Unknown)),
        ("hello\nworld", Err(Mistake::Unknown)),
    ] {
        assert_eq!(read(Some(Separator::Bar), "", text), wanted, "{text}");
    }
}
