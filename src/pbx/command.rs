//! What leadgate orders a PBX to do, and what comes back, in one shape for every dialect.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use super::dialect::{CallRecord, DialectRules};
use crate::domain::{Bilingual, Lang, NetworkFailure, bilingual};

/// The most digits of a number to dial.
const MOST_DIGITS: usize = 20;

/// How far the clocks of a PBX and of leadgate may be apart.
pub const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);

/// An order to a PBX.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PbxCommand {
    /// Rings the employee's phone and, once answered, dials the number.
    MakeCall {
        /// Who calls.
        user: CommandUser,
        /// Whom to call.
        number: DialNumber,
    },
    /// Puts a call on hold, or ends the hold.
    SwitchHold {
        /// Who talks.
        user: CommandUser,
        /// The call, as events name its leg.
        call: String,
    },
    /// Reads records of calls.
    History(HistoryQuery),
    /// Reads the users of the PBX.
    Users,
}

/// An employee as commands name them. Each dialect uses what its PBX knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandUser {
    /// The number of the employee in the CRM.
    pub crm_user: String,
    /// The inner number, if it is known.
    pub inner: Option<String>,
}

/// Which records of calls to read, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Calls that began at this time or later.
    pub from: Timestamp,
    /// Calls that began before this time.
    pub to: Timestamp,
    /// Only calls from or to one of these numbers; all if there are none.
    pub numbers: Vec<DialNumber>,
    /// How many records at most.
    pub limit: usize,
    /// How many records to skip.
    pub offset: usize,
}

/// A number to dial: digits, perhaps behind a plus.
#[derive(Clone, PartialEq, Eq)]
pub struct DialNumber(String);

impl DialNumber {
    /// Parses what a person typed: blanks, brackets and dashes are dropped.
    pub fn parse(typed: &str) -> Option<Self> {
        let is_separator = |c: &char| c.is_whitespace() || "()-.".contains(*c);
        let number: String = typed.trim().chars().filter(|c| !is_separator(c)).collect();
        let digits = number.strip_prefix('+').unwrap_or(&number);
        let is_number = (1..=MOST_DIGITS).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then_some(Self(number))
    }

    /// Returns the number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Omits the number: it is personal data.
impl fmt::Debug for DialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DialNumber(…)")
    }
}

/// A user of a PBX.
#[derive(Clone, PartialEq, Eq)]
pub struct PbxUser {
    /// The inner number.
    pub inner: String,
    /// First and last name.
    pub name: String,
    /// The e-mail address, if the PBX has it.
    pub email: Option<String>,
}

/// Omits the name and the address: they are personal data.
impl fmt::Debug for PbxUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PbxUser({})", self.inner)
    }
}

/// What commands prove themselves with.
#[derive(Debug, Clone)]
pub struct CommandKeys {
    /// The key of the PBX; `None` if its dialect uses those of its requests.
    pub pbx_key: Option<SecretString>,
    /// The keys of its requests, and what its values mean.
    pub rules: DialectRules,
}

/// A command as it is sent: a POST below the address of the PBX.
#[derive(Clone)]
pub struct CommandRequest {
    /// The path.
    pub path: &'static str,
    /// The header `Authorization`, if there is one.
    pub authorization: Option<SecretString>,
    /// The header `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// Omits the key and the content: they are secret and personal.
impl fmt::Debug for CommandRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CommandRequest({})", self.path)
    }
}

/// What a PBX replies to a command that it has carried out.
#[derive(Debug, Clone, PartialEq)]
pub enum CommandReply {
    /// It was carried out.
    Done,
    /// The records of calls. `rows` is how many the PBX has sent, readable or not.
    History {
        /// Those that can be read.
        records: Vec<CallRecord>,
        /// How many there were.
        rows: usize,
    },
    /// The users.
    Users(Vec<PbxUser>),
    /// The PBX prepares the reply; `Dialect::prepared` asks for it.
    Prepares {
        /// Under which key.
        key: String,
    },
    /// The reply is not ready yet.
    NotReady,
}

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandFailure {
    /// There was no whole reply.
    NoReply {
        /// Why.
        failure: NetworkFailure,
        /// Whether the PBX may have carried the command out.
        is_uncertain: bool,
    },
    /// The server of the PBX replied with this status.
    Status(u16),
    /// The PBX refused.
    Refused {
        /// Its code.
        code: String,
        /// Its words.
        words: Option<String>,
    },
    /// The reply has no shape that leadgate knows.
    NotUnderstood,
    /// The PBX has not prepared the reply in time.
    NotPrepared,
    /// The dialect of the PBX has no such command.
    NotPossible,
}

impl CommandFailure {
    /// Returns whether the PBX may have carried the command out.
    pub fn is_uncertain(&self) -> bool {
        match self {
            Self::NoReply { is_uncertain, .. } => *is_uncertain,
            Self::NotUnderstood => true,
            Self::Status(status) => *status >= 500,
            Self::Refused { .. } | Self::NotPrepared | Self::NotPossible => false,
        }
    }

