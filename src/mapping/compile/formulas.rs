//! Formulas of spreadsheets: their parts, and a condition as a template.

use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::yaml::Text;
use crate::domain::{Bilingual, bilingual};

/// Splits a formula at its signs, outside of quotes.
pub(super) fn pieces(formula: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut quote) = (0, None);
    for (at, c) in formula.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '&' | '+' | ';' | ',' | '*') => {
                pieces.push(formula.get(start..at).unwrap_or_default().trim());
                start = at + 1;
            }
            (Some(_) | None, _) => {}
        }
    }
    pieces.push(formula.get(start..).unwrap_or_default().trim());
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// The parts of `ЕСЛИ(city="Москва";"М";"Р")`.
struct Conditional {
    name: String,
    sign: &'static str,
    value: String,
    yes: String,
    no: String,
}

/// `ЕСЛИ(city="Москва";"М";"Р")` as a template.
pub(super) fn conditional<'k>(
    formula: &str,
    known: impl Fn(&str) -> Option<&'k str>,
) -> Option<String> {
    let parts = parts_of_if(formula)?;
    let shown = |text: &str| match known(text) {
        Some(name) if !text.is_empty() => format!("{{{{{name}}}}}"),
        _ => text.to_owned(),
    };
    let Conditional {
        name,
        value,
        yes,
        no,
        ..
    } = &parts;
    let helper = match parts.sign {
        "=" => "eq",
        "<>" => "ne",
        _ => return None,
    };
    let (yes, no) = (shown(yes), shown(no));
    let otherwise = if no.is_empty() {
        String::new()
    } else {
        format!("{{{{else}}}}{no}")
    };
    if value.is_empty() {
        let block = if helper == "eq" { "unless" } else { "if" };
        return Some(format!(
            "{{{{#{block} {name}}}}}{yes}{otherwise}{{{{/{block}}}}}"
        ));
    }
    Some(format!(
        "{{{{#if ({helper} {name} \"{value}\")}}}}{yes}{otherwise}{{{{/if}}}}"
    ))
}

/// `ЕСЛИ(sum>10000;"VIP";"")` as a value with a condition: numbers are compared in `when`.
fn with_condition(formula: &str) -> Option<String> {
    let parts = parts_of_if(formula)?;
    let Conditional {
        name,
        sign,
        value,
        yes,
        ..
    } = parts;
    let is_order = matches!(sign, ">" | "<" | ">=" | "<=");
    is_order.then(|| format!("{{ value: \"{yes}\", when: {{ {name}: \"{sign} {value}\" }} }}"))
}

fn parts_of_if(formula: &str) -> Option<Conditional> {
    let (function, rest) = formula.split_once('(')?;
    if !matches!(function.trim().to_uppercase().as_str(), "ЕСЛИ" | "IF") {
        return None;
    }
    let inside = rest.trim_end().strip_suffix(')')?;
    let parts: Vec<&str> = inside.split([';', ',']).map(str::trim).collect();
    let [test, yes, no] = parts.as_slice() else {
        return None;
    };
    let sign = ["<>", ">=", "<=", ">", "<", "="];
    let sign = sign.into_iter().find(|sign| test.contains(sign))?;
    let (name, value) = test.split_once(sign)?;
    let bare = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    Some(Conditional {
        name: without_braces(name).trim().to_owned(),
        sign,
        value: bare(value),
        yes: bare(yes),
        no: bare(no),
    })
}

/// Advice on a formula that compares numbers, or changes one value.
pub(super) fn in_other_words<'k>(
    formula: &str,
    known: impl Fn(&str) -> Option<&'k str>,
) -> Option<Bilingual> {
    if let Some(rule) = with_condition(formula) {
        return Some(bilingual!(
            "numbers are compared in a condition: write `{rule}`",
            "числа сравнивают в условии: напишите `{rule}`"
        ));
    }
    let (helper, name) = single_call(formula)?;
    let name = known(name)?;
    Some(bilingual!(
        "write \"{{{{{helper}{name}}}}}\"",
        "напишите \"{{{{{helper}{name}}}}}\""
    ))
}

/// A formula whose names stand in braces: `СЦЕПИТЬ({{topics}};{{district}})`.
pub(super) fn without_braces(formula: &str) -> String {
    formula.replace("{{", "").replace("}}", "")
}

/// Returns the helper and the name of `ПРОПИСН(name)`.
fn single_call(formula: &str) -> Option<(&'static str, &str)> {
    let (function, rest) = formula.split_once('(')?;
    let name = rest.trim_end().strip_suffix(')')?.trim();
    let helper = match function.trim().to_uppercase().as_str() {
        "ПРОПИСН" | "UPPER" => "upper ",
        "СТРОЧН" | "LOWER" => "lower ",
        "ОКРУГЛ" | "ROUND" | "СЖПРОБЕЛЫ" | "TRIM" | "ТЕКСТ" | "TEXT" | "ЗНАЧЕН" | "VALUE"
        | "ПРОПНАЧ" | "PROPER" => "",
        _ => return None,
    };
    (!name.contains([';', ',', '&', '+'])).then_some((helper, name))
}

/// Returns whether a formula calculates: `sum*1,2`.
pub(super) fn is_arithmetic(formula: &str) -> bool {
    !formula.contains(['"', '\'', '&']) && formula.contains(['*', '/', '-', '+'])
}

/// `$.steps.crm.deal_id`, `steps.crm.deal_id`.
pub(super) fn result_of_step(text: &str) -> Option<&str> {
    let bare = text.strip_prefix("$.").unwrap_or(text);
    let parts: Vec<&str> = bare.split('.').collect();
    let is_name =
        |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    (parts.len() == 3 && parts.first() == Some(&"steps") && parts.iter().all(is_name))
        .then_some(bare)
}

/// Reports a text whose end became a remark.
pub(super) fn lost(text: &Text, written: &str, problems: &mut Problems) {
    let quoted = if written.contains('"') {
        format!("'{}'", written.replace('\'', "''"))
    } else {
        format!("\"{written}\"")
    };
    let message = bilingual!(
        "`#` with a space before it begins a remark: the rest of the line is lost",
        "`#` после пробела начинает пояснение: остаток строки пропадает"
    );
    let advice = bilingual!(
        "write the whole text in quotes: {quoted}",
        "возьмите весь текст в кавычки: {quoted}"
    );
    let place = text.place.part(0, written.chars().count());
    problems.warn(Code::Unquoted, &place, message, advice);
}
