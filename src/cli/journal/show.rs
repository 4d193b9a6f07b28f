//! Prints one submission: the packet, the plan with its sources, the calls to the CRM, and the
//! result.

use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use crate::cli::entries::{became, history_json, ink, one};
use crate::cli::failure::Failure;
use crate::cli::out::{Ink, Out, clean, readable};
use crate::domain::file::without_contents_in;
use crate::domain::{
    Bilingual, CrmFailure, Event, Explanation, Lang, Source, VerdictReason, bilingual, plural, text,
};
use crate::intake;
use crate::journal::explain::said_to_letter;
use crate::journal::json::in_words;
use crate::journal::reasons::is_told_by;
use crate::journal::requests;
use crate::journal::state_texts;
use crate::journal::{Call, History, Journal, Logged};

use super::plan::print_plan;
use super::steps;

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The id, at least four of its first or last digits, or poll/answer (123/345).
    id: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(show: &Show, journal: &Journal, out: &Out) -> Result<ExitCode, Failure> {
    let history = one(journal, &show.id)?;
    if show.json {
        Out::line(history_json(&history, out.lang()).to_string());
    } else {
        print(&history, out);
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns its facts, one per row.
fn facts(history: &History, out: &Out) -> Vec<Vec<(Ink, String)>> {
    let (entry, lang) = (&history.entry, out.lang());
    let mut rows = vec![
        fact(
            Bilingual::new("from", "откуда").pick(lang),
            intake::sources().full_label(&entry.source, lang),
        ),
        fact(
            Bilingual::new("received", "получено").pick(lang),
            format!(
                "{}, {}",
                out.moment(entry.received_at),
                bytes(history.raw.len(), lang)
            ),
        ),
        vec![
            (
                Ink::Dim,
                Bilingual::new("state", "состояние").pick(lang).to_owned(),
            ),
            (ink(entry.state), entry.state.to_text(lang)),
        ],
    ];
    if let Some(reason) = entry.reason {
        rows.push(fact(
            Bilingual::new("reason", "причина").pick(lang),
            reason.to_text(lang),
        ));
    }
    if let Some(note) = &entry.note {
        rows.push(fact(
            Bilingual::new("because", "почему").pick(lang),
            clean(&reason_text(history, note, lang)),
        ));
    }
    if entry.attempt > 0 {
        rows.push(fact(
            Bilingual::new("attempts", "попыток").pick(lang),
            entry.attempt.to_string(),
        ));
    }
    if entry.repeats > 0 {
        let repeats = entry.repeats;
        let en = plural::english(repeats, ["time", "times"]);
        let ru = plural::russian(repeats, ["раз", "раза", "раз"]);
        rows.push(fact(
            Bilingual::new("sent again", "прислано ещё").pick(lang),
            bilingual!("{repeats} {en}", "{repeats} {ru}").pick(lang),
        ));
    }
    rows.extend(steps::rows(history, lang));
    let became = became(entry, lang);
    if !became.is_empty() {
        rows.push(fact(Bilingual::new("became", "стало").pick(lang), became));
    }
    rows
}

/// Returns a size in words.
fn bytes(size: usize, lang: Lang) -> String {
    let en = plural::english(size, ["byte", "bytes"]);
    let ru = plural::russian(size, ["байт", "байта", "байт"]);
    bilingual!("{size} {en}", "{size} {ru}").pick(lang)
}

fn print(history: &History, out: &Out) {
    let lang = out.lang();
    let head = Bilingual::new("Submission", "Обращение").pick(lang);
    let head = format!("{head} {}", history.entry.id);
    Out::line(out.ink(Ink::Strong, &head));
    out.table(&facts(history, out));
    heading(out, Bilingual::new("What came in", "Что пришло").pick(lang));
    if history.raw.is_empty() {
        Out::line(
            Bilingual::new(
                "  its content was removed: erased, or older than the journal keeps",
                "  содержимое удалено: стёрто или старше, чем хранит журнал",
            )
            .pick(lang),
        );
    } else {
        Out::line(incoming(&history.entry.source, &history.raw));
    }
    let mut attempt = 0;
    for logged in &history.events {
        if logged.attempt != attempt && logged.attempt > 0 {
            attempt = logged.attempt;
            let what = Bilingual::new("Attempt", "Попытка").pick(lang);
            heading(out, &format!("{what} {attempt}, {}", out.moment(logged.at)));
        }
        event(logged, history, out);
    }
}

/// Returns a reason in words; the steps of the latest attempt that says the same translate an old
/// sentence.
fn reason_text(history: &History, reason: &VerdictReason, lang: Lang) -> String {
    let mut attempts: Vec<u32> = history.events.iter().map(|logged| logged.attempt).collect();
    attempts.dedup();
    let steps = |attempt: u32| -> Vec<&Explanation> {
        let events = history.events.iter();
        let of_attempt = events.filter(|logged| logged.attempt == attempt);
        of_attempt
            .filter_map(|logged| match &logged.event {
                Event::Because(why) => Some(why),
                _ => None,
            })
            .collect()
    };
    let mut latest_first = attempts.into_iter().rev().map(steps);
    let steps = latest_first.find(|steps| is_told_by(reason, steps));
    in_words(reason, &steps.unwrap_or_default(), lang)
}

fn fact(name: &str, value: String) -> Vec<(Ink, String)> {
    vec![(Ink::Dim, name.to_owned()), (Ink::Plain, value)]
}

fn heading(out: &Out, text: &str) {
    let text = out.ink(Ink::Strong, text);
    Out::line(format!("\n{text}"));
}

/// Prints the packet, or its bytes if it cannot be decoded. Control characters do not reach the
/// terminal.
fn incoming(source: &Source, raw: &[u8]) -> String {
    let text = intake::sources()
        .decode(source, raw)
        .ok()
        .and_then(|mut packet| {
            without_contents_in(&mut packet);
            serde_json::to_string_pretty(&packet).ok()
        })
        .unwrap_or_else(|| readable(raw));
    text.lines()
        .map(|line| format!("  {}", clean(line)))
        .collect::<Vec<_>>()
        .join("\n")
}

fn event(logged: &Logged, history: &History, out: &Out) {
    let (at, lang) = (out.moment(logged.at), out.lang());
    let line = match &logged.event {
        Event::Planned(planned) => return print_plan(&planned.plan, out),
        Event::Call(call) => return print_call(call, lang, out),
        Event::Verdict(verdict) => {
            let words = verdict
                .text
                .as_ref()
                .map(|reason| reason_text(history, reason, lang))
                .map(|text| format!(": {}", clean(&text)));
            let state = out.ink(ink(verdict.state), &verdict.state.to_text(lang));
            let reason = verdict.reason.map(|reason| match lang {
                Lang::En => format!(" ({reason})"),
                Lang::Ru => format!(": {}", reason.to_text(lang)),
            });
            let reason = reason.unwrap_or_default();
            format!("  → {state}{reason}{}", words.unwrap_or_default())
        }
        Event::Step(step) => format!("  → {}", state_texts::finished(step, lang)),
        Event::Repeated(repeated) => {
            let bytes = bytes(repeated.bytes, lang);
            bilingual!(
                "  {at}: sent again with another body of {bytes}",
                "  {at}: прислано ещё раз с другим телом, {bytes}"
            )
            .pick(lang)
        }
        Event::Readmitted(before) => {
            let why = before
                .reason
                .as_ref()
                .map(|why| clean(&why.to_text(lang)))
                .unwrap_or_default();
            let at = out.moment(before.rejected_at);
            bilingual!(
                "  refused at {at}: {why}; now accepted",
                "  отклонено {at}: {why}; теперь принято"
            )
            .pick(lang)
        }
        Event::Requeued(_) => bilingual!(
            "  {at}: sent again, queued for another attempt",
            "  {at}: прислано ещё раз, поставлено в очередь для новой попытки"
        )
        .pick(lang),
        Event::Because(why) => format!("  · {}", clean(&why.to_text(lang))),
        Event::Note(note) => format!("  · {}", clean(note.to_text(lang))),
        Event::Foreign(foreign) => {
            let words = Bilingual::new(
                "written by another edition of leadgate",
                "записано другой версией leadgate",
            )
            .pick(lang);
            format!("  ({}: {words})", foreign.kind)
        }
    };
    Out::line(line);
}

fn print_call(call: &Call, lang: Lang, out: &Out) {
    let status = match call.status {
        Some(status) => format!("{} {status}", Bilingual::new("status", "статус").pick(lang)),
        None if call.is_mail() => clean(&said_to_letter(&call.answer, lang)),
        None => Bilingual::new("no answer", "нет ответа")
            .pick(lang)
            .to_owned(),
    };
    let ms = Bilingual::new("ms", "мс").pick(lang);
    // the method of a letter begins with SMTP
    let what = if call.is_mail() {
        call.method.clone()
    } else if call.is_http() {
        format!("HTTP: {}", requests::address(&call.method, &call.params))
    } else {
        format!("CRM: {}", call.method)
    };
    let head = format!("  {what} ({status}, {} {ms})", call.duration_ms);
    Out::line(out.ink(Ink::Strong, &head));
    if call.is_http() && !call.is_mail() {
        for line in requests::lines(&call.params, requests::in_one_line) {
            Out::line(format!("    {line}"));
        }
        let answer = self::answer(&call.answer, lang);
        return Out::line(out.ink(Ink::Dim, &format!("      = {answer}")));
    }
    match (&call.params, &call.answer) {
        (Value::Array(commands), Value::Array(answers)) => {
            for (command, answer) in commands.iter().zip(answers) {
                let method = command
                    .get("method")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                let params = command.get("params").unwrap_or(&Value::Null);
                exchange(method, params, &self::answer(answer, lang), out);
            }
        }
        (params, answer) => {
            exchange(&call.method, params, &self::answer(answer, lang), out);
        }
    }
}

fn exchange(method: &str, params: &Value, answer: &str, out: &Out) {
    Out::line(format!("    {method} {}", short(params)));
    Out::line(out.ink(Ink::Dim, &format!("      = {answer}")));
}

/// Returns the answer to a command: a failure in the operator's language, anything else as JSON.
fn answer(answer: &Value, lang: Lang) -> String {
    if let Some(failure) = Call::http_failure(answer) {
        let reply = answer.get("body").map(short).unwrap_or_default();
        let text = failure.without_reply().to_text(lang);
        let text = text::ellipsis(&clean(&text), 400);
        let failed = bilingual!("failed: {text}", "ошибка: {text}").pick(lang);
        return format!("{reply} {failed}").trim_start().to_owned();
    }
    let failure = if answer.get("not_run") == Some(&Value::Bool(true)) {
        Some(CrmFailure::NotRun)
    } else {
        Call::failure(answer)
    };
    let Some(failure) = failure else {
        return short(answer);
    };
    let text = text::ellipsis(&clean(&failure.to_text(lang)), 400);
    bilingual!("failed: {text}", "ошибка: {text}").pick(lang)
}

fn short(value: &Value) -> String {
    text::ellipsis(&clean(&value.to_string()), 400)
}
