//! Prints figures.

use std::fmt;
use std::time::Duration;

/// Answers per second, and their durations.
pub(crate) struct Figures {
    pub(crate) rate: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) refused: usize,
    /// Processor time that the server used for each, in seconds.
    pub(crate) cpu: f64,
}

impl Figures {
    /// Computes the figures of a run of this many seconds.
    pub(crate) fn of(mut latencies: Vec<Duration>, refused: usize, seconds: f64, cpu: f64) -> Self {
        latencies.sort_unstable();
        Self {
            rate: count(latencies.len()) / seconds,
            p50: at(&latencies, 0.5),
            p99: at(&latencies, 0.99),
            refused,
            cpu: cpu / count(latencies.len()),
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>8.0} answers/s   p50 {:>5.2} ms   p99 {:>5.2} ms   cpu {:>4.1} µs",
            self.rate,
            ms(self.p50),
            ms(self.p99),
            self.cpu * 1e6
        )?;
        if self.refused > 0 {
            write!(f, "   {} refused", self.refused)?;
        }
        Ok(())
    }
}

/// Returns the value at this quantile of a sorted list.
pub(crate) fn at(sorted: &[Duration], share: f64) -> Duration {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a list"
    )]
    let place = (count(sorted.len()) * share) as usize;
    sorted
        .get(place.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
pub(crate) fn count(number: usize) -> f64 {
    number as f64
}
