//! Tests of the look-ups against a portal behind real HTTP.

mod sharing;
