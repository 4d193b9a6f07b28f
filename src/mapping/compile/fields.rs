//! `fields`: compiles paths and templates, resolves forms and defaults, and determines the order in
//! which fields are read.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::field_rules::Used;
use super::own_template::inline;
use super::regions::{country, zone};
use super::{condition, hook_values, order, packet_paths, separators, tables, unreadable};
use crate::authoring::Normaliser;
use crate::authoring::codes::Code;
use crate::authoring::lookalike::OddCharacter;
use crate::authoring::problem::Problems;
use crate::authoring::raw::field::{RawField, RawMissing, RawUnknown};
use crate::authoring::sources::{AMOCRM, CHANNELS, POLLS};
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::{Country, bilingual};
use crate::mapping::field::{DeclaredField, FieldPart, FieldSource, Missing, UnknownValue};
use crate::mapping::normalise::{AddressPart, NormaliseOptions};
use crate::mapping::path::Path;
use crate::mapping::profile::Receive;
use crate::mapping::table::Dictionary;
use crate::mapping::template::{self, BUILT_IN};

/// The top-level names in the survey portal's packets.
pub(super) const PACKET: [&str; 2] = ["header_data", "data"];

/// Returns the names that templates can use: every declared field, then the parts of fields:
/// `fio.first`.
pub(super) fn names(raw: &IndexMap<String, RawField>) -> Vec<String> {
    let parts = raw.iter().flat_map(|(name, field)| {
        let parts = FieldPart::of(form_of(field)).iter();
        parts.map(move |(word, _)| format!("{name}.{word}"))
    });
    raw.keys().cloned().chain(parts).collect()
}

fn form_of(field: &RawField) -> Normaliser {
    let form = field.form.as_ref();
    form.map_or(Normaliser::Text, |form| form.value)
}

/// Returns the numbers of the fields that are files.
pub(super) fn files(raw: &IndexMap<String, RawField>) -> BTreeSet<usize> {
    let fields = raw.values().enumerate();
    let files = fields.filter(|(_, field)| form_of(field) == Normaliser::File);
    files.map(|(index, _)| index).collect()
}

/// What every field needs to be compiled.
pub(super) struct FieldContext<'c> {
    pub(super) receive: &'c Receive,
    pub(super) declared: &'c [&'c str],
    pub(super) tables: &'c tables::Tables,
    /// The profile's country of phone numbers.
    pub(super) country: Country,
}

/// The declared fields and their parts, in the order of [`names`].
pub(super) fn compile(
    raw: &IndexMap<String, RawField>,
    context: &FieldContext<'_>,
    used: &mut Used,
    problems: &mut Problems,
) -> Vec<DeclaredField> {
    let mut fields: Vec<DeclaredField> = raw
        .values()
        .filter_map(|field| {
            unreadable::map(field, form_of(field), problems);
            one(field, context, used, problems)
        })
        .collect();
    for (index, field) in raw.values().enumerate() {
        let order = field.order.as_ref().map(|order| order.value);
        for (word, part) in FieldPart::of(form_of(field)) {
            let name = format!("{}.{word}", field.key.value);
            fields.push(DeclaredField::part(name, index, *part, order));
        }
    }
    fields
}

/// Compiles one value.
pub(super) fn one(
    raw: &RawField,
    context: &FieldContext<'_>,
    used: &mut Used,
    problems: &mut Problems,
) -> Option<DeclaredField> {
    check_name(&raw.key, problems);
    let form = form_of(raw);
    check_keys(raw, form, problems);
    let source = source(raw, context, used, problems);
    let when = condition::compile(raw.when.as_ref(), context.declared, problems);
    used.condition(&when);
    Some(DeclaredField {
        name: raw.key.value.as_str().into(),
        form,
        separator: raw.separator.as_ref().map(|text| text.value.clone()),
        options: NormaliseOptions {
            zone: zone(raw.zone.as_ref(), form, problems),
            country: country(raw.country.as_ref(), problems).unwrap_or(context.country),
            part: part(raw.part.as_ref(), problems),
        },
        uses_beside: false,
        is_looped: false,
        keeps_type: false,
        dictionary: dictionary(raw, form, context.tables, problems),
        unknown: unknown(raw, problems),
        missing: missing(raw, problems),
        when,
        source: source?,
    })
}

