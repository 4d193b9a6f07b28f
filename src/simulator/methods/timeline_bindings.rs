//! `crm.timeline.bindings.*`: the records in whose timelines a comment is (REST documentation,
//! "crm.timeline.bindings.bind").

use serde_json::{Value, json};

use super::{Context, Registry, Run, array_argument, describe::described};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    state::kind::Kind,
};

pub(super) fn register(registry: &mut Registry) {
    let mut add = |verb: &str, run| {
        registry.add(
            format!("crm.timeline.bindings.{verb}"),
            "crm",
            Run::One(run),
        );
    };
    add("fields", |_, _| Ok(Answer::plain(described(FIELDS))));
    add("bind", bind);
    add("unbind", unbind);
    add("list", list);
}

const FIELDS: &str = "\
OWNER_ID | integer | !i | ID записи таймлайна
ENTITY_ID | integer | !i | ID элемента
ENTITY_TYPE | string | !i | Тип элемента
";

fn comment(ctx: &Context<'_>, sent: &Value) -> Result<u32, ApiError> {
    let id = php::member(sent, "OWNER_ID").map_or(0, php::intval);
    let id = u32::try_from(id).unwrap_or(0);
    if ctx.state.comments.contains_key(&id) {
        return Ok(id);
    }
    Err(ApiError::undefined("OWNER_ID"))
}

/// The comment and the record that a call names.
fn asked(ctx: &Context<'_>, params: &Value) -> Result<(u32, (Kind, u32)), ApiError> {
    let sent = array_argument(params, "fields")?;
    let comment = comment(ctx, &sent)?;
    let id = php::member(&sent, "ENTITY_ID").map_or(0, php::intval);
    let id = u32::try_from(id).unwrap_or(0);
    if id == 0 {
        return Err(ApiError::undefined("ENTITY_ID"));
    }
    let word = php::member(&sent, "ENTITY_TYPE").map(php::strval);
    let kind = word.and_then(|it| Kind::of_word(&it));
    let kind = kind.ok_or_else(|| ApiError::undefined("ENTITY_TYPE"))?;
    // a missing record is answered like one without access
    if ctx.state.record(kind, id).is_none() {
        return Err(ApiError::classic("Access denied."));
    }
    Ok((comment, (kind, id)))
}

fn bind(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let (comment, owner) = asked(ctx, params)?;
    let timeline = ctx.state.timelines.entry(owner).or_default();
    if let Err(at) = timeline.comments.binary_search(&comment) {
        timeline.comments.insert(at, comment);
    }
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}

fn unbind(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let (id, owner) = asked(ctx, params)?;
    let owners = ctx.state.owners_of_comment(id);
    if !owners.contains(&owner) {
        return Err(ApiError::classic("Not found."));
    }
    ctx.state.unbind_comment(id, owner);
    Ok(Answer::plain(true))
}

fn list(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let filter = array_argument(params, "filter")?;
    let id = comment(ctx, &filter)?;
    let owners = ctx.state.owners_of_comment(id);
    let rows: Vec<Value> = owners
        .into_iter()
        .map(|(kind, owner)| {
            json!({
                "OWNER_ID": id.to_string(),
                "ENTITY_ID": owner.to_string(),
                "ENTITY_TYPE": kind.word(),
            })
        })
        .collect();
    let total = rows.len() as u64;
    Ok(Answer {
        result: rows.into(),
        total: Some(total),
        next: None,
    })
}
