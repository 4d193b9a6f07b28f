//! The hub of live calls, and the callers whose clients are read ahead.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;

use super::SANDBOX;
use super::pbx::PbxNeeds;
use crate::config::{PbxSettings, Settings};
use crate::domain::{CALLS, Clock, Phone, SourceKinds, failed};
use crate::intake;
use crate::journal::{Entry, Filter, Journal, SourceFilter};
use crate::ops::{self, Supervisor};
use crate::pbx::calls::CallLimits;
use crate::pbx::directory::{Directory, RecentCallers};
use crate::store::{Store, StoreError};
use crate::telephony::{CallHub, CardPortal, HubPbx, HubRules};

/// How old the calls are whose callers are read ahead.
const RECENT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Builds the hub of live calls, and starts its task.
pub(super) fn start(
    settings: &Settings,
    needs: &PbxNeeds<'_>,
    directories: &BTreeMap<String, Arc<Directory>>,
    (clock, supervisor): (&Arc<dyn Clock>, &Supervisor),
) -> anyhow::Result<Arc<CallHub>> {
    let portals = needs.connections.0.iter();
    let portals: BTreeMap<&str, Arc<CardPortal>> = portals
        .map(|(name, portal)| {
            let portal = CardPortal::new(name, Arc::clone(portal));
            let portal = match name.as_str() {
                SANDBOX => portal.of_sandbox(),
                _ => portal,
            };
            (name.as_str(), Arc::new(portal))
        })
        .collect();
    let pbxs = settings.pbx.iter().filter_map(|(name, pbx)| {
        let own = HubPbx {
            directory: Arc::clone(directories.get(name)?),
            portal: Arc::clone(portals.get(pbx.connection.as_str())?),
            rules: rules(pbx),
        };
        Some((name.clone(), own))
    });
    let pbxs: BTreeMap<String, HubPbx> = pbxs.collect();
    let has_any = !pbxs.is_empty();
    let opened = CallHub::open(pbxs, needs.store.clone(), Arc::clone(clock));
    let (hub, task) = opened.map_err(failed(
        "the calls that go on cannot be read",
        "незавершённые звонки не читаются",
    ))?;
    if has_any {
        let draining = supervisor.draining();
        supervisor.spawn("pbx-calls", task.run(draining));
    }
    Ok(hub)
}

fn rules(pbx: &PbxSettings) -> HubRules {
    let longest = SignedDuration::from_hours(24 * 365);
    let time = |time| {
        let time = SignedDuration::try_from(time);
        time.unwrap_or(longest).min(longest)
    };
    HubRules {
        cards: pbx.live.cards,
        limits: CallLimits {
            most: pbx.live.most,
            timeout: time(pbx.live.timeout),
            record_within: time(pbx.live.record_within),
        },
        presence_for: time(pbx.live.presence_for),
    }
}

/// Returns the numbers of the stored calls of a PBX, the newest first.
pub(super) fn recent_callers(
    store: &Store,
    clock: &Arc<dyn Clock>,
    (name, most): (&str, usize),
) -> RecentCallers {
    let sources = intake::sources();
    let journal = Journal::new(store.clone(), sources.clone());
    let filter = Filter {
        source: Some(SourceFilter {
            name: CALLS.to_owned(),
            address: Some(name.to_owned()),
        }),
        since: clock.now().checked_sub(RECENT).ok(),
        ..Filter::default()
    };
    let store = store.clone();
    Box::pin(async move {
        let listed = ops::blocking(move || journal.list(&filter, most)).await;
        let read = match listed {
            Some(Ok(entries)) => numbers(&store, &sources, entries).await,
            Some(Err(error)) => Err(error),
            None => return Vec::new(),
        };
        read.unwrap_or_else(|error| {
            tracing::warn!(error = %error, "recent callers were not read ahead");
            Vec::new()
        })
    })
}

/// Returns the numbers of stored calls, each once.
async fn numbers(
    store: &Store,
    sources: &SourceKinds,
    entries: Vec<Entry>,
) -> Result<Vec<Phone>, StoreError> {
    let mut phones: Vec<Phone> = Vec::new();
    for entry in entries {
        let raw = match store.body(entry.id).await {
            Ok(raw) => raw,
            Err(StoreError::Unknown { .. }) => continue,
            Err(error) => return Err(error),
        };
        let packet = sources.decode(&entry.source, &raw).ok();
        let number = packet.as_ref().and_then(|it| it.pointer("/call/number"));
        let phone = number.and_then(Value::as_str).and_then(Phone::parse);
        phones.extend(phone.filter(|phone| !phones.contains(phone)));
    }
    Ok(phones)
}
