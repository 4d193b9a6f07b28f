//! The frame around every answer: `result` or `error`, paging, and the `time` block.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{errors::ApiError, when};

/// What a method answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) result: Value,
    pub(super) total: Option<u64>,
    pub(super) next: Option<u64>,
}

impl Answer {
    /// An answer without paging.
    pub(super) fn plain(result: impl Into<Value>) -> Self {
        Self {
            result: result.into(),
            total: None,
            next: None,
        }
    }
}

/// The result of a method: an answer or a refusal.
pub(super) type Reply = Result<Answer, ApiError>;

/// The duration of a call, and its operating time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Timing {
    pub(super) start: Timestamp,
    /// Seconds from the first to the last.
    pub(super) duration: f64,
    /// Seconds that this method has cost in the last ten minutes.
    pub(super) operating: f64,
    /// When the oldest of these minutes is forgotten.
    pub(super) resets_at: i64,
}

impl Timing {
    /// The `time` member.
    pub(super) fn block(&self) -> Value {
        let start = seconds(self.start);
        let finish = start + self.duration;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "seconds since 1970 fit for a long while"
        )]
        let finish_second = finish as i64;
        json!({
            "start": start,
            "finish": finish,
            "duration": self.duration,
            "processing": self.duration,
            "date_start": when::iso(self.start.as_second()),
            "date_finish": when::iso(finish_second),
            "operating_reset_at": self.resets_at,
            "operating": self.operating,
        })
    }
}

/// The whole envelope of a lone call.
pub(super) fn envelope(reply: &Reply, timing: &Timing) -> Value {
    match reply {
        Ok(answer) => {
            let mut map = Map::new();
            map.insert("result".to_owned(), answer.result.clone());
            if let Some(next) = answer.next {
                map.insert("next".to_owned(), next.into());
            }
            if let Some(total) = answer.total {
                map.insert("total".to_owned(), total.into());
            }
            map.insert("time".to_owned(), timing.block());
            Value::Object(map)
        }
        Err(error) => Value::Object(error.to_map()),
    }
}

/// Fractional seconds since 1970.
fn seconds(moment: Timestamp) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "microseconds since 1970 fit into 53 bits"
    )]
    let micros = moment.as_microsecond() as f64;
    micros / 1_000_000.0
}
