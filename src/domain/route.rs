//! The route of a submission: the edition of the profiles and the destination of its next step.

use super::Destination;

/// A route. Each route is leased separately, so that a destination that does not work holds up no
/// other. A new edition of the profiles makes new routes, and submissions on an old one are rerouted.
/// The default is the route of submissions whose destination is not known yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route(String);

impl Route {
    /// Creates the route to a destination; `None` if there is none, or no profile. A destination
    /// without a name is the only one of its kind.
    pub fn new(edition: &str, destination: Option<&Destination>) -> Self {
        Self(match destination {
            Some(destination) => {
                [edition, "/", destination.kind(), ":", destination.name()].concat()
            }
            None => [edition, "/"].concat(),
        })
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
