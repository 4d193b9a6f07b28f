//! Values that depend on another one: `{ by: "{{city}}", map: {…}, default: … }`.

use std::collections::HashMap;

use super::field_rules::Used;
use super::own_template::inline;
use crate::authoring::Normaliser;
use crate::authoring::codes::Code;
use crate::authoring::problem::{KnownValues, Problems};
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::choice::{RawChoice, RawChooser};
use crate::authoring::raw::field::{RawField, RawUnknown};
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::{Bilingual, Lang, bilingual};
use crate::mapping::choice::{Choice, Chooser, folded};
use crate::mapping::normalise::truth;

/// Compiles a value or a choice of values, each with `one`. Values that do not compile have
/// reported why.
pub(super) fn compile<R, T>(
    raw: &RawChoice<R>,
    declared: &[&str],
    used: &mut Used,
    problems: &mut Problems,
    mut one: impl FnMut(&R, &mut Problems) -> Option<T>,
) -> Option<Choice<T>> {
    let table = match raw {
        RawChoice::Always(value) => return one(value, problems).map(Choice::Always),
        RawChoice::By(table) => table,
    };
    let rows: Vec<Option<T>> = table.rows.iter().map(|row| one(row, problems)).collect();
    let default = table.default.as_ref().map(|value| one(value, problems));
    let chooser = chooser(&table.chooser, declared, used, problems)?;
    Some(Choice::By {
        chooser: Box::new(chooser),
        rows: rows.into_iter().collect::<Option<_>>()?,
        default: match default {
            Some(default) => Some(default?),
            None => None,
        },
    })
}

/// Compiles what selects the row.
pub(super) fn chooser(
    raw: &RawChooser,
    declared: &[&str],
    used: &mut Used,
    problems: &mut Problems,
) -> Option<Chooser> {
    check_keys(&raw.keys, problems);
    let by = inline(&raw.by, declared, problems)?;
    if by.fields().is_empty() && !by.needs_built_in() {
        let message = bilingual!(
            "`by` is the same for every submission, so the same row always applies",
            "`by` одинаково для всех обращений: всегда выбирается одна и та же строка"
        );
        let advice = by_advice(&raw.by, declared, problems);
        problems.error(Code::WrongValue, &raw.by.place, message, advice);
    }
    used.template(&by);
    Some(Chooser::new(by, raw))
}

/// Returns how to name the value that decides.
fn by_advice(by: &Text, declared: &[&str], problems: &Problems) -> Bilingual {
    let word = by.value.trim();
    if word.starts_with('$') {
        let last = word
            .rsplit(['.', '\'', '"', '[', ']'])
            .find(|part| !part.is_empty());
        let reader = last.and_then(|last| problems.facts.reader_of(last));
        if let Some(field) = reader {
            return bilingual!(
                "the field `{field}` reads it: write `by: \"{{{{{field}}}}}\"`",
                "его читает поле `{field}`: напишите `by: \"{{{{{field}}}}}\"`"
            );
        }
        return bilingual!(
            "declare the value under `fields`, as `city: {word}`, and write `by: \"{{{{city}}}}\"`",
            "опишите значение в `fields`: `city: {word}`, — и напишите `by: \"{{{{city}}}}\"`"
        );
    }
    let near = suggest::nearest(word, declared.iter().copied()).unwrap_or("city");
    bilingual!(
        "name a field in double braces: `by: \"{{{{{near}}}}}\"`",
        "назовите поле в двойных скобках: `by: \"{{{{{near}}}}}\"`"
    )
}

/// Reports keys that never decide: a second spelling of another one, and an empty one.
fn check_keys(keys: &[Text], problems: &mut Problems) {
    let mut seen: HashMap<String, &Text> = HashMap::new();
    for key in keys {
        let text = folded(&key.value);
        if text.is_empty() {
            let message = bilingual!(
                "a row of `map` without a key never applies",
                "строка `map` без ключа никогда не выбирается"
            );
            let advice = bilingual!(
                "write what applies without a value under `default`",
                "то, что действует, когда значения нет, пишут в `default`"
            );
            problems.error(Code::WrongValue, &key.place, message, advice);
            continue;
        }
        let Some(first) = seen.get(text.as_str()) else {
            seen.insert(text, key);
            continue;
        };
        let (written, earlier, line) = (&key.value, &first.value, first.place.line);
        let message = bilingual!(
            "the row `{written}` never applies: it is the same value as `{earlier}` in line {line}",
            "строка `{written}` никогда не выбирается: это то же значение, что `{earlier}` в строке {line}"
        );
        let advice = bilingual!("keep one of the rows", "оставьте одну из строк");
        problems.error(Code::DuplicateKey, &key.place, message, advice);
    }
}

