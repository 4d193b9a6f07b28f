//! A profile applied to a submission: pure, the same submission always gives the same outcome.

use jiff::Timestamp;
use serde_json::Value;

use super::comment;
use super::field::{Field, Missing, Reading};
use super::normalise::Form;
use super::path::Path;
use super::profile::{CommentRule, ContactRules, Content, FieldRule, Profile, RecordRules};
use super::template::{BUILT_IN, Rendered, Values};
use crate::domain::{
    CommentPlan, ContactPlan, Email, Note, Origin, ParkReason, Phone, Plan, PlannedField,
    PlannedValue, RecordPlan, Source,
};

/// What a profile makes of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// This shall happen.
    Plan(Box<Plan>),
    /// The sender is told that the submission cannot be taken: at least one reason.
    Reject(Vec<Rejection>),
    /// A person decides.
    Park {
        /// Why, from the closed list.
        reason: ParkReason,
        /// What it is about, without the packet's values.
        note: Note,
    },
}

/// A field that the profile cannot do without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Its name in the profile.
    pub field: String,
    /// Where it was looked for, as normalised paths.
    pub paths: Vec<String>,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a field that the profile cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There is nothing, or nothing but blanks.
    Missing,
    /// There is something, and it cannot be read as this.
    Unreadable(Form),
}

impl Profile {
    /// What the sender must be told at once, before anything else is worked out: the values that the
    /// profile rejects a submission without. Costs nothing where the profile rejects nothing.
    pub fn rejections(&self, body: &Value) -> Vec<Rejection> {
        let mut unused = Vec::new();
        self.fields
            .iter()
            .filter(|field| field.missing == Missing::Reject)
            .filter_map(|field| {
                let reading = field.read(body, &mut unused);
                reading.text.is_none().then(|| rejection(field, &reading))
            })
            .collect()
    }

    /// Works out what shall happen with a submission.
    pub fn plan(&self, source: &Source, received_at: Timestamp, body: &Value) -> Outcome {
        let mut notes = Vec::new();
        let readings: Vec<Reading> = self
            .fields
            .iter()
            .map(|field| field.read(body, &mut notes))
            .collect();
        if let Some(outcome) = self.stopped(&readings) {
            return outcome;
        }
        let values = Values {
            names: self
                .fields
                .iter()
                .map(|field| field.name.as_str())
                .collect(),
            readings: &readings,
            built_in: built_in(source, received_at),
        };
        let mut filling = Filling {
            values,
            notes,
            failed: None,
        };
        let contact = self
            .contact
            .as_ref()
            .and_then(|rules| filling.contact(rules));
        let record = self.record.as_ref().map(|rules| filling.record(rules));
        let comment = filling.comment(&self.comment, body);
        if let Some(note) = filling.failed {
            let reason = ParkReason::MappingFailed;
            return Outcome::Park { reason, note };
        }
        Outcome::Plan(Box::new(Plan {
            profile: self.reference.clone(),
            connection: self.connection.clone(),
            contact,
            record,
            comment,
            reply: self.reply,
            notes: filling.notes,
        }))
    }

    /// What makes two deliveries of a channel the same: the profile's template filled in; `None` without a
    /// template, or when it has nothing to say about this packet.
    pub fn identity(&self, source: &Source, at: Timestamp, body: &Value) -> Option<String> {
        let template = self.identity.as_ref()?;
        let mut unused = Vec::new();
        let wanted = template.fields();
        let read = |(index, field): (usize, &Field)| {
            if wanted.contains(&index) {
                field.read(body, &mut unused)
            } else {
                Reading::default()
            }
        };
        let readings: Vec<Reading> = self.fields.iter().enumerate().map(read).collect();
        let values = Values {
            names: self
                .fields
                .iter()
                .map(|field| field.name.as_str())
                .collect(),
            readings: &readings,
            built_in: built_in(source, at),
        };
        match template.render(&values) {
            Rendered::Text(text) if !text.is_empty() => Some(text),
            Rendered::Text(_) | Rendered::NoValue | Rendered::Failed(_) => None,
        }
    }

    /// A field without a value can stop everything: all rejections are told, then the first parking.
    fn stopped(&self, readings: &[Reading]) -> Option<Outcome> {
        let absent = || {
            self.fields
                .iter()
                .zip(readings)
                .filter(|(_, reading)| reading.text.is_none())
        };
        let rejections: Vec<Rejection> = absent()
            .filter(|(field, _)| field.missing == Missing::Reject)
            .map(|(field, reading)| rejection(field, reading))
            .collect();
        if !rejections.is_empty() {
            return Some(Outcome::Reject(rejections));
        }
        let (field, reading) = absent().find(|(field, _)| field.missing == Missing::Park)?;
        let text = match fault(field, reading) {
            Fault::Missing => "the packet has no value for it".to_owned(),
            Fault::Unreadable(form) => format!("its value cannot be read as {}", form.wants()),
        };
        Some(Outcome::Park {
            reason: ParkReason::MissingValue,
            note: note(format!("fields.{}", field.name), text),
        })
    }
}

