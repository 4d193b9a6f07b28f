//! The packet as paths see it: the decoded body and, behind it, the same body with the JSON inside
//! its texts. A layer is made only if a path leads into a text, and once for all paths.

use std::cell::OnceCell;

use serde_json::Value;

use crate::domain::{Source, text_json};

/// JSON in a text, in a text in it, and once more.
const MOST_LAYERS: usize = 3;

/// A packet.
#[derive(Debug)]
pub(crate) struct Packet<'b> {
    body: &'b Value,
    source: Option<&'b Source>,
    /// The details of the source.
    details: OnceCell<Option<Value>>,
    layers: [OnceCell<Option<Value>>; MOST_LAYERS],
}

impl<'b> Packet<'b> {
    pub(crate) fn new(body: &'b Value) -> Self {
        Self {
            body,
            source: None,
            details: OnceCell::new(),
            layers: [const { OnceCell::new() }; MOST_LAYERS],
        }
    }

    /// The packet of a submission, with the facts beside its body.
    pub(crate) fn of(source: &'b Source, body: &'b Value) -> Self {
        Self {
            source: Some(source),
            ..Self::new(body)
        }
    }

    /// Returns the source of the submission, if it is known.
    pub(crate) fn source(&self) -> Option<&'b Source> {
        self.source
    }

    /// Returns a fact beside the body, if it was kept: the address that the request told.
    pub(crate) fn fact(&self, of: &str, name: &str) -> Option<&Value> {
        self.facts(of)?.get(name)
    }

    /// Returns the facts of this name: what the request told.
    pub(crate) fn facts(&self, of: &str) -> Option<&Value> {
        let read = || self.source?.details();
        let details: &Option<Value> = self.details.get_or_init(read);
        details.as_ref()?.get(of)
    }

    /// Returns the decoded body.
    pub(crate) fn body(&self) -> &'b Value {
        self.body
    }

    /// Returns the body with as many layers of texts opened; `None` if the last of them has nothing
    /// to open.
    pub(crate) fn layer(&self, depth: usize) -> Option<&Value> {
        let Some(above) = depth.checked_sub(1) else {
            return Some(self.body);
        };
        let layer = self.layers.get(above)?;
        let open = || text_json::opened(self.layer(above)?);
        layer.get_or_init(open).as_ref()
    }
}
