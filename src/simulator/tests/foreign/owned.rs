//! What belongs to records: contacts of companies, product rows, requisites.

use serde_json::{Value, json};

use super::{filled, missing, ok, options, refused};
use crate::simulator::Portal;

#[test]
fn contacts_of_a_company_are_changed_from_both_sides() {
    let portal = filled();
    for name in ["Борис", "Вера"] {
        ok(
            &portal,
            "crm.contact.add",
            json!({"fields": {"NAME": name}}),
        );
    }
    let items = || {
        let rows = ok(&portal, "crm.company.contact.items.get", json!({"id": 1}));
        let rows = rows.as_array().cloned().unwrap_or_default();
        rows.iter()
            .filter_map(|it| it["CONTACT_ID"].as_u64())
            .collect::<Vec<_>>()
    };
    let one = |contact: u32| json!({"id": 1, "fields": {"CONTACT_ID": contact}});
    assert_eq!(ok(&portal, "crm.company.contact.add", one(2)), true);
    assert_eq!(ok(&portal, "crm.company.contact.add", one(2)), false);
    assert_eq!(
        ok(&portal, "crm.contact.get", json!({"id": 2}))["COMPANY_ID"],
        "1"
    );
    let set =
        json!({"id": 1, "items": [{"CONTACT_ID": 3, "SORT": 200}, {"CONTACT_ID": 1, "SORT": 100}]});
    ok(&portal, "crm.company.contact.items.set", set);
    assert_eq!(items(), [1, 3]);
    let item = ok(&portal, "crm.item.get", json!({"entityTypeId": 4, "id": 1}))["item"].clone();
    assert_eq!(item["contactIds"], json!([1, 3]));
    assert_eq!(ok(&portal, "crm.company.contact.delete", one(3)), true);
    ok(
        &portal,
        "crm.company.update",
        json!({"id": 1, "fields": {"CONTACT_ID": [2, 3]}}),
    );
    assert_eq!(items(), [2, 3]);
    ok(
        &portal,
        "crm.company.contact.items.delete",
        json!({"id": 1}),
    );
    assert_eq!(items(), [0; 0]);
    assert_eq!(
        refused(&portal, "crm.company.contact.add", one(99)).1,
        "The parameter 'fields' is not valid."
    );
    assert_eq!(
        refused(&portal, "crm.company.contact.items.get", json!({"id": 99})).1,
        "Not found."
    );
}

#[test]
fn product_rows_are_written_one_by_one() {
    let portal = filled();
    let row = json!({"ownerId": 1, "ownerType": "D", "productName": "Курс", "price": 90000, "quantity": 1,
                     "discountTypeId": 2, "discountRate": 10, "taxRate": 10, "sort": 10});
    let row =
        ok(&portal, "crm.item.productrow.add", json!({ "fields": row }))["productRow"].clone();
    assert_eq!(
        (
            &row["priceExclusive"],
            &row["priceNetto"],
            &row["priceBrutto"]
        ),
        (&json!(81818.18), &json!(90909.09), &json!(100_000.0))
    );
    assert_eq!(row["discountSum"], 9090.91);
    let half = json!({"id": row["id"], "fields": {"quantity": 2, "discountRate": 0}});
    assert_eq!(
        ok(&portal, "crm.item.productrow.update", half)["productRow"]["quantity"],
        2.0
    );
    assert_eq!(
        ok(&portal, "crm.deal.get", json!({"id": 1}))["OPPORTUNITY"],
        "180000.00"
    );
    let foreign = json!({"id": row["id"], "fields": {"ownerId": 2}});
    assert_eq!(
        refused(&portal, "crm.item.productrow.update", foreign).0,
        "INVALID_ARG_VALUE"
    );
    let classic = ok(&portal, "crm.deal.productrows.get", json!({"id": 1}));
    assert_eq!(
        (&classic[0]["OWNER_TYPE"], &classic[0]["PRICE_ACCOUNT"]),
        (&json!("D"), &json!("90000.00"))
    );
}

