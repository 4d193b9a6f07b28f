//! `products` of a record, as written.

use super::block::{self, Block, Sp};
use super::field::{self, RawField};
use crate::authoring::codes::Code;
use crate::authoring::problem::TextPlace;
use crate::authoring::reader::Reader;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::{OnUpdate, ProductField, bilingual};

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
            each: each(&mut block, record, reader),
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

/// Reads the path of the rows; `each: { from: $.items }` is one as well.
fn each(block: &mut Block, record: &str, reader: &mut Reader<'_>) -> Option<Text> {
    let node = block.path("each")?;
    let path = match &node.kind {
        NodeKind::Map(entries) => entries.iter().find_map(|(key, node)| match &node.kind {
            NodeKind::Scalar(text) if matches!(key.value.as_str(), "from" | "path") => Some(text),
            _ => None,
        }),
        NodeKind::Null | NodeKind::Scalar(_) | NodeKind::List(_) => None,
    };
    let Some(path) = path else {
        return block::scalar(&format!("{record}.products.each"), node, reader);
    };
    let written = path.value.trim().to_owned();
    let rows = if written.ends_with(']') { "" } else { "[*]" };
    let message = bilingual!(
        "`each` is a path, without keys",
        "`each` — это путь, без ключей"
    );
    let advice = bilingual!(
        "write `each: {written}{rows}`",
        "напишите `each: {written}{rows}`"
    );
    reader.error(Code::WrongType, &node.place.in_brackets(), message, advice);
    let mut path = path.clone();
    path.value = format!("{written}{rows}");
    Some(path)
}
