//! From the `filter` of a request to a [`Filter`]. The classic family ignores unknown keys and may
//! then return everything; the universal family refuses. Clients meet both, so both are reproduced.

use serde_json::Value;

use super::{
    super::{
        errors::ApiError,
        php,
        read::SHORT_CUTS,
        state::{
            kind::Kind,
            record::Channel,
            schema::{Field, Schema, Type, upper},
            table::Table,
        },
        when,
    },
    filter::{Filter, Operand, Operator, Subject, Test},
};

/// Operators by their spelling, the longer ones first.
const OPERATORS: &[(&str, Operator, bool)] = &[
    ("!><", Operator::Range, true),
    ("!=%", Operator::Like, true),
    ("!%=", Operator::Like, true),
    ("><", Operator::Range, false),
    (">=", Operator::GreaterOrEqual, false),
    ("<=", Operator::LessOrEqual, false),
    ("!=", Operator::Equal, true),
    ("!@", Operator::Equal, true),
    ("!%", Operator::Part, true),
    ("=%", Operator::Like, false),
    ("%=", Operator::Like, false),
    (">", Operator::Greater, false),
    ("<", Operator::Less, false),
    ("!", Operator::Equal, true),
    ("=", Operator::Equal, false),
    ("@", Operator::Equal, false),
    ("%", Operator::Part, false),
];

struct Key<'a> {
    prefix: &'static str,
    operator: Operator,
    negated: bool,
    name: &'a str,
}

fn split(key: &str) -> Key<'_> {
    OPERATORS
        .iter()
        .find_map(|(prefix, operator, negated)| {
            key.strip_prefix(prefix).map(|name| Key {
                prefix,
                operator: *operator,
                negated: *negated,
                name,
            })
        })
        .unwrap_or(Key {
            prefix: "",
            operator: Operator::Equal,
            negated: false,
            name: key,
        })
}

/// A classic filter: unknown keys, empty lists and unreadable dates are ignored silently.
pub(in crate::simulator) fn classic(table: &Table, kind: Kind, sent: &Value) -> Filter {
    let tests = php::members(sent)
        .into_iter()
        .filter_map(|(key, value)| classic_test(&table.schema, kind, &key, value))
        .map(Filter::Test)
        .collect();
    Filter::All(tests)
}

fn classic_test(schema: &Schema, kind: Kind, key: &str, value: &Value) -> Option<Test> {
    let key = split(key);
    let place = schema.place(key.name)?;
    let field = schema.at(place)?;
    if let Some(channel) = Channel::of_code(key.name) {
        return phone_test(channel, &key, value);
    }
    if matches!(field.code.as_str(), "CONTACT_IDS" | "COMPANY_IDS") || field.is('u') {
        return None;
    }
    if php::is_array(value) && php::values(value).is_empty() {
        return None;
    }
    test(subject(kind, place, field), field, &key, value)
}

/// Phones, addresses, sites and messengers: only the bare key works, only the first element counts,
/// and it is compared as raw text: phones and addresses from the beginning, sites and messengers as a
/// whole (REST documentation, "crm.contact.list": "only work on exact matches").
fn phone_test(channel: Channel, key: &Key<'_>, value: &Value) -> Option<Test> {
    if !key.prefix.is_empty() {
        return None;
    }
    let text = php::strval(php::values(value).first()?).to_lowercase();
    (!text.is_empty()).then(|| Test {
        subject: Subject::Multi(channel, None),
        operator: match channel {
            Channel::Phone | Channel::Email => Operator::Start,
            Channel::Web | Channel::Im => Operator::Equal,
        },
        negated: false,
        operands: vec![Operand::Text(text)],
    })
}

/// What a field's name compares. `CONTACT_ID` means the primary contact alone (issue 73 of the
/// vendor's `b24-rest-docs`); any contact is found by the universal family's `contactIds`
/// (documented at "crm.deal.list").
fn subject(kind: Kind, place: u16, field: &Field) -> Subject {
    match field.code.as_str() {
        "ID" => Subject::Id,
        "CONTACT_ID" if kind.has_contacts() => Subject::PrimaryContact,
        "CONTACT_IDS" if kind.has_contacts() => Subject::AnyContact,
        _ => Subject::Field(place),
    }
}

fn test(subject: Subject, field: &Field, key: &Key<'_>, value: &Value) -> Option<Test> {
    // References and statuses are compared for equality, whatever the operator.
    let whole = matches!(
        field.kind,
        Type::Status(_) | Type::Stage | Type::Link(_) | Type::User | Type::Enumeration
    );
    let operator = match key.operator {
        Operator::Part | Operator::Like if whole => Operator::Equal,
        other => other,
    };
    let operands: Vec<Operand> = php::values(value)
        .into_iter()
        .filter_map(|it| operand(field, operator, it))
        .collect();
    (!operands.is_empty()).then_some(Test {
        subject,
        operator,
        negated: key.negated,
        operands,
    })
}

fn operand(field: &Field, operator: Operator, value: &Value) -> Option<Operand> {
    let text = php::strval(value);
    if matches!(operator, Operator::Part | Operator::Like) {
        return Some(Operand::Text(text.to_lowercase()));
    }
    if text.is_empty() {
        return Some(Operand::Empty);
    }
    Some(match field.kind {
        Type::Id
        | Type::Int
        | Type::User
        | Type::Link(_)
        | Type::Enumeration
        | Type::File
        | Type::Flag
        | Type::Category => Operand::Number(php::intval(value)),
        Type::Char => Operand::Number(i64::from(matches!(text.as_str(), "Y" | "y" | "1"))),
        Type::Money => Operand::Number(hundredths(value)),
        Type::Date => Operand::Number(when::parse_day(&text)?),
        Type::Moment => Operand::Number(when::parse_moment(&text)?),
        Type::Real => Operand::Real(php::floatval(value)),
        Type::Text(_) | Type::Status(_) | Type::Stage | Type::Currency | Type::Multifield => {
            Operand::Text(text.to_lowercase())
        }
    })
}

