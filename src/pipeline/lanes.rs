//! Lanes: submissions that share a search key may concern the same person or record, so they are
//! delivered one after the other; all others are delivered at the same time. The same holds for
//! those of which a look-up has shown that they concern the same ([`super::claims`]). Pure: picks
//! from the ready ones and remembers those in delivery.

use std::collections::{HashSet, VecDeque};

use super::claims::Claimed;
use crate::delivery::FoundId;
use crate::domain::{SearchKey, SubmissionId};

/// The keys of the submissions under way, and what they have found.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    busy: HashSet<SearchKey>,
    pub(super) claimed: Claimed,
}

/// Something that runs in lanes.
pub(super) trait InLane {
    /// The submission.
    fn id(&self) -> SubmissionId;

    /// Its search keys; without any it shares no lane.
    fn keys(&self) -> &[SearchKey];
}

impl Lanes {
    /// Removes up to `most` from `ready`, oldest first, no two of which share a key with each other
    /// or with anything under way. One that waits for what another has found is picked once that is
    /// free, and holds it from then on. A skipped one keeps its place, and younger ones of its lane
    /// wait behind it.
    pub(super) fn pick<T: InLane>(&mut self, ready: &mut VecDeque<T>, most: usize) -> Vec<T> {
        let mut skipped: HashSet<SearchKey> = HashSet::new();
        let mut needed: HashSet<FoundId> = HashSet::new();
        let mut picked = Vec::new();
        let mut index = 0;
        while index < ready.len() && picked.len() < most {
            let place = bridge(ready, index).unwrap_or(index);
            let free = ready.get(place).is_some_and(|one| {
                let mut keys = one.keys().iter();
                keys.all(|key| !self.busy.contains(key) && !skipped.contains(key))
                    && self.claimed.is_free_for(one.id(), &needed)
            });
            if free && let Some(one) = ready.remove(place) {
                self.busy.extend(one.keys().iter().cloned());
                self.claimed.take_up(one.id());
                picked.push(one);
                // after a bridge, the one that waited for it is checked again
            } else {
                if let Some(one) = ready.get(index) {
                    skipped.extend(one.keys().iter().cloned());
                    needed.extend(self.claimed.needed_by(one.id()));
                }
                index += 1;
            }
        }
        picked
    }

    /// Frees the lanes of a batch that has ended, and what its submissions have claimed. Those that
    /// are not put back wait for nothing.
    pub(super) fn end(
        &mut self,
        keys: &[SearchKey],
        ids: &HashSet<SubmissionId>,
        put_back: &HashSet<SubmissionId>,
    ) {
        for key in keys {
            self.busy.remove(key);
        }
        self.claimed.free(ids);
        for id in ids.difference(put_back) {
            self.claimed.forget(*id);
        }
    }
}

/// Returns the index of the bridge for the submission at `index`, if there is one. When one
/// submission has a person's phone and another the e-mail address, only a third one with both shows
/// that they are the same person: this bridge goes first.
fn bridge<T: InLane>(ready: &VecDeque<T>, index: usize) -> Option<usize> {
    let first = ready.get(index)?.keys();
    let share = |a: &[SearchKey], b: &[SearchKey]| a.iter().any(|key| b.contains(key));
    ready
        .iter()
        .enumerate()
        .skip(index + 1)
        .find_map(|(place, candidate)| {
            let keys = candidate.keys();
            let bridges = keys.len() > first.len()
                && share(keys, first)
                && ready.iter().enumerate().any(|(other, one)| {
                    other != place && !share(one.keys(), first) && share(one.keys(), keys)
                });
            bridges.then_some(place)
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Personal;

    #[derive(Debug, Clone, PartialEq)]
    struct One(usize, Vec<SearchKey>);

    impl InLane for One {
        fn id(&self) -> SubmissionId {
            SubmissionId::from_bytes(&(self.0 as u128).to_be_bytes()).unwrap()
        }

        fn keys(&self) -> &[SearchKey] {
            &self.1
        }
    }

    fn one(number: usize, keys: &str) -> One {
        let key = |letter: char| SearchKey::Field {
            entity: None,
            name: "K".into(),
            value: Personal::from(letter.to_string()),
        };
        One(number, keys.chars().map(key).collect())
    }

    fn ready(keys: &[&str]) -> VecDeque<One> {
        keys.iter()
            .enumerate()
            .map(|(number, keys)| one(number, keys))
            .collect()
    }

    fn numbers(picked: &[One]) -> Vec<usize> {
        picked.iter().map(|one| one.0).collect()
    }

    fn free(lanes: &mut Lanes, one: &One) {
        lanes.end(one.keys(), &HashSet::from([one.id()]), &HashSet::new());
    }

    #[test]
    fn submissions_that_share_a_key_go_one_after_the_other() {
        let (mut lanes, mut ready) = (Lanes::default(), ready(&["a", "b", "a", "", "b", "a"]));
        let first = lanes.pick(&mut ready, 10);
        assert_eq!(numbers(&first), [0, 1, 3]);
        assert!(lanes.pick(&mut ready, 10).is_empty());
        free(&mut lanes, &first[1]);
        assert_eq!(numbers(&lanes.pick(&mut ready, 10)), [4]);
        free(&mut lanes, &first[0]);
        // the oldest of the lane, and it alone
        assert_eq!(numbers(&lanes.pick(&mut ready, 10)), [2]);
    }

    #[test]
    fn a_submission_with_both_keys_goes_first() {
        let (mut lanes, mut ready) = (Lanes::default(), ready(&["p", "e", "pe"]));
        let first = lanes.pick(&mut ready, 10);
        assert_eq!(numbers(&first), [2]);
        free(&mut lanes, &first[0]);
        assert_eq!(numbers(&lanes.pick(&mut ready, 10)), [0, 1]);
    }

    #[test]
    fn without_a_bridge_the_older_goes_first() {
        let (mut lanes, mut ready) = (Lanes::default(), ready(&["p", "pe"]));
        assert_eq!(numbers(&lanes.pick(&mut ready, 10)), [0]);
    }

    proptest! {
        #[test]
        fn no_two_share_a_lane_and_all_are_picked(
            keys in proptest::collection::vec("[a-d]{0,2}", 0..30), most in 1_usize..8,
        ) {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let (mut lanes, mut ready) = (Lanes::default(), ready(&keys));
            let mut seen = 0;
            loop {
                let picked = lanes.pick(&mut ready, most);
                if picked.is_empty() {
                    break;
                }
                for (index, one) in picked.iter().enumerate() {
                    for other in picked.iter().skip(index + 1) {
                        prop_assert!(!one.1.iter().any(|key| other.1.contains(key)));
                    }
                    seen += 1;
                }
                for one in &picked {
                    free(&mut lanes, one);
                }
            }
            prop_assert_eq!(seen, keys.len());
            prop_assert!(ready.is_empty());
        }
    }
}
