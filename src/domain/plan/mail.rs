//! The mail step: a letter through the mail server of the settings.

use serde::{Deserialize, Serialize};

use super::PlannedFile;
use super::later::StepText;

/// A letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailStep {
    /// The recipients, one address each.
    pub to: Vec<StepText>,
    /// Where answers go, if not to the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<StepText>,
    /// The subject.
    pub subject: StepText,
    /// The text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<StepText>,
    /// The same as HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<StepText>,
    /// The files that go with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<PlannedFile>,
}

impl MailStep {
    /// The kind of the mail server as a destination.
    pub const KIND: &str = "mail";
    /// The only mail server.
    pub const SERVER: &str = "server";
    /// The name of a mail step that has none.
    pub const NAME: &str = "mail";

    /// Returns all texts of the letter.
    pub fn texts(&self) -> impl Iterator<Item = &StepText> {
        let parts = [&self.reply_to, &self.text, &self.html];
        let parts = parts.into_iter().flatten();
        self.to.iter().chain([&self.subject]).chain(parts)
    }

    /// Returns the step as names and values, for printing it and for comparing two plans. Values
    /// that earlier steps decide are shown as written in the profile.
    pub(super) fn facts(&self) -> Vec<(String, String)> {
        let to: Vec<&str> = self.to.iter().map(StepText::shown).collect();
        let mut facts = vec![("to".to_owned(), to.join(", "))];
        let parts = [
            ("reply_to", self.reply_to.as_ref()),
            ("subject", Some(&self.subject)),
            ("text", self.text.as_ref()),
            ("html", self.html.as_ref()),
        ];
        for (name, text) in parts {
            facts.extend(text.map(|text| (name.to_owned(), text.shown().to_owned())));
        }
        let files = self.files.iter();
        facts.extend(files.map(|file| ("file".to_owned(), file.to_text())));
        facts
    }
}
