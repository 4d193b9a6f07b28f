//! The frame around every page: the bar with tabs and the gauge of calls, the menu of faults, style
//! and script.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::faults::{self, MenuFault};
use super::{
    Page, View,
    html::{PageLanguage, gauge},
    version,
};
use crate::simulator::state::kind::Kind;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Faults in the menu: the code of the control API, the English and the Russian text.
const MENU: &[MenuFault] = &[
    (
        "QUERY_LIMIT_EXCEEDED",
        "Too many calls, 503",
        "Слишком много запросов, 503",
    ),
    (
        "OPERATION_TIME_LIMIT",
        "Method out of time, 429",
        "Метод исчерпал своё время, 429",
    ),
    (
        "OVERLOAD_LIMIT",
        "Portal blocked, 503",
        "Портал заблокирован, 503",
    ),
    faults::SERVER_ERROR,
    faults::BAD_GATEWAY,
    faults::RESET_BEFORE,
    (
        "RESET_WITHIN",
        "Connection breaks in a batch after two commands",
        "Обрыв на третьей команде пакета",
    ),
    faults::RESET_AFTER,
    faults::HOLD_REPLY,
    faults::SLOW_BODY,
    (
        "ERROR_AFTER_SAVE",
        "Error although saved",
        "Ошибка, хотя запись сохранена",
    ),
    (
        "CUT_BATCH",
        "Batch cut after two commands",
        "Пакет обрывается на третьей команде",
    ),
    (
        "CREDENTIALS_REVOKED",
        "Webhook deleted, 401",
        "Вебхук удалён, 401",
    ),
    (
        "USER_DISMISSED",
        "Owner of the webhook dismissed, 401",
        "Владелец вебхука уволен, 401",
    ),
    (
        "SCOPE_MISSING",
        "Webhook lacks the scope, 401",
        "Не хватает прав у вебхука, 401",
    ),
];

/// Tabs: name, path, English and Russian title.
const TABS: &[(&str, &str, &str, &str)] = &[
    ("deals", "/sandbox", "Deals", "Сделки"),
    ("leads", "/sandbox/leads", "Leads", "Лиды"),
    ("items", "/sandbox/items", "Items", "Заявки"),
    ("contacts", "/sandbox/contacts", "Contacts", "Контакты"),
    ("companies", "/sandbox/companies", "Companies", "Компании"),
    ("notices", "/sandbox/notices", "Notices", "Уведомления"),
    ("mail", "/sandbox/mail", "Mail", "Почта"),
    ("calls", "/sandbox/calls", "Calls", "Вызовы"),
    ("services", "/sandbox/services", "HTTP", "HTTP"),
    ("amocrm", "/sandbox/amocrm", "amoCRM", "amoCRM"),
    ("pbx", "/sandbox/pbx", "PBX", "АТС"),
    ("telephony", "/sandbox/telephony", "Telephony", "Телефония"),
    ("app", "/sandbox/app", "Applications", "Приложения"),
];

/// Draws the whole document.
pub(super) fn frame(view: &View<'_>, page: &Page, path: &str, nonce: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(view.t("en", "ru")) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (page.title) " · " (view.t("Sandbox CRM", "Песочница CRM")) }
                style { (PreEscaped(STYLE)) }
            }
            body data-version=(version(view)) {
                (top(view, page.tab, path))
                main { (page.body) }
                footer { (view.t("Times of the portal: UTC+03:00", "Время портала: UTC+03:00")) }
                script nonce=(nonce) { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

fn top(view: &View<'_>, current: &str, path: &str) -> Markup {
    let other_language = match view.lang {
        PageLanguage::Ru => format!("{path}?lang=en"),
        PageLanguage::En => path.to_owned(),
    };
    html! {
        header.top {
            div.row {
                a.brand href=(view.link("/sandbox")) { (view.t("Sandbox CRM", "Песочница CRM")) }
                nav {
                    @for (name, path, en, ru) in TABS {
                        a href=(view.link(path)) aria-current=[(*name == current).then_some("page")] {
                            (view.t(en, ru))
                            @if let Some(count) = count(view, name) { " " b { (count) } }
                        }
                    }
                }
                (bucket(view))
                (menu(view, path))
                a href=(other_language) { (view.t("RU", "EN")) }
            }
        }
    }
}

/// Returns the number of records behind a tab, if it has any.
fn count(view: &View<'_>, tab: &str) -> Option<u64> {
    let records = |kind| view.core.state.table(kind).rows.len() as u64;
    let count = match tab {
        "deals" => records(Kind::Deal),
        "leads" => records(Kind::Lead),
        "items" => records(Kind::Smart),
        "contacts" => records(Kind::Contact),
        "companies" => records(Kind::Company),
        "notices" => view.core.state.notices.len() as u64,
        "mail" => view.mailbox.taken(),
        "services" => view.core.services.count(),
        "telephony" => view.core.state.telephony.live.len() as u64,
        "app" => view.core.state.applications.installed(),
        "amocrm" | "pbx" => return None,
        _ => view.core.tally.calls,
    };
    Some(count)
}

/// Draws how full the bucket of calls is.
fn bucket(view: &View<'_>) -> Markup {
    let Some(bucket) = view.core.meter.limits.bucket else {
        return html! {};
    };
    let level = view.core.meter.level(view.core.now());
    let title = view.t(
        "Calls in the bucket; above the limit the portal refuses",
        "Сколько вызовов накоплено; сверх предела портал отказывает",
    );
    let label = html! { dt { (view.t("limit", "лимит")) } };
    let text = html! { b { (format!("{level:.0}")) } (format!("/{:.0}", bucket.size)) };
    html! {
        dl.figures { (gauge(level / bucket.size * 100.0, Some(title), &label, &text)) }
    }
}

fn menu(view: &View<'_>, path: &str) -> Markup {
    let waiting = view.core.plan.waiting().len() + view.core.state.mandatory.len();
    let hint = view.t(
        "The next matching call will fail like this:",
        "Следующий подходящий вызов завершится так:",
    );
    html! {
        details.menu {
            summary {
                (view.t("Faults", "Сбои"))
                @if waiting > 0 { span.badge { (waiting) } }
            }
            form method="post" action="/sandbox/do/fault" {
                input type="hidden" name="back" value=(view.link(path));
                p { (hint) }
                @for (code, en, ru) in MENU {
                    button name="code" value=(code) formaction="/sandbox/do/fault" {
                        (view.t(en, ru)) small { (code) }
                    }
                }
                button formaction="/sandbox/do/calm" {
                    (view.t("Clear all faults", "Отменить все сбои"))
                }
                button.danger formaction="/sandbox/do/reset" {
                    (view.t("Reset the portal", "Сбросить портал"))
                }
            }
        }
    }
}
