//! A change of the form, made in the text: everything else keeps its bytes.

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::form::RECORDS;
use super::nodes::{self, Place};
use super::preview::FieldValues;
use super::sheet::Sheet;
use crate::author_tools::{FieldGuess, PathChoice, PathKind, PlaceStep, guess, paths};
use crate::authoring::patch::{self, Change, Key, PatchProblem};
use crate::authoring::yaml::{Node, NodeKind};
use crate::console::reply::Trouble;
use crate::console::visit::Visit;
use crate::domain::text::ellipsis;
use crate::domain::{Bilingual, Lang, bilingual};

/// Keys whose values are numbers where they look like numbers.
const NUMBERS: [&str; 7] = [
    "polls",
    "responsible",
    "in_turn",
    "order",
    "type",
    "preset",
    "status",
];

/// A change that a person made in the form.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(super) enum FormChange {
    /// Gives a key a value; nothing removes it.
    Set { path: Vec<Key>, value: Value },
    /// Removes an entry.
    Remove { path: Vec<Key> },
    /// Sets a key of an entry that may be written as a text alone, which stands for the key `of`.
    Inner {
        path: Vec<Key>,
        of: String,
        key: String,
        value: Value,
    },
    /// Gives a key another name.
    Rename { path: Vec<Key>, to: String },
    /// Gives a declared field another name, in all templates, too.
    RenameField { from: String, to: String },
    /// Makes another kind of record.
    Record { from: String, to: String },
    /// Adds an item to a list.
    Append { path: Vec<Key>, value: Value },
    /// Replaces a part of a line, as a problem advises.
    Fix {
        line: usize,
        column: usize,
        length: usize,
        value: String,
    },
    /// Puts a value of the packet into a field.
    Take(Take),
}

/// A value of the packet to use.
#[derive(Debug, Deserialize)]
pub(super) struct Take {
    /// Where it is in the packet.
    at: Vec<PlaceStep>,
    /// The chosen path, if several lead there.
    path: Option<String>,
    /// The value of the form that gets it; `None` declares a field and fills what it usually fills.
    target: Option<Vec<Key>>,
}

/// The text to change, and the packet beside it.
#[derive(Clone, Copy)]
pub(super) struct GivenText<'g> {
    /// The text.
    pub(super) text: &'g str,
    /// The packet that the page shows.
    pub(super) packet: Option<&'g Value>,
    /// What the fields have in it.
    pub(super) values: &'g FieldValues,
}

/// What a change led to.
pub(super) enum Changed {
    /// The new text, and what to tell.
    Text(String, String),
    /// A person has to choose a path.
    Ask(Markup),
}

/// Makes a change in the text.
pub(super) fn make(
    visit: &Visit<'_>,
    sheet: &Sheet,
    given: GivenText<'_>,
    change: FormChange,
) -> Result<Changed, Trouble> {
    let text = given.text;
    let changes = match change {
        FormChange::Set {
            path,
            value: Value::Null,
        }
        | FormChange::Remove { path } => {
            let is_there = sheet.find(&place(&path)).is_some();
            if is_there {
                vec![Change::Remove { path }]
            } else {
                Vec::new()
            }
        }
        FormChange::Set { path, value } => set_beside_table(sheet, path, value),
        FormChange::Inner {
            path,
            of,
            key,
            value,
        } => inner(sheet, path, (&of, &key), value),
        FormChange::Rename { path, to } => vec![Change::Rename { path, to }],
        FormChange::Append { path, value } => vec![Change::Append { path, value }],
        FormChange::Record { from, to } if from.is_empty() => {
            vec![set(
                vec![Key::from(to.as_str()), Key::from("found")],
                json!("update"),
            )]
        }
        FormChange::Record { from, to } => vec![Change::Rename {
            path: vec![Key::from(from.as_str())],
            to,
        }],
        FormChange::RenameField { from, to } => {
            let patched =
                patch::rename_field(text, &from, to.trim()).map_err(|problem| refused(&problem))?;
            let said = bilingual!("renamed to {to} everywhere", "переименовано в {to} везде");
            return Ok(Changed::Text(patched.text, said.pick(visit.lang)));
        }
        FormChange::Fix {
            line,
            column,
            length,
            value,
        } => {
            let text = fixed(text, (line, column, length), &value);
            return Ok(Changed::Text(text, String::new()));
        }
        FormChange::Take(take) => return self::take(visit, sheet, given, &take),
    };
    Ok(Changed::Text(apply(text, &changes)?, String::new()))
}

