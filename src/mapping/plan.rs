//! Applies a profile to a submission. Pure: the same submission always gives the same outcome.

use jiff::Timestamp;
use serde_json::Value;

use super::call;
use super::choice::{Choice, FieldChoices, turns_of};
use super::condition::Condition;
use super::field::{DeclaredField, Missing};
use super::field_checks::{group, other_currency};
use super::files;
use super::normalise::{self, NameCertainty};
use super::notes::note;
use super::packet::Packet;
use super::products;
use super::profile::{ContactRules, FieldContent, FieldRule, Profile, RecordRules};
use super::reading::FieldReading;
use super::rejection::{Rejection, fault, rejection};
use super::template::{BuiltIn, MOST_ROUNDS, Rendered, Values};
use crate::domain::spelling::CompareAs;
use crate::domain::{
    ContactPlan, Country, CrmStep, Email, LabelValue, MappingExplanation, Note, OnUpdate, Origin,
    ParkReason, Personal, Phone, Plan, PlannedCall, PlannedField, PlannedFile, PlannedValue,
    ProductsPlan, RecordPlan, Responsible, Source, Step, StepKind, ValueKind,
};

/// The result of applying a profile to a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MappingOutcome {
    /// Carry out this plan.
    Plan(Box<Plan>),
    /// Reject the submission, for at least one reason.
    Reject(Vec<Rejection>),
    /// A person decides.
    Park {
        /// Why, from the closed list.
        reason: ParkReason,
        /// What it is about, without the packet's values.
        note: Note,
    },
}

impl Profile {
    /// Returns whether it rejects submissions without a value.
    pub fn may_reject(&self) -> bool {
        self.fields.iter().any(DeclaredField::can_reject)
    }

    /// Returns the reasons for rejecting a submission, for the immediate reply: its missing
    /// required values. Costs nothing if the profile rejects nothing.
    pub fn rejections(&self, body: &Value) -> Vec<Rejection> {
        self.rejections_of(&Packet::new(body))
    }

    /// The same, for a submission whose source is known.
    pub fn rejections_from(&self, source: &Source, body: &Value) -> Vec<Rejection> {
        self.rejections_of(&Packet::of(source, body))
    }

    fn rejections_of(&self, packet: &Packet<'_>) -> Vec<Rejection> {
        if !self.may_reject() {
            return Vec::new();
        }
        // fields that reject never use these
        let built_in = BuiltIn::default();
        // what cannot be computed now is parked when the plan is made
        self.readings(packet, &built_in, &mut Vec::new())
            .map_or_else(|_| Vec::new(), |readings| self.rejected(&readings))
    }

    /// Reads every field; the note says which one cannot be computed.
    pub(crate) fn readings(
        &self,
        packet: &Packet<'_>,
        built_in: &BuiltIn<'_>,
        notes: &mut Vec<Note>,
    ) -> Result<Vec<FieldReading>, Note> {
        self.check_cost(packet)?;
        let mut readings = Vec::new();
        readings.resize_with(self.fields.len(), FieldReading::default);
        for index in &self.order {
            let Some(field) = self.fields.get(*index) else {
                continue;
            };
            let values = Values {
                names: &self.field_names,
                readings: &readings,
                built_in,
            };
            let reading = field
                .read(packet, &values, notes)
                .map_err(|why| note(format!("fields.{}", field.name), why))?;
            if let Some(slot) = readings.get_mut(*index) {
                *slot = reading;
            }
        }
        Ok(readings)
    }

