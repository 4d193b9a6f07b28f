//! `crm.item.productrow.*` and `crm.{lead,deal}.productrows.*`: the product rows of leads, deals and
//! items. A set replaces all rows; one with the `id` of a row of the record stays that row, and the
//! total of the record is computed again (REST documentation, "crm.item.productrow.set").

use serde_json::{Map, Value, json};

use super::{Context, Registry, Run, argument, describe::described, rows};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php, products,
    state::{kind::Kind, product::ProductRow, schema::camel},
};

/// Rows of a page.
const PAGE: usize = 50;

pub(super) fn register(registry: &mut Registry) {
    let mut add = |verb: &str, run| {
        registry.add(format!("crm.item.productrow.{verb}"), "crm", Run::One(run));
    };
    add("fields", |_, _| {
        Ok(Answer::plain(json!({"fields": described(FIELDS)})))
    });
    add("add", add_row);
    add("update", update);
    add("get", get);
    add("list", list);
    add("set", set);
    add("delete", delete);
    for kind in [Kind::Lead, Kind::Deal] {
        let mut add = |verb: &str, run| {
            let name = format!("crm.{}.productrows.{verb}", kind.word());
            registry.add(name, "crm", Run::Of(kind, run));
        };
        add("get", classic_get);
        add("set", classic_set);
    }
}

const FIELDS: &str = "\
id | integer | r | ID
ownerId | integer | !i | ID владельца
ownerType | string | !i | Тип владельца
productId | integer | ! | Товар
productName | string | - | Название товара
price | double | - | Цена
priceExclusive | double | r | Цена со скидкой без налога
priceNetto | double | r | PRICE_NETTO
priceBrutto | double | r | PRICE_BRUTTO
quantity | double | - | Количество
discountTypeId | integer | - | Тип скидки
discountRate | double | - | Величина скидки
discountSum | double | - | Сумма скидки
taxRate | double | - | Налог
taxIncluded | char | - | Налог включён в цену
customized | char | - | Изменён
measureCode | integer | - | Код единицы измерения
measureName | string | - | Единица измерения
sort | integer | - | Сортировка
xmlId | string | - | Внешний код
type | integer | r | TYPE
storeId | integer | r | STORE_ID
";

/// The short code of a kind, such as `D` or `T40c`.
fn code_of(kind: Kind) -> String {
    match kind {
        Kind::Lead => "L".to_owned(),
        Kind::Deal => "D".to_owned(),
        Kind::Contact => "C".to_owned(),
        Kind::Company => "CO".to_owned(),
        Kind::Smart => format!("T{:x}", kind.type_id()),
    }
}

/// The kind with a short code, such as `D` or `T40c`.
fn kind_of(code: &str) -> Result<Kind, ApiError> {
    let smart = || {
        code.strip_prefix('T')
            .and_then(|hex| i64::from_str_radix(hex, 16).ok())
    };
    let kind = match code {
        "L" => Some(Kind::Lead),
        "D" => Some(Kind::Deal),
        _ => smart().and_then(Kind::of_type),
    };
    kind.ok_or_else(|| ApiError::coded("INVALID_ARG_VALUE", "Unknown owner type"))
}

fn required<'a>(params: &'a Value, name: &str) -> Result<&'a Value, ApiError> {
    php::member(params, name)
        .filter(|it| !it.is_null())
        .ok_or_else(|| ApiError::missing_argument(name))
}

fn owner_of(ctx: &Context<'_>, code: &Value, id: &Value) -> Result<(Kind, u32, String), ApiError> {
    let code = php::strval(code);
    let kind = kind_of(&code)?;
    let id = u32::try_from(php::intval(id)).unwrap_or(0);
    if ctx.state.record(kind, id).is_none() {
        return Err(ApiError::coded("NOT_FOUND", "Owner was not found"));
    }
    Ok((kind, id, code))
}

fn set(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let (owner_id, owner_type) = (required(params, "ownerId")?, required(params, "ownerType")?);
    let (kind, id, code) = owner_of(ctx, owner_type, owner_id)?;
    let sent = match php::member(params, "productRows") {
        Some(rows) if php::is_array(rows) => rows,
        _ => return Err(ApiError::missing_argument("productRows")),
    };
    let old = ctx
        .state
        .products
        .get(&(kind, id))
        .cloned()
        .unwrap_or_default();
    let mut rows: Vec<ProductRow> = Vec::new();
    for sent in php::values(sent) {
        let known = php::member(sent, "id").map_or(0, php::intval);
        let known = old.iter().find(|row| i64::from(row.id) == known);
        let number = match known {
            Some(row) if rows.iter().all(|one| one.id != row.id) => row.id,
            _ => {
                ctx.state.numbers.product_row += 1;
                ctx.state.numbers.product_row
            }
        };
        rows.push(row(sent, number)?);
    }
    rows.sort_by_key(|row| row.sort);
    let answer: Vec<Value> = rows.iter().map(|row| row.answer(id, &code)).collect();
    products::set(ctx.state, kind, id, rows);
    Ok(Answer::plain(json!({"productRows": answer})))
}

