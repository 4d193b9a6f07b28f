//! The ways by which people are told.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use jiff::Timestamp;
use serde_json::Value;

use super::message::{Message, Voice};
use super::outbox::Way;
use crate::config::{AlertSettings, HttpAlert};
use crate::crm::Connection;
use crate::delivery::mail::{Letter, Mailer};
use crate::delivery::{Claims, DestinationClient, FoundId, Helpers, Job, Turns, Verdict};
use crate::domain::file::AttachedFiles;
use crate::domain::text::ellipsis;
use crate::domain::{
    Bilingual, HttpBody, HttpStep, Lang, SourceKinds, Step, StepKind, StepResult, StepText,
    StepValue, SubmissionId, SuccessRule, VerdictReason, bilingual,
};

/// How long one way may take. The portal's budget may keep a notice waiting behind deliveries.
const LIMIT: Duration = Duration::from_secs(120);

/// Characters of a message below its title that an HTTP service gets: Telegram takes 4,096 in all.
const LONGEST_REQUEST: usize = 3_500;

/// What messages are sent with.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    /// The mail server, if there is one.
    pub mailer: Option<Arc<Mailer>>,
    /// The portal that notifies employees, if there are any to notify.
    pub connection: Option<Arc<Connection>>,
    /// The HTTP service, if one is told, and what it gets.
    pub http: Option<(Arc<dyn DestinationClient>, HttpAlert)>,
}

/// Why a message was not sent.
#[derive(Debug)]
pub enum AlertError {
    /// The mail server, the portal or the service did not take it.
    NotTaken(VerdictReason),
    /// There is no mail server.
    NoMailServer,
    /// There is no portal.
    NoConnection,
    /// The HTTP service is one of the sandbox, which a command does not reach.
    NoService,
    /// It took too long.
    TooLong,
}

impl AlertError {
    /// Returns the error as a sentence without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        let fixed = match self {
            Self::NotTaken(reason) => return reason.to_text(lang),
            Self::NoMailServer => Bilingual::new(
                "there is no mail server; set mail.server",
                "почтовый сервер не задан: укажите mail.server",
            ),
            Self::NoConnection => Bilingual::new(
                "there is no portal; correct alerts.crm",
                "портала нет: исправьте alerts.crm",
            ),
            Self::NoService => Bilingual::new(
                "it is a service of the sandbox, which only the running gateway reaches",
                "это сервис песочницы, до него достаёт только работающий шлюз",
            ),
            Self::TooLong => {
                let seconds = LIMIT.as_secs();
                return bilingual!(
                    "it took longer than {seconds} s",
                    "не удалось отправить за {seconds} с"
                )
                .pick(lang);
            }
        };
        fixed.pick(lang).to_owned()
    }
}

impl fmt::Display for AlertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(Lang::En))
    }
}

impl std::error::Error for AlertError {}

impl fmt::Display for Way {
    /// Names the way for the log: of an address only the domain.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mail(email) => write!(f, "mail to …@{}", email.domain()),
            Self::Bitrix24(employee) => write!(f, "notice to employee {employee}"),
            Self::Http(service) => write!(f, "request to {service}"),
        }
    }
}

impl Way {
    /// Returns all ways of the settings.
    pub fn all(settings: &AlertSettings) -> Vec<Self> {
        let mail = settings.mail.iter().cloned().map(Self::Mail);
        let employees = settings.bitrix24.iter().copied().map(Self::Bitrix24);
        let http = settings.http.iter();
        let http = http.map(|http| Self::Http(http.service.clone()));
        mail.chain(employees).chain(http).collect()
    }
}

/// A message for one recipient.
pub(super) struct Outgoing {
    /// Tells the messages apart, the same for every attempt.
    pub(super) id: String,
    pub(super) way: Way,
    pub(super) message: Message,
}

impl Ways {
    /// Sends a test message every way of the settings, and returns how each went.
    pub async fn test(
        &self,
        settings: &AlertSettings,
        now: Timestamp,
    ) -> Vec<(Way, Result<(), AlertError>)> {
        let message = Voice::new(settings, SourceKinds::default()).test();
        let ways = Way::all(settings);
        let outgoing = ways.iter().enumerate().map(|(index, way)| Outgoing {
            id: format!("test.{}.{index}", now.as_microsecond()),
            way: way.clone(),
            message: message.clone(),
        });
        let results = self.send(outgoing.collect(), now).await;
        ways.into_iter().zip(results).collect()
    }

