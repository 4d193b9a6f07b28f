//! The events of a submission: the entries of the journal. They hold people's data but no secrets,
//! so `Debug` shows no content.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Bilingual, CrmFailure, Explanation, HttpFailure, Lang, ParkReason, Personal, Plan, State,
    StepVerdict, VerdictReason,
};

/// One entry in the history of a submission.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A profile made a plan for it.
    Planned(Box<Planned>),
    /// A call to the CRM was made for it.
    Call(Call),
    /// A step of a plan with several steps is finished.
    Step(StepFinished),
    /// An attempt ended.
    Verdict(Verdict),
    /// It was sent again with another body, which is stored with this event.
    Repeated(Repeated),
    /// It had been refused; the sender sent it again, and it was accepted.
    Readmitted(Readmitted),
    /// Its sender sent it again while it was parked, and it was queued for another attempt.
    Requeued(Requeued),
    /// A step of the explanation of its outcome.
    Because(Explanation),
    /// Any other remark.
    Note(Note),
    /// An event that another edition of this program wrote.
    Foreign(Foreign),
}

/// See [`Event::Planned`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// Whether long texts in it were shortened for the journal: such a plan can be shown, but must
    /// not be delivered again.
    #[serde(default, skip_serializing_if = "is_false")]
    pub shortened: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// See [`Event::Call`].
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The CRM's method, `crm.contact.add` or `batch`; for an HTTP service the method and the
    /// address, `POST https://api.example/orders`.
    pub method: String,
    /// What was sent for this submission, without credentials.
    pub params: Value,
    /// The HTTP status of the answer; `None` when none came.
    pub status: Option<u16>,
    /// What was answered for this submission.
    pub answer: Value,
    /// How long the call took.
    pub duration_ms: u64,
    /// How many commands the call carried, those of other submissions included.
    pub commands: u32,
}

/// The key under which an answer has its failure as data. Releases before 0.2 stored an English
/// sentence as `failed`.
const FAILURE: &str = "failure";
/// The same for HTTP services, beside the reply if there was one.
const HTTP_FAILURE: &str = "http_failure";

impl Call {
    /// Returns the answer of a failed call or command.
    pub fn failed(failure: &CrmFailure) -> Value {
        json!({ FAILURE: failure })
    }

    /// Adds the failure of a request to an HTTP service to its answer.
    pub fn with_http_failure(mut answer: Value, failure: &HttpFailure) -> Value {
        match &mut answer {
            Value::Object(members) => {
                members.insert(HTTP_FAILURE.to_owned(), json!(failure));
                answer
            }
            _ => json!({ HTTP_FAILURE: failure }),
        }
    }

    /// Reads the failure of a request to an HTTP service.
    pub fn http_failure(answer: &Value) -> Option<HttpFailure> {
        HttpFailure::deserialize(answer.get(HTTP_FAILURE)?).ok()
    }

    /// Returns whether it went to a mail server: its method is `SMTP host`.
    pub fn is_mail(&self) -> bool {
        self.method.starts_with("SMTP ")
    }

    /// Returns whether it went to an HTTP service: its method is `POST https://host/path`.
    pub fn is_http(&self) -> bool {
        self.method.contains(' ')
    }

    /// Reads the failure of an answer. Returns `None` for any other answer.
    pub fn failure(answer: &Value) -> Option<CrmFailure> {
        CrmFailure::deserialize(answer.get(FAILURE)?).ok()
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("method", &self.method)
            .field("status", &self.status)
            .field("duration_ms", &self.duration_ms)
            .field("commands", &self.commands)
            .finish_non_exhaustive()
    }
}

/// See [`Event::Step`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepFinished {
    /// The step's name.
    pub name: String,
    /// Its destination: `crm:main`.
    pub destination: String,
    /// How it ended.
    pub verdict: StepVerdict,
    /// Why it was refused, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ParkReason>,
    /// The details of the refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<VerdictReason>,
}

/// See [`Event::Verdict`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The state in which the attempt left the submission.
    pub state: State,
    /// Why it is parked, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ParkReason>,
    /// The details.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<VerdictReason>,
    /// When the next attempt is due, if there will be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
}

/// See [`Event::Repeated`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeated {
    /// The size of the other body.
    pub bytes: usize,
    /// Whether it is stored; the number of other bodies per submission is limited.
    pub kept: bool,
}

/// See [`Event::Readmitted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readmitted {
    /// When the refused one was received.
    pub rejected_at: Timestamp,
    /// Why it was refused.
    pub reason: Option<VerdictReason>,
}

/// See [`Event::Requeued`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requeued {
    /// How often this submission was requeued, including this time.
    pub number: u32,
}

/// See [`Event::Note`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What it says, if leadgate itself wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Remark>,
    /// The text for people; in English if there is a code.
    pub text: Personal,
}

