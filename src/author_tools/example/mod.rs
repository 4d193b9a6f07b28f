//! Examples: a packet and what a profile must make of it, in a YAML file that operators can write.
//! A bug report about a profile is one more example.
//!
//! ```yaml
//! about: the phone is no phone
//! packet: { header_data: { poll_id: 123, answer_id: 1 }, data: { firstname: Анна, phone: нет } }
//! expect:
//!   contact: { NAME: Анна }       # all its fields and no others; `none` when none is made
//!   deal:
//!     TITLE: …
//!     products: [{ name: Чай, price: 5 }]   # all rows; `none` without rows; left out: not looked at
//!   comment: [Анна]               # texts that the comment must hold; left out: not looked at
//!   todo: Перезвонить Анне        # the title of the to-do that is made
//!   notes: [fields.phone]         # what the plan's notes are about
//!   then: { orders.path: /orders } # all parts of the later steps
//! ```
//! Without `expect` every result counts as a difference, and `leadgate test --update` writes the
//! results into the file. An example of amoCRM has `amocrm: main` beside the packet, which is a hook as a
//! form or JSON, or one of its items as profiles see it; an example of a PBX has `pbx: main`, and the
//! packet is a request of the PBX, or the packet that profiles see. An example of a channel has
//! `channel: site-orders` beside the packet, and the packet may be a raw form, `a=1&b=2`, XML or CSV.
//! If the channel splits it with `each`, the example is about the first submission, or about that of
//! `submission: 2`. Instead of the keys above, `expect` may have `reject: [email]`, the fields that the
//! reply to the sender names, or `park: missing-value`.

mod accept;
mod goods;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::authoring::codes::Code;
use crate::authoring::problem::{Problem, Problems, SourceText, TextPlace};
use crate::authoring::raw::block::{self, Block, Sp};
use crate::authoring::reader::Reader;
use crate::authoring::yaml::{self, Node, NodeKind, Text};
use crate::authoring::yaml_error;
use crate::authoring::{CHANNELS, POLLS, ProfileFile, SOURCES, SourceWords};
use crate::channels::{Channel, Channels};
use crate::domain::json::DEEPEST;
use crate::domain::{
    Bilingual, Lang, Plan, PlannedField, Source, SourceKind, SourceKinds, Step, StepKind, bilingual,
};
use crate::mapping::MappingOutcome;
use crate::mapping::Profile;
use crate::mapping::ProfileSet;

/// The block with the later steps: `orders.path: /orders`.
const THEN: &str = "then";

/// A packet and its expected result.
#[derive(Debug, Clone)]
pub struct Example {
    source: Source,
    body: Value,
    expected: Outline,
    /// Texts that the comment must hold.
    comment: Vec<String>,
    /// Whether it has an expected result.
    has_expectation: bool,
}

/// An outcome as a list of lines: `deal.TITLE` and its values.
type Outline = BTreeMap<String, Vec<String>>;

impl Example {
    /// Reads an example's file. A channel's settings say which submissions its packet has.
    pub fn read(
        file: &ProfileFile,
        sources: &SourceKinds,
        channels: &Channels,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        match read(file, (sources, channels), &mut problems) {
            Some(example) if !problems.has_errors() => Ok(example),
            Some(_) | None => Err(problems.into_sorted()),
        }
    }

    /// Returns the packet of the first example for this source and address, and the name of its
    /// file.
    pub fn first_of(
        files: impl IntoIterator<Item = ProfileFile>,
        sources: &SourceKinds,
        channels: &Channels,
        (name, address): (&str, &str),
    ) -> Option<(String, Value)> {
        files.into_iter().find_map(|file| {
            let example = Self::read(&file, sources, channels).ok()?;
            let (source, body) = example.packet();
            let is_it = source.name() == name && source.address() == address;
            is_it.then(|| (file.name.clone(), body.clone()))
        })
    }

