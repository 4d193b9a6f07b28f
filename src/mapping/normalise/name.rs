//! People's names.

/// Particles that stay in lower case inside a name.
const PARTICLES: &[&str] = &[
    "фон", "де", "да", "ди", "дель", "ла", "ван", "дер", "бин", "ибн", "аль", "оглы", "кызы",
    "von", "van", "der", "de", "da", "di", "del", "la", "bin", "ibn", "al",
];

/// One blank between words, and a capital letter in front of words that were typed all in small or all
/// in capital letters. Words with mixed letters are left alone: their owner knew better.
pub(super) fn read(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split_whitespace()
        .enumerate()
        .map(|(index, text)| match index {
            1.. if PARTICLES.contains(&text) => text.to_owned(),
            _ => word(text),
        })
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn word(text: &str) -> String {
    let only_letters = |part: &str| {
        let part = part.strip_suffix('.').unwrap_or(part);
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_alphabetic() || matches!(c, '\'' | '’' | 'ʼ'))
    };
    if !text.split('-').all(only_letters) {
        return text.to_owned();
    }
    let one_case = |is: fn(char) -> bool| text.chars().filter(|c| c.is_alphabetic()).all(is);
    if !one_case(char::is_lowercase) && !one_case(char::is_uppercase) {
        return text.to_owned();
    }
    let parts: Vec<String> = text.split('-').map(capitalised).collect();
    parts.join("-")
}

fn capitalised(part: &str) -> String {
    let mut chars = part.chars();
    chars.next().map_or_else(String::new, |first| {
        first
            .to_uppercase()
            .chain(chars.flat_map(char::to_lowercase))
            .collect()
    })
}
