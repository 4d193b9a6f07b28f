//! `crm.timeline.comment.*`. Comments have no foreign key, so a repeated call makes a second
//! comment.

use serde_json::{Map, Value, json};

use super::{Context, Registry, Run, describe::described, id_argument};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    query::page::Start,
    state::{kind::Kind, timeline::Comment},
    when,
};

pub(super) fn register(registry: &mut Registry) {
    let mut add = |verb: &str, run| {
        registry.add(format!("crm.timeline.comment.{verb}"), "crm", Run::One(run));
    };
    add("add", add_comment);
    add("list", list);
    add("get", get);
    add("update", update);
    add("delete", delete);
    add("fields", fields);
}

/// Returns the argument `fields`; controller methods accept this spelling only.
fn fields_of(params: &Value) -> Result<&Value, ApiError> {
    php::member(params, "fields")
        .filter(|it| php::is_array(it))
        .ok_or_else(|| ApiError::missing_argument("fields"))
}

/// The record that `ENTITY_TYPE` (or `ENTITY_TYPE_ID`) and `ENTITY_ID` name.
fn owner(ctx: &Context<'_>, fields: &Value) -> Result<(Kind, u32), ApiError> {
    let unknown = || ApiError::coded("OWNER_NOT_FOUND", "Owner was not found");
    let by_word = php::member(fields, "ENTITY_TYPE").map(php::strval);
    let by_number = php::member(fields, "ENTITY_TYPE_ID").map(php::intval);
    let kind = by_word
        .and_then(|it| Kind::of_word(&it))
        .or_else(|| by_number.and_then(Kind::of_type))
        .ok_or_else(unknown)?;
    let id = php::member(fields, "ENTITY_ID").map_or(0, php::intval);
    let id = u32::try_from(id)
        .ok()
        .filter(|it| *it > 0)
        .ok_or_else(unknown)?;
    if ctx.state.record(kind, id).is_none() {
        // A missing owner is answered like one without access; inferred, not documented.
        return Err(ApiError::coded("ACCESS_DENIED", "Access denied."));
    }
    Ok((kind, id))
}

fn text_of(fields: &Value) -> Option<String> {
    php::member(fields, "COMMENT").map(|it| php::strval(it).trim().to_owned())
}

fn empty_text() -> ApiError {
    ApiError::coded("INVALID_ARG_VALUE", "Empty comment message")
}

/// The files of a comment: names with sizes, and ids.
type CommentFiles = (Vec<(String, u64)>, Vec<u32>);

/// `FILES` is a list of `[name, base64]`; other elements are dropped.
fn files_of(ctx: &mut Context<'_>, fields: &Value) -> Option<CommentFiles> {
    let list = php::member(fields, "FILES").filter(|it| php::is_array(it))?;
    let mut files = CommentFiles::default();
    for sent in php::values(list) {
        let Some(id) = ctx.state.files.upload(sent) else {
            continue;
        };
        let Some(file) = ctx.state.files.get(id) else {
            continue;
        };
        files.0.push((file.name.clone(), file.size as u64));
        files.1.push(id);
    }
    Some(files)
}

fn add_comment(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let fields = fields_of(params)?;
    let (kind, owner) = owner(ctx, fields)?;
    let text = text_of(fields)
        .filter(|it| !it.is_empty())
        .ok_or_else(empty_text)?;
    let (files, file_ids) = files_of(ctx, fields).unwrap_or_default();
    ctx.state.numbers.comment += 1;
    let id = ctx.state.numbers.comment;
    ctx.state.add_comment(Comment {
        id,
        kind,
        owner,
        created: ctx.now.as_second(),
        author: ctx.user,
        text,
        files,
        file_ids,
    });
    Ok(Answer::plain(id))
}

fn row(ctx: &Context<'_>, comment: &Comment, (kind, owner): (Kind, u32)) -> Value {
    let author = ctx
        .state
        .user(comment.author)
        .map_or_else(String::new, |it| format!("{} {}", it.name, it.last_name));
    let files: Map<String, Value> = (1_u32..)
        .zip(&comment.files)
        .map(|(at, (name, size))| {
            let known = comment.file_ids.get(at as usize - 1).copied();
            let id = known.unwrap_or(comment.id * 100 + at);
            let address = format!("/disk/downloadFile/{id}/?&ncc=1&filename={}", encoded(name));
            let mut file = json!({
                "id": id,
                "date": when::iso(comment.created),
                "type": "file",
                "name": name,
                "size": size,
                "authorId": comment.author,
                "authorName": author,
                "urlPreview": null,
                "urlShow": address,
                "urlDownload": address,
            });
            show_picture(&mut file, name);
            (id.to_string(), file)
        })
        .collect();
    let mut map = Map::new();
    let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
    put("ID", comment.id.to_string().into());
    put("ENTITY_ID", owner.to_string().into());
    put("ENTITY_TYPE", kind.word().into());
    put("CREATED", when::iso(comment.created).into());
    put("COMMENT", comment.text.as_str().into());
    put("AUTHOR_ID", comment.author.to_string().into());
    put("FILES", Value::Object(files));
    Value::Object(map)
}

