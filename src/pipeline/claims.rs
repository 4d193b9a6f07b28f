//! What look-ups found, and which submission may use it. Two submissions may find one contact by
//! different keys, which share no lane; so what a look-up found is claimed before anything is decided
//! by it, and free again when the batch has ended. The second submission waits, and looks up again.
//!
//! Nobody waits while holding a claim, so there is no deadlock. What somebody waits for cannot be
//! claimed by others, so nobody waits forever.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::lanes::Lanes;
use crate::delivery::{Claims, FoundId};
use crate::domain::SubmissionId;

/// The most entries in the list of what became free during look-ups.
const MOST_FREED: usize = 50_000;

/// Who may use what was found. Pure.
#[derive(Debug, Default)]
pub(super) struct Claimed {
    /// What submissions under way have claimed.
    held: HashMap<FoundId, SubmissionId>,
    /// Submissions that wait, each with all that it needs.
    waiting: HashMap<SubmissionId, BTreeSet<FoundId>>,
    /// What they need, and how many of them do.
    wanted: HashMap<FoundId, usize>,
    /// The number of times that claims became free.
    frees: u64,
    /// The look-ups under way, by this number at their beginning.
    looking: BTreeMap<u64, usize>,
    /// What became free while look-ups were under way, with the number: its holder may have changed
    /// it after it was read.
    freed: HashMap<FoundId, u64>,
    /// Look-ups that began before this number are outdated as a whole.
    outdated_before: u64,
}

impl Claimed {
    /// Notes that a look-up begins. Returns its beginning.
    fn look_up_begins(&mut self) -> u64 {
        *self.looking.entry(self.frees).or_default() += 1;
        self.frees
    }

    /// Forgets a look-up.
    fn look_up_ends(&mut self, since: u64) {
        if let Some(count) = self.looking.get_mut(&since) {
            *count -= 1;
            if *count == 0 {
                self.looking.remove(&since);
            }
        }
        match self.looking.first_key_value() {
            Some((oldest, _)) => self.freed.retain(|_, at| *at > *oldest),
            None => self.freed.clear(),
        }
    }

    /// Claims all of this, or nothing: then the submission waits for it. `since` is when the look-up
    /// began that found it.
    fn claim(&mut self, id: SubmissionId, found: BTreeSet<FoundId>, since: u64) -> bool {
        self.forget(id);
        let is_current = |one| {
            let freed = self.freed.get(one);
            since >= self.outdated_before && freed.is_none_or(|at| *at <= since)
        };
        let is_free = found.iter().all(|one| match self.held.get(one) {
            Some(holder) => *holder == id,
            None => !self.wanted.contains_key(one) && is_current(one),
        });
        if is_free {
            self.held.extend(found.into_iter().map(|one| (one, id)));
        } else {
            for one in &found {
                *self.wanted.entry(*one).or_default() += 1;
            }
            self.waiting.insert(id, found);
        }
        is_free
    }

    /// Returns what a submission waits for.
    pub(super) fn needed_by(&self, id: SubmissionId) -> impl Iterator<Item = FoundId> + '_ {
        self.waiting.get(&id).into_iter().flatten().copied()
    }

    /// Returns whether a submission has nothing to wait for; `before` is what those before it in the
    /// queue need.
    pub(super) fn is_free_for(&self, id: SubmissionId, before: &HashSet<FoundId>) -> bool {
        let mut needed = self.needed_by(id);
        needed.all(|one| !self.held.contains_key(&one) && !before.contains(&one))
    }

    /// Lets a submission hold what it waited for, so that nobody changes it during its next look-up.
    pub(super) fn take_up(&mut self, id: SubmissionId) {
        let needed: Vec<FoundId> = self.needed_by(id).collect();
        self.forget(id);
        self.held.extend(needed.into_iter().map(|one| (one, id)));
    }

    /// Forgets that a submission waits.
    pub(super) fn forget(&mut self, id: SubmissionId) {
        for one in self.waiting.remove(&id).into_iter().flatten() {
            if let Some(count) = self.wanted.get_mut(&one) {
                *count -= 1;
                if *count == 0 {
                    self.wanted.remove(&one);
                }
            }
        }
    }

    /// Frees what submissions hold whose outcomes are known.
    pub(super) fn free(&mut self, ids: &HashSet<SubmissionId>) {
        self.frees += 1;
        let free = self.held.extract_if(|_, holder| ids.contains(holder));
        let free = free.map(|(one, _)| (one, self.frees));
        if self.looking.is_empty() {
            free.for_each(drop);
        } else {
            self.freed.extend(free);
        }
        if self.freed.len() > MOST_FREED {
            self.freed.clear();
            self.outdated_before = self.frees;
        }
    }
}

