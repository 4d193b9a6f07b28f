//! Test requests, as `leadgate try` sends them: the packet of the source's first example, or what the
//! snippets of a channel send, marked as
//! a test lead, shown until it is delivered, and removed again from the CRM.

use actix_web::web;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::snippets::sample_packet;
use crate::author_tools::Example;
use crate::authoring::{CHANNELS, ProfileFile};
use crate::console::PATH;
use crate::console::layout::token_field;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::crm::Removed;
use crate::domain::{Bilingual, Destination, Lang, Role, SubmissionId, bilingual};
use crate::intake::{self, queue_trial};
use crate::journal::{Found, History};
use crate::mapping::{MappingOutcome, rejection_text};
use crate::profiles;
use crate::store::StoreError;

fn bad(text: Bilingual) -> Trouble {
    Trouble::Bad(text)
}

/// Sends a test request, and leads to what becomes of it.
pub(super) async fn send(visit: &Visit<'_>, name: &str, address: &str) -> Result<Answer, Trouble> {
    let body = example(visit, name, address).await?;
    let parts = visit.parts();
    let source = intake::source(name).and_then(|kind| {
        let source = kind.of_packet(Some(address), &body)?;
        Some(source.with_key(kind.trial_key(SubmissionId::fresh(), visit.now)))
    });
    let source = source.ok_or(Trouble::NotFound)?;
    let profiles = parts.profiles.current();
    let Some(profile) = profiles.for_source(&source, &body) else {
        return Err(bad(bilingual!(
            "No profile takes the example of this source. Nothing was sent.",
            "Ни один профиль не берёт пример этого источника. Ничего не отправлено."
        )));
    };
    refuse_what_would_stop(visit, profile.plan(&source, visit.now, &body))?;
    let queued = queue_trial(
        &parts.inbox,
        (&profiles, profile),
        (source, &body),
        visit.now,
    );
    let id = queued.await?;
    let details = json!({"id": id.to_string()});
    visit
        .note("test-sent", &format!("{name}/{address}"), details)
        .await?;
    Ok(Answer::Go(format!("/sources/trials/{id}")))
}

/// Refuses a packet that the profile rejects or parks.
fn refuse_what_would_stop(visit: &Visit<'_>, outcome: MappingOutcome) -> Result<(), Trouble> {
    let why = match outcome {
        MappingOutcome::Plan(_) => return Ok(()),
        MappingOutcome::Reject(rejections) => rejection_text(&rejections, visit.lang),
        MappingOutcome::Park { note, .. } => note.to_text(visit.lang),
    };
    Err(bad(bilingual!(
        "The profile would not deliver the example: {why}. Nothing was sent.",
        "Профиль не доставил бы пример: {why}. Ничего не отправлено."
    )))
}

/// Returns the packet of the first example for this source; for a channel without one what the
/// snippets of its page send.
async fn example(visit: &Visit<'_>, name: &str, address: &str) -> Result<Value, Trouble> {
    let parts = visit.parts();
    let (folder, channels) = (
        parts.settings.mappings.dir.clone(),
        parts.profiles.channels(),
    );
    let wanted = (name.to_owned(), address.to_owned());
    let found = web::block(move || {
        let files = profiles::examples(&folder)?.into_iter();
        let files = files.map(|file| ProfileFile {
            name: file.name,
            text: file.text,
        });
        let wanted = (wanted.0.as_str(), wanted.1.as_str());
        let found = Example::first_of(files, &intake::sources(), &channels, wanted);
        Ok::<_, std::io::Error>(found)
    });
    let found = found.await.map_err(|_| StoreError::Closed)?;
    let found = found.map_err(|error| {
        bad(bilingual!(
            "The examples cannot be read: {error}.",
            "Примеры не читаются: {error}."
        ))
    })?;
    if found.is_none() && name == CHANNELS {
        return Ok(sample_packet());
    }
    let found = found.ok_or_else(|| {
        bad(bilingual!(
            "There is no example for this source. Put a packet with invented people into \
             mappings/examples/PROFILE, or send one with curl.",
            "Для этого источника нет примера. Положите пакет с выдуманными людьми в \
             mappings/examples/ПРОФИЛЬ или отправьте его через curl."
        ))
    })?;
    Ok(found.1)
}

/// Returns the history of a test request.
async fn history(visit: &Visit<'_>, id: &str) -> Result<History, Trouble> {
    let (journal, id) = (visit.parts().journal.clone(), id.to_owned());
    let found = web::block(move || journal.show(&id)).await;
    match found.map_err(|_| StoreError::Closed)?? {
        Found::One(history) if history.entry.source.is_trial() => Ok(*history),
        Found::One(_) | Found::None | Found::NotAName | Found::Several => Err(Trouble::NotFound),
    }
}

