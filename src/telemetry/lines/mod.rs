//! Writes log lines to the error stream. A caller puts its line into a bounded queue and continues;
//! one thread writes. If the stream is full, closed or not read, log lines are lost and nothing
//! else: they are counted, and a later line says how many are missing.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use tracing_subscriber::fmt::MakeWriter;

use crate::redact;

/// Maximum number of lines in the queue.
const MOST_LINES: usize = 8192;

/// Maximum number of bytes in the queue.
const MOST_BYTES: usize = 8 << 20;

/// The pause before a full queue is tried again when the program ends.
const PAUSE: Duration = Duration::from_millis(5);

enum Message {
    Line(Vec<u8>),
    /// Answered when every line before it was written or lost.
    Flush(SyncSender<()>),
}

/// The queue to the log writer. Clones share it.
#[derive(Clone)]
pub(super) struct Lines {
    queue: SyncSender<Message>,
    state: Arc<State>,
    writer_ended: CancellationToken,
}

#[derive(Default)]
struct State {
    waiting: AtomicUsize,
    dropped: AtomicU64,
}

impl State {
    fn drop_one(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("leadgate_log_dropped_total").increment(1);
    }
}

impl Lines {
    /// Starts the thread that writes to `out`. It calls `missing` with the number of lines that
    /// were lost since the last call as soon as `out` accepts lines again.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub(super) fn start<W, M>(out: W, missing: M) -> io::Result<Self>
    where
        W: Write + Send + 'static,
        M: Fn(u64) + Send + 'static,
    {
        let (queue, waiting) = sync_channel(MOST_LINES);
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let writer_ended = CancellationToken::new();
        let end = writer_ended.clone().drop_guard();
        let write = move || write_all(&waiting, out, &shared, &missing);
        std::thread::Builder::new()
            .name("log-writer".to_owned())
            .spawn(move || {
                if catch_unwind(AssertUnwindSafe(write)).is_err() {
                    // nothing reads the queue any more
                    let text = "leadgate: the log writer panicked; no more log lines are written\n";
                    io::stderr().write_all(text.as_bytes()).ok();
                }
                drop(end);
            })?;
        Ok(Self {
            queue,
            state,
            writer_ended,
        })
    }

    /// Returns a token that is cancelled when the thread has ended, also by a panic.
    pub(super) fn writer_ended(&self) -> CancellationToken {
        self.writer_ended.clone()
    }

    /// Queues a line, or counts it as lost if the queue is full.
    pub(super) fn push(&self, line: &[u8]) {
        let waiting = self.state.waiting.fetch_add(line.len(), Ordering::Relaxed);
        let is_queued = waiting + line.len() <= MOST_BYTES
            && self.queue.try_send(Message::Line(line.to_vec())).is_ok();
        if !is_queued {
            self.state.waiting.fetch_sub(line.len(), Ordering::Relaxed);
            self.state.drop_one();
        }
    }

    /// Waits until all earlier lines are written, at most this long. Returns whether they are.
    pub(super) fn flush(&self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        let (written, wait) = sync_channel(1);
        let mut message = Message::Flush(written);
        while let Err(refused) = self.queue.try_send(message) {
            let TrySendError::Full(again) = refused else {
                return false;
            };
            if Instant::now() >= end {
                return false;
            }
            std::thread::sleep(PAUSE);
            message = again;
        }
        wait.recv_timeout(end.saturating_duration_since(Instant::now()))
            .is_ok()
    }
}

fn write_all(
    queue: &Receiver<Message>,
    mut out: impl Write,
    state: &State,
    missing: &impl Fn(u64),
) {
    let mut reported = 0;
    let mut is_torn = false;
    for message in queue {
        let line = match message {
            Message::Line(line) => line,
            Message::Flush(written) => {
                // the caller may have stopped waiting
                written.send(()).ok();
                continue;
            }
        };
        state.waiting.fetch_sub(line.len(), Ordering::Relaxed);
        // on this thread, so that callers do not wait for it
        let line = redact::mask_all(&String::from_utf8_lossy(&line)).into_bytes();
        let line = if is_torn {
            // ends the last line, which was written in part
            [b"\n", line.as_slice()].concat()
        } else {
            line
        };
        match write_line(&mut out, &line) {
            Ok(()) => {
                is_torn = false;
                let dropped = state.dropped.load(Ordering::Relaxed);
                if dropped > reported {
                    missing(dropped - reported);
                    reported = dropped;
                }
            }
            Err(torn) => {
                is_torn |= torn;
                state.drop_one();
            }
        }
    }
}

/// Writes a line. The error says whether a part of it was written.
fn write_line(out: &mut impl Write, line: &[u8]) -> Result<(), bool> {
    let mut left = line;
    let mut begun = false;
    while !left.is_empty() {
        match out.write(left) {
            Ok(0) => return Err(begun),
            Ok(count) => {
                begun = true;
                left = left.get(count..).unwrap_or_default();
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Err(begun),
        }
    }
    out.flush().map_err(|_| false)
}

/// Queues one formatted event as a whole.
pub(super) struct OneLine<'l>(&'l Lines);

impl Write for OneLine<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'l> MakeWriter<'l> for Lines {
    type Writer = OneLine<'l>;

    fn make_writer(&'l self) -> Self::Writer {
        OneLine(self)
    }
}

/// The queue of this process, after the log was set up.
pub(super) static OF_PROCESS: OnceLock<Lines> = OnceLock::new();

#[cfg(test)]
mod tests;
