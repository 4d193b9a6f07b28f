//! Executes queries in as few calls as possible: many queries share a command ([`super::share`]), and
//! further pages follow where the first is not enough.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::attribute::{self, Asked, Part};
use super::batch::{self, Halt};
use super::commands::{self, Command};
use super::pages::{self, NextPage, Page};
use super::share::{Family, Group};
use super::{Connection, Priority, form, rows, wire};
use crate::crm::error::CrmError;
use crate::crm::query::{PAGE_SIZE, Query, QueryResult};
use crate::crm::trace::{CallTrace, CommandTrace};
use crate::domain::NoAnswer;

/// The results of a list of queries, and the calls that were made.
#[derive(Debug, Default)]
pub struct ReadOutcome {
    /// One result per query, in order.
    pub answers: Vec<Result<QueryResult, CrmError>>,
    /// The indexes of queries for which the portal has more rows than were read.
    pub cut: BTreeSet<usize>,
    /// What was sent and what came back. Of a shared command each query has its own part only.
    pub calls: Vec<CallTrace>,
}

/// A command to send.
struct Request {
    purpose: Purpose,
    command: Command,
}

/// What a command is for.
enum Purpose {
    /// One page of one query.
    Page { of: usize, page: Page },
    /// Several queries.
    Shared(Group),
    /// The phones and addresses of owners: of contacts, leads or companies.
    Owners(&'static str, Vec<i64>),
}

/// Owners of shared phones or addresses, whose rows are needed to tell them apart.
struct Hit {
    entity: &'static str,
    group: Group,
    owners: BTreeSet<i64>,
    /// The call that returned them.
    call: usize,
}

/// An owner's row, and the call that returned it; or why it cannot be read.
type OwnerRow = (Option<usize>, Result<Value, CrmError>);

/// The state of one read.
struct Reading<'a> {
    asked: Asked<'a>,
    outcome: ReadOutcome,
    /// The owners whose rows are being read.
    waiting: Vec<Hit>,
    /// The commands that follow from the answers.
    next: Vec<Request>,
    owners: HashMap<(&'static str, i64), OwnerRow>,
}

impl Connection {
    /// Executes queries in as few calls as possible, several calls at the same time.
    pub async fn read(&self, queries: &[Query], priority: Priority) -> ReadOutcome {
        let of_query = |query| commands::of(query, &self.originator);
        let commands: Vec<Command> = queries.iter().map(of_query).collect();
        let mut reading = Reading {
            asked: Asked {
                queries,
                commands: &commands,
                originator: &self.originator,
            },
            outcome: ReadOutcome {
                answers: vec![Err(CrmError::NotRun); queries.len()],
                ..ReadOutcome::default()
            },
            waiting: Vec::new(),
            next: Vec::new(),
            owners: HashMap::new(),
        };
        let groups = self.sharing.group(queries, &commands);
        let shared = groups.shared.into_iter().map(|group| Request {
            command: group.command.clone(),
            purpose: Purpose::Shared(group),
        });
        let mut open: Vec<Request> = shared.collect();
        open.extend(groups.alone.iter().filter_map(|of| reading.alone(*of)));
        while !open.is_empty() {
            open = self.ask(open, &mut reading, priority).await;
        }
        reading.outcome
    }

