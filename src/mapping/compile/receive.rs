//! `receive`: which submissions a profile takes.

use super::hook::HookRules;
use super::{call, condition, hook};
use crate::authoring::codes::Code;
use crate::authoring::is_like_defaults;
use crate::authoring::problem::Problems;
use crate::authoring::raw::{RawProfile, RawReceive};
use crate::authoring::sources::{AMOCRM, CHANNELS, PBXS, POLLS, SOURCES, SourceWords};
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::bilingual;
use crate::mapping::profile::Receive;

pub(super) fn compile(profile: &RawProfile, problems: &mut Problems) -> Receive {
    let Some(raw) = &profile.receive else {
        missing(profile, problems);
        return Receive::default();
    };
    let default = raw
        .default
        .as_ref()
        .and_then(|text| default(text, problems));
    if !raw.is_broken {
        check_sources(raw, default, problems);
    }
    let named = |source: &str| {
        raw.addresses
            .iter()
            .any(|(words, _)| words.source == source)
    };
    let mut addresses = Vec::new();
    for (words, texts) in &raw.addresses {
        let parsed = texts
            .iter()
            .filter_map(|text| (words.address)(text, problems));
        addresses.extend(parsed.map(|address| (words.source, address)));
    }
    let mut others = default.unwrap_or_default().to_vec();
    if named(CHANNELS) {
        // a profile that names a channel means other channels, not polls
        others.retain(|source| *source != POLLS);
    }
    let takes = |source: &str| named(source) || others.contains(&source);
    let calls = if takes(PBXS) {
        call::compile(raw, problems)
    } else {
        Vec::new()
    };
    let hook = if takes(AMOCRM) {
        hook::compile(raw, problems)
    } else {
        hook::refuse(raw, takes, problems);
        HookRules::default()
    };
    Receive {
        addresses,
        others,
        events: hook.events,
        calls,
        item: hook.item,
        newest: hook.newest,
        when: raw
            .when
            .as_ref()
            .and_then(|text| condition::packet(text, problems)),
        order: raw.order.as_ref().map_or(0, |order| order.value),
        off: profile.off().cloned(),
    }
}

/// Reports a profile without `receive`, which may be rules for other profiles.
fn missing(profile: &RawProfile, problems: &mut Problems) {
    let place = &profile.place;
    let file = place.source.name();
    let message = bilingual!(
        "the profile does not say what it receives",
        "в профиле не сказано, что он принимает"
    );
    let records = [&profile.deal, &profile.lead, &profile.item];
    let has_rules = !profile.fields.is_empty() || profile.contact.is_some();
    let is_shared =
        has_rules && profile.name.is_none() && records.iter().all(|record| record.is_none());
    let advice = if is_like_defaults(file) {
        bilingual!(
            "if these are rules for all profiles, rename the file to `_defaults.yaml`; a profile needs `receive: {{ polls: [123] }}`",
            "если это правила для всех профилей, переименуйте файл в `_defaults.yaml`; профилю нужен `receive: {{ polls: [123] }}`"
        )
    } else if is_shared {
        bilingual!(
            "add `receive: {{ polls: [123] }}`; if other profiles name it as their base, rename the file to `_{file}`",
            "добавьте `receive: {{ polls: [123] }}`; если это база других профилей, переименуйте файл в `_{file}`"
        )
    } else {
        bilingual!(
            "add `receive: {{ polls: [123] }}`",
            "добавьте `receive: {{ polls: [123] }}`"
        )
    };
    problems.error(Code::MissingKey, place, message, advice);
}

/// The sources whose addresses a profile takes if no other profile does.
type Others = &'static [&'static str];

/// Checks that a profile takes something, and not from two sources: their packets differ.
fn check_sources(raw: &RawReceive, default: Option<Others>, problems: &mut Problems) {
    let others = default.unwrap_or_default();
    match raw.addresses.as_slice() {
        [] if others.is_empty() => {
            let message = bilingual!(
                "`receive` names no poll, no channel, no amoCRM account and no PBX",
                "в `receive` не назван ни опрос, ни канал, ни аккаунт amoCRM, ни АТС"
            );
            let advice = bilingual!(
                "add `polls: [123]`, `channel: site`, `amocrm: main`, `pbx: main`, or `default: true`",
                "добавьте `polls: [123]`, `channel: site`, `amocrm: main`, `pbx: main` или `default: true`"
            );
            problems.error(Code::MissingKey, &raw.place, message, advice);
        }
        [_, _, ..] => {
            let message = bilingual!(
                "`receive` takes either `polls`, a `channel`, `amocrm` or `pbx`",
                "в `receive` бывает что-то одно: `polls`, `channel`, `amocrm` или `pbx`"
            );
            let advice = bilingual!(
                "make a profile for each of them: their packets differ",
                "сделайте для каждого отдельный профиль: пакеты у них разные"
            );
            problems.error(Code::WrongPlace, &raw.place, message, advice);
        }
        [(words, _)]
            if !others.is_empty()
                && ALONE
                    .iter()
                    .any(|alone| (words.source == *alone) != others.contains(alone)) =>
        {
            let message = bilingual!(
                "a profile for amoCRM or a PBX cannot receive submissions of another source",
                "профиль для amoCRM или АТС не может принимать обращения из других источников"
            );
            let advice = bilingual!(
                "remove `default`, or make a separate profile: their packets differ",
                "уберите `default` или сделайте отдельный профиль: пакеты у них разные"
            );
            let place = raw.default.as_ref().map_or(&raw.place, |text| &text.place);
            problems.error(Code::WrongPlace, place, message, advice);
        }
        [(words, _)] => check_kind(words.source, others, (raw, problems)),
        [] => {}
    }
}

