//! Web addresses.

/// Parses an http or https address; drops `<` and `>` that exports put around it or on one side.
pub(super) fn read(text: &str) -> Option<String> {
    let text = text
        .trim()
        .trim_start_matches('<')
        .trim_end_matches('>')
        .trim();
    let (scheme, rest) = text.split_once("://")?;
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let host = rest.split(['/', '?', '#']).next()?;
    let unfit = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`');
    let usable =
        is_web && !host.is_empty() && !host.starts_with([':', '.']) && !rest.contains(unfit);
    usable.then(|| text.to_owned())
}
