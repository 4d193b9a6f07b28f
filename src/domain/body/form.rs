//! Form fields as PHP sends and reads them: `order[items][0][name]=x` builds a tree. Every value is
//! text. Bad percent signs stay as they are, bad characters are replaced; only forms beyond the
//! limits are refused.

use indexmap::IndexMap;
use indexmap::map::Entry;
use percent_encoding::percent_decode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::charset;

/// More fields than this are refused.
pub const MOST_FIELDS: usize = 10_000;
/// More levels of brackets in a key than this are refused.
pub const DEEPEST_KEY: usize = 64;
/// Longer keys than this are refused, in bytes.
pub const LONGEST_KEY: usize = 512;
/// More names than this, in all keys together, are refused: each takes more memory than its
/// characters.
const MOST_NODES: usize = 100_000;
/// What is added to a name that occurs several times without `[]`, for the list of all its values.
pub const ALL: &str = "[]";
/// The name of the value that was sent for a name which has names below it as well.
const OWN: &str = "_value";

/// The limit that a form exceeds. Fields are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beyond {
    /// It has too many fields.
    TooMany,
    /// It has more fields than this source takes.
    MoreThan(usize),
    /// The key of this field is too long.
    KeyTooLong(usize),
    /// The key of this field is too deep.
    KeyTooDeep(usize),
}

/// The size of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormLimits {
    fields: usize,
    /// The limit of names that are counted once; without it all names of all keys count.
    names: Option<usize>,
}

impl Default for FormLimits {
    fn default() -> Self {
        Self {
            fields: MOST_FIELDS,
            names: None,
        }
    }
}

impl FormLimits {
    /// Limits the fields of a form and the names in all of its keys, each counted once, for senders
    /// that put many records into one request.
    pub fn of_fields(most: usize) -> Self {
        Self {
            fields: most,
            names: Some(most),
        }
    }

    fn exceeded(self) -> Beyond {
        match self.names {
            Some(_) => Beyond::MoreThan(self.fields),
            None => Beyond::TooMany,
        }
    }
}

/// A tree that grows field by field.
#[derive(Debug, Default)]
pub(super) struct Tree {
    root: Node,
    limits: FormLimits,
    fields: usize,
    nodes: usize,
    /// All values of the names that occurred more than once without `[]`, by name.
    repeated: IndexMap<String, Vec<Value>>,
}

/// A name with its value and the names below it.
#[derive(Debug, Default)]
struct Node {
    own: Option<Value>,
    children: IndexMap<String, Node>,
    /// The number that `a[]` takes next.
    next: u64,
}

/// Reads `a=1&b[c]=2`.
pub(super) fn decode(
    text: &[u8],
    declared: Option<&str>,
    limits: FormLimits,
) -> Result<Value, Beyond> {
    let mut pairs = Vec::new();
    for pair in text
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
    {
        if pairs.len() == limits.fields {
            return Err(limits.exceeded());
        }
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let key = unescaped(halves.next().unwrap_or_default());
        pairs.push((key, unescaped(halves.next().unwrap_or_default())));
    }
    let all: Vec<u8> = pairs
        .iter()
        .flat_map(|(key, value)| key.iter().chain(value).chain(b"\n"))
        .copied()
        .collect();
    let named = pairs.iter().find(|(key, _)| key == b"_charset_");
    let named = named.map(|(_, label)| String::from_utf8_lossy(label).into_owned());
    let named = named.filter(|label| charset::known(label).is_some());
    let encoding = charset::encoding_of(&all, named.as_deref().or(declared));
    let mut tree = Tree {
        limits,
        ..Tree::default()
    };
    for (key, value) in &pairs {
        let value = charset::text(value, encoding).into_owned();
        tree.put(&charset::text(key, encoding), Value::String(value))?;
    }
    Ok(tree.into_value())
}

/// `+` is a blank, `%41` an A.
pub(super) fn unescaped(text: &[u8]) -> Vec<u8> {
    let blanks: Vec<u8> = text
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    percent_decode(&blanks).collect()
}

