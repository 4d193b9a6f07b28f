//! The operations of the tokens of the API.

use crate::domain::{ApiToken, TokenHash};
use crate::store::{Store, StoreError, sqlite};

impl Store {
    /// Adds a token of the API, known by its hash; returns whether its name was free.
    pub async fn add_token(&self, hash: TokenHash, token: ApiToken) -> Result<bool, StoreError> {
        self.write(move |tx| sqlite::add_token(tx, &hash, &token))
            .await
    }

    /// Returns the token of the API with this hash.
    pub(crate) async fn token(&self, hash: TokenHash) -> Result<Option<ApiToken>, StoreError> {
        self.read(move |view| sqlite::token(view, &hash)).await
    }

    /// Returns all tokens of the API by their names. Blocks the thread.
    pub fn tokens(&self) -> Result<Vec<ApiToken>, StoreError> {
        self.read_blocking(sqlite::tokens)
    }

    /// Removes a token of the API; returns whether there was one of this name.
    pub async fn remove_token(&self, name: String) -> Result<bool, StoreError> {
        self.write(move |tx| sqlite::remove_token(tx, &name)).await
    }
}