fn hundredths(value: &Value) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates, as the column does"
    )]
    let amount = (php::floatval(value) * 100.0).round() as i64;
    amount
}

/// A universal filter: unknown fields are refused, groups may be joined by OR.
pub(in crate::simulator) fn universal(
    table: &Table,
    kind: Kind,
    sent: &Value,
) -> Result<Filter, ApiError> {
    let mut parts = Vec::new();
    let mut any = false;
    for (key, value) in php::members(sent) {
        if key.eq_ignore_ascii_case("logic") {
            any = php::strval(value).eq_ignore_ascii_case("or");
        } else if php::list_index(&key).is_some() {
            parts.push(universal(table, kind, value)?);
        } else {
            parts.push(universal_test(table, kind, &key, value)?);
        }
    }
    Ok(if any {
        Filter::Any(parts)
    } else {
        Filter::All(parts)
    })
}

fn universal_test(table: &Table, kind: Kind, key: &str, value: &Value) -> Result<Filter, ApiError> {
    let key = split(key);
    if let Some((_, channel, sort)) = SHORT_CUTS.iter().find(|it| it.0 == key.name)
        && kind.has_multifields()
    {
        return Ok(Filter::Test(raw_text(
            Subject::Multi(*channel, *sort),
            &key,
            value,
        )));
    }
    let Some(place) = universal_place(&table.schema, key.name) else {
        return Err(not_allowed(key.name));
    };
    let Some(field) = table.schema.at(place).filter(|it| !it.is('c')) else {
        return Err(not_allowed(key.name));
    };
    if php::is_array(value) && php::values(value).is_empty() {
        // `IN ()`: MySQL refuses it. Without the `@` the server itself writes a condition that
        // nothing meets.
        if key.prefix.contains('@') {
            return Err(ApiError::coded("ERROR_CORE", "SQL query error!").with_status(500));
        }
        return Ok(Filter::Any(Vec::new()));
    }
    test(subject(kind, place, field), field, &key, value)
        .map(Filter::Test)
        .ok_or_else(|| {
            ApiError::coded(
                "INVALID_ARG_VALUE",
                format!("Invalid filter: field '{}' has invalid value", key.name),
            )
        })
}

fn raw_text(subject: Subject, key: &Key<'_>, value: &Value) -> Test {
    Test {
        subject,
        operator: key.operator,
        negated: key.negated,
        operands: php::values(value)
            .into_iter()
            .map(|it| Operand::Text(php::strval(it).to_lowercase()))
            .collect(),
    }
}

fn not_allowed(name: &str) -> ApiError {
    ApiError::coded(
        "INVALID_ARG_VALUE",
        format!("Invalid filter: field '{name}' is not allowed in filter"),
    )
}

/// Universal methods turn names to upper case first, so `stageId` and `STAGE_ID` are one name.
pub(in crate::simulator) fn universal_place(schema: &Schema, name: &str) -> Option<u16> {
    schema.place_of_camel(name).or_else(|| {
        let known = schema.place(name)?;
        let field = schema.at(known)?;
        (field.is('x') || upper(&field.camel) == name).then_some(known)
    })
}

/// One step of an order.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::simulator) struct OrderBy {
    pub(in crate::simulator) subject: Subject,
    pub(in crate::simulator) descending: bool,
}

/// A classic order; unknown names are ignored.
pub(in crate::simulator) fn classic_order(table: &Table, kind: Kind, sent: &Value) -> Vec<OrderBy> {
    php::members(sent)
        .into_iter()
        .filter_map(|(name, value)| {
            let place = table.schema.place(&name)?;
            let field = table.schema.at(place)?;
            Some(OrderBy {
                subject: subject(kind, place, field),
                descending: descending(value),
            })
        })
        .collect()
}

/// A universal order; unknown names are refused.
pub(in crate::simulator) fn universal_order(
    table: &Table,
    kind: Kind,
    sent: &Value,
) -> Result<Vec<OrderBy>, ApiError> {
    php::members(sent)
        .into_iter()
        .map(|(name, value)| {
            let place = universal_place(&table.schema, &name);
            let field = place.and_then(|it| table.schema.at(it));
            let (Some(place), Some(field)) = (place, field) else {
                return Err(ApiError::coded(
                    "INVALID_ARG_VALUE",
                    format!("Invalid order: field '{name}' is not allowed in order"),
                ));
            };
            let direction = php::strval(value).trim().to_uppercase();
            if !matches!(direction.as_str(), "ASC" | "DESC") {
                let sent = php::strval(value);
                let text = format!(
                    "Invalid order: allowed sort directions are `ASC, DESC`. But got '{sent}' for field \
                     '{name}'"
                );
                return Err(ApiError::coded("INVALID_ARG_VALUE", text));
            }
            Ok(OrderBy {
                subject: subject(kind, place, field),
                descending: direction == "DESC",
            })
        })
        .collect()
}

fn descending(value: &Value) -> bool {
    php::strval(value).trim().eq_ignore_ascii_case("desc")
}
