//! Reads a block of keys. The reader takes each key by name and type, and every key that it does
//! not take is unknown. So the list of known keys is not written twice.

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

/// A block that is being read.
pub(crate) struct Block {
    /// The name of the block in messages: `deal`.
    about: String,
    pub(crate) place: TextPlace,
    entries: Vec<(Text, Node)>,
    expected: Vec<ExpectedKey>,
}

impl Block {
    /// Opens a block. A key without a value (`deal:`) is an empty block. Reports text and lists and
    /// returns `None`.
    pub(crate) fn open(node: Node, about: &str, reader: &mut Reader<'_>) -> Option<Self> {
        let place = node.place.clone();
        let entries = match node.kind {
            NodeKind::Map(entries) => entries,
            NodeKind::Null => Vec::new(),
            NodeKind::Scalar(_) | NodeKind::List(_) => {
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
        })
    }

    /// Returns the entries of a block whose keys the author chooses, such as `fields`.
    pub(crate) fn into_entries(self) -> Vec<(Text, Node)> {
        self.entries
    }

    /// Takes a key's value of any type.
    pub(crate) fn node(&mut self, key: &'static str) -> Option<Node> {
        self.take(key, KeyShape::Node)
    }

    /// Takes a key with its value of any type.
    pub(crate) fn entry(&mut self, key: &'static str) -> Option<(Text, Node)> {
        let place = self.entries.iter().find(|(name, _)| name.value == key);
        let written = place.map(|(name, _)| name.clone());
        let node = self.node(key);
        Some((written?, node?))
    }

    fn take(&mut self, key: &'static str, shape: KeyShape) -> Option<Node> {
        self.expected.push(ExpectedKey { key, shape });
        let index = self
            .entries
            .iter()
            .position(|(name, _)| name.value == key)?;
        Some(self.entries.remove(index).1)
    }

    /// Returns whether it has no keys.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns whether the key is there, with or without a value.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, _)| name.value == key)
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
        let node = self.take(key, shape)?;
        scalar(&self.name_of(key), node, reader)
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
                reader.error(Code::WrongValue, &text.place, message, Bilingual::empty());
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
        let node = self.take(key, KeyShape::Texts)?;
        texts(&self.name_of(key), node, reader)
    }

    /// Reports the keys that the reader did not take.
    pub(crate) fn close(self, reader: &mut Reader<'_>) {
        let known: Vec<&str> = self.expected.iter().map(|expected| expected.key).collect();
        for (key, _) in &self.entries {
            let (about, name) = (&self.about, &key.value);
            let message = if about.is_empty() {
                bilingual!("unknown key `{name}`", "неизвестный ключ `{name}`")
            } else {
                bilingual!(
                    "unknown key `{name}` in `{about}`",
                    "неизвестный ключ `{name}` в `{about}`"
                )
            };
            let advice = misplaced(&self.about, name)
                .unwrap_or_else(|| suggest::did_you_mean(name.trim(), &known));
            reader.error(Code::UnknownKey, &key.place, message, advice);
        }
        reader.record_keys(&self.about, self.expected);
    }

    /// Returns the name of a key in messages: `deal.stage`.
    pub(crate) fn name_of(&self, key: &str) -> String {
        if self.about.is_empty() {
            return key.to_owned();
        }
        format!("{}.{key}", self.about)
    }
}

