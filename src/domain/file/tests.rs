use serde_json::json;

use super::*;

const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk";

/// Returns the files as `name type size place`, then what is no file.
fn read(value: &Value) -> Vec<String> {
    let mut found = FileReadings::default();
    read_all(value, "$['f']", "photo", &mut found);
    let files = found.files.iter().map(|file| {
        let size = file.size.map_or("link".to_owned(), |size| size.to_string());
        format!("{} {} {size} {}", file.name, file.kind, file.place)
    });
    let unreadable = found.unreadable.iter().map(|place| format!("? {place}"));
    let empty = found.empty.iter().map(|place| format!("0 {place}"));
    let beyond = found.beyond.iter().map(|place| format!("+ {place}"));
    files.chain(unreadable).chain(empty).chain(beyond).collect()
}

#[test]
fn files_are_read_in_every_shape_that_senders_use() {
    let data = format!("data:image/png;base64,{PNG}");
    let png = "image/png 45 $['f']";
    for (value, expected) in [
        // base64 and `data:` addresses
        (json!(PNG), format!("photo.png {png}")),
        (json!(data), format!("photo.png {png}")),
        (
            json!(format!("data:image/png;name=a b.png;base64,{PNG}")),
            format!("a b.png {png}"),
        ),
        (
            json!(format!("DATA:image/PNG;BASE64,{PNG}")),
            format!("photo.png {png}"),
        ),
        (
            json!({"name": "a.png", "type": "image/png", "content": PNG}),
            format!("a.png {png}"),
        ),
        (
            json!({"fileName": "a.png", "mimeType": "image/png; charset=binary", "data": data}),
            format!("a.png {png}"),
        ),
        (
            json!({"filename": "a.png", "base64": PNG}),
            format!("a.png {png}"),
        ),
        (json!({"content": PNG}), format!("photo.png {png}")),
        // as JSON in a field of a form
        (
            json!(json!({"name": "a.png", "content": PNG}).to_string()),
            format!("a.png {png}"),
        ),
        (
            json!(json!(["a.png", PNG]).to_string()),
            format!("a.png {png}"),
        ),
        (json!(["a.png", PNG]), format!("a.png {png}")),
        (json!({"fileData": ["a.png", PNG]}), format!("a.png {png}")),
    ] {
        assert_eq!(read(&value), [expected], "{value}");
    }
}

#[test]
fn small_files_links_and_parts_of_forms_are_files_too() {
    for (value, expected) in [
        (
            json!(["a.txt", "aGk="]),
            "a.txt text/plain 2 $['f']".to_owned(),
        ),
        (
            json!({"name": "a.txt", "content": "aGk"}),
            "a.txt text/plain 2 $['f']".to_owned(),
        ),
        // links
        (
            json!("https://files.example/u/%D1%84%D0%BE%D1%82%D0%BE.jpg?v=1"),
            "фото.jpg image/jpeg link $['f']".to_owned(),
        ),
        (
            json!({"url": "http://files.example/", "name": "a.pdf"}),
            "a.pdf application/pdf link $['f']".to_owned(),
        ),
        (
            json!({"link": "https://files.example"}),
            "photo  link $['f']".to_owned(),
        ),
        // a part of a form
        (
            json!({"name": "a.png", "type": "image/png", "size": 7}),
            "a.png image/png 7 $['f']".to_owned(),
        ),
        (
            json!({"name": "a", "type": "", "size": 7}),
            "a  7 $['f']".to_owned(),
        ),
    ] {
        assert_eq!(read(&value), [expected], "{value}");
    }
}

#[test]
fn lists_of_files_are_read_element_by_element() {
    let two = [
        "a.png image/png 45 $['f'][0]",
        "photo.png image/png 45 $['f'][1]",
    ];
    assert_eq!(read(&json!([["a.png", PNG], PNG])), two);
    let text = json!([{"name": "a.png", "content": PNG}, PNG]).to_string();
    assert_eq!(read(&json!(text)), two);
    let gaps = json!({"0": {"name": "a.png", "content": PNG}, "7": PNG});
    assert_eq!(
        read(&gaps),
        [
            "a.png image/png 45 $['f']['0']",
            "photo.png image/png 45 $['f']['7']"
        ]
    );
}

