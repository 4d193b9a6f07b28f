//! Gives a PBX commands, and reads its replies.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{StatusCode, Url};
use secrecy::ExposeSecret as _;
use tokio::sync::Semaphore;

use crate::crm::network_failure;
use crate::domain::SubmissionId;
use crate::domain::json::Bounds;
use crate::pbx::{
    CallRecord, CommandFailure, CommandKeys, CommandReply, CommandRequest, CommandUser, DialNumber,
    Dialect, HistoryQuery, PbxCommand, PbxUser,
};

/// How long it may take to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a PBX is given before it is asked for the first time for what it prepares.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Commands under way at the same time; others wait.
const MOST_COMMANDS: usize = 4;

/// The longest reply, and the most values and levels in it.
const REPLY: usize = 8 << 20;
const BOUNDS: Bounds = Bounds {
    depth: 32,
    values: 250_000,
};

/// Where a PBX takes commands.
#[derive(Clone)]
pub struct PbxAccess {
    /// Its name in the settings.
    pub name: String,
    /// The address of its API.
    pub url: Url,
    /// What it understands.
    pub dialect: &'static dyn Dialect,
    /// What leadgate proves itself with.
    pub keys: CommandKeys,
    /// How long a command may take.
    pub timeout: Duration,
    /// How long it is waited for what the PBX prepares.
    pub preparing: Preparing,
}

/// How a reply is waited for that a PBX prepares.
#[derive(Debug, Clone, Copy)]
pub struct Preparing {
    /// How often the PBX is asked for it.
    pub every: Duration,
    /// For how long.
    pub within: Duration,
}

impl fmt::Debug for PbxAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PbxAccess")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Gives commands to one PBX.
pub struct PbxClient {
    name: String,
    url: Url,
    dialect: &'static dyn Dialect,
    keys: CommandKeys,
    preparing: Preparing,
    http: reqwest::Client,
    places: Semaphore,
    /// When the PBX last sent a request.
    heard: Mutex<Option<Timestamp>>,
}

impl PbxClient {
    /// Prepares the client.
    ///
    /// # Errors
    /// If the machine has no CA certificates.
    pub fn new(access: PbxAccess) -> anyhow::Result<Self> {
        let PbxAccess {
            name,
            url,
            dialect,
            keys,
            timeout,
            preparing,
        } = access;
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("leadgate/", env!("CARGO_PKG_VERSION")))
            .timeout(timeout)
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .pool_idle_timeout(Duration::from_secs(4))
            // the key is for this host only
            .redirect(reqwest::redirect::Policy::none());
        let host = url.host_str().unwrap_or_default();
        if matches!(host, "127.0.0.1" | "localhost" | "[::1]") {
            http = http.no_proxy();
        }
        let http = http.build().map_err(reqwest::Error::without_url);
        let http = http.with_context(|| {
            format!(
                "pbx.{name}: cannot set up HTTPS; install CA certificates (package ca-certificates)"
            )
        })?;
        Ok(Self {
            url,
            name,
            dialect,
            keys,
            preparing,
            http,
            places: Semaphore::new(MOST_COMMANDS),
            heard: Mutex::default(),
        })
    }

    /// Returns the name of the PBX in the settings.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Notes that the PBX has sent a request.
    pub fn note_request(&self, now: Timestamp) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    /// Returns when the PBX last sent a request, since the start.
    pub fn heard(&self) -> Option<Timestamp> {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rings the employee's phone and, once answered, dials the number.
    pub async fn make_call(
        &self,
        user: CommandUser,
        number: DialNumber,
    ) -> Result<(), CommandFailure> {
        let command = PbxCommand::MakeCall { user, number };
        self.give(&command).await.map(drop)
    }

    /// Puts a call on hold, or ends the hold.
    pub async fn switch_hold(&self, user: CommandUser, call: String) -> Result<(), CommandFailure> {
        let command = PbxCommand::SwitchHold { user, call };
        self.give(&command).await.map(drop)
    }

    /// Reads records of calls, and how many rows the PBX has sent, readable or not.
    pub async fn history(
        &self,
        query: HistoryQuery,
    ) -> Result<(Vec<CallRecord>, usize), CommandFailure> {
        match self.give(&PbxCommand::History(query)).await? {
            CommandReply::History { records, rows } => Ok((records, rows)),
            _ => Err(CommandFailure::NotUnderstood),
        }
    }

    /// Reads the users.
    pub async fn users(&self) -> Result<Vec<PbxUser>, CommandFailure> {
        match self.give(&PbxCommand::Users).await? {
            CommandReply::Users(users) => Ok(users),
            _ => Err(CommandFailure::NotUnderstood),
        }
    }

    /// Gives a command, and reads the reply.
    async fn give(&self, command: &PbxCommand) -> Result<CommandReply, CommandFailure> {
        let id = SubmissionId::fresh().to_string();
        let request = self.dialect.command(command, &self.keys, &id);
        let request = request.ok_or(CommandFailure::NotPossible)?;
        match self.ask(command, request).await? {
            CommandReply::Prepares { key } => self.collect(command, &key).await,
            reply => Ok(reply),
        }
    }

    /// Asks for a reply that the PBX prepares, until it is ready.
    async fn collect(
        &self,
        command: &PbxCommand,
        key: &str,
    ) -> Result<CommandReply, CommandFailure> {
        let Preparing { every, within } = self.preparing;
        let began = Instant::now();
        let mut wait = every.min(FIRST_WAIT);
        loop {
            tokio::time::sleep(wait).await;
            let request = self.dialect.prepared(&self.keys, key);
            let request = request.ok_or(CommandFailure::NotPossible)?;
            match self.ask(command, request).await? {
                CommandReply::NotReady if began.elapsed() >= within => {
                    return Err(CommandFailure::NotPrepared);
                }
                CommandReply::NotReady => wait = every,
                reply => return Ok(reply),
            }
        }
    }

    /// Sends a request of a command, and reads the reply.
    async fn ask(
        &self,
        command: &PbxCommand,
        request: CommandRequest,
    ) -> Result<CommandReply, CommandFailure> {
        let (status, reply) = self.send(request).await?;
        let read = self
            .dialect
            .command_reply(command, &self.keys, &reply, BOUNDS);
        match read {
            read if status.is_success() => read,
            // a refusal in the shape of the dialect says more than the status
            Err(refused @ CommandFailure::Refused { .. }) => Err(refused),
            _ => Err(CommandFailure::Status(status.as_u16())),
        }
    }

    /// Sends a request, and returns the status and the body of the reply.
    async fn send(&self, command: CommandRequest) -> Result<(StatusCode, Vec<u8>), CommandFailure> {
        // never closed
        let _place = self.places.acquire().await;
        let address = command_address(&self.url, command.path);
        let mut request = self.http.post(address);
        if let Some(authorization) = &command.authorization {
            request = request.header(AUTHORIZATION, authorization.expose_secret());
        }
        let request = request
            .header(CONTENT_TYPE, command.content_type)
            .body(command.body);
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status();
        let mut reply = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if reply.len() + chunk.len() > REPLY {
                return Err(CommandFailure::NotUnderstood);
            }
            reply.extend_from_slice(&chunk);
        }
        Ok((status, reply))
    }
}

