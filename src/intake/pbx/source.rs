//! PBXs as a source: an address for each PBX of the settings, and the unique id of each call.

use std::time::Duration;

use actix_web::web;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{PbxIntake, SOURCE, configure};
use crate::config::{PBX_PATH, PbxSettings, Settings};
use crate::domain::body::Mistake;
use crate::domain::json::{Bounds, DEEPEST};
use crate::domain::text::ellipsis;
use crate::domain::{
    Bilingual, CallKind, EndpointName, Lang, PbxDialect, Source, SourceKind, SubmissionId, UserId,
    bilingual,
};
use crate::intake::{Announcement, BadSource, IntakeParts, IntakeSource, Routes, SourceAddresses};
use crate::mapping::ProfileSet;
use crate::pbx::{ToldValues, read_packet};

/// The most characters of a call's id where people read it; one of a usual length is whole.
const LONGEST_LABEL: usize = 48;

/// The source `pbx`.
#[derive(Debug)]
pub struct PbxSource;

/// What is stored beside a record.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct RecordDetails {
    /// What the settings say about its direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) direction: Option<String>,
    /// What the settings say about its status: whether the call was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) answered: Option<bool>,
    /// The dialect; without it, the default one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dialect: Option<String>,
    /// The addresses of the recordings, if the PBX tells of them apart.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) recordings: Vec<String>,
    /// The employee who is meant by the inner number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) employee: Option<UserId>,
    /// Its number in the portal, if the call had a card there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) portal_call: Option<String>,
    /// The employee for whom the portal has registered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) portal_user: Option<UserId>,
    /// Members of the call that later records of it have changed.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) joined: Map<String, Value>,
    /// The call that the record is a part of, if that has its content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) part_of: Option<String>,
}

impl RecordDetails {
    /// Returns what is stored of a dialect: nothing of the default one.
    pub(super) fn word(dialect: PbxDialect) -> Option<String> {
        (dialect != PbxDialect::default()).then(|| dialect.as_str().to_owned())
    }

    /// Adds what the record itself does not tell to its packet.
    pub(super) fn complete(&self, mut packet: Value) -> Value {
        let call = packet.get_mut("call").and_then(Value::as_object_mut);
        if let (Some(call), [first, more @ ..]) = (call, self.recordings.as_slice()) {
            call.insert("recording".to_owned(), json!(first));
            if !more.is_empty() {
                call.insert("more_recordings".to_owned(), json!(more));
            }
        }
        let call = packet.get_mut("call").and_then(Value::as_object_mut);
        if let Some(call) = call {
            call.extend(self.joined.clone());
            if let Some(employee) = self.employee {
                call.insert("employee".to_owned(), json!(employee));
            }
        }
        if let Some(user) = self.portal_user {
            let mut portal = json!({ "user": user });
            if let Some(call) = &self.portal_call {
                portal["call"] = json!(call);
            }
            packet["portal"] = portal;
        }
        packet
    }
}

/// Returns the limits of a body.
pub(super) fn bounds(values: usize) -> Bounds {
    Bounds {
        depth: DEEPEST,
        values,
    }
}

impl SourceKind for PbxSource {
    fn name(&self) -> &'static str {
        SOURCE
    }

    fn decode(&self, source: &Source, raw: &[u8], bounds: Bounds) -> Result<Value, Mistake> {
        let details: RecordDetails = source.details().unwrap_or_default();
        let told = ToldValues {
            kind: details.direction.as_deref().and_then(CallKind::parse),
            answered: details.answered,
        };
        let dialect = details.dialect.as_deref().and_then(PbxDialect::parse);
        let packet = read_packet(dialect, raw, bounds, told).map_err(Mistake::Json)?;
        Ok(details.complete(packet))
    }

    fn address_label(&self, address: &str, lang: Lang) -> String {
        bilingual!("PBX {address}", "АТС {address}").pick(lang)
    }

    /// Names the call: `PBX main, call 5548f6ab`.
    fn label(&self, source: &Source, lang: Lang) -> String {
        let pbx = self.address_label(source.address(), lang);
        let key = ellipsis(source.key(), LONGEST_LABEL);
        bilingual!("{pbx}, call {key}", "{pbx}, звонок {key}").pick(lang)
    }

    fn of_packet(&self, address: Option<&str>, packet: &Value) -> Option<Source> {
        let name = EndpointName::parse(address?)?;
        let id = packet.get("call").and_then(|call| call.get("id")?.as_str());
        let key = id.map_or_else(|| SubmissionId::fresh().to_string(), str::to_owned);
        Some(Source::new(SOURCE, name.as_str(), key))
    }

    fn to_json(&self, source: &Source) -> Value {
        json!({ SOURCE: {"name": source.address(), "call": source.key()} })
    }
}

impl IntakeSource for PbxSource {
    fn routes(&self, parts: &IntakeParts<'_>) -> Result<Routes, BadSource> {
        let intake = web::Data::new(PbxIntake::new(parts));
        Ok(Box::new(move |config| configure(config, intake.clone())))
    }

    fn addresses(&self, _settings: &Settings) -> SourceAddresses {
        SourceAddresses {
            base_path: PBX_PATH.to_owned(),
            names: None,
        }
    }

    fn announcement(&self, base: &str, settings: &Settings, _: &ProfileSet) -> Announcement {
        let address = |(name, _): (&String, &PbxSettings)| {
            (
                Bilingual::new("PBX", "АТС"),
                bilingual!("{base}{PBX_PATH}/{name}", "{base}{PBX_PATH}/{name}"),
            )
        };
        Announcement {
            addresses: settings.pbx.iter().map(address).collect(),
            examples: Vec::new(),
        }
    }

    fn bounds(&self, settings: &Settings) -> Bounds {
        bounds(settings.server.value_limit)
    }

    fn quarantine_keep(&self, settings: &Settings) -> Option<Duration> {
        settings.channels.quarantine_keep
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_very_long_id_does_not_widen_tables() {
        let label = |id: &str| PbxSource.label(&Source::new(SOURCE, "main", id), Lang::En);
        let usual = "5548f6ab-efab-4dd9-843b-c53f50a5506a";
        assert_eq!(label(usual), format!("PBX main, call {usual}"));
        let long = label(&"5".repeat(9_000));
        assert!(long.chars().count() < 70, "{long}");
    }
}
