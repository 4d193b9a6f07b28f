//! "Did you mean …": suggests the nearest valid name.

use super::lookalike::in_latin;
use super::words;
use crate::domain::{Bilingual, bilingual};

/// Returns the parts of a text that stands where a list is meant: `a, b; c`.
pub(crate) fn parts(written: &str) -> impl Iterator<Item = &str> {
    let parts = written.split([',', ';', ' ']);
    parts.filter(|part| !part.is_empty())
}

/// Maximum length of a name to compare, in bytes.
const LONGEST: usize = 100;

/// Returns the nearest name, if one is near enough.
pub(crate) fn nearest<'n>(
    written: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    if written.len() > LONGEST {
        return None;
    }
    let names: Vec<&str> = names.into_iter().collect();
    let lower = written.to_lowercase();
    let length = lower.chars().count();
    // one letter of a long word is a slip, and no other word
    let is_slip =
        |name: &&str| length > 4 && strsim::damerau_levenshtein(&lower, &name.to_lowercase()) <= 1;
    if let Some(name) = names.iter().copied().find(is_slip) {
        return Some(name);
    }
    if let Some(name) = words::meant_word(written, &names) {
        return Some(name);
    }
    // a name that differs in every letter is not near
    let most = (length / 3).clamp(1, 3).min(length.saturating_sub(1));
    names
        .into_iter()
        .map(|name| {
            let name_lower = name.to_lowercase();
            (strsim::damerau_levenshtein(&lower, &name_lower), name)
        })
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Keys that mean another one elsewhere, and stand beside it in their own block.
const BESIDE: &[(&str, &str)] = &[
    ("type", "as"),
    ("from", "value"),
    ("table", "map"),
    ("body", "json"),
    ("text", "value"),
    ("name", "title"),
    ("title", "name"),
    ("form", "json"),
    ("text", "body"),
    ("html", "body"),
    ("json", "body"),
    ("url", "path"),
];

/// Returns whether a misspelt key certainly means this one: it differs less than two keys of a block
/// may.
pub(crate) fn is_certain(written: &str, key: &str) -> bool {
    if written.len() > LONGEST || BESIDE.contains(&(written, key)) {
        return false;
    }
    if words::means_key(written, key) {
        return true;
    }
    if words::is_key(written) {
        return false;
    }
    let lower = in_latin(written).to_lowercase();
    let most = match key.len() {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    };
    strsim::damerau_levenshtein(&lower, key) <= most
}

/// Returns whether a text is another word for this one: `нет` for `none`.
pub(crate) fn translated(written: &str, name: &str) -> bool {
    written.eq_ignore_ascii_case(name) || words::meant_word(written, &[name]).is_some()
}

/// Returns the nearest of these names, for other kinds of names.
pub fn nearest_name<'n>(written: &str, names: &[&'n str]) -> Option<&'n str> {
    nearest(written, names.iter().copied())
}

/// Returns the name that differs in a letter, or in two of a long word.
pub(crate) fn slip<'n>(written: &str, names: &[&'n str]) -> Option<&'n str> {
    if written.len() > LONGEST {
        return None;
    }
    let lower = written.trim().to_lowercase();
    let most = match lower.chars().count() {
        0..4 => return None,
        4..9 => 1,
        _ => 2,
    };
    let is_near =
        |name: &&str| strsim::damerau_levenshtein(&lower, &name.trim().to_lowercase()) <= most;
    names.iter().copied().find(is_near)
}

/// Returns advice that names the nearest name, or else all of them.
pub(crate) fn did_you_mean(written: &str, names: &[&str]) -> Bilingual {
    match nearest(written, names.iter().copied()) {
        Some(name) => meant_by(written, name),
        None if names.is_empty() => Bilingual::empty(),
        None => {
            let names = list(names);
            bilingual!("expected one of: {names}", "возможные варианты: {names}")
        }
    }
}

/// Returns advice that suggests one name.
pub(crate) fn meant(name: &str) -> Bilingual {
    bilingual!("did you mean `{name}`?", "может быть, `{name}`?")
}

/// The same for written words; names Russian letters in a Latin word, because they look the same.
pub(crate) fn meant_by(written: &str, name: &str) -> Bilingual {
    if !name.is_empty() && !name.contains(char::is_alphanumeric) {
        return bilingual!("write \"{name}\"", "напишите \"{name}\"");
    }
    let mut russian: Vec<String> = Vec::new();
    for letter in written
        .chars()
        .filter(|c| ('\u{400}'..='\u{4ff}').contains(c))
    {
        let shown = format!("«{letter}»");
        if !russian.contains(&shown) {
            russian.push(shown);
        }
    }
    if russian.is_empty() || !name.is_ascii() {
        return meant(name);
    }
    // «с» looks like the letter of its key
    let looks_alike = in_latin(written).eq_ignore_ascii_case(name);
    if !looks_alike && words::is_other_layout(written, name) {
        return bilingual!(
            "`{written}` was typed in the Russian layout: type `{name}`",
            "`{written}` набрано в русской раскладке: наберите `{name}`"
        );
    }
    let latin = in_latin(written).to_lowercase();
    let distance = strsim::damerau_levenshtein(&latin, &name.to_lowercase());
    let is_misspelt = latin.is_ascii() && distance * 2 <= name.len();
    if !is_misspelt && !words::is_key(name) {
        return meant(name);
    }
    if !is_misspelt {
        return bilingual!(
            "profiles have English words: write `{name}`",
            "слова профилей английские: напишите `{name}`"
        );
    }
    let letters = russian.join(", ");
    bilingual!(
        "`{written}` has Russian letters ({letters}): type `{name}` in Latin letters",
        "в `{written}` есть русские буквы ({letters}): наберите `{name}` латиницей"
    )
}

/// Returns the names in backticks, separated by commas.
pub(crate) fn list(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn russian_letters_in_a_latin_name_are_named() {
        use crate::domain::Lang::{En, Ru};
        let shown = did_you_mean("сhаnnel", &["channel", "polls"]);
        assert_eq!(
            shown.in_lang(Ru),
            "в `сhаnnel` есть русские буквы («с», «а»): наберите `channel` латиницей"
        );
        assert!(shown.in_lang(En).contains("Russian letters («с», «а»)"));
        let shown = did_you_mean("сhannel", &["channel"]);
        assert!(shown.in_lang(En).contains("Russian letters («с»)"));
        let shown = did_you_mean("тилефон", &["телефон"]);
        assert_eq!(shown.in_lang(Ru), "может быть, `телефон`?");
    }

    #[test]
    fn suggests_only_near_names() {
        let names = ["deal", "lead", "contact"];
        assert_eq!(nearest("dael", names), Some("deal"));
        assert_eq!(nearest("Contact", names), Some("contact"));
        assert_eq!(nearest("wibble", names), None);
        assert_eq!(
            did_you_mean("wibble", &names).in_lang(crate::domain::Lang::En),
            "expected one of: `deal`, `lead`, `contact`"
        );
    }
}
