//! How a record is written into an answer: flat rows of texts in the classic family, typed items in
//! the universal one.

use serde_json::{Map, Value, json};

use super::{
    multifields, php,
    state::{
        State,
        kind::Kind,
        record::{Channel, FieldValue, Record},
        schema::{Field, Type, camel},
    },
    when,
};

/// The fields that a caller selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selection {
    built_in: bool,
    custom: bool,
    /// The universal `fm`: `get` shows it, a list only for an explicit `*`.
    fm: bool,
    named: Vec<String>,
}

impl Selection {
    /// Everything that `get` returns.
    pub(super) fn all() -> Self {
        Self {
            built_in: true,
            custom: true,
            fm: true,
            named: Channel::ALL.iter().map(|it| it.code().to_owned()).collect(),
        }
    }

    /// A classic `select`: `*` is all built-in fields, `UF_*` all custom ones; none at all means
    /// `*`.
    pub(super) fn classic(select: Option<&Value>) -> Self {
        let named: Vec<String> = select
            .map(php::values)
            .unwrap_or_default()
            .into_iter()
            .map(php::strval)
            .filter(|it| !it.is_empty())
            .collect();
        let has = |word: &str| named.iter().any(|it| it == word);
        Self {
            built_in: named.is_empty() || has("*"),
            custom: has("UF_*"),
            fm: has("*") || has("fm"),
            named,
        }
    }

    /// A universal `select`: `*`, or nothing, is everything.
    pub(super) fn universal(select: Option<&Value>) -> Self {
        let mut selection = Self::classic(select);
        selection.custom |= selection.built_in || selection.names("ufCrm_*");
        selection
    }

    fn takes(&self, name: &str, field: &Field) -> bool {
        let group = if field.is('x') {
            self.custom
        } else {
            self.built_in
        };
        (group && field.kind != Type::Multifield) || field.kind == Type::Id || self.names(name)
    }

    fn names(&self, name: &str) -> bool {
        self.named.iter().any(|it| it == name)
    }
}

/// Writes a record as the classic family does.
pub(super) fn classic(state: &State, kind: Kind, record: &Record, selection: &Selection) -> Value {
    let mut row = Map::new();
    for (place, field) in state.table(kind).schema.iter() {
        if field.is('u') || field.is('d') || !selection.takes(&field.code, field) {
            continue;
        }
        // Deals and leads show only their primary contact here, contacts their primary company.
        if matches!(field.code.as_str(), "CONTACT_IDS" | "COMPANY_IDS") {
            continue;
        }
        let owner = Owner {
            state,
            kind,
            id: record.id,
        };
        if let Some(value) = classic_value(owner, record, (place, field)) {
            row.insert(field.code.clone(), value);
        }
    }
    Value::Object(row)
}

/// The record that a file belongs to.
#[derive(Clone, Copy)]
struct Owner<'s> {
    state: &'s State,
    kind: Kind,
    id: u32,
}

/// Writes the files of a field; without one a multiple field is `false` in the classic family and an
/// empty list in the universal one.
fn files_of(record: &Record, place: u16, field: &Field, file: impl Fn(i64) -> Value) -> Value {
    match record.get(place) {
        Some(FieldValue::Many(list)) => list
            .iter()
            .filter_map(FieldValue::as_int)
            .map(file)
            .collect(),
        Some(FieldValue::Int(id)) => file(*id),
        _ => unset(field),
    }
}

/// `{id, showUrl, downloadUrl}`, with relative addresses (REST documentation, "crm.lead.get").
fn classic_file(owner: Owner<'_>, id: i64, field: &Field) -> Value {
    let (kind, record, code) = (owner.kind.word(), owner.id, &field.code);
    let address = |auth: &str| {
        format!(
            "/bitrix/components/bitrix/crm.{kind}.show/show_file.php?{auth}ownerId={record}&fieldName={code}&dynamic=Y&fileId={id}"
        )
    };
    json!({"id": id, "showUrl": address(""), "downloadUrl": address("auth=&")})
}

