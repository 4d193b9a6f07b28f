//! Places of which there are so many in all, and so many for one person or token, so that nobody takes
//! those of the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The places. Clones share them.
#[derive(Debug, Clone)]
pub struct Places {
    most: usize,
    most_of_one: usize,
    /// How many each one has, by name.
    taken: Arc<Mutex<HashMap<String, usize>>>,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// All are taken.
    All,
    /// The name has as many as one may have.
    Own,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub struct Place {
    name: String,
    taken: Arc<Mutex<HashMap<String, usize>>>,
}

impl Places {
    /// Prepares places: `most` in all, `most_of_one` for each name.
    pub fn new(most: usize, most_of_one: usize) -> Self {
        Self {
            most,
            most_of_one,
            taken: Arc::default(),
        }
    }

    /// Takes a place for a name.
    ///
    /// # Errors
    /// If there is none.
    pub fn place(&self, name: &str) -> Result<Place, Full> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().sum::<usize>() >= self.most {
            return Err(Full::All);
        }
        let own = taken.get(name).copied().unwrap_or_default();
        if own >= self.most_of_one {
            return Err(Full::Own);
        }
        taken.insert(name.to_owned(), own + 1);
        Ok(Place {
            name: name.to_owned(),
            taken: Arc::clone(&self.taken),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.name) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_leaves_places_to_the_others() {
        let places = Places::new(3, 2);
        let first = places.place("olga").ok();
        let second = places.place("olga").ok();
        assert!(first.is_some() && second.is_some());
        assert_eq!(places.place("olga").err(), Some(Full::Own));
        let other = places.place("ivan").ok();
        assert!(other.is_some());
        assert_eq!(places.place("ivan").err(), Some(Full::All));
        // a page that is closed gives its place back
        drop((first, second));
        assert!(places.place("olga").is_ok());
        assert!(places.place("ivan").is_ok());
        drop(other);
        assert!(places.taken.lock().unwrap().is_empty());
    }
}
