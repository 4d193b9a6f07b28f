//! Calltouch: up to 100 requests in one call, and a result for each of them. HTTP 200 does not mean
//! that all were imported.
//!
//! What is known of the interface: `POST /lead-service/v1/api/request/create` with the header
//! fields `Access-Token` and `SiteId` and a body `{"requests": […]}`, answered by
//! `{"data": {"requests": [{"requestNumber": …, "imported": true}]}}` (public clients of the API);
//! 5 calls a second from one address (vendor documentation). Nothing is documented about a repeated
//! `requestNumber`, so a repeat counts as a second request. Requests are read back with
//! `GET /calls-service/RestAPI/requests?clientApiId=…&siteId=…&dateFrom=…&dateTo=…`, whose days are
//! written month first.

use std::collections::HashSet;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};

use super::judge::{self, Judgement};
use super::look::Looked;
use super::outgoing::{self, OutgoingRequest};
use super::settings::{CalltouchSettings, OnUnknown};
use super::wire::Exchange;
use super::{HttpDestination, address, call, misdirected, ordered, park, result};
use crate::delivery::{Job, Report, Verdict};
use crate::domain::event::Call;
use crate::domain::{
    HttpBody, HttpFailure, HttpStep, ParkReason, StepKind, StepText, StepValue, SubmissionId,
    VerdictReason,
};
use crate::mapping::moment_in;

/// The most requests of one call.
pub(super) const LARGEST_CALL: usize = 100;
/// The path of an import.
const IMPORT: &str = "/lead-service/v1/api/request/create";
/// The path of reading back.
const READ_BACK: &str = "/calls-service/RestAPI/requests";
/// The format of `requestDate`.
const DATE: &str = "%d-%m-%Y %H:%M:%S";
/// The format of days when reading back.
const DAY: &str = "%m/%d/%Y";
/// Members of a request that are texts.
const TEXTS: [&str; 8] = [
    "requestNumber",
    "subject",
    "requestUrl",
    "requestDate",
    "sessionId",
    "phoneNumber",
    "email",
    "fio",
];
/// The name in a step's result of the requests that were imported although others were not.
const IMPORTED: &str = "imported";

/// The requests of one job.
struct Import<'j> {
    job: &'j Job,
    step: &'j HttpStep,
    /// The requests that are still to be imported.
    rows: Vec<Map<String, Value>>,
    /// The numbers that an earlier attempt has imported.
    imported: Vec<String>,
    calls: Vec<Call>,
}

impl Import<'_> {
    /// Returns whether both can share a call.
    fn is_like(&self, other: &Self) -> bool {
        self.step.path == other.step.path
            && self.step.query == other.step.query
            && self.step.headers == other.step.headers
    }
}

fn number(row: &Map<String, Value>) -> Option<&str> {
    row.get("requestNumber").and_then(Value::as_str)
}

