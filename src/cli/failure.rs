//! An error that ends a command, and the exit code that it ends with.

use std::error::Error;

use crate::domain::{Bilingual, Lang};

use super::errors;

/// Why a command failed.
pub(super) struct Failure {
    pub(super) code: u8,
    cause: Cause,
}

enum Cause {
    /// A message of the command.
    Message(Bilingual),
    /// An error of the system, the settings or the store.
    Error(anyhow::Error),
    /// What the command could not do, and why.
    Because(Bilingual, anyhow::Error),
}

impl Failure {
    pub(super) fn new(code: u8, error: impl Into<anyhow::Error>) -> Self {
        Self {
            code,
            cause: Cause::Error(error.into()),
        }
    }

    /// Creates a failure with a message of the command itself.
    pub(super) fn message(code: u8, message: impl Into<Bilingual>) -> Self {
        Self {
            code,
            cause: Cause::Message(message.into()),
        }
    }

    /// Creates a failure with what the command could not do, and the error that is the reason.
    pub(super) fn because(
        code: u8,
        what: Bilingual,
        error: impl Error + Send + Sync + 'static,
    ) -> Self {
        Self {
            code,
            cause: Cause::Because(what, anyhow::Error::new(error)),
        }
    }

    /// Returns the message with its causes.
    pub(super) fn to_text(&self, lang: Lang) -> String {
        match &self.cause {
            Cause::Message(message) => message.in_lang(lang).to_owned(),
            Cause::Error(error) => errors::to_text(error, lang),
            Cause::Because(what, error) => {
                let (what, why) = (what.in_lang(lang), errors::to_text(error, lang));
                format!("{what}: {why}")
            }
        }
    }
}
