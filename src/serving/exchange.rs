//! Reports the progress of a request and its reply to the connection's limits: when the head is
//! complete, whether the body was read to its end, and when the reply is complete.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_http::ConnectionType;
use actix_web::HttpMessage as _;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::Stream;

use super::phase::Phase;

/// A request under way. Dropping it means that the reply is complete.
pub(super) struct Exchange(Phase);

impl Exchange {
    /// Sets the connection's phase. Returns `None` without a limited connection, as in tests of
    /// handlers.
    pub(super) fn begin(request: &mut ServiceRequest) -> Option<Self> {
        let phase = request.request().conn_data::<Phase>()?.clone();
        let payload = request.take_payload();
        if matches!(payload, Payload::None) {
            phase.request();
        } else {
            phase.body();
            let phase = phase.clone();
            let body: Pin<Box<dyn Stream<Item = _>>> = Box::pin(Body { payload, phase });
            request.set_payload(Payload::Stream { payload: body });
        }
        Some(Self(phase))
    }

    /// Ends with the reply. A connection whose body was not read is closed after it.
    pub(super) fn reply(
        exchange: Option<Self>,
        mut response: ServiceResponse<BoxBody>,
    ) -> ServiceResponse<Reply> {
        let is_in_body = exchange
            .as_ref()
            .is_some_and(|Self(phase)| phase.is_in_body());
        if is_in_body {
            let head = response.response_mut().head_mut();
            head.set_connection_type(ConnectionType::Close);
        }
        response.map_body(|_, body| Reply {
            body,
            _exchange: exchange,
        })
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if self.0.is_in_body() {
            self.0.drain();
        } else {
            self.0.idle();
        }
    }
}

/// A body that reports its end.
struct Body {
    payload: Payload,
    phase: Phase,
}

impl Stream for Body {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.payload).poll_next(cx);
        if matches!(polled, Poll::Ready(None)) {
            self.phase.body_read();
        }
        polled
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
