//! A key of a profile or of `_channels.yaml`, explained.

use crate::domain::Bilingual;

/// A key and its meaning.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its place: `fields.*.from`.
    pub path: &'static str,
    /// The explanation.
    pub meaning: Bilingual<&'static str>,
}

pub(super) const fn key(path: &'static str, en: &'static str, ru: &'static str) -> Key {
    Key {
        path,
        meaning: Bilingual::new(en, ru),
    }
}
