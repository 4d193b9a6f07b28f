//! Questions in as few calls as possible, and the further pages of what was not found on the first.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::batch::Halt;
use super::commands::{self, Command};
use super::{Client, Priority, form, rows};
use crate::crm::{Answer, CallTrace, CrmError, Query};

/// Rows of a page (REST documentation, "list methods").
const PAGE: usize = 50;
/// A mark is looked for among so many rows, newest first.
const FARTHEST: usize = 2_000;

/// The answers to a list of questions, and the calls it took.
#[derive(Debug, Default)]
pub struct Reading {
    /// One for each question, in its place.
    pub answers: Vec<Result<Answer, CrmError>>,
    /// What was sent and what came back.
    pub calls: Vec<CallTrace>,
}

impl Client {
    /// Asks a list of questions in as few calls as possible, several at the same time.
    pub async fn read(&self, queries: &[Query], priority: Priority) -> Reading {
        let mut reading = Reading {
            answers: vec![Err(CrmError::NotRun); queries.len()],
            calls: Vec::new(),
        };
        let mut open: Vec<usize> = (0..queries.len()).collect();
        let mut start = 0;
        while !open.is_empty() && start < FARTHEST {
            let commands = open
                .iter()
                .filter_map(|of| Some((*of, self.page(queries.get(*of)?, start))));
            let commands: Vec<(usize, Command)> = commands.collect();
            open = self.ask(queries, commands, &mut reading, priority).await;
            start += PAGE;
        }
        reading
    }

    fn page(&self, query: &Query, start: usize) -> Command {
        let mut command = commands::of(query, &self.originator);
        if let (Value::Object(params), true) = (&mut command.params, start > 0) {
            params.insert("start".to_owned(), json!(start));
        }
        command
    }

    /// Asks once; tells whose answer may stand on the next page.
    async fn ask(
        &self,
        queries: &[Query],
        commands: Vec<(usize, Command)>,
        reading: &mut Reading,
        priority: Priority,
    ) -> Vec<usize> {
        let (spent, commands): (Vec<_>, Vec<_>) = commands
            .into_iter()
            .partition(|(_, command)| self.pacer.rests(&command.method).is_some());
        let (alone, together): (Vec<_>, Vec<_>) = commands
            .into_iter()
            .partition(|(_, command)| form::looks_like_reference(&command.params));
        let groups = together
            .chunks(self.pacer.commands())
            .chain(alone.chunks(1));
        let runs = groups.map(|group| async move {
            let (of, commands): (Vec<usize>, Vec<Command>) = group.iter().cloned().unzip();
            let (outcomes, call) = self.run(&of, &commands, Halt::Never, priority).await;
            (of, outcomes, call)
        });
        for (of, command) in spent {
            if let (Some(slot), Some(error)) =
                (reading.answers.get_mut(of), self.spent(&command.method))
            {
                *slot = Err(error);
            }
        }
        let mut open = Vec::new();
        for (of, outcomes, call) in join_all(runs).await {
            reading.calls.extend(call);
            for (index, outcome) in of.into_iter().zip(outcomes) {
                let (Some(slot), Some(query)) =
                    (reading.answers.get_mut(index), queries.get(index))
                else {
                    continue;
                };
                *slot = outcome.map(|result| {
                    let answer = rows::read(query, &result, &self.originator);
                    if answer == Answer::Present(false) && rows::count(&result) >= PAGE {
                        open.push(index);
                    }
                    answer
                });
            }
        }
        open
    }
}
