//! The operations of the port, a file a subject: each is a transaction around the statements of
//! this folder.

mod calls;
mod history;
mod polls;
mod refused;
mod removal;
mod submissions;
mod tokens;
mod watch;
