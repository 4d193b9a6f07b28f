//! Product rows are set as a whole, once, and rows that stay keep their ids.

use super::*;
use crate::crm::FieldMap;
use crate::domain::{DroppedBecause, DroppedValue, ProductField, ProductRow, ProductsPlan};

fn wanted(rows: &[(&str, &str, &str)], on_update: OnUpdate) -> CrmJob {
    let mut job = job();
    let rows = rows.iter().map(|(name, price, quantity)| ProductRow {
        values: vec![
            (ProductField::Name, Personal::from(*name)),
            (ProductField::Price, Personal::from(*price)),
            (ProductField::Quantity, Personal::from(*quantity)),
        ],
        place: "$['items'][0]".into(),
    });
    job.plan.record.as_mut().unwrap().products = Some(ProductsPlan {
        rows: rows.collect(),
        on_update,
    });
    job
}

fn stored(id: i64, name: &str, price: f64, quantity: f64) -> FieldMap {
    let row = json!({"id": id, "productName": name, "price": price, "quantity": quantity, "productId": 0});
    row.as_object().unwrap().clone().into_iter().collect()
}

fn with_rows(rows: Vec<FieldMap>) -> Findings {
    Findings {
        by_contact: vec![deal(9, 84)],
        product_rows: rows,
        ..found(vec![row(84, &[PHONE], &[EMAIL])])
    }
}

/// The rows that are set, as `id name price quantity sort`.
fn set(decision: &Decision) -> Option<Vec<String>> {
    decision.chain.iter().find_map(|write| match write {
        Write::SetProducts { rows, .. } => Some(
            rows.iter()
                .map(|row| {
                    let text =
                        |name: &str| row.get(name).map_or("-".to_owned(), ToString::to_string);
                    let names = ["id", "productName", "price", "quantity", "sort"];
                    names.map(text).join(" ")
                })
                .collect(),
        ),
        _ => None,
    })
}

#[test]
fn a_new_record_gets_its_rows_before_its_comment() {
    let decision = decided(
        &wanted(&[("A", "1200.50", "2")], OnUpdate::Keep),
        &found(vec![]),
    );
    assert!(matches!(
        decision.chain.as_slice(),
        [
            Write::AddContact { .. },
            Write::AddRecord { .. },
            Write::SetProducts {
                record: RecordRef::Created,
                ..
            },
            Write::AddComment { .. }
        ]
    ));
    assert_eq!(set(&decision).unwrap(), ["- \"A\" 1200.5 2 10"]);
}

#[test]
fn a_found_record_gets_them_if_they_differ_and_rows_that_stay_keep_their_ids() {
    let two: &[(&str, &str, &str)] = &[("A", "10", "1"), ("B", "20.00", "2")];
    let there = || vec![stored(5, "A", 10.0, 1.0), stored(6, "B", 20.0, 2.0)];
    for (rows, expected) in [
        (there(), None),
        (vec![], Some(vec!["- \"A\" 10 1 10", "- \"B\" 20.0 2 20"])),
        (
            vec![stored(5, "A", 11.0, 1.0), stored(6, "B", 20.0, 2.0)],
            Some(vec!["5 \"A\" 10 1 10", "6 \"B\" 20.0 2 20"]),
        ),
        (
            vec![stored(6, "B", 20.0, 2.0), stored(5, "A", 10.0, 1.0)],
            Some(vec!["5 \"A\" 10 1 10", "6 \"B\" 20.0 2 20"]),
        ),
        (
            [there(), vec![stored(7, "C", 1.0, 1.0)]].concat(),
            Some(vec!["5 \"A\" 10 1 10", "6 \"B\" 20.0 2 20"]),
        ),
        (
            vec![stored(6, "B", 20.0, 2.0)],
            Some(vec!["- \"A\" 10 1 10", "6 \"B\" 20.0 2 20"]),
        ),
    ] {
        let decision = decided(&wanted(two, OnUpdate::Overwrite), &with_rows(rows.clone()));
        let expected = expected.map(|rows| rows.into_iter().map(str::to_owned).collect());
        assert_eq!(set(&decision), expected, "{rows:?}");
    }
    // the same product twice is two rows
    let twice: &[(&str, &str, &str)] = &[("A", "10", "1"), ("A", "10", "1")];
    let decision = decided(&wanted(twice, OnUpdate::Overwrite), &with_rows(there()));
    assert_eq!(
        set(&decision).unwrap(),
        ["5 \"A\" 10 1 10", "- \"A\" 10 1 20"]
    );
}

