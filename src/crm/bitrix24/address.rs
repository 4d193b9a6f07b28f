//! The address below which a portal is called: `https://HOST/rest/USER/SECRET/` of an inbound
//! webhook, which is a credential and never printed in full, or `https://HOST/rest/` with the tokens
//! of an application.

use std::fmt;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use crate::domain::{Bilingual, Redirected};

/// A checked address of a portal's REST interface.
#[derive(Clone)]
pub(super) struct RestAddress {
    base: Url,
}

/// Why a webhook address cannot be used. The address itself is not in the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// Not an address at all.
    #[error(
        "the webhook is not a web address; copy it from Bitrix24 (Developer resources → Inbound webhook), \
         it looks like https://example.bitrix24.ru/rest/1/secret/"
    )]
    NotAnAddress,
    /// Plain http to a real host.
    #[error(
        "the webhook begins with http://, which would send its secret in the open; write https://"
    )]
    PlainHttp,
    /// Neither http nor https.
    #[error("the webhook must begin with https://")]
    WrongScheme,
    /// The path is not `/rest/USER/SECRET/`.
    #[error(
        "the webhook's path is not /rest/<user id>/<secret>/; copy the whole address, without the name \
         of a method"
    )]
    WrongPath,
}

impl WebhookError {
    /// Returns the error in both languages.
    pub fn text(&self) -> Bilingual {
        let russian = match self {
            Self::NotAnAddress => {
                "вебхук — не веб-адрес; скопируйте его в Битрикс24 (Разработчикам → Входящий \
                 вебхук), он выглядит так: https://example.bitrix24.ru/rest/1/secret/"
            }
            Self::PlainHttp => {
                "вебхук начинается с http://, его секрет ушёл бы без шифрования; напишите https://"
            }
            Self::WrongScheme => "вебхук должен начинаться с https://",
            Self::WrongPath => {
                "путь вебхука — не /rest/<номер>/<секрет>/; скопируйте адрес целиком, без имени \
                 метода"
            }
        };
        Bilingual::new(self.to_string(), russian.to_owned())
    }
}

impl RestAddress {
    /// Returns the address of an application: below a portal, such as `https://acme.bitrix24.ru`.
    pub(super) fn of_portal(portal: &Url) -> Self {
        let mut base = portal.clone();
        base.set_path("/rest/");
        base.set_query(None);
        base.set_fragment(None);
        Self { base }
    }