    /// Makes the plan of a submission.
    pub fn plan(&self, source: &Source, received_at: Timestamp, body: &Value) -> MappingOutcome {
        let mut notes = Vec::new();
        let built_in = BuiltIn::of(source, received_at);
        let packet = Packet::of(source, body);
        let readings = match self.readings(&packet, &built_in, &mut notes) {
            Ok(readings) => readings,
            Err(note) => return unread(note),
        };
        if let Some(outcome) = self.stopped(&readings) {
            return outcome;
        }
        let values = Values {
            names: &self.field_names,
            readings: &readings,
            built_in: &built_in,
        };
        let mut filling = Filling {
            packet: &packet,
            country: self.country,
            values,
            notes,
            failed: None,
        };
        let crm = self.crm_step(&mut filling, received_at);
        let call = crm
            .as_ref()
            .zip(PlannedCall::of_packet(source, body, received_at));
        let recording = call
            .as_ref()
            .and_then(|(crm, call)| call::recording_step(crm, call, received_at));
        let call = call.and_then(|(crm, call)| call::step(crm, call));
        let then = filling.then(&self.then, &self.later_names);
        if let Some((reason, note)) = filling.failed {
            return MappingOutcome::Park { reason, note };
        }
        let crm = crm.map(|crm| Step::new(CrmStep::NAME, StepKind::Crm(Box::new(crm))));
        MappingOutcome::Plan(Box::new(Plan {
            profile: self.reference.clone(),
            steps: crm
                .into_iter()
                .chain(call)
                .chain(then)
                .chain(recording)
                .collect(),
            reply: self.reply,
            notes: filling.notes,
        }))
    }

    /// Makes the CRM step; `None` if there is nothing for the CRM.
    fn crm_step(&self, filling: &mut Filling<'_>, received_at: Timestamp) -> Option<CrmStep> {
        let contact = self
            .contact
            .as_ref()
            .and_then(|rules| filling.contact(rules));
        let company = self
            .company
            .as_ref()
            .and_then(|rules| filling.company(rules));
        let record = self.record.as_ref().and_then(|rules| filling.record(rules));
        let comment = filling
            .holds(&self.comment_when)
            .then(|| filling.comment(&self.comment))
            .flatten();
        let files = if record.is_some() {
            files::planned_of(&self.files, &filling.values)
        } else {
            Vec::new()
        };
        let todo = self
            .todo
            .as_ref()
            .filter(|_| record.is_some())
            .and_then(|rules| filling.todo(rules, received_at));
        let makes_any = contact.is_some() || company.is_some() || record.is_some();
        makes_any.then(|| CrmStep {
            connection: self.connection.clone(),
            contact,
            company,
            record,
            comment,
            files,
            todo,
            turns_of: turns_of(self, &filling.values),
        })
    }

    /// Returns the identity by the profile's template; `None` without a template, or if it is empty
    /// for this packet.
    pub fn identity(&self, source: &Source, at: Timestamp, body: &Value) -> Option<String> {
        let template = self.identity.as_ref()?;
        let built_in = BuiltIn::of(source, at);
        let packet = Packet::of(source, body);
        let readings = self.readings(&packet, &built_in, &mut Vec::new()).ok()?;
        let values = Values {
            names: &self.field_names,
            readings: &readings,
            built_in: &built_in,
        };
        match template.render(&values) {
            Rendered::Text(text) if !text.is_empty() => Some(text),
            Rendered::Text(_) | Rendered::NoValue | Rendered::Failed => None,
        }
    }

    /// Returns what stops the submission: all rejections, otherwise the first parking.
    fn stopped(&self, readings: &[FieldReading]) -> Option<MappingOutcome> {
        let rejections = self.rejected(readings);
        if !rejections.is_empty() {
            return Some(MappingOutcome::Reject(rejections));
        }
        let (field, reading) = self.absent(readings, &Missing::Park).next()?;
        let what = fault(field, reading).what();
        Some(MappingOutcome::Park {
            reason: ParkReason::MissingValue,
            note: note(format!("fields.{}", field.name), what),
        })
    }
}

/// Parks a packet whose fields cannot be read.
fn unread(note: Note) -> MappingOutcome {
    let reason = match note.what {
        MappingExplanation::TooCostly { .. } => ParkReason::TooCostly,
        _ => ParkReason::MappingFailed,
    };
    MappingOutcome::Park { reason, note }
}

