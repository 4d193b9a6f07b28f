//! The journal's commands as people start them: finding, replaying and erasing, with a gateway and
//! without.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may stop at the first surprise, and gives its program a clean environment"
)]

mod home;

mod finding;
mod removing;
mod replaying;
