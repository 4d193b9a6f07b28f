use serde_json::json;

use super::*;

fn found(path: &str, body: &Value) -> Vec<String> {
    let path = Path::parse(path).unwrap();
    path.find(&Packet::new(body))
        .iter()
        .map(|found| format!("{} = {}", found.place, found.value))
        .collect()
}

#[test]
fn the_usual_spellings_of_a_path_mean_the_same() {
    let body = json!({"raw": ["x", {"q": 7}], "имя": "Анна", "data": {"Ваш телефон": "1"}});
    for path in [
        "$.raw[1].q",
        "$['raw'][1]['q']",
        r#"["raw"][1]["q"]"#,
        "raw[1].q",
        " $.raw[-1].q ",
    ] {
        assert_eq!(found(path, &body), ["$['raw'][1]['q'] = 7"], "{path}");
    }
    assert_eq!(found("имя", &body), ["$['имя'] = \"Анна\""]);
    assert_eq!(
        found("$.data['Ваш телефон']", &body),
        ["$['data']['Ваш телефон'] = \"1\""]
    );
    assert_eq!(found("$.raw[5]", &body), [""; 0]);
    assert_eq!(found("$.raw[-5]", &body), [""; 0]);
    assert_eq!(found("$.имя.deeper", &body), [""; 0]);
}

#[test]
fn queries_return_every_value_with_its_place() {
    let body = json!({"data": {"topics": ["a", "b"], "list": [{"n": 1, "k": "x"}, {"n": 2}]}});
    assert_eq!(
        found("$.data.topics[*]", &body),
        [
            "$['data']['topics'][0] = \"a\"",
            "$['data']['topics'][1] = \"b\""
        ]
    );
    assert_eq!(
        found("$.data.list[?@.n == 2].n", &body),
        ["$['data']['list'][1]['n'] = 2"]
    );
    assert_eq!(found("$..k", &body), ["$['data']['list'][0]['k'] = \"x\""]);
}

#[test]
fn a_simple_path_reads_as_the_full_grammar_reads_it() {
    for path in ["$", "$.a", "$.a.b[0]['c d']", "$[\"q\"][-2]", "$.имя['x']"] {
        let simple = simple::parse(path).unwrap();
        let full = direct_steps(&parse_json_path(path).unwrap()).unwrap();
        assert_eq!(simple, full, "{path}");
    }
    for odd in [
        "$.", "$.a.", "$[01]", "$[-0]", "$.a b", "$.2a", "$['a", "$..a", "$.a[*]",
    ] {
        assert_eq!(simple::parse(odd), None, "{odd}");
    }
}

