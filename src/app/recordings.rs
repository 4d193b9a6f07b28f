//! The recordings of PBXs as destinations of steps.

use std::sync::Arc;

use reqwest::Url;

use super::connections::Connections;
use super::pbx::command_keys;
use crate::config::{PbxSettings, RecordingWay, Settings};
use crate::delivery::recording::{
    RecordingDestination, RecordingHosts, RecordingMode, RecordingRequest, RecordingRequests,
    RecordingRules,
};
use crate::domain::{Clock, Destination, RecordingStep};
use crate::pbx::dialect_named;
use crate::pipeline::Destinations;
use crate::telephony::command_address;

/// Adds the recordings of every PBX to the destinations of steps.
pub(super) fn insert_into(
    destinations: &mut Destinations,
    settings: &Settings,
    connections: &Connections,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<()> {
    for (name, pbx) in &settings.pbx {
        let recordings = RecordingDestination::new(
            rules(name, pbx, settings),
            connections.0.clone(),
            pbx.connection.clone(),
            Arc::clone(clock),
        )?;
        let destination = Destination::new(RecordingStep::KIND, name);
        destinations.insert(destination, Arc::new(recordings));
    }
    Ok(())
}

fn rules(name: &str, pbx: &PbxSettings, settings: &Settings) -> RecordingRules {
    let recordings = &pbx.recordings;
    RecordingRules {
        pbx: name.to_owned(),
        mode: match recordings.way {
            RecordingWay::Link => RecordingMode::Link,
            RecordingWay::Copy => RecordingMode::Copy,
            RecordingWay::Off => RecordingMode::Off,
        },
        limit: recordings.limit,
        hosts: RecordingHosts {
            named: recordings.hosts.clone(),
            // the PBX of the sandbox has its recordings on this machine
            with_loopback: settings.crm.is_empty(),
        },
        wait: recordings.wait,
        timeout: recordings.timeout,
        requests: requests(pbx),
    }
}

/// Returns how a PBX is asked for recordings that need more than their address.
fn requests(pbx: &PbxSettings) -> RecordingRequests {
    let commands = pbx.commands.as_ref();
    let access = commands.and_then(|commands| {
        let url: Url = commands.url.parse().ok()?;
        Some((url, command_keys(pbx, commands)))
    });
    let dialect = dialect_named(pbx.dialect);
    RecordingRequests::new(move |link| {
        let (url, keys) = access.as_ref()?;
        let request = dialect.recording(link, keys)?;
        Some(RecordingRequest {
            url: command_address(url, request.path),
            content_type: request.content_type,
            body: request.body,
        })
    })
}