/// Compiles the source of a field: places in the packet, or a template over other fields.
fn source(
    raw: &RawField,
    context: &FieldContext<'_>,
    used: &mut Used,
    problems: &mut Problems,
) -> Option<FieldSource> {
    let Some(value) = &raw.value else {
        let from: Option<Vec<Path>> = raw
            .from
            .iter()
            .map(|text| path(text, context.receive, problems))
            .collect();
        return from.map(FieldSource::Paths);
    };
    let template = inline(value, context.declared, problems)?;
    let stops = matches!(&raw.missing, Some(word) if word.value == RawMissing::Reject);
    if stops && template.needs_built_in() {
        let message = bilingual!(
            "a field with `missing: reject` cannot be computed from `poll_id`, `answer_id` or `received_at`",
            "поле с `missing: reject` нельзя составлять из `poll_id`, `answer_id` и `received_at`",
        );
        let advice = bilingual!(
            "compute it from values of the packet",
            "составьте его из значений пакета"
        );
        problems.error(Code::WrongPlace, &value.place, message, advice);
    }
    used.template(&template);
    Some(FieldSource::Template(Box::new(template)))
}

/// Compiles the table of values, in the profile or in a file.
fn dictionary(
    raw: &RawField,
    form: Normaliser,
    tables: &tables::Tables,
    problems: &mut Problems,
) -> Option<Dictionary> {
    if form == Normaliser::Lookup {
        let Some(name) = &raw.table else {
            if let Some(word) = &raw.form {
                let message = bilingual!(
                    "`as: lookup` needs a `table`",
                    "для `as: lookup` нужна `table`"
                );
                let advice = bilingual!(
                    "add `table: cities.csv`, a file with two columns beside the profile",
                    "добавьте `table: cities.csv` — файл из двух столбцов рядом с профилем"
                );
                problems.error(Code::MissingKey, &word.place, message, advice);
            }
            return None;
        };
        return tables.find(name, problems);
    }
    raw.map.as_ref().map(|entries| {
        let rows = entries
            .iter()
            .map(|(key, value)| (key.value.as_str(), value.value.as_str()));
        Dictionary::of(rows)
    })
}

/// Keys that have no effect beside this `as`.
fn check_keys(raw: &RawField, form: Normaliser, problems: &mut Problems) {
    if form == Normaliser::File {
        check_file(raw, problems);
    }
    if let Some(separator) = &raw.separator {
        separators::in_words(separator, problems);
    }
    let mut no_effect = |key: &str, text: &crate::authoring::problem::TextPlace, words: &str| {
        let message = bilingual!(
            "`{key}` has no effect here",
            "`{key}` здесь ни на что не влияет"
        );
        let advice = bilingual!("it belongs with {words}", "пишите его вместе с {words}");
        problems.warn(Code::WrongPlace, text, message, advice);
    };
    if let Some(separator) = &raw.separator
        && !matches!(
            form,
            Normaliser::Join | Normaliser::Split | Normaliser::Lookup
        )
    {
        no_effect(
            "separator",
            &separator.place,
            "`as: join`, `as: split`, `as: lookup`",
        );
    }
    if let Some(order) = &raw.order
        && form != Normaliser::Name
    {
        no_effect("order", &order.place, "`as: name`");
    }
    if let Some(country) = &raw.country
        && form != Normaliser::Phone
    {
        no_effect("country", &country.place, "`as: phone`");
    }
    if let Some(part) = &raw.part
        && form != Normaliser::Url
    {
        no_effect("part", &part.place, "`as: url`");
    }
    if let Some(table) = &raw.table
        && form != Normaliser::Lookup
    {
        no_effect("table", &table.place, "`as: lookup`");
    }
    if let (Some(unknown), None, false) = (&raw.unknown, &raw.map, form == Normaliser::Lookup) {
        no_effect("unknown", &unknown.place, "`map`, `as: lookup`");
    }
    if let (Some(map), true) = (&raw.map, form == Normaliser::Lookup)
        && let Some((first, _)) = map.first()
    {
        no_effect("map", &first.place, "`as: text`");
    }
}