impl HttpDestination {
    /// Delivers steps, many in one call.
    pub(super) async fn deliver_rows(
        &self,
        calltouch: &CalltouchSettings,
        jobs: &[Job],
    ) -> Vec<Report> {
        let mut reports: Vec<Option<Report>> = jobs.iter().map(|_| None).collect();
        let mut to_send: Vec<(usize, Import<'_>)> = Vec::with_capacity(jobs.len());
        for (index, job) in jobs.iter().enumerate() {
            match rows(job, calltouch, self.clock.now()) {
                Ok(rows) => to_send.push((index, rows)),
                Err(report) => set(&mut reports, index, *report),
            }
        }
        let rule = self.on_unknown(&Method::POST);
        self.sort_out(calltouch, rule, &mut to_send, &mut reports)
            .await;
        let sent = join_all(groups(to_send).into_iter().map(|group| async {
            let (indices, rows): (Vec<usize>, Vec<Import<'_>>) = group.into_iter().unzip();
            let reports = self.import(rule, rows).await;
            indices.into_iter().zip(reports).collect::<Vec<_>>()
        }));
        for (index, report) in sent.await.into_iter().flatten() {
            set(&mut reports, index, report);
        }
        let reports = reports.into_iter().zip(jobs);
        reports
            .map(|(report, job)| report.unwrap_or_else(|| misdirected(job)))
            .collect()
    }

    /// Settles the jobs that may have been imported before and are not sent again.
    async fn sort_out(
        &self,
        calltouch: &CalltouchSettings,
        rule: OnUnknown,
        to_send: &mut Vec<(usize, Import<'_>)>,
        reports: &mut [Option<Report>],
    ) {
        let is_asked =
            |job: &Job| Self::is_uncertain(job) && rule != OnUnknown::Repeat && !ordered(job, rule);
        let (asked, others): (Vec<_>, Vec<_>) = std::mem::take(to_send)
            .into_iter()
            .partition(|(_, rows)| is_asked(rows.job));
        *to_send = others;
        if asked.is_empty() {
            return;
        }
        if rule == OnUnknown::Park {
            for (index, rows) in asked {
                let verdict = self.unknown(rows.job, rule, HttpFailure::Interrupted);
                set(reports, index, Report::unsent(verdict));
            }
            return;
        }
        let since = asked
            .iter()
            .filter_map(|(_, rows)| rows.job.id.received_at())
            .min();
        let (found, call) = self.read_back(calltouch, since).await;
        for (index, mut rows) in asked {
            rows.calls.push(call.clone());
            match &found {
                Ok(numbers) => {
                    rows.rows
                        .retain(|row| number(row).is_none_or(|it| !numbers.contains(it)));
                    if rows.rows.is_empty() {
                        let report = Report {
                            result: result(rows.job, Vec::new()),
                            wrote: true,
                            calls: rows.calls,
                            ..Report::unsent(Verdict::Done)
                        };
                        set(reports, index, report);
                    } else {
                        to_send.push((index, rows));
                    }
                }
                Err(Looked::Failed { failure, pause }) => {
                    let failure = HttpFailure::NotFoundOut(Box::new(failure.clone()));
                    let report = Report {
                        calls: rows.calls,
                        ..Report::unsent(Verdict::Retry {
                            why: VerdictReason::Http(Box::new(failure)),
                            uncertain: true,
                            pause: Some(*pause),
                            wait: None,
                        })
                    };
                    set(reports, index, report);
                }
                Err(Looked::There | Looked::NotThere) => to_send.push((index, rows)),
            }
        }
    }

    /// Returns the question for the requests since a moment.
    pub(super) fn question_since(
        &self,
        calltouch: &CalltouchSettings,
        since: Timestamp,
    ) -> OutgoingRequest {
        let day = |at: Timestamp, days: i64| {
            let at = at
                .checked_add(SignedDuration::from_hours(24 * days))
                .unwrap_or(at);
            at.to_zoned(calltouch.zone.clone())
                .strftime(DAY)
                .to_string()
        };
        let (from, to) = (day(since, -1), day(self.clock.now(), 1));
        let mut url = address::join(&self.settings.url, Some(READ_BACK))
            .unwrap_or_else(|_| self.settings.url.clone());
        if let Some(token) = &calltouch.read_token {
            url.query_pairs_mut()
                .append_pair("clientApiId", token.expose_secret())
                .append_pair("siteId", &calltouch.site.to_string())
                .append_pair("dateFrom", &from)
                .append_pair("dateTo", &to);
        }
        let mut request = OutgoingRequest::get(url, &self.settings);
        for (name, value) in &mut request.shown.query {
            if name == "clientApiId" {
                "•••".clone_into(value);
            }
        }
        request
    }

    /// Reads the numbers of the requests since a moment.
    async fn read_back(
        &self,
        calltouch: &CalltouchSettings,
        since: Option<Timestamp>,
    ) -> (Result<HashSet<String>, Looked>, Call) {
        let since = since.unwrap_or_else(|| self.clock.now());
        let request = self.question_since(calltouch, since);
        let exchange = self.exchange(&request).await;
        let found = match judge::transported(&exchange) {
            Err(judgement) => Err(Looked::failed(judgement)),
            Ok(reply) if !(200..300).contains(&reply.status) => {
                Err(Looked::failed(judge::by_status(reply)))
            }
            Ok(reply) => reply.json().map(|json| numbers_in(&json)).ok_or_else(|| {
                let failure = HttpFailure::NotJson {
                    status: reply.status,
                };
                Looked::failed(Judgement::Unknown(failure))
            }),
        };
        let failure = match &found {
            Err(Looked::Failed { failure, .. }) => Some(failure),
            _ => None,
        };
        let mut call = call(&request, &exchange, failure);
        // the reply lists other people's requests
        if let Ok(numbers) = &found {
            call.answer = json!({ "requests": numbers.len() });
        }
        (found, call)
    }

    /// Sends the requests of jobs in one call.
    async fn import(&self, rule: OnUnknown, mut group: Vec<Import<'_>>) -> Vec<Report> {
        let Some(first) = group.first() else {
            return Vec::new();
        };
        let all: Vec<Value> = group
            .iter()
            .flat_map(|rows| rows.rows.iter().cloned().map(Value::Object))
            .collect();
        let count = all.len();
        let step = HttpStep {
            path: Some(path(first.step)),
            body: HttpBody::Json(StepValue::Known(json!({ "requests": all }))),
            ..first.step.clone()
        };
        let request = match outgoing::request(first.job, &step, &self.settings) {
            Ok(request) => request,
            Err(failure) => {
                let report = |_| Report::unsent(park(ParkReason::MappingFailed, failure.clone()));
                return group.iter().map(report).collect();
            }
        };
        let exchange = self.exchange(&request).await;
        let numbers: Vec<&str> = group
            .iter()
            .flat_map(|rows| rows.rows.iter().map(|row| number(row).unwrap_or_default()))
            .collect();
        let results = results(&exchange, &numbers);
        let mut at = 0;
        group
            .drain(..)
            .map(|rows| {
                let own = at..at + rows.rows.len();
                at = own.end;
                let own = results.as_ref().map(|all| all.get(own).unwrap_or_default());
                let mut own_request = request.clone();
                own_request.rows = u32::try_from(count).unwrap_or(u32::MAX);
                let list: Vec<Value> = rows.rows.iter().cloned().map(Value::Object).collect();
                own_request.shown.body = Some(json!({ "requests": list }));
                if let Some(own) = own {
                    return self.imported(rows, own, rule, (&own_request, &exchange));
                }
                let judgement = whole(&exchange);
                let mut calls = rows.calls;
                calls.push(call(&own_request, &exchange, judgement.failure()));
                self.report(rows.job, rows.step, judgement, calls)
            })
            .collect()
    }

    /// Returns the report of a job by the results of its requests.
    fn imported(
        &self,
        rows: Import<'_>,
        results: &[Option<Value>],
        rule: OnUnknown,
        (request, exchange): (&OutgoingRequest, &Exchange),
    ) -> Report {
        let is_imported = |result: &Option<Value>| {
            let flag = result.as_ref().and_then(|result| result.get("imported"));
            flag.and_then(Value::as_bool).unwrap_or_default()
        };
        let mut imported = rows.imported.clone();
        let mut missing = false;
        let mut refused = None;
        for (row, result) in rows.rows.iter().zip(results) {
            match result {
                Some(_) if is_imported(result) => {
                    imported.extend(number(row).map(str::to_owned));
                }
                Some(result) => refused = Some(result),
                None => missing = true,
            }
        }
        let own: Vec<Value> = results.iter().flatten().cloned().collect();
        let reply = json!({ "data": { "requests": own } });
        let judgement = if let Some(refused) = refused {
            Judgement::Refused(HttpFailure::RowRefused {
                words: words(refused).into(),
            })
        } else if missing {
            Judgement::Unknown(HttpFailure::RowMissing)
        } else {
            judge::of_json(rows.step, exchange, Some(reply.clone()))
        };
        let mut answer_call = call(request, exchange, judgement.failure());
        // without the results of other submissions
        if let Value::Object(answer) = &mut answer_call.answer {
            answer.insert("body".to_owned(), reply);
        }
        let mut calls = rows.calls;
        calls.push(answer_call);
        let is_success = matches!(judgement, Judgement::Success(_));
        let mut report = match judgement {
            Judgement::Unknown(failure) => Report {
                calls,
                wrote: true,
                ..Report::unsent(self.unknown(rows.job, rule, failure))
            },
            judgement => self.report(rows.job, rows.step, judgement, calls),
        };
        if !is_success && !imported.is_empty() {
            let known = report.result.iter();
            let known = known.map(|(name, value)| (name.to_owned(), value.clone()));
            let partly = (IMPORTED.to_owned(), json!(imported));
            report.result = known.chain([partly]).collect();
        }
        report
    }
}

fn set(reports: &mut [Option<Report>], index: usize, report: Report) {
    if let Some(slot) = reports.get_mut(index) {
        *slot = Some(report);
    }
}

/// Returns the requests of a job that an earlier attempt has imported, as its result names them.
pub(super) fn imported_before(job: &Job) -> Option<(String, Value)> {
    let imported = job.made.get(IMPORTED)?;
    Some((IMPORTED.to_owned(), imported.clone()))
}

/// Reads the requests of a job, completed.
fn rows<'j>(
    job: &'j Job,
    calltouch: &CalltouchSettings,
    now: Timestamp,
) -> Result<Import<'j>, Box<Report>> {
    let StepKind::Http(step) = &job.step.kind else {
        return Err(Box::new(misdirected(job)));
    };
    let imported: Vec<String> = job
        .made
        .get(IMPORTED)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|number| number.as_str().map(str::to_owned))
        .collect();
    let received_at = job.id.received_at().unwrap_or(now);
    let rows = completed_rows(step, job.id, received_at, calltouch);
    let Some(mut rows) = rows.filter(|rows| rows.len() <= LARGEST_CALL) else {
        let what = VerdictReason::StepLacksValue("json.requests".to_owned());
        return Err(Box::new(Report::unsent(Verdict::Park {
            reason: ParkReason::MappingFailed,
            text: what,
        })));
    };
    rows.retain(|row| number(row).is_none_or(|it| !imported.iter().any(|done| done == it)));
    Ok(Import {
        job,
        step,
        rows,
        imported,
        calls: Vec::new(),
    })
}

