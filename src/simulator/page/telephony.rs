//! Telephony: live calls, the statistics with recordings, the card of a call in front of an employee,
//! and the button that calls a number.

use maud::{Markup, html};

use super::{Page, View, answered, callback, html::moment};
use crate::simulator::{
    state::{
        kind::Kind,
        people::User,
        telephony::{PortalCall, StatisticRow},
    },
    telephony::{client_name, responsible},
};

/// Rows of the statistics that are shown.
const SHOWN: usize = 50;

/// Draws the employees with their cards, the live calls and the statistics.
pub(super) fn list(view: &View<'_>) -> Page {
    let telephony = &view.core.state.telephony;
    page(
        view.t("Telephony", "Телефония"),
        html! {
            (lines(view))
            h2 { (view.t("Employees", "Сотрудники")) }
            ul.list.panel {
                @for user in active(view) {
                    @let cards = cards(view, user.id).count();
                    li {
                        a href=(view.link(&format!("/sandbox/employee/{}", user.id))) { (user.full_name()) }
                        span { (user.inner_phone) @if cards > 0 { " · " b { (cards) } } }
                    }
                }
            }
            h2 { (view.t("Live calls", "Текущие звонки")) }
            @if telephony.live.is_empty() {
                p.empty { (view.t("Nobody is calling.", "Сейчас никто не звонит.")) }
            }
            div.amo {
                @for call in telephony.live.iter().rev().take(SHOWN) { (live(view, call)) }
            }
            (callback::form(view))
            h2 { (view.t("Statistics", "Статистика звонков")) }
            (statistics(view))
        },
    )
}

/// Draws the page of an employee: the cards of calls that ring. Returns `None` if there is no such
/// employee.
pub(super) fn employee(view: &View<'_>, id: u32) -> Option<Page> {
    let user = active(view).find(|user| user.id == id)?;
    let mut cards = cards(view, id).peekable();
    let body = html! {
        div.head {
            div.crumbs {
                a href=(view.link("/sandbox/telephony")) { (view.t("← back", "← назад")) }
                " · " (view.t("Employee", "Сотрудник")) " · " (user.inner_phone)
            }
            h1 { (user.full_name()) }
        }
        @if cards.peek().is_none() {
            p.empty { (view.t("No call rings here.", "Здесь никто не звонит.")) }
        }
        div.amo { @for call in cards { (live(view, call)) } }
    };
    Some(page(&user.full_name(), body))
}

fn page(title: &str, body: Markup) -> Page {
    Page {
        title: title.to_owned(),
        tab: "telephony",
        body,
    }
}

fn active<'a>(view: &'a View<'_>) -> impl Iterator<Item = &'a User> {
    let users = view.core.state.users.iter();
    users.filter(|user| user.active && user.sort == "employee")
}

/// Returns the calls whose cards an employee sees.
fn cards<'a>(view: &'a View<'_>, user: u32) -> impl Iterator<Item = &'a PortalCall> {
    let telephony = &view.core.state.telephony;
    let calls = telephony.live.iter().chain(&telephony.left);
    calls.filter(move |call| call.cards.contains(&user))
}

fn lines(view: &View<'_>) -> Markup {
    let lines = &view.core.state.telephony.lines;
    html! {
        @if !lines.is_empty() {
            div.sub {
                span { (view.t("Lines", "Линии")) ":" }
                @for line in lines.iter().take(SHOWN) {
                    span.tag { (line.number) @if line.name != line.number { " · " (line.name) } }
                }
            }
        }
    }
}

/// Draws the card of a call.
fn live(view: &View<'_>, call: &PortalCall) -> Markup {
    let state = &view.core.state;
    let user = call.entity.and_then(|entity| responsible(state, entity));
    let user = user.and_then(|user| state.user(user));
    let what = direction(view, call.sort);
    let ended = state.telephony.left.iter().any(|it| it.id == call.id);
    html! {
        div.panel.call-card data-call=(call.id) data-key={ "call-card-" (call.id) } {
            h2 {
                (call.number) " · " (what)
                @if ended { " · " (view.t("ended, not hidden", "завершён, но не скрыт")) }
            }
            dl.facts {
                div {
                    dt { (view.t("Client", "Клиент")) }
                    dd { (client(view, call.entity)) }
                }
                @if let Some(user) = user {
                    div {
                        dt { (view.t("Responsible", "Ответственный")) }
                        dd { (user.full_name()) }
                    }
                }
                @if !call.line.is_empty() {
                    div { dt { (view.t("Line", "Линия")) } dd { (line_name(view, &call.line)) } }
                }
                div { dt { (view.t("Since", "Начало")) } dd { (moment(view.lang, call.began)) } }
            }
            (super::app_widgets::in_call(view, &call.id))
        }
    }
}

