//! The memory of all requests in flight. A body is charged as it arrives, whatever length was
//! announced. When the memory is used up, the body that has been arriving longest is dropped for
//! the next one, so that slow senders cannot lock out the others. Large bodies are decoded two at a
//! time, on threads of their own: the web server's threads stay free for health checks and small
//! requests.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;

/// Memory of a body as a multiple of its length: its bytes, and a copy while they are decoded or
/// written.
const FACTOR: usize = 2;
/// A body that has been arriving for less time is not dropped for another one.
const GRACE: Duration = Duration::from_secs(1);
/// How long a request waits for memory.
const PATIENCE: Duration = Duration::from_secs(1);
/// Shorter bodies are decoded on the web server's thread: that takes less than a millisecond.
const LIGHT: usize = 32 * 1024;
/// Larger bodies that may be decoded at the same time.
const HEAVY: usize = 2;

/// The memory of all requests.
#[derive(Debug)]
pub struct Memory {
    limit: usize,
    grace: Duration,
    patience: Duration,
    state: Mutex<State>,
    /// Signals freed memory.
    freed: Notify,
    heavy: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct State {
    used: usize,
    /// The number of the next body.
    next: u64,
    /// Bodies of which more is to arrive, oldest first.
    arriving: BTreeMap<u64, Arriving>,
}

#[derive(Debug)]
struct Arriving {
    since: Instant,
    given_up: Arc<Notify>,
}

/// The request found no memory in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Crowded;

impl Memory {
    /// Limits the bytes of all bodies together.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            grace: GRACE,
            patience: PATIENCE,
            state: Mutex::default(),
            freed: Notify::new(),
            heavy: Arc::new(Semaphore::new(HEAVY)),
        }
    }

    /// Begins to charge a body. Nothing is charged yet.
    pub(super) fn begin(&self) -> Charge<'_> {
        Charge {
            memory: self,
            amount: 0,
            arriving: None,
        }
    }

    /// Runs the decoding of a body of this length, and what depends on it. Returns `None` if the
    /// server ends meanwhile.
    pub(super) async fn compute<T: Send + 'static>(
        &self,
        length: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        if length <= LIGHT {
            return Some(work());
        }
        let turn = Arc::clone(&self.heavy).acquire_owned().await.ok()?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        match done.await {
            Ok(done) => Some(done),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_cancelled) => None,
            },
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_take(&self, more: usize) -> bool {
        let mut state = self.lock();
        let fits = state.used + more <= self.limit;
        if fits {
            state.used += more;
        }
        fits
    }

    /// Drops the body that has been arriving longest, unless that is this one or all are young.
    fn give_up_one(&self, own: Option<u64>) {
        let mut state = self.lock();
        let oldest = state.arriving.first_entry();
        if let Some(oldest) = oldest
            && Some(*oldest.key()) != own
            && oldest.get().since.elapsed() >= self.grace
        {
            oldest.remove().given_up.notify_one();
        }
    }
}

/// The memory that one request holds. It is freed on drop.
#[derive(Debug)]
pub(super) struct Charge<'m> {
    memory: &'m Memory,
    amount: usize,
    /// The number of a body that is still arriving, and the signal that it is dropped.
    arriving: Option<(u64, Arc<Notify>)>,
}

