//! Which submissions a replay takes: the set is fixed when the replay is made.

use super::{BulkError, MOST, ReplayBy};
use crate::domain::{ReasonSubject, Source, State, SubmissionId, VerdictReason};
use crate::journal::{Entry, Filter, Journal};
use crate::store::BulkChoice;

/// Submissions read at a time.
const PAGE: usize = 500;

/// What a person asks for.
#[derive(Debug, Clone)]
pub struct BulkRequest {
    /// Which submissions.
    pub chosen: Chosen,
    /// The plan to deliver.
    pub by: ReplayBy,
    /// States that are replayed beside the usual ones: rejected, delivered.
    pub also: Vec<State>,
    /// The step to repeat even if it is finished.
    pub step: Option<String>,
    /// Whether the steps after it are repeated, too.
    pub is_onwards: bool,
    /// Who asks.
    pub who: String,
}

/// The chosen submissions.
#[derive(Debug, Clone)]
pub enum Chosen {
    /// These.
    Ids(Vec<SubmissionId>),
    /// All that pass a filter.
    Filter(Box<Filter>),
    /// Those of an earlier replay.
    Again(i64),
    /// A group of parked ones: the profile, the reason, and what it names.
    Group(Box<Filter>, Option<String>, ReasonSubject),
}

/// A chosen submission.
pub(super) struct Item {
    /// Its place in the order of acceptance.
    pub(super) place: i64,
    source: String,
    address: String,
}

impl Item {
    /// Returns a submission by its place and its source.
    pub(super) fn new(place: i64, source: &Source) -> Self {
        Self {
            place,
            source: source.name().to_owned(),
            address: source.address().to_owned(),
        }
    }

    /// Returns the source and the address within it.
    pub(super) fn address(&self) -> (String, String) {
        (self.source.clone(), self.address.clone())
    }
}

impl Chosen {
    /// Returns how they were chosen, without data about persons.
    pub(super) fn words(&self) -> BulkChoice {
        let (filter, field) = match self {
            Self::Ids(_) | Self::Again(_) => {
                return BulkChoice {
                    is_ticked: true,
                    ..BulkChoice::default()
                };
            }
            Self::Filter(filter) => (filter, None),
            Self::Group(filter, _, subject) => (filter, subject.field.clone()),
        };
        let source = filter.source.as_ref().map(|source| match &source.address {
            Some(address) => format!("{}/{address}", source.name),
            None => source.name.clone(),
        });
        let text = filter.text.as_deref().unwrap_or_default();
        BulkChoice {
            is_ticked: false,
            state: filter.state,
            reason: filter.reason,
            profile: filter.profile.clone(),
            source,
            since: filter.since,
            until: filter.until,
            has_text: !text.trim().is_empty(),
            left_out: filter.left_out,
            field,
        }
    }

    /// Returns the ids of the chosen submissions, up to [`MOST`]. Blocks the thread.
    pub fn ids(&self, journal: &Journal) -> Result<Vec<SubmissionId>, BulkError> {
        match self {
            Self::Ids(ids) => Ok(ids.clone()),
            Self::Again(_) => Ok(Vec::new()),
            Self::Filter(_) | Self::Group(..) => {
                let entries = entries(journal, self)?;
                Ok(entries.iter().map(|entry| entry.id).collect())
            }
        }
    }
}

/// Finds the chosen submissions, in the order of acceptance. Blocks the thread.
pub(super) fn resolve(journal: &Journal, chosen: &Chosen) -> Result<Vec<Item>, BulkError> {
    let mut items = match chosen {
        Chosen::Ids(ids) if ids.len() > MOST => return Err(BulkError::TooMany),
        Chosen::Ids(ids) => {
            let mut items = Vec::with_capacity(ids.len());
            for id in ids {
                if let Some(entry) = journal.entry(*id)? {
                    items.push(Item::new(entry.seq, &entry.source));
                }
            }
            items
        }
        Chosen::Again(_) => Vec::new(),
        Chosen::Filter(_) | Chosen::Group(..) => entries(journal, chosen)?
            .iter()
            .map(|entry| Item::new(entry.seq, &entry.source))
            .collect(),
    };
    if items.is_empty() {
        return Err(BulkError::Nothing);
    }
    items.sort_by_key(|item| item.place);
    Ok(items)
}

fn entries(journal: &Journal, chosen: &Chosen) -> Result<Vec<Entry>, BulkError> {
    let (filter, group) = match chosen {
        Chosen::Ids(_) | Chosen::Again(_) => return Ok(Vec::new()),
        Chosen::Filter(filter) => (filter, None),
        Chosen::Group(filter, profile, subject) => (filter, Some((profile, subject))),
    };
    let belongs = |entry: &Entry| {
        group.is_none_or(|(profile, subject)| {
            let of_entry = entry.note.as_ref().map(VerdictReason::subject);
            entry.profile == *profile && of_entry.unwrap_or_default() == *subject
        })
    };
    let mut filter = (**filter).clone();
    let mut found = Vec::new();
    loop {
        let page = journal.list(&filter, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(found);
        };
        filter.before = Some(last.cursor());
        found.extend(page.into_iter().filter(belongs));
        if found.len() > MOST {
            return Err(BulkError::TooMany);
        }
    }
}
