//! The types of values: what a field is besides its text.

use serde_json::{Number, Value};

use super::field::DeclaredField;
use super::normalise;
use crate::authoring::Normaliser;

impl DeclaredField {
    /// Returns the value as true or false, if it is.
    pub(super) fn truth(&self, text: &str, whole: Option<&Value>) -> Option<bool> {
        match whole {
            Some(Value::Bool(flag)) if self.is_plain() => Some(*flag),
            _ => truth(self.form, text),
        }
    }

    /// Returns the value with its type, if the profile needs it; `None` for a text.
    pub(super) fn typed(
        &self,
        text: &str,
        read: &[String],
        whole: Option<&Value>,
    ) -> Option<Value> {
        if !self.keeps_type {
            return None;
        }
        match (self.form, whole) {
            (Normaliser::Text, Some(value)) if self.is_plain() => {
                Some(value.clone()).filter(|value| !value.is_string())
            }
            (Normaliser::Integer | Normaliser::Money, _) => {
                let number: Number = serde_json::from_str(text).ok()?;
                Some(Value::Number(number))
            }
            (Normaliser::Bool, _) => truth(self.form, text).map(Value::Bool),
            (Normaliser::Split, _) if !read.is_empty() => Some(read.into()),
            _ => None,
        }
    }
}

/// Parses the text of a field with `as: bool`.
pub(super) fn truth(form: Normaliser, text: &str) -> Option<bool> {
    (form == Normaliser::Bool)
        .then(|| normalise::truth(text))
        .flatten()
}
