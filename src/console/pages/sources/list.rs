//! All sources.

use std::collections::BTreeMap;

use actix_web::web;
use maud::{Markup, html};

use super::base;
use super::snippets::guard_words;
use crate::amocrm::AmoTrouble;
use crate::authoring::{AMOCRM, CHANNELS, PBXS, POLLS};
use crate::console::PATH;
use crate::console::layout::{moment, token_field};
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::domain::{Poll, Role};
use crate::editing::known_channels;
use crate::intake;
use crate::journal::{Activities, Activity, RefusedCounts, refused_why};
use crate::store::StoreError;

pub(super) async fn page(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let parts = visit.parts();
    let arrivals = &visit.console.arrivals;
    let activities = arrivals.look(&parts.store, visit.now).await?;
    let store = parts.store.clone();
    let polls = web::block(move || store.polls()).await;
    let (polls, _) = polls.map_err(|_| StoreError::Closed)??;
    let refused = super::refused::by_source(visit).await?;
    let problems = super::problems::of_all(visit).await?;
    let body = html! {
        @if !activities.is_whole {
            p.hint { (visit.t("What came in the last days is still being counted; reload the page in a moment.",
                              "Поступившее за последние дни ещё подсчитывается; обновите страницу чуть позже.")) }
        }
        h2 { (visit.t("Channels", "Каналы")) }
        (problems)
        (channels(visit, &activities, &refused))
        h2 { (visit.t("Polls", "Опросы")) }
        (polls_table(visit, &polls, &activities))
        h2 { "amoCRM" }
        (accounts(visit, &activities))
        h2 { (visit.t("PBXs", "АТС")) }
        (pbxs(visit, &activities))
        p { a href={ (PATH) "/sources/refused" } { (visit.t("Refused requests", "Отклонённые запросы")) } }
    };
    Ok(Answer::Page(Page {
        title: visit.t("Sources", "Источники").to_owned(),
        section: Section::Sources,
        body,
    }))
}

/// The cells: the last submission, this hour, the same hour a week ago.
fn activity_cells(visit: &Visit<'_>, activity: Option<Activity>) -> Markup {
    html! {
        td { @match activity {
            Some(activity) => (moment(visit, activity.last)),
            None => span.hint { (visit.t("not in the last week", "за неделю ничего")) },
        } }
        td.number { (activity.map_or(0, |it| it.this_hour)) " / " (activity.map_or(0, |it| it.week_ago)) }
    }
}

fn activity_heads(visit: &Visit<'_>) -> Markup {
    html! {
        th { (visit.t("Last received", "Последнее")) }
        th.number title=(visit.t("In this hour / in the same hour a week ago", "За этот час / за тот же час неделю назад")) {
            (visit.t("This hour / week ago", "За час / неделю назад")) }
    }
}

fn channels(visit: &Visit<'_>, activities: &Activities, refused: &RefusedCounts) -> Markup {
    let parts = visit.parts();
    let settings = parts.profiles.channels();
    let names = known_channels(&parts.profiles, activities);
    html! {
        @if names.is_empty() {
            p.empty { (visit.t("No channel yet. Name one below, and send forms to its address.",
                               "Каналов пока нет. Назовите канал ниже и отправляйте формы на его адрес.")) }
        } @else {
            div.table { table {
                thead { tr {
                    th { (visit.t("Channel", "Канал")) }
                    (activity_heads(visit))
                    th { (visit.t("Who may send", "Кто может слать")) }
                    th { (visit.t("Refused in 24 h", "Отклонено за сутки")) }
                } }
                tbody { @for name in &names {
                    @let own = settings.by_address(name);
                    tr {
                        td { a href={ (PATH) "/sources/channels/" (name) } { (name) }
                            @if let Some(title) = own.map(|own| &own.title).filter(|title| !title.is_empty()) {
                                br; span.hint { (title) } } }
                        (activity_cells(visit, activities.of(CHANNELS, name)))
                        td { (guard_words(visit, own)) }
                        td { (causes(visit, refused.get(&format!("channels/{name}")))) }
                    }
                } }
            } }
        }
        form.filters method="get" action={ (PATH) "/sources/channels" } {
            label { (visit.t("Another channel", "Другой канал"))
                input name="name" required maxlength="60" placeholder="landing" autocomplete="off"; }
            button.second { (visit.t("Open the channel", "Открыть канал")) }
        }
    }
}

fn causes(visit: &Visit<'_>, causes: Option<&BTreeMap<String, u64>>) -> Markup {
    html! {
        @for (index, (code, count)) in causes.into_iter().flatten().enumerate() {
            @if index > 0 { br; }
            (count) " " (refused_why(code, visit.lang))
        }
    }
}

fn polls_table(visit: &Visit<'_>, polls: &[Poll], activities: &Activities) -> Markup {
    let path = &visit.parts().settings.polls.base_path;
    let base = base(visit);
    html! {
        p.hint { (visit.t("The address for the survey portal: ", "Адрес для портала опросов: "))
            code id="polls-address" { (base) (path) } " "
            button.second data-copy="polls-address" data-copied=(visit.t("Copied.", "Скопировано.")) { (visit.t("Copy", "Скопировать")) } }
        @if polls.is_empty() {
            p.empty { (visit.t("No poll is registered. Connect one in the survey portal: it registers itself.",
                               "Опросов пока нет. Подключите опрос в портале опросов: он зарегистрируется сам.")) }
        } @else {
            div.table { table {
                thead { tr {
                    th { (visit.t("Poll", "Опрос")) }
                    th { (visit.t("Registered", "Зарегистрирован")) }
                    (activity_heads(visit))
                    th { (visit.t("Language", "Язык")) }
                    @if visit.user.role >= Role::Operator { th { (visit.t("Test", "Проба")) } }
                } }
                tbody { @for poll in polls {
                    tr {
                        td { (poll.id) @if let Some(name) = &poll.name { br; span.hint { (name) } } }
                        td { (moment(visit, poll.registered_at))
                            @if poll.activations > 1 { br; span.hint { (visit.t("again: ", "повторно: ")) (moment(visit, poll.activated_at)) } } }
                        (activity_cells(visit, activities.of(POLLS, &poll.id.to_string())))
                        td { (poll.language.as_str()) }
                        @if visit.user.role >= Role::Operator { td {
                            (test_form(visit, "polls", &poll.id.to_string()))
                        } }
                    }
                } }
            } }
        }
    }
}

