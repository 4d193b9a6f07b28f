//! How a request's fields become a record: casting, cutting, dropping, defaults, stages, client
//! bindings. Both method families write through here; they differ in names and in a few rules.

use serde_json::{Map, Value};

use super::{
    companies::{self, Bound},
    errors::ApiError,
    multifields, php,
    state::{
        State,
        kind::Kind,
        record::{Binding, FieldValue, Record},
        schema::{Field, Type},
    },
    when,
};

/// The author, the time and the rules of a write.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writing {
    pub(super) kind: Kind,
    /// Seconds since 1970.
    pub(super) now: i64,
    pub(super) user: u32,
    /// An `add`: fields that can be set only once are still writable.
    pub(super) adding: bool,
    /// Universal methods can move a deal to another pipeline, and check lists strictly.
    pub(super) universal: bool,
    /// `params[IMPORT]=Y`: system dates and authors are taken as given.
    pub(super) import: bool,
}

/// Fields by their classic names, in the order in which they were sent.
pub(super) type Sent = Map<String, Value>;

/// Adds a record and returns its id.
pub(super) fn add(state: &mut State, how: Writing, sent: &Sent) -> Result<u32, ApiError> {
    let id = state.table(how.kind).last + 1;
    let mut record = Record::new(id);
    assign(state, how, &mut record, sent)?;
    super::defaults::fill(state, how, &mut record);
    settle_stage(state, how, &mut record, None);
    check_mandatory(state, how.kind, &record)?;
    super::defaults::compute(state, how, &mut record, None);
    state.put(how.kind, record);
    bind_to_company(state, how, id, sent);
    Ok(id)
}

/// Changes a record; a change without effect is not recorded.
pub(super) fn update(
    state: &mut State,
    how: Writing,
    id: u32,
    sent: &Sent,
) -> Result<(), ApiError> {
    let Some(old) = state.record(how.kind, id).cloned() else {
        return Err(ApiError::not_found());
    };
    let mut record = old.clone();
    assign(state, how, &mut record, sent)?;
    settle_stage(state, how, &mut record, Some(&old));
    check_mandatory(state, how.kind, &record)?;
    if record != old {
        super::defaults::compute(state, how, &mut record, Some(&old));
        state.put(how.kind, record);
    }
    bind_to_company(state, how, id, sent);
    Ok(())
}

fn assign(
    state: &mut State,
    how: Writing,
    record: &mut Record,
    sent: &Sent,
) -> Result<(), ApiError> {
    for (code, value) in sent {
        if code == "FM" && how.universal && how.kind.has_multifields() {
            multifields::merge_fm(state, record, how, value)?;
            continue;
        }
        let Some(place) = state.table(how.kind).schema.place(code) else {
            continue;
        };
        let Some(field) = state.table(how.kind).schema.at(place).cloned() else {
            continue;
        };
        if !writable(&field, how) {
            continue;
        }
        match (&field.kind, code.as_str()) {
            (Type::Multifield, _) => multifields::merge(state, record, code, value)?,
            (_, "CONTACT_ID" | "CONTACT_IDS") if how.kind.has_contacts() => {}
            (_, "COMPANY_ID" | "COMPANY_IDS") if how.kind == Kind::Contact => {}
            (_, "CONTACT_IDS") if how.kind == Kind::Company => {}
            (Type::Currency, _) => record.set(place, currency(state, how, value)?),
            (Type::File, _) => assign_files(state, record, (place, &field), (how, value))?,
            _ if field.is('m') => assign_many(record, place, &field, how, value)?,
            _ => assign_one(record, place, &field, value),
        }
    }
    if how.kind.has_contacts() {
        let names = ("CONTACT_ID", "CONTACT_IDS");
        bind(state, (Kind::Contact, names), &mut record.contacts, sent);
    }
    if how.kind == Kind::Contact {
        let names = ("COMPANY_ID", "COMPANY_IDS");
        bind(state, (Kind::Company, names), &mut record.companies, sent);
        state.name_company(record);
    }
    Ok(())
}

fn writable(field: &Field, how: Writing) -> bool {
    let is_fixed = field.is('R') || (field.is('i') && !how.adding);
    if (is_fixed && !how.universal) || field.is('d') {
        return false;
    }
    let system = matches!(
        field.code.as_str(),
        "DATE_CREATE" | "DATE_MODIFY" | "CREATED_BY_ID" | "MODIFY_BY_ID" | "MOVED_TIME"
    );
    !field.is('r') || (how.import && system)
}

fn assign_one(record: &mut Record, place: u16, field: &Field, value: &Value) {
    match cast(&field.kind, value) {
        Cast::Keep(value) => record.set(place, Some(value)),
        Cast::Clear => record.set(place, None),
        // The server could not read it, so it counts as not sent.
        Cast::Drop => {}
    }
}