#[test]
fn what_is_no_file_is_no_file() {
    for value in [
        json!(null),
        json!(""),
        json!("  "),
        json!([]),
        json!({}),
        json!(false),
        json!([null, ""]),
    ] {
        assert!(read(&value).is_empty(), "{value}");
    }
    for value in [
        json!("нет"),
        json!("none"),
        json!("undefined"),
        json!("photo.jpg"),
        json!("C:\\fakepath\\photo.jpg"),
        json!("not base64 at all, but long enough"),
        json!("no file attached"),
        json!("file not attached yet"),
        json!("I have no photo of it but I can send it to you later by mail if you need it"),
        json!("9b74c9897bac770ffc029102a200c5de"),
        json!("undefinedundefined"),
        json!("Moscow\nBerlin\nParis\nLondon\nMadrid\nRome\nVienna\nPrague\nWarsaw\nOslo12"),
        json!({"name": "a.png", "content": "no file"}),
        json!({"name": "a.png", "body": "no file attached"}),
        json!(format!("{PNG}=A")),
        json!(format!("{PNG}*")),
        json!("data:image/png,iVBORw0KGgo"),
        json!("data:image/png;base64,*"),
        json!("ftp://files.example/a.png"),
        json!("https://files.example/a b.png"),
        json!(17),
        json!(true),
        json!({"name": "a.png"}),
        json!({"name": "a.png", "content": "не base64"}),
        json!({"name": "a.png", "content": 5}),
        json!({"name": "a.png", "size": 7}),
    ] {
        assert_eq!(read(&value), ["? $['f']"], "{value}");
    }
    for words in [
        ["red", "blue"],
        ["photo.jpg", "нет"],
        ["photo.jpg", "no file"],
        ["the first", "no file attached"],
    ] {
        assert_eq!(read(&json!(words)), ["? $['f'][0]", "? $['f'][1]"]);
    }
    for value in [
        json!({"name": "a.png", "type": "image/png", "size": 0}),
        json!({"name": "a.png", "content": ""}),
        json!("data:image/png;base64,"),
    ] {
        assert_eq!(read(&value), ["0 $['f']"], "{value}");
    }
}

#[test]
fn more_files_than_a_field_takes_are_counted_and_not_read() {
    let many = vec![PNG; MOST_FILES + 2];
    let found = read(&json!(many));
    assert_eq!(found.len(), MOST_FILES + 1);
    assert_eq!(found[MOST_FILES], "+ $['f'][20]");
}

#[test]
fn base64_is_decoded_in_every_spelling() {
    let bytes: &[u8] = &[0xfb, 0xff, 0xfe, 0x00, 0x01];
    for text in [
        "+//+AAE=",
        "+//+AAE",
        "-__-AAE=",
        "+//+\r\nAAE=\r\n",
        " +//+AAE= \n",
        "+//+\n AAE=",
    ] {
        let value = json!({ "content": text });
        assert_eq!(content(&value).as_deref(), Some(bytes), "{text}");
    }
    // a form that was not encoded makes blanks of `+`
    let form = json!({"content": "data:a/b;base64,AAD 7w=="});
    assert_eq!(content(&form).unwrap(), [0, 0, 0xfe, 0xef]);
    for text in ["A", "AAAAA", "AA=A", "AA*A"] {
        assert_eq!(content(&json!({ "content": text })), None, "{text}");
    }
}

#[test]
fn contents_and_links_are_found_in_json_in_a_field_of_a_form() {
    let text = |value: Value| json!(value.to_string());
    for value in [
        text(json!({"name": "a.txt", "content": "aGk="})),
        text(json!(["a.txt", "aGk="])),
        text(json!({"fileData": ["a.txt", "aGk="]})),
        text(json!({"data": "data:text/plain;base64,aGk="})),
        json!("{\\\"name\\\":\\\"a.txt\\\",\\\"content\\\":\\\"aGk=\\\"}"),
        json!("{&quot;name&quot;:&quot;a.txt&quot;,&quot;content&quot;:&quot;aGk=&quot;}"),
        text(text(json!(["a.txt", "aGk="]))),
    ] {
        assert_eq!(read(&value).len(), 1, "{value}");
        assert_eq!(content(&value).as_deref(), Some(&b"hi"[..]), "{value}");
        assert_eq!(link(&value), None, "{value}");
    }
    let at = "https://files.example/a.png";
    for value in [
        text(json!({ "url": at })),
        text(json!({"name": "a.png", "link": at})),
        text(json!({ "file": at })),
        text(json!(["a.png", at])),
    ] {
        assert_eq!(link(&value).as_deref(), Some(at), "{value}");
        assert_eq!(content(&value), None, "{value}");
    }
    for value in [json!("{"), json!("{}"), json!("[1,2]"), json!(7)] {
        assert_eq!((link(&value), content(&value)), (None, None), "{value}");
    }
}

#[test]
fn bare_base64_needs_a_known_beginning_or_length_without_blanks() {
    let unknown = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v";
    for text in [
        PNG.to_owned(),
        "JVBERi0xLjcKJeLjz9M=".to_owned(),
        unknown.to_owned(),
        format!("{unknown}\r\n{unknown}\r\nAAEC"),
        PNG.replace('+', " "),
    ] {
        assert!(!read(&json!(text))[0].starts_with('?'), "{text}");
    }
    // with a name, short content and blanks in place of `+` are fine
    let broken = format!("{unknown} {unknown}AAA");
    let value = json!({"name": "a.bin", "content": broken});
    assert_eq!(read(&value), ["a.bin  99 $['f']"]);
    assert_eq!(read(&json!(broken)), ["? $['f']"]);
}

