//! Why a submission is in its state: a code with values, stored as data and rendered when it is
//! read, in English or Russian. Releases before 0.2 stored an English or Russian sentence: known
//! ones are read as data, others are shown as they are.

mod amocrm;
mod crm;
mod http;
mod mail;
mod old_rejections;
mod portal_words;
mod recording;
mod redirected;
mod rejected;
mod sentences;
mod stored;
mod subject;

use serde::{Deserialize, Serialize};

pub use self::amocrm::{AmoDisconnect, AmoFailure};
pub use self::crm::{CrmFailure, NetworkFailure, NoAnswer, TOKEN_METHOD};
pub use self::http::HttpFailure;
pub use self::mail::{MailCause, MailFailure};
pub use self::portal_words::portal_words;
pub use self::recording::RecordingFault;
pub use self::redirected::Redirected;
pub use self::rejected::{NotASubmission, RejectedValue};
pub use self::subject::ReasonSubject;
use super::{Bilingual, ContactId, Explanation, Lang, Note, Personal, bilingual, body, plural};
use stored::StoredReason;

/// The reason of a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredReason", into = "StoredReason")]
pub enum VerdictReason {
    /// Points of the attempt's explanation.
    Because(Vec<Explanation>),
    /// A call to the CRM failed.
    Crm(Box<CrmFailure>),
    /// A request to an HTTP service failed.
    Http(Box<HttpFailure>),
    /// A letter was not sent.
    Mail(Box<MailFailure>),
    /// The recording of a call cannot be attached.
    Recording(Box<RecordingFault>),
    /// amoCRM could not be read.
    Amocrm(Box<AmoFailure>),
    /// A path or a comment of a step lacks a value of this name.
    StepLacksValue(String),
    /// Several contacts match, and the profile says `several: park`.
    SeveralContacts(Vec<ContactId>),
    /// More contacts share a value than can be read.
    TooManyContacts,
    /// The settings have no such connection; `None` if the profile names none and there are
    /// several.
    NoConnection(Option<String>),
    /// The settings have no such destination of another kind: `http:calltouch`.
    NoDestination(String),
    /// No profile takes the submission.
    NoProfile,
    /// The stored body is a single value, which a profile cannot map.
    SingleValue,
    /// The stored body cannot be decoded again: a bug.
    BodyUnreadable,
    /// A bug: the code panicked.
    Fault,
    /// The program ended this many times in a row while it worked on the submission.
    Crashed(u32),
    /// No profile took the captured request in time.
    CaptureExpired,
    /// A person removed the content before it was delivered.
    Erased,
    /// Values that the profile requires are missing or wrong.
    Rejected(Vec<RejectedValue>),
    /// The request contains no submission.
    NotASubmission(NotASubmission),
    /// The body of the request cannot be decoded.
    Undecodable(Box<body::Mistake>),
    /// The request is not a hook of amoCRM.
    NotAHook,
    /// The hook has more items than this.
    HookTooLong(usize),
    /// leadgate's own user made the change of which the hook tells.
    OwnChange,
    /// A newer change of the same item has been received.
    Overtaken,
    /// A person decided that nothing is to be done with it.
    Dismissed {
        /// The name of the person, or of the token.
        by: String,
        /// What the person noted.
        note: Personal,
    },
    /// A PBX announced the recording at this address apart from the record of its call.
    LateRecording(String),
    /// It is a part of this call of a PBX, whose submission has its content.
    PartOfCall(String),
    /// A sentence that an earlier release stored, or data of a later one.
    Text(Personal),
}

impl VerdictReason {
    /// Returns the reason of a plan that could not be made.
    pub fn unmapped(notes: impl IntoIterator<Item = Note>) -> Self {
        Self::Because(notes.into_iter().map(Explanation::Mapping).collect())
    }

    /// Returns the points of the explanation that the reason repeats.
    pub fn steps(&self) -> &[Explanation] {
        match self {
            Self::Because(steps) => steps,
            _ => &[],
        }
    }

