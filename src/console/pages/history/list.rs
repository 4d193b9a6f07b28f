//! The list: 50 submissions, the newest first. No row moves while somebody reads: what arrives waits
//! behind a bar. Searched text comes in the body of a request.

use actix_web::web;
use maud::{Markup, html};

use super::filter::{self, BEFORE};
use super::find;
use crate::console::layout::{moment, token_field};
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::console::{PATH, assets, mask};
use crate::domain::{Bilingual, EntityKind, Role, State, bilingual, plural};
use crate::journal::reasons::in_short;
use crate::journal::{Cursor, Entry, Filter};
use crate::store::StoreError;

/// Submissions of a page.
const PAGE: usize = 50;
/// The most new submissions that are counted.
const MOST_NEW: usize = 100;

/// A page of the list.
struct Rows {
    entries: Vec<Entry>,
    /// Whether there are older ones.
    is_more: bool,
    /// What was searched for.
    text: Option<String>,
}

/// Shows the list, or the part of it that htmx asks for.
pub(super) async fn page(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let mut wanted = filter::filter(visit);
    if visit.is_post() {
        wanted.text = visit.field("q").map(str::trim).map(str::to_owned);
        let before = visit.field(BEFORE).and_then(Cursor::parse);
        wanted.before = before.or(wanted.before);
    }
    let wanted = wanted;
    let text = wanted.text.clone().filter(|text| !text.is_empty());
    let rows = match text.as_deref().map(find::too_short) {
        Some(true) => Err(find::TOO_SHORT.pick(visit.lang)),
        _ => Ok(read(visit, wanted, text.clone()).await?),
    };
    let part = match &rows {
        Ok(rows) => table(visit, rows),
        Err(problem) => html! { p.problem role="alert" { (problem) } },
    };
    if visit.is_post() && visit.wants_fragment() {
        return Ok(Answer::Fragment(part));
    }
    let body = html! {
        (search_form(visit, text.as_deref()))
        (filter::form(visit))
        div id="list" { (part) }
        script src=(assets::address("history.js")) defer {}
    };
    Ok(Answer::Page(Page {
        title: visit.t("History", "История").to_owned(),
        section: Section::History,
        body,
    }))
}

async fn read(visit: &Visit<'_>, wanted: Filter, text: Option<String>) -> Result<Rows, Trouble> {
    let journal = visit.parts().journal.clone();
    // one more tells whether there are older ones
    let found = web::block(move || journal.list(&wanted, PAGE + 1)).await;
    let mut entries = found.map_err(|_| StoreError::Closed)??;
    let is_more = entries.len() > PAGE;
    entries.truncate(PAGE);
    Ok(Rows {
        entries,
        is_more,
        text,
    })
}

/// The search. Without a script it is a form; with it, the list changes below while its text stands
/// after `#` in the address.
fn search_form(visit: &Visit<'_>, text: Option<&str>) -> Markup {
    let address = filter::address(visit, "", None);
    html! {
        form.search id="search" role="search" method="post" action=(address)
            hx-post=(address) hx-target="#list" hx-sync="this:replace" {
            (token_field(visit))
            label for="q" { (visit.t("Search", "Поиск")) }
            input id="q" type="search" name="q" value=[text] autocomplete="off" maxlength="200"
                placeholder=(visit.t("phone, e-mail, name, id", "телефон, e-mail, имя, ID"));
            button { (visit.t("Find", "Найти")) }
            span.wait { (visit.t("Searching…", "Ищем…")) }
        }
    }
}

fn table(visit: &Visit<'_>, rows: &Rows) -> Markup {
    let Some(first) = rows.entries.first() else {
        return empty(visit, rows);
    };
    let is_first_page = rows.text.is_none() && visit.param(BEFORE).is_none();
    let t = |en, ru| visit.t(en, ru);
    html! {
        @if is_first_page { (bar(visit, first.cursor())) }
        div.table { table.history {
            thead { tr {
                @if may_tick(visit) { th { span.unseen { (t("Tick", "Отметка")) } } }
                th { (t("Received", "Получено")) }
                th { (t("State", "Состояние")) }
                th { (t("Who, from where", "Кто, откуда")) }
                th { (t("Profile", "Профиль")) }
                th { (t("In Bitrix24", "В Битрикс24")) }
                th.number { (t("Attempts", "Попыток")) }
            } }
            tbody { @for entry in &rows.entries { (one_row(visit, entry)) } }
        } }
        (older(visit, rows))
        @if may_tick(visit) { (replays(visit, rows)) }
    }
}

