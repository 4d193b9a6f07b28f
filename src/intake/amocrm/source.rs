//! amoCRM as a source: an address for each account of the settings, and a key for each change of an
//! item.

use std::time::Duration;

use actix_web::web;
use serde_json::{Value, json};

use super::packet::{packet, packets};
use super::split::items;
use super::{AmoIntake, SOURCE, configure};
use crate::config::{AMO_PATH, Settings};
use crate::domain::body::Mistake;
use crate::domain::json::{Bounds, DEEPEST};
use crate::domain::{
    Bilingual, EndpointName, Lang, Source, SourceKind, SubmissionId, bilingual, hook_event,
    parts_of_key,
};
use crate::intake::{Announcement, BadSource, IntakeParts, IntakeSource, Routes, SourceAddresses};
use crate::mapping::ProfileSet;

/// The source `amocrm`.
#[derive(Debug)]
pub struct AmoSource;

impl SourceKind for AmoSource {
    fn name(&self) -> &'static str {
        SOURCE
    }

    fn decode(&self, source: &Source, raw: &[u8], bounds: Bounds) -> Result<Value, Mistake> {
        packet(source, raw, bounds)
    }

    fn parts(&self, request: &Value) -> Option<Vec<Value>> {
        packets(request)
    }

    fn address_label(&self, address: &str, _lang: Lang) -> String {
        format!("amoCRM {address}")
    }

    /// Names the event and the number: `amoCRM main, leads.add 31470021`.
    fn label(&self, source: &Source, lang: Lang) -> String {
        let account = self.address_label(source.address(), lang);
        match parts_of_key(source.key()) {
            Some((entity, action, id)) => format!("{account}, {entity}.{action} {id}"),
            None => account,
        }
    }

    fn to_json(&self, source: &Source) -> Value {
        let mut json = json!({"name": source.address(), "key": source.key()});
        if let Some((entity, action, id)) = parts_of_key(source.key()) {
            json["event"] = format!("{entity}.{action}").into();
            json["id"] = id.into();
        }
        json!({ SOURCE: json })
    }

    fn of_packet(&self, address: Option<&str>, packet: &Value) -> Option<Source> {
        let name = EndpointName::parse(address?)?;
        let key = match (hook_event(packet), items(packet.clone(), 1)) {
            (None, Ok(items)) => {
                let item = items.first()?;
                item.succession().key(&item.rest_of_key())
            }
            _ => SubmissionId::fresh().to_string(),
        };
        Some(Source::new(SOURCE, name.as_str(), key))
    }
}

impl IntakeSource for AmoSource {
    fn routes(&self, parts: &IntakeParts<'_>) -> Result<Routes, BadSource> {
        let intake = web::Data::new(AmoIntake::new(parts));
        Ok(Box::new(move |config| configure(config, intake.clone())))
    }

    fn addresses(&self, _settings: &Settings) -> SourceAddresses {
        SourceAddresses {
            base_path: AMO_PATH.to_owned(),
            names: None,
        }
    }

    fn announcement(&self, base: &str, settings: &Settings, _: &ProfileSet) -> Announcement {
        let address = |(name, account): (&String, &crate::config::AmoSettings)| {
            let secret = if account.secret.is_some() {
                "?key=…"
            } else {
                ""
            };
            let url = format!("{base}{AMO_PATH}/{name}{secret}");
            (
                Bilingual::new("amoCRM", "amoCRM"),
                bilingual!("{url}", "{url}"),
            )
        };
        Announcement {
            addresses: settings.amocrm.iter().map(address).collect(),
            examples: Vec::new(),
        }
    }

    fn bounds(&self, settings: &Settings) -> Bounds {
        let limits = settings.amocrm.values().map(|account| account.value_limit);
        Bounds {
            depth: DEEPEST,
            values: limits.max().unwrap_or(settings.server.value_limit),
        }
    }

    fn quarantine_keep(&self, settings: &Settings) -> Option<Duration> {
        settings.channels.quarantine_keep
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submission_is_named_by_its_event_and_number() {
        let packet = json!({"leads": {"add": [{"id": 31_470_021, "last_modified": 5}]}, "account": {"id": 9}});
        let source = AmoSource.of_packet(Some("Main"), &packet).unwrap();
        let identity = source.identity();
        assert!(
            identity
                .as_str()
                .starts_with("amocrm/main/9/leads/31470021/00000000000000000005/add/")
        );
        assert_eq!(
            AmoSource.label(&source, Lang::Ru),
            "amoCRM main, leads.add 31470021"
        );
        assert_eq!(AmoSource.to_json(&source)["amocrm"]["event"], "leads.add");
        let other = Source::new(SOURCE, "main", "unreadable/ab");
        assert_eq!(AmoSource.label(&other, Lang::En), "amoCRM main");
        assert_eq!(AmoSource.of_packet(None, &packet), None);
        assert_eq!(AmoSource.of_packet(Some("a b"), &packet), None);
    }
}
