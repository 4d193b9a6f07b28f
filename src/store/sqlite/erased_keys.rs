//! Erased identities. The key of a submission may be a person's address or phone number, and a late
//! repeat must still be known. So an erased key is replaced by a digest of the identity, whose
//! secret the database holds.

use aws_lc_rs::{hmac, rand};
use data_encoding::HEXLOWER;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::StoreError;
use super::super::queue::Arrival;
use crate::domain::Source;

/// The beginning of each key that replaces an erased one.
const ERASED: &str = "erased:";

/// Length of the digest in bytes: enough that no two identities share one.
const DIGEST: usize = 16;

/// A phone number has at least this many digits.
const FEWEST_DIGITS: usize = 7;

/// The name of the secret in `meta`.
const SECRET: &str = "erased_key";

/// Replaces the key of a submission by its digest.
pub(super) fn replace(
    connection: &Connection,
    seq: i64,
    source: &Source,
) -> Result<(), StoreError> {
    let secret = match stored_secret(connection)? {
        Some(secret) => secret,
        None => new_secret(connection)?,
    };
    connection
        .prepare_cached("UPDATE submissions SET identity = ?2 WHERE seq = ?1")?
        .execute(params![seq, erased(source, &secret).identity().as_str()])?;
    Ok(())
}

/// Gives an arrival the identity of an erased submission if it is a repeat of one.
pub(in crate::store) fn rename_repeat(
    connection: &Connection,
    arrival: &mut Arrival,
) -> Result<(), StoreError> {
    if let Some(erased) = stored_erased(connection, &arrival.source)? {
        arrival.source = erased;
    }
    Ok(())
}

/// Returns the source under which an erased submission is stored; `None` if there is none.
pub(super) fn stored_erased(
    connection: &Connection,
    source: &Source,
) -> Result<Option<Source>, StoreError> {
    if !may_be_personal(source.key()) {
        return Ok(None);
    }
    let Some(secret) = stored_secret(connection)? else {
        return Ok(None);
    };
    let erased = erased(source, &secret);
    let mut find = connection.prepare_cached("SELECT 1 FROM submissions WHERE identity = ?")?;
    let is_stored = find.exists([erased.identity().as_str()])?;
    Ok(is_stored.then_some(erased))
}

/// Returns whether a key may contain an address or a phone number.
fn may_be_personal(key: &str) -> bool {
    key.contains(['@', '%', '\\'])
        || key
            .bytes()
            .filter(u8::is_ascii_digit)
            .nth(FEWEST_DIGITS - 1)
            .is_some()
}

fn erased(source: &Source, secret: &[u8]) -> Source {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let digest = hmac::sign(&secret, source.identity().as_str().as_bytes());
    let digest = digest.as_ref().get(..DIGEST).unwrap_or_default();
    source.with_key(format!("{ERASED}{}", HEXLOWER.encode(digest)))
}

fn stored_secret(connection: &Connection) -> Result<Option<Vec<u8>>, StoreError> {
    let stored: Option<String> = connection
        .prepare_cached("SELECT value FROM meta WHERE name = ?")?
        .query_row([SECRET], |row| row.get(0))
        .optional()?;
    Ok(stored.and_then(|text| HEXLOWER.decode(text.as_bytes()).ok()))
}

fn new_secret(connection: &Connection) -> Result<Vec<u8>, StoreError> {
    let mut secret = vec![0; 32];
    rand::fill(&mut secret).map_err(|_| StoreError::NoRandomness)?;
    connection
        .prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)")?
        .execute(params![SECRET, HEXLOWER.encode(&secret)])?;
    Ok(secret)
}
