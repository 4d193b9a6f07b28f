//! Where a value of a draft comes from, as a profile writes it.

use super::hooks;
use super::observe::ObservedField;

/// Returns where a value is: `from: $.email`, or `custom: ORDERID` and `contact: PHONE` for
/// custom fields of amoCRM.
pub(super) fn origin(places: &[&ObservedField]) -> String {
    let list = |names: Vec<String>| match names.as_slice() {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    };
    let named = places.iter().map(|seen| hooks::named(&seen.path));
    let named = named.collect::<Option<Vec<(&str, &str)>>>();
    // a field is read from one owner, or else by paths
    let is_of_one = |named: &Vec<(&str, &str)>| {
        let keys = || named.iter().map(|(key, _)| key);
        keys().all(|key| Some(key) == keys().next())
    };
    match named.filter(is_of_one).as_deref() {
        Some(named @ [(key, _), ..]) => {
            let texts = named.iter().map(|(_, name)| quoted(name)).collect();
            format!("{key}: {}", list(texts))
        }
        _ => format!(
            "from: {}",
            list(places.iter().map(|seen| path(seen)).collect())
        ),
    }
}

/// Returns the declaration of a field without a form; a path needs no key.
pub(super) fn short(name: &str, origin: &str) -> String {
    match origin.strip_prefix("from: ") {
        Some(path) => format!("{name}: {path}"),
        None => format!("{name}: {{ {origin} }}"),
    }
}

/// Quotes a path for YAML inside brackets.
pub(super) fn path(seen: &ObservedField) -> String {
    if seen.path.contains('[') {
        quoted(&seen.path)
    } else {
        seen.path.clone()
    }
}

/// Returns text in double quotes.
pub(super) fn quoted(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).collect();
    format!("\"{}\"", plain.replace('\\', "\\\\").replace('"', "\\\""))
}
