//! Everything that a profile refers to in its portal, with places: fields, labels, stages,
//! employees. Computed when a check compares it with the portal, and not stored.

use indexmap::IndexMap;

use super::compile::{self, Compiler};
use crate::authoring::codes::Code;
use crate::authoring::problem::{Problem, Severity, TextPlace};
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::choice::RawChoice;
use crate::authoring::raw::field::RawField;
use crate::authoring::raw::field_rule::{RawFieldRule, RawFieldRules};
use crate::authoring::raw::record::RawRecord;
use crate::authoring::raw::responsible::RawResponsible;
use crate::authoring::raw::then::RawCrmUpdate;
use crate::authoring::yaml::Text;
use crate::authoring::{Normaliser, ProfileFile};
use crate::domain::{Bilingual, Email, EntityKind, ItemType, Responsible, UserId};

/// The references of one profile to its portal.
#[derive(Debug, Clone)]
pub struct PortalReferences {
    /// The profile's file, with its ending.
    pub file: String,
    /// The connection that it names.
    pub connection: Option<String>,
    /// Each reference, in the order of the blocks.
    pub references: Vec<PortalReference>,
}

/// One reference.
#[derive(Debug, Clone)]
pub struct PortalReference {
    /// What it refers to.
    pub says: ReferenceKind,
    place: TextPlace,
}

/// What a profile can refer to; `entity` is `None` for contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferenceKind {
    /// The connection exists, or is the only one.
    Connection(Option<String>),
    /// The field exists and accepts this value.
    Field {
        /// The entity.
        entity: Option<EntityKind>,
        /// Its name.
        name: String,
        /// The value.
        written: WrittenValue,
    },
    /// The list of a field has a value with this label.
    Label {
        /// The entity.
        entity: Option<EntityKind>,
        /// Its name.
        name: String,
        /// The label.
        label: String,
    },
    /// The smart process exists.
    Process(ItemType),
    /// The stage exists.
    Stage {
        /// Of leads, deals or items.
        kind: EntityKind,
        /// Its code.
        code: String,
    },
    /// The employee exists.
    Employee(Responsible),
    /// A record with these fields can be created.
    Creates {
        /// The entity.
        entity: Option<EntityKind>,
        /// The fields that the profile fills, if the packet has values.
        fills: Vec<String>,
    },
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WrittenValue {
    /// Always this text.
    Constant(String),
    /// Text from the packet.
    Text,
    /// Always this text, written by a later step, which takes neither labels nor files.
    LaterConstant(String),
    /// Text of the packet or of an earlier step, written by a later step.
    LaterText,
    /// A value of a list by its label.
    Label,
    /// A file.
    File,
}

impl PortalReference {
    /// Returns a problem at the place of the reference.
    pub fn problem(
        &self,
        severity: Severity,
        code: Code,
        message: Bilingual,
        advice: Bilingual,
    ) -> Problem {
        self.place.problem(severity, code, message, advice)
    }
}

impl Compiler<'_> {
    /// Returns the references of a profile; `None` if it cannot be compiled.
    pub fn portal_references(&self, file: &ProfileFile) -> Option<PortalReferences> {
        self.compile(file).ok()?;
        let raw = self.raw(file)?;
        let mut list = List {
            raw: &raw,
            references: Vec::new(),
        };
        let place = raw.crm.as_ref().map_or(&raw.place, |crm| &crm.place);
        let connection = raw.crm.as_ref().map(|crm| crm.value.clone());
        list.push(ReferenceKind::Connection(connection.clone()), place);
        if let Some(contact) = raw.contact.as_ref().filter(|contact| !contact.none) {
            for responsible in contact.responsible.iter().flat_map(RawChoice::all) {
                list.employees(responsible);
            }
            list.fields(None, &contact.fields);
        }
        if let Some(company) = &raw.company {
            for responsible in company.responsible.iter().flat_map(RawChoice::all) {
                list.employees(responsible);
            }
            list.fields(Some(EntityKind::Company), &company.fields);
        }
        for record in raw.deal.iter().chain(&raw.lead).chain(&raw.item) {
            list.record(record);
        }
        for update in raw
            .then
            .iter()
            .flatten()
            .filter_map(|step| step.crm.as_ref())
        {
            list.update(update);
        }
        Some(PortalReferences {
            file: file.name.clone(),
            connection,
            references: list.references,
        })
    }
}

struct List<'r> {
    raw: &'r RawProfile,
    references: Vec<PortalReference>,
}

