//! The words of `as`, with which a profile selects a normaliser. `mapping::normalise` implements
//! them.

use crate::domain::ValueKind;

/// The words of `as`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Normaliser {
    /// As it is, trimmed. The default.
    #[default]
    Text,
    /// A phone number, E.164.
    Phone,
    /// An e-mail address.
    Email,
    /// A person's name.
    Name,
    /// A whole number.
    Integer,
    /// An amount: `3500.50`.
    Money,
    /// A day: `2025-07-21`.
    Date,
    /// A moment: `2025-07-21T14:35:00+03:00`.
    Datetime,
    /// `Y` or `N`.
    Bool,
    /// All values of a list with the separator between them.
    Join,
    /// The first value of a list.
    First,
    /// One text cut at the separator into a list.
    Split,
    /// A web address, http or https.
    Url,
    /// A text from a table in the profiles' folder.
    Lookup,
    /// Text without HTML entities, tags and superfluous backslashes and blanks.
    Clean,
    /// A file: a part of a form, base64, or a link.
    File,
}

impl Normaliser {
    /// All words in the order of the reference.
    pub const WORDS: &[(&'static str, Self)] = &[
        ("text", Self::Text),
        ("phone", Self::Phone),
        ("email", Self::Email),
        ("name", Self::Name),
        ("integer", Self::Integer),
        ("money", Self::Money),
        ("date", Self::Date),
        ("datetime", Self::Datetime),
        ("bool", Self::Bool),
        ("join", Self::Join),
        ("first", Self::First),
        ("split", Self::Split),
        ("url", Self::Url),
        ("lookup", Self::Lookup),
        ("clean", Self::Clean),
        ("file", Self::File),
    ];

    /// Returns what it reads, for notes and replies.
    pub fn wants(self) -> ValueKind {
        match self {
            Self::Text | Self::Join | Self::First | Self::Split | Self::Clean => ValueKind::Text,
            Self::Phone => ValueKind::Phone,
            Self::Email => ValueKind::Email,
            Self::Name => ValueKind::Name,
            Self::Integer => ValueKind::Integer,
            Self::Money => ValueKind::Money,
            Self::Date => ValueKind::Date,
            Self::Datetime => ValueKind::Datetime,
            Self::Bool => ValueKind::Bool,
            Self::Url => ValueKind::Url,
            Self::Lookup => ValueKind::Lookup,
            Self::File => ValueKind::File,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(_, form)| *form == self);
        found.map_or("text", |(word, _)| word)
    }
}

/// The order of a name's parts, if the words do not show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameOrder {
    LastFirst,
    FirstLast,
}
