//! Product rows of an order: written with the record, replaced by repeats, once whatever is lost.

use leadgate::domain::State;
use leadgate::simulator::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::gateway::{TestGateway, answer};

const PROFILE: &str = "\
receive: { polls: [5] }
fields: { name: $.data.name, order: $.data.order, phone: { from: $.data.phone, as: phone } }
contact: { fields: { NAME: \"{{name}}\", PHONE: { value: \"{{phone}}\", search: true } } }
KIND
  fields: { TITLE: \"{{order}}\", FIELD: { value: \"{{order}}\", search: true } }
  products: { each: \"$.data.items[*]\", name: $.name, price: $.price, quantity: $.count, product_id: $.id }
comment: full
";

/// The block, the CRM's field of the order, the short code of the kind.
const KINDS: [(&str, &str, &str); 3] = [
    ("deal:", "UF_CRM_ORDER", "D"),
    ("lead:", "UF_CRM_ORDER", "L"),
    ("item:\n  type: 1036", "title", "T40c"),
];

async fn gateway((block, field, _): (&str, &str, &str)) -> TestGateway {
    let home = tempfile::TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    let mut text = PROFILE.replace("KIND", block).replace("FIELD", field);
    if field == "title" {
        text = text.replace("TITLE: \"{{order}}\", ", "");
    }
    std::fs::write(folder.join("p.yaml"), text).unwrap();
    let gateway = TestGateway::at(home, &[("mappings.dir", folder.to_str().unwrap())]).await;
    for kind in ["deal", "lead"] {
        let field = json!({"FIELD_NAME": "ORDER", "USER_TYPE_ID": "string"});
        let method = format!("crm.{kind}.userfield.add");
        gateway.portal().call(&method, json!({ "fields": field }));
    }
    gateway
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "reads better where it is called"
)]
fn order(items: Value) -> Value {
    json!({"name": "Анна", "phone": "89123456789", "order": "6510", "items": items})
}

fn two() -> Value {
    json!([{"name": "Алгебра", "price": "1 200,50", "count": 2}, {"name": "Доставка", "price": 350, "id": 51}])
}

async fn send(gateway: &TestGateway, packet: Value) {
    let number = gateway.next_answer();
    gateway.post_answer(answer(5, number, packet)).await;
    gateway.settle().await;
}

/// The rows of record 1: `name price quantity product`.
fn rows(gateway: &TestGateway, code: &str) -> Vec<String> {
    let filter = json!({"filter": {"=ownerType": code, "=ownerId": 1}});
    let answer = gateway.portal().call("crm.item.productrow.list", filter);
    let rows = answer["result"]["productRows"].as_array().unwrap();
    let text = |row: &Value| {
        let name = row["productName"].as_str().unwrap();
        format!(
            "{name} {} {} {}",
            row["price"], row["quantity"], row["productId"]
        )
    };
    rows.iter().map(text).collect()
}

fn ids(gateway: &TestGateway, code: &str) -> Vec<Value> {
    let filter = json!({"filter": {"=ownerType": code, "=ownerId": 1}});
    let answer = gateway.portal().call("crm.item.productrow.list", filter);
    let rows = answer["result"]["productRows"].as_array().unwrap();
    rows.iter().map(|row| row["id"].clone()).collect()
}

fn sets(gateway: &TestGateway) -> u64 {
    let counters = gateway.portal().counters();
    let made = counters.commands.get("crm.item.productrow.set");
    made.copied().unwrap_or(0)
}

#[actix_web::test]
async fn deals_leads_and_items_get_the_rows_of_the_order() {
    for kind in KINDS {
        let gateway = gateway(kind).await;
        send(&gateway, order(two())).await;
        let expected = ["Алгебра 1200.5 2.0 0", "Доставка 350.0 1.0 51"];
        assert_eq!(rows(&gateway, kind.2), expected, "{kind:?}");
        let before = ids(&gateway, kind.2);
        // the same order again changes nothing, a packet without goods neither
        send(&gateway, order(two())).await;
        send(&gateway, order(json!([]))).await;
        assert_eq!(
            (rows(&gateway, kind.2).len(), sets(&gateway)),
            (2, 1),
            "{kind:?}"
        );
        // a changed order replaces the rows; one that stays keeps its id
        let changed =
            json!([{"name": "Доставка", "price": 0, "id": 51}, {"name": "Физика", "price": 10}]);
        send(&gateway, order(changed)).await;
        let expected = ["Доставка 0.0 1.0 51", "Физика 10.0 1.0 0"];
        assert_eq!(rows(&gateway, kind.2), expected, "{kind:?}");
        assert_eq!(ids(&gateway, kind.2)[0], before[1], "{kind:?}");
        // a single object in place of the list
        send(&gateway, order(json!({"name": "Химия", "price": 5}))).await;
        assert_eq!(rows(&gateway, kind.2), ["Химия 5.0 1.0 0"], "{kind:?}");
        assert_eq!(gateway.count(State::Delivered).await, 5, "{kind:?}");
    }
}

#[actix_web::test]
async fn an_order_of_several_pages_is_compared_as_a_whole() {
    let gateway = gateway(KINDS[0]).await;
    let many = |price: i64| {
        let rows = (0..120).map(|row| json!({"name": format!("Книга {row}"), "price": price}));
        order(rows.collect())
    };
    let all = |gateway: &TestGateway| {
        let rows = [0, 50, 100].map(|start| {
            let filter = json!({"=ownerType": "D", "=ownerId": 1});
            let page = json!({"filter": filter, "start": start});
            let answer = gateway.portal().call("crm.item.productrow.list", page);
            let rows = answer["result"]["productRows"].as_array().unwrap();
            rows.iter().map(|row| row["id"].clone()).collect::<Vec<_>>()
        });
        rows.concat()
    };
    send(&gateway, many(10)).await;
    let before = all(&gateway);
    assert_eq!(before.len(), 120);
    send(&gateway, many(10)).await;
    assert_eq!(sets(&gateway), 1);
    send(&gateway, many(20)).await;
    assert_eq!((all(&gateway), sets(&gateway)), (before, 2));
}

#[actix_web::test]
async fn the_portal_computes_the_sum_from_the_rows() {
    let gateway = gateway(KINDS[0]).await;
    send(&gateway, order(two())).await;
    assert_eq!(gateway.deals()[0]["OPPORTUNITY"], "2751.00");
}

#[actix_web::test]
async fn rows_are_written_once_whatever_is_lost() {
    let faults = [
        FaultKind::ResetAfter,
        FaultKind::ResetBefore,
        FaultKind::CutBody,
        FaultKind::BadGateway,
        FaultKind::CutBatch { after: 2 },
        FaultKind::CutBatch { after: 3 },
        FaultKind::ResetWithin { after: 3 },
        FaultKind::OperationTimeLimit,
    ];
    for kind in [KINDS[0], KINDS[2]] {
        for fault in &faults {
            let gateway = gateway(kind).await;
            let fault = Fault::once(fault.clone()).on("crm.item.productrow.set");
            gateway.portal().inject(fault.clone());
            send(&gateway, order(two())).await;
            gateway.settle().await;
            assert_eq!(rows(&gateway, kind.2).len(), 2, "{kind:?} {fault:?}");
            let counters = gateway.portal().counters();
            assert_eq!(counters.comments, 1, "{kind:?} {fault:?}");
            assert_eq!(
                gateway.count(State::Delivered).await,
                1,
                "{kind:?} {fault:?}"
            );
        }
    }
}

#[actix_web::test]
async fn refused_rows_are_parked_and_a_replay_uses_the_same_record() {
    let gateway = gateway(KINDS[0]).await;
    let refused = FaultKind::Refused {
        error: "INVALID_ARG_VALUE".into(),
    };
    let fault = Fault::once(refused).on("crm.item.productrow.set");
    gateway.portal().inject(fault);
    send(&gateway, order(two())).await;
    assert_eq!(gateway.count(State::Parked).await, 1);
    gateway.command(&["replay", "5/1"], &[]);
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
    assert_eq!((gateway.deals().len(), rows(&gateway, "D").len()), (1, 2));
}
