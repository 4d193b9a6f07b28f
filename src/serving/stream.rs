//! A TCP connection that fails if its phase takes too long, or if the client does not read its
//! reply. The web server polls it from one task, so one timer is enough.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
use tokio_rustls::server::TlsStream;

use super::gate::Pass;
use super::phase::Phase;

/// A client must read this many bytes of a reply, or the rest of it, within the time for a reply.
const PORTION: usize = 32 << 10;

/// Maximum number of bytes read from a connection in a row. Without a break the web server reads up
/// to 128 KiB ahead before it decodes anything, and keeps that buffer as long as the connection
/// lasts.
const IN_A_ROW: usize = 16 << 10;

/// A connection with its limits.
pub(super) struct Limited {
    tcp: TcpStream,
    phase: Phase,
    timer: Option<Pin<Box<Sleep>>>,
    /// While bytes wait to be written: when the client must have read a portion.
    stalled: Option<Instant>,
    /// Bytes of the portion that were written.
    written_bytes: usize,
    /// Bytes read since the web server last had to wait.
    in_a_row: usize,
    _pass: Pass,
}

impl Limited {
    pub(super) fn new(tcp: TcpStream, phase: Phase, pass: Pass) -> Self {
        Self {
            tcp,
            phase,
            timer: None,
            stalled: None,
            written_bytes: 0,
            in_a_row: 0,
            _pass: pass,
        }
    }

    /// Fails if the time is up; otherwise wakes the task when it will be.
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let until = match self.stalled {
            // the handler is done, but the reply is not written yet
            Some(stalled) if self.phase.is_after_reply() => Some(stalled),
            stalled => self.phase.until().into_iter().chain(stalled).min(),
        };
        let Some(until) = until else {
            return Ok(());
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        if timer.deadline() > until {
            timer.as_mut().reset(until);
        }
        while timer.as_mut().poll(cx).is_ready() {
            if Instant::now() >= until {
                return Err(io::ErrorKind::TimedOut.into());
            }
            // the timer was set for an earlier phase
            timer.as_mut().reset(until);
        }
        Ok(())
    }

    /// Records that this many bytes were written.
    fn wrote(&mut self, count: usize) {
        self.written_bytes += count;
        if self.written_bytes >= PORTION {
            self.written_bytes = 0;
            self.stalled = None;
        }
    }

    /// Records that bytes could not be written yet.
    fn stall(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.stalled.is_none() {
            self.written_bytes = 0;
            self.stalled = Some(Instant::now() + self.phase.times().reply);
        }
        match self.check(cx) {
            Ok(()) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl AsyncRead for Limited {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // also if there is something to read: an unwanted body may never end
        self.check(cx)?;
        if self.in_a_row >= IN_A_ROW {
            self.in_a_row = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let Poll::Ready(read) = Pin::new(&mut self.tcp).poll_read(cx, buffer) else {
            self.in_a_row = 0;
            return Poll::Pending;
        };
        read?;
        let count = buffer.filled().len() - before;
        if count > 0 {
            self.in_a_row += count;
            self.phase.received();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Limited {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.tcp).poll_write(cx, bytes) {
            Poll::Pending => self.stall(cx),
            Poll::Ready(written) => {
                self.wrote(*written.as_ref().unwrap_or(&0));
                Poll::Ready(written)
            }
        }
    }

    /// Called when everything was written.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.stalled.take().is_some() {
            self.phase.written();
        }
        // the phase may have changed since the last read, and its end may come before the next one
        self.check(cx)?;
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.tcp).poll_write_vectored(cx, parts) {
            Poll::Pending => self.stall(cx),
            Poll::Ready(written) => {
                self.wrote(*written.as_ref().unwrap_or(&0));
                Poll::Ready(written)
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }
}

/// A connection of the web server, with or without TLS.
pub(super) enum Stream {
    Plain(Limited),
    Tls(Box<TlsStream<Limited>>),
}

impl Stream {
    pub(super) fn phase(&self) -> Phase {
        match self {
            Self::Plain(stream) => stream.phase.clone(),
            Self::Tls(stream) => stream.get_ref().0.phase.clone(),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use futures_util::task::noop_waker;
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    use super::super::gate::Gate;
    use super::super::phase::Times;
    use super::*;

    /// A connection on which this many bytes wait to be read.
    async fn with_waiting(bytes: usize) -> Limited {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (tcp, _) = listener.accept().await.unwrap();
        client.write_all(&vec![b'x'; bytes]).await.unwrap();
        let long = Duration::from_secs(600);
        let times = Times {
            head: long,
            body: long,
            keep_alive: long,
            reply: long,
        };
        let pass = Gate::new(1, 1, Vec::new()).enter(None).unwrap();
        // until all of it has arrived
        poll_fn(|cx| {
            let mut room = vec![0; bytes];
            let mut seen = ReadBuf::new(&mut room);
            match tcp.poll_peek(cx, &mut seen) {
                Poll::Ready(Ok(count)) if count == bytes => Poll::Ready(()),
                _ => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
            }
        })
        .await;
        Limited::new(tcp, Phase::new(times), pass)
    }

    /// Reads until the connection has nothing or takes a break, as the web server does; returns the
    /// count.
    fn read_in_a_row(stream: &mut Limited, cx: &mut Context<'_>) -> usize {
        let mut count = 0;
        loop {
            let mut room = [0; 4096];
            let mut buffer = ReadBuf::new(&mut room);
            match Pin::new(&mut *stream).poll_read(cx, &mut buffer) {
                Poll::Ready(read) => read.unwrap(),
                Poll::Pending => return count,
            }
            count += buffer.filled().len();
        }
    }

    #[tokio::test]
    async fn a_long_body_is_read_in_portions() {
        let mut stream = with_waiting(40 << 10).await;
        let waker = noop_waker();
        let mut cx = Context::from_waker(&waker);
        let portions = [0; 4].map(|_| read_in_a_row(&mut stream, &mut cx) >> 10);
        assert_eq!(portions, [16, 16, 8, 0]);
    }
}