fn assign_many(
    record: &mut Record,
    place: u16,
    field: &Field,
    how: Writing,
    value: &Value,
) -> Result<(), ApiError> {
    if how.universal && !php::is_array(value) && !value.is_null() {
        return Err(ApiError::not_iterable(value));
    }
    let many: Vec<FieldValue> = php::values(value)
        .into_iter()
        .filter_map(|it| match cast(&field.kind, it) {
            Cast::Keep(value) => Some(value),
            Cast::Clear | Cast::Drop => None,
        })
        .collect();
    record.set(
        place,
        (!many.is_empty()).then(|| FieldValue::Many(many.into())),
    );
    Ok(())
}

/// Uploads files. A field that holds several keeps the files whose ids are sent and loses the others;
/// one that holds one file loses it to the new one (REST documentation, "How to Update and Delete
/// Files"). The classic `{id, remove: "Y"}` removes a file.
fn assign_files(
    state: &mut State,
    record: &mut Record,
    (place, field): (u16, &Field),
    (how, value): (Writing, &Value),
) -> Result<(), ApiError> {
    let there: Vec<i64> = match record.get(place) {
        Some(FieldValue::Many(list)) => list.iter().filter_map(FieldValue::as_int).collect(),
        one => one.and_then(FieldValue::as_int).into_iter().collect(),
    };
    let mut one = |sent: &Value| -> Option<i64> {
        let Some(id) = php::member(sent, "id") else {
            return state.files.upload(sent).map(i64::from);
        };
        let is_removed = php::member(sent, "remove").is_some_and(|it| php::strval(it) == "Y");
        Some(php::intval(id)).filter(|id| there.contains(id) && !is_removed)
    };
    if !field.is('m') {
        let is_empty = match value {
            Value::Array(list) => list.is_empty(),
            other => php::strval(other).is_empty() && !php::is_array(other),
        };
        if is_empty {
            record.set(place, None);
        } else if let Some(id) = one(value) {
            record.set(place, Some(FieldValue::Int(id)));
        }
        return Ok(());
    }
    let is_name = |it: &Value| it.as_str().is_some_and(|text| !text.is_empty());
    let is_bare = !php::is_array(value) || php::values(value).first().is_some_and(|it| is_name(it));
    if how.universal && is_bare && !value.is_null() {
        return Err(ApiError::not_iterable(value));
    }
    let many: Vec<FieldValue> = php::values(value)
        .into_iter()
        .filter_map(&mut one)
        .map(FieldValue::Int)
        .collect();
    let many = (!many.is_empty()).then(|| FieldValue::Many(many.into()));
    record.set(place, many);
    Ok(())
}

/// The result of reading a value.
enum Cast {
    Keep(FieldValue),
    Clear,
    Drop,
}

fn cast(kind: &Type, value: &Value) -> Cast {
    match kind {
        Type::Id | Type::Multifield | Type::File => Cast::Drop,
        Type::Text(limit) => text(value, *limit),
        Type::Status(_) | Type::Stage | Type::Currency => text(value, 50),
        Type::Char | Type::Flag => Cast::Keep(FieldValue::Int(i64::from(yes(value)))),
        Type::Int => match value {
            Value::Null => Cast::Clear,
            Value::String(text) if text.is_empty() => Cast::Clear,
            _ => Cast::Keep(FieldValue::Int(php::intval(value))),
        },
        Type::Category => Cast::Keep(FieldValue::Int(php::intval(value))),
        Type::User | Type::Link(_) | Type::Enumeration => match php::intval(value) {
            0 => Cast::Clear,
            number => Cast::Keep(FieldValue::Int(number)),
        },
        Type::Money => Cast::Keep(FieldValue::Int(hundredths(value))),
        Type::Real => Cast::Keep(FieldValue::Real(php::floatval(value))),
        Type::Date => moment(value, when::parse_day),
        Type::Moment => moment(value, when::parse_moment),
    }
}

fn text(value: &Value, limit: usize) -> Cast {
    let text = php::strval(value);
    let cut: String = text.trim().chars().take(limit).collect();
    if cut.is_empty() {
        Cast::Clear
    } else {
        Cast::Keep(FieldValue::Text(cut.into()))
    }
}

fn moment(value: &Value, parse: impl Fn(&str) -> Option<i64>) -> Cast {
    let text = php::strval(value);
    if text.trim().is_empty() {
        return Cast::Clear;
    }
    parse(&text).map_or(Cast::Drop, |it| Cast::Keep(FieldValue::Int(it)))
}

/// `Y`, `1` and `true` mean yes. That the classic family takes the latter two is our inference.
fn yes(value: &Value) -> bool {
    matches!(php::strval(value).as_str(), "Y" | "y" | "1" | "true")
}

/// DECIMAL(18,2).
fn hundredths(value: &Value) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "amounts beyond i64 saturate, as the column would overflow"
    )]
    let amount = (php::floatval(value) * 100.0).round() as i64;
    amount
}

