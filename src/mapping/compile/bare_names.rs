//! Names in single braces that the profile does not declare: `Заказ №{order_id}`. In a profile for
//! channels the name is a field of the form, as in the services that such profiles replace. In any
//! other profile, and for anything that is not a plain name, the text stays as it is, and `check`
//! asks whether a value was meant.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{fields, then_texts};
use crate::authoring::codes::Code;
use crate::authoring::problem::{Problems, SourceText, TextPlace};
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::field::RawField;
use crate::authoring::sources::{CHANNELS, POLLS};
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::bilingual;
use crate::mapping::profile::Receive;
use crate::mapping::template::{BUILT_IN, is_name, is_reserved};

/// Longer texts in braces are no names, in characters.
const LONGEST: usize = 64;

/// Returns the profile with the names that its texts use as fields of the form.
pub(super) fn declare<'r>(
    raw: &'r RawProfile,
    receive: &Receive,
    templates: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> Cow<'r, RawProfile> {
    let is_for_forms = receive.takes(CHANNELS) && !receive.takes(POLLS);
    let known = fields::names(&raw.fields);
    // a form has no poll; the name is one of its fields
    let is_built_in =
        |name: &str| BUILT_IN.contains(&name) && !(is_for_forms && name == "poll_name");
    let is_known =
        |name: &str| is_built_in(name) || known.iter().any(|known| known.as_str() == name);
    let mut whole = Cow::Borrowed(raw);
    let of_choices = raw.choosers().map(|chooser| &chooser.by);
    for text in texts(raw).chain(of_choices) {
        for found in in_braces(&text.value).filter(|found| !is_known(found.name)) {
            let place = text.part(found.offset, found.length);
            if is_for_forms && is_field(found.name) {
                if !whole.fields.contains_key(found.name) {
                    let field = field(found.name, text, &place);
                    whole.to_mut().fields.insert(found.name.to_owned(), field);
                }
            } else {
                ask(found.name, &known, &place, problems);
            }
        }
    }
    let comment = raw.comment.as_ref().map(|comment| &comment.text);
    if let Some(used) = comment
        && let name = used.value.strip_suffix(".hbs").unwrap_or(&used.value)
        && let Some(text) = templates.get(name)
    {
        let source = SourceText::new(&format!("{name}.hbs"), text);
        for found in in_braces(text).filter(|found| !is_known(found.name)) {
            let place = TextPlace::within(&source, found.offset, found.length);
            if is_for_forms && is_field(found.name) {
                if !whole.fields.contains_key(found.name) {
                    let field = field(found.name, used, &place);
                    whole.to_mut().fields.insert(found.name.to_owned(), field);
                }
            } else {
                ask(found.name, &known, &place, problems);
            }
        }
    }
    whole
}

fn is_field(name: &str) -> bool {
    is_name(name) && !is_reserved(name)
}

/// Returns the texts of the profile that are templates, without what choices depend on.
pub(super) fn texts(raw: &RawProfile) -> impl Iterator<Item = &Text> {
    let of_fields = raw.fields.values().filter_map(|field| field.value.as_ref());
    let contact = raw.contact.iter().map(|contact| &contact.fields);
    let records = [&raw.deal, &raw.lead, &raw.item].into_iter().flatten();
    let records = records.map(|record| &record.fields);
    let company = raw.company.iter().map(|company| &company.fields);
    let of_crm = contact
        .chain(company)
        .chain(records)
        .flat_map(|fields| fields.values())
        .flat_map(|rules| &rules.rules)
        .map(|rule| &rule.value);
    let todo = raw.todo.iter();
    let of_todo = todo.flat_map(|todo| todo.title.iter().chain(&todo.text));
    let identity = raw.identity.iter();
    let then = raw.then.iter().flatten();
    let of_steps = then.flat_map(then_texts::texts);
    of_fields
        .chain(of_crm)
        .chain(of_todo)
        .chain(identity)
        .chain(of_steps)
}

/// A field of the form with this name.
fn field(name: &str, used: &Text, place: &TextPlace) -> RawField {
    let text = |value: String| {
        let mut text = used.clone();
        text.value = value;
        text.place = place.clone();
        text
    };
    RawField::at(text(name.to_owned()), vec![text(format!("$['{name}']"))])
}

