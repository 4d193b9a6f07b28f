//! `voximplant.statistic.get`: the statistics of calls, values as texts. Calls that the user of the
//! webhook may not see are missing without an error, as in the portal's code.

use serde_json::{Map, Value, json};

use super::text;
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    methods::{Context, argument, rows},
    php,
    query::page::Start,
    state::telephony::{StatisticRow, StatisticsAccess},
};

pub(super) fn get(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let filter = argument(params, "FILTER").map_or(Value::Null, conditions);
    let shown = ctx.state.telephony.shown;
    if shown == StatisticsAccess::Nothing {
        return Err(ApiError::coded("ACCESS_DENIED", "Access denied!").with_status(403));
    }
    let own = ctx.user.to_string();
    let is_shown =
        |row: &&StatisticRow| shown == StatisticsAccess::All || row.text("PORTAL_USER_ID") == own;
    let all = ctx.state.telephony.statistics.iter().filter(is_shown);
    let all = all.map(|row| &row.columns);
    let mut found = rows::passing(all, &filter);
    let sort = text(params, "SORT").to_uppercase();
    if !sort.is_empty() {
        rows::sort(&mut found, &json!({sort: text(params, "ORDER")}));
    }
    let start = Start::of(params);
    let (total, next) = start.paging(found.len());
    let page: Vec<Value> = start.cut(found).into_iter().map(Value::Object).collect();
    Ok(Answer {
        result: page.into(),
        total,
        next,
    })
}

/// Returns the conditions in the operators that the rows have.
fn conditions(filter: &Value) -> Value {
    let mut conditions = Map::new();
    for (key, value) in php::members(filter) {
        let name = key.trim_start_matches(['!', '>', '<', '=', '%', '?']);
        match key.strip_suffix(name).unwrap_or_default() {
            "><" => {
                let mut bounds = php::values(value).into_iter().cloned();
                for operator in [">=", "<="] {
                    let bound = bounds.next().unwrap_or_default();
                    conditions.insert(format!("{operator}{name}"), bound);
                }
            }
            "?" => {
                conditions.insert(format!("%{name}"), value.clone());
            }
            _ => {
                conditions.insert(key, value.clone());
            }
        }
    }
    Value::Object(conditions)
}
