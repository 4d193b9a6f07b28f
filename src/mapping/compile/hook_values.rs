//! Values in a profile for amoCRM that its hooks never have: stages of Bitrix24, several values in
//! one text, paths around the item.

use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::yaml::Text;
use crate::domain::{Bilingual, HOOK_EVENTS, HookPattern, bilingual};
use crate::mapping::hook_item::ItemPart;

/// Stages of deals and leads in Bitrix24 that are no names of stages in amoCRM.
const OF_BITRIX: [&str; 12] = [
    "WON",
    "LOSE",
    "APOLOGY",
    "PREPARATION",
    "PREPAYMENT_INVOICE",
    "EXECUTING",
    "FINAL_INVOICE",
    "IN_PROCESS",
    "PROCESSED",
    "CONVERTED",
    "JUNK",
    "FINISHED",
];

/// Warns of a value in `receive.when` that an item never has.
pub(super) fn check(part: ItemPart, text: &Text, problems: &mut Problems) {
    let written = text.value.trim();
    let bare = written.trim_start_matches(['=', '!', ' ']);
    if let Some(list) = several(part, bare) {
        let message = bilingual!(
            "`{written}` is compared as one text",
            "`{written}` сравнивается как один текст"
        );
        let advice = bilingual!(
            "several values are a list: `[{list}]`",
            "несколько значений пишут списком: `[{list}]`"
        );
        problems.warn(Code::WrongValue, &text.place, message, advice);
        return;
    }
    if part == ItemPart::Tags
        && let Some(tag) = bare.strip_prefix('#').filter(|tag| !tag.is_empty())
    {
        let message = bilingual!(
            "amoCRM shows tags with `#`, and sends them without it",
            "amoCRM показывает теги со знаком `#`, а присылает без него"
        );
        let advice = bilingual!("write `tags: {tag}`", "напишите `tags: {tag}`");
        problems.warn(Code::WrongValue, &text.place, message, advice);
        return;
    }
    if part == ItemPart::Stage && is_of_bitrix(bare) {
        let message = bilingual!(
            "`{bare}` is a stage of Bitrix24, and amoCRM has none of this name",
            "`{bare}` — стадия Битрикс24, в amoCRM такой нет"
        );
        problems.warn(Code::WrongValue, &text.place, message, instead_of(bare));
    }
}

fn is_of_bitrix(stage: &str) -> bool {
    let pipeline = stage.split_once(':').is_some_and(|(pipeline, _)| {
        let number = pipeline.strip_prefix(['C', 'С']);
        number.is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()))
    });
    pipeline || OF_BITRIX.contains(&stage)
}

fn instead_of(stage: &str) -> Bilingual {
    let last = stage.rsplit(':').next().unwrap_or(stage);
    let number = match last {
        "WON" | "CONVERTED" => "142",
        "LOSE" | "JUNK" | "APOLOGY" => "143",
        _ => {
            return bilingual!(
                "write the stage's number or name in amoCRM; 142 is won and 143 lost in every pipeline",
                "напишите номер или название стадии в amoCRM; 142 — «Успешно реализовано», 143 — «Закрыто и не реализовано» в любой воронке"
            );
        }
    };
    bilingual!("write `stage: {number}`", "напишите `stage: {number}`")
}

/// `tilda или сайт`, `60110233, 142`: returns the values with commas between them.
fn several(part: ItemPart, text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let sign = [" или ", " or ", " либо ", "||", "|", ","]
        .into_iter()
        .find(|sign| lower.contains(sign))?;
    let values: Vec<&str> = text.split(sign).map(str::trim).collect();
    let is_number = |value: &&str| value.bytes().all(|byte| byte.is_ascii_digit());
    // a stage may have a comma in its name, a tag has none
    let is_name = sign == "," && part != ItemPart::Tags && !values.iter().all(is_number);
    let is_empty = values.iter().any(|value| value.is_empty());
    (values.len() > 1 && !is_empty && !is_name).then(|| values.join(", "))
}

/// Warns of a path that begins outside of the item: `$.leads.add[0].name`, `$.data.name`.
pub(super) fn check_path(text: &Text, events: &[HookPattern], problems: &mut Problems) {
    let written = text.value.trim();
    let bare = written.trim_start_matches('$').trim_start_matches('.');
    let end = bare.find(['.', '[']).unwrap_or(bare.len());
    let (first, rest) = bare.split_at(end);
    let meant = match first {
        "custom" | "custom_fields" if rest.starts_with('.') => {
            let name = rest.trim_start_matches('.');
            Some(format!("{{ custom: {name} }}"))
        }
        "contact" | "company" if is_code(rest) => {
            let name = rest.trim_start_matches('.');
            Some(format!("{{ {first}: {name} }}"))
        }
        "data" if rest.starts_with('.') && !events.is_empty() && !events.iter().any(has_data) => {
            Some(format!("$.{}", rest.trim_start_matches('.')))
        }
        _ => inside(first, rest).map(|rest| format!("$.{rest}")),
    };
    let Some(meant) = meant else { return };
    let message = bilingual!(
        "the packet is the item of the hook itself, so `{written}` finds nothing",
        "пакет — это сам элемент хука, поэтому `{written}` ничего не найдёт"
    );
    let advice = bilingual!("write `{meant}`", "напишите `{meant}`");
    problems.warn(Code::BadPath, &text.place, message, advice);
}

/// Items that have a `data` of their own.
fn has_data(pattern: &HookPattern) -> bool {
    matches!(pattern.entity(), "unsorted" | "message" | "talk")
}

/// `.PHONE`, the code of a field.
fn is_code(rest: &str) -> bool {
    let name = rest.trim_start_matches('.');
    name.len() > 1
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Returns the path inside the item: `name` for `leads.add[0].name`, `leads[0].name`, `leads.name`.
fn inside<'r>(first: &str, rest: &'r str) -> Option<&'r str> {
    let (_, actions) = HOOK_EVENTS.iter().find(|(entity, _)| *entity == first)?;
    let behind = rest.trim_start_matches(['.', '[', '\'', '"']);
    let signs = |c: char| c.is_ascii_digit() || ".[]*'\"".contains(c);
    let begins = |action: &&&str| {
        let after = behind.strip_prefix(**action);
        after.is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let Some(action) = actions.iter().find(begins) else {
        let inner = rest.trim_start_matches(signs);
        // contacts that were read are a list, and other entities may be members
        let is_list = matches!(first, "leads" | "companies" | "customers");
        let is_member = is_list && rest.starts_with(['.', '[']);
        return (is_member && !inner.is_empty()).then_some(inner);
    };
    let behind = behind.get(action.len()..)?;
    let inner = behind.trim_start_matches(signs);
    (!inner.is_empty() && inner.len() < behind.len()).then_some(inner)
}

/// Returns the path inside the item for one that begins around it: `$.name` for
/// `$.leads.add[0].name`.
pub(super) fn inside_item(written: &str) -> Option<String> {
    let bare = written.strip_prefix("$.")?;
    let end = bare.find(['.', '[']).unwrap_or(bare.len());
    let (first, rest) = bare.split_at(end);
    inside(first, rest).map(|rest| format!("$.{rest}"))
}
