//! `products` of a record: where the goods are, and what a row of the CRM gets from each.

use super::field_rules::Used;
use super::fields::{self, FieldContext};
use crate::authoring::Normaliser;
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::block::Sp;
use crate::authoring::raw::field::{RawField, RawMissing, RawUnknown};
use crate::authoring::raw::products::RawProducts;
use crate::authoring::raw::record::RawRecord;
use crate::authoring::yaml::Text;
use crate::domain::{OnUpdate, ProductField, bilingual};
use crate::mapping::field::DeclaredField;
use crate::mapping::normalise;
use crate::mapping::path::Path;
use crate::mapping::profile::{ProductRules, Receive};

/// Compiles the block of a record.
pub(super) fn compile(
    record: &RawRecord,
    raw: &RawProducts,
    context: &FieldContext<'_>,
    used: &mut Used,
    problems: &mut Problems,
) -> Option<ProductRules> {
    let Some(each) = &raw.each else {
        let message = bilingual!(
            "`products` does not say where the goods are: `each` is missing",
            "в `products` не сказано, где товары: нет `each`"
        );
        let advice = bilingual!(
            "add `each: $.items[*]`, a path to the goods of the packet",
            "добавьте `each: $.items[*]` — путь к товарам в пакете"
        );
        problems.error(Code::MissingKey, &raw.place, message, advice);
        return None;
    };
    let is_named = |(field, _): &(ProductField, RawField)| {
        matches!(field, ProductField::Name | ProductField::ProductId)
    };
    if !raw.values.iter().any(is_named) {
        let message = bilingual!(
            "a product row needs a `name` or a `product_id`",
            "строке товара нужен `name` или `product_id`"
        );
        let advice = bilingual!(
            "add `name: $.name`; paths begin at the row",
            "добавьте `name: $.name`; пути начинаются от строки"
        );
        problems.error(Code::MissingKey, &raw.place, message, advice);
    }
    warn_of_sum(record, problems);
    // paths of a row begin at the row, not at the packet
    let nowhere = Receive::default();
    let of_row = FieldContext {
        receive: &nowhere,
        declared: context.declared,
        tables: context.tables,
        country: context.country,
    };
    let mut values: Vec<(ProductField, DeclaredField)> = Vec::new();
    for (field, written) in &raw.values {
        check_missing(written, problems);
        if constant(*field, written, problems) {
            continue;
        }
        let value = fields::one(&with_form(*field, written), &of_row, used, problems);
        values.extend(value.map(|value| (*field, value)));
    }
    let update_fields = record.update_fields.as_ref().is_none_or(|flag| flag.value);
    let default = if update_fields {
        OnUpdate::Overwrite
    } else {
        OnUpdate::Keep
    };
    Some(ProductRules {
        each: rows(each, context.receive, problems)?,
        values,
        on_update: raw.on_update.as_ref().map_or(default, |word| word.value),
    })
}

/// Returns the path of the rows.
fn rows(each: &Text, receive: &Receive, problems: &mut Problems) -> Option<Path> {
    let rows = fields::path(each, receive, problems)?;
    if rows.ends_in_a_name() && !each.value.contains("..") {
        let written = each.value.trim();
        let root = if written.starts_with('$') { "" } else { "$." };
        let of_rows = written.rsplit_once("[*].");
        if let Some((list, name)) = of_rows.filter(|(_, name)| !name.contains(['.', '['])) {
            let message = bilingual!(
                "`each: {written}` finds values of rows, not the rows: there are no products",
                "`each: {written}` находит значения строк, а не сами строки: товаров не будет"
            );
            let advice = bilingual!(
                "write `each: {list}[*]`, and `$.{name}` at the value of a row",
                "напишите `each: {list}[*]`, а `$.{name}` — у значения строки"
            );
            problems.warn(Code::BadPath, &each.place, message, advice);
            return Some(rows);
        }
        let message = bilingual!(
            "`each: {written}` names the list itself, not its rows: there are no products",
            "`each: {written}` указывает на сам список, а не на его строки: товаров не будет"
        );
        let advice = bilingual!(
            "write `each: {root}{written}[*]`",
            "напишите `each: {root}{written}[*]`"
        );
        problems.warn(Code::BadPath, &each.place, message, advice);
    }
    Some(rows)
}

