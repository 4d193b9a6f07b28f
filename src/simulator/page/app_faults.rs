//! The menu with the faults of the authorization server.

use maud::{Markup, html};

use super::{
    View,
    faults::{self, MenuFault},
};

/// Faults of the next exchange of a token.
const MENU: &[MenuFault] = &[
    (
        "REFUSED:invalid_grant",
        "Refresh token not accepted, 400",
        "Токен обновления не принят, 400",
    ),
    (
        "REFUSED:wrong_client",
        "Unknown application, 200",
        "Приложение неизвестно, 200",
    ),
    (
        "REFUSED:PAYMENT_REQUIRED",
        "The plan has ended, 400",
        "Тариф закончился, 400",
    ),
    faults::SERVER_ERROR,
    faults::BAD_GATEWAY,
    faults::RESET_BEFORE,
    (
        "RESET_AFTER",
        "Reply lost, the old token is used up",
        "Ответ потерян, старый токен уже использован",
    ),
    faults::HOLD_REPLY,
    faults::SLOW_BODY,
];
/// Faults of the next call of a method.
const CALLS: &[MenuFault] = &[
    (
        "EXPIRED_TOKEN",
        "Access token expired, 401",
        "Токен доступа истёк, 401",
    ),
    (
        "NOT_INSTALLED",
        "Application removed, 401",
        "Приложение удалено, 401",
    ),
    (
        "USER_ACCESS",
        "No access for the employee, 403",
        "Нет доступа у сотрудника, 403",
    ),
];

/// Draws the menu.
pub(super) fn menu(view: &View<'_>) -> Markup {
    let groups = [
        (
            Some("oauth.token"),
            view.t(
                "The next refresh of a token:",
                "Следующее обновление токена:",
            ),
            MENU,
        ),
        (
            None,
            view.t("The next call of a method:", "Следующий вызов метода:"),
            CALLS,
        ),
    ];
    html! {
        details.menu {
            summary { (view.t("Faults of authorization", "Сбои авторизации")) }
            @for (method, text, faults) in groups {
                form method="post" action="/sandbox/do/fault" {
                    input type="hidden" name="back" value=(view.link("/sandbox/app"));
                    @if let Some(method) = method {
                        input type="hidden" name="method" value=(method);
                    }
                    p { (text) }
                    @for (code, en, ru) in faults {
                        button name="code" value=(code) { (view.t(en, ru)) small { (code) } }
                    }
                }
            }
        }
    }
}
