//! Normalisers (`as`): what people type, in the one spelling that the CRM understands. Each takes a
//! text and gives a text, or nothing when it cannot read it; none of them guesses twice.

mod boolean;
pub(crate) mod date;
mod list;
mod name;
mod number;
mod parts;
mod url;

use jiff::tz::TimeZone;

use super::codes::Code;
use super::problem::Problems;
use super::raw::block::{self, Sp};
use super::yaml::Text;
use crate::domain::{Bilingual, Email, Phone, Wanted, bilingual};

pub(crate) use self::boolean::truth;
pub(crate) use self::list::split;
pub(crate) use self::parts::{NameOrder, NamePart, Told, name_part};

/// The words of `as`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
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
    /// A text looked up in a table beside the profile.
    Lookup,
}

impl Form {
    /// All words, in the order of the reference.
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
    ];

    /// What it wants to read, for notes and replies.
    pub fn wants(self) -> Wanted {
        match self {
            Self::Text | Self::Join | Self::First | Self::Split => Wanted::Text,
            Self::Phone => Wanted::Phone,
            Self::Email => Wanted::Email,
            Self::Name => Wanted::Name,
            Self::Integer => Wanted::Integer,
            Self::Money => Wanted::Money,
            Self::Date => Wanted::Date,
            Self::Datetime => Wanted::Datetime,
            Self::Bool => Wanted::Bool,
            Self::Url => Wanted::Url,
            Self::Lookup => Wanted::Lookup,
        }
    }

    pub(crate) fn read(about: &str, text: &Text, problems: &mut Problems) -> Option<Sp<Self>> {
        if text.value == "label" {
            let message = bilingual!(
                "`{about}: label` stands in the wrong place",
                "`{about}: label` стоит не на своём месте"
            );
            let advice = Bilingual::new(
                "a list belongs to a field of the CRM: write it there, such as \
                 UF_CRM_CITY: { value: \"{{city}}\", as: label }",
                "список принадлежит полю CRM: напишите там, например \
                 UF_CRM_CITY: { value: \"{{city}}\", as: label }",
            )
            .into();
            problems.error(Code::WrongPlace, &text.place, message, advice);
            return None;
        }
        block::word(about, text, Self::WORDS, problems)
    }

    /// Reads one text; `zone` is for times that were written without one.
    pub(crate) fn apply(self, text: &str, zone: &TimeZone) -> Option<String> {
        match self {
            Self::Text | Self::Join | Self::First | Self::Split | Self::Lookup => {
                let text = text.trim();
                (!text.is_empty()).then(|| text.to_owned())
            }
            Self::Phone => Phone::parse(text).map(|phone| phone.as_str().to_owned()),
            Self::Email => Email::first_of(text).map(|email| email.as_str().to_owned()),
            Self::Name => name::read(text),
            Self::Integer => number::integer(text),
            Self::Money => number::money(text),
            Self::Date => date::day(text, zone),
            Self::Datetime => date::moment(text, zone),
            Self::Bool => boolean::read(text).map(str::to_owned),
            Self::Url => url::read(text),
        }
    }

    /// Whether several values are kept, not only the first that can be read.
    pub(crate) fn keeps_all(self) -> bool {
        match self {
            Self::Text | Self::Join | Self::Split | Self::Lookup => true,
            Self::Phone
            | Self::Email
            | Self::Name
            | Self::Integer
            | Self::Money
            | Self::Date
            | Self::Datetime
            | Self::Bool
            | Self::First
            | Self::Url => false,
        }
    }
}

#[cfg(test)]
mod tests;
