//! Channels as a source: one address a channel, one key a submission, and how the request came as
//! details.

use std::time::Duration;

use actix_web::web;
use serde_json::{Value, json};

use super::packet::{Sent, packet, sent};
use super::{ChannelIntake, configure};
use crate::channels::SOURCE;
use crate::config::Settings;
use crate::domain::body::{self, Mistake};
use crate::domain::file::FileParts;
use crate::domain::json::Bounds;
use crate::domain::{Bilingual, ChannelName, Lang, Source, SourceKind, SubmissionId, bilingual};
use crate::intake::{Announcement, BadSource, IntakeParts, IntakeSource, Routes, SourceAddresses};
use crate::mapping::ProfileSet;

/// Channels that the announcement lists.
const ANNOUNCED: usize = 5;

/// The source `channels`.
#[derive(Debug)]
pub struct ChannelSource;

/// Returns the source of a submission to a channel.
pub(super) fn submission(channel: &ChannelName, key: &str, sent: &Sent) -> Source {
    Source::new(SOURCE, channel.as_str(), key).with_details(sent)
}

impl SourceKind for ChannelSource {
    fn name(&self) -> &'static str {
        SOURCE
    }

    fn decode(&self, source: &Source, raw: &[u8], bounds: Bounds) -> Result<Value, Mistake> {
        packet(&sent(source), raw, bounds)
    }

    fn file_parts(&self, source: &Source, raw: &[u8]) -> Option<FileParts> {
        body::file_parts(sent(source).content_type.as_deref(), raw)
    }

    fn address_label(&self, address: &str, lang: Lang) -> String {
        match lang {
            Lang::En => format!("channel {address}"),
            Lang::Ru => format!("канал {address}"),
        }
    }

    fn title(&self, source: &Source) -> Option<String> {
        source.given_name("channel")
    }

    fn to_json(&self, source: &Source) -> Value {
        let (sent, name) = (sent(source), self.title(source));
        let mut json = json!({"channel": source.address(), "key": source.key(), "sent": sent});
        if let Some(name) = name {
            json["name"] = name.into();
        }
        json!({ "channel": json })
    }

    fn of_packet(&self, address: Option<&str>, _packet: &Value) -> Option<Source> {
        let channel = ChannelName::parse(address?)?;
        let key = SubmissionId::fresh().to_string();
        Some(Source::new(SOURCE, channel.as_str(), key))
    }
}

impl IntakeSource for ChannelSource {
    fn routes(&self, parts: &IntakeParts<'_>) -> Result<Routes, BadSource> {
        let intake = web::Data::new(ChannelIntake::new(parts));
        Ok(Box::new(move |config| configure(config, intake.clone())))
    }

    fn addresses(&self, settings: &Settings) -> SourceAddresses {
        SourceAddresses {
            base_path: settings.channels.base_path.clone(),
            names: None,
        }
    }

    fn announcement(&self, base: &str, settings: &Settings, profiles: &ProfileSet) -> Announcement {
        let path = &settings.channels.base_path;
        let names = profiles.addresses(SOURCE);
        let shown = names.iter().take(ANNOUNCED);
        let word = Bilingual::new("Channel", "Канал");
        let mut addresses: Vec<(Bilingual<&str>, Bilingual)> = shown
            .map(|name| {
                let url = format!("{base}{path}/{name}");
                (word, bilingual!("{url}", "{url}"))
            })
            .collect();
        if names.len() > ANNOUNCED {
            let more = names.len() - ANNOUNCED;
            let more = bilingual!("… and {more} more", "… и ещё {more}");
            addresses.push((Bilingual::default(), more));
        }
        Announcement {
            addresses,
            examples: Vec::new(),
        }
    }

    fn bounds(&self, settings: &Settings) -> Bounds {
        Bounds {
            depth: settings.channels.depth_limit,
            values: settings.server.value_limit,
        }
    }

    fn quarantine_keep(&self, settings: &Settings) -> Option<Duration> {
        settings.channels.quarantine_keep
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::Preset;
    use crate::domain::ChannelFacts;

    #[test]
    fn a_stored_request_is_read_the_way_it_came() {
        let sent = Sent {
            content_type: Some("application/x-www-form-urlencoded; charset=koi8-r".to_owned()),
            query: Some("page=1".to_owned()),
            hidden: Some("key".to_owned()),
            preset: Preset::Tilda,
            separator: Some(body::Separator::Bar),
            request: None,
            channel: Some(Box::new(ChannelFacts {
                name: "Магазин".to_owned(),
            })),
        };
        let channel = ChannelName::parse("shop").unwrap();
        let source = submission(&channel, "a/b c", &sent);
        assert_eq!(source.identity().as_str(), "channels/shop/a/b c");
        assert_eq!(super::sent(&source), sent);
        let raw = b"name=%ED%C1%D2%C9%D1&key=s";
        let packet = ChannelSource.decode(&source, raw, Bounds::STORED);
        assert_eq!(packet, Ok(json!({"name": "Мария", "page": "1"})));
        let other = ChannelSource.decode_other(b"", Bounds::STORED);
        assert_eq!(other, Err(body::Mistake::Empty));
        assert_eq!(ChannelSource.label(&source, Lang::En), "channel shop");
        assert_eq!(ChannelSource.title(&source).as_deref(), Some("Магазин"));
        let json = ChannelSource.to_json(&source);
        assert_eq!(json["channel"]["name"], "Магазин");
    }
}
