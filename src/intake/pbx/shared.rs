//! What the requests of a PBX and catching up with it share.

use tokio::sync::Mutex;

use super::recordings::Recordings;
use crate::config::PbxSettings;

/// What the requests of a PBX and catching up with it share.
pub struct PbxShared {
    /// What it has told of recordings.
    pub(super) recordings: Recordings,
    /// Held by the record that is stored after others of its call.
    pub(super) turn: Mutex<()>,
}

impl PbxShared {
    /// Prepares what the requests of a PBX share.
    pub fn new(settings: &PbxSettings) -> Self {
        Self {
            recordings: Recordings::new(settings.remember_most),
            turn: Mutex::default(),
        }
    }
}