    /// Returns its packet, and the source that it came from.
    pub fn packet(&self) -> (&Source, &Value) {
        (&self.source, &self.body)
    }

    /// Changes its packet, as the gateway adds what it knows beside the request.
    #[must_use]
    pub fn with_packet(self, change: impl FnOnce(&Source, &mut Value)) -> Self {
        let Self {
            source, mut body, ..
        } = self;
        change(&source, &mut body);
        Self {
            source,
            body,
            ..self
        }
    }

    /// Compares with what the profiles make of the packet: one entry for each difference, none when
    /// all is as expected. `profile` is the file, without its ending, that must take the packet.
    pub fn differences(&self, set: &ProfileSet, profile: &str) -> Vec<Difference> {
        let taker = self.taker(set).map(|taken| taken.reference().file.clone());
        if taker.as_deref() != Some(profile) {
            return vec![Difference {
                what: "profile".to_owned(),
                expected: Some(vec![profile.to_owned()]),
                found: taker.map(|file| vec![file]),
            }];
        }
        let Some(outcome) = self.outcome(set) else {
            return Vec::new();
        };
        let found = outline(&outcome);
        let mut keys: Vec<&String> = self.expected.keys().chain(found.keys()).collect();
        keys.sort_unstable();
        keys.dedup();
        if self.has_expectation {
            keys.retain(|key| !goods::is_unwatched(key, &self.expected));
        }
        let mut differences: Vec<Difference> = keys
            .into_iter()
            .filter(|key| self.expected.get(*key) != found.get(*key))
            .map(|key| Difference {
                what: key.clone(),
                expected: self.expected.get(key).cloned(),
                found: found.get(key).cloned(),
            })
            .filter(|difference| !goods::is_none(difference))
            .collect();
        let comment = comment_of(&outcome);
        let missing: Vec<String> = self
            .comment
            .iter()
            .filter(|text| !comment.contains(text.as_str()))
            .cloned()
            .collect();
        if !missing.is_empty() {
            differences.push(Difference {
                what: "comment".to_owned(),
                expected: Some(missing),
                found: None,
            });
        }
        differences
    }

    fn taker<'s>(&self, set: &'s ProfileSet) -> Option<&'s Arc<Profile>> {
        set.for_source(&self.source, &self.body)
    }

    fn outcome(&self, set: &ProfileSet) -> Option<MappingOutcome> {
        let taken = self.taker(set)?;
        Some(taken.plan(&self.source, Timestamp::UNIX_EPOCH, &self.body))
    }
}

/// Something that is not as an example expects it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The part that differs: `deal.TITLE`, `notes`, `reject`, `park`, `comment` (missing texts),
    /// `profile`.
    pub what: String,
    /// The expected value; `None` means nothing.
    pub expected: Option<Vec<String>>,
    /// The actual value; `None` means nothing.
    pub found: Option<Vec<String>>,
}

fn comment_of(outcome: &MappingOutcome) -> &str {
    match outcome {
        MappingOutcome::Plan(plan) => plan
            .crm()
            .and_then(|crm| crm.comment.as_ref())
            .map_or("", |comment| comment.text.as_str()),
        MappingOutcome::Reject(_) | MappingOutcome::Park { .. } => "",
    }
}

fn outline(outcome: &MappingOutcome) -> Outline {
    match outcome {
        MappingOutcome::Plan(plan) => outline_of(plan),
        MappingOutcome::Reject(rejections) => {
            let fields = rejections.iter().map(|rejection| rejection.field.clone());
            Outline::from([("reject".to_owned(), fields.collect())])
        }
        MappingOutcome::Park { reason, .. } => {
            Outline::from([("park".to_owned(), vec![reason.as_str().to_owned()])])
        }
    }
}

