//! Why a submission waits for a person: a closed list, each with a page in `docs/errors/`.

use serde::{Deserialize, Serialize};

use super::{Lang, bilingual};

/// A reason for parking. Nothing parked is ever dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParkReason {
    /// The profile that took the submission no longer exists or no longer takes it.
    NoProfile,
    /// A value is missing, and the profile says `park`.
    MissingValue,
    /// A value or a template could not be computed.
    MappingFailed,
    /// A path or a condition of the profile would visit too many values of this packet.
    TooCostly,
    /// A list of the portal has no value with this label and the profile says `unknown: park`.
    UnknownLabel,
    /// The profile searches by a field that the portal does not have.
    UnknownField,
    /// Several contacts match and the profile says `several: park` or `conflict: park`.
    SeveralContacts,
    /// Several companies match and the profile says `several: park` or `conflict: park`.
    SeveralCompanies,
    /// The portal refused it permanently; its message is in the journal.
    RefusedByCrm,
    /// An HTTP service refused it permanently; its reply is in the journal.
    RefusedByService,
    /// It is unknown whether an HTTP service took a request that must not be sent twice.
    OutcomeUnknown,
    /// The recording of a call cannot be attached.
    NoRecording,
    /// The profile names a connection that is not in the settings.
    NoConnection,
    /// A bug of leadgate; please report it.
    InternalFault,
    /// The program crashed several times in a row while it worked on this submission.
    CrashSuspect,
}

impl ParkReason {
    /// All reasons, for the documentation and its test.
    pub const ALL: [Self; 15] = [
        Self::NoProfile,
        Self::MissingValue,
        Self::MappingFailed,
        Self::TooCostly,
        Self::UnknownLabel,
        Self::UnknownField,
        Self::SeveralContacts,
        Self::SeveralCompanies,
        Self::RefusedByCrm,
        Self::RefusedByService,
        Self::OutcomeUnknown,
        Self::NoRecording,
        Self::NoConnection,
        Self::InternalFault,
        Self::CrashSuspect,
    ];

    /// Returns the stable word in the store, the journal and the documentation.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoProfile => "no-profile",
            Self::MissingValue => "missing-value",
            Self::MappingFailed => "mapping-failed",
            Self::TooCostly => "too-costly",
            Self::UnknownLabel => "unknown-label",
            Self::UnknownField => "unknown-field",
            Self::SeveralContacts => "several-contacts",
            Self::SeveralCompanies => "several-companies",
            Self::RefusedByCrm => "refused-by-crm",
            Self::RefusedByService => "refused-by-service",
            Self::OutcomeUnknown => "outcome-unknown",
            Self::NoRecording => "no-recording",
            Self::NoConnection => "no-connection",
            Self::InternalFault => "internal-fault",
            Self::CrashSuspect => "crash-suspect",
        }
    }

    /// Returns the reason in a few words: in English the stable word, in Russian both.
    pub fn to_text(self, lang: Lang) -> String {
        let (word, russian) = (self.as_str(), self.in_russian());
        bilingual!("{word}", "{russian} ({word})").pick(lang)
    }

    fn in_russian(self) -> &'static str {
        match self {
            Self::NoProfile => "нет профиля",
            Self::MissingValue => "нет нужного значения",
            Self::MappingFailed => "шаблон не вычисляется",
            Self::TooCostly => "путь перебирает слишком много",
            Self::UnknownLabel => "нет такого значения в списке",
            Self::UnknownField => "нет такого поля на портале",
            Self::SeveralContacts => "подходят несколько контактов",
            Self::SeveralCompanies => "подходят несколько компаний",
            Self::RefusedByCrm => "портал отказал",
            Self::RefusedByService => "сервис отказал",
            Self::OutcomeUnknown => "исход неизвестен",
            Self::NoRecording => "запись разговора не прикреплена",
            Self::NoConnection => "нет подключения",
            Self::InternalFault => "ошибка leadgate",
            Self::CrashSuspect => "подозрение на сбой",
        }
    }

    /// Parses a stored word; returns `None` for an unknown one.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

impl std::fmt::Display for ParkReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
