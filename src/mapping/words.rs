//! What is told to people, in both languages at once: whoever writes a message writes it in English and
//! in Russian, because there is no other way to make one.

use super::problem::without;
use crate::domain::Lang;
use crate::domain::text::ellipsis;

/// A text in English and in Russian.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Words {
    en: String,
    ru: String,
}

impl Words {
    /// Both wordings.
    pub fn new(en: impl Into<String>, ru: impl Into<String>) -> Self {
        Self {
            en: en.into(),
            ru: ru.into(),
        }
    }

    /// Nothing to say.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// The wording in a language.
    pub fn in_lang(&self, lang: Lang) -> &str {
        lang.pick(&self.ru, &self.en)
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.en.is_empty()
    }

    /// Both with dots in place of these parts.
    pub(crate) fn without(self, parts: &[String]) -> Self {
        if parts.is_empty() {
            return self;
        }
        Self::new(without(&self.en, parts), without(&self.ru, parts))
    }

    /// Both cut to so many characters: messages quote what was written.
    pub(crate) fn shortened(self, most: usize) -> Self {
        if self.en.len() <= most && self.ru.len() <= most {
            return self;
        }
        Self::new(ellipsis(&self.en, most), ellipsis(&self.ru, most))
    }
}

/// `say!("no field `{name}`", "нет поля `{name}`")`: both wordings, with the variables around them.
macro_rules! say {
    ($en:literal, $ru:literal $(,)?) => {
        $crate::mapping::Words::new(format!($en), format!($ru))
    };
}
pub(crate) use say;
