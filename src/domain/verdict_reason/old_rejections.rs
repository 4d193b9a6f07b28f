//! Rejections of release 0.1.0. It stored them in the language of the sender's reply.

use super::{NotASubmission, RejectedValue, VerdictReason};
use crate::domain::{Lang, MappingExplanation, ValueKind};

/// What stood between the rejections of one submission.
const BETWEEN: &str = "; ";

/// Returns the rejections that a sentence lists, or what a request contained instead of a
/// submission; `None` for any other text.
pub(super) fn reason(sentence: &str) -> Option<VerdictReason> {
    let values: Option<Vec<RejectedValue>> = sentence.split(BETWEEN).map(value).collect();
    if let Some(values) = values {
        return Some(VerdictReason::Rejected(values));
    }
    let mut all = NotASubmission::ALL.into_iter();
    let found = all.find(|found| {
        [Lang::En, Lang::Ru]
            .iter()
            .any(|lang| found.to_text(*lang) == sentence)
    });
    found.map(VerdictReason::NotASubmission)
}

fn value(sentence: &str) -> Option<RejectedValue> {
    let (sentence, paths) = looked_for(sentence);
    let (field, what) = russian(sentence).or_else(|| english(sentence))?;
    Some(RejectedValue {
        field: field.to_owned(),
        paths,
        what,
    })
}

/// Splits off ` (искали в $['data']['email'], …)`.
fn looked_for(sentence: &str) -> (&str, Vec<String>) {
    let paths = [" (искали в ", " (looked for in "]
        .iter()
        .find_map(|before| sentence.strip_suffix(')')?.split_once(before));
    match paths {
        Some((sentence, paths)) => (sentence, paths.split(", ").map(str::to_owned).collect()),
        None => (sentence, Vec::new()),
    }
}

fn russian(sentence: &str) -> Option<(&str, MappingExplanation)> {
    if let Some(field) = sentence.strip_prefix("нет обязательного значения «")
    {
        let field = field.strip_suffix('»')?;
        return (!field.contains('»')).then_some((field, MappingExplanation::NoValue));
    }
    let field = |before: &str| sentence.strip_prefix(before)?.split_once('»');
    if let Some((field, " нет среди известных")) = field("значения «") {
        return Some((field, MappingExplanation::NotKnown));
    }
    let (field, rest) = field("значение «")?;
    let wanted = kind(rest.strip_prefix(" не читается как ")?, Lang::Ru)?;
    Some((field, MappingExplanation::NotReadAs { wanted }))
}

fn english(sentence: &str) -> Option<(&str, MappingExplanation)> {
    let field = |before: &str| sentence.strip_prefix(before)?.split_once('”');
    if let Some((field, " is missing")) = field("the required value “") {
        return Some((field, MappingExplanation::NoValue));
    }
    let (field, rest) = field("the value “")?;
    if rest == " is none of the known ones" {
        return Some((field, MappingExplanation::NotKnown));
    }
    let wanted = kind(rest.strip_prefix(" cannot be read as ")?, Lang::En)?;
    Some((field, MappingExplanation::NotReadAs { wanted }))
}

fn kind(words: &str, lang: Lang) -> Option<ValueKind> {
    let mut all = ValueKind::ALL.into_iter();
    all.find(|kind| kind.to_text(lang) == words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejections_are_shown_in_the_language_of_the_reader() {
        for (russian, english) in [
            (
                "нет обязательного значения «email»",
                "the required value “email” is missing",
            ),
            (
                "нет обязательного значения «email» (искали в $['data']['email'], $['mail'])",
                "the required value “email” is missing (looked for in $['data']['email'], $['mail'])",
            ),
            (
                "значение «phone» не читается как номер телефона (искали в $['data']['phone'])",
                "the value “phone” cannot be read as a phone number (looked for in $['data']['phone'])",
            ),
            (
                "значение «day» не читается как дата; нет обязательного значения «email»",
                "the value “day” cannot be read as a date; the required value “email” is missing",
            ),
            (
                "Это не заявка: нужен объект {…} или список […], а пришло: строка",
                "Not a submission: an object {…} or a list […] is needed, not a text",
            ),
        ] {
            for stored in [russian, english] {
                let read = VerdictReason::from_stored(stored);
                assert_eq!(read.to_text(Lang::Ru), russian);
                assert_eq!(read.to_text(Lang::En), english);
            }
        }
        let unknown = VerdictReason::from_stored("значения «city» нет среди известных");
        assert_eq!(
            unknown.to_text(Lang::En),
            "the value “city” is not one of the known values"
        );
        let unknown = VerdictReason::from_stored("the value “city” is none of the known ones");
        assert_eq!(
            unknown.to_text(Lang::Ru),
            "значения «city» нет среди известных"
        );
    }

    #[test]
    fn other_sentences_are_not_rejections() {
        for text in [
            "",
            "нет обязательного значения «email» и телефона",
            "значение «phone» не читается как что-то",
            "значение «phone» не читается как дата; и ещё что-то",
            "the value “city” is odd",
        ] {
            assert_eq!(reason(text), None, "{text}");
        }
    }
}