/// A text in single braces that looks like a name; offset and length are in characters.
struct BareName<'t> {
    name: &'t str,
    offset: usize,
    length: usize,
}

/// Finds `{name}`, not `{{name}}`.
fn in_braces(text: &str) -> impl Iterator<Item = BareName<'_>> {
    let mut rest = text;
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let open = rest.find('{')?;
            let braces = rest.get(open..)?;
            let after = braces.trim_start_matches('{');
            let count = braces.len() - after.len();
            at += rest.get(..open)?.chars().count();
            let inside = after.find(['{', '}']).and_then(|end| after.get(..end));
            let length = inside.map_or(0, |inside| inside.chars().count());
            let closed = inside.and_then(|inside| after.get(inside.len()..));
            let is_single = count == 1 && closed.is_some_and(|rest| rest.starts_with('}'));
            let offset = at + 1;
            at += count + length;
            rest = closed.unwrap_or_default();
            if let Some(inside) = inside.filter(|_| is_single)
                && looks_like_a_name(inside.trim())
            {
                let name = inside.trim();
                let lead = inside.chars().take_while(|letter| letter.is_whitespace());
                return Some(BareName {
                    name,
                    offset: offset + lead.count(),
                    length: name.chars().count(),
                });
            }
        }
    })
}

/// Letters, digits, and what names and paths of fields have.
fn looks_like_a_name(text: &str) -> bool {
    let is_letter = |letter: char| letter.is_alphanumeric() || "_-.[] $".contains(letter);
    text.starts_with(|first: char| first.is_alphabetic() || first == '_' || first == '$')
        && text.chars().count() <= LONGEST
        && text.chars().all(is_letter)
}

fn ask(name: &str, known: &[String], place: &TextPlace, problems: &mut Problems) {
    let message = bilingual!(
        "`{{{name}}}` is written as it is: there is no field `{name}`",
        "`{{{name}}}` запишется как есть: поля `{name}` нет"
    );
    let near = suggest::nearest(name, known.iter().map(String::as_str));
    let advice = match near {
        Some(near) => suggest::meant(near),
        None if is_field(name) => {
            let path = problems.facts.path_of(name);
            bilingual!(
                "did you mean a value of the packet? Then declare it: `fields: {{ {name}: {path} }}`",
                "имелось в виду значение пакета? Тогда опишите его: `fields: {{ {name}: {path} }}`"
            )
        }
        None => bilingual!(
            "did you mean a value of the packet? Then declare it: `fields: {{ x: \"$['{name}']\" }}` and write `{{{{x}}}}`",
            "имелось в виду значение пакета? Тогда опишите его: `fields: {{ x: \"$['{name}']\" }}` — и напишите `{{{{x}}}}`"
        ),
    };
    problems.warn(Code::UnknownField, place, message, advice);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_single_braces_are_found() {
        for (text, wanted) in [
            ("Заказ №{order_id}", &[("order_id", 8)][..]),
            ("{a}{b}", &[("a", 1), ("b", 4)]),
            ("{ order-id }", &[("order-id", 2)]),
            ("{Ваш телефон}", &[("Ваш телефон", 1)]),
            (
                "{client.phone} {data[name]} {$.data.x}",
                &[("client.phone", 1), ("data[name]", 16), ("$.data.x", 29)],
            ),
            ("{{order_id}} {{#if a}}{b}{{/if}}", &[("b", 23)]),
            ("{{{raw}}} {x", &[]),
            ("{} { } {1} {\"a\": 1} {a: b} {да!}", &[]),
            ("{a {b}", &[("b", 4)]),
            ("p{color}; }{", &[("color", 2)]),
        ] {
            let found: Vec<_> = in_braces(text)
                .map(|found| (found.name, found.offset))
                .collect();
            assert_eq!(found, wanted, "{text}");
        }
        assert_eq!(in_braces(&"{".repeat(100_000)).count(), 0);
        assert_eq!(in_braces(&"{a".repeat(100_000)).count(), 0);
        assert_eq!(in_braces(&format!("{{{}}}", "a".repeat(65))).count(), 0);
    }
}
