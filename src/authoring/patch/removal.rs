//! Removes entries with their lines, or from brackets with their comma.

use std::ops::Range;

use super::edit::{Document, Edits, Place};
use super::tree::{Kind, Node};
use super::{Key, PatchProblem};

/// An entry that is removed.
struct Lines {
    range: Range<usize>,
    /// Where the next entry of the block begins.
    next: Option<usize>,
    is_only: bool,
}

impl Document<'_> {
    /// Finds the edits that remove an entry.
    pub(super) fn remove(&self, path: &[Key], edits: &mut Edits) -> Result<(), PatchProblem> {
        let (steps, rest) = self.follow(path)?;
        let (Some(step), true) = (steps.last(), rest.is_empty()) else {
            return Err(PatchProblem::NotFound(path.to_vec()));
        };
        let parent = steps.iter().rev().nth(1);
        let before = parent.map(|parent| parent.place);
        match step.place {
            Place::Root => Err(PatchProblem::NotFound(path.to_vec())),
            Place::Value(entry, map) if map.is_flow() => {
                self.cut(map, entry.key.start..entry.end(), edits);
                Ok(())
            }
            Place::Item(item, list) if list.is_flow() => {
                self.cut(list, item.node.start..item.end(), edits);
                Ok(())
            }
            Place::Value(entry, map) => {
                let Kind::Map { entries, .. } = &map.kind else {
                    return Err(PatchProblem::Unfaithful);
                };
                let next = entries.iter().map(|entry| entry.key.start);
                let next = next.filter(|start| *start > entry.key.start).min();
                let lines = Lines {
                    range: entry.key.start..entry.end(),
                    next,
                    is_only: entries.len() == 1,
                };
                self.remove_lines(&lines, "{}", before, edits)
            }
            Place::Item(item, list) => {
                let (Kind::List { items, .. }, Some(dash)) = (&list.kind, item.dash) else {
                    return Err(PatchProblem::Unfaithful);
                };
                let next = items.iter().filter_map(|item| item.dash);
                let next = next.filter(|at| *at > dash).min();
                let lines = Lines {
                    range: dash..item.end(),
                    next,
                    is_only: items.len() == 1,
                };
                self.remove_lines(&lines, "[]", before, edits)
            }
        }
    }

    /// Removes an entry with its lines. A block that becomes empty is written as `empty`.
    fn remove_lines(
        &self,
        lines: &Lines,
        empty: &str,
        of: Option<Place<'_>>,
        edits: &mut Edits,
    ) -> Result<(), PatchProblem> {
        let Range { start, end } = lines.range.clone();
        let line_start = self.line_start(start);
        let shares_line = !self.slice(line_start..start).trim().is_empty();
        let line_end = self.line_end(end);
        if lines.is_only {
            match of {
                Some(Place::Value(entry, _)) if !shares_line => {
                    let colon = entry.colon.ok_or(PatchProblem::Unfaithful)?;
                    edits.insert(colon, format!(" {empty}"));
                }
                _ => {
                    edits.replace(start..end, empty);
                    return Ok(());
                }
            }
        }
        if !shares_line {
            // the line break goes with the line, the last line takes the one before
            let after = self.next_line(line_end);
            if after > line_end {
                edits.replace(line_start..after, "");
            } else {
                let before = self.slice(0..line_start);
                let before = before.strip_suffix('\n').unwrap_or(before);
                let before = before.strip_suffix('\r').unwrap_or(before);
                edits.replace(before.len()..line_end, "");
            }
            return Ok(());
        }
        // the entry shares its line with a dash: the next one moves up, unless comments stand between
        let next = lines.next.ok_or(PatchProblem::Unfaithful)?;
        if self.slice(line_end..next).trim().is_empty() {
            edits.replace(start..next, "");
        } else {
            let blank = self.slice(line_start..start);
            let spaces = blank.len() - blank.trim_end().len();
            edits.replace(start - spaces..line_end, "");
        }
        Ok(())
    }

    /// Removes an entry from brackets with its comma.
    fn cut(&self, of: &Node, range: Range<usize>, edits: &mut Edits) {
        let behind = self.slice(range.end..of.end);
        let gap = behind.len() - behind.trim_start().len();
        let rest = behind.trim_start();
        if let Some(rest) = rest.strip_prefix(',') {
            let spaces = rest.len() - rest.trim_start_matches(' ').len();
            edits.replace(range.start..range.end + gap + 1 + spaces, "");
            return;
        }
        let before = self.slice(of.start..range.start);
        let spaces = before.len() - before.trim_end_matches(' ').len();
        let before = before.trim_end_matches(' ');
        // a comma before a line break may stay: it changes nothing
        let comma = usize::from(before.ends_with(','));
        let from = range.start - if comma == 1 { spaces + 1 } else { 0 };
        let is_only = before.len() == 1;
        let end = if is_only && !behind.contains('\n') {
            range.end + gap
        } else {
            range.end
        };
        let from = if is_only { range.start - spaces } else { from };
        edits.replace(from..end, "");
    }
}
