//! The list of users, and one user's page.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::console::PATH;
use crate::console::layout::{moment, token_field};
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::request::encoded;
use crate::console::signed_in::employee;
use crate::console::signing::BY_LINK;
use crate::console::visit::Visit;
use crate::domain::{Bilingual, ConsoleUser, Role, bilingual, plural};

/// Shows all users, and the form for another one.
pub(super) async fn page(visit: &Visit<'_>, problem: Option<Bilingual>) -> Result<Answer, Trouble> {
    let store = &visit.parts().store;
    let users = store.console_users().await?;
    let sessions = store.console_session_counts(visit.now).await?;
    let body = html! {
        (done(visit))
        @if users.is_empty() {
            p.empty { (visit.t("Nobody has a password yet. Add the first person below, as an administrator.",
                               "Пароля пока ни у кого нет. Добавьте ниже первого человека — администратора.")) }
        } @else {
            (table(visit, &users, &sessions))
        }
        @if let Some(by_link) = sessions.get(BY_LINK) {
            form.actions method="post" action={ (PATH) "/users/sign-out" } {
                (token_field(visit))
                input type="hidden" name="name" value=(BY_LINK);
                span.hint { (visit.t("Signed in by the link of the start: ", "Вошли по ссылке, напечатанной при запуске: ")) (by_link) }
                button.second { (end_sessions(visit, *by_link)) }
            }
        }
        (employees(visit, &sessions))
        h2 { (visit.t("Add a person", "Добавить человека")) }
        (add_form(visit, problem.as_ref()))
        (roles(visit))
    };
    Ok(Answer::Page(Page {
        title: visit.t("People and roles", "Люди и роли").to_owned(),
        section: Section::Users,
        body,
    }))
}

/// The employees who have the console open in their portal.
fn employees(visit: &Visit<'_>, sessions: &BTreeMap<String, u64>) -> Markup {
    let open = sessions
        .iter()
        .filter(|(name, _)| employee::parse(name).is_some());
    html! {
        @for (name, count) in open {
            form.actions method="post" action={ (PATH) "/users/sign-out" } {
                (token_field(visit))
                input type="hidden" name="name" value=(name);
                span.hint { (visit.name(name)) }
                button.second { (end_sessions(visit, *count)) }
            }
        }
    }
}

/// Says what the change before has done.
fn done(visit: &Visit<'_>) -> Markup {
    let said = match visit.param("done") {
        Some("add") => visit.t("Added.", "Добавлен."),
        Some("role") => visit.t("The role is changed.", "Роль изменена."),
        Some("password") => visit.t(
            "The password is changed, all sessions of this person have ended.",
            "Пароль изменён, все сеансы этого человека завершены.",
        ),
        Some("remove") => visit.t("Removed.", "Удалён."),
        Some("sign-out") => visit.t("The sessions have ended.", "Сеансы завершены."),
        _ => return html! {},
    };
    html! { p.card role="status" { (said) } }
}

fn table(visit: &Visit<'_>, users: &[ConsoleUser], sessions: &BTreeMap<String, u64>) -> Markup {
    html! {
        div.table { table {
            thead { tr {
                th { (visit.t("Name", "Имя")) }
                th { (visit.t("Role", "Роль")) }
                th { (visit.t("Added", "Добавлен")) }
                th.number { (visit.t("Sessions", "Сеансы")) }
            } }
            tbody { @for user in users {
                tr {
                    td { a href=(address(&user.name)) { (user.name) } }
                    td { (user.role.to_text(visit.lang)) }
                    td { (moment(visit, user.created_at)) }
                    td.number { (sessions.get(&user.name).copied().unwrap_or(0)) }
                }
            } }
        } }
    }
}

/// Returns the address of a user's page.
pub(super) fn address(name: &str) -> String {
    format!("{PATH}/users?name={}", encoded(name))
}

fn add_form(visit: &Visit<'_>, problem: Option<&Bilingual>) -> Markup {
    html! {
        @if let Some(problem) = problem {
            p.problem role="alert" id="why" { (problem.in_lang(visit.lang)) }
        }
        form.card.narrow method="post" action={ (PATH) "/users/add" } hx-boost="true" {
            (token_field(visit))
            label { (visit.t("Name", "Имя"))
                input name="name" value=(visit.text("name")) autocomplete="off" maxlength="64" required
                    aria-describedby=[problem.map(|_| "why")]; }
            label { (visit.t("Role", "Роль"))
                (role_menu(visit, Role::parse(visit.text("role")).unwrap_or(Role::Viewer))) }
            label { (visit.t("Password, at least 10 characters; the person can change it",
                             "Пароль, не меньше 10 знаков; человек сможет его сменить"))
                input type="password" name="password" autocomplete="new-password" minlength="10" required; }
            button { (visit.t("Add the person", "Добавить человека")) }
        }
    }
}

