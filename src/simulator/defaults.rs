//! What the portal fills in automatically: titles, responsible people, amounts, dates, and the
//! fields that it computes from others.

use super::{
    state::{
        State,
        kind::Kind,
        record::{Channel, FieldValue, Record},
    },
    when,
    write::Writing,
};

/// Seconds of a week: a deal is expected to close by then.
const WEEK: i64 = 7 * 24 * 3600;

/// Fills what an `add` left out.
pub(super) fn fill(state: &State, how: Writing, record: &mut Record) {
    let table = state.table(how.kind);
    let mut default = |code: &str, value: FieldValue| {
        if let Some(place) = table.schema.place(code)
            && record.get(place).is_none()
        {
            record.set(place, Some(value));
        }
    };
    // Nobody checks that a user who was sent exists or still works here; inferred, not documented.
    default("ASSIGNED_BY_ID", FieldValue::Int(i64::from(how.user)));
    default("OPENED", FieldValue::Int(1));
    default("CREATED_BY_ID", FieldValue::Int(i64::from(how.user)));
    default("DATE_CREATE", FieldValue::Int(how.now));
    default("DATE_MODIFY", FieldValue::Int(how.now));
    match how.kind {
        Kind::Lead | Kind::Deal | Kind::Smart => {
            default("OPPORTUNITY", FieldValue::Int(0));
            default("CURRENCY_ID", FieldValue::text(state.base_currency()));
        }
        Kind::Contact => {
            default("EXPORT", FieldValue::Int(1));
            default("CATEGORY_ID", FieldValue::Int(0));
        }
        Kind::Company => {
            default("CURRENCY_ID", FieldValue::text(state.base_currency()));
            default("CATEGORY_ID", FieldValue::Int(0));
        }
    }
    if matches!(how.kind, Kind::Deal | Kind::Smart) {
        default("BEGINDATE", FieldValue::Int(when::day(how.now)));
        default("CLOSEDATE", FieldValue::Int(when::day(how.now + WEEK)));
    }
    name(state, how.kind, record);
}

fn name(state: &State, kind: Kind, record: &mut Record) {
    let table = state.table(kind);
    if kind == Kind::Contact {
        let named = ["NAME", "LAST_NAME"]
            .iter()
            .any(|code| table.text(record, code).is_some());
        if !named {
            // Some builds refuse such a contact, others give it a placeholder; we do the latter.
            table.set(record, "NAME", Some(FieldValue::text("Без имени")));
        }
        return;
    }
    if table.text(record, "TITLE").is_none() {
        let word = match kind {
            Kind::Lead => "Лид #",
            Kind::Deal => "Сделка #",
            Kind::Company | Kind::Contact => "Компания #",
            Kind::Smart => "Заявка #",
        };
        let title = format!("{word}{}", record.id);
        table.set(record, "TITLE", Some(FieldValue::text(&title)));
    }
}

/// Brings the computed fields up to date; called on every effective change.
pub(super) fn compute(state: &State, how: Writing, record: &mut Record, old: Option<&Record>) {
    super::products::compute(state, how.kind, record);
    let table = state.table(how.kind);
    if how.kind == Kind::Smart {
        account(state, record);
    }
    let user = FieldValue::Int(i64::from(how.user));
    if !(how.import && old.is_none()) {
        table.set(record, "DATE_MODIFY", Some(FieldValue::Int(how.now)));
        table.set(record, "MODIFY_BY_ID", Some(user.clone()));
    }
    table.set(record, "LAST_ACTIVITY_TIME", Some(FieldValue::Int(how.now)));
    table.set(record, "LAST_ACTIVITY_BY", Some(user.clone()));
    if how.kind.has_multifields() {
        let phone = i64::from(record.has(Channel::Phone));
        let email = i64::from(record.has(Channel::Email));
        table.set(record, "HAS_PHONE", Some(FieldValue::Int(phone)));
        table.set(record, "HAS_EMAIL", Some(FieldValue::Int(email)));
    }
    if let Some(field) = how.kind.stage_field() {
        let moved = old.is_none_or(|old| table.text(old, field) != table.text(record, field));
        if moved {
            let before = old.and_then(|old| table.text(old, field));
            table.set(record, "PREVIOUS_STAGE_ID", before.map(FieldValue::text));
            table.set(record, "MOVED_TIME", Some(FieldValue::Int(how.now)));
            table.set(record, "MOVED_BY_ID", Some(user));
        }
        stage_facts(state, how, record);
    }
}

/// Writes the amounts of an item in the currency of reports, which is the base currency here.
fn account(state: &State, record: &mut Record) {
    let table = state.table(Kind::Smart);
    let code = table.text(record, "CURRENCY_ID");
    let rate = |code: &str| state.currencies.iter().find(|it| it.code == code);
    let rate = code.and_then(rate).map_or(10_000, |it| i64::from(it.rate));
    for (field, reported) in [
        ("OPPORTUNITY", "OPPORTUNITY_ACCOUNT"),
        ("TAX_VALUE", "TAX_VALUE_ACCOUNT"),
    ] {
        let amount = table.int(record, field).unwrap_or(0);
        let amount = amount.saturating_mul(rate) / 10_000;
        table.set(record, reported, Some(FieldValue::Int(amount)));
    }
    let base = FieldValue::text(state.base_currency());
    table.set(record, "ACCOUNT_CURRENCY_ID", Some(base));
}

fn stage_facts(state: &State, how: Writing, record: &mut Record) {
    let table = state.table(how.kind);
    let code = how
        .kind
        .stage_field()
        .and_then(|field| table.text(record, field));
    let semantics = code
        .and_then(|code| state.stage(how.kind, code))
        .map_or_else(|| "P".to_owned(), |stage| stage.semantics.clone());
    let closed = semantics != "P";
    let first = code.is_some_and(|code| code == "NEW" || code.ends_with(":NEW"));
    let field = match how.kind {
        Kind::Lead => "STATUS_SEMANTIC_ID",
        Kind::Deal | Kind::Smart | Kind::Contact | Kind::Company => "STAGE_SEMANTIC_ID",
    };
    table.set(record, field, Some(FieldValue::text(&semantics)));
    table.set(record, "CLOSED", Some(FieldValue::Int(i64::from(closed))));
    table.set(record, "IS_NEW", Some(FieldValue::Int(i64::from(first))));
    let client = i64::from(!record.contacts.is_empty());
    if how.kind == Kind::Lead {
        table.set(record, "IS_RETURN_CUSTOMER", Some(FieldValue::Int(client)));
        let closed_on = closed.then(|| {
            let before = table.int(record, "DATE_CLOSED");
            FieldValue::Int(before.unwrap_or(how.now))
        });
        table.set(record, "DATE_CLOSED", closed_on);
    }
}
