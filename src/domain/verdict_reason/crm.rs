//! Failed calls to the CRM, as data. The CRM's own words are kept as they came and shown in quotes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Redirected;
use super::portal_words::{in_russian, portal_words};
use crate::domain::{Bilingual, Lang, Personal, bilingual};

/// Why a command of the CRM has no result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrmFailure {
    /// The CRM throttles the gateway.
    Throttled {
        /// The CRM's code.
        code: String,
    },
    /// A method is paused because of its operating-time limit.
    MethodPaused {
        /// The method.
        method: String,
        /// How long the pause lasts.
        seconds: u64,
    },
    /// The connection failed; nothing was sent.
    Unreachable(NetworkFailure),
    /// No usable answer came back.
    NoAnswer(NoAnswer),
    /// The CRM rejects the whole connection.
    Denied {
        /// The method that was called.
        method: String,
        /// The CRM's code.
        code: String,
        /// The CRM's message.
        text: Personal,
    },
    /// The CRM refused one command.
    Refused {
        /// The method.
        method: String,
        /// The CRM's code; often empty.
        code: String,
        /// The CRM's message.
        text: Personal,
    },
    /// An earlier command of the chain failed.
    NotRun,
}

/// The method of a denied call that was not made, because the application of the portal had no token
/// for it.
pub const TOKEN_METHOD: &str = "oauth.token";

/// Why the network gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkFailure {
    /// Nothing listens at the address.
    Refused,
    /// The other side closed the connection.
    Closed,
    /// No answer came in time.
    TimedOut,
    /// The host name is unknown.
    UnknownHost,
    /// The network or the host cannot be reached.
    NoRoute,
    /// The certificate is not accepted; the words of the TLS library.
    Certificate(String),
    /// The words of the operating system or of a library.
    Other(String),
    /// The authorization server of an application gives no token.
    Authorization(Box<NetworkFailure>),
}

/// Why an answer cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoAnswer {
    /// The network failed after the request was sent.
    Network(NetworkFailure),
    /// The answer broke off.
    BrokeOff(NetworkFailure),
    /// The answer is longer than any that the CRM documents.
    TooLong,
    /// The answer has more values than any that the CRM documents.
    TooManyValues {
        /// The HTTP status.
        status: u16,
    },
    /// The answer is not JSON.
    NotJson {
        /// The HTTP status.
        status: u16,
    },
    /// The answer has no result.
    NoResult {
        /// The HTTP status.
        status: u16,
    },
    /// An error for the call as a whole, which says nothing about one command.
    WholeCall {
        /// The HTTP status.
        status: u16,
        /// The CRM's code and message.
        words: Personal,
    },
    /// The CRM reports an internal error.
    Internal {
        /// The CRM's code and message.
        words: Personal,
    },
    /// An error without a code.
    NoCode,
    /// The answer to a batch lacks the command.
    MissingInBatch,
    /// The answer to an `add` has no id.
    NoId,
    /// The CRM ignored a condition of the search.
    ConditionIgnored {
        /// The field of the condition.
        field: String,
    },
    /// The address redirects to one that is not accepted.
    Redirected(Redirected),
}

impl CrmFailure {
    /// Returns the failure as a sentence without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        match self {
            Self::Throttled { code } => bilingual!(
                "the portal asks us to slow down ({code})",
                "портал просит снизить темп ({code})"
            )
            .pick(lang),
            Self::MethodPaused { method, seconds } => bilingual!(
                "{method} has reached its operating-time limit and is paused for {seconds} s",
                "метод {method} исчерпал лимит времени работы, пауза {seconds} с"
            )
            .pick(lang),
            Self::Unreachable(network) => {
                let network = network.to_text(lang);
                bilingual!(
                    "the portal cannot be reached: {network}",
                    "портал недоступен: {network}"
                )
                .pick(lang)
            }
            Self::NoAnswer(why) => {
                let why = why.to_text(lang);
                bilingual!("no usable answer: {why}", "ответа нет: {why}").pick(lang)
            }
            Self::Denied { method, code, text } => {
                let words = portal_words(code, text.as_str(), lang);
                if method == TOKEN_METHOD {
                    return bilingual!(
                        "the application has no access to the portal{words}; an administrator has to open it in Bitrix24",
                        "у приложения нет доступа к порталу{words}"
                    )
                    .pick(lang);
                }
                bilingual!(
                    "the portal rejects this connection at {method}{words}",
                    "портал отклоняет это подключение (метод {method}){words}"
                )
                .pick(lang)
            }
            Self::Refused { method, code, text } => {
                let words = portal_words(code, text.as_str(), lang);
                bilingual!(
                    "the portal refused {method}{words}",
                    "портал отказал в {method}{words}"
                )
                .pick(lang)
            }
            Self::NotRun => Bilingual::new(
                "not run, because an earlier command failed",
                "не выполнено: не прошла предыдущая команда",
            )
            .pick(lang)
            .to_owned(),
        }
    }
}

