//! The page of the editor. Its script fills it: the text in the middle, the packet on the left, the
//! preview on the right.

use actix_web::web;
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::packets::{self, LISTED};
use super::preview;
use super::sheet::{Sheet, stopped};
use crate::console::layout::moment;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::console::{PATH, assets};
use crate::crm::{Choice, Dictionaries};
use crate::domain::{Lang, Role};
use crate::intake;
use crate::profiles::FileKind;

/// What the script says, by the name that it uses: English and Russian.
const WORDS: &[(&str, &str, &str)] = &[
    ("unsaved", "Not saved", "Не сохранено"),
    ("saved", "Saved", "Сохранено"),
    ("works", "the gateway works by", "шлюз работает по"),
    (
        "waited",
        "Submissions that waited for this profile: {count}. The gateway delivers them now.",
        "Ждали этого профиля: {count}. Шлюз отправляет их.",
    ),
    ("history", "Show in the history", "Показать в истории"),
    ("line", "line", "строка"),
    ("error", "Mistake", "Ошибка"),
    ("warning", "Check", "Проверьте"),
    ("clean", "As in the file", "Как в файле"),
    (
        "draft",
        "A draft of {time} was kept in this browser.",
        "В этом браузере остался черновик от {time}.",
    ),
    ("take", "Take it", "Взять его"),
    ("drop", "Discard it", "Отбросить"),
    (
        "git",
        "The folder is a git work tree: saving makes it dirty.",
        "Папка под git: после сохранения в ней будут незакоммиченные изменения.",
    ),
    (
        "narrow",
        "On a narrow screen the profile can only be read.",
        "На узком экране профиль можно только читать.",
    ),
    (
        "lost",
        "Not connected. What you typed is kept in this browser.",
        "Нет связи. Введённое сохранено в этом браузере.",
    ),
    (
        "ended",
        "Your session has ended. What you typed is kept in this browser: sign in and come back.",
        "Сеанс завершён. Введённое сохранено в этом браузере: войдите снова и вернитесь сюда.",
    ),
    (
        "changed",
        "The file was changed meanwhile: {who}. Saving merges the changes.",
        "Файл тем временем изменён: {who}. При сохранении изменения объединятся.",
    ),
    ("disk", "on disk", "на диске"),
    ("replace", "Replace by", "Заменить на"),
    ("editor", "Text of the profile", "Текст профиля"),
    ("ours", "yours", "ваше"),
    ("theirs", "theirs", "их"),
    (
        "conflict",
        "Both of you changed the same entries. Choose for each: below you see what your save changes in their text. The other version stays in the versions.",
        "Вы изменили одно и то же. Выберите для каждой записи: ниже видно, что сохранение изменит в их тексте. Другая версия останется в версиях.",
    ),
    (
        "merged",
        "Both texts are put together: this is what your save changes in their text.",
        "Правки объединены: вот что ваше сохранение изменит в их тексте.",
    ),
    (
        "unmerged",
        "The texts cannot be merged: these lines would change in their text. Save only if you mean it.",
        "Объединить тексты нельзя: вот какие строки изменятся в их тексте. Сохраняйте, только если так и нужно.",
    ),
    (
        "mistakes",
        "The text has mistakes: correct them first.",
        "В тексте есть ошибки: сначала исправьте их.",
    ),
    ("nothing", "Nothing has changed.", "Изменений нет."),
    ("removed", "removed", "удалено"),
];

/// The words of the text editor in Russian.
const PHRASES: &[(&str, &str)] = &[
    ("Find", "Найти"),
    ("Replace", "Заменить"),
    ("next", "дальше"),
    ("previous", "назад"),
    ("all", "все"),
    ("match case", "с учётом регистра"),
    ("regexp", "рег. выражение"),
    ("by word", "по словам"),
    ("replace", "заменить"),
    ("replace all", "заменить все"),
    ("close", "закрыть"),
    ("Go to line", "К строке"),
    ("go", "перейти"),
    ("No diagnostics", "Ошибок нет"),
    ("Diagnostics", "Ошибки"),
];

/// Returns the words for the script, as JSON.
fn words(visit: &Visit<'_>) -> String {
    let words = WORDS.iter();
    let words = words.map(|(name, en, ru)| ((*name).to_owned(), json!(visit.t(en, ru))));
    let mut words: Map<String, Value> = words.collect();
    let phrases = PHRASES.iter().filter(|_| visit.lang == Lang::Ru);
    let phrases = phrases.map(|(en, ru)| ((*en).to_owned(), json!(ru)));
    words.insert("phrases".to_owned(), Value::Object(phrases.collect()));
    Value::Object(words).to_string()
}

