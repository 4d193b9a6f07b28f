//! Recognises the list of goods in packets: a list of blocks with a name and a price.

use serde_json::{Map, Value};

use super::observe::step;

/// Anything nested deeper is not searched.
const DEEPEST: usize = 6;

const NAMES: [&str; 8] = [
    "name",
    "title",
    "product_name",
    "productname",
    "product",
    "displayname",
    "название",
    "наименование",
];
const PRICES: [&str; 8] = [
    "price",
    "unit_price",
    "unitprice",
    "finalprice",
    "initialprice",
    "cost",
    "цена",
    "стоимость",
];
const QUANTITIES: [&str; 6] = ["quantity", "qty", "count", "amount", "количество", "кол-во"];

/// Blocks of a row that tell which product it is: `{ "offer": { "name": … } }`.
const INNER: [&str; 4] = ["offer", "product", "variant", "item"];

/// Where the goods are, and the keys of a row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ObservedGoods {
    /// The path of the rows: `$.items[*]`.
    pub(super) each: String,
    /// Paths within a row.
    pub(super) name: String,
    pub(super) price: String,
    pub(super) quantity: Option<String>,
}

/// Returns the first list of goods.
pub(super) fn observe(packets: &[Value]) -> Option<ObservedGoods> {
    packets.iter().find_map(|packet| look(packet, "$", 0))
}

/// Returns the step to the text of an XML element that has attributes: `<price currency="RUB">35</price>`.
fn own_text(rows: &[&Map<String, Value>], key: &str) -> &'static str {
    for (name, step) in [
        ("#text", "['#text']"),
        ("text", ".text"),
        ("value", ".value"),
    ] {
        let has_text = |row: &&Map<String, Value>| {
            let value = row.get(key).and_then(|value| value.get(name));
            value.is_some_and(|value| value.is_string() || value.is_number())
        };
        if rows.iter().any(has_text) {
            return step;
        }
    }
    ""
}

fn look(value: &Value, path: &str, depth: usize) -> Option<ObservedGoods> {
    match value {
        Value::Array(items) => of_rows(items.iter(), path),
        // a list with gaps in PHP: `{ "1": {…}, "2": {…} }`
        Value::Object(members)
            if !members.is_empty() && members.keys().all(|key| is_number(key)) =>
        {
            of_rows(members.values(), path)
        }
        Value::Object(members) if depth < DEEPEST => members.iter().find_map(|(key, value)| {
            let is_usual = key.chars().count() <= 100 && !key.chars().any(char::is_control);
            is_usual.then(|| look(value, &format!("{path}{}", step(key)), depth + 1))?
        }),
        _ => None,
    }
}

fn is_number(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_digit())
}

fn of_rows<'v>(items: impl Iterator<Item = &'v Value>, path: &str) -> Option<ObservedGoods> {
    let rows: Vec<_> = items.map(Value::as_object).collect::<Option<_>>()?;
    let name = find(&rows, &NAMES).or_else(|| {
        INNER.iter().find_map(|block| {
            let inner = |row: &&'v Map<String, Value>| row.get(*block)?.as_object();
            let inner: Vec<_> = rows.iter().map(inner).collect::<Option<_>>()?;
            let name = find(&inner, &NAMES)?;
            Some(format!("$.{block}{}", name.trim_start_matches('$')))
        })
    });
    // `show_name` of a ticket
    let name = name.or_else(|| {
        let is_name = |key: &&String| {
            let key = key.to_lowercase();
            key.ends_with("_name") || key.ends_with("_title")
        };
        let key = rows.first()?.keys().find(is_name)?;
        let has_text = |row: &&Map<String, Value>| row.get(key).is_some_and(Value::is_string);
        rows.iter().all(has_text).then(|| format!("${}", step(key)))
    });
    Some(ObservedGoods {
        each: format!("{path}[*]"),
        name: name?,
        price: find(&rows, &PRICES)?,
        quantity: find(&rows, &QUANTITIES),
    })
}

/// Returns the path of the first key that is one of the words, if all rows have it and it is no
/// block without a text of its own.
fn find(rows: &[&Map<String, Value>], words: &[&str]) -> Option<String> {
    let is_word = |key: &&String| words.contains(&key.to_lowercase().as_str());
    let key = rows.first()?.keys().find(is_word)?;
    let is_everywhere = rows.iter().all(|row| row.contains_key(key));
    let text = own_text(rows, key);
    let is_block = text.is_empty()
        && rows
            .iter()
            .any(|row| row.get(key).is_some_and(Value::is_object));
    (is_everywhere && !is_block).then(|| format!("${}{text}", step(key)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn goods_are_a_list_of_blocks_with_a_name_and_a_price() {
        let row = || json!({"Title": "A", "price": 1, "qty": 2});
        for (packet, each) in [
            (json!({"items": [row()]}), Some("$.items[*]")),
            (
                json!({"payment": {"products": [row(), row()]}}),
                Some("$.payment.products[*]"),
            ),
            (
                json!({"состав заказа": [row()]}),
                Some("$['состав заказа'][*]"),
            ),
            (json!([row()]), Some("$[*]")),
            (json!({"items": []}), None),
            (json!({"items": ["A"]}), None),
            (json!({"items": [row(), 5]}), None),
            (json!({"items": [{"name": "A"}]}), None),
            (json!({"items": [row(), {"name": "B"}]}), None),
            (json!({"item": row()}), None),
        ] {
            let found = observe(std::slice::from_ref(&packet));
            assert_eq!(found.map(|goods| goods.each).as_deref(), each, "{packet}");
        }
        let priced = |price: Value| observe(&[json!({"items": [{"Title": "A", "price": price}]})]);
        for (price, path) in [
            (json!({"currency": "RUB", "text": "35"}), "$.price.text"),
            (json!({"text": "x", "#text": "35"}), "$.price['#text']"),
            (json!({"value": 35, "currency": "RUB"}), "$.price.value"),
            (json!("35"), "$.price"),
        ] {
            assert_eq!(priced(price.clone()).unwrap().price, path, "{price}");
        }
        let goods = observe(&[json!({"items": [row()]})]).unwrap();
        assert_eq!(
            (goods.name.as_str(), goods.price.as_str()),
            ("$.Title", "$.price")
        );
        assert_eq!(goods.quantity.as_deref(), Some("$.qty"));
    }
}