#[test]
fn the_server_says_what_a_fetched_file_is() {
    let rules = FileRules {
        limit: 10,
        types: vec!["image/*".into(), ".docx".into()],
        links: LinkRules::default(),
    };
    for (name, kind, planned, is_allowed) in [
        (None, Some("image/png"), "a", true),
        (None, Some("text/html"), "a.png", false),
        (None, Some("application/x-msdownload"), "a.png", false),
        (Some("a.exe"), None, "a.png", false),
        (Some("a.png"), None, "a", true),
        (Some("a.docx"), None, "a", true),
        (None, None, "a.png", true),
        (None, None, "a", false),
    ] {
        let file = FetchedFile {
            name: name.map(str::to_owned),
            kind: kind.map(str::to_owned),
            content: Bytes::from_static(b"x"),
        };
        let fault = rules.fault_of_fetched(&file, planned);
        assert_eq!(fault.is_none(), is_allowed, "{name:?} {kind:?} {planned}");
    }
}

#[test]
fn servers_write_names_in_their_headers() {
    for (header, name) in [
        ("attachment; filename=\"a b.png\"", Some("a b.png")),
        ("attachment; filename=a.png", Some("a.png")),
        ("inline;FileName=\"../a.png\"; size=5", Some("a.png")),
        (
            "attachment; filename=\"x.png\"; filename*=UTF-8''%D1%8F.png",
            Some("я.png"),
        ),
        ("attachment", None),
        ("attachment; filename=", None),
        ("filename=a.png", None),
    ] {
        assert_eq!(name_of_disposition(header).as_deref(), name, "{header}");
    }
}

#[test]
fn names_of_files_are_made_harmless() {
    let long = "я".repeat(300);
    for (typed, name) in [
        ("photo.jpg", "photo.jpg"),
        (" мой  скан.pdf ", "мой скан.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\fakepath\\a.jpg", "a.jpg"),
        ("/", ""),
        ("..", ""),
        (".", ""),
        ("", ""),
        ("a/..", ""),
        ("a\0b\r\n.jpg", "ab.jpg"),
        ("invoice\u{202e}gpj.exe", "invoicegpj.exe"),
        ("a\u{200b}\u{feff}b\u{2066}.png", "ab.png"),
        ("<script>\"x\".html", "_script__x_.html"),
        ("a:b|c?.txt", "a_b_c_.txt"),
        ("no ending", "no ending"),
        (".htaccess", "file.htaccess"),
        (".jpg", "file.jpg"),
        ("a.", "a"),
        (&format!("{long}.jpg"), &format!("{}.jpg", "я".repeat(116))),
        (&long, &"я".repeat(120)),
        (&format!("a.{long}"), &format!("a.{}", "я".repeat(118))),
    ] {
        assert_eq!(file_name(typed).unwrap_or_default(), name, "{typed:?}");
    }
}

#[test]
fn the_settings_decide_about_sizes_and_types() {
    let rules = |types: &[&str]| FileRules {
        limit: 10,
        types: types.iter().map(|text| (*text).to_owned()).collect(),
        links: LinkRules::default(),
    };
    let all = rules(&[]);
    assert_eq!(all.fault("a", "", 10), None);
    assert_eq!(all.fault("a", "", 11), Some(FileFault::TooLarge));
    assert_eq!(all.fault("a", "", 0), Some(FileFault::Empty));
    let some = rules(&["image/*", "application/pdf", ".Docx"]);
    for (name, kind, is_allowed) in [
        ("a.png", "image/png", true),
        ("a.PNG", "IMAGE/PNG", true),
        ("a", "application/pdf", true),
        ("a.DOCX", "", true),
        ("a.pdf", "", false),
        ("a.exe", "application/x-msdownload", false),
        ("a", "imagex/png", false),
        ("docx", "", false),
    ] {
        assert_eq!(
            some.fault(name, kind, 1).is_none(),
            is_allowed,
            "{name} {kind}"
        );
    }
}

#[test]
fn long_base64_is_shown_by_its_size() {
    let long = "iVBORw0KGgo/".repeat(100);
    assert_eq!(
        without_contents(&format!("a: {long}, b")).as_deref(),
        Some("a: (base64, 1200), b")
    );
    let php = format!("{{\"a\":\"{}\"}}", long.replace('/', "\\/"));
    assert_eq!(
        without_contents(&php).as_deref(),
        Some("{\"a\":\"(base64, 1300)\"}")
    );
    assert_eq!(without_contents(&"a b".repeat(1000)), None);
    assert_eq!(without_contents("short"), None);
    let mut packet = json!({"a": [long, "x"], "b": 1});
    without_contents_in(&mut packet);
    assert_eq!(packet, json!({"a": ["(base64, 1200)", "x"], "b": 1}));
}

#[test]
fn sizes_are_short() {
    for (bytes, shown) in [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KB"),
        (1025, "2 KB"),
        (1_048_576, "1.0 MB"),
        (3_500_000, "3.3 MB"),
        (u64::MAX, "1759218604441.5 MB"),
    ] {
        assert_eq!(file_size(bytes), shown);
    }
}
