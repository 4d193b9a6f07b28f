//! leadgate takes survey answers and site forms, turns them by mapping profiles into contacts and leads,
//! deals or items of smart processes, and writes these into Bitrix24: nothing lost, nothing doubled.
//!
//! The modules stand in the order in which data meets them; `docs/architecture.md` draws the way, and
//! `tests/architecture.rs` keeps the arrows.

pub mod domain;

pub mod redact;

pub mod config;
pub mod telemetry;

pub mod store;

pub mod cache;

pub mod intake;

pub mod inbox;

pub mod pipeline;

pub mod authoring;
pub mod mapping;

pub mod channels;

pub mod author_tools;

pub mod profiles;

pub mod delivery;

pub mod crm;

pub mod journal;

pub mod replay;

pub mod preview;

pub mod live;

pub mod simulator;

pub mod ops;

pub mod serving;

pub mod app;

pub mod cli;
