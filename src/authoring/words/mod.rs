//! Keys and words of profiles as people write them who do not know them yet: in Russian, in Latin
//! letters for Russian ones, with the wrong keyboard layout, or as other programs call them.

mod table;
mod values;

use self::table::{FIELDS, KEYS, SAME};
use self::values::VALUES;

/// The keys of a Latin keyboard, and the Russian letters on them.
const LATIN: &str = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`";
const RUSSIAN: &str = "йцукенгшщзхъфывапролджэячсмитьбюё";

/// A longer text is no word, in bytes.
const LONGEST: usize = 80;

/// Returns the word that is meant by another word for it.
pub(crate) fn meant_word<'n>(written: &str, names: &[&'n str]) -> Option<&'n str> {
    if written.len() > LONGEST {
        return None;
    }
    let folded = folded(written);
    let of = |meaning: &str| names.iter().find(|name| **name == meaning).copied();
    let rows = KEYS.iter().chain(FIELDS).chain(VALUES);
    let mut rows = rows.filter(|(meaning, words)| of(meaning).is_some() && has(words, &folded));
    rows.next()
        .and_then(|(meaning, _)| of(meaning))
        .or_else(|| same(&folded, names))
        .or_else(|| typed(written, names))
        .or_else(|| transliterated(&folded, names))
}

/// Returns whether a text is another word for this key.
pub(crate) fn means_key(written: &str, key: &str) -> bool {
    if written.len() > LONGEST {
        return false;
    }
    let folded = folded(written);
    let mut rows = KEYS.iter().filter(|(meaning, _)| *meaning == key);
    rows.any(|(_, words)| has(words, &folded)) || typed(written, &[key]).is_some()
}

/// Returns whether a word is itself a key of some block.
pub(crate) fn is_key(word: &str) -> bool {
    KEYS.iter().chain(VALUES).any(|(key, _)| *key == word)
}

/// Returns whether a text was typed with the Russian layout in place of the Latin one.
pub(crate) fn is_other_layout(written: &str, name: &str) -> bool {
    in_latin_layout(&written.to_lowercase()).is_some_and(|typed| typed.eq_ignore_ascii_case(name))
}

/// The letters of a word that count: in lower case, without blanks, dashes and quotes.
fn folded(written: &str) -> String {
    let only_signs = !written.chars().any(char::is_alphanumeric);
    let quotes = ['"', '\'', '«', '»', '“', '”', '„', '`', '.', '!', '?'];
    written
        .trim()
        .trim_matches(|c| !only_signs && quotes.contains(&c))
        .chars()
        .filter(|c| only_signs || !is_joint(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'ё' { 'е' } else { c })
        .collect()
}

fn is_joint(c: char) -> bool {
    c.is_whitespace() || matches!(c, '_' | '-' | '–' | '\u{a0}')
}

/// Returns whether a folded text is one of these words.
fn has(words: &str, written: &str) -> bool {
    words.split('|').any(|word| is_same(word, written))
}

/// Compares a word of the table, without making a text of it: keys are compared often.
fn is_same(word: &str, written: &str) -> bool {
    let is_sign = !word.chars().any(char::is_alphanumeric);
    let letters = word
        .chars()
        .filter(|c| is_sign || !is_joint(*c))
        .map(|c| if c == 'ё' { 'е' } else { c });
    !word.is_empty() && letters.eq(written.chars())
}

/// Names of an author for the same thing: `сумма` is the field `total`.
fn same<'n>(written: &str, names: &[&'n str]) -> Option<&'n str> {
    let groups = SAME.iter().filter(|words| has(words, written));
    let mut fields = groups.filter_map(|words| {
        let mut meant = names.iter().filter(|name| has(words, &folded(name)));
        let first = meant.next()?;
        // of two such fields nobody knows which one
        meant.next().is_none().then_some(*first)
    });
    fields.next()
}

fn typed<'n>(written: &str, names: &[&'n str]) -> Option<&'n str> {
    let typed = in_latin_layout(&written.trim().to_lowercase())?;
    let is_typed = |name: &&&str| name.eq_ignore_ascii_case(&typed);
    names.iter().find(is_typed).copied()
}

/// `kanal` is `канал`, and so `channel`.
fn transliterated<'n>(written: &str, names: &[&'n str]) -> Option<&'n str> {
    if !written.bytes().all(|byte| byte.is_ascii_lowercase()) || written.len() < 3 {
        return None;
    }
    let sound = sound(written);
    let is_heard = |words: &str| {
        let mut words = words.split('|').filter(|word| !word.is_ascii());
        words.any(|word| {
            in_latin_letters(&folded(word)).is_some_and(|word| self::sound(&word) == sound)
        })
    };
    let of = |meaning: &str| names.iter().find(|name| **name == meaning).copied();
    let rows = KEYS.iter().chain(FIELDS).chain(VALUES);
    let mut rows = rows.filter(|(meaning, words)| of(meaning).is_some() && is_heard(words));
    let of_name = || {
        let same = |name: &&&str| {
            in_latin_letters(&folded(name)).is_some_and(|name| self::sound(&name) == sound)
        };
        names.iter().find(same).copied()
    };
    rows.next()
        .and_then(|(meaning, _)| of(meaning))
        .or_else(of_name)
}

/// Russian letters in Latin ones. Returns `None` unless all are Russian.
fn in_latin_letters(word: &str) -> Option<String> {
    word.chars().map(latin_letter).collect()
}

/// Returns a small Russian letter in Latin ones; `None` for any other character.
pub fn latin_letter(letter: char) -> Option<&'static str> {
    Some(match letter {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' => "g",
        'д' => "d",
        'е' | 'э' | 'ё' => "e",
        'ж' => "zh",
        'з' => "z",
        'и' | 'й' | 'ы' => "i",
        'к' => "k",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' => "u",
        'ф' => "f",
        'х' => "h",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "sch",
        'ъ' | 'ь' => "",
        'ю' => "iu",
        'я' => "ia",
        _ => return None,
    })
}

/// Latin letters for Russian ones, spelt in one way: `kompaniya` and `companija` sound the same.
fn sound(latin: &str) -> String {
    let latin = latin
        .replace("shch", "sch")
        .replace("kh", "h")
        .replace("ck", "k")
        .replace("ph", "f")
        .replace('w', "v")
        .replace(['j', 'y'], "i");
    let mut sound = String::new();
    let mut chars = latin.chars().peekable();
    while let Some(c) = chars.next() {
        let c = match c {
            'c' if chars.peek() != Some(&'h') && !sound.ends_with('s') => 'k',
            c => c,
        };
        if c != 'i' || !sound.ends_with('i') {
            sound.push(c);
        }
    }
    sound
}

/// `ыефпу` is `stage`. Returns `None` unless there is a Russian letter.
fn in_latin_layout(lower: &str) -> Option<String> {
    if lower.is_ascii() {
        return None;
    }
    let typed = lower.chars().map(|c| {
        let at = RUSSIAN.chars().position(|russian| russian == c);
        at.and_then(|at| LATIN.chars().nth(at)).unwrap_or(c)
    });
    Some(typed.collect())
}

#[cfg(test)]
mod tests;
