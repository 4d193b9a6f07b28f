//! The files of fields and of the timeline. A file that a field has already is not written again.

use super::super::file_fields::{about, explained, left_out, of};
use super::super::findings::OwnerId;
use super::{ChosenContacts, Decision, DecisionInput, RecordTarget, TargetOrigin};
use crate::crm::{ContactRef, FileField, FileOwner, NewFile, RecordRef, StoredFiles, Write};
use crate::domain::file::FileFault;
use crate::domain::{Became, EntityKind, FileOutcome, OnUpdate, PlannedField, PlannedFile};

/// Adds the files of the contacts and of the record to the end of the chain, so that a file that the
/// portal refuses keeps nothing else out.
pub(super) fn decide(
    case: &DecisionInput<'_>,
    people: &ChosenContacts,
    target: Option<&RecordTarget>,
    decision: &mut Decision,
) {
    let plan = &case.job.plan;
    if let Some(contact) = &plan.contact {
        for person in &people.refs {
            let (id, way) = match person {
                ContactRef::Created => (None, TargetOrigin::Created),
                // created by an attempt that did not get as far as the files
                ContactRef::Id(id) if case.found.own_contact == Some(*id) => {
                    (Some(OwnerId::Contact(*id)), TargetOrigin::Created)
                }
                ContactRef::Id(id) => (Some(OwnerId::Contact(*id)), TargetOrigin::Found),
            };
            let target = FileTarget {
                written: FileOwner::Contact(*person),
                id,
                entity: None,
                way,
            };
            target.decide(case, &contact.fields, decision);
        }
    }
    if let (Some(record), Some(target)) = (&plan.record, target) {
        let target = FileTarget {
            written: FileOwner::Record(record.kind, target.record),
            id: match target.record {
                RecordRef::Id(id) => Some(OwnerId::Record(id)),
                RecordRef::Created => None,
            },
            entity: Some(record.kind),
            way: target.way,
        };
        target.decide(case, &record.fields, decision);
    }
}

/// Returns the files of the timeline.
pub(super) fn of_timeline(case: &DecisionInput<'_>, decision: &mut Decision) -> Vec<NewFile> {
    let files = case.job.plan.files.iter();
    files
        .filter_map(|file| new_file(case, "files", file, decision))
        .collect()
}

/// Explains that files are not added to the comment that exists.
pub(super) fn explain_comment(case: &DecisionInput<'_>, decision: &mut Decision) {
    for file in &case.job.plan.files {
        let field = "files".to_owned();
        decision.explain(explained(field, file, FileOutcome::CommentThere));
    }
}

/// Returns the file with its content; explains why there is none.
fn new_file(
    case: &DecisionInput<'_>,
    field: &str,
    file: &PlannedFile,
    decision: &mut Decision,
) -> Option<NewFile> {
    match case.job.files.get(&file.place) {
        Ok(content) => Some(NewFile {
            name: file.name.as_str().to_owned(),
            content: content.clone(),
        }),
        Err(fault) => {
            decision.explain(left_out(field.to_owned(), file, fault));
            None
        }
    }
}

/// A contact or record that gets files.
struct FileTarget {
    written: FileOwner,
    /// Its id, if it exists.
    id: Option<OwnerId>,
    entity: Option<EntityKind>,
    way: TargetOrigin,
}

impl FileTarget {
    fn decide(&self, case: &DecisionInput<'_>, fields: &[PlannedField], decision: &mut Decision) {
        let mut names: Vec<&str> = Vec::new();
        for (field, _) in of(fields) {
            if !names.contains(&field.name.as_str()) {
                names.push(&field.name);
            }
        }
        let fields = names
            .into_iter()
            .filter_map(|name| self.field(case, (fields, name), decision));
        let fields: Vec<FileField> = fields.collect();
        if !fields.is_empty() {
            let owner = self.written;
            decision.chain.push(Write::SetFiles { owner, fields });
        }
    }

    /// Decides about one field.
    fn field(
        &self,
        case: &DecisionInput<'_>,
        (fields, name): (&[PlannedField], &str),
        decision: &mut Decision,
    ) -> Option<FileField> {
        let about = about(self.entity, name);
        let stored = self.stored(case, name);
        let mut planned = of(fields)
            .filter(|(field, _)| field.name == name)
            .peekable();
        let (first, file) = planned.peek()?;
        let many = stored.many.unwrap_or(file.many);
        let on_update = match (self.way, first.on_update) {
            // what an earlier attempt has written is there, the rest is added
            (TargetOrigin::Created, _) => OnUpdate::Append,
            (TargetOrigin::Found, word) => word,
        };
        let is_kept = match on_update {
            OnUpdate::Keep => true,
            OnUpdate::Fill => !stored.files.is_empty(),
            OnUpdate::Overwrite | OnUpdate::Append => false,
        };
        let (mut add, mut same) = (Vec::new(), Vec::new());
        let may_be_there = self.may_be_there(case, name);
        for (_, file) in planned {
            if is_kept {
                decision.explain(explained(about.clone(), file, FileOutcome::Kept));
                continue;
            }
            if !many && add.len() + same.len() > 0 {
                decision.explain(left_out(about.clone(), file, FileFault::OneOnly));
                continue;
            }
            if let Some(id) = self.same(case, name, file) {
                same.push(id);
                decision.explain(explained(about.clone(), file, FileOutcome::There));
                continue;
            }
            if may_be_there {
                decision.explain(left_out(about.clone(), file, FileFault::NotCompared));
                continue;
            }
            let new = new_file(case, &about, file, decision);
            if new.is_some() {
                decision.explain(explained(about.clone(), file, FileOutcome::Written));
            }
            add.extend(new);
        }
        let keep: Vec<i64> = match on_update {
            OnUpdate::Overwrite if !may_be_there => same,
            OnUpdate::Overwrite | OnUpdate::Keep | OnUpdate::Fill | OnUpdate::Append => {
                stored.files.iter().map(|file| file.id).collect()
            }
        };
        let is_changed = !add.is_empty()
            || (many
                && on_update == OnUpdate::Overwrite
                && !keep.is_empty()
                && keep.len() < stored.files.len());
        is_changed.then(|| FileField {
            name: name.to_owned(),
            keep,
            add,
            many,
        })
    }

    /// Returns whether an earlier attempt may have written files that cannot be compared now.
    fn may_be_there(&self, case: &DecisionInput<'_>, name: &str) -> bool {
        let is_again = case.job.uncertain || case.job.became != Became::default();
        let field = self.id.map(|id| (id, name.to_owned()));
        is_again && field.is_some_and(|field| case.found.not_compared.contains(&field))
    }

    /// Returns the files that the field has.
    fn stored(&self, case: &DecisionInput<'_>, name: &str) -> StoredFiles {
        let fields = self.id.and_then(|id| case.found.files.get(&id));
        let stored = fields.and_then(|fields| fields.get(name));
        stored.cloned().unwrap_or_default()
    }

    /// Returns the id of the stored file that is the same as a planned one.
    fn same(&self, case: &DecisionInput<'_>, name: &str, file: &PlannedFile) -> Option<i64> {
        let owner = self.id?;
        let same = case.found.same_files.iter();
        let mut same = same
            .filter(|(of, field, place, _)| *of == owner && field == name && *place == file.place);
        same.next().map(|(_, _, _, id)| *id)
    }
}
