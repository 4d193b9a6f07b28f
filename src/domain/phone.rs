//! Phone numbers for storing, searching and comparing.

use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};
use serde::{Deserialize, Serialize};

/// A phone number in E.164: `+` and 8 to 15 digits, country code first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(String);

/// Longer text is not read as a phone number.
const LONGEST: usize = 250;

impl Phone {
    /// Parses what a person in Russia typed, in any punctuation, with or without the country code.
    /// Takes the first of several numbers. Returns `None` if there is no valid number.
    pub fn parse(typed: &str) -> Option<Self> {
        let first = typed
            .split([',', ';', '/'])
            .map(str::trim)
            .find(|part| !part.is_empty())?;
        if first.len() > LONGEST {
            return None;
        }
        // 00 49 30 …: the international prefix
        if let Some(rest) = first.strip_prefix("00")
            && let Some(phone) = Self::read(&format!("+{rest}"))
        {
            return Some(phone);
        }
        Self::read(first).or_else(|| {
            let digits = first.chars().filter(char::is_ascii_digit).count();
            // 375…, 998…, 380…: a country code without the plus
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
        match Self::parse(stored) {
            Some(phone) => phone == *self,
            None if stored.len() > LONGEST => false,
            None => PHONE_NUMBER_UTIL
                .parse(&self.0, None)
                .ok()
                .and_then(|own| PHONE_NUMBER_UTIL.parse(stored, own.get_region_code()).ok())
                .is_some_and(|number| number.format_as(PhoneNumberFormat::E164) == self.0.as_str()),
        }
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
            ("00 49 30 12345678", "+493012345678"),
            ("8 10 49 30 12345678", "+493012345678"),
        ] {
            assert_eq!(
                Phone::parse(typed).as_ref().map(Phone::as_str),
                Some(number),
                "{typed}"
            );
        }
    }

    #[test]
    fn refuses_text_without_a_number() {
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
    fn search_spellings_cover_all_match_codes() {
        let spellings = |number: &str| Phone::parse(number).unwrap().spellings();
        assert_eq!(
            spellings("+375291234567"),
            ["+375291234567", "291234567", "80291234567"]
        );
        assert_eq!(
            spellings("+380501234567"),
            ["+380501234567", "501234567", "0501234567"]
        );
        assert_eq!(
            spellings("+493012345678"),
            ["+493012345678", "3012345678", "03012345678"]
        );
        let phone = Phone::parse("8 912 345 67 89").unwrap();
        assert_eq!(phone.spellings(), ["+79123456789", "9123456789"]);
        assert_eq!(format!("{phone:?}"), "Phone(…89)");
    }

    #[test]
    fn a_stored_number_is_compared_by_its_meaning() {
        let meant = |number: &str, stored: &str| Phone::parse(number).unwrap().is_meant_by(stored);
        assert!(meant("+79123456789", "8 (912) 345-67-89"));
        assert!(meant("+375291234567", "8 029 123-45-67"));
        assert!(meant("+380501234567", "050 123 45 67"));
        // without a country code it is Russian if possible
        assert!(!meant("+499123456789", "9123456789"));
        assert!(!meant("+375291234567", "нет") && !meant("+375291234567", &"9".repeat(10_000)));
    }

    proptest! {
        #[test]
        fn a_number_is_meant_by_its_own_spelling(typed in "[+0-9 ()-]{0,30}", stored in "\\PC{0,30}") {
            if let Some(phone) = Phone::parse(&typed) {
                prop_assert!(phone.is_meant_by(phone.as_str()));
                let _ = phone.is_meant_by(&stored);
                prop_assert!(phone.spellings().len() <= 3);
            }
        }

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
