//! Words for what happens with a value, where the value itself is meant: `default: keep`.

use crate::authoring::yaml::{Node, NodeKind};
use crate::domain::{Bilingual, bilingual};

/// What people write, and the word that is meant. Words that may well be a text (`нет`, `другое`)
/// are not among them.
const WORDS: &[(&str, &str)] = &[
    ("keep", "keep"),
    ("leave", "keep"),
    ("as is", "keep"),
    ("as_is", "keep"),
    ("оставить", "keep"),
    ("оставлять", "keep"),
    ("оставить как есть", "keep"),
    ("как есть", "keep"),
    ("не менять", "keep"),
    ("сохранить", "keep"),
    ("skip", "skip"),
    ("ignore", "skip"),
    ("omit", "skip"),
    ("пропустить", "skip"),
    ("пропускать", "skip"),
    ("игнорировать", "skip"),
    ("не заполнять", "skip"),
    ("не записывать", "skip"),
    ("reject", "reject"),
    ("отклонить", "reject"),
    ("отклонять", "reject"),
    ("отказать", "reject"),
    ("park", "park"),
    ("отложить", "park"),
    ("откладывать", "park"),
    ("empty", "empty"),
    ("пусто", "empty"),
    ("оставить пустым", "empty"),
];

/// Returns the word of `unknown` and `missing` that a text means.
pub(crate) fn meant(written: &str) -> Option<&'static str> {
    let lower = written.trim().to_lowercase();
    let found = WORDS.iter().find(|(word, _)| *word == lower);
    found.map(|(_, meant)| *meant)
}

/// What a field has beside its `default`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    Table,
    Nothing,
}

/// Advice for such a word as the value of `default`.
pub(crate) fn instead_of_default(word: &str, beside: Beside) -> Bilingual {
    match (word, beside) {
        ("keep", Beside::Nothing) => bilingual!(
            "remove `default`: the value stays as it is anyway",
            "уберите `default`: значение и так остаётся как есть"
        ),
        (_, Beside::Table) => bilingual!(
            "for values that are not in the table write `unknown: {word}` in its place",
            "для значений, которых нет в таблице, напишите вместо него `unknown: {word}`"
        ),
        (_, Beside::Nothing) => bilingual!(
            "for a missing value write `missing: {word}` in its place",
            "на случай, если значения нет, напишите вместо него `missing: {word}`"
        ),
    }
}

/// Advice for `else: keep` beside a table.
pub(super) fn in_place_of_default(about: &str, key: &str, node: &Node) -> Option<Bilingual> {
    let NodeKind::Scalar(text) = &node.kind else {
        return None;
    };
    if key != "default" || !about.starts_with("fields.") {
        return None;
    }
    let word = meant(&text.value)?;
    Some(bilingual!(
        "write `unknown: {word}`",
        "напишите `unknown: {word}`"
    ))
}