fn outline_of(plan: &Plan) -> Outline {
    let mut outline = Outline::new();
    let mut block = |name: &str, fields: &[PlannedField]| {
        for field in fields {
            outline
                .entry(format!("{name}.{}", field.name))
                .or_default()
                .push(field.value.as_str().to_owned());
        }
    };
    let crm = plan.crm().cloned().unwrap_or_default();
    if let Some(contact) = &crm.contact {
        block("contact", &contact.fields);
    }
    if let Some(company) = &crm.company {
        block("company", &company.fields);
    }
    if let Some(record) = &crm.record {
        block(record.kind.as_str(), &record.fields);
        outline.extend(goods::of_record(record));
    }
    if let Some(todo) = &crm.todo {
        outline.insert("todo".to_owned(), vec![todo.title.as_str().to_owned()]);
    }
    // the call of a PBX and its recording are no steps of the profile
    let is_of_then = |step: &&Step| match &step.kind {
        StepKind::Crm(_) | StepKind::Recording(_) => false,
        StepKind::CrmUpdate(update) => update.call.is_none(),
        _ => true,
    };
    for step in plan.steps.iter().filter(is_of_then) {
        for (fact, value) in step.kind.facts() {
            let key = format!("{THEN}.{}.{fact}", step.name);
            outline.entry(key).or_default().push(value);
        }
    }
    if !plan.notes.is_empty() {
        let about = plan.notes.iter().map(|note| note.about.clone()).collect();
        outline.insert("notes".to_owned(), about);
    }
    outline
}

fn read(
    file: &ProfileFile,
    (sources, channels): (&SourceKinds, &Channels),
    problems: &mut Problems,
) -> Option<Example> {
    let source = SourceText::new(&file.name, &file.text);
    let node = match yaml::read(&source) {
        Ok(node) => node,
        Err(error) => {
            problems.push(yaml_error::explain(&error, &source));
            return None;
        }
    };
    let reader = &mut Reader::new(problems);
    let mut block = Block::open(node, "example", reader)?;
    block.text("about", reader);
    // the survey portal's packets name their poll
    let others = SOURCES.iter().filter(|words| words.source != POLLS);
    let named: Vec<(&'static SourceWords, Text)> = others
        .filter_map(|words| Some((words, block.text(words.key, reader)?)))
        .collect();
    let number = block.integer("submission", reader);
    let packet = block.node("packet");
    let packet = packet.map(|node| (json(&node), node.place));
    let expect = block.node("expect");
    let place = block.place.clone();
    block.close(reader);
    let Some((packet, packet_place)) = packet else {
        without_packet(&place, problems);
        return None;
    };
    // a new example may have none yet
    let has_expectation = expect.is_some();
    let (expected, comment) = match expect {
        Some(expect) => expectation(expect, problems)?,
        None => (Outline::new(), Vec::new()),
    };
    let named = named.into_iter().next();
    let of_channel = named
        .as_ref()
        .filter(|(words, _)| words.source == CHANNELS)
        .map(|(_, name)| name);
    let sender = ExampleSender {
        settings: of_channel.and_then(|name| channels.by_address(&name.value)),
        kind: sources.get(named.as_ref().map_or(POLLS, |(words, _)| words.source))?,
        named,
    };
    let body = sender.body(packet, &packet_place, problems)?;
    let body = sender.submission(body, number.as_ref(), problems)?;
    let source = sender.source(&body, problems)?;
    Some(Example {
        source,
        body,
        expected,
        comment,
        has_expectation,
    })
}

/// Who sent the packet of an example: the survey portal, unless it names another.
struct ExampleSender<'s> {
    kind: &'static dyn SourceKind,
    /// The address that it names.
    named: Option<(&'static SourceWords, Text)>,
    /// The settings of the channel.
    settings: Option<&'s Arc<Channel>>,
}

impl ExampleSender<'_> {
    /// Returns the decoded request.
    fn body(&self, packet: Value, place: &TextPlace, problems: &mut Problems) -> Option<Value> {
        let of = (self.kind, self.settings);
        match packet {
            Value::String(text) if self.named.is_some() => decoded(&text, of, place, problems),
            Value::String(text) if is_form(&text) => {
                without_channel(place, problems);
                None
            }
            Value::String(text) => json_of(&text, place, problems),
            packet if [POLLS, CHANNELS].contains(&self.kind.name()) => Some(packet),
            packet => decoded(&packet.to_string(), of, place, problems),
        }
    }

    /// Returns the submission that the example is about.
    fn submission(
        &self,
        body: Value,
        number: Option<&Sp<i64>>,
        problems: &mut Problems,
    ) -> Option<Value> {
        if let Some(parts) = self.kind.parts(&body) {
            let missing = |wanted: i64, count: usize| {
                bilingual!(
                    "the hook has no item {wanted}: it has {count}",
                    "элемента № {wanted} в хуке нет: их {count}"
                )
            };
            return chosen(parts, number, missing, problems);
        }
        match self.settings.filter(|channel| channel.is_many()) {
            Some(channel) => part(channel, body, number, problems),
            None => Some(body),
        }
    }

    fn source(&self, body: &Value, problems: &mut Problems) -> Option<Source> {
        match &self.named {
            Some((words, text)) => {
                let name = (words.address)(text, problems)?;
                self.kind.of_packet(Some(&name), body)
            }
            // an example may leave out everything that does not matter to it
            None => self
                .kind
                .of_packet(None, body)
                .or_else(|| self.kind.of_packet(Some("1"), body)),
        }
    }
}