/// Lanes that batches share.
pub(super) type SharedLanes = Arc<Mutex<Lanes>>;

/// Locks lanes.
pub(super) fn locked(lanes: &SharedLanes) -> MutexGuard<'_, Lanes> {
    lanes.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The claims of one batch.
pub(super) struct BatchClaims {
    lanes: SharedLanes,
    /// When its look-up began, until it claims what that found.
    since: Mutex<Option<u64>>,
}

impl BatchClaims {
    pub(super) fn new(lanes: SharedLanes) -> Self {
        Self {
            lanes,
            since: Mutex::default(),
        }
    }

    /// Ends the look-up under way. Returns its beginning.
    fn end_look_up(&self) -> Option<u64> {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        since.take()
    }
}

impl Claims for BatchClaims {
    fn look_up_begins(&self) {
        let before = self.end_look_up();
        let mut lanes = locked(&self.lanes);
        if let Some(before) = before {
            lanes.claimed.look_up_ends(before);
        }
        let since = lanes.claimed.look_up_begins();
        drop(lanes);
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = Some(since);
    }

    fn claim(&self, wanted: Vec<(SubmissionId, BTreeSet<FoundId>)>) -> Vec<bool> {
        let since = self.end_look_up();
        let claimed = &mut locked(&self.lanes).claimed;
        let read_at = since.unwrap_or(claimed.frees);
        let claim = |(id, found)| claimed.claim(id, found, read_at);
        let results = wanted.into_iter().map(claim).collect();
        if let Some(since) = since {
            claimed.look_up_ends(since);
        }
        results
    }
}

