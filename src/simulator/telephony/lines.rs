//! `telephony.externalLine.*`. All webhooks of a portal share one set of lines.

use serde_json::{Value, json};

use super::{admit, refused, text};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    methods::{Context, argument},
    php,
};

pub(super) fn add(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let number = line_number(ctx, params)?;
    if ctx.state.telephony.line(&number).is_some() {
        return Err(refused("Line already exists"));
    }
    let name = text(params, "NAME");
    let id = ctx.state.telephony.add_line(&number, &name);
    if let Some(line) = ctx.state.telephony.line_mut(&number) {
        line.creates = auto_create(params).unwrap_or(true);
    }
    ctx.state.revision += 1;
    Ok(Answer::plain(json!({"ID": id})))
}

pub(super) fn update(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let number = line_number(ctx, params)?;
    let name = argument(params, "NAME").map(php::strval);
    let creates = auto_create(params);
    if name.is_none() && creates.is_none() {
        return Err(refused("There are no fields to update"));
    }
    let line = ctx.state.telephony.line_mut(&number);
    let line = line.ok_or_else(|| unknown(&number))?;
    if let Some(name) = name {
        line.name = name;
    }
    line.creates = creates.unwrap_or(line.creates);
    let id = line.id.to_string();
    ctx.state.revision += 1;
    Ok(Answer::plain(json!({"ID": id})))
}

pub(super) fn get(ctx: &mut Context<'_>, _: &Value) -> Reply {
    admit(ctx)?;
    let lines = ctx.state.telephony.lines.iter().map(|line| {
        json!({
            "NUMBER": line.number,
            "NAME": line.name,
            "CRM_AUTO_CREATE": if line.creates { "Y" } else { "N" },
        })
    });
    Ok(Answer::plain(Value::Array(lines.collect())))
}

pub(super) fn delete(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let number = line_number(ctx, params)?;
    if ctx.state.telephony.line(&number).is_none() {
        return Err(unknown(&number));
    }
    let lines = &mut ctx.state.telephony.lines;
    lines.retain(|line| line.number != number);
    ctx.state.revision += 1;
    Ok(Answer::plain(Value::Array(Vec::new())))
}

fn line_number(ctx: &Context<'_>, params: &Value) -> Result<String, ApiError> {
    admit(ctx)?;
    let number = text(params, "NUMBER");
    if number.is_empty() {
        return Err(refused("NUMBER should not be empty"));
    }
    Ok(number)
}

fn unknown(number: &str) -> ApiError {
    refused(format!("Could not find line with number {number}"))
}

fn auto_create(params: &Value) -> Option<bool> {
    let flag = argument(params, "CRM_AUTO_CREATE").map(php::strval)?;
    Some(flag != "N")
}
