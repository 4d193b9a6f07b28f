//! Which submissions a form means: ticked ones, a group of parked ones, or all of a filter. The
//! fields have the names of the parameters of the history's address.

use jiff::Timestamp;
use maud::{Markup, html};

use super::reply::Trouble;
use super::visit::Visit;
use crate::domain::{
    Destination, ParkReason, Personal, ReasonSubject, State, SubmissionId, bilingual,
};
use crate::journal::{Filter, SourceFilter};
use crate::replay::bulk::{BulkError, Chosen};
use crate::store::{CapturedGroup, ParkedSubject};

/// The most submissions that a person ticks one by one.
const TICKED: usize = 1_000;
/// The fields of a filter, with the names of the history's address.
const FILTER: [&str; 9] = [
    "state",
    "reason",
    "profile",
    "source",
    "destination",
    "since",
    "until",
    "notes",
    "q",
];
/// The fields of an earlier replay, and of a group.
const GROUP: [&str; 4] = ["again", "group", "field", "value"];

impl From<BulkError> for Trouble {
    fn from(error: BulkError) -> Self {
        let text = error.text();
        match error {
            BulkError::Store(error) => Self::Store(error),
            BulkError::Unknown => Self::NotFound,
            BulkError::Nothing | BulkError::TooMany | BulkError::NoStep => Self::Bad(text),
            BulkError::NotNow(_) | BulkError::Changed(_) => Self::Conflict(text),
        }
    }
}

/// Reads which submissions a form means.
pub(super) fn chosen(visit: &Visit<'_>) -> Result<Chosen, Trouble> {
    if let Some(again) = visit.field("again") {
        let number = again.parse().map_err(|_| Trouble::NotFound)?;
        return Ok(Chosen::Again(number));
    }
    let ids: Vec<&str> = visit.fields("id").filter(|id| !id.is_empty()).collect();
    if ids.len() > TICKED {
        return Err(BulkError::TooMany.into());
    }
    if !ids.is_empty() {
        let parsed = ids.iter().map(|id| id.parse::<SubmissionId>());
        let parsed: Result<Vec<_>, _> = parsed.collect();
        return parsed
            .map(Chosen::Ids)
            .map_err(|_| wrong("id", ids.first().copied().unwrap_or_default()));
    }
    // a form without a single tick must not mean everything
    if FILTER.iter().all(|name| visit.field(name).is_none()) {
        return Err(BulkError::Nothing.into());
    }
    let filter = filter(visit)?;
    if visit.field("group").is_none() {
        return Ok(Chosen::Filter(Box::new(filter)));
    }
    let subject = ReasonSubject {
        field: visit.field("field").map(str::to_owned),
        value: visit.field("value").map(Into::into),
    };
    let profile = filter.profile.clone();
    Ok(Chosen::Group(Box::new(filter), profile, subject))
}

fn filter(visit: &Visit<'_>) -> Result<Filter, Trouble> {
    let time = |name: &str| {
        let text = visit.field(name);
        text.map(|text| moment(visit, text).ok_or_else(|| wrong(name, text)))
            .transpose()
    };
    let state = visit.field("state");
    let reason = visit.field("reason");
    Ok(Filter {
        state: state
            .map(|word| State::parse(word).ok_or_else(|| wrong("state", word)))
            .transpose()?,
        reason: reason
            .map(|word| ParkReason::parse(word).ok_or_else(|| wrong("reason", word)))
            .transpose()?,
        profile: visit.field("profile").map(str::to_owned),
        source: visit.field("source").map(source),
        since: time("since")?,
        until: time("until")?,
        text: visit.field("q").map(str::to_owned),
        left_out: visit.field("notes").is_some(),
        destination: visit.field("destination").and_then(Destination::parse),
        ..Filter::default()
    })
}

fn wrong(name: &str, value: &str) -> Trouble {
    Trouble::Bad(bilingual!(
        "`{name}` cannot be `{value}`: open the list again and choose there.",
        "Поле `{name}` не может быть `{value}`: откройте список заново и выберите там."
    ))
}

fn source(text: &str) -> SourceFilter {
    let (name, address) = match text.split_once('/') {
        Some((name, address)) => (name, Some(address.to_owned())),
        None => (text, None),
    };
    SourceFilter {
        name: name.to_owned(),
        address,
    }
}

/// Parses a moment of a picker, in the zone of the page, or one with its zone.
fn moment(visit: &Visit<'_>, text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    let zoned = civil.to_zoned(visit.zone().clone()).ok()?;
    Some(zoned.timestamp())
}

/// The hidden fields that mean a group of parked submissions.
pub(super) fn group_fields(group: &ParkedSubject) -> Markup {
    let value = group.subject.value.as_ref().map(Personal::as_str);
    html! {
        input type="hidden" name="group" value="1";
        input type="hidden" name="state" value="parked";
        input type="hidden" name="reason" value=(group.reason.as_str());
        input type="hidden" name="profile" value=(group.profile.as_deref().unwrap_or_default());
        input type="hidden" name="field" value=(group.subject.field.as_deref().unwrap_or_default());
        input type="hidden" name="value" value=(value.unwrap_or_default());
    }
}

/// The hidden fields that mean the captured submissions of an address.
pub(super) fn captured_fields(group: &CapturedGroup) -> Markup {
    html! {
        input type="hidden" name="state" value="captured";
        input type="hidden" name="source" value={ (group.source) "/" (group.address) };
    }
}

/// The hidden fields with the same choice as the form that was sent.
pub(super) fn same_fields(visit: &Visit<'_>) -> Markup {
    html! {
        @for id in visit.fields("id") { input type="hidden" name="id" value=(id); }
        @for name in GROUP.iter().chain(&FILTER) {
            @if let Some(value) = visit.field(name) { input type="hidden" name=(name) value=(value); }
        }
    }
}
