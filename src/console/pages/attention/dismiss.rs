//! Dismissing: what waits for a person becomes ignored, with a note of that person.

use maud::{Markup, html};
use serde_json::json;

use crate::console::PATH;
use crate::console::choice::{chosen, same_fields};
use crate::console::layout::token_field;
use crate::console::mask::masked;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::domain::hidden::hide_values;
use crate::domain::{Bilingual, ParkReason, Role, Source, State, bilingual};

/// The longest note, in characters.
const LONGEST: usize = 500;
/// The longest name of a profile or a source in the audit log, in characters.
const LONGEST_NAME: usize = 100;

/// Asks for the note.
pub(super) fn ask(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    if !visit.is_post() {
        return Ok(Answer::Go("/attention".to_owned()));
    }
    visit.need(Role::Operator)?;
    chosen(visit)?;
    let t = |en, ru| visit.t(en, ru);
    let count = visit
        .field("count")
        .filter(|count| count.parse::<u64>().is_ok());
    let body = html! {
        (what(visit))
        p {
            (t("Nothing is deleted: they stay in the history as ignored, with your note, as long as other finished ones. A replay can still take them.",
               "Ничего не удаляется: они останутся в истории как пропущенные, с вашей пометкой, столько же, сколько другие завершённые. Повторить их можно и потом."))
        }
        form method="post" action={ (PATH) "/attention/dismiss" } {
            (token_field(visit))
            (same_fields(visit))
            label {
                (t("Why nothing is to be done", "Почему ничего делать не нужно"))
                input name="note" required maxlength=(LONGEST) autofocus;
            }
            div.actions {
                button.danger {
                    (t("Ignore", "Пропустить"))
                    @if let Some(count) = count { " " (count) }
                }
                a.button.second href={ (PATH) "/attention" } { (t("Back", "Назад")) }
            }
        }
    };
    let title = match count {
        Some(count) => bilingual!("Ignore {count}?", "Пропустить {count}?").pick(visit.lang),
        None => t("Ignore?", "Пропустить?").to_owned(),
    };
    Ok(Answer::Page(Page {
        title,
        section: Section::Attention,
        body,
    }))
}

/// Repeats which submissions the form means.
fn what(visit: &Visit<'_>) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    let reason = visit.field("reason").and_then(ParkReason::parse);
    let source = visit.field("source").map(|source| {
        let (name, address) = source.split_once('/').unwrap_or((source, ""));
        let source = Source::new(name.to_owned(), address.to_owned(), "");
        visit.parts().sources.address_label(&source, visit.lang)
    });
    let is_captured = visit.field("state") == Some(State::Captured.as_str());
    html! {
        dl.facts {
            @if let Some(reason) = reason {
                dt { (t("Reason", "Причина")) }
                dd { (reason.to_text(visit.lang))
                    @if let Some(field) = visit.field("field") { " · " code { (field) } }
                    @if let Some(value) = visit.field("value") { " «" (masked(visit, value)) "»" } }
            } @else if is_captured {
                dt { (t("Reason", "Причина")) }
                dd { (t("no profile takes them", "ни один профиль их не берёт")) }
            }
            @if let Some(profile) = visit.field("profile") {
                dt { (t("Profile", "Профиль")) } dd { (profile) }
            }
            @if let Some(source) = source { dt { (t("From", "Откуда")) } dd { (source) } }
        }
    }
}

/// Carries it out.
pub(super) async fn carry_out(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    if !visit.is_post() {
        return Err(Trouble::Method);
    }
    visit.need(Role::Operator)?;
    let note = visit.text("note").trim();
    if note.is_empty() || note.chars().count() > LONGEST {
        let text = Bilingual::new(
            "Write in up to 500 characters why nothing is to be done.",
            "Напишите, почему ничего делать не нужно: до 500 знаков.",
        );
        return Err(Trouble::Bad(text.into()));
    }
    let replays = &visit.parts().replays;
    let count = replays
        .dismiss(chosen(visit)?, &visit.user.name, note)
        .await?;
    if count == 0 {
        let text = Bilingual::new(
            "Nothing was ignored: what was chosen does not wait for a person any more.",
            "Ничего не пропущено: выбранное уже не ждёт человека.",
        );
        return Err(Trouble::Conflict(text.into()));
    }
    let about = visit.field("profile").or(visit.field("source"));
    let about: Option<String> = about.map(|about| about.chars().take(LONGEST_NAME).collect());
    let reason = visit.field("reason").and_then(ParkReason::parse);
    // the audit log keeps no phones and addresses
    let note = hide_values(note);
    let details = json!({"count": count, "reason": reason.map(ParkReason::as_str), "note": note});
    visit
        .note("dismissed", &about.unwrap_or_default(), details)
        .await?;
    Ok(Answer::Go("/attention".to_owned()))
}
