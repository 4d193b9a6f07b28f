//! Tests of the core as a whole.

mod laws;
mod mistakes;
mod plans;
mod sets;
