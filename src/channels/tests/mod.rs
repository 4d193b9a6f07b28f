//! Tests of the settings of channels: reading and display.

mod guards;
mod replies;
mod shapes;

use super::*;
use crate::authoring::{Paint, render};

fn read(text: &str) -> (Option<Channels>, String) {
    read_with(text, &[])
}

fn read_with(text: &str, pages: &[(&str, &str)]) -> (Option<Channels>, String) {
    let file = ProfileFile {
        name: "_channels.yaml".to_owned(),
        text: text.to_owned(),
    };
    let pages = pages
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let (channels, problems) = Channels::read(&file, &pages.collect());
    (channels, render(&problems, Paint::Plain, Lang::En))
}

fn rendered(text: &str) -> String {
    let (channels, shown) = read(text);
    assert!(channels.is_none());
    shown
}

#[test]
fn every_setting_is_read() {
    let text = r#"
site-orders:
  name: Заказы с сайта
  preset: tilda
  methods: [post, PUT]
  token: { header: X-Api-Key, secret: { env: SITE_TOKEN } }
  basic: { user: shop, secret: { file: secrets/shop } }
  hmac: { header: X-Signature, algorithm: sha512, encoding: base64, prefix: "v1=", secret: { env: KEY } }
  addresses: [203.0.113.7, 198.51.100.0/24, "2001:db8::1"]
  cors: https://Shop.example/
  rate: 10/s
  rate_per_address: 30/m
  body_limit: 2MB
  files: keep
  each: $.orders[*]
  csv: { separator: "|" }
  reply:
    time_limit: 3s
    accepted: { status: 303, status_text: " Thank You ", headers: { Location: "https://shop.example/ok" } }
    refused: { status: 200, type: text/html, body: "<p>{{message}}</p>" }
bare:
"#;
    let (channels, shown) = read(text);
    assert_eq!(shown, "");
    let channels = channels.unwrap();
    assert_eq!(channels.names().len(), 2);
    let get = |name: &str| channels.get(&ChannelName::parse(name).unwrap()).unwrap();
    let channel = get("site-orders");
    assert_eq!(channel.title, "Заказы с сайта");
    assert_eq!(channel.preset, Preset::Tilda);
    assert_eq!(channel.methods(), ["POST", "PUT"]);
    assert_eq!(
        channel.token.as_ref().unwrap().carrier,
        Carrier::Header("x-api-key".to_owned())
    );
    assert_eq!(channel.hmac.as_ref().unwrap().algorithm, Algorithm::Sha512);
    assert_eq!(channel.addresses.len(), 3);
    assert_eq!(channel.origins, ["https://shop.example"]);
    assert_eq!(channel.rate.unwrap().requests, 10);
    assert_eq!(channel.address_rate.unwrap().per, Duration::from_secs(60));
    assert_eq!(channel.body_limit, Some(2 << 20));
    assert!(channel.keeps_files && channel.is_many() && channel.separator.is_some());
    assert_eq!(channel.wait, Some(Duration::from_secs(3)));
    let accepted = channel.accepted.as_ref().unwrap();
    assert_eq!(accepted.status, Some(303));
    let text = accepted.status_text.as_ref().unwrap();
    assert_eq!((text.written.as_str(), text.kept), ("Thank You", None));
    assert_eq!(
        accepted.headers,
        [("location".to_owned(), "https://shop.example/ok".to_owned())]
    );
    let message = "нет <поля> \"tel\"".to_owned();
    let body = channel.refused.as_ref().unwrap().body(&ReplyValues {
        message,
        ..ReplyValues::default()
    });
    assert_eq!(body.unwrap(), "<p>нет &lt;поля&gt; &quot;tel&quot;</p>");
    let bare = get("bare");
    assert_eq!(bare.title, "", "no name is made up");
    assert_eq!(bare.methods(), ["GET", "POST"]);
}

