//! `todo`: its title, its deadline, and when to create it.

use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::condition;
use super::field_rules::Used;
use super::own_template::inline;
use crate::authoring::codes::Code;
use crate::authoring::measures;
use crate::authoring::problem::Problems;
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::todo::RawTodo;
use crate::authoring::yaml::Text;
use crate::domain::{Bilingual, bilingual};
use crate::mapping::profile::TodoRules;

/// The maximum of `after`.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Compiles the rules of the to-do; returns `None` if the profile makes none.
pub(super) fn compile(
    raw: &RawProfile,
    declared: &[&str],
    used: &mut Used,
    problems: &mut Problems,
) -> Option<TodoRules> {
    let todo = raw.todo.as_ref().filter(|todo| !todo.none)?;
    if raw.deal.is_none() && raw.lead.is_none() && raw.item.is_none() {
        let message = bilingual!(
            "a to-do belongs to a deal, a lead or an item, but this profile creates none",
            "дело создаётся в сделке, лиде или элементе, а этот профиль их не создаёт"
        );
        let advice = bilingual!(
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

/// Returns whether a required key is missing.
fn missing(todo: &RawTodo, problems: &mut Problems) -> bool {
    let keys: [(bool, &str, Bilingual); 2] = [
        (
            todo.title.is_none(),
            "title",
            Bilingual::new(
                "add `title: \"Call back {{name}}\"`",
                "добавьте `title: \"Перезвонить {{name}}\"`",
            )
            .into(),
        ),
        (
            todo.after.is_none(),
            "after",
            bilingual!(
                "add `after: 2h`: the time until it is due",
                "добавьте `after: 2h`: сколько времени до срока"
            ),
        ),
    ];
    let is_incomplete = keys.iter().any(|(is_missing, ..)| *is_missing);
    for (is_missing, key, advice) in keys {
        if is_missing {
            let message = bilingual!("`todo` has no `{key}`", "в `todo` нет `{key}`");
            problems.error(Code::MissingKey, &todo.place, message, advice);
        }
    }
    is_incomplete
}

/// The beginnings of Russian words for units of time.
const UNITS: &[(&str, &str)] = &[
    ("мин", "m"),
    ("м", "m"),
    ("час", "h"),
    ("ч", "h"),
    ("дн", "d"),
    ("ден", "d"),
    ("д", "d"),
    ("сут", "d"),
    ("нед", "w"),
];

/// Converts `2 часа 30 мин` to `2 h 30 m`.
fn in_latin(written: &str) -> String {
    let mut latin = String::new();
    let mut rest = written;
    while let Some(at) = rest.find(|c: char| c.is_alphabetic()) {
        let (before, word) = rest.split_at(at);
        let end = word
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        let lower = word.to_lowercase();
        let unit = UNITS.iter().find(|(start, _)| lower.starts_with(start));
        latin.push_str(before.trim());
        latin.push_str(unit.map_or(word, |(_, unit)| unit));
        latin.push(' ');
        rest = after.trim_start_matches('.');
    }
    latin.push_str(rest.trim());
    latin.trim_end().to_owned()
}

/// `через 2 часа`; `1,5 часа` in braces ends at its comma, so the rest stands behind it.
fn understood(text: &Text) -> Option<String> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let behind = text.behind().unwrap_or_default();
    let whole = match behind.strip_prefix(',') {
        Some(rest) if is_number(&text.value) => {
            let end = rest.find([',', '}']).unwrap_or(rest.len());
            format!(
                "{},{}",
                text.value,
                rest.get(..end).unwrap_or_default().trim()
            )
        }
        _ => text.value.clone(),
    };
    measures::duration(&whole).or_else(|| measures::duration(&text.value))
}

fn is_number(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `18:00`, `до 18:00`, `завтра в 10:00`, `2026-12-31`: a time, and no time until then.
fn is_time_of_day(written: &str) -> bool {
    let mut words = written.split_whitespace();
    let clock = words.find_map(|word| {
        let (hours, minutes) = word.split_once(':')?;
        let is_clock = is_number(hours) && is_number(minutes) && minutes.len() == 2;
        is_clock.then(|| hours.parse::<u32>().ok())?
    });
    // `02:00` may be two hours
    let is_clock = clock.is_some_and(|hours| hours > 5 || written.trim().contains(' '));
    let digits = written.trim().bytes().filter(u8::is_ascii_digit).count();
    let is_day = digits >= 6 && written.trim().contains(['.', '-', '/']);
    is_clock || is_day
}

/// Parses `2h`, `1h 30m`, `3d`, also `2 часа`; a day is 24 hours.
fn after(text: &Text, problems: &mut Problems) -> Option<SignedDuration> {
    let span: Option<Span> = in_latin(text.value.trim()).parse().ok();
    let duration = span.and_then(|span| {
        span.to_duration(SpanRelativeTo::days_are_24_hours())
            .ok()
            .filter(|time| !time.is_negative() && *time <= LONGEST)
    });
    if duration.is_none() {
        let found = &text.value;
        let message = bilingual!(
            "`todo.after` is a time such as `2h`, not `{found}`",
            "`todo.after` — это время вроде `2h`, а не `{found}`"
        );
        let advice = match understood(text) {
            _ if is_time_of_day(found) => bilingual!(
                "a to-do has no time of day: write how long after the submission it is due, such as `after: 2h`",
                "времени суток у дела нет: напишите, через сколько после заявки его срок, например `after: 2h`"
            ),
            None if is_number(found) => bilingual!(
                "write the unit: `after: {found}h` for hours, `{found}m` for minutes, `{found}d` for days",
                "напишите единицу: `after: {found}h` — часы, `{found}m` — минуты, `{found}d` — дни"
            ),
            Some(right) => bilingual!("write `after: {right}`", "напишите `after: {right}`"),
            None => bilingual!(
                "write `30m`, `2h`, `1h 30m`, `3d` or `1w`; 366 days at most",
                "напишите `30m`, `2h`, `1h 30m`, `3d` или `1w`, можно и `2 часа`; не больше 366 дней"
            ),
        };
        problems.error(Code::WrongValue, &text.place, message, advice);
    }
    duration
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times_in_russian() {
        for (written, latin) in [
            ("2 часа", "2h"),
            ("1 ч 30 мин.", "1h 30m"),
            ("3дня", "3d"),
            ("1 день", "1d"),
            ("5 ДНЕЙ", "5d"),
            ("2 суток", "2d"),
            ("1 неделя", "1w"),
            ("90m", "90m"),
            ("1h 30m", "1h 30m"),
            ("скоро", "скоро"),
            ("", ""),
        ] {
            assert_eq!(in_latin(written), latin, "{written}");
        }
    }

    #[test]
    fn a_time_of_day_is_no_time_until_then() {
        for written in [
            "18:00",
            "до 18:00",
            "завтра в 10:00",
            "2026-12-31",
            "31.12.2026",
        ] {
            assert!(is_time_of_day(written), "{written}");
        }
        for written in [
            "02:00",
            "00:30",
            "2h",
            "1,5 часа",
            "завтра",
            "10.00",
            "2 часа",
        ] {
            assert!(!is_time_of_day(written), "{written}");
        }
    }
}
