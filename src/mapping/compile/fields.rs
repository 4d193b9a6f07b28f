//! `fields`: paths compiled, forms and defaults worked out.

use indexmap::IndexMap;
use jiff::tz::TimeZone;

use super::slots::Used;
use crate::mapping::codes::Code;
use crate::mapping::field::{Field, Missing};
use crate::mapping::normalise::Form;
use crate::mapping::path::Path;
use crate::mapping::problem::Problems;
use crate::mapping::profile::Receive;
use crate::mapping::raw::field::{RawField, RawMissing};
use crate::mapping::suggest;
use crate::mapping::template::{self, BUILT_IN};
use crate::mapping::yaml::Text;

/// What the survey portal's packets have at the top.
const PACKET: [&str; 2] = ["header_data", "data"];

pub(super) fn compile(
    raw: &IndexMap<String, RawField>,
    receive: &Receive,
    problems: &mut Problems,
) -> Vec<Field> {
    raw.values()
        .filter_map(|field| one(field, receive, problems))
        .collect()
}

fn one(raw: &RawField, receive: &Receive, problems: &mut Problems) -> Option<Field> {
    check_name(&raw.key, problems);
    let form = raw.form.as_ref().map_or(Form::Text, |form| form.value);
    let from: Option<Vec<Path>> = raw
        .from
        .iter()
        .map(|text| path(text, receive, problems))
        .collect();
    if let Some(separator) = &raw.separator
        && !matches!(form, Form::Join | Form::Split)
    {
        let message = "`separator` has no effect here";
        let advice = "it belongs to `as: join` and `as: split`";
        problems.warn(Code::WrongPlace, &separator.place, message, advice);
    }
    let map = raw.map.as_ref().map(|entries| {
        entries
            .iter()
            .flat_map(|(key, value)| {
                let value = value.value.clone();
                [
                    (key.value.clone(), value.clone()),
                    (key.value.to_lowercase(), value),
                ]
            })
            .rev()
            .collect()
    });
    Some(Field {
        name: raw.key.value.clone(),
        from: from?,
        form,
        separator: raw.separator.as_ref().map(|text| text.value.clone()),
        zone: zone(raw.zone.as_ref(), form, problems),
        map,
        missing: missing(raw, problems),
    })
}

fn check_name(key: &Text, problems: &mut Problems) {
    if !template::is_name(&key.value) || template::is_reserved(&key.value) {
        let message = format!("`{}` cannot be a field's name", key.value);
        let advice = "use letters, digits and `_`, beginning with a letter";
        problems.error(Code::BadName, &key.place, message, advice);
    }
}

fn path(text: &Text, receive: &Receive, problems: &mut Problems) -> Option<Path> {
    let path = Path::parse(&text.value)
        .inspect_err(|bad| {
            let lead = text.value.chars().take_while(|c| c.is_whitespace()).count();
            let place = text.part(lead + bad.offset, bad.length);
            problems.error(Code::BadPath, &place, &bad.message, &bad.advice);
        })
        .ok()?;
    if receive.channels.is_empty()
        && !receive.rest.channels
        && let Some(first) = path.first_name()
        && !PACKET.contains(&first)
    {
        let advice = match suggest::nearest(first, PACKET) {
            Some(near) => format!("did you mean `$.{near}…`?"),
            None => format!("an answer's own fields are in data: $.data.{first}"),
        };
        let message = format!("a poll's packet has no `{first}` at the top");
        problems.warn(Code::BadPath, &text.place, message, advice);
    }
    Some(path)
}

fn zone(written: Option<&Text>, form: Form, problems: &mut Problems) -> TimeZone {
    let Some(written) = written else {
        return template::default_zone();
    };
    if !matches!(form, Form::Date | Form::Datetime) {
        let advice = "it belongs to `as: date` and `as: datetime`";
        problems.warn(
            Code::WrongPlace,
            &written.place,
            "`zone` has no effect here",
            advice,
        );
    }
    template::time_zone(&written.value).unwrap_or_else(|| {
        let message = format!("there is no time zone `{}`", written.value);
        problems.error(
            Code::WrongValue,
            &written.place,
            message,
            "write one like Europe/Moscow",
        );
        template::default_zone()
    })
}

fn missing(raw: &RawField, problems: &mut Problems) -> Missing {
    let default = raw.default.as_ref().map(|text| text.value.clone());
    let written = raw.missing.as_ref();
    match (written.map(|word| word.value), default) {
        (None | Some(RawMissing::Default), Some(text)) => Missing::Default(text),
        (Some(RawMissing::Default), None) => {
            if let Some(word) = written {
                let message = "`missing: default` needs a `default`";
                problems.error(Code::MissingKey, &word.place, message, "add `default: …`");
            }
            Missing::Skip
        }
        (Some(word), default) => {
            if let (Some(_), Some(text)) = (default, &raw.default) {
                let message = "`default` has no effect beside this `missing`";
                let advice = "remove one of them, or write `missing: default`";
                problems.error(Code::WrongPlace, &text.place, message, advice);
            }
            match word {
                RawMissing::Empty => Missing::Empty,
                RawMissing::Reject => Missing::Reject,
                RawMissing::Park => Missing::Park,
                RawMissing::Skip | RawMissing::Default => Missing::Skip,
            }
        }
        (None, None) => Missing::Skip,
    }
}

/// Warns of declared fields that nothing uses; what comes from the defaults is for all and may rest.
pub(super) fn check_use(
    raw: &IndexMap<String, RawField>,
    used: &Used,
    file: &str,
    problems: &mut Problems,
) {
    if problems.has_errors() {
        // a mistake elsewhere may be what keeps a field from being used
        return;
    }
    for (index, field) in raw.values().enumerate() {
        let stops = field
            .missing
            .as_ref()
            .is_some_and(|missing| matches!(missing.value, RawMissing::Reject | RawMissing::Park));
        let is_own = field.key.place.source.name() == file;
        if stops || !is_own || used.fields.contains(&index) {
            continue;
        }
        if BUILT_IN.contains(&field.key.value.as_str()) {
            continue;
        }
        let name = &field.key.value;
        let message = format!("nothing uses the field `{name}`");
        let advice = format!("write \"{{{{{name}}}}}\" where its value should go, or remove it");
        problems.warn(Code::UnusedField, &field.key.place, message, advice);
    }
}
