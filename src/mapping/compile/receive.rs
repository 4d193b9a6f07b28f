//! `receive`: which submissions a profile takes.

use super::condition;
use crate::domain::PollId;
use crate::mapping::codes::Code;
use crate::mapping::problem::{Place, Problems};
use crate::mapping::profile::Receive;
use crate::mapping::raw::{RawReceive, block};
use crate::mapping::words::{Words, say};
use crate::mapping::yaml::Text;

pub(super) fn compile(raw: Option<&RawReceive>, whole: &Place, problems: &mut Problems) -> Receive {
    let Some(raw) = raw else {
        let message = say!(
            "the profile does not say what it receives",
            "в профиле не сказано, что он принимает"
        );
        let advice = say!(
            "add `receive: {{ polls: [123] }}`",
            "добавьте `receive: {{ polls: [123] }}`"
        );
        problems.error(Code::MissingKey, whole, message, advice);
        return Receive::default();
    };
    let is_default = raw.default.as_ref().is_some_and(|flag| flag.value);
    let ways = [raw.polls.is_some(), raw.channel.is_some(), is_default];
    check_ways(raw, ways.iter().filter(|way| **way).count(), problems);
    if let Some(channel) = &raw.channel {
        let message = say!(
            "this version does not serve channels: nothing will reach this profile",
            "эта версия каналов не обслуживает: до этого профиля ничего не дойдёт"
        );
        let advice = say!(
            "receive polls, or keep it for later",
            "принимайте опросы или отложите профиль на потом"
        );
        problems.warn(Code::NotYet, &channel.place, message, advice);
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
        when: raw
            .when
            .as_ref()
            .and_then(|text| condition::packet(text, problems)),
        order: raw.order.as_ref().map_or(0, |order| order.value),
    }
}

/// A profile receives in one way.
fn check_ways(raw: &RawReceive, ways: usize, problems: &mut Problems) {
    match ways {
        0 => {
            let message = say!(
                "`receive` names no poll",
                "в `receive` не назван ни один опрос"
            );
            let advice = say!(
                "add `polls: [123]`, or `default: true`",
                "добавьте `polls: [123]` или `default: true`"
            );
            problems.error(Code::MissingKey, &raw.place, message, advice);
        }
        1 => {}
        _ => {
            let message = say!(
                "`receive` takes one of `polls`, `channel` and `default: true`",
                "в `receive` бывает что-то одно: `polls`, `channel` или `default: true`"
            );
            let advice = say!(
                "make a profile for each of them",
                "сделайте для каждого свой профиль"
            );
            problems.error(Code::WrongPlace, &raw.place, message, advice);
        }
    }
}

fn poll(text: &Text, problems: &mut Problems) -> Option<PollId> {
    let number = block::integer("receive.polls", text, problems)?.value;
    let poll = PollId::new(number);
    if poll.is_none() {
        let message = say!(
            "`{number}` is no poll: polls are numbered from 1",
            "`{number}` — не опрос: опросы нумеруются с 1"
        );
        let advice = say!("write the poll's number", "напишите номер опроса");
        problems.error(Code::WrongValue, &text.place, message, advice);
    }
    poll
}

/// `identity` says what makes two deliveries of a channel the same; polls have their answer numbers.
pub(super) fn check_identity(identity: Option<&Text>, receive: &Receive, problems: &mut Problems) {
    let Some(identity) = identity else {
        return;
    };
    if receive.channel.is_some() {
        let message = say!(
            "`identity` has no effect yet: this version does not serve channels",
            "`identity` пока ни на что не влияет: эта версия каналов не обслуживает"
        );
        problems.warn(Code::NotYet, &identity.place, message, Words::nothing());
    } else {
        let message = say!(
            "`identity` is for channels; a poll's answers have numbers of their own",
            "`identity` — для каналов; у ответов опроса есть свои номера"
        );
        let advice = say!("remove it", "уберите его");
        problems.error(Code::WrongPlace, &identity.place, message, advice);
    }
}
