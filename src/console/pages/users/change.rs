//! Changes of users.

use actix_web::web;
use serde_json::{Value, json};

use super::list;
use crate::console::reply::{Answer, Trouble};
use crate::console::signed_in::employee;
use crate::console::signing::{BY_LINK, hash_password, name_problem, password_problem};
use crate::console::visit::Visit;
use crate::domain::{Bilingual, ConsoleUser, Role};

/// Carries out a change; what is wrong with it stands on the page that it came from.
pub(super) async fn answer(visit: &Visit<'_>, action: &str) -> Result<Answer, Trouble> {
    let name = visit.text("name").to_owned();
    match action {
        "add" => add(visit, name.trim()).await,
        "role" => set_role(visit, name).await,
        "password" => set_password(visit, name).await,
        "remove" => remove(visit, name).await,
        _ => sign_out(visit, name).await,
    }
}

/// Hashes a password off the threads that answer requests.
pub(in crate::console::pages) async fn hashed(password: String) -> Result<String, Trouble> {
    let hash = web::block(move || hash_password(&password)).await;
    hash.ok().flatten().ok_or_else(|| {
        let text = Bilingual::new(
            "The system gives no random numbers. Try again in a moment.",
            "Система не даёт случайных чисел. Повторите чуть позже.",
        );
        Trouble::Unavailable(text.into())
    })
}

fn wanted_role(visit: &Visit<'_>) -> Result<Role, Trouble> {
    Role::parse(visit.text("role")).ok_or_else(|| {
        let text = Bilingual::new("Choose a role.", "Выберите роль.");
        Trouble::Bad(text.into())
    })
}

async fn add(visit: &Visit<'_>, name: &str) -> Result<Answer, Trouble> {
    let (role, password) = (wanted_role(visit)?, visit.text("password").to_owned());
    let problem = name_problem(name).or_else(|| password_problem(name, &password));
    if problem.is_some() {
        return list::page(visit, problem).await;
    }
    let user = ConsoleUser {
        name: name.to_owned(),
        role,
        password: hashed(password).await?,
        created_at: visit.now,
    };
    if !visit.parts().store.add_console_user(user).await? {
        let taken = Bilingual::new(
            "There is a user of this name. Open it in the list above.",
            "Пользователь с таким именем уже есть. Откройте его в списке выше.",
        );
        return list::page(visit, Some(taken.into())).await;
    }
    let details = json!({"role": role.as_str()});
    visit.note("user-added", name, details).await?;
    Ok(Answer::Go("/users?done=add".to_owned()))
}

/// Returns a problem if this user is the last administrator, and the person who asks could not get
/// back in.
async fn last_admin(visit: &Visit<'_>, name: &str) -> Result<Option<Bilingual>, Trouble> {
    if visit.user.name == BY_LINK {
        return Ok(None);
    }
    let users = visit.parts().store.console_users().await?;
    Ok(ConsoleUser::is_last_admin(&users, name).then(|| {
        Bilingual::new(
            "This is the last administrator. Make somebody else an administrator first.",
            "Это последний администратор. Сначала сделайте администратором кого-то ещё.",
        )
        .into()
    }))
}

async fn set_role(visit: &Visit<'_>, name: String) -> Result<Answer, Trouble> {
    let role = wanted_role(visit)?;
    if role != Role::Admin
        && let Some(problem) = last_admin(visit, &name).await?
    {
        return list::one(visit, &name, Some(problem)).await;
    }
    let store = &visit.parts().store;
    if !store.set_console_role(name.clone(), role).await? {
        return Err(Trouble::NotFound);
    }
    let details = json!({"role": role.as_str()});
    visit.note("user-role", &name, details).await?;
    Ok(done(&name, "role"))
}

async fn set_password(visit: &Visit<'_>, name: String) -> Result<Answer, Trouble> {
    let password = visit.text("password").to_owned();
    if let Some(problem) = password_problem(&name, &password) {
        return list::one(visit, &name, Some(problem)).await;
    }
    let hash = hashed(password).await?;
    let store = &visit.parts().store;
    if !store.set_console_password(name.clone(), hash).await? {
        return Err(Trouble::NotFound);
    }
    visit.note("user-password", &name, Value::Null).await?;
    Ok(done(&name, "password"))
}

async fn remove(visit: &Visit<'_>, name: String) -> Result<Answer, Trouble> {
    if let Some(problem) = last_admin(visit, &name).await? {
        return list::one(visit, &name, Some(problem)).await;
    }
    let store = &visit.parts().store;
    if !store.remove_console_user(name.clone()).await? {
        return Err(Trouble::NotFound);
    }
    visit.note("user-removed", &name, Value::Null).await?;
    Ok(Answer::Go("/users?done=remove".to_owned()))
}

async fn sign_out(visit: &Visit<'_>, name: String) -> Result<Answer, Trouble> {
    let store = &visit.parts().store;
    let ended = store.remove_console_sessions(name.clone()).await?;
    let details = json!({"sessions": ended});
    visit.note("user-signed-out", &name, details).await?;
    if name == BY_LINK || employee::parse(&name).is_some() {
        return Ok(Answer::Go("/users?done=sign-out".to_owned()));
    }
    Ok(done(&name, "sign-out"))
}

fn done(name: &str, what: &str) -> Answer {
    let address = list::address(name);
    let path = address.strip_prefix(crate::console::PATH);
    Answer::Go(format!("{}&done={what}", path.unwrap_or("/users")))
}
