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
    request: OnceCell<Option<Value>>,
    layers: [OnceCell<Option<Value>>; MOST_LAYERS],
}

impl<'b> Packet<'b> {
    pub(crate) fn new(body: &'b Value) -> Self {
        Self {
            body,
            source: None,
            request: OnceCell::new(),
            layers: [const { OnceCell::new() }; MOST_LAYERS],
        }
    }

    /// The packet of a submission, with what its request told.
    pub(crate) fn of(source: &'b Source, body: &'b Value) -> Self {
        Self {
            source: Some(source),
            ..Self::new(body)
        }
    }

    /// Returns what the request told, if it was kept.
    pub(crate) fn request(&self) -> Option<&Value> {
        let read = || self.source?.request();
        self.request.get_or_init(read).as_ref()
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
