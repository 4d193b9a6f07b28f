//! Sources: who sends, when something came last, what was refused, and how each channel is guarded.

mod channel;
mod keys;
mod list;
mod pbx;
mod problems;
mod refused;
mod settings;
mod snippets;
mod trial;

use crate::authoring::{CHANNELS, POLLS};
use crate::console::reply::{Answer, Trouble};
use crate::console::request::decoded;
use crate::console::signing::is_secure;
use crate::console::visit::Visit;
use crate::domain::Role;

/// Answers the requests of this section.
pub(in crate::console) async fn answer(
    visit: &Visit<'_>,
    rest: &[&str],
) -> Result<Answer, Trouble> {
    let rest: Vec<String> = rest.iter().map(|part| decoded(part)).collect();
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    match rest.as_slice() {
        [] => list::page(visit).await,
        ["refused"] => refused::page(visit).await,
        ["channels"] => channel::open(visit),
        ["channels", name] => channel::page(visit, name).await,
        ["pbx", name] => pbx::page(visit, name).await,
        ["trials", id] => trial::page(visit, id).await,
        [source @ ("channels" | "polls"), address, "test"] => {
            may_post(visit, Role::Operator)?;
            let source = if *source == "polls" { POLLS } else { CHANNELS };
            trial::send(visit, source, address).await
        }
        ["trials", id, "remove"] => {
            may_post(visit, Role::Operator)?;
            trial::remove(visit, id).await
        }
        ["channels", name, "save"] => {
            may_post(visit, Role::Admin)?;
            channel::save(visit, name).await
        }
        [
            "channels",
            name,
            "keys",
            guard,
            action @ ("make" | "revoke"),
        ] => {
            may_post(visit, Role::Admin)?;
            channel::change_key(visit, name, (keys::guard(guard)?, action)).await
        }
        _ => Err(Trouble::NotFound),
    }
}

fn may_post(visit: &Visit<'_>, role: Role) -> Result<(), Trouble> {
    if !visit.is_post() {
        return Err(Trouble::Method);
    }
    visit.need(role)
}

/// Returns the address of the gateway as the person's browser has it: `https://gate.example`.
pub(in crate::console::pages) fn base(visit: &Visit<'_>) -> String {
    let proxies = &visit.parts().settings.server.trusted_proxies;
    let scheme = if is_secure(visit.request, proxies) {
        "https"
    } else {
        "http"
    };
    let host = visit.request.headers().get("host");
    let host = host.and_then(|host| host.to_str().ok());
    format!("{scheme}://{}", host.unwrap_or("127.0.0.1"))
}
