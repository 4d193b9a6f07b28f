//! Writes the profile of a channel. Pure: the same form gives the same text.

use super::typed::{FieldRow, Mode, NewChannel, Tick};
use crate::domain::{Bilingual, bilingual};

/// Fields that hold several values.
const MULTIPLE: [&str; 4] = ["PHONE", "EMAIL", "WEB", "IM"];
/// The field that holds an amount of money.
const AMOUNT: &str = "OPPORTUNITY";

/// How a value of a list field is written: by its name, which the portal looks up, or as it is.
pub(super) type IsLabel<'f> = &'f dyn Fn(bool, &str, &str) -> bool;

/// The parts of the text that grow row by row.
#[derive(Default)]
struct Parts {
    /// Declarations: name and rule.
    declared: Vec<(String, String)>,
    contact: Vec<(String, Vec<String>)>,
    record: Vec<(String, Vec<String>)>,
}

/// Returns the text of the profile; the problems if rows contradict each other. `connection` is
/// named if the settings have several.
pub(super) fn profile(
    channel: &NewChannel,
    (name, address, connection): (&str, &str, Option<&str>),
    is_label: IsLabel<'_>,
) -> Result<String, Vec<Bilingual>> {
    let mut problems = Vec::new();
    let mut parts = Parts::default();
    for (number, row) in channel.rows.iter().enumerate() {
        if let Err(problem) = parts.add(channel, row, number + 1, is_label) {
            problems.push(problem);
        }
    }
    if parts.contact.is_empty() && parts.record.is_empty() && problems.is_empty() {
        problems.push(
            Bilingual::new(
                "Fill in at least one field of the contact or of the record.",
                "Заполните хотя бы одно поле контакта, лида или сделки.",
            )
            .into(),
        );
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(text(channel, &parts, (name, address, connection)))
}

fn text(
    channel: &NewChannel,
    parts: &Parts,
    (name, address, connection): (&str, &str, Option<&str>),
) -> String {
    let mut text = format!("name: {}\n", quoted(name));
    if let Some(connection) = connection {
        line(&mut text, 0, "crm", &quoted(connection));
    }
    text.push_str("receive:\n");
    line(&mut text, 1, "channel", address);
    if channel.has(Tick::Default) {
        line(&mut text, 1, "default", "true");
    }
    if !parts.declared.is_empty() {
        text.push_str("fields:\n");
        for (name, rule) in &parts.declared {
            line(&mut text, 1, name, rule);
        }
    }
    if !parts.contact.is_empty() {
        text.push_str("contact:\n");
        switch(&mut text, "update", channel, Tick::UpdateContact);
        fields(&mut text, &parts.contact);
    }
    text.extend([channel.kind.as_str(), ":\n"]);
    record(&mut text, channel);
    fields(&mut text, &parts.record);
    line(
        &mut text,
        0,
        "comment",
        if channel.has(Tick::Comment) {
            "full"
        } else {
            "none"
        },
    );
    todo(&mut text, channel);
    text
}

fn record(text: &mut String, channel: &NewChannel) {
    let found = match channel.mode {
        Mode::AlwaysCreate => "always_create",
        Mode::Update => "update",
        Mode::Ignore => "ignore",
    };
    line(text, 1, "found", found);
    if channel.mode != Mode::AlwaysCreate && !channel.among.is_empty() {
        let among: Vec<String> = channel.among.iter().map(|stage| quoted(stage)).collect();
        line(text, 1, "among", &format!("[{}]", among.join(", ")));
    }
    if !channel.stage.is_empty() {
        line(text, 1, "stage", &quoted(&channel.stage));
    }
    if channel.mode == Mode::Update {
        // without a stage there is nothing to change to
        if !channel.stage.is_empty() {
            switch(text, "change_stage", channel, Tick::ChangeStage);
        }
        switch(text, "update_fields", channel, Tick::UpdateFields);
    }
    if !channel.responsible.is_empty() {
        let is_id = channel
            .responsible
            .bytes()
            .all(|byte| byte.is_ascii_digit());
        let written = if is_id {
            channel.responsible.clone()
        } else {
            quoted(&channel.responsible)
        };
        line(text, 1, "responsible", &written);
    }
}

fn fields(text: &mut String, fields: &[(String, Vec<String>)]) {
    if fields.is_empty() {
        return;
    }
    text.push_str("  fields:\n");
    for (code, values) in fields {
        match values.as_slice() {
            [value] => line(text, 2, code, value),
            values => line(text, 2, code, &format!("[{}]", values.join(", "))),
        }
    }
}

fn todo(text: &mut String, channel: &NewChannel) {
    if !channel.has(Tick::Todo) {
        line(text, 0, "todo", "none");
        return;
    }
    text.push_str("todo:\n");
    line(text, 1, "title", &quoted(&channel.todo));
    if !channel.todo_after.is_empty() {
        line(text, 1, "after", &quoted(&channel.todo_after));
    }
}

fn line(text: &mut String, depth: usize, key: &str, value: &str) {
    let indent = "  ".repeat(depth);
    text.extend([&indent, key, ": ", value, "\n"]);
}

/// Writes `true` or `false`.
fn switch(text: &mut String, key: &str, channel: &NewChannel, tick: Tick) {
    line(text, 1, key, &channel.has(tick).to_string());
}

/// Writes a text in double quotes; JSON's spelling of texts is one of YAML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl Parts {
    /// Adds a row; an empty one adds nothing.
    fn add(
        &mut self,
        channel: &NewChannel,
        row: &FieldRow,
        number: usize,
        is_label: IsLabel<'_>,
    ) -> Result<(), Bilingual> {
        if row.value.is_empty() {
            return Ok(());
        }
        let Some((is_contact, code)) = row.target() else {
            return Err(bilingual!(
                "Row {number} has a value and no field: choose the field, or clear the value.",
                "В строке {number} есть значение, но не выбрано поле: выберите поле или очистите значение."
            ));
        };
        let value = quoted(&self.template(&row.value, code));
        let finds = is_contact || channel.mode != Mode::AlwaysCreate;
        let searches = row.searches && finds;
        let label = if is_label(is_contact, code, &row.value) {
            ", as: label"
        } else {
            ""
        };
        let written = match (searches, label) {
            (false, "") => value,
            (true, label) => format!("{{ value: {value}{label}, search: true }}"),
            (false, label) => format!("{{ value: {value}{label} }}"),
        };
        let fields = if is_contact {
            &mut self.contact
        } else {
            &mut self.record
        };
        match fields.iter_mut().find(|(known, _)| known == code) {
            Some((_, values)) if MULTIPLE.contains(&code) => values.push(written),
            Some(_) => {
                return Err(bilingual!(
                    "Row {number} fills {code} once more: a field has one row.",
                    "Строка {number} ещё раз заполняет {code}: у поля одна строка."
                ));
            }
            None => fields.push((code.to_owned(), vec![written])),
        }
        Ok(())
    }

    /// Returns a value in the language of profiles. A `{param}` with a plain name is written as it
    /// is; others are declared as fields.
    fn template(&mut self, value: &str, code: &str) -> String {
        let mut text = String::new();
        let mut rest = value;
        while let Some((before, name, after)) = next_param(rest) {
            text.push_str(before);
            let is_whole = text.is_empty() && after.is_empty();
            if is_whole && code == AMOUNT {
                text.extend(["{{", &self.declare(name, ", as: money"), "}}"]);
            } else if is_plain(name) {
                text.extend(["{", name, "}"]);
            } else {
                text.extend(["{{", &self.declare(name, ""), "}}"]);
            }
            rest = after;
        }
        text.push_str(rest);
        text
    }

    /// Declares a field for a parameter of the request and returns the field's name.
    fn declare(&mut self, param: &str, more: &str) -> String {
        let rule = format!("{{ from: {}{more} }}", quoted(&path(param)));
        if let Some((name, _)) = self.declared.iter().find(|(_, known)| *known == rule) {
            return name.clone();
        }
        let fit = |c: char| if c.is_alphanumeric() { c } else { '_' };
        let mut name: String = param.trim().chars().map(fit).collect();
        name = name.trim_matches('_').to_owned();
        if !name.starts_with(char::is_alphabetic) {
            name = format!("param_{name}");
        }
        while self.declared.iter().any(|(known, _)| *known == name) {
            name.push_str("_2");
        }
        self.declared.push((name.clone(), rule));
        name
    }
}

