//! Bad input to channels: each request gets its documented reply, nothing panics, nothing is
//! written in part.

use leadgate::domain::State;
use serde_json::json;

use crate::channels::{URLENCODED, gateway_with};
use crate::gateway::{Reply, TestGateway};

const PROFILE: &str = "receive: { channel: shop }\ncomment: full\n\
    deal: { found: always_create, fields: { TITLE: \"из {{channel}}\" } }\n";

fn refused(reply: &Reply, status: u16, words: &str) {
    assert_eq!(reply.status, status, "{words}: {reply:?}");
    assert_eq!(reply.content_type, "application/json");
    let why = reply.body["message"].as_str().unwrap();
    assert!(why.contains(words), "`{words}` is not in `{why}`");
}

async fn shop() -> TestGateway {
    gateway_with(&[("shop.yaml", PROFILE)], &[]).await
}

#[actix_web::test]
async fn invalid_json_is_refused_with_its_place() {
    let gateway = shop().await;
    for (body, status, words) in [
        ("", 400, "ничего нет"),
        (" \r\n", 400, "ничего нет"),
        ("{\n  \"a\": {,}\n}", 400, "строка 2, столбец 9"),
        ("{\"a\": \"", 400, "JSON обрывается"),
        ("7", 422, "объект {…} или список […]"),
        ("\"x\"", 422, "объект {…} или список […]"),
        ("привет", 400, "строка 1, столбец 1"),
        ("{\"a\":\"\u{0}\"}", 400, "управляющий символ"),
    ] {
        refused(&gateway.post("/in/shop", body).await, status, words);
    }
    let broken = [b"{\"a\": \"\xd0\x9c\xd0\xb0\xd1\x80\" \xff}".to_vec()].concat();
    refused(&gateway.post("/in/shop", broken).await, 400, "это не UTF-8");
    refused(
        &gateway.post("/in/shop", "[".repeat(10_000)).await,
        400,
        "вложенность больше 64",
    );
    let deep = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
    refused(
        &gateway.post("/in/shop", deep).await,
        400,
        "вложенность больше 64",
    );
    assert_eq!(
        gateway.count(State::Queued).await + gateway.count(State::Rejected).await,
        0
    );
}

#[actix_web::test]
async fn forms_beyond_the_limits_are_refused_with_the_field() {
    let gateway = shop().await;
    for (body, status, words) in [
        ("a=1&".repeat(20_000), 413, "полей больше 10000"),
        (
            format!("x=1&{}=1", "k".repeat(600)),
            400,
            "имя поля № 2 длиннее 512",
        ),
        (
            format!("a{}=1", "[a]".repeat(100)),
            400,
            "в имени поля № 1 больше 64 уровней",
        ),
        (
            format!("a{}=1", "[".repeat(10_000)),
            400,
            "имя поля № 1 длиннее 512",
        ),
        (
            format!("a{}=1&", "[]".repeat(60)).repeat(4_000),
            413,
            "полей больше 10000",
        ),
    ] {
        refused(
            &gateway.post_in("/in/shop", URLENCODED, body).await,
            status,
            words,
        );
    }
    refused(
        &gateway
            .post_in("/in/shop", URLENCODED, vec![b'a'; 2 << 20])
            .await,
        413,
        "длиннее 1048576 байт",
    );
    let query = "q=".to_owned() + &"x".repeat(20_000);
    refused(
        &gateway.get_in(&format!("/in/shop?{query}")).await,
        414,
        "16384",
    );
}

#[actix_web::test]
async fn unusual_forms_are_read_as_far_as_possible() {
    let gateway = shop().await;
    for body in [
        "a=100%&b=%zz&c=%4",
        "a[7]=x&a[9]=y",
        "a[b=1&c]=2&[d]=3",
        "&&&=&a",
        "a=%FF%FE",
        "a=1&a[b]=2&a[]=3",
        "%00=%00",
        "$result[q0]=x&__proto__[x]=1",
        "a==b==c",
        "a;b=c",
    ] {
        let reply = gateway.post_in("/in/shop", URLENCODED, body).await;
        assert_eq!(reply.status, 200, "{body}: {reply:?}");
    }
    gateway.settle().await;
    assert_eq!(gateway.deals().len(), 10);
    assert_eq!(gateway.deals()[0]["TITLE"], "из shop");
}

