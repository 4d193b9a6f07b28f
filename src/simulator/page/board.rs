//! Deals, leads and the items of the smart process as cards in the columns of their stages.

use maud::{Markup, html};

use super::{
    Page, View, app_widgets,
    html::{age, amount, avatar, moment, text_color_on},
};
use crate::simulator::state::{dictionary::Status, kind::Kind, people::User, record::Record};

/// Cards in a column; the rest is a number.
const CARDS: usize = 30;

/// Draws the deals of a pipeline.
pub(super) fn deals(view: &View<'_>) -> Page {
    let selected: u32 = view.param("pipeline").parse().unwrap_or(0);
    let tabs = html! {
        div.tabs {
            @for pipeline in view.core.state.pipelines_of(Kind::Deal) {
                a href=(view.link(&format!("/sandbox?pipeline={}", pipeline.id)))
                    aria-current=[(pipeline.id == selected).then_some("page")] { (pipeline.name) }
            }
        }
    };
    Page {
        title: view.t("Deals", "Сделки").to_owned(),
        tab: "deals",
        body: board(view, Kind::Deal, selected, &tabs),
    }
}

/// Draws the leads.
pub(super) fn leads(view: &View<'_>) -> Page {
    Page {
        title: view.t("Leads", "Лиды").to_owned(),
        tab: "leads",
        body: board(view, Kind::Lead, 0, &html! {}),
    }
}

/// Draws the items of the smart process, which has one pipeline.
pub(super) fn items(view: &View<'_>) -> Page {
    let pipeline = view.core.state.pipelines_of(Kind::Smart).next();
    let pipeline = pipeline.map_or(0, |it| it.id);
    Page {
        title: view.t("Items", "Заявки").to_owned(),
        tab: "items",
        body: board(view, Kind::Smart, pipeline, &html! {}),
    }
}

fn board(view: &View<'_>, kind: Kind, pipeline: u32, tabs: &Markup) -> Markup {
    let table = view.core.state.table(kind);
    let stages: Vec<&Status> = view.core.state.stages(kind, pipeline).collect();
    let mut columns: Vec<Vec<&Record>> = vec![Vec::new(); stages.len()];
    let field = kind.stage_field().unwrap_or_default();
    // Newest first.
    for record in table.rows.values().rev() {
        let code = table.text(record, field);
        let at = stages.iter().position(|it| Some(it.code.as_str()) == code);
        if let Some(column) = at.and_then(|at| columns.get_mut(at)) {
            column.push(record);
        }
    }
    let count: usize = columns.iter().map(Vec::len).sum();
    let open: i64 = columns
        .iter()
        .zip(&stages)
        .filter(|(_, stage)| stage.semantics == "P")
        .map(|(records, _)| total(view, kind, records))
        .sum();
    html! {
        div.sub {
            (tabs)
            span { (view.t("Total", "Всего")) ": " (count) }
            span { (view.t("Open amount", "В работе на сумму")) ": " (amount(open, "# ₽")) }
            (app_widgets::over_list(view, kind))
        }
        div.board data-scroll="board" {
            @for (stage, records) in stages.iter().zip(&columns) {
                (column(view, kind, stage, records))
            }
        }
    }
}

/// Adds up amounts in different currencies by their rates.
fn total(view: &View<'_>, kind: Kind, records: &[&Record]) -> i64 {
    let table = view.core.state.table(kind);
    records
        .iter()
        .map(|record| {
            let amount = table.int(record, "OPPORTUNITY").unwrap_or(0);
            let code = table.text(record, "CURRENCY_ID").unwrap_or_default();
            let currency = view.core.state.currencies.iter().find(|it| it.code == code);
            let rate = currency.map_or(10_000, |it| i64::from(it.rate));
            amount.saturating_mul(rate) / 10_000
        })
        .fold(0, i64::saturating_add)
}

fn column(view: &View<'_>, kind: Kind, stage: &Status, records: &[&Record]) -> Markup {
    let style = format!("--c:{};--t:{}", stage.color, text_color_on(&stage.color));
    html! {
        section.column style=(style) {
            h2 title=(stage.code) { span { (stage.name) } b { (records.len()) } }
            div.sum { (amount(total(view, kind, records), "# ₽")) }
            div.cards data-scroll=(stage.code) {
                @for record in records.iter().take(CARDS) { (card(view, kind, record)) }
                @if records.len() > CARDS {
                    p.more { (view.t("and more:", "и ещё")) " " (records.len() - CARDS) }
                } @else if records.is_empty() {
                    p.empty { (view.t("Empty", "Пусто")) }
                }
            }
        }
    }
}

fn card(view: &View<'_>, kind: Kind, record: &Record) -> Markup {
    let table = view.core.state.table(kind);
    let path = view.link(&format!("/sandbox/{}/{}", kind.word(), record.id));
    let created = table.int(record, "DATE_CREATE").unwrap_or(view.now);
    let user = responsible(view, kind, record);
    html! {
        article.card data-key={ (kind.word()) "-" (record.id) } {
            a href=(path) { (table.text(record, "TITLE").unwrap_or("?")) }
            div.sumline { (amount_of(view, kind, record)) }
            div.who { (client(view, kind, record)) }
            footer {
                (avatar(user))
                span { (user.map_or("", |it| &it.last_name)) }
                time title=(moment(view.lang, created)) { (age(view.lang, view.now, created)) }
            }
        }
    }
}

/// Returns the responsible person.
pub(super) fn responsible<'a>(view: &View<'a>, kind: Kind, record: &Record) -> Option<&'a User> {
    let id = view.core.state.table(kind).int(record, "ASSIGNED_BY_ID")?;
    view.core.state.user(u32::try_from(id).ok()?)
}

/// Writes the amount in its own currency.
pub(super) fn amount_of(view: &View<'_>, kind: Kind, record: &Record) -> String {
    let table = view.core.state.table(kind);
    let code = table.text(record, "CURRENCY_ID").unwrap_or_default();
    let currency = view.core.state.currencies.iter().find(|it| it.code == code);
    let format = currency.map_or("#", |it| &it.format);
    amount(table.int(record, "OPPORTUNITY").unwrap_or(0), format)
}

/// Draws the client: the bound contact, or the name in the record itself.
fn client(view: &View<'_>, kind: Kind, record: &Record) -> Markup {
    let Some(id) = record.primary_contact() else {
        return html! { (full_name(view, kind, record)) };
    };
    let others = record.contacts.len() - 1;
    html! {
        a href=(view.link(&format!("/sandbox/contact/{id}"))) { (contact_name(view, id)) }
        @if others > 0 { " +" (others) }
    }
}

/// Returns a contact's name by its id.
pub(super) fn contact_name(view: &View<'_>, id: u32) -> String {
    view.core
        .state
        .record(Kind::Contact, id)
        .map_or_else(|| format!("#{id}"), |it| full_name(view, Kind::Contact, it))
}

/// Joins the parts of the name that are known.
pub(super) fn full_name(view: &View<'_>, kind: Kind, record: &Record) -> String {
    let table = view.core.state.table(kind);
    ["NAME", "SECOND_NAME", "LAST_NAME"]
        .iter()
        .filter_map(|code| table.text(record, code))
        .collect::<Vec<_>>()
        .join(" ")
}
