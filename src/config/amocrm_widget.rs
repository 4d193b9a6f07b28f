//! The widget of an amoCRM account: `public_url`, `client_id`, `client_secret`, `widget_origins`.

use secrecy::ExposeSecret;

use super::addresses::is_local;
use super::problems::Problems;
use super::raw::RawAmo;
use super::settings::WidgetSettings;
use crate::domain::{Bilingual, bilingual};

/// The domain of accounts whose `subdomain` has none.
const DOMAIN: &str = "amocrm.ru";

/// Returns the settings of the widget; `None` if the account has none. The number and the secret of
/// an integration may also be there for reading from amoCRM.
pub(super) fn widget(problems: &mut Problems, name: &str, raw: &RawAmo) -> Option<WidgetSettings> {
    let key = |field: &str| format!("amocrm.{name}.{field}");
    let url = raw.public_url.as_deref().map(str::trim);
    let url = url.filter(|url| !url.is_empty())?;
    let url = problems.keep(&key("public_url"), public_url(url))?;
    let mut needed = |field: &str, value: Option<&str>| {
        let value = value.map(str::trim).filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| {
            bilingual!(
                "is missing: the widget needs it beside public_url",
                "не указан: он нужен виджету вместе с public_url"
            )
        });
        problems.keep(&key(field), value).map(str::to_owned)
    };
    let client_id = needed("client_id", raw.client_id.as_deref());
    let secret = raw.client_secret.as_ref();
    let client_secret = needed("client_secret", secret.map(ExposeSecret::expose_secret));
    let account = needed("subdomain", raw.subdomain.as_deref());
    let origins = raw.widget_origins.iter().map(|text| origin(text));
    let origins = origins.filter_map(|one| problems.keep(&key("widget_origins"), one));
    Some(WidgetSettings {
        origins: origins.collect(),
        account_url: account_url(&account?),
        public_url: url,
        client_id: client_id?,
        client_secret: client_secret?.into(),
    })
}

/// Returns the address of the account from `edudemo`, `edudemo.kommo.com` or a whole address.
pub(super) fn account_url(subdomain: &str) -> String {
    let host = subdomain.strip_prefix("https://").unwrap_or(subdomain);
    let host = host.split('/').next().unwrap_or_default();
    let host = host.to_ascii_lowercase();
    if host.contains('.') {
        format!("https://{host}")
    } else {
        format!("https://{host}.{DOMAIN}")
    }
}

/// Parses the public address. Pages of amoCRM are read over https, so only this machine may do
/// without.
fn public_url(text: &str) -> Result<String, Bilingual> {
    let url = text.trim_end_matches('/');
    let is_safe = url.starts_with("https://") || is_local(url);
    let is_plain = |c: char| c.is_ascii_graphic() && !"\"'<>\\?#@`".contains(c);
    let host = url.split_once("://").map_or("", |(_, rest)| rest);
    if is_safe && url.len() <= 500 && url.chars().all(is_plain) && is_host(host) {
        Ok(url.to_owned())
    } else {
        Err(bilingual!(
            "`{text}` must begin with https:// and be without ? and #, such as https://gw.example",
            "`{text}` должен начинаться с https:// и быть без ? и #, например https://gw.example"
        ))
    }
}

fn is_host(rest: &str) -> bool {
    let first = rest.chars().next();
    first.is_some_and(|c| c.is_ascii_alphanumeric() || c == '[')
}

