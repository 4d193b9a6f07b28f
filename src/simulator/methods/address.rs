//! `crm.address.*`: the addresses of requisites, contacts, companies and leads, one of each type (REST
//! documentation, "crm.address.add").

use serde_json::{Map, Value};

use super::{Context, Registry, Run, array_argument, describe::described, requisite::page};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    state::{State, kind::Kind, requisite::Requisite},
};

pub(super) fn register(registry: &mut Registry) {
    let mut add =
        |verb: &str, run| registry.add(format!("crm.address.{verb}"), "crm", Run::One(run));
    add("fields", |_, _| Ok(Answer::plain(described(FIELDS))));
    add("add", add_address);
    add("update", update);
    add("list", list);
    add("delete", delete);
}

const FIELDS: &str = "\
TYPE_ID | integer | !i | Тип адреса
ENTITY_TYPE_ID | integer | !i | Тип владельца
ENTITY_ID | integer | !i | Владелец
ADDRESS_1 | string | - | Улица, дом, корпус, строение
ADDRESS_2 | string | - | Квартира / офис
CITY | string | - | Населённый пункт
POSTAL_CODE | string | - | Почтовый индекс
REGION | string | - | Район
PROVINCE | string | - | Область
COUNTRY | string | - | Страна
COUNTRY_CODE | string | - | Код страны
LOC_ADDR_ID | integer | - | Идентификатор адреса местоположения
ANCHOR_TYPE_ID | integer | r | Тип владельца реквизита
ANCHOR_ID | integer | r | Владелец реквизита
";

/// The type of requisites among the types of owners.
const REQUISITE: i64 = 8;

/// What an address is known by: its type and its owner.
type Key = (i64, i64, u32);

fn key(state: &State, sent: &Value) -> Result<Key, ApiError> {
    let number = |name: &str| php::member(sent, name).map_or(0, php::intval);
    let (sort, owner_type) = (number("TYPE_ID"), number("ENTITY_TYPE_ID"));
    if sort <= 0 {
        return Err(ApiError::undefined("TYPE_ID"));
    }
    let kind = Kind::of_type(owner_type);
    if kind.is_none() && owner_type != REQUISITE {
        return Err(ApiError::undefined("ENTITY_TYPE_ID"));
    }
    let owner = u32::try_from(number("ENTITY_ID")).unwrap_or(0);
    let exists = match kind {
        Some(kind) => state.record(kind, owner).is_some(),
        None => state.requisites.contains_key(&owner),
    };
    if !exists {
        return Err(ApiError::undefined("ENTITY_ID"));
    }
    Ok((sort, owner_type, owner))
}

fn place(state: &State, (sort, owner_type, owner): Key) -> Option<usize> {
    let (sort, owner_type, owner) = (sort.to_string(), owner_type.to_string(), owner.to_string());
    state.addresses.iter().position(|it| {
        it.text("TYPE_ID") == sort
            && it.text("ENTITY_TYPE_ID") == owner_type
            && it.text("ENTITY_ID") == owner
    })
}

/// The columns that a client may write.
fn columns(sent: &Value) -> impl Iterator<Item = (String, Value)> {
    let known = described(FIELDS);
    let sent = php::members(sent).into_iter();
    sent.filter(move |(name, _)| known.contains_key(name) && !name.starts_with("ANCHOR"))
        .map(|(name, value)| (name, Value::from(php::strval(value).trim())))
}

fn add_address(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let sent = array_argument(params, "fields")?;
    let key = key(ctx.state, &sent)?;
    if place(ctx.state, key).is_some() {
        return Err(ApiError::classic("TypeAddress exists."));
    }
    let mut row: Map<String, Value> = columns(&sent).collect();
    let requisite = ctx.state.requisites.get(&key.2);
    let anchor = requisite.filter(|_| key.1 == REQUISITE).map_or_else(
        || (key.1.to_string(), key.2.to_string()),
        |it| {
            let text = |name: &str| it.text(name).to_owned();
            (text("ENTITY_TYPE_ID"), text("ENTITY_ID"))
        },
    );
    row.insert("ANCHOR_TYPE_ID".to_owned(), anchor.0.into());
    row.insert("ANCHOR_ID".to_owned(), anchor.1.into());
    ctx.state.addresses.push(Requisite(row));
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}

fn asked(ctx: &Context<'_>, sent: &Value) -> Result<usize, ApiError> {
    let key = key(ctx.state, sent)?;
    place(ctx.state, key).ok_or_else(|| ApiError::classic("TypeAddress not found."))
}

fn update(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let sent = array_argument(params, "fields")?;
    let at = asked(ctx, &sent)?;
    if let Some(address) = ctx.state.addresses.get_mut(at) {
        address.0.extend(columns(&sent));
    }
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}

fn delete(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let sent = array_argument(params, "fields")?;
    let at = asked(ctx, &sent)?;
    ctx.state.addresses.remove(at);
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}

fn list(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let known = described(FIELDS);
    let whole = |address: &Requisite| {
        let value = |name: &String| address.0.get(name).cloned().unwrap_or_default();
        known
            .keys()
            .map(|name| (name.clone(), value(name)))
            .collect()
    };
    let all = ctx.state.addresses.iter().map(whole).collect();
    page(all, |name| known.contains_key(name), params)
}
