//! Normalisers (`as`): convert what people type into the one spelling that the CRM understands.
//! Each takes a text and returns a text, or nothing if it cannot read it.

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
    /// Normalises one text; `zone` is for times without a zone.
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

    /// Returns whether all values are kept, not only the first readable one.
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
