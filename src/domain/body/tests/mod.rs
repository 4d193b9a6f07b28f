//! Bodies of every format, well formed and malformed.

mod tables;
mod trees;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn read(content_type: &str, raw: &[u8]) -> Result<Value, Mistake> {
    let content_type = (!content_type.is_empty()).then_some(content_type);
    decode(content_type, raw, 64).map(|decoded| decoded.value)
}

fn form(raw: &str) -> Value {
    read("application/x-www-form-urlencoded", raw.as_bytes()).unwrap()
}

#[test]
fn brackets_build_the_tree_that_php_builds() {
    for (raw, tree) in [
        ("a=1&b=2", json!({"a": "1", "b": "2"})),
        ("a=1&a=2", json!({"a": "2", "a[]": ["1", "2"]})),
        (
            "leads[add][0][name]=x&leads[add][0][id]=7",
            json!({"leads": {"add": [{"name": "x", "id": "7"}]}}),
        ),
        ("a[]=1&a[]=2", json!({"a": ["1", "2"]})),
        ("a[1]=y&a[0]=x", json!({"a": ["x", "y"]})),
        ("a[1]=y&a[2]=x", json!({"a": {"1": "y", "2": "x"}})),
        ("f[12345]=a", json!({"f": {"12345": "a"}})),
        ("a[5]=x&a[]=y", json!({"a": {"5": "x", "6": "y"}})),
        ("a[01]=x", json!({"a": {"01": "x"}})),
        (
            "a%5Bb%5D%5B%5D=%D0%9C%D0%B0&a[b][]=2",
            json!({"a": {"b": ["Ма", "2"]}}),
        ),
        (
            "note[type]=3&note[type][uuid]=x",
            json!({"note": {"type": {"uuid": "x", "_value": "3"}}}),
        ),
        (
            "note[type][uuid]=x&note[type]=3",
            json!({"note": {"type": {"uuid": "x", "_value": "3"}}}),
        ),
        ("a+b=c+d%2Be", json!({"a b": "c d+e"})),
        (
            "a=100%&b=%zz&c=%4",
            json!({"a": "100%", "b": "%zz", "c": "%4"}),
        ),
        (
            "a[b=1&[c]=2&d[e]f=3&g]=4",
            json!({"a[b": "1", "[c]": "2", "d[e]f": "3", "g]": "4"}),
        ),
        ("=1&&&a&b=", json!({"a": "", "b": ""})),
        ("a=b=c", json!({"a": "b=c"})),
    ] {
        assert_eq!(form(raw), tree, "{raw}");
    }
}