/// A file is read from the packet as it is.
fn check_file(raw: &RawField, problems: &mut Problems) {
    let map = raw.map.as_ref().and_then(|entries| entries.first());
    let keys = [
        ("value", raw.value.as_ref()),
        ("default", raw.default.as_ref()),
        ("map", map.map(|(key, _)| key)),
    ];
    for (key, text) in keys {
        let Some(text) = text else { continue };
        let message = bilingual!(
            "a field with `as: file` cannot have `{key}`",
            "у поля с `as: file` не может быть `{key}`"
        );
        let advice = bilingual!(
            "a file comes from the packet: keep `from` only",
            "файл берут из пакета: оставьте только `from`"
        );
        problems.error(Code::WrongPlace, &text.place, message, advice);
    }
}

fn check_name(key: &Text, problems: &mut Problems) {
    let name = &key.value;
    if !template::is_name(name) || template::is_reserved(name) {
        let message = bilingual!(
            "`{name}` cannot be a field's name",
            "`{name}` не может быть именем поля"
        );
        let plain: String = name
            .trim()
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '_' })
            .collect();
        let advice = if template::is_name(&plain) && !template::is_reserved(&plain) {
            bilingual!(
                "use letters, digits and `_`: write `{plain}`, also in the templates",
                "используйте буквы, цифры и `_`: напишите `{plain}`, в шаблонах тоже"
            )
        } else {
            bilingual!(
                "use letters, digits and `_`, beginning with a letter",
                "используйте буквы, цифры и `_`, первой — букву"
            )
        };
        problems.error(Code::BadName, &key.place, message, advice);
    } else if let Some(odd) = OddCharacter::find(name) {
        problems.warn(Code::BadName, &key.place, odd.message(name), odd.advice());
    }
}

/// Warns about a path or a test that can visit far more than a packet has values.
pub(crate) fn costly(text: &Text, problems: &mut Problems) {
    let message = bilingual!(
        "this can visit far more values than the packet has",
        "это может перебрать гораздо больше значений, чем есть в пакете"
    );
    let advice = bilingual!(
        "name the value more exactly, with one `..` and no filter; a submission for which it is too costly is parked",
        "укажите значение точнее: одно `..` и без условия; обращение, на котором это слишком дорого, откладывается",
    );
    problems.warn(Code::CostlyPath, &text.place, message, advice);
}

pub(super) fn path(text: &Text, receive: &Receive, problems: &mut Problems) -> Option<Path> {
    let path = Path::parse(&text.value)
        .map_err(|bad| {
            let lead = text.value.chars().take_while(|c| c.is_whitespace()).count();
            let place = text.part(lead + bad.offset, bad.length);
            let advice = packet_paths::of_template(&text.value, problems)
                .or_else(|| packet_paths::of_question(&text.value, problems))
                .unwrap_or(bad.advice);
            problems.error(Code::BadPath, &place, bad.message, advice);
        })
        .ok()?;
    let odd_letters = problems.count();
    odd_character(text, problems);
    let is_odd = problems.count() > odd_letters;
    if !is_odd
        && receive.takes(POLLS)
        && !receive.takes(CHANNELS)
        && let Some(first) = path.first_name()
        && !PACKET.contains(&first)
    {
        let advice = packet_paths::in_packet(text.value.trim(), first);
        let message = bilingual!(
            "a poll's packet has no `{first}` at the top",
            "в пакете опроса на верхнем уровне нет `{first}`"
        );
        problems.warn(Code::BadPath, &text.place, message, advice);
    }
    let is_own = text.place.source.name() == problems.facts.file;
    if !is_odd
        && is_own
        && receive.takes(AMOCRM)
        && !receive.takes(CHANNELS)
        && !receive.takes(POLLS)
    {
        hook_values::check_path(text, &receive.events, problems);
    }
    check_fact(&path, text, receive, problems);
    if path.can_explode() {
        costly(text, problems);
    }
    Some(path)
}