/// The values of the names that every template knows.
fn built_in(source: &Source, received_at: Timestamp) -> [String; BUILT_IN.len()] {
    let at = received_at.to_string();
    match source {
        Source::Poll { poll, answer } => [poll.to_string(), answer.to_string(), at, String::new()],
        Source::Channel { channel, .. } => [String::new(), String::new(), at, channel.to_string()],
    }
}

fn rejection(field: &Field, reading: &Reading) -> Rejection {
    Rejection {
        field: field.name.clone(),
        paths: field
            .from
            .iter()
            .map(Path::as_str)
            .map(str::to_owned)
            .collect(),
        fault: fault(field, reading),
    }
}

fn fault(field: &Field, reading: &Reading) -> Fault {
    if reading.unreadable {
        Fault::Unreadable(field.form)
    } else {
        Fault::Missing
    }
}

fn note(about: String, text: impl Into<String>) -> Note {
    Note {
        about,
        text: text.into(),
    }
}

/// Templates being filled in, and what is told about it.
struct Filling<'v> {
    values: Values<'v>,
    notes: Vec<Note>,
    /// The first template that could not be worked out.
    failed: Option<Note>,
}

impl Filling<'_> {
    fn contact(&mut self, rules: &ContactRules) -> Option<ContactPlan> {
        let fields = self.fields("contact", &rules.fields);
        // a constant alone makes no person
        let says_something = fields.iter().any(|field| !field.origin.sources.is_empty());
        if !says_something {
            self.notes.push(note(
                "contact".to_owned(),
                "the packet has nothing for a contact: none is made",
            ));
            return None;
        }
        Some(ContactPlan {
            match_: rules.match_,
            several: rules.several,
            fields,
        })
    }

    fn record(&mut self, rules: &RecordRules) -> RecordPlan {
        RecordPlan {
            kind: rules.kind,
            found: rules.found,
            among: rules.among.clone(),
            stage: rules.stage.clone(),
            stage_on_update: rules.stage_on_update.clone(),
            responsible: rules.responsible.clone(),
            fields: self.fields(rules.kind.as_str(), &rules.fields),
        }
    }

    fn fields(&mut self, block: &str, rules: &[FieldRule]) -> Vec<PlannedField> {
        let mut fields: Vec<PlannedField> = Vec::with_capacity(rules.len());
        for rule in rules {
            let Some(value) = self.value(block, rule) else {
                continue;
            };
            // one number in two questions is one number
            let is_there = |field: &PlannedField| field.name == rule.name && field.value == value;
            if fields.iter().any(is_there) {
                continue;
            }
            fields.push(PlannedField {
                name: rule.name.clone(),
                value,
                role: rule.role,
                on_update: rule.on_update,
                origin: rule.template.origin(&self.values),
            });
        }
        fields
    }

    fn value(&mut self, block: &str, rule: &FieldRule) -> Option<PlannedValue> {
        let text = match rule.template.render(&self.values) {
            Rendered::Text(text) => text,
            Rendered::NoValue => return None,
            Rendered::Failed(why) => {
                let about = format!("{block}.fields.{}", rule.name);
                self.failed.get_or_insert_with(|| note(about, why));
                return None;
            }
        };
        let (value, wanted) = match rule.content {
            Content::Text => (Some(PlannedValue::Text(text.as_str().into())), Form::Text),
            Content::Phone => (Phone::parse(&text).map(PlannedValue::Phone), Form::Phone),
            Content::Email => (Email::parse(&text).map(PlannedValue::Email), Form::Email),
        };
        if value.is_none() && !text.is_empty() {
            let about = format!("{block}.fields.{}", rule.name);
            self.notes.push(note(
                about,
                format!("left out: the value is not {}", wanted.wants()),
            ));
        }
        value
    }

    fn comment(&mut self, rule: &CommentRule, body: &Value) -> Option<CommentPlan> {
        let (text, origin) = match rule {
            CommentRule::None => return None,
            CommentRule::Full => {
                let rule = "comment: full".to_owned();
                (
                    comment::full(body),
                    Origin {
                        rule,
                        sources: Vec::new(),
                    },
                )
            }
            CommentRule::Template { name, template } => match template.render(&self.values) {
                Rendered::Text(text) => (text, template.origin(&self.values)),
                Rendered::NoValue => return None,
                Rendered::Failed(why) => {
                    self.failed
                        .get_or_insert_with(|| note(format!("templates/{name}.hbs"), why));
                    return None;
                }
            },
        };
        (!text.is_empty()).then(|| CommentPlan {
            text: text.into(),
            origin,
        })
    }
}
