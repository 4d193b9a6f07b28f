//! Who may connect a poll.

use serde_json::{Value, json};

use crate::gateway::{Reply, TestGateway};

async fn connect(gateway: &TestGateway, employee: &str) -> Reply {
    gateway
        .post_poll(json!({"poll_id": 123, "poll_name": "П", "poll_language": "ru", "employee_email": employee}))
        .await
}

fn refused(reply: &Reply, employee: &str) {
    assert_eq!(
        (reply.status, &reply.body["is_successful"]),
        (403, &json!(false))
    );
    assert_eq!(reply.body["message"], "Опросная форма с ID 123 не создана");
    assert_eq!(reply.body["poll_id"], 123);
    let why = reply.body["description"].as_str().unwrap();
    assert!(
        why.starts_with(&format!("Недостаточно прав у пользователя {employee}")),
        "{why}"
    );
}

#[actix_web::test]
async fn off_lets_everybody_connect_even_without_an_email() {
    let gateway = TestGateway::start().await;
    assert_eq!(connect(&gateway, "anybody@else.example").await.status, 200);
    assert_eq!(gateway.post_poll(json!({"poll_id": 123})).await.status, 200);
}

#[actix_web::test]
async fn the_list_holds_addresses_and_domains() {
    let gateway = TestGateway::with(&[
        ("polls.employees.check", "listed"),
        ("polls.employees.listed", "hse.example, boss@else.example"),
    ])
    .await;
    for employee in ["Somebody@HSE.example", "<boss@else.example>"] {
        assert_eq!(connect(&gateway, employee).await.status, 200, "{employee}");
    }
    for employee in [
        "clerk@else.example",
        "x@sub.hse.example",
        "x@nothse.example",
    ] {
        refused(&connect(&gateway, employee).await, employee);
    }
    let nobody = gateway.post_poll(json!({"poll_id": 123})).await;
    assert_eq!(nobody.status, 403);
    assert!(
        nobody.body["description"]
            .as_str()
            .unwrap()
            .contains("employee_email")
    );
}

#[actix_web::test]
async fn only_active_employees_may_connect() {
    let gateway = TestGateway::with(&[("polls.employees.check", "portal")]).await;
    assert_eq!(connect(&gateway, "Ivanova@hse.example").await.status, 200);
    let users = gateway.portal().call("user.get", json!({}))["result"].clone();
    let of = |wanted: fn(&Value) -> bool| {
        let row = users
            .as_array()
            .unwrap()
            .iter()
            .find(|row| wanted(row))
            .unwrap();
        row["EMAIL"].as_str().unwrap().to_owned()
    };
    let dismissed = of(|row| row["ACTIVE"] == json!(false));
    let outsider = of(|row| row["USER_TYPE"] == "extranet");
    for employee in [
        "nobody@hse.example",
        "_vanova@hse.example",
        &dismissed,
        &outsider,
    ] {
        refused(&connect(&gateway, employee).await, employee);
    }
    // nothing was registered for them: the only activation is Ivanova's
    let again = connect(&gateway, "ivanova@hse.example").await;
    assert!(
        again.body["description"]
            .as_str()
            .unwrap()
            .contains("(2-й раз)"),
        "{again:?}"
    );
}

#[actix_web::test]
async fn departments_limit_who_may_connect() {
    let gateway = TestGateway::with(&[]).await;
    let users = gateway.portal().call(
        "user.get",
        json!({"FILTER": {"=EMAIL": "ivanova@hse.example"}}),
    );
    let department = users["result"][0]["UF_DEPARTMENT"][0].as_i64().unwrap();
    for (departments, status) in [(department, 200), (department + 1000, 403)] {
        let gateway = TestGateway::with(&[
            ("polls.employees.check", "portal"),
            ("polls.employees.departments", &departments.to_string()),
        ])
        .await;
        assert_eq!(
            connect(&gateway, "ivanova@hse.example").await.status,
            status
        );
    }
}

#[actix_web::test]
async fn an_unreachable_portal_makes_the_sender_retry() {
    let gateway = TestGateway::with(&[("polls.employees.check", "portal")]).await;
    gateway
        .portal()
        .inject(crate::delivery::fault("BAD_GATEWAY", 1));
    let reply = connect(&gateway, "ivanova@hse.example").await;
    assert_eq!(
        (reply.status, &reply.body["is_successful"]),
        (503, &json!(false))
    );
    assert!(reply.retry_after.is_some());
    assert_eq!(connect(&gateway, "ivanova@hse.example").await.status, 200);
}

/// Returns the description in a reply with this status.
fn description(reply: &Reply, status: u16) -> String {
    assert_eq!(reply.status, status, "{:?}", reply.body);
    reply.body["description"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_wrong_address_is_said_to_be_wrong() {
    let listed = ("polls.employees.listed", "hse.example");
    for settings in [
        &[("polls.employees.check", "listed"), listed][..],
        &[("polls.employees.check", "portal")],
    ] {
        let gateway = TestGateway::with(settings).await;
        for typed in ["junk", "anna@", "a b@hse.example", "a@b@hse.example"] {
            let why = description(&connect(&gateway, typed).await, 403);
            let expected = format!("`{typed}` — не адрес e-mail");
            assert!(why.contains(&expected), "{why}");
        }
        for missing in ["", "  "] {
            let why = description(&connect(&gateway, missing).await, 403);
            assert!(why.contains("нет employee_email"), "{why}");
        }
    }
}

#[actix_web::test]
async fn a_pattern_lists_a_domain_or_the_domains_below_it() {
    let gateway = TestGateway::with(&[
        ("polls.employees.check", "listed"),
        ("polls.employees.listed", "*@hse.example, *.edu.example"),
    ])
    .await;
    for employee in ["a@hse.example", "a@x.edu.example", "a@y.x.edu.example"] {
        assert_eq!(connect(&gateway, employee).await.status, 200, "{employee}");
    }
    for employee in ["a@x.hse.example", "a@edu.example", "a@xedu.example"] {
        refused(&connect(&gateway, employee).await, employee);
    }
}

#[actix_web::test]
async fn a_webhook_without_the_scope_is_named_as_the_reason() {
    let gateway = TestGateway::with(&[("polls.employees.check", "portal")]).await;
    gateway.portal().set_scopes(&["crm"]);
    let why = description(&connect(&gateway, "ivanova@hse.example").await, 503);
    for part in ["портал", "insufficient_scope", "user_basic"] {
        assert!(why.contains(part), "{why}");
    }
    assert!(!why.contains("не отвечает"), "{why}");
}

#[actix_web::test]
async fn employees_of_departments_below_may_connect_unless_the_settings_say_no() {
    // department 5 is below department 1
    for (sub_departments, status) in [("true", 200), ("false", 403)] {
        let gateway = TestGateway::with(&[
            ("polls.employees.check", "portal"),
            ("polls.employees.departments", "1"),
            ("polls.employees.sub_departments", sub_departments),
        ])
        .await;
        let users = gateway.portal().call("user.get", json!({}))["result"].clone();
        let below = users.as_array().unwrap().iter().find(|row| {
            row["ACTIVE"] == json!(true)
                && row["UF_DEPARTMENT"] == json!([5])
                && row["USER_TYPE"] == "employee"
        });
        let employee = below.unwrap()["EMAIL"].as_str().unwrap().to_owned();
        let reply = connect(&gateway, &employee).await;
        assert_eq!(reply.status, status, "{:?}", reply.body);
    }
}
