//! Who opens a page: asked at the authorization server and the portal of the settings.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use secrecy::{ExposeSecret as _, SecretString};

use super::{AppChange, Opening, PortalApp, PortalApps};
use crate::crm::{CrmError, Installs, IssuedTokens, PortalEmployee, TokenFailure, TokenInfo};
use crate::domain::{Bilingual, Lang, bilingual, is_same_secret};

/// Who opened a page: verified with the authorization server and the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Employee {
    /// The connection whose portal it is.
    pub connection: String,
    /// The number in the portal.
    pub user_id: u64,
    /// The name; empty if the portal tells none.
    pub name: String,
    /// Whether it is an administrator of the portal.
    pub is_admin: bool,
}

/// Why it is not known who opens a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotVerified {
    /// The settings have no such connection, or it is a webhook.
    NoSuchConnection,
    /// The request is none that a portal makes.
    Malformed,
    /// It comes from another portal than that of the settings, or from another application.
    Foreign,
    /// The token belongs to nobody, or has ended: the page has to be opened again.
    Token,
    /// The installation is not finished: an administrator has to open the application.
    NotInstalled,
    /// Only an administrator may do it.
    NoAdministrator,
    /// Too many ask at the same time.
    Busy,
    /// Nobody can be asked now.
    Unavailable(Bilingual),
}

impl NotVerified {
    /// Returns the HTTP status of the reply.
    pub fn status(&self) -> u16 {
        match self {
            Self::NoSuchConnection => 404,
            Self::Malformed => 400,
            Self::Foreign | Self::Token | Self::NotInstalled | Self::NoAdministrator => 403,
            Self::Busy | Self::Unavailable(_) => 503,
        }
    }

    /// Returns the reason in both languages, for the employee.
    pub fn text(&self) -> Bilingual {
        let fixed = match self {
            Self::NoSuchConnection => Bilingual::new("no such page", "такой страницы нет"),
            Self::Malformed => Bilingual::new(
                "this page opens inside Bitrix24 only",
                "эта страница открывается только внутри Битрикс24",
            ),
            Self::Foreign => Bilingual::new(
                "this leadgate belongs to another portal",
                "этот leadgate подключён к другому порталу",
            ),
            Self::Token => Bilingual::new(
                "Bitrix24 does not confirm who you are: reload the page of the portal",
                "Битрикс24 не подтвердил, кто вы: обновите страницу портала",
            ),
            Self::NotInstalled => Bilingual::new(
                "the installation is not finished: an administrator of the portal has to open the application",
                "установка не завершена: администратору портала нужно открыть приложение",
            ),
            Self::NoAdministrator => Bilingual::new(
                "only an administrator of the portal can install the application",
                "установить приложение может только администратор портала",
            ),
            Self::Busy => Bilingual::new(
                "too many requests at once: try again in a minute",
                "слишком много запросов сразу: повторите через минуту",
            ),
            Self::Unavailable(why) => {
                let (en, ru) = (why.in_lang(Lang::En), why.in_lang(Lang::Ru));
                return bilingual!(
                    "Bitrix24 cannot be asked who you are: {en}; try again in a minute",
                    "не удаётся узнать у Битрикс24, кто вы: {ru}; повторите через минуту"
                );
            }
        };
        fixed.into()
    }
}

impl From<TokenFailure> for NotVerified {
    fn from(failure: TokenFailure) -> Self {
        match failure {
            TokenFailure::NotInstalled => Self::NotInstalled,
            TokenFailure::Unavailable(_) | TokenFailure::Unreadable => {
                Self::Unavailable(failure.text())
            }
            TokenFailure::Lost | TokenFailure::Refused { .. } => Self::Token,
        }
    }
}

/// How long a request waits for others that are checked.
const PATIENCE: Duration = Duration::from_secs(3);

/// A request whose token was checked.
pub(super) struct Verified {
    pub(super) info: TokenInfo,
    pub(super) employee: PortalEmployee,
}

impl PortalApps {
    /// Finds out who opens a page. An administrator's tokens are kept: they heal an application whose
    /// own have expired.
    ///
    /// # Errors
    /// If it is not an employee of the connection's portal, or nobody can be asked.
    pub async fn verify(
        &self,
        connection: &str,
        opening: &Opening,
    ) -> Result<Employee, NotVerified> {
        let app = self.app(connection)?;
        let verified = self.check(app, opening).await?;
        if !verified.info.is_installed {
            return Err(NotVerified::NotInstalled);
        }
        self.remember(connection, &verified, (opening, Installs::No))
            .await;
        Ok(verified.employee(connection))
    }

