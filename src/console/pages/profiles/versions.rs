//! The versions of a file: who saved each, their texts, and how any two differ.

use maud::{Markup, html};
use serde_json::json;
use similar::{ChangeTag, TextDiff};

use super::{author, saving};
use crate::console::PATH;
use crate::console::layout::{moment, token_field};
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::domain::{ProfileVersion, Role, bilingual};

/// Versions on a page.
const PAGE: usize = 50;
/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// Answers what is below `/profiles/FILE/versions`.
pub(super) async fn answer(
    visit: &Visit<'_>,
    file: &str,
    rest: &[&str],
) -> Result<Answer, Trouble> {
    match (rest, visit.is_post()) {
        ([], false) => list(visit, file).await,
        (["compare"], false) => compare(visit, file).await,
        (["hash", hash], false) => {
            let (version, _) = visit.parts().editor.version_of(file, hash).await?;
            let (file, number) = (&version.file, version.number);
            Ok(Answer::Go(format!("/profiles/{file}/versions/{number}")))
        }
        ([number], false) => one(visit, file, parsed(number)?).await,
        ([number, "download"], false) => {
            let (_, text) = visit.parts().editor.version(file, parsed(number)?).await?;
            Ok(saving::as_file(file, text))
        }
        ([number, "restore"], true) => restore(visit, file, parsed(number)?).await,
        ([_, "restore"] | [_] | [], _) => Err(Trouble::Method),
        _ => Err(Trouble::NotFound),
    }
}

fn parsed(number: &str) -> Result<u32, Trouble> {
    number.parse().map_err(|_| Trouble::NotFound)
}

async fn list(visit: &Visit<'_>, file: &str) -> Result<Answer, Trouble> {
    let before = visit.param("before").and_then(|before| before.parse().ok());
    let editor = &visit.parts().editor;
    let mut versions = editor.versions(file, before, PAGE + 1).await?;
    let is_more = versions.len() > PAGE;
    versions.truncate(PAGE);
    if versions.is_empty() && before.is_none() {
        return Err(Trouble::NotFound);
    }
    let last = versions.last().map(|version| version.number);
    let latest = versions.first().map(|version| version.number);
    let body = html! {
        (back(visit, file))
        form.compare method="get" action={ (PATH) "/profiles/" (file) "/versions/compare" } {
            div.table { table {
                thead { tr {
                    th { (visit.t("Version", "Версия")) }
                    th { (visit.t("When", "Когда")) }
                    th { (visit.t("Who", "Кто")) }
                    th { (visit.t("Note", "Примечание")) }
                    th { (visit.t("State", "Состояние")) }
                    th { (visit.t("Compare", "Сравнить")) }
                } }
                tbody { @for version in &versions { (row(visit, version, latest)) } }
            } }
            div.actions { button.second { (visit.t("Compare the two chosen", "Сравнить две выбранные")) } }
        }
        @if let Some(last) = last.filter(|_| is_more) {
            p { a href={ "?before=" (last) } { (visit.t("Earlier", "Раньше")) } }
        }
    };
    Ok(page(
        format!("{file}: {}", visit.t("versions", "версии")),
        body,
    ))
}

fn page(title: String, body: Markup) -> Answer {
    Answer::Page(Page {
        title,
        section: Section::Profiles,
        body,
    })
}

fn back(visit: &Visit<'_>, file: &str) -> Markup {
    html! {
        p {
            a href={ (PATH) "/profiles/" (file) } { (visit.t("To the editor", "К редактору")) } " · "
            a href={ (PATH) "/profiles" } { (visit.t("All profiles", "Все профили")) }
        }
    }
}

fn row(visit: &Visit<'_>, version: &ProfileVersion, latest: Option<u32>) -> Markup {
    let number = version.number;
    let is_latest = latest == Some(number);
    let is_before = latest == Some(number + 1);
    html! {
        tr {
            th scope="row" { a href={ (PATH) "/profiles/" (version.file) "/versions/" (number) } { "v" (number) } }
            td { (moment(visit, version.at)) }
            td { (who(visit, version)) }
            td { (version.note) }
            td { (state(visit, version)) }
            td {
                input type="radio" name="from" value=(number) checked[is_before] aria-label={ (visit.t("old: v", "старая: v")) (number) };
                " "
                input type="radio" name="to" value=(number) checked[is_latest] aria-label={ (visit.t("new: v", "новая: v")) (number) };
            }
        }
    }
}

fn who(visit: &Visit<'_>, version: &ProfileVersion) -> Markup {
    html! {
        @match version.who.as_deref().map(|who| visit.name(who)) {
            Some(who) => (who),
            None => span.hint { (visit.t("on disk", "на диске")) },
        }
    }
}

fn state(visit: &Visit<'_>, version: &ProfileVersion) -> Markup {
    html! {
        @if version.is_good { span.good { (visit.t("good", "исправна")) } }
        @else { span.bad { (visit.t("broken", "с ошибкой")) } }
    }
}