impl List<'_> {
    fn push(&mut self, says: ReferenceKind, place: &TextPlace) {
        let place = place.clone();
        self.references.push(PortalReference { says, place });
    }

    fn record(&mut self, record: &RawRecord) {
        for responsible in record.responsible.iter().flat_map(RawChoice::all) {
            self.employees(responsible);
        }
        let kind = match (record.block, &record.process) {
            ("deal", _) => EntityKind::Deal,
            ("lead", _) => EntityKind::Lead,
            (_, Some(number)) => {
                // the compiler has checked the number
                let Some(process) = ItemType::new(number.value) else {
                    return;
                };
                self.push(ReferenceKind::Process(process), &number.place);
                EntityKind::Item(process)
            }
            (_, None) => return,
        };
        for text in record.stages().chain(record.open_stages()) {
            let code = text.value.trim().to_owned();
            self.push(ReferenceKind::Stage { kind, code }, &text.place);
        }
        self.fields(Some(kind), &record.fields);
    }

    /// Lists what a later step writes.
    fn update(&mut self, update: &RawCrmUpdate) {
        let target = update.update.as_ref().map(|text| text.value.trim());
        let entity = match target {
            Some("contact") => None,
            Some("company") => Some(EntityKind::Company),
            Some("deal") => Some(EntityKind::Deal),
            Some("lead") => Some(EntityKind::Lead),
            _ => {
                let process = self
                    .raw
                    .item
                    .as_ref()
                    .and_then(|item| item.process.as_ref());
                let process = process.and_then(|number| ItemType::new(number.value));
                // the compiler has checked that there is one
                let Some(process) = process else { return };
                Some(EntityKind::Item(process))
            }
        };
        if let (Some(kind), Some(text)) = (entity, &update.stage) {
            let code = text.value.trim().to_owned();
            self.push(ReferenceKind::Stage { kind, code }, &text.place);
        }
        for (name, text) in &update.fields {
            // a template with results of steps is no template of the packet alone
            let constant = compile::template_of(text, self.raw);
            let constant = constant.and_then(|template| template.constant());
            let says = ReferenceKind::Field {
                entity,
                name: name.value.clone(),
                written: constant.map_or(WrittenValue::LaterText, WrittenValue::LaterConstant),
            };
            self.push(says, &name.place);
        }
    }

    fn employees(&mut self, responsible: &RawResponsible) {
        let texts: &[Text] = match responsible {
            RawResponsible::One(text) => std::slice::from_ref(text),
            RawResponsible::InTurn { several, .. } => several,
            RawResponsible::First { several, .. } => {
                for one in several {
                    self.employees(one);
                }
                return;
            }
        };
        for text in texts {
            let word = text.value.trim();
            let user = word.parse().ok().and_then(UserId::new);
            let user = user.map(Responsible::User);
            let employee = user.or_else(|| Email::parse(word).map(Responsible::Email));
            if let Some(employee) = employee {
                self.push(ReferenceKind::Employee(employee), &text.place);
            }
        }
    }

    fn fields(&mut self, entity: Option<EntityKind>, fields: &IndexMap<String, RawFieldRules>) {
        let Some(first) = fields.values().next() else {
            return;
        };
        let filled = fields.values().filter(|rules| !rules.rules.is_empty());
        let fills = filled
            .clone()
            .map(|rules| rules.key.value.clone())
            .collect();
        self.push(ReferenceKind::Creates { entity, fills }, &first.key.place);
        for rules in filled {
            for rule in &rules.rules {
                self.rule(entity, &rules.key, rule);
            }
        }
    }

    fn rule(&mut self, entity: Option<EntityKind>, key: &Text, rule: &RawFieldRule) {
        let name = key.value.clone();
        let Some(template) = compile::template_of(&rule.value, self.raw) else {
            return;
        };
        let constant = template.constant();
        let field = template.only_field();
        let field = field.and_then(|index| self.raw.fields.get_index(index));
        let is_file = field.is_some_and(|(_, field)| {
            let form = field.form.as_ref();
            form.is_some_and(|form| form.value == Normaliser::File)
        });
        let written = match (&rule.label, &constant) {
            (None, None) if is_file => WrittenValue::File,
            (Some(_), _) => WrittenValue::Label,
            (None, Some(text)) => WrittenValue::Constant(text.clone()),
            (None, None) => WrittenValue::Text,
        };
        let says = ReferenceKind::Field {
            entity,
            name: name.clone(),
            written,
        };
        self.push(says, &key.place);
        let Some(label) = &rule.label else { return };
        let mut labels: Vec<(String, TextPlace)> = Vec::new();
        labels.extend(constant.map(|text| (text, rule.value.place.clone())));
        labels.extend(label.default.iter().map(owned));
        if let Some(field) = template
            .only_field()
            .and_then(|index| self.raw.fields.get_index(index))
        {
            labels.extend(words_of(field.1));
        }
        for (label, place) in labels {
            let name = name.clone();
            self.push(
                ReferenceKind::Label {
                    entity,
                    name,
                    label,
                },
                &place,
            );
        }
    }
}

fn owned(text: &Text) -> (String, TextPlace) {
    (text.value.clone(), text.place.clone())
}

/// Returns the values of a declared field that the profile itself names.
fn words_of(field: &RawField) -> Vec<(String, TextPlace)> {
    let map = field.map.iter().flatten().map(|(_, to)| owned(to));
    map.chain(field.default.iter().map(owned)).collect()
}
