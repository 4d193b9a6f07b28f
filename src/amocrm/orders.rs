//! Where the pipeline orders what is to be read. An order holds the lease of its submission.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::client::AmoClient;
use super::records::WantedRecords;
use crate::domain::{HOOKS, Source};
use crate::inbox::Lease;

/// Orders that wait for one account; more submissions wait on disk.
const MOST: usize = 1_000;

/// A submission with what is to be read for it.
#[derive(Debug)]
pub struct ReadOrder {
    /// The lease, which the reader settles or releases.
    pub lease: Lease,
    /// The source with its details.
    pub source: Source,
    /// What is to be read.
    pub wanted: WantedRecords,
}

/// The places for orders, by the account's name in the settings.
#[derive(Debug, Default)]
pub struct ReadOrders(BTreeMap<String, (Arc<AmoClient>, mpsc::Sender<ReadOrder>)>);

impl ReadOrders {
    /// Adds an account, and returns where its orders arrive.
    pub(super) fn add(&mut self, client: &Arc<AmoClient>) -> mpsc::Receiver<ReadOrder> {
        let (sender, orders) = mpsc::channel(MOST);
        let place = (Arc::clone(client), sender);
        self.0.insert(client.name().to_owned(), place);
        orders
    }

    /// Returns whether a submission came from an account that can be read.
    pub fn has(&self, source: &Source) -> bool {
        let place = || self.0.get(source.address());
        source.name() == HOOKS && place().is_some_and(|(client, _)| client.is_connected())
    }

    /// Orders; `false` if there is no room now.
    pub fn order(&self, order: ReadOrder) -> bool {
        let place = self.0.get(order.source.address());
        place.is_some_and(|(_, place)| place.try_send(order).is_ok())
    }
}
