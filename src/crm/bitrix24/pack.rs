//! Packs the chains of many submissions into halting batches. A chain goes on where its last call
//! ended: text that must stay out of batches is sent alone, and a call that has room for the
//! beginning of a chain takes it.

use std::collections::VecDeque;

use serde_json::Value;

use super::batch;
use super::chain::{self, Created};
use super::commands::Command;
use super::form;
use crate::crm::error::CrmError;
use crate::crm::write::{Write, WriteResult};

/// One change of a chain before it is sent.
struct Step {
    method: String,
    /// Whether it stays out of batches: it has files, or text that the portal would take for a
    /// reference there.
    is_alone: bool,
}

impl Step {
    fn of(write: &Write) -> Self {
        if write.has_files() {
            return Self {
                method: chain::method_of(write).unwrap_or_default(),
                is_alone: true,
            };
        }
        // with plain numbers in place of our own references
        let command = chain::command(write, &Created::placeholder());
        Self {
            is_alone: command
                .as_ref()
                .is_none_or(|command| form::looks_like_reference(&command.params)),
            method: command.map(|command| command.method).unwrap_or_default(),
        }
    }
}

/// A chain, and what has come of it so far.
struct Chain<'c> {
    writes: &'c [Write],
    steps: Vec<Step>,
    /// The ids that it has created.
    created: Created,
    /// The results of its first changes.
    results: Vec<WriteResult>,
}

impl<'c> Chain<'c> {
    fn new(writes: &'c [Write]) -> Self {
        Self {
            writes,
            steps: writes.iter().map(Step::of).collect(),
            created: Created::default(),
            results: Vec::new(),
        }
    }

    /// Returns the number of changes that are left.
    fn left(&self) -> usize {
        self.writes.len().saturating_sub(self.results.len())
    }

    /// Returns how many of the next changes may share a batch; 0 if the next one goes alone.
    fn together(&self) -> usize {
        let next = self.steps.iter().skip(self.results.len());
        next.take_while(|step| !step.is_alone).count()
    }

    /// Ends it: the changes that are left are not run. The first of them has this error.
    fn end(&mut self, error: Option<CrmError>) {
        self.results.extend(error.map(Err));
        let left = self.left();
        self.results
            .extend(std::iter::repeat_n(Err(CrmError::NotRun), left));
    }

    /// Takes the outcomes of its next changes; a failure ends it.
    fn take(&mut self, outcomes: Vec<Result<Value, CrmError>>) {
        for outcome in outcomes {
            let Some(write) = self.writes.get(self.results.len()) else {
                break;
            };
            let result = outcome.and_then(|result| chain::created(write, &result));
            if let Ok(Some(id)) = result {
                self.created.note(write, Value::from(id));
            }
            self.results.push(result);
        }
        if self.results.iter().any(Result::is_err) {
            self.end(None);
        }
    }
}

/// The chains that are not finished.
pub(super) struct Pending<'c> {
    chains: Vec<Chain<'c>>,
    /// The chains of which no change is under way: those that have begun first.
    ready: VecDeque<usize>,
}

/// A call to send.
#[derive(Debug, Default)]
pub(super) struct Packed {
    /// Its chains, each with the number of its commands.
    parts: Vec<(usize, usize)>,
    /// The index of the chain of each command.
    pub(super) owners: Vec<usize>,
    pub(super) commands: Vec<Command>,
}

/// How much may be sent now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Commands in a call.
    pub(super) commands: usize,
    /// Calls that may start besides this one before it ends.
    pub(super) calls: usize,
}

