//! The operations of pauses by hand.

use std::collections::BTreeMap;

use crate::domain::{Destination, PausedByHand};
use crate::store::{Store, StoreError, sqlite};

impl Store {
    /// Stores a pause of a destination by hand, or removes it.
    pub(crate) async fn keep_pause(
        &self,
        destination: Destination,
        pause: Option<PausedByHand>,
    ) -> Result<(), StoreError> {
        self.write(move |tx| sqlite::keep_pause(tx, &destination, pause.as_ref()))
            .await
    }

    /// Returns the stored pauses by hand.
    pub(crate) async fn kept_pauses(&self) -> Result<Vec<(Destination, PausedByHand)>, StoreError> {
        self.read(sqlite::kept_pauses).await
    }

    /// Returns how many submissions wait for each destination, such as `crm:main`. Those of a
    /// profile that names none count for `crm:`, the only one of its kind.
    pub async fn waiting_by_destination(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let routes = self.read(sqlite::waiting_by_route).await?;
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for (route, count) in routes {
            let destination = route
                .split_once('/')
                .map_or("", |(_, destination)| destination);
            *counts.entry(destination.to_owned()).or_default() += count;
        }
        Ok(counts)
    }
}
