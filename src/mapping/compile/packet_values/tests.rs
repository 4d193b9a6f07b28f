//! Reads the paths of a test of the packet, and the texts with which it compares them.

/// A path in a test, with the text that it must be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PacketTest<'t> {
    pub(super) path: &'t str,
    /// The text behind `==` or `!=`, without its quotes.
    pub(super) text: Option<&'t str>,
    /// The beginning of the path, in bytes.
    pub(super) at: usize,
    /// The length of path and comparison, in characters.
    pub(super) length: usize,
}

/// Returns the plain paths of a test; those with brackets are left out.
pub(super) fn read(test: &str) -> Vec<PacketTest<'_>> {
    let mut found = Vec::new();
    let mut quote = None;
    let mut behind = 0;
    for (at, c) in test.char_indices() {
        match quote {
            Some(open) => {
                if c == open {
                    quote = None;
                }
                continue;
            }
            None if matches!(c, '\'' | '"') => {
                quote = Some(c);
                continue;
            }
            None => {}
        }
        if c != '$' || at < behind {
            continue;
        }
        let Some(rest) = test.get(at..) else { continue };
        let is_of_path = |c: char| c.is_alphanumeric() || matches!(c, '$' | '.' | '_');
        let end = rest.find(|c| !is_of_path(c)).unwrap_or(rest.len());
        let (path, after) = rest.split_at(end);
        behind = at + end;
        if after.starts_with('[') || path.ends_with('.') {
            continue;
        }
        let compared = compared(after);
        let length = compared.map_or(0, |(_, length)| length);
        let whole = rest.get(..end + length).unwrap_or(path);
        found.push(PacketTest {
            path,
            text: compared.map(|(text, _)| text),
            at,
            length: whole.chars().count(),
        });
    }
    found
}

/// Returns the text behind a comparison, and the bytes up to its end.
fn compared(after: &str) -> Option<(&str, usize)> {
    let sign = after.trim_start();
    let value = sign
        .strip_prefix("==")
        .or_else(|| sign.strip_prefix("!="))?;
    let value = value.trim_start();
    let start = after.len() - value.len();
    let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"'));
    if let Some(quote) = quote {
        let inside = value.strip_prefix(quote)?;
        let end = inside.find(quote)?;
        return Some((inside.get(..end)?, start + end + 2));
    }
    let end = value.find(|c: char| c.is_whitespace() || matches!(c, ')' | '&' | '|' | ']'));
    let text = value.get(..end.unwrap_or(value.len()))?;
    (!text.is_empty() && !text.starts_with(['$', '@'])).then_some((text, start + text.len()))
}

#[test]
fn the_paths_of_a_test_and_their_texts_are_read() {
    let shown = |test| {
        let found = read(test);
        let one = |it: &PacketTest<'_>| (it.path.to_owned(), it.text.map(str::to_owned), it.length);
        found.iter().map(one).collect::<Vec<_>>()
    };
    let row =
        |path: &str, text: Option<&str>, length| (path.to_owned(), text.map(str::to_owned), length);
    assert_eq!(
        shown("$.call.kind == 'a b' && !$.x"),
        [row("$.call.kind", Some("a b"), 20), row("$.x", None, 3)]
    );
    assert_eq!(shown("$.city=='Пермь'"), [row("$.city", Some("Пермь"), 15)]);
    assert_eq!(shown("($.kind == 2)"), [row("$.kind", Some("2"), 11)]);
    assert_eq!(shown("$.sum > 5"), [row("$.sum", None, 5)]);
    assert_eq!(shown("search($.q, '$.no == 1')"), [row("$.q", None, 3)]);
    assert_eq!(shown("$.list[?@.a == 1]"), []);
    assert_eq!(
        shown("$poll.language != \"RU\""),
        [row("$poll.language", Some("RU"), 22)]
    );
}