/// A remark of leadgate itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remark {
    /// An operator queued the submission again; the profile of that day maps it.
    ReplayedByTodaysProfile,
    /// An operator queued the submission again with its stored plan.
    ReplayedAsMapped,
    /// An attempt found all steps of the plan finished.
    AllStepsFinished,
    /// An attempt waited for another submission, and looked up again.
    WaitedForAnother,
    /// The lead, contacts and company of a hook were read from amoCRM.
    ReadFromAmocrm,
}

impl Remark {
    const ALL: [Self; 5] = [
        Self::ReplayedByTodaysProfile,
        Self::ReplayedAsMapped,
        Self::AllStepsFinished,
        Self::WaitedForAnother,
        Self::ReadFromAmocrm,
    ];

    fn text(self) -> Bilingual<&'static str> {
        match self {
            Self::ReplayedByTodaysProfile => Bilingual::new(
                "queued again by hand, by today's profile",
                "поставлено в очередь вручную, по нынешнему профилю",
            ),
            Self::ReplayedAsMapped => Bilingual::new(
                "queued again by hand, as it was mapped",
                "поставлено в очередь вручную, по прежнему плану",
            ),
            Self::AllStepsFinished => Bilingual::new(
                "all steps of its plan are finished",
                "все шаги плана уже завершены",
            ),
            Self::WaitedForAnother => Bilingual::new(
                "waited for another submission that found the same in the CRM, then looked again",
                "сначала дождались другой заявки, которая нашла то же самое, потом искали заново",
            ),
            Self::ReadFromAmocrm => Bilingual::new(
                "lead, contacts and company were read from amoCRM, as far as it has them",
                "сделка, контакты и компания прочитаны из amoCRM — те, что в нём есть",
            ),
        }
    }
}

impl Note {
    /// Returns the text in a language. Release 0.1.0 stored remarks without a code.
    pub fn to_text(&self, lang: Lang) -> &str {
        let text = self.text.as_str();
        let remark = self.code.or_else(|| {
            let mut all = Remark::ALL.into_iter();
            all.find(|remark| remark.text().pick(Lang::En) == text)
        });
        remark.map_or(text, |remark| remark.text().pick(lang))
    }
}

/// See [`Event::Foreign`].
#[derive(Clone, PartialEq)]
pub struct Foreign {
    /// Its kind as stored.
    pub kind: String,
    /// Its content as stored.
    pub payload: String,
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Foreign")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl Event {
    /// Creates an event for a complete plan.
    pub fn planned(plan: Plan) -> Self {
        Self::Planned(Box::new(Planned {
            plan,
            shortened: false,
        }))
    }

    /// Creates a note with any text.
    pub fn note(text: impl Into<Personal>) -> Self {
        let text = text.into();
        Self::Note(Note { code: None, text })
    }

    /// Creates a remark of leadgate itself.
    pub fn remark(remark: Remark) -> Self {
        Self::Note(Note {
            code: Some(remark),
            text: remark.text().pick(Lang::En).into(),
        })
    }

    /// Returns the name of its kind.
    pub fn kind(&self) -> &str {
        match self {
            Self::Planned(_) => "planned",
            Self::Call(_) => "call",
            Self::Step(_) => "step",
            Self::Verdict(_) => "verdict",
            Self::Repeated(_) => "repeated",
            Self::Readmitted(_) => "readmitted",
            Self::Requeued(_) => "requeued",
            Self::Because(_) => "because",
            Self::Note(_) => "note",
            Self::Foreign(foreign) => &foreign.kind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_answer_is_read_as_data_and_an_old_sentence_is_not() {
        let failure = CrmFailure::Refused {
            method: "crm.deal.add".to_owned(),
            code: "ERROR_CORE".to_owned(),
            text: "Automation failed".into(),
        };
        assert_eq!(Call::failure(&Call::failed(&failure)), Some(failure));
        for other in [
            json!({"failed": "the portal refused crm.deal.add"}),
            json!({"failure": {"of a later release": 1}}),
            json!({"result": {"failure": 1}}),
            json!({"not_run": true}),
            json!([]),
            Value::Null,
        ] {
            assert_eq!(Call::failure(&other), None, "{other}");
        }
    }

    #[test]
    fn remarks_are_shown_in_both_languages_with_and_without_a_code() {
        for remark in Remark::ALL {
            let Event::Note(note) = Event::remark(remark) else {
                unreachable!();
            };
            let stored = serde_json::to_value(&note).unwrap();
            let old = serde_json::json!({"text": stored["text"]});
            assert!(stored["code"].is_string(), "{stored}");
            for stored in [stored, old] {
                let read: Note = serde_json::from_value(stored).unwrap();
                assert_eq!(read.to_text(Lang::En), note.text.as_str());
                let russian = read.to_text(Lang::Ru).replace("amoCRM", "");
                assert!(
                    !russian.contains(|c: char| c.is_ascii_alphabetic()),
                    "{russian}"
                );
            }
        }
        let other: Note = serde_json::from_str(r#"{"text":"found by phone"}"#).unwrap();
        assert_eq!(other.to_text(Lang::Ru), "found by phone");
    }
}
