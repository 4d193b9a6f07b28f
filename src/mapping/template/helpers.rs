//! The helpers of templates. Every value of a helper is text (or a literal of the template), so
//! `(eq kind 2)` compares the text `2`.

use handlebars::template::{HelperTemplate, Parameter};
use handlebars::{
    Context, Handlebars, Helper as Call, HelperDef, JsonRender, PathAndJson, RenderContext,
    RenderError, ScopedJson, handlebars_helper,
};
use jiff::tz::TimeZone;
use serde_json::Value;

use super::engine::{BLOCKS, LISTS};
use super::escape::{Escape, html, json, url};
use super::loops::Each;
use crate::domain::text::ellipsis;
use crate::domain::{Bilingual, bilingual};
use crate::mapping::normalise::date;
use crate::mapping::text::{LONGEST, capped};
use crate::mapping::zones::{DEFAULT_ZONE, time_zone};

/// A helper, for checking and for the documentation.
#[derive(Debug)]
pub struct Helper {
    /// Its name.
    pub name: &'static str,
    /// Minimum number of values.
    pub least: usize,
    /// Maximum number of values.
    pub most: usize,
    /// Whether it is a block.
    pub block: bool,
    /// Options, written `name="value"`.
    pub options: &'static [&'static str],
    /// How it is used.
    pub example: &'static str,
}

const fn plain(name: &'static str, least: usize, most: usize, example: &'static str) -> Helper {
    Helper {
        name,
        least,
        most,
        block: false,
        options: &[],
        example,
    }
}

/// Every helper that templates know.
pub const HELPERS: &[Helper] = &[
    plain("default", 2, 2, "{{default firstname \"без имени\"}}"),
    plain("upper", 1, 1, "{{upper city}}"),
    plain("lower", 1, 1, "{{lower city}}"),
    plain("trim", 1, 1, "{{trim comment}}"),
    plain("truncate", 2, 2, "{{truncate comment 100}}"),
    Helper {
        options: &["tz"],
        ..plain(
            "date",
            2,
            2,
            "{{date created \"%d.%m.%Y\" tz=\"Europe/Moscow\"}}",
        )
    },
    plain("join", 2, 2, "{{join topics \"; \"}}"),
    plain("json", 1, 1, "{{json topics}}"),
    plain("digits", 1, 1, "{{digits phone}}"),
    plain("eq", 2, 2, "{{#if (eq kind \"2\")}}…{{/if}}"),
    plain("ne", 2, 2, "{{#if (ne kind \"2\")}}…{{/if}}"),
    plain("and", 2, 9, "{{#if (and firstname phone)}}…{{/if}}"),
    plain("or", 2, 9, "{{#if (or phone email)}}…{{/if}}"),
    plain("not", 1, 1, "{{#if (not phone)}}…{{/if}}"),
    Helper {
        block: true,
        ..plain("if", 1, 1, "{{#if phone}}…{{else}}…{{/if}}")
    },
    Helper {
        block: true,
        ..plain("unless", 1, 1, "{{#unless phone}}…{{/unless}}")
    },
    Helper {
        block: true,
        ..plain("each", 1, 1, "{{#each items}}{{name}}{{else}}…{{/each}}")
    },
];

// every result is cut to the maximum length of a field, so that nested helpers cannot grow it
handlebars_helper!(upper: |value: Value| capped(value.render().to_uppercase()));
handlebars_helper!(lower: |value: Value| capped(value.render().to_lowercase()));
handlebars_helper!(trim: |value: Value| value.render().trim().to_owned());
handlebars_helper!(eq: |one: Value, other: Value| one.render() == other.render());
handlebars_helper!(ne: |one: Value, other: Value| one.render() != other.render());
handlebars_helper!(digits: |value: Value| {
    value.render().chars().filter(char::is_ascii_digit).collect::<String>()
});
handlebars_helper!(default: |value: Value, other: Value| {
    let text = value.render();
    if text.trim().is_empty() { other.render() } else { text }
});
handlebars_helper!(truncate: |value: Value, most: u64| {
    ellipsis(&value.render(), usize::try_from(most).unwrap_or(usize::MAX))
});
handlebars_helper!(date_: |value: Value, format: str, {tz: str = ""}| {
    capped(formatted(&value.render(), format, tz).unwrap_or_default())
});

fn formatted(text: &str, format: &str, zone: &str) -> Option<String> {
    let zone = if zone.is_empty() { DEFAULT_ZONE } else { zone };
    let (moment, _) = date::read(text, &time_zone(zone)?)?;
    jiff::fmt::strtime::format(format, &moment).ok()
}

/// Returns what the data has for a field under this key, besides its text.
fn kept<'c>(value: &PathAndJson<'_>, context: &'c Context, key: &str) -> Option<&'c Value> {
    let word = value.relative_path()?.trim_start_matches("this.");
    context.data().get(key)?.get(word)
}

/// Returns the single values of a list field; for any other value the value itself.
fn list(value: &PathAndJson<'_>, context: &Context) -> Vec<Value> {
    kept(value, context, LISTS)
        .and_then(|items| items.as_array().cloned())
        .unwrap_or_else(|| vec![value.value().clone()])
}

/// Joins the values of a list.
#[derive(Clone, Copy)]
struct Join;

