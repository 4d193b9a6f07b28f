//! What `im.notify.*` has sent to the employees, newest first, in bubbles as in the portal's
//! messenger.

use maud::{Markup, html};

use super::{
    Page, View, bb,
    html::{avatar, moment},
};
use crate::simulator::state::{people::User, timeline::Notice};

/// Number of notices shown.
const NOTICES: usize = 200;

/// Draws the list.
pub(super) fn list(view: &View<'_>) -> Page {
    let notices = &view.core.state.notices;
    let nothing = view.t(
        "No notices. Send one with im.notify.system.add.",
        "Уведомлений нет. Их отправляет im.notify.system.add.",
    );
    Page {
        title: view.t("Notices", "Уведомления").to_owned(),
        tab: "notices",
        body: html! {
            div.sub { span { (view.t("Total", "Всего")) ": " (notices.len()) } }
            @if notices.is_empty() {
                p.empty { (nothing) }
            } @else {
                ol.timeline.narrow {
                    @for it in notices.values().rev().take(NOTICES) { (notice(view, it)) }
                }
            }
        },
    }
}

fn notice(view: &View<'_>, notice: &Notice) -> Markup {
    let state = &view.core.state;
    let name = |user: Option<&User>| user.map(User::full_name).unwrap_or_default();
    let to = state.user(notice.user);
    let from = match notice.from {
        Some(id) => name(state.user(id)),
        None => view.t("the system", "система").to_owned(),
    };
    html! {
        li data-key={ "notice-" (notice.id) } {
            header {
                (avatar(to))
                span { (from) " → " (name(to)) }
                @if !notice.tag.is_empty() { span.tag.mono { (notice.tag) } }
                time { (moment(view.lang, notice.created)) }
            }
            div.said { (bb::render(&notice.text)) }
        }
    }
}
