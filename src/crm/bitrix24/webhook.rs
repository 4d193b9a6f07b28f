//! The address of an incoming webhook: `https://HOST/rest/USER/SECRET/`. It carries everything that a
//! stranger would need, so it is never printed whole.

use std::fmt;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

/// A checked webhook address.
#[derive(Clone)]
pub struct Webhook {
    base: Url,
}

/// Why a webhook address cannot be used. The address itself is not in the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// Not an address at all.
    #[error(
        "the webhook is no web address; copy it from Bitrix24 (Developer resources → Inbound webhook), \
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

impl Webhook {
    /// Checks an address. Plain http is let through to this very machine only, for a sandbox.
    pub fn parse(secret: &SecretString) -> Result<Self, WebhookError> {
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

    /// Where a method is called.
    pub(super) fn method(&self, method: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{method}", self.base.path()));
        url
    }

    /// The same webhook on another host: a portal was renamed (documentation: "302 … new host").
    /// `None` when the new address is not one that a portal could have moved to: then this very path would
    /// stand in it, and not the page of somebody who is to learn neither the secret nor what is sent.
    pub(super) fn moved_to(&self, location: &str, method: &str) -> Option<Self> {
        let target = self.method(method).join(location).ok()?;
        if target.path().trim_end_matches('/') != self.method(method).path() {
            return None;
        }
        let mut base = self.base.clone();
        base.set_host(target.host_str()).ok()?;
        base.set_port(target.port()).ok()?;
        (target.scheme() == self.base.scheme() && base != self.base).then_some(Self { base })
    }

    /// Whether it leads to this very machine, where no proxy is to be asked.
    pub(super) fn is_local(&self) -> bool {
        self.base.host_str().is_some_and(is_this_machine)
    }

    /// Host and port: what may be shown.
    pub fn host(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        self.base
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Shows the address with its secret masked.
impl fmt::Display for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self
            .base
            .path_segments()
            .and_then(|mut s| s.nth(1))
            .unwrap_or_default();
        write!(
            f,
            "{}://{}/rest/{user}/•••/",
            self.base.scheme(),
            self.host()
        )
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Webhook, WebhookError> {
        Webhook::parse(&text.to_owned().into())
    }

    #[test]
    fn an_address_is_taken_with_or_without_its_last_slash() {
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
    fn mistakes_are_told_apart_and_never_repeat_the_secret() {
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
    fn a_sandbox_on_this_machine_may_speak_plain_http() {
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
    fn a_renamed_portal_is_followed_but_never_to_plain_http() {
        let webhook = parse("https://old.example/rest/1/s3cr3t/").unwrap();
        let moved = webhook
            .moved_to("https://new.example/rest/1/s3cr3t/batch", "batch")
            .unwrap();
        assert_eq!(
            moved.method("x").as_str(),
            "https://new.example/rest/1/s3cr3t/x"
        );
        for elsewhere in [
            "http://new.example/rest/1/s3cr3t/batch",
            "/rest/1/s3cr3t/batch",
            // a page for people, who are to learn neither the secret nor what is sent
            "https://www.example/",
            "https://new.example/auth/?back=/rest/1/s3cr3t/batch",
            "https://new.example/rest/1/s3cr3t/profile",
        ] {
            assert!(
                webhook.moved_to(elsewhere, "batch").is_none(),
                "{elsewhere}"
            );
        }
    }
}
