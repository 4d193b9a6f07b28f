//! Replies of a channel's own: what a sender's text may not do in them.

use super::*;

#[test]
fn json_replies_stay_json_with_any_message() {
    let text = "a: { reply: { accepted: { body: '{\"ok\": true, \"id\": \"{{id}}\", \"why\": \"{{message}}\"}' } } }\n";
    let channels = read(text).0.unwrap();
    let channel = channels
        .get(&ChannelName::parse("a").unwrap())
        .unwrap()
        .clone();
    let shown = ReplyValues {
        id: "7".to_owned(),
        message: "кавычка \" и \\ и\nстрока".to_owned(),
        ..ReplyValues::default()
    };
    let body = channel.accepted.as_ref().unwrap().body(&shown).unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["why"], shown.message);
}

#[test]
fn rejects_replies_that_would_break_http() {
    let text = r#"
shop:
  reply:
    time_limit: 2h
    accepted: { status: 99, headers: { "X Y": a, Content-Length: 5 }, body: "{{idd}}" }
    refused: { headers: { X-A: "a\r\nSet-Cookie: b" } }
a: { reply: { accepted: { status_text: Принято }, refused: { status_text: "No\r\nX-A: b" } } }
b: { reply: { accepted: { status_text: " " }, refused: { status_text: [No] } } }
"#;
    insta::assert_snapshot!(rendered(text), @r#"
    _channels.yaml:4:17 error: profile/wrong-value `shop.reply.time_limit` cannot be `2h`
     4 |     time_limit: 2h
       |                 ^^
      help: write 500ms or 5s, one minute at most

    _channels.yaml:5:25 error: profile/wrong-value `99` is not a status that a reply can have
     5 |     accepted: { status: 99, headers: { "X Y": a, Content-Length: 5 }, body: "{{idd}}" }
       |                         ^^
      help: write 200, 201, 204, 303, 400 …

    _channels.yaml:5:40 error: profile/wrong-value the header `X Y` cannot be set here
     5 |     accepted: { status: 99, headers: { "X Y": a, Content-Length: 5 }, body: "{{idd}}" }
       |                                        ^^^^^
      help: a header's name consists of Latin letters, digits and `-`

    _channels.yaml:5:50 error: profile/wrong-value the header `Content-Length` cannot be set here
     5 |     accepted: { status: 99, headers: { "X Y": a, Content-Length: 5 }, body: "{{idd}}" }
       |                                                  ^^^^^^^^^^^^^^
      help: the server sets it

    _channels.yaml:5:80 error: profile/unknown-field there is no field `idd`
     5 |     accepted: { status: 99, headers: { "X Y": a, Content-Length: 5 }, body: "{{idd}}" }
       |                                                                                ^^^
      help: did you mean `id`?

    _channels.yaml:6:32 error: profile/wrong-value this cannot be a header's value
     6 |     refused: { headers: { X-A: "a\r\nSet-Cookie: b" } }
       |                                ^^^^^^^^^^^^^^^^^^^^
      help: one line of Latin letters, digits and signs, at most 1000 of them

    _channels.yaml:7:40 error: profile/wrong-value `a.reply.accepted.status_text` cannot be used as a status text
     7 | a: { reply: { accepted: { status_text: Принято }, refused: { status_text: "No\r\nX-A: b" } } }
       |                                        ^^^^^^^
      help: one line of Latin letters, digits and signs, 1 to 100 of them: HTTP has no other letters there; what people read goes into `body`

    _channels.yaml:7:75 error: profile/wrong-value `a.reply.refused.status_text` cannot be used as a status text
     7 | a: { reply: { accepted: { status_text: Принято }, refused: { status_text: "No\r\nX-A: b" } } }
       |                                                                           ^^^^^^^^^^^^^^
      help: one line of Latin letters, digits and signs, 1 to 100 of them: HTTP has no other letters there; what people read goes into `body`

    _channels.yaml:8:40 error: profile/wrong-value `b.reply.accepted.status_text` cannot be used as a status text
     8 | b: { reply: { accepted: { status_text: " " }, refused: { status_text: [No] } } }
       |                                        ^^^
      help: one line of Latin letters, digits and signs, 1 to 100 of them: HTTP has no other letters there; what people read goes into `body`

    _channels.yaml:8:71 error: profile/wrong-type `b.reply.refused.status_text` must be text, but this is a list
     8 | b: { reply: { accepted: { status_text: " " }, refused: { status_text: [No] } } }
       |                                                                       ^
      help: write `No`
    "#);
}

const HOSTILE: &str = "\"\\</script><img src=x onerror=alert(`1`)>&'\u{2028}{{id}}\n";

fn hostile() -> ReplyValues {
    ReplyValues {
        id: "7".to_owned(),
        outcome: "rejected".to_owned(),
        message: HOSTILE.to_owned(),
        channel: "shop".to_owned(),
        ids: "7,8".to_owned(),
    }
}

fn reply(settings: &str, pages: &[(&str, &str)]) -> (Option<ChannelReply>, String) {
    let (channels, shown) = read_with(
        &format!("a: {{ reply: {{ refused: {settings} }} }}\n"),
        pages,
    );
    let name = ChannelName::parse("a").unwrap();
    let answer = channels.and_then(|channels| channels.get(&name).unwrap().refused.clone());
    (answer, shown)
}

#[test]
fn messages_in_replies_are_escaped() {
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
            let (answer, shown) = reply(&format!("{{ type: '{kind}', body: '{body}' }}"), &[]);
            assert_eq!(shown, "");
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
fn json_replies_stay_json_with_helpers_and_conditions() {
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
            let (answer, shown) = reply(
                &format!("{{ type: {kind}, body: '{{\"why\": \"{body}\"}}' }}"),
                &[],
            );
            assert_eq!(shown, "");
            let made = answer.unwrap().body(&hostile()).unwrap();
            assert!(!made.contains(['<', '>', '\u{2028}']), "{made}");
            let read: Value = serde_json::from_str(&made).unwrap();
            assert_eq!(read["why"].as_str().unwrap().trim_end(), wanted);
        }
    }
}

