//! The latest calls, newest first, with their parameters and answers; a batch shows each of its
//! commands.

use maud::{Markup, html};
use serde_json::Value;

use super::{Page, View, html::gauge};
use crate::simulator::{
    transcript::{CallRecord, CommandRecord},
    when,
};

/// Number of methods whose operating time is shown.
const METHODS: usize = 6;
/// Number of calls shown.
const CALLS: usize = 100;
/// Longer JSON texts are cut, in characters.
const MAX_JSON: usize = 12_000;
/// Longer summaries are cut, in characters.
const MAX_SUMMARY: usize = 160;

/// Draws the list.
pub(super) fn list(view: &View<'_>) -> Page {
    let tally = &view.core.tally;
    Page {
        title: view.t("Calls", "Вызовы").to_owned(),
        tab: "calls",
        body: html! {
            div.sub {
                span { (view.t("Calls", "Вызовов")) ": " (tally.calls) }
                span { (view.t("refused", "отказано")) ": " (tally.refused) }
                span { (view.t("faults", "сбоев")) ": " (tally.faults) }
            }
            (operating_times(view))
            @if view.core.ring.iter().next().is_none() {
                (no_calls(view))
            } @else {
                div.calls {
                    @for record in view.core.ring.iter().rev().take(CALLS) { (call(view, record)) }
                }
            }
        },
    }
}

fn no_calls(view: &View<'_>) -> Markup {
    let hint = view.t(
        "No calls yet. The webhook:",
        "Вызовов пока нет. Адрес вебхука:",
    );
    let options = &view.core.options;
    let base = options.base_url.trim_end_matches('/');
    html! {
        p.empty {
            (hint) " "
            code { (base) "/rest/" (options.user) "/" (options.secret) "/" }
        }
    }
}

/// Draws how many of the seconds allowed in ten minutes the most expensive methods have used.
fn operating_times(view: &View<'_>) -> Markup {
    let meter = &view.core.meter;
    let methods = meter.most_expensive(METHODS, view.core.now());
    let Some(limit) = meter.limits.operating.filter(|_| !methods.is_empty()) else {
        return html! {};
    };
    let title = view.t(
        "Operating time of methods in ten minutes",
        "Время методов за десять минут",
    );
    html! {
        section.panel {
            h2 { (title) }
            dl.spent {
                @for (method, seconds) in &methods {
                    @let label = html! { dt.mono { (method) } };
                    @let level = html! {
                        b { (format!("{seconds:.1}")) } (format!("/{limit:.0} ")) (view.t("s", "с"))
                    };
                    (gauge(seconds / limit * 100.0, None, &label, &level))
                }
            }
        }
    }
}

fn call(view: &View<'_>, record: &CallRecord) -> Markup {
    let at = when::local(record.time.as_second());
    let time = format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second());
    // `?open=7` links to the seventh call.
    let is_open = view.param("open") == record.number.to_string();
    html! {
        details.call data-key={ "call-" (record.number) } open[is_open] {
            summary {
                span.number { (record.number) }
                span.name.mono { (record.method) }
                span.gist { (summary(record)) }
                (status(view, record))
                time { (time) }
            }
            div.inside {
                @if record.commands.is_empty() {
                    (exchange(view, &record.params, record.answer.get("result").unwrap_or(&record.answer)))
                }
                @for it in &record.commands { (command(view, it)) }
            }
        }
    }
}

/// Sums a call up in one line.
fn summary(record: &CallRecord) -> String {
    if record.commands.is_empty() {
        return cut(&record.params.to_string(), MAX_SUMMARY);
    }
    let mut names: Vec<&str> = record
        .commands
        .iter()
        .map(|it| it.method.as_str())
        .collect();
    names.dedup();
    let names = cut(&names.join(", "), MAX_SUMMARY);
    let count = record.commands.len();
    match record
        .commands
        .iter()
        .filter(|it| it.error.is_some())
        .count()
    {
        0 => format!("{count}: {names}"),
        failed => format!("{count} · ✕{failed}: {names}"),
    }
}

fn status(view: &View<'_>, record: &CallRecord) -> Markup {
    let code = record.answer.get("error").and_then(Value::as_str);
    let code = code.filter(|it| !it.is_empty());
    html! {
        @if let Some(fault) = &record.fault { span.status.fault.mono { (fault) } }
        @match record.status {
            200 => span.status { "200" },
            0 => span.status.bad { (view.t("no answer", "нет ответа")) },
            status => {
                span.status.bad { (status) @if let Some(code) = code { " " (code) } }
            }
        }
    }
}

fn command(view: &View<'_>, record: &CommandRecord) -> Markup {
    let answer = record.result.as_ref().or(record.error.as_ref());
    html! {
        div.command {
            p {
                @if record.error.is_some() { span.status.bad { "✕" } }
                @else { span.status { "✓" } }
                " " span.tag.mono { (record.key) } " " b.mono { (record.method) }
            }
            div.inside { (exchange(view, &record.params, answer.unwrap_or(&Value::Null))) }
        }
    }
}

fn exchange(view: &View<'_>, params: &Value, answer: &Value) -> Markup {
    html! {
        div { h3 { (view.t("Parameters", "Параметры")) } pre { (pretty(params)) } }
        div { h3 { (view.t("Answer", "Ответ")) } pre { (pretty(answer)) } }
    }
}

fn pretty(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    cut(&text, MAX_JSON)
}

fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
