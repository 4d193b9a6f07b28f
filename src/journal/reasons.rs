//! Reasons as commands and pages show them, in the reader's language.

use super::Entry;
use super::state_texts::parked;
use crate::domain::{Explanation, Lang, VerdictReason};

/// Returns whether the steps say the same as the reason.
pub fn is_told_by(reason: &VerdictReason, steps: &[&Explanation]) -> bool {
    match reason {
        VerdictReason::Text(text) => Explanation::retell(steps, text.as_str(), Lang::En).is_some(),
        VerdictReason::Because(because) => because.iter().all(|step| steps.contains(&step)),
        _ => false,
    }
}

/// Returns why a submission is in its state, for a list.
pub fn in_short(entry: &Entry, lang: Lang) -> String {
    match (entry.reason, &entry.note) {
        // an earlier release stored a sentence in one language
        (Some(reason), Some(VerdictReason::Text(text)))
            if lang == Lang::Ru || is_russian(text.as_str()) =>
        {
            format!("{}: {}", reason.to_text(lang), parked(reason, lang).0)
        }
        (Some(reason), Some(note)) => {
            let (reason, note) = (reason.to_text(lang), note.to_text(lang));
            // «портал отказал» need not be said twice
            let is_said = reason
                .split(" (")
                .next()
                .is_some_and(|it| note.starts_with(it));
            if is_said {
                note
            } else {
                format!("{reason}: {note}")
            }
        }
        (Some(reason), None) => reason.to_text(lang),
        (None, Some(note)) => note.to_text(lang),
        (None, None) => String::new(),
    }
}

/// Returns whether a sentence begins with a Russian word.
fn is_russian(text: &str) -> bool {
    let mut letters = text.chars().filter(|letter| letter.is_alphabetic());
    matches!(letters.next(), Some('а'..='я' | 'А'..='Я' | 'ё' | 'Ё'))
}
