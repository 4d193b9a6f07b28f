//! The list of the files: what each takes, whether it works, and who changed it.

use maud::{Markup, html};

use crate::authoring::SourceWords;
use crate::console::PATH;
use crate::console::layout::{moment, token_field};
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::domain::text::ellipsis;
use crate::domain::{Role, SourceKind};
use crate::editing::ListedFile;
use crate::mapping::Profile;
use crate::profiles::FileKind;

/// Addresses of a source that are named in a row.
const SHOWN: usize = 5;

/// Shows the list.
pub(super) async fn answer(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let files = visit.parts().editor.list().await?;
    let rows = html! {
        div id="profiles" hx-get={ (PATH) "/profiles" } hx-trigger="profiles from:body" hx-swap="outerHTML" {
            (table(visit, &files))
        }
    };
    if visit.wants_fragment() {
        return Ok(Answer::Fragment(rows));
    }
    let may_edit = visit.user.role >= Role::Author;
    let body = html! {
        @if may_edit {
            div.actions {
                a.button href={ (PATH) "/profiles/new" } { (visit.t("New profile", "Новый профиль")) }
            }
        }
        (rows)
    };
    Ok(Answer::Page(Page {
        title: visit.t("Profiles", "Профили").to_owned(),
        section: Section::Profiles,
        body,
    }))
}

fn table(visit: &Visit<'_>, files: &[ListedFile]) -> Markup {
    let has_profiles = files
        .iter()
        .any(|file| file.state.kind == FileKind::Profile);
    html! {
        @if !has_profiles { (empty(visit)) }
        @if !files.is_empty() {
            div.table { table {
                thead { tr {
                    th { (visit.t("File", "Файл")) }
                    th { (visit.t("State", "Состояние")) }
                    th { (visit.t("Takes", "Что принимает")) }
                    th.number { (visit.t("Came in 7 days", "Пришло за 7 дней")) }
                    th.number { (visit.t("Parked", "Отложено")) }
                    th { (visit.t("Saved", "Сохранён")) }
                    th { span.unseen { (visit.t("Actions", "Действия")) } }
                } }
                tbody { @for file in files { (row(visit, file)) } }
            } }
        }
    }
}

fn empty(visit: &Visit<'_>) -> Markup {
    let folder = visit.parts().settings.mappings.dir.display().to_string();
    html! {
        div.empty {
            p { (visit.t("There is no profile yet: submissions wait until one takes them.",
                "Профилей ещё нет: обращения ждут, пока их примет какой-нибудь профиль.")) }
            p { (visit.t("Send a request, then make a profile of it here. Or put a file into the folder",
                "Пришлите запрос и создайте по нему профиль здесь. Или положите файл в папку"))
                " " code { (folder) } }
        }
    }
}

fn row(visit: &Visit<'_>, file: &ListedFile) -> Markup {
    let name = &file.state.name;
    let stem = name.rsplit_once('.').map_or(&**name, |(stem, _)| stem);
    let profile = file.state.profile.as_deref();
    let counts = &file.counts;
    html! {
        tr {
            th scope="row" {
                a href={ (PATH) "/profiles/" (name) } { (name) }
                @if let Some(profile) = profile { div.hint { (profile.name()) } }
            }
            td { (state(visit, file)) }
            td { (takes(visit, file)) }
            td.number {
                @if file.state.kind == FileKind::Profile {
                    @if counts.came == 0 { "0" } @else {
                        a href={ (PATH) "/history?profile=" (stem) } { (counts.came) @if counts.is_more { "+" } }
                    }
                }
            }
            td.number {
                @if counts.parked > 0 {
                    a.bad href={ (PATH) "/history?state=parked&profile=" (stem) } { (counts.parked) }
                } @else if file.state.kind == FileKind::Profile { "0" }
            }
            td { (saved(visit, file)) }
            td { (actions(visit, file)) }
        }
    }
}