/// Reads a row from what a client sent.
fn row(sent: &Value, id: u32) -> Result<ProductRow, ApiError> {
    let number = |name: &str| php::member(sent, name).map(php::floatval);
    let whole = |name: &str, usual: i64| php::member(sent, name).map_or(usual, php::intval);
    let name = php::member(sent, "productName")
        .map(php::strval)
        .unwrap_or_default();
    let product = whole("productId", 0);
    if name.trim().is_empty() && product <= 0 {
        return Err(ApiError::coded(
            "INVALID_ARG_VALUE",
            "A product row needs a product or a name",
        ));
    }
    let name = if name.trim().is_empty() {
        format!("Товар {product}")
    } else {
        name.trim().to_owned()
    };
    Ok(ProductRow {
        id,
        product,
        name,
        price: number("price").unwrap_or(0.0),
        quantity: number("quantity").unwrap_or(1.0),
        discount_type: whole("discountTypeId", 2),
        discount_rate: number("discountRate").unwrap_or(0.0),
        discount_sum: number("discountSum").unwrap_or(0.0),
        tax_rate: number("taxRate"),
        tax_included: php::member(sent, "taxIncluded").is_some_and(|it| php::strval(it) == "Y"),
        measure: whole("measureCode", 796),
        sort: whole("sort", 0),
    })
}

fn list(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let filter = required(params, "filter")?;
    let (owner_type, owner_id) = (
        required(filter, "=ownerType")?,
        required(filter, "=ownerId")?,
    );
    let (kind, id, code) = owner_of(ctx, owner_type, owner_id)?;
    let stored = ctx.state.products.get(&(kind, id)).into_iter().flatten();
    let mut found: Vec<Map<String, Value>> = stored
        .filter_map(|row| row.answer(id, &code).as_object().cloned())
        .filter(|row| rows::pass(row, filter))
        .collect();
    let nothing = Value::Null;
    rows::sort(&mut found, php::member(params, "order").unwrap_or(&nothing));
    let total = found.len() as u64;
    let start = php::member(params, "start").map_or(0, php::intval);
    let start = usize::try_from(start).unwrap_or(0);
    let page = found.into_iter().skip(start).take(PAGE);
    let page: Vec<Value> = page.map(Value::Object).collect();
    Ok(Answer {
        result: json!({"productRows": page}),
        total: Some(total),
        next: None,
    })
}

/// The owner of a row, and its place among the owner's rows.
fn asked(ctx: &Context<'_>, params: &Value) -> Result<(Kind, u32, usize), ApiError> {
    let id = php::intval(required(params, "id")?);
    let mut owners = ctx.state.products.iter();
    let found = owners.find_map(|((kind, owner), rows)| {
        let at = rows.iter().position(|row| i64::from(row.id) == id)?;
        Some((*kind, *owner, at))
    });
    found.ok_or_else(|| ApiError::coded("NOT_FOUND", "Product row was not found"))
}

fn stored(ctx: &Context<'_>, kind: Kind, owner: u32) -> Vec<ProductRow> {
    let rows = ctx.state.products.get(&(kind, owner));
    rows.cloned().unwrap_or_default()
}

fn answer(ctx: &Context<'_>, (kind, owner, id): (Kind, u32, u32)) -> Reply {
    let rows = stored(ctx, kind, owner);
    let row = rows.iter().find(|row| row.id == id);
    let row = row.map(|row| row.answer(owner, &code_of(kind)));
    Ok(Answer::plain(json!({"productRow": row})))
}

fn get(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let (kind, owner, at) = asked(ctx, params)?;
    let id = stored(ctx, kind, owner).get(at).map_or(0, |row| row.id);
    answer(ctx, (kind, owner, id))
}

