//! What the gateway knows of a contact, company, lead or deal: the submissions that made or changed
//! it, each with its explanation. The tab in the portal's cards shows this page.

use actix_web::web;
use maud::{Markup, html};

use super::history::list::state;
use super::history::one::{conclusion, reasoning};
use crate::config::SANDBOX_CONNECTION;
use crate::console::PATH;
use crate::console::layout::moment;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::domain::{Destination, EntityKind, bilingual};
use crate::journal::{Filter, Found, History, RecordFilter, explain};
use crate::store::StoreError;

/// The most submissions that are shown.
const MOST: usize = 20;

/// Shows the page of a record.
pub(in crate::console) async fn answer(
    visit: &Visit<'_>,
    kind: &str,
    id: &str,
) -> Result<Answer, Trouble> {
    if visit.is_post() {
        return Err(Trouble::Method);
    }
    let kind = match kind {
        "contact" => None,
        word => Some(EntityKind::parse(word).ok_or(Trouble::NotFound)?),
    };
    let id: i64 = id.parse().map_err(|_| Trouble::NotFound)?;
    let record = RecordFilter {
        destination: Destination::crm(connection(visit)),
        kind,
        id,
    };
    let (histories, is_more) = read(visit, record).await?;
    let name = match kind {
        Some(kind) => kind.numbered(id, visit.lang),
        None => bilingual!("contact {id}", "контакт {id}").pick(visit.lang),
    };
    let body = html! {
        @if histories.is_empty() {
            p.empty { (visit.t("leadgate has received nothing about this record, or its history has been purged.",
                               "Об этой записи leadgate ничего не получал, или её история уже удалена.")) }
        }
        @for history in &histories { (one(visit, history)) }
        @if is_more {
            p.hint { (visit.t("Older submissions are in the history.", "Более ранние обращения — в истории.")) }
        }
    };
    let title = visit.t("Requests: ", "Заявки: ");
    Ok(Answer::Page(Page {
        title: format!("{title}{name}"),
        section: Section::History,
        body,
    }))
}

/// Returns the connection that the address names, or else the only one.
fn connection<'v>(visit: &'v Visit<'_>) -> &'v str {
    let mut names = visit.parts().connections.keys();
    let only = names.next().map_or(SANDBOX_CONNECTION, String::as_str);
    visit.param("crm").unwrap_or(only)
}

/// Reads the newest submissions of a record, and whether there are more.
async fn read(visit: &Visit<'_>, record: RecordFilter) -> Result<(Vec<History>, bool), Trouble> {
    let journal = visit.parts().journal.clone();
    let filter = Filter {
        record: Some(record),
        ..Filter::default()
    };
    let read = web::block(move || {
        let mut entries = journal.list(&filter, MOST + 1)?;
        let is_more = entries.len() > MOST;
        entries.truncate(MOST);
        let mut histories = Vec::new();
        for entry in &entries {
            if let Found::One(history) = journal.show(&entry.id.to_string())? {
                histories.push(*history);
            }
        }
        Ok::<_, StoreError>((histories, is_more))
    });
    Ok(read.await.map_err(|_| StoreError::Closed)??)
}

/// A submission with the reasoning of its last attempt.
fn one(visit: &Visit<'_>, history: &History) -> Markup {
    let entry = &history.entry;
    let attempts = explain::attempts(history);
    html! {
        article.card {
            h2 {
                (state(visit, entry)) " "
                a href={ (PATH) "/history/" (entry.id) } { (moment(visit, entry.received_at)) } " · "
                (visit.parts().sources.full_label(&entry.source, visit.lang))
            }
            (conclusion(visit, entry))
            @if let Some(attempt) = attempts.last().filter(|attempt| !attempt.steps.is_empty()) {
                details {
                    summary { (visit.t("Why so", "Почему так")) }
                    ul.reasons { @for step in &attempt.steps { (reasoning(visit, step)) } }
                }
            }
        }
    }
}
