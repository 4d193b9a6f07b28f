//! Explains what becomes of calls and their recordings, in both languages.

use serde::{Deserialize, Serialize};

use crate::domain::file::file_size;
use crate::domain::{Bilingual, Lang, UserId, bilingual};

/// A step about a call of a PBX.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallExplanation {
    /// It is in the timeline already.
    There,
    /// It was in the timeline, and has what a later record says.
    Changed,
    /// The portal's telephony has it, as a call of this employee.
    InTelephony(UserId),
    /// It becomes an activity of its own.
    AsActivity(NotInTelephony),
    /// The settings say that recordings are not attached.
    RecordingOff,
    /// The call is not in the timeline, so the recording is not either.
    NoCall,
    /// The text of the activity has the address of the recording.
    RecordingInText,
    /// The portal has fetched the recording.
    RecordingFetched,
    /// The recording was uploaded: this many bytes.
    RecordingUploaded(u64),
}

/// Why the portal's telephony does not have a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotInTelephony {
    /// The connection may not use telephony.
    NotAllowed,
    /// Nobody is known to whom the call belongs.
    NoEmployee,
    /// The portal counts the call but has put it into no timeline.
    NoActivity,
}

impl CallExplanation {
    /// Returns the step as a sentence without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        let fixed = match self {
            Self::InTelephony(user) => {
                return bilingual!(
                    "the call is in the portal's telephony, employee {user}",
                    "звонок записан в телефонию портала, сотрудник {user}"
                )
                .pick(lang);
            }
            Self::RecordingUploaded(bytes) => {
                let size = file_size(*bytes);
                return bilingual!(
                    "the recording is uploaded ({size})",
                    "запись разговора загружена на портал ({size})"
                )
                .pick(lang);
            }
            Self::AsActivity(why) => why.text(),
            Self::There => Bilingual::new(
                "the call is already in the timeline",
                "звонок уже есть в таймлайне",
            ),
            Self::Changed => Bilingual::new(
                "the call in the timeline was changed by a later record",
                "звонок в таймлайне изменён по более поздней записи АТС",
            ),
            Self::RecordingOff => Bilingual::new(
                "recordings are not attached (recording = off)",
                "записи разговоров не прикрепляются (recording = off)",
            ),
            Self::NoCall => Bilingual::new(
                "the call is not in the timeline, so its recording is not attached",
                "звонка в таймлайне нет, прикреплять запись разговора не к чему",
            ),
            Self::RecordingInText => Bilingual::new(
                "the text of the call has the link to the recording",
                "ссылка на запись разговора есть в тексте звонка",
            ),
            Self::RecordingFetched => Bilingual::new(
                "the portal has fetched the recording",
                "портал скачал запись разговора",
            ),
        };
        fixed.pick(lang).to_owned()
    }
}

impl NotInTelephony {
    fn text(self) -> Bilingual<&'static str> {
        match self {
            Self::NotAllowed => Bilingual::new(
                "the connection may not use telephony, so the call is added as an activity",
                "телефония этому подключению недоступна, поэтому звонок добавлен как дело",
            ),
            Self::NoEmployee => Bilingual::new(
                "no employee is known for the call, so it is added as an activity",
                "неизвестно, чей это звонок, поэтому он добавлен как дело",
            ),
            Self::NoActivity => Bilingual::new(
                "the portal counted the call but added it to no timeline, so it becomes an activity",
                "портал учёл звонок, но не добавил его в таймлайн, поэтому звонок добавлен как дело",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Explanation;

    #[test]
    fn every_step_is_stored_as_data_and_shown_in_both_languages() {
        let why = [
            NotInTelephony::NotAllowed,
            NotInTelephony::NoEmployee,
            NotInTelephony::NoActivity,
        ];
        let others = [
            CallExplanation::There,
            CallExplanation::Changed,
            CallExplanation::InTelephony(UserId::new(6).unwrap()),
            CallExplanation::RecordingOff,
            CallExplanation::NoCall,
            CallExplanation::RecordingInText,
            CallExplanation::RecordingFetched,
            CallExplanation::RecordingUploaded(2048),
        ];
        for about in why
            .map(CallExplanation::AsActivity)
            .into_iter()
            .chain(others)
        {
            let point = Explanation::Call(about);
            let stored = serde_json::to_string(&point).unwrap();
            let read: Explanation = serde_json::from_str(&stored).unwrap();
            assert_eq!(read, point, "{stored}");
            let (en, ru) = (point.to_text(Lang::En), point.to_text(Lang::Ru));
            assert!(!en.is_empty() && en != ru, "{en}");
        }
    }
}
