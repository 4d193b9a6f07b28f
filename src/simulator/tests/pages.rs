//! The pages: what they show, and that markup stays text.

use serde_json::json;

use super::{ok, wire::Site};

async fn page(site: &Site, path: &str) -> (u16, String) {
    let response = site
        .client
        .get(format!("{}{path}", site.root))
        .send()
        .await
        .expect("an answer");
    let policy = response
        .headers()
        .get("content-security-policy")
        .and_then(|it| it.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
    let status = response.status().as_u16();
    (status, response.text().await.expect("a body"))
}

#[actix_web::test]
async fn every_tab_has_its_own_count() {
    let site = Site::start();
    for name in ["one", "two"] {
        let fields = json!({"fields": {"TITLE": name}});
        ok(&site.portal, "crm.company.add", fields);
    }
    let (_, text) = page(&site, "/sandbox?lang=en").await;
    for tab in ["Companies <b>2</b>", "Notices <b>0</b>", "Calls <b>2</b>"] {
        assert!(text.contains(tab), "{tab}: {text}");
    }
}

#[actix_web::test]
async fn every_page_opens_and_markup_stays_text() {
    let site = Site::start();
    let evil = "<script>alert('x')</script>";
    let phone = json!([{"VALUE": evil}]);
    ok(
        &site.portal,
        "crm.contact.add",
        json!({"fields": {"NAME": evil, "PHONE": phone}}),
    );
    let fields = json!({"TITLE": evil, "CONTACT_ID": 1, "COMMENTS": evil, "UF_CRM_TOPICS": [45], "SOURCE_ID": evil});
    ok(&site.portal, "crm.deal.add", json!({"fields": fields}));
    ok(
        &site.portal,
        "crm.lead.add",
        json!({"fields": {"TITLE": evil, "NAME": evil}}),
    );
    let comment =
        json!({"ENTITY_TYPE": "deal", "ENTITY_ID": 1, "COMMENT": format!("[B]да[/B] {evil}")});
    ok(
        &site.portal,
        "crm.timeline.comment.add",
        json!({"fields": comment}),
    );
    let todo = json!({"ownerTypeId": 2, "ownerId": 1, "deadline": "2026-03-02", "title": evil});
    ok(&site.portal, "crm.activity.todo.add", todo);
    let item = json!({"entityTypeId": 1036, "fields": {"title": evil, "contactId": 1}});
    ok(&site.portal, "crm.item.add", item);
    let company = json!({"TITLE": evil, "PHONE": [{"VALUE": evil}]});
    ok(
        &site.portal,
        "crm.company.add",
        json!({ "fields": company }),
    );
    let requisite =
        json!({"ENTITY_TYPE_ID": 4, "ENTITY_ID": 1, "PRESET_ID": 1, "NAME": evil, "RQ_INN": evil});
    ok(
        &site.portal,
        "crm.requisite.add",
        json!({ "fields": requisite }),
    );
    let bind = json!({"id": 1, "fields": {"COMPANY_ID": 1}});
    ok(&site.portal, "crm.contact.company.add", bind);
    let notice = json!({"USER_ID": 6, "MESSAGE": format!("[B]да[/B] {evil}"), "TAG": evil, "CLIENT_ID": "x"});
    ok(&site.portal, "im.notify.personal.add", notice);
    let call = json!({"USER_ID": 6, "PHONE_NUMBER": "+79062195047", "TYPE": 2, "LINE_NUMBER": evil,
        "CRM_ENTITY_TYPE": "CONTACT", "CRM_ENTITY_ID": 1});
    ok(&site.portal, "telephony.externalCall.register", call);
    for path in [
        "/sandbox",
        "/sandbox/telephony",
        "/sandbox/employee/6",
        "/sandbox/items",
        "/sandbox/notices",
        "/sandbox/dynamic_1036/1",
        "/sandbox?pipeline=1",
        "/sandbox/leads",
        "/sandbox/contacts?q=%3Cscript%3E",
        "/sandbox/companies?q=%3Cscript%3E",
        "/sandbox/company/1",
        "/sandbox/calls?lang=en",
        "/sandbox/deal/1",
        "/sandbox/lead/1",
        "/sandbox/contact/1",
    ] {
        let (status, html) = page(&site, path).await;
        assert_eq!(status, 200, "{path}");
        assert!(!html.contains(evil), "{path}");
    }
    let (_, html) = page(&site, "/sandbox/deal/1").await;
    for part in [
        "<b>да</b>",
        "Бакалавриат",
        "Интересующие темы",
        "UF_CRM_TOPICS",
        "/sandbox/contact/1",
    ] {
        assert!(html.contains(part), "{part}");
    }
    assert_eq!(page(&site, "/sandbox/deal/99").await.0, 404);
    assert_eq!(page(&site, "/sandbox/nowhere").await.0, 404);
}

#[actix_web::test]
async fn notices_items_and_the_time_of_methods_are_shown() {
    let site = Site::start();
    let steer = json!({"bucket": null, "operating": 480, "cost": {"crm.item.add": 61.5}});
    let limits = format!("{}/sandbox/control/limits", site.root);
    let answer = site.client.post(limits).json(&steer).send().await;
    assert_eq!(answer.expect("an answer").status(), 200);
    let item = json!({"entityTypeId": 1036, "fields": {"title": "Договор"}});
    site.post("crm.item.add", item).await.expect("an answer");
    let notice = json!({"USER_ID": 6, "MESSAGE": "Звоните [B]сегодня[/B]"});
    ok(&site.portal, "im.notify.system.add", notice);

    let (_, items) = page(&site, "/sandbox/items").await;
    assert!(items.contains("/sandbox/dynamic_1036/1"), "{items}");
    let (_, notices) = page(&site, "/sandbox/notices").await;
    assert!(notices.contains("система → Мария Иванова"), "{notices}");
    assert!(notices.contains("Звоните <b>сегодня</b>"), "{notices}");
    let (_, calls) = page(&site, "/sandbox/calls?lang=en").await;
    assert!(calls.contains("<b>61.5</b>/480 s"), "{calls}");
}

#[actix_web::test]
async fn buttons_work_from_the_portals_own_pages_only() {
    let site = Site::start();
    let press = |what: &str, from: &'static str, body: &'static str| {
        site.client
            .post(format!("{}/sandbox/do/{what}", site.root))
            .header("sec-fetch-site", from)
            .body(body)
            .send()
    };
    let answer = press("fault", "cross-site", "code=BAD_GATEWAY")
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 403);
    let form = "code=BAD_GATEWAY&back=//evil.example";
    let answer = press("fault", "same-origin", form)
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 303);
    assert_eq!(answer.headers()["location"], "/sandbox");
    let calls = site.post("profile", json!({})).await.expect("an answer");
    assert_eq!(calls.0, 502);
    ok(&site.portal, "crm.deal.add", json!({}));
    let before = site.portal.revision();
    press("reset", "same-origin", "back=/sandbox")
        .await
        .expect("an answer");
    assert_eq!(site.deals(), 0);
    assert!(site.portal.revision() > before, "the revision must change");
}
