//! The column `note`: a reason as JSON with a version, or a sentence of an earlier release.

use rusqlite::Error;
use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use super::values::Col;
use crate::domain::VerdictReason;
use crate::redact;

impl ToSql for Col<&VerdictReason> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let stored = self.0.to_stored();
        let stored = stored.map_err(|error| Error::ToSqlConversionFailure(error.into()))?;
        Ok(redact::mask(&stored).into_owned().into())
    }
}

impl FromSql for Col<VerdictReason> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(Self(VerdictReason::from_stored(value.as_str()?)))
    }
}
