//! A text in both languages, English first. Every message that operators, authors or senders read
//! is one of these, so that nobody can write a message in one language only.

use super::Lang;

/// A text in English and in Russian: `String` when it is formatted, `&'static str` when it is
/// fixed.
///
/// Fixed texts are written with [`Bilingual::new`], formatted ones with the macro `bilingual!`;
/// both take the English wording first. `tests/architecture/` looks for wordings in the wrong
/// place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Bilingual<T = String> {
    en: T,
    ru: T,
}

impl<T> Bilingual<T> {
    /// Creates a text from its English and its Russian wording.
    pub const fn new(en: T, ru: T) -> Self {
        Self { en, ru }
    }

    /// Returns the wording in a language.
    pub fn pick(self, lang: Lang) -> T {
        match lang {
            Lang::En => self.en,
            Lang::Ru => self.ru,
        }
    }
}

impl Bilingual {
    /// Returns an empty text: there is nothing to say.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Borrows the wording in a language.
    pub fn in_lang(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Ru => &self.ru,
        }
    }

    /// Returns whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.en.is_empty()
    }

    /// Applies the same change to both wordings.
    #[must_use]
    pub fn map(&self, change: impl Fn(&str) -> String) -> Self {
        Self::new(change(&self.en), change(&self.ru))
    }
}

impl From<Bilingual<&str>> for Bilingual {
    fn from(fixed: Bilingual<&str>) -> Self {
        Self::new(fixed.en.to_owned(), fixed.ru.to_owned())
    }
}

/// `bilingual!("no field `{name}`", "нет поля `{name}`")`: formats both wordings with the variables
/// in scope.
macro_rules! bilingual {
    ($en:literal, $ru:literal $(,)?) => {
        $crate::domain::Bilingual::new(format!($en), format!($ru))
    };
}
pub(crate) use bilingual;

#[cfg(test)]
mod tests {
    use super::*;

    const FIXED: Bilingual<&str> = Bilingual::new("deal", "сделка");

    #[test]
    fn picks_the_wording_of_the_language() {
        assert_eq!(FIXED.pick(Lang::En), "deal");
        assert_eq!(FIXED.pick(Lang::Ru), "сделка");
    }

    #[test]
    fn formats_both_wordings() {
        let name = "city";
        let text = bilingual!("no field {name}", "нет поля {name}");
        assert_eq!(text.in_lang(Lang::En), "no field city");
        assert_eq!(text.in_lang(Lang::Ru), "нет поля city");
        let short = text.map(|wording| wording.chars().take(2).collect());
        assert_eq!(short, Bilingual::from(Bilingual::new("no", "не")));
        assert!(!text.is_empty() && Bilingual::empty().is_empty());
    }
}
