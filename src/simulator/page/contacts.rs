//! All contacts or companies in a table, newest first, with a search over names, phones, e-mails and
//! tax numbers.

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
    requisite::Requisite,
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

/// Draws the contacts.
pub(super) fn contacts(view: &View<'_>) -> Page {
    table(view, Kind::Contact)
}

/// Draws the companies.
pub(super) fn companies(view: &View<'_>) -> Page {
    table(view, Kind::Company)
}

fn table(view: &View<'_>, kind: Kind) -> Page {
    let query = view.param("q").trim().to_lowercase();
    let skip: usize = view.param("from").parse().unwrap_or(0);
    let found: Vec<&Record> = view
        .core
        .state
        .table(kind)
        .rows
        .values()
        .rev()
        .filter(|record| query.is_empty() || matches(view, kind, record, &query))
        .collect();
    let rows: Vec<&Record> = found.iter().copied().skip(skip).take(ROWS).collect();
    let (tab, title) = match kind {
        Kind::Company => ("companies", view.t("Companies", "Компании")),
        _ => ("contacts", view.t("Contacts", "Контакты")),
    };
    Page {
        title: title.to_owned(),
        tab,
        body: html! {
            (bar(view, &query, (tab, skip), found.len()))
            @if rows.is_empty() {
                p.empty { (view.t("Nothing found", "Ничего не найдено")) }
            } @else {
                div.panel.wide {
                    table {
                        thead { tr { @for (en, ru) in HEADINGS { th { (view.t(en, ru)) } } } }
                        tbody { @for record in rows { (row(view, kind, record)) } }
                    }
                }
            }
        },
    }
}

fn bar(view: &View<'_>, query: &str, (tab, skip): (&str, usize), count: usize) -> Markup {
    let page = |from: usize| {
        let query = utf8_percent_encode(query, NON_ALPHANUMERIC);
        view.link(&format!("/sandbox/{tab}?from={from}&q={query}"))
    };
    html! {
        div.sub {
            form.find method="get" action={ "/sandbox/" (tab) } {
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

fn matches(view: &View<'_>, kind: Kind, record: &Record, query: &str) -> bool {
    let code = match_code(Channel::Phone, query).filter(|it| it.len() >= 4);
    name_of(view, kind, record).to_lowercase().contains(query)
        || requisites(view, kind, record.id).any(|it| it.text("RQ_INN").contains(query))
        || record.multi.iter().any(|it| {
            it.value.to_lowercase().contains(query)
                || code.as_ref().is_some_and(|code| {
                    match_code(it.channel, &it.value).is_some_and(|own| own.contains(code))
                })
        })
}

/// Returns the name of a contact or company.
pub(super) fn name_of(view: &View<'_>, kind: Kind, record: &Record) -> String {
    match kind {
        Kind::Contact => full_name(view, kind, record),
        Kind::Company | Kind::Lead | Kind::Deal | Kind::Smart => {
            let title = view.core.state.table(kind).text(record, "TITLE");
            title.unwrap_or_default().to_owned()
        }
    }
}

/// Returns the requisites of a contact or company.
pub(super) fn requisites<'v>(
    view: &'v View<'_>,
    kind: Kind,
    id: u32,
) -> impl Iterator<Item = &'v Requisite> {
    let all = view.core.state.requisites.values();
    all.filter(move |requisite| requisite.belongs_to(kind, id))
}

/// Returns the number of deals of a contact or company.
fn deals_of(view: &View<'_>, kind: Kind, id: u32) -> usize {
    let deals = view.core.state.table(Kind::Deal);
    match kind {
        Kind::Company => {
            let of_company = |deal: &&Record| deals.int(deal, "COMPANY_ID") == Some(id.into());
            deals.rows.values().filter(of_company).count()
        }
        _ => deals.of_contact(id).len(),
    }
}

fn row(view: &View<'_>, kind: Kind, record: &Record) -> Markup {
    let table = view.core.state.table(kind);
    let user = responsible(view, kind, record);
    let created = table.int(record, "DATE_CREATE").unwrap_or(view.now);
    let word = kind.word();
    html! {
        tr data-key={ (word) "-" (record.id) } {
            td.num { (record.id) }
            td {
                a href=(view.link(&format!("/sandbox/{word}/{}", record.id))) {
                    (name_of(view, kind, record))
                }
                div.second { (table.text(record, "ADDRESS_CITY").unwrap_or_default()) }
                @for requisite in requisites(view, kind, record.id) {
                    div.second { (requisite.text("RQ_INN")) }
                }
            }
            td.num { (values(record, Channel::Phone)) }
            td { (values(record, Channel::Email)) }
            td.num { (deals_of(view, kind, record.id)) }
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
