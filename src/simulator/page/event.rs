//! Events that the portal sends to the handlers of calls: to the outgoing webhook, without
//! credentials, with the token that proves who sends; and to those of applications.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::simulator::{
    Portal,
    applications::{domain, send, send_waiting},
    core::Core,
    outgoing,
};

/// How long a handler may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The data of an event.
pub(super) type EventData = Vec<(&'static str, String)>;

impl Core {
    /// Whether anybody listens to an event of calls.
    pub(super) fn hears(&self, name: &str) -> bool {
        self.call_hook.is_some() || self.state.applications.listen(name)
    }
}

/// Tells the handlers what an employee has caused, and returns the status of the last reply. `None`
/// if there is no handler or no reply.
pub(super) async fn tell(portal: &Portal, user: u32, name: &str, data: &EventData) -> Option<u16> {
    let (hook, sendings) = {
        let mut core = portal.core();
        // what the call has changed goes its usual way
        core.queue_events(user);
        let members = data.iter();
        let members: Map<String, Value> = members
            .map(|(name, value)| ((*name).to_owned(), value.as_str().into()))
            .collect();
        core.state.applications.note(name, &Value::Object(members));
        let sendings = core.take_events(user);
        let hook = core.call_hook.clone().map(|hook| {
            let (now, host) = (core.now().as_second(), &core.options.base_url);
            let member = &core.state.applications.member;
            let form = form((name, data), (host, member), &hook.token, now);
            (hook, form)
        });
        (hook, sendings)
    };
    send_waiting(portal);
    let times = portal.pbx.switch().sendings(name);
    let mut status = None;
    if let Some((hook, form)) = hook {
        for _ in 0..times {
            status = outgoing::post_form(&hook.url, form.clone(), PATIENCE).await;
        }
    }
    for sending in sendings {
        for _ in 0..times {
            status = send(portal, sending.clone()).await;
        }
    }
    status
}

/// Writes the event as a form, in the portal's order.
fn form(
    (name, data): (&str, &EventData),
    (host, member): (&str, &str),
    token: &str,
    now: i64,
) -> String {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut pairs = vec![pair("event", name), pair("event_handler_id", "39")];
    pairs.extend(
        data.iter()
            .map(|(name, value)| pair(&format!("data[{name}]"), value)),
    );
    pairs.push(pair("ts", &now.to_string()));
    let host = host.trim_end_matches('/');
    for (name, value) in [
        ("domain", domain(host)),
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