fn add_row(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let fields = required(params, "fields")?;
    let (owner_type, owner_id) = (required(fields, "ownerType")?, required(fields, "ownerId")?);
    let (kind, owner, _) = owner_of(ctx, owner_type, owner_id)?;
    let id = ctx.state.numbers.product_row + 1;
    let row = row(fields, id)?;
    ctx.state.numbers.product_row = id;
    let mut rows = stored(ctx, kind, owner);
    rows.push(row);
    rows.sort_by_key(|row| row.sort);
    products::set(ctx.state, kind, owner, rows);
    answer(ctx, (kind, owner, id))
}

fn update(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let (kind, owner, at) = asked(ctx, params)?;
    let fields = required(params, "fields")?;
    let mut rows = stored(ctx, kind, owner);
    let Some(old) = rows.get_mut(at) else {
        return Err(ApiError::coded("NOT_FOUND", "Product row was not found"));
    };
    let known = described(FIELDS);
    let unknown = php::members(fields)
        .into_iter()
        .find(|(name, _)| !known.contains_key(name) || name.starts_with("owner"));
    if let Some((name, _)) = unknown {
        let text = format!("Field '{name}' is not available for update");
        return Err(ApiError::coded("INVALID_ARG_VALUE", text));
    }
    let mut whole = old.answer(owner, "");
    for (name, value) in php::members(fields) {
        if let Some(map) = whole.as_object_mut() {
            map.insert(name, value.clone());
        }
    }
    let id = old.id;
    *old = row(&whole, id)?;
    rows.sort_by_key(|row| row.sort);
    products::set(ctx.state, kind, owner, rows);
    answer(ctx, (kind, owner, id))
}

fn delete(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let (kind, owner, at) = asked(ctx, params)?;
    let mut rows = stored(ctx, kind, owner);
    rows.remove(at);
    products::set(ctx.state, kind, owner, rows);
    Ok(Answer::plain(Value::Null))
}

/// The record that a classic method names.
fn classic_owner(ctx: &Context<'_>, kind: Kind, params: &Value) -> Result<u32, ApiError> {
    let id = argument(params, "id").map_or(0, php::intval);
    let id = u32::try_from(id)
        .ok()
        .filter(|id| *id > 0)
        .ok_or_else(|| ApiError::classic("The parameter id is invalid or not defined."))?;
    match ctx.state.record(kind, id) {
        Some(_) => Ok(id),
        None => Err(ApiError::not_found()),
    }
}

fn classic_get(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let owner = classic_owner(ctx, kind, params)?;
    let rows = stored(ctx, kind, owner).into_iter();
    let rows = rows.map(|row| row.classic(owner, &code_of(kind)));
    Ok(Answer::plain(rows.collect::<Value>()))
}

/// Replaces the rows. Those that name their discount by its type must say how much it is.
fn classic_set(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let owner = classic_owner(ctx, kind, params)?;
    let sent = match argument(params, "rows") {
        Some(rows) if php::is_array(rows) => rows,
        _ => return Err(ApiError::classic("The parameter rows must be array.")),
    };
    let mut rows = Vec::new();
    for sent in php::values(sent) {
        check_discount(sent)?;
        let members = php::members(sent).into_iter();
        let members = members.map(|(name, value)| (camel(&name), value.clone()));
        let id = ctx.state.numbers.product_row + 1;
        rows.push(row(&Value::Object(members.collect()), id)?);
        ctx.state.numbers.product_row = id;
    }
    rows.sort_by_key(|row| row.sort);
    products::set(ctx.state, kind, owner, rows);
    Ok(Answer::plain(true))
}

fn check_discount(sent: &Value) -> Result<(), ApiError> {
    let has = |name: &str| php::member(sent, name).is_some_and(|it| !it.is_null());
    let rate = php::member(sent, "DISCOUNT_RATE").map(php::floatval);
    let text = match php::member(sent, "DISCOUNT_TYPE_ID").map(php::intval) {
        Some(2) if rate.is_none() => {
            "Discount Rate (DISCOUNT_RATE) is required if Percentage Discount Type \
             (DISCOUNT_TYPE_ID) is defined."
        }
        Some(2) if rate.is_some_and(|it| it >= 100.0) && !has("DISCOUNT_SUM") => {
            "Discount Sum (DISCOUNT_SUM) is required if Percentage Discount Type \
             (DISCOUNT_TYPE_ID) is defined and Discount Rate (DISCOUNT_RATE) is 100%"
        }
        Some(1) if !has("DISCOUNT_SUM") => {
            "Discount Sum (DISCOUNT_SUM) is required if Monetary Discount Type \
             (DISCOUNT_TYPE_ID) is defined."
        }
        _ => return Ok(()),
    };
    Err(ApiError::classic(text))
}
