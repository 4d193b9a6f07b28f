//! Executes queries in as few calls as possible, with further pages where the first is not enough.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::batch::Halt;
use super::commands::{self, Command};
use super::pages::{self, NextPage, Page};
use super::{Connection, Priority, form, rows};
use crate::crm::error::CrmError;
use crate::crm::query::{Query, QueryResult};
use crate::crm::trace::CallTrace;
use crate::domain::NoAnswer;

/// The results of a list of queries, and the calls that were made.
#[derive(Debug, Default)]
pub struct ReadOutcome {
    /// One result per query, in order.
    pub answers: Vec<Result<QueryResult, CrmError>>,
    /// The indexes of queries for which the portal has more rows than were read.
    pub cut: BTreeSet<usize>,
    /// What was sent and what came back.
    pub calls: Vec<CallTrace>,
}

/// The request of one page of a query.
struct PageRequest {
    /// The query's index.
    of: usize,
    page: Page,
    command: Command,
}

impl Connection {
    /// Executes queries in as few calls as possible, several calls at the same time.
    pub async fn read(&self, queries: &[Query], priority: Priority) -> ReadOutcome {
        let mut reading = ReadOutcome {
            answers: vec![Err(CrmError::NotRun); queries.len()],
            ..ReadOutcome::default()
        };
        let mut open: Vec<(usize, Page)> =
            (0..queries.len()).map(|of| (of, Page::default())).collect();
        while !open.is_empty() {
            let pages = open.into_iter().filter_map(|(of, page)| {
                let command = commands::of(queries.get(of)?, &self.originator);
                let command = pages::at(command, page);
                Some(PageRequest { of, page, command })
            });
            let pages: Vec<PageRequest> = pages.collect();
            open = self.ask(queries, pages, &mut reading, priority).await;
        }
        reading
    }

    /// Requests these pages; returns the queries that need another page, and where it begins.
    async fn ask(
        &self,
        queries: &[Query],
        pages: Vec<PageRequest>,
        reading: &mut ReadOutcome,
        priority: Priority,
    ) -> Vec<(usize, Page)> {
        let (spent, pages): (Vec<PageRequest>, Vec<PageRequest>) = pages
            .into_iter()
            .partition(|asked| self.pacer.pause_left(&asked.command.method).is_some());
        let (alone, together): (Vec<PageRequest>, Vec<PageRequest>) = pages
            .into_iter()
            .partition(|asked| form::looks_like_reference(&asked.command.params));
        let groups = together
            .chunks(self.pacer.batch_size())
            .chain(alone.chunks(1));
        let runs = groups.map(|group| async move {
            let of: Vec<usize> = group.iter().map(|asked| asked.of).collect();
            let commands: Vec<Command> = group.iter().map(|asked| asked.command.clone()).collect();
            let (outcomes, call) = self.run(&of, &commands, Halt::Never, priority).await;
            (group, outcomes, call)
        });
        for asked in &spent {
            if let (Some(slot), Some(error)) = (
                reading.answers.get_mut(asked.of),
                self.paused(&asked.command.method),
            ) {
                *slot = Err(error);
            }
        }
        let mut open = Vec::new();
        for (group, outcomes, call) in join_all(runs).await {
            reading.calls.extend(call);
            for (asked, outcome) in group.iter().zip(outcomes) {
                if let Some(query) = queries.get(asked.of) {
                    open.extend(self.take(query, asked, outcome, reading));
                }
            }
        }
        open
    }

    /// Stores one page; returns where the next one begins.
    fn take(
        &self,
        query: &Query,
        asked: &PageRequest,
        outcome: Result<serde_json::Value, CrmError>,
        reading: &mut ReadOutcome,
    ) -> Option<(usize, Page)> {
        let slot = reading.answers.get_mut(asked.of)?;
        let result = match outcome {
            Ok(result) => result,
            Err(error) => {
                *slot = Err(error);
                return None;
            }
        };
        if let Some((entity, name)) = rows::dropped(query, &result)
            && self.is_field_in_doubt(entity, name)
        {
            // the next attempt checks whether the field exists
            let why = NoAnswer::ConditionIgnored {
                field: name.to_owned(),
            };
            *slot = Err(CrmError::Unknown { why });
            return None;
        }
        let more = rows::read(query, &result, &self.originator);
        match slot {
            Ok(answer) => pages::join(answer, more),
            Err(_) => *slot = Ok(more),
        }
        let there = slot.as_ref().ok()?;
        let page = (query, &asked.command, asked.page);
        match pages::next_page(page, &result, there, self.search_limit) {
            NextPage::NotNeeded => None,
            NextPage::From(page) => Some((asked.of, page)),
            NextPage::Truncated => {
                reading.cut.insert(asked.of);
                None
            }
        }
    }
}
