//! The inbox, the pipeline and a portal together, checked against a short reference.

mod clock;
mod dead_destination;
mod gathering;
mod model;
mod queues;
mod steps;
mod world;