fn apply(text: &str, changes: &[Change]) -> Result<String, Trouble> {
    changes.iter().try_fold(text.to_owned(), |text, change| {
        let patched = patch::patch(&text, change).map_err(|problem| refused(&problem))?;
        Ok(patched.text)
    })
}

fn refused(problem: &PatchProblem) -> Trouble {
    Trouble::Bad(problem.text())
}

fn place(path: &[Key]) -> Place {
    let steps = path.iter();
    steps.fold(Place::default(), |place, key| match key {
        Key::Name(name) => place.key(name),
        Key::Index(index) => place.item(*index),
    })
}

/// Writes numbers without quotes where the key takes numbers.
fn set(path: Vec<Key>, value: Value) -> Change {
    let takes_numbers = path
        .iter()
        .any(|key| matches!(key, Key::Name(name) if NUMBERS.contains(&name.as_str())));
    let value = if takes_numbers {
        numbered(value)
    } else {
        value
    };
    Change::Set { path, value }
}

/// Sets a value. A field of the CRM with a table needs no `value`; the first row of a table makes the
/// value what the table depends on, and what applies if no row does.
fn set_beside_table(sheet: &Sheet, path: Vec<Key>, value: Value) -> Vec<Change> {
    let key = |above: &[Key], name: &str| [above, &[Key::from(name)]].concat();
    let find = |above: &[Key], name: &str| sheet.find(&place(above).key(name));
    match path.as_slice() {
        [above @ .., Key::Name(last)]
            if last == "value" && value == json!("") && find(above, "map").is_some() =>
        {
            let is_there = find(above, last).is_some();
            is_there
                .then_some(Change::Remove { path })
                .into_iter()
                .collect()
        }
        [above @ .., Key::Name(table), Key::Name(_)]
            if table == "map" && ["map", "by"].iter().all(|it| find(above, it).is_none()) =>
        {
            let template = find(above, "value").and_then(nodes::scalar);
            let Some(template) = template.filter(|text| text.contains("{{")) else {
                return vec![set(path, value)];
            };
            let depends = Change::Rename {
                path: key(above, "value"),
                to: "by".to_owned(),
            };
            let otherwise = find(above, "default").is_none().then(|| Change::Set {
                path: key(above, "default"),
                value: json!(template),
            });
            let row = set(path.clone(), value);
            [depends, row].into_iter().chain(otherwise).collect()
        }
        _ => vec![set(path, value)],
    }
}

fn numbered(value: Value) -> Value {
    match value {
        Value::String(text) => match text.parse::<i64>() {
            Ok(number) if number.to_string() == text => json!(number),
            _ => Value::String(text),
        },
        Value::Array(items) => items.into_iter().map(numbered).collect(),
        other => other,
    }
}

/// Sets a key of an entry: a text alone becomes a block first.
fn inner(sheet: &Sheet, path: Vec<Key>, (of, key): (&str, &str), value: Value) -> Vec<Change> {
    let node = sheet.find(&place(&path));
    let is_block = node.is_none_or(|node| matches!(node.kind, NodeKind::Map(_)));
    if !is_block {
        if value.is_null() {
            return Vec::new();
        }
        let mut block = serde_json::Map::new();
        block.insert(of.to_owned(), node.map_or(Value::Null, written));
        block.insert(key.to_owned(), value);
        return vec![Change::Set {
            path,
            value: Value::Object(block),
        }];
    }
    let is_set = node.is_some_and(|node| nodes::child(node, key).is_some());
    let path = [path, vec![Key::from(key)]].concat();
    match value {
        Value::Null if is_set => vec![Change::Remove { path }],
        Value::Null => Vec::new(),
        value => vec![set(path, value)],
    }
}

/// Returns a text or a list as a value to write; numbers stay numbers.
fn written(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Scalar(text) if text.plain => numbered(json!(text.value)),
        NodeKind::Scalar(text) => json!(text.value),
        NodeKind::List(items) => items.iter().map(written).collect(),
        NodeKind::Map(entries) => {
            let entries = entries.iter();
            Value::Object(
                entries
                    .map(|(key, node)| (key.value.clone(), written(node)))
                    .collect(),
            )
        }
        NodeKind::Null => Value::Null,
    }
}

