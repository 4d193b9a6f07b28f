//! Renames a field of a profile everywhere in its file.

use super::edit::{Document, Edits};
use super::tree::{Kind, Node};
use super::{Change, Key, PatchProblem, Patched, meaning, patch, write};

/// Renames a field: its key in `fields`, its name in the templates of the file, in conditions and in
/// lists of files.
pub fn rename_field(text: &str, from: &str, to: &str) -> Result<Patched, PatchProblem> {
    let mark = '\u{feff}';
    let body = text.strip_prefix(mark).unwrap_or(text);
    let mut patched = renamed(body, from, to)?;
    if body.len() < text.len() {
        patched.text.insert(0, mark);
    }
    Ok(patched)
}

fn renamed(text: &str, from: &str, to: &str) -> Result<Patched, PatchProblem> {
    let change = Change::Rename {
        path: vec![Key::from("fields"), Key::from(from)],
        to: to.to_owned(),
    };
    let text = patch(text, &change)?.text;
    let document = Document::read(&text).ok_or(PatchProblem::Unreadable)?;
    let mut renaming = Renaming {
        text: &text,
        from,
        to,
        edits: Edits::default(),
    };
    renaming.node(document.root(), Context::Any);
    let (patched, lines) = renaming.edits.apply(&text);
    if meaning::read(&patched).is_none() {
        return Err(PatchProblem::Unfaithful);
    }
    Ok(Patched {
        text: patched,
        lines,
    })
}

/// What the names of a block mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    Any,
    /// Keys are names of fields: a condition.
    Condition,
    /// Texts are names of fields.
    Names,
    /// Nothing here names a field: what a profile receives.
    Packet,
}

struct Renaming<'r> {
    text: &'r str,
    from: &'r str,
    to: &'r str,
    edits: Edits,
}

impl Renaming<'_> {
    fn node(&mut self, node: &Node, context: Context) {
        match &node.kind {
            Kind::Alias => {}
            Kind::Scalar { value, style } => {
                if context == Context::Names && value == self.from {
                    let name = write::key(self.to, Some(*style));
                    self.edits.replace(node.start..node.end, name);
                } else if context != Context::Packet {
                    self.templates(node);
                }
            }
            Kind::List { items, .. } => {
                for item in items {
                    self.node(&item.node, context);
                }
            }
            Kind::Map { entries, .. } => {
                for entry in entries {
                    let name = entry.key.name().unwrap_or_default();
                    if context == Context::Condition && name == self.from {
                        let name = write::key(self.to, None);
                        self.edits.replace(entry.key.start..entry.key.end, name);
                    }
                    let inner = match name {
                        _ if context == Context::Packet => Context::Packet,
                        "receive" => Context::Packet,
                        "when" => Context::Condition,
                        "files" => Context::Names,
                        _ => Context::Any,
                    };
                    self.node(&entry.value, inner);
                }
            }
        }
    }

    /// Renames the field in the templates of a text.
    fn templates(&mut self, node: &Node) {
        let written = self.text.get(node.start..node.end).unwrap_or_default();
        let mut from = 0;
        while let Some(open) = written.get(from..).and_then(|rest| rest.find("{{")) {
            let open = from + open + 2;
            let rest = written.get(open..).unwrap_or_default();
            let Some(length) = rest.find("}}") else {
                return;
            };
            let inner = rest.get(..length).unwrap_or_default();
            for at in names(inner, self.from) {
                let start = node.start + open + at;
                self.edits.replace(start..start + self.from.len(), self.to);
            }
            from = open + length + 2;
        }
    }
}

/// Returns where a name stands in a placeholder, outside quotes and not as a member of another.
fn names(inner: &str, name: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut quote = None;
    let mut word: Option<(usize, char)> = None;
    let mut before = ' ';
    let ends = inner.char_indices().chain([(inner.len(), ' ')]);
    for (at, c) in ends {
        let is_of_word = c.is_alphanumeric() || matches!(c, '_' | '-');
        if let Some(open) = quote {
            if c == open {
                quote = None;
            }
        } else if is_of_word {
            word.get_or_insert((at, before));
        } else {
            if let Some((start, before)) = word.take() {
                let is_outer = inner.get(..start).is_some_and(|rest| rest.ends_with("../"));
                let is_member = matches!(before, '.' | '@' | '/') && !is_outer;
                if !is_member && c != '=' && inner.get(start..at) == Some(name) {
                    found.push(start);
                }
            }
            if matches!(c, '"' | '\'') {
                quote = Some(c);
            }
        }
        before = c;
    }
    found
}