/// Returns the value with the normaliser that the CRM's field needs, unless the profile names one.
fn with_form(field: ProductField, written: &RawField) -> RawField {
    let usual = match field {
        // quantities and rates are no amounts of money: `1.500` is one and a half
        ProductField::Name
        | ProductField::Quantity
        | ProductField::DiscountRate
        | ProductField::TaxRate => return written.clone(),
        ProductField::ProductId | ProductField::MeasureCode => Normaliser::Integer,
        ProductField::Price | ProductField::DiscountSum => Normaliser::Money,
        ProductField::TaxIncluded => Normaliser::Bool,
    };
    let mut value = written.clone();
    value.form.get_or_insert_with(|| Sp {
        value: usual,
        place: written.key.place.clone(),
    });
    value
}

/// `quantity: 1`, `price: 100 руб`: a value in place of a path.
fn constant(field: ProductField, written: &RawField, problems: &mut Problems) -> bool {
    let [text] = written.from.as_slice() else {
        return false;
    };
    let value = text.value.trim();
    let key = field.as_str();
    let is_number = value.starts_with(|c: char| c.is_ascii_digit());
    if !is_number {
        return false;
    }
    let right = match field {
        ProductField::Name => None,
        _ => normalise::money(value.trim_end_matches('%')),
    };
    let right = right.unwrap_or_else(|| value.replace('"', "'"));
    let message = bilingual!(
        "`{key}` takes a path of the row, not the value itself",
        "в `{key}` пишут путь внутри строки, а не само значение"
    );
    let advice = bilingual!(
        "write `{key}: {{ value: \"{right}\" }}`",
        "напишите `{key}: {{ value: \"{right}\" }}`"
    );
    problems.error(Code::BadPath, &text.place, message, advice);
    true
}

/// A row cannot reject the submission: the sender is answered before rows are made.
fn check_missing(written: &RawField, problems: &mut Problems) {
    let missing = written.missing.as_ref();
    let missing = missing.filter(|word| word.value == RawMissing::Reject);
    let unknown = written.unknown.as_ref();
    let unknown = unknown.filter(|word| word.value == RawUnknown::Like(RawMissing::Reject));
    let places = missing
        .map(|word| &word.place)
        .into_iter()
        .chain(unknown.map(|word| &word.place));
    for place in places {
        let message = bilingual!(
            "a product row cannot reject the submission",
            "строка товара не может отклонить обращение"
        );
        let advice = bilingual!(
            "write `park` to leave it to a person",
            "напишите `park`, чтобы решал человек"
        );
        problems.error(Code::WrongValue, place, message, advice);
    }
}

/// The portal computes the sum of a record with rows, unless the sum is said to be set by hand.
fn warn_of_sum(record: &RawRecord, problems: &mut Problems) {
    let find = |names: [&str; 2]| names.into_iter().find_map(|name| record.fields.get(name));
    let sum = find(["OPPORTUNITY", "opportunity"]);
    let by_hand = find(["IS_MANUAL_OPPORTUNITY", "isManualOpportunity"]);
    if let (Some(sum), None) = (sum, by_hand) {
        let (name, flag) = match sum.key.value.as_str() {
            "OPPORTUNITY" => ("OPPORTUNITY", "IS_MANUAL_OPPORTUNITY"),
            _ => ("opportunity", "isManualOpportunity"),
        };
        let message = bilingual!(
            "the portal computes `{name}` from the product rows and ignores this value",
            "портал считает `{name}` по товарам и не берёт это значение"
        );
        let advice = bilingual!(
            "remove it, or add `{flag}: true` if it includes more than the goods",
            "уберите его или добавьте `{flag}: true`, если в сумму входят не только товары"
        );
        problems.warn(Code::WrongPlace, &sum.key.place, message, advice);
    }
}
