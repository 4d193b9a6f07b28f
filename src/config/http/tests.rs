//! Mistakes in the settings of HTTP services, and what is accepted.

use crate::config::tests::with;
use crate::domain::Lang;

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn mistakes_in_a_service_are_reported() {
    let url = "url = \"https://api.example\"\n";
    for (toml, words) in [
        (
            "timeout = \"5s\"",
            "http.orders.url: is missing; set LEADGATE_HTTP__ORDERS__URL",
        ),
        (
            "url = \"api.example\"",
            "http.orders.url: is not an address",
        ),
        ("url = \"https:///x\"", "http.orders.url: is not an address"),
        (
            "url = \"ftp://x.example\"",
            "http.orders.url: is not an address",
        ),
        (
            &format!("{url}rate = \"fast\""),
            "http.orders.rate: `fast` is not a rate",
        ),
        (
            &format!("{url}rate = \"5/d\""),
            "http.orders.rate: `5/d` is not a rate",
        ),
        (
            &format!("{url}rate = \"0/s\""),
            "http.orders.rate: `0/s` is not a rate",
        ),
        (
            &format!("{url}parallel = 0"),
            "http.orders.parallel: 0 is not between 1 and 256",
        ),
        (
            &format!("{url}parallel = \"x\""),
            "http.orders.parallel: must be a whole number",
        ),
        (
            &format!("{url}timeout = \"soon\""),
            "http.orders.timeout: `soon` is not a duration",
        ),
        (
            &format!("{url}unknown = \"maybe\""),
            "http.orders.unknown: `maybe` must be repeat, look or park",
        ),
        (
            &format!("{url}unknown = \"look\""),
            "http.orders.unknown: \"look\" needs `look_path`",
        ),
        (
            &format!("{url}headers = {{ \"X Y\" = \"z\" }}"),
            "`X Y` is not the name of a header field",
        ),
        (
            &format!("{url}idempotency_header = \"a:b\""),
            "`a:b` is not the name of a header field",
        ),
        (
            &format!("{url}reply_limit = \"10\""),
            "http.orders.reply_limit: 10 is not between",
        ),
        (
            &format!("{url}preset = \"other\""),
            "http.orders.preset: `other` must be plain or calltouch",
        ),
        (
            &format!("{url}preset = \"calltouch\"\ntoken = \"t\""),
            "http.orders.site: is missing",
        ),
        (
            &format!("{url}preset = \"calltouch\"\nsite = 1"),
            "http.orders.token: is missing",
        ),
        (
            &format!("{url}preset = \"calltouch\"\ntoken = \"t\"\nsite = \"x\""),
            "http.orders.site: `x` is not a number",
        ),
        (
            &format!("{url}preset = \"calltouch\"\ntoken = \"t\"\nsite = 1\nzone = \"Moscow\""),
            "there is no time zone `Moscow`",
        ),
        (
            &format!("{url}preset = \"calltouch\"\ntoken = \"t\"\nsite = 1\nunknown = \"look\""),
            "\"look\" needs `read_token`",
        ),
        (&format!("{url}ulr = \"x\""), "http.orders.ulr"),
    ] {
        let failed = with(&[], &format!("[http.orders]\n{toml}\n"));
        let text = failed.unwrap_err().to_text(Lang::En);
        assert!(text.contains(words), "{toml}\n{text}");
    }
}

#[test]
fn a_rate_is_read_as_people_write_it() {
    for (text, rate) in [
        ("5", Some(5.0)),
        ("5/s", Some(5.0)),
        (" 5 / sec ", Some(5.0)),
        ("5 per second", Some(5.0)),
        ("5 в секунду", Some(5.0)),
        ("5 в сек.", Some(5.0)),
        ("0.5", Some(0.5)),
        ("0,5/с", Some(0.5)),
        ("120/m", Some(2.0)),
        ("120/min", Some(2.0)),
        ("120 в минуту", Some(2.0)),
        ("3600/h", Some(1.0)),
        ("3600 в час", Some(1.0)),
        ("5/d", None),
        ("5 apples", None),
        ("0", None),
        ("-5", None),
        ("/s", None),
        ("fast", None),
        ("", None),
    ] {
        assert_eq!(super::rate(text).ok(), rate, "{text}");
    }
}

