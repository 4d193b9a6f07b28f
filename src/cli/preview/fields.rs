//! Prints the declared fields of a previewed packet, one per line: the value and its place, or the
//! reason why there is none and the consequence.

use crate::cli::out::{Ink, Out, clean, short};
use crate::domain::{Bilingual, Lang, MappingExplanation};
use crate::mapping::FieldTrace;
use crate::preview::Mapped;

/// Prints all fields.
pub(super) fn table(mapped: &Mapped, lang: Lang, out: &Out) {
    if mapped.fields.is_empty() {
        return;
    }
    out.heading(Bilingual::new("Fields", "Поля").pick(lang));
    let rows: Vec<Vec<(Ink, String)>> = mapped.fields.iter().map(|one| row(one, lang)).collect();
    out.table(&rows);
}

fn row(field: &FieldTrace, lang: Lang) -> Vec<(Ink, String)> {
    let (ink, value) = match &field.value {
        Some(value) if value.is_empty() => (
            Ink::Warn,
            Bilingual::new("(empty)", "(пусто)").pick(lang).to_owned(),
        ),
        Some(value) => (Ink::Strong, short(value)),
        None => (Ink::Warn, "–".to_owned()),
    };
    vec![
        (Ink::Plain, format!("  {}", field.name)),
        (ink, value),
        (Ink::Dim, origin(field, lang)),
    ]
}

/// Returns the place of the value, or why there is none and what is used instead.
fn origin(field: &FieldTrace, lang: Lang) -> String {
    let place = field.place.clone().unwrap_or_else(|| field.from.join(", "));
    let is_inside =
        |note: &MappingExplanation| matches!(note, MappingExplanation::InsideText { .. });
    let inside = if field.notes.iter().any(is_inside) {
        Bilingual::new(" (JSON in a text)", " (JSON в тексте)").pick(lang)
    } else {
        ""
    };
    let from = format!("← {}{inside}", clean(&place));
    match (&field.value, &field.place) {
        (Some(value), Some(_)) => match field.raw.as_ref().filter(|raw| *raw != value) {
            Some(raw) => {
                let read = Bilingual::new("as", "читается как").pick(lang);
                format!("{from} «{}», {read} {}", short(raw), field.form)
            }
            None => from,
        },
        (Some(_), None) | (None, _) => {
            format!("{from}: {}; {}", why_not(field, lang), field.missing)
        }
    }
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
    let raw = short(raw);
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
        field.form
    )
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