/// Warns of rows for values that their field never has.
pub(super) fn check_reachable(raw: &RawProfile, problems: &mut Problems) {
    for chooser in raw.choosers() {
        let by = chooser.by.value.trim();
        let name = by.trim_matches(|letter: char| {
            matches!(letter, '{' | '}' | '<' | '>') || letter.is_whitespace()
        });
        let Some(field) = raw.fields.get(name) else {
            of_two(chooser, raw, problems);
            continue;
        };
        let Some(known) = known_values(field) else {
            translated(chooser, name, field, problems);
            continue;
        };
        for key in &chooser.keys {
            let text = folded(&key.value);
            let of_truth = truth(&key.value);
            let is_same = |value: &&str| {
                folded(value) == text || (of_truth.is_some() && truth(value) == of_truth)
            };
            if text.is_empty() || text.contains(", ") || known.iter().any(is_same) {
                continue;
            }
            let written = &key.value;
            let message = bilingual!(
                "the row `{written}` never applies: the field `{name}` has no such value",
                "строка `{written}` никогда не выбирается: у поля `{name}` нет такого значения"
            );
            let advice = suggest::did_you_mean(written, &known);
            // a table whose texts are broken is reported as such
            if !advice.in_lang(Lang::En).is_empty() {
                problems.warn(Code::WrongValue, &key.place, message, advice);
            }
        }
    }
}

/// `by: "{{kind}}, {{agree}}"`: yes and no are `Y` and `N` in a row for several values.
fn of_two(chooser: &RawChooser, raw: &RawProfile, problems: &mut Problems) {
    let tags: Vec<&str> = chooser.by.value.trim().split(", ").collect();
    let is_bool = |tag: &&str| {
        let name = tag.trim_start_matches("{{").trim_end_matches("}}").trim();
        let form = raw.fields.get(name).and_then(|field| field.form.as_ref());
        form.is_some_and(|form| form.value == Normaliser::Bool)
    };
    for key in chooser.keys.iter().filter(|_| tags.len() > 1) {
        let parts: Vec<&str> = key.value.split(", ").collect();
        if parts.len() != tags.len() {
            continue;
        }
        let letter = |part: &str| truth(part).map(|yes| if yes { "Y" } else { "N" });
        let fixed: Vec<&str> = parts
            .iter()
            .zip(&tags)
            .map(|(part, tag)| letter(part).filter(|_| is_bool(tag)).unwrap_or(part))
            .collect();
        if fixed == parts {
            continue;
        }
        let (written, fixed) = (&key.value, fixed.join(", "));
        let message = bilingual!(
            "the row `{written}` never applies: in a row for several values yes is `Y` and no is `N`",
            "строка `{written}` никогда не выбирается: в строке на несколько значений «да» — это `Y`, а «нет» — `N`"
        );
        let advice = bilingual!("write `\"{fixed}\": …`", "напишите `\"{fixed}\": …`");
        problems.warn(Code::WrongValue, &key.place, message, advice);
    }
}

/// Warns of rows for texts that the table of their field replaces.
fn translated(chooser: &RawChooser, name: &str, field: &RawField, problems: &mut Problems) {
    let rows = || field.map.iter().flatten();
    for key in &chooser.keys {
        let text = folded(&key.value);
        let row = rows().find(|(from, _)| folded(&from.value) == text);
        let Some((_, to)) = row.filter(|_| !rows().any(|(_, to)| folded(&to.value) == text)) else {
            continue;
        };
        let (written, to) = (&key.value, &to.value);
        let message = bilingual!(
            "the row `{written}` never applies: `map` of the field `{name}` makes `{to}` of it",
            "строка `{written}` никогда не выбирается: `map` поля `{name}` делает из него `{to}`"
        );
        let advice = bilingual!("write `{to}: …`", "напишите `{to}: …`");
        problems.warn(Code::WrongValue, &key.place, message, advice);
    }
}

/// Returns the only values that a field can have, if the profile says so. A list has several of
/// them.
pub(super) fn known_values(field: &RawField) -> Option<Vec<&str>> {
    let form = field.form.as_ref().map(|form| form.value);
    let keeps = matches!(
        field.unknown.as_ref().map(|word| word.value),
        Some(RawUnknown::Keep)
    );
    let mut known: Vec<&str> = match &field.map {
        Some(map) if !keeps => map.iter().map(|(_, text)| text.value.as_str()).collect(),
        None if form == Some(Normaliser::Bool) => vec!["Y", "N"],
        Some(_) | None => return None,
    };
    known.extend(field.default.as_ref().map(|text| text.value.as_str()));
    Some(known)
}

/// Returns the values of a field that has a table of its own, or is yes or no.
pub(super) fn known_of((name, field): (&String, &RawField)) -> Option<(String, KnownValues)> {
    let rows = || field.map.iter().flatten();
    let closed = known_values(field);
    let all = match &closed {
        Some(known) => known.clone(),
        None => rows().map(|(_, text)| text.value.as_str()).collect(),
    };
    let known = KnownValues {
        is_open: closed.is_none(),
        rows: rows()
            .map(|(from, to)| (from.value.clone(), to.value.clone()))
            .collect(),
        all: all.into_iter().map(str::to_owned).collect(),
    };
    (!known.all.is_empty()).then(|| (name.clone(), known))
}