/// The button that sends a test request.
pub(super) fn test_form(visit: &Visit<'_>, source: &str, address: &str) -> Markup {
    html! {
        form method="post" action={ (PATH) "/sources/" (source) "/" (address) "/test" } {
            (token_field(visit))
            button.second { (visit.t("Send a test request", "Отправить пробную заявку")) }
        }
    }
}

fn accounts(visit: &Visit<'_>, activities: &Activities) -> Markup {
    let parts = visit.parts();
    let health = parts.amocrm.all();
    let troubles = |account: &str| -> Vec<AmoTrouble> {
        let own = health
            .iter()
            .filter(|(name, _, since)| name == account && since.is_some());
        own.map(|(_, trouble, _)| *trouble).collect()
    };
    html! {
        @if parts.settings.amocrm.is_empty() {
            p.empty { (visit.t("No account of amoCRM. Add a section [amocrm.main] to the settings.",
                               "Аккаунтов amoCRM нет. Добавьте в настройки раздел [amocrm.main].")) }
        } @else {
            (addresses(visit, AMOCRM))
            div.table { table {
                thead { tr {
                    th { (visit.t("Account", "Аккаунт")) }
                    (activity_heads(visit))
                    th { (visit.t("State", "Состояние")) }
                } }
                tbody { @for (name, account) in &parts.settings.amocrm {
                    @let troubles = troubles(name);
                    tr {
                        td { (name) }
                        (activity_cells(visit, activities.of(AMOCRM, name)))
                        td {
                            @for trouble in &troubles { span.bad { (trouble_words(visit, *trouble)) } br; }
                            @if troubles.is_empty() && account.api.is_some() { span.good { (visit.t("in order", "в порядке")) } }
                            @if account.api.is_none() { span.hint { (visit.t("not watched: no token", "не проверяется: нет токена")) } }
                        }
                    }
                } }
            } }
        }
    }
}

fn trouble_words<'a>(visit: &Visit<'_>, trouble: AmoTrouble) -> &'a str {
    let (en, ru) = match trouble {
        AmoTrouble::TokenRefused => (
            "amoCRM refuses the token: run leadgate amocrm connect",
            "amoCRM отклоняет токен: выполните leadgate amocrm connect",
        ),
        AmoTrouble::HookDisabled => (
            "amoCRM has switched the hook off: run leadgate amocrm hooks add",
            "amoCRM отключил хук: выполните leadgate amocrm hooks add",
        ),
        AmoTrouble::HookMissing => (
            "no hook leads here: run leadgate amocrm hooks add",
            "хука сюда нет: выполните leadgate amocrm hooks add",
        ),
    };
    crate::domain::Bilingual::new(en, ru).pick(visit.lang)
}

/// The addresses of a source, as the gateway prints them when it starts.
fn addresses(visit: &Visit<'_>, source: &str) -> Markup {
    let parts = visit.parts();
    let kind = intake::source(source);
    let profiles = parts.profiles.current();
    let announced = kind.map(|kind| kind.announcement(&base(visit), &parts.settings, &profiles));
    let addresses = announced.map(|announced| announced.addresses);
    html! {
        @for (index, (name, address)) in addresses.into_iter().flatten().enumerate() {
            @let id = format!("{source}-{index}");
            p.hint { (name.pick(visit.lang)) ": " code id=(id) { (address.in_lang(visit.lang)) } " "
                button.second data-copy=(id) data-copied=(visit.t("Copied.", "Скопировано.")) { (visit.t("Copy", "Скопировать")) } }
        }
    }
}

fn pbxs(visit: &Visit<'_>, activities: &Activities) -> Markup {
    let parts = visit.parts();
    html! {
        @if parts.settings.pbx.is_empty() {
            p.empty { (visit.t("No PBX. Add a section [pbx.main] to the settings.",
                               "АТС нет. Добавьте в настройки раздел [pbx.main].")) }
        } @else {
            (addresses(visit, PBXS))
            div.table { table {
                thead { tr {
                    th { (visit.t("PBX", "АТС")) }
                    (activity_heads(visit))
                    th { (visit.t("Last request of any kind", "Последний запрос любого вида")) }
                    th { (visit.t("Addresses", "Адреса")) }
                } }
                tbody { @for (name, pbx) in &parts.settings.pbx {
                    @let client = parts.pbxs.get(name).and_then(|pbx| pbx.client.as_ref());
                    @let heard = client.and_then(|client| client.heard());
                    tr {
                        td { a href={ (PATH) "/sources/pbx/" (name) } { (name) } br; span.hint { (pbx.dialect.as_str()) } }
                        (activity_cells(visit, activities.of(PBXS, name)))
                        td { @if let Some(heard) = heard { (moment(visit, heard)) } @else { "–" } }
                        td { @if pbx.allowed_addresses.is_empty() { (visit.t("any, with the key", "любые, с ключом")) }
                            @else { (pbx.allowed_addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")) } }
                    }
                } }
            } }
        }
    }
}
