//! Values of helpers that are no values.

use crate::domain::{Bilingual, bilingual};

/// What is wrong, and what to write.
type Words = (Bilingual, Bilingual);

/// Returns words about `(company)`: a name in round brackets.
pub(super) fn bracketed(word: &str) -> Words {
    (
        bilingual!(
            "`({word})` is a helper, and there is none of this name",
            "`({word})` — это помощник, а помощника с таким именем нет"
        ),
        bilingual!(
            "a field has no round brackets: write `{word}`, as in {{{{#if {word}}}}}",
            "поле пишут без круглых скобок: `{word}`, например {{{{#if {word}}}}}"
        ),
    )
}
