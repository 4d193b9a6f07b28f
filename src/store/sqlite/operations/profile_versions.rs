//! The operations of the versions of profiles.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::{NewProfileVersion, ProfileCounts, ProfileVersion};
use crate::store::{Store, StoreError, sqlite};

impl Store {
    /// Keeps texts as the latest versions of their files, and returns their numbers. A text that is
    /// the latest already stays that version.
    pub async fn keep_profile_versions(
        &self,
        versions: Vec<NewProfileVersion>,
    ) -> Result<Vec<u32>, StoreError> {
        self.write(move |tx| {
            let kept = versions.iter();
            kept.map(|version| sqlite::keep_profile_version(tx, version))
                .collect()
        })
        .await
    }

    /// Returns up to `limit` versions of a file, the newest first; with `before` those with lower
    /// numbers.
    pub async fn profile_versions(
        &self,
        file: String,
        before: Option<u32>,
        limit: usize,
    ) -> Result<Vec<ProfileVersion>, StoreError> {
        self.read(move |view| sqlite::profile_versions(view, &file, before, limit))
            .await
    }

    /// Returns the latest version of each file.
    pub async fn latest_profile_versions(&self) -> Result<Vec<ProfileVersion>, StoreError> {
        self.read(sqlite::latest_profile_versions).await
    }

    /// Returns a version with its text.
    pub async fn profile_version(
        &self,
        file: String,
        number: u32,
    ) -> Result<Option<(ProfileVersion, String)>, StoreError> {
        self.read(move |view| sqlite::profile_version(view, &file, number))
            .await
    }

    /// Returns the version of a file with this hash, or of this edition, with its text.
    pub async fn profile_version_of(
        &self,
        file: String,
        hash: String,
    ) -> Result<Option<(ProfileVersion, String)>, StoreError> {
        self.read(move |view| sqlite::profile_version_of(view, &file, &hash))
            .await
    }

    /// Counts what each profile took since a time, and what is parked, by the profile's file
    /// without its extension.
    pub async fn profile_counts(
        &self,
        since: Timestamp,
    ) -> Result<BTreeMap<String, ProfileCounts>, StoreError> {
        self.read(move |view| sqlite::profile_counts(view, since))
            .await
    }
}
