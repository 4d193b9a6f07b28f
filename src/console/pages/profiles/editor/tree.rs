//! The tree of a packet: all keys of the last packets together, with their values in the one that the
//! page shows.

use indexmap::IndexMap;
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::console::visit::Visit;
use crate::domain::text::ellipsis;
use crate::domain::{SubmissionId, plural};

/// The tree shows at most this many keys.
const MOST: usize = 1_000;
/// Lists show at most this many of their rows.
const MOST_ROWS: usize = 30;
/// Deeper values are shown as one text.
const DEEPEST: usize = 8;
/// Values are cut after this many characters.
const LONGEST: usize = 120;
/// Branches with more entries begin folded.
const MANY: usize = 40;

/// What stands at a place of the packets.
#[derive(Default)]
struct Seen {
    /// In how many packets.
    count: usize,
    /// A packet that has it.
    example: Option<SubmissionId>,
    /// Whether it is a list.
    is_list: bool,
    /// The value in the packet that is shown, without blocks and lists.
    value: Option<Value>,
    /// Whether the packet that is shown has it.
    is_here: bool,
    below: IndexMap<String, Seen>,
}

/// The keys of several packets.
pub(super) struct Tree {
    root: Seen,
    /// The number of the last packets.
    all: usize,
    /// Whether there are more keys than the tree shows.
    is_cut: bool,
}

/// Joins the packet that is shown and the last packets.
pub(super) fn join(packet: Option<&Value>, others: &[(SubmissionId, Value)]) -> Tree {
    let mut left = MOST;
    let mut root = Seen::default();
    if let Some(packet) = packet {
        root.look(packet, None, 0, &mut left);
        root.forget_counts();
    }
    for (id, other) in others {
        root.look(other, Some(*id), 0, &mut left);
    }
    Tree {
        root,
        all: others.len(),
        is_cut: left == 0,
    }
}

/// Shows a tree.
pub(super) fn show(visit: &Visit<'_>, tree: &Tree) -> Markup {
    if tree.root.below.is_empty() {
        return html! {
            p.empty { (visit.t("Nothing came for this profile yet. Paste a packet to try it with.",
                "Для этого профиля ещё ничего не приходило. Вставьте пакет для примера.")) }
        };
    }
    html! {
        label.line { span.hidden { (visit.t("Filter", "Фильтр")) }
            input id="tree-filter" type="search" autocomplete="off" placeholder=(visit.t("filter by name or value", "поиск по имени или значению")); }
        ul.tree id="tree" role="tree" aria-label=(visit.t("Packet", "Пакет")) {
            @for (spot, seen) in Spot::root().below(&tree.root) { (node(visit, &spot, seen, tree.all)) }
        }
        @if tree.is_cut { p.soft { (visit.t("The packet has more keys than the tree shows.", "Ключей в пакете больше, чем показано.")) } }
    }
}

impl Seen {
    /// Adds a value of a packet; `id` is that of another packet than the one that is shown.
    fn look(&mut self, value: &Value, id: Option<SubmissionId>, depth: usize, left: &mut usize) {
        self.count += 1;
        self.example = self.example.or(id);
        self.is_here |= id.is_none();
        match value {
            Value::Object(members) if depth < DEEPEST && !members.is_empty() => {
                for (key, value) in members {
                    self.enter(key, value, (id, depth), left);
                }
            }
            Value::Array(items) if depth < DEEPEST && !items.is_empty() => {
                self.is_list = true;
                for (index, value) in items.iter().take(MOST_ROWS).enumerate() {
                    self.enter(&index.to_string(), value, (id, depth), left);
                }
            }
            value if id.is_none() => self.value = Some(value.clone()),
            _ => {}
        }
    }

