//! Decides which bytes of a text change.

use std::ops::Range;

use super::tree::{self, Entry, Item, Kind, Layout, Node, Style};
use super::write::{self, Room, Written, indented};
use super::{Change, Key, PatchProblem, PatchValue};

/// The keys of a profile in their usual order.
const ORDER: [&str; 20] = [
    "name", "base", "crm", "receive", "country", "identity", "reply", "order", "fields", "files",
    "company", "contact", "deal", "lead", "item", "call", "comment", "todo", "steps", "then",
];

/// Replacements in a text.
#[derive(Default)]
pub(super) struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    pub(super) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.0.push((range, text.into()));
    }

    pub(super) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// Makes them; returns the new text and its changed lines.
    pub(super) fn apply(mut self, text: &str) -> (String, Range<usize>) {
        self.0.sort_by_key(|(range, _)| (range.start, range.end));
        let mut made = String::with_capacity(text.len());
        let mut from = 0;
        let mut lines: Option<Range<usize>> = None;
        for (range, new) in self.0 {
            made.push_str(text.get(from..range.start).unwrap_or_default());
            // a line that begins behind a break has not changed
            let begin = made.matches('\n').count() + usize::from(new.starts_with('\n'));
            let begin = begin + usize::from(new.starts_with("\r\n"));
            made.push_str(&new);
            let has_text = !new.trim().is_empty() || !new.contains('\n');
            let end = made.matches('\n').count() + usize::from(has_text && !new.is_empty());
            let known = lines.get_or_insert(begin..begin);
            known.end = known.end.max(end);
            from = range.end;
        }
        made.push_str(text.get(from..).unwrap_or_default());
        let lines = lines.unwrap_or(0..0);
        (made, lines.start..lines.end.max(lines.start))
    }
}

/// Where a node stands.
#[derive(Clone, Copy)]
pub(super) enum Place<'d> {
    Root,
    /// The value of a key; the block of the key.
    Value(&'d Entry, &'d Node),
    /// An entry of a list; the list.
    Item(&'d Item, &'d Node),
}

/// A text with its tree.
pub(super) struct Document<'t> {
    text: &'t str,
    root: Node,
    newline: &'static str,
    /// Whether new values stand in one line, whatever they hold.
    values: Layout,
}

/// A node on the way of a path.
pub(super) struct Step<'d> {
    pub(super) node: &'d Node,
    pub(super) place: Place<'d>,
}