    /// Sends these commands; returns those that follow from the answers.
    async fn ask(
        &self,
        open: Vec<Request>,
        reading: &mut Reading<'_>,
        priority: Priority,
    ) -> Vec<Request> {
        let (paused, open): (Vec<Request>, Vec<Request>) = open
            .into_iter()
            .partition(|request| self.pacer.pause_left(&request.command.method).is_some());
        let (alone, together): (Vec<Request>, Vec<Request>) = open
            .into_iter()
            .partition(|request| form::looks_like_reference(&request.command.params));
        let waiting = std::mem::take(&mut reading.waiting);
        for request in paused {
            // those whose owners cannot be read are asked alone
            let is_needed = !matches!(request.purpose, Purpose::Owners(..));
            if let Some(error) = self.paused(&request.command.method).filter(|_| is_needed) {
                reading.fail(request, &error, None);
            }
        }
        let groups = in_chunks(together, self.pacer.batch_size());
        let groups = groups
            .into_iter()
            .chain(alone.into_iter().map(|one| vec![one]));
        let runs = groups.map(|group| async move {
            let places: Vec<usize> = (0..group.len()).collect();
            let commands: Vec<Command> = group.iter().map(|one| one.command.clone()).collect();
            let (outcomes, call) = self.run(&places, &commands, Halt::Never, priority).await;
            (group, outcomes, call)
        });
        for (group, outcomes, call) in join_all(runs).await {
            let call = call.map(|call| reading.add_call(call));
            for (request, outcome) in group.into_iter().zip(outcomes) {
                match outcome {
                    Ok(result) => self.take(request, &result, call, reading),
                    Err(error @ CrmError::Refused { .. }) => reading.refuse(request, &error, call),
                    Err(error) => reading.fail(request, &error, call),
                }
            }
        }
        for hit in waiting {
            reading.divide(&hit);
        }
        let owners = reading.owner_requests();
        reading.next.extend(owners);
        std::mem::take(&mut reading.next)
    }

    /// Stores a result; adds the commands that follow from it.
    fn take(
        &self,
        request: Request,
        result: &Value,
        call: Option<usize>,
        reading: &mut Reading<'_>,
    ) {
        match request.purpose {
            Purpose::Page { of, page } => {
                reading.trace(call, of, &request.command, &Ok(result.clone()));
                if let Some(page) = self.take_page((of, page), &request.command, result, reading) {
                    let page = reading.page(of, page);
                    reading.next.extend(page);
                }
            }
            Purpose::Owners(entity, ids) => reading.add_owners(entity, &ids, result, call),
            Purpose::Shared(group) => {
                if let Family::Index(entity, _) = group.family {
                    self.take_owners(entity, (group, call), result, reading);
                } else {
                    self.take_shared(&group, call, result, reading);
                }
            }
        }
    }

    /// Stores one page; returns where the next one begins.
    fn take_page(
        &self,
        (of, page): (usize, Page),
        command: &Command,
        result: &Value,
        reading: &mut Reading<'_>,
    ) -> Option<Page> {
        let query = reading.asked.query(of)?;
        let dropped = self.dropped(query, result);
        let slot = reading.outcome.answers.get_mut(of)?;
        if let Some(error) = dropped {
            *slot = Err(error);
            return None;
        }
        let more = rows::read(query, result, &self.originator);
        match slot {
            Ok(answer) => pages::join(answer, more),
            Err(_) => *slot = Ok(more),
        }
        let there = slot.as_ref().ok()?;
        match pages::next_page((query, command, page), result, there, self.search_limit) {
            NextPage::NotNeeded => None,
            NextPage::From(page) => Some(page),
            NextPage::Truncated => {
                reading.outcome.cut.insert(of);
                None
            }
        }
    }

    /// Returns the error for a result whose search field the portal does not have. The next attempt
    /// checks whether the field exists.
    fn dropped(&self, query: &Query, result: &Value) -> Option<CrmError> {
        let (entity, name) = rows::dropped(query, result)?;
        self.is_field_in_doubt(entity, name).then(|| {
            let field = name.to_owned();
            let why = NoAnswer::ConditionIgnored { field };
            CrmError::Unknown { why }
        })
    }

    /// Takes the owners of shared phones or addresses. Their rows are read next; if an owner may be
    /// missing, each query goes alone.
    fn take_owners(
        &self,
        entity: &'static str,
        (group, call): (Group, Option<usize>),
        result: &Value,
        reading: &mut Reading<'_>,
    ) {
        let owners = attribute::owners(entity, result);
        self.sharing.note(group.family, group.values, owners.len());
        if !attribute::are_all(&owners) {
            reading.ask_alone(&group);
            return;
        }
        let hit = Hit {
            entity,
            group,
            owners,
            call: call.unwrap_or(usize::MAX),
        };
        if hit.owners.is_empty() {
            reading.divide(&hit);
        } else {
            reading.waiting.push(hit);
        }
    }

