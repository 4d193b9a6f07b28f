//! What waits for a person: groups of parked and captured submissions, dismissing, open alerts.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body;
use super::choice::{BODY, ChoiceBody};
use super::problem::Problem;
use super::{Api, as_reply};
use crate::alerts::open_alerts;
use crate::domain::{ApiScope, Lang, bilingual};
use crate::journal::state_texts;
use crate::redact;
use crate::store::{CapturedGroup, ParkedSubject};

/// The longest note, in characters.
const LONGEST_NOTE: usize = 500;

/// The body of a dismissal.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DismissBody {
    choice: ChoiceBody,
    note: String,
}

impl Api {
    /// Answers a request below `/attention`.
    pub(super) async fn answer_attention(
        &self,
        request: &HttpRequest,
        body: web::Payload,
        (rest, lang): (&[&str], Lang),
    ) -> Result<HttpResponse, Problem> {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        let answer = match rest {
            [] if is_read => {
                self.allow(request, ApiScope::ReadSubmissions).await?;
                self.groups(lang).await?
            }
            ["alerts"] if is_read => {
                self.allow(request, ApiScope::ReadSubmissions).await?;
                self.open_alerts(lang).await?
            }
            [] | ["alerts"] => return Err(Problem::Method("GET, HEAD")),
            ["dismiss"] if *request.method() == Method::POST => {
                let token = self.allow(request, ApiScope::WriteSubmissions).await?;
                let who = self.name_of(token).await?;
                self.dismiss(&who, body::read(body, BODY).await?).await?
            }
            ["dismiss"] => return Err(Problem::Method("POST")),
            _ => return Err(Problem::NoSuchAddress),
        };
        Ok(as_reply(redact::mask(&answer.to_string()).into_owned()))
    }

    async fn groups(&self, lang: Lang) -> Result<Value, Problem> {
        let parked = self.store.parked_subjects().await?;
        let captured = self.store.captured_groups().await?;
        let parked = parked.iter().map(|group| of_parked(group, lang));
        let captured = captured.iter().map(of_captured);
        Ok(json!({
            "parked": parked.collect::<Vec<_>>(), "captured": captured.collect::<Vec<_>>(),
        }))
    }

    async fn open_alerts(&self, lang: Lang) -> Result<Value, Problem> {
        let words = (self.sources.clone(), lang);
        let open = open_alerts(&self.store, &self.alerts, words).await?;
        let items = open.iter().map(|alert| {
            json!({
                "kind": alert.kind.as_str(), "text": alert.text, "since": alert.since,
                "advice": alert.advice, "is_told": alert.is_told,
            })
        });
        Ok(json!({"items": items.collect::<Vec<_>>()}))
    }

    async fn dismiss(&self, who: &str, body: DismissBody) -> Result<Value, Problem> {
        let note = body.note.trim();
        if note.is_empty() || note.chars().count() > LONGEST_NOTE {
            return Err(Problem::Body(bilingual!(
                "`note`: write in up to {LONGEST_NOTE} characters why nothing is to be done",
                "`note`: напишите, почему ничего делать не нужно: до {LONGEST_NOTE} знаков"
            )));
        }
        let details = body.choice.facts();
        let chosen = body.choice.into_chosen()?;
        let count = self.replays.dismiss(chosen, who, note).await?;
        self.audit(
            who,
            ("dismissed", ""),
            json!({"count": count, "choice": details}),
        )
        .await?;
        Ok(json!({"dismissed": count}))
    }
}

fn of_parked(group: &ParkedSubject, lang: Lang) -> Value {
    let (what, advice) = state_texts::parked_by(group.reason, group.note.as_ref(), lang);
    json!({
        "profile": group.profile, "reason": group.reason, "subject": group.subject,
        "count": group.count, "since": group.since, "latest": group.latest,
        "example": group.example, "what": what, "advice": advice,
    })
}

fn of_captured(group: &CapturedGroup) -> Value {
    json!({
        "source": group.source, "address": group.address, "count": group.count,
        "unreadable": group.unreadable, "since": group.since, "latest": group.latest,
        "example": group.example,
    })
}
