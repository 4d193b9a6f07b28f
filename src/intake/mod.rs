//! The edge: a sender's dialect comes in, a [`crate::domain::Submission`] goes on disk, and the reply
//! that this sender calls "received" goes out. What it must not know: the CRM's way of storing things.

mod access;
mod body;
pub mod channels;
mod late;
mod memory;
pub mod polls;
mod refused;
mod slashes;

pub use access::{AllowList, client_address};
pub use memory::Memory;
pub use refused::{RefusedLog, RefusedWriter, refused_log};
pub use slashes::SenderAddresses;