impl NetworkFailure {
    /// Returns the failure in words.
    pub fn to_text(&self, lang: Lang) -> String {
        let fixed = match self {
            Self::Refused => Bilingual::new("connection refused", "соединение отклонено"),
            Self::Closed => Bilingual::new("connection closed", "соединение оборвалось"),
            Self::TimedOut => Bilingual::new("no answer in time", "время ожидания истекло"),
            Self::UnknownHost => Bilingual::new("unknown host name", "имя хоста не найдено"),
            Self::NoRoute => Bilingual::new("no route to the host", "нет связи с хостом"),
            Self::Certificate(words) => {
                let (en, ru) = in_plain_words(words);
                return bilingual!(
                    "the certificate is not accepted{en} («{words}»)",
                    "сертификат не принят{ru} («{words}»)"
                )
                .pick(lang);
            }
            Self::Other(words) => return format!("«{words}»"),
            Self::Authorization(why) => {
                let why = why.to_text(lang);
                return bilingual!(
                    "the authorization server gives no token: {why}",
                    "сервер авторизации не даёт токена: {why}"
                )
                .pick(lang);
            }
        };
        fixed.pick(lang).to_owned()
    }
}

/// Returns what is wrong with a certificate, behind a colon; nothing for words that are not known.
fn in_plain_words(words: &str) -> (&'static str, &'static str) {
    let known = [
        (
            "UnknownIssuer",
            (": its issuer is unknown", ": неизвестно, кто его выдал"),
        ),
        ("expired", (": it has expired", ": его срок истёк")),
        ("Expired", (": it has expired", ": его срок истёк")),
        (
            "NotValidForName",
            (": it is for another host", ": он выдан для другого хоста"),
        ),
        (
            "not valid for name",
            (": it is for another host", ": он выдан для другого хоста"),
        ),
    ];
    let found = known.into_iter().find(|(part, _)| words.contains(part));
    found.map_or(("", ""), |(_, texts)| texts)
}

impl NoAnswer {
    /// Returns the fault of the answer as text.
    pub fn to_text(&self, lang: Lang) -> String {
        match self {
            Self::Network(network) => network.to_text(lang),
            Self::BrokeOff(network) => {
                let network = network.to_text(lang);
                bilingual!(
                    "the answer broke off: {network}",
                    "ответ оборвался: {network}"
                )
                .pick(lang)
            }
            Self::TooManyValues { status } => bilingual!(
                "status {status} with more values than any answer that the portal documents",
                "статус {status}, и значений больше, чем в любом описанном ответе портала"
            )
            .pick(lang),
            Self::NotJson { status } => bilingual!(
                "status {status} with a body that is not JSON",
                "статус {status}, но тело — не JSON"
            )
            .pick(lang),
            Self::NoResult { status } => bilingual!(
                "status {status} without a result",
                "статус {status}, но результата нет"
            )
            .pick(lang),
            Self::WholeCall { status, words } => {
                let (words, russian) = (words.as_str(), in_russian(words.as_str()));
                bilingual!(
                    "status {status} for the call as a whole: «{words}»",
                    "статус {status} для всего запроса: «{words}»{russian}"
                )
                .pick(lang)
            }
            Self::Internal { words } => {
                let (words, russian) = (words.as_str(), in_russian(words.as_str()));
                bilingual!(
                    "the portal reports an error of its own: «{words}»",
                    "портал сообщает о своей ошибке: «{words}»{russian}"
                )
                .pick(lang)
            }
            Self::ConditionIgnored { field } => bilingual!(
                "the portal ignored the condition on {field}",
                "портал отбросил условие на поле {field}"
            )
            .pick(lang),
            Self::Redirected(why) => why.to_text(lang),
            Self::TooLong | Self::NoCode | Self::MissingInBatch | Self::NoId => {
                self.fixed().pick(lang).to_owned()
            }
        }
    }

    /// Returns the text of a fault without values.
    fn fixed(&self) -> Bilingual<&'static str> {
        match self {
            Self::NoCode => Bilingual::new("an error without a code", "ошибка без кода"),
            Self::MissingInBatch => Bilingual::new(
                "the answer to the batch lacks the command",
                "в ответе на пакет нет этой команды",
            ),
            Self::NoId => Bilingual::new(
                "the portal's answer has no id",
                "в ответе портала нет идентификатора",
            ),
            _ => Bilingual::new(
                "the answer is longer than any that the portal documents",
                "ответ длиннее любого описанного ответа портала",
            ),
        }
    }
}

impl fmt::Display for CrmFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(Lang::En))
    }
}

impl fmt::Display for NetworkFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(Lang::En))
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(Lang::En))
    }
}
