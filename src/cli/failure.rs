//! An error that ends a command, and the exit code that it ends with.

use crate::domain::{Bilingual, Lang};

/// Why a command failed.
pub(super) struct Failure {
    pub(super) code: u8,
    cause: Cause,
}

enum Cause {
    /// A message of the command, in both languages.
    Message(Bilingual),
    /// An error of the system, the settings or the store, in English.
    Error(anyhow::Error),
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

    /// Returns the error, with a message in this language.
    pub(super) fn error(self, lang: Lang) -> anyhow::Error {
        match self.cause {
            Cause::Message(message) => anyhow::anyhow!(message.pick(lang)),
            Cause::Error(error) => error,
        }
    }
}
