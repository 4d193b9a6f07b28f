//! Prints the declared fields of a previewed packet, one per line: the value and its place, or the
//! reason why there is none and the consequence.

use crate::cli::out::{Ink, Out, clean, short};
use crate::domain::{Bilingual, Lang};
use crate::mapping::FieldTrace;
use crate::preview::{Mapped, origin};

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
        (Ink::Dim, clean(&origin(field, lang))),
    ]
}
