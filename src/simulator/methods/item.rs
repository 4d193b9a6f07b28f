//! `crm.item.{fields,add,update,get,list,delete}`: one family for every kind of record, with typed
//! values, real error codes, and filters that refuse unknown keys.

use serde_json::{Map, Value, json};

use super::{
    Context, Registry, Run, classic,
    describe::{description, parent},
};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    query::{
        compile,
        page::{self, Start},
    },
    read::{self, OriginalNames, Selection},
    state::{
        dictionary::stage_entity,
        kind::Kind,
        schema::{Field, Type},
    },
    write::{self, Sent, Writing},
};

pub(super) fn register(registry: &mut Registry) {
    let mut add = |verb: &str, run| {
        registry.add(format!("crm.item.{verb}"), "crm", Run::One(run));
    };
    add("fields", fields);
    add("add", add_item);
    add("update", update);
    add("get", get);
    add("list", list);
    add("delete", delete);
}

/// Controllers accept exactly one spelling of an argument.
fn required<'a>(params: &'a Value, name: &str) -> Result<&'a Value, ApiError> {
    php::member(params, name)
        .filter(|it| !it.is_null())
        .ok_or_else(|| ApiError::missing_argument(name))
}

fn kind_of(params: &Value) -> Result<Kind, ApiError> {
    let asked = php::intval(required(params, "entityTypeId")?);
    if asked == 5 {
        return Err(ApiError::coded(
            "ENTITY_TYPE_NOT_SUPPORTED",
            "Entity type is not supported",
        ));
    }
    Kind::of_type(asked).ok_or_else(|| ApiError::coded("NOT_FOUND", "Smart process not found"))
}

fn item_not_found() -> ApiError {
    ApiError::coded("NOT_FOUND", "Item not found")
}

fn id_of(params: &Value) -> Result<u32, ApiError> {
    u32::try_from(php::intval(required(params, "id")?)).map_err(|_| item_not_found())
}

fn names_of(params: &Value) -> OriginalNames {
    let kept = php::member(params, "useOriginalUfNames").is_some_and(|it| php::strval(it) == "Y");
    if kept {
        OriginalNames::Kept
    } else {
        OriginalNames::Converted
    }
}

/// The fields by their classic names; unknown ones are ignored here too.
fn sent(ctx: &Context<'_>, kind: Kind, params: &Value) -> Result<Sent, ApiError> {
    let fields = required(params, "fields")?;
    if !php::is_array(fields) {
        return Err(ApiError::coded(
            "100",
            "Invalid value {fields} to match with parameter {fields}. Should be value of type array.",
        ));
    }
    let schema = &ctx.state.table(kind).schema;
    let mut sent = Map::new();
    for (name, value) in php::members(fields) {
        if name == "fm" {
            sent.insert("FM".to_owned(), value.clone());
        } else if let Some(field) =
            compile::universal_place(schema, &name).and_then(|it| schema.at(it))
        {
            sent.insert(field.code.clone(), value.clone());
        }
    }
    Ok(sent)
}

fn writing(ctx: &Context<'_>, kind: Kind) -> Writing {
    Writing {
        kind,
        now: ctx.now.as_second(),
        user: ctx.user,
        adding: false,
        universal: true,
        import: false,
    }
}

fn answer(ctx: &Context<'_>, kind: Kind, id: u32, params: &Value) -> Reply {
    let record = ctx.state.record(kind, id).ok_or_else(item_not_found)?;
    let selection = Selection::all();
    let item = read::universal(ctx.state, kind, record, (&selection, names_of(params)));
    Ok(Answer::plain(json!({"item": item})))
}

fn add_item(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let kind = kind_of(params)?;
    let fields = sent(ctx, kind, params)?;
    let how = Writing {
        adding: true,
        ..writing(ctx, kind)
    };
    let id = write::add(ctx.state, how, &fields)?;
    if kind == Kind::Lead && ctx.state.mode == 2 {
        classic::convert(ctx, how, id)?;
    }
    answer(ctx, kind, id, params)
}

