//! The argument `--lang`, which all commands have, at any place.

use crate::domain::Lang;

/// Parses `--lang`.
pub(super) fn language(tag: &str) -> Result<Lang, String> {
    Lang::parse(tag).ok_or_else(|| "ru or en".to_owned())
}
