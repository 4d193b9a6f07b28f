//! A local application of a portal (REST documentation, "OAuth 2.0 protocol"): its tokens, which are
//! kept in an encrypted file and renewed when they are needed, and the questions whose tokens others
//! are. Calls with these tokens are made by [`Connection`](super::Connection).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use secrecy::SecretString;

use super::Timeouts;
use super::authorization::{AuthorizationServer, Credentials, IssuedTokens, TokenInfo};
use super::network::client as network_client;
use super::token_failure::TokenFailure;
use super::token_keeper::{ApplicationState, KnownInstallation, TokenKeeper};
use crate::crm::error::CrmError;
use crate::domain::Clock;
use crate::sealed::SealedFile;

/// The longest token, in bytes; those of the vendor have about 100.
const LONGEST_TOKEN: usize = 2048;

/// What is needed to build an application.
pub struct ApplicationSetup<'s> {
    /// The name of the connection.
    pub name: &'s str,
    /// The portal's address, `https://acme.bitrix24.ru`.
    pub portal: Url,
    /// More hosts under which the portal may be known, such as one it is renamed to.
    pub more_hosts: Vec<String>,
    /// The application's number.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
    /// The authorization server.
    pub authorization: Url,
    /// The folder in which the tokens are kept.
    pub folder: &'s Path,
    /// What the key of the file is made of; `None` for one in the folder.
    pub token_key: Option<SecretString>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// An application of a portal.
pub struct Application {
    portal: Url,
    /// The hosts of the portal, in lower case.
    hosts: Vec<String>,
    client_id: String,
    server: AuthorizationServer,
    keeper: TokenKeeper,
}

impl Application {
    /// Prepares an application; nothing is sent or read yet.
    ///
    /// # Errors
    /// If the machine has no CA certificates.
    pub fn new(setup: ApplicationSetup<'_>) -> anyhow::Result<Arc<Self>> {
        let timeouts = Timeouts {
            call: Duration::from_secs(20),
            connect: Duration::from_secs(5),
        };
        let http = network_client(timeouts, &setup.authorization)?;
        let server = AuthorizationServer::new(http, setup.authorization);
        let name = setup.name;
        let file = SealedFile {
            path: setup.folder.join(format!("crm-{name}.tokens")),
            key_file: setup.folder.join("crm.key"),
            lock_file: setup.folder.join(format!("crm-{name}.lock")),
            key: setup.token_key,
            purpose: format!("leadgate: tokens of the application of the connection {name}"),
        };
        let credentials = Credentials {
            client_id: setup.client_id.clone(),
            client_secret: setup.client_secret,
        };
        let mut hosts: Vec<String> = host_of(&setup.portal).into_iter().collect();
        hosts.extend(setup.more_hosts);
        Ok(Arc::new(Self {
            keeper: TokenKeeper::new(name, file, (server.clone(), credentials), setup.clock),
            portal: setup.portal,
            hosts,
            client_id: setup.client_id,
            server,
        }))
    }

    /// Returns the address of the portal.
    pub fn portal(&self) -> &Url {
        &self.portal
    }

    /// Returns scheme, host and port of the portal's pages.
    pub fn origin(&self) -> String {
        self.portal.origin().ascii_serialization()
    }

    /// Returns the application's number.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Returns the host of the authorization server.
    pub fn authorization(&self) -> &str {
        self.server.host()
    }

    /// Returns whether a host, perhaps with a port, is that of the portal.
    pub fn is_host(&self, host: &str) -> bool {
        let host = plain_host(host);
        host.is_some_and(|host| self.hosts.contains(&host))
    }

    /// Asks the authorization server whose a token is. Nobody else can say: what a request tells of
    /// itself proves nothing.
    ///
    /// # Errors
    /// If the server does not know the token, or gives no answer.
    pub async fn token_info(&self, token: &SecretString) -> Result<TokenInfo, TokenFailure> {
        self.server.app_info(token).await
    }

    /// Returns what is known of the installation; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn installation(&self) -> Result<Option<KnownInstallation>, TokenFailure> {
        self.keeper.installation().await
    }

    /// Keeps the tokens of an administrator whose request was verified, and the token of events.
    /// With `installs`, this administrator's tokens are used from now on.
    ///
    /// # Errors
    /// If the disk does not take them.
    pub async fn keep(
        &self,
        info: &TokenInfo,
        issued: &IssuedTokens,
        (application_token, installs): (Option<&SecretString>, Installs),
    ) -> Result<(), TokenFailure> {
        self.keeper
            .keep(info, issued, (application_token, installs))
            .await
    }

    /// Forgets the installation: the application was removed from the portal.
    ///
    /// # Errors
    /// If the disk does not let go of the tokens.
    pub async fn forget(&self) -> Result<(), TokenFailure> {
        self.keeper.forget().await
    }

    /// Returns whether the application has tokens, as far as is known without asking anybody.
    pub fn state(&self) -> ApplicationState {
        self.keeper.state()
    }

    /// Returns a token for a call, renewed if it is time.
    pub(super) async fn token(&self) -> Result<SecretString, TokenFailure> {
        self.keeper.token().await
    }

    /// Returns another token than this one, which the portal refuses; `None` if there is none that
    /// could be better.
    pub(super) async fn token_instead_of(
        &self,
        used: &SecretString,
        refused: Refused,
    ) -> Result<Option<SecretString>, TokenFailure> {
        self.keeper.token_instead_of(used, refused).await
    }

    /// Records that the portal says that the application is not installed: it was removed, and
    /// leadgate was not told.
    pub(super) fn note<T>(&self, answer: &Result<T, CrmError>) {
        if let Err(CrmError::Denied { code, .. }) = answer
            && code.eq_ignore_ascii_case("NOT_INSTALLED")
        {
            self.keeper.trouble(&TokenFailure::NotInstalled);
        }
    }
}

/// What the portal refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// The token: it may be renewed.
    Token,
    /// The employee: only another one's token helps.
    Employee,
}

/// Shows no secret.
impl std::fmt::Debug for Application {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Application({} at {})", self.client_id, self.origin())
    }
}

/// Whether somebody installs the application or just opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installs {
    /// Installs it: this is whose tokens are used.
    Yes,
    /// Opens it.
    No,
}

/// Returns a host in lower case and without the standard ports: `acme.example:443` is `acme.example`.
/// `None` for a text that is no host.
pub(super) fn plain_host(text: &str) -> Option<String> {
    let host = text.trim().to_ascii_lowercase();
    let host = host
        .strip_suffix(":443")
        .or_else(|| host.strip_suffix(":80"))
        .unwrap_or(&host);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    let is_host = !host.is_empty() && host.len() <= 253 && host.chars().all(is_plain);
    is_host.then(|| host.to_owned())
}

fn host_of(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    let port = url
        .port()
        .map_or_else(String::new, |port| format!(":{port}"));
    plain_host(&format!("{host}{port}"))
}

/// Returns whether a text can be a token.
pub fn is_token(text: &str) -> bool {
    let is_graphic = text.bytes().all(|byte| byte.is_ascii_graphic());
    !text.is_empty() && text.len() <= LONGEST_TOKEN && is_graphic
}