fn update(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let kind = kind_of(params)?;
    let id = id_of(params)?;
    let fields = sent(ctx, kind, params)?;
    if ctx.state.record(kind, id).is_none() {
        return Err(item_not_found());
    }
    write::update(ctx.state, writing(ctx, kind), id, &fields)?;
    answer(ctx, kind, id, params)
}

fn get(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let kind = kind_of(params)?;
    let id = id_of(params)?;
    answer(ctx, kind, id, params)
}

fn delete(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let kind = kind_of(params)?;
    let id = id_of(params)?;
    if ctx.state.remove(kind, id) {
        Ok(Answer::plain(Value::Array(Vec::new())))
    } else {
        Err(item_not_found())
    }
}

fn list(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let kind = kind_of(params)?;
    let empty = Value::Array(Vec::new());
    let member = |name: &str| php::member(params, name).filter(|it| php::is_array(it));
    let table = ctx.state.table(kind);
    let filter = compile::universal(table, kind, member("filter").unwrap_or(&empty))?;
    let order = compile::universal_order(table, kind, member("order").unwrap_or(&empty))?;
    let selection = Selection::universal(member("select"));
    let names = names_of(params);
    let page = page::find(table, &filter, &order, Start::of(params));
    let items: Vec<Value> = page
        .rows
        .iter()
        .map(|record| read::universal(ctx.state, kind, record, (&selection, names)))
        .collect();
    Ok(Answer {
        result: json!({"items": items}),
        total: page.total,
        next: page.next,
    })
}

fn fields(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let kind = kind_of(params)?;
    let names = names_of(params);
    let mut all = Map::new();
    for (_, field) in ctx.state.table(kind).schema.iter() {
        if field.is('c') || field.is('h') {
            continue;
        }
        let name = if field.is('x') && names == OriginalNames::Kept {
            &field.code
        } else {
            &field.camel
        };
        all.insert(name.clone(), describe(ctx, kind, field));
    }
    if kind.has_multifields() {
        all.insert(
            "fm".to_owned(),
            json!({"type": "crm_multifield", "isRequired": false, "isReadOnly": false, "isImmutable": false,
                   "isMultiple": true, "isDynamic": false, "title": "fm", "upperName": "FM"}),
        );
    }
    Ok(Answer::plain(json!({"fields": all})))
}

fn describe(ctx: &Context<'_>, kind: Kind, field: &Field) -> Value {
    let mut map = description(field.universal_type(), &field.flags);
    match &field.kind {
        Type::Status(dictionary) => {
            map.insert("statusType".to_owned(), (*dictionary).into());
        }
        Type::Stage => {
            let category = ctx.state.pipelines_of(kind).next().map_or(0, |it| it.id);
            map.insert("statusType".to_owned(), stage_entity(kind, category).into());
        }
        Type::Link(target) => {
            if let Some(parent) = parent(target) {
                let mut settings = json!({"parentEntityTypeId": parent});
                if field.code == "MYCOMPANY_ID" {
                    settings["isMyCompany"] = true.into();
                    settings["isEmbeddedEditorEnabled"] = true.into();
                }
                map.insert("settings".to_owned(), settings);
            }
        }
        _ => {}
    }
    if field.code == "CONTACT_ID" && kind.has_contacts() {
        map.insert("isDeprecated".to_owned(), true.into());
    }
    map.insert("title".to_owned(), field.title_ru.as_str().into());
    map.insert("upperName".to_owned(), read::upper_name(field).into());
    let custom = &ctx.state.userfields;
    if let Some(own) = custom
        .iter()
        .find(|it| it.kind == kind && it.code == field.code && !it.items.is_empty())
    {
        map.insert("items".to_owned(), classic::items(own));
    }
    Value::Object(map)
}
