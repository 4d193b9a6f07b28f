//! Who asks: the token of a request, and what its replies may show.

use actix_web::HttpRequest;

use super::Api;
use super::problem::Problem;
use crate::domain::{ApiScope, ApiToken, hidden};
use crate::editing::Author;

/// A program that may ask.
pub(super) struct Caller(ApiToken);

impl Caller {
    /// Returns the name, as the audit log has it.
    pub(super) fn name(&self) -> String {
        format!("token {}", self.0.name)
    }

    /// Returns the program as the author of a change, with this role.
    pub(super) fn author(&self, role: crate::domain::Role) -> Author {
        Author {
            name: self.name(),
            role,
        }
    }

    /// Refuses tokens without another scope.
    pub(super) fn need(&self, scope: ApiScope) -> Result<(), Problem> {
        if self.0.scopes.contains(&scope) {
            return Ok(());
        }
        Err(Problem::MissingScope(scope))
    }

    /// Returns a value of a person as this program may see it: with the scope `submissions:read` it
    /// may read all of them anyway, without it the value is hidden as from a viewer.
    pub(super) fn of_person(&self, value: &str) -> String {
        if self.0.scopes.contains(&ApiScope::ReadSubmissions) {
            return value.to_owned();
        }
        hidden::hide(value)
    }
}

impl Api {
    /// Checks the token of a request, and returns who asks.
    pub(super) async fn caller(
        &self,
        request: &HttpRequest,
        scope: ApiScope,
    ) -> Result<Caller, Problem> {
        let hash = self.allow(request, scope).await?;
        let token = self.store.token(hash).await?;
        token.map(Caller).ok_or(Problem::UnknownToken)
    }
}
