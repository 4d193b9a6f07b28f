//! Whose timelines have a comment or an activity. Each has an owner and may be bound to other records;
//! if the owner goes, another one of them becomes the owner.

use super::{State, kind::Kind};

/// A record.
type Owner = (Kind, u32);

impl State {
    /// Deletes the timeline of a deleted record with everything that no other record has.
    pub(super) fn leave_timeline(&mut self, gone: Owner) {
        let Some(timeline) = self.timelines.remove(&gone) else {
            return;
        };
        for id in timeline.comments {
            let other = self.owners_of_comment(id).into_iter().next();
            match (other, self.comments.get_mut(&id)) {
                (Some(other), Some(comment)) if (comment.kind, comment.owner) == gone => {
                    (comment.kind, comment.owner) = other;
                }
                (None, _) => {
                    self.comments.remove(&id);
                }
                _ => {}
            }
        }
        for id in timeline.activities {
            let other = self.owners_of_activity(id).into_iter().next();
            match (other, self.activities.get_mut(&id)) {
                (Some(other), Some(activity)) if (activity.kind, activity.owner) == gone => {
                    activity.belong_to(other);
                }
                (None, _) => {
                    self.activities.remove(&id);
                }
                _ => {}
            }
        }
    }

    /// Moves the comments and activities of one record to another.
    pub(in crate::simulator) fn move_timeline(&mut self, from: Owner, to: Owner) {
        let Some(old) = self.timelines.remove(&from) else {
            return;
        };
        for id in &old.comments {
            let comment = self.comments.get_mut(id);
            if let Some(comment) = comment.filter(|it| (it.kind, it.owner) == from) {
                (comment.kind, comment.owner) = to;
            }
        }
        for id in &old.activities {
            let activity = self.activities.get_mut(id);
            if let Some(activity) = activity.filter(|it| (it.kind, it.owner) == from) {
                activity.belong_to(to);
            }
        }
        let timeline = self.timelines.entry(to).or_default();
        timeline.comments.extend(old.comments);
        timeline.activities.extend(old.activities);
        for list in [&mut timeline.comments, &mut timeline.activities] {
            list.sort_unstable();
            list.dedup();
        }
    }

    /// Takes a comment out of a timeline; the last one takes the comment with it.
    pub(in crate::simulator) fn unbind_comment(&mut self, id: u32, owner: Owner) {
        if let Some(timeline) = self.timelines.get_mut(&owner) {
            timeline.comments.retain(|it| *it != id);
        }
        let next = self.owners_of_comment(id).into_iter().next();
        match (next, self.comments.get_mut(&id)) {
            (Some(next), Some(comment)) if (comment.kind, comment.owner) == owner => {
                (comment.kind, comment.owner) = next;
            }
            (None, _) => {
                self.comments.remove(&id);
            }
            _ => {}
        }
        self.revision += 1;
    }

    /// The records whose timelines have a comment.
    pub(in crate::simulator) fn owners_of_comment(&self, id: u32) -> Vec<Owner> {
        let timelines = self.timelines.iter();
        let having = timelines.filter(|(_, timeline)| timeline.comments.contains(&id));
        having.map(|(owner, _)| *owner).collect()
    }

    /// The records whose timelines have an activity.
    pub(in crate::simulator) fn owners_of_activity(&self, id: u32) -> Vec<Owner> {
        let timelines = self.timelines.iter();
        let having = timelines.filter(|(_, timeline)| timeline.activities.contains(&id));
        having.map(|(owner, _)| *owner).collect()
    }

    /// What timelines have besides what belongs to their records: comments and activities.
    pub(super) fn bound_elsewhere(&self) -> Vec<(Kind, u32, Vec<u32>, Vec<u32>)> {
        let bound = self.timelines.iter().map(|(owner, timeline)| {
            let comments = timeline.comments.iter().copied().filter(|id| {
                let comment = self.comments.get(id);
                comment.is_some_and(|it| (it.kind, it.owner) != *owner)
            });
            let activities = timeline.activities.iter().copied().filter(|id| {
                let activity = self.activities.get(id);
                activity.is_some_and(|it| (it.kind, it.owner) != *owner)
            });
            (owner.0, owner.1, comments.collect(), activities.collect())
        });
        bound
            .filter(
                |(_, _, comments, activities): &(_, _, Vec<u32>, Vec<u32>)| {
                    !comments.is_empty() || !activities.is_empty()
                },
            )
            .collect()
    }
}
