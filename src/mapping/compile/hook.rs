//! What `receive` says about hooks of amoCRM: `on`, `newest` and the block `when`.

use super::{condition, hook_values};
use crate::authoring::codes::Code;
use crate::authoring::problem::{Problems, TextPlace};
use crate::authoring::raw::RawReceive;
use crate::authoring::sources::PBXS;
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::{HOOK_EVENTS, HookPattern, bilingual};
use crate::mapping::condition::ExpectedValue;
use crate::mapping::hook_item::{ItemPart, ItemTest};

/// What a profile wants of hooks.
#[derive(Debug, Default)]
pub(super) struct HookRules {
    pub(super) events: Vec<HookPattern>,
    pub(super) item: Vec<ItemTest>,
    pub(super) newest: bool,
}

/// Reports the keys in a profile for anything else; `on` belongs to calls as well.
pub(super) fn refuse(raw: &RawReceive, takes: impl Fn(&str) -> bool, problems: &mut Problems) {
    let on = raw.on.as_ref().and_then(|on| on.first());
    let on = on.filter(|_| !takes(PBXS));
    let keys = [
        ("on", on.map(|text| &text.place)),
        ("newest", raw.newest.as_ref().map(|flag| &flag.place)),
        ("when", raw.item.as_ref().map(|item| &item.place)),
    ];
    for (key, place) in keys {
        if let Some(place) = place {
            not_here(key, place, problems);
        }
    }
}

/// Compiles the keys of a profile for amoCRM.
pub(super) fn compile(raw: &RawReceive, problems: &mut Problems) -> HookRules {
    let events = raw.on.iter().flatten();
    let events = events.filter_map(|text| event(text, problems)).collect();
    let tests = raw.item.iter().flat_map(|item| &item.tests);
    let tests = tests.filter_map(|(name, wanted)| {
        for text in wanted {
            if condition::wanted_of(text).is_none() {
                condition::not_a_number(text, problems);
            }
        }
        let part = ItemPart::parse(name)?;
        for text in wanted {
            hook_values::check(part, text, problems);
        }
        let names = wanted
            .iter()
            .filter_map(|text| match condition::wanted_of(text)? {
                ExpectedValue::Text(_) | ExpectedValue::Not(_) => {
                    let name = text.value.trim_start_matches(['!', '=', '<', '>', ' ']);
                    Some((name.trim().to_owned(), text.place.clone()))
                }
                _ => None,
            });
        Some(ItemTest {
            part,
            names: names.collect(),
            wanted: condition::wanted(wanted, problems),
        })
    });
    HookRules {
        events,
        item: tests.collect(),
        newest: raw.newest.as_ref().is_some_and(|flag| flag.value),
    }
}

fn not_here(key: &str, place: &TextPlace, problems: &mut Problems) {
    let (message, advice) = if key == "when" {
        (
            bilingual!(
                "only a profile for amoCRM tests tags, pipelines and stages in `receive.when`",
                "теги, воронки и стадии в `receive.when` проверяет только профиль для amoCRM"
            ),
            bilingual!(
                "write a test of the packet: `when: $.city == 'Пермь'`",
                "напишите условие на пакет: `when: $.city == 'Пермь'`"
            ),
        )
    } else {
        let (other, other_ru) = if key == "on" {
            (" and PBXs", " и АТС")
        } else {
            ("", "")
        };
        (
            bilingual!(
                "`receive.{key}` is for amoCRM{other}",
                "`receive.{key}` — только для amoCRM{other_ru}"
            ),
            bilingual!(
                "remove it, or write `amocrm: main`",
                "уберите его или напишите `amocrm: main`"
            ),
        )
    };
    problems.error(Code::WrongPlace, place, message, advice);
}

