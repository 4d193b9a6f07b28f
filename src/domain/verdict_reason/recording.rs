//! Recordings of calls that cannot be attached, as data.

use serde::{Deserialize, Serialize};

use super::{CrmFailure, NetworkFailure};
use crate::domain::file::file_size;
use crate::domain::{Bilingual, Lang, bilingual};

/// Why a recording is not attached, or not yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingFault {
    /// The link is not an address of the web.
    NoAddress,
    /// The link, or a redirect, leads to a host that the settings do not name.
    OtherHost {
        /// The setting that names the hosts.
        setting: String,
        /// The host.
        host: String,
    },
    /// The server redirects again and again, or to no address.
    TooManyRedirects,
    /// The server cannot be reached, or its answer breaks off.
    Unreachable(NetworkFailure),
    /// The server answers with another status than that of a file.
    Status(u16),
    /// The file is empty.
    Empty,
    /// The server answers with a page instead of the file.
    Page,
    /// The file is neither MP3 nor WAV.
    OtherType,
    /// The file is larger than the settings allow.
    TooLarge {
        /// The setting with the limit.
        setting: String,
        /// The most bytes.
        limit: u64,
    },
    /// The portal does not take it.
    Portal(CrmFailure),
    /// It is too large for an activity, and the call is not in telephony.
    TooLargeForActivity {
        /// The most bytes.
        limit: u64,
    },
}

impl RecordingFault {
    /// Returns whether another attempt may succeed: a PBX often has the file only minutes after the
    /// call.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::TooManyRedirects
            | Self::Unreachable(_)
            | Self::Status(_)
            | Self::Empty
            | Self::Page
            | Self::Portal(_) => true,
            Self::NoAddress
            | Self::OtherHost { .. }
            | Self::OtherType
            | Self::TooLarge { .. }
            | Self::TooLargeForActivity { .. } => false,
        }
    }

    /// Returns the fault as a sentence without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        let fixed = match self {
            Self::OtherHost { setting, host } => {
                return bilingual!(
                    "the recording is on {host}, and {setting} does not name this host; add it",
                    "запись разговора лежит на {host}, а в {setting} этого хоста нет; добавьте его"
                )
                .pick(lang);
            }
            Self::Unreachable(network) => {
                let why = network.to_text(lang);
                return bilingual!(
                    "the server with the recording cannot be reached: {why}",
                    "сервер с записью разговора недоступен: {why}"
                )
                .pick(lang);
            }
            Self::Status(status) => {
                return bilingual!(
                    "the server with the recording answers with status {status}",
                    "сервер с записью разговора отвечает статусом {status}"
                )
                .pick(lang);
            }
            Self::TooLarge { setting, limit } => {
                let limit = file_size(*limit);
                return bilingual!(
                    "the recording is larger than {setting} allows ({limit})",
                    "запись разговора больше, чем разрешает {setting} ({limit})"
                )
                .pick(lang);
            }
            Self::TooLargeForActivity { limit } => {
                let limit = file_size(*limit);
                return bilingual!(
                    "the recording is larger than {limit}, and the call is an activity, not in telephony; give the webhook the scope telephony",
                    "запись разговора больше {limit}, а звонок добавлен делом, а не в телефонию; дайте вебхуку право telephony"
                )
                .pick(lang);
            }
            Self::Portal(failure) => return failure.to_text(lang),
            Self::NoAddress => Bilingual::new(
                "the link to the recording is not an address of the web",
                "ссылка на запись разговора — не веб-адрес",
            ),
            Self::TooManyRedirects => Bilingual::new(
                "the server with the recording redirects without end",
                "сервер с записью разговора без конца перенаправляет запрос",
            ),
            Self::Empty => Bilingual::new("the recording is empty", "файл записи разговора пуст"),
            Self::Page => Bilingual::new(
                "the link leads to a web page, not to the recording; does the PBX ask for a sign-in there?",
                "по ссылке не запись разговора, а веб-страница; не просит ли АТС там войти?",
            ),
            Self::OtherType => Bilingual::new(
                "the recording is neither MP3 nor WAV, and Bitrix24 takes no other format",
                "запись разговора не в MP3 и не в WAV, а других форматов Битрикс24 не принимает",
            ),
        };
        fixed.pick(lang).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::VerdictReason;

    #[test]
    fn every_fault_is_stored_as_data_and_shown_in_both_languages() {
        let setting = || "pbx.main.recording_limit".to_owned();
        for fault in [
            RecordingFault::NoAddress,
            RecordingFault::OtherHost {
                setting: setting(),
                host: "pbx.example".to_owned(),
            },
            RecordingFault::TooManyRedirects,
            RecordingFault::Unreachable(NetworkFailure::TimedOut),
            RecordingFault::Status(404),
            RecordingFault::Empty,
            RecordingFault::Page,
            RecordingFault::OtherType,
            RecordingFault::TooLarge {
                setting: setting(),
                limit: 10 << 20,
            },
            RecordingFault::Portal(CrmFailure::NotRun),
            RecordingFault::TooLargeForActivity { limit: 50 << 20 },
        ] {
            let reason = VerdictReason::Recording(Box::new(fault.clone()));
            let stored = reason.to_stored().unwrap();
            assert_eq!(VerdictReason::from_stored(&stored), reason, "{stored}");
            let (en, ru) = (fault.to_text(Lang::En), fault.to_text(Lang::Ru));
            assert!(!en.is_empty() && en != ru, "{en}");
        }
    }
}
