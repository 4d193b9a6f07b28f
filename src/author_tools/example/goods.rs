//! The product rows that an example expects: `products: [{ name: Чай, price: 5 }]`. A row is compared as
//! it is written, with its values in one order.

use super::{Difference, Outline};
use crate::authoring::raw::block::Block;
use crate::authoring::reader::Reader;
use crate::authoring::yaml::{Node, NodeKind};
use crate::domain::{ProductField, RecordPlan};

/// The key of the rows.
const PRODUCTS: &str = "products";

/// Returns whether an entry of a block is the list of rows. Contacts and companies have none.
pub(super) fn is_goods(block: &str, key: &str) -> bool {
    key == PRODUCTS && matches!(block, "deal" | "lead" | "item")
}

/// Returns the key of the rows of a deal, a lead or an item.
pub(super) fn key(block: &str) -> String {
    format!("{block}.{PRODUCTS}")
}

/// Returns whether an example does not say which rows it expects.
pub(super) fn is_unwatched(key: &str, expected: &Outline) -> bool {
    let block = key.split('.').next().unwrap_or_default();
    key == self::key(block) && is_goods(block, PRODUCTS) && !expected.contains_key(key)
}

/// Returns whether no rows were expected, and there are none.
pub(super) fn is_none(difference: &Difference) -> bool {
    let is_goods = difference.what.ends_with(".products");
    is_goods && difference.expected == Some(Vec::new()) && difference.found.is_none()
}

/// Returns the rows of a record.
pub(super) fn of_record(record: &RecordPlan) -> Option<(String, Vec<String>)> {
    let products = record.products.as_ref()?;
    let rows = products
        .rows
        .iter()
        .map(|row| written(|field| row.get(field)));
    Some((key(record.kind.as_str()), rows.collect()))
}

/// Reads the rows; `none` means no rows.
pub(super) fn read(node: Node, reader: &mut Reader<'_>) -> Vec<String> {
    let rows = match node.kind {
        NodeKind::List(rows) => rows,
        NodeKind::Scalar(ref text) if text.value == "none" => Vec::new(),
        // one row
        _ => vec![node],
    };
    rows.into_iter()
        .filter_map(|row| read_row(row, reader))
        .collect()
}

fn read_row(node: Node, reader: &mut Reader<'_>) -> Option<String> {
    let mut block = Block::open(node, PRODUCTS, reader)?;
    let values: Vec<_> = ProductField::ALL
        .into_iter()
        .filter_map(|field| Some((field, block.text(field.as_str(), reader)?.value)))
        .collect();
    block.close(reader);
    let get = |wanted| {
        let found = values.iter().find(|(field, _)| *field == wanted);
        found.map(|(_, value)| value.as_str())
    };
    Some(written(get))
}

/// Returns a row as YAML: `{ name: "Чай", price: "5" }`.
fn written<'v>(get: impl Fn(ProductField) -> Option<&'v str>) -> String {
    let values: Vec<String> = ProductField::ALL
        .into_iter()
        .filter_map(|field| {
            let value = super::accept::quoted(get(field)?);
            Some(format!("{}: {value}", field.as_str()))
        })
        .collect();
    format!("{{ {} }}", values.join(", "))
}