    /// Returns whether the PBX says that the user cannot be reached: unknown to it, or with a phone
    /// that is not registered.
    pub fn is_about_the_user(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if matches!(code.as_str(), "404" | "480"))
    }

    /// Returns the failure in words, and what to do.
    pub fn text(&self) -> Bilingual {
        match self {
            Self::NoReply {
                failure,
                is_uncertain: true,
            } => reply_lost(failure),
            Self::NoReply { failure, .. } => unreachable_pbx(failure),
            Self::Status(401 | 403) => wrong_key(),
            Self::Status(404) => bilingual!(
                "nothing at this address takes commands (status 404): check pbx.NAME.url",
                "по этому адресу команды не принимаются (статус 404): проверьте pbx.ИМЯ.url"
            ),
            Self::Status(status) => bilingual!(
                "the server of the PBX answered with status {status}; try again later",
                "сервер АТС ответил статусом {status}; повторите позже"
            ),
            Self::Refused { code, words } => refused(code, words.as_deref()),
            Self::NotUnderstood => bilingual!(
                "the PBX answered, but not as its API is documented: check pbx.NAME.url",
                "АТС ответила не так, как описано в её документации: проверьте pbx.ИМЯ.url"
            ),
            Self::NotPrepared => bilingual!(
                "the PBX has not prepared its history in time: try again, or raise pbx.NAME.history_within",
                "АТС не успела подготовить историю звонков: повторите позже или увеличьте pbx.ИМЯ.history_within"
            ),
            Self::NotPossible => bilingual!(
                "this PBX has no such command",
                "у этой АТС такой команды нет"
            ),
        }
    }
}

impl fmt::Display for CommandFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().in_lang(Lang::En))
    }
}

fn reply_lost(failure: &NetworkFailure) -> Bilingual {
    let (en, ru) = (failure.to_text(Lang::En), failure.to_text(Lang::Ru));
    bilingual!(
        "the PBX did not answer ({en}); it may have carried the command out",
        "АТС не ответила ({ru}); возможно, она выполнила команду"
    )
}

fn unreachable_pbx(failure: &NetworkFailure) -> Bilingual {
    let (en, ru) = (failure.to_text(Lang::En), failure.to_text(Lang::Ru));
    bilingual!(
        "the PBX cannot be reached: {en}; check pbx.NAME.url",
        "АТС недоступна: {ru}; проверьте pbx.ИМЯ.url"
    )
}

fn wrong_key() -> Bilingual {
    bilingual!(
        "the PBX does not accept the key: set pbx.NAME.pbx_key to the API key of the PBX",
        "АТС не приняла ключ: впишите в pbx.ИМЯ.pbx_key API-ключ АТС"
    )
}

fn refused(code: &str, words: Option<&str>) -> Bilingual {
    let said = words.map_or_else(String::new, |words| format!(" («{words}»)"));
    match code {
        "401" | "403" => wrong_key(),
        "404" => bilingual!(
            "the PBX does not know this user, or the user has no such call{said}; is the user matched in the integration of the PBX?",
            "АТС не знает этого сотрудника, или такого звонка у него нет{said}; сопоставлен ли он в интеграции АТС?"
        ),
        "480" => bilingual!(
            "the phone of this employee is not registered{said}",
            "телефон этого сотрудника не подключён к АТС{said}"
        ),
        code => bilingual!(
            "the PBX refused: code {code}{said}",
            "АТС отказала: код {code}{said}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_to_dial_has_digits_only() {
        for (typed, number) in [
            ("+7 (906) 680-04-04", Some("+79066800404")),
            ("8 906 680 04 04", Some("89066800404")),
            ("1004", Some("1004")),
            ("", None),
            ("+", None),
            ("12a", None),
            ("7+906", None),
            ("123456789012345678901", None),
        ] {
            let parsed = DialNumber::parse(typed);
            assert_eq!(parsed.as_ref().map(DialNumber::as_str), number, "{typed}");
        }
        let number = DialNumber::parse("89066800404").unwrap();
        assert!(!format!("{number:?}").contains('9'));
    }

    #[test]
    fn failures_say_whether_the_command_may_have_been_carried_out() {
        let refused = |code: &str| CommandFailure::Refused {
            code: code.to_owned(),
            words: Some("busy".to_owned()),
        };
        for (failure, is_uncertain, words) in [
            (
                CommandFailure::NoReply {
                    failure: NetworkFailure::TimedOut,
                    is_uncertain: true,
                },
                true,
                "it may have carried the command out",
            ),
            (
                CommandFailure::NoReply {
                    failure: NetworkFailure::Refused,
                    is_uncertain: false,
                },
                false,
                "the PBX cannot be reached: connection refused",
            ),
            (CommandFailure::Status(502), true, "status 502"),
            (CommandFailure::Status(401), false, "pbx.NAME.pbx_key"),
            (refused("480"), false, "is not registered («busy»)"),
            (refused("99"), false, "code 99 («busy»)"),
            (CommandFailure::NotUnderstood, true, "pbx.NAME.url"),
        ] {
            assert_eq!(failure.is_uncertain(), is_uncertain, "{failure:?}");
            assert!(failure.to_string().contains(words), "{failure}");
        }
        assert!(refused("404").is_about_the_user() && !refused("500").is_about_the_user());
    }
}
