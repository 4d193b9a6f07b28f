//! For whoever runs the gateway: is it alive, is it ready, what are its figures?

use std::time::{Duration, Instant};

use actix_web::{HttpResponse, web};
use serde_json::json;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::domain::State;
use crate::inbox::{Inbox, StoreError};
use crate::telemetry;

/// What the three addresses look at.
pub struct Ops {
    inbox: Inbox,
    draining: CancellationToken,
    counted: Mutex<Option<Instant>>,
}

impl Ops {
    /// Watches this inbox; not ready any more once `draining` is cancelled.
    pub fn new(inbox: Inbox, draining: CancellationToken) -> Self {
        Self {
            inbox,
            draining,
            counted: Mutex::new(None),
        }
    }
}

/// Mounts `/healthz` and `/readyz`.
pub fn configure(config: &mut web::ServiceConfig, ops: web::Data<Ops>) {
    config
        .app_data(ops)
        .route("/healthz", web::get().to(alive))
        .route("/readyz", web::get().to(ready));
}

/// Mounts `/metrics`.
pub fn configure_metrics(config: &mut web::ServiceConfig, ops: web::Data<Ops>) {
    config
        .app_data(ops)
        .route("/metrics", web::get().to(figures));
}

/// The process answers: that is all that a restart could mend.
async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

/// New requests are welcome.
async fn ready(ops: web::Data<Ops>) -> HttpResponse {
    if ops.draining.is_cancelled() {
        return HttpResponse::ServiceUnavailable().json(json!({"status": "draining"}));
    }
    match ops.inbox.outlook(1).await {
        Ok(_) => HttpResponse::Ok().json(json!({"status": "ready"})),
        Err(error) => HttpResponse::ServiceUnavailable()
            .json(json!({"status": "no storage", "reason": error.to_string()})),
    }
}

async fn figures(ops: web::Data<Ops>) -> HttpResponse {
    if let Err(error) = count(&ops).await {
        tracing::warn!(error = %error, "the submissions could not be counted");
    }
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(telemetry::figures().render())
}

/// Counting a million takes 50 ms, so it is done every few seconds at most.
async fn count(ops: &Ops) -> Result<(), StoreError> {
    const FRESH: Duration = Duration::from_secs(5);
    let mut counted = ops.counted.lock().await;
    if counted.is_some_and(|at| at.elapsed() < FRESH) {
        return Ok(());
    }
    let counts = ops.inbox.counts().await?;
    for state in State::ALL {
        let count = u32::try_from(counts.get(&state).copied().unwrap_or(0)).unwrap_or(u32::MAX);
        metrics::gauge!("leadgate_submissions", "state" => state.as_str()).set(f64::from(count));
    }
    *counted = Some(Instant::now());
    Ok(())
}
