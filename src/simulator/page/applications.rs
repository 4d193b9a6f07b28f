//! Local applications: what is registered and installed, what they have bound, what was sent to
//! them, and how to open their pages as any employee.

use maud::{Markup, html};

use super::{
    Page, View, app_faults,
    html::{avatar, moment},
};
use crate::simulator::{
    applications::{Application, SentEvent, Standing},
    state::people::User,
};

/// Sent events that are shown.
const EVENTS: usize = 50;
/// Scopes that the form suggests.
const SCOPES: &str = "crm, placement, user_brief, im, telephony";

/// Draws the page.
pub(super) fn list(view: &View<'_>) -> Page {
    let applications = &view.core.state.applications;
    let nothing = view.t(
        "No application is registered. Fill in the form below, as in the portal's “Local application”.",
        "Приложений нет. Заполните форму ниже, как на портале: «Разработчикам» → «Локальное приложение».",
    );
    Page {
        title: view.t("Applications", "Приложения").to_owned(),
        tab: "app",
        body: html! {
            div.sub {
                span { "member_id: " code { (applications.member) } }
                (app_faults::menu(view))
            }
            @if applications.all.is_empty() { p.empty { (nothing) } }
            @for application in &applications.all { (shown(view, application)) }
            (form(view, None))
            (employees(view))
            (events(view))
        },
    }
}

fn standing<'a>(view: &View<'a>, standing: Standing) -> &'a str {
    match standing {
        Standing::Removed => view.t("not installed", "не установлено"),
        Standing::Unfinished => view.t("installation not finished", "установка не завершена"),
        Standing::Installed => view.t("installed", "установлено"),
    }
}

pub(super) fn name(application: &Application) -> &str {
    if application.title.is_empty() {
        &application.client_id
    } else {
        &application.title
    }
}

fn shown(view: &View<'_>, application: &Application) -> Markup {
    let installer = application.installer.as_deref().unwrap_or("—");
    let scopes: Vec<&str> = application.scopes.iter().map(String::as_str).collect();
    let facts = [
        ("client_id", application.client_id.as_str()),
        ("client_secret", application.client_secret.as_str()),
        ("application_token", application.token.as_str()),
        (
            view.t("Handler", "Путь вашего обработчика"),
            application.handler.as_str(),
        ),
        (
            view.t("Installer", "Путь для первоначальной установки"),
            installer,
        ),
        (view.t("Scopes", "Права"), &scopes.join(", ")),
    ];
    html! {
        section.panel data-application=(application.id) data-key={ "application-" (application.id) } {
            h2 {
                (name(application)) " "
                span.tag { (standing(view, application.standing)) }
                " " span.tag { (view.t("version", "версия")) " " (application.version) }
            }
            dl.facts {
                @for (name, value) in facts {
                    div { dt { (name) } dd { code { (value) } } }
                }
            }
            (buttons(view, application))
            (bound(view, application))
            details {
                summary { (view.t("Change the form", "Изменить форму")) }
                (form(view, Some(application)))
            }
        }
    }
}

/// Draws a select of employees.
pub(super) fn choice(view: &View<'_>, selected: u32) -> Markup {
    html! {
        select name="as" aria-label=(view.t("Employee", "Сотрудник")) {
            @for user in employed(view) {
                option value=(user.id) selected[user.id == selected] {
                    (user.full_name())
                    @if view.core.state.is_admin(user.id) {
                        " (" (view.t("administrator", "администратор")) ")"
                    }
                }
            }
        }
    }
}

fn employed<'a>(view: &'a View<'_>) -> impl Iterator<Item = &'a User> {
    let users = view.core.state.users.iter();
    users.filter(|user| user.active && user.sort == "employee")
}

/// Draws what an administrator or an employee can do.
fn buttons(view: &View<'_>, application: &Application) -> Markup {
    let button = |verb: &str, text: &str| {
        html! {
            button name="verb" value=(verb) { (text) }
        }
    };
    html! {
        @if application.standing != Standing::Removed {
            form.buttons method="get" action="/sandbox/app/open" {
                @if view.lang == super::html::PageLanguage::En {
                    input type="hidden" name="lang" value="en";
                }
                input type="hidden" name="app" value=(application.id);
                (choice(view, 1))
                button { (view.t("Open", "Открыть")) }
            }
        }
        form.buttons method="post" action=(view.link("/sandbox/app/do")) {
            input type="hidden" name="app" value=(application.id);
            @match application.standing {
                Standing::Removed => {
                    (button("install", view.t("Install the application", "Установить приложение")))
                    (button("delete", view.t("Delete", "Удалить")))
                }
                Standing::Unfinished => {
                    (button("install", view.t("Begin again", "Начать установку заново")))
                    (button("uninstall", view.t("Uninstall", "Удалить с портала")))
                }
                Standing::Installed => {
                    (button("install", view.t("Reinstall", "Переустановить")))
                    (button("update", view.t("New version", "Новая версия")))
                    (button("uninstall", view.t("Uninstall", "Удалить с портала")))
                    (button("wipe", view.t("Uninstall and wipe", "Удалить вместе с данными")))
                }
            }
            (button("expire", view.t("Expire access tokens", "Истечь токены доступа")))
            (button("revoke", view.t("Revoke all tokens", "Отозвать все токены")))
        }
    }
}

