//! A YAML text as a tree in which every node knows the bytes that it was written with.

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};

/// A node and its bytes, without the line break and the comment behind it.
pub(super) struct Node {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: Kind,
    /// Whether it has an anchor (`&name`) or a tag (`!name`).
    pub(super) has_properties: bool,
}

/// What a node is.
pub(super) enum Kind {
    /// A text, a number, or nothing at all.
    Scalar { value: String, style: Style },
    /// `*name`: what another place says.
    Alias,
    /// A list.
    List { layout: Layout, items: Vec<Item> },
    /// A block of keys.
    Map { layout: Layout, entries: Vec<Entry> },
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    /// Lines below `|` or `>`.
    Lines,
}

/// How a list or a block of keys is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// By indentation.
    Block,
    /// In brackets.
    Flow,
}

/// An entry of a list.
pub(super) struct Item {
    pub(super) node: Node,
    /// Where its `-` stands; `None` in brackets.
    pub(super) dash: Option<usize>,
}

/// A key with its value.
pub(super) struct Entry {
    pub(super) key: Node,
    pub(super) value: Node,
    /// Where its colon ends; `None` if it has none, or stands in an unusual place.
    pub(super) colon: Option<usize>,
}

impl Node {
    /// Returns whether nothing stands there.
    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end && matches!(self.kind, Kind::Scalar { .. })
    }

    /// Returns whether it means nothing: empty, `~` or `null`.
    pub(super) fn is_null(&self) -> bool {
        let Kind::Scalar { value, style } = &self.kind else {
            return false;
        };
        *style == Style::Plain && matches!(value.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// Returns whether it stands in brackets of its own.
    pub(super) fn is_flow(&self) -> bool {
        let (Kind::List { layout, .. } | Kind::Map { layout, .. }) = &self.kind else {
            return false;
        };
        *layout == Layout::Flow
    }

    /// Returns the key's name if it is a text.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { value, .. } => Some(value),
            Kind::Alias | Kind::List { .. } | Kind::Map { .. } => None,
        }
    }
}

impl Entry {
    /// Returns where the entry ends.
    pub(super) fn end(&self) -> usize {
        self.value
            .end
            .max(self.colon.unwrap_or_default())
            .max(self.key.end)
    }
}

impl Item {
    /// Returns where the item ends.
    pub(super) fn end(&self) -> usize {
        self.node.end.max(self.dash.map_or(0, |dash| dash + 1))
    }
}

/// Reads the tree of the first document; `None` for a text that is no YAML, or of several documents.
pub(super) fn read(text: &str) -> Option<Node> {
    let events: Result<Vec<_>, _> = Parser::new_from_str(text).collect();
    let is_of_tree = |(event, _): &Spanned<'_>| {
        event.is_node() || matches!(event, Event::SequenceEnd | Event::MappingEnd)
    };
    let events = events.ok()?.into_iter().filter(is_of_tree);
    let mut builder = Builder {
        text,
        events: events.collect::<Vec<_>>().into_iter(),
    };
    let Some(first) = builder.events.next() else {
        return Some(nothing(text.len()));
    };
    let root = builder.node(first)?;
    builder.events.next().is_none().then_some(root)
}

fn nothing(at: usize) -> Node {
    Node {
        start: at,
        end: at,
        kind: Kind::Scalar {
            value: String::new(),
            style: Style::Plain,
        },
        has_properties: false,
    }
}

type Spanned<'t> = (Event<'t>, Span);

struct Builder<'t> {
    text: &'t str,
    events: std::vec::IntoIter<Spanned<'t>>,
}

