//! Submissions and their histories as JSON: what `--json` prints and what the API answers.

use serde_json::{Value, json};

use super::{Call, Event, Readmitted, StepFinished, Verdict};
use crate::domain::file::without_contents;
use crate::domain::{Explanation, Lang, LoggedStep, SourceKinds, VerdictReason};
use crate::store::{Entry, History};

/// Returns a submission without its history.
pub fn entry(entry: &Entry, sources: &SourceKinds, lang: Lang) -> Value {
    json!({
        "id": entry.id, "identity": entry.identity, "received_at": entry.received_at,
        "source": entry.source.name(), "address": entry.source.address(),
        "name": sources.title(&entry.source),
        "profile": entry.profile, "state": entry.state, "reason": entry.reason,
        "note": entry.note.as_ref().map(|note| note.to_text(lang)), "why": entry.note,
        "attempt": entry.attempt, "due_at": entry.due_at, "repeats": entry.repeats,
        "contact": entry.contact,
        "record": entry.record.map(|(kind, id)| json!({"kind": kind, "id": id})),
        "left_out": entry.left_out, "person": entry.person,
    })
}

/// Returns a submission with its body, its events and the outcomes of its steps.
pub fn history(history: &History, sources: &SourceKinds, lang: Lang) -> Value {
    let events: Vec<Value> = history
        .events
        .iter()
        .map(|logged| {
            json!({
                "at": logged.at, "attempt": logged.attempt, "kind": logged.event.kind(),
                "event": payload(&logged.event, lang),
            })
        })
        .collect();
    let mut whole = entry(&history.entry, sources, lang);
    whole["body"] = json!(body_text(history, sources));
    whole["events"] = Value::from(events);
    whole["step"] = json!(history.step);
    whole["steps"] = history.steps.iter().map(outcome).collect();
    whole
}

/// Returns the body as it came, without the contents of files.
fn body_text(history: &History, sources: &SourceKinds) -> String {
    let (source, raw) = (&history.entry.source, &history.raw);
    let parts = sources.file_parts(source, raw);
    let mut text = String::new();
    let mut from = 0;
    for range in parts.iter().flat_map(|parts| &parts.ranges) {
        let between = raw.get(from..range.start).unwrap_or_default();
        text.push_str(&String::from_utf8_lossy(between));
        text.extend(["(", &range.len().to_string(), " bytes)"]);
        from = range.end;
    }
    let rest = raw.get(from..).unwrap_or_default();
    text.push_str(&String::from_utf8_lossy(rest));
    without_contents(&text).unwrap_or(text)
}

fn payload(event: &Event, lang: Lang) -> Value {
    match event {
        Event::Planned(planned) => json!(planned),
        Event::Call(call) => self::call(call, lang),
        Event::Step(step) => self::step(step, lang),
        Event::Verdict(verdict) => self::verdict(verdict, &[], lang),
        Event::Repeated(repeated) => json!(repeated),
        Event::Readmitted(before) => readmitted(before, lang),
        Event::Requeued(requeued) => json!(requeued),
        Event::Because(why) => json!(why),
        Event::Note(note) => json!(note),
        Event::Foreign(foreign) => json!(foreign.payload),
    }
}

/// Returns the outcome of a step as data.
fn outcome(step: &LoggedStep) -> Value {
    let LoggedStep { at, outcome } = step;
    let refusal = outcome.refusal.as_ref();
    json!({
        "name": outcome.name, "destination": outcome.destination.to_string(),
        "verdict": outcome.verdict, "result": outcome.result, "at": at,
        "reason": refusal.map(|refusal| refusal.reason),
        "why": refusal.map(|refusal| &refusal.text),
    })
}

/// Returns the reason in words. A sentence that an earlier release stored in English is shown in
/// the operator's language if a step of the explanation says the same.
pub fn in_words(reason: &VerdictReason, steps: &[&Explanation], lang: Lang) -> String {
    match reason {
        VerdictReason::Text(text) => Explanation::retell(steps, text.as_str(), lang),
        _ => None,
    }
    .unwrap_or_else(|| reason.to_text(lang))
}

/// Returns a verdict: `text` in words, `why` as data.
pub fn verdict(verdict: &Verdict, steps: &[&Explanation], lang: Lang) -> Value {
    let mut whole = json!(verdict);
    if let Some(reason) = &verdict.text {
        whole["text"] = json!(in_words(reason, steps, lang));
        whole["why"] = json!(reason);
    }
    whole
}

/// Returns a finished step.
fn step(step: &StepFinished, lang: Lang) -> Value {
    let mut whole = json!(step);
    if let Some(reason) = &step.text {
        whole["text"] = json!(reason.to_text(lang));
        whole["why"] = json!(reason);
    }
    whole
}

/// Returns a call: the `answer` of a failed one, or of its failed commands, has `failed` in words
/// and `why` as data.
pub fn call(call: &Call, lang: Lang) -> Value {
    let readable = |answer: &Value| match Call::failure(answer) {
        Some(failure) => json!({"failed": failure.to_text(lang), "why": failure}),
        None => answer.clone(),
    };
    let mut whole = json!(call);
    whole["answer"] = match &call.answer {
        Value::Array(answers) => answers.iter().map(readable).collect(),
        answer => readable(answer),
    };
    whole
}

/// Returns an earlier refusal.
fn readmitted(before: &Readmitted, lang: Lang) -> Value {
    let mut whole = json!(before);
    if let Some(reason) = &before.reason {
        whole["reason"] = json!(reason.to_text(lang));
        whole["why"] = json!(reason);
    }
    whole
}
