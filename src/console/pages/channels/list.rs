//! The channels that profiles take, with the addresses for their senders.

use std::sync::Arc;

use maud::{Markup, html};

use crate::authoring::CHANNELS;
use crate::console::PATH;
use crate::console::layout::moment;
use crate::console::pages::sources::base;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::request::encoded;
use crate::console::visit::Visit;
use crate::domain::{EntityKind, Role, url_text};
use crate::journal::Activities;
use crate::mapping::Profile;

/// A channel with the profile that takes it.
struct Row<'p> {
    address: &'p str,
    profile: &'p Arc<Profile>,
}

/// Shows the list; after a channel was made, with its address above.
pub(super) async fn page(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let parts = visit.parts();
    let profiles = parts.profiles.current();
    let rows: Vec<Row<'_>> = profiles
        .profiles()
        .iter()
        .flat_map(|profile| {
            profile
                .addresses(CHANNELS)
                .map(move |address| Row { address, profile })
        })
        .collect();
    let activities = visit.console.arrivals.look(&parts.store, visit.now).await?;
    let preset = ["record", "crm"].into_iter().filter_map(|name| {
        let value = visit.param(name)?;
        Some(url_text::pair(name, value))
    });
    let preset: Vec<String> = preset.collect();
    let body = html! {
        @if let Some(made) = visit.param("made") { (made_note(visit, made, &rows)) }
        @if rows.is_empty() {
            p.empty { (visit.t("No incoming channel yet. Add the first one and give its address to your site.",
                               "Входящих каналов пока нет. Добавьте первый и укажите его адрес на сайте.")) }
        } @else {
            (table(visit, &rows, &activities))
        }
        @if visit.user.role >= Role::Author {
            p.actions { a.button href={ (PATH) "/channels/new?" (preset.join("&")) } {
                (visit.t("Add an incoming channel", "Добавить входящий канал")) } }
        }
        p.hint { (visit.t("Guards, limits and replies of a channel are on its page in ",
                          "Защита, лимиты и ответы канала — на его странице в разделе "))
            a href={ (PATH) "/sources" } { (visit.t("Sources", "Источники")) } "." }
    };
    Ok(Answer::Page(Page {
        title: visit
            .t("Site integration", "Интеграция с сайтом")
            .to_owned(),
        section: Section::Channels,
        body,
    }))
}

/// Returns the address of a channel, as a sender uses it.
fn url(visit: &Visit<'_>, address: &str) -> String {
    let path = &visit.parts().settings.channels.base_path;
    format!("{}{path}/{address}", base(visit))
}

fn made_note(visit: &Visit<'_>, made: &str, rows: &[Row<'_>]) -> Markup {
    let Some(row) = rows.iter().find(|row| row.address == made) else {
        return html! {
            p.card role="status" { (visit.t("The channel is saved; the gateway works by it in a moment. Reload the page.",
                "Канал сохранён; шлюз начнёт работать по нему через мгновение. Обновите страницу.")) }
        };
    };
    html! {
        section.card role="status" {
            h2 { (visit.t("The channel is made: ", "Канал создан: ")) (row.profile.name()) }
            p { (visit.t("The handler's address, for GET and POST requests: ", "Адрес обработчика для запросов GET и POST: "))
                code id="made-address" { (url(visit, made)) } " "
                button.second data-copy="made-address" data-copied=(visit.t("Copied.", "Скопировано.")) { (visit.t("Copy", "Скопировать")) } }
            @if visit.param("unnamed").is_some() {
                p.warn { (visit.t("Its name could not be written into _channels.yaml; the history shows the address instead.",
                    "Имя не удалось записать в _channels.yaml; в истории вместо него будет адрес.")) }
            }
            p.hint { (visit.t("Everybody who knows the address can send to it. A key and other guards are on the page of the channel.",
                "Отправлять на адрес может любой, кто его знает. Ключ и другая защита — на странице канала.")) }
            p.actions {
                a.button href=(editor(row)) { (visit.t("Open all settings", "Открыть все настройки")) }
                a.button.second href={ (PATH) "/sources/channels/" (made) } { (visit.t("How to send", "Как отправлять")) }
            }
        }
    }
}

/// Returns the address of the form of a channel's profile.
fn editor(row: &Row<'_>) -> String {
    format!("{PATH}/profiles/{}", encoded(row.profile.file()))
}

fn table(visit: &Visit<'_>, rows: &[Row<'_>], activities: &Activities) -> Markup {
    html! {
        div.table { table {
            thead { tr {
                th { (visit.t("Channel", "Канал")) }
                th { (visit.t("Creates", "Создаёт")) }
                th { (visit.t("Handler's address", "Адрес обработчика")) }
                th { (visit.t("Last received", "Последнее обращение")) }
            } }
            tbody { @for (number, row) in rows.iter().enumerate() {
                @let id = format!("address-{number}");
                tr {
                    td { a href=(editor(row)) { (row.profile.name()) }
                        @if row.profile.takes_others(CHANNELS) {
                            br; span.hint { (visit.t("default channel", "канал по умолчанию")) }
                        }
                        @if !row.profile.is_active() {
                            br; span.warn { (visit.t("switched off", "выключен")) }
                        } }
                    td { (makes(visit, row.profile.makes())) }
                    td { div.copy { code id=(id) { (url(visit, row.address)) }
                        button.second data-copy=(id) data-copied=(visit.t("Copied.", "Скопировано.")) { (visit.t("Copy", "Скопировать")) } } }
                    td { @match activities.of(CHANNELS, row.address) {
                        Some(activity) => (moment(visit, activity.last)),
                        None => span.hint { (visit.t("not in the last week", "за неделю ничего")) },
                    } " "
                        a href={ (PATH) "/sources/channels/" (row.address) } { (visit.t("page", "страница")) } }
                }
            } }
        } }
    }
}

/// Names what a profile makes.
fn makes<'v>(visit: &'v Visit<'_>, word: &str) -> &'v str {
    match EntityKind::parse(word) {
        Some(EntityKind::Deal) => visit.t("deals", "сделки"),
        Some(EntityKind::Lead) => visit.t("leads", "лиды"),
        Some(EntityKind::Company) => visit.t("companies", "компании"),
        _ if word == "item" => visit.t("items of a smart process", "элементы смарт-процесса"),
        _ => visit.t("contacts", "контакты"),
    }
}
