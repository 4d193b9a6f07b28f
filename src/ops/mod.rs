//! Health, readiness and metrics for operators, and the supervisor of tasks.

mod front_page;
mod supervisor;

use std::pin::Pin;
use std::time::{Duration, Instant};

use actix_web::{HttpResponse, web};
use serde_json::json;
use tokio::sync::Mutex;

pub use self::supervisor::{Supervisor, TaskEnd, blocking};
use crate::domain::{Clock as _, State, SystemClock};
use crate::inbox::{Inbox, StoreError};
use crate::telemetry;

/// The state behind the three endpoints.
pub struct Ops {
    inbox: Inbox,
    supervisor: Supervisor,
    counted: Mutex<Option<Instant>>,
    storage: Mutex<Storage>,
}

/// A write that tests the store.
type Probe = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;
/// Whether the store accepts writes.
#[derive(Default)]
struct Storage {
    /// Has not answered yet; the next request goes on waiting for it.
    probe: Option<Probe>,
    last: Option<(Instant, Result<(), String>)>,
}

impl Ops {
    /// Reports on this inbox and these tasks.
    pub fn new(inbox: Inbox, supervisor: Supervisor) -> Self {
        Self {
            inbox,
            supervisor,
            counted: Mutex::new(None),
            storage: Mutex::default(),
        }
    }
}

/// Mounts `/`, `/healthz` and `/readyz`.
pub fn configure(config: &mut web::ServiceConfig, ops: web::Data<Ops>) {
    config
        .app_data(ops)
        .route("/", web::get().to(front_page::show))
        .route("/", web::head().to(front_page::show))
        .route("/healthz", web::get().to(alive))
        .route("/readyz", web::get().to(ready));
}

/// Mounts `/metrics`.
pub fn configure_metrics(config: &mut web::ServiceConfig, ops: web::Data<Ops>) {
    config
        .app_data(ops)
        .route("/metrics", web::get().to(metrics_page));
}

/// Answers as long as the process does: a restart helps only if this fails.
async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

/// Answers 200 if the gateway accepts requests: every task runs, and the store takes a write.
async fn ready(ops: web::Data<Ops>) -> HttpResponse {
    if let Some(task) = ops.supervisor.failure() {
        let reply = json!({"status": "broken", "task": task});
        return HttpResponse::ServiceUnavailable().json(reply);
    }
    if ops.supervisor.draining().is_cancelled() {
        return HttpResponse::ServiceUnavailable().json(json!({"status": "draining"}));
    }
    match ops.storage().await {
        Ok(()) => HttpResponse::Ok().json(json!({"status": "ready"})),
        Err(reason) => HttpResponse::ServiceUnavailable()
            .json(json!({"status": "no storage", "reason": reason})),
    }
}

impl Ops {
    /// Tests whether the store takes a write: once a second at most, and never twice at the same
    /// time, so that requests cannot wear out the disk.
    async fn storage(&self) -> Result<(), String> {
        const FRESH: Duration = Duration::from_secs(1);
        const PATIENCE: Duration = Duration::from_secs(2);
        let mut storage = self.storage.lock().await;
        if let Some((at, found)) = &storage.last
            && at.elapsed() < FRESH
        {
            return found.clone();
        }
        let inbox = self.inbox.clone();
        let probe = storage
            .probe
            .get_or_insert_with(|| Box::pin(async move { inbox.probe(SystemClock.now()).await }));
        let found = match tokio::time::timeout(PATIENCE, probe).await {
            Ok(done) => {
                storage.probe = None;
                done.map_err(|error| error.in_public())
            }
            Err(_) => Err("the store does not answer".to_owned()),
        };
        if storage.last.as_ref().is_none_or(|(_, last)| *last != found) {
            match &found {
                Ok(()) if storage.last.is_none() => {}
                Ok(()) => tracing::info!("the store accepts writes again"),
                Err(reason) => tracing::error!("not ready: {reason}"),
            }
        }
        storage.last = Some((Instant::now(), found.clone()));
        found
    }
}

async fn metrics_page(ops: web::Data<Ops>) -> HttpResponse {
    if let Err(error) = count(&ops).await {
        tracing::warn!(error = %error, "the submissions could not be counted");
    }
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(telemetry::metrics_handle().render())
}

/// Counts the submissions by state. A million takes 50 ms, so it counts every five seconds at most.
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
