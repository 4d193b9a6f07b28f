//! Phone numbers for storing, searching and comparing.

mod typed;

use std::fmt;

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, Region,
};
use serde::{Deserialize, Serialize};

pub(crate) use self::typed::is_invisible;
pub use self::typed::{TypedPhone, TypedPhones};

/// A phone number in E.164: `+` and 8 to 15 digits, country code first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(String);

/// Longer text is not read as a phone number.
const LONGEST: usize = 1000;

/// The country of numbers that are written without a country code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country(Region);

impl Country {
    /// Russia, the default.
    pub const RUSSIA: Self = Self(Region::RU);

    /// The countries where a Russian number is often written as in Russia.
    const NEIGHBOURS: [Region; 11] = [
        Region::AM,
        Region::AZ,
        Region::BY,
        Region::GE,
        Region::KG,
        Region::KZ,
        Region::MD,
        Region::TJ,
        Region::TM,
        Region::UA,
        Region::UZ,
    ];

    /// Countries whose numbers often come without their code; drafts try them.
    pub(crate) const USUAL: [Self; 9] = [
        Self(Region::AM),
        Self(Region::AZ),
        Self(Region::BY),
        Self(Region::GE),
        Self(Region::KG),
        Self(Region::MD),
        Self(Region::TJ),
        Self(Region::UA),
        Self(Region::UZ),
    ];

    /// Parses a code of two letters, such as `UZ`. Returns `None` if there is no such country.
    pub fn parse(code: &str) -> Option<Self> {
        let region = Region::from_code(code).ok()?;
        let is_country = region != Region::World;
        (is_country
            && PHONE_NUMBER_UTIL
                .get_country_code_for_region(region)
                .is_some())
        .then_some(Self(region))
    }
}

impl Country {
    /// Returns its code of two letters.
    pub(crate) fn code(self) -> String {
        format!("{:?}", self.0)
    }
}

impl Default for Country {
    fn default() -> Self {
        Self::RUSSIA
    }
}

impl Phone {
    /// Parses what a person in Russia typed, in any punctuation, with or without the country code,
    /// with text around it. Takes the first of several numbers. Returns `None` if there is none.
    pub fn parse(typed: &str) -> Option<Self> {
        let found = Self::all_of(typed, Country::RUSSIA);
        found.phones.into_iter().next().map(|typed| typed.phone)
    }

    /// Reads every phone number of a text, with extensions; see [`TypedPhones`].
    pub fn all_of(typed: &str, country: Country) -> TypedPhones {
        typed::read(typed, country)
    }

    /// Parses a text that is one number of a country's tables and nothing else.
    pub(crate) fn exact(text: &str, country: Country) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        // 00 49 30 …: the international prefix
        if let Some(rest) = text.strip_prefix("00")
            && let Some(phone) = Self::read(&format!("+{rest}"), country)
        {
            return Some(phone);
        }
        if let Some(phone) = Self::read(text, country) {
            return Some(phone);
        }
        let digits = || text.chars().filter(char::is_ascii_digit);
        let count = digits().count();
        if text.starts_with('+') || !(11..=15).contains(&count) {
            return None;
        }
        // 375…, 998…, 380…: a country code without the plus
        if let Some(phone) = Self::read(&format!("+{text}"), country) {
            return Some(phone);
        }
        let is_russian = count == 11
            && matches!(digits().next(), Some('7' | '8'))
            && Country::NEIGHBOURS.contains(&country.0);
        is_russian
            .then(|| Self::read(text, Country::RUSSIA))
            .flatten()
    }

    fn read(text: &str, country: Country) -> Option<Self> {
        let number = PHONE_NUMBER_UTIL.parse(text, Some(country.0)).ok()?;
        number.is_valid().then(|| Self::of(&number))
    }

    /// Parses a number with its plus that no table has, but which has a possible length: tables of
    /// numbers are always older than the newest numbers.
    fn possible(text: &str) -> Option<Self> {
        let number = PHONE_NUMBER_UTIL.parse(text, None).ok()?;
        let is_possible = number.is_possible_with_reason() == Ok(NumberLengthType::IsPossible);
        let national = number.get_national_significant_number();
        // no operator and no region of Russia or Kazakhstan
        let is_junk = number.country_code == 7 && national.starts_with(['0', '1', '2', '5']);
        (is_possible && !is_junk && !is_placeholder(&national)).then(|| Self::of(&number))
    }

    /// Returns whether this is a number of a country or of Russia.
    fn is_in(&self, country: Country) -> bool {
        let code = PHONE_NUMBER_UTIL.get_country_code_for_region(country.0);
        let own = code.map(|code| format!("+{code}"));
        self.0.starts_with("+7") || own.is_some_and(|own| self.0.starts_with(&own))
    }

    fn of(number: &PhoneNumber) -> Self {
        Self(number.format_as(PhoneNumberFormat::E164).into_owned())
    }

    /// Returns the number in E.164, with the plus.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Returns the spellings that Bitrix24's match codes distinguish for this number: with the
    /// country code, the national digits, and the national digits with the domestic prefix (`8 029
    /// …` in Belarus). Its normaliser adds no country code to a number that was typed without one.
    pub fn spellings(&self) -> Vec<String> {
        let mut all = vec![self.0.clone()];
        if let Ok(number) = PHONE_NUMBER_UTIL.parse(&self.0, None) {
            let dialled = number.format_as(PhoneNumberFormat::National);
            let dialled: String = dialled.chars().filter(char::is_ascii_digit).collect();
            // the match code of `8 912 …` is that of +7 912 …
            let dialled = Some(dialled).filter(|_| !self.0.starts_with("+7"));
            let national = Some(number.get_national_significant_number());
            for spelling in national.into_iter().chain(dialled) {
                if !all.contains(&spelling) {
                    all.push(spelling);
                }
            }
        }
        all
    }
    /// Returns whether a stored text means this number. Without a country code, a number is Russian
    /// if possible; otherwise it is of this number's country.
    pub fn is_meant_by(&self, stored: &str) -> bool {
        let found = Self::all_of(stored, Country::RUSSIA).phones;
        if !found.is_empty() || stored.len() > LONGEST {
            return found.iter().any(|typed| typed.phone == *self);
        }
        PHONE_NUMBER_UTIL
            .parse(&self.0, None)
            .ok()
            .and_then(|own| PHONE_NUMBER_UTIL.parse(stored, own.get_region_code()).ok())
            .is_some_and(|number| number.format_as(PhoneNumberFormat::E164) == self.0.as_str())
    }
}

/// Returns whether these digits are typed in place of a number: `0000000000`, `1234567890`.
fn is_placeholder(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    let all = |is: fn(u8, u8) -> bool| {
        let mut pairs = bytes.iter().zip(bytes.iter().skip(1));
        pairs.all(|(one, next)| is(*one, *next))
    };
    // `000…` begins no number of any country
    bytes.starts_with(b"000")
        || all(|one, next| one == next)
        || all(|one, next| next == if one == b'9' { b'0' } else { one + 1 })
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tail: String = self
            .0
            .chars()
            .skip(self.0.len().saturating_sub(2))
            .collect();
        write!(f, "Phone(…{tail})")
    }
}

#[cfg(test)]
mod tests;
