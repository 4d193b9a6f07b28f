//! Lists where one value is meant, and texts where a block is.

use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::{Bilingual, bilingual};

/// Advice on a list in place of a text.
pub(super) fn of_list(about: &str, list: &[Node]) -> Option<Bilingual> {
    let texts: Vec<&str> = list
        .iter()
        .map(|item| match &item.kind {
            NodeKind::Scalar(text) => Some(text.value.trim()),
            NodeKind::Null | NodeKind::List(_) | NodeKind::Map(_) => None,
        })
        .collect::<Option<_>>()?;
    let key = about.rsplit('.').next().unwrap_or(about);
    if key == "among" && texts.len() > 1 {
        let list = texts.join(", ");
        return Some(bilingual!(
            "one pair of brackets is enough: write `among: [{list}]`",
            "достаточно одних скобок: напишите `among: [{list}]`"
        ));
    }
    Some(match (key, texts.as_slice()) {
        (_, [only]) => bilingual!("write `{only}`", "напишите `{only}`"),
        ("when", [_, _, ..]) => {
            let joined = texts.join(" && ");
            bilingual!(
                "several tests are joined: write `when: {joined}`",
                "несколько проверок соединяют: напишите `when: {joined}`"
            )
        }
        ("identity", [_, _, ..]) => {
            let tag = |name: &&str| {
                let bare = name.trim_matches(['{', '}']).trim_start_matches("$.");
                format!("{{{{{bare}}}}}")
            };
            let joined: Vec<String> = texts.iter().map(tag).collect();
            let joined = joined.join("-");
            bilingual!(
                "it is one template: write `identity: \"{joined}\"`",
                "это один шаблон: напишите `identity: \"{joined}\"`"
            )
        }
        ("update", [first, ..]) if first.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            bilingual!(
                "`update` is true or false; for single fields write `{first}: {{ value: \"…\", on_update: overwrite }}`",
                "`update` — это true или false; для отдельных полей пишут `{first}: {{ value: \"…\", on_update: overwrite }}`"
            )
        }
        ("as", [first, ..]) => bilingual!(
            "a field has one form: write `as: {first}`, and a second field with `value: \"{{{{…}}}}\"` for another one",
            "у поля один вид: напишите `as: {first}`, а для другого заведите второе поле с `value: \"{{{{…}}}}\"`"
        ),
        ("comment" | "use", [first, ..]) => bilingual!(
            "there is one comment: write `comment: {first}`",
            "комментарий один: напишите `comment: {first}`"
        ),
        (_, [first, ..]) if first.len() < 40 => bilingual!(
            "write one value, without dashes and square brackets, such as `{key}: {first}`",
            "напишите одно значение, без дефисов и квадратных скобок, например `{key}: {first}`"
        ),
        _ => return None,
    })
}

/// Returns the name of a file with a table, without its ending.
fn table_name(value: &str) -> Option<&str> {
    let (name, ending) = value.rsplit_once('.')?;
    matches!(ending, "csv" | "xlsx" | "xls" | "txt").then_some(name)
}

/// Advice on a text in place of a block.
pub(super) fn of_text(about: &str, text: &Text) -> Option<Bilingual> {
    let value = text.value.trim();
    let key = about.rsplit('.').next().unwrap_or(about);
    Some(match key {
        "map" if let Some(table) = table_name(value) => {
            bilingual!(
                "a table in a file is `as: lookup, table: {table}.csv`",
                "таблица в файле пишется так: `as: lookup, table: {table}.csv`"
            )
        }
        "query" | "headers" | "form" if about.starts_with("then") => {
            let pairs: Option<Vec<String>> = value
                .trim_start_matches('?')
                .split(['&', ';'])
                .map(|pair| {
                    let (name, value) = pair.split_once(['=', ':'])?;
                    let (name, value) = (name.trim(), value.trim());
                    Some(format!("{name}: \"{value}\""))
                })
                .collect();
            let pairs = pairs.unwrap_or_else(|| vec!["name: \"…\"".to_owned()]);
            let pairs = pairs.join(", ");
            bilingual!(
                "write `{key}: {{ {pairs} }}`",
                "напишите `{key}: {{ {pairs} }}`"
            )
        }
        "accepted" | "refused" if value.parse::<u16>().is_ok() => bilingual!(
            "write `{key}: {{ status: {value} }}`",
            "напишите `{key}: {{ status: {value} }}`"
        ),
        "accepted" | "refused" => bilingual!(
            "write `{key}: {{ type: text/plain, body: \"…\" }}`",
            "напишите `{key}: {{ type: text/plain, body: \"…\" }}`"
        ),
        "timestamp" => bilingual!(
            "write `timestamp: {{ header: … }}`, with the name of the header",
            "напишите `timestamp: {{ header: … }}` с именем заголовка"
        ),
        "basic" => bilingual!(
            "write `basic: {{ user: site, secret: {{ env: SITE_PASSWORD }} }}`",
            "напишите `basic: {{ user: site, secret: {{ env: SITE_PASSWORD }} }}`"
        ),
        "hmac" => bilingual!(
            "write `hmac: {{ header: X-Signature, secret: {{ env: SITE_KEY }} }}`",
            "напишите `hmac: {{ header: X-Signature, secret: {{ env: SITE_KEY }} }}`"
        ),
        _ => return None,
    })
}
