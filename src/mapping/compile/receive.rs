//! `receive`: which submissions a profile takes.

use super::condition;
use crate::authoring::channel_name;
use crate::authoring::codes::Code;
use crate::authoring::problem::{Place, Problems};
use crate::authoring::raw::{RawReceive, block};
use crate::authoring::yaml::Text;
use crate::domain::{PollId, bilingual};
use crate::mapping::profile::{Receive, Rest};

pub(super) fn compile(raw: Option<&RawReceive>, whole: &Place, problems: &mut Problems) -> Receive {
    let Some(raw) = raw else {
        let message = bilingual!(
            "the profile does not say what it receives",
            "в профиле не сказано, что он принимает"
        );
        let advice = bilingual!(
            "add `receive: {{ polls: [123] }}`",
            "добавьте `receive: {{ polls: [123] }}`"
        );
        problems.error(Code::MissingKey, whole, message, advice);
        return Receive::default();
    };
    let default = raw
        .default
        .as_ref()
        .and_then(|text| default(text, problems));
    check_ways(raw, default, problems);
    let channels = raw.channel.iter().flatten();
    Receive {
        polls: raw
            .polls
            .iter()
            .flatten()
            .filter_map(|text| poll(text, problems))
            .collect(),
        channels: channels
            .filter_map(|text| channel_name(text, problems))
            .collect(),
        // whoever names a channel means other channels, not polls
        rest: default.map_or(Rest::NOTHING, |default| Rest {
            polls: default.polls && raw.channel.is_none(),
            ..default
        }),
        when: raw
            .when
            .as_ref()
            .and_then(|text| condition::packet(text, problems)),
        order: raw.order.as_ref().map_or(0, |order| order.value),
    }
}

/// A profile takes something, and polls and channels have packets that differ.
fn check_ways(raw: &RawReceive, default: Option<Rest>, problems: &mut Problems) {
    match (raw.polls.is_some(), raw.channel.is_some(), default) {
        (false, false, None | Some(Rest::NOTHING)) => {
            let message = bilingual!(
                "`receive` names no poll and no channel",
                "в `receive` не назван ни опрос, ни канал"
            );
            let advice = bilingual!(
                "add `polls: [123]`, `channel: site`, or `default: true`",
                "добавьте `polls: [123]`, `channel: site` или `default: true`"
            );
            problems.error(Code::MissingKey, &raw.place, message, advice);
        }
        (true, true, _) => {
            let message = bilingual!(
                "`receive` takes either `polls` or a `channel`",
                "в `receive` бывает что-то одно: `polls` или `channel`"
            );
            let advice = bilingual!(
                "make a profile for each of them: their packets differ",
                "сделайте для каждого свой профиль: пакеты у них разные"
            );
            problems.error(Code::WrongPlace, &raw.place, message, advice);
        }
        (true, false, Some(default)) if default.channels => {
            let message = bilingual!(
                "a profile for polls cannot take what comes to channels",
                "профиль для опросов не может принимать то, что приходит в каналы"
            );
            let advice = bilingual!(
                "write `default: polls`, or make a profile of its own for the channels",
                "напишите `default: polls` или сделайте для каналов свой профиль"
            );
            problems.error(Code::WrongPlace, &raw.place, message, advice);
        }
        _ => {}
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
    let written = &text.value;
    let message = bilingual!(
        "`receive.default` cannot be `{written}`",
        "`receive.default` не может быть `{written}`"
    );
    let advice = bilingual!(
        "write true, polls or channels",
        "напишите true, polls или channels"
    );
    problems.error(Code::WrongValue, &text.place, message, advice);
    None
}

fn poll(text: &Text, problems: &mut Problems) -> Option<PollId> {
    let number = block::integer("receive.polls", text, problems)?.value;
    let poll = PollId::new(number);
    if poll.is_none() {
        let message = bilingual!(
            "`{number}` is no poll: polls are numbered from 1",
            "`{number}` — не опрос: опросы нумеруются с 1"
        );
        let advice = bilingual!("write the poll's number", "напишите номер опроса");
        problems.error(Code::WrongValue, &text.place, message, advice);
    }
    poll
}

/// `identity` says what makes two deliveries of a channel the same; polls have their answer numbers.
pub(super) fn check_identity(identity: Option<&Text>, receive: &Receive, problems: &mut Problems) {
    let Some(identity) = identity else {
        return;
    };
    if receive.channels.is_empty() && !receive.rest.channels {
        let message = bilingual!(
            "`identity` is for channels; a poll's answers have numbers of their own",
            "`identity` — для каналов; у ответов опроса есть свои номера"
        );
        let advice = bilingual!("remove it", "уберите его");
        problems.error(Code::WrongPlace, &identity.place, message, advice);
    }
}
