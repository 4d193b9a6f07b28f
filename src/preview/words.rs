//! The words of a preview: where a value comes from and why one is missing, for the command line and
//! the console.

use serde_json::Value;

use crate::delivery::crm::ChangeTarget;
use crate::domain::text::ellipsis;
use crate::domain::{Bilingual, EntityKind, Lang, MappingExplanation, ValueKind};
use crate::mapping::{FieldTrace, MappingOutcome, rejection_text};

/// Values of packets are cut after this many characters.
const LONGEST_VALUE: usize = 60;

/// Returns the place of the value, or why there is none and what is used instead.
pub fn origin(field: &FieldTrace, lang: Lang) -> String {
    let place = field.place.clone().unwrap_or_else(|| field.from.join(", "));
    let is_inside =
        |note: &MappingExplanation| matches!(note, MappingExplanation::InsideText { .. });
    let inside = if field.notes.iter().any(is_inside) {
        Bilingual::new(" (JSON in a text)", " (JSON в тексте)").pick(lang)
    } else {
        ""
    };
    let from = format!("← {place}{inside}");
    let (Some(value), Some(_)) = (&field.value, &field.place) else {
        let missing = missing(field.missing, lang);
        return format!("{from}: {}; {missing}", why_not(field, lang));
    };
    let Some(raw) = field.raw.as_ref().filter(|raw| *raw != value) else {
        return from;
    };
    let read = Bilingual::new("as", "читается как").pick(lang);
    format!("{from} «{}», {read} {}", shown(raw), form(field, lang))
}

/// Returns what kind of value the field wants: in English the word of `as`.
fn form(field: &FieldTrace, lang: Lang) -> String {
    let kind = serde_json::from_value::<ValueKind>(Value::from(field.form));
    let russian = kind.map_or_else(
        |_| field.form.to_owned(),
        |kind| kind.to_text(Lang::Ru).to_owned(),
    );
    Bilingual::new(field.form.to_owned(), russian).pick(lang)
}

/// Returns what happens without a value: in English the word of `missing`.
fn missing(word: &'static str, lang: Lang) -> &'static str {
    let russian = match word {
        "skip" => "поле не заполняется",
        "empty" => "поле остаётся пустым",
        "default" => "берётся значение по умолчанию",
        "reject" => "обращение отклоняется",
        "park" => "обращение откладывается",
        other => other,
    };
    Bilingual::new(word, russian).pick(lang)
}

/// Returns why the text at the place is not a value of the field.
fn why_not(field: &FieldTrace, lang: Lang) -> String {
    if field.notes.contains(&MappingExplanation::FieldUnwanted) {
        return MappingExplanation::FieldUnwanted.to_text(lang);
    }
    let Some(raw) = &field.raw else {
        return Bilingual::new("nothing there", "там ничего нет")
            .pick(lang)
            .to_owned();
    };
    let is_unknown = field.notes.iter().any(|note| {
        matches!(
            note,
            MappingExplanation::NotInMap { .. } | MappingExplanation::NotInTable { .. }
        )
    });
    let raw = shown(raw);
    if is_unknown {
        let words = Bilingual::new(
            "is none of the known values",
            "нет среди известных значений",
        )
        .pick(lang);
        return format!("«{raw}» {words}");
    }
    format!(
        "«{raw}» {} {}",
        Bilingual::new("is not", "— не").pick(lang),
        form(field, lang)
    )
}

/// Returns in a sentence why there is no plan; `None` if there is one.
pub fn no_plan(outcome: &MappingOutcome, lang: Lang) -> Option<String> {
    match outcome {
        MappingOutcome::Plan(_) => None,
        MappingOutcome::Reject(rejections) => Some(format!(
            "{}: {}",
            Bilingual::new(
                "rejected; reply to the sender",
                "отклонено; ответ отправителю"
            )
            .pick(lang),
            rejection_text(rejections, lang)
        )),
        MappingOutcome::Park { reason, note } => Some(format!(
            "{}: {}",
            match lang {
                Lang::En => format!("parked ({reason})"),
                Lang::Ru => format!("отложено: {}", reason.to_text(lang)),
            },
            note.to_text(lang)
        )),
    }
}

/// Returns the contact, company or record of a change.
pub fn target(target: ChangeTarget, lang: Lang) -> String {
    match (target, lang) {
        (target, Lang::En) => target.to_string(),
        (ChangeTarget::NewContact, Lang::Ru) => "новый контакт".to_owned(),
        (ChangeTarget::Contact(id), Lang::Ru) => format!("контакт {id}"),
        (ChangeTarget::NewCompany, Lang::Ru) => "новая компания".to_owned(),
        (ChangeTarget::Company(id), Lang::Ru) => format!("компания {id}"),
        (ChangeTarget::NewRecord(kind), Lang::Ru) => match kind {
            EntityKind::Lead => "новый лид".to_owned(),
            EntityKind::Deal => "новая сделка".to_owned(),
            EntityKind::Item(process) => format!("новый элемент процесса {process}"),
            EntityKind::Company => "новая компания".to_owned(),
        },
        (ChangeTarget::Record(kind, id), lang) => kind.numbered(id, lang),
    }
}

/// Returns text unchanged, and a list separated by commas.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn shown(value: &str) -> String {
    ellipsis(value, LONGEST_VALUE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field() -> FieldTrace {
        FieldTrace {
            name: "day".to_owned(),
            from: vec!["$['data']['day']".to_owned()],
            form: "date",
            place: None,
            raw: None,
            value: Some("2026-01-01".to_owned()),
            notes: Vec::new(),
            missing: "default",
        }
    }

    fn with(raw: &str, note: MappingExplanation) -> FieldTrace {
        FieldTrace {
            raw: Some(raw.to_owned()),
            notes: vec![note],
            ..field()
        }
    }

    #[test]
    fn the_russian_table_has_no_words_of_the_profile_language() {
        let place = "$['data']['day']".to_owned();
        let wanted = ValueKind::Date;
        let shown = origin(
            &with("завтра", MappingExplanation::Unreadable { wanted, place }),
            Lang::Ru,
        );
        assert_eq!(
            shown,
            "← $['data']['day']: «завтра» — не дата; берётся значение по умолчанию"
        );
    }

    #[test]
    fn a_default_says_whether_the_value_was_missing_or_unusable() {
        let place = "$['data']['day']".to_owned();
        let wanted = crate::domain::ValueKind::Date;
        for (field, words) in [
            (field(), "nothing there; default"),
            (
                with(
                    "завтра",
                    MappingExplanation::Unreadable {
                        wanted,
                        place: place.clone(),
                    },
                ),
                "«завтра» is not date; default",
            ),
            (
                with(
                    "завтра",
                    MappingExplanation::NotInMap {
                        place,
                        is_filled: false,
                    },
                ),
                "«завтра» is none of the known values; default",
            ),
            (
                with("2026-02-03", MappingExplanation::FieldUnwanted),
                "its `when` does not hold; default",
            ),
        ] {
            let shown = origin(&field, Lang::En);
            assert_eq!(shown, format!("← $['data']['day']: {words}"));
            let empty = FieldTrace {
                value: None,
                missing: "skip",
                ..field
            };
            assert!(origin(&empty, Lang::En).starts_with(shown.trim_end_matches("default")));
        }
    }
}
