//! Places for pages that listen to changes: so many in all, and so many of one person, so that nobody
//! takes the places of the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The places. Clones share them.
#[derive(Clone)]
pub(super) struct Listeners {
    most: usize,
    most_of_one: usize,
    /// How many each person has.
    taken: Arc<Mutex<HashMap<String, usize>>>,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// All are taken.
    All,
    /// The person has as many as one may have.
    Person,
}

/// A place, until it is dropped.
pub(super) struct Place {
    person: String,
    taken: Arc<Mutex<HashMap<String, usize>>>,
}

impl Listeners {
    /// Prepares places: `most` in all, `most_of_one` for each person.
    pub(super) fn new(most: usize, most_of_one: usize) -> Self {
        Self {
            most,
            most_of_one,
            taken: Arc::default(),
        }
    }

    /// Takes a place for a person.
    pub(super) fn place(&self, person: &str) -> Result<Place, Full> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().sum::<usize>() >= self.most {
            return Err(Full::All);
        }
        let own = taken.get(person).copied().unwrap_or_default();
        if own >= self.most_of_one {
            return Err(Full::Person);
        }
        taken.insert(person.to_owned(), own + 1);
        Ok(Place {
            person: person.to_owned(),
            taken: Arc::clone(&self.taken),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.person) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.person);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_leaves_places_to_the_others() {
        let listeners = Listeners::new(3, 2);
        let first = listeners.place("olga").ok();
        let second = listeners.place("olga").ok();
        assert!(first.is_some() && second.is_some());
        assert_eq!(listeners.place("olga").err(), Some(Full::Person));
        let other = listeners.place("ivan").ok();
        assert!(other.is_some());
        assert_eq!(listeners.place("ivan").err(), Some(Full::All));
        // a page that is closed gives its place back
        drop((first, second));
        assert!(listeners.place("olga").is_ok());
        assert!(listeners.place("ivan").is_ok());
        drop(other);
        assert!(listeners.taken.lock().unwrap().is_empty());
    }
}
