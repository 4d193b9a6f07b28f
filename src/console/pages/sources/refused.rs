//! Requests that were refused before they became submissions.

use actix_web::web;
use jiff::SignedDuration;
use maud::html;

use crate::console::layout::moment;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::journal::{RefusedCounts, RefusedFilter, refused_why};
use crate::redact;
use crate::store::StoreError;

/// Requests on the page.
const PAGE: usize = 100;

/// Counts the refused requests of the last day by what they were sent to and why.
pub(super) async fn by_source(visit: &Visit<'_>) -> Result<RefusedCounts, Trouble> {
    let since = visit.now.checked_sub(SignedDuration::from_hours(24)).ok();
    let journal = visit.parts().journal.clone();
    let counts = web::block(move || journal.refused_counts(since)).await;
    Ok(counts.map_err(|_| StoreError::Closed)??)
}

pub(super) async fn page(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let journal = visit.parts().journal.clone();
    let found = web::block(move || journal.refused(RefusedFilter::default(), PAGE)).await;
    let found = found.map_err(|_| StoreError::Closed)??;
    let body = html! {
        p.hint { (visit.t("Requests that never became submissions. Their senders got the status that you see.",
                          "Запросы, которые не стали обращениями. Отправителю ушёл указанный здесь ответ.")) }
        @if found.is_empty() {
            p.empty { (visit.t("Nothing was refused.", "Отклонённых запросов нет.")) }
        } @else {
            div.table { table {
                thead { tr {
                    th { (visit.t("Received", "Получено")) }
                    th { (visit.t("From", "Откуда")) }
                    th { (visit.t("To", "Куда")) }
                    th { (visit.t("Status", "Ответ")) }
                    th { (visit.t("Why", "Почему")) }
                    th.number { (visit.t("Bytes", "Байт")) }
                } }
                tbody { @for refused in &found {
                    tr {
                        td { (moment(visit, refused.at)) }
                        td { @if visit.sees_people() { (refused.address.as_deref().unwrap_or("–")) } @else { "•••" } }
                        td { (refused.method) " " code { (redact::mask_all(&refused.source)) } }
                        td { (refused.status) }
                        td { (refused_why(&refused.code, visit.lang)) }
                        td.number { (refused.size) }
                    }
                } }
            } }
        }
    };
    Ok(Answer::Page(Page {
        title: visit
            .t("Refused requests", "Отклонённые запросы")
            .to_owned(),
        section: Section::Sources,
        body,
    }))
}
