//! The tools of profile authors as people start them: `check`, `test`, `schema`, `preview` and `draft`.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may stop at the first surprise, and gives its program a clean environment"
)]

mod check;
mod draft;
mod home;
mod live;
mod preview;