pub(super) async fn page(visit: &Visit<'_>, id: &str) -> Result<Answer, Trouble> {
    let history = history(visit, id).await?;
    let part = part(visit, &history);
    if visit.wants_fragment() {
        return Ok(Answer::Fragment(part));
    }
    Ok(Answer::Page(Page {
        title: visit.t("Test request", "Пробная заявка").to_owned(),
        section: Section::Sources,
        body: part,
    }))
}

fn part(visit: &Visit<'_>, history: &History) -> Markup {
    let entry = &history.entry;
    let address = format!("{PATH}/sources/trials/{}", entry.id);
    let state = entry.state;
    html! {
        div id="trial" hx-get=(address) hx-trigger="history from:body" hx-swap="outerHTML" {
            p { (visit.parts().sources.label(&entry.source, visit.lang)) }
            p { span class={ "state state-" (state.as_str()) } { (state.to_text(visit.lang)) } }
            @if state.is_under_way() {
                p.hint { (visit.t("The page shows when it is delivered.", "Страница покажет, когда она будет доставлена.")) }
            }
            p { a href={ (PATH) "/history/" (entry.id) } { (visit.t("What became of it, step by step", "Что с ней стало, по шагам")) } }
            @if !state.is_under_way() && visit.user.role >= Role::Operator {
                form method="post" action={ (address) "/remove" } {
                    (token_field(visit))
                    p.hint { (visit.t("Deletes only what this test created in the CRM, nothing that it found.",
                                      "Удалит из CRM только созданное этой пробной заявкой; найденное останется.")) }
                    button.danger { (visit.t("Delete what it created", "Удалить созданное")) }
                }
            }
        }
    }
}

/// Deletes what a test request created in the CRM.
pub(super) async fn remove(visit: &Visit<'_>, id: &str) -> Result<Answer, Trouble> {
    let history = history(visit, id).await?;
    let entry = &history.entry;
    if entry.state.is_under_way() {
        return Err(Trouble::Conflict(bilingual!(
            "It is still on its way. Remove it once it is delivered.",
            "Она ещё в пути. Уберите её, когда она будет доставлена."
        )));
    }
    let removed = match connection(visit, &history) {
        Some(client) => {
            let mut steps = history.steps.iter();
            let company = steps.find_map(|step| step.outcome.result.became().company);
            let removed = client.remove_created(entry.id, entry.record, company);
            removed.await.map_err(|error| {
                let failure = error.failure();
                let (en, ru) = (failure.to_text(Lang::En), failure.to_text(Lang::Ru));
                Trouble::Unavailable(bilingual!(
                    "The portal did not do it: {en}. Try again in a moment.",
                    "Портал не выполнил это: {ru}. Повторите чуть позже."
                ))
            })?
        }
        None => Removed::default(),
    };
    let count = removed.records.len() + removed.contacts.len() + removed.companies.len();
    let details = json!({"deleted": count, "notes": removed.notes});
    visit
        .note("test-removed", &entry.id.to_string(), details)
        .await?;
    Ok(Answer::Page(Page {
        title: visit.t("Test request", "Пробная заявка").to_owned(),
        section: Section::Sources,
        body: told(visit, &removed),
    }))
}

fn connection<'v>(visit: &Visit<'v>, history: &History) -> Option<&'v crate::crm::Connection> {
    let mut destinations = history.steps.iter().map(|step| &step.outcome.destination);
    let of_crm = destinations.rfind(|destination| destination.kind() == Destination::CRM)?;
    let connections = &visit.parts().connections;
    connections.get(of_crm.name()).map(AsRef::as_ref)
}

fn told(visit: &Visit<'_>, removed: &Removed) -> Markup {
    let records = removed.records.iter();
    let records = records.map(|(kind, id)| (kind.as_str(), id.get()));
    let contacts = removed.contacts.iter().map(|id| ("contact", id.get()));
    let companies = removed.companies.iter().map(|id| ("company", id.get()));
    let all: Vec<(&str, i64)> = records.chain(contacts).chain(companies).collect();
    html! {
        @if all.is_empty() && removed.notes == 0 {
            p { (visit.t("The CRM has nothing that it created.", "В CRM нет ничего, что она создала.")) }
        } @else {
            p.good { (visit.t("Deleted from the CRM:", "Удалено из CRM:")) }
            ul {
                @for (kind, id) in &all { li { (kind) " " (id) } }
                @if removed.notes > 0 {
                    li { (visit.t("comments and to-dos of records that it found: ", "комментарии и дела найденных записей: ")) (removed.notes) }
                }
            }
        }
        p { a href={ (PATH) "/sources" } { (visit.t("All sources", "Все источники")) } }
    }
}
