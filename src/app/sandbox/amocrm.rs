//! Connects the amoCRM pages of the sandbox with the gateway: their buttons send hooks to it, and
//! their cards run the archive of the widget.

use std::net::SocketAddr;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret as _;

use super::callable::callable;
use crate::config::{AMO_PATH, Settings, WidgetSettings};
use crate::domain::{Clock as _, SystemClock};
use crate::simulator::{CardsOptions, CardsWidget, Portal};
use crate::widget::archive::{self, WidgetVersion};

/// The account of the pages if the settings do not have its number or the first part of its address.
const ACCOUNT: (u64, &str) = (30_551_177, "edudemo");

/// Connects the first account of the settings, if there is one.
pub(in crate::app) fn connect(portal: &Portal, settings: &Settings, address: SocketAddr) {
    let Some((name, account)) = settings.amocrm.first_key_value() else {
        return;
    };
    let secret = account.secret.as_ref().map(|secret| {
        let secret = utf8_percent_encode(secret.expose_secret(), NON_ALPHANUMERIC);
        format!("?key={secret}")
    });
    let (address, secret) = (callable(address), secret.unwrap_or_default());
    let number = account.account.as_deref().and_then(|id| id.parse().ok());
    let subdomain = account.subdomain.as_deref().unwrap_or(ACCOUNT.1);
    portal.connect_amocrm(CardsOptions {
        account: number.unwrap_or(ACCOUNT.0),
        subdomain: subdomain.to_owned(),
        hook: format!("http://{address}{AMO_PATH}/{name}{secret}"),
        widget: account.widget.as_ref().and_then(|own| widget(name, own)),
    });
}

fn widget(name: &str, settings: &WidgetSettings) -> Option<CardsWidget> {
    // other public addresses need not lead here
    let is_local = settings.public_url.starts_with("http://");
    let asked = if is_local {
        archive::address(name, settings)
    } else {
        format!("{AMO_PATH}/{name}/widget")
    };
    let version = WidgetVersion::new(SystemClock.now(), None);
    let files = archive::files(&asked, version);
    let files =
        files.inspect_err(|error| tracing::error!(error = %error, "the sandbox has no widget"));
    Some(CardsWidget {
        files: files.ok()?,
        origin: settings.public_origin().to_owned(),
        issuer: settings.account_url.clone(),
        audience: settings.public_origin().to_owned(),
        client_id: settings.client_id.clone(),
        secret: settings.client_secret.expose_secret().to_owned(),
    })
}