fn path(step: &HttpStep) -> StepText {
    let written = step.path.clone();
    written.unwrap_or_else(|| StepText::Known(IMPORT.into()))
}

/// Returns the completed requests of a step; `None` if it has none, or something else among them.
fn completed_rows(
    step: &HttpStep,
    id: SubmissionId,
    received_at: Timestamp,
    calltouch: &CalltouchSettings,
) -> Option<Vec<Map<String, Value>>> {
    let body = match &step.body {
        HttpBody::Json(value) => outgoing::known(value),
        HttpBody::None | HttpBody::Form(_) | HttpBody::Text { .. } => Value::Null,
    };
    let written = match body {
        Value::Object(mut whole) => match whole.shift_remove("requests") {
            Some(Value::Array(list)) => list,
            Some(one) => vec![one],
            None => vec![Value::Object(whole)],
        },
        Value::Array(list) => list,
        _ => Vec::new(),
    };
    let count = written.len();
    let rows: Option<Vec<_>> = written
        .into_iter()
        .enumerate()
        .map(|(index, row)| {
            let Value::Object(row) = row else {
                return None;
            };
            let own = match (index, count) {
                (_, 1) => id.to_string(),
                (index, _) => format!("{id}-{}", index + 1),
            };
            Some(completed(row, own, received_at, calltouch))
        })
        .collect();
    rows.filter(|rows| !rows.is_empty())
}

