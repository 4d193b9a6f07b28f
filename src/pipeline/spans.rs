//! Spans in the log: one per submission, from its lease to its verdict, and one per batch, which
//! links the spans of its submissions. They are at level `debug` and hold ids and names from
//! settings only, no data of people.

use tracing::field::Empty;
use tracing::{Span, debug_span};

use super::batch::Batch;
use crate::domain::{Lang, SourceKinds};
use crate::inbox::Leased;

/// Starts the span of a submission. Its profile and step are recorded when the plan is made.
pub(super) fn submission(leased: &Leased, sources: &SourceKinds) -> Span {
    debug_span!(
        "submission",
        submission.id = %leased.lease.id,
        source = sources.label(&leased.source, Lang::En),
        profile = Empty,
        step = Empty,
    )
}

/// Starts the span of a batch.
pub(super) fn batch(batch: &Batch) -> Span {
    let destination = batch.destination.name();
    let span = debug_span!("batch", destination, submissions = batch.prepared.len());
    for prepared in &batch.prepared {
        span.follows_from(&prepared.span);
    }
    span
}