/// Replaces a part of a line; lines and columns count from 1.
fn fixed(text: &str, (line, column, length): (usize, usize, usize), value: &str) -> String {
    let mut out = String::with_capacity(text.len() + value.len());
    for (number, whole) in text.split_inclusive('\n').enumerate() {
        if number + 1 != line {
            out.push_str(whole);
            continue;
        }
        let start = column.saturating_sub(1);
        out.extend(whole.chars().take(start));
        out.push_str(value);
        out.extend(whole.chars().skip(start + length));
    }
    out
}

fn take(
    visit: &Visit<'_>,
    sheet: &Sheet,
    given: GivenText<'_>,
    take: &Take,
) -> Result<Changed, Trouble> {
    let nothing = || {
        let text = Bilingual::new(
            "The packet has nothing there. Choose another packet.",
            "В пакете там ничего нет. Выберите другой пакет.",
        );
        Trouble::Bad(text.into())
    };
    let packet = given.packet.ok_or_else(nothing)?;
    let choices = paths(packet, &take.at);
    let chosen = match (&take.path, choices.as_slice()) {
        (Some(path), all) => all.iter().find(|choice| choice.path == *path),
        (None, [only]) => Some(only),
        (None, []) => None,
        (None, all) => return Ok(Changed::Ask(question(visit, all))),
    };
    let path = chosen.ok_or_else(nothing)?.path.clone();
    let known = field_with(sheet, &path);
    let guessed = guess(packet, &take.at).ok_or_else(nothing)?;
    let is_new = known.is_none();
    let name = known.unwrap_or_else(|| free_name(sheet, &guessed.name, given.values));
    let mut changes = Vec::new();
    if is_new {
        let value = match guessed.form {
            Some(form) => json!({"from": path, "as": form}),
            None => json!(path),
        };
        let path = vec![Key::from("fields"), Key::from(name.as_str())];
        changes.push(Change::Set { path, value });
    }
    let mut filled = Vec::new();
    if let Some(target) = &take.target {
        filled.push(place(target).pattern());
        let value = target_value(sheet, &place(target), &name, &guessed);
        changes.push(Change::Set {
            path: target.clone(),
            value,
        });
    } else if is_new {
        for (at, value) in usual_targets(sheet, &name, &guessed) {
            filled.push(place(&at).pattern());
            changes.push(Change::Set { path: at, value });
        }
    }
    let text = apply(given.text, &changes)?;
    let to = if filled.is_empty() {
        String::new()
    } else {
        format!(" → {}", filled.join(", "))
    };
    Ok(Changed::Text(text, format!("{path} → {name}{to}")))
}

/// Returns the fields of the CRM that a new field usually fills and that nothing fills yet.
fn usual_targets(sheet: &Sheet, name: &str, guessed: &FieldGuess) -> Vec<(Vec<Key>, Value)> {
    let is_known = |place: &Place| sheet.find(place).is_some() || sheet.inherited(place).is_some();
    let record = RECORDS
        .iter()
        .find(|block| sheet.find(&Place::of(&[block])).is_some());
    let targets = guessed.targets.iter().filter_map(|target| {
        let block = if target.of_contact {
            "contact"
        } else {
            record?
        };
        let is_off = sheet.effective(&Place::of(&[block])) == Some("none");
        if is_off || is_known(&Place::of(&[block, "fields", target.field])) {
            return None;
        }
        let part = target.part.map_or(String::new(), |part| format!(".{part}"));
        let text = format!("{{{{{name}{part}}}}}");
        let value = if target.search {
            json!({"value": text, "search": true})
        } else {
            json!(text)
        };
        Some((
            vec![
                Key::from(block),
                Key::from("fields"),
                Key::from(target.field),
            ],
            value,
        ))
    });
    targets.collect()
}

/// Returns the declared field that reads a path.
fn field_with(sheet: &Sheet, path: &str) -> Option<String> {
    let fields = sheet.find(&Place::of(&["fields"]))?;
    let mut entries = nodes::entries(fields);
    let reads = |node: &Node| {
        let from = nodes::child(node, "from").unwrap_or(node);
        nodes::texts(from).is_some_and(|texts| texts == [path])
    };
    entries
        .find(|(_, node)| reads(node))
        .map(|(name, _)| name.to_owned())
}

