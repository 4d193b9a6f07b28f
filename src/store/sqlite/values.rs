//! Conversions between domain types and columns.

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::domain::{
    Became, ContactId, Destination, Email, EntityKind, Lang, ParkReason, PollId, RecordId, Source,
    State, StepVerdict, SubmissionId,
};

/// A column's value as one of our nouns, or the other way round.
pub(super) struct Col<T>(pub(super) T);

fn odd(what: &'static str) -> FromSqlError {
    FromSqlError::other(Odd(what))
}

/// A stored value that none of ours can be.
#[derive(Debug, thiserror::Error)]
#[error("a stored {0} is not understood")]
struct Odd(&'static str);

impl ToSql for Col<Timestamp> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_microsecond().into())
    }
}

impl FromSql for Col<Timestamp> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Timestamp::from_microsecond(value.as_i64()?)
            .map(Self)
            .map_err(|_| odd("time"))
    }
}

impl ToSql for Col<SubmissionId> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_bytes().as_slice().into())
    }
}

impl FromSql for Col<SubmissionId> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        SubmissionId::from_bytes(value.as_blob()?)
            .map(Self)
            .ok_or_else(|| odd("submission id"))
    }
}

macro_rules! words {
    ($($noun:ty, $what:literal, $parse:expr;)*) => {$(
        impl ToSql for Col<$noun> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.0.as_str().into())
            }
        }

        impl FromSql for Col<$noun> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                $parse(value.as_str()?).map(Self).ok_or_else(|| odd($what))
            }
        }
    )*};
}

words! {
    State, "state", State::parse;
    StepVerdict, "verdict of a step", StepVerdict::parse;
    ParkReason, "reason", ParkReason::parse;
    Lang, "language", Lang::parse;
    Email, "e-mail address", Email::parse;
}

impl ToSql for Col<&Destination> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.to_string().into())
    }
}

impl FromSql for Col<Destination> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Destination::parse(value.as_str()?)
            .map(Self)
            .ok_or_else(|| odd("destination"))
    }
}

impl ToSql for Col<EntityKind> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.to_string().into())
    }
}

impl FromSql for Col<EntityKind> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        EntityKind::parse(value.as_str()?)
            .map(Self)
            .ok_or_else(|| odd("kind of record"))
    }
}

macro_rules! numbers {
    ($($noun:ident, $what:literal;)*) => {$(
        impl ToSql for Col<$noun> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.0.get().into())
            }
        }

        impl FromSql for Col<$noun> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                $noun::new(value.as_i64()?).map(Self).ok_or_else(|| odd($what))
            }
        }
    )*};
}

numbers! {
    PollId, "poll id";
    ContactId, "contact id";
    RecordId, "record id";
}

/// The column's value as one of our nouns.
pub(super) fn get<T>(row: &Row<'_>, column: &str) -> rusqlite::Result<T>
where
    Col<T>: FromSql,
{
    row.get(column).map(|Col(value)| value)
}

/// The same for a nullable column.
pub(super) fn maybe<T>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>>
where
    Col<T>: FromSql,
{
    let value: Option<Col<T>> = row.get(column)?;
    Ok(value.map(|Col(value)| value))
}

/// Reads what a submission became from its columns.
pub(super) fn became(row: &Row<'_>) -> rusqlite::Result<Became> {
    Ok(Became {
        contact: maybe(row, "contact_id")?,
        // only the results of steps have it
        company: None,
        record: match (maybe(row, "record_kind")?, maybe(row, "record_id")?) {
            (Some(kind), Some(id)) => Some((kind, id)),
            _ => None,
        },
    })
}

/// Reads the source of a row that has the columns `source`, `identity` and `details`.
pub(super) fn source(row: &Row<'_>) -> rusqlite::Result<Source> {
    let identity: String = row.get("identity")?;
    Source::from_stored(row.get("source")?, &identity, row.get("details")?)
        .ok_or_else(|| odd("source").into())
}
