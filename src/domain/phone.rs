//! Phone numbers as they are stored, searched and compared.

use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};
use serde::{Deserialize, Serialize};

/// A phone number in E.164: `+` and 8 to 15 digits, country code first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(String);

/// Longer text is no phone number, whatever it holds.
const LONGEST: usize = 250;

impl Phone {
    /// Reads what a person in Russia typed, in any punctuation, with or without the country code; of
    /// several numbers the first. `None` when it holds no valid number.
    pub fn parse(typed: &str) -> Option<Self> {
        let first = typed
            .split([',', ';', '/'])
            .map(str::trim)
            .find(|part| !part.is_empty())?;
        if first.len() > LONGEST {
            return None;
        }
        Self::read(first).or_else(|| {
            let digits = first.chars().filter(char::is_ascii_digit).count();
            // 375…, 998…, 380…: the country code without its plus
            ((11..=15).contains(&digits) && !first.starts_with('+'))
                .then(|| Self::read(&format!("+{first}")))
                .flatten()
        })
    }

    fn read(text: &str) -> Option<Self> {
        let number = PHONE_NUMBER_UTIL.parse(text, Some(Region::RU)).ok()?;
        if !number.is_valid() {
            return None;
        }
        Some(Self(number.format_as(PhoneNumberFormat::E164).into_owned()))
    }

    /// E.164 with its plus.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The spellings under which Bitrix24's match codes may have filed this number: with the country
    /// code, and for Russia and Kazakhstan the ten national digits, which its normaliser keeps apart
    /// (it adds no country code to a number that was typed without one).
    pub fn spellings(&self) -> Vec<String> {
        let mut all = vec![self.0.clone()];
        if let Some(national) = self.0.strip_prefix("+7") {
            all.push(national.to_owned());
        }
        all
    }
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_as_people_type_them() {
        for (typed, number) in [
            ("8 (912) 345-67-89", "+79123456789"),
            ("+7 912 345 67 89", "+79123456789"),
            ("9123456789", "+79123456789"),
            ("74712773120", "+74712773120"),
            ("+7 (4712) 77-31-20 доб. 12", "+74712773120"),
            ("8 912 345-67-89, 8 912 000-00-00", "+79123456789"),
            ("375291234567", "+375291234567"),
            ("+49 30 12345678", "+493012345678"),
        ] {
            assert_eq!(
                Phone::parse(typed).as_ref().map(Phone::as_str),
                Some(number),
                "{typed}"
            );
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for typed in [
            "",
            "нет",
            "12",
            "+7",
            "0000000000",
            "abc",
            "+",
            &"9".repeat(10_000),
        ] {
            assert_eq!(Phone::parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn a_russian_number_is_searched_in_both_spellings() {
        let phone = Phone::parse("8 912 345 67 89").unwrap();
        assert_eq!(phone.spellings(), ["+79123456789", "9123456789"]);
        assert_eq!(format!("{phone:?}"), "Phone(…89)");
    }

    proptest! {
        #[test]
        fn reading_a_number_twice_changes_nothing(typed in "\\PC{0,24}") {
            if let Some(phone) = Phone::parse(&typed) {
                prop_assert_eq!(Phone::parse(phone.as_str()), Some(phone));
            }
        }

        #[test]
        fn any_digits_are_read_without_a_panic(typed in "[+0-9 ()-]{0,30}") {
            if let Some(phone) = Phone::parse(&typed) {
                prop_assert_eq!(Phone::parse(phone.as_str()), Some(phone));
            }
        }
    }
}
