//! Failed requests to an HTTP service, as data. The service's own words are kept as they came and
//! shown in quotes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::NetworkFailure;
use crate::domain::{Bilingual, Lang, Personal, bilingual};

/// Why a request to an HTTP service is no success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpFailure {
    /// The connection failed; nothing was sent.
    Unreachable(NetworkFailure),
    /// No reply came, or it broke off: the service may have taken the request.
    NoReply(NetworkFailure),
    /// The reply is longer than the limit of the settings.
    TooLong,
    /// The service asks for fewer requests.
    Throttled {
        /// The HTTP status.
        status: u16,
    },
    /// The service rejects the credentials.
    Denied {
        /// The HTTP status.
        status: u16,
    },
    /// The status does not count as success.
    Status {
        /// The HTTP status.
        status: u16,
        /// The statuses that would, if the profile names them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        expected: Vec<u16>,
        /// The beginning of the reply.
        words: Personal,
    },
    /// The reply is not the JSON that `success` or `save` need.
    NotJson {
        /// The HTTP status.
        status: u16,
    },
    /// The test of `success` does not hold.
    TestFailed {
        /// The test as written.
        test: String,
        /// The beginning of the reply.
        words: Personal,
    },
    /// The reply lacks a value with `missing: fail`.
    LacksValue {
        /// Its name in `save`.
        name: String,
    },
    /// The reply redirects to an address that is not followed.
    Redirected {
        /// The address without its path; empty if it is not an address.
        to: String,
    },
    /// The service refused this one of several.
    RowRefused {
        /// What the service says of it.
        words: Personal,
    },
    /// The reply says nothing of this one of several.
    RowMissing,
    /// The program ended, or another attempt failed, while the request was under way.
    Interrupted,
    /// It is not known whether the service took the request, and it must not be sent twice.
    OutcomeUnknown(Box<HttpFailure>),
    /// It is not known whether the service took the request, and `retries` allows no more repeats.
    RetriesUsedUp(Box<HttpFailure>),
    /// The service did not say whether it has taken an earlier request.
    NotFoundOut(Box<HttpFailure>),
    /// The path would lead elsewhere than the profile says.
    BadPath,
}

