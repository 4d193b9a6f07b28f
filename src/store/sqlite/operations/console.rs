//! The operations of the console's users, sessions and audit log.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::{AuditEntry, ConsoleSession, ConsoleUser, Role, SessionHash};
use crate::store::{Store, StoreError, sqlite};

impl Store {
    /// Adds a user of the console; returns whether the name was free.
    pub async fn add_console_user(&self, user: ConsoleUser) -> Result<bool, StoreError> {
        self.write(move |tx| sqlite::add_console_user(tx, &user))
            .await
    }

    /// Returns the users of the console by their names.
    pub async fn console_users(&self) -> Result<Vec<ConsoleUser>, StoreError> {
        self.read(sqlite::console_users).await
    }

    /// Returns the user of the console with this name.
    pub async fn console_user(&self, name: String) -> Result<Option<ConsoleUser>, StoreError> {
        self.read(move |view| sqlite::console_user(view, &name))
            .await
    }

    /// Sets the hash of a user's password and ends the user's sessions; returns whether there is
    /// such a user.
    pub async fn set_console_password(
        &self,
        name: String,
        password: String,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| sqlite::set_console_password(tx, &name, &password))
            .await
    }

    /// Sets a user's role, also in open sessions; returns whether there is such a user.
    pub async fn set_console_role(&self, name: String, role: Role) -> Result<bool, StoreError> {
        self.write(move |tx| sqlite::set_console_role(tx, &name, role))
            .await
    }

    /// Removes a user with all sessions; returns whether there was one.
    pub async fn remove_console_user(&self, name: String) -> Result<bool, StoreError> {
        self.write(move |tx| sqlite::remove_console_user(tx, &name))
            .await
    }

    /// Begins a session of the console. With the hash of a password it is a session of the user;
    /// returns whether the user still exists and has this password.
    pub async fn add_console_session(
        &self,
        hash: SessionHash,
        session: ConsoleSession,
        password: Option<String>,
    ) -> Result<bool, StoreError> {
        let add =
            move |tx: &_| sqlite::add_console_session(tx, &hash, &session, password.as_deref());
        self.write(add).await
    }

    /// Returns the session with this hash if it has not ended at `now`.
    pub async fn console_session(
        &self,
        hash: SessionHash,
        now: Timestamp,
    ) -> Result<Option<ConsoleSession>, StoreError> {
        self.read(move |view| sqlite::console_session(view, &hash, now))
            .await
    }

    /// Ends the session with this hash.
    pub async fn remove_console_session(&self, hash: SessionHash) -> Result<(), StoreError> {
        self.write(move |tx| sqlite::remove_console_session(tx, &hash))
            .await
    }

    /// Ends all sessions of a name; returns how many there were.
    pub async fn remove_console_sessions(&self, user: String) -> Result<usize, StoreError> {
        self.write(move |tx| sqlite::remove_console_sessions(tx, &user))
            .await
    }

    /// Ends all sessions of the employees of a portal, such as those of `acme.bitrix24.ru/67`; returns
    /// how many there were.
    pub async fn remove_console_sessions_of_portal(
        &self,
        portal: String,
    ) -> Result<usize, StoreError> {
        self.write(move |tx| sqlite::remove_console_sessions_of_portal(tx, &portal))
            .await
    }

    /// Returns how many sessions each name has that have not ended at `now`.
    pub async fn console_session_counts(
        &self,
        now: Timestamp,
    ) -> Result<BTreeMap<String, u64>, StoreError> {
        self.read(move |view| sqlite::console_session_counts(view, now))
            .await
    }

    /// Writes a change into the audit log.
    pub async fn add_audit(&self, entry: AuditEntry) -> Result<(), StoreError> {
        self.write(move |tx| sqlite::add_audit(tx, &entry)).await
    }

    /// Returns up to `limit` entries of the audit log with their numbers, the newest first; with
    /// `before` those with lower numbers.
    pub async fn audit(
        &self,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<(i64, AuditEntry)>, StoreError> {
        self.read(move |view| sqlite::audit(view, before, limit))
            .await
    }
}