/// Returns what a field of the CRM gets: one that finds people goes on finding them.
fn target_value(sheet: &Sheet, target: &Place, name: &str, guessed: &FieldGuess) -> Value {
    let text = format!("{{{{{name}}}}}");
    let is_new = sheet.find(target).is_none();
    let inherited = sheet.inherited(target);
    let searched = inherited.and_then(|(_, node)| nodes::scalar(nodes::child(node, "search")?));
    let is_usual = guessed
        .targets
        .iter()
        .any(|usual| usual.search && usual.field == target.last());
    if is_new && (searched == Some("true") || (inherited.is_none() && is_usual)) {
        return json!({"value": text, "search": true});
    }
    json!(text)
}

/// Returns a name that no field of the text has yet. A field of the defaults that finds nothing in
/// the packet is replaced: what uses it works then.
fn free_name(sheet: &Sheet, wanted: &str, values: &FieldValues) -> String {
    let is_taken = |name: &str| {
        let place = Place::of(&["fields", name]);
        let has_value = matches!(values.get(name), Some(Some(_)));
        sheet.find(&place).is_some() || (sheet.inherited(&place).is_some() && has_value)
    };
    if !is_taken(wanted) {
        return wanted.to_owned();
    }
    let mut names = (2..).map(|number| format!("{wanted}_{number}"));
    names.find(|name| !is_taken(name)).unwrap_or_default()
}

/// Asks how to find the value of a list.
fn question(visit: &Visit<'_>, choices: &[PathChoice]) -> Markup {
    html! {
        h2 { (visit.t("Which row of the list?", "Какая строка списка?")) }
        p { (visit.t("The order of rows may change from packet to packet; a row with a code is found wherever it stands.",
            "Порядок строк от пакета к пакету может меняться; строка с кодом находится, где бы она ни стояла.")) }
        div.choices {
            @for choice in choices {
                button type="button" data-path=(choice.path) {
                    strong { @match &choice.kind {
                        PathKind::Labelled(member, label) => { (visit.t("where", "где")) " " (member) " = " (label) },
                        PathKind::Numbered(number) => { (visit.t("always row", "всегда строка")) " " (number) },
                        PathKind::All => (visit.t("all rows", "все строки")),
                        PathKind::Only => (visit.t("this value", "это значение")),
                    } }
                    br; code { (choice.path) }
                    br; small { (ellipsis(&choice.finds.join(" | "), 80)) }
                }
            }
        }
    }
}

/// Returns the words for a locked form.
pub(super) fn locked(visit: &Visit<'_>, sheet: &Sheet) -> Markup {
    let lang: Lang = visit.lang;
    html! {
        @if let Some(problem) = sheet.lock() {
            p.problem role="alert" {
                strong { (visit.t("The form waits: the text cannot be read. ", "Форма ждёт: текст не читается. ")) }
                @if problem.line > 0 { (visit.t("Line", "Строка")) " " (problem.line) ": " }
                (problem.message.in_lang(lang))
                @if !problem.advice.in_lang(lang).is_empty() { "; " (problem.advice.in_lang(lang)) }
                @if problem.line > 0 {
                    " " button type="button" data-line=(problem.line) data-column=(problem.column) {
                        (visit.t("Show in YAML", "Показать в YAML"))
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fix_replaces_characters_and_not_bytes() {
        let text = "имя: стaрое\r\nb: 1\r\n";
        assert_eq!(fixed(text, (1, 6, 6), "новое"), "имя: новое\r\nb: 1\r\n");
        assert_eq!(fixed(text, (2, 1, 1), "c"), "имя: стaрое\r\nc: 1\r\n");
        assert_eq!(fixed(text, (9, 1, 1), "c"), text);
    }

    #[test]
    fn numbers_are_written_as_numbers_where_a_key_takes_them() {
        let path = || vec![Key::from("receive"), Key::from("polls")];
        let Change::Set { value, .. } = set(path(), json!(["123", "0124", "a"])) else {
            panic!();
        };
        assert_eq!(value, json!([123, "0124", "a"]));
        let title = vec![Key::from("deal"), Key::from("fields"), Key::from("TITLE")];
        let Change::Set { value, .. } = set(title, json!("6")) else {
            panic!();
        };
        assert_eq!(value, json!("6"));
    }
}
