//! Reads the bodies of requests.

use std::time::Duration;

use actix_web::web;
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::domain::bilingual;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

async fn whole(body: web::Payload, most: usize) -> Result<Bytes, Problem> {
    let whole = tokio::time::timeout(PATIENCE, body.to_bytes_limited(most)).await;
    let whole = whole.ok().and_then(Result::ok).and_then(Result::ok);
    whole.ok_or_else(|| {
        Problem::Body(bilingual!(
            "the body did not arrive, or is longer than {most} bytes",
            "тело запроса не пришло, или оно длиннее {most} байт"
        ))
    })
}

/// Reads a body of up to `most` bytes as JSON.
pub(super) async fn read<T: DeserializeOwned>(
    body: web::Payload,
    most: usize,
) -> Result<T, Problem> {
    let whole = whole(body, most).await?;
    parsed(&whole)
}

/// Reads a body of up to `most` bytes as JSON; an empty one stands for what is missing.
pub(super) async fn read_or_default<T: DeserializeOwned + Default>(
    body: web::Payload,
    most: usize,
) -> Result<T, Problem> {
    let whole = whole(body, most).await?;
    if whole.is_empty() {
        return Ok(T::default());
    }
    parsed(&whole)
}

fn parsed<T: DeserializeOwned>(whole: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(whole).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Problem::Body(bilingual!(
            "the body is not the JSON that the document of the API describes: see line {line}, column {column}",
            "тело запроса — не тот JSON, что описан в документе API: смотрите строку {line}, столбец {column}"
        ))
    })
}
