//! The clients behind numbers, from memory or from the portal.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};

use super::DirectoryRules;
use crate::crm::{CallerRow, Connection, MOST_CALLERS, Priority};
use crate::domain::{Clock, Phone};

/// Calls to the portal at the same time.
const MOST_CALLS: usize = 4;

/// How long a call may take; the answer is kept for the next question.
const PATIENCE: Duration = Duration::from_secs(5);

/// An answer that is younger is not read again.
const FRESH: SignedDuration = SignedDuration::from_secs(60);

/// How long it is known that nobody has a number: a contact may be made of it at any time.
const NOBODY: SignedDuration = SignedDuration::from_secs(10);

/// The pause between two calls that read ahead: the portal limits the operating time of each method,
/// and deliveries need the same ones.
const AHEAD_PAUSE: Duration = Duration::from_secs(10);

/// How many numbers of recorded calls wait to be read again; older ones are dropped.
const MOST_RECORDED: usize = 200;

/// The answer to a question.
type Found = Arc<[CallerRow]>;

/// Where the answer will be; `None` as long as it is not there.
type Awaited = watch::Receiver<Option<Found>>;

/// A number that is asked for, and where its answer goes.
pub(super) type Question = (Phone, watch::Sender<Option<Found>>);

/// The numbers that were asked for.
pub(super) struct Callers {
    asking: mpsc::Sender<Question>,
    keep: SignedDuration,
    most: usize,
    clock: Arc<dyn Clock>,
    numbers: Mutex<Numbers>,
}

#[derive(Default)]
struct Numbers {
    known: HashMap<Phone, Known>,
    awaited: HashMap<Phone, Awaited>,
    /// Numbers of calls that were recorded, to be read again.
    recorded: VecDeque<Phone>,
}

/// What the portal said about a number.
struct Known {
    found: Found,
    read_at: Timestamp,
    /// Whether a call was recorded since.
    is_doubtful: bool,
}

