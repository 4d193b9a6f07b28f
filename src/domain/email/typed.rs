//! Finds e-mail addresses in what people type: `почта: anna@mail.example (рабочая)`, several
//! addresses, links, encoded signs. A word that may be the other half of an address makes the text
//! unreadable: half of an address may be another person's.

use std::borrow::Cow;

use super::Email;
use crate::domain::clean::{entities, tags};
use crate::domain::is_invisible;
use crate::domain::text::lower;

/// Longer text is not searched for addresses.
const LONGEST: usize = 4000;
/// Maximum number of addresses that are read in one text.
const MOST: usize = 20;

/// Words before an address that are no part of it.
const LABELS: &[&str] = &[
    "email", "e-mail", "mail", "mailto", "eml", "address", "contact", "is", "my", "or", "and",
    "write", "to", "work", "home",
];

/// The addresses of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TypedEmails {
    /// The addresses in their order, each once.
    pub emails: Vec<Email>,
    /// Whether the text says more than addresses.
    pub has_more: bool,
}

/// Reads all addresses of a text.
pub(super) fn read(typed: &str) -> TypedEmails {
    if !typed.contains(['=', '&'])
        && let Some(email) = Email::parse(typed)
    {
        return TypedEmails {
            emails: vec![email],
            has_more: false,
        };
    }
    if typed.len() > LONGEST || !is_promising(typed) {
        return TypedEmails::default();
    }
    let text = decoded(typed);
    let pieces: Vec<Piece<'_>> = pieces(&text);
    let mut found = TypedEmails::default();
    for (index, piece) in pieces.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|at| pieces.get(at));
        let Some(email) = piece.email() else {
            found.has_more |= !piece.is_label();
            continue;
        };
        let is_half = before.is_some_and(Piece::may_continue)
            || pieces.get(index + 1).is_some_and(Piece::may_be_rest);
        if is_half {
            return TypedEmails::default();
        }
        if found.emails.len() < MOST && !found.emails.contains(&email) {
            found.emails.push(email);
        }
    }
    found
}

fn is_promising(text: &str) -> bool {
    text.contains(['@', '＠'])
        || text.contains("&#")
        || text.contains("&commat;")
        || has_percent(text)
}

fn has_percent(text: &str) -> bool {
    text.contains("%40")
}

/// Returns the text without tags, entities and invisible signs.
fn decoded(typed: &str) -> Cow<'_, str> {
    let is_odd = |c: char| matches!(c, '&' | '<' | '\\' | '＠') || is_invisible(c);
    let mut text = Cow::Borrowed(typed);
    if typed.contains(is_odd) {
        let mut bare = unangled(typed);
        for _ in 0..2 {
            bare = unangled(&entities(&tags(&bare)));
        }
        let bare = bare.replace('\\', "").replace('＠', "@");
        text = Cow::Owned(bare.chars().filter(|c| !is_invisible(*c)).collect());
    }
    if !text.contains('@') && has_percent(&text) {
        text = Cow::Owned(text.replace("%40", "@"));
    }
    text
}

/// Puts blanks in place of the brackets of `<anna@mail.example>`, which is no tag.
fn unangled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('<') {
        out.push_str(before);
        match from.split_once('>') {
            Some((inside, after)) if inside.contains('@') && !inside.contains('<') => {
                out.push_str(" ; ");
                out.push_str(inside);
                out.push_str(" ; ");
                rest = after;
            }
            _ => {
                out.push('<');
                rest = from;
            }
        }
    }
    out.push_str(rest);
    out
}

/// A word of the text.
#[derive(Debug, Clone, Copy)]
struct Piece<'t> {
    text: &'t str,
    /// Whether only a blank separates it from the word before.
    is_loose: bool,
    /// Whether only a blank follows.
    goes_on: bool,
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let is_mark = |c: char| {
        matches!(
            c,
            ',' | ';'
                | '|'
                | '('
                | ')'
                | '['
                | ']'
                | '<'
                | '>'
                | '"'
                | '«'
                | '»'
                | ':'
                | '“'
                | '”'
                | '\n'
        )
    };
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let mut is_loose = false;
    let mut rest = text;
    while !rest.is_empty() {
        let gap = rest
            .find(|c: char| !c.is_whitespace() && !is_mark(c))
            .unwrap_or(rest.len());
        let (between, after) = rest.split_at(gap);
        if between.contains(is_mark) {
            is_loose = false;
            if let Some(last) = pieces.last_mut() {
                last.goes_on = false;
            }
        }
        let end = after
            .find(|c: char| c.is_whitespace() || is_mark(c))
            .unwrap_or(after.len());
        let (word, after) = after.split_at(end);
        rest = after;
        let halves = halves(word);
        for text in halves.into_iter().flatten().filter(|text| !text.is_empty()) {
            pieces.push(Piece {
                text,
                is_loose,
                goes_on: true,
            });
        }
        is_loose = true;
    }
    pieces
}

/// Returns the parts of `a@b.cd/d@e.fg`, `email=a@b.cd`, and of `a@b.cd?subject=x` the address.
fn halves(word: &str) -> [Option<&str>; 2] {
    if let Some((name, value)) = word.split_once('=')
        && LABELS.contains(&lower(name).as_str())
    {
        return [Some(value), None];
    }
    if word.bytes().filter(|b| *b == b'@').count() == 2
        && let Some((one, other)) = word.split_once(['/', '+', '&'])
        && one.contains('@')
    {
        return [Some(one), Some(other)];
    }
    match word.split_once('?') {
        Some((address, _)) if address.contains('@') => [Some(address), None],
        _ => [Some(word), None],
    }
}

impl Piece<'_> {
    fn email(&self) -> Option<Email> {
        let text = self
            .text
            .trim_matches(['.', '!', '?', '\'', '`', '*', '/', '-', '–', '—']);
        Email::parse(text)
    }

    fn is_label(&self) -> bool {
        let word = lower(self.text.trim_matches(['.', '-', '–', '—', '/']));
        word.is_empty()
            || LABELS.contains(&word.as_str())
            || matches!(
                &*word,
                "почта" | "эл" | "емейл" | "имейл" | "мейл" | "и" | "или"
            )
    }

    /// Returns whether it may be the first half of the address behind it: a Latin word, and no sign
    /// but a blank between.
    fn may_continue(&self) -> bool {
        let is_latin = self.text.chars().all(|c| c.is_ascii_graphic());
        self.goes_on && is_latin && !self.text.contains('@') && !self.is_label()
    }

    /// Returns whether it may be the rest of the address before it: `anna@mail.co m`,
    /// `anna@mail .example`.
    fn may_be_rest(&self) -> bool {
        let is_end = self.text.len() <= 3
            && self.text.chars().all(|c| c.is_ascii_lowercase())
            && !self.is_label();
        self.is_loose && (is_end || self.text.starts_with(['.', '@']))
    }
}