/// `{id, url, urlMachine}`. The vendor's addresses are absolute or relative (REST documentation, "How
/// to Download Files"); the sandbox does not know how it was reached and writes relative ones.
fn universal_file(owner: Owner<'_>, id: i64, field: &Field) -> Value {
    let (kind, record, code) = (owner.kind.type_id(), owner.id, &field.code);
    let number = u32::try_from(id).unwrap_or_default();
    let token = super::state::file::token(&owner.state.secret, number);
    json!({
        "id": id,
        "url": format!(
            "/bitrix/services/main/ajax.php?action=crm.controller.item.getFile&SITE_ID=s1&entityTypeId={kind}&id={record}&fieldName={code}&fileId={id}"
        ),
        "urlMachine": format!("/rest/crm.controller.item.getFile.json?auth=&token=crm%7C{token}"),
    })
}

fn classic_value(
    owner: Owner<'_>,
    record: &Record,
    (place, field): (u16, &Field),
) -> Option<Value> {
    if field.kind == Type::File {
        return Some(files_of(record, place, field, |id| {
            classic_file(owner, id, field)
        }));
    }
    if field.code == "CONTACT_ID" && field.kind == Type::Link("crm_contact") {
        let contact = record.primary_contact();
        return Some(contact.map_or(Value::Null, |id| id.to_string().into()));
    }
    match field.kind {
        Type::Id => return Some(record.id.to_string().into()),
        Type::Multifield => {
            return Channel::of_code(&field.code).and_then(|it| multifields::classic(record, it));
        }
        _ => {}
    }
    Some(match record.get(place) {
        Some(FieldValue::Many(list)) => list
            .iter()
            .map(|it| match (&field.kind, it) {
                (Type::Enumeration, FieldValue::Int(id)) => (*id).into(),
                _ => classic_scalar(&field.kind, it),
            })
            .collect(),
        Some(value) => classic_scalar(&field.kind, value),
        None => unset(field),
    })
}

fn unset(field: &Field) -> Value {
    match field.kind {
        // An empty multiple custom field is `false`, not an empty list.
        _ if field.is('m') => Value::Bool(false),
        Type::Char => "N".into(),
        Type::Money => "0.00".into(),
        Type::Date | Type::Moment => "".into(),
        _ => Value::Null,
    }
}

fn classic_scalar(kind: &Type, value: &FieldValue) -> Value {
    match (kind, value) {
        (Type::Char, FieldValue::Int(flag)) => yes_no(*flag).into(),
        (Type::Money, FieldValue::Int(amount)) => money(*amount).into(),
        (Type::Date | Type::Moment, FieldValue::Int(seconds)) => when::iso(*seconds).into(),
        (_, FieldValue::Int(number)) => number.to_string().into(),
        (_, FieldValue::Real(number)) => number.to_string().into(),
        (_, FieldValue::Text(text)) => (**text).into(),
        (_, FieldValue::Many(_)) => Value::Null,
    }
}

/// Writes a record as the universal family does.
pub(super) fn universal(
    state: &State,
    kind: Kind,
    record: &Record,
    (selection, original): (&Selection, OriginalNames),
) -> Value {
    let mut item = Map::new();
    for (place, field) in state.table(kind).schema.iter() {
        let name = match original {
            OriginalNames::Kept if field.is('x') => &field.code,
            OriginalNames::Kept | OriginalNames::Converted => &field.camel,
        };
        if field.is('c')
            || field.is('d')
            || !(selection.takes(name, field) || selection.names(&field.code))
        {
            continue;
        }
        let owner = Owner {
            state,
            kind,
            id: record.id,
        };
        let value = match (&field.kind, record.get(place)) {
            (Type::File, Some(_)) => {
                files_of(record, place, field, |id| universal_file(owner, id, field))
            }
            _ => universal_value(owner, record, (place, field)),
        };
        item.insert(name.clone(), value);
    }
    if kind.has_multifields() {
        short_cuts(&mut item, record, selection);
    }
    if selection.built_in {
        item.insert("entityTypeId".to_owned(), kind.type_id().into());
    }
    Value::Object(item)
}