#[test]
fn the_profile_may_keep_or_only_fill_the_rows_of_a_found_record() {
    let rows: &[(&str, &str, &str)] = &[("A", "10", "1")];
    let other = || vec![stored(5, "B", 1.0, 1.0)];
    for (on_update, there, is_set) in [
        (OnUpdate::Keep, vec![], false),
        (OnUpdate::Keep, other(), false),
        (OnUpdate::Fill, other(), false),
        (OnUpdate::Fill, vec![], true),
        (OnUpdate::Overwrite, other(), true),
    ] {
        let decision = decided(&wanted(rows, on_update), &with_rows(there));
        assert_eq!(set(&decision).is_some(), is_set, "{on_update:?}");
    }
    // the record of an earlier attempt is ours: its rows may be missing
    let mut job = wanted(rows, OnUpdate::Keep);
    job.uncertain = true;
    let findings = Findings {
        own_record: Some(deal(9, 84)),
        ..with_rows(vec![])
    };
    assert!(set(&decided(&job, &findings)).is_some());
    // what a manager has changed since stays
    for (on_update, is_set) in [
        (OnUpdate::Keep, false),
        (OnUpdate::Fill, false),
        (OnUpdate::Overwrite, true),
    ] {
        job.plan.record.as_mut().unwrap().products = wanted(rows, on_update)
            .plan
            .record
            .and_then(|record| record.products);
        let findings = Findings {
            own_record: Some(deal(9, 84)),
            ..with_rows(other())
        };
        let decision = decided(&job, &findings);
        assert_eq!(set(&decision).is_some(), is_set, "{on_update:?}");
    }
    // a record that is left alone
    let mut job = wanted(rows, OnUpdate::Overwrite);
    job.plan.record.as_mut().unwrap().found = Found::Ignore;
    assert_eq!(set(&decided(&job, &with_rows(vec![]))), None);
}

#[test]
fn rows_stay_if_not_all_of_them_could_be_read() {
    let job = wanted(&[("A", "10", "1")], OnUpdate::Overwrite);
    let mut findings = with_rows(vec![stored(5, "B", 1.0, 1.0)]);
    findings.cut.products = true;
    let decision = decided(&job, &findings);
    assert_eq!(set(&decision), None);
    let dropped = DroppedValue::all(&decision.explanation);
    assert_eq!(
        (dropped[0].field.as_str(), dropped[0].why),
        ("deal.products", DroppedBecause::TooManyRows)
    );
}

#[test]
fn a_row_of_the_catalogue_is_recognised_by_its_product() {
    let mut job = wanted(&[("A", "10", "1")], OnUpdate::Overwrite);
    let products = job.plan.record.as_mut().unwrap().products.as_mut().unwrap();
    products.rows[0]
        .values
        .push((ProductField::ProductId, "51".into()));
    products.rows[0]
        .values
        .push((ProductField::DiscountSum, "2".into()));
    let mut there = stored(5, "An older name", 10.0, 1.0);
    there.insert("productId".into(), json!(51));
    let decision = decided(&job, &with_rows(vec![there]));
    let Some(Write::SetProducts { rows, .. }) = decision
        .chain
        .iter()
        .find(|write| matches!(write, Write::SetProducts { .. }))
    else {
        panic!()
    };
    assert_eq!(
        (&rows[0]["id"], &rows[0]["productId"]),
        (&json!(5), &json!(51))
    );
    assert_eq!(rows[0]["discountTypeId"], json!(1));
}