/// Returns the step as it is sent: with the path of an import and completed requests.
pub(super) fn as_sent(
    step: &HttpStep,
    id: SubmissionId,
    received_at: Timestamp,
    calltouch: &CalltouchSettings,
) -> HttpStep {
    let rows = completed_rows(step, id, received_at, calltouch).unwrap_or_default();
    HttpStep {
        path: Some(path(step)),
        body: HttpBody::Json(StepValue::Known(json!({ "requests": rows }))),
        ..step.clone()
    }
}

/// Completes a request: texts are texts, the number is the submission's by default, and the date is
/// in the zone and the format of the project.
fn completed(
    mut row: Map<String, Value>,
    number: String,
    received_at: Timestamp,
    calltouch: &CalltouchSettings,
) -> Map<String, Value> {
    for name in TEXTS {
        if let Some(value) = row.get_mut(name)
            && let Some(text) = match value {
                Value::Number(number) => Some(number.to_string()),
                Value::Bool(flag) => Some(flag.to_string()),
                _ => None,
            }
        {
            *value = text.into();
        }
    }
    let is_blank = |value: Option<&Value>| {
        value.is_none_or(|value| value.as_str().is_none_or(|text| text.trim().is_empty()))
    };
    if is_blank(row.get("requestNumber")) {
        row.insert("requestNumber".to_owned(), number.into());
    }
    let zone = &calltouch.zone;
    let written = row.get("requestDate").and_then(Value::as_str);
    let date = match written.map(str::trim).filter(|text| !text.is_empty()) {
        None => received_at
            .to_zoned(zone.clone())
            .strftime(DATE)
            .to_string(),
        Some(text) => moment_in(text, zone)
            .map_or_else(|| text.to_owned(), |at| at.strftime(DATE).to_string()),
    };
    row.insert("requestDate".to_owned(), date.into());
    row
}

