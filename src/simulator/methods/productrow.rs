//! `crm.item.productrow.{set,list}`: the product rows of leads, deals and items. A set replaces all
//! rows; one with the `id` of a row of the record stays that row, and the total of the record is
//! computed again (REST documentation, "crm.item.productrow.set").

use serde_json::{Value, json};

use super::{Context, Registry, Run};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php, products,
    state::{kind::Kind, product::ProductRow},
};

/// Rows of a page.
const PAGE: usize = 50;

pub(super) fn register(registry: &mut Registry) {
    registry.add("crm.item.productrow.set", "crm", Run::One(set));
    registry.add("crm.item.productrow.list", "crm", Run::One(list));
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
    let rows = ctx.state.products.get(&(kind, id));
    let start = php::member(params, "start").map_or(0, php::intval);
    let start = usize::try_from(start).unwrap_or(0);
    let rows = rows.into_iter().flatten().skip(start).take(PAGE);
    let rows: Vec<Value> = rows.map(|row| row.answer(id, &code)).collect();
    Ok(Answer::plain(json!({"productRows": rows})))
}