impl fmt::Debug for PbxClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PbxClient")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Returns the address of a command below that of the PBX.
pub fn command_address(url: &Url, path: &str) -> Url {
    let mut address = url.clone();
    let base = url.path().trim_end_matches('/');
    let path = format!("{base}/{path}");
    address.set_path(&path);
    address
}

fn failed(error: reqwest::Error) -> CommandFailure {
    // what was not connected was not sent
    let is_uncertain = !error.is_connect();
    CommandFailure::NoReply {
        failure: network_failure(&error.without_url()),
        is_uncertain,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::PbxDialect;
    use crate::pbx::{DialectRules, dialect_named};

    #[test]
    fn the_exchange_is_below_the_address_and_secrets_are_not_printed() {
        for (url, address) in [
            (
                "https://pbx.example",
                "https://pbx.example/integration/usercrm/",
            ),
            (
                "http://127.0.0.1:8080/services/pbx/",
                "http://127.0.0.1:8080/services/pbx/integration/usercrm/",
            ),
        ] {
            let access = PbxAccess {
                name: "main".to_owned(),
                url: url.parse().unwrap(),
                dialect: dialect_named(PbxDialect::UserCrm),
                keys: CommandKeys {
                    pbx_key: Some("secret".into()),
                    rules: DialectRules {
                        key: "secret".into(),
                        salt: None,
                        direction: BTreeMap::new(),
                        dial_status: BTreeMap::new(),
                        phone_status: BTreeMap::new(),
                    },
                },
                timeout: Duration::from_secs(1),
                preparing: Preparing {
                    every: Duration::from_secs(5),
                    within: Duration::from_secs(120),
                },
            };
            assert!(!format!("{access:?}").contains("secret"));
            let client = PbxClient::new(access).unwrap();
            let below = command_address(&client.url, "integration/usercrm/");
            assert_eq!(below.as_str(), address);
            assert!(!format!("{client:?}").contains("secret"));
            assert_eq!((client.name(), client.heard()), ("main", None));
            client.note_request(Timestamp::UNIX_EPOCH);
            assert_eq!(client.heard(), Some(Timestamp::UNIX_EPOCH));
        }
    }
}
