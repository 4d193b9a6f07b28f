//! A call whose card the portal shows while it goes on.

use std::fmt;

use jiff::Timestamp;

use super::call::CallOwner;
use super::error::CrmError;
use crate::domain::{Bilingual, UserId, bilingual};

/// A call to register in the portal.
#[derive(Clone, PartialEq, Eq)]
pub struct NewCard {
    /// What tells it from all others: the name of the PBX and the number of the call.
    pub key: String,
    /// The employee.
    pub user: UserId,
    /// The number of the other side.
    pub number: String,
    /// The line, in digits.
    pub line: Option<String>,
    /// Whether the employee calls.
    pub is_outgoing: bool,
    /// When it began.
    pub started: Timestamp,
    /// Whether the employee sees the card at once.
    pub is_shown: bool,
}

/// Omits the number: it is personal data.
impl fmt::Debug for NewCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewCard({} of {})", self.key, self.user)
    }
}

/// A callback that a visitor has requested, to register in the portal.
#[derive(Clone, PartialEq, Eq)]
pub struct NewCallback {
    /// What tells it from all others: the name of the PBX and a number.
    pub key: String,
    /// The employee who calls back.
    pub user: UserId,
    /// The number of the client.
    pub number: String,
    /// The line of the portal.
    pub line: Option<String>,
    /// The client.
    pub client: Option<CallOwner>,
    /// When it was requested.
    pub started: Timestamp,
}

/// Omits the number: it is personal data.
impl fmt::Debug for NewCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewCallback({} of {})", self.key, self.user)
    }
}

/// Says why calls get no cards in the portal of a connection, and what to do.
pub fn telephony_problem(name: &str, error: Option<&CrmError>) -> Bilingual {
    let why = error.map_or_else(String::new, |error| format!(" ({error})"));
    bilingual!(
        "crm.{name} may not use telephony{why}, so calls get no cards in the portal: tick the scope telephony in the webhook; if the portal wants an application, install one, or set pbx.NAME.cards = false",
        "crm.{name}: телефония недоступна{why}, поэтому карточек звонков на портале не будет: отметьте у вебхука право telephony; если порталу нужно приложение, установите его или задайте pbx.ИМЯ.cards = false"
    )
}
