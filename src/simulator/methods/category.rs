//! `crm.category.*`: the pipelines of deals and of the smart process (REST documentation,
//! "crm.category.add"). The first pipeline of a kind is its default one.

use serde_json::{Value, json};

use super::{Context, Registry, Run, describe::described};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    state::{dictionary::Pipeline, kind::Kind, schema::upper},
};

/// Longer names are cut.
const NAME: usize = 255;
/// The place of a new pipeline that comes without one.
const SORT: u32 = 500;

pub(super) fn register(registry: &mut Registry) {
    let mut add =
        |verb: &str, run| registry.add(format!("crm.category.{verb}"), "crm", Run::One(run));
    add("fields", fields);
    add("add", create);
    add("update", update);
    add("get", get);
    add("list", list);
    add("delete", delete);
}

const FIELDS: &str = "\
id | integer | r | ID
name | string | - | Название
sort | integer | - | Сортировка
entityTypeId | integer | !r | Тип
isDefault | boolean | r | По умолчанию
originId | string | - | Идентификатор во внешнем источнике
originatorId | string | - | Внешний источник
";

fn fields(_: &mut Context<'_>, params: &Value) -> Reply {
    kind_of(params)?;
    let mut fields = described(FIELDS);
    for (name, field) in &mut fields {
        if let Some(map) = field.as_object_mut() {
            map.insert("upperName".to_owned(), upper(name).into());
        }
    }
    Ok(Answer::plain(json!({"fields": fields})))
}

fn required<'a>(params: &'a Value, name: &str) -> Result<&'a Value, ApiError> {
    php::member(params, name)
        .filter(|it| !it.is_null())
        .ok_or_else(|| ApiError::missing_argument(name))
}

fn kind_of(params: &Value) -> Result<Kind, ApiError> {
    let asked = php::intval(required(params, "entityTypeId")?);
    match Kind::of_type(asked) {
        Some(Kind::Lead) => Err(not_supported(Kind::Lead)),
        Some(kind) => Ok(kind),
        None => Err(ApiError::coded("NOT_FOUND", "Smart process not found")),
    }
}

fn not_supported(kind: Kind) -> ApiError {
    let name = kind.word().to_uppercase();
    ApiError::coded(
        "ENTITY_TYPE_NOT_SUPPORTED",
        format!("Entity type {name} is not supported"),
    )
}

/// Errors of the model have the code 0.
fn refusal(text: impl Into<String>) -> ApiError {
    ApiError::coded("0", text)
}

fn row(ctx: &Context<'_>, pipeline: &Pipeline) -> Value {
    let first = ctx.state.pipelines_of(pipeline.kind).next();
    let is_default = first.is_some_and(|it| it.id == pipeline.id);
    let mut row = json!({
        "id": pipeline.id,
        "name": pipeline.name,
        "sort": pipeline.sort,
        "entityTypeId": pipeline.kind.type_id(),
        "isDefault": if is_default { "Y" } else { "N" },
    });
    // the default pipeline of deals is no row of the table that has these columns
    if let Some(map) = row
        .as_object_mut()
        .filter(|_| pipeline.kind == Kind::Deal && pipeline.id > 0)
    {
        map.insert("originId".to_owned(), pipeline.origin.as_str().into());
        map.insert(
            "originatorId".to_owned(),
            pipeline.originator.as_str().into(),
        );
    }
    row
}

fn answer(ctx: &Context<'_>, kind: Kind, id: u32) -> Reply {
    let mut pipelines = ctx.state.pipelines_of(kind);
    let found = pipelines.find(|it| it.id == id);
    let found = found.ok_or_else(|| ApiError::coded("NOT_FOUND", "Element not found"))?;
    Ok(Answer::plain(json!({"category": row(ctx, found)})))
}

/// What a call sets.
struct Sent {
    name: Option<String>,
    sort: Option<u32>,
    is_default: bool,
    origin: Option<String>,
    originator: Option<String>,
}

