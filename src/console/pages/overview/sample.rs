//! The invitation of an empty gateway: a sample answer goes through it into the sandbox.

use maud::{Markup, html};
use serde_json::Value;

use crate::console::PATH;
use crate::console::layout::token_field;
use crate::console::reply::{Answer, Trouble};
use crate::console::visit::Visit;
use crate::domain::{Bilingual, Role};
use crate::intake;

/// Returns whether everything goes to the sandbox: a sample must not get into a real portal.
fn may_send(visit: &Visit<'_>) -> bool {
    visit.parts().settings.crm.is_empty() && visit.user.role >= Role::Operator
}

/// What to do first.
pub(super) fn invitation(visit: &Visit<'_>) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    html! {
        section.card {
            h2 { (t("Nothing has come yet", "Пока ничего не пришло")) }
            @if may_send(visit) {
                (form(visit))
            }
            p { a href={ (PATH) "/sources" } { (t("Addresses for your own senders", "Адреса для ваших отправителей")) } }
        }
    }
}

/// The same for a gateway that has received something, as long as the sandbox is its CRM.
pub(super) fn again(visit: &Visit<'_>) -> Markup {
    html! {
        @if may_send(visit) {
            section.card { h2 { (visit.t("Try it out", "Попробовать")) } (form(visit)) }
        }
    }
}

fn form(visit: &Visit<'_>) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    html! {
        p { (t("Send a sample answer of an invented person: it passes the gateway as every answer does, and becomes a contact and a deal in the sandbox.",
               "Отправьте пример ответа вымышленного человека: он пройдёт через шлюз, как любой ответ, и станет контактом и сделкой в песочнице.")) }
        form.actions method="post" action=(PATH) {
            (token_field(visit))
            button { (t("Send 1 sample answer", "Отправить 1 пример ответа")) }
            a.button.second href="/sandbox" { (t("Open the sandbox", "Открыть песочницу")) }
        }
        p.hint { (t("The sample is marked as a test.", "Пример помечается как проба.")) }
    }
}

/// Sends the sample and shows what becomes of it.
pub(super) async fn send(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    visit.need(Role::Operator)?;
    if !may_send(visit) {
        let text = Bilingual::new(
            "A portal is connected, and a sample must not get into it. Use `leadgate try`, which removes it again.",
            "Подключён портал, пример не должен в него попасть. Используйте `leadgate try`: команда удалит его за собой.",
        );
        return Err(Trouble::Conflict(text.into()));
    }
    let profiles = visit.parts().profiles.current();
    let sample = intake::sample(visit.now);
    let taken = sample.as_ref().and_then(|(source, body)| {
        let profile = profiles.for_source(source, body)?;
        Some((source.clone(), body, profile))
    });
    let Some((source, body, profile)) = taken else {
        let text = Bilingual::new(
            "No profile takes the sample. Make a profile first: Profiles, New.",
            "Пример не берёт ни один профиль. Сначала создайте профиль: «Профили», «Новый».",
        );
        return Err(Trouble::Conflict(text.into()));
    };
    let inbox = &visit.parts().inbox;
    let queued = intake::queue_trial(inbox, (&profiles, profile), (source, body), visit.now);
    let id = queued.await?;
    visit
        .note("sample-sent", &id.to_string(), Value::Null)
        .await?;
    Ok(Answer::Go(format!("/history/{id}")))
}
