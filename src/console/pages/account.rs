//! The account of the person who has signed in: role, password, and signing out everywhere.

use maud::{Markup, html};
use serde_json::Value;

use crate::console::PATH;
use crate::console::layout::token_field;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::signed_in::employee;
use crate::console::signing::{Person, Tried, password_problem};
use crate::console::visit::Visit;
use crate::domain::{Bilingual, ConsoleUser};

/// Answers the requests of this section.
pub(in crate::console) async fn answer(
    visit: &Visit<'_>,
    rest: &[&str],
) -> Result<Answer, Trouble> {
    match rest {
        [] => page(visit, None).await,
        ["password"] if visit.is_post() => set_password(visit).await,
        ["password"] => Err(Trouble::Method),
        _ => Err(Trouble::NotFound),
    }
}

/// Returns the user of the store who asks; `None` of people whom a link or a proxy has signed in.
async fn user(visit: &Visit<'_>) -> Result<Option<ConsoleUser>, Trouble> {
    let store = &visit.parts().store;
    Ok(store.console_user(visit.user.name.clone()).await?)
}

async fn page(visit: &Visit<'_>, problem: Option<Bilingual>) -> Result<Answer, Trouble> {
    let user = user(visit).await?.filter(|_| visit.user.session.is_some());
    let body = html! {
        @if visit.param("done").is_some() {
            p.card role="status" { (visit.t("Your password is changed. All your other sessions have ended.",
                                            "Пароль изменён. Все остальные ваши сеансы завершены.")) }
        }
        p { strong { (visit.name(&visit.user.name)) } ": " (visit.user.role.to_text(visit.lang)) }
        @if user.is_some() {
            h2 { (visit.t("Another password", "Сменить пароль")) }
            (password_form(visit, problem.as_ref()))
        } @else if employee::parse(&visit.user.name).is_some() {
            p.hint { (visit.t("Your portal has signed you in; your role is in the setting console.portal_roles.",
                              "Вас впустил портал; вашу роль задаёт настройка console.portal_roles.")) }
        } @else if visit.user.session.is_some() {
            p.hint { (visit.t("You came by the sign-in link of the start, which has no password. Add yourself as a user: ",
                              "Вы вошли по ссылке, которую шлюз напечатал при запуске; пароля у неё нет. Добавьте себя: "))
                a href={ (PATH) "/users" } { (visit.t("People and roles", "Люди и роли")) } }
        } @else {
            p.hint { (visit.t("A proxy has signed you in; your password and signing out belong to it.",
                              "Вас впустил прокси; пароль и выход — там же, где вы входили.")) }
        }
        @if visit.user.session.is_some() {
            h2 { (visit.t("Sign out everywhere", "Выйти везде")) }
            form method="post" action={ (PATH) "/sign-out" } {
                (token_field(visit))
                input type="hidden" name="everywhere" value="yes";
                button.second { (visit.t("End all my sessions", "Завершить все мои сеансы")) }
            }
        }
    };
    Ok(Answer::Page(Page {
        title: visit.t("Account", "Учётная запись").to_owned(),
        section: Section::Other,
        body,
    }))
}

fn password_form(visit: &Visit<'_>, problem: Option<&Bilingual>) -> Markup {
    html! {
        @if let Some(problem) = problem {
            p.problem role="alert" id="why" { (problem.in_lang(visit.lang)) }
        }
        form.card.narrow method="post" action={ (PATH) "/account/password" } {
            (token_field(visit))
            input type="hidden" name="username" value=(visit.user.name) autocomplete="username";
            label { (visit.t("Current password", "Текущий пароль"))
                input type="password" name="current" autocomplete="current-password" required; }
            label { (visit.t("New password, at least 10 characters", "Новый пароль, не меньше 10 знаков"))
                input type="password" name="new" autocomplete="new-password" minlength="10" required
                    aria-describedby=[problem.map(|_| "why")]; }
            label { (visit.t("The new one again", "Новый ещё раз"))
                input type="password" name="again" autocomplete="new-password" required; }
            button { (visit.t("Change the password", "Сменить пароль")) }
        }
    }
}

async fn set_password(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let Some(user) = user(visit).await?.filter(|_| visit.user.session.is_some()) else {
        return Err(Trouble::NotFound);
    };
    let (name, new) = (user.name, visit.text("new").to_owned());
    let mut problem = password_problem(&name, &new);
    if new != visit.text("again") {
        problem = Some(
            Bilingual::new(
                "The two new passwords differ. Type the new one twice.",
                "Новые пароли не совпадают. Введите новый пароль дважды.",
            )
            .into(),
        );
    }
    if problem.is_none() {
        let current = visit.text("current").to_owned();
        let tried = visit
            .console
            .signing
            .try_password(visit.request, &name, current);
        problem = match tried.await? {
            Tried::Right(_) => None,
            Tried::Wrong => Some(
                Bilingual::new("The current password is wrong.", "Текущий пароль неверен.").into(),
            ),
            Tried::TooOften => Some(
                Bilingual::new(
                    "Too many wrong passwords. Wait a minute and try again.",
                    "Слишком много неверных паролей. Подождите минуту и повторите.",
                )
                .into(),
            ),
        };
    }
    if problem.is_some() {
        return page(visit, problem).await;
    }
    let hash = super::users::hashed(new).await?;
    let store = &visit.parts().store;
    store
        .set_console_password(name.clone(), hash.clone())
        .await?;
    visit.note("password-changed", &name, Value::Null).await?;
    // it has ended all sessions, the current one too
    let to = format!("{PATH}/account?done=password");
    let who = Person::User(&name, visit.user.role, &hash);
    let begun = visit.console.signing.begin(visit.request, who, &to).await?;
    Ok(begun.map_or_else(|| Answer::Go(String::new()), Answer::Reply))
}
