//! The problems of the settings, collected while they are parsed.

use std::time::Duration;

use ipnet::IpNet;

use super::units::{duration, network};
use crate::domain::{Bilingual, bilingual};

/// The minimum of time limits and waits.
const SHORTEST: Duration = Duration::from_millis(10);

/// Collects every problem instead of stopping at the first.
#[derive(Default)]
pub(super) struct Problems(pub(super) Vec<Bilingual>);

impl Problems {
    pub(super) fn keep<T>(&mut self, key: &str, result: Result<T, Bilingual>) -> Option<T> {
        result.map_err(|problem| self.add(key, &problem)).ok()
    }

    pub(super) fn add(&mut self, key: &str, problem: &Bilingual) {
        self.0
            .push(problem.map(|problem| format!("{key}: {problem}")));
    }

    pub(super) fn within(
        &mut self,
        key: &str,
        value: usize,
        range: std::ops::RangeInclusive<usize>,
    ) -> usize {
        if !range.contains(&value) {
            let (low, high) = (range.start(), range.end());
            let problem = bilingual!(
                "{value} is not between {low} and {high}",
                "{value} — не от {low} до {high}"
            );
            self.add(key, &problem);
        }
        value
    }

    pub(super) fn duration(&mut self, key: &str, text: &str) -> Duration {
        self.keep(key, duration(text)).unwrap_or_default()
    }

    /// Parses a time limit or a wait, which must not be zero: a zero limit would refuse everything,
    /// a zero wait would retry without pause.
    pub(super) fn time_limit(&mut self, key: &str, text: &str) -> Duration {
        let limit = self.duration(key, text);
        if duration(text).is_ok() && limit < SHORTEST {
            let problem = bilingual!(
                "`{text}` is too short; write at least 10ms",
                "`{text}` — слишком мало; напишите не меньше 10ms"
            );
            self.add(key, &problem);
        }
        limit
    }

    pub(super) fn networks(&mut self, key: &str, texts: &[String]) -> Vec<IpNet> {
        texts
            .iter()
            .filter_map(|text| self.keep(key, network(text)))
            .collect()
    }
}
