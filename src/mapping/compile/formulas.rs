//! Formulas of spreadsheets: their parts, and a condition as a template.

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

/// `ЕСЛИ(city="Москва";"М";"Р")` as a template.
pub(super) fn conditional(formula: &str) -> Option<String> {
    let (function, rest) = formula.split_once('(')?;
    if !matches!(function.trim().to_uppercase().as_str(), "ЕСЛИ" | "IF") {
        return None;
    }
    let inside = rest.trim_end().strip_suffix(')')?;
    let parts: Vec<&str> = inside.split([';', ',']).map(str::trim).collect();
    let [test, yes, no] = parts.as_slice() else {
        return None;
    };
    let (name, value) = test.split_once('=')?;
    let bare = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    let (name, value, yes, no) = (name.trim(), bare(value), bare(yes), bare(no));
    Some(format!(
        "{{{{#if (eq {name} \"{value}\")}}}}{yes}{{{{else}}}}{no}{{{{/if}}}}"
    ))
}
