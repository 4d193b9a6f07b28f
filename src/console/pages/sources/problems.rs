//! What is wrong with the file of the channels' settings.

use actix_web::web;
use maud::{Markup, html};

use crate::authoring::Problem;
use crate::console::PATH;
use crate::console::reply::Trouble;
use crate::console::visit::Visit;
use crate::domain::ChannelName;
use crate::profiles::{FileKind, FileState};
use crate::store::StoreError;

/// Returns the file of the channels' settings as it was read last, if it has problems.
async fn with_problems(visit: &Visit<'_>) -> Result<Option<FileState>, Trouble> {
    let profiles = visit.parts().profiles.clone();
    let files = web::block(move || profiles.files()).await;
    let mut files = files.map_err(|_| StoreError::Closed)?.into_iter();
    let of_channels =
        files.find(|file| file.kind == FileKind::Channels && !file.problems.is_empty());
    Ok(of_channels)
}

/// Shows what is wrong with the settings of all channels.
pub(super) async fn of_all(visit: &Visit<'_>) -> Result<Markup, Trouble> {
    let file = with_problems(visit).await?;
    Ok(html! { @if let Some(file) = file {
        (shown(visit, &file.name, &file.problems.iter().collect::<Vec<_>>()))
    } })
}

/// Shows what is wrong with the settings of one channel, and with the file as a whole.
pub(super) async fn of_channel(visit: &Visit<'_>, name: &ChannelName) -> Result<Markup, Trouble> {
    let Some(file) = with_problems(visit).await? else {
        return Ok(html! {});
    };
    let all = visit.parts().profiles.channels();
    let lines = all.names().into_iter();
    let lines: Vec<u32> = lines.filter_map(|name| all.get(name)?.line()).collect();
    let first = all.get(name).and_then(|channel| channel.line());
    let next = first.and_then(|first| lines.into_iter().filter(|line| *line > first).min());
    let is_own =
        |line: u32| first.is_some_and(|first| line >= first) && next.is_none_or(|next| line < next);
    let own = file.problems.iter();
    let own = own.filter(|problem| problem.is_error() || is_own(problem.line));
    Ok(shown(visit, &file.name, &own.collect::<Vec<_>>()))
}

fn shown(visit: &Visit<'_>, file: &str, problems: &[&Problem]) -> Markup {
    html! {
        @if !problems.is_empty() {
            div.problem role="alert" { ul { @for problem in problems {
                li { (problem.message.in_lang(visit.lang)) ": " (problem.advice.in_lang(visit.lang)) " ("
                    a href={ (PATH) "/profiles/" (file) "?mode=yaml&line=" (problem.line) } {
                        (file) @if problem.line > 0 { ":" (problem.line) } } ")" }
            } } }
        }
    }
}
