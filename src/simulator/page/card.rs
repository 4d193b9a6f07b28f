//! A record's own page: its stage, its fields, its contacts, and its timeline.

use std::cmp::{Ordering, Reverse};

use maud::{Markup, html};

use super::{
    Page, View, app_widgets, bb,
    board::{amount_of, contact_name},
    contacts::{self, name_of},
    fields::panels,
    html::{avatar, moment, text_color_on},
    telephony,
};
use crate::simulator::{
    state::{
        dictionary::Status,
        kind::Kind,
        people::User,
        record::{Channel, Record},
        timeline::{Activity, Comment},
    },
    when,
};

/// Draws the page of a record. Returns `None` if there is no such record.
pub(super) fn card(view: &View<'_>, kind: Kind, id: u32) -> Option<Page> {
    let record = view.core.state.record(kind, id)?;
    let title = name_of(view, kind, record);
    let (tab, ..) = place(kind);
    let body = html! {
        (heading(view, (kind, id)))
        (app_widgets::in_card(view, (kind, id), None))
        (telephony::click_status(view))
        (stages(view, kind, record))
        div.two {
            div {
                (multifields(view, kind, record))
                (bound(view, kind, record))
                (companies(view, record))
                (requisites(view, kind, record))
                (goods(view, kind, record))
                (panels(view, kind, record))
            }
            div { (timeline(view, kind, record)) }
        }
    };
    Some(Page { title, tab, body })
}

/// Returns the tab of a kind, its address, and its name in English and Russian.
fn place(kind: Kind) -> (&'static str, &'static str, &'static str, &'static str) {
    match kind {
        Kind::Lead => ("leads", "/sandbox/leads", "Lead", "Лид"),
        Kind::Contact => ("contacts", "/sandbox/contacts", "Contact", "Контакт"),
        Kind::Company => ("companies", "/sandbox/companies", "Company", "Компания"),
        Kind::Deal => ("deals", "/sandbox", "Deal", "Сделка"),
        Kind::Smart => ("items", "/sandbox/items", "Item", "Заявка"),
    }
}

/// Draws the title of a record, with the way back to its list.
pub(super) fn heading(view: &View<'_>, (kind, id): (Kind, u32)) -> Markup {
    let Some(record) = view.core.state.record(kind, id) else {
        return html! {};
    };
    let (_, home, en, ru) = place(kind);
    html! {
        div.head {
            div.crumbs {
                a href=(view.link(home)) { (view.t("← back", "← назад")) }
                " · " (view.t(en, ru)) " #" (id)
            }
            h1 { (name_of(view, kind, record)) }
            @if kind.has_contacts() { span.amount { (amount_of(view, kind, record)) } }
        }
    }
}

/// Draws the stages of the pipeline, the current one in its colour.
fn stages(view: &View<'_>, kind: Kind, record: &Record) -> Markup {
    let table = view.core.state.table(kind);
    let Some(code) = kind.stage_field().and_then(|it| table.text(record, it)) else {
        return html! {};
    };
    let pipeline = table.int(record, "CATEGORY_ID").unwrap_or(0);
    let pipeline = u32::try_from(pipeline).unwrap_or(0);
    let all: Vec<&Status> = view.core.state.stages(kind, pipeline).collect();
    let Some((now, current)) = all.iter().enumerate().find(|(_, it)| it.code == code) else {
        return html! {};
    };
    // Of the final stages, only the one that was reached, or else the successful one.
    let is_open = current.semantics == "P";
    let shown = all
        .iter()
        .enumerate()
        .filter(|(at, it)| it.semantics == "P" || *at == now || (is_open && it.semantics == "S"));
    let class = |at: usize| match at.cmp(&now) {
        Ordering::Less => "done",
        Ordering::Equal => "now",
        Ordering::Greater => "",
    };
    html! {
        div.stages style={ "--c:" (current.color) ";--t:" (text_color_on(&current.color)) } {
            @for (at, stage) in shown {
                span class=(class(at)) title=(stage.code) { (stage.name) }
            }
        }
    }
}

