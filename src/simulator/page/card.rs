//! A record's own page: where it stands, what it says, whom it belongs to, and what has happened to it.

use std::cmp::Reverse;

use super::{
    Page, View, bb,
    board::{contact_name, full_name, sum},
    fields::panels,
    html::{esc, face, moment, on_color},
};
use crate::simulator::{
    state::{
        kind::Kind,
        record::Record,
        timeline::{Activity, Comment},
    },
    when,
};

/// The page of a record; `None` when there is no such record.
pub(super) fn card(view: &View<'_>, kind: Kind, id: u32) -> Option<Page> {
    let record = view.core.state.record(kind, id)?;
    let table = view.core.state.table(kind);
    let title = match kind {
        Kind::Contact => full_name(view, kind, record),
        Kind::Lead | Kind::Deal | Kind::Company | Kind::Smart => {
            table.text(record, "TITLE").unwrap_or_default().to_owned()
        }
    };
    let (tab, home, ru, en) = match kind {
        Kind::Lead => ("leads", "/sandbox/leads", "Лид", "Lead"),
        Kind::Contact => ("contacts", "/sandbox/contacts", "Контакт", "Contact"),
        Kind::Company => ("", "/sandbox", "Компания", "Company"),
        Kind::Deal => ("deals", "/sandbox", "Сделка", "Deal"),
        Kind::Smart => ("items", "/sandbox/items", "Заявка", "Item"),
    };
    let amount = if kind.has_contacts() {
        format!(
            "<span class=\"amount\">{}</span>",
            esc(&sum(view, kind, record))
        )
    } else {
        String::new()
    };
    let body = format!(
        "<div class=\"head\"><div class=\"crumbs\"><a href=\"{home}\">{back}</a> · {word} #{id}</div>\
         <h1>{title}</h1>{amount}</div>{stages}<div class=\"two\"><div>{multi}{bound}{facts}</div><div>{timeline}</div></div>",
        home = view.link(home),
        back = view.t("← назад", "← back"),
        word = view.t(ru, en),
        title = esc(&title),
        stages = stages(view, kind, record),
        multi = multi(view, record),
        bound = bound(view, kind, record),
        facts = panels(view, kind, record),
        timeline = timeline(view, kind, record),
    );
    Some(Page { title, tab, body })
}

/// The way through the pipeline, with the present stage in its colour.
fn stages(view: &View<'_>, kind: Kind, record: &Record) -> String {
    let table = view.core.state.table(kind);
    let Some(code) = kind.stage_field().and_then(|it| table.text(record, it)) else {
        return String::new();
    };
    let category = table.int(record, "CATEGORY_ID").unwrap_or(0);
    let all: Vec<_> = view
        .core
        .state
        .stages(kind, u32::try_from(category).unwrap_or(0))
        .collect();
    let Some(now) = all.iter().position(|it| it.code == code) else {
        return String::new();
    };
    let color = all.get(now).map_or("#39A8EF", |it| &it.color);
    let closed = all.get(now).is_some_and(|it| it.semantics != "P");
    let steps: String = all
        .iter()
        .enumerate()
        // Of the final stages only the one that was reached, or the success that is hoped for.
        .filter(|(at, it)| it.semantics == "P" || *at == now || (!closed && it.semantics == "S"))
        .map(|(at, it)| {
            let class = match at.cmp(&now) {
                std::cmp::Ordering::Less => "done",
                std::cmp::Ordering::Equal => "now",
                std::cmp::Ordering::Greater => "",
            };
            let name = esc(&it.name);
            format!(
                "<span class=\"{class}\" title=\"{}\">{name}</span>",
                esc(&it.code)
            )
        })
        .collect();
    format!(
        "<div class=\"stages\" style=\"--c:{};--t:{}\">{steps}</div>",
        esc(color),
        on_color(color)
    )
}

fn multi(view: &View<'_>, record: &Record) -> String {
    if record.multi.is_empty() {
        return String::new();
    }
    let rows: String = record
        .multi
        .iter()
        .map(|it| {
            format!(
                "<li><span class=\"tag\">{} · {}</span><span>{}</span><span class=\"mono\">{}</span></li>",
                it.channel.code(),
                esc(&it.sort),
                esc(&it.value),
                it.id
            )
        })
        .collect();
    format!(
        "<section class=\"panel\"><h2>{}</h2><ul class=\"list\">{rows}</ul></section>",
        view.t("Связь", "Ways to reach")
    )
}

