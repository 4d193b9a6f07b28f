//! Reads a block of keys. The reader takes each key by name and type, and every key that it does
//! not take is unknown. So the list of known keys is not written twice.

use super::advice::{
    example, glued, listed, misplaced, not_a_list, of_keys, of_step, unspaced, with_colon,
};
use super::numbers::{named_poll, numbers};
use super::{crm_codes, cut, instead_of_list, policy, word_advice};
use crate::authoring::codes::Code;
use crate::authoring::keys::{ExpectedKey, KeyShape};
use crate::authoring::problem::{Problems, TextPlace};
use crate::authoring::reader::Reader;
use crate::authoring::suggest;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::{Bilingual, Lang, bilingual};

/// A value and its place.
#[derive(Debug, Clone)]
pub(crate) struct Sp<T> {
    pub(crate) value: T,
    pub(crate) place: TextPlace,
}

/// Keys that are reported where their value is needed.
const NEEDED: [&str; 9] = [
    "from", "value", "custom", "contact", "company", "title", "after", "each", "by",
];

/// A block that is being read.
pub(crate) struct Block {
    /// The name of the block in messages: `deal`.
    about: String,
    pub(crate) place: TextPlace,
    entries: Vec<(Text, Node)>,
    expected: Vec<ExpectedKey>,
    /// Keys that were read although they are misspelt, and how they should be.
    misspelt: Vec<(Text, Bilingual)>,
    /// The line of `fields`, once it is read.
    fields_line: Option<u32>,
}

impl Block {
    /// Opens a block. A key without a value (`deal:`) is an empty block. Reports text and lists and
    /// returns `None`.
    pub(crate) fn open(node: Node, about: &str, reader: &mut Reader<'_>) -> Option<Self> {
        let place = node.place.clone();
        let entries = match node.kind {
            NodeKind::Map(entries) => entries,
            NodeKind::Null => Vec::new(),
            NodeKind::List(list) => {
                let found = Node {
                    kind: NodeKind::List(Vec::new()),
                    place: place.clone(),
                };
                let are_blocks = list
                    .iter()
                    .all(|item| matches!(item.kind, NodeKind::Map(_)));
                let entries = listed(list);
                not_a_list(about, &found, &entries, reader);
                if !are_blocks && about != "fields" {
                    return None;
                }
                entries
            }
            NodeKind::Scalar(_) => {
                wrong_type(
                    about,
                    &bilingual!("a block of keys", "блок с ключами"),
                    &node,
                    reader,
                );
                return None;
            }
        };
        Some(Self {
            about: about.to_owned(),
            place,
            entries,
            expected: Vec::new(),
            misspelt: Vec::new(),
            fields_line: None,
        })
    }

    /// Reads a yes or no under another word as this key: `key: true` is `search: true`.
    pub(crate) fn meant_flag(&mut self, key: &'static str, words: &[&str]) {
        let is_flag = |node: &Node| matches!(&node.kind, NodeKind::Scalar(text) if matches!(text.value.to_lowercase().as_str(), "true" | "false" | "yes" | "no" | "да" | "нет"));
        let found = self.entries.iter().position(|(name, node)| {
            words.contains(&name.value.to_lowercase().as_str()) && is_flag(node)
        });
        let is_there = self.entries.iter().any(|(name, _)| name.value == key);
        let Some(index) = found.filter(|_| !is_there) else {
            return;
        };
        let (name, node) = self.entries.remove(index);
        self.entries.push((name.cut(key), node));
        let advice = suggest::meant_by(&name.value, key);
        self.misspelt.push((name, advice));
    }

    /// Returns whether any of these keys is still there.
    pub(crate) fn entries_named(&self, names: &[&str]) -> bool {
        self.entries
            .iter()
            .any(|(name, _)| names.contains(&name.value.to_lowercase().as_str()))
    }

    /// Returns the entries of a block whose keys the author chooses, such as `fields`.
    pub(crate) fn into_entries(self) -> Vec<(Text, Node)> {
        self.entries
    }

    /// Takes a key's value of any type.
    pub(crate) fn node(&mut self, key: &'static str) -> Option<Node> {
        self.take(key, KeyShape::Node)
    }

    /// Takes a key with its value, which may be anything.
    pub(crate) fn any(&mut self, key: &'static str) -> Option<(Text, Node)> {
        let written = self.entries.iter().find(|(name, _)| name.value == key);
        let written = written.map(|(name, _)| name.clone());
        let node = self.take(key, KeyShape::Any);
        Some((written?, node?))
    }

