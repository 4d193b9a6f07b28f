//! Explains to authors how a profile reads a packet: for each declared field its places, the
//! original value and the result, and for each CRM field that is left out, the rule.

use jiff::Timestamp;
use serde_json::Value;

use super::field::{DeclaredField, FieldSource, Missing};
use super::packet::Packet;
use super::path::Path;
use super::profile::{FieldRule, Profile};
use super::reading::FieldReading;
use super::template::BuiltIn;
use super::text;
use crate::authoring::Normaliser;
use crate::domain::file::without_contents;
use crate::domain::{MappingExplanation, Note, Plan, PlannedField, Source};

/// A declared field and its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldTrace {
    /// Its name in the profile.
    pub name: String,
    /// Its places as normalised paths, in order.
    pub from: Vec<String>,
    /// The word of its normaliser.
    pub form: &'static str,
    /// The place of its value; `None` for a default and for no value.
    pub place: Option<String>,
    /// The original value at that place, or at the first place that has one.
    pub raw: Option<String>,
    /// The result; `None` for no value.
    pub value: Option<String>,
    /// What could not be used, without values of the packet.
    pub notes: Vec<MappingExplanation>,
    /// What happens without a value: the word of `missing`.
    pub missing: &'static str,
}

/// A CRM field of the profile that a plan does not fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its block: `contact`, `company`, `deal`, `lead`.
    pub block: String,
    /// The CRM field.
    pub name: String,
    /// Its rule as written.
    pub rule: String,
}

impl Profile {
    /// Returns how each declared field reads a packet.
    pub fn trace(&self, source: &Source, received_at: Timestamp, body: &Value) -> Vec<FieldTrace> {
        let mut notes = Vec::new();
        let built_in = BuiltIn::of(source, received_at);
        // what cannot be computed is reported with the plan
        let packet = Packet::of(source, body);
        let readings = self.readings(&packet, &built_in, &mut notes);
        let readings =
            readings.unwrap_or_else(|_| vec![FieldReading::default(); self.fields.len()]);
        self.fields
            .iter()
            .zip(readings)
            .filter(|(field, _)| !field.is_a_part())
            .map(|(field, reading)| traced(field, reading, &packet, &notes))
            .collect()
    }

    /// Returns the CRM fields of this profile that its plan leaves out.
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
        if let Some(rules) = &self.company {
            let planned = plan.crm().and_then(|crm| crm.company.as_ref());
            let planned = planned.map(|company| &*company.fields);
            let planned = planned.unwrap_or_default();
            missing_of("company", &rules.fields, planned, &mut left);
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
        let is_planned = planned.iter().any(|field| {
            let is_own = *field.origin.rule == *rule.template.rule();
            field.name == rule.name && (is_own || rule.row.is_some())
        });
        // one of a choice's rows stands for all
        let is_planned = is_planned || rule.row.as_ref().is_some_and(|row| row.number != Some(0));
        if !is_planned {
            left.push(LeftOut {
                block: block.to_owned(),
                name: rule.name.clone(),
                rule: rule.template.rule().to_owned(),
            });
        }
    }
}

/// Returns how one field was read; `notes` are those of the whole packet.
fn traced(
    field: &DeclaredField,
    reading: FieldReading,
    packet: &Packet<'_>,
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
        FieldSource::Paths(paths) => {
            let origin = origin(field, paths, &reading, packet);
            if let Some(text) = origin.as_ref().and_then(|origin| origin.text.clone()) {
                explanations.push(MappingExplanation::InsideText { place: text });
            }
            (field.places(), origin.map(|origin| origin.shown))
        }
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

/// Returns a value as authors see it, without the contents of files.
fn shown(text: &str) -> String {
    let short = without_contents(text);
    text::capped(short.unwrap_or_else(|| text.to_owned()))
}

/// An original value.
struct Original {
    shown: String,
    /// The path, if it leads into a text.
    text: Option<String>,
}

/// Returns the original value at the place of the value, or at the first place that has one.
fn origin(
    field: &DeclaredField,
    paths: &[Path],
    reading: &FieldReading,
    packet: &Packet<'_>,
) -> Option<Original> {
    let mut first = None;
    for path in paths {
        let found = field.found(path, packet);
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
        let in_text = found.iter().any(|found| found.in_text);
        let original = Original {
            shown: shown(&texts.join(" | ")),
            text: in_text.then(|| place.to_owned()),
        };
        if reading.place.as_deref() == Some(place) {
            return Some(original);
        }
        first.get_or_insert(original);
    }
    first
}