fn without_packet(place: &TextPlace, problems: &mut Problems) {
    let message = bilingual!("an example needs a `packet`", "в примере нужен `packet`");
    let advice = bilingual!(
        "paste the packet there; `leadgate test --update` adds `expect`",
        "вставьте туда пакет; `expect` допишет `leadgate test --update`"
    );
    problems.error(Code::MissingKey, place, message, advice);
}

/// Returns the submission that the example is about, of those in the packet. A packet without any is
/// already a submission.
fn part(
    channel: &Channel,
    body: Value,
    number: Option<&Sp<i64>>,
    problems: &mut Problems,
) -> Option<Value> {
    let parts = channel.split(body.clone()).unwrap_or_default();
    if parts.is_empty() {
        return Some(body);
    }
    let missing = |wanted: i64, count: usize| {
        bilingual!(
            "the packet has no submission {wanted}: `each` of the channel finds {count}",
            "заявки № {wanted} в пакете нет: по `each` канала их {count}"
        )
    };
    chosen(parts, number, missing, problems)
}

/// Returns the submission with this number; by default the first.
fn chosen(
    parts: Vec<Value>,
    number: Option<&Sp<i64>>,
    missing: impl Fn(i64, usize) -> Bilingual,
    problems: &mut Problems,
) -> Option<Value> {
    let count = parts.len();
    let wanted = number.map_or(1, |number| number.value);
    let index = usize::try_from(wanted.saturating_sub(1)).ok();
    let found = index.and_then(|index| parts.into_iter().nth(index));
    if let (None, Some(number)) = (&found, number) {
        let message = missing(wanted, count);
        let advice = bilingual!(
            "write a number from 1 to {count}",
            "напишите число от 1 до {count}"
        );
        problems.error(Code::WrongValue, &number.place, message, advice);
    }
    found
}

/// Decodes a text as the channel with these settings would on receipt.
fn decoded(
    text: &str,
    (sender, settings): (&dyn SourceKind, Option<&Arc<Channel>>),
    place: &TextPlace,
    problems: &mut Problems,
) -> Option<Value> {
    let bare = Source::new(sender.name(), "", "");
    let source = match settings {
        Some(channel) => bare.with_details(&channel.details(None)),
        None => bare,
    };
    sender
        .decode(&source, text.as_bytes(), DEEPEST.into())
        .map_err(|mistake| {
            let (en, ru) = (mistake.to_text(Lang::En), mistake.to_text(Lang::Ru));
            let message = bilingual!(
                "`packet` cannot be read: {en}",
                "`packet` не читается: {ru}"
            );
            unreadable(message, place, problems);
        })
        .ok()
}

