//! The operations of the port, a file a subject: each is a transaction around the statements of
//! this folder.

mod attention;
mod bulk;
mod calls;
mod console;
mod history;
mod pauses;
mod polls;
mod profile_versions;
mod refused;
mod removal;
mod submissions;
mod tokens;
mod watch;
