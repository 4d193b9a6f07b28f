//! Carries out the orders of portals, several at the same time.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// The orders that are carried out at the same time.
const MOST_AT_WORK: usize = 8;

/// When an order is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OrderTime {
    /// While the gateway runs.
    Running,
    /// It has waited until the gateway stops.
    Stopping,
}

/// Carries out orders until draining, and then those that wait. Those under way are finished.
pub(super) async fn carry_out_all<T, F: Future<Output = ()>>(
    mut ordered: mpsc::Receiver<T>,
    draining: CancellationToken,
    carry_out: impl Fn(T, OrderTime) -> F,
) {
    let mut under_way = FuturesUnordered::new();
    loop {
        tokio::select! {
            biased;
            () = draining.cancelled() => break,
            Some(()) = under_way.next() => {}
            order = ordered.recv(), if under_way.len() < MOST_AT_WORK => match order {
                Some(order) => under_way.push(carry_out(order, OrderTime::Running)),
                None => break,
            },
        }
    }
    ordered.close();
    while let Ok(order) = ordered.try_recv() {
        under_way.push(carry_out(order, OrderTime::Stopping));
    }
    while under_way.next().await.is_some() {}
}