    /// Returns the reason as a sentence without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        match self {
            Self::Because(steps) => {
                let steps: Vec<String> = steps.iter().map(|step| step.to_text(lang)).collect();
                steps.join("; ")
            }
            Self::Crm(failure) => failure.to_text(lang),
            Self::Http(failure) => failure.to_text(lang),
            Self::Mail(failure) => failure.to_text(lang),
            Self::Recording(fault) => fault.to_text(lang),
            Self::Amocrm(failure) => failure.to_text(lang),
            Self::StepLacksValue(name) => bilingual!(
                "the step cannot be sent: there is no value for {name}",
                "шаг нельзя выполнить: нет значения для {name}"
            )
            .pick(lang),
            Self::SeveralContacts(ids) => {
                let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                let ids = ids.join(", ");
                bilingual!(
                    "contacts {ids} all match; merge them or choose one",
                    "подходят сразу несколько контактов ({ids}): объедините их или выберите один"
                )
                .pick(lang)
            }
            Self::NoConnection(Some(name)) => bilingual!(
                "the settings have no connection {name}",
                "в настройках нет подключения {name}"
            )
            .pick(lang),
            Self::NoDestination(name) => bilingual!(
                "the settings have no destination {name}",
                "в настройках нет назначения {name}"
            )
            .pick(lang),
            Self::Crashed(times) => crashed(*times).pick(lang),
            Self::Rejected(values) => {
                let values: Vec<String> = values.iter().map(|value| value.to_text(lang)).collect();
                values.join("; ")
            }
            Self::NotASubmission(found) => found.to_text(lang),
            Self::Undecodable(mistake) => mistake.to_text(lang),
            Self::HookTooLong(most) => too_long(*most).pick(lang),
            Self::LateRecording(link) => late_recording(link).pick(lang),
            Self::Dismissed { by, note } => dismissed(by, note).pick(lang),
            Self::PartOfCall(call) => part_of_call(call).pick(lang),
            Self::Text(text) => text.as_str().to_owned(),
            Self::TooManyContacts
            | Self::NoConnection(None)
            | Self::NoProfile
            | Self::SingleValue
            | Self::BodyUnreadable
            | Self::Fault
            | Self::CaptureExpired
            | Self::NotAHook
            | Self::OwnChange
            | Self::Overtaken
            | Self::Erased => self.fixed().pick(lang).to_owned(),
        }
    }

    /// Returns the text of a reason without values.
    fn fixed(&self) -> Bilingual<&'static str> {
        match self {
            Self::TooManyContacts => Bilingual::new(
                "more contacts share the search values than can be read; add fields to `match`, or correct the \
                 contacts that share them",
                "контактов с этими значениями больше, чем можно прочитать: добавьте поля в `match` или \
                 исправьте эти контакты",
            ),
            Self::NoConnection(_) => Bilingual::new(
                "the profile names no connection, and the settings have several",
                "профиль не называет подключение, а в настройках их несколько",
            ),
            Self::NoProfile => Bilingual::new(
                "no profile takes this submission",
                "ни один профиль не берёт это обращение",
            ),
            Self::SingleValue => Bilingual::new(
                "the stored body is a single value: there is nothing to map",
                "сохранённое тело — одно значение: разбирать нечего",
            ),
            Self::BodyUnreadable => Bilingual::new(
                "the stored body cannot be read again: a bug in leadgate, please report it",
                "сохранённое тело не читается: это ошибка leadgate, сообщите о ней",
            ),
            Self::CaptureExpired => Bilingual::new(
                "no profile took it in time",
                "подходящий профиль так и не появился",
            ),
            Self::NotAHook => Bilingual::new(
                "the request is not a hook of amoCRM: it names no entity with an action and items",
                "это не хук amoCRM: в запросе нет сущности с действием и элементами",
            ),
            Self::OwnChange => Bilingual::new(
                "leadgate's own user of amoCRM made this change (`own_users`)",
                "это изменение сделал в amoCRM сам leadgate (`own_users`)",
            ),
            Self::Overtaken => Bilingual::new(
                "a newer change of the same item has been received (`newest: true`)",
                "уже пришло более новое изменение того же элемента (`newest: true`)",
            ),
            Self::Erased => Bilingual::new(
                "its content was erased before it was delivered",
                "содержимое стёрли раньше, чем доставили",
            ),
            _ => Bilingual::new(
                "a bug in leadgate: please report it",
                "ошибка в leadgate: сообщите о ней",
            ),
        }
    }
}

fn late_recording(link: &str) -> Bilingual {
    bilingual!(
        "the PBX announced this recording apart from the record of its call: {link}",
        "АТС сообщила об этой записи разговора отдельно от итогов звонка: {link}"
    )
}

fn dismissed(by: &str, note: &Personal) -> Bilingual {
    let note = note.behind_colon();
    bilingual!("dismissed by {by}{note}", "пропущено вручную ({by}){note}")
}

fn part_of_call(call: &str) -> Bilingual {
    bilingual!(
        "a record of call {call}; it was joined with it",
        "запись о звонке {call}, присоединена к нему"
    )
}

fn too_long(most: usize) -> Bilingual {
    let items = plural::genitive(most, ["элемента", "элементов"]);
    bilingual!(
        "the hook has more than {most} items",
        "в хуке больше {most} {items}"
    )
}

fn crashed(times: u32) -> Bilingual {
    let en = plural::english(times, ["time", "times"]);
    let ru = plural::russian(times, ["раз", "раза", "раз"]);
    bilingual!(
        "the program ended {times} {en} in a row while it worked on this submission",
        "программа завершилась {times} {ru} подряд, когда работала с этим обращением"
    )
}

/// A sentence as an earlier release stored it.
#[cfg(test)]
impl From<&str> for VerdictReason {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

#[cfg(test)]
mod tests;
