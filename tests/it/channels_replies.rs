//! Channels: replies by the settings of `_channels.yaml`.

use serde_json::{Value, json};

use crate::channels::{URLENCODED, gateway_with};
use crate::channels_guard::{PROFILE, SECRET, accepted, guarded, refused};

#[actix_web::test]
async fn the_settings_determine_the_reply() {
    let gateway = guarded(
        "shop:\n  reply:\n    accepted:\n      status: 201\n      type: text/plain; charset=utf-8\n      \
         headers: { Access-Control-Allow-Origin: \"*\", X-From: leadgate }\n      body: \"{{outcome}} {{id}} {channel}\"\n    \
         refused: { status: 200, body: '{\"ok\": false, \"why\": \"{{message}}\"}' }\n",
    )
    .await;
    let response = gateway
        .posting("/in/shop", "", "order=1")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["x-from"], "leadgate");
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert_eq!(
        response.headers()["content-type"],
        "text/plain; charset=utf-8"
    );
    let text = response.text().await.unwrap();
    let words: Vec<&str> = text.split(' ').collect();
    assert_eq!(
        (words[0], words[1].len(), words[2]),
        ("accepted", 32, "shop")
    );
    let reply = gateway
        .post_in("/in/shop", "application/json", "{\"a\": \"")
        .await;
    assert_eq!((reply.status, &reply.body["ok"]), (200, &json!(false)));
    assert!(reply.body["why"].as_str().unwrap().contains("столбец"));
}

#[actix_web::test]
async fn a_sender_waits_for_the_crm_up_to_the_channels_limit() {
    let profile = format!("{PROFILE}reply: delivered\n");
    let channels = "shop: { reply: { time_limit: 300ms } }\n";
    let gateway = gateway_with(
        &[("shop.yaml", &profile), ("_channels.yaml", channels)],
        &[],
    )
    .await;
    let reply = gateway.post_in("/in/shop", "", "order=1").await;
    assert_eq!(
        (reply.status, &reply.body["outcome"]),
        (200, &json!("delivered"))
    );
    assert_eq!(
        gateway.deals().len(),
        1,
        "it exists when the sender gets the reply"
    );
    let slow = json!({"code": "HOLD_REPLY", "ms": 1500, "times": {"next": 1}});
    gateway
        .portal()
        .inject(serde_json::from_value(slow).unwrap());
    let reply = gateway.post_in("/in/shop", "", "order=2").await;
    assert_eq!(
        (reply.status, &reply.body["outcome"]),
        (202, &json!("waiting"))
    );
    gateway.settle().await;
    assert_eq!(gateway.deals().len(), 2);
}

#[actix_web::test]
async fn one_request_with_many_submissions_gets_a_result_for_each() {
    let profile = "receive: { channel: shop }\nidentity: \"{{order}}\"\n\
        fields: { order: { from: order, missing: reject } }\n\
        deal: { found: always_create, fields: { TITLE: \"{{order}}\" } }\n";
    let channels = "shop: { each: \"$.orders[*]\" }\n";
    let gateway = gateway_with(&[("shop.yaml", profile), ("_channels.yaml", channels)], &[]).await;
    let body = json!({"orders": [{"order": 1}, {"order": "2"}, {"order": 1}, {"x": 3}]});
    let reply = gateway.post("/in/shop", body.to_string()).await;
    assert_eq!(
        (reply.status, &reply.body["status"]),
        (207, &json!("partial"))
    );
    let outcomes: Vec<&Value> = reply.body["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| &result["outcome"])
        .collect();
    assert_eq!(
        outcomes
            .iter()
            .filter(|outcome| **outcome == "accepted")
            .count(),
        2
    );
    assert_eq!(outcomes[3], "rejected");
    assert_eq!(
        reply.body["results"][0]["id"],
        reply.body["results"][2]["id"]
    );
    gateway.settle().await;
    assert_eq!(gateway.deals().len(), 2);
    refused(&gateway.post("/in/shop", "{}").await, 422, "nothing-inside");
    let many = json!({"orders": vec![json!({"order": 1}); 501]});
    refused(
        &gateway.post("/in/shop", many.to_string()).await,
        413,
        "too-long",
    );
    // a form can have many, too
    let reply = gateway
        .post_in(
            "/in/shop",
            URLENCODED,
            "orders[][order]=8&orders[][order]=9",
        )
        .await;
    assert_eq!(
        (
            reply.status,
            reply.body["results"].as_array().unwrap().len()
        ),
        (200, 2)
    );
}

#[actix_web::test]
async fn tilda_gets_the_replies_it_expects() {
    let profile = "receive: { channel: tilda }\nfields: { name: Name, phone: { from: Phone, as: phone }, source: utm_source }\n\
        contact: { fields: { NAME: \"{{name}}\", PHONE: { value: \"{{phone}}\", search: true } } }\n\
        deal: { found: always_create, fields: { TITLE: \"{{name}}\", UTM_SOURCE: \"{{source}}\" } }\n";
    let channels = format!("tilda: {{ preset: tilda, token: {{ field: api_key, {SECRET} }} }}\n");
    let files = [
        ("tilda.yaml", profile),
        ("_channels.yaml", channels.as_str()),
        ("secret.txt", "s3cr3t"),
    ];
    let gateway = gateway_with(&files, &[]).await;
    let ping = gateway.post_in("/in/tilda", URLENCODED, "test=test").await;
    assert_eq!((ping.status, &ping.body["outcome"]), (200, &json!("ping")));
    let form = "Name=%D0%9E%D0%BB%D1%8C%D0%B3%D0%B0&Phone=%2B7+(900)+555-01-42&api_key=s3cr3t&tranid=4410022%3A90017713\
        &formid=form771204&COOKIES=_ym_uid%3D17%3B+TILDAUTM%3Dutm_source%253Dya%257C%257C%257Cutm_campaign%253Dwinter";
    accepted(&gateway.post_in("/in/tilda", URLENCODED, form).await);
    // two more attempts, a minute apart, are the same submission
    for _ in 0..2 {
        assert_eq!(
            gateway.post_in("/in/tilda", URLENCODED, form).await.body["outcome"],
            "repeated"
        );
    }
    gateway.settle().await;
    let deals = gateway.deals();
    assert_eq!(deals.len(), 1);
    assert_eq!(
        (&deals[0]["TITLE"], &deals[0]["UTM_SOURCE"]),
        (&json!("Ольга"), &json!("ya"))
    );
    assert_eq!(gateway.contacts()[0]["PHONE"][0]["VALUE"], "+79005550142");
}
