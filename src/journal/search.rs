//! Finding submissions by what people remember of them. Text is looked for by reading, newest first:
//! history of a size for which that is too slow wants an index, and this file is the place for it.

use serde_json::Value;

use crate::store::{Entry, Filter, Needle, Store, StoreError};

/// How many entries are read at a time while looking for text.
const PAGE: usize = 200;

/// Fewer digits of an id would name too many.
const FEWEST_DIGITS: usize = 4;

/// What a person means by this name; `None` when it can be no name.
pub(super) fn needle(name: &str) -> Option<Needle> {
    let name = name.trim();
    let digits: String = name.chars().filter(|letter| *letter != '-').collect();
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((poll, answer)) = name.split_once('/') {
        return Some(Needle::Identity(if number(poll) && number(answer) {
            format!("polls/{poll}/{answer}")
        } else {
            name.to_owned()
        }));
    }
    let is_id = (FEWEST_DIGITS..=32).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| Needle::Digits(digits.to_lowercase()))
}

/// Up to `limit` entries that pass the filter and in which `text` occurs.
pub(super) fn list(
    store: &Store,
    filter: &Filter,
    text: &str,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let text = text.to_lowercase();
    let mut found = Vec::new();
    let mut page = filter.clone();
    loop {
        let entries = store.entries(&page, PAGE)?;
        let Some(last) = entries.last() else {
            return Ok(found);
        };
        page.before = Some(last.cursor());
        for entry in entries {
            if occurs(store, &entry, &text)? {
                found.push(entry);
            }
            if found.len() >= limit {
                return Ok(found);
            }
        }
    }
}

fn occurs(store: &Store, entry: &Entry, text: &str) -> Result<bool, StoreError> {
    let about = [
        entry.identity.as_str().to_owned(),
        entry.id.to_string(),
        entry.note.clone().unwrap_or_default().into_string(),
        entry.contact.map(|id| id.to_string()).unwrap_or_default(),
        entry
            .record
            .map(|(_, id)| id.to_string())
            .unwrap_or_default(),
    ];
    if about
        .iter()
        .any(|words| words.to_lowercase().contains(text))
    {
        return Ok(true);
    }
    let (raw, payloads) = store.texts(entry.seq)?;
    Ok(readable(&raw).to_lowercase().contains(text)
        || payloads
            .iter()
            .any(|payload| payload.to_lowercase().contains(text)))
}

/// The body as people would read it: JSON may hide letters behind `\u0416`.
fn readable(raw: &[u8]) -> String {
    match serde_json::from_slice::<Value>(raw) {
        Ok(value) => value.to_string(),
        Err(_) => String::from_utf8_lossy(raw).into_owned(),
    }
}
