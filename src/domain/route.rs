//! The route of a submission: the edition of the profiles and the connection.

/// A route. Each route is leased separately, so that a connection that does not work holds up no
/// other. A new edition of the profiles makes new routes, and what waits on an old one is rerouted.
/// The default is the route of submissions whose connection is not known yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route(String);

impl Route {
    /// Creates the route to a connection of the settings; `None` if the profile names none, or
    /// there is no profile.
    pub fn new(edition: &str, connection: Option<&str>) -> Self {
        Self(format!("{edition}/{}", connection.unwrap_or_default()))
    }

    /// Creates a route from its stored text.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the stored text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