impl Callers {
    pub(super) fn new(
        asking: mpsc::Sender<Question>,
        rules: &DirectoryRules,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            asking,
            keep: SignedDuration::try_from(rules.keep).unwrap_or(SignedDuration::MAX),
            most: rules.most,
            clock,
            numbers: Mutex::default(),
        }
    }

    fn numbers(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the clients with a number: at once if they are known, else within this time.
    pub(super) async fn within(&self, phone: &Phone, time: Duration) -> Found {
        let nobody = || Found::from([]);
        let (known, is_fresh) = self.known(phone);
        if is_fresh {
            return known.unwrap_or_else(nobody);
        }
        let awaited = self.ask(phone);
        if let Some(known) = known {
            return known;
        }
        let Some(mut awaited) = awaited else {
            return nobody();
        };
        let answer = tokio::time::timeout(time, awaited.wait_for(Option::is_some)).await;
        if let Ok(Ok(found)) = answer {
            return found.clone().unwrap_or_else(nobody);
        }
        metrics::counter!("leadgate_pbx_late_answers_total").increment(1);
        nobody()
    }

    /// Returns what is known about a number, and whether it need not be read again.
    fn known(&self, phone: &Phone) -> (Option<Found>, bool) {
        let now = self.clock.now();
        let numbers = self.numbers();
        let Some(known) = numbers.known.get(phone) else {
            return (None, false);
        };
        let age = now.duration_since(known.read_at);
        let is_empty = known.found.is_empty();
        let fresh = if is_empty { NOBODY } else { FRESH };
        if age < fresh.min(self.keep) && !known.is_doubtful {
            (Some(Arc::clone(&known.found)), true)
        } else if age < self.keep && !is_empty {
            (Some(Arc::clone(&known.found)), false)
        } else {
            (None, false)
        }
    }

    /// Asks the portal, unless it is being asked; `None` if too many wait already.
    fn ask(&self, phone: &Phone) -> Option<Awaited> {
        let mut numbers = self.numbers();
        if let Some(awaited) = numbers.awaited.get(phone) {
            return Some(awaited.clone());
        }
        let (answer, awaited) = watch::channel(None);
        self.asking.try_send((phone.clone(), answer)).ok()?;
        numbers.awaited.insert(phone.clone(), awaited.clone());
        Some(awaited)
    }

    /// Returns the time of its clock.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns the clients with a number, if they are remembered.
    pub(super) fn remembered(&self, phone: &Phone) -> Option<Found> {
        self.known(phone).0
    }

    /// Reads numbers that are not known before anybody asks for them.
    pub(super) async fn read_unknown(&self, portal: &Connection, phones: &[Phone]) -> bool {
        let unknown = phones.iter().filter(|phone| !self.known(phone).1);
        let unknown: Vec<Phone> = unknown.cloned().collect();
        self.read_ahead(portal, &unknown).await
    }

    /// Reads numbers before anybody asks for them, when nothing else waits. Stops at the first
    /// failure; returns whether there was none.
    pub(super) async fn read_ahead(&self, portal: &Connection, phones: &[Phone]) -> bool {
        let fitting = phones.get(..self.most).unwrap_or(phones);
        for (place, some) in fitting.chunks(MOST_CALLERS).enumerate() {
            if place > 0 {
                tokio::time::sleep(AHEAD_PAUSE).await;
            }
            let answers = portal.callers(some, Priority::Background).await;
            for (phone, answer) in some.iter().zip(answers) {
                match answer {
                    Ok(rows) => self.settle(phone.clone(), Some(&Found::from(rows))),
                    Err(error) => {
                        tracing::debug!(error = %error, "callers were not read ahead");
                        return false;
                    }
                }
            }
        }
        true
    }

    /// Lets what is known about a number be read again.
    pub(super) fn doubt(&self, phone: &Phone) {
        let mut numbers = self.numbers();
        if let Some(known) = numbers.known.get_mut(phone) {
            known.is_doubtful = true;
        }
        if !numbers.recorded.contains(phone) {
            if numbers.recorded.len() >= MOST_RECORDED {
                numbers.recorded.pop_front();
            }
            numbers.recorded.push_back(phone.clone());
        }
    }

    /// Returns numbers of calls that were recorded, as many as one call reads.
    pub(super) fn take_recorded(&self) -> Vec<Phone> {
        let recorded = &mut self.numbers().recorded;
        let some = recorded.len().min(MOST_CALLERS);
        recorded.drain(..some).collect()
    }

    /// Reads the numbers that are asked for, several in a call.
    pub(super) async fn read(&self, portal: &Connection, mut asked: mpsc::Receiver<Question>) {
        let mut under_way = FuturesUnordered::new();
        loop {
            let mut questions = Vec::new();
            tokio::select! {
                Some(()) = under_way.next() => {}
                count = asked.recv_many(&mut questions, MOST_CALLERS), if under_way.len() < MOST_CALLS => {
                    if count == 0 {
                        return;
                    }
                    under_way.push(self.read_all(portal, questions));
                }
            }
        }
    }

    async fn read_all(&self, portal: &Connection, questions: Vec<Question>) {
        let phones: Vec<Phone> = questions.iter().map(|(phone, _)| phone.clone()).collect();
        let asked = portal.callers(&phones, Priority::Interactive);
        let answers = tokio::time::timeout(PATIENCE, asked).await;
        let mut answers = answers.unwrap_or_default().into_iter();
        for (phone, answer) in questions {
            let found = match answers.next() {
                Some(Ok(rows)) => Some(Found::from(rows)),
                Some(Err(error)) => {
                    tracing::debug!(error = %error, "a caller was not found out");
                    None
                }
                None => None,
            };
            self.settle(phone, found.as_ref());
            // without an answer, those who wait learn it at once
            if found.is_some() {
                answer.send_replace(found);
            }
        }
    }

    pub(super) fn settle(&self, phone: Phone, found: Option<&Found>) {
        let now = self.clock.now();
        let mut numbers = self.numbers();
        numbers.awaited.remove(&phone);
        let Some(found) = found else {
            return;
        };
        if numbers.known.len() >= self.most && !numbers.known.contains_key(&phone) {
            numbers.make_room(self.most);
        }
        let known = Known {
            found: Arc::clone(found),
            read_at: now,
            is_doubtful: false,
        };
        numbers.known.insert(phone, known);
    }
}

impl Numbers {
    /// Discards the older half of what is known.
    fn make_room(&mut self, most: usize) {
        let mut times: Vec<Timestamp> = self.known.values().map(|known| known.read_at).collect();
        times.sort_unstable();
        let Some(middle) = times.get(times.len() / 2).copied() else {
            return;
        };
        self.known.retain(|_, known| known.read_at > middle);
        // many of one moment
        if self.known.len() >= most {
            self.known.clear();
        }
    }
}
