//! An amoCRM account as its users see it: leads whose buttons send real hooks, and cards in which a
//! stand-in for amoCRM's loader runs the archive of the widget. The pages are `/sandbox/amocrm…`.

mod hook;
mod serve;
mod token;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) use self::serve::configure;

/// The account of the settings that the pages show.
#[derive(Clone)]
pub struct CardsOptions {
    /// The number of the account.
    pub account: u64,
    /// The first part of its address.
    pub subdomain: String,
    /// Where its hooks go, with the secret.
    pub hook: String,
    /// The widget, if the settings have one.
    pub widget: Option<CardsWidget>,
}

/// The widget of an account.
#[derive(Clone)]
pub struct CardsWidget {
    /// The files of its archive.
    pub files: Vec<(&'static str, Vec<u8>)>,
    /// The origin that the script asks besides the page's own.
    pub origin: String,
    /// The address of the account: the issuer of tokens.
    pub issuer: String,
    /// The host of the redirect URI: the audience of tokens.
    pub audience: String,
    /// The number of the integration.
    pub client_id: String,
    /// Its secret.
    pub secret: String,
}

impl fmt::Debug for CardsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardsOptions")
            .field("account", &self.account)
            .field("subdomain", &self.subdomain)
            .field("widget", &self.widget.is_some())
            .finish_non_exhaustive()
    }
}

/// A lead of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AmoLead {
    pub(super) id: u64,
    pub(super) name: &'static str,
    pub(super) order: Option<&'static str>,
    pub(super) price: u32,
    pub(super) status: u32,
    pub(super) contact: AmoContact,
    /// When it changed, in seconds; 0 is never.
    modified: i64,
}

/// A person of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AmoContact {
    pub(super) id: u64,
    pub(super) name: &'static str,
    pub(super) phone: &'static str,
}

/// The stage of new leads, and the one that every pipeline has for won ones.
const NEW: u32 = 60_110_233;
pub(super) const WON: u32 = 142;

/// The leads that an account begins with; all people are invented.
const LEADS: [AmoLead; 3] = [
    AmoLead {
        id: 31_470_021,
        name: "Заявка: курс «Аналитик»",
        order: Some("180022"),
        price: 4900,
        status: NEW,
        contact: AmoContact {
            id: 48_810_317,
            name: "Ольга Тестова",
            phone: "+79005550142",
        },
        modified: 0,
    },
    AmoLead {
        id: 31_470_022,
        name: "Заявка: курс «Дизайн & печать»",
        order: Some("180023"),
        price: 12_500,
        status: NEW,
        contact: AmoContact {
            id: 48_810_318,
            name: "Илья Примеров",
            phone: "+79005550117",
        },
        modified: 0,
    },
    AmoLead {
        id: 31_470_023,
        name: "Консультация по телефону",
        order: None,
        price: 0,
        status: NEW,
        contact: AmoContact {
            id: 48_810_319,
            name: "Денис Волков",
            phone: "+79005550199",
        },
        modified: 0,
    },
];

/// A handle to the account; clones are handles to the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Cards(Arc<Mutex<Account>>);

#[derive(Debug)]
pub(super) struct Account {
    pub(super) options: Option<CardsOptions>,
    pub(super) leads: Vec<AmoLead>,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            options: None,
            leads: LEADS.to_vec(),
        }
    }
}

impl Cards {
    /// Connects the account with a gateway.
    pub(super) fn connect(&self, options: CardsOptions) {
        self.account().options = Some(options);
    }

    /// Restores the leads.
    pub(super) fn reset(&self) {
        self.account().leads = LEADS.to_vec();
    }

    /// The lock. Nothing is half-written if a panic happens while it is held.
    pub(super) fn account(&self) -> MutexGuard<'_, Account> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    /// Returns a lead, of its own number or of that of its contact.
    pub(super) fn lead(&self, entity: &str, id: u64) -> Option<&AmoLead> {
        self.leads.iter().find(|lead| match entity {
            "leads" => lead.id == id,
            "contacts" => lead.contact.id == id,
            _ => false,
        })
    }
}