#[test]
fn rejects_paths_that_would_find_nothing() {
    let messages: Vec<String> = [
        "$.a b",
        "Ваш телефон",
        "$.x[?(@.q in ['A'])]",
        "$.x[?match(@.q, '*a')]",
        "$.x[?@.q =~ 'a']",
        "$.x[?@.q = 'a']",
        "$.data.first-name",
        "$.raw[0",
        "$.a.",
        "$.data[?@.x == ]",
        "",
        "$.a.length()",
    ]
    .iter()
    .map(|path| {
        let bad = Path::parse(path).unwrap_err();
        format!(
            "{path} | {}+{} {}",
            bad.offset,
            bad.length,
            bad.message.in_lang(crate::domain::Lang::En)
        )
    })
    .collect();
    insta::assert_snapshot!(messages.join("\n"), @r"
    $.a b | 3+1 a space inside a path
    Ваш телефон | 3+1 a space inside a path
    $.x[?(@.q in ['A'])] | 9+1 a space inside a path
    $.x[?match(@.q, '*a')] | 17+2 `*a` is not a regular expression, so the test would never match
    $.x[?@.q =~ 'a'] | 9+2 RFC 9535 has no `=~`
    $.x[?@.q = 'a'] | 3+12 a filter has `@.` before the name, `==`, and quotes around a text
    $.data.first-name | 12+1 a `-` inside a name
    $.raw[0 | 5+1 the bracket `[` is not closed
    $.a. | 3+1 the path ends too early
    $.data[?@.x == ] | 15+1 `]` is not allowed here in a path
     | 0+0 the path is empty
    $.a.length() | 3+9 `length()` is a function of another language
    ");
}

#[test]
fn a_test_of_the_packet_has_three_spellings() {
    let body = json!({"header_data": {"form_kind": 2, "poll_id": 1}, "data": {"city": "Пермь"}});
    for (when, wanted) in [
        ("$.header_data[?@.form_kind == 2]", true),
        ("$.header_data[?@.form_kind == 1]", false),
        ("$.header_data[?@.form_kind]", true),
        ("$.header_data.form_kind == 2", true),
        ("$.header_data.form_kind != 2", false),
        (
            "$.header_data.form_kind == 2 && $.data.city == 'Пермь'",
            true,
        ),
        (
            "$.header_data.form_kind == 1 || search($.data.city, '(?i)перм')",
            true,
        ),
        ("!($.header_data.form_kind == 2)", false),
        ("$[?@.form_kind == 2]", true),
        ("$.data.city", true),
        ("$.data.street", false),
        ("$.data[?@ == 'Пермь']", true),
        ("$.data[?@.city == 'Пермь' && @.x]", false),
    ] {
        let holds = When::parse(when).unwrap().matches(&Packet::new(&body));
        assert_eq!(holds, wanted, "{when}");
    }
}

/// Sixty `answers` inside each other, with something wide inside the last one.
fn nested(inside: &Value) -> Value {
    let mut body = json!({"value": 1, "wide": inside});
    for _ in 0..60 {
        body = json!({"value": 1, "answers": body});
    }
    body
}

#[test]
fn finds_queries_that_explode_before_running_them() {
    let wide = nested(&json!(vec![json!({"value": [1]}); 20_000]));
    let long = nested(&json!({"x".repeat(200_000): vec![0; 20_000]}));
    let texts = json!({"list": vec![json!({"t": "a".repeat(50), "p": "(a|b)*{50}"}); 2000]});
    for (path, body) in [
        ("$..answers..value", &wide),
        ("$..answers..value..*", &wide),
        ("$..[?@..value]", &wide),
        ("$..[?count($..value) > 1]", &wide),
        ("$.list[?search(@.t, 'b+$')]", &texts),
        ("$.list[?match(@.t, @.p)]", &texts),
        // the places alone would be gigabytes
        ("$..wide", &long),
        // each value is found inside all those around it
        ("$..answers", &wide),
    ] {
        let path = Path::parse(path).unwrap();
        let packet = Packet::new(body);
        assert_eq!(path.cost(&packet), Err(TooCostly), "{}", path.as_str());
        assert_eq!(path.find(&packet).len(), 0);
    }
    let when = When::parse("$..answers..value == 7").or_else(|_| When::parse("$..answers..value"));
    assert_eq!(when.unwrap().cost(&Packet::new(&wide)), Err(TooCostly));
}

#[test]
fn ordinary_queries_stay_far_below_the_limit() {
    let answers: Vec<Value> = (0..500)
        .map(|n| json!({"code": format!("q{n}"), "value": [n, {"text": "x".repeat(200)}]}))
        .collect();
    let body = json!({"header_data": {"poll_id": 1}, "data": {"answers": answers}});
    for path in [
        "$..value",
        "$.data.answers[?@.code == 'q7'].value[0]",
        "$.data.answers[?search(@.code, '^q7')].value[0]",
        "$..answers[?@.code == 'q7'].value",
        "$..answers..text",
        "$.data.answers[*].value[*].text",
    ] {
        let path = Path::parse(path).unwrap();
        let packet = Packet::new(&body);
        assert!(path.cost(&packet).is_ok(), "{}", path.as_str());
        assert!(!path.find(&packet).is_empty(), "{}", path.as_str());
    }
}

#[test]
fn recognizes_paths_that_can_explode() {
    for (path, can) in [
        ("$..answers..value", true),
        ("$..answers[?@.code == 'x']", true),
        ("$.a[?@..b]", true),
        ("$..value", false),
        ("$.a[?@.b == '..x..y']", false),
        ("$.a['..b..c']", false),
        ("$.a[*].b[*]", false),
    ] {
        assert_eq!(Path::parse(path).unwrap().can_explode(), can, "{path}");
    }
}

fn with_texts() -> Value {
    let cart = json!({
        "orderid": "18", "amount": "7000", "flags": "[1,2]",
        "products": [{"name": "Кружка", "price": 500}, {"name": "Чай", "price": 6500}],
    });
    let roistat = json!({"page": {"url": "https://shop.example/"}, "cart": cart.to_string()});
    json!({
        "payment": cart.to_string(),
        "data": roistat.to_string(),
        "tags": "[\"a\", \"b\"]",
        "orders": [{"lines": "[{\"sku\": 7}]"}, {"lines": [{"sku": 8}]}],
        "note": "[важно] {перезвонить}",
        "broken": "{\"a\": ",
        "price": 1,
    })
}

#[expect(clippy::too_many_lines, reason = "a table")]
#[test]
fn a_path_leads_into_the_json_that_a_text_holds() {
    let body = with_texts();
    for (path, wanted) in [
        (
            "$.payment.amount",
            &["$['payment']['amount'] = \"7000\""][..],
        ),
        (
            "payment.products[0].name",
            &["$['payment']['products'][0]['name'] = \"Кружка\""],
        ),
        (
            "$.payment.products[-1].price",
            &["$['payment']['products'][1]['price'] = 6500"],
        ),
        (
            "$.payment.products[*].name",
            &[
                "$['payment']['products'][0]['name'] = \"Кружка\"",
                "$['payment']['products'][1]['name'] = \"Чай\"",
            ],
        ),
        (
            "$.payment.products[?@.price > 1000].name",
            &["$['payment']['products'][1]['name'] = \"Чай\""],
        ),
        (
            "$.data.page.url",
            &["$['data']['page']['url'] = \"https://shop.example/\""],
        ),
        (
            "$.data.cart.amount",
            &["$['data']['cart']['amount'] = \"7000\""],
        ),
        (
            "$.data.cart.flags[1]",
            &["$['data']['cart']['flags'][1] = 2"],
        ),
        (
            "$.data.cart..orderid",
            &["$['data']['cart']['orderid'] = \"18\""],
        ),
        ("$.tags[1]", &["$['tags'][1] = \"b\""]),
        (
            "$.tags[*]",
            &["$['tags'][0] = \"a\"", "$['tags'][1] = \"b\""],
        ),
        (
            "$.orders[*].lines[0].sku",
            &[
                "$['orders'][0]['lines'][0]['sku'] = 7",
                "$['orders'][1]['lines'][0]['sku'] = 8",
            ],
        ),
        (
            "$..orderid",
            &[
                "$['payment']['orderid'] = \"18\"",
                "$['data']['cart']['orderid'] = \"18\"",
            ],
        ),
        // what stands outside of texts is found as before
        ("$..price", &["$['price'] = 1"]),
    ] {
        let mut found = found(path, &body);
        // `..` has found it in the first layer, and the next one is not needed
        found.truncate(wanted.len());
        assert_eq!(found, wanted[..found.len()], "{path}");
        assert!(!found.is_empty(), "{path}");
    }
    for path in [
        "$.note[0]",
        "$.note.a",
        "$.broken.a",
        "$.price.a",
        "$.payment.nothing",
    ] {
        assert_eq!(found(path, &body), [""; 0], "{path}");
    }
}

#[test]
fn a_text_that_holds_json_is_itself_a_text() {
    let body = with_texts();
    for path in [
        "$.payment",
        "$.data",
        "$.tags",
        "$.orders[0].lines",
        "$.data.cart",
        "$.data.cart.flags",
    ] {
        let path = Path::parse(path).unwrap();
        let packet = Packet::new(&body);
        let found = path.find(&packet);
        assert!(found[0].value.is_string(), "{}", path.as_str());
    }
}

#[test]
fn a_test_looks_into_texts_that_its_paths_lead_into() {
    let body = with_texts();
    for (when, wanted) in [
        ("$.payment.amount == '7000'", true),
        ("$.payment.amount != '7000'", false),
        ("!($.payment.amount == '7000')", false),
        ("$.payment.products[?@.name == 'Чай']", true),
        ("$.payment[?@.amount == '7000']", true),
        ("$.payment.nothing", false),
        ("$.data.cart.orderid == '18' && $.price == 1", true),
        ("search($.data.page.url, 'shop')", true),
        ("$.orders[?@.lines[0].sku == 7]", true),
        ("$.note.x == 1 || $.price == 1", true),
        ("match($.tags, '.*a.*')", true),
        ("$.broken.a", false),
    ] {
        let holds = When::parse(when).unwrap().matches(&Packet::new(&body));
        assert_eq!(holds, wanted, "{when}");
    }
}

#[test]
fn a_hostile_text_is_opened_once_and_within_limits() {
    let many = format!("[{}]", vec!["[]"; 200_000].join(","));
    let deep = (0..8).fold(json!({"a": 1}), |inner, _| json!({"a": inner.to_string()}));
    let body = json!({"many": many, "deep": deep.to_string()});
    let packet = Packet::new(&body);
    let finds = |path: &str| Path::parse(path).unwrap().find(&packet).len();
    assert_eq!(finds("$.many[0]"), 0);
    assert_eq!(finds("$.deep.a"), 1);
    assert_eq!(finds("$.deep.a.a"), 1);
    assert_eq!(finds("$.deep.a.a.a.a"), 0);
}

#[test]
fn a_list_path_finds_all_values_of_a_repeated_name() {
    let body = json!({
        "s": "C", "s[]": ["A", "B", "C"], "o": {"s": "2", "list": ["y"]}, "o[s][]": ["1", "2"],
        "o[list][0][]": ["x", "y"], "x": "only", "real": ["a"], "real[]": ["b"],
    });
    for (path, wanted) in [
        ("$.s", &["$['s'] = \"C\""][..]),
        (
            "$.s[*]",
            &[
                "$['s'][0] = \"A\"",
                "$['s'][1] = \"B\"",
                "$['s'][2] = \"C\"",
            ],
        ),
        ("$.s[0]", &["$['s'][0] = \"A\""]),
        ("$.s[-1]", &["$['s'][-1] = \"C\""]),
        ("$.s[1:]", &["$['s'][1] = \"B\"", "$['s'][2] = \"C\""]),
        ("$.s[?@ == 'B']", &["$['s'][1] = \"B\""]),
        (
            "$.o.s[*]",
            &["$['o']['s'][0] = \"1\"", "$['o']['s'][1] = \"2\""],
        ),
        (
            "$.o.list[0][*]",
            &[
                "$['o']['list'][0][0] = \"x\"",
                "$['o']['list'][0][1] = \"y\"",
            ],
        ),
        ("$.x[*]", &[]),
        ("$.x[0]", &[]),
        ("$.real[*]", &["$['real'][0] = \"a\""]),
        ("$.s[9]", &[]),
    ] {
        assert_eq!(found(path, &body), wanted, "{path}");
    }
    let packet = Packet::new(&body);
    let repeated = |path: &str| {
        let path = Path::parse(path).unwrap();
        path.find_repeated(&packet).map(|found| found.value.clone())
    };
    assert_eq!(repeated("s"), Some(json!(["A", "B", "C"])));
    assert_eq!(repeated("$.o.s"), Some(json!(["1", "2"])));
    assert_eq!(repeated("x"), None);
    assert_eq!(repeated("$..s"), None);
}

#[test]
fn a_path_to_what_the_request_told() {
    let body =
        json!({"request": {"address": "of the body"}, "$request": {"address": "forged"}, "n": 1});
    let source = crate::domain::Source::new("channels", "shop", "1").with_details(
        &json!({"request": {"address": "203.0.113.7", "referer": "https://shop.example/a?b=1", "language": "ru"}}),
    );
    let packet = Packet::of(&source, &body);
    let find = |path: &str| {
        let path = Path::parse(path).unwrap();
        let found = path.find(&packet);
        found
            .first()
            .map(|found| found.value.as_str().unwrap().to_owned())
    };
    for path in [
        "$request.address",
        " $request['address'] ",
        "$request[\"address\"]",
    ] {
        assert_eq!(find(path).as_deref(), Some("203.0.113.7"), "{path}");
    }
    assert_eq!(find("$request.user_agent"), None);
    assert_eq!(find("request.address").as_deref(), Some("of the body"));
    for path in [
        "$request",
        "$request.",
        "$request.adress",
        "$request.a.b",
        "$request[0]",
        "$requests.x",
    ] {
        assert!(Path::parse(path).is_err(), "{path}");
    }
    let advice = Path::parse("$request.adress").unwrap_err().advice;
    assert!(
        advice
            .in_lang(crate::domain::Lang::En)
            .contains("$request.address")
    );
    for (when, wanted) in [
        ("$request.address == '203.0.113.7'", true),
        ("$request.address == 'forged'", false),
        ("search($request.referer, 'b=1') && $.n == 1", true),
        ("!(match($request.language, 'ru.*'))", false),
        ("$request.referer", true),
        ("$request.user_agent", false),
        ("$.n == '$request.address'", false),
    ] {
        let when_ = When::parse(when).unwrap();
        assert_eq!(when_.matches(&packet), wanted, "{when}");
        assert_eq!(when_.asks_request(), when != "$.n == '$request.address'");
    }
    let bare = Packet::new(&body);
    assert!(
        !When::parse("$request.address == '203.0.113.7'")
            .unwrap()
            .matches(&bare)
    );
}

#[test]
fn a_path_to_what_is_known_about_a_poll_or_channel() {
    let details = json!({"poll": {"id": 124, "name": "Open day", "language": "en"}});
    let poll = crate::domain::Source::new("polls", "124", "1").with_details(&details);
    let details = json!({"channel": {"name": "Shop"}, "request": {"language": "ru"}});
    let channel = crate::domain::Source::new("channels", "shop", "1").with_details(&details);
    let (object, list) = (
        json!({"n": 1, "$body": {"n": 2}}),
        json!([{"n": 1}, {"n": 5}]),
    );
    for (source, body, when, wanted) in [
        (&poll, &object, "$poll.language == 'en'", true),
        (&poll, &object, "$poll.id == 124 && $.n == 1", true),
        (&poll, &object, "$poll['name'] == \"Open day\"", true),
        (&poll, &object, "!($poll.language == 'en')", false),
        (&poll, &object, "$poll.name", true),
        (&poll, &object, "$channel.name", false),
        (&channel, &object, "$poll.language == 'en'", false),
        (
            &channel,
            &object,
            "$channel.name == 'Shop' || $.n == 7",
            true,
        ),
        // a body that is a list, or empty
        (&channel, &list, "$request.language == 'ru'", true),
        (
            &channel,
            &list,
            "$request.language == 'ru' && $[0].n == 1",
            true,
        ),
        (
            &channel,
            &list,
            "$request.language == 'ru' && $[1].n == 1",
            false,
        ),
        (
            &channel,
            &list,
            "$[?@.n == 5 && $channel.name == 'Shop']",
            true,
        ),
        (
            &channel,
            &list,
            "$[?@.n == 6 && $channel.name == 'Shop']",
            false,
        ),
        (&channel, &json!([]), "$channel.name == 'Shop'", true),
        (&channel, &json!({}), "$channel.name == 'Shop'", true),
        (&channel, &json!("text"), "$channel.name == 'Shop'", true),
    ] {
        let test = When::parse(when).unwrap_or_else(|bad| panic!("{when}: {bad:?}"));
        let packet = Packet::of(source, body);
        assert_eq!(test.matches(&packet), wanted, "{when} {body}");
        assert!(test.cost(&packet).is_ok(), "{when}");
    }
}

#[test]
fn unknown_facts_are_reported_with_advice() {
    for (path, advice) in [
        ("$poll.poll_language", "$poll.language"),
        ("$poll.title", "$poll.name"),
        ("$channel.nmae", "$channel.name"),
        ("$poll", "id, name, language"),
    ] {
        let bad = Path::parse(path).unwrap_err();
        let text = bad.advice.in_lang(crate::domain::Lang::En);
        assert!(text.contains(advice), "{path}: {text}");
    }
    let bad = When::parse("$.n == 1 && $poll.langauge == 'en'").unwrap_err();
    assert_eq!((bad.offset, bad.length), (12, 14));
    assert!(When::parse("$request.adress == 'x'").is_err());
}

#[test]
fn one_value_in_place_of_a_list_is_its_only_element() {
    let body = json!({
        "items": {"item": {"title": "Mug", "tags": ["a", "b"]}},
        "tag": "x", "empty": [], "none": null, "blank": " ", "bare": {},
    });
    for (path, wanted) in [
        (
            "$.items.item[*].title",
            &["$['items']['item']['title'] = \"Mug\""][..],
        ),
        (
            "$.items.item[0].title",
            &["$['items']['item']['title'] = \"Mug\""],
        ),
        (
            "$.items.item[-1].title",
            &["$['items']['item']['title'] = \"Mug\""],
        ),
        (
            "$.items.item[*].tags",
            &["$['items']['item']['tags'] = [\"a\",\"b\"]"],
        ),
        (
            "$.items.item[0]",
            &["$['items']['item'] = {\"title\":\"Mug\",\"tags\":[\"a\",\"b\"]}"],
        ),
        // another element, a list without elements, and no list at all
        ("$.items.item[1].title", &[]),
        ("$.items.item[*].price", &[]),
        ("$.empty[*]", &[]),
        ("$.none[*]", &[]),
        ("$.blank[0]", &[]),
        ("$.bare[*]", &[]),
        ("$.nowhere[*]", &[]),
        ("$.tag[*]", &[]),
        ("$.tag[0]", &[]),
        ("$.items[?@.x].title", &[]),
    ] {
        assert_eq!(found(path, &body), wanted, "{path}");
    }
}
