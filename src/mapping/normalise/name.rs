//! People's names.

use super::parts::is_patronymic_word;
use crate::domain::text::{lower, lower_char};

/// Particles that stay in lower case within a name.
const PARTICLES: &[&str] = &[
    "фон", "де", "да", "ди", "дель", "ла", "ван", "дер", "бин", "ибн", "аль", "оглы", "кызы",
    "von", "van", "der", "de", "da", "di", "del", "la", "bin", "ibn", "al",
];

/// Puts one blank between words, and capitalises words that are all in lower or all in upper case.
/// Words in mixed case stay as they are.
pub(super) fn read(text: &str) -> Option<String> {
    let mut name = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let is_first = name.is_empty();
        if !is_first {
            name.push(' ');
        }
        if !is_first && is_patronymic_word(word) {
            name.push_str(&lower(word));
        } else if is_first || !PARTICLES.contains(&word) {
            write(word, &mut name);
        } else {
            name.push_str(word);
        }
    }
    (!name.is_empty()).then_some(name)
}

/// The case of a letter, without tables for Latin and Russian letters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Letter {
    Small,
    Capital,
    /// A letter of a script without case.
    Plain,
}

fn letter(c: char) -> Option<Letter> {
    match c {
        'a'..='z' | 'а'..='я' | 'ё' => Some(Letter::Small),
        'A'..='Z' | 'А'..='Я' | 'Ё' => Some(Letter::Capital),
        c if !c.is_alphabetic() => None,
        c if c.is_lowercase() => Some(Letter::Small),
        c if c.is_uppercase() => Some(Letter::Capital),
        _ => Some(Letter::Plain),
    }
}

fn write(word: &str, name: &mut String) {
    let only_letters = |part: &str| {
        let part = part.strip_suffix('.').unwrap_or(part);
        !part.is_empty()
            && part
                .chars()
                .all(|c| letter(c).is_some() || matches!(c, '\'' | '’' | 'ʼ'))
    };
    let one_case = |case: Letter| word.chars().filter_map(letter).all(|letter| letter == case);
    if !word.split('-').all(only_letters) || !(one_case(Letter::Small) || one_case(Letter::Capital))
    {
        return name.push_str(word);
    }
    for (index, part) in word.split('-').enumerate() {
        if index > 0 {
            name.push('-');
        }
        capitalise(part, name);
    }
}

fn capitalise(part: &str, name: &mut String) {
    let mut chars = part.chars();
    name.extend(chars.next().into_iter().flat_map(char::to_uppercase));
    for c in chars {
        match lower_char(c) {
            Some(small) => name.push(small),
            None => name.extend(c.to_lowercase()),
        }
    }
}
