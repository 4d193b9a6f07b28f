//! Connects the PBX of the sandbox with the gateway: its phones ring the first PBX of the settings.

use std::net::SocketAddr;

use secrecy::ExposeSecret as _;

use super::callable::callable;
use crate::config::{PBX_PATH, Settings};
use crate::simulator::{PbxOptions, Portal};

/// Connects the first PBX of the settings, if there is one.
pub(in crate::app) fn connect(portal: &Portal, settings: &Settings, address: SocketAddr) {
    let Some((name, pbx)) = settings.pbx.first_key_value() else {
        return;
    };
    let address = callable(address);
    portal.connect_pbx(PbxOptions {
        hook: format!("http://{address}{PBX_PATH}/{name}"),
        key: pbx.key.expose_secret().to_owned(),
        // the gateway gives no commands yet
        command_key: pbx.key.expose_secret().to_owned(),
        site: format!("http://{address}"),
    });
}
