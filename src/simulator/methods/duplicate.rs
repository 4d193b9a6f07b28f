//! `crm.duplicate.findbycomm`: finds the owners of a phone or e-mail.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Context, Registry, Run, argument};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    state::{kind::Kind, match_code::match_code, record::Channel},
};

/// Values past this one are ignored.
const VALUES: usize = 20;
/// Rows per value; leads come first, so many leads hide the contacts.
const ROWS: usize = 20;

pub(super) fn register(registry: &mut Registry) {
    registry.add("crm.duplicate.findbycomm", "crm", Run::One(find));
}

fn find(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let sort = argument(params, "type")
        .map(php::strval)
        .unwrap_or_default();
    if sort.is_empty() {
        return Err(ApiError::classic("Communication type is not defined."));
    }
    let channel = match sort.to_uppercase().as_str() {
        "PHONE" => Channel::Phone,
        "EMAIL" => Channel::Email,
        other => {
            return Err(ApiError::classic(format!(
                "Communication type '{other}' is not supported in current context."
            )));
        }
    };
    let values = match argument(params, "values") {
        Some(values) if php::is_array(values) && !php::values(values).is_empty() => values,
        _ => return Err(ApiError::classic("Communication values is not defined.")),
    };
    let word = argument(params, "entity_type")
        .map(php::strval)
        .unwrap_or_default();
    let only = match word.to_uppercase().as_str() {
        "LEAD" => Some(Kind::Lead),
        "CONTACT" => Some(Kind::Contact),
        "COMPANY" => Some(Kind::Company),
        "DEAL" => {
            return Err(ApiError::classic(
                "Deal is not supported in current context.",
            ));
        }
        // Any other word means all three.
        _ => None,
    };
    Ok(Answer::plain(search(ctx, channel, values, only)))
}

fn search(ctx: &Context<'_>, channel: Channel, values: &Value, only: Option<Kind>) -> Value {
    let mut asked = BTreeSet::new();
    let mut found: BTreeSet<(Kind, u32)> = BTreeSet::new();
    // Numbers are skipped: the server takes texts only.
    let texts = php::values(values).into_iter().filter_map(Value::as_str);
    for text in texts.filter(|it| !it.is_empty()).take(VALUES) {
        let Some(code) = match_code(channel, text) else {
            continue;
        };
        if asked.insert(code.clone()) {
            let owners = ctx.state.codes.owners(channel, &code).iter().copied();
            found.extend(
                owners
                    .filter(|(kind, _)| only.is_none_or(|it| it == *kind))
                    .take(ROWS),
            );
        }
    }
    let mut result = Map::new();
    for (kind, id) in found {
        let list = result
            .entry(kind.word().to_uppercase())
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Some(list) = list.as_array_mut() {
            list.push(id.into());
        }
    }
    Value::Object(result)
}
