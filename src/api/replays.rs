//! Replays of many submissions: a dry run, its confirmation, progress, and a stop.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::choice::{BODY, ChoiceBody};
use super::problem::Problem;
use super::{Api, body, check_method};
use crate::domain::{ApiScope, Lang, State, TokenHash, bilingual};
use crate::redact;
use crate::replay::bulk::{BulkOutcome, BulkReplay, BulkRequest, BulkState, BulkView, ReplayBy};

/// The body of a new replay.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplayBody {
    choice: ChoiceBody,
    #[serde(default = "today")]
    by: ReplayBy,
    /// Also submissions that were rejected on receipt.
    #[serde(default)]
    rejected: bool,
    /// Also delivered submissions, of which this step is repeated.
    #[serde(default)]
    delivered_step: Option<String>,
    /// And the steps after it.
    #[serde(default)]
    onwards: bool,
}

fn today() -> ReplayBy {
    ReplayBy::TodaysProfile
}

impl Api {
    /// Answers a request below `/replays`.
    pub(super) async fn answer_replays(
        &self,
        request: &HttpRequest,
        body: web::Payload,
        (rest, lang): (&[&str], Lang),
    ) -> Result<HttpResponse, Problem> {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        let allowed = match rest {
            [] => "GET, HEAD, POST",
            [_] => "GET, HEAD",
            [_, "confirm" | "stop"] => "POST",
            _ => return Err(Problem::NoSuchAddress),
        };
        check_method(request, allowed)?;
        if is_read {
            self.allow(request, ApiScope::ReadSubmissions).await?;
            let answer = match rest {
                [id] => self.replay(number(id)?, lang).await?,
                _ => self.all_replays().await?,
            };
            return Ok(reply(StatusCode::OK, &answer));
        }
        let token = self.allow(request, ApiScope::WriteSubmissions).await?;
        self.change_replay(token, (rest, lang), body).await
    }

    async fn change_replay(
        &self,
        token: TokenHash,
        (rest, lang): (&[&str], Lang),
        body: web::Payload,
    ) -> Result<HttpResponse, Problem> {
        let who = self.name_of(token).await?;
        let (id, status) = match rest {
            [] => {
                let id = self
                    .make_replay(&who, body::read(body, BODY).await?)
                    .await?;
                (id, StatusCode::CREATED)
            }
            [id, what] => {
                let id = number(id)?;
                let action = if *what == "confirm" {
                    self.replays.confirm(id, &who).await?;
                    "replay-confirmed"
                } else {
                    self.replays.stop(id).await?;
                    "replay-stopped"
                };
                self.audit(&who, (action, ""), json!({ "replay": id }))
                    .await?;
                (id, StatusCode::OK)
            }
            _ => return Err(Problem::NoSuchAddress),
        };
        Ok(reply(status, &self.replay(id, lang).await?))
    }

    async fn make_replay(&self, who: &str, body: ReplayBody) -> Result<i64, Problem> {
        let step = body.delivered_step.map(|step| step.trim().to_owned());
        if step.as_ref().is_some_and(String::is_empty) {
            return Err(Problem::Body(bilingual!(
                "`delivered_step`: name the step to repeat, such as `crm`",
                "`delivered_step`: укажите шаг, который повторить, например `crm`"
            )));
        }
        let states = [
            (body.rejected, State::Rejected),
            (step.is_some(), State::Delivered),
        ];
        let also = states.into_iter().filter(|(wanted, _)| *wanted);
        let request = BulkRequest {
            chosen: body.choice.into_chosen()?,
            by: body.by,
            also: also.map(|(_, state)| state).collect(),
            step,
            is_onwards: body.onwards,
            who: who.to_owned(),
        };
        Ok(self.replays.make(request).await?)
    }

    async fn replay(&self, id: i64, lang: Lang) -> Result<Value, Problem> {
        let view = self.replays.view(id).await?;
        let fates = view.fates().into_iter().map(|(fate, count)| {
            json!({
                "fate": fate, "count": count, "is_taken": fate.is_taken(),
                "title": fate.title(lang), "details": fate.details(lang),
            })
        });
        let mut whole = of_replay(&view.replay);
        whole["fates"] = Value::from(fates.collect::<Vec<_>>());
        whole["counts"] = counts(&view);
        Ok(whole)
    }

    async fn all_replays(&self) -> Result<Value, Problem> {
        let replays = self.replays.list().await?;
        let items: Vec<Value> = replays.iter().map(of_replay).collect();
        Ok(json!({ "items": items }))
    }
}

/// Parses the number of a replay.
fn number(text: &str) -> Result<i64, Problem> {
    text.parse().map_err(|_| Problem::NoSuchReplay)
}

fn of_replay(replay: &BulkReplay) -> Value {
    json!({
        "number": replay.id, "state": replay.state, "made_at": replay.made_at,
        "made_by": replay.who, "by": replay.order.by, "choice": replay.order.choice,
        "confirmed_at": replay.confirmed_at, "confirmed_by": replay.confirmed_by,
        "ended_at": replay.ended_at,
    })
}

fn counts(view: &BulkView) -> Value {
    let is_examined = view.replay.state != BulkState::Examining;
    json!({
        "total": view.total(), "unexamined": view.unexamined(),
        "taken": is_examined.then(|| view.taken()), "not_begun": view.not_begun(),
        "under_way": view.ended(BulkOutcome::Queued),
        "delivered": view.ended(BulkOutcome::Delivered),
        "parked": view.ended(BulkOutcome::Parked),
        "unchanged": view.ended(BulkOutcome::Unchanged),
    })
}

fn reply(status: StatusCode, answer: &Value) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("application/json")
        .body(redact::mask(&answer.to_string()).into_owned())
}
