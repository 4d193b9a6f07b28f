//! The names that people give a submission.

use crate::domain::SourceKinds;
use crate::store::Needle;

/// Minimum number of digits of an id; fewer would match too many.
const FEWEST_DIGITS: usize = 4;

/// Parses what a person wrote for a submission. Returns `None` if it cannot be a name.
pub(super) fn needle(name: &str, sources: &SourceKinds) -> Option<Needle> {
    let name = name.trim();
    let digits: String = name.chars().filter(|letter| *letter != '-').collect();
    if name.contains('/') {
        let short = sources.iter().find_map(|kind| kind.short_identity(name));
        let identity = short.map_or(name.to_owned(), |identity| identity.as_str().to_owned());
        return Some(Needle::Identity(identity));
    }
    let is_id = (FEWEST_DIGITS..=32).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| Needle::Digits(digits.to_lowercase()))
}