impl HttpFailure {
    /// Returns the failure as a sentence without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        match self {
            Self::Unreachable(network) => {
                let advice = match network {
                    NetworkFailure::Certificate(_) => bilingual!(
                        "; if you trust the service, name the file with its certificate in `trust` of its settings",
                        "; если сервису можно доверять, укажите файл с его сертификатом в его настройке `trust`"
                    ),
                    _ => bilingual!("", ""),
                }
                .pick(lang);
                let network = network.to_text(lang);
                bilingual!(
                    "the service cannot be reached: {network}{advice}",
                    "сервис недоступен: {network}{advice}"
                )
                .pick(lang)
            }
            Self::NoReply(network) => {
                let network = network.to_text(lang);
                bilingual!("no reply: {network}", "ответа нет: {network}").pick(lang)
            }
            Self::Throttled { status } => bilingual!(
                "the service asks us to slow down (status {status})",
                "сервис просит снизить темп (статус {status})"
            )
            .pick(lang),
            Self::OutcomeUnknown(why) => {
                let why = why.to_text(lang);
                bilingual!(
                    "it is not known whether the service took it ({why}), and `unknown: park` forbids a repeat; look it up there, then run `leadgate replay` to send it again",
                    "неизвестно, дошло ли до сервиса ({why}), а `unknown: park` запрещает повтор: проверьте там; чтобы отправить ещё раз, выполните `leadgate replay`"
                )
                .pick(lang)
            }
            Self::RetriesUsedUp(why) => {
                let why = why.to_text(lang);
                bilingual!(
                    "it is not known whether the service took it ({why}), and the repeats that `retries` allows are used up; look it up there, then run `leadgate replay` to send it again",
                    "неизвестно, дошло ли до сервиса ({why}), а повторы, которые разрешает `retries`, исчерпаны: проверьте там; чтобы отправить ещё раз, выполните `leadgate replay`"
                )
                .pick(lang)
            }
            Self::NotFoundOut(why) => {
                let why = why.to_text(lang);
                bilingual!(
                    "the service does not say whether it has an earlier request: {why}",
                    "не удалось узнать, есть ли у сервиса прошлый запрос: {why}"
                )
                .pick(lang)
            }
            _ => self.of_reply(lang),
        }
    }

    /// Returns the failure without the reply, where that is shown beside it.
    #[must_use]
    pub fn without_reply(mut self) -> Self {
        match &mut self {
            Self::Status { words, .. }
            | Self::TestFailed { words, .. }
            | Self::RowRefused { words } => *words = Personal::from(""),
            Self::OutcomeUnknown(why) | Self::RetriesUsedUp(why) | Self::NotFoundOut(why) => {
                **why = why.as_ref().clone().without_reply();
            }
            _ => {}
        }
        self
    }

    /// Returns what is wrong with the reply.
    fn of_reply(&self, lang: Lang) -> String {
        match self {
            Self::Denied { status } => bilingual!(
                "the service rejects the credentials (status {status}); check the destination's token and headers",
                "сервис отклоняет доступ (статус {status}): проверьте токен и заголовки сервиса"
            )
            .pick(lang),
            Self::Status {
                status,
                expected,
                words,
            } => {
                let words = words.behind_colon();
                let expected: Vec<String> = expected.iter().map(u16::to_string).collect();
                let expected = match expected.join(", ") {
                    none if none.is_empty() => bilingual!("", ""),
                    some => bilingual!(", expected {some}", ", ожидался {some}"),
                }
                .pick(lang);
                bilingual!(
                    "status {status}{expected}{words}",
                    "статус {status}{expected}{words}"
                )
                .pick(lang)
            }
            Self::NotJson { status } => bilingual!(
                "status {status} with a body that is not JSON",
                "статус {status}, но тело — не JSON"
            )
            .pick(lang),
            Self::TestFailed { test, words } => {
                let words = words.behind_colon();
                bilingual!(
                    "`success` is not met, expected {test}{words}",
                    "условие `success` не выполнено, ожидалось {test}{words}"
                )
                .pick(lang)
            }
            Self::LacksValue { name } => bilingual!(
                "the reply has no value for `save.{name}`",
                "в ответе нет значения для `save.{name}`"
            )
            .pick(lang),
            Self::Redirected { to } => bilingual!(
                "the reply redirects to {to}, which is not followed; correct the path in the profile or `url` in the settings",
                "ответ перенаправляет на {to}, leadgate туда ничего не отправляет: исправьте путь в профиле или `url` в настройках"
            )
            .pick(lang),
            Self::RowRefused { words } => {
                let words = words.behind_colon();
                bilingual!("the service refused it{words}", "сервис отказал{words}").pick(lang)
            }
            _ => self.fixed().pick(lang).to_owned(),
        }
    }

    /// Returns the text of a failure without values.
    fn fixed(&self) -> Bilingual<&'static str> {
        match self {
            Self::RowMissing => Bilingual::new(
                "the reply says nothing about this request",
                "в ответе ничего нет об этой заявке",
            ),
            Self::Interrupted => Bilingual::new(
                "the last attempt ended without a result",
                "прошлая попытка оборвалась без результата",
            ),
            Self::BadPath => Bilingual::new(
                "the path has `.` or `..` between slashes; correct `path` in the profile",
                "в пути есть `.` или `..` между косыми чертами: исправьте `path` в профиле",
            ),
            _ => Bilingual::new(
                "the reply is longer than `reply_limit` of the destination",
                "ответ длиннее, чем `reply_limit` сервиса",
            ),
        }
    }
}