impl Charge<'_> {
    /// Charges more bytes. A body larger than the whole limit may use all of it.
    pub(super) async fn grow(&mut self, bytes: usize) -> Result<(), Crowded> {
        let most = self.memory.limit.saturating_sub(self.amount);
        let more = bytes.saturating_mul(FACTOR).min(most);
        if self.memory.try_take(more) {
            self.amount += more;
            return Ok(());
        }
        let end = Instant::now() + self.memory.patience;
        loop {
            let mut freed = pin!(self.memory.freed.notified());
            freed.as_mut().enable();
            if self.memory.try_take(more) {
                self.amount += more;
                return Ok(());
            }
            let own = self.arriving.as_ref().map(|(number, _)| *number);
            self.memory.give_up_one(own);
            tokio::select! {
                () = freed => {}
                () = self.is_given_up() => return Err(Crowded),
                () = tokio::time::sleep_until(end) => return Err(Crowded),
            }
        }
    }

    /// Registers the body as still arriving: it may be dropped for another one.
    pub(super) fn arriving(&mut self) {
        if self.arriving.is_some() {
            return;
        }
        let given_up = Arc::new(Notify::new());
        let mut state = self.memory.lock();
        let number = state.next;
        state.next += 1;
        let arriving = Arriving {
            since: Instant::now(),
            given_up: Arc::clone(&given_up),
        };
        state.arriving.insert(number, arriving);
        drop(state);
        self.arriving = Some((number, given_up));
    }

    /// Waits until this body is dropped for another one.
    pub(super) async fn is_given_up(&self) {
        match &self.arriving {
            Some((_, given_up)) => given_up.notified().await,
            None => std::future::pending().await,
        }
    }

    /// Marks the body as complete: it is not dropped any more.
    pub(super) fn arrived(&mut self) {
        if let Some((number, _)) = self.arriving.take() {
            self.memory.lock().arriving.remove(&number);
        }
    }
}

impl Drop for Charge<'_> {
    fn drop(&mut self) {
        let mut state = self.memory.lock();
        if let Some((number, _)) = &self.arriving {
            state.arriving.remove(number);
        }
        state.used = state.used.saturating_sub(self.amount);
        drop(state);
        self.memory.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A limit of a hundred bytes, without waiting.
    fn hundred() -> Memory {
        Memory {
            grace: Duration::ZERO,
            patience: Duration::from_millis(1),
            ..Memory::new(100)
        }
    }

    #[tokio::test]
    async fn memory_is_freed_with_the_charge() {
        let memory = hundred();
        let mut one = memory.begin();
        one.arriving();
        one.grow(40).await.unwrap();
        one.arrived();
        let mut two = memory.begin();
        assert_eq!(two.grow(30).await, Err(Crowded));
        drop(one);
        two.grow(30).await.unwrap();
        assert_eq!(memory.lock().used, 60);
        drop(two);
        assert_eq!(memory.lock().used, 0);
        assert!(memory.lock().arriving.is_empty());
    }

    #[tokio::test]
    async fn a_body_larger_than_the_limit_passes_alone() {
        let memory = hundred();
        let mut large = memory.begin();
        large.grow(1000).await.unwrap();
        large.grow(1000).await.unwrap();
        assert_eq!(memory.lock().used, 100);
    }

    #[tokio::test]
    async fn a_slow_body_is_dropped_for_the_next_one() {
        let memory = Memory {
            patience: Duration::from_secs(60),
            ..hundred()
        };
        let mut slow = memory.begin();
        slow.arriving();
        slow.grow(50).await.unwrap();
        let slow = async {
            slow.is_given_up().await;
            drop(slow);
        };
        let quick = async {
            let mut quick = memory.begin();
            quick.arriving();
            quick.grow(20).await.unwrap();
        };
        tokio::join!(slow, quick);
    }

    #[tokio::test]
    async fn a_complete_body_is_never_dropped() {
        let memory = hundred();
        let mut whole = memory.begin();
        whole.arriving();
        whole.grow(50).await.unwrap();
        whole.arrived();
        let mut next = memory.begin();
        assert_eq!(next.grow(1).await, Err(Crowded));
    }

    #[tokio::test]
    async fn large_bodies_are_decoded_on_other_threads_and_panics_are_passed_on() {
        let memory = hundred();
        let here = std::thread::current().id();
        let light = memory.compute(10, || std::thread::current().id()).await;
        assert_eq!(light, Some(here));
        let heavy = memory.compute(LIGHT + 1, || std::thread::current().id());
        assert_ne!(heavy.await, Some(here));
    }
}
