//! Events that the portal sends to the handler of calls, as an outgoing webhook does: once, without
//! credentials, with the token that proves who sends.

use std::time::Duration;

use crate::simulator::{Portal, outgoing};

/// How long a handler may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The data of an event.
pub(super) type EventData = Vec<(&'static str, String)>;

/// Tells the handler, and returns the status of its reply. `None` if there is no handler or no reply.
pub(super) async fn tell(portal: &Portal, name: &str, data: &EventData) -> Option<u16> {
    let (hook, form) = {
        let core = portal.core();
        let hook = core.call_hook.clone()?;
        let (now, host) = (core.now().as_second(), &core.options.base_url);
        let form = form((name, data), host, &hook.token, now);
        (hook, form)
    };
    let times = portal.pbx.switch().sendings(name);
    let mut status = None;
    for _ in 0..times {
        status = outgoing::post_form(&hook.url, form.clone(), PATIENCE).await;
    }
    status
}

/// Writes the event as a form, in the portal's order.
fn form((name, data): (&str, &EventData), host: &str, token: &str, now: i64) -> String {
    let host = host.trim_end_matches('/');
    let domain = host.split_once("://").map_or(host, |(_, domain)| domain);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut pairs = vec![pair("event", name), pair("event_handler_id", "39")];
    pairs.extend(
        data.iter()
            .map(|(name, value)| pair(&format!("data[{name}]"), value)),
    );
    pairs.push(pair("ts", &now.to_string()));
    for (name, value) in [
        ("domain", domain),
        ("client_endpoint", &format!("{host}/rest/")),
        ("server_endpoint", &format!("{host}/rest/")),
        ("member_id", member),
        ("application_token", token),
    ] {
        pairs.push(pair(&format!("auth[{name}]"), value));
    }
    outgoing::form(
        pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    )
}
