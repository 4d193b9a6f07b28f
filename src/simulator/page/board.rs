//! Deals, leads and the items of the smart process as cards in the columns of their stages.

use super::{
    Page, View,
    html::{age, amount, esc, face, on_color},
};
use crate::simulator::state::{dictionary::Status, kind::Kind, record::Record};

/// Cards a column; the rest is a number.
const CARDS: usize = 30;

/// The deals of a pipeline.
pub(super) fn deals(view: &View<'_>) -> Page {
    let asked: u32 = view.asked("pipeline").parse().unwrap_or(0);
    let tabs: String = view
        .core
        .state
        .pipelines_of(Kind::Deal)
        .map(|it| {
            let current = if it.id == asked {
                " aria-current=\"page\""
            } else {
                ""
            };
            let path = view.link(&format!("/sandbox?pipeline={}", it.id));
            format!("<a href=\"{path}\"{current}>{}</a>", esc(&it.name))
        })
        .collect();
    Page {
        title: view.t("Сделки", "Deals").to_owned(),
        tab: "deals",
        body: board(
            view,
            Kind::Deal,
            asked,
            &format!("<div class=\"tabs\">{tabs}</div>"),
        ),
    }
}

/// The leads.
pub(super) fn leads(view: &View<'_>) -> Page {
    Page {
        title: view.t("Лиды", "Leads").to_owned(),
        tab: "leads",
        body: board(view, Kind::Lead, 0, ""),
    }
}

/// The items of the smart process, which has one pipeline.
pub(super) fn items(view: &View<'_>) -> Page {
    let pipeline = view.core.state.pipelines_of(Kind::Smart).next();
    Page {
        title: view.t("Заявки", "Items").to_owned(),
        tab: "items",
        body: board(view, Kind::Smart, pipeline.map_or(0, |it| it.id), ""),
    }
}

fn board(view: &View<'_>, kind: Kind, category: u32, tabs: &str) -> String {
    let table = view.core.state.table(kind);
    let stages: Vec<&Status> = view.core.state.stages(kind, category).collect();
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
    let shown: usize = columns.iter().map(Vec::len).sum();
    let open: i64 = columns
        .iter()
        .zip(&stages)
        .filter(|(_, stage)| stage.semantics == "P")
        .map(|(records, _)| total(view, kind, records))
        .sum();
    let columns: String = stages
        .iter()
        .zip(&columns)
        .map(|(stage, records)| column(view, kind, stage, records))
        .collect();
    format!(
        "<div class=\"sub\">{tabs}<span>{count_name}: {shown}</span><span>{open_name}: {open}</span></div>\
         <div class=\"board\" data-scroll=\"board\">{columns}</div>",
        count_name = view.t("Всего", "In all"),
        open_name = view.t("В работе на сумму", "Open amount"),
        open = esc(&amount(open, "# ₽")),
    )
}

/// Sums in different currencies are added up by their rates.
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

fn column(view: &View<'_>, kind: Kind, stage: &Status, records: &[&Record]) -> String {
    let cards: String = records
        .iter()
        .take(CARDS)
        .map(|record| card(view, kind, record))
        .collect();
    let rest = records.len().saturating_sub(CARDS);
    let tail = if rest > 0 {
        format!(
            "<p class=\"more\">{} {rest}</p>",
            view.t("и ещё", "and more:")
        )
    } else if records.is_empty() {
        format!("<p class=\"empty\">{}</p>", view.t("Пусто", "Empty"))
    } else {
        String::new()
    };
    format!(
        "<section class=\"column\" style=\"--c:{color};--t:{ink}\"><h2 title=\"{code}\"><span>{name}</span><b>{count}</b></h2>\
         <div class=\"sum\">{sum}</div><div class=\"cards\" data-scroll=\"{code}\">{cards}{tail}</div></section>",
        color = esc(&stage.color),
        ink = on_color(&stage.color),
        code = esc(&stage.code),
        name = esc(&stage.name),
        count = records.len(),
        sum = esc(&amount(total(view, kind, records), "# ₽")),
    )
}

fn card(view: &View<'_>, kind: Kind, record: &Record) -> String {
    let table = view.core.state.table(kind);
    let path = view.link(&format!("/sandbox/{}/{}", kind.word(), record.id));
    let created = table.int(record, "DATE_CREATE").unwrap_or(view.now);
    let user = responsible(view, kind, record);
    format!(
        "<article class=\"card\" data-key=\"{word}-{id}\"><a href=\"{path}\">{title}</a>\
         <div class=\"sumline\">{sum}</div><div class=\"who\">{who}</div>\
         <footer>{face}<span>{name}</span><time title=\"{full}\">{age}</time></footer></article>",
        word = kind.word(),
        id = record.id,
        title = esc(table.text(record, "TITLE").unwrap_or("?")),
        sum = esc(&sum(view, kind, record)),
        who = who(view, kind, record),
        face = face(user),
        name = esc(user.map_or("", |it| &it.last_name)),
        full = super::html::moment(view.lang, created),
        age = age(view.lang, view.now, created),
    )
}

/// The responsible person.
pub(super) fn responsible<'a>(
    view: &View<'a>,
    kind: Kind,
    record: &Record,
) -> Option<&'a crate::simulator::state::people::User> {
    let id = view.core.state.table(kind).int(record, "ASSIGNED_BY_ID")?;
    view.core.state.user(u32::try_from(id).ok()?)
}

/// The amount in its own currency.
pub(super) fn sum(view: &View<'_>, kind: Kind, record: &Record) -> String {
    let table = view.core.state.table(kind);
    let code = table.text(record, "CURRENCY_ID").unwrap_or_default();
    let currency = view.core.state.currencies.iter().find(|it| it.code == code);
    let format = currency.map_or("#", |it| &it.format);
    amount(table.int(record, "OPPORTUNITY").unwrap_or(0), format)
}

/// The client: a bound contact, or the name that a lead carries itself.
fn who(view: &View<'_>, kind: Kind, record: &Record) -> String {
    if let Some(id) = record.primary_contact() {
        let more = record.contacts.len() - 1;
        let tail = if more > 0 {
            format!(" +{more}")
        } else {
            String::new()
        };
        let path = view.link(&format!("/sandbox/contact/{id}"));
        return format!(
            "<a href=\"{path}\">{}</a>{tail}",
            esc(&contact_name(view, id))
        );
    }
    esc(&full_name(view, kind, record))
}

/// A contact's name by its number.
pub(super) fn contact_name(view: &View<'_>, id: u32) -> String {
    view.core
        .state
        .record(Kind::Contact, id)
        .map_or_else(|| format!("#{id}"), |it| full_name(view, Kind::Contact, it))
}

/// First and last name, as far as they are known.
pub(super) fn full_name(view: &View<'_>, kind: Kind, record: &Record) -> String {
    let table = view.core.state.table(kind);
    ["NAME", "SECOND_NAME", "LAST_NAME"]
        .iter()
        .filter_map(|code| table.text(record, code))
        .collect::<Vec<_>>()
        .join(" ")
}
