//! Reports rules of a record that cancel each other: keys without effect, and pipelines that do not
//! match. Only for keys of the profile itself, because the defaults serve many profiles.

use crate::authoring::codes::Code;
use crate::authoring::problem::{Problems, TextPlace};
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::record::RawRecord;
use crate::authoring::raw::todo::RawTodo;
use crate::domain::{Closed, Found, TodoOn, bilingual};

/// Warns of such rules.
pub(super) fn check(raw: &RawRecord, todo: Option<&RawTodo>, problems: &mut Problems) {
    let found = raw.found.as_ref().map(|word| word.value);
    let (word, keys) = match found.unwrap_or_default() {
        Found::AlwaysCreate => ("always_create", of_creation(raw, todo)),
        Found::Ignore => ("ignore", of_ignoring(raw, todo)),
        Found::Update => ("update", Vec::new()),
    };
    for (key, place) in keys {
        if place.source.name() != raw.place.source.name() {
            continue;
        }
        let message = bilingual!(
            "`{key}` has no effect with `found: {word}`",
            "`{key}` при `found: {word}` ни на что не влияет"
        );
        let advice = bilingual!("remove one of them", "уберите что-то одно");
        problems.warn(Code::WrongPlace, place, message, advice);
    }
    stages(raw, problems);
    reopened(raw, problems);
    category(raw, problems);
}

/// With `found: always_create` nothing is found, open or closed.
fn of_creation<'r>(
    raw: &'r RawRecord,
    todo: Option<&'r RawTodo>,
) -> Vec<(&'static str, &'r TextPlace)> {
    let among = raw.open_stages().next();
    let searches = raw.fields.values().flat_map(|rules| &rules.rules);
    let searches = searches.filter_map(|rule| rule.search.as_ref().filter(|flag| flag.value));
    let mut keys = vec![];
    keys.extend(among.map(|text| ("among", &text.place)));
    keys.extend(raw.closed.as_ref().map(|word| ("closed", &word.place)));
    keys.extend(moving(raw));
    keys.extend(searches.map(|flag| ("search: true", &flag.place)));
    keys.extend(on_update(todo));
    keys
}

/// A record that is left alone is not moved and gets no to-do.
fn of_ignoring<'r>(
    raw: &'r RawRecord,
    todo: Option<&'r RawTodo>,
) -> Vec<(&'static str, &'r TextPlace)> {
    let mut keys: Vec<_> = moving(raw).into_iter().collect();
    let closed = raw.closed.as_ref().map(|word| word.value);
    if closed != Some(Closed::Update) {
        keys.extend(on_update(todo));
    }
    keys
}

fn moving(raw: &RawRecord) -> Option<(&'static str, &TextPlace)> {
    let flag = raw.change_stage.as_ref().filter(|flag| flag.value)?;
    Some(("change_stage", &flag.place))
}

fn on_update(todo: Option<&RawTodo>) -> Option<(&'static str, &TextPlace)> {
    let word = todo.and_then(|todo| todo.on.as_ref())?;
    (word.value == TodoOn::Update).then_some(("todo.on: update", &word.place))
}

/// Returns the pipeline of a stage: `C1` of `C1:NEW`; the first pipeline has no prefix.
fn pipeline(stage: &str) -> &str {
    stage
        .trim()
        .split_once(':')
        .map_or("", |(pipeline, _)| pipeline)
}

/// Records are not moved from one pipeline into another.
fn stages(raw: &RawRecord, problems: &mut Problems) {
    let Some(stage) = raw.stages().next().filter(|_| moving(raw).is_some()) else {
        return;
    };
    for open in raw.open_stages() {
        let (from, to) = (&open.value, &stage.value);
        if raw
            .stages()
            .any(|stage| pipeline(from) == pipeline(&stage.value))
        {
            continue;
        }
        let message = bilingual!(
            "`{from}` and `{to}` belong to different pipelines: a record found there is not moved",
            "`{from}` и `{to}` — из разных воронок: найденная там запись на другую стадию не переводится"
        );
        let advice = bilingual!(
            "name stages of one pipeline, or remove `among`",
            "назовите стадии одной воронки или уберите `among`"
        );
        problems.warn(Code::WrongPlace, &open.place, message, advice);
    }
}

/// Final stages that every portal has: of deals, leads and items.
const FINAL: [&str; 7] = [
    "WON",
    "LOSE",
    "APOLOGY",
    "CONVERTED",
    "JUNK",
    "SUCCESS",
    "FAIL",
];

/// `change_stage` moves a closed record back to work if `among` names its stage.
fn reopened(raw: &RawRecord, problems: &mut Problems) {
    let Some(stage) = raw.stages().next().filter(|_| moving(raw).is_some()) else {
        return;
    };
    for open in raw.open_stages() {
        let code = open.value.trim();
        let last = code.rsplit(':').next().unwrap_or(code);
        let is_target = raw.stages().any(|stage| stage.value.trim() == code);
        if !FINAL.contains(&last) || is_target {
            continue;
        }
        let to = &stage.value;
        let message = bilingual!(
            "`{code}` is a final stage: `change_stage` reopens records that are closed, and moves them to `{to}`",
            "`{code}` — завершающая стадия: `change_stage` вернёт закрытые записи в работу, на `{to}`"
        );
        let advice = bilingual!(
            "remove `{code}` from `among`, or remove `change_stage`",
            "уберите `{code}` из `among` или уберите `change_stage`"
        );
        problems.warn(Code::WrongPlace, &open.place, message, advice);
    }
}

/// The stage determines the pipeline; a pipeline alone does not select open records.
fn category(raw: &RawRecord, problems: &mut Problems) {
    let written = raw
        .fields
        .get("CATEGORY_ID")
        .or(raw.fields.get("categoryId"));
    let Some((rules, rule)) = written.and_then(|rules| Some((rules, rules.rules.first()?))) else {
        return;
    };
    let mut stages = raw.stages();
    let of_stage = stages.next().filter(|_| stages.next().is_none());
    let of_stage = of_stage.and_then(|stage| {
        let mut parts = pipeline(&stage.value).rsplit(|c: char| !c.is_ascii_digit());
        parts.next()
    });
    let of_stage = of_stage.map(|number| if number.is_empty() { "0" } else { number });
    if of_stage == Some(rule.value.value.trim()) {
        return;
    }
    let key = &rules.key.value;
    let message = bilingual!(
        "`stage` sets the pipeline, not `{key}`",
        "воронку задаёт `stage`, а не `{key}`"
    );
    let advice = bilingual!(
        "write the stage with its pipeline, such as C1:NEW or DT1036_5:NEW, and remove `{key}`",
        "напишите стадию вместе с воронкой, например C1:NEW или DT1036_5:NEW, и уберите `{key}`"
    );
    problems.warn(Code::WrongPlace, &rules.key.place, message, advice);
}

/// Reports a profile without blocks and without steps.
pub(super) fn makes_nothing(raw: &RawProfile, problems: &mut Problems) {
    if raw.then.as_ref().is_some_and(|steps| !steps.is_empty()) {
        return;
    }
    let message = bilingual!("the profile creates nothing", "профиль ничего не создаёт");
    let advice = bilingual!(
        "add a `deal:`, a `lead:` or an `item:` block, a `contact:` or `company:` with fields, or steps in `then:`",
        "добавьте блок `deal:`, `lead:` или `item:`, `contact:` или `company:` с полями либо шаги в `then:`"
    );
    problems.error(Code::MissingKey, &raw.place, message, advice);
}
