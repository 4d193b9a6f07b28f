//! What names and passwords of users look like.

use super::BY_LINK;
use crate::domain::{Bilingual, bilingual};

/// The longest name, in characters.
pub(super) const LONGEST_NAME: usize = 64;
/// The shortest password, in characters.
const SHORTEST_PASSWORD: usize = 10;
/// The longest password, in bytes.
const LONGEST_PASSWORD: usize = 1024;

/// Returns whether this can be the name of a person.
pub(super) fn is_name(name: &str) -> bool {
    let is_plain = |letter: char| letter.is_alphanumeric() || " -_.@+\\".contains(letter);
    !name.is_empty()
        && name.trim() == name
        && name.chars().count() <= LONGEST_NAME
        && name.chars().all(is_plain)
        && name != BY_LINK
}

/// Returns what is wrong with the name of a new user.
pub fn name_problem(name: &str) -> Option<Bilingual> {
    if is_name(name) {
        return None;
    }
    if name == BY_LINK {
        return Some(bilingual!(
            "`{name}` is the name of those who come by the sign-in link; choose another",
            "`{name}` — имя тех, кто входит по ссылке; выберите другое"
        ));
    }
    Some(bilingual!(
        "`{name}` cannot name a user: use letters, digits, blanks and -_.@+, at most {LONGEST_NAME}",
        "`{name}` не годится как имя: нужны буквы, цифры, пробелы и -_.@+, не больше {LONGEST_NAME}"
    ))
}

/// Returns what is wrong with a new password of this user.
pub fn password_problem(name: &str, password: &str) -> Option<Bilingual> {
    if password.chars().count() < SHORTEST_PASSWORD {
        return Some(bilingual!(
            "the password is too short: at least {SHORTEST_PASSWORD} characters",
            "пароль слишком короткий: нужно не меньше {SHORTEST_PASSWORD} знаков"
        ));
    }
    if password.len() > LONGEST_PASSWORD {
        return Some(bilingual!(
            "the password is too long: at most {LONGEST_PASSWORD} bytes",
            "пароль слишком длинный: не больше {LONGEST_PASSWORD} байт"
        ));
    }
    let lower = password.to_lowercase();
    let mut letters = lower.chars();
    let first = letters.next();
    if lower.trim() == name.to_lowercase() || letters.all(|letter| Some(letter) == first) {
        return Some(bilingual!(
            "the password is too easy to guess",
            "такой пароль легко угадать"
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for good in ["olga", "Ольга Петрова", "olga@firm.example", "FIRM\\olga"] {
            assert_eq!(name_problem(good), None, "{good}");
        }
        for wrong in ["", " olga", "link", "a\nb", "<b>", "a/b", &"x".repeat(65)] {
            assert!(name_problem(wrong).is_some(), "{wrong}");
        }
    }

    #[test]
    fn passwords_are_long_and_not_the_name() {
        assert_eq!(password_problem("olga", "correct horse"), None);
        assert_eq!(password_problem("olga", "десять зна"), None);
        for wrong in ["", "short", "девять зн", "aaaaaaaaaaaa", &"x".repeat(2000)] {
            assert!(password_problem("olga", wrong).is_some(), "{wrong}");
        }
        assert!(password_problem("olga.petrova", "Olga.Petrova").is_some());
    }
}