/// Warns of a path to facts that the profile's submissions do not have.
fn check_fact(path: &Path, text: &Text, receive: &Receive, problems: &mut Problems) {
    if path.is_custom() && !receive.takes(AMOCRM) {
        let message = bilingual!(
            "only hooks of amoCRM have custom fields",
            "дополнительные поля есть только в хуках amoCRM"
        );
        let advice = bilingual!(
            "write a path with `from`, or `receive: {{ amocrm: main }}`",
            "напишите путь в `from` или `receive: {{ amocrm: main }}`"
        );
        problems.warn(Code::BadPath, &text.place, message, advice);
    }
    let Some(fact) = path.fact() else { return };
    let source = if fact.is_of_poll() { POLLS } else { CHANNELS };
    if !receive.takes(source) {
        let (message, advice) = if receive.takes(AMOCRM) {
            fact.not_in_hooks()
        } else {
            fact.not_here()
        };
        problems.warn(Code::BadPath, &text.place, message, advice);
    }
}

/// Warns of a Russian letter in a Latin name of a path, and of invisible characters.
pub(super) fn odd_character(text: &Text, problems: &mut Problems) {
    // what is in quotes was copied from the packet
    let mut quote = None;
    let open = text.value.chars().map(|c| {
        if let Some(open) = quote {
            quote = (c != open).then_some(open);
            return ' ';
        }
        quote = matches!(c, '\'' | '"').then_some(c);
        c
    });
    if let Some(odd) = OddCharacter::find(&open.collect::<String>()) {
        let place = text.part(odd.offset, 1);
        problems.warn(
            Code::BadPath,
            &place,
            odd.message(&text.value),
            odd.advice(),
        );
    }
}

/// Compiles the part of a web address.
fn part(written: Option<&Text>, problems: &mut Problems) -> Option<AddressPart> {
    let written = written?;
    let part = AddressPart::parse(written.value.trim());
    if part.is_none() {
        let word = &written.value;
        let message = bilingual!(
            "a web address has no part `{word}`",
            "у адреса страницы нет части `{word}`"
        );
        let advice = suggest::did_you_mean(word, &AddressPart::WORDS);
        problems.error(Code::WrongValue, &written.place, message, advice);
    }
    part
}

/// Marks the fields whose text beside the value is used, and those that loops walk through.
pub(super) fn note_used_parts(fields: &mut [DeclaredField], used: &Used) {
    for index in &used.loops {
        if let Some(field) = fields.get_mut(*index) {
            field.is_looped = true;
        }
    }
    for index in &used.fields {
        let part = fields.get(*index).map(|field| &field.source);
        if let Some(FieldSource::Part {
            of,
            part: FieldPart::Beside,
            ..
        }) = part
        {
            let of = *of;
            if let Some(whole) = fields.get_mut(of) {
                whole.uses_beside = true;
            }
        }
    }
}

fn missing(raw: &RawField, problems: &mut Problems) -> Missing {
    let default = raw.default.as_ref().map(|text| text.value.clone());
    let is_for_unknown = matches!(
        &raw.unknown,
        Some(word) if word.value == RawUnknown::Like(RawMissing::Default)
    );
    match (raw.missing.as_ref(), default) {
        (None, Some(text)) => Missing::Default(text),
        (None, None) => Missing::Skip,
        (Some(word), default) => {
            if let (Some(_), Some(text)) = (&default, &raw.default)
                && word.value != RawMissing::Default
                && !is_for_unknown
            {
                let message = bilingual!(
                    "`default` has no effect with this `missing`",
                    "`default` с таким `missing` ни на что не влияет"
                );
                let advice = bilingual!(
                    "remove one of them, or write `missing: default`",
                    "уберите одно из них или напишите `missing: default`"
                );
                problems.error(Code::WrongPlace, &text.place, message, advice);
            }
            if (word.value, &default) == (RawMissing::Default, &None) {
                let message = bilingual!(
                    "`missing: default` needs a `default`",
                    "для `missing: default` нужен `default`"
                );
                let advice = bilingual!("add `default: …`", "добавьте `default: …`");
                problems.error(Code::MissingKey, &word.place, message, advice);
            }
            of_word(word.value, default)
        }
    }
}

