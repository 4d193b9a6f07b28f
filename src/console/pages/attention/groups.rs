//! One group of what waits for a person.

use maud::{Markup, html};

use crate::console::PATH;
use crate::console::choice::{captured_fields, group_fields};
use crate::console::layout::{moment, token_field};
use crate::console::mask::masked;
use crate::console::pages::replays::submissions;
use crate::console::request::encoded;
use crate::console::visit::Visit;
use crate::domain::{Role, Source};
use crate::journal::state_texts;
use crate::store::{CapturedGroup, ParkedSubject};

/// Shows parked submissions with the same trouble.
pub(super) fn parked(visit: &Visit<'_>, group: &ParkedSubject) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    let (what, advice) = state_texts::parked_by(group.reason, group.note.as_ref(), visit.lang);
    let profile = group.profile.as_deref().unwrap_or_default();
    let list = format!(
        "{PATH}/history?state=parked&reason={}&profile={}",
        group.reason.as_str(),
        encoded(profile)
    );
    html! {
        article.card {
            h3 {
                (group.reason.to_text(visit.lang))
                @if let Some(field) = &group.subject.field { " · " code { (field) } }
                @if let Some(value) = &group.subject.value { " «" (masked(visit, value.as_str())) "»" }
            }
            (facts(visit, group.count, (group.since, group.latest)))
            p { (what) @if !profile.is_empty() {
                " · " (t("profile", "профиль")) " " a href={ (PATH) "/profiles/" (encoded(profile)) } { (profile) }
            } }
            @if let Some(note) = group.note.as_ref().filter(|_| visit.sees_people()) {
                p.hint { (t("For example: ", "Например: ")) (note.to_text(visit.lang)) }
            }
            p { strong { (t("What to do: ", "Что делать: ")) } (advice) }
            div.actions {
                @if !profile.is_empty() {
                    a.button.second href={ (PATH) "/profiles/" (encoded(profile)) "?packet=" (group.example) } {
                        (t("Open one in the editor", "Открыть один в редакторе"))
                    }
                }
                a.button.second href=(list) { (t("Show in the history", "Показать в истории")) }
                (buttons(visit, group.count, &group_fields(group)))
            }
        }
    }
}

/// Shows captured submissions of one address.
pub(super) fn captured(visit: &Visit<'_>, group: &CapturedGroup) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    let source = Source::new(group.source.clone(), group.address.clone(), "");
    let label = visit.parts().sources.address_label(&source, visit.lang);
    let address = encoded(&format!("{}/{}", group.source, group.address));
    html! {
        article.card {
            h3 { (label) " " code { (group.source) "/" (group.address) } }
            (facts(visit, group.count, (group.since, group.latest)))
            p {
                @if group.unreadable == group.count {
                    (t("They cannot be read. Look at one, and correct the sender.",
                       "Их не удаётся прочитать. Посмотрите одно и исправьте отправителя."))
                } @else {
                    (t("No profile takes them. They are delivered as soon as one does.",
                       "Ни один профиль их не берёт. Как только такой появится, они будут доставлены."))
                    @if group.unreadable > 0 {
                        " " (t("Not readable: ", "Не читаются: ")) (group.unreadable)
                    }
                }
            }
            div.actions {
                @if group.unreadable < group.count {
                    a.button href={ (PATH) "/profiles/new?source=" (address) } { (t("Draft a profile", "Создать профиль")) }
                }
                a.button.second href={ (PATH) "/history/" (group.example) } { (t("Look at the last one", "Посмотреть последнее")) }
                a.button.second href={ (PATH) "/history?state=captured&source=" (address) } {
                    (t("Show in the history", "Показать в истории"))
                }
                @if visit.user.role >= Role::Operator {
                    (dismissing(visit, group.count, &captured_fields(group)))
                }
            }
        }
    }
}

fn facts(
    visit: &Visit<'_>,
    count: u64,
    (since, latest): (jiff::Timestamp, jiff::Timestamp),
) -> Markup {
    html! {
        p {
            strong { (submissions(visit, count)) }
            ": " (visit.t("first", "первое")) " " (moment(visit, since))
            @if count > 1 { ", " (visit.t("last", "последнее")) " " (moment(visit, latest)) }
        }
    }
}

/// What an operator may do with a group of parked ones.
fn buttons(visit: &Visit<'_>, count: u64, fields: &Markup) -> Markup {
    html! {
        @if visit.user.role >= Role::Operator {
            form method="post" action={ (PATH) "/replays" } {
                (token_field(visit))
                (fields)
                button { (visit.t("Replay…", "Повторить…")) " (" (count) ")" }
            }
            (dismissing(visit, count, fields))
        }
    }
}

fn dismissing(visit: &Visit<'_>, count: u64, fields: &Markup) -> Markup {
    html! {
        form method="post" action={ (PATH) "/attention/dismissing" } {
            (token_field(visit))
            (fields)
            input type="hidden" name="count" value=(count);
            button.second { (visit.t("Ignore…", "Пропустить…")) " (" (count) ")" }
        }
    }
}
