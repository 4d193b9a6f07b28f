//! Which way a submission goes: to which connection, by which edition of the profiles.

/// A route. What waits on one is handed out apart from all others, so that a connection that does not work
/// holds up nobody else's submissions. Another edition of the profiles makes other routes: what waits on
/// an old one has to be sorted anew. The default is the route of what nobody has sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route(String);

impl Route {
    /// To a connection of the settings; `None` where the profile names none, or there is no profile.
    pub fn new(edition: &str, connection: Option<&str>) -> Self {
        Self(format!("{edition}/{}", connection.unwrap_or_default()))
    }

    /// Back from the store.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