    /// Takes a key with its value of any type.
    pub(crate) fn entry(&mut self, key: &'static str) -> Option<(Text, Node)> {
        let place = self.find(key).and_then(|index| self.entries.get(index));
        let written = place.map(|(name, _)| name.cut(key));
        let node = self.node(key);
        Some((written?, node?))
    }

    fn take(&mut self, key: &'static str, shape: KeyShape) -> Option<Node> {
        self.expected.push(ExpectedKey { key, shape });
        let index = self.find(key)?;
        let (name, node) = self.entries.remove(index);
        if key == "fields" {
            self.fields_line = Some(name.place.line);
        }
        if name.value == key {
            return Some(node);
        }
        if let Some(advice) = policy::in_place_of_default(&self.about, key, &node) {
            self.misspelt.push((name, advice));
            return None;
        }
        // it is reported once, as a misspelt key, and not as a missing one as well
        let node = glued(&name).map_or(node, |(_, _, value)| Node {
            place: name.place.clone(),
            kind: NodeKind::Scalar(name.cut(value)),
        });
        let advice = match glued(&name) {
            Some((_, sign, value)) => with_colon(key, sign, value),
            None => suggest::meant_by(&name.value, key),
        };
        self.misspelt.push((name, advice));
        Some(node)
    }

    /// Returns the index of a key, or else of one that means it.
    fn find(&self, key: &'static str) -> Option<usize> {
        let names = || self.entries.iter().map(|(name, _)| name);
        names().position(|name| name.value == key).or_else(|| {
            names().position(|name| {
                let word = glued(name).map_or(name.value.as_str(), |(word, ..)| word);
                word == key || suggest::is_certain(word, key)
            })
        })
    }

    /// Returns a key with its value as a block of its own, and leaves both where they are.
    pub(crate) fn peek(&self, key: &str) -> Option<Node> {
        let (name, node) = self.entries.iter().find(|(name, _)| name.value == key)?;
        Some(Node {
            place: name.place.clone(),
            kind: NodeKind::Map(vec![(name.clone(), node.clone())]),
        })
    }

    /// Returns whether it has no keys.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns whether the key is there, with or without a value.
    pub(crate) fn has(&self, key: &'static str) -> bool {
        self.find(key).is_some()
    }

    /// Takes the value of a key that wants a text.
    pub(crate) fn path(&mut self, key: &'static str) -> Option<Node> {
        self.take(key, KeyShape::Text)
    }

    /// Takes a key's text. A key without a value counts as missing.
    pub(crate) fn text(&mut self, key: &'static str, reader: &mut Reader<'_>) -> Option<Text> {
        self.shaped(key, KeyShape::Text, reader)
    }

    fn shaped(
        &mut self,
        key: &'static str,
        shape: KeyShape,
        reader: &mut Reader<'_>,
    ) -> Option<Text> {
        let name = self.written(key);
        let node = self.take(key, shape)?;
        empty(name.as_ref(), &node, reader);
        scalar(&self.name_of(key), node, reader)
    }

    /// Returns a key as it is written.
    fn written(&self, key: &'static str) -> Option<Text> {
        let entry = self.find(key).and_then(|index| self.entries.get(index));
        entry.map(|(name, _)| name.clone())
    }

