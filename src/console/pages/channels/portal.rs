//! What the portal offers for the form: fields, stages, employees.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::console::visit::Visit;
use crate::crm::{Choice, Connection, Dictionaries, FieldInfo, stage_list};
use crate::domain::EntityKind;

/// The form waits at most this long for a portal that was not read yet.
const PATIENCE: Duration = Duration::from_secs(4);

/// A field: code, English and Russian name.
type Usual = (&'static str, &'static str, &'static str);

/// Fields of contacts, for a portal that was not read.
const CONTACT: &[Usual] = &[
    ("NAME", "First name", "Имя"),
    ("LAST_NAME", "Last name", "Фамилия"),
    ("PHONE", "Phone", "Телефон"),
    ("EMAIL", "E-mail", "E-mail"),
];

/// The same of deals and leads.
const RECORD: &[Usual] = &[
    ("TITLE", "Name", "Название"),
    ("OPPORTUNITY", "Amount", "Сумма"),
    ("CURRENCY_ID", "Currency", "Валюта"),
    ("COMMENTS", "Comment", "Комментарий"),
];

/// Fields that a channel seldom fills: the gateway or the portal sets them.
const SET_ELSEWHERE: &[&str] = &[
    "STAGE_ID",
    "STATUS_ID",
    "ASSIGNED_BY_ID",
    "CONTACT_ID",
    "CONTACT_IDS",
    "CATEGORY_ID",
    "ORIGIN_ID",
    "ORIGINATOR_ID",
    "ORIGIN_VERSION",
];

/// What a portal offers; without a portal that answers, little.
pub(super) struct Offer {
    /// The connection of the settings.
    pub(super) connection: Option<String>,
    dictionaries: Option<Arc<Dictionaries>>,
    /// The employees: ids and names.
    pub(super) staff: Vec<Choice>,
}

impl Offer {
    /// Reads what the portal of a connection offers; `name` is empty for the only one.
    pub(super) async fn read(visit: &Visit<'_>, name: &str) -> Self {
        let all = &visit.parts().connections;
        let found = all.get_key_value(name).or_else(|| all.iter().next());
        let Some((name, connection)) = found else {
            return Self {
                connection: None,
                dictionaries: None,
                staff: Vec::new(),
            };
        };
        let staff = timeout(PATIENCE, connection.staff());
        let (dictionaries, staff) = tokio::join!(dictionaries(connection), staff);
        Self {
            connection: Some(name.clone()),
            dictionaries,
            staff: staff.ok().and_then(Result::ok).unwrap_or_default(),
        }
    }

    /// Returns the fields of the contact (`None`) or of a kind of record that a channel may fill:
    /// codes and names.
    pub(super) fn fields(
        &self,
        visit: &Visit<'_>,
        kind: Option<EntityKind>,
    ) -> Vec<(String, String)> {
        let Some(dictionaries) = &self.dictionaries else {
            let usual = if kind.is_none() { CONTACT } else { RECORD };
            let named = |(code, en, ru): &Usual| ((*code).to_owned(), visit.t(en, ru).to_owned());
            return usual.iter().map(named).collect();
        };
        let fields = dictionaries.fields(kind).iter();
        let fields = fields
            .filter(|(code, field)| !field.read_only && !SET_ELSEWHERE.contains(&code.as_str()));
        let mut fields: Vec<(String, String)> = fields
            .map(|(code, field)| (code.clone(), field.title.clone()))
            .collect();
        fields.sort_by(|one, other| one.1.cmp(&other.1));
        fields
    }

    /// Returns the portal's description of a field.
    pub(super) fn field(&self, kind: Option<EntityKind>, code: &str) -> Option<&FieldInfo> {
        self.dictionaries.as_ref()?.field(kind, code)
    }

    /// Returns whether the portal was read.
    pub(super) fn is_known(&self) -> bool {
        self.dictionaries.is_some()
    }

    /// Returns the stages of a kind of record by pipeline.
    pub(super) fn stages(&self, visit: &Visit<'_>, kind: EntityKind) -> Vec<(String, Vec<Choice>)> {
        let Some(dictionaries) = &self.dictionaries else {
            return Vec::new();
        };
        let only = [(0, visit.t("Stages", "Стадии").to_owned())].into();
        let pipelines = match kind {
            EntityKind::Deal if !dictionaries.pipelines.is_empty() => &dictionaries.pipelines,
            _ => &only,
        };
        let groups = pipelines.iter().map(|(number, name)| {
            let stages = dictionaries.lists.get(&stage_list(kind, *number));
            (name.clone(), stages.cloned().unwrap_or_default())
        });
        groups.filter(|(_, stages)| !stages.is_empty()).collect()
    }
}

async fn dictionaries(connection: &Connection) -> Option<Arc<Dictionaries>> {
    let known = connection.watch_dictionaries().borrow().clone();
    if known.is_some() {
        return known;
    }
    let read = timeout(PATIENCE, connection.dictionaries()).await;
    read.ok().and_then(|(read, ..)| read.ok())
}