/// Checks that a profile for polls does not take what is left of channels, and the other way round.
fn check_kind(source: &str, others: Others, (raw, problems): (&RawReceive, &mut Problems)) {
    let (message, advice) = if source == CHANNELS && others == [POLLS] {
        (
            bilingual!(
                "a profile for channels cannot receive answers of polls",
                "профиль для каналов не может принимать ответы опросов"
            ),
            bilingual!(
                "write `default: true` for all other channels, or remove it",
                "для остальных каналов напишите `default: true` или уберите его"
            ),
        )
    } else if source == POLLS && others.contains(&CHANNELS) {
        (
            bilingual!(
                "a profile for polls cannot receive submissions of channels",
                "профиль для опросов не может принимать заявки каналов"
            ),
            bilingual!(
                "write `default: polls`, or make a separate profile for the channels",
                "напишите `default: polls` или сделайте для каналов отдельный профиль"
            ),
        )
    } else {
        return;
    };
    let place = raw.default.as_ref().map_or(&raw.place, |text| &text.place);
    problems.error(Code::WrongPlace, place, message, advice);
}

/// The sources whose packets are like those of no other.
const ALONE: [&str; 2] = [AMOCRM, PBXS];

/// Parses `receive.default`.
fn default(text: &Text, problems: &mut Problems) -> Option<Others> {
    const ALL: Others = &[POLLS, CHANNELS];
    const WORDS: [(&str, Others); 14] = [
        ("true", ALL),
        ("false", &[]),
        ("polls", &[POLLS]),
        ("channels", &[CHANNELS]),
        ("amocrm", &[AMOCRM]),
        ("pbx", &[PBXS]),
        ("True", ALL),
        ("False", &[]),
        ("yes", ALL),
        ("no", &[]),
        ("on", ALL),
        ("off", &[]),
        ("poll", &[POLLS]),
        ("channel", &[CHANNELS]),
    ];
    if let Some((_, default)) = WORDS.iter().find(|(word, _)| *word == text.value) {
        return Some(*default);
    }
    let written = &text.value;
    let message = bilingual!(
        "`receive.default` cannot be `{written}`",
        "`receive.default` не может быть `{written}`"
    );
    let names = ["polls", "channels", "amocrm", "pbx", "true", "false"];
    let is_yes = crate::mapping::normalise::truth(written) == Some(true);
    let advice = match suggest::nearest_name(written, &names) {
        _ if is_yes => bilingual!("write `default: true`", "напишите `default: true`"),
        Some(near) => suggest::meant_by(written, near),
        None => bilingual!(
            "write true, polls, channels, amocrm or pbx",
            "напишите true, polls, channels, amocrm или pbx"
        ),
    };
    problems.error(Code::WrongValue, &text.place, message, advice);
    None
}

/// Checks `identity`, which is for channels: other submissions have numbers.
pub(super) fn check_identity(raw: &RawProfile, receive: &Receive, problems: &mut Problems) {
    let Some(identity) = &raw.identity else {
        return;
    };
    // what it receives is unknown, and reported
    let is_unknown = |raw: &RawReceive| {
        raw.is_broken || raw.addresses.iter().any(|(words, _)| words.takes_identity)
    };
    if raw.receive.as_ref().is_some_and(is_unknown) {
        return;
    }
    let takes_identity = |words: &&SourceWords| words.takes_identity && receive.takes(words.source);
    if !SOURCES.iter().any(|words| takes_identity(&words)) {
        let message = bilingual!(
            "`identity` is for channels: answers of polls, hooks of amoCRM and calls have numbers",
            "`identity` — для каналов: у ответов опросов, хуков amoCRM и звонков уже есть номера"
        );
        let advice = bilingual!("remove it", "уберите его");
        problems.error(Code::WrongPlace, &identity.place, message, advice);
    }
}
