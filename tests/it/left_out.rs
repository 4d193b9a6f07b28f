//! Values that could not be used are recorded in the history as data, and counted.

use leadgate::domain::{DroppedBecause, DroppedValue, ValueKind};
use leadgate::journal::{Filter, Journal};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gateway::{TestGateway, answer};

/// The tests of a process share its metrics, so the profile has a unique name.
const PROFILE: &str = "name: Что не записано
receive: { default: true }
fields:
  name: $.data.name
  phone: { from: [$.data.mobile, $.data.phone], as: phone }
  day: { from: $.data.day, as: date, default: '2026-01-01' }
  size: { from: $.data.size, map: { s: маленький } }
  kept: { from: $.data.kept, map: { s: маленький }, unknown: keep }
  other: { from: $.data.other, map: { s: маленький }, default: другой }
  never: { from: $.data.name, as: date, when: { name: absent } }
  raw: $.data.raw
contact:
  fields:
    NAME: '{{name}}'
    PHONE: { value: '{{phone}}', search: true }
    EMAIL: '{{raw}}'
deal:
  fields:
    TITLE: 'Т {{name}} {{day}} {{size}} {{kept}} {{other}} {{never}}'
    UF_CRM_CITY: { value: '{{raw}}', as: label, unknown: skip }
    UF_CRM_TOWN: { value: '{{raw}}', as: label, unknown: default, default: Москва }
";

async fn gateway() -> TestGateway {
    let home = TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    std::fs::write(folder.join("left-out.yaml"), PROFILE).unwrap();
    let gateway = TestGateway::at(home, &[("mappings.dir", folder.to_str().unwrap())]).await;
    for name in ["CITY", "TOWN"] {
        let fields = json!({"FIELD_NAME": name, "USER_TYPE_ID": "enumeration", "LIST": [{"VALUE": "Москва"}]});
        let added = gateway
            .portal()
            .call("crm.deal.userfield.add", json!({ "fields": fields }));
        assert!(added.get("error").is_none(), "{added}");
    }
    gateway
}

/// Returns the left-out values of each submission, the newest first.
fn dropped(gateway: &TestGateway, filter: &Filter) -> Vec<Vec<DroppedValue>> {
    let store = gateway.home.path().join("data").join("leadgate.db");
    let store = leadgate::store::Store::open_read_only(&store).unwrap();
    let entries = Journal::new(store, leadgate::intake::sources())
        .list(filter, 9)
        .unwrap();
    entries.into_iter().map(|entry| entry.left_out).collect()
}

async fn counted(gateway: &TestGateway) -> Vec<(String, u64)> {
    let page = gateway.http().get(gateway.url("/metrics")).send().await;
    let page = page.unwrap().text().await.unwrap();
    let mut fields: Vec<(String, u64)> = page
        .lines()
        .filter(|line| line.starts_with("leadgate_values_left_out_total{"))
        .filter(|line| line.contains("profile=\"left-out\""))
        .filter_map(|line| {
            let (_, field) = line.split_once("field=\"")?;
            let (field, _) = field.split_once('"')?;
            let (_, count) = line.rsplit_once(' ')?;
            Some((field.to_owned(), count.parse().ok()?))
        })
        .collect();
    fields.sort();
    fields
}

#[actix_web::test]
async fn exactly_the_left_out_values_are_reported_and_counted() {
    let gateway = gateway().await;
    // in a test the first access sets up the counters
    assert_eq!(counted(&gateway).await, []);
    let send = async |number: i64, data: Value| {
        let reply = gateway.post_answer(answer(1, number, data)).await;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        gateway.settle().await;
    };
    let good =
        json!({"name": "Анна", "phone": "8 912 345-67-89", "day": "2026-11-22", "size": "s"});
    send(1, good).await;
    let odd = json!({
        "name": "Анна", "mobile": "нет", "phone": "8 912 345-67-89", "day": "завтра", "size": "xl", "kept": "xl",
        "other": "xl", "raw": "Урюпинск",
    });
    send(2, odd).await;
    let all = dropped(&gateway, &Filter::default());
    assert_eq!(all[1], []);
    let place = |name: &str| Some(format!("$['data']['{name}']"));
    let expected = [
        (
            "fields.phone",
            place("mobile"),
            DroppedBecause::Unreadable(ValueKind::Phone),
        ),
        (
            "fields.day",
            place("day"),
            DroppedBecause::Unreadable(ValueKind::Date),
        ),
        ("fields.size", place("size"), DroppedBecause::NotInMap),
        (
            "contact.fields.EMAIL",
            place("raw"),
            DroppedBecause::Unreadable(ValueKind::Email),
        ),
        ("deal.UF_CRM_CITY", place("raw"), DroppedBecause::NotInList),
    ];
    let expected = expected.map(|(field, place, why)| DroppedValue {
        field: field.to_owned(),
        place,
        why,
    });
    assert_eq!(all[0], expected);
    let filter = Filter {
        left_out: true,
        ..Filter::default()
    };
    assert_eq!(dropped(&gateway, &filter), [expected.to_vec()]);
    let mut fields: Vec<(String, u64)> = expected
        .into_iter()
        .map(|dropped| (dropped.field, 1))
        .collect();
    fields.sort();
    assert_eq!(counted(&gateway).await, fields, "by profile and field");
}
