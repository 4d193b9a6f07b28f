//! The whole gateway against the embedded sandbox, over HTTP, as a sender meets it.

mod gateway;

mod bad_input;
mod delivery;
mod employees;
mod polls;
mod profiles;
mod registry;
