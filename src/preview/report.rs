//! A preview as JSON, for machines and for the console.

use serde_json::{Value, json};

use super::{Mapped, Packet, StepContent, StepPreview};
use crate::crm::CommandOutcome;
use crate::delivery::crm::ChangePreview;
use crate::delivery::{PauseReason, Verdict};
use crate::domain::{CrmFailure, Lang, Note, ProfileRef, StepText};
use crate::intake;
use crate::mapping::{MappingOutcome, rejection_text};

/// The parts of a preview.
#[derive(Debug, Clone, Copy)]
pub struct PreviewReport<'a> {
    /// The packet.
    pub packet: &'a Packet,
    /// The profile.
    pub profile: &'a ProfileRef,
    /// The mapping part.
    pub mapped: &'a Mapped,
    /// The connection's name and the CRM part, if the CRM was asked.
    pub crm: Option<(&'a str, &'a ChangePreview)>,
    /// The steps after the CRM.
    pub steps: &'a [StepPreview],
    /// The language of texts.
    pub lang: Lang,
}

/// Returns the preview as one object: `packet`, `profile`, `fields`, `outcome`, `left_out`, `crm`,
/// `requests`, `letters`, `updates`.
pub fn report(seen: &PreviewReport<'_>) -> Value {
    let PreviewReport {
        packet,
        profile,
        mapped,
        crm,
        steps,
        lang,
    } = seen;
    let lang = *lang;
    let fields: Vec<Value> = mapped
        .fields
        .iter()
        .map(|field| {
            let notes: Vec<String> = field.notes.iter().map(|what| what.to_text(lang)).collect();
            json!({
                "name": field.name, "from": field.from, "as": field.form, "place": field.place,
                "raw": field.raw, "value": field.value, "notes": notes, "missing": field.missing,
            })
        })
        .collect();
    let left_out: Vec<Value> = mapped
        .left_out
        .iter()
        .map(|left| json!({"block": left.block, "field": left.name, "rule": left.rule}))
        .collect();
    let source = intake::source(packet.source.name()).map(|kind| kind.to_json(&packet.source));
    json!({
        "packet": {"id": packet.id, "source": source, "received_at": packet.received_at},
        "profile": profile,
        "fields": fields,
        "outcome": outcome(&mapped.outcome, lang),
        "left_out": left_out,
        "crm": crm.map(|(name, preview)| crm_part(name, preview, lang)),
        "requests": steps.iter().filter_map(request).collect::<Vec<_>>(),
        "letters": steps.iter().filter_map(letter).collect::<Vec<_>>(),
        "updates": steps.iter().filter_map(update).collect::<Vec<_>>(),
    })
}

fn request(step: &StepPreview) -> Option<Value> {
    let StepContent::Request {
        destination,
        request,
    } = &step.content
    else {
        return None;
    };
    let mut whole = json!({"step": step.name, "when": step.when, "destination": destination});
    if let Some(shown) = request {
        whole["method"] = json!(shown.method);
        whole["address"] = json!(shown.address);
        whole["request"] = shown.to_json();
    }
    Some(whole)
}

fn letter(step: &StepPreview) -> Option<Value> {
    let StepContent::Letter(letter) = &step.content else {
        return None;
    };
    Some(json!({"step": step.name, "when": step.when, "letter": letter}))
}

fn update(step: &StepPreview) -> Option<Value> {
    let StepContent::Update(update) = &step.content else {
        return None;
    };
    let texts = update.fields.iter();
    let fields = texts.map(|(name, text)| (name.clone(), json!(text.shown())));
    Some(json!({
        "step": step.name, "when": step.when, "of": update.of, "target": update.target.as_str(),
        "fields": Value::Object(fields.collect()), "stage": update.stage,
        "comment": update.comment.as_ref().map(StepText::shown),
    }))
}

fn outcome(outcome: &MappingOutcome, lang: Lang) -> Value {
    match outcome {
        MappingOutcome::Plan(plan) => {
            let mut whole = json!({"plan": plan});
            whole["plan"]["notes"] = plan
                .notes
                .iter()
                .map(|note| with_text(note, lang))
                .collect();
            whole
        }
        MappingOutcome::Reject(rejections) => json!({"reject": {
            "fields": rejections.iter().map(|one| one.field.as_str()).collect::<Vec<_>>(),
            "text": rejection_text(rejections, lang),
        }}),
        MappingOutcome::Park { reason, note } => {
            json!({"park": {"reason": reason, "about": note.about, "text": note.what.to_text(lang)}})
        }
    }
}

/// Returns a note as data with its text.
fn with_text(note: &Note, lang: Lang) -> Value {
    let mut whole = json!(note);
    whole["text"] = json!(note.what.to_text(lang));
    whole
}

/// Returns a failed command: its text in English, and why as data.
fn failed(failure: &CrmFailure) -> Value {
    json!({"failed": failure.to_text(Lang::En), "why": failure})
}

fn crm_part(name: &str, preview: &ChangePreview, lang: Lang) -> Value {
    let reads: Vec<Value> = preview
        .reads
        .iter()
        .map(|call| {
            let commands: Vec<Value> = call
                .commands
                .iter()
                .map(|command| {
                    let answer = match &command.outcome {
                        CommandOutcome::Done(result) => json!({"result": result}),
                        CommandOutcome::Failed(failure) => failed(failure),
                        CommandOutcome::NotRun => json!({"not_run": true}),
                    };
                    json!({"method": command.method, "params": command.params, "answer": answer})
                })
                .collect();
            let error = call.error.as_ref().map(|error| error.to_text(Lang::En));
            json!({"method": call.method, "error": error, "why": call.error, "commands": commands})
        })
        .collect();
    let writes: Vec<Value> = preview
        .writes
        .iter()
        .map(|call| {
            let commands: Vec<Value> = call
                .commands
                .iter()
                .map(|(method, params)| json!({"method": method, "params": params}))
                .collect();
            json!({"method": call.method, "params": call.params, "commands": commands})
        })
        .collect();
    let changes: Vec<Value> = preview
        .changes
        .iter()
        .map(|change| {
            json!({
                "target": change.target.to_string(), "field": change.field,
                "old": change.old, "new": change.new,
            })
        })
        .collect();
    json!({
        "connection": name,
        "verdict": preview.verdict.as_ref().map(|one| verdict(one, lang)),
        "contact": preview.contact,
        "company": preview.company,
        "record": preview.record.map(|(kind, id)| json!({"kind": kind, "id": id})),
        "explanation": preview.explanation.iter().map(|why| why.to_text(lang)).collect::<Vec<_>>(),
        "reads": reads, "writes": writes, "changes": changes,
    })
}

fn verdict(verdict: &Verdict, lang: Lang) -> Value {
    match verdict {
        Verdict::Done => json!("delivered"),
        Verdict::Park { reason, text } => {
            json!({"park": {"reason": reason, "text": text.to_text(lang), "why": text}})
        }
        Verdict::Retry { why, pause, .. } => {
            let hold = pause.map(|reason| match reason {
                PauseReason::Throttled => "throttled",
                PauseReason::Unreachable => "unreachable",
                PauseReason::Unanswered => "unanswered",
                PauseReason::Denied => "denied",
            });
            json!({"retry": {"why": why.to_text(lang), "hold": hold}})
        }
    }
}
