//! The last steps of a call: write the answer, keep it in the transcript, and send it, or not.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{Call, Core, End, Identity, Outcome, Served};
use crate::simulator::{
    envelope::envelope, faults::FaultKind, leaving::Delivery, php_json, transcript::CallRecord,
};

impl Core {
    /// Writes the answer, keeps it in the transcript, and decides how to send it.
    pub(super) fn leave(
        &mut self,
        call: Call<'_>,
        mut outcome: Outcome,
        exit: Option<&FaultKind>,
    ) -> Served {
        let commands = outcome.commands.len().max(1);
        let mut delay = self.latency.call
            + self
                .latency
                .command
                .saturating_mul(u32::try_from(commands).unwrap_or(u32::MAX));
        let request_timeout =
            Duration::try_from_secs_f64(self.meter.limits.request_timeout).unwrap_or(Duration::MAX);
        if delay > request_timeout {
            // The work continues although the front end has given up.
            delay = request_timeout;
            outcome.end = End::TimedOut;
        }
        let answer = envelope(&outcome.reply, &outcome.timing);
        let body = php_json::encode(&answer);
        let mut status = outcome.reply.as_ref().map_or_else(|it| it.status, |_| 200);
        if let Some(fault) = exit {
            self.tally.faults += 1;
            outcome.fault = Some(fault.code());
        }
        let delivery = match exit {
            _ if outcome.end == End::Broken => Delivery::Nothing,
            Some(kind) => Delivery::of(kind),
            None => Delivery::Whole,
        };
        if matches!(delivery, Delivery::Nothing | Delivery::NothingAfter(_)) {
            status = 0;
        }
        let timed_out = outcome.end == End::TimedOut;
        if timed_out {
            status = 504;
        }
        self.remember(call, outcome, status, answer);
        if timed_out {
            return Served {
                delay,
                ..front_end(504, "504 Gateway Time-out")
            };
        }
        Served {
            status,
            body,
            html: false,
            host: None,
            delay,
            delivery,
        }
    }

    pub(super) fn remember(
        &mut self,
        call: Call<'_>,
        outcome: Outcome,
        status: u16,
        answer: Value,
    ) {
        // About the size of the texts; an estimate is enough.
        let size = weight(&call.params) + weight(&answer);
        let record = CallRecord {
            number: 0,
            time: outcome.timing.start,
            method: call.method.to_owned(),
            caller: self.caller_text(&call),
            params: call.params,
            status,
            answer,
            commands: outcome.commands,
            fault: outcome.fault,
        };
        self.ring.push(record, size);
    }

    /// Keeps a call to the authorization server, without what is secret in it.
    pub(in crate::simulator) fn note_oauth(
        &mut self,
        method: &str,
        params: &Map<String, Value>,
        (status, answer): (u16, &Value),
        fault: Option<String>,
    ) {
        let kept = ["grant_type", "client_id"];
        let params = params
            .iter()
            .filter(|(name, _)| kept.contains(&name.as_str()));
        let params: Map<String, Value> = params
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let mut answer = answer.clone();
        for secret in ["access_token", "refresh_token"] {
            if let Some(token) = answer.get_mut(secret) {
                *token = "…".into();
            }
        }
        let record = CallRecord {
            number: 0,
            time: self.now(),
            method: method.to_owned(),
            caller: String::new(),
            params: Value::Object(params),
            status,
            answer,
            commands: Vec::new(),
            fault,
        };
        self.ring.push(record, 512);
    }

    pub(super) fn note(&mut self, call: &Call<'_>, status: u16, fault: &str) {
        let record = CallRecord {
            number: 0,
            time: self.now(),
            method: call.method.to_owned(),
            caller: self.caller_text(call),
            params: call.params.clone(),
            status,
            answer: Value::Null,
            commands: Vec::new(),
            fault: Some(fault.to_owned()),
        };
        self.ring.push(record, weight(&call.params));
    }
}

impl Core {
    /// Names the one who made a call.
    fn caller_text(&self, call: &Call<'_>) -> String {
        let Identity::Token(token) = call.identity else {
            return "webhook".to_owned();
        };
        let now = self.now().as_second();
        let caller = self.state.applications.caller(token, now).ok();
        let caller = caller.and_then(|it| Some((it.application()?, it.user)));
        caller.map_or_else(
            || "token".to_owned(),
            |(id, user)| format!("application {id}, employee {user}"),
        )
    }
}

/// A page of the server in front of the portal.
pub(super) fn front_end(status: u16, title: &str) -> Served {
    Served {
        status,
        body: format!(
            "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
             <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
        ),
        html: true,
        host: None,
        delay: Duration::ZERO,
        delivery: Delivery::Whole,
    }
}

/// A rough size of a value in bytes.
fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(list) => list.iter().map(weight).sum::<usize>() + 2,
        Value::Object(map) => map.iter().map(|(key, it)| key.len() + 4 + weight(it)).sum(),
    }
}
