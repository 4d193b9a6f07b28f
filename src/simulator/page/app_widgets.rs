//! Widgets of applications where the portal shows them: buttons over lists, tabs in cards, and in
//! the cards of calls.

use maud::{Markup, html};

use super::View;
use crate::simulator::{
    applications::{Application, Widget},
    state::kind::Kind,
};

/// The employee who looks at the boards and cards; the page of a widget can be opened as another.
const VIEWER: u32 = 1;

fn found<'a>(
    view: &'a View<'_>,
    placement: &'a str,
) -> impl Iterator<Item = (&'a Application, &'a Widget)> {
    view.core.state.applications.widgets(placement, VIEWER)
}

fn link(view: &View<'_>, (application, widget): (&Application, &Widget), more: &str) -> String {
    let (id, widget) = (application.id, widget.id);
    let path = format!("/sandbox/app/open?app={id}&as={VIEWER}&widget={widget}{more}");
    view.link(&path)
}

/// Draws the buttons over a list.
pub(super) fn over_list(view: &View<'_>, kind: Kind) -> Markup {
    let placement = format!("CRM_{}_LIST_TOOLBAR", kind.word().to_uppercase());
    html! {
        @for (application, widget) in found(view, &placement) {
            a.widget-button href=(link(view, (application, widget), "")) data-widget=(placement) {
                (widget.title_in(view.t("en", "ru")))
            }
        }
    }
}

/// Draws the tabs of a card; `current` is the widget whose tab is open.
pub(super) fn in_card(view: &View<'_>, (kind, id): (Kind, u32), current: Option<u32>) -> Markup {
    let placement = format!("CRM_{}_DETAIL_TAB", kind.word().to_uppercase());
    let record = format!("&record={}-{id}", kind.word());
    let mut tabs = found(view, &placement).peekable();
    let path = view.link(&format!("/sandbox/{}/{id}", kind.word()));
    html! {
        @if tabs.peek().is_some() {
            div.sub {
                div.tabs {
                    a href=(path) aria-current=[current.is_none().then_some("page")] {
                        (view.t("General", "Общие"))
                    }
                    @for (application, widget) in tabs {
                        a href=(link(view, (application, widget), &record)) data-widget=(placement)
                            aria-current=[(current == Some(widget.id)).then_some("page")] {
                            (widget.title_in(view.t("en", "ru")))
                        }
                    }
                }
            }
        }
    }
}

/// Draws the links in the card of a call.
pub(super) fn in_call(view: &View<'_>, call: &str) -> Markup {
    let more = format!("&call={call}");
    let mut all = found(view, "CALL_CARD").peekable();
    html! {
        @if all.peek().is_some() {
            div.buttons {
                @for (application, widget) in all {
                    a.widget-button href=(link(view, (application, widget), &more)) data-widget="CALL_CARD" {
                        (widget.title_in(view.t("en", "ru")))
                    }
                }
            }
        }
    }
}
