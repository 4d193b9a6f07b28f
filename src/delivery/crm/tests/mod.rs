//! Tests of look-ups and calls against a portal behind real HTTP.

mod calls;
mod sharing;
