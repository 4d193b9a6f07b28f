//! Product rows: what real shops send, and what is no row.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::rendered;
use crate::authoring::ProfileFile;
use crate::domain::{Lang, ParkReason, Source};
use crate::mapping::{MappingOutcome, compile};

/// Compiles a profile with these `products`, and maps a body.
fn outcome(products: &str, body: &Value) -> MappingOutcome {
    let file = ProfileFile {
        name: "shop.yaml".to_owned(),
        text: format!(
            "receive: {{ channel: shop }}\ndeal:\n  fields: {{ TITLE: x }}\n  products: {products}\n"
        ),
    };
    let compiled = compile(&file, None, &BTreeMap::new());
    let (profile, _) = compiled.unwrap_or_else(|problems| panic!("{problems:?}"));
    let source = Source::new("channels", "shop", "1");
    profile.plan(&source, "2025-07-21T09:00:00Z".parse().unwrap(), body)
}

/// Returns the rows as `name=A price=1`, and the notes.
fn rows(products: &str, body: &Value) -> (Vec<String>, Vec<String>) {
    let MappingOutcome::Plan(plan) = outcome(products, body) else {
        panic!("{body}")
    };
    let record = plan.crm().unwrap().record.as_ref().unwrap();
    let rows = record.products.iter().flat_map(|products| &products.rows);
    let rows = rows.map(|row| {
        let values = row.values.iter();
        let values = values.map(|(field, value)| format!("{}={}", field.as_str(), value.as_str()));
        values.collect::<Vec<_>>().join(" ")
    });
    let notes = plan.notes.iter().map(|note| note.to_text(Lang::En));
    (rows.collect(), notes.collect())
}

/// Returns a row with its values in alphabetical order.
fn sorted(row: &str) -> String {
    let mut values: Vec<&str> = row.split(' ').collect();
    values.sort_unstable();
    values.join(" ")
}

const USUAL: &str = "{ each: \"$.items[*]\", name: [$.name, $.title], price: $.price, quantity: $.count, product_id: $.id }";

#[test]
fn rows_are_made_of_the_goods_of_real_shops() {
    let row = "name=A price=1200 quantity=2";
    let exact = "name=A price=1200.00 quantity=2";
    for (items, expected) in [
        (json!([{"name": "A", "price": 1200, "count": 2}]), vec![row]),
        (
            json!([{"title": "A", "price": "1 200", "count": "2"}]),
            vec![row],
        ),
        (
            json!([{"name": "A", "price": "1 200,00 ₽", "count": "2"}]),
            vec![exact],
        ),
        (
            json!([{"name": "A", "price": "1200.00", "count": 2}]),
            vec![exact],
        ),
        // PHP writes a list with gaps as an object, and some shops one row without a list
        (
            json!({"0": {"name": "A", "price": 1200, "count": 2}, "7": {"id": 51}}),
            vec![row, "product_id=51"],
        ),
        (json!({"name": "A", "price": 1200, "count": 2}), vec![row]),
        // values that a row may lack
        (json!([{"name": "A"}]), vec!["name=A"]),
        (
            json!([{"name": "A", "price": 0, "count": "1,500 кг"}]),
            vec!["name=A price=0 quantity=1.500"],
        ),
        (
            json!([{"name": "A", "price": null, "count": ""}]),
            vec!["name=A"],
        ),
        (
            json!([{"id": "51", "price": 1}]),
            vec!["product_id=51 price=1"],
        ),
        (
            json!([{"name": "$result[q0]", "price": 1}]),
            vec!["name=$result[q0] price=1"],
        ),
        // no goods
        (json!([]), vec![]),
        (json!(null), vec![]),
        (json!({}), vec![]),
    ] {
        let (found, notes) = rows(USUAL, &json!({ "items": items }));
        let expected: Vec<String> = expected.into_iter().map(sorted).collect();
        let found: Vec<String> = found.iter().map(|row| sorted(row)).collect();
        assert_eq!(found, expected, "{items}");
        assert_eq!(notes, [""; 0], "{items}");
    }
    // rows may be plain texts
    let texts = "{ each: \"$.items[*]\", name: $ }";
    let (found, _) = rows(texts, &json!({"items": ["A", "B"]}));
    assert_eq!(found, ["name=A", "name=B"]);
}

