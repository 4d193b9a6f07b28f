//! What `im.notify.*` has sent to the employees, newest first, in bubbles as the messenger shows it.

use super::{
    Page, View, bb,
    html::{esc, face, moment},
};
use crate::simulator::state::{people::User, timeline::Notice};

/// Notices that are shown.
const NOTICES: usize = 200;

/// The list.
pub(super) fn list(view: &View<'_>) -> Page {
    let notices = &view.core.state.notices;
    let rows: String = notices
        .values()
        .rev()
        .take(NOTICES)
        .map(|it| notice(view, it))
        .collect();
    let body = if rows.is_empty() {
        let nobody = view.t(
            "Никому ничего не сообщали. Уведомления шлёт im.notify.system.add.",
            "Nobody was told anything. im.notify.system.add sends notices.",
        );
        format!("<p class=\"empty\">{nobody}</p>")
    } else {
        format!("<ol class=\"timeline narrow\">{rows}</ol>")
    };
    Page {
        title: view.t("Уведомления", "Notices").to_owned(),
        tab: "notices",
        body: format!(
            "<div class=\"sub\"><span>{}: {}</span></div>{body}",
            view.t("Всего", "In all"),
            notices.len()
        ),
    }
}

fn notice(view: &View<'_>, it: &Notice) -> String {
    let state = &view.core.state;
    let name = |user: Option<&User>| user.map(User::full_name).unwrap_or_default();
    let to = state.user(it.user);
    let from = match it.from {
        Some(id) => name(state.user(id)),
        None => view.t("система", "the system").to_owned(),
    };
    let tag = if it.tag.is_empty() {
        String::new()
    } else {
        format!("<span class=\"tag mono\">{}</span>", esc(&it.tag))
    };
    format!(
        "<li data-key=\"notice-{}\"><header>{}<span>{from} → {to}</span>{tag}<time>{}</time></header>\
         <div class=\"said\">{}</div></li>",
        it.id,
        face(to),
        moment(view.lang, it.created),
        bb::render(&it.text),
        from = esc(&from),
        to = esc(&name(to)),
    )
}