fn line_name<'a>(view: &'a View<'_>, number: &'a str) -> &'a str {
    let line = view.core.state.telephony.line(number);
    line.map_or(number, |line| &line.name)
}

fn direction<'a>(view: &'a View<'_>, sort: i64) -> &'a str {
    match sort {
        2 | 3 => view.t("incoming", "входящий"),
        4 => view.t("call-back", "обратный звонок"),
        _ => view.t("outgoing", "исходящий"),
    }
}

/// Draws the client with a link.
fn client(view: &View<'_>, entity: Option<(Kind, u32)>) -> Markup {
    let Some((kind, id)) = entity else {
        return html! { (view.t("unknown", "неизвестен")) };
    };
    let name = client_name(&view.core.state, (kind, id));
    html! {
        a href=(view.link(&format!("/sandbox/{}/{id}", kind.word()))) {
            @if name.is_empty() { "#" (id) } @else { (name) }
        }
    }
}

fn statistics(view: &View<'_>) -> Markup {
    let rows = &view.core.state.telephony.statistics;
    let headings = [
        ("Began", "Начало"),
        ("Call", "Звонок"),
        ("Number", "Номер"),
        ("Employee", "Сотрудник"),
        ("Client", "Клиент"),
        ("Seconds", "Секунд"),
        ("Result", "Результат"),
        ("Recording", "Запись"),
    ];
    html! {
        @if rows.is_empty() {
            p.empty { (view.t("No call has been finished yet.", "Завершённых звонков ещё не было.")) }
        } @else {
            table {
                thead { tr { @for (en, ru) in headings { th { (view.t(en, ru)) } } } }
                tbody {
                    @for row in rows.iter().rev().take(SHOWN) { (statistic(view, row)) }
                }
            }
        }
    }
}

fn statistic(view: &View<'_>, row: &StatisticRow) -> Markup {
    let user = row.text("PORTAL_USER_ID").parse().ok();
    let user = user.and_then(|id| view.core.state.user(id));
    let kind = Kind::of_word(row.text("CRM_ENTITY_TYPE"));
    let entity = kind.zip(row.text("CRM_ENTITY_ID").parse().ok());
    let sort = row.text("CALL_TYPE").parse().unwrap_or(0);
    html! {
        tr data-statistic=(row.call) {
            td { (moment(view.lang, row.began)) }
            td { (direction(view, sort)) }
            td { (row.text("PHONE_NUMBER")) }
            td { (user.map(User::full_name).unwrap_or_default()) }
            td { (client(view, entity)) }
            td { (row.text("CALL_DURATION")) }
            td { (row.text("CALL_FAILED_CODE")) }
            td { (recording(view, row)) }
        }
    }
}

/// Draws the player of the recording that belongs to an activity, if there is one.
pub(super) fn recording_of(view: &View<'_>, activity: u32) -> Markup {
    let row = view.core.state.telephony.row_of_activity(activity);
    html! { @if let Some(row) = row { (recording(view, row)) } }
}

fn recording(view: &View<'_>, row: &StatisticRow) -> Markup {
    let file = row
        .record
        .and_then(|id| view.core.state.files.get(id).zip(Some(id)));
    html! {
        @if let Some((file, id)) = file {
            div.recording {
                audio controls preload="none" src={ "/sandbox/record/" (id) } {}
                a href={ "/sandbox/file/" (id) } { (file.name) }
            }
        }
    }
}

/// Draws the button that calls a number of a record, if somebody handles it.
pub(super) fn call_button(view: &View<'_>, kind: Kind, id: u32, number: &str) -> Markup {
    let is_client = matches!(kind, Kind::Contact | Kind::Company | Kind::Lead);
    if !view.core.hears(super::click::EVENT) || !is_client {
        return html! {};
    }
    html! {
        form.buttons method="post" action=(view.link("/sandbox/click")) {
            input type="hidden" name="kind" value=(kind.word());
            input type="hidden" name="id" value=(id);
            input type="hidden" name="number" value=(number);
            select name="user" aria-label=(view.t("Employee", "Сотрудник")) {
                @for user in active(view).filter(|user| !user.inner_phone.is_empty()) {
                    option value=(user.id) { (user.full_name()) }
                }
            }
            button { (view.t("Call", "Позвонить")) }
        }
    }
}

/// Says how a click on a number ended.
pub(super) fn click_status(view: &View<'_>) -> Markup {
    let texts = [
        view.t("The gateway has taken the click.", "Шлюз принял нажатие."),
        view.t("The gateway did not answer.", "Шлюз не ответил."),
        view.t("The gateway refused the click:", "Шлюз отклонил нажатие:"),
    ];
    html! { @if !view.param("status").is_empty() { div.sub { (answered(view, texts)) } } }
}
