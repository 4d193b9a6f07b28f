//! Carries out the steps of plans. Each kind of step has a folder of its own.

pub mod crm;
