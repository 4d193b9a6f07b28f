//! Texts in quotes: where they end, and what is wrong with them.

/// How a text in quotes ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum QuoteEnd {
    /// Behind the closing quote, in bytes.
    At(usize),
    /// It has no closing quote.
    Open,
    /// A backslash that YAML does not know: where it is, in bytes.
    Backslash(usize),
}

/// Escapes of double quotes.
const ESCAPES: &str = "0abtnvfre \"/\\N_LPxuU\t";

/// Finds the end of a text in quotes, which begins at `start`.
pub(super) fn end(text: &str, start: usize) -> QuoteEnd {
    let Some(rest) = text.get(start..) else {
        return QuoteEnd::Open;
    };
    let mut chars = rest.char_indices().peekable();
    let Some((_, quote)) = chars.next() else {
        return QuoteEnd::Open;
    };
    while let Some((at, c)) = chars.next() {
        if quote == '"' && c == '\\' {
            match chars.next() {
                Some((_, escaped)) if !ESCAPES.contains(escaped) => {
                    return QuoteEnd::Backslash(start + at);
                }
                Some(_) | None => continue,
            }
        }
        if c != quote {
            continue;
        }
        if quote == '\'' && chars.peek().is_some_and(|(_, next)| *next == '\'') {
            chars.next();
            continue;
        }
        return QuoteEnd::At(start + at + 1);
    }
    QuoteEnd::Open
}

/// Returns the text between the outer quotes, typographic ones as well.
pub(super) fn bare(text: &str) -> &str {
    let text = text.trim();
    let text = text
        .strip_prefix(['"', '\'', '“', '„', '«', '‘', '”', '’'])
        .unwrap_or(text);
    text.strip_suffix(['"', '\'', '”', '“', '»', '’', '‘'])
        .unwrap_or(text)
}
