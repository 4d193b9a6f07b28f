//! The portal's lock, which tells of changes when it is released.

use std::ops::{Deref, DerefMut};
use std::sync::MutexGuard;

use tokio::sync::Notify;

use super::core::Core;

/// The portal while it is locked.
pub(super) struct Held<'a> {
    core: MutexGuard<'a, Core>,
    /// The revision at the time of locking.
    before: u64,
    changed: &'a Notify,
}

impl<'a> Held<'a> {
    pub(super) fn new(core: MutexGuard<'a, Core>, changed: &'a Notify) -> Self {
        let before = core.state.revision;
        Self {
            core,
            before,
            changed,
        }
    }
}

impl Deref for Held<'_> {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.core
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Core {
        &mut self.core
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.core.state.revision != self.before {
            self.changed.notify_one();
        }
    }
}
