//! Lanes: submissions that share a search key may concern the same person or record, so they go one
//! after the other; all others go side by side. Pure: it orders what is ready and remembers what is
//! under way.

use std::collections::{HashSet, VecDeque};

use crate::domain::SearchKey;

/// The keys of what is under way.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    busy: HashSet<SearchKey>,
}

/// Something that runs in lanes.
pub(super) trait InLane {
    /// The keys that it shares its lanes by; without any it is alone in the world.
    fn keys(&self) -> &[SearchKey];
}

impl Lanes {
    /// Takes up to `most` from `ready`, oldest first, no two of which share a key with each other or
    /// with anything under way. What is passed over keeps its place, and keeps younger ones of its lane
    /// waiting behind it.
    pub(super) fn pick<T: InLane>(&mut self, ready: &mut VecDeque<T>, most: usize) -> Vec<T> {
        let mut passed_over: HashSet<SearchKey> = HashSet::new();
        let mut picked = Vec::new();
        let mut index = 0;
        while index < ready.len() && picked.len() < most {
            let place = bridge(ready, index).unwrap_or(index);
            let free = ready.get(place).is_some_and(|one| {
                let mut keys = one.keys().iter();
                keys.all(|key| !self.busy.contains(key) && !passed_over.contains(key))
            });
            if free && let Some(one) = ready.remove(place) {
                self.busy.extend(one.keys().iter().cloned());
                picked.push(one);
                // where a bridge went first, the one that waited for it is looked at again
            } else {
                if let Some(one) = ready.get(index) {
                    passed_over.extend(one.keys().iter().cloned());
                }
                index += 1;
            }
        }
        picked
    }

    /// Gives the lanes of something that has ended free.
    pub(super) fn free(&mut self, keys: &[SearchKey]) {
        for key in keys {
            self.busy.remove(key);
        }
    }
}

/// When one submission knows a person's phone and another the address, only a third that knows both can
/// tell that they are one person: that third goes first. The place of such a bridge for the submission
/// at `index`, if there is one.
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
    fn what_shares_a_key_goes_in_turn() {
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
    fn the_one_that_knows_both_goes_first() {
        let (mut lanes, mut ready) = (Lanes::default(), ready(&["p", "e", "pe"]));
        let first = lanes.pick(&mut ready, 10);
        assert_eq!(numbers(&first), [2]);
        lanes.free(first[0].keys());
        assert_eq!(numbers(&lanes.pick(&mut ready, 10)), [0, 1]);
    }

    #[test]
    fn without_a_third_the_older_goes_first() {
        let (mut lanes, mut ready) = (Lanes::default(), ready(&["p", "pe"]));
        assert_eq!(numbers(&lanes.pick(&mut ready, 10)), [0]);
    }

    proptest! {
        #[test]
        fn nobody_meets_in_a_lane_and_nobody_is_forgotten(
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