impl<'c> Pending<'c> {
    pub(super) fn new(chains: &[&'c [Write]]) -> Self {
        let chains: Vec<Chain<'c>> = chains.iter().map(|writes| Chain::new(writes)).collect();
        let begun = chains.iter().enumerate();
        let ready = begun.filter(|(_, chain)| chain.left() > 0);
        Self {
            ready: ready.map(|(of, _)| of).collect(),
            chains,
        }
    }

    /// Returns whether something can be sent.
    pub(super) fn has_work(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Returns the results of all chains.
    pub(super) fn into_results(self) -> Vec<Vec<WriteResult>> {
        let finished = self.chains.into_iter().map(|mut chain| {
            chain.end(None);
            chain.results
        });
        finished.collect()
    }

    /// Packs the next call; `None` if nothing can be sent. A chain is not started, and not gone on
    /// with, while one of its methods is paused.
    pub(super) fn pack(
        &mut self,
        room: Room,
        paused: impl Fn(&str) -> Option<CrmError>,
    ) -> Option<Packed> {
        let mut packed = Packed::default();
        let mut later = Vec::new();
        while packed.commands.len() < room.commands {
            let Some(of) = self.ready.pop_front() else {
                break;
            };
            let Some(chain) = self.chains.get_mut(of) else {
                continue;
            };
            let mut left = chain.steps.iter().skip(chain.results.len());
            if let Some(error) = left.find_map(|step| paused(&step.method)) {
                chain.end(Some(error));
                continue;
            }
            let (together, free) = (chain.together(), room.commands - packed.commands.len());
            match together {
                0 if packed.commands.is_empty() => {
                    packed.add(of, chain, 1);
                    break;
                }
                0 => later.push(of),
                _ if packed.commands.is_empty() => {
                    packed.add(of, chain, together.min(batch::MAX_COMMANDS));
                }
                _ if together <= free => packed.add(of, chain, together),
                _ if self.is_to_be_split(room) => {
                    if let Some(chain) = self.chains.get_mut(of) {
                        packed.add(of, chain, free);
                    }
                }
                _ => {
                    later.push(of);
                    break;
                }
            }
        }
        for of in later.into_iter().rev() {
            self.ready.push_front(of);
        }
        (!packed.commands.is_empty()).then_some(packed)
    }

    /// Returns whether a full call takes the beginning of the next chain, too. Its end has to wait
    /// for this call, so there must be enough to do for the calls that start meanwhile.
    fn is_to_be_split(&self, room: Room) -> bool {
        let ready = self.ready.iter().filter_map(|of| self.chains.get(*of));
        let left: usize = ready.map(Chain::left).sum();
        room.commands == batch::MAX_COMMANDS && left >= room.calls * room.commands
    }

    /// Takes the outcomes of a call. A failure halts it; the chains after it were not run and are
    /// sent again.
    pub(super) fn settle(&mut self, packed: Packed, outcomes: Vec<Result<Value, CrmError>>) {
        let mut outcomes = outcomes.into_iter();
        let mut again = Vec::new();
        let mut not_run = Vec::new();
        for (of, commands) in packed.parts {
            let of_chain: Vec<_> = outcomes.by_ref().take(commands).collect();
            let Some(chain) = self.chains.get_mut(of) else {
                continue;
            };
            if let Some(Err(CrmError::NotRun)) | None = of_chain.first() {
                not_run.push(of);
                continue;
            }
            chain.take(of_chain);
            if chain.left() > 0 {
                again.push(of);
            }
        }
        // the halted call had a failure; without one, the cause is the portal or the network
        let is_stuck = packed.owners.first() == not_run.first();
        if is_stuck {
            let chains = not_run.drain(..);
            for of in chains {
                if let Some(chain) = self.chains.get_mut(of) {
                    chain.end(None);
                }
            }
        }
        again.extend(not_run);
        for of in again.into_iter().rev() {
            self.ready.push_front(of);
        }
    }
}

impl Packed {
    /// Adds the next changes of a chain, at most this many. References point to keys of this call;
    /// what earlier calls created goes by its id.
    fn add(&mut self, of: usize, chain: &mut Chain<'_>, most: usize) {
        let mut so_far = chain.created.clone();
        let mut added = 0;
        for write in chain.writes.iter().skip(chain.results.len()).take(most) {
            let key = batch::key(self.commands.len());
            let Some(command) = chain::command(write, &so_far) else {
                break;
            };
            let path = chain::path_to_id(write);
            so_far.note(write, Value::from(format!("$result[{key}]{path}")));
            self.owners.push(of);
            self.commands.push(command);
            added += 1;
        }
        if added == 0 {
            // it refers to something that it has not created
            chain.end(None);
            return;
        }
        self.parts.push((of, added));
    }
}

/// Returns the calls of a chain that is sent alone, with these ids in place of those that earlier calls
/// create.
pub(super) fn calls_of(writes: &[Write], later: &Created) -> Vec<Vec<Command>> {
    let mut chain = Chain::new(writes);
    let mut calls = Vec::new();
    while chain.left() > 0 {
        let mut call = Packed::default();
        let most = chain.together().clamp(1, batch::MAX_COMMANDS);
        call.add(0, &mut chain, most);
        let sent = call.commands.len();
        if sent == 0 {
            break;
        }
        calls.push(call.commands);
        chain.results.extend(std::iter::repeat_n(Ok(None), sent));
        chain.created = later.clone();
    }
    calls
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::crm::write::{ContactRef, RecordRef};
    use crate::domain::EntityKind;

    fn chain(name: &str) -> Vec<Write> {
        let fields: Map<String, Value> = [("NAME".to_owned(), json!(name))].into_iter().collect();
        vec![
            Write::AddContact {
                fields: fields.clone(),
                company: None,
            },
            Write::AddRecord {
                kind: EntityKind::Deal,
                fields,
                contacts: vec![ContactRef::Created],
                company: None,
            },
            Write::AddComment {
                kind: EntityKind::Deal,
                record: RecordRef::Created,
                text: "x".into(),
                files: Vec::new(),
            },
        ]
    }

    fn borrowed(chains: &[Vec<Write>]) -> Vec<&[Write]> {
        chains.iter().map(Vec::as_slice).collect()
    }

    /// Room for full calls, of which this many more may start at once.
    fn room(calls: usize) -> Room {
        Room {
            commands: batch::MAX_COMMANDS,
            calls,
        }
    }

    fn pack(pending: &mut Pending<'_>, calls: usize) -> Option<Packed> {
        pending.pack(room(calls), |_| None)
    }

    /// Returns the results of these commands if all work, with ids from 1.
    fn done(packed: &Packed) -> Vec<Result<Value, CrmError>> {
        let ids = 1..=packed.commands.len();
        ids.map(|id| Ok(json!(id))).collect()
    }

    #[test]
    fn sixteen_chains_of_three_fill_a_call() {
        let chains: Vec<_> = (0..20).map(|n| chain(&n.to_string())).collect();
        let chains = borrowed(&chains);
        let mut pending = Pending::new(&chains);
        // the rest may start at once, so no chain waits for its beginning
        let first = pack(&mut pending, 3).unwrap();
        assert_eq!(first.commands.len(), 48);
        let second = pack(&mut pending, 2).unwrap();
        assert_eq!(second.commands.len(), 12);
        assert!(pack(&mut pending, 1).is_none());
        for call in [second, first] {
            let outcomes = done(&call);
            pending.settle(call, outcomes);
        }
        assert!(!pending.has_work());
        let results = pending.into_results();
        assert!(results.iter().flatten().all(Result::is_ok));
        assert!(results.iter().all(|results| results.len() == 3));
    }

    #[test]
    fn thousand_chains_fill_their_calls_whole_while_calls_wait_for_the_bucket() {
        let chains: Vec<_> = (0..1000).map(|n| chain(&n.to_string())).collect();
        let chains = borrowed(&chains);
        let mut pending = Pending::new(&chains);
        let mut calls = 0;
        while let Some(call) = pack(&mut pending, 0) {
            calls += 1;
            let outcomes = done(&call);
            pending.settle(call, outcomes);
        }
        assert_eq!(calls, 60);
        let results = pending.into_results();
        assert!(results.iter().flatten().all(Result::is_ok));
    }

    #[test]
    fn four_calls_at_a_time_hardly_need_more() {
        let chains: Vec<_> = (0..1000).map(|n| chain(&n.to_string())).collect();
        let chains = borrowed(&chains);
        let mut pending = Pending::new(&chains);
        let mut under_way = VecDeque::new();
        let mut calls = 0;
        loop {
            while under_way.len() < 4
                && let Some(call) = pack(&mut pending, 3 - under_way.len())
            {
                calls += 1;
                under_way.push_back(call);
            }
            let Some(call) = under_way.pop_front() else {
                break;
            };
            let outcomes = done(&call);
            pending.settle(call, outcomes);
        }
        assert!((60..=62).contains(&calls), "{calls}");
    }

    #[test]
    fn a_chain_goes_on_with_the_ids_of_its_earlier_call() {
        let chains: Vec<_> = (0..40).map(|n| chain(&n.to_string())).collect();
        let chains = borrowed(&chains);
        let mut pending = Pending::new(&chains);
        let first = pack(&mut pending, 0).unwrap();
        assert_eq!(first.commands.len(), 50);
        let outcomes = done(&first);
        pending.settle(first, outcomes);
        let second = pack(&mut pending, 0).unwrap();
        assert_eq!(second.owners[0], 16);
        assert_eq!(second.commands[0].method, "crm.timeline.comment.add");
        assert_eq!(second.commands[0].params["fields"]["ENTITY_ID"], 50);
    }

    #[test]
    fn only_what_a_batch_cannot_take_is_sent_alone() {
        let mut odd = chain("Анна");
        odd[2] = Write::AddComment {
            kind: EntityKind::Deal,
            record: RecordRef::Created,
            text: "$result[q0]".into(),
            files: Vec::new(),
        };
        let mut first = chain("$RESULT[q0]");
        first.truncate(2);
        let chains = [chain("Борис"), odd, first, chain("Вера")];
        let chains = borrowed(&chains);
        let mut pending = Pending::new(&chains);
        let methods = |call: &Packed| -> Vec<(usize, String)> {
            let methods = call.commands.iter();
            let methods =
                methods.map(|command| command.method.trim_start_matches("crm.").to_owned());
            call.owners.iter().copied().zip(methods).collect()
        };
        let mut calls = Vec::new();
        while let Some(call) = pack(&mut pending, 0) {
            calls.push(methods(&call));
            let outcomes = done(&call);
            pending.settle(call, outcomes);
        }
        let lengths: Vec<usize> = calls.iter().map(Vec::len).collect();
        assert_eq!(lengths, [8, 1, 1, 1], "{calls:?}");
        assert_eq!(calls[1], [(1, "timeline.comment.add".to_owned())]);
        let rest = ["contact.add", "deal.add"].map(|method| vec![(2, method.to_owned())]);
        assert_eq!(calls[2..], rest);
    }

    #[test]
    fn references_point_into_the_same_chain_of_the_same_call() {
        let chains = [chain("a"), chain("b")];
        let chains = borrowed(&chains);
        let packed = pack(&mut Pending::new(&chains), 3).unwrap();
        assert_eq!(packed.owners, [0, 0, 0, 1, 1, 1]);
        let fields = |index: usize| &packed.commands[index].params["fields"];
        assert_eq!(fields(1)["CONTACT_ID"], "$result[q0]");
        assert_eq!(fields(4)["CONTACT_ID"], "$result[q3]");
        assert_eq!(fields(5)["ENTITY_ID"], "$result[q4]");
    }

    #[test]
    fn a_todo_belongs_to_the_record_of_its_chain_and_its_id_is_in_an_object() {
        let mut chains = vec![chain("a")];
        chains[0].push(Write::AddTodo {
            kind: EntityKind::Lead,
            record: RecordRef::Created,
            title: "x".into(),
            text: "leadgate 1".into(),
            deadline: "2026-11-22T12:00:00.5Z".parse().unwrap(),
            responsible: None,
        });
        let chains = borrowed(&chains);
        let mut pending = Pending::new(&chains);
        let packed = pack(&mut pending, 3).unwrap();
        assert_eq!(
            packed.commands[3].params,
            json!({"ownerTypeId": 1, "ownerId": "$result[q1]", "deadline": "2026-11-22T12:00:00+00:00",
                "title": "x", "description": "leadgate 1"})
        );
        let outcomes = vec![
            Ok(json!(1)),
            Ok(json!(2)),
            Ok(json!(3)),
            Ok(json!({"id": 77})),
        ];
        pending.settle(packed, outcomes);
        assert_eq!(pending.into_results()[0][3], Ok(Some(77)));
    }

    #[test]
    fn a_failure_keeps_earlier_chains_and_resends_later_ones() {
        let chains = [chain("a"), chain("b"), chain("c")];
        let chains = borrowed(&chains);
        let mut pending = Pending::new(&chains);
        let packed = pack(&mut pending, 3).unwrap();
        let refused = CrmError::Refused {
            method: "m".into(),
            code: String::new(),
            text: "no".into(),
        };
        let mut outcomes: Vec<Result<Value, CrmError>> =
            vec![Ok(json!(1)), Ok(json!(2)), Ok(json!(3)), Ok(json!(4))];
        outcomes.push(Err(refused.clone()));
        outcomes.extend(std::iter::repeat_n(Err(CrmError::NotRun), 4));
        pending.settle(packed, outcomes);
        let again = pack(&mut pending, 3).unwrap();
        assert_eq!(again.owners, [2, 2, 2]);
        let outcomes = done(&again);
        pending.settle(again, outcomes);
        let results = pending.into_results();
        assert_eq!(results[0], [Ok(Some(1)), Ok(Some(2)), Ok(Some(3))]);
        assert_eq!(
            results[1],
            [Ok(Some(4)), Err(refused), Err(CrmError::NotRun)]
        );
        assert_eq!(results[2], [Ok(Some(1)), Ok(Some(2)), Ok(Some(3))]);
    }

    #[test]
    fn a_call_that_ran_nothing_is_not_repeated() {
        let chains = [chain("a"), chain("b")];
        let chains = borrowed(&chains);
        let mut pending = Pending::new(&chains);
        let packed = pack(&mut pending, 3).unwrap();
        let outcomes = vec![Err(CrmError::NotRun); 6];
        pending.settle(packed, outcomes);
        assert!(!pending.has_work());
        let results = pending.into_results();
        assert!(
            results
                .iter()
                .flatten()
                .all(|it| *it == Err(CrmError::NotRun))
        );
    }

    #[test]
    fn a_chain_is_not_gone_on_with_while_one_of_its_methods_is_paused() {
        let chains = [chain("a"), chain("b")[..2].to_vec()];
        let chains = borrowed(&chains);
        let mut pending = Pending::new(&chains);
        let paused = CrmError::MethodPaused {
            method: "crm.timeline.comment.add".into(),
            wait: std::time::Duration::from_secs(7),
        };
        let is_paused = |method: &str| {
            let is_it = method == "crm.timeline.comment.add";
            is_it.then(|| paused.clone())
        };
        let packed = pending.pack(room(3), is_paused).unwrap();
        assert_eq!(packed.owners, [1, 1]);
        let outcomes = done(&packed);
        pending.settle(packed, outcomes);
        let results = pending.into_results();
        let not_run = || Err(CrmError::NotRun);
        assert_eq!(results[0], [Err(paused.clone()), not_run(), not_run()]);
        assert_eq!(results[1], [Ok(Some(1)), Ok(Some(2))]);
    }
}