    /// Divides the rows of a shared list among its queries. If rows may be missing, each goes alone.
    fn take_shared(
        &self,
        group: &Group,
        call: Option<usize>,
        result: &Value,
        reading: &mut Reading<'_>,
    ) {
        let first = group
            .members
            .first()
            .and_then(|of| reading.asked.query(*of));
        if let Some(error) = first.and_then(|query| self.dropped(query, result)) {
            for of in &group.members {
                reading.answer(*of, Err(error.clone()), call);
            }
            return;
        }
        let length = attribute::length(group.family, result);
        self.sharing.note(group.family, group.values, length);
        let parts = if attribute::is_cut(group.family, length) {
            vec![Part::Unsure; group.members.len()]
        } else {
            attribute::of_list(group, reading.asked, result)
        };
        reading.hand_out(group, parts, call);
    }
}

impl Reading<'_> {
    /// Returns the request of a page of a query.
    fn page(&self, of: usize, page: Page) -> Option<Request> {
        Some(Request {
            command: pages::at(self.asked.command(of)?.clone(), page),
            purpose: Purpose::Page { of, page },
        })
    }

    /// Returns the request of a query that is asked alone.
    fn alone(&self, of: usize) -> Option<Request> {
        self.page(of, Page::default())
    }

    /// Lets the queries of a group be asked alone.
    fn ask_alone(&mut self, group: &Group) {
        let alone = group.members.iter().filter_map(|of| self.alone(*of));
        let alone: Vec<Request> = alone.collect();
        self.next.extend(alone);
    }

    /// Adds a call, still without commands, and returns its place.
    fn add_call(&mut self, call: CallTrace) -> usize {
        self.outcome.calls.push(CallTrace {
            commands: Vec::new(),
            ..call
        });
        self.outcome.calls.len() - 1
    }

    /// Records a command as the one of this query.
    fn trace(
        &mut self,
        call: Option<usize>,
        of: usize,
        command: &Command,
        outcome: &Result<Value, CrmError>,
    ) {
        let call = call.and_then(|place| self.outcome.calls.get_mut(place));
        if let Some(call) = call {
            call.commands.push(CommandTrace {
                of,
                method: command.method.clone(),
                params: command.shown().clone(),
                outcome: batch::trace_outcome(outcome),
            });
        }
    }

    /// Stores the whole answer of a query, with its part of a shared command.
    fn answer(&mut self, of: usize, result: Result<Value, CrmError>, call: Option<usize>) {
        let Asked {
            queries,
            commands,
            originator,
        } = self.asked;
        let (Some(query), Some(command)) = (queries.get(of), commands.get(of)) else {
            return;
        };
        self.trace(call, of, command, &result);
        if let Some(slot) = self.outcome.answers.get_mut(of) {
            *slot = result.map(|result| rows::read(query, &result, originator));
        }
    }

    /// Gives queries their parts of a shared command; the others are asked alone.
    fn hand_out(&mut self, group: &Group, parts: Vec<Part>, call: Option<usize>) {
        for (of, part) in group.members.iter().zip(parts) {
            match part {
                Part::Own(result) => self.answer(*of, Ok(result), call),
                Part::Unsure => self.next.extend(self.alone(*of)),
            }
        }
    }

    /// Records that a command failed with its call, was not answered, or that its method is paused:
    /// another attempt follows later.
    fn fail(&mut self, request: Request, error: &CrmError, call: Option<usize>) {
        match request.purpose {
            Purpose::Page { of, .. } => {
                self.trace(call, of, &request.command, &Err(error.clone()));
                if let Some(slot) = self.outcome.answers.get_mut(of) {
                    *slot = Err(error.clone());
                }
            }
            Purpose::Shared(group) => {
                for of in group.members {
                    self.answer(of, Err(error.clone()), call);
                }
            }
            Purpose::Owners(entity, ids) => {
                for id in ids {
                    self.owners.insert((entity, id), (call, Err(error.clone())));
                }
            }
        }
    }

