//! The program as people run it: exit code, standard output, standard error. One binary, because
//! each further one links the whole program again.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may stop at the first surprise, and gives its program a clean environment"
)]

mod alerts;
mod amocrm;
mod authors;
mod home;
mod journal;
mod newcomer;
mod program;
mod russian;
mod sandbox;
mod security;
