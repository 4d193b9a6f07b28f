//! Lanes: submissions that share a search key may concern the same person or record, so they are
//! delivered one after the other; all others are delivered at the same time. Pure: picks from the
//! ready ones and remembers those in delivery.

use std::collections::{HashSet, VecDeque};

use crate::domain::SearchKey;

/// The keys of the submissions under way.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    busy: HashSet<SearchKey>,
}

/// Something that runs in lanes.
pub(super) trait InLane {
    /// Its search keys; without any it shares no lane.
    fn keys(&self) -> &[SearchKey];
}

impl Lanes {
    /// Removes up to `most` from `ready`, oldest first, no two of which share a key with each other
    /// or with anything under way. A skipped one keeps its place, and younger ones of its lane wait
    /// behind it.
    pub(super) fn pick<T: InLane>(&mut self, ready: &mut VecDeque<T>, most: usize) -> Vec<T> {
        let mut skipped: HashSet<SearchKey> = HashSet::new();
        let mut picked = Vec::new();
        let mut index = 0;
        while index < ready.len() && picked.len() < most {
            let place = bridge(ready, index).unwrap_or(index);
            let free = ready.get(place).is_some_and(|one| {
                let mut keys = one.keys().iter();
                keys.all(|key| !self.busy.contains(key) && !skipped.contains(key))
            });
            if free && let Some(one) = ready.remove(place) {
                self.busy.extend(one.keys().iter().cloned());
                picked.push(one);
                // after a bridge, the one that waited for it is checked again
            } else {
                if let Some(one) = ready.get(index) {
                    skipped.extend(one.keys().iter().cloned());
                }
                index += 1;
            }
        }
        picked
    }

    /// Frees the lanes of something that has ended.
    pub(super) fn free(&mut self, keys: &[SearchKey]) {
        for key in keys {
            self.busy.remove(key);
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

    #[test]
    fn submissions_that_share_a_key_go_one_after_the_other() {
        let (mut lanes, mut ready) = (Lanes::default(), ready(&["a", "b", "a", "", "b", "a"]));
        let first = lanes.pick(&mut ready, 10);
        assert_eq!(numbers(&first), [0, 1, 3]);
        assert!(lanes.pick(&mut ready, 10).is_empty());
        lanes.free(first[1].keys());
        assert_eq!(numbers(&lanes.pick(&mut ready, 10)), [4]);
        lanes.free(first[0].keys());
        // the oldest of the lane, and it alone
        assert_eq!(numbers(&lanes.pick(&mut ready, 10)), [2]);
    }

    #[test]
    fn a_submission_with_both_keys_goes_first() {
        let (mut lanes, mut ready) = (Lanes::default(), ready(&["p", "e", "pe"]));
        let first = lanes.pick(&mut ready, 10);
        assert_eq!(numbers(&first), [2]);
        lanes.free(first[0].keys());
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
                    lanes.free(one.keys());
                }
            }
            prop_assert_eq!(seen, keys.len());
            prop_assert!(ready.is_empty());
        }
    }
}