impl Profile {
    /// Returns the fields without a value for which the profile says this.
    fn absent<'p>(
        &'p self,
        readings: &'p [FieldReading],
        rule: &'p Missing,
    ) -> impl Iterator<Item = (&'p DeclaredField, &'p FieldReading)> {
        self.fields
            .iter()
            .zip(readings)
            .filter(|(_, reading)| reading.text.is_none())
            .filter(move |(field, reading)| field.rule(reading) == rule)
    }

    fn rejected(&self, readings: &[FieldReading]) -> Vec<Rejection> {
        self.absent(readings, &Missing::Reject)
            .map(|(field, reading)| rejection(field, reading))
            .collect()
    }
}

fn alone(value: PlannedValue) -> ListedValue {
    (value, None)
}

/// A value for a CRM field, with the extension of a phone.
type ListedValue = (PlannedValue, Option<Personal>);

/// Fills in templates and collects notes.
pub(super) struct Filling<'v> {
    pub(super) packet: &'v Packet<'v>,
    pub(super) country: Country,
    pub(super) values: Values<'v>,
    pub(super) notes: Vec<Note>,
    /// The first template that could not be computed, or another reason for parking.
    pub(super) failed: Option<products::Stop>,
}

impl Filling<'_> {
    /// Records the first template that could not be computed.
    pub(super) fn fails(&mut self, about: String) {
        self.failed.get_or_insert_with(|| {
            let note = note(about, MappingExplanation::TemplateFailed);
            (ParkReason::MappingFailed, note)
        });
    }

    /// Adds a note if a loop of the last template ended early.
    pub(super) fn note_cut(&mut self, about: impl FnOnce() -> String) {
        if self.values.built_in.take_cut() {
            let what = MappingExplanation::LoopCut { most: MOST_ROUNDS };
            self.notes.push(note(about(), what));
        }
    }

    fn holds(&self, condition: &Condition) -> bool {
        condition.holds(self.packet, &self.values)
    }

    /// Returns whether a block's condition holds; adds a note if it does not.
    pub(super) fn wants(&mut self, block: &str, condition: &Condition) -> bool {
        let holds = self.holds(condition);
        if !holds {
            let what = MappingExplanation::BlockUnwanted;
            self.notes.push(note(block.to_owned(), what));
        }
        holds
    }

    fn contact(&mut self, rules: &ContactRules) -> Option<ContactPlan> {
        if !self.wants("contact", &rules.when) {
            return None;
        }
        let fields = self.fields("contact", &rules.fields);
        // constants alone do not make a person
        let says_something = fields.iter().any(|field| !field.origin.sources.is_empty());
        if !says_something {
            let nobody = note("contact".to_owned(), MappingExplanation::NoPerson);
            self.notes.push(nobody);
            return None;
        }
        Some(ContactPlan {
            match_: rules.match_.clone(),
            several: rules.several,
            conflict: rules.conflict,
            without_key: rules.without_key,
            responsible: self.responsible("contact", rules.responsible.as_ref()),
            fields,
        })
    }

    fn record(&mut self, rules: &RecordRules) -> Option<RecordPlan> {
        if !self.wants(rules.kind.as_str(), &rules.when) {
            return None;
        }
        let fields = self.fields(rules.kind.as_str(), &rules.fields);
        self.notes
            .extend(other_currency(rules, &fields, &self.values));
        let block = rules.kind.as_str();
        let stage = self.chosen((block, "stage"), rules.stage.as_ref());
        let among = self.chosen((block, "among"), rules.among.as_ref());
        let responsible = self.responsible(block, rules.responsible.as_ref());
        Some(RecordPlan {
            kind: rules.kind,
            found: rules.found,
            closed: rules.closed,
            among: among.unwrap_or_default(),
            stage_on_update: stage.clone().filter(|_| rules.changes_stage),
            stage,
            responsible,
            fields,
            products: self.products(rules),
        })
    }

    /// Returns the value of a choice, and notes which row it is.
    pub(super) fn chosen<T: Clone>(
        &mut self,
        key: (&str, &str),
        choice: Option<&Choice<T>>,
    ) -> Option<T> {
        let value = choice?.value(key, &self.values, &mut self.notes);
        value.unwrap_or_else(|about| {
            self.fails(about);
            None
        })
    }

    /// Returns who is responsible; the employee of the call, if the packet is one and names them.
    pub(super) fn responsible(
        &mut self,
        block: &str,
        choice: Option<&Choice<Responsible>>,
    ) -> Option<Responsible> {
        let chosen = self.chosen((block, "responsible"), choice)?;
        let employee = PlannedCall::employee_of(self.packet.body());
        match (employee, chosen) {
            (Some(employee), chosen) => Some(chosen.of_call(employee)),
            // as if nothing was written
            (None, Responsible::CallEmployee) => None,
            (None, chosen) => Some(chosen),
        }
    }

    fn products(&mut self, rules: &RecordRules) -> Option<ProductsPlan> {
        let (products, block) = (rules.products.as_ref()?, rules.kind.as_str());
        match products::plan(products, block, self.packet, &self.values, &mut self.notes) {
            Ok(plan) => plan,
            Err(stop) => {
                self.failed.get_or_insert(stop);
                None
            }
        }
    }

    pub(super) fn fields(&mut self, block: &str, rules: &[FieldRule]) -> Vec<PlannedField> {
        let mut fields: Vec<PlannedField> = Vec::with_capacity(rules.len());
        let mut choices = FieldChoices::default();
        for rule in rules {
            if !self.holds(&rule.when) {
                continue;
            }
            match choices.applies(block, rule, &self.values, &mut self.notes) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(about) => {
                    self.fails(about);
                    continue;
                }
            }
            let on_update = self.on_update(rule);
            for (value, extension) in self.all_values(block, rule) {
                // the same number in two questions counts once
                let is_there =
                    |field: &PlannedField| field.name == rule.name && field.value == value;
                if rule.content != FieldContent::Text && fields.iter().any(is_there) {
                    continue;
                }
                fields.push(PlannedField {
                    name: rule.name.clone(),
                    value,
                    role: rule.role,
                    on_update,
                    value_type: rule.value_type.clone(),
                    extension: extension.filter(|_| rule.extension),
                    together: None,
                    compare: CompareAs::default(),
                    origin: Origin {
                        is_guessed: on_update != rule.on_update,
                        ..rule.template.origin(&self.values)
                    },
                });
            }
        }
        group(&mut fields, rules);
        fields
    }

    /// Returns what the rule says; but a guessed part of a name never replaces an existing value.
    fn on_update(&self, rule: &FieldRule) -> OnUpdate {
        let only = rule.template.only_field();
        let reading = only.and_then(|index| self.values.readings.get(index));
        match rule.on_update {
            OnUpdate::Overwrite
                if reading.is_some_and(|reading| reading.certainty == NameCertainty::Guess) =>
            {
                OnUpdate::Fill
            }
            stated => stated,
        }
    }

    /// A list field takes every value of a packet's list, `PHONE`, `EMAIL`, `WEB` and `IM` every
    /// value that they can read; any other field takes one value.
    fn all_values(&mut self, block: &str, rule: &FieldRule) -> Vec<ListedValue> {
        if rule.content == FieldContent::Member
            && rule.label.is_none()
            && let Some(items) = rule.template.items(&self.values)
        {
            let member = |item: &String| PlannedValue::Member(item.as_str().into());
            return items.iter().map(member).map(alone).collect();
        }
        match rule.content {
            FieldContent::Phone | FieldContent::Email => self.contact_details(block, rule),
            FieldContent::Site | FieldContent::Messenger => self.listed(block, rule),
            FieldContent::File { many } => {
                let files = files::planned_of(rule.template.fields(), &self.values);
                let file = |file| PlannedValue::File(PlannedFile { many, ..file });
                files.into_iter().map(file).map(alone).collect()
            }
            FieldContent::Text | FieldContent::Member | FieldContent::TaxNumber => {
                let value = self.value(block, rule);
                value.map(alone).into_iter().collect()
            }
        }
    }

    /// Returns the texts of a rule: each value of its field's list, otherwise the filled template.
    fn texts(&mut self, block: &str, rule: &FieldRule) -> Vec<String> {
        if let Some(items) = rule.template.items(&self.values) {
            return items.to_vec();
        }
        self.text(block, rule).into_iter().collect()
    }

    /// Returns the sites or messengers of a rule.
    fn listed(&mut self, block: &str, rule: &FieldRule) -> Vec<ListedValue> {
        let texts = self.texts(block, rule);
        let site = |text: &str| PlannedValue::Site(text.into());
        let mut values = Vec::new();
        for text in &texts {
            if rule.content == FieldContent::Site {
                values.extend(normalise::sites(text).into_iter().map(site));
            } else {
                values.push(PlannedValue::Messenger(text.as_str().into()));
            }
        }
        values.into_iter().map(alone).collect()
    }

    /// Returns the phones or addresses of a rule, and notes what cannot be read.
    fn contact_details(&mut self, block: &str, rule: &FieldRule) -> Vec<ListedValue> {
        let texts = self.texts(block, rule);
        let reading = rule.template.only_field();
        let reading = reading.and_then(|index| self.values.readings.get(index));
        let beside: &[Option<String>] = reading.map_or(&[], |reading| &reading.beside);
        let mut values: Vec<ListedValue> = Vec::new();
        let (mut is_unreadable, mut has_more, mut is_unlisted) = (false, false, false);
        for (index, text) in texts.iter().enumerate() {
            let before = values.len();
            if rule.content == FieldContent::Phone {
                let found = Phone::all_of(text, self.country);
                has_more |= found.has_more;
                for typed in found.phones {
                    // the note of a field that was read as a phone says it
                    is_unlisted |= !typed.is_known && typed.phone.as_str() != text;
                    let extension = typed.extension;
                    let extension = extension.or_else(|| beside.get(index).cloned().flatten());
                    let extension = extension.map(Personal::from);
                    values.push((PlannedValue::Phone(typed.phone), extension));
                }
            } else {
                let found = Email::all_of(text);
                has_more |= found.has_more;
                let emails = found.emails.into_iter().map(PlannedValue::Email);
                values.extend(emails.map(alone));
            }
            is_unreadable |= values.len() == before && !text.is_empty();
        }
        let about = || format!("{block}.fields.{}", rule.name);
        let place = || rule.template.origin(&self.values).place();
        let wanted = if rule.content == FieldContent::Phone {
            ValueKind::Phone
        } else {
            ValueKind::Email
        };
        let notes = [
            is_unreadable.then(|| MappingExplanation::LeftOut {
                wanted,
                place: place(),
            }),
            (has_more && !is_unreadable).then(|| MappingExplanation::TextBeside {
                wanted,
                place: place(),
            }),
            is_unlisted.then(|| MappingExplanation::UnlistedPhone { place: place() }),
        ];
        let notes = notes.into_iter().flatten().map(|what| note(about(), what));
        self.notes.extend(notes);
        values
    }

    /// Returns the filled template of a rule.
    fn text(&mut self, block: &str, rule: &FieldRule) -> Option<String> {
        let about = || format!("{block}.fields.{}", rule.name);
        let rendered = rule.template.render(&self.values);
        self.note_cut(about);
        match rendered {
            Rendered::Text(text) => Some(text),
            Rendered::NoValue => None,
            Rendered::Failed => {
                self.fails(about());
                None
            }
        }
    }

    fn value(&mut self, block: &str, rule: &FieldRule) -> Option<PlannedValue> {
        let text = self.text(block, rule)?;
        if rule.content == FieldContent::TaxNumber {
            return self.tax_number(block, rule, &text);
        }
        if let Some(unknown) = rule.label.as_ref().filter(|_| !text.is_empty()) {
            return Some(PlannedValue::Label(LabelValue {
                text: text.as_str().into(),
                unknown: unknown.clone(),
            }));
        }
        Some(match rule.content {
            FieldContent::Member => PlannedValue::Member(text.as_str().into()),
            _ => PlannedValue::Text(text.as_str().into()),
        })
    }
}