/// Groups jobs into calls.
fn groups(to_send: Vec<(usize, Import<'_>)>) -> Vec<Vec<(usize, Import<'_>)>> {
    let mut groups: Vec<Vec<(usize, Import<'_>)>> = Vec::new();
    for (index, rows) in to_send {
        let fits = |group: &&mut Vec<(usize, Import<'_>)>| {
            let size: usize = group.iter().map(|(_, rows)| rows.rows.len()).sum();
            let is_like = group.first().is_some_and(|(_, first)| first.is_like(&rows));
            is_like && size + rows.rows.len() <= LARGEST_CALL
        };
        match groups.iter_mut().find(fits) {
            Some(group) => group.push((index, rows)),
            None => groups.push(vec![(index, rows)]),
        }
    }
    groups
}

/// Returns the result of each request, found by its number, or by its place in a list without
/// numbers; `None` if the reply has no results.
fn results(exchange: &Exchange, numbers: &[&str]) -> Option<Vec<Option<Value>>> {
    let reply = exchange.reply.as_ref().ok()?;
    if !(200..300).contains(&reply.status) {
        return None;
    }
    let json = reply.json()?;
    let list = json.pointer("/data/requests")?.as_array()?;
    let is_complete = list.len() == numbers.len();
    let mut left: Vec<Option<&Value>> = list.iter().map(Some).collect();
    let mut results = Vec::with_capacity(numbers.len());
    for (place, number) in numbers.iter().enumerate() {
        let named = left
            .iter()
            .position(|result| result.and_then(number_of).is_some_and(|it| it == *number));
        let unnamed = left.get(place).copied().flatten();
        let unnamed = unnamed.filter(|result| is_complete && number_of(result).is_none());
        let at = named.or_else(|| unnamed.map(|_| place));
        let result = at.and_then(|at| left.get_mut(at)).and_then(Option::take);
        results.push(result.cloned());
    }
    Some(results)
}

/// Returns the number of a result.
fn number_of(result: &Value) -> Option<String> {
    match result.get("requestNumber")? {
        Value::String(number) => Some(number.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Judges a reply without results.
fn whole(exchange: &Exchange) -> Judgement {
    match judge::transported(exchange) {
        Err(judgement) => judgement,
        Ok(reply) if !(200..300).contains(&reply.status) => judge::by_status(reply),
        Ok(reply) => Judgement::Unknown(HttpFailure::NotJson {
            status: reply.status,
        }),
    }
}

/// Returns what a result says, without the number.
fn words(result: &Value) -> String {
    let mut result = result.clone();
    if let Value::Object(members) = &mut result {
        members.shift_remove("requestNumber");
        members.shift_remove("imported");
        if members.is_empty() {
            return "imported: false".to_owned();
        }
    }
    crate::domain::text::ellipsis(&result.to_string(), 300)
}

/// Returns every `requestNumber` of a reply.
fn numbers_in(value: &Value) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut left = vec![value];
    while let Some(value) = left.pop() {
        match value {
            Value::Array(list) => left.extend(list),
            Value::Object(members) => {
                found.extend(number_of(value));
                left.extend(members.values());
            }
            _ => {}
        }
    }
    found
}
