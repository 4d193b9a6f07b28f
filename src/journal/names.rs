//! The names that people give a submission.

use crate::store::Needle;

/// Fewer digits of an id would name too many.
const FEWEST_DIGITS: usize = 4;

/// What a person means by this name; `None` when it can be no name.
pub(super) fn needle(name: &str) -> Option<Needle> {
    let name = name.trim();
    let digits: String = name.chars().filter(|letter| *letter != '-').collect();
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((poll, answer)) = name.split_once('/') {
        return Some(Needle::Identity(if number(poll) && number(answer) {
            format!("polls/{poll}/{answer}")
        } else {
            name.to_owned()
        }));
    }
    let is_id = (FEWEST_DIGITS..=32).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| Needle::Digits(digits.to_lowercase()))
}
