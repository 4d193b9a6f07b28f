//! The frame around every page: the bar with its figures, the faults' menu, style and script.

use super::{
    View,
    html::{Lang, esc},
    version,
};
use crate::simulator::state::kind::Kind;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Faults that the menu offers: the switch's word, Russian and English text.
pub(super) const MENU: &[(&str, &str, &str)] = &[
    (
        "QUERY_LIMIT_EXCEEDED",
        "Слишком много запросов, 503",
        "Too many calls, 503",
    ),
    (
        "OPERATION_TIME_LIMIT",
        "Метод исчерпал своё время, 429",
        "Method out of time, 429",
    ),
    (
        "OVERLOAD_LIMIT",
        "Портал заблокирован, 503",
        "Portal blocked, 503",
    ),
    (
        "INTERNAL_SERVER_ERROR",
        "Ошибка сервера, 500",
        "Server error, 500",
    ),
    (
        "BAD_GATEWAY",
        "Ответ страницей HTML, 502",
        "A page of HTML, 502",
    ),
    (
        "RESET_BEFORE",
        "Обрыв до выполнения",
        "Connection breaks before the work",
    ),
    (
        "RESET_WITHIN",
        "Обрыв на третьей команде пакета",
        "Connection breaks at a batch's third command",
    ),
    (
        "RESET_AFTER",
        "Обрыв после выполнения",
        "Connection breaks after the work",
    ),
    (
        "HOLD_REPLY",
        "Выполнить и молчать 40 секунд",
        "Do the work, then 40 s of silence",
    ),
    (
        "SLOW_BODY",
        "Ответ по капле, 10 секунд",
        "The answer drop by drop, 10 s",
    ),
    (
        "ERROR_AFTER_SAVE",
        "Ошибка, хотя запись сохранена",
        "Error although saved",
    ),
    (
        "CUT_BATCH",
        "Пакет обрывается на третьей команде",
        "Batch cut at its third command",
    ),
    (
        "CREDENTIALS_REVOKED",
        "Вебхук удалён, 401",
        "Webhook deleted, 401",
    ),
    (
        "USER_DISMISSED",
        "Владелец вебхука уволен, 401",
        "Owner of the webhook dismissed, 401",
    ),
    (
        "SCOPE_MISSING",
        "Не хватает прав у вебхука, 401",
        "Webhook lacks a scope, 401",
    ),
];

/// The whole document.
pub(super) fn frame(view: &View<'_>, page: &super::Page, path: &str, nonce: &str) -> String {
    format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} · {name}</title><style>{STYLE}</style></head>\
         <body data-version=\"{version}\">{top}<main>{body}</main>\
         <script nonce=\"{nonce}\">{SCRIPT}</script></body></html>",
        lang = view.t("ru", "en"),
        title = esc(&page.title),
        name = view.t("Песочница CRM", "Sandbox CRM"),
        version = version(view.core),
        top = top(view, page.tab, path),
        body = page.body,
    )
}

fn top(view: &View<'_>, tab: &str, path: &str) -> String {
    let tabs: String = [
        ("deals", "/sandbox", "Сделки", "Deals"),
        ("leads", "/sandbox/leads", "Лиды", "Leads"),
        ("items", "/sandbox/items", "Заявки", "Items"),
        ("contacts", "/sandbox/contacts", "Контакты", "Contacts"),
        ("notices", "/sandbox/notices", "Уведомления", "Notices"),
        ("calls", "/sandbox/calls", "Вызовы", "Calls"),
    ]
    .into_iter()
    .zip(counts(view))
    .map(|((name, path, ru, en), count)| {
        let current = if name == tab {
            " aria-current=\"page\""
        } else {
            ""
        };
        format!(
            "<a href=\"{}\"{current}>{} <b>{count}</b></a>",
            view.link(path),
            view.t(ru, en)
        )
    })
    .collect();
    format!(
        "<header class=\"top\"><div class=\"row\"><a class=\"brand\" href=\"{home}\">{name}</a>\
         <nav>{tabs}</nav>{gauge}{menu}<a href=\"{other}\">{other_name}</a></div></header>",
        home = view.link("/sandbox"),
        name = view.t("Песочница CRM", "Sandbox CRM"),
        gauge = gauge(view),
        menu = menu(view, path),
        other = match view.lang {
            Lang::Ru => format!("{}?lang=en", esc(path)),
            Lang::En => esc(path),
        },
        other_name = view.t("EN", "RU"),
    )
}

/// What is behind each tab.
fn counts(view: &View<'_>) -> [u64; 6] {
    let records = |kind| view.core.state.table(kind).rows.len() as u64;
    [
        records(Kind::Deal),
        records(Kind::Lead),
        records(Kind::Smart),
        records(Kind::Contact),
        view.core.state.notices.len() as u64,
        view.core.tally.calls,
    ]
}

/// How full the bucket of calls is.
fn gauge(view: &View<'_>) -> String {
    let Some(bucket) = view.core.meter.limits.bucket else {
        return String::new();
    };
    let level = view.core.meter.level(view.core.now());
    let full = (level / bucket.size * 100.0).clamp(0.0, 100.0);
    let high = if full > 80.0 { " high" } else { "" };
    format!(
        "<dl class=\"figures\"><div class=\"gauge{high}\" style=\"--full:{full:.0}\" title=\"{}\"><dt>{}</dt>\
         <dd><i></i><span><b>{level:.0}</b>/{:.0}</span></dd></div></dl>",
        view.t(
            "Сколько вызовов накоплено; сверх предела портал отказывает",
            "Calls that have piled up; above the limit the portal refuses"
        ),
        view.t("лимит", "limit"),
        bucket.size,
    )
}

fn menu(view: &View<'_>, path: &str) -> String {
    let waiting = view.core.plan.waiting().len() + view.core.state.mandatory.len();
    let badge = if waiting > 0 {
        format!("<span class=\"badge\">{waiting}</span>")
    } else {
        String::new()
    };
    let buttons: String = MENU
        .iter()
        .map(|(code, ru, en)| {
            format!(
                "<button name=\"code\" value=\"{code}\" formaction=\"/sandbox/do/fault\">{}<small>{code}</small></button>",
                view.t(ru, en)
            )
        })
        .collect();
    format!(
        "<details class=\"menu\"><summary>{title}{badge}</summary><form method=\"post\" action=\"/sandbox/do/fault\">\
         <input type=\"hidden\" name=\"back\" value=\"{back}\"><p>{hint}</p>{buttons}\
         <button formaction=\"/sandbox/do/calm\">{calm}</button>\
         <button class=\"danger\" formaction=\"/sandbox/do/reset\">{reset}</button></form></details>",
        title = view.t("Сбои", "Faults"),
        back = esc(&view.link(path)),
        hint = view.t(
            "Следующий вызов, которого это касается, пройдёт так:",
            "This is how the next call concerned will go:"
        ),
        calm = view.t("Отменить все сбои", "Take all faults back"),
        reset = view.t("Начать портал заново", "Start the portal afresh"),
    )
}
