//! Look-ups about the company of a plan: which companies may match, their rows and requisites.

use std::collections::BTreeSet;

use super::findings::{Extent, Findings};
use super::job::CrmJob;
use super::questions::{fields_to_read, is_indexed, search_fields_of, values};
use crate::crm::{
    CompanyAnswer, CompanyQuery, CompanyRow, DUPLICATE_LIMIT, PAGE_SIZE, PresetRow, Query,
    RequisiteRow,
};
use crate::domain::{CompanyId, CompanyPlan, PlannedField, PlannedValue};

/// What the CRM has that matters for the company of one job.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct CompanyFindings {
    /// The candidates: companies that the portal returned for any search key.
    pub(super) offered: BTreeSet<CompanyId>,
    /// Whether the portal has more companies or requisites than were read.
    pub(super) is_cut: bool,
    /// The company that an earlier attempt of this job created.
    pub(super) own: Option<CompanyId>,
    /// The rows of the candidates that can be read.
    pub(super) rows: Vec<CompanyRow>,
    /// The requisites of the candidates.
    pub(super) requisites: Vec<RequisiteRow>,
    /// The templates of requisites.
    pub(super) presets: Vec<PresetRow>,
    /// The companies of the contact, if they were asked for.
    pub(super) of_contact: Vec<CompanyId>,
}

impl CompanyFindings {
    /// Stores the answer to a question.
    pub(super) fn add(&mut self, query: &CompanyQuery, answer: CompanyAnswer, extent: Extent) {
        self.is_cut |= extent == Extent::Truncated;
        match (query, answer) {
            (CompanyQuery::ByOrigin(_), CompanyAnswer::Ids(ids)) => {
                self.own = ids.first().copied();
            }
            (CompanyQuery::OfContact(_), CompanyAnswer::Ids(ids)) => self.of_contact = ids,
            (query, CompanyAnswer::Ids(ids)) => {
                let is_index = matches!(query, CompanyQuery::ByPhone(_) | CompanyQuery::ByEmail(_));
                self.is_cut |= is_index && ids.len() >= DUPLICATE_LIMIT;
                self.offered.extend(ids);
            }
            (_, CompanyAnswer::Rows(rows)) => self.rows.extend(rows),
            (_, CompanyAnswer::Requisites(rows)) => self.requisites.extend(rows),
            (_, CompanyAnswer::Presets(presets)) => self.presets = presets,
            (_, CompanyAnswer::Present(_)) => {}
        }
    }

    /// Returns the row of a company.
    pub(super) fn row(&self, id: CompanyId) -> Option<&CompanyRow> {
        self.rows.iter().find(|row| row.id == id)
    }
}

/// Queries the candidates, and the templates if a requisite may be created.
pub(super) fn candidates(job: &CrmJob) -> Vec<Query> {
    let Some(plan) = &job.plan.company else {
        return Vec::new();
    };
    let mut queries: Vec<CompanyQuery> = Vec::new();
    for field in searched(plan) {
        for query in by_one(plan, field) {
            if !queries.contains(&query) {
                queries.push(query);
            }
        }
    }
    if job.uncertain {
        queries.push(CompanyQuery::ByOrigin(job.id));
    }
    if has_requisite(plan) && plan.preset.is_none() {
        queries.push(CompanyQuery::Presets);
    }
    queries.into_iter().map(Query::Company).collect()
}

/// Returns the search fields to ask for. Of fields that must match together one is enough, the rest
/// is compared later: the rarest value first.
fn searched(plan: &CompanyPlan) -> Vec<&PlannedField> {
    let groups = super::questions::groups(&plan.match_, &plan.fields);
    let mut fields: Vec<&PlannedField> = Vec::new();
    for group in &groups {
        let Some(best) = rarest(group) else { continue };
        // a field with several values: any of them may be the one that matches
        fields.extend(group.iter().filter(|field| field.name == best.name));
    }
    fields
}

fn rarest<'p>(group: &[&'p PlannedField]) -> Option<&'p PlannedField> {
    let fields = group.iter().copied();
    let mut by_number = fields.clone().filter(|field| field.is_of_requisite());
    let mut indexed = fields.filter(|field| is_indexed(field));
    let best = by_number.next().or_else(|| indexed.next());
    best.or(group.first().copied())
}

fn by_one(plan: &CompanyPlan, field: &PlannedField) -> Vec<CompanyQuery> {
    let by_value = |value| {
        if field.is_of_requisite() {
            return CompanyQuery::ByRequisite(value);
        }
        CompanyQuery::ByField {
            field: value,
            several: plan.several,
        }
    };
    match &field.value {
        PlannedValue::Phone(phone) => vec![CompanyQuery::ByPhone(phone.clone())],
        PlannedValue::Email(email) => vec![CompanyQuery::ByEmail(email.clone())],
        _ => values(field).into_iter().map(by_value).collect(),
    }
}

/// Returns whether the plan has values for a requisite.
pub(super) fn has_requisite(plan: &CompanyPlan) -> bool {
    plan.fields
        .iter()
        .any(|field| field.is_of_requisite() && !field.value.as_str().trim().is_empty())
}

/// Queries the rows and the requisites of the candidates.
pub(super) fn rows(job: &CrmJob, found: &Findings) -> Vec<Query> {
    let Some(plan) = &job.plan.company else {
        return Vec::new();
    };
    let known = &found.company;
    let mut ids: BTreeSet<CompanyId> = known.offered.clone();
    ids.extend(known.own);
    ids.extend(job.became.company);
    let ids: Vec<CompanyId> = ids.into_iter().collect();
    let own_fields = plan.fields.iter().filter(|field| !field.is_of_requisite());
    let select = fields_to_read(&own_fields.cloned().collect::<Vec<_>>());
    let mut queries = Vec::new();
    for ids in ids.chunks(PAGE_SIZE) {
        queries.push(CompanyQuery::Rows {
            ids: ids.to_vec(),
            select: select.clone(),
        });
        if has_requisite(plan) {
            queries.push(CompanyQuery::Requisites(ids.to_vec()));
        }
    }
    queries.into_iter().map(Query::Company).collect()
}

/// Returns whether there is nothing to search by: no search field has a value, or each group lacks
/// one.
pub(super) fn is_keyless(plan: &CompanyPlan) -> bool {
    let has_key = search_fields_of(&plan.fields).next().is_some();
    !has_key || searched(plan).is_empty()
}