async fn one(visit: &Visit<'_>, file: &str, number: u32) -> Result<Answer, Trouble> {
    let editor = &visit.parts().editor;
    let (version, text) = editor.version(file, number).await?;
    let latest = editor.versions(file, None, 1).await?;
    let is_latest = latest.first().is_some_and(|latest| latest.number == number);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let restored: Option<u32> = visit.param("restored").and_then(|it| it.parse().ok());
    let body = html! {
        (back(visit, file))
        @if let Some(restored) = restored {
            p.good role="status" { (bilingual!(
                "Version v{restored} is back as the new version v{number}.",
                "Версия v{restored} возвращена как новая версия v{number}."
            ).pick(visit.lang)) }
        }
        p {
            (moment(visit, version.at)) " · " (who(visit, &version)) " · " (state(visit, &version))
            @if !version.note.is_empty() { " · " (version.note) }
        }
        div.actions {
            a href={ (PATH) "/profiles/" (file) "/versions" } { (visit.t("All versions", "Все версии")) }
            @if number > 1 {
                a href={ (PATH) "/profiles/" (file) "/versions/compare?from=" (number - 1) "&to=" (number) } {
                    (visit.t("What it changed", "Что она изменила"))
                }
            }
            @if !is_latest {
                @if let Some(latest) = latest.first() {
                    a href={ (PATH) "/profiles/" (file) "/versions/compare?from=" (number) "&to=" (latest.number) } {
                        (visit.t("Compare with the latest", "Сравнить с последней"))
                    }
                }
            }
            a href={ (PATH) "/profiles/" (file) "/versions/" (number) "/download" } { (visit.t("Download", "Скачать")) }
            a href={ (PATH) "/history?profile=" (stem) } { (visit.t("What the profile handled", "Что обработал профиль")) }
            @if !is_latest && visit.user.role >= Role::Author {
                form method="post" action={ (PATH) "/profiles/" (file) "/versions/" (number) "/restore" } {
                    (token_field(visit))
                    button { (visit.t("Restore as a new version", "Вернуть как новую версию")) }
                }
            }
        }
        (numbered(&text))
    };
    Ok(page(format!("{file} v{number}"), body))
}

/// Shows a text with its line numbers.
fn numbered(text: &str) -> Markup {
    html! {
        div.table { table.lines { tbody {
            @for (index, line) in text.lines().enumerate() {
                tr { td.number { (index + 1) } td { pre { (line) } } }
            }
        } } }
    }
}

async fn restore(visit: &Visit<'_>, file: &str, number: u32) -> Result<Answer, Trouble> {
    visit.need(Role::Author)?;
    let editor = &visit.parts().editor;
    let saved = editor.restore(file, number, &author(visit)).await?;
    let details = json!({"version": saved.number, "restored": number, "edition": saved.edition});
    visit.note("profile-restored", file, details).await?;
    let made = saved.number;
    Ok(Answer::Go(format!(
        "/profiles/{file}/versions/{made}?restored={number}"
    )))
}

async fn compare(visit: &Visit<'_>, file: &str) -> Result<Answer, Trouble> {
    let of = |name: &str| visit.param(name).and_then(|number| number.parse().ok());
    let (Some(from), Some(to)) = (of("from"), of("to")) else {
        return Ok(Answer::Go(format!("/profiles/{file}/versions")));
    };
    let editor = &visit.parts().editor;
    let (_, old) = editor.version(file, from).await?;
    let (version, new) = editor.version(file, to).await?;
    let body = html! {
        (back(visit, file))
        p {
            a href={ (PATH) "/profiles/" (file) "/versions/" (from) } { "v" (from) } " → "
            a href={ (PATH) "/profiles/" (file) "/versions/" (to) } { "v" (to) } ": "
            (moment(visit, version.at)) " · " (who(visit, &version))
            @if !version.note.is_empty() { " · " (version.note) }
        }
        @if old == new {
            p.empty { (visit.t("Both have the same text.", "Тексты одинаковы.")) }
        } @else {
            (difference(visit, &old, &new))
        }
    };
    Ok(page(format!("{file}: v{from} → v{to}"), body))
}

/// Shows the lines that differ.
fn difference(visit: &Visit<'_>, old: &str, new: &str) -> Markup {
    let diff = TextDiff::from_lines(old, new);
    let groups = diff.grouped_ops(CONTEXT);
    html! {
        div.table { table.lines {
            @for group in &groups {
                tbody {
                    @for change in group.iter().flat_map(|part| diff.iter_changes(part)) {
                        @let (class, sign, word) = match change.tag() {
                            ChangeTag::Delete => ("gone", "−", visit.t("removed", "убрано")),
                            ChangeTag::Insert => ("new", "+", visit.t("added", "добавлено")),
                            ChangeTag::Equal => ("same", " ", ""),
                        };
                        tr class=(class) {
                            td.number { @if let Some(at) = change.old_index() { (at + 1) } }
                            td.number { @if let Some(at) = change.new_index() { (at + 1) } }
                            td aria-label=(word) { (sign) }
                            td { pre { (change.value().trim_end_matches(['\n', '\r'])) } }
                        }
                    }
                }
            }
        } }
    }
}