fn currency(state: &State, how: Writing, value: &Value) -> Result<Option<FieldValue>, ApiError> {
    let code = php::strval(value);
    if code.is_empty() {
        return Ok(None);
    }
    if state.currencies.iter().any(|it| it.code == code) {
        return Ok(Some(FieldValue::text(&code)));
    }
    Err(if how.universal {
        ApiError::coded(
            "CRM_FIELD_ERROR_VALUE_NOT_VALID",
            "Invalid value for field \"currencyId\"",
        )
    } else {
        ApiError::classic("Invalid value for the \"Currency\" field")
    })
}

/// `CONTACT_IDS` replaces the whole set; `CONTACT_ID` alone drops the others unless it is already
/// among them. That the companies of a contact follow the same rules is our inference.
fn bind(
    state: &State,
    (kind, (one, many)): (Kind, (&str, &str)),
    bound: &mut Vec<Binding>,
    sent: &Sent,
) {
    let exists = |id: &u32| state.record(kind, *id).is_some();
    if let Some(list) = sent.get(many) {
        let mut ids: Vec<u32> = Vec::new();
        for id in php::values(list).into_iter().map(bound_id) {
            if exists(&id) && !ids.contains(&id) {
                ids.push(id);
            }
        }
        *bound = bindings(&ids);
    } else if let Some(one) = sent.get(one) {
        let id = bound_id(one);
        if bound.iter().any(|it| it.id == id) {
            return;
        }
        *bound = if exists(&id) {
            bindings(&[id])
        } else {
            Vec::new()
        };
    }
}

/// A company takes its contacts as a list: `CONTACT_ID` in the classic family, `contactIds` in the
/// universal one.
fn bind_to_company(state: &mut State, how: Writing, id: u32, sent: &Sent) {
    let name = if how.universal {
        "CONTACT_IDS"
    } else {
        "CONTACT_ID"
    };
    let list = sent.get(name).filter(|_| how.kind == Kind::Company);
    let Some(list) = list.filter(|it| php::is_array(it)) else {
        return;
    };
    let wanted: Vec<Bound> = (1_i64..)
        .zip(php::values(list))
        .map(|(at, it)| Bound {
            contact: bound_id(it),
            sort: at * 10,
        })
        .collect();
    companies::replace(state, id, &wanted);
}

fn bound_id(value: &Value) -> u32 {
    u32::try_from(php::intval(value)).unwrap_or(0)
}

/// Bindings in this order; the first one is primary.
pub(super) fn bindings(ids: &[u32]) -> Vec<Binding> {
    (1_i64..)
        .zip(ids)
        .map(|(at, id)| Binding {
            id: *id,
            sort: at * 10,
            primary: at == 1,
        })
        .collect()
}

/// An unknown pipeline becomes the default one; an unknown stage the first in work, or the old one
/// on update.
fn settle_stage(state: &State, how: Writing, record: &mut Record, old: Option<&Record>) {
    let table = state.table(how.kind);
    let Some(field) = how.kind.stage_field() else {
        return;
    };
    let mut category = 0;
    if table.schema.place("CATEGORY_ID").is_some() {
        let asked = table.int(record, "CATEGORY_ID").unwrap_or(-1);
        let mut known = state.pipelines_of(how.kind).map(|it| it.id);
        let first = state.pipelines_of(how.kind).next().map_or(0, |it| it.id);
        category = known
            .find(|id| i64::from(*id) == asked)
            .or_else(|| old.and_then(|it| u32::try_from(table.int(it, "CATEGORY_ID")?).ok()))
            .unwrap_or(first);
        table.set(
            record,
            "CATEGORY_ID",
            Some(FieldValue::Int(i64::from(category))),
        );
    }
    let known = |code: &str| state.stages(how.kind, category).any(|it| it.code == code);
    let asked = table.text(record, field).filter(|code| known(code));
    if asked.is_some() {
        return;
    }
    let fallback = old
        .and_then(|it| table.text(it, field))
        .filter(|code| known(code))
        .or_else(|| {
            let mut stages = state.stages(how.kind, category);
            let first = stages.find(|it| it.semantics == "P");
            first.map(|it| it.code.as_str())
        })
        .map(FieldValue::text);
    table.set(record, field, fallback);
}

/// Checks the fields that an administrator has made mandatory.
fn check_mandatory(state: &State, kind: Kind, record: &Record) -> Result<(), ApiError> {
    let table = state.table(kind);
    for (_, code) in state.mandatory.iter().filter(|(owner, _)| *owner == kind) {
        let empty = table
            .schema
            .place(code)
            .is_some_and(|place| record.get(place).is_none());
        if empty {
            let title = table.schema.get(code).map_or(code, |it| &it.title_ru);
            return Err(ApiError::coded(
                "CRM_FIELD_ERROR_REQUIRED",
                format!("The required field \"{title}\" is not filled in"),
            ));
        }
    }
    Ok(())
}
