//! Limits the rate of calls to a portal: its leaky bucket, the operating time of its methods, and
//! the number of commands that keep a call short.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::batch;
use super::wire;

/// The leaky bucket of a portal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// Calls per second that drain from it (REST documentation, "Limits": 2, on the top plan 5).
    pub per_second: f64,
    /// Calls that it holds (50, on the top plan 250).
    pub burst: f64,
}

/// The rate limits of a portal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateLimits {
    /// Its bucket. On-premise portals have none: only `parallel` and the measured time limit them.
    pub bucket: Option<Bucket>,
    /// The maximum number of calls in flight.
    pub parallel: usize,
    /// Operating seconds in ten minutes at which a method is paused. The portal's own limit is part
    /// of its configuration; the documentation says 480.
    pub operating: f64,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            bucket: Some(Bucket {
                per_second: 2.0,
                burst: 50.0,
            }),
            parallel: 4,
            operating: 400.0,
        }
    }
}

impl RateLimits {
    /// Limits of a portal without a bucket.
    pub fn unlimited() -> Self {
        Self {
            bucket: None,
            ..Self::default()
        }
    }
}

/// The priority of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// A person is waiting: the employee check, `check --live`.
    Interactive,
    /// A submission is waiting.
    Submission,
    /// Nobody is waiting: cached data are refreshed.
    Background,
}

impl Priority {
    /// Returns the places in the bucket that stay free for higher priorities.
    fn reserve(self) -> f64 {
        match self {
            Self::Interactive => 0.0,
            Self::Submission => 3.0,
            Self::Background => 25.0,
        }
    }
}

/// The target duration of the longest call, far below the portal's limit of 60 s.
const LONGEST_CALL_SECONDS: f64 = 8.0;
/// The minimum number of commands in a call.
const MIN_COMMANDS: usize = 2;
/// A call that broke off sooner than this was not too long.
const SHORTEST_BROKEN_CALL: Duration = Duration::from_secs(1);
/// The growth per second of our share of the budget after a refusal.
const RECOVERY: f64 = 0.05;

/// The rate limiter of one portal.
pub(super) struct Pacer {
    limits: RateLimits,
    state: Mutex<State>,
    turns: Semaphore,
}

struct State {
    /// Calls in the portal's bucket, as far as we know.
    level: f64,
    at: Instant,
    /// Our share of the drain: less than 1 after a refusal, because another program calls, too.
    share: f64,
    /// Measured seconds per command.
    per_command: f64,
    /// Measured seconds of a call without its commands.
    latency: f64,
    /// Measured seconds of a command without the call's latency.
    work: f64,
    /// The target duration of a call in seconds: shorter after calls that broke off.
    longest: f64,
    /// Paused methods, and the end of their pause.
    paused: HashMap<String, Instant>,
    /// When the portal releases operating time of a method, in its own Unix seconds.
    resets: HashMap<String, i64>,
    /// The operating time of a method as the portal told last, and until when that counts.
    operating: HashMap<String, (f64, Instant)>,
}

/// How much of a portal's limits is used, as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Pace {
    /// Calls in the portal's bucket, and how many fit; `None` without a bucket.
    pub bucket: Option<(f64, f64)>,
    /// Calls under way for submissions, and how many may be.
    pub calls: (usize, usize),
    /// Operating seconds of methods in the last ten minutes, the most used first.
    pub operating: Vec<(String, f64)>,
    /// The operating seconds at which a method is paused.
    pub operating_limit: f64,
    /// Methods that are paused, and for how long.
    pub paused: Vec<(String, Duration)>,
}

