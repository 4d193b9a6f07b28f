//! The survey portal as a source. A poll is an address, an answer is a key. The details are what
//! `postPoll` told about the poll.

use std::time::Duration;

use actix_web::web;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::packet::{named, unwrapped};
use super::{METHODS, Polls, configure};
use crate::config::Settings;
use crate::domain::body::Mistake;
use crate::domain::json::{self, Bounds};
use crate::domain::{
    AnswerId, Bilingual, Identity, Lang, Poll, PollFacts, PollId, Source, SourceKind, SubmissionId,
    bilingual,
};
use crate::intake::{Announcement, BadSource, IntakeParts, IntakeSource, Routes, SourceAddresses};
use crate::mapping::ProfileSet;

/// The name under which answers are stored.
pub(super) const SOURCE: &str = "polls";

const EXAMPLE_POLL: &str = r#"{"poll_id":123,"poll_name":"Какой у вас вопрос по ОП","poll_language":"ru","employee_email":"somebody@hse.example"}"#;

/// An answer as the survey portal's documentation shows it.
pub(in crate::intake) const EXAMPLE_ANSWER: &str = r#"{"header_data":{"poll_id":123,"answer_id":345,"form_kind":1,"analytics":{"url":"https://portal.example/polls/123.html","params":{"utm_source":"direct"}}},"data":{"firstname":"Анна","lastname":"Петрова","email":"anna@mail.example","phone":"8 (912) 345-67-89"}}"#;

/// The source `polls`.
#[derive(Debug)]
pub struct PollSource;

/// The details of an answer.
#[derive(Debug, Serialize)]
struct Details {
    poll: PollFacts,
}

/// Returns the source of an answer to a poll, with what is known about the poll.
pub(super) fn answer(poll: PollId, answer: AnswerId, registered: Option<&Poll>) -> Source {
    let source = Source::new(SOURCE, poll.to_string(), answer.to_string());
    match registered {
        Some(registered) => source.with_details(&Details {
            poll: registered.into(),
        }),
        None => source,
    }
}

impl SourceKind for PollSource {
    fn name(&self) -> &'static str {
        SOURCE
    }

    fn decode(&self, _source: &Source, raw: &[u8], bounds: Bounds) -> Result<Value, Mistake> {
        json::decode(&unwrapped(raw), bounds)
            .map(|decoded| decoded.value)
            .map_err(Mistake::Json)
    }

    fn address_label(&self, address: &str, lang: Lang) -> String {
        match lang {
            Lang::En => format!("poll {address}"),
            Lang::Ru => format!("опрос {address}"),
        }
    }

    fn label(&self, source: &Source, lang: Lang) -> String {
        let poll = self.address_label(source.address(), lang);
        let answer = source.key();
        match lang {
            Lang::En => format!("{poll}, answer {answer}"),
            Lang::Ru => format!("{poll}, ответ {answer}"),
        }
    }

    /// An answer without a number gets number 1.
    fn of_packet(&self, address: Option<&str>, packet: &Value) -> Option<Source> {
        let (poll, number) = named(packet);
        let poll = match address {
            Some(address) => PollId::new(address.parse().ok()?)?,
            None => poll?,
        };
        let number = number.or_else(|| AnswerId::new(1))?;
        Some(answer(poll, number, None))
    }

    fn title(&self, source: &Source) -> Option<String> {
        source.given_name("poll")
    }

    /// Answers have numbers, and templates may write them into number fields.
    fn trial_key(&self, _id: SubmissionId, at: Timestamp) -> String {
        at.as_millisecond().to_string()
    }

    fn to_json(&self, source: &Source) -> Value {
        let number = |text: &str| text.parse::<i64>().ok();
        let mut json = json!({"poll": number(source.address()), "answer": number(source.key())});
        if let Some(name) = self.title(source) {
            json["name"] = name.into();
        }
        json!({ "poll": json })
    }

    /// `123/345` is answer 345 to poll 123.
    fn short_identity(&self, text: &str) -> Option<Identity> {
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let (poll, answer) = text.split_once('/')?;
        (is_number(poll) && is_number(answer)).then(|| Source::new(SOURCE, poll, answer).identity())
    }
}

impl IntakeSource for PollSource {
    fn routes(&self, parts: &IntakeParts<'_>) -> Result<Routes, BadSource> {
        let base_path = parts.settings.polls.base_path.clone();
        let polls = web::Data::new(Polls::new(parts)?);
        Ok(Box::new(move |config| {
            configure(config, &base_path, polls.clone());
        }))
    }

    fn addresses(&self, settings: &Settings) -> SourceAddresses {
        SourceAddresses {
            base_path: settings.polls.base_path.clone(),
            names: Some(&METHODS),
        }
    }

    /// The examples are the packets in the survey portal's documentation.
    fn announcement(&self, base: &str, settings: &Settings, _: &ProfileSet) -> Announcement {
        let path = &settings.polls.base_path;
        let [post_poll, post_answer] = METHODS.map(|method| format!("{base}{path}/{method}"));
        let command = |url: &str, packet: &str| {
            format!("curl -X POST -H 'Content-type: application/json' '{url}' --data '{packet}'")
        };
        Announcement {
            examples: vec![
                (
                    Bilingual::new("Connect a poll", "Подключить опрос"),
                    command(&post_poll, EXAMPLE_POLL),
                ),
                (
                    Bilingual::new("Send an answer", "Отправить ответ"),
                    command(&post_answer, EXAMPLE_ANSWER),
                ),
            ],
            addresses: [("postPoll", post_poll), ("postAnswer", post_answer)]
                .map(|(method, url)| {
                    let url = bilingual!("{url}", "{url}");
                    (Bilingual::new(method, method), url)
                })
                .into(),
        }
    }

    fn bounds(&self, settings: &Settings) -> Bounds {
        Bounds {
            depth: settings.polls.depth_limit,
            values: settings.server.value_limit,
        }
    }

    fn quarantine_keep(&self, _settings: &Settings) -> Option<Duration> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_numbers_of_its_packet() {
        let source = |address, packet| {
            let source = PollSource.of_packet(address, &packet)?;
            Some(source.identity().as_str().to_owned())
        };
        let packet = json!({"header_data": {"poll_id": 123, "answer_id": 345}, "data": {}});
        assert_eq!(
            source(None, packet.clone()).as_deref(),
            Some("polls/123/345")
        );
        assert_eq!(source(Some("7"), packet).as_deref(), Some("polls/7/345"));
        assert_eq!(source(Some("7"), json!({})).as_deref(), Some("polls/7/1"));
        assert_eq!(source(None, json!({})), None);
        assert_eq!(source(Some("0"), json!({})), None);
    }

    #[test]
    fn an_answer_is_named_in_both_languages_and_has_a_short_identity() {
        let source = Source::new(SOURCE, "123", "345");
        assert_eq!(PollSource.label(&source, Lang::En), "poll 123, answer 345");
        assert_eq!(PollSource.label(&source, Lang::Ru), "опрос 123, ответ 345");
        assert_eq!(
            PollSource.short_identity("123/345"),
            Some(source.identity())
        );
        for text in ["123", "123/", "shop/1", "1/2/3"] {
            assert_eq!(PollSource.short_identity(text), None, "{text}");
        }
    }
}
