//! The calls just made, newest first, with their parameters and answers; a batch shows each of its commands.

use serde_json::Value;

use super::{Page, View, html::esc};
use crate::simulator::{
    transcript::{CallRecord, CommandRecord},
    when,
};

/// Methods whose time is shown.
const METHODS: usize = 6;
/// Calls that are shown.
const CALLS: usize = 100;
/// Longer texts are cut.
const LONG: usize = 12_000;

/// The list.
pub(super) fn list(view: &View<'_>) -> Page {
    let calls: String = view
        .core
        .ring
        .iter()
        .rev()
        .take(CALLS)
        .map(|it| call(view, it))
        .collect();
    let tally = &view.core.tally;
    let body = if calls.is_empty() {
        let hint = view.t(
            "Пока никто не звонил. Адрес вебхука:",
            "Nobody has called yet. The webhook's address:",
        );
        let options = &view.core.options;
        format!(
            "<p class=\"empty\">{hint} <code>{}/rest/{}/{}/</code></p>",
            esc(options.base_url.trim_end_matches('/')),
            options.user,
            esc(&options.secret)
        )
    } else {
        format!("<div class=\"calls\">{calls}</div>")
    };
    Page {
        title: view.t("Вызовы", "Calls").to_owned(),
        tab: "calls",
        body: format!(
            "<div class=\"sub\"><span>{}: {}</span><span>{}: {}</span><span>{}: {}</span></div>{}{body}",
            view.t("Вызовов", "Calls"),
            tally.calls,
            view.t("отказано", "refused"),
            tally.refused,
            view.t("сыграно сбоев", "faults played"),
            tally.faults,
            gauges(view),
        ),
    }
}

/// The seconds that the dearest methods have spent of what ten minutes allow them.
fn gauges(view: &View<'_>) -> String {
    let meter = &view.core.meter;
    let dearest = meter.dearest(METHODS, view.core.now());
    let Some(limit) = meter.limits.operating.filter(|_| !dearest.is_empty()) else {
        return String::new();
    };
    let rows: String = dearest
        .iter()
        .map(|(method, seconds)| {
            let full = (seconds / limit * 100.0).clamp(0.0, 100.0);
            let high = if full > 80.0 { " high" } else { "" };
            format!(
                "<div class=\"gauge{high}\" style=\"--full:{full:.0}\"><dt class=\"mono\">{}</dt>\
                 <dd><i></i><span><b>{seconds:.1}</b>/{limit:.0} {}</span></dd></div>",
                esc(method),
                view.t("с", "s"),
            )
        })
        .collect();
    format!(
        "<section class=\"panel\"><h2>{}</h2><dl class=\"spent\">{rows}</dl></section>",
        view.t(
            "Время методов за десять минут",
            "Time of the methods in ten minutes"
        )
    )
}

fn call(view: &View<'_>, it: &CallRecord) -> String {
    let at = when::local(it.time.as_second());
    let batch = !it.commands.is_empty();
    let inside = if batch {
        it.commands.iter().map(|it| command(view, it)).collect()
    } else {
        let answer = it.answer.get("result").unwrap_or(&it.answer);
        pair(view, &it.params, answer)
    };
    format!(
        "<details class=\"call\" data-key=\"call-{number}\"{open}><summary><span class=\"number\">{number}</span>\
         <span class=\"name mono\">{method}</span><span class=\"gist\">{gist}</span>{status}\
         <time>{hour:02}:{minute:02}:{second:02}</time></summary><div class=\"inside\">{inside}</div></details>",
        number = it.number,
        // `?open=7` is for sending somebody a link to the seventh call.
        open = if view.asked("open") == it.number.to_string() {
            " open"
        } else {
            ""
        },
        method = esc(&it.method),
        gist = esc(&gist(it)),
        status = status(view, it),
        hour = at.hour(),
        minute = at.minute(),
        second = at.second(),
    )
}

/// What one wants to know without opening it.
fn gist(it: &CallRecord) -> String {
    if it.commands.is_empty() {
        return cut(&it.params.to_string(), 160);
    }
    let mut names: Vec<&str> = it.commands.iter().map(|it| it.method.as_str()).collect();
    names.dedup();
    let failed = it.commands.iter().filter(|it| it.error.is_some()).count();
    let failed = if failed > 0 {
        format!(" · ✕{failed}")
    } else {
        String::new()
    };
    format!(
        "{}{failed}: {}",
        it.commands.len(),
        cut(&names.join(", "), 160)
    )
}

fn status(view: &View<'_>, it: &CallRecord) -> String {
    let fault = it
        .fault
        .as_ref()
        .map(|it| format!("<span class=\"status fault mono\">{}</span>", esc(it)))
        .unwrap_or_default();
    let (class, text) = match it.status {
        200 => ("status", "200".to_owned()),
        0 => ("status bad", view.t("нет ответа", "no answer").to_owned()),
        other => {
            let code = it.answer.get("error").and_then(Value::as_str);
            let code = code.filter(|it| !it.is_empty()).unwrap_or_default();
            ("status bad", format!("{other} {code}"))
        }
    };
    format!("{fault}<span class=\"{class}\">{}</span>", esc(text.trim()))
}

fn command(view: &View<'_>, it: &CommandRecord) -> String {
    let answer = it.result.as_ref().or(it.error.as_ref());
    let mark = if it.error.is_some() {
        "<span class=\"status bad\">✕</span>"
    } else {
        "<span class=\"status\">✓</span>"
    };
    format!(
        "<div class=\"command\"><p>{mark} <span class=\"tag mono\">{}</span> <b class=\"mono\">{}</b></p>\
         <div class=\"inside\">{}</div></div>",
        esc(&it.key),
        esc(&it.method),
        pair(view, &it.params, answer.unwrap_or(&Value::Null))
    )
}

fn pair(view: &View<'_>, params: &Value, answer: &Value) -> String {
    format!(
        "<div><h3>{}</h3><pre>{}</pre></div><div><h3>{}</h3><pre>{}</pre></div>",
        view.t("Параметры", "Parameters"),
        esc(&pretty(params)),
        view.t("Ответ", "Answer"),
        esc(&pretty(answer))
    )
}

fn pretty(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    cut(&text, LONG)
}

fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