#[test]
fn a_form_may_have_limits_of_its_own() {
    let bounds = Bounds::STORED;
    let read = |text: &str, fields| {
        let limits = FormLimits::of_fields(fields);
        decode_form(text.as_bytes(), bounds, limits).map(|decoded| decoded.value)
    };
    let form = |count: usize| {
        let fields: Vec<String> = (0..count).map(|n| format!("a[b][{n}][c]={n}")).collect();
        fields.join("&")
    };
    // names that keys share count once
    let wide = form(20_000);
    assert_eq!(read(&wide, 40_002).unwrap()["a"]["b"][19_999]["c"], "19999");
    assert_eq!(read(&wide, 40_001), Err(Beyond::MoreThan(40_001).into()));
    assert_eq!(read(&wide, 19_999), Err(Beyond::MoreThan(19_999).into()));
    let levels = "[x]".repeat(60);
    let fields: Vec<String> = (0..1000).map(|n| format!("k{n}{levels}=1")).collect();
    let deep = fields.join("&");
    assert_eq!(read(&deep, 1000), Err(Beyond::MoreThan(1000).into()));
    // the bytes decide what it is
    assert_eq!(read(r#"{"a": "b=c"}"#, 10), Ok(json!({"a": "b=c"})));
    assert_eq!(read("%7B%22a%22%3A1%7D=", 10), Ok(json!({"a": 1})));
    assert_eq!(read("%61=1", 10), Ok(json!({"a": "1"})));
    assert_eq!(read("  ", 10), Err(Mistake::Empty));
    assert_eq!(read("a", 10), Err(Mistake::Unknown));
}

#[test]
fn a_form_beyond_the_limits_is_refused_with_its_field() {
    let many = "a=1&".repeat(MOST_FIELDS + 1);
    assert_eq!(read("", many.as_bytes()), Err(Beyond::TooMany.into()));
    let long = format!("x=1&{}=1", "k".repeat(LONGEST_KEY + 1));
    assert_eq!(read("", long.as_bytes()), Err(Beyond::KeyTooLong(2).into()));
    let deep = format!("a{}=1", "[x]".repeat(DEEPEST_KEY));
    assert_eq!(read("", deep.as_bytes()), Err(Beyond::KeyTooDeep(1).into()));
    let wide = format!("a{}=1&", "[]".repeat(60)).repeat(5_000);
    assert_eq!(read("", wide.as_bytes()), Err(Beyond::TooMany.into()));
    assert!(read("", "a=1&".repeat(MOST_FIELDS).as_bytes()).is_ok());
}

#[test]
fn the_bytes_decide_the_kind_of_a_body() {
    let tree = json!({"a": "1"});
    for content_type in [
        "",
        "text/plain",
        "application/json",
        "multipart/form-data; boundary=x",
        "nonsense",
    ] {
        assert_eq!(
            read(content_type, b"a=1"),
            Ok(tree.clone()),
            "{content_type}"
        );
        assert_eq!(
            read(content_type, br#"{"a": "1"}"#),
            Ok(tree.clone()),
            "{content_type}"
        );
        assert_eq!(
            read(content_type, "\u{feff} {\"a\": \"1\"}\n".as_bytes()),
            Ok(tree.clone())
        );
        let parts = "--q\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--q--\r\n";
        assert_eq!(
            read(content_type, parts.as_bytes()),
            Ok(tree.clone()),
            "{content_type}"
        );
    }
    assert_eq!(read("application/json", b"7"), Err(Mistake::Scalar));
    assert_eq!(read("text/plain", b"hello"), Err(Mistake::Unknown));
    let page = b"<!DOCTYPE html><html><p a='=1'>x</p></html>";
    assert_eq!(read("text/html", page), Err(Mistake::Unknown));
    assert_eq!(read("", b"\x1f\x8b\x08=\x00"), Err(Mistake::Unknown));
    assert_eq!(read("", b" \r\n"), Err(Mistake::Empty));
    assert!(matches!(read("", br#"{"a": "#), Err(Mistake::Json(_))));
}

#[test]
fn all_values_of_a_repeated_name_are_beside_its_last_one() {
    for (raw, tree) in [
        ("s=A&s=B&s=C", json!({"s": "C", "s[]": ["A", "B", "C"]})),
        ("s=A&s=A", json!({"s": "A", "s[]": ["A", "A"]})),
        ("s=A&s=", json!({"s": "", "s[]": ["A", ""]})),
        (
            "s=A&x=1&s=B",
            json!({"s": "B", "x": "1", "s[]": ["A", "B"]}),
        ),
        ("s=A&+s=B", json!({"s": "B", "s[]": ["A", "B"]})),
        ("%D1%83=1&%D1%83=2", json!({"у": "2", "у[]": ["1", "2"]})),
        (
            "o[s]=A&o[s]=B",
            json!({"o": {"s": "B"}, "o[s][]": ["A", "B"]}),
        ),
        (
            "o%5Bs%5D=A&o[s]=B",
            json!({"o": {"s": "B"}, "o[s][]": ["A", "B"]}),
        ),
        ("o[0]=A&o[0]=B", json!({"o": ["B"], "o[0][]": ["A", "B"]})),
        ("s=A&s[]=B", json!({"s": {"0": "B", "_value": "A"}})),
        (
            "s=A&s=B&s[k]=C",
            json!({"s": {"k": "C", "_value": "B"}, "s[]": ["A", "B"]}),
        ),
        ("s[]=A&s[]=B", json!({"s": ["A", "B"]})),
        ("s=A&S=B", json!({"s": "A", "S": "B"})),
    ] {
        assert_eq!(form(raw), tree, "{raw}");
        assert_eq!(query(raw), Ok(tree), "{raw}");
    }
    let part = |value: &str| {
        format!("--B\r\nContent-Disposition: form-data; name=\"s\"\r\n\r\n{value}\r\n")
    };
    let raw = format!("{}{}--B--", part("A"), part("B"));
    let read = read("multipart/form-data; boundary=B", raw.as_bytes());
    assert_eq!(read, Ok(json!({"s": "B", "s[]": ["A", "B"]})));
}

#[test]
fn a_json_string_that_holds_json_is_read() {
    let wanted =
        json!({"phone": "+7 912", "page": "https://shop.example/?a=1&b=2", "name": "Анна"});
    let plain = wanted.to_string();
    let once = json!(plain).to_string();
    let twice = json!(once).to_string();
    let thrice = json!(twice).to_string();
    let percent = percent_encoding::utf8_percent_encode(&plain, percent_encoding::NON_ALPHANUMERIC);
    let percent = percent.to_string();
    for content_type in [
        "",
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
    ] {
        for body in [
            once.clone(),
            format!("  {once}\r\n"),
            format!("\u{feff}{once}"),
            twice.clone(),
            thrice.clone(),
            json!(format!(" {plain}\n")).to_string(),
            percent.clone(),
            format!("{percent}="),
        ] {
            assert_eq!(
                read(content_type, body.as_bytes()),
                Ok(wanted.clone()),
                "{body}"
            );
        }
    }
    let list = json!([{"a": 1}]);
    assert_eq!(
        read("", json!(list.to_string()).to_string().as_bytes()),
        Ok(list)
    );
    for (body, mistake) in [
        (r#""{not json}""#, Mistake::Scalar),
        (r#""hello""#, Mistake::Scalar),
        (r#""""#, Mistake::Scalar),
        (r#""[1, 2""#, Mistake::Scalar),
    ] {
        assert_eq!(
            read("application/json", body.as_bytes()),
            Err(mistake),
            "{body}"
        );
    }
    assert_eq!(form("\"a\"=1&b=2"), json!({"\"a\"": "1", "b": "2"}));
    assert_eq!(form("%7Ba=1&b=2"), json!({"{a": "1", "b": "2"}));
}

#[test]
fn encoded_json_beyond_the_limits_is_refused_like_plain_json() {
    let bounds = json::Bounds {
        depth: 64,
        values: 1000,
    };
    let kind_of =
        |content_type, body: &str| match decode(Some(content_type), body.as_bytes(), bounds) {
            Err(Mistake::Json(mistake)) => mistake.kind,
            other => panic!("{other:?}"),
        };
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let many = format!("[{}]", vec!["0"; 2000].join(","));
    for plain in [deep, many] {
        let once = json!(plain).to_string();
        let twice = json!(once).to_string();
        let percent =
            percent_encoding::utf8_percent_encode(&plain, percent_encoding::NON_ALPHANUMERIC);
        let wanted = kind_of("application/json", &plain);
        for body in [once, twice, percent.to_string(), format!("{percent}=")] {
            for content_type in ["application/json", "text/plain", ""] {
                assert_eq!(kind_of(content_type, &body), wanted, "{body}");
            }
            let mistake = decode(None, body.as_bytes(), bounds).unwrap_err();
            assert!(!mistake.is_malformed(), "{body}");
        }
    }
    // forms and texts are no JSON, whatever commas they have
    let commas = ",".repeat(2000);
    for body in [
        format!("%5Ba=1{commas}&b=2"),
        format!("\"a\"=1{commas}&b=2"),
    ] {
        let decoded = decode(None, body.as_bytes(), bounds).unwrap();
        assert_eq!(decoded.value["b"], "2");
    }
    let text = json!(commas).to_string();
    let refused = decode(Some("application/json"), text.as_bytes(), bounds);
    assert_eq!(refused.unwrap_err(), Mistake::Scalar);
}

#[test]
fn russian_letters_of_windows_are_read_in_every_format() {
    let (name, _, _) = encoding_rs::WINDOWS_1251.encode("Мария");
    let escaped = percent_encoding::percent_encode(&name, percent_encoding::NON_ALPHANUMERIC);
    let wanted = json!({"name": "Мария", "order": "5"});
    assert_eq!(form(&format!("name={escaped}&order=5")), wanted);
    let around = |before: &str, after: &str| [before.as_bytes(), &name, after.as_bytes()].concat();
    for content_type in [
        "",
        "application/json; charset=windows-1251",
        "application/json; charset=utf-8",
    ] {
        assert_eq!(
            read(content_type, &around("{\"name\":\"", "\",\"order\":\"5\"}")),
            Ok(wanted.clone())
        );
        assert_eq!(
            read(content_type, &around("name=", "&order=5")),
            Ok(wanted.clone())
        );
        let part =
            |name: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        let raw = around(&part("name"), &format!("\r\n{}5\r\n--b--", part("order")));
        assert_eq!(read(content_type, &raw), Ok(wanted.clone()));
    }
}

/// A part with its own header, and its content in this encoding.
fn part_in(
    encoding: &'static encoding_rs::Encoding,
    kind: &str,
    name: &str,
    text: &str,
) -> Vec<u8> {
    let head = format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n{kind}\r\n");
    let (content, _, _) = encoding.encode(text);
    [head.as_bytes(), &content, b"\r\n"].concat()
}

#[expect(clippy::too_many_lines, reason = "a table")]
#[test]
fn each_part_is_read_in_its_own_charset() {
    use encoding_rs::{IBM866, ISO_8859_5, KOI8_R, KOI8_U, UTF_8, WINDOWS_1251};
    for (encoding, kind, text) in [
        (
            KOI8_R,
            "Content-Type: text/plain; charset=koi8-r\r\n",
            "Мария Петрова",
        ),
        (
            KOI8_R,
            "content-type: text/plain;charset=\"KOI8-R\"\r\n",
            "Ёж, заказ 5",
        ),
        (
            KOI8_U,
            "Content-Type: text/plain; charset=koi8-u\r\n",
            "Марія, Київ",
        ),
        (
            ISO_8859_5,
            "Content-Type: text/plain; charset=iso-8859-5\r\n",
            "Мария",
        ),
        (
            ISO_8859_5,
            "Content-Type: text/plain; Charset=ISO-8859-5; format=flowed\r\n",
            "Анна Ў",
        ),
        (
            IBM866,
            "Content-Type: text/plain; charset=cp866\r\n",
            "Мария",
        ),
        (
            WINDOWS_1251,
            "Content-Type: text/plain; charset=windows-1251\r\n",
            "Ірина",
        ),
        (
            WINDOWS_1251,
            "Content-Type: text/plain; charset=cp1251\r\n",
            "№ 5 — ёж",
        ),
        (
            WINDOWS_1251,
            "Content-Type: text/plain; charset=nonsense\r\n",
            "Мария",
        ),
        (WINDOWS_1251, "", "Марія Шевченко"),
        (
            UTF_8,
            "Content-Type: text/plain; charset=utf-8\r\n",
            "Мария",
        ),
        // what is UTF-8 is UTF-8, whatever the header says
        (
            UTF_8,
            "Content-Type: text/plain; charset=koi8-r\r\n",
            "Мария",
        ),
    ] {
        let own = part_in(encoding, kind, "name", text);
        let plain = part_in(UTF_8, "", "page", "order");
        let raw = [own.as_slice(), plain.as_slice(), b"--B--"].concat();
        let read = read("multipart/form-data; boundary=B", &raw);
        assert_eq!(read, Ok(json!({"name": text, "page": "order"})), "{kind}");
    }
}

#[test]
fn charsets_of_parts_do_not_mix() {
    use encoding_rs::{ISO_8859_5, KOI8_R, UTF_8, WINDOWS_1251};
    let parts = [
        part_in(
            KOI8_R,
            "Content-Type: text/plain; charset=koi8-r\r\n",
            "a",
            "Мария",
        ),
        part_in(UTF_8, "", "b", "Пермь"),
        part_in(
            ISO_8859_5,
            "Content-Type: text/plain; charset=iso-8859-5\r\n",
            "c",
            "Анна",
        ),
    ];
    let raw = [parts.concat().as_slice(), b"--B--"].concat();
    let header = "multipart/form-data; boundary=B";
    assert_eq!(
        read(header, &raw),
        Ok(json!({"a": "Мария", "b": "Пермь", "c": "Анна"}))
    );

    let named = part_in(UTF_8, "", "_charset_", " KOI8-R ");
    let raw = [
        named.as_slice(),
        &part_in(KOI8_R, "", "a", "Мария"),
        b"--B--",
    ]
    .concat();
    assert_eq!(read(header, &raw).unwrap()["a"], "Мария");
    let named = part_in(UTF_8, "", "_charset_", "nonsense");
    let raw = [
        named.as_slice(),
        &part_in(KOI8_R, "", "a", "Мария"),
        b"--B--",
    ]
    .concat();
    let declared = format!("{header}; charset=koi8-r");
    assert_eq!(read(&declared, &raw).unwrap()["a"], "Мария");

    let (name, _, _) = WINDOWS_1251.encode("Марія Їжакевич");
    let escaped = percent_encoding::percent_encode(&name, percent_encoding::NON_ALPHANUMERIC);
    assert_eq!(form(&format!("name={escaped}"))["name"], "Марія Їжакевич");

    let file = "--B\r\nContent-Disposition: form-data; name=\"f\"; \
        filename*=windows-1251''%F4.pdf\r\n\r\nx\r\n--B--";
    assert_eq!(read(header, file.as_bytes()).unwrap()["f"]["name"], "ф.pdf");
}

const PARTS: &str = "--B\r\nContent-Disposition: form-data; name=\"client[name]\"\r\n\r\nМария\r\n--B\r\n\
    Content-Disposition: form-data; name=\"cv\"; filename=\"резюме \\\"1\\\".pdf\"\r\nContent-Type: application/pdf\r\n\r\n\
    %PDF\r\n--Bogus\r\n\r\n--B\r\nContent-Disposition: form-data; name=\"none\"; filename=\"\"\r\n\r\n\r\n--B--\r\n";

#[test]
fn files_are_no_part_of_the_packet_and_need_not_be_stored() {
    let wanted = json!({
        "client": {"name": "Мария"},
        "cv": {"name": "резюме \"1\".pdf", "type": "application/pdf", "size": 15},
    });
    let header = "multipart/form-data; boundary=B";
    assert_eq!(read(header, PARTS.as_bytes()), Ok(wanted.clone()));
    let bare = without_files(Some(header), PARTS.as_bytes()).unwrap();
    assert!(!String::from_utf8_lossy(&bare).contains("%PDF"));
    assert_eq!(read(header, &bare), Ok(wanted));
    assert_eq!(without_files(Some(header), &bare), None);
    assert_eq!(without_files(None, b"a=1"), None);
}

#[test]
fn a_malformed_multipart_form_is_reported_with_its_part() {
    let header = "multipart/form-data; boundary=B";
    let head = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
    for (raw, flaw) in [
        (head.to_owned(), Flaw::Unfinished(1)),
        (format!("{head}--B"), Flaw::Unfinished(2)),
        (format!("{head}--B\r\nContent-Dis"), Flaw::Unfinished(2)),
        (
            format!("{head}--B\r\nX: y\r\n\r\n1\r\n--B--"),
            Flaw::BadHeaders(2),
        ),
        (
            format!("{head}--B\r\nno colon\r\n\r\n1\r\n--B--"),
            Flaw::BadHeaders(2),
        ),
        (
            format!("{head}--B\r\nX: {}\r\n\r\n1\r\n--B--", "y".repeat(20_000)),
            Flaw::BadHeaders(2),
        ),
        ("some\r\ntext".to_owned(), Flaw::NoBoundary),
    ] {
        assert_eq!(read(header, raw.as_bytes()), Err(flaw.into()), "{raw:.80}");
    }
    let many = format!("{}--B--", head.repeat(20_000));
    assert_eq!(read(header, many.as_bytes()), Err(Beyond::TooMany.into()));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(
        raw in proptest::collection::vec(any::<u8>(), 0..400),
        content_type in proptest::sample::select(vec!["", "application/json", "multipart/form-data; boundary=B"]),
    ) {
        if let Err(mistake) = read(content_type, &raw) {
            prop_assert!(!mistake.to_text(Lang::Ru).is_empty() && !mistake.to_text(Lang::En).is_empty());
        }
    }

    #[test]
    fn anything_that_looks_like_a_form_is_read_and_bounded(raw in "[a-c\\[\\]0-2%&=+;.\u{43c}]{0,200}") {
        if let Ok(value) = read("application/x-www-form-urlencoded", raw.as_bytes()) {
            prop_assert!(value.is_object() || value.is_array());
            prop_assert!(value.to_string().len() <= 64 + raw.len() * 12);
        }
    }

    #[test]
    fn any_multipart_form_is_read_or_refused(
        parts in proptest::collection::vec("(--B|\r\n|--|Content-Disposition: form-data; |name=|filename=|\"|a|:|;){0,12}", 0..8),
    ) {
        let raw = format!("--B\r\nContent-{}", parts.join("\r\n--B\r\n"));
        if let Ok(value) = read("multipart/form-data; boundary=B", raw.as_bytes()) {
            let bare = without_files(Some("multipart/form-data; boundary=B"), raw.as_bytes());
            if let Some(bare) = bare {
                prop_assert_eq!(read("multipart/form-data; boundary=B", &bare), Ok(value));
            }
        }
    }

    #[test]
    fn simple_pairs_agree_with_a_naive_reader(
        pairs in proptest::collection::vec(("[a-zа-я_][a-zа-я0-9_ .-]{0,8}", "\\PC{0,12}"), 1..30),
    ) {
        let escape = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let raw: Vec<String> = pairs.iter().map(|(key, value)| format!("{}={}", escape(key), escape(value))).collect();
        let mut naive: serde_json::Map<String, Value> =
            pairs.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
        for (key, _) in &pairs {
            let all: Vec<&str> = pairs.iter().filter(|(other, _)| other == key).map(|(_, value)| value.as_str()).collect();
            if all.len() > 1 {
                naive.insert(format!("{key}[]"), json!(all));
            }
        }
        prop_assert_eq!(form(&raw.join("&")), Value::Object(naive));
    }

    #[test]
    fn a_tree_written_with_brackets_is_read_back(
        keys in proptest::collection::vec(proptest::collection::vec("[a-d]", 1..5), 1..12),
    ) {
        // paths of one length never are leaf and branch at once
        let depth = keys.iter().map(Vec::len).min().unwrap_or(1);
        let mut wanted = json!({});
        let mut raw = Vec::new();
        for (number, key) in keys.iter().enumerate() {
            let key: Vec<&str> = key.iter().take(depth).map(String::as_str).collect();
            let (first, rest) = key.split_first().unwrap();
            let brackets: Vec<String> = rest.iter().map(|step| format!("[{step}]")).collect();
            let brackets = brackets.concat();
            raw.push(format!("{first}{brackets}={number}"));
            let mut place = &mut wanted;
            for step in &key {
                place = &mut place[*step];
            }
            *place = json!(number.to_string());
        }
        let mut tree = form(&raw.join("&"));
        // names may repeat
        tree.as_object_mut().unwrap().retain(|name, _| !name.ends_with("[]"));
        prop_assert_eq!(tree, wanted);
    }
}
