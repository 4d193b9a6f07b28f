//! Every text in two languages names English first.

use std::fs;

use crate::{code, rust_files};

/// Two languages of one type are easily swapped; the letters tell them apart.
#[test]
fn every_bilingual_text_has_its_english_wording_first() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in rust_files("src") {
        let code = code(&fs::read_to_string(&file).expect("a readable file"));
        for opening in [
            "Bilingual::new(",
            "bilingual!(",
            "self.pick(",
            "self.comment(",
        ] {
            for mut rest in code.split(opening).skip(1) {
                let Some(english) = literal(&mut rest) else {
                    continue;
                };
                seen += 1;
                let russian = literal(&mut rest).unwrap_or_default();
                let (plain_en, plain_ru) = (plain(&english), plain(&russian));
                let is_mistaken_en = has_cyrillic(&plain_en);
                let is_mistaken_ru = plain_ru.contains(|c: char| c.is_ascii_alphabetic())
                    && !has_cyrillic(&plain_ru)
                    && english != russian;
                if is_mistaken_en || is_mistaken_ru {
                    wrong.push(format!("{}: {english:?}, {russian:?}", file.display()));
                }
            }
        }
        for order in [
            "(ru, en)",
            "ru: &str, en:",
            "ru: T, en:",
            "ru: &'static str, en:",
        ] {
            let is_old = code.contains(order) && !file.to_string_lossy().contains("/simulator/");
            if is_old {
                wrong.push(format!("{}: `{order}` names Russian first", file.display()));
            }
        }
    }
    assert!(seen > 500, "only {seen} bilingual texts were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The next argument if it is a text: `"…"`, or `format!("…")` in whole.
fn literal(rest: &mut &str) -> Option<String> {
    let text = rest.trim_start_matches([' ', '\n', ',', '&']);
    let text = text.strip_prefix("format!(").unwrap_or(text).trim_start();
    let text = text.strip_prefix('"')?;
    let mut is_escaped = false;
    let end = text.find(|c| {
        let is_end = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    })?;
    let (literal, after) = text.split_at(end);
    *rest = after.strip_prefix('"')?.trim_start_matches(')');
    Some(literal.to_owned())
}

/// A text without its placeholders, names in backquotes and quotations.
fn plain(text: &str) -> String {
    let mut depth = 0;
    let mut is_code = false;
    let mut kept = String::new();
    for c in text.chars() {
        match c {
            '`' => is_code = !is_code,
            '«' | '{' | '[' => depth += 1,
            '»' | '}' | ']' => depth -= 1,
            _ if depth == 0 && !is_code => kept.push(c),
            _ => {}
        }
    }
    kept
}

fn has_cyrillic(text: &str) -> bool {
    text.contains(|c| matches!(c, 'а'..='я' | 'А'..='Я' | 'ё' | 'Ё'))
}
