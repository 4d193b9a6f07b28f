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

use crate::domain::{Email, Phone};

pub(crate) use self::boolean::truth;
pub(crate) use self::list::split;
pub(crate) use self::parts::{NameCertainty, NamePart, name_part};
use crate::authoring::Normaliser;

impl Normaliser {
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