/// Draws the widgets and handlers that are bound.
fn bound(view: &View<'_>, application: &Application) -> Markup {
    html! {
        @if !application.widgets.is_empty() {
            h3 { (view.t("Widgets", "Встройки")) }
            ul.list {
                @for widget in &application.widgets {
                    li data-widget=(widget.placement) {
                        code { (widget.placement) }
                        span { (widget.title_in(view.t("en", "ru"))) }
                        span.mono { (widget.handler) }
                    }
                }
            }
        }
        @if !application.handlers.is_empty() {
            h3 { (view.t("Events", "События")) }
            ul.list {
                @for handler in &application.handlers {
                    li data-event=(handler.event) {
                        code { (handler.event) }
                        span.mono { (handler.url) }
                    }
                }
            }
        }
    }
}

/// Draws the form of a local application, filled in if it changes one.
fn form(view: &View<'_>, application: Option<&Application>) -> Markup {
    let value = |of: fn(&Application) -> &str| application.map_or("", of);
    let scopes: Option<Vec<&str>> =
        application.map(|it| it.scopes.iter().map(String::as_str).collect());
    let scopes = scopes.map_or_else(|| SCOPES.to_owned(), |it| it.join(", "));
    let fields = [
        ("title", view.t("Title", "Название"), value(|it| &it.title)),
        (
            "handler",
            view.t("Handler", "Путь вашего обработчика"),
            value(|it| &it.handler),
        ),
        (
            "installer",
            view.t("Installer", "Путь для первоначальной установки"),
            value(|it| it.installer.as_deref().unwrap_or_default()),
        ),
        ("scopes", view.t("Scopes", "Права (scope)"), &scopes),
    ];
    let caption = if application.is_some() {
        view.t("Save", "Сохранить")
    } else {
        view.t("Register", "Зарегистрировать")
    };
    html! {
        form.panel.fields method="post" action=(view.link("/sandbox/app/do")) {
            @if application.is_none() {
                h2 { (view.t("Local application", "Локальное приложение")) }
            }
            @if view.param("failed") == "form" && application.is_none() {
                p.bad role="alert" {
                    (view.t(
                        "Not saved: an address must begin with http:// or https://.",
                        "Не сохранено: адрес должен начинаться с http:// или https://.",
                    ))
                }
            }
            input type="hidden" name="app" value=(application.map_or(0, |it| it.id));
            @for (name, label, value) in fields {
                label { span { (label) } input name=(name) value=(value) maxlength="1000"; }
            }
            div.buttons { button name="verb" value="save" { (caption) } }
        }
    }
}

/// Draws who is an administrator, who works, and to whom the applications are open.
fn employees(view: &View<'_>) -> Markup {
    let state = &view.core.state;
    let row = |user: &User, verb: &str, text: &str| {
        html! {
            form.inline method="post" action=(view.link("/sandbox/app/do")) {
                input type="hidden" name="as" value=(user.id);
                button name="verb" value=(verb) { (text) }
            }
        }
    };
    let hired = state.users.iter().filter(|user| user.sort == "employee");
    html! {
        details.panel data-key="employees" {
            summary { (view.t("Employees and their rights", "Сотрудники и их права")) }
            table {
                @for user in hired {
                    tr data-employee=(user.id) {
                        td { (avatar(Some(user))) " " (user.full_name()) }
                        td {
                            @if state.is_admin(user.id) {
                                (view.t("administrator", "администратор"))
                                (row(user, "no-admin", view.t("make an employee", "снять права")))
                            } @else {
                                (row(user, "admin", view.t("make an administrator", "сделать администратором")))
                            }
                        }
                        td {
                            @if user.active {
                                (row(user, "dismiss", view.t("dismiss", "уволить")))
                            } @else {
                                (view.t("dismissed", "уволен"))
                                (row(user, "hire", view.t("hire again", "вернуть")))
                            }
                        }
                        td {
                            @if state.applications.shut_out.contains(&user.id) {
                                (view.t("no access to applications", "нет доступа к приложениям"))
                                (row(user, "admit", view.t("open", "открыть")))
                            } @else {
                                (row(user, "shut-out", view.t("close applications", "закрыть приложения")))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn events(view: &View<'_>) -> Markup {
    let outbox = &view.core.outbox;
    html! {
        @if outbox.count() > 0 {
            h2 { (view.t("Events that were sent", "Отправленные события")) }
            div.calls {
                @for event in outbox.sent().rev().take(EVENTS) { (event_row(view, event)) }
            }
        }
    }
}

fn event_row(view: &View<'_>, event: &SentEvent) -> Markup {
    let is_secret = |name: &str| name.ends_with("token]");
    html! {
        details.call data-key={ "event-" (event.number) } data-sent=(event.event) {
            summary {
                span.number { (event.number) }
                span.name.mono { (event.event) }
                span.gist { (event.url) }
                @match event.status {
                    Some(status @ 200..300) => span.status { (status) },
                    Some(status) => span.status.bad { (status) },
                    None => span.status.bad { (view.t("no answer", "нет ответа")) },
                }
                time { (moment(view.lang, event.time.as_second())) }
            }
            div.inside {
                pre {
                    @for (name, value) in &event.fields {
                        (name) "="
                        @if is_secret(name) { "…" } @else { (value) }
                        "\n"
                    }
                }
            }
        }
    }
}