/// Whether custom fields keep their original names (`useOriginalUfNames`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OriginalNames {
    /// `UF_CRM_…`
    Kept,
    /// `ufCrm…`
    Converted,
}

fn short_cuts(item: &mut Map<String, Value>, record: &Record, selection: &Selection) {
    for (name, channel, sort) in SHORT_CUTS {
        if selection.built_in || selection.names(name) {
            let value = multifields::first(record, *channel, *sort);
            item.insert((*name).to_owned(), value.into());
        }
    }
    // the chat of an open line, which the sandbox does not have
    if selection.built_in || selection.names("imol") {
        item.insert("imol".to_owned(), "".into());
    }
    if selection.fm {
        item.insert("fm".to_owned(), multifields::universal(record));
    }
}

/// Universal fields that show the first phone or e-mail of a sort.
pub(super) const SHORT_CUTS: &[(&str, Channel, Option<&str>)] = &[
    ("phone", Channel::Phone, None),
    ("phoneWork", Channel::Phone, Some("WORK")),
    ("phoneMobile", Channel::Phone, Some("MOBILE")),
    ("phoneMailing", Channel::Phone, Some("MAILING")),
    ("email", Channel::Email, None),
    ("emailWork", Channel::Email, Some("WORK")),
    ("emailHome", Channel::Email, Some("HOME")),
    ("emailMailing", Channel::Email, Some("MAILING")),
];

fn universal_value(owner: Owner<'_>, record: &Record, (place, field): (u16, &Field)) -> Value {
    match field.code.as_str() {
        "ID" => return record.id.into(),
        "CONTACT_IDS" if owner.kind == Kind::Company => {
            let contacts = owner.state.table(Kind::Contact).of_company(record.id);
            return contacts.iter().map(|id| Value::from(*id)).collect();
        }
        "CONTACT_IDS" => {
            return record
                .contacts
                .iter()
                .map(|it| Value::from(it.id))
                .collect();
        }
        "COMPANY_IDS" => {
            return record
                .companies
                .iter()
                .map(|it| Value::from(it.id))
                .collect();
        }
        "CONTACT_ID" => return record.primary_contact().unwrap_or(0).into(),
        _ => {}
    }
    match record.get(place) {
        Some(FieldValue::Many(list)) => list
            .iter()
            .map(|it| universal_scalar(&field.kind, it))
            .collect(),
        Some(value) => universal_scalar(&field.kind, value),
        None if field.is('m') => Value::Array(Vec::new()),
        None => match field.kind {
            Type::Char => "N".into(),
            Type::Money | Type::Link(_) => 0.into(),
            _ => Value::Null,
        },
    }
}

fn universal_scalar(kind: &Type, value: &FieldValue) -> Value {
    match (kind, value) {
        (Type::Char | Type::Flag, FieldValue::Int(flag)) => yes_no(*flag).into(),
        (Type::Date | Type::Moment, FieldValue::Int(seconds)) => when::iso(*seconds).into(),
        (Type::Money, FieldValue::Int(amount)) => hundredths(*amount),
        (_, FieldValue::Int(number)) => (*number).into(),
        (_, FieldValue::Real(number)) => (*number).into(),
        (_, FieldValue::Text(text)) => (**text).into(),
        (_, FieldValue::Many(_)) => Value::Null,
    }
}

/// Returns the universal name of a field as the portal writes it in `upperName`.
pub(super) fn upper_name(field: &Field) -> String {
    if field.is('x') || camel(&field.code) == field.camel {
        field.code.clone()
    } else {
        super::state::schema::upper(&field.camel)
    }
}

fn yes_no(flag: i64) -> &'static str {
    if flag == 0 { "N" } else { "Y" }
}

/// `1500.00`.
pub(super) fn money(amount: i64) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let amount = amount.unsigned_abs();
    format!("{sign}{}.{:02}", amount / 100, amount % 100)
}

fn hundredths(amount: i64) -> Value {
    if amount % 100 == 0 {
        return (amount / 100).into();
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "PHP's floats lose the same digits"
    )]
    let whole = amount as f64;
    (whole / 100.0).into()
}
