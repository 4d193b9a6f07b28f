//! A packet looked at through a profile: for each declared field where it was looked for, what
//! stood there, what was read from it, and for each CRM field that stays out, by which rule. For
//! authors.

use jiff::Timestamp;
use serde_json::Value;

use super::field::{DeclaredField, FieldSource, Missing};
use super::path::Path;
use super::plan::built_in;
use super::profile::{FieldRule, Profile};
use super::reading::FieldReading;
use super::text;
use crate::authoring::Normaliser;
use crate::domain::{MappingExplanation, Note, Plan, PlannedField, Source};

/// One declared field and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldTrace {
    /// Its name in the profile.
    pub name: String,
    /// Where it is looked for, as normalised paths, in this order.
    pub from: Vec<String>,
    /// The word of its normaliser.
    pub form: &'static str,
    /// Where its value was found; `None` for a default, and when there is no value.
    pub place: Option<String>,
    /// What stood there, or at the first place with anything in it.
    pub raw: Option<String>,
    /// What was read; `None` when there is no value.
    pub value: Option<String>,
    /// What could not be used, without the packet's values.
    pub notes: Vec<MappingExplanation>,
    /// What a missing value means for it: the word of `missing`.
    pub missing: &'static str,
}

/// A CRM field of the profile that a plan does not fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Whose: `contact`, `deal`, `lead`.
    pub block: String,
    /// The CRM field.
    pub name: String,
    /// Its rule as written.
    pub rule: String,
}

impl Profile {
    /// What each declared field makes of a packet.
    pub fn trace(&self, source: &Source, received_at: Timestamp, body: &Value) -> Vec<FieldTrace> {
        let mut notes = Vec::new();
        let built_in = built_in(source, received_at);
        // what cannot be worked out is reported with the plan
        let readings = self.readings(body, &built_in, &mut notes);
        let readings =
            readings.unwrap_or_else(|_| vec![FieldReading::default(); self.fields.len()]);
        self.fields
            .iter()
            .zip(readings)
            .filter(|(field, _)| !field.is_a_part())
            .map(|(field, reading)| traced(field, reading, body, &notes))
            .collect()
    }

    /// The CRM fields of this profile that its plan leaves out.
    pub fn left_out(&self, plan: &Plan) -> Vec<LeftOut> {
        let mut left = Vec::new();
        if let Some(rules) = &self.contact {
            let planned = plan.crm().and_then(|crm| crm.contact.as_ref());
            let planned = planned.map(|contact| &*contact.fields);
            missing_of(
                "contact",
                &rules.fields,
                planned.unwrap_or_default(),
                &mut left,
            );
        }
        if let Some(rules) = &self.record {
            let planned = plan.crm().and_then(|crm| crm.record.as_ref());
            let planned = planned.map(|record| &*record.fields);
            let block = rules.kind.as_str();
            missing_of(block, &rules.fields, planned.unwrap_or_default(), &mut left);
        }
        left
    }
}

fn missing_of(block: &str, rules: &[FieldRule], planned: &[PlannedField], left: &mut Vec<LeftOut>) {
    for rule in rules {
        let is_planned = planned
            .iter()
            .any(|field| field.name == rule.name && *field.origin.rule == *rule.template.rule());
        if !is_planned {
            left.push(LeftOut {
                block: block.to_owned(),
                name: rule.name.clone(),
                rule: rule.template.rule().to_owned(),
            });
        }
    }
}

/// How one field was read; `notes` are those of the whole packet.
fn traced(
    field: &DeclaredField,
    reading: FieldReading,
    body: &Value,
    notes: &[Note],
) -> FieldTrace {
    let about = format!("fields.{}", field.name);
    let mut explanations: Vec<MappingExplanation> = notes
        .iter()
        .filter(|note| note.about == about)
        .map(|note| note.what.clone())
        .collect();
    if reading.unwanted {
        explanations.push(MappingExplanation::FieldUnwanted);
    }
    let (from, raw) = match &field.source {
        FieldSource::Paths(paths) => (field.places(), raw(paths, &reading, body)),
        FieldSource::Template(template) => (vec![template.rule().to_owned()], None),
        FieldSource::Part { .. } => (Vec::new(), None),
    };
    FieldTrace {
        name: field.name.to_string(),
        from,
        form: Normaliser::WORDS
            .iter()
            .find(|(_, form)| *form == field.form)
            .map_or("text", |(word, _)| word),
        missing: match field.rule(&reading) {
            Missing::Skip => "skip",
            Missing::Empty => "empty",
            Missing::Default(_) => "default",
            Missing::Reject => "reject",
            Missing::Park => "park",
        },
        place: match &field.source {
            FieldSource::Template(template) if reading.text.is_some() => {
                Some(template.rule().to_owned())
            }
            _ => reading.place.map(|place| place.to_string()),
        },
        raw,
        value: reading.text,
        notes: explanations,
    }
}

/// What stands where the value was found, or at the first place with anything in it.
fn raw(paths: &[Path], reading: &FieldReading, body: &Value) -> Option<String> {
    let mut first = None;
    for path in paths {
        let found = path.find(body);
        let place = match found.as_slice() {
            [one] => one.place.as_ref(),
            _ => path.as_str(),
        };
        let texts: Vec<String> = found
            .iter()
            .filter_map(|found| text::of(found.value))
            .collect();
        if texts.is_empty() {
            continue;
        }
        let shown = text::capped(texts.join(" | "));
        if reading.place.as_deref() == Some(place) {
            return Some(shown);
        }
        first.get_or_insert(shown);
    }
    first
}