/// Returns whether a file is a profile or what profiles build on.
pub(super) fn has_form(file: &str) -> bool {
    !matches!(
        FileKind::of_name(file),
        FileKind::Channels | FileKind::People
    )
}

/// Shows the page; a new file begins with a text that is not saved.
pub(super) fn show(visit: &Visit<'_>, file: &str, unsaved: Option<&str>) -> Answer {
    let base = format!("{PATH}/profiles/{file}");
    let may_edit = visit.user.role >= Role::Author;
    // other files than profiles and what they build on have no form
    let has_form = has_form(file);
    let mode = match visit.param("mode") {
        Some("yaml") => "yaml",
        _ if has_form => "form",
        _ => "yaml",
    };
    let body = html! {
        noscript { p.problem { (visit.t("The editor needs JavaScript; the file can be edited on disk, too.",
            "Редактору нужен JavaScript; файл можно изменить и на диске.")) } }
        div.editor id="editor" data-base=(base) data-file=(file) data-words=(words(visit)) data-mode=(mode)
            data-packet=(visit.param("packet").unwrap_or_default()) data-edit[may_edit] data-unsaved=[unsaved] {
            (toolbar(visit, &base))
            div id="editor-notices" {}
            div.editor-columns {
                section.packet aria-label=(visit.t("Packet", "Пакет")) {
                    h2 { (visit.t("Packet", "Пакет")) }
                    div id="packets" {}
                    div id="tree-place" {}
                }
                section.profile aria-label=(visit.t("Profile", "Профиль")) {
                    div id="locked" {}
                    div id="portal" {}
                    div id="form" {}
                    div id="yaml" hidden {}
                    div id="staff" hidden {}
                }
                section.preview aria-label=(visit.t("Preview", "Предпросмотр")) {
                    h2 { (visit.t("Preview", "Предпросмотр")) }
                    @if visit.sees_people() { (on_demand(visit)) }
                    div id="problems" {}
                    div id="preview" aria-live="polite" {}
                }
            }
        }
        (dialogs(visit))
        p.soft { a href=(assets::address("editor.licences.txt")) { (visit.t("Licences of the text editor", "Лицензии текстового редактора")) } }
        script src=(assets::address("editor.js")) defer {}
        script src=(assets::address("saving.js")) defer {}
        script src=(assets::address("profile.js")) defer {}
    };
    Answer::Page(Page {
        title: file.to_owned(),
        section: Section::Profiles,
        body,
    })
}

fn toolbar(visit: &Visit<'_>, base: &str) -> Markup {
    let may_edit = visit.user.role >= Role::Author;
    html! {
        div.toolbar {
            div role="group" aria-label=(visit.t("Mode", "Режим")) {
                button type="button" id="mode-form" aria-pressed="true" { (visit.t("Form", "Форма")) }
                button type="button" id="mode-yaml" aria-pressed="false" { "YAML" }
            }
            span id="editor-state" role="status" {}
            span.spring {}
            @if may_edit {
                button.quiet type="button" id="undo" title="Ctrl+Z" { (visit.t("Undo", "Отменить")) }
                button.quiet type="button" id="redo" title="Ctrl+Y" { (visit.t("Redo", "Вернуть")) }
                button type="button" id="save" title="Ctrl+S" disabled { (visit.t("Save and apply", "Сохранить и применить")) }
            }
            button.quiet type="button" id="download" { (visit.t("Download", "Скачать")) }
            a href={ (base) "/versions" } { (visit.t("Versions", "Версии")) }
        }
    }
}

fn on_demand(visit: &Visit<'_>) -> Markup {
    html! {
        div.actions {
            button.quiet type="button" id="compare" { (visit.t("Compare with the CRM", "Сверить с CRM")) }
            label.tick { input type="checkbox" id="compare-rested" checked; " "
                (visit.t("also automatically, 2 s after a change", "и автоматически, через 2 с после изменения")) }
            button.quiet type="button" id="recent-button" { (visit.t("Try the last 50 packets", "Проверить на последних 50")) }
        }
        div id="crm-changes" aria-live="polite" {}
        div id="recent" aria-live="polite" {}
    }
}