/// Pictures have a preview and their measures; the sandbox does not look into files, and says one by
/// one.
fn show_picture(file: &mut Value, name: &str) {
    let ending = name.rsplit('.').next().unwrap_or_default();
    let is_picture = ["gif", "jpeg", "jpg", "png", "webp"]
        .iter()
        .any(|it| ending.eq_ignore_ascii_case(it));
    if let Some(map) = file.as_object_mut().filter(|_| is_picture) {
        let address = map.get("urlShow").cloned().unwrap_or_default();
        map.insert("type".to_owned(), "image".into());
        map.insert("image".to_owned(), json!({"width": 1, "height": 1}));
        map.insert("urlPreview".to_owned(), address);
    }
}

fn encoded(name: &str) -> String {
    percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Unlike the other methods, `list` and `get` refuse as the classic family does: without codes (REST
/// documentation, "crm.timeline.comment.get"). An owner that is missing or not named is answered like
/// one without access.
fn list(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let empty = Value::Object(Map::new());
    let filter = php::member(params, "filter").unwrap_or(&empty);
    let owner = owner(ctx, filter).map_err(|_| ApiError::classic("Access denied."));
    let (kind, id) = owner?;
    let mut numbers = ctx
        .state
        .timelines
        .get(&(kind, id))
        .map(|it| it.comments.clone())
        .unwrap_or_default();
    let order = php::member(params, "order").unwrap_or(&empty);
    // ID and CREATED grow together, so one direction serves both.
    let descending = php::members(order)
        .first()
        .is_some_and(|(_, it)| php::strval(it).eq_ignore_ascii_case("desc"));
    if descending {
        numbers.reverse();
    }
    let start = Start::of(params);
    let (total, next) = start.paging(numbers.len());
    let rows: Vec<Value> = start
        .cut(numbers)
        .into_iter()
        .filter_map(|id| ctx.state.comments.get(&id))
        .map(|it| row(ctx, it, (kind, id)))
        .collect();
    Ok(Answer {
        result: rows.into(),
        total,
        next,
    })
}

fn comment_id(ctx: &Context<'_>, params: &Value) -> Result<u32, ApiError> {
    let Some(id) = php::member(params, "id").map(php::intval) else {
        return Err(ApiError::missing_argument("id"));
    };
    u32::try_from(id)
        .ok()
        .filter(|id| ctx.state.comments.contains_key(id))
        .ok_or_else(|| ApiError::coded("NOT_FOUND", "Not found."))
}

fn get(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = id_argument(params)?;
    let comment = ctx.state.comments.get(&id);
    let comment = comment.ok_or_else(|| ApiError::classic("Not found."))?;
    let owner = (comment.kind, comment.owner);
    Ok(Answer::plain(row(ctx, comment, owner)))
}

fn update(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = comment_id(ctx, params)?;
    let fields = fields_of(params)?;
    let text = text_of(fields)
        .filter(|it| !it.is_empty())
        .ok_or_else(empty_text)?;
    let files = files_of(ctx, fields);
    if let Some(comment) = ctx.state.comments.get_mut(&id) {
        comment.text = text;
        // Left out, they stay; given, they replace the old ones.
        if let Some(files) = files {
            (comment.files, comment.file_ids) = files;
        }
    }
    ctx.state.revision += 1;
    Ok(Answer::plain(id))
}

/// Deletes a comment. One in several timelines is deleted from the one that is named.
fn delete(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = comment_id(ctx, params)?;
    let owners = ctx.state.owners_of_comment(id);
    let owner = match owners.as_slice() {
        [owner] => *owner,
        _ => named(params).ok_or_else(|| {
            let text = "Timeline item has multiple bindings";
            ApiError::coded("MULTIPLE_BINDINGS", text)
        })?,
    };
    if !owners.contains(&owner) {
        return Err(ApiError::coded("OWNER_NOT_FOUND", "Owner was not found"));
    }
    ctx.state.unbind_comment(id, owner);
    Ok(Answer::plain(Value::Null))
}

/// The record in `ownerTypeId` and `ownerId`.
fn named(params: &Value) -> Option<(Kind, u32)> {
    let number = |name: &str| php::member(params, name).map(php::intval);
    let kind = number("ownerTypeId").and_then(Kind::of_type)?;
    Some((kind, u32::try_from(number("ownerId")?).ok()?))
}

const FIELDS: &str = "\
ID | integer | r | ID
CREATED | datetime | r | Дата добавления
ENTITY_ID | integer | !i | ID элемента, к которому привязан комментарий
ENTITY_TYPE | string | !i | Тип элемента, к которому привязан комментарий
AUTHOR_ID | integer | i | Автор
COMMENT | string | - | Текст комментария
FILES | attached_diskfile | m | Список файлов
";

fn fields(_: &mut Context<'_>, _: &Value) -> Reply {
    Ok(Answer::plain(described(FIELDS)))
}
