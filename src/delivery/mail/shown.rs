//! A letter as the history and previews show it.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Letter, letter_id};
use crate::domain::file::file_size;
use crate::domain::{Email, MailSender, MailStep, PlannedFile, StepText, SubmissionId};

/// A letter with the names of its files instead of their contents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownLetter {
    /// Its `Message-ID`.
    pub message_id: String,
    /// The sender.
    pub from: String,
    /// The recipients.
    pub to: Vec<String>,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<String>,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: Option<String>,
    /// The same as HTML.
    pub html: Option<String>,
    /// The files: `cv.pdf, 12 KB`.
    pub files: Vec<String>,
}

impl ShownLetter {
    /// Returns a letter as it is sent.
    pub(super) fn of(letter: &Letter, from: &MailSender) -> Self {
        let to = letter.to.iter().map(|email| email.as_str().to_owned());
        let reply_to = letter.reply_to.as_ref().map(Email::as_str);
        let files = letter.attachments.iter().map(|file| {
            let size = u64::try_from(file.content.len()).unwrap_or(u64::MAX);
            format!("{}, {}", file.name, file_size(size))
        });
        Self {
            message_id: letter.message_id(from),
            from: from.email.as_str().to_owned(),
            to: to.collect(),
            reply_to: reply_to.map(str::to_owned),
            subject: letter.subject.clone(),
            text: Some(letter.text.clone()),
            html: letter.html.clone(),
            files: files.collect(),
        }
    }

    /// Returns the letter that a step of this submission would send. Values of earlier steps are
    /// shown as the profile writes them.
    pub fn planned(
        step: &MailStep,
        (submission, name): (SubmissionId, &str),
        from: &MailSender,
    ) -> Self {
        let text = |text: &StepText| text.shown().to_owned();
        Self {
            message_id: super::letter::message_id(&letter_id(submission, name), from),
            from: from.email.as_str().to_owned(),
            to: step.to.iter().map(text).collect(),
            reply_to: step.reply_to.as_ref().map(text),
            subject: text(&step.subject),
            text: step.text.as_ref().map(text),
            html: step.html.as_ref().map(text),
            files: step.files.iter().map(PlannedFile::to_text).collect(),
        }
    }

    /// Returns it as JSON.
    pub fn to_json(&self) -> Value {
        json!(self)
    }
}