/// Returns advice for a key with the wrong indentation.
fn misplaced(about: &str, key: &str) -> Option<Bilingual> {
    if key.starts_with(|c: char| c.is_whitespace()) {
        return Some(bilingual!(
            "there are non-breaking spaces before it: delete them and type ordinary ones",
            "перед ним неразрывные пробелы: сотрите их и наберите обычные",
        ));
    }
    let is_code = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if matches!(about, "contact" | "deal" | "lead" | "item") && key.chars().all(is_code) {
        return Some(bilingual!(
            "CRM fields belong in `fields` of `{about}`: indent this line by two more spaces",
            "поля CRM пишут внутри `fields` блока `{about}`: сдвиньте строку вправо на два пробела"
        ));
    }
    let homes: &[&str] = match key {
        "polls" | "channel" | "default" | "order" => &["receive"],
        "found" | "closed" | "among" | "stage" | "change_stage" | "update_fields" | "products" => {
            &["deal", "lead", "item"]
        }
        "match" | "several" | "conflict" | "without_key" | "update" => &["contact"],
        "title" | "after" => &["todo"],
        _ => return None,
    };
    if !about.is_empty() {
        return None;
    }
    let homes = suggest::list(homes);
    Some(bilingual!(
        "`{key}` belongs in {homes}: indent this line by two more spaces",
        "`{key}` пишут внутри {homes}: сдвиньте строку вправо на два пробела"
    ))
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
    problems.error(Code::WrongValue, &text.place, message, Bilingual::empty());
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
    let advice = suggest::did_you_mean(&text.value, &names);
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
    let advice = match &node.kind {
        NodeKind::Scalar(text) => unspaced(&text.value).or_else(|| example(about)),
        NodeKind::Null | NodeKind::List(_) | NodeKind::Map(_) => None,
    };
    let advice = advice.unwrap_or_else(Bilingual::empty);
    reader.error(Code::WrongType, &node.place, message, advice);
}

/// Returns advice for a missing space after a colon: `firstname:$.data.name`.
fn unspaced(text: &str) -> Option<Bilingual> {
    let (key, rest) = text.lines().next()?.split_once(':')?;
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_');
    let begins = rest.starts_with(|c: char| !c.is_whitespace() && c != '/');
    (is_key && begins).then(|| {
        bilingual!(
            "put a space after the colon: `{key}: {rest}`",
            "после двоеточия нужен пробел: `{key}: {rest}`"
        )
    })
}

/// Advice on writing a block that looks like a text.
fn example(about: &str) -> Option<Bilingual> {
    Some(match about {
        "todo" => Bilingual::new(
            "write `todo: { title: \"Call back {{firstname}}\", after: 2h }`",
            "напишите `todo: { title: \"Перезвонить {{firstname}}\", after: 2h }`",
        )
        .into(),
        "receive" => bilingual!(
            "write `receive: {{ polls: [123] }}` or `receive: {{ channel: site }}`",
            "напишите `receive: {{ polls: [123] }}` или `receive: {{ channel: site }}`"
        ),
        "contact" | "deal" | "lead" => bilingual!(
            "write `{about}: {{ fields: {{ TITLE: \"{{{{firstname}}}}\" }} }}`",
            "напишите `{about}: {{ fields: {{ TITLE: \"{{{{firstname}}}}\" }} }}`"
        ),
        _ => return None,
    })
}

/// Returns whether this is `{{name}}` or `{name}` without quotes: a block with one key and no
/// value.
pub(crate) fn is_unquoted_template(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Map(entries) => match entries.as_slice() {
            [(key, value)] => {
                matches!(value.kind, NodeKind::Null)
                    && key.place.line == node.place.line
                    && key.place.column > node.place.column
            }
            _ => false,
        },
        NodeKind::Null | NodeKind::Scalar(_) | NodeKind::List(_) => false,
    }
}

/// Advice on writing a template.
pub(crate) fn in_quotes() -> Bilingual {
    bilingual!(
        "write it in quotes, like \"{{{{firstname}}}}\"",
        "возьмите его в кавычки: \"{{{{firstname}}}}\""
    )
}

/// Reports missing quotes around a template.
pub(crate) fn unquoted(about: &str, node: &Node, reader: &mut Reader<'_>) {
    let message = bilingual!(
        "the template of `{about}` needs quotes: YAML reads `{{` as a block of keys",
        "шаблону `{about}` нужны кавычки: YAML принимает `{{` за блок с ключами"
    );
    reader.error(Code::Unquoted, &node.place, message, in_quotes());
}