    /// Parses the address of a webhook. Plain http is accepted only for this machine, for a sandbox.
    pub(super) fn of_webhook(secret: &SecretString) -> Result<Self, WebhookError> {
        let mut url =
            Url::parse(secret.expose_secret().trim()).map_err(|_| WebhookError::NotAnAddress)?;
        let host = url.host_str().ok_or(WebhookError::NotAnAddress)?;
        match url.scheme() {
            "https" => {}
            "http" if is_this_machine(host) => {}
            "http" => return Err(WebhookError::PlainHttp),
            _ => return Err(WebhookError::WrongScheme),
        }
        let parts: Vec<&str> = url
            .path()
            .split('/')
            .filter(|part| !part.is_empty())
            .collect();
        let [rest, user, key] = parts.as_slice() else {
            return Err(WebhookError::WrongPath);
        };
        if *rest != "rest" || user.parse::<u64>().is_err() || key.is_empty() {
            return Err(WebhookError::WrongPath);
        }
        let path = format!("/rest/{user}/{key}/");
        url.set_path(&path);
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self { base: url })
    }

    /// Returns the address of a method.
    pub(super) fn method(&self, method: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{method}", self.base.path()));
        url
    }

    /// Returns the same address on another host, after a portal was renamed (documentation: "302 …
    /// new host"). The new host must be in `allowed`, use https (or be this machine, if the webhook
    /// is on it), and its address must have the same path: it receives the secret and all data.
    pub(super) fn moved_to(
        &self,
        location: &str,
        method: &str,
        allowed: &[String],
    ) -> Result<Self, Redirected> {
        let target = self
            .method(method)
            .join(location)
            .map_err(|_| Redirected::NoPortal)?;
        let mut moved = Self {
            base: self.base.clone(),
        };
        let is_set = moved.base.set_scheme(target.scheme()).is_ok()
            && moved.base.set_host(target.host_str()).is_ok()
            && moved.base.set_port(target.port()).is_ok();
        let is_web = matches!(target.scheme(), "http" | "https");
        if !is_set || !is_web || target.path().trim_end_matches('/') != self.method(method).path() {
            return Err(Redirected::NoPortal);
        }
        let host = moved.host();
        if target.scheme() != "https" && !(self.is_plain() && moved.is_local()) {
            return Err(Redirected::PlainHttp(host));
        }
        if moved.base == self.base {
            return Err(Redirected::InACircle);
        }
        if !allowed.iter().any(|name| name.eq_ignore_ascii_case(&host)) {
            return Err(Redirected::NotAllowed(host));
        }
        Ok(moved)
    }

    fn is_plain(&self) -> bool {
        self.base.scheme() == "http"
    }

    fn is_local(&self) -> bool {
        self.base.host_str().is_some_and(is_this_machine)
    }

    /// Returns host and port, which may be shown.
    pub(super) fn host(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        self.base
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

pub(super) fn is_this_machine(host: &str) -> bool {
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Shows the address with its secret masked.
impl fmt::Display for RestAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host) = (self.base.scheme(), self.host());
        let user = self.base.path_segments().and_then(|mut s| s.nth(1));
        match user.filter(|user| !user.is_empty()) {
            Some(user) => write!(f, "{scheme}://{host}/rest/{user}/•••/"),
            None => write!(f, "{scheme}://{host}/rest/"),
        }
    }
}