#[test]
fn reports_every_mistake_at_once_with_its_place() {
    let text = r#"
заказы: {}
shop:
  methods: [GETT]
  presett: tilda
  addresses: [10.0.0.0/33]
  cors: [shop.example, "https://a.example/path"]
  rate: fast
  body_limit: 1TB
  each: $.a[
"#;
    insta::assert_snapshot!(rendered(text), @r#"
    _channels.yaml:2:1 error: profile/wrong-value `заказы` cannot be a channel's name
     2 | заказы: {}
       | ^^^^^^
      help: it is a part of an address, without templates: use up to 64 Latin letters, digits, `-`, `_` and `.`

    _channels.yaml:4:13 error: profile/wrong-value `GETT` is not a method that a channel can accept
     4 |   methods: [GETT]
       |             ^^^^
      help: did you mean `GET`?

    _channels.yaml:5:3 error: profile/unknown-key unknown key `presett` in `shop`
     5 |   presett: tilda
       |   ^^^^^^^
      help: did you mean `preset`?

    _channels.yaml:6:15 error: profile/wrong-value `10.0.0.0/33` is neither an address nor a network
     6 |   addresses: [10.0.0.0/33]
       |               ^^^^^^^^^^^
      help: write 203.0.113.7 or 203.0.113.0/24

    _channels.yaml:7:10 error: profile/wrong-value `shop.example` is not an origin
     7 |   cors: [shop.example, "https://a.example/path"]
       |          ^^^^^^^^^^^^
      help: write `https://shop.example`

    _channels.yaml:7:24 error: profile/wrong-value `https://a.example/path` is not an origin
     7 |   cors: [shop.example, "https://a.example/path"]
       |                        ^^^^^^^^^^^^^^^^^^^^^^^^
      help: write `https://a.example`

    _channels.yaml:8:9 error: profile/wrong-value `shop.rate` cannot be `fast`
     8 |   rate: fast
       |         ^^^^
      help: write 10/s, 30/m or 1000/h

    _channels.yaml:9:15 error: profile/wrong-value `shop.body_limit` cannot be `1TB`
     9 |   body_limit: 1TB
       |               ^^^
      help: write 500KB or 10MB, 64MB at most

    _channels.yaml:10:13 error: profile/bad-path a `[` without a `]`
     10 |   each: $.a[
        |             ^
      help: a path looks like $.data.email, $.data.topics[0] or $.data['Ваш телефон']
    "#);
}

#[test]
fn reports_a_file_that_is_not_yaml() {
    insta::assert_snapshot!(rendered("a: {"), @r"
    _channels.yaml:1:4 error: profile/yaml the bracket `{` is not closed
     1 | a: {
       |    ^
      help: write `a: { }`
    ");
    insta::assert_snapshot!(rendered("- a\n"), @r"
    _channels.yaml:1:1 error: profile/wrong-type channels are no list: each has its name at the margin
     1 | - a
       | ^
      help: remove the dashes: write `site:`, and its settings below it, indented by two spaces
    ");
}

#[test]
fn a_list_that_each_names_is_split_as_its_elements_are() {
    let two = json!({"orders": [{"id": 1}, {"id": 2}], "data": {"orders": [{"id": 3}]}});
    for (each, body, wanted) in [
        ("$.orders", &two, 2),
        ("$.orders[*]", &two, 2),
        ("orders", &two, 2),
        ("$.data.orders", &two, 1),
        ("$..orders", &two, 3),
        ("$.orders[0]", &two, 1),
        ("$.data", &two, 1),
        (
            "$.orders",
            &json!({"orders": {"0": {"id": 1}, "2": {"id": 2}}}),
            2,
        ),
        ("$.orders", &json!({"orders": {"id": 1}}), 1),
        // a list of values is one submission, as it was
        ("$.orders", &json!({"orders": ["a", "b"]}), 1),
        ("$.orders", &json!({"orders": []}), 0),
        ("$.orders", &json!({}), 0),
    ] {
        let (channels, _) = read(&format!("shop: {{ each: \"{each}\" }}\n"));
        let channels = channels.unwrap();
        let shop = channels.get(&ChannelName::parse("shop").unwrap()).unwrap();
        let parts = shop.split(body.clone()).unwrap();
        assert_eq!(parts.len(), wanted, "{each} {body}");
    }
    let (_, shown) = read("shop: { each: $.orders }\n");
    insta::assert_snapshot!(shown, @r"
    _channels.yaml:1:15 warning: profile/bad-path `each: $.orders` names a list itself, not its elements
     1 | shop: { each: $.orders }
       |               ^^^^^^^^
      help: write `each: $.orders[*]`; a list of blocks there is split as if that stood here
    ");
}

#[test]
fn a_separator_is_one_of_a_few() {
    for (word, separator) in Separator::WORDS {
        let (channels, shown) = read(&format!("rows: {{ csv: {{ separator: \"{word}\" }} }}\n"));
        let channels = channels.unwrap();
        let rows = channels.by_address("rows").unwrap();
        assert_eq!((rows.separator, shown.as_str()), (Some(separator), ""));
    }
    let (channels, _) = read("rows: { csv: }\n");
    let channels = channels.unwrap();
    assert_eq!(channels.by_address("rows").unwrap().separator, None);
    for (text, message, advice) in [
        (
            "rows: { csv: { separator: \"/\" } }",
            "`rows.csv.separator` cannot be `/`",
            "expected one of: `,`, `;`, `tab`, `|`, `:`",
        ),
        (
            "rows: { csv: \";\" }",
            "`rows.csv` must be a block of keys",
            "write `csv: { separator: \";\" }`",
        ),
        (
            "rows: { csv: { delimiter: \";\" } }",
            "unknown key `delimiter` in `rows.csv`",
            "`separator`",
        ),
    ] {
        let shown = rendered(text);
        assert!(shown.contains(message), "{shown}");
        assert!(shown.contains(advice), "{shown}");
    }
}

/// Returns what is said in Russian of a text: `message → advice`.
fn said(text: &str) -> Vec<String> {
    let file = ProfileFile {
        name: "_channels.yaml".to_owned(),
        text: text.to_owned(),
    };
    let (_, problems) = Channels::read(&file, &Pages::new());
    let shown = problems.iter().map(|problem| {
        let (message, advice) = (&problem.message, &problem.advice);
        format!(
            "{} → {}",
            message.in_lang(Lang::Ru),
            advice.in_lang(Lang::Ru)
        )
    });
    shown.collect()
}

/// Asserts that a mistake is named in these words, and that the right line passes.
fn assert_slip(wrong: &str, words: &str, right: &str) {
    let found = said(wrong);
    assert!(
        found.len() == 1 && found[0].contains(words),
        "{wrong}: {found:?}"
    );
    assert_eq!(said(right), [""; 0], "{right}");
}

#[test]
fn slips_in_the_settings_get_the_line_that_works() {
    for (wrong, words, right) in [
        (
            "a: { methods: \"get, post\" }",
            "`[GET, POST]`",
            "a: { methods: [GET, POST] }",
        ),
        (
            "a: { methods: any }",
            "уберите `methods`",
            "a: { rate: 1/s }",
        ),
        (
            "a: { cors: https://магазин.рф }",
            "напишите `https://xn--80aairftm.xn--p1ai`",
            "a: { cors: https://xn--80aairftm.xn--p1ai }",
        ),
        (
            "a: { cors: shop.example }",
            "напишите `https://shop.example`",
            "a: { cors: https://shop.example }",
        ),
        (
            "a: { cors: https://shop.example/form }",
            "напишите `https://shop.example`",
            "a: { cors: https://shop.example }",
        ),
        (
            "a: { cors: \"https://a.example, https://b.example\" }",
            "напишите `[https://a.example, https://b.example]`",
            "a: { cors: [https://a.example, https://b.example] }",
        ),
        (
            "a: { addresses: \"203.0.113.7, 203.0.113.0/24\" }",
            "`[203.0.113.7, 203.0.113.0/24]`",
            "a: { addresses: [203.0.113.7, 203.0.113.0/24] }",
        ),
    ] {
        assert_slip(wrong, words, right);
    }
}

#[test]
fn slips_in_lists_and_replies_get_the_line_that_works() {
    for (wrong, words, right) in [
        (
            "a: { each: true }",
            "`each: $.orders[*]`",
            "a: { each: \"$.orders[*]\" }",
        ),
        (
            "a: { each: да }",
            "`each: $.orders[*]`",
            "a: { each: \"$[*]\" }",
        ),
        ("a: { each: нет }", "уберите `each`", "a: { rate: 1/s }"),
        (
            "a: { each: orders }",
            "`each: $.orders[*]`",
            "a: { each: \"$.orders[*]\" }",
        ),
        (
            "a: { reply: { accepted: { status: 200, headers: { location: https://shop.example/ok } } } }",
            "`status: 303`",
            "a: { reply: { accepted: { status: 201, headers: { location: https://shop.example/ok } } } }",
        ),
    ] {
        assert_slip(wrong, words, right);
    }
}