/// `name=Anna&phone=…`, as forms send it.
fn is_form(text: &str) -> bool {
    let text = text.trim();
    let is_pair = |pair: &str| pair.contains('=');
    !text.starts_with(['{', '[', '"', '<'])
        && !text.contains(['\n', ' '])
        && text.contains('=')
        && text.split('&').all(is_pair)
}

/// A form without the channel that received it.
fn without_channel(place: &TextPlace, problems: &mut Problems) {
    let message = bilingual!(
        "`packet` is a form, and the example does not name its channel",
        "`packet` — это форма, а канал в примере не назван"
    );
    let advice = bilingual!(
        "add the line `channel: NAME`, as in `receive` of the profile",
        "добавьте строку `channel: ИМЯ`, как в `receive` профиля"
    );
    problems.error(Code::MissingKey, place, message, advice);
}

fn json_of(text: &str, place: &TextPlace, problems: &mut Problems) -> Option<Value> {
    serde_json::from_str(text)
        .map_err(|error: serde_json::Error| {
            let (line, column) = (error.line(), error.column());
            let message = bilingual!(
                "`packet` is not JSON: {error}",
                "`packet` — не JSON: ошибка в его строке {line}, символ {column}"
            );
            unreadable(message, place, problems);
        })
        .ok()
}

fn unreadable(message: Bilingual, place: &TextPlace, problems: &mut Problems) {
    let advice = bilingual!(
        "paste it as it was received",
        "вставьте его в том виде, в каком он получен"
    );
    problems.error(Code::WrongValue, place, message, advice);
}

fn expectation(node: Node, problems: &mut Problems) -> Option<(Outline, Vec<String>)> {
    let reader = &mut Reader::new(problems);
    let mut block = Block::open(node, "expect", reader)?;
    let mut outline = Outline::new();
    for name in ["contact", "company", "deal", "lead", "item", THEN] {
        match block.node(name) {
            // `none`: no such fields
            Some(node) if matches!(&node.kind, NodeKind::Scalar(text) if text.value == "none") => {}
            Some(node) => {
                let fields = Block::open(node, name, reader)?.into_entries();
                for (key, value) in fields {
                    if goods::is_goods(name, &key.value) {
                        outline.insert(goods::key(name), goods::read(value, reader));
                        continue;
                    }
                    let values = block::texts(name, value, reader).unwrap_or_default();
                    let values = values.into_iter().map(|text| text.value).collect();
                    outline.insert(format!("{name}.{}", key.value), values);
                }
            }
            None => {}
        }
    }
    for name in ["todo", "notes", "reject", "park"] {
        if let Some(texts) = block.texts(name, reader) {
            outline.insert(
                name.to_owned(),
                texts.into_iter().map(|text| text.value).collect(),
            );
        }
    }
    let comment = block.texts("comment", reader).unwrap_or_default();
    block.close(reader);
    Some((
        outline,
        comment.into_iter().map(|text| text.value).collect(),
    ))
}

/// Converts YAML to JSON.
pub(crate) fn json(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Null => Value::Null,
        NodeKind::Scalar(text) if text.plain => match serde_json::from_str(&text.value) {
            Ok(value @ (Value::Bool(_) | Value::Number(_))) => value,
            Ok(_) | Err(_) => Value::String(text.value.clone()),
        },
        NodeKind::Scalar(text) => Value::String(text.value.clone()),
        NodeKind::List(list) => Value::Array(list.iter().map(json).collect()),
        NodeKind::Map(entries) => Value::Object(
            entries
                .iter()
                .map(|(key, value)| (key.value.clone(), json(value)))
                .collect(),
        ),
    }
}
