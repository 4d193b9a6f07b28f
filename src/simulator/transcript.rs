//! The latest calls, for tests and for the page that shows them.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// Number of calls kept.
const CALLS: usize = 1000;
/// Bytes of answers and parameters kept in total.
const BYTES: usize = 8 << 20;

/// One HTTP call, or one direct [`call`](super::Portal::call).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CallRecord {
    /// Counts the calls since the start.
    pub number: u64,
    /// When it was received.
    pub time: Timestamp,
    /// The method as it was written.
    pub method: String,
    /// Who called: `webhook`, or `application 1, employee 7`.
    pub caller: String,
    /// Its parameters, without credentials.
    pub params: Value,
    /// The HTTP status; 0 when no answer was sent.
    pub status: u16,
    /// The envelope as it was sent, or would have been.
    pub answer: Value,
    /// The commands of a batch that ran.
    pub commands: Vec<CommandRecord>,
    /// The code of the fault that occurred.
    pub fault: Option<String>,
}

/// One command of a batch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CommandRecord {
    /// Its key in `cmd`.
    pub key: String,
    /// The method as it was written.
    pub method: String,
    /// Its parameters, references filled in.
    pub params: Value,
    /// Its result.
    pub result: Option<Value>,
    /// Its error.
    pub error: Option<Value>,
}

/// The latest calls.
#[derive(Debug, Default)]
pub(super) struct Ring {
    calls: VecDeque<(CallRecord, usize)>,
    bytes: usize,
    count: u64,
}

impl Ring {
    /// Keeps a call of about this size.
    pub(super) fn push(&mut self, mut record: CallRecord, size: usize) {
        self.count += 1;
        record.number = self.count;
        self.bytes += size;
        self.calls.push_back((record, size));
        while self.calls.len() > CALLS || (self.bytes > BYTES && self.calls.len() > 1) {
            if let Some((_, size)) = self.calls.pop_front() {
                self.bytes -= size;
            }
        }
    }

    /// Oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &CallRecord> {
        self.calls.iter().map(|(record, _)| record)
    }

    pub(super) fn clear(&mut self) {
        self.calls.clear();
        self.bytes = 0;
    }
}
