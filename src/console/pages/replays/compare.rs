//! What a replay of one submission would change in the CRM now: read from the portal, nothing is
//! written.

use std::sync::Arc;

use maud::{Markup, html};

use crate::console::lists;
use crate::console::mask::masked;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::crm::Connection;
use crate::delivery::Verdict;
use crate::delivery::crm::ChangePreview;
use crate::domain::{Bilingual, CrmStep, Role, SubmissionId, bilingual};
use crate::journal::History;
use crate::preview::{Packet, preview_changes};

/// Shows the changes.
pub(super) async fn page(visit: &Visit<'_>, replay: i64) -> Result<Answer, Trouble> {
    if !visit.is_post() {
        return Err(Trouble::Method);
    }
    visit.need(Role::Operator)?;
    let id: SubmissionId = visit.text("id").parse().map_err(|_| Trouble::NotFound)?;
    let replays = &visit.parts().replays;
    let (history, dry_run) = replays
        .planned(replay, id)
        .await?
        .ok_or(Trouble::NotFound)?;
    let body = match dry_run.plan.as_ref().ok().and_then(|plan| plan.crm()) {
        Some(step) => changes(visit, &compare(visit, &history, step).await?),
        None => {
            html! { p { (visit.t("Its plan does not touch the CRM.", "Его план не затрагивает CRM.")) } }
        }
    };
    if visit.wants_fragment() {
        return Ok(Answer::Fragment(body));
    }
    let short = id.short();
    Ok(Answer::Page(Page {
        title: bilingual!("{short}: changes in the CRM", "{short}: изменения в CRM")
            .pick(visit.lang),
        section: Section::Attention,
        body,
    }))
}

async fn compare(
    visit: &Visit<'_>,
    history: &History,
    step: &CrmStep,
) -> Result<ChangePreview, Trouble> {
    let parts = visit.parts();
    let source = &history.entry.source;
    let unreadable = |_| {
        Trouble::Bad(
            Bilingual::new("Its body cannot be read.", "Его содержимое не читается.").into(),
        )
    };
    let body = parts.sources.decode(source, &history.raw);
    let packet = Packet::of_history(history, body.map_err(unreadable)?);
    let packet = packet.with_files(step, &history.raw, &parts.settings.files);
    let client = connection(visit, step)?;
    Ok(preview_changes(client, &packet, step).await)
}

fn connection<'v>(visit: &'v Visit<'_>, step: &CrmStep) -> Result<&'v Arc<Connection>, Trouble> {
    let found = lists::connection(visit, step.connection.as_deref());
    let found = found.map(|(_, connection)| connection);
    found.ok_or_else(|| {
        Trouble::Bad(
            Bilingual::new(
                "The settings lack the connection that the profile names.",
                "В настройках нет подключения, которое называет профиль.",
            )
            .into(),
        )
    })
}

fn changes(visit: &Visit<'_>, preview: &ChangePreview) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    let shown = |value: &serde_json::Value| {
        let text = match value {
            serde_json::Value::Null => "—".to_owned(),
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        masked(visit, &text)
    };
    html! {
        @match &preview.verdict {
            Some(Verdict::Park { text, .. }) => p.problem { (t("It would be parked: ", "Было бы отложено: ")) (text.to_text(visit.lang)) },
            Some(Verdict::Retry { why, .. }) => p.problem { (t("The CRM does not answer now: ", "CRM сейчас не отвечает: ")) (why.to_text(visit.lang)) },
            Some(Verdict::Done) | None => {}
        }
        @if preview.changes.is_empty() && preview.verdict.is_none() {
            p { (t("Nothing would change in the CRM.", "В CRM ничего не изменится.")) }
        }
        @if !preview.changes.is_empty() {
            div.table { table {
                thead { tr {
                    th { (t("Where", "Где")) }
                    th { (t("Field", "Поле")) }
                    th { (t("Now", "Сейчас")) }
                    th { (t("After", "Станет")) }
                } }
                tbody { @for change in &preview.changes { tr {
                    td { (change.target.to_string()) }
                    td { code { (change.field) } }
                    td { (shown(change.old.as_ref().unwrap_or(&serde_json::Value::Null))) }
                    td { (shown(&change.new)) }
                } } }
            } }
        }
        @if preview.verdict.is_none() && !preview.explanation.is_empty() {
            ul { @for why in &preview.explanation { li { (why.to_text(visit.lang)) } } }
        }
    }
}