#[actix_web::test]
async fn a_broken_multipart_form_is_refused_with_the_number_of_the_part() {
    let gateway = shop().await;
    let header = "multipart/form-data; boundary=B";
    let part = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
    for (body, status, words) in [
        (part.to_owned(), 400, "обрывается в части № 1"),
        (
            format!("{part}--B\r\nContent-Disp"),
            400,
            "обрывается в части № 2",
        ),
        (
            format!("{part}--B\r\nX: y\r\n\r\n1\r\n--B--"),
            400,
            "в части № 2 нет имени поля",
        ),
        (
            format!("{}--B--", part.repeat(20_000)),
            413,
            "полей больше 10000",
        ),
        ("что-то\r\nдругое".to_owned(), 400, "разделителя"),
    ] {
        refused(
            &gateway.post_in("/in/shop", header, body).await,
            status,
            words,
        );
    }
    let file = "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.bin\"\r\n\r\n";
    let large = [file.as_bytes(), &vec![0; 5 << 20], b"\r\n--B--\r\n"].concat();
    assert_eq!(
        gateway.post_in("/in/shop", header, large).await.status,
        200,
        "a file may be larger"
    );
    let huge = [file.as_bytes(), &vec![0; 11 << 20], b"\r\n--B--\r\n"].concat();
    refused(
        &gateway.post_in("/in/shop", header, huge).await,
        413,
        "длиннее 10485760 байт",
    );
    let field = [part.as_bytes(), &vec![b'x'; 2 << 20], b"\r\n--B--\r\n"].concat();
    refused(
        &gateway.post_in("/in/shop", header, field).await,
        413,
        "длиннее 1048576 байт",
    );
    gateway.settle().await;
    let comment = gateway.comments("deal", "1").remove(0);
    assert!(
        comment.contains("a.bin") && comment.contains("5242880"),
        "{comment}"
    );
}

#[actix_web::test]
async fn refuses_bodies_that_are_neither_form_nor_json() {
    let gateway = shop().await;
    for body in [
        &b"hello"[..],
        b"<html><p a='=1'></html>",
        b"\x1f\x8b\x08\x00=",
        b"a\x00=b",
    ] {
        refused(
            &gateway.post_in("/in/shop", "", body.to_vec()).await,
            415,
            "не похоже",
        );
    }
    let packed = gateway
        .posting("/in/shop", URLENCODED, "a=1")
        .header("Content-Encoding", "gzip");
    refused(&gateway.send(packed).await, 415, "Content-Encoding");
    for address in [
        "/in",
        "/in/",
        "/in/a/b",
        "/in/%D0%BA",
        "/in/a%20b",
        "/in/..",
    ] {
        let reply = gateway.post_in(address, "", "a=1").await;
        assert_eq!(reply.status, 404, "{address}: {reply:?}");
    }
    let english = gateway
        .posting("/in/shop", "", "hello")
        .header("Accept-Language", "en");
    refused(&gateway.send(english).await, 415, "neither form fields");
    let options = gateway
        .http()
        .request(reqwest::Method::OPTIONS, gateway.url("/in/shop"));
    refused(&gateway.send(options).await, 405, "GET, POST");
    // a later version may read the four that have an unknown format
    assert_eq!(gateway.count(State::Captured).await, 4);
}

#[actix_web::test]
async fn hostile_text_in_a_form_arrives_unchanged() {
    let profile = "receive: { channel: shop }\nfields: { q: q, name: name }\ncontact: { fields: { NAME: \"{{name}}\", PHONE: { value: \"{{name}}\", search: true } } }\n\
        deal: { found: always_create, fields: { TITLE: \"{{q}}\" } }\n";
    let gateway = gateway_with(&[("shop.yaml", profile)], &[]).await;
    let texts = [
        "$result[q0][ID]",
        "{{name}} {name}",
        "'; DROP TABLE",
        "a&fields[TITLE]=x",
        "<script>",
        "%",
        "[B]x[/B]",
    ];
    for text in texts {
        let form = [("q", text), ("name", "Анна")];
        let request = gateway.http().post(gateway.url("/in/shop"));
        let pairs = form.map(|(key, value)| format!("{key}={}", escape(value)));
        let body = pairs.join("&");
        assert_eq!(gateway.send(request.body(body)).await.status, 200);
        gateway.settle().await;
        assert_eq!(gateway.deals().last().unwrap()["TITLE"], json!(text));
    }
}

fn escape(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
