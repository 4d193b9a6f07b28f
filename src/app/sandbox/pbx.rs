//! Connects the PBX of the sandbox with the gateway: its phones ring the first PBX of the settings
//! whose exchange it speaks.

use std::net::SocketAddr;

use secrecy::{ExposeSecret as _, SecretString};

use super::callable::callable;
use crate::config::{PBX_PATH, PbxSettings, Settings};
use crate::domain::PbxDialect;
use crate::simulator::{CallHook, PbxOptions, Portal};

/// Connects the first PBX of the settings with the exchange `UserCRM`, if there is one.
pub(in crate::app) fn connect(portal: &Portal, settings: &Settings, address: SocketAddr) {
    let speaks = |(_, pbx): &(&String, &PbxSettings)| pbx.dialect == PbxDialect::UserCrm;
    let Some((name, pbx)) = settings.pbx.iter().find(speaks) else {
        return;
    };
    let address = callable(address);
    portal.connect_pbx(PbxOptions {
        hook: format!("http://{address}{PBX_PATH}/{name}"),
        key: pbx.key.expose_secret().to_owned(),
        command_key: command_key(pbx).expose_secret().to_owned(),
        site: format!("http://{address}"),
    });
    let token = pbx.portal_token.as_ref();
    portal.connect_calls(token.map(|token| CallHook {
        url: format!("http://{address}{PBX_PATH}/{name}/portal"),
        token: token.expose_secret().to_owned(),
    }));
}

/// Returns the key of commands; without one, nobody knows the key of the sandbox.
fn command_key(pbx: &PbxSettings) -> &SecretString {
    let commands = pbx.commands.as_ref();
    commands
        .and_then(|commands| commands.key.as_ref())
        .unwrap_or(&pbx.key)
}
