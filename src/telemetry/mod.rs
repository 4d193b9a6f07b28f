//! Sets up the log and the metrics. Log lines name submissions by id and contain no content of
//! packets; secrets are masked when the lines are written.

mod lines;
mod malformed;

use std::io::IsTerminal as _;
use std::panic::PanicHookInfo;
use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::config::{LogFormat, LogSettings};
use crate::redact;

/// Time to write the last lines when the program ends.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Sends log lines to the error stream, through a queue that never blocks or fails; panics are
/// logged, too. A second call changes nothing.
///
/// # Errors
/// If the filter is not a list of tracing directives, or the thread cannot be started.
pub fn log(settings: &LogSettings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.filter).map_err(|error| {
        let filter = redact::mask_all(&settings.filter);
        anyhow::anyhow!("log.filter `{filter}` is not valid: {error}")
    })?;
    let terminal = std::io::stderr().is_terminal();
    let lines = lines::Lines::start(std::io::stderr(), |dropped| {
        tracing::warn!(
            dropped,
            "{dropped} log lines were lost: the error stream did not accept them"
        );
    })?;
    let base = tracing_subscriber::fmt::layer()
        .with_writer(lines.clone())
        .log_internal_errors(false);
    let text = match settings.format {
        LogFormat::Auto => terminal,
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let shown = if text {
        base.with_ansi(terminal).with_target(false).boxed()
    } else {
        base.json().flatten_event(true).boxed()
    };
    // the last one, because it logs warnings itself
    let malformed = malformed::Malformed::default();
    let source = malformed.source();
    let malformed = malformed.with_filter(source);
    let log = tracing_subscriber::registry()
        .with(shown.with_filter(filter))
        .with(malformed);
    if log.try_init().is_err() {
        tracing::debug!("the log was set up already");
    } else if lines::OF_PROCESS.set(lines).is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
    Ok(())
}

/// Logs a panic with its place. A message that was formatted at run time may quote personal data,
/// so only a constant one is shown.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let message = panic.payload().downcast_ref::<&str>().copied();
    let place = panic.location().map(ToString::to_string);
    let thread = std::thread::current();
    tracing::error!(
        place = place.as_deref().unwrap_or("unknown"),
        thread = thread.name().unwrap_or("unnamed"),
        "panic: {}; please report this",
        message.unwrap_or("(the message is not shown)")
    );
}

/// Writes a line that is not a log event to the error stream. Returns `false` if the log is not set
/// up; then the caller may write there itself.
pub fn line(text: &str) -> bool {
    let lines = lines::OF_PROCESS.get();
    lines.inspect(|lines| lines.push(text.as_bytes())).is_some()
}

/// Returns a token that is cancelled when the log writer has ended; `None` if the log is not set
/// up.
pub fn log_writer_ended() -> Option<CancellationToken> {
    lines::OF_PROCESS.get().map(lines::Lines::writer_ended)
}

/// Waits briefly for the last log lines. Call it before the program ends.
pub fn finish_log() {
    if let Some(lines) = lines::OF_PROCESS.get() {
        lines.flush(LAST_LINES);
    }
}

/// Returns the metrics of this process in Prometheus' format.
pub fn metrics_handle() -> &'static PrometheusHandle {
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
            tracing::debug!("another recorder is installed");
        }
        describe();
        handle
    })
}

fn describe() {
    metrics::describe_counter!(
        "leadgate_log_dropped_total",
        "Log lines that the error stream did not accept"
    );
    metrics::counter!("leadgate_log_dropped_total").increment(0);
    metrics::describe_counter!(
        "leadgate_connections_refused_total",
        "Connections that were refused, by limit"
    );
    metrics::describe_counter!(
        "leadgate_intake_total",
        "Answers and requests that came in, by outcome"
    );
    metrics::describe_counter!(
        "leadgate_verdicts_total",
        "Delivery attempts, by the resulting state"
    );
    metrics::describe_counter!(
        "leadgate_values_left_out_total",
        "Values of packets that were left out because they are unreadable or unknown, by profile and \
         field, once for each settled submission"
    );
    metrics::describe_counter!(
        "leadgate_crm_calls_total",
        "HTTP calls to the CRM, by method"
    );
    metrics::describe_histogram!(
        "leadgate_crm_call_seconds",
        "Duration of HTTP calls to the CRM"
    );
    metrics::describe_gauge!(
        "leadgate_destination_paused",
        "1 while a destination is paused, by destination"
    );
    metrics::describe_gauge!(
        "leadgate_crm_paused",
        "1 while a CRM connection is paused, by connection"
    );
    metrics::describe_gauge!(
        "leadgate_profile_files",
        "Files of profiles and channels, by what is in use: the current edition, the last good one \
         (the file has a mistake), or none"
    );
    metrics::describe_gauge!(
        "leadgate_profile_last_good",
        "1 while the last good edition of a profile is in use because its file has a mistake, by file \
         and edition"
    );
    metrics::describe_gauge!(
        "leadgate_profile_problems",
        "Problems that the last check against the portal found in profiles, by connection"
    );
    metrics::describe_gauge!(
        "leadgate_task_up",
        "1 while a task of the gateway runs, 0 after its end, by task"
    );
    metrics::describe_gauge!("leadgate_submissions", "Submissions in the store, by state");
}
