//! All contacts in a table, newest first, with a search over names, phones and e-mails.

use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    Page, View,
    board::{full_name, responsible},
    html::{PageLanguage, age, avatar},
};
use crate::simulator::state::{
    kind::Kind,
    match_code::match_code,
    record::{Channel, Record},
};

/// Rows on a page.
const ROWS: usize = 50;

/// Headings of the columns, English and Russian.
const HEADINGS: [(&str, &str); 7] = [
    ("ID", "ID"),
    ("Name", "Имя"),
    ("Phone", "Телефон"),
    ("E-mail", "E-mail"),
    ("Deals", "Сделки"),
    ("Responsible", "Ответственный"),
    ("Created", "Создан"),
];

/// Draws the table.
pub(super) fn table(view: &View<'_>) -> Page {
    let query = view.param("q").trim().to_lowercase();
    let skip: usize = view.param("from").parse().unwrap_or(0);
    let found: Vec<&Record> = view
        .core
        .state
        .table(Kind::Contact)
        .rows
        .values()
        .rev()
        .filter(|record| query.is_empty() || matches(view, record, &query))
        .collect();
    let rows: Vec<&Record> = found.iter().copied().skip(skip).take(ROWS).collect();
    Page {
        title: view.t("Contacts", "Контакты").to_owned(),
        tab: "contacts",
        body: html! {
            (bar(view, &query, skip, found.len()))
            @if rows.is_empty() {
                p.empty { (view.t("No contacts found", "Ничего не найдено")) }
            } @else {
                div.panel.wide {
                    table {
                        thead { tr { @for (en, ru) in HEADINGS { th { (view.t(en, ru)) } } } }
                        tbody { @for record in rows { (row(view, record)) } }
                    }
                }
            }
        },
    }
}

fn bar(view: &View<'_>, query: &str, skip: usize, count: usize) -> Markup {
    let page = |from: usize| {
        let query = utf8_percent_encode(query, NON_ALPHANUMERIC);
        view.link(&format!("/sandbox/contacts?from={from}&q={query}"))
    };
    html! {
        div.sub {
            form.find method="get" action="/sandbox/contacts" {
                @if view.lang == PageLanguage::En { input type="hidden" name="lang" value="en"; }
                input name="q" type="search" value=(query)
                    placeholder=(view.t("Name, phone or e-mail", "Имя, телефон или e-mail"))
                    aria-label=(view.t("Search", "Поиск"));
            }
            span { (view.t("Total", "Всего")) ": " (count) }
            span.pages {
                @if skip > 0 {
                    a href=(page(skip.saturating_sub(ROWS))) { (view.t("← newer", "← новее")) }
                }
                @if skip + ROWS < count {
                    a href=(page(skip + ROWS)) { (view.t("older →", "старше →")) }
                }
            }
        }
    }
}

fn matches(view: &View<'_>, record: &Record, query: &str) -> bool {
    let code = match_code(Channel::Phone, query).filter(|it| it.len() >= 4);
    full_name(view, Kind::Contact, record)
        .to_lowercase()
        .contains(query)
        || record.multi.iter().any(|it| {
            it.value.to_lowercase().contains(query)
                || code.as_ref().is_some_and(|code| {
                    match_code(it.channel, &it.value).is_some_and(|own| own.contains(code))
                })
        })
}

fn row(view: &View<'_>, record: &Record) -> Markup {
    let table = view.core.state.table(Kind::Contact);
    let user = responsible(view, Kind::Contact, record);
    let created = table.int(record, "DATE_CREATE").unwrap_or(view.now);
    let deals = view.core.state.table(Kind::Deal).of_contact(record.id);
    html! {
        tr data-key={ "contact-" (record.id) } {
            td.num { (record.id) }
            td {
                a href=(view.link(&format!("/sandbox/contact/{}", record.id))) {
                    (full_name(view, Kind::Contact, record))
                }
                div.second { (table.text(record, "ADDRESS_CITY").unwrap_or_default()) }
            }
            td.num { (values(record, Channel::Phone)) }
            td { (values(record, Channel::Email)) }
            td.num { (deals.len()) }
            td { (avatar(user)) " " (user.map_or("", |it| &it.last_name)) }
            td.num { (age(view.lang, view.now, created)) }
        }
    }
}

/// Draws the values of a channel, one a line.
fn values(record: &Record, channel: Channel) -> Markup {
    let values = record.multi.iter().filter(|it| it.channel == channel);
    html! {
        @for (at, it) in values.enumerate() {
            @if at > 0 { br; }
            (it.value)
        }
    }
}
