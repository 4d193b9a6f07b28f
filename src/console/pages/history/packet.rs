//! What came: the packet as a tree, the bytes as text, and the whole body as a download.

use actix_web::HttpResponse;
use actix_web::http::header;
use maud::{Markup, html};
use serde_json::Value;

use super::find;
use crate::console::reply::{Answer, Trouble};
use crate::console::visit::Visit;
use crate::console::{PATH, mask};
use crate::domain::file::without_contents_in;
use crate::domain::text::{clean, readable};
use crate::domain::{Role, Source, bilingual, plural};
use crate::journal::History;
use crate::redact;

/// Nodes beyond which the inner ones are folded.
const UNFOLDED: usize = 200;
/// Nodes of a tree; a page shows no more.
const MOST: usize = 5_000;
/// Bytes of a body that a page shows.
const SHOWN: usize = 256 << 10;

/// Shows the body of a submission.
pub(super) fn show(visit: &Visit<'_>, history: &History) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    if history.raw.is_empty() {
        return html! {
            p.empty { (t("The content was removed: erased, or older than the journal keeps.",
                         "Содержимое удалено: стёрто или старше, чем хранит журнал.")) }
        };
    }
    let entry = &history.entry;
    let packet = visit.parts().sources.decode(&entry.source, &history.raw);
    html! {
        section.card {
            @match packet {
                Ok(packet) => (tree(visit, packet)),
                Err(_) => {
                    p.problem { (t("The body cannot be read as a packet.", "Тело не читается как пакет.")) }
                }
            }
            (bytes(visit, &history.raw))
            @if visit.sees_people() {
                p.actions { a.button.second href={ (PATH) "/history/" (entry.id) "/packet" } {
                    (t("Download the packet", "Скачать пакет"))
                } }
            }
        }
    }
}

/// Shows another body of the same submission.
pub(super) fn other(visit: &Visit<'_>, source: &Source, raw: &[u8]) -> Markup {
    let packet = visit.parts().sources.decode_other(source, raw);
    html! {
        @if let Ok(packet) = packet { (tree(visit, packet)) }
        (bytes(visit, raw))
    }
}

/// Answers with the body as it came. Nothing may run it: the browser saves it.
pub(super) async fn download(visit: &Visit<'_>, name: &str) -> Result<Answer, Trouble> {
    if !visit.sees_people() {
        return Err(Trouble::Role(Role::Operator));
    }
    let history = find::one(visit, name).await?;
    if history.raw.is_empty() {
        return Err(Trouble::NotFound);
    }
    let name = format!("attachment; filename=\"{}.packet\"", history.entry.id);
    let reply = HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(history.raw.clone());
    Ok(Answer::Reply(reply))
}

fn bytes(visit: &Visit<'_>, raw: &[u8]) -> Markup {
    let size = raw.len();
    let en = plural::english(size, ["byte", "bytes"]);
    let ru = plural::russian(size, ["байт", "байта", "байт"]);
    let title = bilingual!("As it came, {size} {en}", "Как пришло, {size} {ru}").pick(visit.lang);
    let shown = readable(raw.get(..SHOWN).unwrap_or(raw));
    html! {
        details {
            summary { (title) }
            @if visit.sees_people() {
                pre.raw { @for line in shown.lines() { (clean(&redact::mask(line))) "\n" } }
                @if size > SHOWN {
                    p.hint { (visit.t("This is the beginning; download the packet for all of it.",
                                      "Это начало; чтобы увидеть всё, скачайте пакет.")) }
                }
            } @else {
                p.hint { (visit.t("Your role does not see people's data.", "Вашей роли не видны личные данные.")) }
            }
        }
    }
}

/// A packet as a tree of lists.
pub(super) fn tree(visit: &Visit<'_>, mut packet: Value) -> Markup {
    without_contents_in(&mut packet);
    let nodes = count(&packet);
    let mut tree = Tree {
        visit,
        is_open: nodes <= UNFOLDED,
        left: MOST,
    };
    html! {
        ul.tree { (tree.children(&packet)) }
        @if nodes > MOST {
            p.hint { (visit.t("The packet is too large for a page; download it for all of it.",
                              "Пакет слишком велик для страницы; чтобы увидеть всё, скачайте его.")) }
        }
    }
}

fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

struct Tree<'v, 'r> {
    visit: &'v Visit<'r>,
    is_open: bool,
    /// How many nodes may still be shown.
    left: usize,
}

impl Tree<'_, '_> {
    fn children(&mut self, value: &Value) -> Markup {
        match value {
            Value::Object(members) => html! {
                @for (name, value) in members { (self.node(name, value)) }
            },
            Value::Array(items) => html! {
                @for (number, value) in items.iter().enumerate() { (self.node(&number.to_string(), value)) }
            },
            leaf => html! { li { (self.leaf(leaf)) } },
        }
    }

    fn node(&mut self, name: &str, value: &Value) -> Markup {
        let Some(left) = self.left.checked_sub(1) else {
            return html! {};
        };
        self.left = left;
        let inner = match value {
            Value::Object(members) => members.len(),
            Value::Array(items) => items.len(),
            leaf => {
                return html! { li { span.key { (clean(name)) } ": " (self.leaf(leaf)) } };
            }
        };
        let is_open = self.is_open;
        html! {
            li { details open[is_open] {
                summary { span.key { (clean(name)) } " " span.hint { "(" (inner) ")" } }
                ul { (self.children(value)) }
            } }
        }
    }

    fn leaf(&self, value: &Value) -> Markup {
        let text = match value {
            Value::String(text) => redact::mask(text).into_owned(),
            other => other.to_string(),
        };
        let kind = match value {
            Value::String(_) => "text",
            Value::Number(_) => "number",
            _ => "word",
        };
        html! { span class={ "value " (kind) } { (mask::masked(self.visit, &text)) } }
    }
}
