//! One stored record: only the filled fields, by their place in the schema.

use serde::{Deserialize, Serialize};

/// A stored value; the schema says what it means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(in crate::simulator) enum FieldValue {
    /// Numbers, references, flags, hundredths, and moments in seconds.
    Int(i64),
    /// Fractions.
    Real(f64),
    /// Text, statuses, codes.
    Text(Box<str>),
    /// The values of a multiple field.
    Many(Box<[FieldValue]>),
}

impl FieldValue {
    pub(in crate::simulator) fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    pub(in crate::simulator) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Int(_) | Self::Real(_) | Self::Many(_) => None,
        }
    }

    pub(in crate::simulator) fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Real(_) | Self::Text(_) | Self::Many(_) => None,
        }
    }
}

/// The sort of a multifield.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(in crate::simulator) enum Channel {
    /// Telephone.
    Phone,
    /// E-mail.
    Email,
    /// Web site.
    Web,
    /// Messenger.
    Im,
}

impl Channel {
    pub(in crate::simulator) const ALL: [Self; 4] = [Self::Phone, Self::Email, Self::Web, Self::Im];

    /// `TYPE_ID`.
    pub(in crate::simulator) fn code(self) -> &'static str {
        match self {
            Self::Phone => "PHONE",
            Self::Email => "EMAIL",
            Self::Web => "WEB",
            Self::Im => "IM",
        }
    }

    pub(in crate::simulator) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.code() == code)
    }
}

/// One phone, e-mail, site or messenger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) struct Multi {
    pub(in crate::simulator) id: u32,
    pub(in crate::simulator) channel: Channel,
    /// `VALUE_TYPE`: WORK, HOME and so on.
    pub(in crate::simulator) sort: Box<str>,
    /// As it was sent, trimmed.
    pub(in crate::simulator) value: Box<str>,
}

/// A contact bound to a deal, lead or smart item, or a company bound to a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) struct Binding {
    #[serde(rename = "contact")]
    pub(in crate::simulator) id: u32,
    pub(in crate::simulator) sort: i64,
    pub(in crate::simulator) primary: bool,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::simulator) struct Record {
    pub(in crate::simulator) id: u32,
    fields: Vec<(u16, FieldValue)>,
    pub(in crate::simulator) multi: Vec<Multi>,
    pub(in crate::simulator) contacts: Vec<Binding>,
    /// The companies of a contact.
    pub(in crate::simulator) companies: Vec<Binding>,
}

impl Record {
    pub(in crate::simulator) fn new(id: u32) -> Self {
        Self {
            id,
            ..Self::default()
        }
    }

    pub(in crate::simulator) fn get(&self, place: u16) -> Option<&FieldValue> {
        let at = self
            .fields
            .binary_search_by_key(&place, |(key, _)| *key)
            .ok()?;
        self.fields.get(at).map(|(_, value)| value)
    }

    /// Sets a field; `None` empties it.
    pub(in crate::simulator) fn set(&mut self, place: u16, value: Option<FieldValue>) {
        match (
            self.fields.binary_search_by_key(&place, |(key, _)| *key),
            value,
        ) {
            (Ok(at), Some(value)) => {
                if let Some(slot) = self.fields.get_mut(at) {
                    slot.1 = value;
                }
            }
            (Ok(at), None) => {
                self.fields.remove(at);
            }
            (Err(at), Some(value)) => self.fields.insert(at, (place, value)),
            (Err(_), None) => {}
        }
    }

    /// Forgets the field at a place, which no longer exists; those behind it move up.
    pub(in crate::simulator) fn drop_place(&mut self, gone: u16) {
        self.fields.retain(|(place, _)| *place != gone);
        for (place, _) in &mut self.fields {
            if *place > gone {
                *place -= 1;
            }
        }
    }

    /// The filled fields.
    pub(in crate::simulator) fn fields(&self) -> &[(u16, FieldValue)] {
        &self.fields
    }

    /// Frees unused capacity, because records live long.
    pub(in crate::simulator) fn shrink(&mut self) {
        self.fields.shrink_to_fit();
        self.multi.shrink_to_fit();
        self.contacts.shrink_to_fit();
        self.companies.shrink_to_fit();
    }

    /// The primary contact, the first one when none is marked.
    pub(in crate::simulator) fn primary_contact(&self) -> Option<u32> {
        primary(&self.contacts)
    }

    pub(in crate::simulator) fn has(&self, channel: Channel) -> bool {
        self.multi.iter().any(|it| it.channel == channel)
    }
}

/// The primary one of bindings, the first one when none is marked.
pub(in crate::simulator) fn primary(bindings: &[Binding]) -> Option<u32> {
    bindings
        .iter()
        .find(|it| it.primary)
        .or_else(|| bindings.first())
        .map(|it| it.id)
}

/// Exactly one binding is primary: the given one, else the last one marked so, else the first.
pub(in crate::simulator) fn settle(list: &mut [Binding], primary: Option<u32>) {
    let primary = primary
        .or_else(|| list.iter().rfind(|it| it.primary).map(|it| it.id))
        .or_else(|| list.first().map(|it| it.id));
    for it in list.iter_mut() {
        it.primary = Some(it.id) == primary;
    }
    list.sort_by_key(|it| it.sort);
}
