//! All dialects.

use serde_json::Value;

use super::dialect::{Dialect, ToldValues};
use super::mango::Mango;
use super::usercrm::{Request, UserCrm};
use crate::domain::PbxDialect;
use crate::domain::json::{Bounds, Mistake};

/// Returns the dialect of this name.
pub fn dialect_named(name: PbxDialect) -> &'static dyn Dialect {
    match name {
        PbxDialect::UserCrm => &UserCrm,
        PbxDialect::Mango => &Mango,
    }
}

/// Reads the record of a call as the packet that profiles see. Without a known dialect, as in files
/// of operators, the first that knows the bytes reads them. Bytes that are no record are a packet
/// already, as test leads and examples have it.
pub fn read_packet(
    known: Option<PbxDialect>,
    raw: &[u8],
    bounds: Bounds,
    told: ToldValues,
) -> Result<Value, Mistake> {
    let may_be = |name: &PbxDialect| known.is_none_or(|known| known == *name);
    let mut names = PbxDialect::ALL.into_iter().filter(may_be);
    match names.find_map(|name| dialect_named(name).packet(raw, bounds, told)) {
        Some(packet) => Ok(packet),
        None => Request::read(raw, bounds).map(Request::into_value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SUMMARY: &str =
        r#"{"entry_id":"MTA=","call_direction":1,"from":{"number":"79005550142"},"talk_time":0}"#;
    const BARE: &str = "{'uniqueid': '9e1f' 'src': '1004', 'dst': '+79005550142'}";
    const RECORD: &str = "{'action': 'cdr_append', 'body': {'uniqueid': '9e1d', 'src': '+79005550142', 'dst': '1004'}}";

    #[test]
    fn records_are_read_by_their_dialect_and_packets_stay_as_they_are() {
        let read = |known, raw: &str| {
            read_packet(
                known,
                raw.as_bytes(),
                Bounds::from(20),
                ToldValues::default(),
            )
        };
        for (known, raw, id) in [
            (None, SUMMARY, json!("MTA=")),
            (Some(PbxDialect::Mango), SUMMARY, json!("MTA=")),
            (None, RECORD, json!("9e1d")),
            (Some(PbxDialect::UserCrm), RECORD, json!("9e1d")),
            // a row of the history, without what the PBX puts around it
            (None, BARE, json!("9e1f")),
            (
                None,
                r#"{"id":7,"src":"1004","dst":"+79005550142"}"#,
                json!("id:7"),
            ),
            (None, r#"{"id":7,"phone":"+79005550142"}"#, Value::Null),
            // of another dialect: nothing is read into it
            (Some(PbxDialect::UserCrm), SUMMARY, Value::Null),
            (Some(PbxDialect::Mango), RECORD, Value::Null),
            (None, r#"{"call":{"id":"7"}}"#, json!("7")),
        ] {
            let packet = read(known, raw).unwrap();
            assert_eq!(packet["call"]["id"], id, "{known:?} {raw}");
        }
        assert!(read(None, "a=1").is_err());
    }

    #[test]
    fn every_dialect_has_a_word_of_its_own() {
        for name in PbxDialect::ALL {
            assert_eq!(PbxDialect::parse(name.as_str()), Some(name));
        }
        assert_eq!(PbxDialect::parse("UserCRM"), None);
    }
}
