//! `todo`: a title, a time, and when one is made.

use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::slots::Used;
use super::{condition, inline};
use crate::mapping::codes::Code;
use crate::mapping::problem::Problems;
use crate::mapping::profile::TodoRules;
use crate::mapping::raw::RawProfile;
use crate::mapping::raw::todo::RawTodo;
use crate::mapping::words::{Words, say};
use crate::mapping::yaml::Text;

/// The longest time that a to-do is given.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// The rules of the to-do; `None` when the profile makes none.
pub(super) fn compile(
    raw: &RawProfile,
    declared: &[&str],
    used: &mut Used,
    problems: &mut Problems,
) -> Option<TodoRules> {
    let todo = raw.todo.as_ref().filter(|todo| !todo.none)?;
    if raw.deal.is_none() && raw.lead.is_none() && raw.item.is_none() {
        let message = say!(
            "a to-do belongs to a deal, a lead or an item, and this profile makes none",
            "дело заводят в сделке, лиде или элементе, а этот профиль ничего такого не заводит"
        );
        let advice = say!(
            "add a `deal:`, a `lead:` or an `item:` block, or remove `todo`",
            "добавьте блок `deal:`, `lead:` или `item:` либо уберите `todo`"
        );
        problems.error(Code::WrongPlace, &todo.place, message, advice);
    }
    let when = condition::compile(todo.when.as_ref(), declared, problems);
    used.condition(&when);
    let missing = missing(todo, problems);
    let mut template = |text: &Text, problems: &mut Problems| {
        let template = inline(text, declared, problems)?;
        used.template(&template);
        Some(template)
    };
    let title = todo.title.as_ref().map(|text| template(text, problems));
    let text = todo.text.as_ref().map(|text| template(text, problems));
    let after = todo.after.as_ref().map(|text| after(text, problems));
    if missing {
        return None;
    }
    Some(TodoRules {
        title: title??,
        after: after??,
        text: text.flatten(),
        on: todo.on.as_ref().map(|word| word.value).unwrap_or_default(),
        when,
    })
}

/// Whether something that every to-do needs is not said.
fn missing(todo: &RawTodo, problems: &mut Problems) -> bool {
    let keys: [(bool, &str, Words); 2] = [
        (
            todo.title.is_none(),
            "title",
            Words::new(
                "add `title: \"Call back {{name}}\"`",
                "добавьте `title: \"Перезвонить {{name}}\"`",
            ),
        ),
        (
            todo.after.is_none(),
            "after",
            say!(
                "add `after: 2h`: the time until it is due",
                "добавьте `after: 2h`: сколько времени до срока"
            ),
        ),
    ];
    let is_incomplete = keys.iter().any(|(is_missing, ..)| *is_missing);
    for (is_missing, key, advice) in keys {
        if is_missing {
            let message = say!("`todo` has no `{key}`", "в `todo` нет `{key}`");
            problems.error(Code::MissingKey, &todo.place, message, advice);
        }
    }
    is_incomplete
}

/// `2h`, `1h 30m`, `3d`; a day is 24 hours.
fn after(text: &Text, problems: &mut Problems) -> Option<SignedDuration> {
    let span: Option<Span> = text.value.trim().parse().ok();
    let duration = span.and_then(|span| {
        span.to_duration(SpanRelativeTo::days_are_24_hours())
            .ok()
            .filter(|time| !time.is_negative() && *time <= LONGEST)
    });
    if duration.is_none() {
        let found = &text.value;
        let message = say!(
            "`todo.after` is a time such as `2h`, not `{found}`",
            "`todo.after` — это время вроде `2h`, а не `{found}`"
        );
        let advice = say!(
            "write `30m`, `2h`, `1h 30m`, `3d` or `1w`; 366 days at most",
            "напишите `30m`, `2h`, `1h 30m`, `3d` или `1w`; не больше 366 дней"
        );
        problems.error(Code::WrongValue, &text.place, message, advice);
    }
    duration
}