fn role_menu(visit: &Visit<'_>, chosen: Role) -> Markup {
    html! {
        select name="role" {
            @for role in Role::ALL {
                option value=(role.as_str()) selected[role == chosen] { (role.to_text(visit.lang)) }
            }
        }
    }
}

fn roles(visit: &Visit<'_>) -> Markup {
    let of = |role: Role| {
        match role {
        Role::Viewer => visit.t(
            "sees everything but secrets; people's data are masked, unless console.mask_people = false",
            "видит всё, кроме секретов; данные людей закрыты, если не задано console.mask_people = false",
        ),
        Role::Operator => visit.t(
            "also sees people's data, replays and dismisses submissions, pauses portals",
            "видит и данные людей, повторяет и закрывает обращения, приостанавливает порталы",
        ),
        Role::Author => visit.t("also edits profiles", "ещё правит профили"),
        Role::Admin => visit.t(
            "also edits defaults and channels, erases people, manages users",
            "ещё правит общие настройки и каналы, стирает данные людей, ведёт список пользователей",
        ),
    }
    };
    html! {
        h2 { (visit.t("What roles may do", "Что разрешено ролям")) }
        div.table { table { tbody { @for role in Role::ALL {
            tr { th scope="row" { (role.to_text(visit.lang)) } td { (of(role)) } }
        } } } }
    }
}

/// Shows a user with all that can be changed.
pub(super) async fn one(
    visit: &Visit<'_>,
    name: &str,
    problem: Option<Bilingual>,
) -> Result<Answer, Trouble> {
    let store = &visit.parts().store;
    let Some(user) = store.console_user(name.to_owned()).await? else {
        return Err(Trouble::NotFound);
    };
    let sessions = store.console_session_counts(visit.now).await?;
    let sessions = sessions.get(name).copied().unwrap_or(0);
    let body = html! {
        (done(visit))
        @if let Some(problem) = &problem {
            p.problem role="alert" { (problem.in_lang(visit.lang)) }
        }
        h2 { (visit.t("Role", "Роль")) }
        form.filters method="post" action={ (PATH) "/users/role" } {
            (of_user(visit, &user))
            label { (visit.t("Role", "Роль")) (role_menu(visit, user.role)) }
            button { (visit.t("Change the role", "Изменить роль")) }
        }
        h2 { (visit.t("New password", "Новый пароль")) }
        form.filters method="post" action={ (PATH) "/users/password" } {
            (of_user(visit, &user))
            label { (visit.t("Password, at least 10 characters", "Пароль, не меньше 10 знаков"))
                input type="password" name="password" autocomplete="new-password" minlength="10" required; }
            button { (visit.t("Set it and end all sessions", "Задать и завершить все сеансы")) }
        }
        h2 { (visit.t("Sessions", "Сеансы")) }
        @if sessions == 0 {
            p.hint { (visit.t("Not signed in anywhere.", "Сейчас нигде не вошёл.")) }
        } @else {
            form method="post" action={ (PATH) "/users/sign-out" } {
                (of_user(visit, &user))
                button.second { (end_sessions(visit, sessions)) }
            }
        }
        h2 { (visit.t("Remove", "Удалить")) }
        form method="post" action={ (PATH) "/users/remove" } {
            (of_user(visit, &user))
            p.hint { (visit.t("The person cannot sign in any more; the audit log keeps the name.",
                              "Человек больше не сможет войти; в журнале действий его имя останется.")) }
            button.danger { (visit.t("Remove the user ", "Удалить пользователя ")) (user.name) }
        }
    };
    Ok(Answer::Page(Page {
        title: user.name.clone(),
        section: Section::Users,
        body,
    }))
}

fn of_user(visit: &Visit<'_>, user: &ConsoleUser) -> Markup {
    html! {
        (token_field(visit))
        input type="hidden" name="name" value=(user.name);
    }
}

fn end_sessions(visit: &Visit<'_>, count: u64) -> String {
    let en = plural::english(count, ["session", "sessions"]);
    let ru = plural::russian(count, ["сеанс", "сеанса", "сеансов"]);
    bilingual!("End {count} {en}", "Завершить {count} {ru}").pick(visit.lang)
}