fn dialogs(visit: &Visit<'_>) -> Markup {
    html! {
        dialog id="ask" aria-label=(visit.t("Which row of the list?", "Какая строка списка?")) {
            div id="ask-body" {}
            form method="dialog" { button.quiet { (visit.t("Cancel", "Отмена")) } }
        }
        dialog id="paste" aria-labelledby="paste-title" {
            form method="dialog" {
                h2 id="paste-title" { (visit.t("A packet to try", "Пакет для примера")) }
                p { (visit.t("Paste the body of a request: JSON or a form. It stays in this page and does not get into the history.",
                    "Вставьте тело запроса: JSON или форму. Оно останется на этой странице и не попадёт в историю.")) }
                label { (visit.t("Packet", "Пакет")) textarea id="paste-text" rows="12" spellcheck="false" {} }
                div.actions {
                    button value="use" { (visit.t("Use it", "Использовать")) }
                    button.quiet value="cancel" { (visit.t("Cancel", "Отмена")) }
                }
            }
        }
        dialog id="saving" aria-labelledby="saving-title" {
            form method="dialog" {
                h2 id="saving-title" { (visit.t("Save and apply", "Сохранить и применить")) }
                div id="saving-notices" {}
                div id="saving-problems" {}
                pre.diff id="saving-diff" tabindex="0" {}
                div id="saving-recent" aria-live="polite" {}
                div id="saving-conflicts" {}
                label { (visit.t("Note for the versions", "Заметка к версии"))
                    input type="text" id="saving-note" maxlength="200" autocomplete="off"; }
                div.actions {
                    button type="button" id="saving-save" { (visit.t("Save and apply", "Сохранить и применить")) }
                    button.quiet value="cancel" { (visit.t("Go on editing", "Продолжить правку")) }
                }
            }
        }
    }
}

/// What stands in place of the form of another file.
pub(super) fn no_form(visit: &Visit<'_>) -> Markup {
    html! { p.block { (visit.t("This file is edited as YAML.", "Этот файл правится в YAML.")) } }
}

/// What people without the right to see packets see instead.
pub(super) fn hidden_packets(visit: &Visit<'_>) -> Markup {
    html! { p.soft { (visit.t("Packets contain people's data, which your role does not see.",
    "В пакетах есть данные людей; ваша роль их не видит.")) } }
}

/// Shows the menu of packets.
pub(super) async fn packets(visit: &Visit<'_>, sheet: &Sheet) -> Result<Markup, Trouble> {
    if !visit.sees_people() {
        return Ok(html! {});
    }
    let journal = visit.parts().journal.clone();
    let (profile, file) = (packets::profile_of(visit, sheet), sheet.file.clone());
    let entries = web::block(move || packets::latest(&journal, profile.as_deref(), &file, LISTED));
    let entries = entries.await.map_err(|_| stopped())?;
    Ok(html! {
        @if !entries.is_empty() {
            label { (visit.t("One of the last", "Один из последних"))
                select id="packet-menu" {
                    option value="" { "–" }
                    @for entry in &entries {
                        @let rest = format!(" · {} · {}", intake::sources().label(&entry.source, visit.lang), entry.state.to_text(visit.lang));
                        option value=(entry.id) data-at=(entry.received_at) data-rest=(rest) {
                            (entry.received_at.to_zoned(visit.zone().clone()).strftime("%d.%m %H:%M").to_string())
                            (rest)
                        }
                    }
                }
            }
        }
        button.quiet type="button" id="paste-button" { (visit.t("Paste a packet", "Вставить пакет")) }
        p id="packet-sample" hidden { strong.sample { (visit.t("Sample, not real", "Пример, не настоящее")) } }
    })
}

/// The menu of employees.
pub(super) fn staff(staff: &[Choice]) -> Markup {
    html! {
        datalist id="menu-staff" {
            @for one in staff { option value=(one.id) { (one.label) } }
        }
    }
}

/// Says how old the portal's dictionaries are.
pub(super) fn portal(visit: &Visit<'_>, sheet: &Sheet, portal: Option<&Dictionaries>) -> Markup {
    let name = sheet.effective(&super::nodes::Place::of(&["crm"]));
    let Some((name, _)) = preview::connection(visit, name) else {
        return html! {};
    };
    html! {
        p.soft {
            @if let Some(portal) = portal {
                (visit.t("Menus from", "Меню из")) " " (name) ", " (moment(visit, portal.read_at)) " "
            } @else {
                (visit.t("The portal was not read yet: fields and stages are typed by their codes. ",
                    "Портал ещё не прочитан: поля и стадии вписываются кодами. "))
            }
            button.link type="button" id="dictionary" { (visit.t("Read again", "Обновить")) }
        }
    }
}
