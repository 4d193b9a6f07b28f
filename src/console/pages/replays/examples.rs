//! Some submissions of a group of a dry run, with what changes: before → after.

use maud::{Markup, html};

use crate::console::PATH;
use crate::console::layout::{moment, token_field};
use crate::console::mask::masked;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::domain::{Role, bilingual};
use crate::journal::History;
use crate::replay::bulk::BulkItems;
use crate::replay::{DryRun, PlanChange};

/// Submissions on the page.
const SHOWN: usize = 10;

/// Shows the page.
pub(super) async fn page(visit: &Visit<'_>, id: i64) -> Result<Answer, Trouble> {
    let replays = &visit.parts().replays;
    let at: usize = visit
        .param("group")
        .and_then(|group| group.parse().ok())
        .ok_or(Trouble::NotFound)?;
    let fates = replays.view(id).await?.fates();
    let (fate, count) = fates.get(at).ok_or(Trouble::NotFound)?;
    let which = BulkItems::Fate(fate.to_stored());
    let found = replays.examples(id, which, SHOWN).await?;
    let t = |en, ru| visit.t(en, ru);
    let body = html! {
        p { a href={ (PATH) "/replays/" (id) } { "← " (t("To the replay", "К повтору")) } }
        p {
            (fate.title(visit.lang)) ": " (count) ". " (fate.details(visit.lang))
            @if *count > found.len() as u64 { " " (t("The first of them:", "Первые из них:")) }
        }
        @for (history, dry_run) in &found { (example(visit, id, (history, dry_run))) }
    };
    Ok(Answer::Page(Page {
        title: bilingual!("Replay {id}: examples", "Повтор {id}: примеры").pick(visit.lang),
        section: Section::Attention,
        body,
    }))
}

fn example(visit: &Visit<'_>, id: i64, (history, dry_run): (&History, &DryRun)) -> Markup {
    let entry = &history.entry;
    let t = |en, ru| visit.t(en, ru);
    let place = format!("compared-{}", entry.id);
    let address = format!("{PATH}/replays/{id}/compare");
    html! {
        article.card {
            h2 {
                a href={ (PATH) "/history/" (entry.id) } { (entry.id.short()) } " · "
                (visit.parts().sources.label(&entry.source, visit.lang))
            }
            p { (moment(visit, entry.received_at)) " · " span.state class={ "state-" (entry.state.as_str()) } { (entry.state.in_short(visit.lang)) } }
            @if let Some(left) = &dry_run.left {
                p { (t("Left alone: ", "Не будет тронуто: ")) (left.to_text(visit.lang)) }
            }
            @match &dry_run.plan {
                Err(why) => p { (t("No plan: ", "Плана нет: ")) (why.to_text(visit.lang)) },
                Ok(_) => @if let Some(difference) = &dry_run.changes {
                    @if difference.changes.is_empty() {
                        p { (t("The plan is that of its history.", "План совпадает с планом в его истории.")) }
                    } @else { (changes(visit, &difference.changes)) }
                    @if !difference.kept.is_empty() {
                        p.hint {
                            (t("In the CRM already, written again only if it was deleted there: ",
                               "Уже есть в CRM, повторно запишем, только если там это удалили: "))
                            (difference.kept.join(", "))
                        }
                    }
                } @else {
                    p { (t("Its history has no plan to compare with.", "В его истории нет плана для сравнения.")) }
                },
            }
            @if visit.user.role >= Role::Operator && dry_run.plan.is_ok() {
                form method="post" action=(address) hx-post=(address) hx-target={ "#" (place) } {
                    (token_field(visit))
                    input type="hidden" name="id" value=(entry.id);
                    button.second { (t("Compare with the CRM", "Сверить с CRM")) }
                    span.wait { " …" }
                }
                div id=(place) role="status" {}
            }
        }
    }
}

fn changes(visit: &Visit<'_>, changes: &[PlanChange]) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    let shown = |value: &Option<String>| {
        let value = value.as_deref().map(|value| masked(visit, value));
        value.unwrap_or_else(|| "—".to_owned())
    };
    html! {
        div.table { table {
            thead { tr {
                th { (t("Field", "Поле")) }
                th { (t("Before", "Было")) }
                th { (t("After", "Станет")) }
            } }
            tbody { @for change in changes { tr {
                td { code { (change.about_text(visit.lang)) } }
                td { (shown(&change.before)) }
                td { (shown(&change.after)) }
            } } }
        } }
    }
}