/// Parses an origin: scheme and host, or `*`.
fn origin(text: &str) -> Result<String, Bilingual> {
    let origin = text.trim();
    let host = origin.split_once("://");
    let is_origin = host.is_some_and(|(scheme, host)| {
        matches!(scheme, "https" | "http") && is_host(host) && !host.contains(['/', '?', '#', ' '])
    });
    if origin == "*" || is_origin {
        Ok(origin.to_owned())
    } else {
        Err(bilingual!(
            "`{text}` must be an origin without a path, such as https://edudemo.amocrm.ru, or `*`",
            "`{text}` должен быть адресом без пути, например https://edudemo.amocrm.ru, или `*`"
        ))
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Loaded, SettingsError, tests};
    use crate::domain::Lang;

    fn with(toml: &str) -> Result<Loaded, SettingsError> {
        let account = "[amocrm.main]\nsecret = \"the secret of the hook\"\naccount = 1\n";
        tests::with(&[], &format!("{account}{toml}"))
    }

    const WIDGET: &str =
        "client_id = \"9a1f\"\nclient_secret = \"the secret of the integration\"\n";

    #[test]
    fn the_widget_has_the_addresses_of_the_account_and_of_leadgate() {
        for (subdomain, account) in [
            ("edudemo", "https://edudemo.amocrm.ru"),
            ("https://EduDemo.amocrm.ru/", "https://edudemo.amocrm.ru"),
            ("edudemo.kommo.com", "https://edudemo.kommo.com"),
        ] {
            let toml = format!(
                "{WIDGET}subdomain = \"{subdomain}\"\npublic_url = \"https://gw.example:8443/leads/\"\n"
            );
            let loaded = with(&toml).unwrap();
            let widget = loaded.settings.amocrm["main"].widget.as_ref().unwrap();
            assert_eq!(widget.account_url, account);
            assert_eq!(widget.public_url, "https://gw.example:8443/leads");
            assert_eq!(widget.public_origin(), "https://gw.example:8443");
            assert!(widget.origins.is_empty());
            let shown = loaded.show(Lang::En);
            assert!(!shown.contains("the secret of"), "{shown}");
            assert!(!format!("{loaded:?}").contains("the secret of"));
        }
        let without = with(WIDGET).unwrap();
        assert!(without.settings.amocrm["main"].widget.is_none());
    }

    #[test]
    fn mistakes_in_the_widget_are_reported() {
        let all = format!("{WIDGET}subdomain = \"edudemo\"\n");
        for (toml, words) in [
            (
                "public_url = \"https://gw.example\"\nsubdomain = \"a\"\n".to_owned(),
                "amocrm.main.client_id: is missing: the widget needs it",
            ),
            (
                "public_url = \"https://gw.example\"\nsubdomain = \"a\"\n".to_owned(),
                "amocrm.main.client_secret: is missing: the widget needs it",
            ),
            (
                format!("{WIDGET}public_url = \"https://gw.example\"\n"),
                "amocrm.main.subdomain: is missing: the widget needs it",
            ),
            (
                format!("{all}public_url = \"http://gw.example\"\n"),
                "amocrm.main.public_url: `http://gw.example` must begin with https",
            ),
            (
                format!("{all}public_url = \"https://gw.example/?a\"\n"),
                "amocrm.main.public_url",
            ),
            (
                format!("{all}public_url = \"https://a@gw.example\"\n"),
                "amocrm.main.public_url",
            ),
            (
                format!("{all}public_url = \"http://localhost.evil.example\"\n"),
                "amocrm.main.public_url",
            ),
            (
                format!("{all}public_url = \"https://\"\n"),
                "amocrm.main.public_url",
            ),
            (
                format!(
                    "{all}public_url = \"https://gw.example\"\nwidget_origins = [\"edudemo\"]\n"
                ),
                "amocrm.main.widget_origins: `edudemo` must be an origin",
            ),
            (
                format!(
                    "{all}public_url = \"https://gw.example\"\nwidget_origins = [\"https://a/b\"]\n"
                ),
                "amocrm.main.widget_origins",
            ),
        ] {
            let text = with(&toml).unwrap_err().to_text(Lang::En);
            assert!(text.contains(words), "{toml}: {text}");
        }
        let local =
            format!("{all}public_url = \"http://127.0.0.1:8080\"\nwidget_origins = [\"*\"]\n");
        let local = with(&local).unwrap();
        let widget = local.settings.amocrm["main"].widget.as_ref().unwrap();
        assert_eq!(widget.origins, ["*"]);
    }
}
