//! The tools of profile authors as people start them: `check`, `test`, `schema`, `preview` and `draft`.

mod check;
mod draft;
mod home;
mod live;
mod preview;
