//! Letters that were not sent, as data. The mail server's own words are kept as they came and shown
//! in quotes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::NetworkFailure;
use crate::domain::file::file_size;
use crate::domain::{Bilingual, Lang, Personal, bilingual};

/// Why a letter is not sent, or may not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailFailure {
    /// The mail server cannot be reached; nothing was sent.
    Unreachable(MailCause),
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
    Unconfirmed(MailCause),
    /// A text that should be one address is none.
    NoAddress {
        /// `to` or `reply_to`.
        key: String,
    },
    /// The letter cannot be written as a mail.
    Unwritable(MailCause),
}

/// Why there was no answer, or why a letter cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailCause {
    /// The network failed.
    Network(NetworkFailure),
    /// The server does not want to talk.
    Greeting {
        /// The code of its answer.
        code: u16,
        /// Its words.
        words: Personal,
    },
    /// The server was silent for this long.
    Silence {
        /// Milliseconds.
        ms: u64,
    },
    /// Two letters before had no answer.
    TwoSilences,
    /// The connection would not be encrypted.
    NoStarttls,
    /// Nobody is to get it.
    NoRecipient,
    /// An address has a form that servers read in different ways.
    UnusualAddress,
    /// The server takes only addresses of ASCII letters.
    NationalLetters,
    /// The letter is too large without its files.
    TooLarge {
        /// The most bytes of a letter.
        limit: u64,
    },
    /// The words of a library, or of an earlier release.
    #[serde(untagged)]
    Words(Personal),
}

impl MailCause {
    /// Returns the cause in words.
    pub fn to_text(&self, lang: Lang) -> String {
        let fixed = match self {
            Self::Network(network @ NetworkFailure::Certificate(_)) => {
                let network = network.to_text(lang);
                return bilingual!(
                    "{network}; if you trust the server, name the file with its certificate in mail.ca_file",
                    "{network}; если серверу можно доверять, укажите файл с его сертификатом в mail.ca_file"
                )
                .pick(lang);
            }
            Self::Network(network) => return network.to_text(lang),
            Self::Greeting { code, words } => {
                let words = words.behind_colon();
                return bilingual!("it answers {code}{words}", "ответ {code}{words}").pick(lang);
            }
            Self::Silence { ms } => {
                let limit = std::time::Duration::from_millis(*ms).as_secs_f64();
                return bilingual!("no answer within {limit} s", "нет ответа за {limit} с")
                    .pick(lang);
            }
            Self::TooLarge { limit } => {
                let limit = file_size(*limit);
                return bilingual!(
                    "its text alone is larger than mail.letter_limit ({limit})",
                    "уже его текст больше, чем разрешает mail.letter_limit ({limit})"
                )
                .pick(lang);
            }
            Self::Words(words) => return words.as_str().to_owned(),
            Self::TwoSilences => {
                Bilingual::new("two letters had no answer", "на два письма не было ответа")
            }
            Self::NoStarttls => Bilingual::new(
                "it offers no STARTTLS, so that the connection would not be encrypted; correct mail.server or mail.tls",
                "он не предлагает STARTTLS, и соединение осталось бы без шифрования; исправьте mail.server или mail.tls",
            ),
            Self::NoRecipient => Bilingual::new("it has no recipient", "получателей нет"),
            Self::UnusualAddress => Bilingual::new(
                "an address has a form that mail servers do not take",
                "адрес записан так, что почтовые серверы его не принимают",
            ),
            Self::NationalLetters => Bilingual::new(
                "the mail server takes no address with national letters",
                "почтовый сервер не принимает адреса с национальными буквами",
            ),
        };
        fixed.pick(lang).to_owned()
    }
}

impl MailFailure {
    /// Returns the failure as a sentence without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        match self {
            Self::Unreachable(why) => {
                let why = why.to_text(lang);
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
                let why = why.to_text(lang);
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
                let why = why.to_text(lang);
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
        let causes = [
            MailCause::Network(NetworkFailure::Refused),
            MailCause::Greeting {
                code: 421,
                words: words(),
            },
            MailCause::Silence { ms: 300 },
            MailCause::TwoSilences,
            MailCause::NoStarttls,
            MailCause::NoRecipient,
            MailCause::UnusualAddress,
            MailCause::NationalLetters,
            MailCause::TooLarge { limit: 20 << 20 },
            MailCause::Words(words()),
        ];
        for cause in causes {
            let failure = MailFailure::Unconfirmed(cause);
            let reason = VerdictReason::Mail(Box::new(failure.clone()));
            let stored = reason.to_stored().unwrap();
            assert_eq!(VerdictReason::from_stored(&stored), reason, "{stored}");
            let (en, ru) = (failure.to_text(Lang::En), failure.to_text(Lang::Ru));
            assert!(!ru.contains(&en), "{en}");
        }
        for failure in [
            MailFailure::Unreachable(MailCause::Words(words())),
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
            MailFailure::Unconfirmed(MailCause::TwoSilences),
            MailFailure::NoAddress {
                key: "to".to_owned(),
            },
            MailFailure::Unwritable(MailCause::NoRecipient),
        ] {
            let reason = VerdictReason::Mail(Box::new(failure.clone()));
            let stored = reason.to_stored().unwrap();
            assert_eq!(VerdictReason::from_stored(&stored), reason, "{stored}");
            let (en, ru) = (failure.to_text(Lang::En), failure.to_text(Lang::Ru));
            assert!(!en.is_empty() && en != ru, "{en}");
        }
    }

    #[test]
    fn the_words_of_an_earlier_release_are_shown_as_they_are() {
        let stored = r#"{"unreachable":"network error: refused"}"#;
        let failure: MailFailure = serde_json::from_str(stored).unwrap();
        assert_eq!(
            failure.to_text(Lang::En),
            "the mail server cannot be reached: network error: refused"
        );
        assert_eq!(serde_json::to_string(&failure).unwrap(), stored);
    }
}