impl fmt::Debug for RestAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RestAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<RestAddress, WebhookError> {
        RestAddress::of_webhook(&text.to_owned().into())
    }

    #[test]
    fn accepts_an_address_with_or_without_a_trailing_slash() {
        for text in [
            "https://acme.bitrix24.example/rest/1/s3cr3t/",
            " https://acme.bitrix24.example/rest/1/s3cr3t\n",
            "https://acme.bitrix24.example/rest/1/s3cr3t/?x=1#y",
        ] {
            let webhook = parse(text).unwrap();
            assert_eq!(
                webhook.method("batch").as_str(),
                "https://acme.bitrix24.example/rest/1/s3cr3t/batch"
            );
            assert_eq!(
                webhook.to_string(),
                "https://acme.bitrix24.example/rest/1/•••/"
            );
            assert!(!format!("{webhook:?}").contains("s3cr3t"));
        }
    }

    #[test]
    fn errors_say_what_is_wrong_and_never_contain_the_secret() {
        for (text, error) in [
            ("", WebhookError::NotAnAddress),
            (
                "acme.bitrix24.example/rest/1/s3cr3t/",
                WebhookError::NotAnAddress,
            ),
            (
                "http://acme.bitrix24.example/rest/1/s3cr3t/",
                WebhookError::PlainHttp,
            ),
            (
                "ftp://acme.bitrix24.example/rest/1/s3cr3t/",
                WebhookError::WrongScheme,
            ),
            ("https://acme.bitrix24.example/", WebhookError::WrongPath),
            (
                "https://acme.bitrix24.example/rest/one/s3cr3t/",
                WebhookError::WrongPath,
            ),
            (
                "https://acme.bitrix24.example/rest/1/s3cr3t/crm.lead.add.json",
                WebhookError::WrongPath,
            ),
        ] {
            let found = parse(text).unwrap_err();
            assert_eq!(found, error, "{text}");
            assert!(!found.to_string().contains("s3cr3t"));
        }
    }

    #[test]
    fn accepts_plain_http_for_a_sandbox_on_this_machine() {
        for host in ["127.0.0.1:8080", "localhost:1", "[::1]:8080"] {
            assert_eq!(
                parse(&format!("http://{host}/rest/1/sandbox/"))
                    .unwrap()
                    .host(),
                host
            );
        }
    }

    #[test]
    fn an_application_has_no_secret_in_its_address_and_follows_a_renamed_portal() {
        let portal = Url::parse("https://old.example/").unwrap();
        let address = RestAddress::of_portal(&portal);
        assert_eq!(address.to_string(), "https://old.example/rest/");
        let method = address.method("crm.deal.add");
        assert_eq!(method.as_str(), "https://old.example/rest/crm.deal.add");
        let allowed = ["new.example".to_owned()];
        let to = |location: &str| address.moved_to(location, "batch", &allowed);
        let moved = to("https://new.example/rest/batch").unwrap();
        assert_eq!(moved.to_string(), "https://new.example/rest/");
        for elsewhere in [
            "https://evil.example/rest/batch",
            "http://new.example/rest/batch",
            "https://new.example/rest/profile",
            "https://new.example/oauth/",
        ] {
            assert!(to(elsewhere).is_err(), "{elsewhere}");
        }
    }

    #[test]
    fn a_redirect_is_followed_to_an_allowed_host_over_https_only() {
        let webhook = parse("https://old.example/rest/1/s3cr3t/").unwrap();
        let allowed = ["New.example".to_owned(), "new.example:8443".to_owned()];
        let to = |location: &str| webhook.moved_to(location, "batch", &allowed);
        let moved = to("https://new.example/rest/1/s3cr3t/batch").unwrap();
        assert!(to("https://new.example:8443/rest/1/s3cr3t/batch").is_ok());
        assert_eq!(
            moved.method("x").as_str(),
            "https://new.example/rest/1/s3cr3t/x"
        );
        for elsewhere in [
            "http://new.example/rest/1/s3cr3t/batch",
            "/rest/1/s3cr3t/batch",
            // a page for people, which must receive neither the secret nor the data
            "https://www.example/",
            "https://new.example/auth/?back=/rest/1/s3cr3t/batch",
            "https://new.example/rest/1/s3cr3t/profile",
        ] {
            let error = to(elsewhere).unwrap_err();
            assert!(!error.to_string().contains("s3cr3t"), "{elsewhere}");
        }
        let path = "/rest/1/s3cr3t/batch";
        for (host, error) in [
            (
                "http://new.example",
                Redirected::PlainHttp("new.example".to_owned()),
            ),
            (
                "http://old.example",
                Redirected::PlainHttp("old.example".to_owned()),
            ),
            (
                "https://other.example",
                Redirected::NotAllowed("other.example".to_owned()),
            ),
            (
                "https://new.example:444",
                Redirected::NotAllowed("new.example:444".to_owned()),
            ),
            ("https://old.example", Redirected::InACircle),
            ("ftp://new.example", Redirected::NoPortal),
            ("//", Redirected::NoPortal),
        ] {
            assert_eq!(to(&format!("{host}{path}")).unwrap_err(), error, "{host}");
        }
    }

    #[test]
    fn a_webhook_on_this_machine_is_not_led_away_from_it_over_plain_http() {
        let webhook = parse("http://127.0.0.1:1/rest/1/s3cr3t/").unwrap();
        let to = |host: &str| {
            let allowed = [host.rsplit('/').next().unwrap_or_default().to_owned()];
            webhook.moved_to(&format!("{host}/rest/1/s3cr3t/batch"), "batch", &allowed)
        };
        assert!(to("http://127.0.0.1:2").is_ok());
        assert!(to("https://new.example").is_ok());
        assert_eq!(
            to("http://new.example").unwrap_err(),
            Redirected::PlainHttp("new.example".to_owned())
        );
        assert_eq!(
            webhook
                .moved_to("http://127.0.0.1:2/rest/1/s3cr3t/batch", "batch", &[])
                .unwrap_err(),
            Redirected::NotAllowed("127.0.0.1:2".to_owned())
        );
    }
}