    /// Returns the text of a key that accepts only a few words, even if it is another word.
    pub(crate) fn word_as_text<T>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
        reader: &mut Reader<'_>,
    ) -> Option<Text> {
        let names = words.iter().map(|(word, _)| *word).collect();
        self.shaped(key, KeyShape::Word(names), reader)
    }

    /// Reads one of a few words.
    pub(crate) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
        reader: &mut Reader<'_>,
    ) -> Option<Sp<T>> {
        let text = self.word_as_text(key, words, reader)?;
        word(&self.name_of(key), &text, words, reader.problems)
    }

    /// Takes `true` or `false`.
    pub(crate) fn flag(&mut self, key: &'static str, reader: &mut Reader<'_>) -> Option<Sp<bool>> {
        let text = self.shaped(key, KeyShape::Flag, reader)?;
        let value = match text.value.as_str() {
            "true" | "True" | "yes" | "on" => true,
            "false" | "False" | "no" | "off" => false,
            _ => {
                let about = self.name_of(key);
                let message = bilingual!(
                    "`{about}` must be true or false",
                    "`{about}` должно быть true или false"
                );
                let word = suggest::nearest(&text.value, ["true", "false"]);
                let rules = ["fill", "keep", "overwrite", "append"];
                let rule = match word {
                    Some(_) => None,
                    None => suggest::nearest(&text.value, rules),
                };
                let is_rule = rule.is_some() && key.starts_with("update");
                let rule = rule.unwrap_or_default();
                let advice = match word {
                    _ if is_rule => bilingual!(
                        "`{rule}` belongs to a field, `NAME: {{ value: …, on_update: {rule} }}`; `{key}` is true or false",
                        "`{rule}` пишут у поля, `NAME: {{ value: …, on_update: {rule} }}`; `{key}` — это true или false"
                    ),
                    Some(word) => bilingual!("write `{key}: {word}`", "напишите `{key}: {word}`"),
                    None => bilingual!(
                        "write `{key}: true` for yes, `{key}: false` for no",
                        "напишите `{key}: true`, если да, и `{key}: false`, если нет"
                    ),
                };
                reader.error(Code::WrongValue, &text.place, message, advice);
                return None;
            }
        };
        Some(Sp {
            value,
            place: text.place,
        })
    }

    /// Takes a whole number.
    pub(crate) fn integer(
        &mut self,
        key: &'static str,
        reader: &mut Reader<'_>,
    ) -> Option<Sp<i64>> {
        let text = self.shaped(key, KeyShape::Integer, reader)?;
        integer(&self.name_of(key), &text, reader.problems)
    }

    /// Takes a list of texts; a single text is a list of one.
    pub(crate) fn texts(
        &mut self,
        key: &'static str,
        reader: &mut Reader<'_>,
    ) -> Option<Vec<Text>> {
        let name = self.written(key);
        let node = self.take(key, KeyShape::Texts)?;
        empty(name.as_ref(), &node, reader);
        texts(&self.name_of(key), node, reader)
    }

    /// Takes a text or a list of texts with its key.
    pub(crate) fn placed_texts(
        &mut self,
        key: &'static str,
        reader: &mut Reader<'_>,
    ) -> Option<(Text, Vec<Text>)> {
        let place = self.find(key).and_then(|index| self.entries.get(index));
        let written = place.map(|(name, _)| name.cut(key));
        let texts = self.texts(key, reader);
        Some((written?, texts?))
    }

    /// Forgets the end of a number that its comma cuts off: `{ after: 1,5 часа }`.
    pub(crate) fn forget_rest_of(&mut self, number: Option<&Text>) {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        if number.is_some_and(|text| is_number(&text.value)) {
            self.entries.retain(|(key, node)| {
                !matches!(node.kind, NodeKind::Null)
                    || !key.value.starts_with(|c: char| c.is_ascii_digit())
            });
        }
    }

    /// Returns whether there are keys that the reader did not take.
    pub(crate) fn has_leftovers(&self) -> bool {
        !self.entries.is_empty()
    }

    /// Returns whether one of the keys that the reader did not take means this one.
    pub(crate) fn leftover_means(&self, key: &str) -> bool {
        let mut names = self.entries.iter().map(|(name, _)| name.value.as_str());
        names.any(|name| suggest::nearest(name, [key]).is_some())
    }

    /// Reports the keys that the reader did not take.
    pub(crate) fn close(self, reader: &mut Reader<'_>) {
        let known: Vec<&str> = self.expected.iter().map(|expected| expected.key).collect();
        for (key, _) in &self.entries {
            let name = &key.value;
            let advice = cut::advice(key)
                .or_else(|| crm_codes::in_block(&self.about, name, self.fields_line))
                .or_else(|| misplaced(&self.about, name))
                .or_else(|| of_step(&self.about, name))
                .unwrap_or_else(|| suggest::did_you_mean(name.trim(), &known));
            self.unknown(key, advice, reader);
        }
        for (key, advice) in &self.misspelt {
            self.unknown(key, advice.clone(), reader);
        }
        reader.record_keys(&self.about, self.expected);
    }

    fn unknown(&self, key: &Text, advice: Bilingual, reader: &mut Reader<'_>) {
        let (about, name) = (&self.about, &key.value);
        let message = if about.is_empty() {
            bilingual!("unknown key `{name}`", "неизвестный ключ `{name}`")
        } else {
            bilingual!(
                "unknown key `{name}` in `{about}`",
                "неизвестный ключ `{name}` в `{about}`"
            )
        };
        reader.error(Code::UnknownKey, &key.place, message, advice);
    }

    /// Returns the name of a key in messages: `deal.stage`.
    pub(crate) fn name_of(&self, key: &str) -> String {
        if self.about.is_empty() {
            return key.to_owned();
        }
        format!("{}.{key}", self.about)
    }
}