impl fmt::Display for HttpFailure {
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
        let words = || Personal::from("no such form");
        for failure in [
            HttpFailure::Unreachable(NetworkFailure::Refused),
            HttpFailure::Unreachable(NetworkFailure::Certificate("bad".to_owned())),
            HttpFailure::NoReply(NetworkFailure::TimedOut),
            HttpFailure::TooLong,
            HttpFailure::Throttled { status: 429 },
            HttpFailure::Denied { status: 401 },
            HttpFailure::Status {
                status: 422,
                expected: Vec::new(),
                words: words(),
            },
            HttpFailure::Status {
                status: 200,
                expected: vec![201, 202],
                words: words(),
            },
            HttpFailure::NotJson { status: 200 },
            HttpFailure::TestFailed {
                test: "$.ok == true".to_owned(),
                words: words(),
            },
            HttpFailure::LacksValue {
                name: "id".to_owned(),
            },
            HttpFailure::Redirected {
                to: "https://other.example".to_owned(),
            },
            HttpFailure::RowRefused { words: words() },
            HttpFailure::RowMissing,
            HttpFailure::Interrupted,
            HttpFailure::OutcomeUnknown(Box::new(HttpFailure::Interrupted)),
            HttpFailure::RetriesUsedUp(Box::new(HttpFailure::TooLong)),
            HttpFailure::NotFoundOut(Box::new(HttpFailure::TooLong)),
            HttpFailure::BadPath,
        ] {
            let reason = VerdictReason::Http(Box::new(failure.clone()));
            let stored = reason.to_stored().unwrap();
            assert_eq!(VerdictReason::from_stored(&stored), reason, "{stored}");
            let (en, ru) = (failure.to_text(Lang::En), failure.to_text(Lang::Ru));
            assert!(!en.is_empty() && en != ru, "{en}");
            assert!(ru.contains(|c: char| ('а'..='я').contains(&c)), "{ru}");
        }
        let reason = VerdictReason::StepLacksValue("path".to_owned());
        let stored = reason.to_stored().unwrap();
        assert_eq!(VerdictReason::from_stored(&stored), reason);
    }

    #[test]
    fn what_success_expects_is_said_and_the_reply_only_where_it_is_not_beside() {
        let failure = |expected: &[u16]| HttpFailure::Status {
            status: 200,
            expected: expected.to_vec(),
            words: "{\"ok\":true}".into(),
        };
        let test = HttpFailure::TestFailed {
            test: "$.ok == true".to_owned(),
            words: "{\"ok\":false}".into(),
        };
        for (failure, en, ru, reply) in [
            (
                failure(&[]),
                "status 200",
                "статус 200",
                ": «{\"ok\":true}»",
            ),
            (
                failure(&[201]),
                "status 200, expected 201",
                "статус 200, ожидался 201",
                ": «{\"ok\":true}»",
            ),
            (
                failure(&[201, 204]),
                "status 200, expected 201, 204",
                "статус 200, ожидался 201, 204",
                ": «{\"ok\":true}»",
            ),
            (
                test.clone(),
                "`success` is not met, expected $.ok == true",
                "условие `success` не выполнено, ожидалось $.ok == true",
                ": «{\"ok\":false}»",
            ),
        ] {
            assert_eq!(failure.to_text(Lang::En), format!("{en}{reply}"));
            assert_eq!(failure.to_text(Lang::Ru), format!("{ru}{reply}"));
            assert_eq!(failure.without_reply().to_text(Lang::En), en);
        }
        let lost = HttpFailure::OutcomeUnknown(Box::new(test));
        assert!(!lost.without_reply().to_text(Lang::En).contains("false"));
        // stored by an earlier release
        let old = r#"{"status": {"status": 422, "words": "no"}}"#;
        let old: HttpFailure = serde_json::from_str(old).unwrap();
        assert_eq!(old.to_text(Lang::En), "status 422: «no»");
    }

    #[test]
    fn a_certificate_that_is_not_trusted_leads_to_the_setting() {
        for (words, en, ru) in [
            (
                "invalid peer certificate: UnknownIssuer",
                "its issuer is unknown",
                "неизвестно, кто его выдал",
            ),
            (
                "invalid peer certificate: certificate expired: verification time 1 (UNIX)",
                "it has expired",
                "его срок истёк",
            ),
            (
                "invalid peer certificate: certificate not valid for name \"a\"",
                "it is for another host",
                "он выдан для другого хоста",
            ),
        ] {
            let failure = HttpFailure::Unreachable(NetworkFailure::Certificate(words.to_owned()));
            for (lang, part) in [(Lang::En, en), (Lang::Ru, ru)] {
                let text = failure.to_text(lang);
                assert!(text.contains(part) && text.contains("`trust`"), "{text}");
            }
        }
        let closed = HttpFailure::Unreachable(NetworkFailure::Refused);
        assert!(!closed.to_text(Lang::En).contains("trust"));
    }
}
