//! For whoever runs the gateway: is it alive, is it ready, what are its figures?

mod supervisor;

use std::time::{Duration, Instant};

use actix_web::{HttpResponse, web};
use serde_json::json;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use self::supervisor::Supervisor;
use crate::domain::{Clock as _, State, SystemClock};
use crate::inbox::{Inbox, StoreError};
use crate::telemetry;

/// What the three addresses look at.
pub struct Ops {
    inbox: Inbox,
    draining: CancellationToken,
    watch: Supervisor,
    counted: Mutex<Option<Instant>>,
    storage: Mutex<Storage>,
}

/// What the last look at the store has shown.
#[derive(Default)]
struct Storage {
    probe: Option<JoinHandle<Result<(), StoreError>>>,
    last: Option<(Instant, Result<(), String>)>,
}

impl Ops {
    /// Watches this inbox; not ready any more once `draining` is cancelled.
    pub fn new(inbox: Inbox, draining: CancellationToken, watch: Supervisor) -> Self {
        Self {
            inbox,
            draining,
            watch,
            counted: Mutex::new(None),
            storage: Mutex::default(),
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

/// New requests are welcome: every task runs, and the store takes a write.
async fn ready(ops: web::Data<Ops>) -> HttpResponse {
    if let Some(task) = ops.watch.ended() {
        let reply = json!({"status": "broken", "task": task});
        return HttpResponse::ServiceUnavailable().json(reply);
    }
    if ops.draining.is_cancelled() {
        return HttpResponse::ServiceUnavailable().json(json!({"status": "draining"}));
    }
    match ops.storage().await {
        Ok(()) => HttpResponse::Ok().json(json!({"status": "ready"})),
        Err(reason) => HttpResponse::ServiceUnavailable()
            .json(json!({"status": "no storage", "reason": reason})),
    }
}

impl Ops {
    /// Whether the store takes a write. Asked once a second at most, and never twice at the same time, so that
    /// nobody can wear out the disk with it.
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
        let probe = storage.probe.get_or_insert_with(|| {
            tokio::spawn(async move { inbox.probe(SystemClock.now()).await })
        });
        let found = match tokio::time::timeout(PATIENCE, probe).await {
            Ok(ended) => {
                storage.probe = None;
                let done = ended.unwrap_or(Err(StoreError::Closed));
                done.map_err(|error| error.in_public())
            }
            Err(_) => Err("the store does not answer".to_owned()),
        };
        if storage.last.as_ref().is_none_or(|(_, last)| *last != found) {
            match &found {
                Ok(()) if storage.last.is_none() => {}
                Ok(()) => tracing::info!("the store takes writes again"),
                Err(reason) => tracing::error!("not ready: {reason}"),
            }
        }
        storage.last = Some((Instant::now(), found.clone()));
        found
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