/// Warns of a key with nothing behind its colon: `responsible:`. A `~` removes what a base says, and
/// a missing path is reported where it is needed.
fn empty(name: Option<&Text>, node: &Node, reader: &mut Reader<'_>) {
    let Some(name) = name.filter(|_| matches!(node.kind, NodeKind::Null)) else {
        return;
    };
    let word = name.value.trim();
    let behind = name.behind().unwrap_or_default();
    let Some(rest) = behind.trim_start().strip_prefix(':') else {
        return;
    };
    let rest = rest.trim_start();
    let is_nothing = rest.is_empty() || rest.starts_with([',', '}', '#']);
    if !is_nothing || NEEDED.contains(&word) {
        return;
    }
    let message = bilingual!(
        "there is nothing behind `{word}:`, so it has no effect",
        "после `{word}:` ничего нет, поэтому ключ не действует"
    );
    let advice = bilingual!(
        "write a value, or remove the key; `{word}: ~` takes back what a base says",
        "напишите значение или уберите ключ; `{word}: ~` отменяет то, что задано в общих правилах"
    );
    reader
        .problems
        .warn(Code::MissingKey, &name.place, message, advice);
}

/// Returns the text of a scalar, or `None` for no value. Reports lists and blocks and returns
/// `None`.
pub(crate) fn scalar(about: &str, node: Node, reader: &mut Reader<'_>) -> Option<Text> {
    match node.kind {
        NodeKind::Scalar(text) => Some(text),
        NodeKind::Null => None,
        NodeKind::List(_) | NodeKind::Map(_) => {
            wrong_type(about, &bilingual!("text", "текст"), &node, reader);
            None
        }
    }
}

/// Returns a list of texts; a single text is a list of one.
pub(crate) fn texts(about: &str, node: Node, reader: &mut Reader<'_>) -> Option<Vec<Text>> {
    match node.kind {
        NodeKind::Null => None,
        NodeKind::Scalar(text) => Some(vec![text]),
        NodeKind::List(list) => Some(
            list.into_iter()
                .filter_map(|item| scalar(about, item, reader))
                .collect(),
        ),
        NodeKind::Map(_) => {
            let wanted = bilingual!("text or a list of texts", "текст или список текстов");
            wrong_type(about, &wanted, &node, reader);
            None
        }
    }
}

/// Parses a whole number.
pub(crate) fn integer(about: &str, text: &Text, problems: &mut Problems) -> Option<Sp<i64>> {
    if let Ok(value) = text.value.trim().parse() {
        return Some(Sp {
            value,
            place: text.place.clone(),
        });
    }
    let found = &text.value;
    let message = bilingual!(
        "`{about}` must be a whole number, not `{found}`",
        "`{about}` должно быть целым числом, а не `{found}`"
    );
    let advice = named_poll(about, found).unwrap_or_else(|| numbers(found));
    problems.error(Code::WrongValue, &text.place, message, advice);
    None
}

