//! Advice on words that a key does not have, where the nearest word would mislead.

use crate::authoring::suggest;
use crate::domain::{Bilingual, bilingual};

/// Returns advice on a word of a key, such as `contact.several`.
pub(super) fn advice(about: &str, found: &str, names: &[&str]) -> Option<Bilingual> {
    let lower = found.trim().to_lowercase();
    let word = lower.as_str();
    let known = || suggest::list(names);
    let key = about.rsplit('.').next().unwrap_or(about);
    Some(match key {
        "reply" if about == "reply" && is_reply(word) => of_reply(),
        // values of a reply have no default
        "missing" if about.starts_with("then.") => return None,
        "missing" if suggest::nearest(found, names.iter().copied()).is_none() => {
            let known = known();
            bilingual!(
                "a text for a missing value is `default: {found}`; the words of `missing` are {known}",
                "текст вместо пустого значения пишут так: `default: {found}`; слова для `missing` — {known}"
            )
        }
        "several" if matches!(word, "merge" | "union" | "объединить" | "слить") => {
            let known = known();
            bilingual!(
                "`conflict: merge` merges contacts that different search fields find; for several with one phone choose one of {known}",
                "`conflict: merge` объединяет контакты, которые нашлись по разным полям; для нескольких с одним телефоном выберите {known}"
            )
        }
        "conflict" if matches!(word, "phone" | "email" | "телефон" | "почта" | "first") =>
        {
            bilingual!(
                "write `conflict: order`: it takes the contact that the first search field of `fields` finds",
                "напишите `conflict: order`: берётся контакт, найденный по первому полю поиска в `fields`"
            )
        }
        "closed" if matches!(word, "reopen" | "open" | "открыть" | "переоткрыть") =>
        {
            bilingual!(
                "closed records are not reopened: `closed: create` makes a new one, `closed: update` changes the closed one",
                "закрытые не открываются заново: `closed: create` создаст новую запись, `closed: update` изменит закрытую"
            )
        }
        _ => return None,
    })
}

/// Returns whether a text is what the sender is to read, or a status.
fn is_reply(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
        || word.contains(char::is_whitespace)
        || matches!(word, "ok" | "спасибо" | "thanks" | "json" | "none")
}

/// What the sender gets is a setting of the channel.
pub(super) fn of_reply() -> Bilingual {
    bilingual!(
        "status and text of the reply belong in `reply` of the channel, in _channels.yaml; here stands when to reply: `accepted` or `delivered`",
        "статус и текст ответа пишут в `reply` канала, в _channels.yaml; здесь — только когда отвечать: `accepted` или `delivered`"
    )
}