impl<'t> Builder<'t> {
    fn node(&mut self, (event, span): Spanned<'t>) -> Option<Node> {
        let range = span.byte_range()?;
        let has_properties = event.anchor_id().is_some_and(|id| id != 0) || event.tag().is_some();
        let node = match event {
            Event::Scalar(value, style, ..) => {
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::Single,
                    ScalarStyle::DoubleQuoted => Style::Double,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Lines,
                };
                let written = self.text.get(range.clone())?;
                Some(Node {
                    start: range.start,
                    end: range.start + written.trim_end().len(),
                    kind: Kind::Scalar {
                        value: value.into_owned(),
                        style,
                    },
                    has_properties: false,
                })
            }
            Event::SequenceStart(layout, ..) => self.list(range.start, layout),
            Event::MappingStart(layout, ..) => self.map(range.start, layout),
            Event::Alias(_) => Some(Node {
                start: range.start,
                end: range.end,
                kind: Kind::Alias,
                has_properties: false,
            }),
            _ => None,
        };
        node.map(|node| Node {
            has_properties,
            ..node
        })
    }

    fn list(&mut self, start: usize, layout: StructureStyle) -> Option<Node> {
        let layout = layout_of(layout);
        let start = match layout {
            Layout::Flow => start,
            Layout::Block => self.first_dash(start)?,
        };
        let mut items: Vec<Item> = Vec::new();
        let mut from = start;
        loop {
            let next = self.events.next()?;
            if matches!(next.0, Event::SequenceEnd) {
                let end = match layout {
                    Layout::Flow => next.1.byte_range()?.end,
                    Layout::Block => items.last().map_or(start, Item::end),
                };
                return Some(Node {
                    start,
                    end,
                    kind: Kind::List { layout, items },
                    has_properties: false,
                });
            }
            let dash = match layout {
                Layout::Flow => None,
                Layout::Block => Some(self.dash(from, start)?),
            };
            let mut node = self.node(next)?;
            if let Some(dash) = dash.filter(|_| node.is_empty()) {
                (node.start, node.end) = (dash + 1, dash + 1);
            }
            let item = Item { node, dash };
            from = item.end();
            items.push(item);
        }
    }

    /// Finds the first `-` of a list: the parser names it or, of a list that is not indented, what
    /// stands behind it.
    fn first_dash(&self, start: usize) -> Option<usize> {
        let holds_list = self.events.as_slice().first().is_some_and(|(event, span)| {
            matches!(event, Event::SequenceStart(StructureStyle::Block, ..))
                && span.byte_range().is_some_and(|range| range.start == start)
        });
        if self.text.get(start..)?.starts_with('-') && !holds_list {
            return Some(start);
        }
        // only comments stand between the two
        let mut before = self.text.get(..start)?.trim_end();
        loop {
            let line = before.rsplit('\n').next().unwrap_or_default();
            let Some(comment) = line.find('#') else {
                return before.ends_with('-').then(|| before.len() - 1);
            };
            let rest = before.len() - line.len() + comment;
            before = before.get(..rest)?.trim_end();
        }
    }

    /// Finds the next `-` of a list that begins at `start`: in the column of the first one.
    fn dash(&self, from: usize, start: usize) -> Option<usize> {
        let rest = self.text.get(from..)?;
        if from == start {
            return rest.starts_with('-').then_some(from);
        }
        let column = column(self.text, start);
        let mut at = from;
        for line in rest.split_inclusive('\n') {
            let begin = at + (line.len() - line.trim_start_matches(' ').len());
            if at != from && self.text.get(begin..)?.starts_with('-') && column == begin - at {
                return Some(begin);
            }
            at += line.len();
        }
        None
    }

    fn map(&mut self, start: usize, layout: StructureStyle) -> Option<Node> {
        let layout = layout_of(layout);
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let next = self.events.next()?;
            if matches!(next.0, Event::MappingEnd) {
                let end = match layout {
                    Layout::Flow => next.1.byte_range()?.end,
                    Layout::Block => entries.last().map_or(start, Entry::end),
                };
                return Some(Node {
                    start,
                    end,
                    kind: Kind::Map { layout, entries },
                    has_properties: false,
                });
            }
            let key = self.node(next)?;
            let colon = self.colon(key.end);
            let next = self.events.next()?;
            let mut value = self.node(next)?;
            if let Some(colon) = colon.filter(|_| value.is_empty()) {
                (value.start, value.end) = (colon, colon);
            }
            entries.push(Entry { key, value, colon });
        }
    }

    /// Finds the colon behind a key.
    fn colon(&self, end: usize) -> Option<usize> {
        let rest = self.text.get(end..)?;
        let gap = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        rest.get(gap..)?.starts_with(':').then_some(end + gap + 1)
    }
}

fn layout_of(style: StructureStyle) -> Layout {
    match style {
        StructureStyle::Block => Layout::Block,
        StructureStyle::Flow => Layout::Flow,
    }
}

/// Returns how many characters stand before a place in its line.
pub(super) fn column(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.chars().count()
}