#[test]
fn secrets_of_a_service_come_from_the_environment_and_are_never_shown() {
    let env = [
        (
            "LEADGATE_HTTP__ORDERS__URL",
            "https://api.example/s3cret-path",
        ),
        ("LEADGATE_HTTP__ORDERS__TOKEN", "s3cret-token"),
        ("LEADGATE_HTTP__ORDERS__HEADERS__X_API_KEY", "s3cret-key"),
        (
            "LEADGATE_HTTP__ORDERS__PROXY",
            "http://u:s3cret-proxy@proxy.example",
        ),
        ("LEADGATE_HTTP__CALLS__URL", "https://api.calltouch.ru"),
        ("LEADGATE_HTTP__CALLS__PRESET", "calltouch"),
        ("LEADGATE_HTTP__CALLS__SITE", "7"),
        ("LEADGATE_HTTP__CALLS__TOKEN", "s3cret-access"),
        ("LEADGATE_HTTP__CALLS__READ_TOKEN", "s3cret-read"),
    ];
    let loaded = with(&env, "").unwrap();
    let names: Vec<&String> = loaded.settings.http["orders"]
        .headers
        .iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["x-api-key", "Authorization"]);
    assert_eq!(loaded.settings.http["calls"].rate, Some(5.0));
    let shown = format!("{}{:?}{:?}", loaded.show(Lang::En), loaded.settings, loaded);
    assert!(!shown.contains("s3cret"), "{shown}");
    assert!(shown.contains("https://api.example/•••"), "{shown}");
}

