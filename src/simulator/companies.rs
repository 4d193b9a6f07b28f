//! The contacts of companies. A contact has its companies in its own record; here they are changed
//! from the company's side. Sorting numbers and the primary one belong to the contact; that the first
//! contact of a company counts as its primary one is our inference.

use super::state::{
    State,
    kind::Kind,
    record::{Binding, Record, settle},
};

/// A contact of a company, with the sorting number of the binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) contact: u32,
    pub(super) sort: i64,
}

/// Returns the contacts of a company in their order.
pub(super) fn contacts(state: &State, company: u32) -> Vec<Bound> {
    let ids = state.table(Kind::Contact).of_company(company).iter();
    let records = ids.filter_map(|id| state.record(Kind::Contact, *id));
    let sort = |record: &Record| {
        let binding = record.companies.iter().find(|it| it.id == company);
        binding.map_or(0, |it| it.sort)
    };
    let mut bound: Vec<Bound> = records
        .map(|record| Bound {
            contact: record.id,
            sort: sort(record),
        })
        .collect();
    bound.sort_by_key(|it| (it.sort, it.contact));
    bound
}

/// Binds a contact; `false` if it was bound already, or does not exist.
pub(super) fn bind(state: &mut State, company: u32, bound: Bound) -> bool {
    let Some(mut record) = state.record(Kind::Contact, bound.contact).cloned() else {
        return false;
    };
    if record.companies.iter().any(|it| it.id == company) {
        return false;
    }
    record.companies.push(Binding {
        id: company,
        sort: bound.sort,
        primary: false,
    });
    store(state, record);
    true
}

/// Unbinds a contact; `false` if it was not bound.
pub(super) fn unbind(state: &mut State, company: u32, contact: u32) -> bool {
    let Some(mut record) = state.record(Kind::Contact, contact).cloned() else {
        return false;
    };
    let before = record.companies.len();
    record.companies.retain(|it| it.id != company);
    if record.companies.len() == before {
        return false;
    }
    store(state, record);
    true
}

/// Makes these the contacts of a company; others are unbound.
pub(super) fn replace(state: &mut State, company: u32, wanted: &[Bound]) {
    for old in contacts(state, company) {
        if wanted.iter().all(|it| it.contact != old.contact) {
            unbind(state, company, old.contact);
        }
    }
    for bound in wanted {
        bind(state, company, *bound);
    }
}

fn store(state: &mut State, mut contact: Record) {
    settle(&mut contact.companies, None);
    state.name_company(&mut contact);
    state.put(Kind::Contact, contact);
}
