//! The names that people give a submission.

use crate::domain::SourceKinds;
use crate::store::Needle;

/// Fewer digits of an id would name too many.
const FEWEST_DIGITS: usize = 4;

/// What a person means by this name; `None` when it can be no name.
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
