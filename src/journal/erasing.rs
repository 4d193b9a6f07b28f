//! Erases what is stored about a person: the same for the command and for the console.

use super::{CallKey, Entry, Journal, Person, Scrubbed, StoreError};
use crate::domain::{Bilingual, SubmissionId};

/// Submissions that are erased in one transaction.
const STEP: usize = 100;

/// What is stored about a person.
#[derive(Debug, Default)]
pub struct StoredOfPerson {
    /// The submissions.
    pub found: Vec<Entry>,
    /// The numbers of refused requests.
    pub refused: Vec<i64>,
    /// Calls that go on.
    pub calls: Vec<CallKey>,
}

impl StoredOfPerson {
    /// Returns the number of everything together.
    pub fn count(&self) -> usize {
        self.found.len() + self.refused.len() + self.calls.len()
    }
}

/// How much was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Submissions, refused requests and calls.
    pub count: usize,
    /// Submissions that are being delivered right now, and were left alone.
    pub busy: usize,
}

impl Journal {
    /// Returns what is stored about a person. Reads everything; calls `looked` with the progress.
    /// Blocks the thread.
    pub fn stored_of(
        &self,
        person: &Person,
        looked: &mut dyn FnMut(u64),
    ) -> Result<StoredOfPerson, StoreError> {
        Ok(StoredOfPerson {
            found: self.of_person(person, looked)?,
            refused: self.refused_of_person(person)?,
            calls: self.calls_of_person(person)?,
        })
    }

    /// Erases what was found; calls `done` with the number of erased submissions.
    /// [`scrub`](Self::scrub) then overwrites the bytes in the files.
    pub async fn erase_stored(
        &self,
        person: &Person,
        stored: StoredOfPerson,
        done: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Erased, StoreError> {
        let ids: Vec<SubmissionId> = stored.found.iter().map(|entry| entry.id).collect();
        let mut erased = 0;
        for step in ids.chunks(STEP) {
            erased += self.erase(step.to_vec(), person).await?.len();
            done(u64::try_from(erased).unwrap_or(u64::MAX));
        }
        let refused = self.erase_refused(stored.refused).await?;
        let calls = self.erase_calls(stored.calls).await?;
        Ok(Erased {
            count: erased + refused + calls,
            busy: ids.len() - erased,
        })
    }
}

impl Scrubbed {
    /// Says how completely erased content is gone from the files.
    pub fn words(self) -> Bilingual<&'static str> {
        match self {
            Self::Whole => Bilingual::new(
                "the file was rewritten without it",
                "файл переписан заново, без этих данных",
            ),
            Self::Overwritten => Bilingual::new(
                "it was overwritten in the file; unused pages may still hold earlier copies: to remove those, \
                 stop the gateway and run this again with --yes",
                "данные затёрты в файле; в неиспользуемых страницах могли остаться прежние копии: чтобы убрать \
                 и их, остановите шлюз и повторите команду с --yes",
            ),
            Self::LogLeft => Bilingual::new(
                "it was overwritten in the file; another program is reading, so leadgate.db-wal may hold it a \
                 while longer: run this again later",
                "данные затёрты в файле; его читает другая программа, поэтому в leadgate.db-wal они могут \
                 остаться ещё на время: повторите команду позже",
            ),
        }
    }
}
