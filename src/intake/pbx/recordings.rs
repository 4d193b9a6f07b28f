//! Recordings that a PBX tells of apart from the records of their calls, in memory until the record
//! comes. Most PBXs name the recording of a call while the call lasts, so its record finds it here.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::pbx::{RecordingNotice, RecordingState};

/// The most recordings of one call: each transfer may begin another.
const MOST_OF_CALL: usize = 16;

/// The recordings of the last calls.
pub(super) struct Recordings {
    /// How many calls are remembered.
    most: usize,
    calls: Mutex<Calls>,
}

#[derive(Default)]
struct Calls {
    by_key: HashMap<String, Vec<Recording>>,
    /// The keys, oldest first.
    order: VecDeque<String>,
}

struct Recording {
    link: String,
    /// Whether the stored record of the call has it.
    is_settled: bool,
}

impl Recordings {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            calls: Mutex::default(),
        }
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what a PBX tells. Returns whether the recording is ready and no stored record has it.
    pub(super) fn note(&self, notice: &RecordingNotice) -> bool {
        let mut calls = self.calls();
        if notice.state == RecordingState::Dropped {
            if let Some(known) = calls.by_key.get_mut(&notice.call) {
                known.retain(|recording| recording.link != notice.link || recording.is_settled);
            }
            return false;
        }
        let known = calls.of(&notice.call, self.most);
        let found = known.iter().find(|recording| recording.link == notice.link);
        let is_settled = found.is_some_and(|recording| recording.is_settled);
        if found.is_none() && known.len() < MOST_OF_CALL {
            known.push(Recording {
                link: notice.link.clone(),
                is_settled: false,
            });
        }
        notice.state == RecordingState::Ready && !is_settled
    }

    /// Returns the addresses of the recordings of a call, in the order in which they began.
    pub(super) fn of(&self, call: &str) -> Vec<String> {
        let calls = self.calls();
        let known = calls.by_key.get(call).map_or(&[][..], Vec::as_slice);
        known
            .iter()
            .map(|recording| recording.link.clone())
            .collect()
    }

    /// Notes that the stored record of a call has these recordings.
    pub(super) fn settle(&self, call: &str, links: &[String]) {
        let mut calls = self.calls();
        let known = calls.by_key.get_mut(call);
        for recording in known.into_iter().flatten() {
            recording.is_settled |= links.contains(&recording.link);
        }
    }
}

impl Calls {
    /// Returns the recordings of a call; the oldest call is forgotten if there are too many.
    fn of(&mut self, call: &str, most: usize) -> &mut Vec<Recording> {
        if !self.by_key.contains_key(call) {
            if self.order.len() >= most
                && let Some(oldest) = self.order.pop_front()
            {
                self.by_key.remove(&oldest);
            }
            self.order.push_back(call.to_owned());
        }
        self.by_key.entry(call.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn notice(call: &str, id: &str, state: RecordingState) -> RecordingNotice {
        RecordingNotice {
            call: call.to_owned(),
            id: id.to_owned(),
            link: format!("https://pbx.example/{id}"),
            state,
            raw: Bytes::new(),
        }
    }

    #[test]
    fn a_recording_that_began_before_the_record_belongs_to_it() {
        let recordings = Recordings::new(10);
        assert!(!recordings.note(&notice("a", "1", RecordingState::Begun)));
        assert!(!recordings.note(&notice("a", "1", RecordingState::Begun)));
        assert!(!recordings.note(&notice("a", "2", RecordingState::Begun)));
        let links = recordings.of("a");
        assert_eq!(links, ["https://pbx.example/1", "https://pbx.example/2"]);
        recordings.settle("a", &links);
        assert!(!recordings.note(&notice("a", "1", RecordingState::Ready)));
        // the record cannot have this one
        assert!(recordings.note(&notice("a", "3", RecordingState::Ready)));
        assert!(recordings.note(&notice("b", "1", RecordingState::Ready)));
        assert_eq!(recordings.of("b"), ["https://pbx.example/1"]);
    }

    #[test]
    fn a_recording_that_was_not_kept_belongs_to_no_record() {
        let recordings = Recordings::new(10);
        recordings.note(&notice("a", "1", RecordingState::Begun));
        assert!(!recordings.note(&notice("a", "1", RecordingState::Dropped)));
        assert_eq!(recordings.of("a"), Vec::<String>::new());
        assert!(!recordings.note(&notice("b", "1", RecordingState::Dropped)));
    }

    #[test]
    fn the_oldest_calls_and_too_many_recordings_are_forgotten() {
        let recordings = Recordings::new(2);
        for call in ["a", "b", "c", "b"] {
            recordings.note(&notice(call, "1", RecordingState::Begun));
        }
        let known = ["a", "b", "c"].map(|call| recordings.of(call).len());
        assert_eq!(known, [0, 1, 1]);
        for id in 0..50 {
            recordings.note(&notice("c", &id.to_string(), RecordingState::Begun));
        }
        assert_eq!(recordings.of("c").len(), MOST_OF_CALL);
    }
}
