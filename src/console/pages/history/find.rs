//! Finds the submission that an address names.

use actix_web::web;

use crate::console::reply::Trouble;
use crate::console::request::decoded;
use crate::console::visit::Visit;
use crate::domain::Bilingual;
use crate::journal::{Found, History};
use crate::store::StoreError;

/// Fewer letters would mean reading everything.
const FEWEST: usize = 3;

/// A search for too few letters.
pub(super) const TOO_SHORT: Bilingual<&str> = Bilingual::new(
    "Write at least three letters or digits.",
    "Напишите не меньше трёх букв или цифр.",
);

/// Returns whether every word of a searched text is too short for the index.
pub(super) fn too_short(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let is_number = digits >= FEWEST && !text.chars().any(char::is_alphabetic);
    let mut words = text.split_whitespace();
    !is_number && words.all(|word| word.chars().nth(FEWEST - 1).is_none())
}

/// Returns the history of the submission that an address names.
pub(super) async fn one(visit: &Visit<'_>, name: &str) -> Result<Box<History>, Trouble> {
    let name = decoded(name);
    let journal = visit.parts().journal.clone();
    let found = web::block(move || journal.show(&name)).await;
    match found.map_err(|_| StoreError::Closed)?? {
        Found::One(history) => Ok(history),
        Found::Several => {
            let text = Bilingual::new(
                "Several submissions have this beginning of an id. Write more of it.",
                "Так начинается ID нескольких обращений. Напишите больше знаков.",
            );
            Err(Trouble::Bad(text.into()))
        }
        Found::None | Found::NotAName => Err(Trouble::NotFound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_needs_a_word_of_three_letters() {
        for (text, short) in [
            ("ян", true),
            ("a b", true),
            ("12", true),
            ("1-2", false),
            ("1 2 3", false),
            ("1-23", false),
            ("+7 9", true),
            ("8 (912)", false),
            ("ян петр", false),
            ("анна", false),
            ("123/4", false),
        ] {
            assert_eq!(too_short(text), short, "{text}");
        }
    }
}