    /// Records that the portal refused a command. The queries of a shared one are asked alone: perhaps
    /// one of their values is the cause.
    fn refuse(&mut self, request: Request, error: &CrmError, call: Option<usize>) {
        match request.purpose {
            Purpose::Shared(group) => self.ask_alone(&group),
            // without rows, nobody is told apart: all are asked alone
            Purpose::Owners(..) => {}
            Purpose::Page { .. } => self.fail(request, error, call),
        }
    }

    /// Returns the requests for the rows of the owners that are waited for, each once.
    fn owner_requests(&self) -> Vec<Request> {
        let mut needed: BTreeMap<&'static str, BTreeSet<i64>> = BTreeMap::new();
        for hit in &self.waiting {
            needed.entry(hit.entity).or_default().extend(&hit.owners);
        }
        let mut requests = Vec::new();
        for (entity, ids) in needed {
            let ids: Vec<i64> = ids.into_iter().collect();
            requests.extend(ids.chunks(PAGE_SIZE).map(|ids| Request {
                command: commands::owners(entity, ids),
                purpose: Purpose::Owners(entity, ids.to_vec()),
            }));
        }
        requests
    }

    fn add_owners(
        &mut self,
        entity: &'static str,
        ids: &[i64],
        result: &Value,
        call: Option<usize>,
    ) {
        for row in rows::rows_of(result) {
            if let Some(id) = row.get("ID").and_then(wire::number)
                && ids.contains(&id)
            {
                self.owners.insert((entity, id), (call, Ok(row.clone())));
            }
        }
    }

    /// Divides owners among the queries of their group. All fail if the call for the rows failed.
    fn divide(&mut self, hit: &Hit) {
        let mut found = HashMap::new();
        for id in &hit.owners {
            match self.owners.get(&(hit.entity, *id)) {
                Some((_, Ok(row))) => {
                    found.insert(*id, row.clone());
                }
                Some((call, Err(error))) => {
                    let (call, error) = (*call, error.clone());
                    for of in &hit.group.members {
                        self.answer(*of, Err(error.clone()), call);
                    }
                    return;
                }
                None => {}
            }
        }
        let parts = attribute::of_index(&hit.group, self.asked, &hit.owners, &found);
        for (of, part) in hit.group.members.iter().zip(&parts) {
            if let Part::Own(result) = part {
                self.trace_owners(*of, hit.entity, &attribute::owners(hit.entity, result));
            }
        }
        self.hand_out(&hit.group, parts, Some(hit.call));
    }

    /// Records the rows by which the owners of a query were recognised.
    fn trace_owners(&mut self, of: usize, entity: &'static str, ids: &BTreeSet<i64>) {
        let mut read: BTreeMap<usize, (Vec<i64>, Vec<Value>)> = BTreeMap::new();
        for id in ids {
            if let Some((Some(call), Ok(row))) = self.owners.get(&(entity, *id)) {
                let (ids, rows) = read.entry(*call).or_default();
                ids.push(*id);
                rows.push(row.clone());
            }
        }
        for (call, (ids, rows)) in read {
            self.trace(
                Some(call),
                of,
                &commands::owners(entity, &ids),
                &Ok(json!(rows)),
            );
        }
    }
}

/// Divides a list into parts of at most this length.
pub(super) fn in_chunks<T>(list: Vec<T>, most: usize) -> Vec<Vec<T>> {
    let mut chunks: Vec<Vec<T>> = Vec::new();
    for one in list {
        match chunks.last_mut() {
            Some(chunk) if chunk.len() < most.max(1) => chunk.push(one),
            _ => chunks.push(vec![one]),
        }
    }
    chunks
}
