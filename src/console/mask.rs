//! Hides people's data from those who may not see it, in the page as in its source.

use super::visit::Visit;
use crate::domain::hidden::{hide, hide_values};
use crate::domain::text::{clean, ellipsis};

/// Returns a value of a person as this visitor may see it.
pub(super) fn masked(visit: &Visit<'_>, value: &str) -> String {
    let value = clean(value);
    if visit.sees_people() {
        return value;
    }
    hide(&value)
}

/// Returns a sentence that may contain a person's data, in one line.
pub(super) fn line(visit: &Visit<'_>, sentence: &str, most: usize) -> String {
    let sentence = clean(sentence);
    let shown = if visit.sees_people() {
        sentence
    } else {
        hide_values(&sentence)
    };
    ellipsis(&shown, most)
}
