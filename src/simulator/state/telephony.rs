//! The portal's telephony: lines, live calls with their cards, and the statistics.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::kind::Kind;

/// The most rows of statistics, lines and live calls that are kept; the oldest go first.
const MOST_ROWS: usize = 20_000;
const MOST_LINES: usize = 1_000;
const MOST_LIVE: usize = 5_000;
/// The most cards of ended calls that are kept.
const MOST_LEFT: usize = 50;

/// Who may call the methods that the documentation keeps for applications.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TelephonyAccess {
    /// Webhooks as well, as in the code of newer portals.
    #[default]
    Webhooks,
    /// Applications only, as the documentation says.
    Applications,
}

/// Which calls of the statistics the user of the webhook may see.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatisticsAccess {
    /// All.
    #[default]
    All,
    /// The user's own; those of others are missing without an error.
    Own,
    /// None: the method is refused.
    Nothing,
}

/// A line of an external PBX.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) struct Line {
    pub(in crate::simulator) id: u32,
    pub(in crate::simulator) number: String,
    pub(in crate::simulator) name: String,
    /// Whether outgoing calls to unknown numbers create records.
    pub(in crate::simulator) creates: bool,
}

/// A registered call that has not been finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) struct PortalCall {
    pub(in crate::simulator) id: String,
    /// `EXTERNAL_CALL_ID`.
    pub(in crate::simulator) external: Option<String>,
    /// The employee for whom it was registered.
    pub(in crate::simulator) user: u32,
    /// The client's number without letters, and the same as digits that can be compared.
    pub(in crate::simulator) number: String,
    pub(in crate::simulator) digits: String,
    /// `TYPE`.
    pub(in crate::simulator) sort: i64,
    pub(in crate::simulator) line: String,
    /// When it began, in seconds.
    pub(in crate::simulator) began: i64,
    /// The employees who see its card.
    pub(in crate::simulator) cards: BTreeSet<u32>,
    /// The record of the client.
    pub(in crate::simulator) entity: Option<(Kind, u32)>,
    /// Other records with the call in their timelines: open deals of the client.
    pub(in crate::simulator) bindings: Vec<(Kind, u32)>,
    /// The records that the call created.
    pub(in crate::simulator) created: Vec<(Kind, u32)>,
    /// Why no record was created.
    pub(in crate::simulator) creation_error: Option<String>,
    /// Whether the number is an inner one; such calls do not touch the CRM.
    pub(in crate::simulator) is_internal: bool,
}

impl PortalCall {
    /// Whether the client called.
    pub(in crate::simulator) fn is_incoming(&self) -> bool {
        matches!(self.sort, 2 | 3)
    }
}

/// A row of the statistics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::simulator) struct StatisticRow {
    pub(in crate::simulator) id: u32,
    pub(in crate::simulator) call: String,
    pub(in crate::simulator) began: i64,
    pub(in crate::simulator) activity: Option<u32>,
    /// The file of the recording.
    pub(in crate::simulator) record: Option<u32>,
    /// The columns as `voximplant.statistic.get` shows them.
    pub(in crate::simulator) columns: Map<String, Value>,
}

impl StatisticRow {
    /// Returns a column as text.
    pub(in crate::simulator) fn text(&self, column: &str) -> &str {
        let value = self.columns.get(column).and_then(Value::as_str);
        value.unwrap_or_default()
    }
}

/// Everything that the portal knows about calls.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::simulator) struct Telephony {
    pub(in crate::simulator) lines: Vec<Line>,
    pub(in crate::simulator) live: Vec<PortalCall>,
    /// Ended calls whose cards other employees still see, because nobody has hidden them.
    pub(in crate::simulator) left: Vec<PortalCall>,
    pub(in crate::simulator) statistics: Vec<StatisticRow>,
    /// The transcripts of calls, by the number of the transcript.
    pub(in crate::simulator) transcripts: BTreeMap<u32, Value>,
    /// Who may register and finish calls.
    pub(in crate::simulator) access: TelephonyAccess,
    /// Which calls the statistics show.
    pub(in crate::simulator) shown: StatisticsAccess,
    /// The last numbers of a line, a call and a row.
    pub(in crate::simulator) last_line: u32,
    pub(in crate::simulator) last_call: u32,
    pub(in crate::simulator) last_row: u32,
}

impl Telephony {
    /// Returns the line with a number.
    pub(in crate::simulator) fn line(&self, number: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.number == number)
    }

    /// Returns the same line, to change it.
    pub(in crate::simulator) fn line_mut(&mut self, number: &str) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.number == number)
    }

    /// Adds a line that creates records, and returns its id.
    pub(in crate::simulator) fn add_line(&mut self, number: &str, name: &str) -> u32 {
        self.last_line += 1;
        if self.lines.len() >= MOST_LINES {
            self.lines.remove(0);
        }
        self.lines.push(Line {
            id: self.last_line,
            number: number.to_owned(),
            name: name.to_owned(),
            creates: true,
        });
        self.last_line
    }

    /// Returns a live call.
    pub(in crate::simulator) fn call_mut(&mut self, id: &str) -> Option<&mut PortalCall> {
        self.live.iter_mut().find(|call| call.id == id)
    }

    /// Keeps a registered call.
    pub(in crate::simulator) fn add_call(&mut self, call: PortalCall) {
        if self.live.len() >= MOST_LIVE {
            self.live.remove(0);
        }
        self.live.push(call);
    }

    /// Removes a call that ends.
    pub(in crate::simulator) fn take_call(&mut self, id: &str) -> Option<PortalCall> {
        let at = self.live.iter().position(|call| call.id == id)?;
        Some(self.live.remove(at))
    }

    /// Hides the card of an ended call from the employee who finished it, and from nobody else.
    pub(in crate::simulator) fn leave_cards(&mut self, mut call: PortalCall, user: u32) {
        call.cards.remove(&user);
        if call.cards.is_empty() {
            return;
        }
        if self.left.len() >= MOST_LEFT {
            self.left.remove(0);
        }
        self.left.push(call);
    }

    /// Keeps a row of the statistics.
    pub(in crate::simulator) fn add_row(&mut self, row: StatisticRow) {
        if self.statistics.len() >= MOST_ROWS {
            self.statistics.remove(0);
        }
        self.statistics.push(row);
    }

    /// Returns the newest row of a call.
    pub(in crate::simulator) fn row_mut(&mut self, call: &str) -> Option<&mut StatisticRow> {
        self.statistics
            .iter_mut()
            .rev()
            .find(|row| row.call == call)
    }

    /// Returns the row that an activity belongs to.
    pub(in crate::simulator) fn row_of_activity(&self, activity: u32) -> Option<&StatisticRow> {
        let mut rows = self.statistics.iter().rev();
        rows.find(|row| row.activity == Some(activity))
    }
}
