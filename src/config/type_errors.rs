//! Describes settings that are not of the type that they should have.

use figment::error::Kind;

use crate::domain::{Bilingual, Lang, bilingual};

/// Describes a type error: the key, the problem, and where it was set; never the value, which may
/// be secret.
pub(super) fn describe(error: &figment::Error, file: &str) -> Bilingual {
    let key = error.path.join(".");
    let from = error.metadata.as_ref().map_or_else(
        || Bilingual::new("the settings", "настройки").into(),
        super::show::source,
    );
    let what = match &error.kind {
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => wanted(expected),
        Kind::MissingField(name) => bilingual!("`{name}` is missing", "нет `{name}`"),
        Kind::Message(text) => super::secrets::syntax_error(text, file).unwrap_or_else(|| {
            let russian = unparsed(text);
            bilingual!("{text}", "{russian}")
        }),
        other => bilingual!("{other}", "{other}"),
    };
    let (en, ru) = (what.in_lang(Lang::En), what.in_lang(Lang::Ru));
    let (from, russian) = (from.in_lang(Lang::En), from.in_lang(Lang::Ru));
    if key.is_empty() {
        bilingual!("{from}: {en}", "{russian}: {ru}")
    } else {
        bilingual!("{key} ({from}): {en}", "{key} ({russian}): {ru}")
    }
}

/// Returns what should be there instead.
fn wanted(expected: &impl std::fmt::Display) -> Bilingual {
    let expected = expected.to_string();
    let russian = match expected.as_str() {
        "text" => "текст".to_owned(),
        "a list, or text with commas" => "список или текст через запятую".to_owned(),
        other => format!("«{other}»"),
    };
    bilingual!("{expected} is expected", "здесь должно быть: {russian}")
}

/// Translates why a number or a flag could not be parsed; the standard library says it in English.
fn unparsed(text: &str) -> String {
    let Some((value, why)) = text.rsplit_once(": ") else {
        return text.to_owned();
    };
    let why = match why {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "нужно целое число"
        }
        "number too large to fit in target type" => "число слишком большое",
        "provided string was not `true` or `false`" => "нужно true или false",
        other => other,
    };
    format!("{value}: {why}")
}
