//! Reads the bodies of requests.

use std::time::Duration;

use actix_web::web;
use bytes::Bytes;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize as _, Deserializer};
use serde_json::Number;

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

/// Reads a whole number; `3.0` is one in JSON.
pub(super) fn whole_number<'de, D: Deserializer<'de>>(input: D) -> Result<i64, D::Error> {
    let number = Number::deserialize(input)?;
    as_whole(&number).ok_or_else(|| D::Error::custom("a whole number is wanted"))
}

/// Reads a count, which may be missing.
pub(super) fn maybe_count<'de, D: Deserializer<'de>>(input: D) -> Result<Option<usize>, D::Error> {
    let Some(number) = Option::<Number>::deserialize(input)? else {
        return Ok(None);
    };
    let count = as_whole(&number).and_then(|number| usize::try_from(number).ok());
    count
        .map(Some)
        .ok_or_else(|| D::Error::custom("a whole number is wanted"))
}

fn as_whole(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let number = number.as_f64().filter(|it| it.fract() == 0.0)?;
        format!("{number:.0}").parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_may_have_a_point() {
        for (text, number) in [
            ("3", Some(3)),
            ("3.0", Some(3)),
            ("-3", Some(-3)),
            ("3.5", None),
            ("1e300", None),
            ("\"3\"", None),
        ] {
            let read = whole_number(&mut serde_json::Deserializer::from_str(text)).ok();
            assert_eq!(read, number, "{text}");
            let count = maybe_count(&mut serde_json::Deserializer::from_str(text)).ok();
            let wanted = number.and_then(|number| usize::try_from(number).ok());
            assert_eq!(count.flatten(), wanted, "{text}");
        }
    }
}
