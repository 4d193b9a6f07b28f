//! `receive`: which submissions a profile takes.

use crate::domain::{ChannelName, PollId};
use crate::mapping::codes::Code;
use crate::mapping::path::When;
use crate::mapping::problem::{Place, Problems};
use crate::mapping::profile::{Receive, Rest};
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
    let default = raw
        .default
        .as_ref()
        .and_then(|text| default(text, problems));
    match (raw.polls.is_some(), raw.channel.is_some(), default) {
        (false, false, None | Some(Rest::NOTHING)) => {
            let message = "`receive` names no poll and no channel";
            let advice = "add `polls: [123]`, `channel: site`, or `default: true`";
            problems.error(Code::MissingKey, &raw.place, message, advice);
        }
        (true, true, _) => {
            let message = "`receive` takes either `polls` or a `channel`";
            let advice = "make a profile for each of them: their packets differ";
            problems.error(Code::WrongPlace, &raw.place, message, advice);
        }
        (true, false, Some(default)) if default.channels => {
            let message = "a profile for polls cannot take what comes to channels";
            let advice = "write `default: polls`, or make a profile of its own for the channels";
            problems.error(Code::WrongPlace, &raw.place, message, advice);
        }
        _ => {}
    }
    let channels = raw.channel.iter().flatten();
    Receive {
        polls: raw
            .polls
            .iter()
            .flatten()
            .filter_map(|text| poll(text, problems))
            .collect(),
        channels: channels
            .filter_map(|text| channel(text, problems))
            .collect(),
        // whoever names a channel means other channels, not polls
        rest: default.map_or(Rest::NOTHING, |default| Rest {
            polls: default.polls && raw.channel.is_none(),
            ..default
        }),
        when: raw.when.as_ref().and_then(|text| when(text, problems)),
        order: raw.order.as_ref().map_or(0, |order| order.value),
    }
}

/// Which of what nobody takes the profile takes.
fn default(text: &Text, problems: &mut Problems) -> Option<Rest> {
    const POLLS: Rest = Rest {
        polls: true,
        channels: false,
    };
    const CHANNELS: Rest = Rest {
        polls: false,
        channels: true,
    };
    const ALL: Rest = Rest {
        polls: true,
        channels: true,
    };
    const WORDS: [(&str, Rest); 12] = [
        ("true", ALL),
        ("false", Rest::NOTHING),
        ("polls", POLLS),
        ("channels", CHANNELS),
        ("True", ALL),
        ("False", Rest::NOTHING),
        ("yes", ALL),
        ("no", Rest::NOTHING),
        ("on", ALL),
        ("off", Rest::NOTHING),
        ("poll", POLLS),
        ("channel", CHANNELS),
    ];
    if let Some((_, default)) = WORDS.iter().find(|(word, _)| *word == text.value) {
        return Some(*default);
    }
    let message = format!("`receive.default` cannot be `{}`", text.value);
    let advice = "write true, polls or channels";
    problems.error(Code::WrongValue, &text.place, message, advice);
    None
}

pub(in crate::mapping) fn channel(text: &Text, problems: &mut Problems) -> Option<ChannelName> {
    let name = ChannelName::parse(&text.value);
    if name.is_none() {
        let message = format!("`{}` cannot be a channel's name", text.value);
        let advice =
            "it is a part of an address: use up to 64 Latin letters, digits, `-`, `_` and `.`";
        problems.error(Code::WrongValue, &text.place, message, advice);
    }
    name
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
    if receive.channels.is_empty() && !receive.rest.channels {
        let message = "`identity` is for channels; a poll's answers have numbers of their own";
        problems.error(Code::WrongPlace, &identity.place, message, "remove it");
    }
}
