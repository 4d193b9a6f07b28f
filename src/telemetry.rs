//! The log and the figures: how they are set up. Log lines name submissions by their ids and never
//! hold what a packet says; secrets are masked as the lines are written.

mod malformed;

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::config::{LogFormat, LogSettings};
use crate::redact::{self, Masking};

/// Sends log lines to the error stream. A second call changes nothing.
///
/// # Errors
/// When the filter is no list of tracing directives.
pub fn log(settings: &LogSettings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.filter).map_err(|error| {
        let filter = redact::mask_all(&settings.filter);
        anyhow::anyhow!("log.filter `{filter}` cannot be read: {error}")
    })?;
    let terminal = std::io::stderr().is_terminal();
    let base = tracing_subscriber::fmt::layer().with_writer(|| Masking(std::io::stderr()));
    let text = match settings.format {
        LogFormat::Text => true,
        LogFormat::Json => false,
        LogFormat::Auto => terminal,
    };
    let lines = if text {
        base.with_ansi(terminal).with_target(false).boxed()
    } else {
        base.json().flatten_event(true).boxed()
    };
    // the last one: it makes warnings of what it sees
    let malformed = malformed::Malformed::default().with_filter(malformed::source());
    let log = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(malformed);
    if log.try_init().is_err() {
        tracing::debug!("the log was set up before");
    }
    Ok(())
}

/// The figures of this process, in Prometheus' format.
pub fn figures() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        const SECONDS: [f64; 10] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];
        let builder = PrometheusBuilder::new();
        let builder = builder
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::debug!("another recorder has the figures");
        }
        describe();
        handle
    })
}

fn describe() {
    metrics::describe_counter!(
        "leadgate_intake_total",
        "Answers and requests that came in, by what their sender was told"
    );
    metrics::describe_counter!(
        "leadgate_verdicts_total",
        "Attempts at delivery, by the state they led to"
    );
    metrics::describe_counter!(
        "leadgate_values_left_out_total",
        "Values of packets that were left out because they could not be read or are not known, by profile and \
         field, once for each settled submission"
    );
    metrics::describe_counter!(
        "leadgate_crm_calls_total",
        "HTTP calls to the CRM, by method"
    );
    metrics::describe_histogram!(
        "leadgate_crm_call_seconds",
        "How long calls to the CRM take"
    );
    metrics::describe_gauge!(
        "leadgate_crm_paused",
        "1 while a CRM connection is paused, by connection"
    );
    metrics::describe_gauge!(
        "leadgate_profile_problems",
        "What profiles say and the portal contradicts, by connection, at the last look"
    );
    metrics::describe_gauge!("leadgate_submissions", "Submissions in the store, by state");
}
