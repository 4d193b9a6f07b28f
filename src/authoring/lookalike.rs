//! Russian letters that look like Latin ones, and invisible characters. They get into names on a
//! keyboard with two layouts and with texts copied from documents.

use crate::domain::{Bilingual, Lang, bilingual};

/// Cyrillic letters and the Latin ones that look like them.
const TWINS: &[(char, char)] = &[
    ('а', 'a'),
    ('е', 'e'),
    ('о', 'o'),
    ('р', 'p'),
    ('с', 'c'),
    ('у', 'y'),
    ('х', 'x'),
    ('к', 'k'),
    ('м', 'm'),
    ('т', 't'),
    ('п', 'n'),
    ('і', 'i'),
    ('ј', 'j'),
    ('ѕ', 's'),
    ('А', 'A'),
    ('В', 'B'),
    ('Е', 'E'),
    ('К', 'K'),
    ('М', 'M'),
    ('Н', 'H'),
    ('О', 'O'),
    ('Р', 'P'),
    ('С', 'C'),
    ('Т', 'T'),
    ('У', 'Y'),
    ('Х', 'X'),
    ('І', 'I'),
];

/// A character that does not belong into a name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OddCharacter {
    /// Its place, in characters.
    pub(crate) offset: usize,
    pub(crate) character: char,
    /// The text without it, or with the Latin letter in its place.
    pub(crate) corrected: String,
}

impl OddCharacter {
    /// Finds the first one: a Russian letter in a word that has Latin letters, too, or an invisible
    /// character.
    pub(crate) fn find(text: &str) -> Option<Self> {
        if text.is_ascii() {
            return None;
        }
        let chars: Vec<char> = text.chars().collect();
        let mut start = 0;
        while start < chars.len() {
            let is_part = |c: &&char| c.is_alphanumeric() || **c == '_' || is_invisible(**c);
            let rest = chars.get(start..)?;
            let length = rest.iter().take_while(is_part).count();
            let word = rest.get(..length)?;
            let is_mixed = word.iter().any(char::is_ascii_alphabetic);
            let odd = word
                .iter()
                .position(|c| is_invisible(*c) || (is_mixed && twin(*c).is_some()));
            let others = word.iter().any(|c| is_cyrillic(*c) && twin(*c).is_none());
            if let Some(at) = odd
                && let Some(character) = word.get(at)
                && (is_invisible(*character) || !others)
            {
                return Some(Self {
                    offset: start + at,
                    character: *character,
                    corrected: in_latin(text),
                });
            }
            start += length.max(1);
        }
        None
    }

    /// Says which character it is.
    pub(crate) fn message(&self, text: &str) -> Bilingual {
        let number = self.offset + 1;
        if is_invisible(self.character) {
            let code = u32::from(self.character);
            return bilingual!(
                "character {number} of `{text}` is invisible (U+{code:04X})",
                "символ {number} в `{text}` — невидимый (U+{code:04X})"
            );
        }
        let letter = self.character;
        bilingual!(
            "letter {number} of `{text}` is a Russian «{letter}»",
            "в `{text}` буква {number} — русская «{letter}»"
        )
    }

    /// Says which character it is, and what to type.
    pub(crate) fn explained(&self, text: &str) -> Bilingual {
        let (message, advice) = (self.message(text), self.advice());
        let (en, ru) = (message.in_lang(Lang::En), message.in_lang(Lang::Ru));
        let (type_en, type_ru) = (advice.in_lang(Lang::En), advice.in_lang(Lang::Ru));
        bilingual!("{en}: {type_en}", "{ru}: {type_ru}")
    }

    /// Says what to type.
    pub(crate) fn advice(&self) -> Bilingual {
        let corrected = &self.corrected;
        if is_invisible(self.character) {
            return bilingual!(
                "type it anew: `{corrected}`",
                "наберите заново: `{corrected}`"
            );
        }
        bilingual!(
            "type `{corrected}` in Latin letters",
            "наберите `{corrected}` латиницей"
        )
    }
}

/// Returns the text with Latin letters in place of Russian ones that look like them, and without
/// invisible characters.
pub(crate) fn in_latin(text: &str) -> String {
    let visible = text.chars().filter(|c| !is_invisible(*c));
    visible.map(|c| twin(c).unwrap_or(c)).collect()
}

/// Finds a Latin letter in a Russian word: returns what is wrong, and the word as it should be.
pub(crate) fn latin_in_russian(text: &str) -> Option<(Bilingual, Bilingual)> {
    let other = |c: char| {
        let found = TWINS.iter().find(|(_, latin)| *latin == c);
        found.map(|(russian, _)| *russian)
    };
    let is_letter = |c: &char| c.is_alphabetic();
    let words = text.split(|c: char| !is_letter(&c));
    let word = words.into_iter().find(|word| {
        let mut russian = word.chars().filter(|c| is_cyrillic(*c));
        // some letters of the word are Russian beyond doubt
        let is_russian = russian.any(|c| twin(c).is_none() || c == 'п');
        let mut latin = word.chars().filter(char::is_ascii_alphabetic);
        let are_twins = latin.clone().all(|c| other(c).is_some());
        is_russian && latin.next().is_some() && are_twins
    })?;
    let letter = word.chars().find(char::is_ascii_alphabetic)?;
    let fixed: String = word.chars().map(|c| other(c).unwrap_or(c)).collect();
    let corrected = text.replacen(word, &fixed, 1);
    let message = bilingual!(
        "`{text}` has a Latin «{letter}» in a Russian word",
        "в `{text}` среди русских букв латинская «{letter}»"
    );
    let advice = bilingual!(
        "type `{corrected}` in Russian letters",
        "наберите `{corrected}` русскими буквами"
    );
    Some((message, advice))
}

fn twin(c: char) -> Option<char> {
    let found = TWINS.iter().find(|(russian, _)| *russian == c);
    found.map(|(_, latin)| *latin)
}

fn is_cyrillic(c: char) -> bool {
    ('\u{400}'..='\u{52f}').contains(&c)
}

/// Returns whether a character cannot be seen, and is no blank.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn russian_letters_are_found_in_latin_words_only() {
        for (text, found) in [
            ("$.рhone", Some((2, 'р', "$.phone"))),
            ("$.form.titlе", Some((11, 'е', "$.form.title"))),
            ("UF_СRM_X", Some((3, 'С', "UF_CRM_X"))),
            ("SUM_С", Some((4, 'С', "SUM_C"))),
            ("to\u{ad}pic", Some((2, '\u{ad}', "topic"))),
            ("$.data['Ваш e-mail']", None),
            ("тема", None),
            ("СОК", None),
            ("IP-адрес", None),
            ("имяName", None),
            ("плата_rub", None),
            ("phone", None),
        ] {
            let odd = OddCharacter::find(text);
            let odd = odd.as_ref();
            let odd = odd.map(|odd| (odd.offset, odd.character, odd.corrected.as_str()));
            assert_eq!(odd, found, "{text}");
        }
    }

    #[test]
    fn latin_letters_are_found_in_russian_words() {
        for (text, corrected) in [
            ("Номер заказa", Some("Номер заказа")),
            ("Телефoн", Some("Телефон")),
            ("Номер заказа", None),
            ("ORDERID", None),
            ("IP-адрес", None),
            ("Имя в Telegram", None),
        ] {
            let found = latin_in_russian(text);
            let advice = found.map(|(_, advice)| advice.in_lang(Lang::Ru).to_owned());
            let right = corrected.map(|it| format!("наберите `{it}` русскими буквами"));
            assert_eq!(advice, right, "{text}");
        }
    }
}
