//! Fields of numbers and words that a sender chooses: the kind of a call, a stage of amoCRM. A table,
//! a condition or a choice for other texts than these never applies.

use super::tests::PacketTest;
use super::{PacketMistake, of_test};
use crate::authoring::codes::Code;
use crate::authoring::problem::{Problems, TextPlace};
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::condition::RawTest;
use crate::authoring::raw::field::RawField;
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::{Bilingual, CallKind, bilingual};
use crate::mapping::compile::{bare_names, call, wanted};
use crate::mapping::profile::Receive;

/// Rows for all other values, which are reported as such.
const REST: [&str; 8] = [
    "*",
    "_",
    "default",
    "else",
    "other",
    "иначе",
    "остальное",
    "другое",
];

/// A text that is compared with a field.
struct Compared {
    value: String,
    place: TextPlace,
}

/// Checks what is compared with the fields of a profile.
pub(super) fn check(source: &str, raw: &RawProfile, receive: &Receive, problems: &mut Problems) {
    let file = raw.place.source.name();
    for field in raw.fields.values() {
        let [path] = field.from.as_slice() else {
            continue;
        };
        if field.key.place.source.name() != file {
            continue;
        }
        let path = path.value.trim();
        for compared in texts(raw, field) {
            let test = PacketTest {
                path,
                text: Some(&compared.value),
                at: 0,
                length: 0,
            };
            let Some(mistake) = of_test(source, &test, receive) else {
                continue;
            };
            let (message, advice) = words(field, path, &compared.value, mistake);
            problems.warn(Code::WrongValue, &compared.place, message, advice);
        }
    }
}

fn words(
    field: &RawField,
    path: &str,
    value: &str,
    mistake: PacketMistake,
) -> (Bilingual, Bilingual) {
    let name = &field.key.value;
    let message = bilingual!(
        "the field `{name}` reads `{path}`, which is never `{value}`",
        "поле `{name}` читает `{path}`, а там не бывает `{value}`"
    );
    let named = match path {
        "$.status_id" => Some("$.stage_name"),
        "$.pipeline_id" => Some("$.pipeline_name"),
        _ => None,
    };
    let advice = match (named, path) {
        (Some(named), _) => bilingual!(
            "it is a number: write the number here, or read the name, `{name}: {named}`",
            "это номер: напишите здесь номер или читайте название, `{name}: {named}`"
        ),
        (None, "$.call.kind") if CallKind::parse(value).is_none() => match call::meant(value) {
            Some(kind) => suggest::meant(kind.as_str()),
            None => suggest::did_you_mean(value, &CallKind::ALL.map(CallKind::as_str)),
        },
        (None, "$.old_status_id" | "$.responsible_user_id") => bilingual!(
            "it is a number of amoCRM: write the number",
            "это номер в amoCRM: напишите номер"
        ),
        (None, path) if path.starts_with("$.header_data.") => {
            bilingual!(
                "it is a number: write the number",
                "это число: напишите число"
            )
        }
        (None, _) => mistake.advice,
    };
    (message, advice)
}

/// Returns the texts that are compared with a field: the keys of its table, or else the values of
/// conditions and choices, and those of templates.
fn texts(raw: &RawProfile, field: &RawField) -> Vec<Compared> {
    let of = |text: &Text| Compared {
        value: text.value.trim().to_owned(),
        place: text.place.clone(),
    };
    let mut found: Vec<Compared> = Vec::new();
    if let Some(map) = &field.map {
        found.extend(map.iter().map(|(key, _)| of(key)));
    } else {
        let name = field.key.value.as_str();
        let conditions = wanted::conditions(raw).into_iter();
        for test in conditions.flat_map(|condition| &condition.tests) {
            if let RawTest::Field {
                name: tested,
                wanted,
            } = test
                && tested.value == name
            {
                found.extend(wanted.iter().filter(|text| wanted::is_text(text)).map(of));
            }
        }
        let tag = format!("{{{{{name}}}}}");
        for chooser in raw.choosers() {
            if chooser.by.value.replace(' ', "") == tag {
                found.extend(chooser.keys.iter().map(of));
            }
        }
        for text in bare_names::texts(raw) {
            found.extend(in_template(text, name));
        }
    }
    for compared in &mut found {
        let bare = compared.value.trim_start_matches(['!', '=', '<', '>', ' ']);
        compared.value = bare.trim_matches(['\'', '"']).to_owned();
    }
    found.retain(|compared| {
        let lower = compared.value.to_lowercase();
        !lower.is_empty() && !REST.contains(&lower.as_str())
    });
    found
}

/// Returns the texts behind `(eq name` and `(ne name`.
fn in_template(text: &Text, name: &str) -> Vec<Compared> {
    let mut found = Vec::new();
    for helper in ["eq", "ne"] {
        let start = format!("({helper} {name} ");
        for (at, _) in text.value.match_indices(&start) {
            let behind = at + start.len();
            let rest = text.value.get(behind..).unwrap_or_default();
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                continue;
            };
            let inside = rest.get(1..).unwrap_or_default();
            let Some(value) = inside.split(quote).next() else {
                continue;
            };
            let offset = text
                .value
                .get(..=behind)
                .map_or(0, |head| head.chars().count());
            found.push(Compared {
                value: value.to_owned(),
                place: text.part(offset, value.chars().count()),
            });
        }
    }
    found
}
