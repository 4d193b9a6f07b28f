//! The sum of a record with product rows. The portal computes it from the rows unless
//! `IS_MANUAL_OPPORTUNITY` is `Y` (REST documentation, "Deal fields"); a record without rows keeps
//! the sum that was sent.

use super::state::{
    State,
    kind::Kind,
    product::ProductRow,
    record::{FieldValue, Record},
};

/// Replaces the rows of a record, and computes its sum.
pub(super) fn set(state: &mut State, kind: Kind, id: u32, rows: Vec<ProductRow>) {
    state.products.insert((kind, id), rows);
    state.revision += 1;
    let Some(mut record) = state.record(kind, id).cloned() else {
        return;
    };
    if state.products.get(&(kind, id)).is_some_and(Vec::is_empty) {
        state.products.remove(&(kind, id));
        return;
    }
    compute(state, kind, &mut record);
    state.put(kind, record);
}

/// Computes the sum of a record with rows.
pub(super) fn compute(state: &State, kind: Kind, record: &mut Record) {
    let Some(rows) = state.products.get(&(kind, record.id)) else {
        return;
    };
    let table = state.table(kind);
    if table.int(record, "IS_MANUAL_OPPORTUNITY") == Some(1) {
        return;
    }
    let sum: f64 = rows.iter().map(ProductRow::total).sum();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "amounts beyond i64 saturate, as the column would overflow"
    )]
    let hundredths = (sum * 100.0).round() as i64;
    table.set(record, "OPPORTUNITY", Some(FieldValue::Int(hundredths)));
}
