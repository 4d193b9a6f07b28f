//! Redirects of the CRM that are not followed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::{Bilingual, Lang, bilingual};

/// Why a redirect is not followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Redirected {
    /// Another path, or no web address.
    NoPortal,
    /// Back to where it came from.
    InACircle,
    /// To this host over plain http.
    PlainHttp(String),
    /// To this host, which the settings do not name.
    NotAllowed(String),
}

impl Redirected {
    /// Returns the reason as a sentence without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        match self {
            Self::NoPortal => Bilingual::new(
                "the portal redirects to an address that is not a portal's",
                "портал перенаправляет на адрес, который порталу не принадлежит",
            )
            .pick(lang)
            .to_owned(),
            Self::InACircle => Bilingual::new(
                "the portal redirects to itself",
                "портал перенаправляет на свой же адрес",
            )
            .pick(lang)
            .to_owned(),
            Self::PlainHttp(host) => bilingual!(
                "the portal redirects to {host} over plain http, which would send the webhook's secret in the \
                 open; not followed",
                "портал перенаправляет на {host} по открытому протоколу `http`; запрос туда не отправлен, иначе \
                 секрет вебхука ушёл бы без шифрования"
            )
            .pick(lang),
            Self::NotAllowed(host) => bilingual!(
                "the portal redirects to {host}; not followed, because the webhook's secret would go there: if \
                 the portal has moved, change the webhook's address or name the host in \
                 crm.NAME.redirect_hosts",
                "портал перенаправляет на {host}; запрос туда не отправлен, иначе туда ушёл бы и секрет вебхука: \
                 если портал переехал, исправьте адрес вебхука или впишите хост в `crm.ИМЯ.redirect_hosts`"
            )
            .pick(lang),
        }
    }
}

impl fmt::Display for Redirected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(Lang::En))
    }
}
