//! A call in a timeline.

use std::fmt;

use crate::domain::{EntityKind, PlannedCall, UserId};

/// A call to add to a timeline.
#[derive(Clone, PartialEq)]
pub struct NewCall {
    /// The record that the timeline belongs to; a contact if there is none.
    pub record: Option<(EntityKind, i64)>,
    /// The contact that was spoken to.
    pub contact: Option<i64>,
    /// The company, if there is no contact.
    pub company: Option<i64>,
    /// Who created it: see [`Connection::originator`](super::Connection::originator).
    pub originator: String,
    /// The employee; `None` lets the portal choose.
    pub responsible: Option<UserId>,
    /// The call.
    pub call: PlannedCall,
}

/// Prints what it belongs to only.
impl fmt::Debug for NewCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewCall({:?}, {:?})", self.record, self.contact)
    }
}