impl HelperDef for Join {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        call: &Call<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let separator = call.param(1).map(|value| value.value().render());
        let values = call.param(0).map(|value| list(value, context));
        let mut text = String::new();
        for (index, value) in values.iter().flatten().enumerate() {
            if index > 0 {
                text.push_str(separator.as_deref().unwrap_or_default());
            }
            text.push_str(&value.render());
            if text.len() > LONGEST {
                break;
            }
        }
        Ok(ScopedJson::Derived(Value::String(capped(text))))
    }
}

/// Writes a list, a block of the packet, or a text as JSON.
#[derive(Clone, Copy)]
struct Json;

impl HelperDef for Json {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        call: &Call<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let Some(value) = call.param(0) else {
            return Ok(ScopedJson::Missing);
        };
        let value = kept(value, context, BLOCKS).cloned().unwrap_or_else(|| {
            let mut values = list(value, context);
            match values.len() {
                1 => values.swap_remove(0),
                _ => Value::Array(values),
            }
        });
        Ok(ScopedJson::Derived(Value::String(capped(
            value.to_string(),
        ))))
    }
}

/// Returns the engine with our helpers, with our own loops and without partials.
pub(super) fn registry(escape: Escape) -> Handlebars<'static> {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    match escape {
        Escape::Nothing => engine.register_escape_fn(handlebars::no_escape),
        Escape::Html => engine.register_escape_fn(html),
        Escape::Json => engine.register_escape_fn(json),
        Escape::Url => engine.register_escape_fn(url),
    }
    for name in [
        "each", "with", "lookup", "log", "raw", "gt", "gte", "lt", "lte", "len",
    ] {
        engine.unregister_helper(name);
    }
    engine.register_helper("upper", Box::new(upper));
    engine.register_helper("lower", Box::new(lower));
    engine.register_helper("trim", Box::new(trim));
    engine.register_helper("eq", Box::new(eq));
    engine.register_helper("ne", Box::new(ne));
    engine.register_helper("digits", Box::new(digits));
    engine.register_helper("default", Box::new(default));
    engine.register_helper("truncate", Box::new(truncate));
    engine.register_helper("date", Box::new(date_));
    engine.register_helper("join", Box::new(Join));
    engine.register_helper("json", Box::new(Json));
    engine.register_helper("each", Box::new(Each));
    engine
}

/// Checks literals that would otherwise fail at run time.
pub(super) fn check_arguments(helper: &Helper, call: &HelperTemplate) -> Result<(), Bilingual> {
    match (helper.name, call.params.get(1)) {
        ("truncate", Some(Parameter::Literal(most))) if most.as_u64().is_none() => Err(bilingual!(
            "`truncate` needs a number of characters",
            "`truncate` нужно число знаков"
        )),
        ("truncate", Some(Parameter::Path(_) | Parameter::Subexpression(_))) => Err(bilingual!(
            "`truncate` needs a number of characters",
            "`truncate` нужно число знаков"
        )),
        ("date", Some(Parameter::Literal(Value::String(format)))) => check_date(format, call),
        ("date", Some(_)) => Err(bilingual!(
            "`date` needs a format in quotes",
            "`date` нужен формат в кавычках"
        )),
        _ => Ok(()),
    }
}

fn check_date(format: &str, call: &HelperTemplate) -> Result<(), Bilingual> {
    let epoch = jiff::Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
    if jiff::fmt::strtime::format(format, &epoch).is_err() || !format.contains('%') {
        return Err(bilingual!(
            "`{format}` is not a date format",
            "`{format}` — не формат даты"
        ));
    }
    match call.hash.get("tz") {
        Some(Parameter::Literal(Value::String(zone))) if time_zone(zone).is_none() => {
            Err(bilingual!(
                "there is no time zone `{zone}`",
                "нет часового пояса `{zone}`"
            ))
        }
        _ => Ok(()),
    }
}

/// Returns what is wrong with the form of a call: a block or none, the number of values, an option.
pub(super) fn misused(helper: &Helper, call: &HelperTemplate) -> Option<Bilingual> {
    let count = call.params.len();
    let name = helper.name;
    if call.block != helper.block {
        return Some(if helper.block {
            bilingual!(
                "`{name}` is a block: it needs `#` and an end",
                "`{name}` — блок: ему нужны `#` и конец"
            )
        } else {
            bilingual!(
                "`{name}` is not a block: write it without `#`",
                "`{name}` — не блок: пишите без `#`"
            )
        });
    }
    if count < helper.least || count > helper.most {
        return Some(match (helper.least, helper.most) {
            (1, 1) => bilingual!(
                "`{name}` takes one value, not {count}",
                "`{name}` берёт одно значение, а здесь {count}"
            ),
            (least, most) if least == most => bilingual!(
                "`{name}` takes {least} values, not {count}",
                "`{name}` берёт значений: {least}, а здесь {count}"
            ),
            (least, _) => bilingual!(
                "`{name}` takes at least {least} values, not {count}",
                "`{name}` берёт значений не меньше чем {least}, а здесь {count}"
            ),
        });
    }
    let strange = call
        .hash
        .keys()
        .find(|key| !helper.options.contains(&key.as_str()))?;
    Some(bilingual!(
        "`{name}` has no option `{strange}`",
        "у `{name}` нет настройки `{strange}`"
    ))
}
