//! Reasons as the commands show them: in the operator's language, and as data for machines.

use serde_json::{Value, json};

use crate::domain::{Explanation, Lang, VerdictReason};
use crate::journal::{Call, Entry, Readmitted, StepFinished, Verdict};

use super::state_texts::parked;

/// Returns the reason in words. A sentence that an earlier release stored in English is shown in
/// the operator's language if a step of the explanation says the same.
pub(super) fn in_words(reason: &VerdictReason, steps: &[&Explanation], lang: Lang) -> String {
    match reason {
        VerdictReason::Text(text) => Explanation::retell(steps, text.as_str(), lang),
        _ => None,
    }
    .unwrap_or_else(|| reason.to_text(lang))
}

/// Returns whether the steps say the same as the reason.
pub(super) fn is_told_by(reason: &VerdictReason, steps: &[&Explanation]) -> bool {
    match reason {
        VerdictReason::Text(text) => Explanation::retell(steps, text.as_str(), Lang::En).is_some(),
        VerdictReason::Because(because) => because.iter().all(|step| steps.contains(&step)),
        _ => false,
    }
}

/// Returns why a submission is in its state, for a list.
pub(super) fn in_short(entry: &Entry, lang: Lang) -> String {
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

/// Returns a verdict as `--json` prints it: `text` in words, `why` as data.
pub(super) fn verdict(verdict: &Verdict, steps: &[&Explanation], lang: Lang) -> Value {
    let mut whole = json!(verdict);
    if let Some(reason) = &verdict.text {
        whole["text"] = json!(in_words(reason, steps, lang));
        whole["why"] = json!(reason);
    }
    whole
}

/// Returns a finished step as `--json` prints it.
pub(super) fn step(step: &StepFinished, lang: Lang) -> Value {
    let mut whole = json!(step);
    if let Some(reason) = &step.text {
        whole["text"] = json!(reason.to_text(lang));
        whole["why"] = json!(reason);
    }
    whole
}

/// Returns a call as `--json` prints it: the `answer` of a failed one, or of its failed commands,
/// has `failed` in words and `why` as data.
pub(super) fn call(call: &Call, lang: Lang) -> Value {
    let readable = |answer: &Value| match Call::failure(answer) {
        Some(failure) => json!({"failed": failure.to_text(lang), "why": failure}),
        None => answer.clone(),
    };
    let mut whole = json!(call);
    whole["answer"] = match &call.answer {
        Value::Array(answers) => answers.iter().map(readable).collect(),
        answer => readable(answer),
    };
    whole
}

/// Returns an earlier refusal as `--json` prints it.
pub(super) fn readmitted(before: &Readmitted, lang: Lang) -> Value {
    let mut whole = json!(before);
    if let Some(reason) = &before.reason {
        whole["reason"] = json!(reason.to_text(lang));
        whole["why"] = json!(reason);
    }
    whole
}
