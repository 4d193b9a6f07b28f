//! Requests that are not HTTP. The web server answers them 400 before anything of ours sees them and says so
//! only at its lowest level; here they become warnings, a bounded number a minute.

use std::fmt::{self, Debug, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::FilterFn;
use tracing_subscriber::layer::Context;

/// Where the web server says it.
const SOURCE: &str = "actix_http::h1::dispatcher";
/// How its words begin, for unreadable requests and for heads that are too long.
const BEGINNINGS: [&str; 2] = ["parse error ", "request head was too big"];

/// More are only counted.
const MOST: u32 = 10;
const MINUTE: Duration = Duration::from_secs(60);

/// Turns what the web server says of malformed requests into warnings.
#[derive(Default)]
pub(super) struct Malformed {
    window: Mutex<Window>,
}

/// Lets through what [`Malformed`] looks at.
pub(super) fn source() -> FilterFn {
    let is_wanted: fn(&Metadata<'_>) -> bool =
        |metadata| *metadata.level() == Level::TRACE && metadata.target() == SOURCE;
    FilterFn::new(is_wanted).with_max_level_hint(LevelFilter::TRACE)
}

impl<S: Subscriber> Layer<S> for Malformed {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut words = Words::default();
        event.record(&mut words);
        let Some(words) = words.wanted() else {
            return;
        };
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = window.next(Instant::now());
        drop(window);
        match turn {
            Turn::Log => {
                tracing::warn!("a malformed HTTP request was refused: {words}");
            }
            Turn::Last => {
                tracing::warn!(
                    "a malformed HTTP request was refused: {words}; more in this minute are \
                     only counted"
                );
            }
            Turn::First { untold } => {
                tracing::warn!(
                    untold,
                    "a malformed HTTP request was refused: {words}; {untold} more were not \
                     logged before"
                );
            }
            Turn::Count => {}
        }
    }
}

/// What becomes of one request.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    Log,
    /// It is the last one of this minute.
    Last,
    /// It is the first one after some that were only counted.
    First {
        untold: u32,
    },
    Count,
}

#[derive(Default)]
struct Window {
    began: Option<Instant>,
    seen: u32,
}

impl Window {
    fn next(&mut self, now: Instant) -> Turn {
        let is_over = self
            .began
            .is_none_or(|began| now.saturating_duration_since(began) >= MINUTE);
        let mut untold = 0;
        if is_over {
            untold = self.seen.saturating_sub(MOST);
            *self = Self {
                began: Some(now),
                seen: 0,
            };
        }
        self.seen = self.seen.saturating_add(1);
        match self.seen {
            _ if untold > 0 => Turn::First { untold },
            MOST => Turn::Last,
            1..MOST => Turn::Log,
            _ => Turn::Count,
        }
    }
}

/// The beginning of a message; what does not begin as wanted is not put together any further.
#[derive(Default)]
struct Words(String);

impl Words {
    /// The web server's words, without what it always begins with.
    fn wanted(self) -> Option<String> {
        let found = BEGINNINGS
            .iter()
            .find(|start| self.0.starts_with(**start))?;
        let rest = self.0.strip_prefix(BEGINNINGS[0]);
        Some(rest.unwrap_or(found).trim().to_owned())
    }
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" && self.0.is_empty() {
            // an error only says that enough was read
            write!(self, "{value:?}").ok();
        }
    }
}

impl Write for Words {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        /// The longest of its messages is far shorter.
        const LONGEST: usize = 200;
        let room = LONGEST.saturating_sub(self.0.chars().count());
        self.0.extend(part.chars().take(room));
        let may_be = BEGINNINGS.iter().any(|start| {
            let common = start.bytes().zip(self.0.bytes());
            common.into_iter().all(|(one, other)| one == other)
        });
        if may_be && room > 0 {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_a_minute_are_logged_and_the_others_are_counted() {
        let mut window = Window::default();
        let start = Instant::now();
        let mut at = |seconds: u64| window.next(start + Duration::from_secs(seconds));
        for _ in 1..10 {
            assert_eq!(at(0), Turn::Log);
        }
        assert_eq!(at(1), Turn::Last);
        for _ in 0..5 {
            assert_eq!(at(59), Turn::Count);
        }
        assert_eq!(at(60), Turn::First { untold: 5 });
        assert_eq!(at(61), Turn::Log);
        assert_eq!(at(200), Turn::Log);
    }

    #[test]
    fn only_what_the_web_server_says_of_malformed_requests_counts() {
        let read = |parts: &[&str]| {
            let mut words = Words::default();
            for part in parts {
                if words.write_str(part).is_err() {
                    break;
                }
            }
            words.wanted()
        };
        assert_eq!(
            read(&["parse error ", "Invalid Header"]).unwrap(),
            "Invalid Header"
        );
        assert_eq!(read(&["par", "se error ", "x"]).unwrap(), "x");
        assert_eq!(
            read(&["request head was too big; returning 431 response"]).unwrap(),
            "request head was too big"
        );
        assert_eq!(read(&["start flags: ", "READ"]), None);
        assert_eq!(read(&["parse"]), None);
    }
}