    pub(super) fn app(&self, connection: &str) -> Result<&PortalApp, NotVerified> {
        let app = self.inner.apps.get(connection);
        app.ok_or(NotVerified::NoSuchConnection)
    }

    /// Checks the token of an opening, whether or not the installation is finished.
    pub(super) async fn check(
        &self,
        app: &PortalApp,
        opening: &Opening,
    ) -> Result<Verified, NotVerified> {
        if !app.application.is_host(&opening.domain) {
            return Err(NotVerified::Foreign);
        }
        self.check_token(app, &opening.auth_id, &opening.member_id)
            .await
    }

    /// Checks whose a token is. `member_id` is the portal that the request says it comes from.
    pub(super) async fn check_token(
        &self,
        app: &PortalApp,
        token: &SecretString,
        member_id: &str,
    ) -> Result<Verified, NotVerified> {
        let own = self.inner.of_tokens.place(&hash(token));
        let _own = own.map_err(|_| NotVerified::Busy)?;
        let place = tokio::time::timeout(PATIENCE, self.inner.checks.acquire()).await;
        let Ok(Ok(_place)) = place else {
            return Err(NotVerified::Busy);
        };
        let info = app.application.token_info(token).await?;
        let is_own = is_same_secret(&info.client_id, app.application.client_id())
            && info.member_id == member_id
            && app.application.is_host(&info.domain);
        if !is_own {
            return Err(NotVerified::Foreign);
        }
        let employee = app.connection.employee_of(token).await;
        let employee = employee.map_err(not_told)?;
        if employee.user_id == 0 || employee.user_id != info.user_id {
            return Err(NotVerified::Token);
        }
        Ok(Verified { info, employee })
    }

    /// Keeps the tokens of an administrator. Those of others are not needed.
    pub(super) async fn remember(
        &self,
        connection: &str,
        verified: &Verified,
        (opening, installs): (&Opening, Installs),
    ) {
        let Some(refresh) = opening.refresh_id.clone() else {
            return;
        };
        let issued = IssuedTokens {
            access: opening.auth_id.clone(),
            refresh,
            expires_in: opening.auth_expires,
        };
        let token = opening.application_token.as_ref();
        self.keep(connection, verified, (&issued, token, installs))
            .await;
    }

    /// Keeps tokens, if they are of an administrator: nobody else could change the token that events
    /// prove their origin with.
    pub(super) async fn keep(
        &self,
        connection: &str,
        verified: &Verified,
        (issued, application_token, installs): (&IssuedTokens, Option<&SecretString>, Installs),
    ) {
        let Ok(app) = self.app(connection) else {
            return;
        };
        if !verified.employee.is_admin {
            return;
        }
        let kept = app
            .application
            .keep(&verified.info, issued, (application_token, installs));
        match kept.await {
            Ok(()) => self.tell(&AppChange::Opened(connection)),
            Err(failure) => {
                tracing::error!(
                    crm = connection,
                    "the tokens of the application are not kept: {failure}"
                );
            }
        }
    }
}

impl Verified {
    pub(super) fn employee(&self, connection: &str) -> Employee {
        Employee {
            connection: connection.to_owned(),
            user_id: self.employee.user_id,
            name: self.employee.name.clone(),
            is_admin: self.employee.is_admin,
        }
    }
}

/// Returns what a token is counted by.
fn hash(token: &SecretString) -> String {
    HEXLOWER.encode(digest(&SHA256, token.expose_secret().as_bytes()).as_ref())
}

/// Returns why the portal does not say who an employee is.
fn not_told(error: CrmError) -> NotVerified {
    match error {
        CrmError::Denied { code, .. } if code.eq_ignore_ascii_case("NOT_INSTALLED") => {
            NotVerified::NotInstalled
        }
        CrmError::Denied { .. } | CrmError::Refused { .. } => NotVerified::Token,
        error => {
            let failure = error.failure();
            let (en, ru) = (failure.to_text(Lang::En), failure.to_text(Lang::Ru));
            NotVerified::Unavailable(bilingual!("{en}", "{ru}"))
        }
    }
}

/// Returns whether a token of an event is the one that is kept. The time of the comparison does not
/// depend on where they differ.
pub(super) fn is_known(given: Option<&SecretString>, kept: Option<&SecretString>) -> bool {
    match (given, kept) {
        (Some(given), Some(kept)) => is_same_secret(given.expose_secret(), kept.expose_secret()),
        _ => false,
    }
}
