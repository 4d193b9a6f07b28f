//! Reports the progress of a request and its reply to the connection's limits: when the head is
//! complete, whether the body was read to its end, and when the reply is complete.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_http::ConnectionType;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage as _};
use futures_util::Stream;
use tokio::time::{Instant, Sleep};

use super::phase::Phase;

/// Sets the connection's phase, and limits the time for the body.
pub(super) async fn observe(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<Reply>, Error> {
    let exchange = Exchange::begin(&mut request);
    // if the handler fails, this is dropped and the web server writes a reply of its own
    let mut response = next.call(request).await?;
    if exchange
        .as_ref()
        .is_some_and(|exchange| !exchange.is_read.get())
    {
        let head = response.response_mut().head_mut();
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(response.map_body(|_, body| Reply {
        body,
        _exchange: exchange,
    }))
}

/// A request under way. Dropping it means that the reply is complete.
struct Exchange {
    phase: Phase,
    is_read: Rc<Cell<bool>>,
}

impl Exchange {
    /// Returns `None` without a limited connection, as in tests of handlers.
    fn begin(request: &mut ServiceRequest) -> Option<Self> {
        let phase = request.request().conn_data::<Phase>()?.clone();
        phase.request();
        let is_read = Rc::new(Cell::new(true));
        let payload = request.take_payload();
        let payload: Payload = if matches!(payload, Payload::None) {
            payload
        } else {
            is_read.set(false);
            let body = TimedBody {
                payload,
                until: phase.body_until(),
                timer: None,
                is_read: Rc::clone(&is_read),
            };
            let body: Pin<Box<dyn Stream<Item = _>>> = Box::pin(body);
            Payload::Stream { payload: body }
        };
        request.set_payload(payload);
        Some(Self { phase, is_read })
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if self.is_read.get() {
            self.phase.idle();
        } else {
            self.phase.drain();
        }
    }
}

/// A body that fails if it is not complete in time.
struct TimedBody {
    payload: Payload,
    until: Instant,
    timer: Option<Pin<Box<Sleep>>>,
    is_read: Rc<Cell<bool>>,
}

impl Stream for TimedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match Pin::new(&mut self.payload).poll_next(cx) {
            Poll::Ready(None) => {
                self.is_read.set(true);
                Poll::Ready(None)
            }
            Poll::Ready(part) => Poll::Ready(part),
            Poll::Pending => {
                let until = self.until;
                let timer = self
                    .timer
                    .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
                timer.as_mut().poll(cx).map(|()| {
                    let timeout = std::io::Error::from(std::io::ErrorKind::TimedOut);
                    Some(Err(PayloadError::Io(timeout)))
                })
            }
        }
    }
}

/// The body of a reply; the exchange ends when it is written.
pub(super) struct Reply {
    body: BoxBody,
    _exchange: Option<Exchange>,
}

impl MessageBody for Reply {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}
