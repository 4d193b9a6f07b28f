//! XML as a tree.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::super::{Mistake, XmlMistake, XmlMistakeKind, decode};
use super::read;
use crate::domain::Lang;
use crate::domain::json::Bounds;

fn tree(text: &str) -> Value {
    read("application/xml", text.as_bytes()).unwrap_or_else(|mistake| panic!("{text}: {mistake:?}"))
}

#[test]
fn elements_attributes_and_texts_are_a_tree_like_that_of_json() {
    for (text, wanted) in [
        ("<order/>", json!({"order": ""})),
        ("<order> 5 </order>", json!({"order": "5"})),
        (
            "<?xml version=\"1.0\"?>\n<order id='5'><client><name>Анна</name></client></order>",
            json!({"order": {"id": "5", "client": {"name": "Анна"}}}),
        ),
        // a name that occurs again is a list, in the order of the text
        (
            "<o><item><n>a</n></item><note/><item><n>b</n></item><item/></o>",
            json!({"o": {"item": [{"n": "a"}, {"n": "b"}, ""], "note": ""}}),
        ),
        (
            "<price currency=\"RUB\">3500</price>",
            json!({"price": {"currency": "RUB", "text": "3500"}}),
        ),
        (
            "<a text=\"1\">2</a>",
            json!({"a": {"text": "1", "#text": "2"}}),
        ),
        (
            "<a id=\"1\"><id>2</id></a>",
            json!({"a": {"id": ["1", "2"]}}),
        ),
        (
            "<p>Привет, <b>Анна</b>!</p>",
            json!({"p": {"b": "Анна", "text": "Привет, !"}}),
        ),
        ("<t><![CDATA[<b> & c]]></t>", json!({"t": "<b> & c"})),
        (
            "<t a='&lt;&quot;&#1040;&amp;'>&lt;b&gt; &#x2b;7 Tom & Jerry</t>",
            json!({"t": {"a": "<\"А&", "text": "<b> +7 Tom & Jerry"}}),
        ),
        // prefixes and the plumbing of namespaces are no part of names
        (
            "<s:Envelope xmlns:s=\"http://x.example\" xsi:type=\"t\"><s:Body><lead>1</lead></s:Body></s:Envelope>",
            json!({"Envelope": {"Body": {"lead": "1"}}}),
        ),
        (
            "\u{feff}<!-- c --><?pi x?>\n<a>1<!-- d -->2</a>\n",
            json!({"a": "12"}),
        ),
        ("<имя>Анна</имя>", json!({"имя": "Анна"})),
    ] {
        assert_eq!(tree(text), wanted, "{text}");
        assert_eq!(
            read("", text.as_bytes()),
            Ok(wanted),
            "without a type: {text}"
        );
    }
}

#[test]
fn nothing_is_loaded_and_nothing_is_expanded() {
    let bomb = "<!DOCTYPE a [<!ENTITY x \"ha\"><!ENTITY y \"&x;&x;\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>\n\
                <a b=\"&y;\">&y; &f; &nbsp; &amp;x;</a>";
    assert_eq!(
        tree(bomb),
        json!({"a": {"b": "&y;", "text": "&y; &f; &nbsp; &x;"}})
    );
}

#[test]
fn charsets_of_the_declaration_count() {
    let text = "<?xml version='1.0' encoding='windows-1251'?><a>Анна</a>";
    let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(text);
    assert_eq!(read("text/xml", &bytes), Ok(json!({"a": "Анна"})));
    let text = "<?xml version=\"1.0\" encoding=\"koi8-r\" ?><a>Анна</a>";
    let (bytes, _, _) = encoding_rs::KOI8_R.encode(text);
    assert_eq!(read("", &bytes), Ok(json!({"a": "Анна"})));
    // the bytes decide
    assert_eq!(read("text/xml", text.as_bytes()), Ok(json!({"a": "Анна"})));
    let wide: Vec<u8> = "\u{feff}<a>Анна</a>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(read("text/xml", &wide), Ok(json!({"a": "Анна"})));
}

#[test]
fn mistakes_name_their_line() {
    let wrong = |kind, line| Err(Mistake::Xml(XmlMistake { kind, line }));
    for (text, kind, line) in [
        ("<a>\n<b>", XmlMistakeKind::Unfinished, 2),
        ("<a>\n<b", XmlMistakeKind::Unfinished, 2),
        ("<a><!-- ", XmlMistakeKind::Unfinished, 1),
        ("<a>\n</b>", XmlMistakeKind::Syntax, 2),
        ("<a b=c/>", XmlMistakeKind::Syntax, 1),
        ("<a/>\n<b/>", XmlMistakeKind::Syntax, 2),
        ("<a/>\nx", XmlMistakeKind::Syntax, 2),
        ("<!-- only a comment -->", XmlMistakeKind::Syntax, 1),
    ] {
        assert_eq!(read("", text.as_bytes()), wrong(kind, line), "{text}");
    }
    let mistake = read("", b"<a>\n<b>").unwrap_err();
    assert!(mistake.is_malformed());
    assert_eq!(
        mistake.to_text(Lang::Ru),
        "XML обрывается в строке 2: элемент не закрыт"
    );
}

#[test]
fn xml_has_limits_of_depth_and_number() {
    let deep = |levels: usize| format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels));
    assert!(read("", deep(64).as_bytes()).is_ok());
    let beyond = read("", deep(65).as_bytes()).unwrap_err();
    assert_eq!(
        beyond,
        Mistake::Xml(XmlMistake {
            kind: XmlMistakeKind::TooDeep(64),
            line: 1
        })
    );
    assert!(!beyond.is_malformed());
    let bounds = Bounds {
        depth: 64,
        values: 100,
    };
    let mut text = String::from("<a ");
    for number in 0..120 {
        write!(text, "n{number}='1' ").unwrap();
    }
    text.push_str("/>");
    let beyond = decode(None, text.as_bytes(), bounds).unwrap_err();
    let too_many = XmlMistake {
        kind: XmlMistakeKind::TooMany(100),
        line: 1,
    };
    assert_eq!(beyond, Mistake::Xml(too_many));
}

#[test]
fn hostile_xml_takes_linear_time() {
    for text in [
        format!("<a {}/>", "b='1' ".repeat(50_000)),
        format!("<a b='{}'/>", "&".repeat(200_000)),
        format!("<a>{}</a>", "&x;".repeat(100_000)),
        format!("<a>{}</a>", "<b/>".repeat(100_000)),
        "<!--".repeat(100_000),
        "<!a>".repeat(100_000),
        "<?".repeat(100_000),
    ] {
        drop(read("", text.as_bytes()));
    }
}
