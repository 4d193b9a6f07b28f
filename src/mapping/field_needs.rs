//! What a field needs beside the packet: facts of the request, and what is read from amoCRM.

use super::field::{DeclaredField, FieldSource};
use super::path::Path;

impl DeclaredField {
    /// Returns whether it uses a fact of the request.
    pub(crate) fn asks_request(&self) -> bool {
        self.when.asks_request() || self.paths().iter().any(Path::asks_request)
    }

    /// Returns the paths that it reads.
    pub(super) fn paths(&self) -> &[Path] {
        match &self.source {
            FieldSource::Paths(paths) => paths,
            _ => &[],
        }
    }

    /// Returns whether it needs what is read from amoCRM.
    pub(crate) fn reads_amocrm(&self) -> bool {
        self.when.reads_amocrm() || self.paths().iter().any(Path::reads_amocrm)
    }

    /// Returns whether it reads custom fields, which some hooks of amoCRM lack.
    pub(crate) fn reads_custom(&self) -> bool {
        self.paths().iter().any(Path::is_custom)
    }
}