/// Leads to older submissions: without searched text by a link, with it by a form.
fn older(visit: &Visit<'_>, rows: &Rows) -> Markup {
    let Some(last) = rows.entries.last().filter(|_| rows.is_more) else {
        return html! {};
    };
    let word = visit.t("Earlier", "Раньше");
    let Some(text) = &rows.text else {
        let address = filter::address(visit, "", Some((BEFORE, last.cursor())));
        return html! { p.actions { a.button.second href=(address) rel="next" { (word) } } };
    };
    let address = filter::address(visit, "", None);
    html! {
        form.actions method="post" action=(address) hx-post=(address) hx-target="#list" {
            (token_field(visit))
            input type="hidden" name="q" value=(text);
            input type="hidden" name=(BEFORE) value=(last.cursor().to_text());
            button.second { (word) }
        }
    }
}

fn one_row(visit: &Visit<'_>, entry: &Entry) -> Markup {
    let page = format!("{PATH}/history/{}", entry.id);
    let row = format!("{page}/row");
    let is_open = entry.state.is_under_way();
    html! {
        tr hx-get=[is_open.then_some(&row)] hx-trigger=[is_open.then_some("history from:body delay:500ms")]
            hx-swap=[is_open.then_some("outerHTML")] {
            @if may_tick(visit) { td {
                input type="checkbox" name="id" value=(entry.id) form="ticked"
                    aria-label={ (visit.t("Tick ", "Отметить ")) (entry.id.short()) };
            } }
            td { a href=(page) { (moment(visit, entry.received_at)) } }
            td { (state(visit, entry)) }
            td { (who(visit, entry)) }
            td { @if let Some(profile) = &entry.profile {
                a href={ (PATH) "/profiles/" (profile) } { (profile) }
            } }
            td { (became(visit, entry)) }
            td.number { @if entry.attempt > 0 { (entry.attempt) } }
        }
    }
}

fn may_tick(visit: &Visit<'_>) -> bool {
    visit.user.role >= Role::Operator
}

/// Leads to the dry run of a replay: of the ticked ones, or of all that pass the filter.
fn replays(visit: &Visit<'_>, rows: &Rows) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    let address = format!("{PATH}/replays");
    html! {
        div.actions {
            form id="ticked" method="post" action=(address) {
                (token_field(visit))
                button.second { (t("Replay the ticked ones…", "Повторить отмеченные…")) }
            }
            @if (filter::is_set(visit) || rows.text.is_some()) && visit.param("destination").is_none() {
                form method="post" action=(address) {
                    (token_field(visit))
                    (filter::hidden(visit))
                    input type="hidden" name="q" value=[rows.text.as_deref()];
                    button.second { (t("Replay all that match…", "Повторить всё найденное…")) }
                }
            }
            span.hint { (t("Shows first what would happen.", "Сначала покажет, что будет.")) }
        }
    }
}

/// The state as a badge, with its reason, and a mark if values were left out.
pub(in crate::console::pages) fn state(visit: &Visit<'_>, entry: &Entry) -> Markup {
    let why = in_short(entry, visit.lang);
    let left: Vec<&str> = entry
        .left_out
        .iter()
        .map(|dropped| dropped.field.as_str())
        .collect();
    html! {
        // what lost a value on its way is not green
        @let shown = if left.is_empty() { entry.state } else { State::Waiting };
        span class={ "state state-" (shown) } { (entry.state.in_short(visit.lang)) }
        @if !left.is_empty() {
            " " span.warn title=(left.join(", ")) { "▲ " (visit.t("left out: ", "не записано: ")) (left.len()) }
        }
        @if entry.state == State::Parked || entry.state == State::Rejected {
            div.hint { (mask::line(visit, &why, 120)) }
        }
    }
}

fn who(visit: &Visit<'_>, entry: &Entry) -> Markup {
    let label = visit.parts().sources.full_label(&entry.source, visit.lang);
    let repeats = entry.repeats;
    html! {
        @if let Some(person) = &entry.person {
            div.nowrap[person.as_str().starts_with('+')] { (mask::masked(visit, person.as_str())) }
        }
        div.hint {
            (label)
            @if entry.source.is_trial() { " · " (visit.t("test", "проба")) }
            @if repeats > 0 { " · +" (repeats) " " (repeat_word(visit, repeats)) }
        }
    }
}

