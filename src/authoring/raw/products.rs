//! `products` of a record, as written.

use super::block::{Block, Sp};
use super::field::{self, RawField};
use crate::authoring::problem::TextPlace;
use crate::authoring::reader::Reader;
use crate::authoring::yaml::{Node, Text};
use crate::domain::{OnUpdate, ProductField};

/// `products`.
#[derive(Debug, Clone)]
pub(crate) struct RawProducts {
    pub(crate) place: TextPlace,
    pub(crate) each: Option<Text>,
    pub(crate) on_update: Option<Sp<OnUpdate>>,
    /// Where the values of a row are; paths begin at the row.
    pub(crate) values: Vec<(ProductField, RawField)>,
}

impl RawProducts {
    /// Reads the block of a record.
    pub(super) fn read(node: Node, record: &str, reader: &mut Reader<'_>) -> Option<Self> {
        let about = format!("{record}.products");
        let mut block = Block::open(node, &about, reader)?;
        let products = Self {
            place: block.place.clone(),
            each: block.text("each", reader),
            values: ProductField::ALL
                .into_iter()
                .filter_map(|field| {
                    let (key, node) = block.entry(field.as_str())?;
                    let about = format!("{about}.{}", field.as_str());
                    Some((field, field::read_value(key, node, &about, reader)?))
                })
                .collect(),
            on_update: block.word(
                "on_update",
                &[
                    ("overwrite", OnUpdate::Overwrite),
                    ("keep", OnUpdate::Keep),
                    ("fill", OnUpdate::Fill),
                ],
                reader,
            ),
        };
        block.close(reader);
        Some(products)
    }
}
