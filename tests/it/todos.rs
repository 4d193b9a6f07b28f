//! To-dos of the responsible employee: created once, with the right deadline, on the right record.

use leadgate::domain::State;
use serde_json::{Value, json};

use crate::gateway::{TestGateway, answer};

const PROFILE: &str = "\
receive: { polls: [5] }
fields: { name: $.data.name, q: $.data.q }
deal: { responsible: 2, fields: { TITLE: \"{{name}} ({{answer_id}})\" } }
comment: none
todo: { title: \"Перезвонить {{name}}\", after: 2h, text: \"{{q}}\" }
";

async fn gateway(profile: &str) -> TestGateway {
    let home = tempfile::TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    std::fs::copy("mappings/_defaults.yaml", folder.join("_defaults.yaml")).unwrap();
    std::fs::write(folder.join("shop.yaml"), profile).unwrap();
    TestGateway::at(home, &[("mappings.dir", folder.to_str().unwrap())]).await
}

fn anna(question: &str) -> Value {
    json!({"name": "Анна", "email": "anna@mail.example", "q": question})
}

fn todos(gateway: &TestGateway) -> Vec<Value> {
    let params = json!({"filter": {"PROVIDER_ID": "CRM_TODO"}, "order": {"ID": "ASC"}});
    let rows = gateway.portal().call("crm.activity.list", params);
    rows["result"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn created_and_found_deals_get_a_todo() {
    let gateway = gateway(PROFILE).await;
    gateway.post_answer(answer(5, 1, anna("Когда?"))).await;
    gateway.settle().await;
    let deal = gateway.deals()[0].clone();
    let params = json!({"id": deal["ID"], "fields": {"ASSIGNED_BY_ID": 3}});
    gateway.portal().call("crm.deal.update", params);
    gateway.post_answer(answer(5, 2, anna("[B]А где?"))).await;
    gateway.settle().await;

    assert_eq!(gateway.deals().len(), 1);
    let todos = todos(&gateway);
    let todo_values =
        |key: &str| -> Vec<&str> { todos.iter().map(|it| it[key].as_str().unwrap()).collect() };
    assert_eq!(todo_values("SUBJECT"), ["Перезвонить Анна"; 2]);
    assert_eq!(todo_values("OWNER_ID"), [deal["ID"].as_str().unwrap(); 2]);
    assert_eq!(todo_values("OWNER_TYPE_ID"), ["2", "2"]);
    assert_eq!(
        todo_values("RESPONSIBLE_ID"),
        ["2", "3"],
        "the employee responsible now"
    );
    assert!(todo_values("DESCRIPTION")[0].starts_with("Когда?\n\nleadgate "));
    assert!(todo_values("DESCRIPTION")[1].starts_with("[\u{2060}B]А где?"));
    for todo in &todos {
        let moment =
            |key: &str| -> jiff::Timestamp { todo[key].as_str().unwrap().parse().unwrap() };
        let left = moment("DEADLINE")
            .duration_since(moment("CREATED"))
            .as_secs();
        assert!((7100..=7200).contains(&left), "{left} s until it is due");
    }
}

#[actix_web::test]
async fn lost_and_refused_replies_never_make_a_second_todo() {
    let faults = [
        "RESET_BEFORE",
        "RESET_AFTER",
        "CUT_BODY",
        "ERROR_AFTER_SAVE",
        "INTERNAL_SERVER_ERROR",
        "BAD_GATEWAY",
    ];
    for code in faults {
        for already_open in [false, true] {
            let gateway = gateway(PROFILE).await;
            if already_open {
                gateway.post_answer(answer(5, 9, anna("раньше"))).await;
                gateway.settle().await;
            }
            let fault = json!({"code": code, "method": "crm.activity.todo.add"});
            gateway
                .portal()
                .inject(serde_json::from_value(fault).unwrap());
            gateway.post_answer(answer(5, 1, anna("?"))).await;
            gateway.settle().await;
            let counters = gateway.portal().counters();
            let answers = 1 + u64::from(already_open);
            assert_eq!(counters.faults, 1, "{code}");
            assert_eq!(
                (counters.records["deal"], counters.activities),
                (1, answers),
                "{code}, open before: {already_open}"
            );
            assert_eq!(gateway.count(State::Delivered).await, answers, "{code}");
        }
    }
}

#[actix_web::test]
async fn text_of_a_person_is_never_a_batch_reference() {
    let gateway = gateway(PROFILE).await;
    let mut hostile = anna("$result[q0]");
    hostile["name"] = json!("$result[q1]");
    gateway.post_answer(answer(5, 1, hostile)).await;
    gateway.settle().await;
    let todos = todos(&gateway);
    assert_eq!(todos[0]["SUBJECT"], "Перезвонить $result[q1]");
    assert!(
        todos[0]["DESCRIPTION"]
            .as_str()
            .unwrap()
            .starts_with("$result[\u{2060}q0]\n\n")
    );
}

#[actix_web::test]
async fn a_flood_makes_one_todo_per_answer() {
    let profile = PROFILE.replace("todo: {", "todo: { on: create,");
    let gateway = gateway(&profile).await;
    let answers = (1..=60).map(|number| {
        // three answers a person: the first makes the deal
        let data = json!({"name": "Я", "email": format!("p{}@mail.example", number / 3)});
        gateway.post_answer(answer(5, number, data))
    });
    futures_util::future::join_all(answers).await;
    gateway.settle().await;
    let counters = gateway.portal().counters();
    assert_eq!((counters.records["deal"], counters.activities), (21, 21));
}
