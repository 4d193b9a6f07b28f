//! All contacts in a table, newest first, with a search over names, phones and e-mails.

use super::{
    Page, View,
    board::{full_name, responsible},
    html::{age, esc, face},
};
use crate::simulator::state::{
    kind::Kind,
    match_code::match_code,
    record::{Channel, Record},
};

/// Rows a page.
const ROWS: usize = 50;

/// The table.
pub(super) fn table(view: &View<'_>) -> Page {
    let wanted = view.asked("q").trim().to_lowercase();
    let skip: usize = view.asked("from").parse().unwrap_or(0);
    let found: Vec<&Record> = view
        .core
        .state
        .table(Kind::Contact)
        .rows
        .values()
        .rev()
        .filter(|record| wanted.is_empty() || fits(view, record, &wanted))
        .collect();
    let rows: String = found
        .iter()
        .skip(skip)
        .take(ROWS)
        .map(|record| row(view, record))
        .collect();
    let head: String = [
        ("ID", "ID"),
        ("Имя", "Name"),
        ("Телефон", "Phone"),
        ("E-mail", "E-mail"),
        ("Сделки", "Deals"),
        ("Ответственный", "Responsible"),
        ("Создан", "Created"),
    ]
    .iter()
    .map(|(ru, en)| format!("<th>{}</th>", view.t(ru, en)))
    .collect();
    let body = if rows.is_empty() {
        let nobody = view.t("Никого не нашлось", "Nobody was found");
        format!("<p class=\"empty\">{nobody}</p>")
    } else {
        format!(
            "<div class=\"panel wide\"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        )
    };
    Page {
        title: view.t("Контакты", "Contacts").to_owned(),
        tab: "contacts",
        body: format!("{}{body}", bar(view, &wanted, skip, found.len())),
    }
}

fn bar(view: &View<'_>, wanted: &str, skip: usize, count: usize) -> String {
    let page = |from: usize, ru: &str, en: &str| {
        let query =
            percent_encoding::utf8_percent_encode(wanted, percent_encoding::NON_ALPHANUMERIC);
        let path = view.link(&format!("/sandbox/contacts?from={from}&q={query}"));
        format!("<a href=\"{}\">{}</a>", esc(&path), view.t(ru, en))
    };
    let mut pages = String::new();
    if skip > 0 {
        pages += &page(skip.saturating_sub(ROWS), "← новее", "← newer");
    }
    if skip + ROWS < count {
        pages += &page(skip + ROWS, "старше →", "older →");
    }
    let hidden = match view.lang {
        super::html::Lang::En => "<input type=\"hidden\" name=\"lang\" value=\"en\">",
        super::html::Lang::Ru => "",
    };
    format!(
        "<div class=\"sub\"><form class=\"find\" method=\"get\" action=\"/sandbox/contacts\">{hidden}\
         <input name=\"q\" type=\"search\" value=\"{}\" placeholder=\"{}\" aria-label=\"{}\"></form>\
         <span>{}: {count}</span><span class=\"pages\">{pages}</span></div>",
        esc(wanted),
        view.t("Имя, телефон или e-mail", "Name, phone or e-mail"),
        view.t("Поиск", "Search"),
        view.t("Всего", "In all"),
    )
}

fn fits(view: &View<'_>, record: &Record, wanted: &str) -> bool {
    let code = match_code(Channel::Phone, wanted).filter(|it| it.len() >= 4);
    full_name(view, Kind::Contact, record)
        .to_lowercase()
        .contains(wanted)
        || record.multi.iter().any(|it| {
            it.value.to_lowercase().contains(wanted)
                || code.as_ref().is_some_and(|code| {
                    match_code(it.channel, &it.value).is_some_and(|own| own.contains(code))
                })
        })
}

fn row(view: &View<'_>, record: &Record) -> String {
    let table = view.core.state.table(Kind::Contact);
    let values = |channel: Channel| {
        record
            .multi
            .iter()
            .filter(|it| it.channel == channel)
            .map(|it| esc(&it.value))
            .collect::<Vec<_>>()
            .join("<br>")
    };
    let user = responsible(view, Kind::Contact, record);
    let created = table.int(record, "DATE_CREATE").unwrap_or(view.now);
    let city = table.text(record, "ADDRESS_CITY").unwrap_or_default();
    let deals = view
        .core
        .state
        .table(Kind::Deal)
        .of_contact(record.id)
        .len();
    format!(
        "<tr data-key=\"contact-{id}\"><td class=\"num\">{id}</td>\
         <td><a href=\"{path}\">{name}</a><div class=\"second\">{city}</div></td>\
         <td class=\"num\">{phones}</td><td>{emails}</td><td class=\"num\">{deals}</td>\
         <td>{face} {user}</td><td class=\"num\">{age}</td></tr>",
        id = record.id,
        path = view.link(&format!("/sandbox/contact/{}", record.id)),
        name = esc(&full_name(view, Kind::Contact, record)),
        city = esc(city),
        phones = values(Channel::Phone),
        emails = values(Channel::Email),
        face = face(user),
        user = esc(user.map_or("", |it| &it.last_name)),
        age = age(view.lang, view.now, created),
    )
}
