//! The filter of the list, in the address: which submissions, from where on.

use jiff::Timestamp;
use jiff::civil::DateTime;
use maud::{Markup, html};

use crate::console::PATH;
use crate::console::visit::Visit;
use crate::domain::{Destination, Lang, ParkReason, State, url_text};
use crate::journal::{Cursor, Filter, SourceFilter};

/// Parameters of the filter, in the order of the form.
const NAMES: [&str; 8] = [
    "state",
    "reason",
    "source",
    "profile",
    "destination",
    "since",
    "until",
    "notes",
];
/// The parameter with the last entry of the page before.
pub(super) const BEFORE: &str = "before";

/// Reads the filter of an address. Words that nothing has are ignored, as the form shows them.
pub(super) fn filter(visit: &Visit<'_>) -> Filter {
    let time = |name| visit.param(name).and_then(|text| moment(visit, text));
    Filter {
        state: visit.param("state").and_then(State::parse),
        reason: visit.param("reason").and_then(ParkReason::parse),
        profile: visit.param("profile").map(str::to_owned),
        source: visit.param("source").map(source),
        since: time("since"),
        until: time("until"),
        text: None,
        left_out: visit.param("notes").is_some(),
        destination: visit.param("destination").and_then(Destination::parse),
        record: None,
        before: visit.param(BEFORE).and_then(Cursor::parse),
    }
}

/// Returns the address of a page of this section with the filter and a cursor; `page` is empty for
/// the list.
pub(super) fn address(visit: &Visit<'_>, page: &str, cursor: Option<(&str, Cursor)>) -> String {
    let set = NAMES.into_iter().filter_map(|name| {
        let value = visit.param(name)?;
        Some(url_text::pair(name, value))
    });
    let cursor = cursor.map(|(name, cursor)| url_text::pair(name, &cursor.to_text()));
    let pairs: Vec<String> = set.chain(cursor).collect();
    let query = pairs.join("&");
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{PATH}/history{page}{mark}{query}")
}

/// Parses `polls` or `polls/123`.
fn source(text: &str) -> SourceFilter {
    let (name, address) = match text.split_once('/') {
        Some((name, address)) => (name, Some(address.to_owned())),
        None => (text, None),
    };
    SourceFilter {
        name: name.to_owned(),
        address: address.filter(|address| !address.is_empty()),
    }
}

/// Parses what a field for a time sends, in the zone of the page, or a full timestamp.
fn moment(visit: &Visit<'_>, text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    let local: DateTime = text.parse().ok()?;
    let zoned = local.to_zoned(visit.zone().clone()).ok()?;
    Some(zoned.timestamp())
}

/// The form with the filter.
pub(super) fn form(visit: &Visit<'_>) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    html! {
        form.filters method="get" action={ (PATH) "/history" } {
            label { (t("State", "Состояние")) (states(visit)) }
            label { (t("Reason", "Причина")) (reasons(visit)) }
            label { (t("Source", "Источник"))
                input name="source" value=[visit.param("source")] list="sources"; }
            datalist id="sources" {
                @for kind in visit.parts().sources.iter() { option value=(kind.name()) {} }
            }
            label { (t("Profile", "Профиль")) (profiles(visit)) }
            label { (t("Destination", "Куда"))
                input name="destination" value=[visit.param("destination")] list="destinations" placeholder="crm:main"; }
            datalist id="destinations" {
                @for name in visit.parts().connections.keys() { option value={ "crm:" (name) } {} }
                @for name in visit.parts().settings.http.keys() { option value={ "http:" (name) } {} }
            }
            label { (t("From", "С")) (time_field(visit, "since")) }
            label { (t("To", "По")) (time_field(visit, "until")) }
            label.line {
                input type="checkbox" name="notes" value="1" checked[visit.param("notes").is_some()];
                (t("a value was left out", "есть незаписанное"))
            }
            button.second { (t("Filter", "Отобрать")) }
            @if is_set(visit) { a href={ (PATH) "/history" } { (t("Clear", "Сбросить")) } }
        }
    }
}

fn time_field(visit: &Visit<'_>, name: &'static str) -> Markup {
    let at = visit.param(name).and_then(|text| moment(visit, text));
    let local = at.map(|at| at.to_zoned(visit.zone().clone()));
    let value = local.map(|local| local.strftime("%Y-%m-%dT%H:%M").to_string());
    html! { input type="datetime-local" name=(name) value=[value]; }
}

fn states(visit: &Visit<'_>) -> Markup {
    let chosen = visit.param("state");
    html! {
        select name="state" {
            option value="" { (visit.t("any", "любое")) }
            @for state in State::ALL {
                option value=(state.as_str()) selected[chosen == Some(state.as_str())] {
                    (state.in_short(visit.lang))
                }
            }
        }
    }
}

fn reasons(visit: &Visit<'_>) -> Markup {
    let chosen = visit.param("reason");
    html! {
        select name="reason" {
            option value="" { (visit.t("any", "любая")) }
            @for reason in ParkReason::ALL {
                option value=(reason.as_str()) selected[chosen == Some(reason.as_str())] {
                    (in_words(reason, visit.lang))
                }
            }
        }
    }
}

/// Returns a reason without its stable word, if there are words.
fn in_words(reason: ParkReason, lang: Lang) -> String {
    let text = reason.to_text(lang);
    let words = text.split(" (").next().map(str::to_owned);
    words.unwrap_or(text)
}

fn profiles(visit: &Visit<'_>) -> Markup {
    let chosen = visit.param("profile");
    let current = visit.parts().profiles.current();
    let mut files: Vec<&str> = current
        .profiles()
        .iter()
        .map(|profile| profile.reference().file.as_str())
        .collect();
    // of a profile that is gone
    files.extend(chosen.filter(|chosen| !files.contains(chosen)));
    html! {
        select name="profile" {
            option value="" { (visit.t("any", "любой")) }
            @for file in files {
                option value=(file) selected[chosen == Some(file)] { (file) }
            }
        }
    }
}

/// The filter as hidden fields of a form.
pub(super) fn hidden(visit: &Visit<'_>) -> Markup {
    html! {
        @for name in NAMES {
            @if let Some(value) = visit.param(name) { input type="hidden" name=(name) value=(value); }
        }
    }
}

/// Returns whether the address has a filter.
pub(super) fn is_set(visit: &Visit<'_>) -> bool {
    NAMES.iter().any(|name| visit.param(name).is_some())
}