fn multifields(view: &View<'_>, kind: Kind, record: &Record) -> Markup {
    html! {
        @if !record.multi.is_empty() {
            section.panel {
                h2 { (view.t("Contact details", "Связь")) }
                ul.list {
                    @for it in &record.multi {
                        li {
                            span.tag { (it.channel.code()) " · " (it.sort) }
                            span { (it.value) }
                            span.mono { (it.id) }
                        }
                        @if it.channel == Channel::Phone {
                            (telephony::call_button(view, kind, record.id, &it.value))
                        }
                    }
                }
            }
        }
    }
}

/// Draws the product rows.
fn goods(view: &View<'_>, kind: Kind, record: &Record) -> Markup {
    let rows = view.core.state.products.get(&(kind, record.id));
    html! {
        @if let Some(rows) = rows {
            section.panel {
                h2 { (view.t("Products", "Товары")) }
                ul.list {
                    @for row in rows {
                        li {
                            span { (row.name) }
                            span.mono { (row.quantity) " × " (row.price) }
                            @if row.product > 0 { span.tag { (row.product) } }
                        }
                    }
                }
            }
        }
    }
}

/// Draws the contacts of a deal, or the deals and leads of a contact.
fn bound(view: &View<'_>, kind: Kind, record: &Record) -> Markup {
    let mut rows: Vec<Markup> = Vec::new();
    for it in &record.contacts {
        let path = view.link(&format!("/sandbox/contact/{}", it.id));
        rows.push(html! {
            li {
                a href=(path) { (contact_name(view, it.id)) }
                span { @if it.primary { (view.t("primary", "основной")) } }
            }
        });
    }
    if kind == Kind::Contact {
        for owner in [Kind::Deal, Kind::Lead, Kind::Smart] {
            let ids = view.core.state.table(owner).of_contact(record.id);
            rows.extend(ids.iter().rev().map(|id| owned(view, owner, *id)));
        }
    }
    if kind == Kind::Company {
        for owner in [Kind::Deal, Kind::Lead, Kind::Smart] {
            let table = view.core.state.table(owner);
            let is_own = |it: &&Record| table.int(it, "COMPANY_ID") == Some(record.id.into());
            let all = table.rows.values().rev().filter(is_own);
            rows.extend(all.map(|it| owned(view, owner, it.id)));
        }
    }
    let title = if matches!(kind, Kind::Contact | Kind::Company) {
        view.t("Deals and leads", "Сделки и лиды")
    } else {
        view.t("Client", "Клиент")
    };
    html! {
        @if !rows.is_empty() {
            section.panel {
                h2 { (title) }
                ul.list { @for row in &rows { (row) } }
            }
        }
    }
}

/// Draws the companies of a contact.
fn companies(view: &View<'_>, record: &Record) -> Markup {
    let name = |id: u32| {
        let company = view.core.state.record(Kind::Company, id);
        company.map_or_else(|| format!("#{id}"), |it| name_of(view, Kind::Company, it))
    };
    html! {
        @if !record.companies.is_empty() {
            section.panel {
                h2 { (view.t("Companies", "Компании")) }
                ul.list {
                    @for it in &record.companies {
                        li {
                            a href=(view.link(&format!("/sandbox/company/{}", it.id))) { (name(it.id)) }
                            span { @if it.primary { (view.t("primary", "основная")) } }
                        }
                    }
                }
            }
        }
    }
}

/// Draws the requisites of a contact or company.
fn requisites(view: &View<'_>, kind: Kind, record: &Record) -> Markup {
    let mut all = contacts::requisites(view, kind, record.id).peekable();
    html! {
        @if all.peek().is_some() {
            section.panel {
                h2 { (view.t("Requisites", "Реквизиты")) }
                @for requisite in all {
                    dl.facts {
                        @for (name, value) in requisite.0.iter().filter(|(name, _)| name.starts_with("RQ_") || *name == "NAME") {
                            div { dt { code { (name) } } dd { (value.as_str().unwrap_or_default()) } }
                        }
                    }
                }
            }
        }
    }
}

