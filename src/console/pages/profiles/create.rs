//! New profiles: drafted from what waits for one or from a pasted packet, or copied. The editor opens
//! them unsaved.

use maud::{Markup, html};

use super::{author, editor};
use crate::authoring::SOURCES;
use crate::console::PATH;
use crate::console::layout::token_field;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::domain::{Role, bilingual};
use crate::editing::{DraftSource, EditProblem};
use crate::journal::Journal;

/// Answers `/profiles/new`.
pub(super) async fn answer(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    visit.need(Role::Author)?;
    if visit.is_post() {
        return draft(visit).await;
    }
    form(visit, None).await
}

/// Drafts a profile and opens it.
async fn draft(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let written = match visit.text("source") {
        "" => format!("{}/{}", visit.text("kind"), visit.text("address").trim()),
        source => source.to_owned(),
    };
    let Some(source) = DraftSource::parse(&written) else {
        return form(
            visit,
            Some(visit.t(
                "Choose a source, or name its kind and address: a poll's number or a channel's name.",
                "Выберите источник или укажите его вид и адрес: номер опроса или имя канала.",
            )),
        )
        .await;
    };
    let parts = visit.parts();
    let journal = journal(visit);
    let context = (&journal, &parts.sources, visit.lang);
    let drafted = parts.editor.draft(&source, visit.field("packet"), context);
    match drafted.await {
        Ok(drafted) => Ok(editor::begin(visit, &drafted.file, &drafted.text)),
        Err(problem @ EditProblem::NoPackets(_)) => {
            let text = problem.text();
            form(visit, Some(text.in_lang(visit.lang))).await
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Opens a copy of a file under another name.
pub(super) async fn copy(visit: &Visit<'_>, file: &str) -> Result<Answer, Trouble> {
    visit.need(Role::Author)?;
    let parts = visit.parts();
    let author = author(visit);
    let open = parts.editor.open(file, &author).await?;
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    for number in 2..100 {
        let name = format!("{stem}-{number}.yaml");
        let begun = parts.editor.begin(&name, String::new(), &author);
        match begun.await {
            Ok(_) => return Ok(editor::begin(visit, &name, &open.text)),
            Err(EditProblem::Exists) => {}
            Err(problem) => return Err(problem.into()),
        }
    }
    Err(Trouble::Conflict(bilingual!(
        "{file} has too many copies: save them under other names",
        "у {file} слишком много копий: сохраните их под другими именами"
    )))
}

fn journal(visit: &Visit<'_>) -> Journal {
    visit.parts().journal.clone()
}

/// Shows the form; what was typed stays in it.
async fn form(visit: &Visit<'_>, problem: Option<&str>) -> Result<Answer, Trouble> {
    let parts = visit.parts();
    let waiting = parts.editor.draft_sources(&journal(visit)).await?;
    let wanted = visit.param("source").unwrap_or(visit.text("source"));
    let body = html! {
        @if let Some(problem) = problem { p.problem role="alert" { (problem) } }
        section.card {
            h2 { (visit.t("From what waits for a profile", "По тому, что ждёт профиля")) }
            @if waiting.is_empty() {
                p.hint { (visit.t("Nothing waits. Send a request to the gateway, or paste a packet below.",
                    "Ничего не ждёт. Пришлите запрос шлюзу или вставьте пакет ниже.")) }
            } @else {
                form method="post" action={ (PATH) "/profiles/new" } {
                    (token_field(visit))
                    label {
                        (visit.t("Source", "Источник"))
                        select name="source" {
                            @for (source, count) in &waiting {
                                @let value = format!("{}/{}", source.source, source.address);
                                option value=(value) selected[value == wanted] {
                                    (source.label(&parts.sources, visit.lang)) " (" (count) ")"
                                }
                            }
                        }
                    }
                    button { (visit.t("Draft a profile", "Составить профиль")) }
                }
            }
        }
        section.card {
            h2 { (visit.t("From a packet", "По пакету")) }
            form method="post" action={ (PATH) "/profiles/new" } {
                (token_field(visit))
                (source_fields(visit))
                label {
                    (visit.t("Packet: JSON or a form, as it comes", "Пакет: JSON или форма, как он приходит"))
                    textarea name="packet" rows="10" spellcheck="false" required { (visit.text("packet")) }
                }
                p.hint { (visit.t("Only the kinds of its values get into the profile, no value itself.",
                    "В профиль попадают только виды значений, сами значения — нет.")) }
                button { (visit.t("Draft a profile", "Составить профиль")) }
            }
        }
    };
    Ok(Answer::Page(Page {
        title: visit.t("New profile", "Новый профиль").to_owned(),
        section: Section::Profiles,
        body,
    }))
}

fn source_fields(visit: &Visit<'_>) -> Markup {
    let kinds = SOURCES.iter();
    let kinds = kinds.map(|words| (words.source, words.names[0].pick(visit.lang)));
    html! {
        div.filters {
            label {
                (visit.t("It comes from", "Откуда приходит"))
                select name="kind" {
                    @for (value, name) in kinds {
                        option value=(value) selected[visit.text("kind") == value] { (name) }
                    }
                }
            }
            label {
                (visit.t("Number or name", "Номер или имя"))
                input name="address" value=(visit.text("address")) required pattern="[\\w.\\-]+" placeholder="123";
            }
        }
    }
}