#[test]
fn product_rows_are_replaced_the_old_way() {
    let portal = filled();
    let rows = json!([{"PRODUCT_NAME": "Б", "PRICE": 5, "SORT": 20}, {"PRODUCT_NAME": "А", "PRICE": 7, "SORT": 10}]);
    ok(
        &portal,
        "crm.deal.productrows.set",
        json!({"id": 1, "rows": rows}),
    );
    let filter = json!({"filter": {"=ownerType": "D", "=ownerId": 1, ">price": 6}, "order": {"price": "desc"}});
    let found = portal.call("crm.item.productrow.list", filter);
    assert_eq!(
        (
            &found["result"]["productRows"][0]["productName"],
            &found["total"]
        ),
        (&json!("А"), &json!(1))
    );
    let percent = json!({"id": 1, "rows": [{"PRODUCT_NAME": "А", "DISCOUNT_TYPE_ID": 2}]});
    assert!(
        refused(&portal, "crm.deal.productrows.set", percent)
            .1
            .starts_with("Discount Rate")
    );
    let first = found["result"]["productRows"][0]["id"].clone();
    ok(
        &portal,
        "crm.item.productrow.delete",
        json!({ "id": first }),
    );
    assert_eq!(
        refused(&portal, "crm.item.productrow.get", json!({ "id": first })).0,
        "NOT_FOUND"
    );
}

#[test]
fn requisites_have_bank_accounts_and_addresses_that_a_snapshot_keeps() {
    let portal = filled();
    let fields = json!({"ENTITY_TYPE_ID": 4, "ENTITY_ID": 1, "PRESET_ID": 1, "NAME": "Основные", "RQ_INN": "7714"});
    ok(&portal, "crm.requisite.add", json!({ "fields": fields }));
    let row = ok(&portal, "crm.requisite.get", json!({"id": 1}));
    assert_eq!(
        missing(&row, "MODIFY_BY_ID ACTIVE RQ_CEO_NAME RQ_CPF"),
        [""; 0]
    );
    assert_eq!(
        (&row["SORT"], &row["RQ_VAT_PAYER"], &row["DATE_MODIFY"]),
        (&json!("500"), &json!("N"), &json!(""))
    );
    let account = json!({"ENTITY_ID": 1, "NAME": "Расчётный", "RQ_BIK": "044525225"});
    assert_eq!(
        ok(
            &portal,
            "crm.requisite.bankdetail.add",
            json!({ "fields": account })
        ),
        1
    );
    ok(
        &portal,
        "crm.requisite.bankdetail.update",
        json!({"id": 1, "fields": {"COMMENTS": "старый"}}),
    );
    let address = json!({"TYPE_ID": 6, "ENTITY_TYPE_ID": 8, "ENTITY_ID": 1, "CITY": "Москва"});
    ok(&portal, "crm.address.add", json!({ "fields": address }));
    assert_eq!(
        refused(&portal, "crm.address.add", json!({ "fields": address })).1,
        "TypeAddress exists."
    );
    let wrong = json!({"fields": {"ENTITY_ID": 9}});
    assert_eq!(
        refused(&portal, "crm.requisite.bankdetail.add", wrong).1,
        "ENTITY_ID is not defined or invalid."
    );

    let copy = Portal::new(options());
    copy.restore(portal.snapshot()).unwrap();
    let detail = ok(&copy, "crm.requisite.bankdetail.get", json!({"id": 1}));
    assert_eq!(
        (&detail["COMMENTS"], &detail["RQ_SWIFT"]),
        (&json!("старый"), &Value::Null)
    );
    let addresses = ok(
        &copy,
        "crm.address.list",
        json!({"filter": {"ENTITY_TYPE_ID": 8}}),
    );
    assert_eq!(
        (&addresses[0]["CITY"], &addresses[0]["ANCHOR_TYPE_ID"]),
        (&json!("Москва"), &json!("4"))
    );
    ok(&copy, "crm.company.delete", json!({"id": 1}));
    let gone = refused(&copy, "crm.requisite.bankdetail.get", json!({"id": 1}));
    assert_eq!(gone.1, "The RequisiteBankDetail with ID '1' is not found");
}