impl Tree {
    /// Adds a field. A key without a name is ignored.
    pub(super) fn put(&mut self, key: &str, value: Value) -> Result<(), Beyond> {
        self.fields += 1;
        let key = key.trim_start();
        if self.fields > self.limits.fields {
            return Err(self.limits.exceeded());
        }
        if key.len() > LONGEST_KEY {
            return Err(Beyond::KeyTooLong(self.fields));
        }
        if key.is_empty() {
            return Ok(());
        }
        let steps = steps(key);
        if steps.len() > DEEPEST_KEY {
            return Err(Beyond::KeyTooDeep(self.fields));
        }
        let mut created = 0;
        let own = self.root.at(&steps, &mut created);
        self.nodes += self.limits.names.map_or(steps.len(), |_| created);
        if self.nodes > self.limits.names.unwrap_or(MOST_NODES) {
            return Err(self.limits.exceeded());
        }
        if let Some(earlier) = own.take() {
            let all = self.repeated.entry(key.to_owned());
            all.or_insert_with(|| vec![earlier]).push(value.clone());
        }
        *own = Some(value);
        Ok(())
    }

    /// Returns the tree as JSON, always an object. Of a repeated name the tree has the last value;
    /// all of them are beside it, under the name with `[]`, which no tree has as one name.
    pub(super) fn into_value(self) -> Value {
        let fields = self.root.children.into_iter();
        let mut fields: Map<String, Value> =
            fields.map(|(key, node)| (key, node.into_value())).collect();
        for (name, values) in self.repeated {
            fields
                .entry(format!("{name}{ALL}"))
                .or_insert(Value::Array(values));
        }
        Value::Object(fields)
    }
}

/// `a[b][]` is `a`, `b` and nothing; brackets that do not fit are part of the name.
fn steps(key: &str) -> Vec<&str> {
    let whole = || vec![key];
    let Some((name, mut rest)) = key.split_once('[').filter(|(name, _)| !name.is_empty()) else {
        return whole();
    };
    let mut steps = vec![name];
    loop {
        let Some((step, after)) = rest.split_once(']') else {
            return whole();
        };
        steps.push(step);
        match after.strip_prefix('[') {
            Some(more) => rest = more,
            None if after.is_empty() => return steps,
            None => return whole(),
        }
    }
}

impl Node {
    /// Returns the place of a value.
    fn at(&mut self, steps: &[&str], created: &mut usize) -> &mut Option<Value> {
        let mut node = self;
        for step in steps {
            let key = node.key(step);
            let entry = node.children.entry(key);
            *created += usize::from(matches!(entry, Entry::Vacant(_)));
            node = entry.or_default();
        }
        &mut node.own
    }

    /// Returns the key as written, or the next number for an empty one.
    fn key(&mut self, step: &str) -> String {
        if step.is_empty() {
            self.next = self.next.saturating_add(1);
            return (self.next - 1).to_string();
        }
        if let Some(number) = number(step) {
            self.next = self.next.max(number.saturating_add(1));
        }
        step.to_owned()
    }

    /// A list when the keys are 0, 1, 2 … without a gap, otherwise an object; a name with nothing
    /// below it is its own value.
    fn into_value(self) -> Value {
        let Self {
            own, mut children, ..
        } = self;
        match own {
            Some(own) if children.is_empty() => own,
            None if is_list(&children) => {
                children.sort_by_cached_key(|key, _| number(key));
                children.into_values().map(Self::into_value).collect()
            }
            own => {
                let fields = children.into_iter();
                let mut map: Map<String, Value> =
                    fields.map(|(key, node)| (key, node.into_value())).collect();
                if let Some(own) = own {
                    map.entry(OWN).or_insert(own);
                }
                Value::Object(map)
            }
        }
    }
}

fn is_list(children: &IndexMap<String, Node>) -> bool {
    let count = children.len() as u64;
    let within = |key: &String| number(key).is_some_and(|number| number < count);
    count > 0 && children.keys().all(within)
}

/// Parses a whole number as PHP writes a list's key: no sign, no leading zero.
fn number(key: &str) -> Option<u64> {
    let plain = key.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = key.parse().ok().filter(|_| plain)?;
    (key == "0" || !key.starts_with('0')).then_some(number)
}