/// Compiles an event.
fn event(text: &Text, problems: &mut Problems) -> Option<HookPattern> {
    let written = text.value.trim();
    let pattern = HookPattern::parse(written).filter(HookPattern::is_known);
    if pattern.is_none() {
        let message = bilingual!(
            "amoCRM has no event `{written}`",
            "у amoCRM нет события `{written}`"
        );
        let known = names();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let meant = meant(written).filter(|meant| known.contains(&meant.as_str()));
        let several: Vec<&str> = suggest::parts(written).collect();
        let are_known = several.len() > 1 && several.iter().all(|part| known.contains(part));
        let advice = if are_known {
            let list = several.join(", ");
            bilingual!(
                "several events are a list: write `[{list}]`",
                "несколько событий пишут списком: напишите `[{list}]`"
            )
        } else {
            let near = || suggest::nearest_name(written, &known).map(str::to_owned);
            match meant.or_else(|| in_russian(written)).or_else(near) {
                Some(meant) => suggest::meant(&meant),
                None => bilingual!(
                    "an event is an entity and an action: `leads.add`, `leads.status`, `contacts.update`, `unsorted.add`, `message.add` …",
                    "событие — это сущность и действие: `leads.add`, `leads.status`, `contacts.update`, `unsorted.add`, `message.add` …"
                ),
            }
        };
        problems.error(Code::WrongValue, &text.place, message, advice);
    }
    pattern
}

/// Returns all events and entities.
fn names() -> Vec<String> {
    let names = HOOK_EVENTS.iter().flat_map(|(entity, actions)| {
        let events = actions
            .iter()
            .map(move |action| format!("{entity}.{action}"));
        std::iter::once((*entity).to_owned()).chain(events)
    });
    names.collect()
}

/// Returns the event that is meant by another spelling, such as that of amoCRM's settings of hooks:
/// `add_lead`, `lead.add`.
fn meant(written: &str) -> Option<String> {
    let lower = written.to_lowercase();
    let mut words = lower.split(['.', '_', ':', '/', ' ']);
    let (one, other) = (words.next()?, words.next());
    match (entity(one), other) {
        (Some(entity), None) => Some(entity.to_owned()),
        (Some(entity), Some(done)) => Some(format!("{entity}.{}", action(done))),
        (None, Some(other)) => Some(format!("{}.{}", entity(other)?, action(one))),
        (None, None) => None,
    }
}

/// Returns the entity of a word in singular or plural.
fn entity(word: &str) -> Option<&'static str> {
    let bare = |word: &str| {
        let word = word.strip_suffix('s').unwrap_or(word);
        word.strip_suffix("ie")
            .map_or_else(|| word.to_owned(), |stem| format!("{stem}y"))
    };
    let mut known = HOOK_EVENTS.iter().map(|(entity, _)| *entity);
    known.find(|entity| bare(entity) == bare(word))
}

/// Returns the action of a word that others have for it: `create`, `deleted`.
fn action(word: &str) -> &str {
    match word {
        "create" | "created" | "new" | "insert" | "added" | "adding" => "add",
        "edit" | "edited" | "change" | "changed" | "updated" | "modify" | "modified" => "update",
        "remove" | "removed" | "del" | "deleted" => "delete",
        "stage" | "move" | "moved" => "status",
        "restored" => "restore",
        word => word,
    }
}

/// «новая сделка», «смена этапа»: the event that Russian words mean.
fn in_russian(written: &str) -> Option<String> {
    let lower = written.to_lowercase();
    let of = |rows: &[(&str, &'static str)]| {
        let mut rows = rows.iter();
        let found = rows.find(|(stems, _)| stems.split(' ').any(|stem| lower.contains(stem)));
        found.map(|(_, word)| *word)
    };
    let action = of(&[
        ("стади этап статус", "status"),
        ("нов созда добав появ", "add"),
        ("измен обнов правк", "update"),
        ("удал", "delete"),
    ])?;
    let entity = of(&[
        ("контакт клиент", "contacts"),
        ("компани", "companies"),
        ("сообщен", "message"),
        ("неразобран", "unsorted"),
        ("сделк лид заявк стади этап статус", "leads"),
    ])?;
    Some(format!("{entity}.{action}"))
}
