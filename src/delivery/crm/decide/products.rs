//! The product rows of a record. They can only be set as a whole: rows that stay keep their ids,
//! because the portal deletes any other row together with its payments (REST documentation,
//! "crm.item.productrow.set").

use serde_json::{Map, Number, Value, json};

use super::{Decision, DecisionInput, RecordTarget, TargetOrigin};
use crate::crm::{FieldMap, RecordRef, Write, numbers_equal};
use crate::domain::{
    Explanation, OnUpdate, ProductField, ProductRow, RecordExplanation, RecordPlan,
};

/// Sets the rows, unless the record has them already or the profile keeps those of a found record.
pub(super) fn decide(
    case: &DecisionInput<'_>,
    plan: &RecordPlan,
    target: &RecordTarget,
    decision: &mut Decision,
) {
    let Some(products) = &plan.products else {
        return;
    };
    let kind = plan.kind;
    let there: &[FieldMap] = match target.record {
        RecordRef::Id(_) => &case.found.product_rows,
        RecordRef::Created => &[],
    };
    // rows are set as a whole: a record that an earlier attempt created has all of them or none, and
    // what it has may have been changed since
    let is_kept = match products.on_update {
        OnUpdate::Keep => target.way == TargetOrigin::Found || !there.is_empty(),
        OnUpdate::Fill => !there.is_empty(),
        OnUpdate::Overwrite | OnUpdate::Append => false,
    };
    let about = if is_kept {
        RecordExplanation::ProductsKept
    } else if case.found.cut.products && !there.is_empty() {
        // the portal would delete the rows whose ids were not read
        RecordExplanation::ProductsNotRead(there.len())
    } else if let Some(rows) = changed(&products.rows, there) {
        let about = RecordExplanation::Products(rows.len());
        decision.chain.push(Write::SetProducts {
            kind,
            record: target.record,
            rows,
        });
        about
    } else {
        RecordExplanation::ProductsThere
    };
    decision.explain(Explanation::Record { kind, about });
}

/// Returns the rows to set; `None` if the record has exactly these.
fn changed(wanted: &[ProductRow], there: &[FieldMap]) -> Option<Vec<Map<String, Value>>> {
    let mut left: Vec<Option<&FieldMap>> = there.iter().map(Some).collect();
    let mut is_same = wanted.len() == there.len();
    let rows = wanted.iter().enumerate().map(|(place, row)| {
        let mut fields = fields_of(row);
        let same_product =
            |slot: Option<&FieldMap>| slot.is_some_and(|stored| is_of(&fields, stored));
        let found = left.iter().copied().position(same_product);
        let stored = found.and_then(|found| left.get_mut(found)?.take());
        is_same &= found == Some(place)
            && stored.is_some_and(|stored| {
                fields
                    .iter()
                    .all(|(name, value)| holds(stored, name, value))
            });
        if let Some(id) = stored.and_then(|stored| stored.get("id")) {
            fields.insert("id".to_owned(), id.clone());
        }
        fields.insert("sort".to_owned(), json!((place + 1) * 10));
        fields
    });
    let rows: Vec<_> = rows.collect();
    (!is_same).then_some(rows)
}

/// Returns a row by the portal's names.
fn fields_of(row: &ProductRow) -> Map<String, Value> {
    let mut fields = Map::new();
    for (field, value) in &row.values {
        let text = value.as_str();
        let (name, value) = match field {
            ProductField::Name => ("productName", json!(text)),
            ProductField::ProductId => ("productId", number(text)),
            ProductField::Price => ("price", number(text)),
            ProductField::Quantity => ("quantity", number(text)),
            ProductField::DiscountRate => ("discountRate", number(text)),
            ProductField::DiscountSum => ("discountSum", number(text)),
            ProductField::TaxRate => ("taxRate", number(text)),
            ProductField::TaxIncluded => ("taxIncluded", json!(text)),
            ProductField::MeasureCode => ("measureCode", number(text)),
        };
        fields.insert(name.to_owned(), value);
    }
    // 1 is an amount, 2 a percentage
    let discount = [("discountSum", 1), ("discountRate", 2)];
    let discount = discount
        .into_iter()
        .find(|(name, _)| fields.contains_key(*name));
    if let Some((_, kind)) = discount {
        fields.insert("discountTypeId".to_owned(), json!(kind));
    }
    fields
}

/// Returns the text as a number, or as it is.
fn number(text: &str) -> Value {
    if let Ok(whole) = text.parse::<i64>() {
        return whole.into();
    }
    let number = text.parse::<f64>().ok().and_then(Number::from_f64);
    number.map_or_else(|| text.into(), Value::Number)
}

/// Returns whether a stored row is of the same product: by its id or, for a row without one, by its
/// name.
fn is_of(fields: &Map<String, Value>, stored: &FieldMap) -> bool {
    let name = if fields.contains_key("productId") {
        "productId"
    } else {
        "productName"
    };
    fields
        .get(name)
        .is_some_and(|value| holds(stored, name, value))
}

fn holds(stored: &FieldMap, name: &str, wanted: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    let wanted = text(wanted);
    stored
        .get(name)
        .map(text)
        .is_some_and(|stored| stored == wanted || numbers_equal(&stored, &wanted))
}