/// Reads one of a few words.
pub(crate) fn word<T: Copy>(
    about: &str,
    text: &Text,
    words: &[(&'static str, T)],
    problems: &mut Problems,
) -> Option<Sp<T>> {
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text.value) {
        return Some(Sp {
            value: *value,
            place: text.place.clone(),
        });
    }
    let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let found = &text.value;
    let message = bilingual!(
        "`{about}` cannot be `{found}`",
        "`{about}` не бывает `{found}`"
    );
    let advice = word_advice::advice(about, found, &names)
        .unwrap_or_else(|| suggest::did_you_mean(&text.value, &names));
    problems.error(Code::WrongValue, &text.place, message, advice);
    None
}

/// Reports a value of the wrong type; detects an unquoted template, which YAML reads as a block.
pub(crate) fn wrong_type(about: &str, wanted: &Bilingual, node: &Node, reader: &mut Reader<'_>) {
    if is_unquoted_template(node) {
        unquoted(about, node, reader);
        return;
    }
    let about = if about.is_empty() { "profile" } else { about };
    let found = node.describe();
    let (wanted_en, wanted_ru) = (wanted.in_lang(Lang::En), wanted.in_lang(Lang::Ru));
    let (found_en, found_ru) = (found.in_lang(Lang::En), found.in_lang(Lang::Ru));
    let message = bilingual!(
        "`{about}` must be {wanted_en}, but this is {found_en}",
        "в `{about}` ожидается {wanted_ru}, а здесь {found_ru}"
    );
    let of_keys = match &node.kind {
        NodeKind::Map(entries) => of_keys(about, entries),
        NodeKind::Scalar(_) | NodeKind::List(_) | NodeKind::Null => None,
    };
    let advice = match &node.kind {
        NodeKind::Scalar(text) => instead_of_list::of_text(about, text)
            .or_else(|| unspaced(&text.value))
            .or_else(|| example(about)),
        NodeKind::Map(_) if of_keys.is_some() => of_keys,
        NodeKind::Map(_) if about == "then" => example(about),
        NodeKind::List(_) | NodeKind::Map(_) if !wanted_en.starts_with("text") => None,
        NodeKind::List(list) => Some(instead_of_list::of_list(about, list).unwrap_or_else(|| {
            bilingual!(
                "write one value, without dashes and square brackets",
                "напишите одно значение, без дефисов и квадратных скобок"
            )
        })),
        NodeKind::Map(_) if about == "then.crm.stage" => Some(bilingual!(
            "a step has one stage: make a step for each, with its `when`",
            "у шага одна стадия: сделайте шаг на каждую, со своим `when`"
        )),
        NodeKind::Map(_) if about.starts_with("then.crm.fields.") => Some(bilingual!(
            "a later step always overwrites the field: write the value alone, in quotes, such as \"{{{{name}}}}\"",
            "следующий шаг всегда перезаписывает поле: напишите одно значение в кавычках, например \"{{{{name}}}}\""
        )),
        NodeKind::Map(_) => Some(bilingual!(
            "write the value itself; a text with braces or with a colon and a space needs quotes",
            "напишите само значение; тексту с фигурными скобками или двоеточием и пробелом нужны кавычки"
        )),
        NodeKind::Null => None,
    };
    let advice = advice.unwrap_or_else(Bilingual::empty);
    reader.error(Code::WrongType, &node.place, message, advice);
}

/// Returns whether this is `{{name}}` or `{name}` without quotes: a block with one key and no
/// value.
pub(crate) fn is_unquoted_template(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Map(entries) => match entries.as_slice() {
            [(key, value)] => {
                let behind = key.behind().unwrap_or_default();
                matches!(value.kind, NodeKind::Null)
                    && !behind.trim_start().starts_with(':')
                    && key.place.line == node.place.line
                    && key.place.column > node.place.column
            }
            _ => false,
        },
        NodeKind::Null | NodeKind::Scalar(_) | NodeKind::List(_) => false,
    }
}

/// Returns whether a word in place of a block says that there is none: `нет`, `no`.
pub(crate) fn means_none(about: &str, node: &Node, reader: &mut Reader<'_>) -> bool {
    let NodeKind::Scalar(text) = &node.kind else {
        return false;
    };
    let is_none = suggest::translated(&text.value, "none");
    if is_none {
        let found = &text.value;
        let message = bilingual!(
            "`{about}` cannot be `{found}`",
            "`{about}` не бывает `{found}`"
        );
        let advice = bilingual!("write `{about}: none`", "напишите `{about}: none`");
        reader.error(Code::WrongValue, &text.place, message, advice);
    }
    is_none
}

/// Reports missing quotes around a template.
pub(crate) fn unquoted(about: &str, node: &Node, reader: &mut Reader<'_>) {
    let message = bilingual!(
        "the template of `{about}` needs quotes: YAML reads `{{` as a block of keys",
        "шаблону `{about}` нужны кавычки: YAML принимает `{{` за блок с ключами"
    );
    let place = node.place.in_brackets();
    let start = usize::try_from(place.column.saturating_sub(1)).unwrap_or(0);
    let length = usize::try_from(place.length).unwrap_or(1);
    let written: String = place.line_text().chars().skip(start).take(length).collect();
    let advice = bilingual!("write \"{written}\"", "напишите \"{written}\"");
    reader.error(Code::Unquoted, &place, message, advice);
}