fn state(visit: &Visit<'_>, file: &ListedFile) -> Markup {
    let number = file
        .latest
        .as_ref()
        .map_or_else(String::new, |version| format!(" v{}", version.number));
    let working = file
        .working
        .as_ref()
        .map(|version| format!("v{}", version.number));
    let first = file.state.problems.iter();
    let first = first.max_by_key(|problem| problem.is_error());
    html! {
        @match file.state_word() {
            "good" => span.state.state-delivered { (visit.t("works", "работает")) (number) },
            "warnings" => span.state.state-waiting { (visit.t("works, with warnings", "работает, есть предупреждения")) (number) },
            "last_good" => span.state.state-parked {
                (visit.t("broken", "ошибка")) (number) ", "
                (visit.t("works by the last good one", "работает последняя исправная"))
                @if let Some(working) = &working { " " (working) }
            },
            _ => span.state.state-parked { (visit.t("broken, does not work", "ошибка, не работает")) (number) },
        }
        @if let Some(problem) = first {
            div.hint {
                @if problem.line > 0 { (visit.t("line", "строка")) " " (problem.line) ": " }
                (ellipsis(problem.message.in_lang(visit.lang), 160))
            }
        }
    }
}

/// Returns what a file is for.
fn takes(visit: &Visit<'_>, file: &ListedFile) -> Markup {
    let words = match file.state.kind {
        FileKind::Defaults => visit.t(
            "a part of every profile: a change touches all",
            "часть каждого профиля: изменение действует на все",
        ),
        FileKind::Channels => visit.t("settings of the channels", "настройки каналов"),
        FileKind::People => visit.t(
            "employees and users of PBXs",
            "сотрудники и пользователи АТС",
        ),
        FileKind::Base => visit.t(
            "a base: a part of the profiles that name it",
            "основа: часть профилей, которые её называют",
        ),
        FileKind::Profile => {
            let profile = file.state.profile.as_ref();
            return profile.map_or_else(Markup::default, |profile| taken(visit, profile));
        }
    };
    html! { span.hint { (words) } }
}

fn taken(visit: &Visit<'_>, profile: &Profile) -> Markup {
    let kinds: Vec<&'static str> = visit.parts().sources.iter().map(SourceKind::name).collect();
    html! {
        @for source in kinds {
            @let all: Vec<&str> = profile.addresses(source).collect();
            @let word = SourceWords::of(source).map_or(source, |words| words.names[1].pick(visit.lang));
            @if !all.is_empty() {
                div {
                    (word) ": " (all.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", "))
                    @if all.len() > SHOWN { " … (" (all.len()) ")" }
                }
            }
            @if profile.takes_others(source) {
                div { (word) ": " (visit.t("all that no other profile takes", "всё, что не взяли другие профили")) }
            }
        }
        @if let Some(when) = profile.when() { div.hint { (visit.t("when", "если")) " " code { (ellipsis(when, 80)) } } }
    }
}

fn saved(visit: &Visit<'_>, file: &ListedFile) -> Markup {
    let Some(version) = &file.latest else {
        return html! {};
    };
    html! {
        a href={ (PATH) "/profiles/" (file.state.name) "/versions" } { (moment(visit, version.at)) }
        div.hint {
            @match version.who.as_deref().map(|who| visit.name(who)) {
                Some(who) => (who),
                None => (visit.t("on disk", "на диске")),
            }
            @if !version.note.is_empty() { " · " (ellipsis(&version.note, 60)) }
        }
    }
}

fn actions(visit: &Visit<'_>, file: &ListedFile) -> Markup {
    let may_copy = visit.user.role >= Role::Author && file.state.kind == FileKind::Profile;
    let name = &file.state.name;
    html! {
        @if may_copy {
            form method="post" action={ (PATH) "/profiles/" (name) "/copy" } {
                (token_field(visit))
                button.second aria-label={ (visit.t("Copy", "Копировать")) " " (name) } { (visit.t("Copy", "Копировать")) }
            }
        }
    }
}
