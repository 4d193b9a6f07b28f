//! The packet of a submission that was received before, as a preview needs it.

use bytes::Bytes;
use serde_json::Value;

use super::Packet;
use crate::domain::file::{AttachedFiles, FileRules};
use crate::domain::{Became, CompanyId, CrmStep, LoggedStep, State};
use crate::intake;
use crate::journal::History;
use crate::mapping::attached_files;

impl Packet {
    /// Returns the packet of a stored submission with this decoded body. Like a replay, a preview of
    /// it looks for the results of earlier attempts.
    pub fn of_history(history: &History, body: Value) -> Self {
        let entry = &history.entry;
        let fresh = matches!(entry.state, State::Queued | State::Captured) && entry.attempt == 0;
        Self {
            id: entry.id,
            source: entry.source.clone(),
            received_at: entry.received_at,
            body,
            uncertain: entry.uncertain || (!fresh && entry.attempt > 0),
            became: Became {
                contact: entry.contact,
                company: history.steps.iter().find_map(company),
                record: entry.record,
            },
            files: AttachedFiles::default(),
        }
    }

    /// Adds the contents of the files that a step writes, from the stored body.
    #[must_use]
    pub fn with_files(mut self, step: &CrmStep, raw: &Bytes, rules: &FileRules) -> Self {
        let planned: Vec<_> = step.planned_files().collect();
        let stored = (&self.source, raw);
        self.files = attached_files(&planned, stored, &intake::sources(), rules);
        self
    }
}

fn company(step: &LoggedStep) -> Option<CompanyId> {
    step.outcome.result.became().company
}