#[test]
fn every_setting_of_a_service_is_on_its_page_in_both_languages() {
    for page in ["docs/services.md", "docs/services.ru.md"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
        let text = std::fs::read_to_string(path).unwrap();
        for key in crate::config::raw::HTTP_KEYS {
            let row = format!("\n| `{key}` | ");
            assert_eq!(text.matches(&row).count(), 1, "{page}: {key}");
        }
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn what_cannot_be_sent_is_reported_with_the_right_form() {
    for (toml, en, ru) in [
        (
            r#"check = "https://evil.example/x""#,
            "http.orders.check: `https://evil.example/x` is not a path of this service; write /ping",
            "http.orders.check: `https://evil.example/x` — не путь этого сервиса; напишите /ping",
        ),
        (
            r#"check = "ping""#,
            "check: `ping` is not a path",
            "`ping` — не путь",
        ),
        (
            r#"check = "//evil.example/x""#,
            "is not a path of this service",
            "не путь этого сервиса",
        ),
        (
            r#"idempotency_header = "Host""#,
            "http.orders.idempotency_header: `Host` cannot be set: the connection decides it",
            "http.orders.idempotency_header: `Host` задать нельзя",
        ),
        (
            r#"headers = { Content-Length = "3" }"#,
            "`Content-Length` cannot be set",
            "`Content-Length` задать нельзя",
        ),
        (
            "site = 1",
            "http.orders.site: is a setting of Calltouch only",
            "http.orders.site: есть только у Calltouch",
        ),
        (
            r#"zone = "Mars/X""#,
            "http.orders.zone: is a setting of Calltouch only",
            "http.orders.zone: есть только у Calltouch",
        ),
        (
            r#"read_token = "t""#,
            "http.orders.read_token: is a setting of Calltouch only",
            "http.orders.read_token: есть только у Calltouch",
        ),
        (
            r#"check = "/../..""#,
            "http.orders.check: `/../..` has `.` or `..` between slashes",
            "http.orders.check: в `/../..` есть `.` или `..` между косыми чертами",
        ),
        (
            r#"check = "/a/%2e%2E/b""#,
            "has `.` or `..` between slashes",
            "косыми чертами",
        ),
        (
            r#"check = "/a/.?x=1""#,
            "has `.` or `..` between slashes",
            "косыми чертами",
        ),
        (
            r#"check = "/a\\b""#,
            "is not a path of this service",
            "не путь этого сервиса",
        ),
        (
            r#"look_path = "/orders""#,
            "http.orders.look_path: `/orders` asks for no request; write /orders?number={id}",
            "http.orders.look_path: в `/orders` нет, о каком запросе вопрос; напишите /orders?number={id}",
        ),
        (
            r#"look_path = "orders?n={id}""#,
            "look_path: `orders?n={id}` is not a path",
            "не путь",
        ),
        (
            r#"look_path = "/../{key}""#,
            "look_path: `/../{key}` has `.`",
            "в `/../{key}` есть",
        ),
        (
            r#"look_found = "$.total > 0""#,
            "http.orders.look_found: needs `look_path`",
            "http.orders.look_found: нужно `look_path`",
        ),
        (
            r#"token = "a\nb""#,
            "http.orders.token: has a line break",
            "http.orders.token: есть перевод строки",
        ),
        (
            r#"token = "a\rb""#,
            "http.orders.token: has a line break",
            "есть перевод строки",
        ),
        (
            r#"headers = { X-A = "a\nb" }"#,
            "`X-A` has a line break",
            "`X-A` есть перевод строки",
        ),
        (
            r#"proxy = "squid.lan""#,
            "http.orders.proxy: is not the address of a proxy; write http://proxy.example:3128",
            "http.orders.proxy: это не адрес прокси; напишите http://proxy.example:3128",
        ),
        (
            r#"proxy = "ftp://proxy.example""#,
            "http.orders.proxy: is not",
            "это не адрес прокси",
        ),
        (
            r#"proxy = "http://""#,
            "http.orders.proxy: is not",
            "это не адрес прокси",
        ),
        (
            r#"proxy = "http:///x""#,
            "http.orders.proxy: is not",
            "это не адрес прокси",
        ),
        (
            r#"proxy = "proxy.example:3128""#,
            "http.orders.proxy: is not",
            "это не адрес прокси",
        ),
    ] {
        let toml = format!("[http.orders]\nurl = \"https://api.example\"\n{toml}\n");
        let failed = with(&[], &toml).unwrap_err();
        for (lang, words) in [(Lang::En, en), (Lang::Ru, ru)] {
            let text = failed.to_text(lang);
            assert!(text.contains(words), "{toml}\n{text}");
        }
    }
    let calltouch = "[http.c]\nurl = \"https://api.example\"\npreset = \"calltouch\"\nsite = 1\ntoken = \"t\"\n";
    let failed = with(&[], &format!("{calltouch}read_token = \"a\\nb\"\n")).unwrap_err();
    assert!(
        failed
            .to_text(Lang::En)
            .contains("http.c.read_token: has a line break")
    );
    for toml in [
        r#"check = "/ping?x=../..""#,
        r#"check = "/""#,
        r#"check = """#,
        r#"look_path = "/orders/{id}""#,
        r#"look_path = "/orders?key={key}"
look_found = "$.total > 0""#,
        r#"proxy = "https://user:pass@proxy.example""#,
        r#"proxy = "HTTP://10.0.0.1:3128/""#,
        r#"headers = { X-A = "b c", User-Agent = "own/1" }"#,
    ] {
        let toml = format!("[http.orders]\nurl = \"https://api.example\"\n{toml}\n");
        assert!(with(&[], &toml).is_ok(), "{toml}");
    }
}

#[test]
fn an_address_of_a_service_is_one() {
    for (url, is_one) in [
        ("https://api.example", true),
        ("http://user:pass@10.0.0.1:8080/base?key=1", true),
        ("https://api.example/#part", false),
        ("https://a b", false),
        ("https://", false),
        ("https:///x", false),
        ("https://?x=1", false),
        ("api.example", false),
        ("ftp://api.example", false),
    ] {
        let toml = format!("[http.orders]\nurl = \"{url}\"\n");
        assert_eq!(with(&[], &toml).is_ok(), is_one, "{url}");
    }
}
