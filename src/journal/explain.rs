//! Why a submission became what it became: its history by attempts, in words and as data.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::json::{call as call_json, in_words, verdict};
use super::reasons::is_told_by;
use super::{Call, Entry, History, Note, StepFinished, Verdict, requests, state_texts};
use crate::domain::{
    Bilingual, Event, Explanation, Lang, ProfileRef, VerdictReason, bilingual, text,
};

/// Characters of a request or a reply that are shown.
const SHOWN: usize = 300;

/// What happened in one attempt.
pub struct ExplainedAttempt<'h> {
    /// Its number, from 1.
    pub number: u32,
    /// When it began.
    pub at: Timestamp,
    /// The edition of the profile that made the plan.
    pub profile: Option<&'h ProfileRef>,
    /// What was thought and done, in order.
    pub steps: Vec<ExplainedStep<'h>>,
    /// How it ended.
    pub verdict: Option<&'h Verdict>,
}

impl ExplainedAttempt<'_> {
    /// Returns whether the steps say the same as the reason.
    fn tells(&self, reason: &VerdictReason) -> bool {
        is_told_by(reason, &self.because())
    }

    /// Returns the reason of the verdict in words; `None` if the steps say it.
    pub fn reason(&self, lang: Lang) -> Option<String> {
        let reason = self.verdict?.text.as_ref().filter(|it| !self.tells(it))?;
        Some(in_words(reason, &self.because(), lang))
    }

    /// Says that a mistake in the profile's file made an older edition work.
    pub fn outdated(&self, lang: Lang) -> Option<String> {
        let edition = &self.profile.filter(|profile| profile.outdated)?.hash;
        let text = bilingual!(
            "the profile's file had a mistake: its last good edition {edition} was used",
            "в файле профиля была ошибка: взята его последняя исправная редакция {edition}"
        );
        Some(text.pick(lang))
    }

    fn because(&self) -> Vec<&Explanation> {
        self.steps.iter().filter_map(ExplainedStep::why).collect()
    }
}