fn of_word(word: RawMissing, default: Option<String>) -> Missing {
    match (word, default) {
        (RawMissing::Empty, _) => Missing::Empty,
        (RawMissing::Reject, _) => Missing::Reject,
        (RawMissing::Park, _) => Missing::Park,
        (RawMissing::Default, Some(text)) => Missing::Default(text),
        (RawMissing::Skip, _) | (RawMissing::Default, None) => Missing::Skip,
    }
}

/// Compiles `unknown`; the default is that of `missing`.
fn unknown(raw: &RawField, problems: &mut Problems) -> UnknownValue {
    let Some(word) = &raw.unknown else {
        return UnknownValue::LikeMissing;
    };
    let default = raw.default.as_ref().map(|text| text.value.clone());
    match word.value {
        RawUnknown::Keep => UnknownValue::Keep,
        RawUnknown::Like(RawMissing::Default) if default.is_none() => {
            let message = bilingual!(
                "`unknown: default` needs a `default`",
                "для `unknown: default` нужен `default`"
            );
            let advice = bilingual!("add `default: …`", "добавьте `default: …`");
            problems.error(Code::MissingKey, &word.place, message, advice);
            UnknownValue::LikeMissing
        }
        RawUnknown::Like(missing) => UnknownValue::Like(of_word(missing, default)),
    }
}

/// Returns the order in which fields are read: a field comes after the fields it uses.
pub(super) fn order(
    raw: &IndexMap<String, RawField>,
    fields: &[DeclaredField],
    problems: &mut Problems,
) -> Vec<usize> {
    if fields.iter().filter(|field| !field.is_a_part()).count() < raw.len() {
        // a field that did not compile was reported, and the numbers are no longer correct
        return Vec::new();
    }
    let circles = match order::sorted(fields) {
        Ok(order) => return order,
        Err(circles) => circles,
    };
    for circle in circles {
        let names: Vec<&str> = circle
            .iter()
            .filter_map(|index| fields.get(*index))
            .map(|field| &*field.name)
            .collect();
        let chain = names.join(" → ");
        let message = bilingual!(
            "fields that are computed from each other: {chain}",
            "поля вычисляются друг из друга: {chain}"
        );
        let advice = bilingual!(
            "take one of them from the packet with `from`",
            "возьмите одно из них из пакета через `from`"
        );
        let first = circle.iter().find_map(|index| raw.get_index(*index));
        if let Some((_, field)) = first {
            problems.error(Code::Circle, &field.key.place, message, advice);
        }
    }
    Vec::new()
}

/// Warns of declared fields that nothing uses, except those of the defaults.
pub(super) fn check_use(
    raw: &IndexMap<String, RawField>,
    fields: &[DeclaredField],
    used: &Used,
    file: &str,
    problems: &mut Problems,
) {
    if problems.has_errors() {
        // another mistake may be the reason why a field is not used
        return;
    }
    for (index, field) in raw.values().enumerate() {
        let stops = field
            .missing
            .as_ref()
            .is_some_and(|missing| matches!(missing.value, RawMissing::Reject | RawMissing::Park));
        let is_own = field.key.place.source.name() == file;
        let is_used = used.fields.iter().any(|used| {
            *used == index
                || fields
                    .get(*used)
                    .is_some_and(|field| field.is_part_of(index))
        });
        if stops || !is_own || is_used || BUILT_IN.contains(&field.key.value.as_str()) {
            continue;
        }
        let name = &field.key.value;
        let message = bilingual!(
            "nothing uses the field `{name}`",
            "поле `{name}` нигде не используется"
        );
        let advice = bilingual!(
            "write \"{{{{{name}}}}}\" where its value should go, or remove it",
            "напишите \"{{{{{name}}}}}\" там, куда должно попасть значение, или уберите поле"
        );
        problems.warn(Code::UnusedField, &field.key.place, message, advice);
    }
}
