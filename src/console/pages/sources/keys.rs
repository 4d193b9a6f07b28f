//! The keys of a channel: made and shown once, replaced, revoked.

use maud::{Markup, html};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::settings::author;
use crate::console::PATH;
use crate::console::layout::{moment, token_field};
use crate::console::reply::Trouble;
use crate::console::visit::Visit;
use crate::domain::{Bilingual, ChannelName};
use crate::editing::{ChannelKey, KeyGuard, MadeKey};
use crate::profiles::KeyState;

/// Parses the guard of an address.
pub(super) fn guard(word: &str) -> Result<KeyGuard, Trouble> {
    KeyGuard::parse(word).ok_or(Trouble::NotFound)
}

/// Makes a key.
pub(super) async fn make(
    visit: &Visit<'_>,
    name: &ChannelName,
    guard: KeyGuard,
) -> Result<MadeKey, Trouble> {
    let editor = &visit.parts().editor;
    let made = editor
        .make_channel_key((name, guard), &author(visit))
        .await?;
    let details = json!({"channel": name.as_str(), "guard": guard.as_str()});
    visit.note("channel-key-made", "", details).await?;
    Ok(made)
}

/// Revokes a key.
pub(super) async fn revoke(
    visit: &Visit<'_>,
    name: &ChannelName,
    guard: KeyGuard,
) -> Result<(), Trouble> {
    let editor = &visit.parts().editor;
    let author = author(visit);
    if editor.revoke_channel_key((name, guard), &author).await? {
        let details = json!({"channel": name.as_str(), "guard": guard.as_str()});
        visit.note("channel-key-revoked", "", details).await?;
    }
    Ok(())
}

/// Shows a key that was just made.
pub(super) fn shown_once(visit: &Visit<'_>, made: &MadeKey) -> Markup {
    html! {
        section.card role="status" {
            p { strong { (visit.t("The new key. Copy it now: it is not shown again.",
                                  "Новый ключ. Скопируйте его сейчас: больше он не показывается.")) } }
            p { code id="made-key" { (made.key.expose_secret()) } " "
                button.second data-copy="made-key" data-copied=(visit.t("Copied.", "Скопировано.")) { (visit.t("Copy", "Скопировать")) } }
            @if !made.is_at_work {
                p.hint { (visit.t("It works within a few seconds.", "Он заработает через несколько секунд.")) }
            }
        }
    }
}

/// Shows the keys with their buttons, to those who may press them.
pub(super) async fn section(visit: &Visit<'_>, name: &ChannelName) -> Result<Markup, Trouble> {
    let keys = visit.parts().editor.channel_keys(name).await?;
    let has_token = keys.iter().any(|key| key.guard == KeyGuard::Token);
    Ok(html! {
        h2 { (visit.t("Keys", "Ключи")) }
        @for key in &keys { (row(visit, name, key)) }
        @if !has_token {
            form.actions method="post" action=(address(name, KeyGuard::Token, "make")) {
                (token_field(visit))
                button.second { (visit.t("Guard with a key", "Защитить ключом")) }
                span.hint { (visit.t("Every request then needs it in the header X-Api-Key; requests without it are refused at once.",
                                     "Он понадобится в каждом запросе, в заголовке X-Api-Key; запросы без него сразу отклоняются.")) }
            }
        }
    })
}

fn address(name: &ChannelName, guard: KeyGuard, action: &str) -> String {
    let guard = guard.as_str();
    format!("{PATH}/sources/channels/{name}/keys/{guard}/{action}")
}

fn title(guard: KeyGuard) -> Bilingual<&'static str> {
    match guard {
        KeyGuard::Token => Bilingual::new("Token", "Ключ"),
        KeyGuard::Basic => Bilingual::new("Password", "Пароль"),
        KeyGuard::Hmac => Bilingual::new("Key of the signature", "Ключ подписи"),
    }
}

fn row(visit: &Visit<'_>, name: &ChannelName, key: &ChannelKey) -> Markup {
    let make = match key.kept {
        Some(KeyState::Made(_)) => visit.t("Make another key", "Выдать другой ключ"),
        _ => visit.t("Make a key", "Выдать ключ"),
    };
    html! {
        form.actions method="post" action=(address(name, key.guard, "make")) {
            (token_field(visit))
            strong { (title(key.guard).pick(visit.lang)) } " "
            @match key.kept {
                None => span.hint { (visit.t("The secret is in a variable or a file; a key made here replaces it.",
                                             "Секрет в переменной или файле; выданный здесь ключ заменит его.")) },
                Some(KeyState::Missing) => span.bad { (visit.t("not made yet: the channel refuses everything",
                                                               "не выдан: канал отклоняет всё")) },
                Some(KeyState::Made(at)) => span { (visit.t("made ", "выдан ")) (moment(visit, at)) },
                Some(KeyState::Revoked(at)) => span.bad { (visit.t("revoked ", "отозван ")) (moment(visit, at))
                    (visit.t(": the channel refuses everything", ": канал отклоняет всё")) },
            }
            button.second { (make) }
            @if matches!(key.kept, Some(KeyState::Made(_))) {
                button.danger formaction=(address(name, key.guard, "revoke")) {
                    (visit.t("Revoke", "Отозвать")) }
                span.hint { (visit.t("The key before stops working at once.", "Прежний ключ сразу перестаёт работать.")) }
            }
        }
    }
}