#[test]
fn rejects_values_where_text_could_run_as_code() {
    let text = r#"
a:
  reply:
    refused:
      type: text/html
      body: "<a href='{{message}}' onclick='f(\"{{id}}\")' title={{id}}>{{message}}</a><script>'{{ids}}'</script>"
b: { reply: { accepted: { type: text/html, body: "{{{message}}} {{&message}}" } } }
c: { reply: { accepted: { headers: { Content-Type: text/html } } } }
"#;
    insta::assert_snapshot!(rendered(text), @r##"
    _channels.yaml:6:13 error: profile/bad-template a value is not allowed in the beginning of `href`: a sender's text could run there as code
     6 |       body: "<a href='{{message}}' onclick='f(\"{{id}}\")' title={{id}}>{{message}}</a><script>'{{id
       |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      help: put it between elements, or into the quotes of an attribute such as `title="…"`

    _channels.yaml:6:13 error: profile/bad-template a value is not allowed in `onclick`: a sender's text could run there as code
     6 |       body: "<a href='{{message}}' onclick='f(\"{{id}}\")' title={{id}}>{{message}}</a><script>'{{id
       |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      help: put it between elements, or into the quotes of an attribute such as `title="…"`

    _channels.yaml:6:13 error: profile/bad-template a value is not allowed in a tag without quotes: a sender's text could run there as code
     6 |       body: "<a href='{{message}}' onclick='f(\"{{id}}\")' title={{id}}>{{message}}</a><script>'{{id
       |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      help: put it between elements, or into the quotes of an attribute such as `title="…"`

    _channels.yaml:6:13 error: profile/bad-template a value is not allowed in a script or style: a sender's text could run there as code
     6 |       body: "<a href='{{message}}' onclick='f(\"{{id}}\")' title={{id}}>{{message}}</a><script>'{{id
       |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      help: put it between elements, or into the quotes of an attribute such as `title="…"`

    _channels.yaml:7:51 error: profile/bad-template pages and replies always escape values
     7 | b: { reply: { accepted: { type: text/html, body: "{{{message}}} {{&message}}" } } }
       |                                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^
      help: write two braces: {{name}}

    _channels.yaml:8:38 error: profile/wrong-place the reply's type has a separate key
     8 | c: { reply: { accepted: { headers: { Content-Type: text/html } } } }
       |                                      ^^^^^^^^^^^^
      help: write `type: …` next to `headers`
    "##);
}

#[test]
fn reports_json_that_values_would_break() {
    for body in [
        "{\"id\": {{id}}}",
        "{{message}}",
        "{\"a\": {{json message}}}",
    ] {
        let (answer, shown) = reply(&format!("{{ body: '{body}' }}"), &[]);
        assert!(
            answer.is_some()
                && shown.contains("warning: profile/wrong-value this body is not JSON"),
            "{shown}"
        );
    }
    // a script that calls back with JSON is none, and its text is as safe
    let script = "{ type: text/javascript, body: 'done(\"{{message}}\")' }";
    let (answer, shown) = reply(script, &[]);
    assert_eq!(shown, "");
    let made = answer.unwrap().body(&hostile()).unwrap();
    let quoted = made.strip_prefix("done(").unwrap().strip_suffix(")");
    let read: String = serde_json::from_str(quoted.unwrap()).unwrap();
    assert_eq!(read, HOSTILE);
}

#[test]
fn text_says_in_which_letters_it_is_written() {
    for (written, sent) in [
        ("text/html", "text/html; charset=utf-8"),
        ("text/plain; charset=UTF-8", "text/plain; charset=UTF-8"),
        ("image/svg+xml", "image/svg+xml"),
    ] {
        let settings = format!("{{ type: '{written}', body: '<p>{{{{message}}}}</p>' }}");
        let (answer, shown) = reply(&settings, &[]);
        assert_eq!(answer.unwrap().content_type(), sent, "{shown}");
    }
}

#[test]
fn a_page_template_can_be_a_reply() {
    let page = (
        "thanks.html.hbs",
        "<!doctype html>\n<title>{{outcome}}</title>\n<p>{{message}}</p>\n",
    );
    let (answer, shown) = reply("{ body: { template: thanks.html.hbs } }", &[page]);
    assert_eq!(shown, "");
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
    let shown = mistakes.map(|settings| reply(settings, &[page, broken]).1);
    insta::assert_snapshot!(shown.concat(), @r##"
    _channels.yaml:1:44 error: profile/unknown-template there is no page `thank.html.hbs` in the templates folder
     1 | a: { reply: { refused: { body: { template: thank.html.hbs } } } }
       |                                            ^^^^^^^^^^^^^^
      help: did you mean `thanks.html.hbs`?
    _channels.yaml:1:32 error: profile/wrong-value a page cannot have the type `text/plain`
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
