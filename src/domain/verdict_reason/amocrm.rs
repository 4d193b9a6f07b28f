//! Why amoCRM could not be read.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::NetworkFailure;
use crate::domain::{Bilingual, Lang, bilingual};

/// Why a call of amoCRM's API failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum AmoFailure {
    /// It refuses the token, or has blocked the account or the address.
    Refused {
        /// The account's name in the settings.
        account: String,
        /// 401 or 403.
        status: u16,
    },
    /// It asks for fewer calls.
    Throttled,
    /// It gave this status.
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// It cannot be reached.
    Network {
        /// Why.
        failure: NetworkFailure,
    },
    /// The reply is not that of the API.
    NotUnderstood,
    /// Too many submissions wait to be read.
    Busy,
}

impl AmoFailure {
    /// Returns the failure as a sentence without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        let text = match self {
            Self::Refused {
                account,
                status: 403,
            } => bilingual!(
                "amoCRM has blocked calls (403): too many, or without permission; check the integration of `amocrm.{account}.token`",
                "amoCRM блокирует запросы (403): их слишком много или нет прав; проверьте интеграцию, чей токен в `amocrm.{account}.token`"
            ),
            Self::Refused { account, status } => bilingual!(
                "amoCRM refuses the token ({status}); put a valid one into `amocrm.{account}.token`",
                "amoCRM не принимает токен ({status}); впишите действующий в `amocrm.{account}.token`"
            ),
            Self::Throttled => Bilingual::new(
                "amoCRM asks for fewer calls (429)",
                "amoCRM просит обращаться реже (429)",
            )
            .into(),
            Self::Status { status } => bilingual!(
                "amoCRM answered with status {status}",
                "amoCRM ответил кодом {status}"
            ),
            Self::Network { failure } => {
                let (en, ru) = (failure.to_text(Lang::En), failure.to_text(Lang::Ru));
                bilingual!("amoCRM gave no answer: {en}", "amoCRM не ответил: {ru}")
            }
            Self::NotUnderstood => Bilingual::new(
                "amoCRM's answer is not that of its API",
                "ответ amoCRM не похож на ответ API",
            )
            .into(),
            Self::Busy => Bilingual::new(
                "many submissions wait to be read from amoCRM",
                "чтения из amoCRM ждёт много обращений",
            )
            .into(),
        };
        text.pick(lang)
    }
}

/// In English, for logs.
impl fmt::Display for AmoFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(Lang::En))
    }
}