fn repeat_word<'v>(visit: &'v Visit<'_>, repeats: u32) -> &'v str {
    let en = plural::english(repeats, ["repeat", "repeats"]);
    let ru = plural::russian(repeats, ["повтор", "повтора", "повторов"]);
    Bilingual::new(en, ru).pick(visit.lang)
}

/// The contact and the record, with their pages if there is one portal only.
fn became(visit: &Visit<'_>, entry: &Entry) -> Markup {
    let connections = &visit.parts().connections;
    let mut names = connections.keys().map(String::as_str);
    let only = names.next().filter(|_| connections.len() == 1);
    html! { (links(visit, entry, only)) }
}

/// The contact and the record that a submission became, each with its page in this connection.
pub(super) fn links(visit: &Visit<'_>, entry: &Entry, connection: Option<&str>) -> Markup {
    let contact = entry.contact.map(|id| (None, id.get()));
    let record = entry.record.map(|(kind, id)| (Some(kind), id.get()));
    html! {
        @for (kind, id) in contact.into_iter().chain(record) {
            div { (link(visit, connection, kind, id)) }
        }
    }
}

fn link(visit: &Visit<'_>, connection: Option<&str>, kind: Option<EntityKind>, id: i64) -> Markup {
    let name = match kind {
        Some(kind) => kind.numbered(id, visit.lang),
        None => bilingual!("contact {id}", "контакт {id}").pick(visit.lang),
    };
    let page = connection.and_then(|name| visit.parts().page(name, kind, id));
    html! {
        @match page {
            Some(page) => a href=(page) target="_blank" rel="noopener noreferrer" { (name) },
            None => (name),
        }
    }
}

/// Says which filter to loosen, or how a first submission comes.
fn empty(visit: &Visit<'_>, rows: &Rows) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    html! {
        div.empty {
            @if visit.param(BEFORE).is_some() || visit.field(BEFORE).is_some() {
                p { (t("There is nothing older.", "Более старых нет.")) }
            } @else if rows.text.is_some() {
                p { (t("Nothing found. Try fewer digits or letters, or a part of the name.",
                       "Ничего не найдено. Попробуйте меньше цифр или букв или часть имени.")) }
                @if filter::is_set(visit) {
                    p { a href={ (PATH) "/history" } { (t("Search without the filter", "Искать без отбора")) } }
                }
            } @else if filter::is_set(visit) {
                p { (t("No submission passes this filter.", "Под этот отбор ничего не подходит.")) }
                @if visit.param("since").is_some() || visit.param("until").is_some() {
                    p { (t("Most likely the time is too narrow.", "Скорее всего, слишком узкое время.")) }
                }
                p { a href={ (PATH) "/history" } { (t("Show everything", "Показать всё")) } }
            } @else {
                p { (t("Nothing has come yet.", "Пока ничего не пришло.")) }
                p { a href=(PATH) { (t("Send a sample from the first page", "Отправьте пример с первой страницы")) } }
            }
        }
    }
}

/// A bar for what arrives while somebody reads; it asks again when the history changes.
fn bar(visit: &Visit<'_>, top: Cursor) -> Markup {
    let address = filter::address(visit, "/new", Some(("after", top)));
    html! {
        div id="new" aria-live="polite" hx-get=(address) hx-trigger="history from:body delay:500ms" {}
    }
}

/// Counts what has arrived since the first row.
pub(super) async fn arrived(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let Some(after) = visit.param("after").and_then(Cursor::parse) else {
        return Err(Trouble::NotFound);
    };
    let wanted = Filter {
        before: None,
        ..filter::filter(visit)
    };
    let journal = visit.parts().journal.clone();
    let found = web::block(move || journal.list(&wanted, MOST_NEW)).await;
    let found = found.map_err(|_| StoreError::Closed)??;
    let count = found.iter().take_while(|it| it.cursor() > after).count();
    let plus = if count == MOST_NEW { "+" } else { "" };
    let ru = plural::russian(count, ["новое", "новых", "новых"]);
    let text = bilingual!("{count}{plus} new", "{count}{plus} {ru}").pick(visit.lang);
    Ok(Answer::Fragment(html! {
        @if count > 0 { a.new href=(filter::address(visit, "", None)) { (text) } }
    }))
}

/// Shows a row again: its submission was under way.
pub(super) async fn row(visit: &Visit<'_>, name: &str) -> Result<Answer, Trouble> {
    let history = find::one(visit, name).await?;
    Ok(Answer::Fragment(one_row(visit, &history.entry)))
}
