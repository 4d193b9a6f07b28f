//! Tokens, passwords and signatures: what must be said of them, and where secrets are.

use super::*;
use crate::domain::bilingual;

#[test]
fn an_incomplete_guard_is_an_error() {
    let text = r#"
a: { token: { header: X-A, query: t, secret: { env: A } } }
b: { token: { secret: {} } }
c: { basic: { secret: { env: "my secret!" } } }
d: { hmac: { algorithm: md5, secret: { env: A, file: b } } }
e: { token: { bearer: true, secret: { env: A } }, basic: { user: u, secret: { env: A } } }
"#;
    insta::assert_snapshot!(rendered(text), @r#"
    _channels.yaml:2:13 error: profile/missing-key `a.token` must name exactly one place for the token
     2 | a: { token: { header: X-A, query: t, secret: { env: A } } }
       |             ^
      help: write `header: X-Api-Key`, `query: token`, `field: api_key` or `bearer: true`

    _channels.yaml:3:13 error: profile/missing-key `b.token` must name exactly one place for the token
     3 | b: { token: { secret: {} } }
       |             ^
      help: write `header: X-Api-Key`, `query: token`, `field: api_key` or `bearer: true`

    _channels.yaml:3:23 error: profile/missing-key `b.token.secret` must name exactly one place of the secret
     3 | b: { token: { secret: {} } }
       |                       ^
      help: write `secret: { env: SITE_TOKEN }`, `secret: { file: /run/secrets/site }`, or `secret: { kept: true }` for a key that the console makes

    _channels.yaml:4:13 error: profile/missing-key `c.basic` names no user
     4 | c: { basic: { secret: { env: "••••••••••" } } }
       |             ^
      help: write `user: shop`

    _channels.yaml:4:30 error: profile/wrong-value this is not the name of an environment variable
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
      help: expected one of: `sha256`, `sha1`, `sha512`

    _channels.yaml:5:38 error: profile/missing-key `d.hmac.secret` must name exactly one place of the secret
     5 | d: { hmac: { algorithm: md5, secret: { env: A, file: b } } }
       |                                      ^
      help: write `secret: { env: SITE_TOKEN }`, `secret: { file: /run/secrets/site }`, or `secret: { kept: true }` for a key that the console makes

    _channels.yaml:6:4 error: profile/wrong-place `e` requires both a bearer token and a password
     6 | e: { token: { bearer: true, secret: { env: A } }, basic: { user: u, secret: { env: A } } }
       |    ^
      help: a request has only one `Authorization` header: choose one of them
    "#);
}

#[test]
fn a_secret_in_the_file_is_an_error_and_is_not_shown() {
    let text = "a: { token: { header: X-A, secret: s3cr3t-value }, nonsense: 1 }\n";
    let shown = rendered(text);
    assert!(!shown.contains("s3cr3t"), "{shown}");
    insta::assert_snapshot!(shown, @r#"
    _channels.yaml:1:36 error: profile/secret the secret itself is written here
     1 | a: { token: { header: X-A, secret: •••••••••••• }, nonsense: 1 }
       |                                    ^^^^^^^^^^^^
      help: write `secret: { env: SITE_TOKEN }`, `secret: { file: /run/secrets/site }`, or `secret: { kept: true }` for a key that the console makes

    _channels.yaml:1:52 error: profile/unknown-key unknown key `nonsense` in `a`
     1 | a: { token: { header: X-A, secret: •••••••••••• }, nonsense: 1 }
       |                                                    ^^^^^^^^
      help: expected one of: `name`, `preset`, `methods`, `addresses`, `cors`, `token`, `basic`, `hmac`, `guard`, `rate`, `rate_per_address`, `body_limit`, `once_per`, `files`, `unreadable`, `each`, `csv`, `reply`
    "#);
}

#[test]
fn reports_secrets_anywhere_without_showing_them() {
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
    let shown = rendered(text);
    for secret in [
        "ghp_abcd",
        "abcd1234efgh",
        "k3yk3yk3yk",
        "q1w2e3r4t5y6",
        "pa55w0rd",
        "p4ssp4ss",
    ] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
    let warned = shown
        .matches("warning: profile/secret this looks like")
        .count();
    assert_eq!(warned, 5, "{shown}");
    let errors = shown.matches("error: profile/secret the secret itself is written here");
    assert_eq!(errors.count(), 1, "{shown}");
    assert!(shown.contains("`shop.rate` cannot be `••••"), "{shown}");
    // nor in the message about a file that is not YAML
    let broken = "a: { secret: k3yk3yk3yk3y99, name: \"x }\n";
    let shown = super::rendered(broken);
    assert!(
        shown.contains("the quote is not closed") && !shown.contains("k3yk3y"),
        "{shown}"
    );
}

/// The secrets are fetched after the file was read.
#[test]
fn later_messages_do_not_show_secrets() {
    let text =
        "a: { token: { header: X-A, secret: { env: NO_SUCH } }, name: ghp_abcdefghijklmnop1234 }\n";
    let channels = read(text).0.unwrap();
    let (_, problems) = channels.fetch_secrets(&|_| Err(bilingual!("not set", "нет")));
    let shown = render(&problems, Paint::Plain, Lang::En);
    assert!(
        shown.contains("a refuses all requests") && !shown.contains("ghp_"),
        "{shown}"
    );
}

#[test]
fn a_missing_secret_is_reported_and_matches_nothing() {
    let text = "a: { token: { header: X-A, secret: { env: NO_SUCH } } }\n";
    let channels = read(text).0.unwrap();
    let (channels, problems) =
        channels.fetch_secrets(&|_| Err(bilingual!("NO_SUCH is not set", "нет NO_SUCH")));
    insta::assert_snapshot!(render(&problems, Paint::Plain, Lang::En), @r#"
    _channels.yaml:1:36 warning: profile/unreadable channel a refuses all requests: NO_SUCH is not set
     1 | a: { token: { header: X-A, secret: { env: NO_SUCH } } }
       |                                    ^
      help: set the secret and save this file again, or restart the gateway
    "#);
    let channel = channels.get(&ChannelName::parse("a").unwrap()).unwrap();
    assert!(channel.token.as_ref().unwrap().secret.value.is_none());
}

#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    for text in [
        "shop: { token: { header: X-Key, secret: hunter2x } }",
        "shop: { token: { header: X-Key, secret: [hunter2x] } }",
        "shop: { token: { header: X-Key, secret: { value: hunter2x } } }",
        "shop: { token: { header: X-Key, sercet: hunter2x } }",
        "shop: { token: { header: X-Key, secret: { env: hunter2x } } }",
        "shop: { token: { header: X-Key, secret: { file: hunter2x, env: KEY } } }",
        "shop: { token: hunter2x }",
        "shop: { tokn: hunter2x }",
        "shop: { token: [hunter2x, 2] }",
        "shop: { basic: \"anna:hunter2x\" }",
        "shop: { hmac: hunter2x }",
        "shop: { hmac: { header: X-S, algorithm: sha256, key: hunter2x } }",
        "shop: hunter2x",
        // no YAML at all
        "shop:\n  token: { header: X-Key, secret: \"hunter2x }\n",
        "shop:\n  token: { header: X-Key, secret: hunter2x\n  rate: 1/s\n",
        "shop:\n  token:\n    header: X-Key\n    secret: *hunter2x\n",
        "shop:\n  token:\n    header: X-Key\n    secret: hunter2x: x\n",
        "shop:\n  token:\n    header: X-Key\n   secret: hunter2x\n",
        "shop:\n  token:\n    header: X-Key\n    secret: @hunter2x\n",
        "shop:\n  token:\n    header: X-Key\n\tsecret: hunter2x\n",
        "shop:\n  token:\n    header: X-Key\n    secret: \"{{ hunter2x\n    and so on\n",
        "shop:\n  basic: { user: x, secret: { env: [hunter2x }\n",
        "shop:\n  secret: 'first line\n  hunter2x\n",
    ] {
        let shown = rendered(text);
        assert!(!shown.contains("hunter2"), "{text}\n{shown}");
        assert!(shown.contains("_channels.yaml:"), "{shown}");
    }
}

#[test]
fn a_broken_file_still_shows_what_is_not_secret() {
    let shown =
        rendered("shop:\n  token: { header: X-Key, secret: { env: SITE_TOKEN } }\n  rate: [1/s\n");
    assert!(shown.contains("| "), "{shown}");
    let shown = super::rendered("shop:\n  rate: 5 a day\n");
    assert!(shown.contains("rate: 5 a day"), "{shown}");
}

#[test]
fn a_rate_a_time_or_a_size_behind_an_unknown_key_is_shown() {
    for (written, is_shown) in [
        ("rate_per_ip: 30/m", true),
        ("wait_for: 10s", true),
        ("biggest: 5MB", true),
        ("own_key: abc/m", false),
        ("own_key: 12ab", false),
    ] {
        let shown = rendered(&format!("shop: {{ {written} }}\n"));
        assert_eq!(shown.contains(written), is_shown, "{shown}");
    }
}