impl Pacer {
    pub(super) fn new(limits: RateLimits) -> Self {
        let state = State {
            level: 0.0,
            at: Instant::now(),
            share: 1.0,
            per_command: 0.0,
            latency: 0.0,
            work: 0.0,
            longest: LONGEST_CALL_SECONDS,
            paused: HashMap::new(),
            resets: HashMap::new(),
            operating: HashMap::new(),
        };
        Self {
            limits,
            state: Mutex::new(state),
            turns: Semaphore::new(limits.parallel.max(1)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a place in the bucket and for one of the parallel calls; the permit is held during
    /// the call. Only submissions wait for a parallel call: all others are rare.
    pub(super) async fn acquire(&self, priority: Priority) -> Option<SemaphorePermit<'_>> {
        let permit = match priority {
            Priority::Submission => self.turns.acquire().await.ok(),
            Priority::Interactive | Priority::Background => None,
        };
        loop {
            let wait = self.state().take(&self.limits, priority, Instant::now());
            match wait {
                None => return permit,
                Some(wait) => tokio::time::sleep(wait).await,
            }
        }
    }

    /// Returns the maximum number of calls in flight.
    pub(super) fn parallel(&self) -> usize {
        self.limits.parallel.max(1)
    }

    /// Returns how many more calls the bucket has room for at the moment; `None` without a bucket.
    pub(super) fn room(&self) -> Option<f64> {
        let bucket = self.limits.bucket?;
        let mut state = self.state();
        state.drain(bucket, Instant::now());
        Some((room_of(bucket, Priority::Submission) - state.level).max(0.0))
    }

    /// Returns how many commands fit into the calls of about this time.
    pub(super) fn commands_within(&self, time: Duration) -> f64 {
        let seconds = time.as_secs_f64();
        let size = count_of(self.batch_size());
        let full_call = {
            let state = self.state();
            (state.latency + state.work * size).max(0.001)
        };
        let by_time = count_of(self.parallel()) * seconds / full_call;
        let by_bucket = match (self.limits.bucket, self.room()) {
            (Some(bucket), Some(room)) => room + seconds * bucket.per_second,
            _ => f64::INFINITY,
        };
        by_time.min(by_bucket) * size
    }

    /// Records that the portal refused a call: its bucket is full, contrary to our count.
    pub(super) fn note_refusal(&self) {
        let Some(bucket) = self.limits.bucket else {
            return;
        };
        let mut state = self.state();
        state.level = state.level.max(room_of(bucket, Priority::Submission));
        state.share = (state.share * 0.7).max(0.3);
        state.at = Instant::now();
    }

    /// Records the duration of a call.
    pub(super) fn note_duration(&self, commands: usize, duration: Duration) {
        let seconds = duration.as_secs_f64();
        let sample = seconds / count_of(commands);
        let mut state = self.state();
        // adapts quickly to slower commands and slowly to faster ones
        let weight = if sample > state.per_command { 0.6 } else { 0.2 };
        state.per_command += (sample - state.per_command) * weight;
        // the shortest call so far, forgotten slowly
        state.latency = match state.latency {
            0.0 => seconds,
            latency => (latency * 1.02).min(seconds),
        };
        let work = (seconds - state.latency) / count_of(commands);
        let weight = if work > state.work { 0.6 } else { 0.2 };
        state.work += (work - state.work) * weight;
        state.longest = (state.longest * 1.05).min(LONGEST_CALL_SECONDS);
    }

    /// Records that a call broke off after this time. The next ones should take half as long, and
    /// each of its commands counts as having taken its share: otherwise a portal that is too slow
    /// for full calls would never answer one.
    pub(super) fn note_broken_call(&self, commands: usize, duration: Duration) {
        if duration < SHORTEST_BROKEN_CALL {
            return;
        }
        let seconds = duration.as_secs_f64();
        let mut state = self.state();
        state.longest = state.longest.min(seconds / 2.0);
        let each = seconds / count_of(commands);
        state.per_command = state.per_command.max(each);
        state.work = state.work.max(each);
    }

    /// Returns the number of commands of the next call.
    pub(super) fn batch_size(&self) -> usize {
        let (longest, per_command) = {
            let state = self.state();
            (state.longest, state.per_command)
        };
        if per_command <= 0.0 {
            return batch::MAX_COMMANDS;
        }
        let fit = (longest / per_command).clamp(0.0, 1000.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped"
        )]
        let fit = fit as usize;
        fit.clamp(MIN_COMMANDS, batch::MAX_COMMANDS)
    }

    /// Records the operating time of a method; close to the limit the method is paused until the
    /// portal releases some of it.
    pub(super) fn note_operating_time(&self, method: &str, time: &Value, now: f64) {
        let seconds = time.get("operating").and_then(Value::as_f64).unwrap_or(0.0);
        if let Some(reset) = time.get("operating_reset_at").and_then(wire::number)
            && seconds > 0.0
        {
            let until = Instant::now() + left(reset, now);
            let mut state = self.state();
            state.resets.insert(method.to_owned(), reset);
            state.operating.insert(method.to_owned(), (seconds, until));
        }
        if seconds >= self.limits.operating {
            self.pause_method(method, Some(now));
        }
    }

    /// Pauses a method and returns for how long: until the time that the portal named last, by its
    /// own clock, or ten seconds if it has named none.
    pub(super) fn pause_method(&self, method: &str, now: Option<f64>) -> Duration {
        let reset = self.state().resets.get(method).copied();
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970")]
        let wait = match (reset, now) {
            (Some(at), Some(now)) if at as f64 > now => (at as f64 - now).clamp(1.0, 600.0),
            _ => 10.0,
        };
        let until = Instant::now() + Duration::from_secs_f64(wait);
        tracing::warn!(
            crm.method = method,
            seconds = wait,
            "{method} has reached its operating-time limit and is paused"
        );
        self.state().paused.insert(method.to_owned(), until);
        Duration::from_secs_f64(wait)
    }

    /// Returns how much of the portal's limits is used, as far as it is known.
    pub(super) fn pace(&self) -> Pace {
        let now = Instant::now();
        let mut state = self.state();
        if let Some(bucket) = self.limits.bucket {
            state.drain(bucket, now);
        }
        let free = self.turns.available_permits();
        let mut paused: Vec<(String, Duration)> = state
            .paused
            .iter()
            .map(|(method, until)| (method.clone(), until.saturating_duration_since(now)))
            .filter(|(_, left)| !left.is_zero())
            .collect();
        paused.sort_unstable();
        let mut operating: Vec<(String, f64)> = state
            .operating
            .iter()
            .filter(|(_, (_, until))| *until > now)
            .map(|(method, (seconds, _))| (method.clone(), *seconds))
            .collect();
        operating.sort_unstable_by(|one, other| other.1.total_cmp(&one.1));
        Pace {
            bucket: self.limits.bucket.map(|bucket| (state.level, bucket.burst)),
            calls: (self.parallel().saturating_sub(free), self.parallel()),
            operating,
            operating_limit: self.limits.operating,
            paused,
        }
    }

    /// Returns the remaining pause of a method; `None` if it is not paused.
    pub(super) fn pause_left(&self, method: &str) -> Option<Duration> {
        let mut state = self.state();
        let left = state
            .paused
            .get(method)?
            .saturating_duration_since(Instant::now());
        if left.is_zero() {
            state.paused.remove(method);
            return None;
        }
        Some(left)
    }
}

impl State {
    /// Lets calls drain that were made before.
    fn drain(&mut self, bucket: Bucket, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        self.level = (self.level - passed * bucket.per_second * self.share).max(0.0);
        self.share = (self.share + passed * RECOVERY).min(1.0);
    }