    fn enter(
        &mut self,
        key: &str,
        value: &Value,
        (id, depth): (Option<SubmissionId>, usize),
        left: &mut usize,
    ) {
        if !self.below.contains_key(key) {
            if *left == 0 {
                return;
            }
            *left -= 1;
        }
        let below = self.below.entry(key.to_owned()).or_default();
        below.look(value, id, depth + 1, left);
    }

    /// The packet that is shown is among the last ones, or is none of them: it does not count.
    fn forget_counts(&mut self) {
        for below in self.below.values_mut() {
            below.count = 0;
            below.forget_counts();
        }
    }

    fn kind(&self, visit: &Visit<'_>) -> String {
        let word = match &self.value {
            _ if self.is_list => {
                let count = self.below.len();
                let (en, ru) = (
                    plural::english(count, ["row", "rows"]),
                    plural::russian(count, ["строка", "строки", "строк"]),
                );
                return format!("{count} {}", visit.t(en, ru));
            }
            Some(Value::Number(_)) => visit.t("number", "число"),
            Some(Value::Bool(_)) => visit.t("yes/no", "да/нет"),
            Some(Value::Array(_)) => visit.t("list", "список"),
            Some(Value::Object(_)) => visit.t("block", "блок"),
            Some(Value::Null) => visit.t("nothing", "пусто"),
            Some(Value::String(_)) => visit.t("text", "текст"),
            None => "",
        };
        word.to_owned()
    }
}

/// Where an entry of the tree is.
struct Spot {
    /// The steps to it.
    at: Vec<Value>,
    /// The same as a normal path.
    place: String,
    /// The key, or the number of the row.
    label: String,
}

impl Spot {
    fn root() -> Self {
        Self {
            at: Vec::new(),
            place: "$".to_owned(),
            label: String::new(),
        }
    }

    /// Returns the places below an entry, each with what stands there.
    fn below<'s>(&self, seen: &'s Seen) -> Vec<(Self, &'s Seen)> {
        let entries = seen.below.iter().map(|(key, below)| {
            let row = key.parse::<usize>().ok().filter(|_| seen.is_list);
            let (step, place, label) = if let Some(index) = row {
                let place = format!("{}[{index}]", self.place);
                (json!(index), place, format!("[{index}]"))
            } else {
                let escaped = key.replace('\\', "\\\\").replace('\'', "\\'");
                let place = format!("{}['{escaped}']", self.place);
                (json!(key), place, key.clone())
            };
            let at = [self.at.as_slice(), &[step]].concat();
            (Self { at, place, label }, below)
        });
        entries.collect()
    }
}

/// One entry of the tree with everything below it; `all` is the number of packets.
fn node(visit: &Visit<'_>, spot: &Spot, seen: &Seen, all: usize) -> Markup {
    let has_more = !seen.below.is_empty();
    let open = if seen.below.len() > MANY {
        "false"
    } else {
        "true"
    };
    let value = seen.value.as_ref().filter(|_| !has_more).map(text_of);
    let example = seen.example.filter(|_| !seen.is_here);
    html! {
        li role="treeitem" tabindex="-1" aria-expanded=[has_more.then_some(open)]
            class=[(!seen.is_here).then_some("is-pale")]
            data-at=(Value::Array(spot.at.clone())) data-place=(spot.place) data-leaf[!has_more]
            data-in=[example.map(|id| id.to_string())] {
            div.node {
                span.key { (spot.label) }
                @if let Some(value) = &value { " " span.value { (ellipsis(value, LONGEST)) } }
                @else if !seen.is_here { " " span.soft { (visit.t("not in this packet", "нет в этом пакете")) } }
                " " small { (seen.kind(visit))
                    @if all > 1 { " · " (seen.count.min(all)) " " (visit.t("of", "из")) " " (all) } }
                span.chips {}
            }
            @if has_more {
                ul role="group" {
                    @for (spot, below) in spot.below(seen) { (node(visit, &spot, below, all)) }
                }
            }
        }
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "–".to_owned(),
        other => other.to_string(),
    }
}
