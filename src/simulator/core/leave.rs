//! The last steps of a call: write the answer, keep it in the transcript, and send it, or not.

use std::time::Duration;

use serde_json::Value;

use super::{Call, Core, End, Outcome, Served};
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
            Some(FaultKind::ResetAfter) => Delivery::Nothing,
            Some(FaultKind::HoldReply { ms }) => Delivery::NothingAfter(Duration::from_millis(*ms)),
            Some(FaultKind::CutBody) => Delivery::Half,
            Some(FaultKind::SlowBody { ms }) => Delivery::Slowly(Duration::from_millis(*ms)),
            _ => Delivery::Whole,
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
            params: call.params,
            status,
            answer,
            commands: outcome.commands,
            fault: outcome.fault,
        };
        self.ring.push(record, size);
    }

    pub(super) fn note(&mut self, call: &Call<'_>, status: u16, fault: &str) {
        let record = CallRecord {
            number: 0,
            time: self.now(),
            method: call.method.to_owned(),
            params: call.params.clone(),
            status,
            answer: Value::Null,
            commands: Vec::new(),
            fault: Some(fault.to_owned()),
        };
        self.ring.push(record, weight(&call.params));
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
