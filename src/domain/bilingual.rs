//! A text in both languages, English first. Every message that operators, authors or senders read
//! is one of these, so that nobody can write a message in one language only.

use std::error::Error;
use std::fmt;

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

/// An error in both languages, with its cause. `Display` is English, for the log.
#[derive(Debug)]
pub struct BilingualError {
    text: Bilingual,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl BilingualError {
    /// Creates an error without a cause.
    pub fn new(text: impl Into<Bilingual>) -> Self {
        Self {
            text: text.into(),
            source: None,
        }
    }

    /// Creates an error with its cause.
    pub fn because(
        text: impl Into<Bilingual>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self {
            text: text.into(),
            source: Some(source.into()),
        }
    }

    /// Returns the error without its cause.
    pub fn in_lang(&self, lang: Lang) -> &str {
        self.text.in_lang(lang)
    }
}

/// Returns a function for `map_err` that says in both languages what failed.
pub(crate) fn failed<E>(en: &str, ru: &str) -> impl FnOnce(E) -> BilingualError + use<E>
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let text = Bilingual::new(en.to_owned(), ru.to_owned());
    move |cause| BilingualError::because(text, cause)
}

impl fmt::Display for BilingualError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text.in_lang(Lang::En))
    }
}

impl Error for BilingualError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
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
