//! People of the console: who may do what, passwords, and ending sessions. Administrators only.

mod change;
mod list;

pub(super) use self::change::hashed;
use crate::console::reply::{Answer, Trouble};
use crate::console::visit::Visit;
use crate::domain::Role;

/// Answers the requests of this section.
pub(in crate::console) async fn answer(
    visit: &Visit<'_>,
    rest: &[&str],
) -> Result<Answer, Trouble> {
    visit.need(Role::Admin)?;
    match rest {
        [] => match visit.param("name") {
            Some(name) => list::one(visit, name, None).await,
            None => list::page(visit, None).await,
        },
        [action @ ("add" | "role" | "password" | "remove" | "sign-out")] => {
            if !visit.is_post() {
                return Err(Trouble::Method);
            }
            change::answer(visit, action).await
        }
        _ => Err(Trouble::NotFound),
    }
}
