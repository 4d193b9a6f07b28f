//! Values of product rows: they are paths from the row, and no fixed values.

use crate::authoring::Normaliser;
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::field::RawField;
use crate::authoring::raw::products::RawProducts;
use crate::authoring::raw::record::RawRecord;
use crate::authoring::yaml::Text;
use crate::domain::{ProductField, bilingual};
use crate::mapping::normalise::money;

/// Checks the products of a record.
pub(super) fn check(record: &RawRecord, problems: &mut Problems) {
    let Some(products) = &record.products else {
        return;
    };
    for (field, written) in &products.values {
        for path in &written.from {
            from_root(products, *field, path, problems);
        }
        if matches!(field, ProductField::ProductId | ProductField::MeasureCode) {
            ids(*field, written, problems);
        }
        if *field != ProductField::Name {
            no_number(*field, written, problems);
        }
    }
}

/// `each: $.items[*]` with `name: $.items[*].title`: paths begin at the row.
fn from_root(products: &RawProducts, field: ProductField, path: &Text, problems: &mut Problems) {
    let Some(each) = &products.each else { return };
    let list = each
        .value
        .trim()
        .trim_end_matches("[*]")
        .trim_end_matches(".*");
    let written = path.value.trim();
    let Some(rest) = written.strip_prefix(list) else {
        return;
    };
    if list.len() < 3 || !rest.starts_with(['[', '.']) {
        return;
    }
    let rest = rest
        .strip_prefix("[*]")
        .or_else(|| rest.strip_prefix("[0]"))
        .or_else(|| rest.strip_prefix(".*"))
        .unwrap_or(rest);
    if rest.is_empty() {
        return;
    }
    let key = field.as_str();
    let message = bilingual!(
        "paths of a row begin at the row: `{written}` finds nothing in it",
        "пути строки начинаются от строки: `{written}` в ней ничего не найдёт"
    );
    let advice = bilingual!("write `{key}: ${rest}`", "напишите `{key}: ${rest}`");
    problems.warn(Code::BadPath, &path.place, message, advice);
}

/// A table whose values are no ids.
fn ids(field: ProductField, written: &RawField, problems: &mut Problems) {
    let key = field.as_str();
    for (_, text) in written.map.iter().flatten() {
        let value = text.value.trim();
        if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let message = bilingual!(
            "`{key}` is a number: `{value}` is none",
            "`{key}` — номер, а `{value}` — не число"
        );
        let advice = match money(value) {
            Some(number) => bilingual!("write `{number}`", "напишите `{number}`"),
            None => bilingual!(
                "write the id of the product, as in the address of its page: 50",
                "напишите id товара, как в адресе его страницы: 50"
            ),
        };
        problems.warn(Code::WrongValue, &text.place, message, advice);
    }
}

/// Units and currencies where the path of a number is meant.
const WORDS: [&str; 16] = [
    "шт",
    "шт.",
    "штук",
    "штука",
    "штуки",
    "pcs",
    "piece",
    "кг",
    "kg",
    "л",
    "м",
    "руб",
    "руб.",
    "рублей",
    "rub",
    "₽",
];

/// `price: { from: $.price, as: phone }`, `quantity: штук`.
fn no_number(field: ProductField, written: &RawField, problems: &mut Problems) {
    let key = field.as_str();
    let form = written.form.as_ref().filter(|form| {
        matches!(
            form.value,
            Normaliser::Phone
                | Normaliser::Email
                | Normaliser::Name
                | Normaliser::Date
                | Normaliser::Datetime
                | Normaliser::Url
                | Normaliser::File
        )
    });
    if let Some(form) = form {
        let word = form.value.word();
        let message = bilingual!(
            "`{key}` never gets a value: `as: {word}` reads no number",
            "в `{key}` никогда не будет значения: `as: {word}` не читает чисел"
        );
        let advice = bilingual!("remove `as: {word}`", "уберите `as: {word}`");
        problems.warn(Code::WrongValue, &form.place, message, advice);
    }
    for path in &written.from {
        let word = path.value.trim();
        if !WORDS.contains(&word.to_lowercase().as_str()) {
            continue;
        }
        let message = bilingual!(
            "`{key}` is the path of a number in the row: `{word}` finds nothing",
            "`{key}` — путь к числу в строке товара: `{word}` ничего не найдёт"
        );
        let advice = bilingual!(
            "write the path, like `{key}: $.{key}`",
            "напишите путь, например `{key}: $.{key}`"
        );
        problems.warn(Code::BadPath, &path.place, message, advice);
    }
}
