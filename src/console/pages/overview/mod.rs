//! The first page: what waits for people, how everything is, and what came when. Its parts load
//! themselves again when something changes.

mod chart;
mod hours;
mod sample;
mod status;

use actix_web::web;
use maud::{Markup, html};

use crate::console::PATH;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::journal::Filter;
use crate::store::StoreError;

/// Shows the page, the part that htmx asks for, or sends the sample.
pub(in crate::console) async fn answer(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    if visit.is_post() {
        return sample::send(visit).await;
    }
    if visit.wants_fragment() {
        return Ok(Answer::Fragment(live(visit).await?));
    }
    let is_empty = is_empty(visit).await?;
    let body = html! {
        @if is_empty { (sample::invitation(visit)) }
        (live(visit).await?)
        @if !is_empty {
            (hours::days(visit).await?)
            (sample::again(visit))
        }
    };
    Ok(Answer::Page(Page {
        title: visit.t("Overview", "Обзор").to_owned(),
        section: Section::Overview,
        body,
    }))
}

/// Returns whether nothing has come yet.
async fn is_empty(visit: &Visit<'_>) -> Result<bool, Trouble> {
    let journal = visit.parts().journal.clone();
    let found = web::block(move || journal.list(&Filter::default(), 1)).await;
    Ok(found.map_err(|_| StoreError::Closed)??.is_empty())
}

/// The part of the page that follows what happens.
async fn live(visit: &Visit<'_>) -> Result<Markup, Trouble> {
    let waiting = status::waiting(visit).await?;
    let hours = hours::hours(visit).await?;
    let profiles = status::profiles(visit).await?;
    let alerts = status::alerts(visit).await?;
    Ok(html! {
        div id="now" hx-get=(PATH) hx-trigger="history from:body delay:500ms, profiles from:body, portals from:body, every 30s"
            hx-swap="outerHTML" {
            div.cards { (waiting) (status::destinations(visit)) (profiles) }
            (alerts)
            (hours)
        }
    })
}
