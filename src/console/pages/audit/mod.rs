//! What people changed, the latest first.

mod actions;
mod sentence;

use maud::html;

use self::sentence::sentence;
use crate::console::PATH;
use crate::console::layout::moment;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::domain::Role;

/// Entries on a page.
const PAGE: usize = 50;

/// Shows the page.
pub(in crate::console) async fn answer(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    visit.need(Role::Admin)?;
    let before = visit.param("before").and_then(|before| before.parse().ok());
    let mut entries = visit.parts().store.audit(before, PAGE + 1).await?;
    let is_more = entries.len() > PAGE;
    entries.truncate(PAGE);
    let oldest = entries
        .last()
        .map(|(number, _)| *number)
        .filter(|_| is_more);
    let body = html! {
        @if entries.is_empty() {
            p.empty { (visit.t("Nobody has changed anything yet.", "Пока никто ничего не менял.")) }
        } @else {
            div.table { table {
                thead { tr {
                    th { (visit.t("When", "Когда")) }
                    th { (visit.t("Who", "Кто")) }
                    th { (visit.t("What was done", "Что сделано")) }
                } }
                tbody { @for (_, entry) in &entries {
                    tr {
                        td { (moment(visit, entry.at)) }
                        td { @if entry.who.is_empty() { "–" } @else { (visit.name(&entry.who)) } }
                        td title=(entry.action) { (sentence(visit, entry)) }
                    }
                } }
            } }
        }
        @if let Some(oldest) = oldest {
            p { a href={ (PATH) "/audit?before=" (oldest) } { (visit.t("Earlier", "Раньше")) } }
        }
    };
    Ok(Answer::Page(Page {
        title: visit.t("Audit log", "Действия").to_owned(),
        section: Section::Audit,
        body,
    }))
}
