//! Logs requests that are not valid HTTP. The web server answers them with 400 before a handler
//! sees them, and logs them at its lowest level only; this layer turns that into warnings, a
//! limited number per minute.

use std::fmt::{self, Debug, Write};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tracing::callsite::{self, Identifier};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, Filter};

/// The target of the web server's log events.
const SOURCE: &str = "actix_http::h1::dispatcher";
/// The beginnings of its messages about unreadable requests and about heads that are too long.
const BEGINNINGS: [&str; 2] = ["parse error ", "request head was too big"];

/// Warnings per minute; more are only counted.
const MOST: u32 = 10;
const MINUTE: Duration = Duration::from_secs(60);

/// Turns the web server's messages about malformed requests into warnings.
#[derive(Default)]
pub(super) struct Malformed {
    window: Mutex<Window>,
    source: Source,
}

impl Malformed {
    /// Returns the filter of this layer, which passes the events that the layer reads.
    pub(super) fn source(&self) -> Source {
        self.source.clone()
    }
}

/// The places of the web server's code whose events are read. The web server logs a dozen events
/// for each request; a place whose message turns out to be about something else is switched off,
/// so that it costs nothing from then on.
#[derive(Clone, Default)]
pub(super) struct Source {
    switched_off: Arc<RwLock<Vec<Identifier>>>,
}

impl Source {
    fn passes(&self, metadata: &Metadata<'_>) -> bool {
        let switched_off = self.switched_off.read();
        *metadata.level() == Level::TRACE
            && metadata.target() == SOURCE
            && !switched_off
                .unwrap_or_else(PoisonError::into_inner)
                .contains(&metadata.callsite())
    }

    fn switch_off(&self, metadata: &Metadata<'_>) {
        let switched_off = self.switched_off.write();
        switched_off
            .unwrap_or_else(PoisonError::into_inner)
            .push(metadata.callsite());
        callsite::rebuild_interest_cache();
    }
}

impl<S> Filter<S> for Source {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.passes(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.passes(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::TRACE)
    }
}

impl<S: Subscriber> Layer<S> for Malformed {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut message = Message::default();
        event.record(&mut message);
        let Some(cause) = message.cause() else {
            self.source.switch_off(event.metadata());
            return;
        };
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = window.next(Instant::now());
        drop(window);
        match turn {
            Turn::Log => {
                tracing::warn!("malformed HTTP request refused: {cause}");
            }
            Turn::Last => {
                tracing::warn!(
                    "malformed HTTP request refused: {cause}; further ones in this minute are \
                     only counted"
                );
            }
            Turn::First { unlogged } => {
                tracing::warn!(
                    unlogged,
                    "malformed HTTP request refused: {cause}; {unlogged} earlier ones were not \
                     logged"
                );
            }
            Turn::Count => {}
        }
    }
}

/// What to log about one request.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    Log,
    /// The last one of this minute.
    Last,
    /// The first one after some that were only counted.
    First {
        unlogged: u32,
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
        let mut unlogged = 0;
        if is_over {
            unlogged = self.seen.saturating_sub(MOST);
            *self = Self {
                began: Some(now),
                seen: 0,
            };
        }
        self.seen = self.seen.saturating_add(1);
        match self.seen {
            _ if unlogged > 0 => Turn::First { unlogged },
            MOST => Turn::Last,
            1..MOST => Turn::Log,
            _ => Turn::Count,
        }
    }
}

/// The beginning of a message. Formatting stops as soon as it cannot be one of ours.
#[derive(Default)]
struct Message(String);

impl Message {
    /// Returns the cause that the message names, if it is about a malformed request.
    fn cause(self) -> Option<String> {
        let found = BEGINNINGS
            .iter()
            .find(|start| self.0.starts_with(**start))?;
        let rest = self.0.strip_prefix(BEGINNINGS[0]);
        Some(rest.unwrap_or(found).trim().to_owned())
    }
}

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" && self.0.is_empty() {
            // an error only means that enough was read
            write!(self, "{value:?}").ok();
        }
    }
}

impl Write for Message {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        /// All messages are far shorter.
        const LONGEST: usize = 200;
        let room = LONGEST.saturating_sub(self.0.chars().count());
        self.0.extend(part.chars().take(room));
        let is_possible = BEGINNINGS.iter().any(|start| {
            let common = start.bytes().zip(self.0.bytes());
            common.into_iter().all(|(one, other)| one == other)
        });
        if is_possible && room > 0 {
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
    fn logs_ten_a_minute_and_counts_the_others() {
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
        assert_eq!(at(60), Turn::First { unlogged: 5 });
        assert_eq!(at(61), Turn::Log);
        assert_eq!(at(200), Turn::Log);
    }

    #[test]
    fn reads_only_messages_about_malformed_requests() {
        let read = |parts: &[&str]| {
            let mut message = Message::default();
            for part in parts {
                if message.write_str(part).is_err() {
                    break;
                }
            }
            message.cause()
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

    #[test]
    fn a_place_that_logs_something_else_is_read_once() {
        use tracing_subscriber::prelude::*;

        let malformed = Malformed::default();
        let source = malformed.source();
        let log = tracing_subscriber::registry().with(malformed.with_filter(source.clone()));
        tracing::subscriber::with_default(log, || {
            for state in ["reading", "writing", "closing"] {
                tracing::trace!(target: SOURCE, "flags: {state}");
                tracing::trace!(target: SOURCE, "parse error {state}");
            }
        });
        let switched_off = source.switched_off.read().unwrap();
        assert_eq!(switched_off.len(), 1);
    }
}