    /// Takes a place, or returns how long to wait for one.
    fn take(&mut self, limits: &RateLimits, priority: Priority, now: Instant) -> Option<Duration> {
        let bucket = limits.bucket?;
        self.drain(bucket, now);
        let room = room_of(bucket, priority);
        if self.level + 1.0 <= room {
            self.level += 1.0;
            return None;
        }
        let missing = self.level + 1.0 - room;
        Some(Duration::from_secs_f64(
            (missing / (bucket.per_second * self.share)).clamp(0.005, 5.0),
        ))
    }
}

/// Returns how long it is until a time of the portal's clock, ten minutes at most.
fn left(at: i64, now: f64) -> Duration {
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970")]
    let seconds = (at as f64 - now).clamp(0.0, 600.0);
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// Returns how many calls may be in a bucket. The portal counts before it compares, so one place
/// stays free.
fn room_of(bucket: Bucket, priority: Priority) -> f64 {
    (bucket.burst - 1.0 - priority.reserve()).max(1.0)
}

fn count_of(number: usize) -> f64 {
    f64::from(u32::try_from(number.max(1)).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(at: Instant) -> State {
        State {
            level: 0.0,
            at,
            share: 1.0,
            per_command: 0.0,
            latency: 0.0,
            work: 0.0,
            longest: LONGEST_CALL_SECONDS,
            paused: HashMap::new(),
            resets: HashMap::new(),
            operating: HashMap::new(),
        }
    }

    #[test]
    fn a_burst_is_sent_at_once_and_then_the_drain_limits_the_rate() {
        let (limits, mut now) = (RateLimits::default(), Instant::now());
        let mut bucket = state(now);
        let burst =
            (0..100).take_while(|_| bucket.take(&limits, Priority::Submission, now).is_none());
        assert_eq!(burst.count(), 46);
        // ten seconds on, twenty more
        now += Duration::from_secs(10);
        let later =
            (0..100).take_while(|_| bucket.take(&limits, Priority::Submission, now).is_none());
        assert_eq!(later.count(), 20);
    }

    #[test]
    fn a_person_finds_a_place_in_a_full_bucket() {
        let (limits, now) = (RateLimits::default(), Instant::now());
        let mut bucket = state(now);
        while bucket.take(&limits, Priority::Submission, now).is_none() {}
        assert_eq!(bucket.take(&limits, Priority::Interactive, now), None);
    }

    #[test]
    fn a_background_refresh_waits_until_the_bucket_is_half_empty() {
        let (limits, now) = (RateLimits::default(), Instant::now());
        let mut bucket = state(now);
        for _ in 0..30 {
            assert_eq!(bucket.take(&limits, Priority::Submission, now), None);
        }
        let wait = bucket.take(&limits, Priority::Background, now).unwrap();
        assert!(wait > Duration::from_secs(2), "{wait:?}");
        assert_eq!(bucket.take(&limits, Priority::Background, now + wait), None);
    }

    #[tokio::test]
    async fn a_person_does_not_wait_for_calls_in_flight() {
        let pacer = Pacer::new(RateLimits::default());
        let mut under_way = Vec::new();
        for _ in 0..RateLimits::default().parallel {
            under_way.push(pacer.acquire(Priority::Submission).await);
        }
        let mut next = std::pin::pin!(pacer.acquire(Priority::Submission));
        assert!(futures_util::poll!(next.as_mut()).is_pending());
        assert!(pacer.acquire(Priority::Interactive).await.is_none());
        under_way.pop();
        assert!(next.await.is_some());
    }

    #[test]
    fn the_portal_never_sees_more_than_its_bucket_holds() {
        let (limits, start) = (RateLimits::default(), Instant::now());
        let portal = limits.bucket.unwrap();
        let mut bucket = state(start);
        // the portal's own count, by its own arithmetic
        let (mut level, mut last, mut now) = (0.0_f64, start, start);
        for _ in 0..500 {
            match bucket.take(&limits, Priority::Interactive, now) {
                None => {
                    level = (level - (now - last).as_secs_f64() * portal.per_second).max(0.0) + 1.0;
                    last = now;
                    assert!(level <= portal.burst, "refused at {level}");
                }
                Some(wait) => now += wait,
            }
        }
    }

    #[test]
    fn a_refusal_slows_and_the_share_grows_back() {
        let pacer = Pacer::new(RateLimits::default());
        pacer.note_refusal();
        pacer.note_refusal();
        let mut state = pacer.state();
        assert!((state.share - 0.49).abs() < 1e-9);
        let later = state.at + Duration::from_secs(60);
        state.take(&pacer.limits, Priority::Submission, later);
        assert!((state.share - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_portal_without_a_bucket_is_never_waited_for() {
        let (limits, now) = (RateLimits::unlimited(), Instant::now());
        let mut bucket = state(now);
        for _ in 0..10_000 {
            assert_eq!(bucket.take(&limits, Priority::Background, now), None);
        }
        let pacer = Pacer::new(limits);
        pacer.note_refusal();
        assert_eq!(pacer.room(), None);
        // without a measured time nothing limits them
        assert!(pacer.commands_within(Duration::from_secs(15)) > 1e6);
    }

    #[test]
    fn the_bucket_and_the_measured_time_tell_how_much_is_done_soon() {
        let within = |pacer: &Pacer| pacer.commands_within(Duration::from_secs(10));
        let pacer = Pacer::new(RateLimits::default());
        // 46 calls at once and twenty more
        assert!(
            (3_290.0..=3_310.0).contains(&within(&pacer)),
            "{}",
            within(&pacer)
        );
        // a lone call says little of how long a full one takes
        pacer.note_duration(2, Duration::from_millis(150));
        assert!(within(&pacer) > 3_000.0, "{}", within(&pacer));
        for _ in 0..30 {
            pacer.note_duration(50, Duration::from_millis(5150));
        }
        // four at a time, five seconds each
        assert!(
            (350.0..=420.0).contains(&within(&pacer)),
            "{}",
            within(&pacer)
        );
    }

    #[test]
    fn slow_commands_make_small_batches() {
        let pacer = Pacer::new(RateLimits::default());
        assert_eq!(pacer.batch_size(), 50);
        for _ in 0..20 {
            pacer.note_duration(50, Duration::from_secs(50));
        }
        assert_eq!(pacer.batch_size(), 8);
        for _ in 0..60 {
            pacer.note_duration(8, Duration::from_millis(400));
        }
        assert_eq!(pacer.batch_size(), 50);
    }

    #[test]
    fn calls_that_break_off_become_shorter_until_they_succeed() {
        let pacer = Pacer::new(RateLimits::default());
        pacer.note_broken_call(50, Duration::from_millis(20));
        assert_eq!(pacer.batch_size(), 50, "its length was not the cause");
        // a command takes 80 ms, and the proxy gives up after a second and a half
        let took = |commands: usize| {
            Duration::from_millis(80).saturating_mul(u32::try_from(commands).unwrap())
        };
        let mut broken = 0;
        for _ in 0..100 {
            let commands = pacer.batch_size();
            if took(commands) > Duration::from_millis(1500) {
                broken += 1;
                pacer.note_broken_call(commands, Duration::from_millis(1500));
            } else {
                pacer.note_duration(commands, took(commands));
            }
        }
        assert!(broken <= 8, "{broken} of a hundred");
        for _ in 0..100 {
            pacer.note_broken_call(pacer.batch_size(), Duration::from_secs(60));
        }
        assert_eq!(pacer.batch_size(), MIN_COMMANDS);
        for _ in 0..100 {
            pacer.note_duration(pacer.batch_size(), Duration::from_millis(20));
        }
        assert_eq!(pacer.batch_size(), 50);
    }

    #[test]
    fn a_method_near_its_limit_is_paused_and_others_are_not() {
        let pacer = Pacer::new(RateLimits::default());
        let time = serde_json::json!({"operating": 401.5, "operating_reset_at": 1030});
        pacer.note_operating_time("crm.deal.add", &time, 1000.0);
        let left = pacer.pause_left("crm.deal.add").unwrap();
        assert!(left > Duration::from_secs(25) && left <= Duration::from_secs(30));
        assert_eq!(pacer.pause_left("crm.contact.add"), None);
        // refused by the portal, which has sent no times of the method before
        assert_eq!(
            pacer.pause_method("crm.lead.add", Some(1000.0)),
            Duration::from_secs(10)
        );
    }
}
