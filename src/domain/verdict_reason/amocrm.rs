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
    /// There is no pair of tokens that it takes; an administrator connects the account.
    Disconnected {
        /// The account's name in the settings.
        account: String,
        /// Why.
        cause: AmoDisconnect,
    },
}

/// Why there is no pair of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AmoDisconnect {
    /// The account was never connected, or its file was removed.
    Never,
    /// amoCRM does not take the code or the refresh token: it has expired, was used or revoked.
    Used,
    /// amoCRM does not know the integration by its number, secret and redirect address.
    Integration,
    /// The key is missing.
    KeyLost,
    /// The file of the tokens cannot be decrypted.
    Damaged,
    /// The system does not let leadgate read or write the file.
    Unreadable,
}

impl AmoDisconnect {
    /// Says why, and how to get back.
    fn text(self, account: &str) -> Bilingual {
        match self {
            Self::Never => bilingual!(
                "amoCRM is not connected; run `leadgate amocrm connect {account}`",
                "amoCRM не подключён; выполните `leadgate amocrm connect {account}`"
            ),
            Self::Used => bilingual!(
                "amoCRM does not take the code or refresh token (expired, used or revoked): take a new code from the integration and run `leadgate amocrm connect {account}`",
                "amoCRM не принимает код или токен обновления (истёк, использован или отозван): возьмите в интеграции новый код и выполните `leadgate amocrm connect {account}`"
            ),
            Self::Integration => bilingual!(
                "amoCRM does not recognise the integration; compare `client_id`, `client_secret` and `redirect_uri` of `amocrm.{account}` with it",
                "amoCRM не узнаёт интеграцию; сверьте с ней `client_id`, `client_secret` и `redirect_uri` из `amocrm.{account}`"
            ),
            Self::KeyLost => bilingual!(
                "the tokens of amoCRM cannot be decrypted: their key `amocrm.key` is missing or damaged; restore it, or run `leadgate amocrm connect {account}`",
                "токены amoCRM не расшифровать: ключ `amocrm.key` пропал или повреждён; верните его или выполните `leadgate amocrm connect {account}`"
            ),
            Self::Damaged => bilingual!(
                "the tokens of amoCRM cannot be decrypted: `amocrm-{account}.tokens` was changed or has another key; restore both files, or run `leadgate amocrm connect {account}`",
                "токены amoCRM не расшифровать: файл `amocrm-{account}.tokens` изменён или зашифрован другим ключом; верните оба файла или выполните `leadgate amocrm connect {account}`"
            ),
            Self::Unreadable => bilingual!(
                "leadgate cannot read or write `amocrm-{account}.tokens` in the data folder; let its user do so",
                "leadgate не может прочитать или записать `amocrm-{account}.tokens` в папке данных; дайте его пользователю право на это"
            ),
        }
    }
}

impl AmoFailure {
    /// Returns the failure as a sentence without a full stop, in a language.
    pub fn to_text(&self, lang: Lang) -> String {
        self.text().pick(lang)
    }

    /// Returns the failure as a sentence without a full stop.
    pub fn text(&self) -> Bilingual {
        match self {
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
            Self::Disconnected { account, cause } => cause.text(account),
        }
    }
}

/// In English, for logs.
impl fmt::Display for AmoFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(Lang::En))
    }
}