impl Drop for BatchClaims {
    fn drop(&mut self) {
        if let Some(since) = self.end_look_up() {
            locked(&self.lanes).claimed.look_up_ends(since);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::ContactId;

    fn id(number: u8) -> SubmissionId {
        SubmissionId::from_bytes(&[number; 16]).unwrap()
    }

    fn found(contacts: &[i64]) -> BTreeSet<FoundId> {
        let ids = contacts.iter().filter_map(|id| ContactId::new(*id));
        ids.map(FoundId::Contact).collect()
    }

    fn end(claimed: &mut Claimed, number: u8) {
        claimed.free(&HashSet::from([id(number)]));
    }

    #[test]
    fn who_comes_second_waits_and_then_holds_it() {
        let mut claimed = Claimed::default();
        let nothing = HashSet::new();
        assert!(claimed.claim(id(1), found(&[1, 2]), 0));
        assert!(!claimed.claim(id(2), found(&[2, 3]), 0));
        assert!(!claimed.is_free_for(id(2), &nothing));
        // what somebody waits for is not taken from under them
        assert!(!claimed.claim(id(3), found(&[3]), 0));
        assert!(claimed.claim(id(4), found(&[4]), 0));
        end(&mut claimed, 1);
        assert!(claimed.is_free_for(id(2), &nothing));
        assert!(claimed.is_free_for(id(3), &nothing));
        // but the older one comes first
        assert!(!claimed.is_free_for(id(3), &claimed.needed_by(id(2)).collect()));
        claimed.take_up(id(2));
        assert!(!claimed.is_free_for(id(3), &nothing));
        assert!(claimed.claim(id(2), found(&[2, 3, 5]), 0));
        end(&mut claimed, 2);
        claimed.take_up(id(3));
        assert!(claimed.claim(id(3), found(&[3]), 0));
    }

    #[test]
    fn what_was_changed_during_a_look_up_is_looked_up_again() {
        let mut claimed = Claimed::default();
        assert!(claimed.claim(id(1), found(&[1]), 0));
        let old = claimed.look_up_begins();
        end(&mut claimed, 1);
        let new = claimed.look_up_begins();
        assert!(!claimed.claim(id(2), found(&[1]), old));
        assert!(claimed.claim(id(3), found(&[2]), old));
        claimed.forget(id(2));
        assert!(claimed.claim(id(4), found(&[1]), new));
        claimed.look_up_ends(old);
        claimed.look_up_ends(new);
        assert!(claimed.freed.is_empty() && claimed.looking.is_empty());
    }

    #[test]
    fn the_list_of_changes_is_bounded() {
        let mut claimed = Claimed::default();
        let old = claimed.look_up_begins();
        let many: Vec<i64> = (1..=i64::try_from(MOST_FREED).unwrap() + 1).collect();
        assert!(claimed.claim(id(1), found(&many), old));
        end(&mut claimed, 1);
        assert!(claimed.freed.is_empty());
        assert!(!claimed.claim(id(2), found(&[1]), old));
        claimed.forget(id(2));
        let new = claimed.look_up_begins();
        assert!(claimed.claim(id(2), found(&[1]), new));
    }

    proptest! {
        /// Submissions look up, claim and end in any order: no two hold the same, a result that is
        /// older than a change is never used, and in the end everybody has had their turn.
        #[test]
        fn everybody_has_their_turn_and_nobody_uses_an_outdated_result(
            sets in proptest::collection::vec(proptest::collection::btree_set(1_i64..6, 0..4), 1..12),
            order in proptest::collection::vec(0_usize..100, 0..80),
        ) {
            let mut claimed = Claimed::default();
            let mut world = World::new(&sets);
            for choice in order {
                world.step(&mut claimed, choice);
            }
            for round in 0..sets.len() * 40 {
                world.step(&mut claimed, round);
            }
            prop_assert!(world.all_done());
            prop_assert!(claimed.held.is_empty() && claimed.waiting.is_empty());
            prop_assert!(claimed.wanted.is_empty() && claimed.freed.is_empty());
        }
    }

    #[derive(Clone, Copy, PartialEq)]
    enum At {
        Ready,
        Looked(u64),
        Claimed,
        Done,
    }

    /// The submissions of a case, and how often each contact was changed: now, and when it was read.
    struct World {
        all: Vec<(At, BTreeSet<FoundId>, HashMap<FoundId, u32>)>,
        changes: HashMap<FoundId, u32>,
    }

    impl World {
        fn new(sets: &[BTreeSet<i64>]) -> Self {
            let sets = sets
                .iter()
                .map(|set| set.iter().copied().collect::<Vec<_>>());
            Self {
                all: sets
                    .map(|set| (At::Ready, found(&set), HashMap::new()))
                    .collect(),
                changes: HashMap::new(),
            }
        }

        fn all_done(&self) -> bool {
            self.all.iter().all(|one| one.0 == At::Done)
        }

        /// Takes the next step of one of the submissions.
        fn step(&mut self, claimed: &mut Claimed, choice: usize) {
            let place = choice % self.all.len();
            let one = id(u8::try_from(place + 1).unwrap());
            let before: HashSet<FoundId> = (1..=place)
                .flat_map(|place| claimed.needed_by(id(u8::try_from(place).unwrap())))
                .collect();
            let (at, found, read) = &mut self.all[place];
            *at = match *at {
                At::Ready if !claimed.is_free_for(one, &before) => At::Ready,
                At::Ready => {
                    claimed.take_up(one);
                    *read = self.changes.clone();
                    At::Looked(claimed.look_up_begins())
                }
                At::Looked(since) => {
                    let is_claimed = claimed.claim(one, found.clone(), since);
                    claimed.look_up_ends(since);
                    if is_claimed {
                        At::Claimed
                    } else {
                        claimed.free(&HashSet::from([one]));
                        At::Ready
                    }
                }
                At::Claimed => {
                    for contact in found.iter() {
                        assert_eq!(read.get(contact), self.changes.get(contact), "outdated");
                    }
                    for contact in found.iter() {
                        *self.changes.entry(*contact).or_default() += 1;
                    }
                    claimed.free(&HashSet::from([one]));
                    At::Done
                }
                At::Done => At::Done,
            };
        }
    }
}
