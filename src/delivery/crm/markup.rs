//! Neutralises markup: nothing in a submission may act as markup in the CRM's timeline or comments.

/// Word joiner, zero width: people see the same text, the CRM's parser sees no tag.
const GUARD: char = '\u{2060}';

/// Returns the text with every tag broken: `[URL=…]`, `[/B]`, `[*]`, `<script>`, `</a>`, `<!--`.
/// Bitrix24 renders BB codes of a comment, and turns HTML of a record's comments into BB codes
/// (REST documentation, "crm.timeline.comment.add", field `COMMENTS` of `crm.deal.fields`).
pub(super) fn plain(text: &str) -> String {
    let mut guarded = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        guarded.push(letter);
        let opens = match letter {
            '[' => letters
                .peek()
                .is_some_and(|next| next.is_alphabetic() || "/*".contains(*next)),
            '<' => letters
                .peek()
                .is_some_and(|next| next.is_alphabetic() || "/!?".contains(*next)),
            _ => false,
        };
        if opens {
            guarded.push(GUARD);
        }
    }
    guarded
}

/// Returns whether the CRM renders the field's text as markup.
pub(super) fn renders_markup(field: &str) -> bool {
    field == "COMMENTS"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_are_broken_and_brackets_stay() {
        assert_eq!(
            plain("[B]x[/B] <i>y</i>"),
            "[\u{2060}B]x[\u{2060}/B] <\u{2060}i>y<\u{2060}/i>"
        );
        assert_eq!(plain("[1] a < b, 3 <5 [ ]"), "[1] a < b, 3 <5 [ ]");
    }

    proptest! {
        #[test]
        fn people_see_the_same_letters(text in "\\PC{0,60}") {
            prop_assert_eq!(plain(&text).replace(GUARD, ""), text.replace(GUARD, ""));
        }
    }
}
