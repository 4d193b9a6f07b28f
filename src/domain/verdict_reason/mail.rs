//! Letters that were not sent, as data. The mail server's own words are kept as they came and shown
//! in quotes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::{Lang, Personal, bilingual};

/// Why a letter is not sent, or may not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailFailure {
    /// The mail server cannot be reached; nothing was sent.
    Unreachable(Personal),
    /// The server rejects the sign-in or the sender.
    Denied {
        /// The code of its answer.
        code: u16,
        /// Its words.
        words: Personal,
    },
    /// The server asks to try again later; nothing was sent.
    Deferred {
        /// The code of its answer.
        code: u16,
        /// Its words.
        words: Personal,
    },
    /// The server refuses the letter.
    Refused {
        /// The code of its answer.
        code: u16,
        /// Its words.
        words: Personal,
    },
    /// The letter was handed over and the answer was lost.
    Unconfirmed(Personal),
    /// A text that should be one address is none.
    NoAddress {
        /// `to` or `reply_to`.
        key: String,
    },
    /// The letter cannot be written as a mail.
    Unwritable(Personal),
}

impl MailFailure {
    /// Returns the failure as a sentence without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        match self {
            Self::Unreachable(why) => {
                let why = why.as_str();
                bilingual!(
                    "the mail server cannot be reached: {why}",
                    "почтовый сервер недоступен: {why}"
                )
            }
            Self::Denied { code, words } => {
                let words = words.behind_colon();
                bilingual!(
                    "the mail server rejects the sign-in or the sender ({code}){words}; check `mail.server`, `mail.password` and `mail.from`",
                    "почтовый сервер отклоняет вход или отправителя ({code}){words}: проверьте `mail.server`, `mail.password` и `mail.from`"
                )
            }
            Self::Deferred { code, words } => {
                let words = words.behind_colon();
                bilingual!(
                    "the mail server asks to try again later ({code}){words}",
                    "почтовый сервер просит повторить позже ({code}){words}"
                )
            }
            Self::Refused { code, words } => {
                let words = words.behind_colon();
                bilingual!(
                    "the mail server refuses the letter ({code}){words}",
                    "почтовый сервер не принимает письмо ({code}){words}"
                )
            }
            Self::Unconfirmed(why) => {
                let why = why.as_str();
                bilingual!(
                    "the mail server did not confirm the letter ({why}); it is sent again with the same Message-ID",
                    "почтовый сервер не подтвердил письмо ({why}); оно будет отправлено ещё раз с тем же Message-ID"
                )
            }
            Self::NoAddress { key } => bilingual!(
                "`{key}` is not one e-mail address",
                "в `{key}` не один адрес почты"
            ),
            Self::Unwritable(why) => {
                let why = why.as_str();
                bilingual!(
                    "the letter cannot be written: {why}",
                    "письмо нельзя составить: {why}"
                )
            }
        }
        .pick(lang)
    }
}

impl fmt::Display for MailFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(Lang::En))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::VerdictReason;

    #[test]
    fn every_failure_is_stored_as_data_and_shown_in_both_languages() {
        let words = || Personal::from("no such user");
        for failure in [
            MailFailure::Unreachable(words()),
            MailFailure::Denied {
                code: 535,
                words: words(),
            },
            MailFailure::Deferred {
                code: 450,
                words: words(),
            },
            MailFailure::Refused {
                code: 550,
                words: "".into(),
            },
            MailFailure::Unconfirmed(words()),
            MailFailure::NoAddress {
                key: "to".to_owned(),
            },
            MailFailure::Unwritable(words()),
        ] {
            let reason = VerdictReason::Mail(Box::new(failure.clone()));
            let stored = reason.to_stored().unwrap();
            assert_eq!(VerdictReason::from_stored(&stored), reason, "{stored}");
            let (en, ru) = (failure.to_text(Lang::En), failure.to_text(Lang::Ru));
            assert!(!en.is_empty() && en != ru, "{en}");
        }
    }
}
