//! The settings of channels: what is read, and what is told.

use super::*;
use crate::mapping::{Paint, render};

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

fn told(text: &str) -> String {
    let (channels, told) = read(text);
    assert!(channels.is_none());
    told
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
  reply:
    time_limit: 3s
    accepted: { status: 303, status_text: " Thank You ", headers: { Location: "https://shop.example/ok" } }
    refused: { status: 200, type: text/html, body: "<p>{{message}}</p>" }
bare:
"#;
    let (channels, told) = read(text);
    assert_eq!(told, "");
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
    assert!(channel.keeps_files && channel.is_many());
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
    let body = channel.refused.as_ref().unwrap().body(&Told {
        message,
        ..Told::default()
    });
    assert_eq!(body.unwrap(), "<p>нет &lt;поля&gt; &quot;tel&quot;</p>");
    let bare = get("bare");
    assert_eq!(bare.title, "Bare", "a name is made up when there is none");
    assert_eq!(bare.methods(), ["GET", "POST"]);
}

#[test]
fn a_body_of_json_stays_json_whatever_is_told() {
    let text = "a: { reply: { accepted: { body: '{\"ok\": true, \"id\": \"{{id}}\", \"why\": \"{{message}}\"}' } } }\n";
    let channels = read(text).0.unwrap();
    let channel = channels
        .get(&ChannelName::parse("a").unwrap())
        .unwrap()
        .clone();
    let told = Told {
        id: "7".to_owned(),
        message: "кавычка \" и \\ и\nстрока".to_owned(),
        ..Told::default()
    };
    let body = channel.accepted.as_ref().unwrap().body(&told).unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["why"], told.message);
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
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
    insta::assert_snapshot!(told(text), @r#"
    _channels.yaml:2:1 error: profile/wrong-value `заказы` cannot be a channel's name
     2 | заказы: {}
       | ^^^^^^
      help: it is a part of an address: use up to 64 Latin letters, digits, `-`, `_` and `.`

    _channels.yaml:4:13 error: profile/wrong-value `GETT` is no method that a channel can take
     4 |   methods: [GETT]
       |             ^^^^
      help: did you mean `GET`?

    _channels.yaml:5:3 error: profile/unknown-key `shop` has no key `presett`
     5 |   presett: tilda
       |   ^^^^^^^
      help: did you mean `preset`?

    _channels.yaml:6:15 error: profile/wrong-value `10.0.0.0/33` is neither an address nor a network
     6 |   addresses: [10.0.0.0/33]
       |               ^^^^^^^^^^^
      help: write 203.0.113.7 or 203.0.113.0/24

    _channels.yaml:7:10 error: profile/wrong-value `shop.example` is no origin
     7 |   cors: [shop.example, "https://a.example/path"]
       |          ^^^^^^^^^^^^
      help: write https://shop.example without a path, in Latin letters, or "*" for all

    _channels.yaml:7:24 error: profile/wrong-value `https://a.example/path` is no origin
     7 |   cors: [shop.example, "https://a.example/path"]
       |                        ^^^^^^^^^^^^^^^^^^^^^^^^
      help: write https://shop.example without a path, in Latin letters, or "*" for all

    _channels.yaml:8:9 error: profile/wrong-value `shop.rate` cannot be `fast`
     8 |   rate: fast
       |         ^^^^
      help: write 10/s, 30/m or 1000/h

    _channels.yaml:9:15 error: profile/wrong-value `shop.body_limit` cannot be `1TB`
     9 |   body_limit: 1TB
       |               ^^^
      help: write 500KB or 10MB, 64MB at most

    _channels.yaml:10:13 error: profile/bad-path a `[` without its `]`
     10 |   each: $.a[
        |             ^
      help: a path looks like $.data.email, $.data.topics[0] or $.data['Ваш телефон']
    "#);
}

#[test]
fn what_would_break_a_reply_apart_is_refused() {
    let text = r#"
shop:
  reply:
    time_limit: 2h
    accepted: { status: 99, headers: { "X Y": a, Content-Length: 5 }, body: "{{idd}}" }
    refused: { headers: { X-A: "a\r\nSet-Cookie: b" } }
a: { reply: { accepted: { status_text: Принято }, refused: { status_text: "No\r\nX-A: b" } } }
b: { reply: { accepted: { status_text: " " }, refused: { status_text: [No] } } }
"#;
    insta::assert_snapshot!(told(text), @r#"
    _channels.yaml:4:17 error: profile/wrong-value `shop.reply.time_limit` cannot be `2h`
     4 |     time_limit: 2h
       |                 ^^
      help: write 500ms or 5s, one minute at most

    _channels.yaml:5:25 error: profile/wrong-value `99` is no status for a reply
     5 |     accepted: { status: 99, headers: { "X Y": a, Content-Length: 5 }, body: "{{idd}}" }
       |                         ^^
      help: write 200, 201, 204, 303, 400 …

    _channels.yaml:5:40 error: profile/wrong-value `X Y` cannot be a header here
     5 |     accepted: { status: 99, headers: { "X Y": a, Content-Length: 5 }, body: "{{idd}}" }
       |                                        ^^^^^
      help: a header's name is made of Latin letters, digits and `-`

    _channels.yaml:5:50 error: profile/wrong-value `Content-Length` cannot be a header here
     5 |     accepted: { status: 99, headers: { "X Y": a, Content-Length: 5 }, body: "{{idd}}" }
       |                                                  ^^^^^^^^^^^^^^
      help: the server writes it itself

    _channels.yaml:5:80 error: profile/unknown-field there is no field `idd`
     5 |     accepted: { status: 99, headers: { "X Y": a, Content-Length: 5 }, body: "{{idd}}" }
       |                                                                                ^^^
      help: did you mean `id`?

    _channels.yaml:6:32 error: profile/wrong-value this cannot be a header's value
     6 |     refused: { headers: { X-A: "a\r\nSet-Cookie: b" } }
       |                                ^^^^^^^^^^^^^^^^^^^^
      help: one line of Latin letters, digits and signs, at most 1000 of them

    _channels.yaml:7:40 error: profile/wrong-value `a.reply.accepted.status_text` cannot stand behind a status
     7 | a: { reply: { accepted: { status_text: Принято }, refused: { status_text: "No\r\nX-A: b" } } }
       |                                        ^^^^^^^
      help: one line of Latin letters, digits and signs, 1 to 100 of them: HTTP has no other letters there; what people read goes into `body`

    _channels.yaml:7:75 error: profile/wrong-value `a.reply.refused.status_text` cannot stand behind a status
     7 | a: { reply: { accepted: { status_text: Принято }, refused: { status_text: "No\r\nX-A: b" } } }
       |                                                                           ^^^^^^^^^^^^^^
      help: one line of Latin letters, digits and signs, 1 to 100 of them: HTTP has no other letters there; what people read goes into `body`

    _channels.yaml:8:40 error: profile/wrong-value `b.reply.accepted.status_text` cannot stand behind a status
     8 | b: { reply: { accepted: { status_text: " " }, refused: { status_text: [No] } } }
       |                                        ^^^
      help: one line of Latin letters, digits and signs, 1 to 100 of them: HTTP has no other letters there; what people read goes into `body`

    _channels.yaml:8:71 error: profile/wrong-type `b.reply.refused.status_text` must be text, and this is a list
     8 | b: { reply: { accepted: { status_text: " " }, refused: { status_text: [No] } } }
       |                                                                       ^
    "#);
}

#[test]
fn a_guard_that_lacks_something_is_no_guard() {
    let text = r#"
a: { token: { header: X-A, query: t, secret: { env: A } } }
b: { token: { secret: {} } }
c: { basic: { secret: { env: "my secret!" } } }
d: { hmac: { algorithm: md5, secret: { env: A, file: b } } }
e: { token: { bearer: true, secret: { env: A } }, basic: { user: u, secret: { env: A } } }
"#;
    insta::assert_snapshot!(told(text), @r#"
    _channels.yaml:2:13 error: profile/missing-key `a.token` names one place of the token
     2 | a: { token: { header: X-A, query: t, secret: { env: A } } }
       |             ^
      help: write `header: X-Api-Key`, `query: token`, `field: api_key` or `bearer: true`

    _channels.yaml:3:13 error: profile/missing-key `b.token` names one place of the token
     3 | b: { token: { secret: {} } }
       |             ^
      help: write `header: X-Api-Key`, `query: token`, `field: api_key` or `bearer: true`

    _channels.yaml:3:23 error: profile/missing-key `b.token.secret` says where the secret is, in one way
     3 | b: { token: { secret: {} } }
       |                       ^
      help: write `secret: { env: SITE_TOKEN }` or `secret: { file: /run/secrets/site }`

    _channels.yaml:4:13 error: profile/missing-key `c.basic` names no user
     4 | c: { basic: { secret: { env: "••••••••••" } } }
       |             ^
      help: write `user: shop`

    _channels.yaml:4:30 error: profile/wrong-value this is no name of an environment variable
     4 | c: { basic: { secret: { env: "••••••••••" } } }
       |                              ^^^^^^^^^^^^
      help: use capital Latin letters, digits and `_`; the secret itself does not belong here

    _channels.yaml:5:12 error: profile/missing-key `d.hmac` names no header
     5 | d: { hmac: { algorithm: md5, secret: { env: A, file: b } } }
       |            ^
      help: write `header: X-Signature`

    _channels.yaml:5:25 error: profile/wrong-value `d.hmac.algorithm` cannot be `md5`
     5 | d: { hmac: { algorithm: md5, secret: { env: A, file: b } } }
       |                         ^^^
      help: known here: `sha256`, `sha1`, `sha512`

    _channels.yaml:5:38 error: profile/missing-key `d.hmac.secret` says where the secret is, in one way
     5 | d: { hmac: { algorithm: md5, secret: { env: A, file: b } } }
       |                                      ^
      help: write `secret: { env: SITE_TOKEN }` or `secret: { file: /run/secrets/site }`

    _channels.yaml:6:4 error: profile/wrong-place `e` wants a bearer token and a password
     6 | e: { token: { bearer: true, secret: { env: A } }, basic: { user: u, secret: { env: A } } }
       |    ^
      help: a request has one `Authorization`: choose one of them
    "#);
}

#[test]
fn a_secret_that_is_written_out_is_a_mistake_and_is_not_shown() {
    let text = "a: { token: { header: X-A, secret: s3cr3t-value }, nonsense: 1 }\n";
    let told = told(text);
    assert!(!told.contains("s3cr3t"), "{told}");
    insta::assert_snapshot!(told, @r#"
    _channels.yaml:1:36 error: profile/secret a secret is written out here
     1 | a: { token: { header: X-A, secret: •••••••••••• }, nonsense: 1 }
       |                                    ^^^^^^^^^^^^
      help: write `secret: { env: SITE_TOKEN }` or `secret: { file: /run/secrets/site }`

    _channels.yaml:1:52 error: profile/unknown-key `a` has no key `nonsense`
     1 | a: { token: { header: X-A, secret: •••••••••••• }, nonsense: 1 }
       |                                                    ^^^^^^^^
      help: known here: `name`, `preset`, `methods`, `addresses`, `cors`, `token`, `basic`, `hmac`, `rate`, `rate_per_address`, `body_limit`, `files`, `each`, `reply`
    "#);
}

#[test]
fn what_looks_like_a_secret_is_told_wherever_it_stands_and_never_shown() {
    let text = r#"
# the old key was ghp_abcdefghijklmnop1234
shop:
  name: https://portal.example/rest/1/abcd1234efgh5678/
  rate: k3yk3yk3yk3yk3yk3yk3yk3yk3yk3yK3YK3YK3YK3YK3Y
  reply:
    accepted:
      headers: { Location: "https://shop.example/ok?token=q1w2e3r4t5y6" }
      body: '{"password": "pa55w0rd1234"}'
  token: { header: X-Api-Key-2024, secret: { env: SITE_TOKEN_2 } }
  basic: { user: u, secret: p4ssp4ssp4ss }
"#;
    let told = told(text);
    for secret in [
        "ghp_abcd",
        "abcd1234efgh",
        "k3yk3yk3yk",
        "q1w2e3r4t5y6",
        "pa55w0rd",
        "p4ssp4ss",
    ] {
        assert!(!told.contains(secret), "{secret}: {told}");
    }
    let warned = told
        .matches("warning: profile/secret this looks like")
        .count();
    assert_eq!(warned, 5, "{told}");
    let errors = told.matches("error: profile/secret a secret is written out here");
    assert_eq!(errors.count(), 1, "{told}");
    assert!(told.contains("`shop.rate` cannot be `••••"), "{told}");
    // nor in what is told when the file is no YAML
    let broken = "a: { secret: k3yk3yk3yk3y99, name: \"x }\n";
    let told = super::tests::told(broken);
    assert!(
        told.contains("this is not YAML") && !told.contains("k3yk3y"),
        "{told}"
    );
}

/// The secrets are fetched after the file was read.
#[test]
fn what_is_told_later_does_not_show_a_secret_either() {
    let text =
        "a: { token: { header: X-A, secret: { env: NO_SUCH } }, name: ghp_abcdefghijklmnop1234 }\n";
    let channels = read(text).0.unwrap();
    let (_, problems) = channels.fetch_secrets(&|_| Err(say!("not set", "нет")));
    let told = render(&problems, Paint::Plain, Lang::En);
    assert!(
        told.contains("a refuses everybody") && !told.contains("ghp_"),
        "{told}"
    );
}

#[test]
fn a_secret_that_cannot_be_had_is_told_and_nothing_agrees() {
    let text = "a: { token: { header: X-A, secret: { env: NO_SUCH } } }\n";
    let channels = read(text).0.unwrap();
    let (channels, problems) =
        channels.fetch_secrets(&|_| Err(say!("NO_SUCH is not set", "нет NO_SUCH")));
    insta::assert_snapshot!(render(&problems, Paint::Plain, Lang::En), @r#"
    _channels.yaml:1:36 warning: profile/unreadable channel a refuses everybody: NO_SUCH is not set
     1 | a: { token: { header: X-A, secret: { env: NO_SUCH } } }
       |                                    ^
      help: set it and save this file again, or restart the gateway
    "#);
    let channel = channels.get(&ChannelName::parse("a").unwrap()).unwrap();
    assert!(channel.token.as_ref().unwrap().secret.value.is_none());
}

#[test]
fn a_file_that_is_no_yaml_is_told_too() {
    insta::assert_snapshot!(told("a: {"), @r"
    _channels.yaml:1:4 error: profile/yaml a bracket, a comma or a quote is missing here: unclosed bracket '{'
     1 | a: {
       |    ^
      help: look at this line and the one above it: quotes, brackets, indentation
    ");
    insta::assert_snapshot!(told("- a\n"), @r#"
    _channels.yaml:1:1 error: profile/wrong-type `_channels.yaml` must be a block of keys, and this is a list
     1 | - a
       | ^
    "#);
}

const HOSTILE: &str = "\"\\</script><img src=x onerror=alert(`1`)>&'\u{2028}{{id}}\n";

fn hostile() -> Told {
    Told {
        id: "7".to_owned(),
        outcome: "rejected".to_owned(),
        message: HOSTILE.to_owned(),
        channel: "shop".to_owned(),
        ids: "7,8".to_owned(),
    }
}

fn reply(settings: &str, pages: &[(&str, &str)]) -> (Option<Answer>, String) {
    let (channels, told) = read_with(
        &format!("a: {{ reply: {{ refused: {settings} }} }}\n"),
        pages,
    );
    let name = ChannelName::parse("a").unwrap();
    let answer = channels.and_then(|channels| channels.get(&name).unwrap().refused.clone());
    (answer, told)
}

#[test]
fn nothing_that_is_told_is_markup_in_a_reply() {
    for kind in [
        "text/html",
        "TEXT/HTML; charset=utf-8",
        "application/xhtml+xml",
        "image/svg+xml",
    ] {
        for body in [
            "<p>{{message}}</p>",
            "<p>{message}</p>",
            "<p>{{upper message}}</p>",
            "<p title='{{truncate message 900}}'></p>",
            "<p>{{#if (eq id \"7\")}}{{message}}{{/if}}</p>",
            "<p>{{default message \"<b>\"}}</p>",
            "<p>{{json message}}</p>",
        ] {
            let body = body.replace('\'', "''");
            let (answer, told) = reply(&format!("{{ type: '{kind}', body: '{body}' }}"), &[]);
            assert_eq!(told, "");
            let made = answer.unwrap().body(&hostile()).unwrap();
            let inside = made.strip_suffix("</p>").unwrap();
            let inside = inside
                .strip_prefix("<p>")
                .or_else(|| inside.strip_prefix("<p title='")?.strip_suffix("'>"))
                .unwrap();
            assert!(inside.len() > HOSTILE.len(), "{made}");
            assert!(
                !inside.contains(['<', '>', '"', '\'', '`', '=']),
                "{kind}: {made}"
            );
        }
    }
}

#[test]
fn a_body_of_json_stays_json_behind_helpers_and_conditions_too() {
    for kind in ["application/json", "Application/Problem+JSON"] {
        for (body, wanted) in [
            ("{{message}}", HOSTILE.trim_end().to_owned()),
            ("{{upper message}}", HOSTILE.trim_end().to_uppercase()),
            ("{{truncate message 3}}", "\"\\…".to_owned()),
            (
                "{{#if id}}{{message}}{{/if}}",
                HOSTILE.trim_end().to_owned(),
            ),
        ] {
            let (answer, told) = reply(
                &format!("{{ type: {kind}, body: '{{\"why\": \"{body}\"}}' }}"),
                &[],
            );
            assert_eq!(told, "");
            let made = answer.unwrap().body(&hostile()).unwrap();
            assert!(!made.contains(['<', '>', '\u{2028}']), "{made}");
            let read: Value = serde_json::from_str(&made).unwrap();
            assert_eq!(read["why"].as_str().unwrap().trim_end(), wanted);
        }
    }
}

#[test]
fn a_place_where_a_value_could_act_is_refused() {
    let text = r#"
a:
  reply:
    refused:
      type: text/html
      body: "<a href='{{message}}' onclick='f(\"{{id}}\")' title={{id}}>{{message}}</a><script>'{{ids}}'</script>"
b: { reply: { accepted: { type: text/html, body: "{{{message}}} {{&message}}" } } }
c: { reply: { accepted: { headers: { Content-Type: text/html } } } }
"#;
    insta::assert_snapshot!(told(text), @r##"
    _channels.yaml:6:13 error: profile/bad-template a value cannot stand in the beginning of `href`: a sender's text could act there
     6 |       body: "<a href='{{message}}' onclick='f(\"{{id}}\")' title={{id}}>{{message}}</a><script>'{{id
       |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      help: put it between elements, or into the quotes of an attribute such as `title="…"`

    _channels.yaml:6:13 error: profile/bad-template a value cannot stand in `onclick`: a sender's text could act there
     6 |       body: "<a href='{{message}}' onclick='f(\"{{id}}\")' title={{id}}>{{message}}</a><script>'{{id
       |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      help: put it between elements, or into the quotes of an attribute such as `title="…"`

    _channels.yaml:6:13 error: profile/bad-template a value cannot stand in a tag without quotes: a sender's text could act there
     6 |       body: "<a href='{{message}}' onclick='f(\"{{id}}\")' title={{id}}>{{message}}</a><script>'{{id
       |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      help: put it between elements, or into the quotes of an attribute such as `title="…"`

    _channels.yaml:6:13 error: profile/bad-template a value cannot stand in a script or style: a sender's text could act there
     6 |       body: "<a href='{{message}}' onclick='f(\"{{id}}\")' title={{id}}>{{message}}</a><script>'{{id
       |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      help: put it between elements, or into the quotes of an attribute such as `title="…"`

    _channels.yaml:7:51 error: profile/bad-template a page or reply never takes a value as it is
     7 | b: { reply: { accepted: { type: text/html, body: "{{{message}}} {{&message}}" } } }
       |                                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^
      help: write two braces: {{name}}

    _channels.yaml:8:38 error: profile/wrong-place the type of the answer has a key of its own
     8 | c: { reply: { accepted: { headers: { Content-Type: text/html } } } }
       |                                      ^^^^^^^^^^^^
      help: write `type: …` beside `headers`
    "##);
}

#[test]
fn json_that_values_would_break_is_told() {
    for body in [
        "{\"id\": {{id}}}",
        "{{message}}",
        "{\"a\": {{json message}}}",
    ] {
        let (answer, told) = reply(&format!("{{ body: '{body}' }}"), &[]);
        assert!(
            answer.is_some() && told.contains("warning: profile/wrong-value this body is no JSON"),
            "{told}"
        );
    }
    // a script that calls back with JSON is none, and its text is as safe
    let script = "{ type: text/javascript, body: 'done(\"{{message}}\")' }";
    let (answer, told) = reply(script, &[]);
    assert_eq!(told, "");
    let made = answer.unwrap().body(&hostile()).unwrap();
    let quoted = made.strip_prefix("done(").unwrap().strip_suffix(")");
    let read: String = serde_json::from_str(quoted.unwrap()).unwrap();
    assert_eq!(read, HOSTILE);
}

#[test]
fn a_page_of_the_templates_folder_is_a_reply() {
    let page = (
        "thanks.html.hbs",
        "<!doctype html>\n<title>{{outcome}}</title>\n<p>{{message}}</p>\n",
    );
    let (answer, told) = reply("{ body: { template: thanks.html.hbs } }", &[page]);
    assert_eq!(told, "");
    let answer = answer.unwrap();
    assert_eq!(answer.content_type(), "text/html; charset=utf-8");
    insta::assert_snapshot!(answer.body(&hostile()).unwrap(), @r##"
    <!doctype html>
    <title>rejected</title>
    <p>&quot;\&lt;/script&gt;&lt;img src&#61;x onerror&#61;alert(&#96;1&#96;)&gt;&amp;&#39; {{id}}
    </p>
    "##);
    let mistakes = [
        "{ body: { template: thank.html.hbs } }",
        "{ type: text/plain, body: { template: thanks.html.hbs } }",
        "{ body: {} }",
        "{ body: { template: broken.html.hbs } }",
    ];
    let broken = ("broken.html.hbs", "<p>\n {{massage}}\n");
    let told = mistakes.map(|settings| reply(settings, &[page, broken]).1);
    insta::assert_snapshot!(told.concat(), @r##"
    _channels.yaml:1:44 error: profile/unknown-template there is no page `thank.html.hbs` in the templates folder
     1 | a: { reply: { refused: { body: { template: thank.html.hbs } } } }
       |                                            ^^^^^^^^^^^^^^
      help: did you mean `thanks.html.hbs`?
    _channels.yaml:1:32 error: profile/wrong-value a page is not `text/plain`
     1 | a: { reply: { refused: { type: text/plain, body: { template: thanks.html.hbs } } } }
       |                                ^^^^^^^^^^
      help: leave `type` out
    _channels.yaml:1:32 error: profile/missing-key `a.reply.refused.body` names no template
     1 | a: { reply: { refused: { body: {} } } }
       |                                ^
      help: write `body: { template: thanks.html.hbs }` and put thanks.html.hbs into the templates folder
    broken.html.hbs:2:4 error: profile/unknown-field there is no field `massage`
     2 |  {{massage}}
       |    ^^^^^^^
      help: did you mean `message`?
    "##);
}
