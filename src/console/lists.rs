//! Whether the portal's lists and fields have what a plan names.

use std::sync::Arc;
use std::time::Duration;

use super::visit::Visit;
use crate::crm::Connection;
use crate::delivery::crm::{ByDictionaries, by_dictionaries};
use crate::domain::Plan;

/// A page waits at most this long for a portal that tells its lists again.
const PATIENCE: Duration = Duration::from_secs(5);

/// Returns the connection of a profile: the one that it names, or the only one.
pub(super) fn connection<'c>(
    visit: &'c Visit<'_>,
    name: Option<&str>,
) -> Option<(&'c str, &'c Arc<Connection>)> {
    let all = &visit.parts().connections;
    let found = match name {
        Some(name) => all.get_key_value(name),
        None if all.len() == 1 => all.iter().next(),
        None => None,
    };
    found.map(|(name, connection)| (name.as_str(), connection))
}

/// Returns why a delivery would park a plan, in words. What the lists lack is read again first: it may
/// have been added.
pub(super) async fn parked(visit: &Visit<'_>, plan: &Plan) -> Option<String> {
    let step = plan.crm()?;
    let (_, connection) = connection(visit, step.connection.as_deref())?;
    let known = || connection.watch_dictionaries().borrow().clone();
    let judge = || by_dictionaries(step, &plan.profile.file, known().as_deref());
    if !matches!(judge(), ByDictionaries::Parks(..)) {
        return None;
    }
    let read = tokio::time::timeout(PATIENCE, connection.refresh_dictionaries()).await;
    match judge() {
        ByDictionaries::Parks(reason, text) if matches!(read, Ok(Ok(_))) => {
            let reason = reason.to_text(visit.lang);
            Some(format!("{reason}: {}", text.to_text(visit.lang)))
        }
        _ => None,
    }
}
