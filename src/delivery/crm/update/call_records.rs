//! Calls before they are added to a timeline: those that are there already, and the employees who
//! spoke. All calls of a batch share a reading.

use super::Update;
use crate::crm::{Connection, CrmError, Priority, Query, QueryResult, Write};
use crate::delivery::crm::job::split_calls;
use crate::domain::UserId;

/// Drops the calls that the portal has already, and fills in the employees.
pub(super) async fn prepare(client: &Connection, updates: &mut [Update<'_>]) {
    let mut queries = Vec::new();
    let mut owners = Vec::new();
    for (place, update) in updates.iter().enumerate() {
        let Some(call) = &update.step.call else {
            continue;
        };
        let inner = call.inner.clone().map(Query::EmployeesByInnerNumber);
        for query in update.question().into_iter().chain(inner) {
            queries.push(query);
            owners.push(place);
        }
    }
    if queries.is_empty() {
        return;
    }
    let reading = client.read(&queries, Priority::Submission).await;
    let mut calls = vec![Vec::new(); updates.len()];
    let owner_of = |query: usize| owners.get(query).copied().unwrap_or(usize::MAX);
    split_calls(reading.calls, owner_of, &mut calls);
    for (update, calls) in updates.iter_mut().zip(calls) {
        update.calls.extend(calls);
    }
    for ((query, place), answer) in queries.iter().zip(&owners).zip(reading.answers) {
        if let Some(update) = updates.get_mut(*place) {
            update.take(query, answer);
        }
    }
}

impl Update<'_> {
    fn take(&mut self, query: &Query, answer: Result<QueryResult, CrmError>) {
        match (query, answer) {
            (Query::CallWithKey(_), Ok(QueryResult::Present(true))) => self.chain.clear(),
            (Query::CallWithKey(_), Err(error)) => self.unseen = Some(error),
            // without an employee, the portal chooses one
            (Query::EmployeesByInnerNumber(_), Ok(QueryResult::Employees(rows))) => {
                let active = rows.iter().find(|row| row.active);
                self.assign(active.map(|row| row.id));
            }
            _ => {}
        }
    }

    fn assign(&mut self, employee: Option<UserId>) {
        for write in &mut self.chain {
            if let Write::AddCall(new) = write {
                new.responsible = employee;
            }
        }
    }
}
