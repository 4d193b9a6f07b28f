//! Streams that are not read, full, or gone.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

use super::*;

/// A stream that takes its behaviour from the test.
struct Steered {
    taken: Arc<Mutex<Vec<u8>>>,
    orders: Receiver<Order>,
}

enum Order {
    /// Accepts at most this many bytes.
    Take(usize),
    Fail(io::ErrorKind),
}

impl Write for Steered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // after the last order it accepts everything
        match self.orders.recv().unwrap_or(Order::Take(usize::MAX)) {
            Order::Take(most) => {
                let count = most.min(bytes.len());
                let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
                taken.extend_from_slice(&bytes[..count]);
                Ok(count)
            }
            Order::Fail(kind) => Err(kind.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Test {
    lines: Lines,
    orders: Sender<Order>,
    taken: Arc<Mutex<Vec<u8>>>,
    missing: Receiver<u64>,
}

impl Test {
    fn start() -> Self {
        let (orders, steered) = channel();
        let (missed, missing) = channel();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let out = Steered {
            taken: Arc::clone(&taken),
            orders: steered,
        };
        let lines = Lines::start(out, move |count| missed.send(count).unwrap()).unwrap();
        Self {
            lines,
            orders,
            taken,
            missing,
        }
    }

    /// Everything that is still to be written is taken; returns what was written and the counts of
    /// missing lines.
    fn end(self) -> (String, Vec<u64>) {
        drop(self.orders);
        assert!(self.lines.flush(Duration::from_secs(60)));
        drop(self.lines);
        let text = self.taken.lock().unwrap().clone();
        (
            String::from_utf8(text).unwrap(),
            self.missing.iter().collect(),
        )
    }
}

#[test]
fn an_unread_stream_blocks_no_caller_and_lost_lines_are_counted() {
    let log = Test::start();
    for _ in 0..MOST_LINES + 100 {
        log.lines.push(b"line\n");
    }
    assert!(!log.lines.flush(Duration::ZERO), "it is still blocked");
    let dropped = log.lines.state.dropped.load(Ordering::Relaxed);
    // the thread may hold one line already
    assert!((99..=100).contains(&dropped), "{dropped}");
    let (text, missing) = log.end();
    assert_eq!(
        text.lines().count(),
        MOST_LINES + 100 - usize::try_from(dropped).unwrap()
    );
    assert_eq!(missing, [dropped]);
}

#[test]
fn the_queue_is_limited_in_bytes_too() {
    let log = Test::start();
    let line = vec![b'x'; MOST_BYTES / 4];
    for _ in 0..10 {
        log.lines.push(&line);
    }
    let dropped = log.lines.state.dropped.load(Ordering::Relaxed);
    assert!((5..=6).contains(&dropped), "{dropped}");
    log.end();
}

#[test]
fn a_full_disk_loses_lines_and_the_next_one_starts_on_a_new_line() {
    let log = Test::start();
    for order in [
        Order::Take(usize::MAX),
        Order::Take(3),
        Order::Fail(io::ErrorKind::StorageFull),
        Order::Fail(io::ErrorKind::StorageFull),
    ] {
        log.orders.send(order).unwrap();
    }
    for line in ["first\n", "second\n", "third\n", "fourth\n"] {
        log.lines.push(line.as_bytes());
    }
    let (text, missing) = log.end();
    assert_eq!(text, "first\nsec\nfourth\n");
    assert_eq!(missing, [2]);
}

#[test]
fn a_closed_pipe_does_not_end_the_writer() {
    let log = Test::start();
    for _ in 0..3 {
        log.orders
            .send(Order::Fail(io::ErrorKind::BrokenPipe))
            .unwrap();
        log.lines.push(b"line\n");
    }
    log.lines.push(b"last\n");
    let (text, missing) = log.end();
    assert_eq!(text, "last\n");
    assert_eq!(missing, [3]);
}

#[tokio::test]
async fn a_panic_of_the_writer_cancels_its_token() {
    struct Panics;

    impl Write for Panics {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            panic!("injected")
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let lines = Lines::start(Panics, |_| {}).unwrap();
    lines.push(b"a line");
    lines.writer_ended().cancelled().await;
}
