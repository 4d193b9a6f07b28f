//! Packs chains of many submissions into one halting batch, and splits the outcomes again.

use serde_json::Value;

use super::batch;
use super::chain::{self, Created};
use super::commands::Command;
use super::form;
use crate::crm::error::CrmError;
use crate::crm::write::{Write, WriteResult};

/// Returns whether a chain may go through a batch: it is short enough, and has neither files nor a
/// text that the portal would take for a reference.
pub(super) fn fits(chain: &[Write]) -> bool {
    if chain.iter().any(Write::has_files) {
        return false;
    }
    // with plain numbers in place of our own references
    let plain = Created::placeholder();
    chain.len() <= batch::MAX_COMMANDS
        && chain.iter().all(|write| {
            chain::command(write, &plain)
                .is_some_and(|command| !form::looks_like_reference(&command.params))
        })
}

/// Groups chains in their order, with at most this many commands per group.
pub(super) fn groups(chains: &[&[Write]], of: &[usize], most: usize) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut filled = 0;
    for index in of {
        let length = chains.get(*index).map_or(0, |chain| chain.len());
        match groups.last_mut() {
            Some(group) if filled + length <= most => {
                group.push(*index);
                filled += length;
            }
            _ => {
                groups.push(vec![*index]);
                filled = length;
            }
        }
    }
    groups
}

/// Returns the commands of these chains, each with the index of its chain. References point to keys
/// of the same call.
pub(super) fn commands(chains: &[&[Write]], of: &[usize]) -> (Vec<usize>, Vec<Command>) {
    let (mut owners, mut all) = (Vec::new(), Vec::new());
    for index in of {
        let mut so_far = Created::default();
        for write in chains.get(*index).copied().into_iter().flatten() {
            let key = batch::key(all.len());
            let Some(command) = chain::command(write, &so_far) else {
                break;
            };
            let path = chain::path_to_id(write);
            so_far.note(write, Value::from(format!("$result[{key}]{path}")));
            owners.push(*index);
            all.push(command);
        }
    }
    (owners, all)
}

/// Splits outcomes by chain: chains that ended, and chains of which nothing was run.
pub(super) fn split_outcomes(
    chains: &[&[Write]],
    of: &[usize],
    owners: &[usize],
    outcomes: Vec<Result<Value, CrmError>>,
) -> (Vec<(usize, Vec<WriteResult>)>, Vec<usize>) {
    let (mut ended, mut again) = (Vec::new(), Vec::new());
    let mut outcomes = owners.iter().copied().zip(outcomes).peekable();
    for index in of {
        let mut results: Vec<WriteResult> = Vec::new();
        for write in chains.get(*index).copied().into_iter().flatten() {
            let outcome = outcomes
                .next_if(|(owner, _)| owner == index)
                .map(|(_, outcome)| outcome);
            let outcome = outcome.unwrap_or(Err(CrmError::NotRun));
            results.push(outcome.and_then(|result| chain::created(write, &result)));
        }
        if matches!(results.first(), Some(Err(CrmError::NotRun))) {
            again.push(*index);
        } else {
            ended.push((*index, results));
        }
    }
    (ended, again)
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

    #[test]
    fn sixteen_chains_of_three_fill_a_batch() {
        let chains: Vec<_> = (0..20).map(|n| chain(&n.to_string())).collect();
        let all: Vec<usize> = (0..20).collect();
        let groups = groups(&borrowed(&chains), &all, batch::MAX_COMMANDS);
        assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [16, 4]);
    }

    #[test]
    fn references_point_into_the_same_chain_of_the_same_call() {
        let chains = vec![chain("a"), chain("b")];
        let (owners, commands) = commands(&borrowed(&chains), &[0, 1]);
        assert_eq!(owners, [0, 0, 0, 1, 1, 1]);
        assert_eq!(commands[1].params["fields"]["CONTACT_ID"], "$result[q0]");
        assert_eq!(commands[4].params["fields"]["CONTACT_ID"], "$result[q3]");
        assert_eq!(commands[5].params["fields"]["ENTITY_ID"], "$result[q4]");
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
        let (owners, commands) = commands(&borrowed(&chains), &[0]);
        assert_eq!(
            commands[3].params,
            json!({"ownerTypeId": 1, "ownerId": "$result[q1]", "deadline": "2026-11-22T12:00:00+00:00",
                "title": "x", "description": "leadgate 1"})
        );
        let outcomes = vec![
            Ok(json!(1)),
            Ok(json!(2)),
            Ok(json!(3)),
            Ok(json!({"id": 77})),
        ];
        let (ended, _) = split_outcomes(&borrowed(&chains), &[0], &owners, outcomes);
        assert_eq!(ended[0].1[3], Ok(Some(77)));
    }

    #[test]
    fn a_failure_keeps_earlier_chains_and_resends_later_ones() {
        let chains = vec![chain("a"), chain("b"), chain("c")];
        let (owners, _) = commands(&borrowed(&chains), &[0, 1, 2]);
        let refused = CrmError::Refused {
            method: "m".into(),
            code: String::new(),
            text: "no".into(),
        };
        let mut outcomes: Vec<Result<Value, CrmError>> =
            vec![Ok(json!(1)), Ok(json!(2)), Ok(json!(3)), Ok(json!(4))];
        outcomes.push(Err(refused.clone()));
        outcomes.extend(std::iter::repeat_n(Err(CrmError::NotRun), 4));
        let (ended, again) = split_outcomes(&borrowed(&chains), &[0, 1, 2], &owners, outcomes);
        assert_eq!(ended[0], (0, vec![Ok(Some(1)), Ok(Some(2)), Ok(Some(3))]));
        assert_eq!(
            ended[1],
            (1, vec![Ok(Some(4)), Err(refused), Err(CrmError::NotRun)])
        );
        assert_eq!(again, [2]);
    }

    #[test]
    fn text_that_looks_like_a_reference_stays_out_of_batches() {
        assert!(fits(&chain("Анна")));
        assert!(!fits(&chain("$result[q0]")));
    }
}