/// Returns what stands before the next `{param}`, its name, and what stands behind it.
fn next_param(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(open) = text.get(from..)?.find('{').map(|at| at + from) {
        let inside = text.get(open + 1..)?;
        let close = inside.find(['{', '}', '\n', '"'])?;
        let name = inside.get(..close)?;
        if inside.get(close..)?.starts_with('}') && !name.trim().is_empty() {
            return Some((text.get(..open)?, name.trim(), inside.get(close + 1..)?));
        }
        from = open + 1;
    }
    None
}

/// Returns whether profiles of channels understand `{name}` without a declaration.
fn is_plain(name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(is_letter)
}

/// Returns the path of a parameter as people write it: `order[id]`, `client.phone`, `Ваш телефон`.
fn path(param: &str) -> String {
    let is_separator = |c: char| matches!(c, '.' | '[' | ']');
    let names = param.split(is_separator).map(str::trim);
    let names = names.filter(|name| !name.is_empty());
    names.fold("$".to_owned(), |path, name| {
        if name.bytes().all(|byte| byte.is_ascii_digit()) {
            return format!("{path}[{name}]");
        }
        if is_plain(name) {
            return format!("{path}.{name}");
        }
        let name = name.replace('\\', "\\\\").replace('\'', "\\'");
        format!("{path}['{name}']")
    })
}

#[cfg(test)]
mod tests;