/// Draws a record of a contact as a row.
fn owned(view: &View<'_>, kind: Kind, id: u32) -> Markup {
    let table = view.core.state.table(kind);
    let Some(record) = view.core.state.record(kind, id) else {
        return html! {};
    };
    let stage = kind
        .stage_field()
        .and_then(|it| table.text(record, it))
        .and_then(|code| view.core.state.stage(kind, code));
    html! {
        li {
            span {
                @if let Some(stage) = stage {
                    span.dot style={ "--c:" (stage.color) } title=(stage.name) {}
                }
                a href=(view.link(&format!("/sandbox/{}/{id}", kind.word()))) {
                    (table.text(record, "TITLE").unwrap_or("?"))
                }
            }
            span { (amount_of(view, kind, record)) }
        }
    }
}

fn timeline(view: &View<'_>, kind: Kind, record: &Record) -> Markup {
    let state = &view.core.state;
    let own = state.timelines.get(&(kind, record.id));
    let mut events: Vec<(i64, Markup)> = Vec::new();
    for id in own.map(|it| it.comments.as_slice()).unwrap_or_default() {
        let found = state.comments.get(id);
        events.extend(found.map(|it| (it.created, comment(view, it))));
    }
    for id in own.map(|it| it.activities.as_slice()).unwrap_or_default() {
        let found = state.activities.get(id);
        events.extend(found.map(|it| {
            let created = when::parse_moment(it.text("CREATED")).unwrap_or(0);
            (created, activity(view, it))
        }));
    }
    events.sort_by_key(|(moment, _)| Reverse(*moment));
    let created = state.table(kind).int(record, "DATE_CREATE").unwrap_or(0);
    html! {
        ol.timeline {
            @for (_, event) in &events { (event) }
            li.plain { (view.t("Created", "Запись создана")) " " (moment(view.lang, created)) }
        }
    }
}

fn comment(view: &View<'_>, comment: &Comment) -> Markup {
    let author = view.core.state.user(comment.author);
    html! {
        li data-key={ "comment-" (comment.id) } {
            header {
                (avatar(author))
                span { (author.map(User::full_name).unwrap_or_default()) }
                time { (moment(view.lang, comment.created)) }
            }
            div.said {
                (bb::render(&comment.text))
                @for (at, (name, size)) in comment.files.iter().enumerate() {
                    " "
                    @if let Some(id) = comment.file_ids.get(at) {
                        (super::fields::file(view, i64::from(*id)))
                    } @else {
                        span.tag { (name) " · " (size) " B" }
                    }
                }
            }
        }
    }
}

fn activity(view: &View<'_>, activity: &Activity) -> Markup {
    let (en, ru) = match (activity.text("PROVIDER_ID"), activity.text("TYPE_ID")) {
        ("CRM_TODO", _) => ("To-do", "Дело"),
        (_, "1") => ("Meeting", "Встреча"),
        (_, "2") => ("Call", "Звонок"),
        (_, "4") => ("E-mail", "Письмо"),
        _ => ("Activity", "Дело"),
    };
    let (color, state) = if activity.text("COMPLETED") == "Y" {
        ("#7BD500", view.t("done", "выполнено"))
    } else {
        ("#FFA900", view.t("planned", "запланировано"))
    };
    let deadline = when::parse_moment(activity.text("DEADLINE")).unwrap_or(0);
    let user: Option<u32> = activity.text("RESPONSIBLE_ID").parse().ok();
    html! {
        li data-key={ "activity-" (activity.id) } style={ "--c:" (color) } {
            header {
                (avatar(user.and_then(|id| view.core.state.user(id))))
                span { (view.t(en, ru)) }
                span.tag { (state) }
                time { (view.t("by", "до")) " " (moment(view.lang, deadline)) }
            }
            div.said {
                b { (activity.text("SUBJECT")) }
                "\n"
                (bb::render(activity.text("DESCRIPTION")))
            }
            (telephony::recording_of(view, activity.id))
        }
    }
}
