//! Lists written in one line.

/// Splits a text; without a separator at commas, semicolons and line ends.
pub(crate) fn split(text: &str, separator: Option<&str>) -> Vec<String> {
    let parts: Vec<&str> = match separator {
        Some(separator) if !separator.is_empty() => text.split(separator).collect(),
        Some(_) | None => text.split([',', ';', '\n']).collect(),
    };
    parts
        .into_iter()
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}
