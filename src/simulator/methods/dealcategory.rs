//! `crm.dealcategory.*`: the older methods for pipelines of deals. The default one has two methods
//! of its own and is left out of the others. New pipelines get the default stages.

use serde_json::{Map, Value, json};

use super::{Context, Registry, Run, argument, array_argument, id_argument, rows};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    state::{
        dictionary::{Pipeline, stage_entity},
        kind::Kind,
    },
};

/// Longer names are cut.
const NAME: usize = 255;

pub(super) fn register(registry: &mut Registry) {
    let mut add =
        |verb: &str, run| registry.add(format!("crm.dealcategory.{verb}"), "crm", Run::One(run));
    add("fields", fields);
    add("add", create);
    add("update", update);
    add("get", get);
    add("list", list);
    add("delete", delete);
    add("status", status);
    add("stage.list", stages);
    add("default.get", default);
    add("default.set", rename_default);
}

fn row(pipeline: &Pipeline) -> Map<String, Value> {
    Map::from_iter([
        ("ID".to_owned(), pipeline.id.to_string().into()),
        (
            "CREATED_DATE".to_owned(),
            "2026-01-12T09:00:00+03:00".into(),
        ),
        ("NAME".to_owned(), pipeline.name.as_str().into()),
        ("IS_LOCKED".to_owned(), "N".into()),
        ("SORT".to_owned(), pipeline.sort.to_string().into()),
    ])
}

fn fields(_: &mut Context<'_>, _: &Value) -> Reply {
    let field = |sort: &str, required: bool, fixed: bool| {
        json!({
            "type": sort, "isRequired": required, "isReadOnly": fixed, "isImmutable": false,
            "isMultiple": false, "isDynamic": false,
        })
    };
    Ok(Answer::plain(json!({
        "ID": field("integer", false, true),
        "CREATED_DATE": field("datetime", false, true),
        "NAME": field("string", true, false),
        "IS_LOCKED": field("char", false, true),
        "SORT": field("integer", false, false),
    })))
}

/// The pipeline that is asked for; the default one is not among them.
fn asked(ctx: &mut Context<'_>, params: &Value) -> Result<usize, ApiError> {
    let id = id_argument(params)?;
    let pipelines = &ctx.state.pipelines;
    pipelines
        .iter()
        .position(|it| it.kind == Kind::Deal && it.id == id)
        .ok_or_else(ApiError::not_found)
}

/// The name and the place that were sent.
fn sent(params: &Value) -> Result<(Option<String>, Option<u32>), ApiError> {
    let fields = array_argument(params, "fields")?;
    let name = php::member(&fields, "NAME").map(|it| {
        php::strval(it)
            .trim()
            .chars()
            .take(NAME)
            .collect::<String>()
    });
    if name.as_deref() == Some("") {
        return Err(no_name());
    }
    let sort = php::member(&fields, "SORT").and_then(|it| u32::try_from(php::intval(it)).ok());
    Ok((name, sort))
}

/// Our inference: the documentation names no error of this family.
fn no_name() -> ApiError {
    ApiError::classic("The field NAME is required.")
}

fn create(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let (name, sort) = sent(params)?;
    let name = name.ok_or_else(no_name)?;
    let id = ctx
        .state
        .open_pipeline(Kind::Deal, name, sort.unwrap_or(10));
    Ok(Answer::plain(id))
}

fn update(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let at = asked(ctx, params)?;
    let (name, sort) = sent(params)?;
    if let Some(pipeline) = ctx.state.pipelines.get_mut(at) {
        pipeline.name = name.unwrap_or_else(|| pipeline.name.clone());
        pipeline.sort = sort.unwrap_or(pipeline.sort);
    }
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}

fn get(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let at = asked(ctx, params)?;
    let found = ctx.state.pipelines.get(at).map(row).unwrap_or_default();
    Ok(Answer::plain(Value::Object(found)))
}

fn list(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let filter = array_argument(params, "filter")?;
    let order = array_argument(params, "order")?;
    let select = array_argument(params, "select")?;
    let wanted: Vec<String> = php::values(&select).into_iter().map(php::strval).collect();
    let mut found: Vec<Map<String, Value>> = ctx
        .state
        .pipelines_of(Kind::Deal)
        .filter(|it| it.id > 0)
        .map(row)
        .filter(|row| rows::pass(row, &filter))
        .collect();
    rows::sort(&mut found, &order);
    if !wanted.is_empty() && !wanted.iter().any(|it| it == "*") {
        for row in &mut found {
            row.retain(|key, _| key == "ID" || wanted.contains(key));
        }
    }
    let total = found.len() as u64;
    Ok(Answer {
        result: found.into_iter().map(Value::Object).collect(),
        total: Some(total),
        next: None,
    })
}

fn delete(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let at = asked(ctx, params)?;
    let id = ctx.state.pipelines.get(at).map_or(0, |it| it.id);
    if ctx.state.is_pipeline_used(Kind::Deal, id) {
        // Our inference: the portal refuses to delete a pipeline with deals; the text is ours.
        return Err(ApiError::classic(
            "The pipeline cannot be deleted: it has deals.",
        ));
    }
    ctx.state.close_pipeline(Kind::Deal, id);
    Ok(Answer::plain(true))
}

/// The dictionary of the pipeline's stages; 0 is the default pipeline.
fn status(_: &mut Context<'_>, params: &Value) -> Reply {
    Ok(Answer::plain(stage_entity(Kind::Deal, number(params))))
}

fn stages(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let rows: Vec<Value> = ctx
        .state
        .stages(Kind::Deal, number(params))
        .map(|it| json!({"NAME": it.name, "SORT": it.sort.to_string(), "STATUS_ID": it.code}))
        .collect();
    Ok(Answer::plain(rows))
}

fn number(params: &Value) -> u32 {
    let id = argument(params, "id").map_or(0, php::intval);
    u32::try_from(id).unwrap_or(0)
}

fn default(ctx: &mut Context<'_>, _: &Value) -> Reply {
    let name = ctx
        .state
        .pipelines_of(Kind::Deal)
        .find(|it| it.id == 0)
        .map_or_else(String::new, |it| it.name.clone());
    Ok(Answer::plain(json!({"ID": "0", "NAME": name})))
}

fn rename_default(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let name = argument(params, "name").map(php::strval);
    let name = name.unwrap_or_default().trim().to_owned();
    if name.is_empty() {
        return Err(no_name());
    }
    let pipelines = &mut ctx.state.pipelines;
    if let Some(pipeline) = pipelines
        .iter_mut()
        .find(|it| it.kind == Kind::Deal && it.id == 0)
    {
        pipeline.name = name;
    }
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}
