//! The inbox, the pipeline and a portal together, against a reference of a few lines.

mod clock;
mod gathering;
mod model;
mod trays;
mod world;