impl<'t> Document<'t> {
    pub(super) fn read(text: &'t str) -> Option<Self> {
        let root = tree::read(text)?;
        let first = text.split_inclusive('\n').next().unwrap_or_default();
        let newline = if first.ends_with("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        Some(Self {
            text,
            root,
            newline,
            values: Layout::Block,
        })
    }

    /// Writes each new value in one line: where lines of a text would take in a comment below them.
    pub(super) fn in_one_line(self) -> Self {
        Self {
            values: Layout::Flow,
            ..self
        }
    }

    fn written(&self, value: &PatchValue, room: Room, like: Option<Style>) -> Written {
        match self.values {
            Layout::Flow => write::value(value, Room::Flow, like),
            Layout::Block => write::value(value, room, like),
        }
    }

    pub(super) fn root(&self) -> &Node {
        &self.root
    }

    /// Finds the edits of a change.
    pub(super) fn change(&self, change: &Change, edits: &mut Edits) -> Result<(), PatchProblem> {
        match change {
            Change::Set { path, value } => self.set(path, value, edits),
            Change::Append { path, value } => self.append(path, value, edits),
            Change::Remove { path } => self.remove(path, edits),
            Change::Rename { path, to } => self.rename(path, to, edits),
        }
    }

    /// Follows a path as far as it exists; returns the steps and the rest.
    pub(super) fn follow<'p>(
        &self,
        path: &'p [Key],
    ) -> Result<(Vec<Step<'_>>, &'p [Key]), PatchProblem> {
        let mut steps = vec![Step {
            node: &self.root,
            place: Place::Root,
        }];
        let mut node = &self.root;
        for (depth, key) in path.iter().enumerate() {
            if node.has_properties || matches!(node.kind, Kind::Alias) {
                return Err(PatchProblem::Shared(path.to_vec()));
            }
            let place = match (&node.kind, key) {
                (Kind::Map { entries, .. }, Key::Name(name)) => {
                    let found = entries.iter().find(|entry| entry.key.name() == Some(name));
                    found.map(|entry| (&entry.value, Place::Value(entry, node)))
                }
                (Kind::List { items, .. }, Key::Index(index)) => {
                    let found = items.get(*index);
                    found.map(|item| (&item.node, Place::Item(item, node)))
                }
                _ => None,
            };
            let Some((next, place)) = place else {
                return Ok((steps, path.get(depth..).unwrap_or_default()));
            };
            steps.push(Step { node: next, place });
            node = next;
        }
        Ok((steps, &[]))
    }

    fn set(&self, path: &[Key], value: &PatchValue, edits: &mut Edits) -> Result<(), PatchProblem> {
        let (steps, rest) = self.follow(path)?;
        let Some(step) = steps.last() else {
            return Err(PatchProblem::NotFound(path.to_vec()));
        };
        let Some((first, deeper)) = rest.split_first() else {
            return self.replace(step, value, path, edits);
        };
        let wrapped = nested(deeper, value);
        let node = step.node;
        match (&node.kind, first) {
            (Kind::Map { .. }, Key::Name(name)) => {
                self.add_key(step, (name, &wrapped), path, edits)
            }
            (Kind::List { items, .. }, Key::Index(index)) if *index == items.len() => {
                self.add_item(step, &wrapped, path, edits)
            }
            _ if node.is_null() => self.replace(step, &nested(rest, value), path, edits),
            _ => Err(PatchProblem::OtherShape(path.to_vec())),
        }
    }

    fn append(
        &self,
        path: &[Key],
        value: &PatchValue,
        edits: &mut Edits,
    ) -> Result<(), PatchProblem> {
        let (steps, rest) = self.follow(path)?;
        let step = steps.last().filter(|_| rest.is_empty());
        match step {
            Some(step) if matches!(step.node.kind, Kind::List { .. }) => {
                self.add_item(step, value, path, edits)
            }
            _ => {
                let list = PatchValue::Array(vec![value.clone()]);
                self.set(path, &list, edits)
            }
        }
    }

    fn rename(&self, path: &[Key], to: &str, edits: &mut Edits) -> Result<(), PatchProblem> {
        let (steps, rest) = self.follow(path)?;
        let Some(Place::Value(entry, _)) = steps.last().map(|step| step.place) else {
            return Err(PatchProblem::NotFound(path.to_vec()));
        };
        let key = &entry.key;
        let Kind::Scalar { style, .. } = &key.kind else {
            return Err(PatchProblem::Shared(path.to_vec()));
        };
        if !rest.is_empty() || key.has_properties {
            return Err(PatchProblem::Shared(path.to_vec()));
        }
        edits.replace(key.start..key.end, write::key(to, Some(*style)));
        Ok(())
    }

    /// Replaces a value.
    fn replace(
        &self,
        step: &Step<'_>,
        value: &PatchValue,
        path: &[Key],
        edits: &mut Edits,
    ) -> Result<(), PatchProblem> {
        let node = step.node;
        if node.has_properties || matches!(node.kind, Kind::Alias) {
            return Err(PatchProblem::Shared(path.to_vec()));
        }
        let like = match &node.kind {
            Kind::Scalar { style, .. } if !node.is_null() && *style != Style::Lines => Some(*style),
            _ => None,
        };
        let (begin, indent, room) = match step.place {
            Place::Root => return self.replace_root(value, edits),
            Place::Value(entry, map) => {
                let begin = entry
                    .colon
                    .ok_or_else(|| PatchProblem::Shared(path.to_vec()))?;
                let column = tree::column(self.text, entry.key.start);
                (begin, column, room_of(map, column))
            }
            Place::Item(item, list) => {
                let begin = item.dash.map_or(node.start, |dash| dash + 1);
                let column = item.dash.map_or(0, |dash| tree::column(self.text, dash));
                (begin, column, room_of(list, usize::MAX))
            }
        };
        if room == Room::Flow {
            let text = write::value(value, room, like).first;
            let space = if node.is_empty() { " " } else { "" };
            edits.replace(node.start..node.end, format!("{space}{text}"));
            return Ok(());
        }
        let is_map_before = matches!(
            node.kind,
            Kind::Map {
                layout: Layout::Block,
                ..
            }
        );
        let room = if is_map_before { Room::Margin } else { room };
        let written = self.written(value, room, like);
        let place = Gap { begin, indent };
        self.put(&place, node, written, edits);
        Ok(())
    }

    fn replace_root(&self, value: &PatchValue, edits: &mut Edits) -> Result<(), PatchProblem> {
        if !self.root.is_null() || !value.is_object() {
            return Err(PatchProblem::OtherShape(Vec::new()));
        }
        let lines = write::value(value, Room::Margin, None).lines;
        let mut text = lines.join(self.newline);
        text.push_str(self.newline);
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            text.insert_str(0, self.newline);
        }
        if self.root.is_empty() {
            edits.insert(self.text.len(), text);
        } else {
            edits.replace(self.root.start..self.root.end, text.trim_end());
        }
        Ok(())
    }

    /// Writes a value in place of a node that stands by indentation. Comments behind the first and
    /// the last line stay.
    fn put(&self, gap: &Gap, node: &Node, written: Written, edits: &mut Edits) {
        let Gap { begin, indent } = *gap;
        let between = self.slice(begin..node.start);
        let is_below = between.contains('\n') && !node.is_empty();
        let is_item = self.slice(0..begin).ends_with('-');
        let mut lines = written.lines;
        let mut first = written.first;
        if is_item && written.is_map && first.is_empty() && !is_below {
            first = lines.remove(0);
        }
        let first = if first.is_empty() {
            first
        } else {
            format!(" {first}")
        };
        let deeper = indent + 2;
        let rest = self.each_below(&lines, deeper);
        if !is_below {
            edits.replace(begin..node.end.max(begin), first);
            if !rest.is_empty() {
                edits.insert(self.line_end(node.end.max(begin)), rest);
            }
            return;
        }
        let header_end = self.line_end(begin);
        let header = self.slice(begin..header_end);
        let mark = header.trim_start();
        let has_mark = mark.starts_with(['|', '>']);
        let length = mark.find(char::is_whitespace).unwrap_or(mark.len());
        let skipped = header.len() - mark.len();
        if has_mark {
            edits.replace(begin..begin + skipped + length, first);
        } else {
            edits.insert(begin, first);
        }
        edits.replace(header_end..self.line_end(node.end), rest);
    }

    fn add_key(
        &self,
        step: &Step<'_>,
        (name, value): (&str, &PatchValue),
        path: &[Key],
        edits: &mut Edits,
    ) -> Result<(), PatchProblem> {
        let node = step.node;
        if node.has_properties {
            return Err(PatchProblem::Shared(path.to_vec()));
        }
        let Kind::Map { layout, entries } = &node.kind else {
            return Err(PatchProblem::OtherShape(path.to_vec()));
        };
        if *layout == Layout::Flow {
            let text = format!(
                "{}: {}",
                write::key(name, None),
                write::value(value, Room::Flow, None).first
            );
            self.add_in_brackets(node, entries.last().map(Entry::end), &text, edits);
            return Ok(());
        }
        let Some(first) = entries.first() else {
            return Err(PatchProblem::OtherShape(path.to_vec()));
        };
        let is_root = matches!(step.place, Place::Root);
        let indent = tree::column(self.text, first.key.start);
        let room = if is_root { Room::Margin } else { Room::Inner };
        let head = format!("{}:", write::key(name, None));
        let lines = write::below(head, &self.written(value, room, None));
        let lines: Vec<String> = lines.iter().map(|line| indented(indent, line)).collect();
        let rank = |name: &str| ORDER.iter().position(|known| *known == name);
        let own = rank(name).filter(|_| is_root);
        let after = match own {
            None => entries.last(),
            Some(own) => entries.iter().rev().find(|entry| {
                let rank = entry.key.name().and_then(rank);
                rank.is_some_and(|rank| rank < own)
            }),
        };
        let Some(after) = after else {
            let text = format!("{}{}", lines.join(self.newline), self.newline);
            edits.insert(self.line_start(first.key.start), text);
            return Ok(());
        };
        let mut text = self.each_below(&lines, 0);
        if is_root && lines.len() > 1 && self.is_spaced(entries) {
            text.insert_str(0, self.newline);
        }
        let at = self.behind(self.line_end(after.end()), indent);
        edits.insert(at, text);
        Ok(())
    }

    /// Whether an empty line stands between two of the entries.
    fn is_spaced(&self, entries: &[Entry]) -> bool {
        let pairs = entries.iter().zip(entries.iter().skip(1));
        let mut gaps = pairs.map(|(one, next)| self.slice(one.end()..next.key.start));
        gaps.any(|gap| gap.lines().skip(1).any(|line| line.trim().is_empty()))
    }

    /// Returns the end of the comments that follow an entry at the depth of its block.
    fn behind(&self, end: usize, indent: usize) -> usize {
        let mut at = end;
        if indent == 0 {
            return at;
        }
        loop {
            let next = self.next_line(at);
            let line_end = self.line_end(next);
            let line = self.slice(next..line_end);
            let depth = line.len() - line.trim_start_matches(' ').len();
            if next == at || depth < indent || !line.trim_start().starts_with('#') {
                return at;
            }
            at = line_end;
        }
    }

    fn add_item(
        &self,
        step: &Step<'_>,
        value: &PatchValue,
        path: &[Key],
        edits: &mut Edits,
    ) -> Result<(), PatchProblem> {
        let node = step.node;
        if node.has_properties {
            return Err(PatchProblem::Shared(path.to_vec()));
        }
        let Kind::List { layout, items } = &node.kind else {
            return Err(PatchProblem::OtherShape(path.to_vec()));
        };
        if *layout == Layout::Flow {
            let text = write::value(value, Room::Flow, None).first;
            self.add_in_brackets(node, items.last().map(Item::end), &text, edits);
            return Ok(());
        }
        let (Some(last), indent) = (items.last(), tree::column(self.text, node.start)) else {
            return Err(PatchProblem::OtherShape(path.to_vec()));
        };
        let lines = match self.values {
            Layout::Flow => write::below("-".to_owned(), &self.written(value, Room::Flow, None)),
            Layout::Block => write::item(value),
        };
        let text = self.each_below(&lines, indent);
        let at = self.behind(self.line_end(last.end()), indent);
        edits.insert(at, text);
        Ok(())
    }

    /// Adds an entry before the closing bracket.
    fn add_in_brackets(&self, node: &Node, last: Option<usize>, text: &str, edits: &mut Edits) {
        let Some(last) = last else {
            edits.insert(node.start + 1, text);
            return;
        };
        let behind = self.slice(last..node.end);
        let gap = behind.len() - behind.trim_start().len();
        let has_comma = behind.trim_start().starts_with(',');
        if has_comma {
            edits.insert(last + gap + 1, format!(" {text}"));
        } else {
            edits.insert(last, format!(", {text}"));
        }
    }

    /// Writes lines below another one.
    fn each_below(&self, lines: &[String], indent: usize) -> String {
        let mut text = String::new();
        for line in lines {
            text.push_str(self.newline);
            text.push_str(&indented(indent, line));
        }
        text
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or_default()
    }

    pub(super) fn line_start(&self, at: usize) -> usize {
        let found = self.slice(0..at).rfind('\n');
        found.map_or(0, |found| found + 1)
    }

    /// Returns the end of a line, before its break.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let rest = self.slice(at..self.text.len());
        let end = at + rest.find('\n').unwrap_or(rest.len());
        if self.slice(at..end).ends_with('\r') {
            return end - 1;
        }
        end
    }

    /// Returns the beginning of the next line, or the end of the text.
    pub(super) fn next_line(&self, at: usize) -> usize {
        let rest = self.slice(at..self.text.len());
        rest.find('\n')
            .map_or(self.text.len(), |found| at + found + 1)
    }
}

/// Where a value may be written: behind a colon or dash, and the column of its key or dash.
struct Gap {
    begin: usize,
    indent: usize,
}

fn room_of(parent: &Node, column: usize) -> Room {
    if parent.is_flow() {
        Room::Flow
    } else if column == 0 {
        Room::Margin
    } else {
        Room::Inner
    }
}

/// Wraps a value in the keys of a path that do not exist yet.
fn nested(path: &[Key], value: &PatchValue) -> PatchValue {
    path.iter()
        .rev()
        .fold(value.clone(), |inner, key| match key {
            Key::Name(name) => PatchValue::Object(std::iter::once((name.clone(), inner)).collect()),
            Key::Index(_) => PatchValue::Array(vec![inner]),
        })
}