#[test]
fn numbers_and_rates_have_no_marks_between_thousands() {
    let rates = "{ each: \"$.items[*]\", name: $.name, price: $.price, \
                 discount_rate: $.discount, tax_rate: $.vat }";
    let row = |price: Value, discount: Value, vat: Value| {
        let item = json!({"name": "A", "price": price, "discount": discount, "vat": vat});
        rows(rates, &json!({ "items": [item] })).0
    };
    assert_eq!(
        row(json!(83.333), json!(33.333), json!("16.667")),
        ["name=A price=83.33 discount_rate=33.333 tax_rate=16.667"]
    );
    assert_eq!(
        row(json!("1.500"), json!("12,5 %"), json!("20%")),
        ["name=A price=1500 discount_rate=12.5 tax_rate=20"]
    );
}

#[test]
fn what_cannot_be_read_is_noted_with_its_place_in_the_packet() {
    let items =
        json!([{"name": "A", "price": "договорная", "count": "много"}, {"price": 5}, {"id": 0}]);
    let (found, notes) = rows(USUAL, &json!({ "items": items }));
    assert_eq!(found, ["name=A"]);
    assert_eq!(
        notes,
        [
            "deal.products.price: an amount of money cannot be read at $['items'][0]['price']",
            "deal.products.quantity: a number cannot be read at $['items'][0]['count']",
            "deal.products: the row at $['items'][1] has no name and no product: left out",
            "deal.products: the row at $['items'][2] has no name and no product: left out",
        ]
    );
}

#[test]
fn rows_beyond_the_most_are_left_out_with_a_note() {
    let items = |count: usize| json!({ "items": vec![json!({"name": "A"}); count] });
    let (found, notes) = rows(USUAL, &items(1_000));
    assert_eq!((found.len(), notes), (1_000, vec![]));
    let (found, notes) = rows(USUAL, &items(1_002));
    assert_eq!(found.len(), 1_000);
    assert_eq!(
        notes,
        ["deal.products: there are more than 1000 rows: left out from $['items'][1000] on"]
    );
}

#[test]
fn a_row_can_park_the_submission() {
    let strict = "{ each: \"$.items[*]\", name: $.name, price: { from: $.price, missing: park } }";
    let body = json!({"items": [{"name": "A", "price": 1}, {"name": "B"}]});
    let MappingOutcome::Park { reason, note } = outcome(strict, &body) else {
        panic!()
    };
    assert_eq!(reason, ParkReason::MissingValue);
    assert_eq!(note.about, "deal.products.price");
    let map =
        "{ each: \"$.items[*]\", product_id: { from: $.sku, map: { a: 51 }, unknown: park } }";
    let outcome = outcome(map, &json!({"items": [{"sku": "b"}]}));
    assert!(matches!(outcome, MappingOutcome::Park { .. }));
}

#[test]
fn mistakes_are_reported() {
    let check = |products: &str, fields: &str| {
        rendered(&format!(
            "receive: {{ channel: shop }}\ndeal:\n  fields: {{ {fields} }}\n  products: {products}\n"
        ))
    };
    for (products, expected) in [
        ("{ name: $.name }", "`each` is missing"),
        (
            "{ each: \"$.items[*]\", price: $.price }",
            "needs a `name` or a `product_id`",
        ),
        ("{ each: \"$.items[\", name: $.name }", "profile/bad-path"),
        (
            "{ each: \"$.items[*]\", name: $.name, prise: 1 }",
            "did you mean `price`?",
        ),
        (
            "{ each: \"$.items[*]\", name: { from: $.name, missing: reject } }",
            "cannot reject the submission",
        ),
        (
            "{ each: \"$.items[*]\", name: $.name, on_update: append }",
            "cannot be `append`",
        ),
        ("$.items[*]", "must be a block of keys"),
    ] {
        let problems = check(products, "TITLE: x");
        assert!(problems.contains(expected), "{products}: {problems}");
    }
    let good = "{ each: \"$.items[*]\", name: $.name }";
    assert_eq!(check(good, "TITLE: x"), "");
    let summed = check(good, "TITLE: x, OPPORTUNITY: 5");
    assert!(
        summed.contains("computes `OPPORTUNITY` from the product rows"),
        "{summed}"
    );
    let by_hand = check(
        good,
        "TITLE: x, OPPORTUNITY: 5, IS_MANUAL_OPPORTUNITY: true",
    );
    assert_eq!(by_hand, "");
}