/// The contacts of a deal, or the deals and leads of a contact.
fn bound(view: &View<'_>, kind: Kind, record: &Record) -> String {
    let mut rows = String::new();
    for it in &record.contacts {
        let path = view.link(&format!("/sandbox/contact/{}", it.contact));
        let mark = if it.primary {
            view.t("основной", "primary")
        } else {
            ""
        };
        rows += &format!(
            "<li><a href=\"{path}\">{}</a><span>{mark}</span></li>",
            esc(&contact_name(view, it.contact))
        );
    }
    if kind == Kind::Contact {
        for owner in [Kind::Deal, Kind::Lead, Kind::Smart] {
            let table = view.core.state.table(owner);
            for id in table.of_contact(record.id).iter().rev() {
                rows += &owned(view, owner, *id);
            }
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    let title = if kind == Kind::Contact {
        view.t("Сделки и лиды", "Deals and leads")
    } else {
        view.t("Клиент", "Client")
    };
    format!("<section class=\"panel\"><h2>{title}</h2><ul class=\"list\">{rows}</ul></section>")
}

fn owned(view: &View<'_>, kind: Kind, id: u32) -> String {
    let table = view.core.state.table(kind);
    let Some(record) = view.core.state.record(kind, id) else {
        return String::new();
    };
    let stage = kind
        .stage_field()
        .and_then(|it| table.text(record, it))
        .and_then(|code| view.core.state.stage(kind, code));
    let dot = stage.map_or_else(String::new, |it| {
        format!(
            "<span class=\"dot\" style=\"--c:{}\" title=\"{}\"></span>",
            esc(&it.color),
            esc(&it.name)
        )
    });
    let path = view.link(&format!("/sandbox/{}/{id}", kind.word()));
    format!(
        "<li><span>{dot}<a href=\"{path}\">{}</a></span><span>{}</span></li>",
        esc(table.text(record, "TITLE").unwrap_or("?")),
        esc(&sum(view, kind, record))
    )
}

fn timeline(view: &View<'_>, kind: Kind, record: &Record) -> String {
    let state = &view.core.state;
    let own = state.timelines.get(&(kind, record.id));
    let mut events: Vec<(i64, String)> = Vec::new();
    for id in own.map(|it| it.comments.as_slice()).unwrap_or_default() {
        events.extend(
            state
                .comments
                .get(id)
                .map(|it| (it.created, comment(view, it))),
        );
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
    let events: String = events.into_iter().map(|(_, html)| html).collect();
    format!(
        "<ol class=\"timeline\">{events}<li class=\"plain\">{} {}</li></ol>",
        view.t("Запись создана", "Created"),
        moment(view.lang, created)
    )
}

fn comment(view: &View<'_>, it: &Comment) -> String {
    let author = view.core.state.user(it.author);
    let files: String = it
        .files
        .iter()
        .map(|(name, size)| format!(" <span class=\"tag\">{} · {size} B</span>", esc(name)))
        .collect();
    format!(
        "<li data-key=\"comment-{}\"><header>{}<span>{}</span><time>{}</time></header>\
         <div class=\"said\">{}{files}</div></li>",
        it.id,
        face(author),
        esc(&author
            .map(crate::simulator::state::people::User::full_name)
            .unwrap_or_default()),
        moment(view.lang, it.created),
        bb::render(&it.text),
    )
}

fn activity(view: &View<'_>, it: &Activity) -> String {
    let done = it.text("COMPLETED") == "Y";
    let (ru, en) = match (it.text("PROVIDER_ID"), it.text("TYPE_ID")) {
        ("CRM_TODO", _) => ("Дело", "To-do"),
        (_, "1") => ("Встреча", "Meeting"),
        (_, "2") => ("Звонок", "Call"),
        (_, "4") => ("Письмо", "E-mail"),
        _ => ("Дело", "Activity"),
    };
    let deadline = when::parse_moment(it.text("DEADLINE")).unwrap_or(0);
    let user: Option<u32> = it.text("RESPONSIBLE_ID").parse().ok();
    format!(
        "<li data-key=\"activity-{id}\" style=\"--c:{color}\"><header>{face}<span>{word}</span><span class=\"tag\">{state}</span>\
         <time>{until} {deadline}</time></header><div class=\"said\"><b>{subject}</b>\n{text}</div></li>",
        id = it.id,
        color = if done { "#7BD500" } else { "#FFA900" },
        face = face(user.and_then(|id| view.core.state.user(id))),
        word = view.t(ru, en),
        state = if done {
            view.t("выполнено", "done")
        } else {
            view.t("запланировано", "planned")
        },
        until = view.t("до", "by"),
        deadline = moment(view.lang, deadline),
        subject = esc(it.text("SUBJECT")),
        text = bb::render(it.text("DESCRIPTION")),
    )
}