fn sent(params: &Value) -> Result<Sent, ApiError> {
    let fields = required(params, "fields")?;
    let text = |name: &str| {
        let text = php::member(fields, name).map(php::strval)?;
        Some(text.trim().chars().take(NAME).collect::<String>())
    };
    let name = text("name");
    if name.as_deref() == Some("") {
        return Err(refusal("Field 'NAME' is required"));
    }
    let sort = php::member(fields, "sort").map(php::intval);
    Ok(Sent {
        name,
        sort: sort.map(|sort| u32::try_from(sort.max(0)).unwrap_or(u32::MAX)),
        is_default: text("isDefault").as_deref() == Some("Y"),
        origin: text("originId"),
        originator: text("originatorId"),
    })
}

fn create(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let kind = kind_of(params)?;
    if kind.stage_field().is_none() {
        return Err(not_supported(kind));
    }
    let mut sent = sent(params)?;
    let name = sent.name.take();
    let name = name.ok_or_else(|| refusal("Field 'NAME' is required"))?;
    let id = ctx.state.open_pipeline(kind, name, SORT);
    apply(ctx, kind, id, sent);
    answer(ctx, kind, id)
}

fn update(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let kind = kind_of(params)?;
    let id = id_of(params)?;
    let sent = sent(params)?;
    answer(ctx, kind, id)?;
    apply(ctx, kind, id, sent);
    answer(ctx, kind, id)
}

/// Changes a pipeline. That of deals cannot become the default one.
fn apply(ctx: &mut Context<'_>, kind: Kind, id: u32, sent: Sent) {
    let pipelines = &mut ctx.state.pipelines;
    let at = pipelines
        .iter()
        .position(|it| it.kind == kind && it.id == id);
    let Some((at, pipeline)) = at.and_then(|at| Some((at, pipelines.get_mut(at)?))) else {
        return;
    };
    pipeline.name = sent.name.unwrap_or_else(|| pipeline.name.clone());
    pipeline.sort = sent.sort.unwrap_or(pipeline.sort);
    pipeline.origin = sent.origin.unwrap_or_else(|| pipeline.origin.clone());
    pipeline.originator = sent
        .originator
        .unwrap_or_else(|| pipeline.originator.clone());
    if sent.is_default && kind == Kind::Smart {
        let pipeline = pipelines.remove(at);
        pipelines.insert(0, pipeline);
    }
    ctx.state.revision += 1;
}

fn id_of(params: &Value) -> Result<u32, ApiError> {
    Ok(u32::try_from(php::intval(required(params, "id")?)).unwrap_or(u32::MAX))
}

fn get(ctx: &mut Context<'_>, params: &Value) -> Reply {
    answer(ctx, kind_of(params)?, id_of(params)?)
}

fn list(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let kind = kind_of(params)?;
    let pipelines = ctx.state.pipelines_of(kind);
    let list: Vec<Value> = pipelines.map(|it| row(ctx, it)).collect();
    let total = list.len() as u64;
    Ok(Answer {
        result: json!({"categories": list}),
        total: Some(total),
        next: None,
    })
}

fn delete(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let kind = kind_of(params)?;
    let id = id_of(params)?;
    answer(ctx, kind, id)?;
    let mut pipelines = ctx.state.pipelines_of(kind);
    let is_default = pipelines.next().is_some_and(|it| it.id == id);
    let name = pipelines.find(|it| it.id == id).map(|it| it.name.clone());
    drop(pipelines);
    let is_used = ctx.state.is_pipeline_used(kind, id);
    match kind {
        Kind::Deal if is_default => Err(refusal("Default deal category cannot be deleted")),
        Kind::Deal if is_used => {
            let name = name.unwrap_or_default();
            Err(refusal(format!(
                "Deals related to the funnel \"{name}\" found"
            )))
        }
        _ if is_default => Err(ApiError::coded(
            "BX_ERROR",
            "This funnel is the default funnel",
        )),
        _ if is_used => Err(ApiError::coded(
            "BX_ERROR",
            "Elements related to the funnel found",
        )),
        _ => {
            ctx.state.close_pipeline(kind, id);
            Ok(Answer::plain(Value::Null))
        }
    }
}
