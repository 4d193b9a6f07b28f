//! `receive`: which submissions a profile takes.

use crate::domain::PollId;
use crate::mapping::codes::Code;
use crate::mapping::path::When;
use crate::mapping::problem::{Place, Problems};
use crate::mapping::profile::Receive;
use crate::mapping::raw::{RawReceive, block};
use crate::mapping::yaml::Text;

pub(super) fn compile(raw: Option<&RawReceive>, whole: &Place, problems: &mut Problems) -> Receive {
    let Some(raw) = raw else {
        let message = "the profile does not say what it receives";
        problems.error(
            Code::MissingKey,
            whole,
            message,
            "add `receive: { polls: [123] }`",
        );
        return Receive::default();
    };
    let is_default = raw.default.as_ref().is_some_and(|flag| flag.value);
    let ways = [raw.polls.is_some(), raw.channel.is_some(), is_default];
    match ways.iter().filter(|way| **way).count() {
        0 => {
            let message = "`receive` names no poll";
            problems.error(
                Code::MissingKey,
                &raw.place,
                message,
                "add `polls: [123]`, or `default: true`",
            );
        }
        1 => {}
        _ => {
            let message = "`receive` takes one of `polls`, `channel` and `default: true`";
            problems.error(
                Code::WrongPlace,
                &raw.place,
                message,
                "make a profile for each of them",
            );
        }
    }
    if let Some(channel) = &raw.channel {
        let message = "this version does not serve channels: nothing will reach this profile";
        problems.warn(
            Code::NotYet,
            &channel.place,
            message,
            "receive polls, or keep it for later",
        );
    }
    Receive {
        polls: raw
            .polls
            .iter()
            .flatten()
            .filter_map(|text| poll(text, problems))
            .collect(),
        channel: raw.channel.as_ref().map(|text| text.value.clone()),
        is_default,
        when: raw.when.as_ref().and_then(|text| when(text, problems)),
        order: raw.order.as_ref().map_or(0, |order| order.value),
    }
}

fn poll(text: &Text, problems: &mut Problems) -> Option<PollId> {
    let number = block::integer("receive.polls", text, problems)?.value;
    let poll = PollId::new(number);
    if poll.is_none() {
        let message = format!("`{number}` is no poll: polls are numbered from 1");
        problems.error(Code::WrongValue, &text.place, message, "");
    }
    poll
}

fn when(text: &Text, problems: &mut Problems) -> Option<When> {
    When::parse(&text.value)
        .inspect_err(|bad| {
            let lead = text.value.chars().take_while(|c| c.is_whitespace()).count();
            let place = text.part(lead + bad.offset, bad.length);
            problems.error(Code::BadPath, &place, &bad.message, &bad.advice);
        })
        .ok()
}

/// `identity` says what makes two deliveries of a channel the same; polls have their answer numbers.
pub(super) fn check_identity(identity: Option<&Text>, receive: &Receive, problems: &mut Problems) {
    let Some(identity) = identity else {
        return;
    };
    if receive.channel.is_some() {
        let message = "`identity` has no effect yet: this version does not serve channels";
        problems.warn(Code::NotYet, &identity.place, message, "");
    } else {
        let message = "`identity` is for channels; a poll's answers have numbers of their own";
        problems.error(Code::WrongPlace, &identity.place, message, "remove it");
    }
}