/// What an attempt thought or did.
pub enum ExplainedStep<'h> {
    /// A step of the reasoning.
    Because(&'h Explanation),
    /// A remark.
    Note(&'h Note),
    /// A request to an HTTP service. Calls to the CRM are in the journal.
    Request(&'h Call),
    /// A step of the plan ended.
    Finished(&'h StepFinished),
}

impl<'h> ExplainedStep<'h> {
    fn why(&self) -> Option<&'h Explanation> {
        match self {
            Self::Because(why) => Some(why),
            Self::Note(_) | Self::Request(_) | Self::Finished(_) => None,
        }
    }

    /// Returns the header fields and the body of a request.
    pub fn details(&self) -> Vec<String> {
        match self {
            Self::Request(call) if !call.is_mail() => {
                requests::lines(&call.params, requests::in_one_line)
            }
            _ => Vec::new(),
        }
    }

    /// Returns it in one sentence.
    pub fn to_text(&self, lang: Lang) -> String {
        match self {
            Self::Because(why) => why.to_text(lang),
            Self::Note(note) => note.to_text(lang).to_owned(),
            Self::Request(call) if call.is_mail() => letter(call, lang),
            Self::Request(call) => request(call, lang),
            Self::Finished(step) => state_texts::finished(step, lang),
        }
    }
}

/// Returns a letter with what the mail server said, in one line. The journal shows all of it.
fn letter(call: &Call, lang: Lang) -> String {
    let part = |name| call.params.get(name);
    let subject = part("subject").and_then(Value::as_str).unwrap_or_default();
    let subject = text::ellipsis(subject, SHOWN);
    let to = part("to").and_then(Value::as_array).into_iter().flatten();
    let to: Vec<&str> = to.filter_map(Value::as_str).collect();
    let to = text::ellipsis(&to.join(", "), SHOWN);
    let said = said_to_letter(&call.answer, lang);
    let (method, ms) = (&call.method, call.duration_ms);
    bilingual!(
        "letter “{subject}” to {to} ({method}) → {said}, {ms} ms",
        "письмо «{subject}» на {to} ({method}) → {said}, {ms} мс"
    )
    .pick(lang)
}

/// Returns what a mail server said to a letter, or why it said nothing.
pub fn said_to_letter(answer: &Value, lang: Lang) -> String {
    let part = |name| answer.get(name).and_then(Value::as_str);
    let words = [part("words"), part("error")].into_iter().flatten();
    let said = words.into_iter().find(|words| !words.is_empty());
    said.map_or_else(
        || Bilingual::new("accepted", "принято").pick(lang).to_owned(),
        |words| text::ellipsis(words, SHOWN),
    )
}

/// Returns the address of a request with its reply and its duration in one line.
fn request(call: &Call, lang: Lang) -> String {
    let short = |value: &Value| text::ellipsis(&value.to_string(), SHOWN);
    let address = requests::address(&call.method, &call.params);
    let status = match call.status {
        Some(status) => bilingual!("status {status}", "статус {status}").pick(lang),
        None => Bilingual::new("no reply", "ответа нет")
            .pick(lang)
            .to_owned(),
    };
    let reply = call
        .answer
        .get("body")
        .or_else(|| call.answer.get("requests"));
    let reply = reply.map_or_else(String::new, |reply| format!(", {}", short(reply)));
    let failure = Call::http_failure(&call.answer);
    let failure = failure.map(|failure| format!(": {}", failure.without_reply().to_text(lang)));
    let ms = call.duration_ms;
    let head = bilingual!(
        "{address} → {status}, {ms} ms",
        "{address} → {status}, {ms} мс"
    );
    format!("{}{reply}{}", head.pick(lang), failure.unwrap_or_default())
}

/// Returns the history by attempts, without what happened before the first.
pub fn attempts(history: &History) -> Vec<ExplainedAttempt<'_>> {
    let mut attempts: Vec<ExplainedAttempt<'_>> = Vec::new();
    for logged in history.events.iter().filter(|logged| logged.attempt > 0) {
        if attempts
            .last()
            .is_none_or(|last| last.number != logged.attempt)
        {
            attempts.push(ExplainedAttempt {
                number: logged.attempt,
                at: logged.at,
                profile: None,
                steps: Vec::new(),
                verdict: None,
            });
        }
        let Some(attempt) = attempts.last_mut() else {
            continue;
        };
        match &logged.event {
            Event::Planned(planned) => attempt.profile = Some(&planned.plan.profile),
            Event::Because(why) => attempt.steps.push(ExplainedStep::Because(why)),
            Event::Note(note) => attempt.steps.push(ExplainedStep::Note(note)),
            Event::Step(step) => attempt.steps.push(ExplainedStep::Finished(step)),
            Event::Verdict(verdict) => attempt.verdict = Some(verdict),
            Event::Call(call) if call.is_http() => {
                attempt.steps.push(ExplainedStep::Request(call));
            }
            Event::Call(_)
            | Event::Repeated(_)
            | Event::Readmitted(_)
            | Event::Requeued(_)
            | Event::Foreign(_) => {}
        }
    }
    attempts
}

/// Returns the result, and what follows from it; `shown` writes a time.
pub fn conclusion(entry: &Entry, shown: impl Fn(Timestamp) -> String, lang: Lang) -> Vec<String> {
    let mut lines = vec![state_texts::outcome(entry, lang)];
    if let Some(due) = entry.due_at {
        let at = shown(due);
        lines.push(bilingual!("Next attempt: {at}", "Следующая попытка: {at}").pick(lang));
    }
    if let Some(reason) = entry.reason {
        let (what, advice) = state_texts::parked_by(reason, entry.note.as_ref(), lang);
        let again = Bilingual::new("Then", "Затем").pick(lang);
        lines.push(bilingual!("{reason}: {what}", "{what} ({reason})").pick(lang));
        lines.push(bilingual!("What to do: {advice}", "Что делать: {advice}").pick(lang));
        lines.push(format!("{again}: leadgate replay {}", entry.id.short()));
    }
    lines
}

/// Adds the attempts and the result to a submission as JSON.
pub fn add_to_json(
    whole: &mut Value,
    entry: &Entry,
    attempts: &[ExplainedAttempt<'_>],
    lang: Lang,
) {
    let attempts: Vec<Value> = attempts
        .iter()
        .map(|attempt| {
            let steps: Vec<Value> = attempt
                .steps
                .iter()
                .map(|step| match step {
                    ExplainedStep::Because(why) => {
                        json!({"because": why, "text": why.to_text(lang)})
                    }
                    ExplainedStep::Note(note) => json!({"text": note.to_text(lang)}),
                    ExplainedStep::Request(call) => {
                        json!({"request": call_json(call, lang), "text": step.to_text(lang)})
                    }
                    ExplainedStep::Finished(finished) => {
                        json!({"step": finished, "text": step.to_text(lang)})
                    }
                })
                .collect();
            json!({"attempt": attempt.number, "at": attempt.at, "profile": attempt.profile.map(|profile| &profile.name),
                   "steps": steps, "verdict": attempt.verdict.map(|found| verdict(found, &attempt.because(), lang))})
        })
        .collect();
    whole["attempts"] = Value::from(attempts);
    whole["conclusion"] = json!(conclusion(entry, |at| at.to_string(), lang));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_shows_its_subject_and_what_the_mail_server_said() {
        for (answer, en, ru) in [
            (json!({}), "accepted", "принято"),
            (
                json!({"error": "refused", "words": "550 no such user"}),
                "550 no such user",
                "550 no such user",
            ),
            (
                json!({"error": "the connection broke", "words": ""}),
                "the connection broke",
                "the connection broke",
            ),
        ] {
            let call = Call {
                method: "SMTP mail.example".into(),
                params: json!({
                    "to": ["anna@mail.example", "ops@mail.example"], "subject": "Заказ 7",
                    "text": "a long text",
                }),
                status: None,
                answer,
                duration_ms: 5,
                commands: 1,
            };
            let whole = |lang| letter(&call, lang);
            let to = "anna@mail.example, ops@mail.example (SMTP mail.example)";
            assert_eq!(
                whole(Lang::En),
                format!("letter “Заказ 7” to {to} → {en}, 5 ms")
            );
            assert_eq!(
                whole(Lang::Ru),
                format!("письмо «Заказ 7» на {to} → {ru}, 5 мс")
            );
        }
    }
}
