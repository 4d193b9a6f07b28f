//! A line of a YAML text: its indentation, its key and its value.

/// A line, cut into its parts without regard to other lines.
#[derive(Debug)]
pub(super) struct Line<'t> {
    /// Counted from 1.
    pub(super) number: usize,
    pub(super) text: &'t str,
    /// The number of blanks before the first dash or key.
    pub(super) indent: usize,
    /// The key, if a colon and a space follow it.
    pub(super) key: Option<&'t str>,
    /// Where the key, or what is in its place, begins, in bytes.
    pub(super) key_at: usize,
    /// Where the value begins, in bytes; the end of the line if there is none.
    pub(super) value_at: usize,
    /// Whether it is an item of a list.
    pub(super) is_item: bool,
}

impl<'t> Line<'t> {
    pub(super) fn of(number: usize, text: &'t str) -> Self {
        let text = text.trim_end();
        let indent = text.len() - text.trim_start_matches(' ').len();
        let mut key_at = indent;
        while let Some(rest) = text.get(key_at..)
            && let Some(item) = rest.strip_prefix("- ")
        {
            key_at += 2 + item.len() - item.trim_start_matches(' ').len();
        }
        let rest = text.get(key_at..).unwrap_or_default();
        let colon = if rest.starts_with('#') {
            None
        } else {
            colon(rest)
        };
        let value_at = colon.map_or(key_at, |colon| {
            let behind = rest.get(colon + 1..).unwrap_or_default();
            key_at + colon + 1 + behind.len() - behind.trim_start_matches(' ').len()
        });
        Self {
            number,
            text,
            indent,
            key: colon.and_then(|colon| rest.get(..colon)),
            key_at,
            value_at,
            is_item: key_at > indent,
        }
    }

    /// Returns whether it has no content.
    pub(super) fn is_blank(&self) -> bool {
        let body = self.body();
        body.is_empty() || body.starts_with('#')
    }

    /// Returns the text behind the indentation.
    pub(super) fn body(&self) -> &'t str {
        self.text.get(self.indent..).unwrap_or_default()
    }

    pub(super) fn body_at(&self) -> usize {
        self.indent
    }

    /// Returns the value with a remark behind it.
    pub(super) fn raw_value(&self) -> &'t str {
        self.text.get(self.value_at..).unwrap_or_default()
    }

    /// Returns the value without a remark behind it.
    pub(super) fn value(&self) -> &'t str {
        let value = self.raw_value();
        if value.starts_with('#') && self.key.is_some() {
            return "";
        }
        value
            .split_once(" #")
            .map_or(value, |(value, _)| value)
            .trim_end()
    }

    pub(super) fn value_range(&self) -> std::ops::Range<usize> {
        self.value_at..self.value_at + self.value().len()
    }

    /// Returns the line with another value, without indentation.
    pub(super) fn with_value(&self, value: &str) -> String {
        let before = self.text.get(self.indent..self.value_at);
        format!("{}{value}", before.unwrap_or_default())
    }

    /// Returns whether it opens a block: a key without a value.
    pub(super) fn opens(&self) -> bool {
        self.key.is_some() && self.value().is_empty()
    }
}

/// Returns where the colon behind a key is.
fn colon(text: &str) -> Option<usize> {
    if text.starts_with(['{', '[']) {
        return None;
    }
    if let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let end = text.get(1..)?.find(quote)? + 2;
        let rest = text.get(end..)?;
        let is_key = rest == ":" || rest.starts_with(": ");
        return is_key.then_some(end);
    }
    let spaced = text
        .find(": ")
        .or_else(|| text.strip_suffix(':').map(str::len))?;
    let is_remark = text.find(" #").is_some_and(|remark| remark < spaced);
    (!is_remark).then_some(spaced)
}
