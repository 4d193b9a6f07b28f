//! Connects the PBX of the sandbox with the gateway: its phones ring the first PBX of the settings
//! whose exchange it speaks.

use std::net::SocketAddr;

use secrecy::ExposeSecret as _;

use super::callable::callable;
use crate::config::{PBX_PATH, PbxSettings, Settings};
use crate::domain::PbxDialect;
use crate::simulator::{PbxOptions, Portal};

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
        // the gateway gives no commands yet
        command_key: pbx.key.expose_secret().to_owned(),
        site: format!("http://{address}"),
    });
}
