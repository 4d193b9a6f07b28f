//! Why there is no token.

use crate::crm::error::CrmError;
use crate::domain::{Bilingual, Lang, NetworkFailure, TOKEN_METHOD, bilingual, portal_words};

/// Why an application has no token for a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text().in_lang(Lang::En))]
pub enum TokenFailure {
    /// The application was never installed, or it was removed from the portal.
    NotInstalled,
    /// No refresh token is taken any more: an administrator has to open the application.
    Lost,
    /// The stored tokens cannot be read.
    Unreadable,
    /// The authorization server refuses.
    Refused {
        /// Its code.
        code: String,
        /// Its words.
        text: String,
    },
    /// It gives no usable answer now.
    Unavailable(NetworkFailure),
}

impl TokenFailure {
    /// Takes what the server says.
    pub(super) fn refused(code: &str, text: &str) -> Self {
        if code.eq_ignore_ascii_case("NOT_INSTALLED") {
            return Self::NotInstalled;
        }
        let short = |text: &str| crate::domain::text::ellipsis(text.trim(), 200);
        Self::Refused {
            code: short(code),
            text: short(text),
        }
    }

    /// Returns whether a refresh token is not taken any more.
    pub(super) fn is_of_the_pair(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code.eq_ignore_ascii_case("invalid_grant"))
    }

    /// Returns whether a token belongs to nobody, or to another application.
    pub fn is_of_the_token(&self) -> bool {
        let Self::Refused { code, .. } = self else {
            return false;
        };
        is_token_code(code)
    }

    /// Returns whether only a person can help.
    pub fn needs_a_person(&self) -> bool {
        !matches!(self, Self::Unavailable(_))
    }

    /// Returns the failure in both languages, and the way back.
    pub fn text(&self) -> Bilingual {
        match self {
            Self::NotInstalled => Bilingual::new(
                "the application is not installed on the portal: an administrator has to open it in Bitrix24",
                "приложение не установлено на портале: администратору нужно открыть его в Битрикс24",
            )
            .into(),
            Self::Lost => Bilingual::new(
                "the application's tokens have expired for good: an administrator has to open it in Bitrix24",
                "токены приложения больше не действуют: администратору нужно открыть его в Битрикс24",
            )
            .into(),
            Self::Unreadable => Bilingual::new(
                "the application's stored tokens cannot be read: look at the data folder and its key, or open the application in Bitrix24 as an administrator",
                "сохранённые токены приложения не читаются: проверьте папку данных и ключ или откройте приложение в Битрикс24 под администратором",
            )
            .into(),
            Self::Refused { code, text } => {
                let (en, ru) = (
                    portal_words(code, text, Lang::En),
                    portal_words(code, text, Lang::Ru),
                );
                bilingual!(
                    "the authorization server refuses the application{en}",
                    "сервер авторизации отказывает приложению{ru}"
                )
            }
            Self::Unavailable(why) => {
                let (en, ru) = (why.to_text(Lang::En), why.to_text(Lang::Ru));
                bilingual!(
                    "the authorization server gives no answer: {en}",
                    "сервер авторизации не отвечает: {ru}"
                )
            }
        }
    }

    /// Returns the failure of a call that needs the token. Nothing was sent to the portal.
    pub(super) fn into_error(self) -> CrmError {
        let (code, text) = match self {
            Self::Unavailable(why) => {
                return CrmError::Unreachable {
                    why: NetworkFailure::Authorization(Box::new(why)),
                };
            }
            Self::Refused { code, text } => (code, text),
            Self::NotInstalled => ("NOT_INSTALLED".to_owned(), String::new()),
            Self::Lost => ("invalid_grant".to_owned(), String::new()),
            Self::Unreadable => ("TOKENS_UNREADABLE".to_owned(), String::new()),
        };
        CrmError::Denied {
            method: TOKEN_METHOD.to_owned(),
            code,
            text,
        }
    }
}

/// Returns whether a code says that a token is over or wrong (REST documentation, "Error codes").
pub(super) fn is_token_code(code: &str) -> bool {
    let code = code.to_ascii_lowercase();
    matches!(
        code.as_str(),
        "expired_token" | "invalid_token" | "no_auth_found"
    )
}
