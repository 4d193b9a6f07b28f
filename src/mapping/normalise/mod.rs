//! Normalisers (`as`): convert what people type into the one spelling that the CRM understands.
//! Each takes a text and returns a text, or nothing if it cannot read it.

mod boolean;
pub(crate) mod date;
mod list;
mod name;
mod number;
mod parts;
mod remark;
mod url;
mod zone;

use jiff::Zoned;
use jiff::tz::TimeZone;

pub(crate) use self::boolean::truth;
pub(crate) use self::list::split;
pub(crate) use self::number::{currency, money};
pub(crate) use self::parts::{NameCertainty, NamePart, name_part};
pub(crate) use self::url::{AddressPart, sites};
use crate::authoring::Normaliser;
use crate::domain::clean::clean;
use crate::domain::{Country, Email, Phone};

/// What a value depends on besides its text.
#[derive(Debug, Clone)]
pub(crate) struct NormaliseOptions {
    /// The zone of times without a zone.
    pub(crate) zone: TimeZone,
    /// The country of phone numbers without a country code.
    pub(crate) country: Country,
    /// The part of a web address that is the value.
    pub(crate) part: Option<AddressPart>,
}

/// A value, and what stands beside it under a name of its own: the extension of a phone, the
/// currency of an amount, a remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NormalValue {
    pub(crate) text: String,
    pub(crate) beside: Option<String>,
}

/// The values of a text.
#[derive(Debug, Default)]
pub(crate) struct NormalValues {
    pub(crate) values: Vec<NormalValue>,
    /// Whether the text says more.
    pub(crate) has_more: bool,
    /// Whether there is a phone number that is in no table.
    pub(crate) is_unlisted: bool,
}

/// Reads a time as people and programs write it, in a zone; `zone` is also that of texts without an
/// offset.
pub fn moment_in(text: &str, zone: &TimeZone) -> Option<Zoned> {
    let (moment, _) = date::read(text, zone)?;
    Some(moment.with_time_zone(zone.clone()))
}

impl Normaliser {
    /// Reads all values of a text: several phone numbers, e-mail and web addresses, one of anything
    /// else.
    pub(crate) fn read_all(self, text: &str, options: &NormaliseOptions) -> NormalValues {
        match self {
            Self::Phone => {
                let found = Phone::all_of(text, options.country);
                NormalValues {
                    is_unlisted: found.phones.iter().any(|phone| !phone.is_known),
                    has_more: found.has_more,
                    values: found
                        .phones
                        .into_iter()
                        .map(|typed| NormalValue {
                            text: typed.phone.as_str().to_owned(),
                            beside: typed.extension,
                        })
                        .collect(),
                }
            }
            Self::Email => {
                let found = Email::all_of(text);
                let texts = found.emails.iter().map(|email| email.as_str().to_owned());
                NormalValues {
                    values: texts.map(NormalValue::alone).collect(),
                    has_more: found.has_more,
                    is_unlisted: false,
                }
            }
            Self::Url => {
                if let Some(part) = &options.part {
                    let found = part.of(text).map(NormalValue::alone);
                    return NormalValues::of(found);
                }
                let (urls, has_more) = url::read_all(text);
                NormalValues {
                    values: urls.into_iter().map(NormalValue::alone).collect(),
                    has_more,
                    is_unlisted: false,
                }
            }
            Self::Name => {
                let (name, beside) = remark::split(text);
                let text = name::read(&name);
                NormalValues::of(text.map(|text| NormalValue { text, beside }))
            }
            Self::Money => {
                let amount = number::amount(text);
                NormalValues::of(amount.map(|amount| NormalValue {
                    text: amount.text,
                    beside: amount.currency.map(str::to_owned),
                }))
            }
            form => NormalValues {
                values: form
                    .one(text, options)
                    .map(NormalValue::alone)
                    .into_iter()
                    .collect(),
                ..NormalValues::default()
            },
        }
    }

    /// Reads a text that has one value at most.
    fn one(self, text: &str, options: &NormaliseOptions) -> Option<String> {
        match self {
            Self::Integer => number::integer(text),
            Self::Date => date::day(text, &options.zone),
            Self::Datetime => date::moment(text, &options.zone),
            Self::Bool => boolean::read(text).map(str::to_owned),
            Self::Clean => Some(clean(text)).filter(|text| !text.is_empty()),
            Self::Text
            | Self::Join
            | Self::First
            | Self::Split
            | Self::Lookup
            | Self::Name
            | Self::Money
            | Self::Phone
            | Self::Email
            | Self::File
            | Self::Url => {
                let text = text.trim();
                (!text.is_empty()).then(|| text.to_owned())
            }
        }
    }

    /// Returns whether it reads a day or a moment.
    pub(crate) fn is_time(self) -> bool {
        matches!(self, Self::Date | Self::Datetime)
    }

    /// Returns whether all values are kept, and its text is all of them.
    pub(crate) fn keeps_all(self) -> bool {
        match self {
            Self::Text | Self::Join | Self::Split | Self::Lookup | Self::Clean => true,
            Self::Phone
            | Self::Email
            | Self::Name
            | Self::Integer
            | Self::Money
            | Self::Date
            | Self::Datetime
            | Self::Bool
            | Self::First
            | Self::File
            | Self::Url => false,
        }
    }

    /// Returns whether all readable values are kept for lists, and its text is the first of them.
    pub(crate) fn lists_all(self) -> bool {
        matches!(self, Self::Phone | Self::Email | Self::Url)
    }
}

impl NormalValues {
    fn of(value: Option<NormalValue>) -> Self {
        Self {
            values: value.into_iter().collect(),
            ..Self::default()
        }
    }
}

impl NormalValue {
    fn alone(text: String) -> Self {
        Self { text, beside: None }
    }
}

#[cfg(test)]
mod tests;