    /// Sends messages, all ways at the same time; returns how each went, in order.
    pub(super) async fn send(
        &self,
        outgoing: Vec<Outgoing>,
        now: Timestamp,
    ) -> Vec<Result<(), AlertError>> {
        join_all(outgoing.into_iter().map(|one| async move {
            match tokio::time::timeout(LIMIT, self.send_one(one, now)).await {
                Ok(sent) => sent,
                Err(_) => Err(AlertError::TooLong),
            }
        }))
        .await
    }

    async fn send_one(&self, outgoing: Outgoing, now: Timestamp) -> Result<(), AlertError> {
        let Message { title, body } = outgoing.message;
        match outgoing.way {
            Way::Mail(email) => {
                let mailer = self.mailer.as_ref().ok_or(AlertError::NoMailServer)?;
                let letter = Letter {
                    id: format!("alert.{}", outgoing.id),
                    to: vec![email],
                    reply_to: None,
                    subject: title,
                    text: body,
                    html: None,
                    attachments: Vec::new(),
                };
                let sent = mailer.send(std::slice::from_ref(&letter), now).await;
                let sent: Result<Vec<_>, _> = sent.into_iter().collect();
                sent.map(drop)
                    .map_err(|error| VerdictReason::Mail(Box::new(error.failure())))
            }
            Way::Bitrix24(employee) => {
                let connection = self.connection.as_ref().ok_or(AlertError::NoConnection)?;
                let text = format!("{title}\n\n{body}");
                let notified = connection.notify(employee, &text).await;
                notified
                    .map(drop)
                    .map_err(|error| VerdictReason::Crm(Box::new(error.failure())))
            }
            Way::Http(_) => {
                let body = ellipsis(&body, LONGEST_REQUEST);
                let (client, http) = self.http.as_ref().ok_or(AlertError::NoService)?;
                request(&**client, http, &title, &body).await
            }
        }
        .map_err(AlertError::NotTaken)
    }
}

/// An alert takes no turn in a rotation.
struct Alone;

impl Claims for Alone {
    fn look_up_begins(&self) {}

    fn claim(&self, wanted: Vec<(SubmissionId, BTreeSet<FoundId>)>) -> Vec<bool> {
        vec![true; wanted.len()]
    }
}

impl Turns for Alone {
    fn assign(&self, _: Vec<(String, SubmissionId)>) -> BoxFuture<'_, Option<Vec<u64>>> {
        async { None }.boxed()
    }
}

/// Sends a message as a step of its own, so that the rate and the limits of the service hold.
async fn request(
    client: &dyn DestinationClient,
    http: &HttpAlert,
    title: &str,
    body: &str,
) -> Result<(), VerdictReason> {
    let path = (!http.path.is_empty()).then(|| StepText::Known(http.path.as_str().into()));
    let step = HttpStep {
        destination: http.service.clone(),
        method: None,
        path,
        query: Vec::new(),
        headers: Vec::new(),
        body: HttpBody::Json(StepValue::Known(filled(&http.json, title, body))),
        success: SuccessRule::default(),
        save: Vec::new(),
    };
    let job = Job {
        id: SubmissionId::fresh(),
        profile: String::new(),
        step: Step::new("alert", StepKind::Http(Box::new(step))),
        steps: Vec::new(),
        uncertain: false,
        made: StepResult::default(),
        attempt: 1,
        step_attempt: 1,
        files: AttachedFiles::default(),
    };
    let helpers = Helpers {
        turns: &Alone,
        claims: &Alone,
    };
    let outcomes = client.deliver(std::slice::from_ref(&job), helpers).await;
    let report = outcomes.into_iter().flatten().next();
    match report.map(|report| report.verdict) {
        Some(Verdict::Done) => Ok(()),
        Some(Verdict::Retry { why: reason, .. } | Verdict::Park { text: reason, .. }) => {
            Err(reason)
        }
        None => Err(VerdictReason::Fault),
    }
}

/// Fills in the body.
fn filled(json: &Value, title: &str, body: &str) -> Value {
    match json {
        Value::String(text) => {
            let whole = format!("{title}\n\n{body}");
            let text = text.replace("{{title}}", title);
            Value::String(text.replace("{{body}}", body).replace("{{text}}", &whole))
        }
        Value::Array(list) => list.iter().map(|one| filled(one, title, body)).collect(),
        Value::Object(members) => {
            let members = members.iter();
            let members = members.map(|(name, one)| (name.clone(), filled(one, title, body)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_is_filled_in_as_a_value() {
        let body = json!({"chat_id": -100, "a": ["{{title}}: {{body}}", true], "text": "{{text}}"});
        let text = "line \"quoted\"\nanother";
        assert_eq!(
            filled(&body, "title", text),
            json!({
                "chat_id": -100, "a": [format!("title: {text}"), true],
                "text": format!("title\n\n{text}"),
            })
        );
    }
}
