//! leadgate receives survey answers and site forms. As profiles say, it turns them into Bitrix24
//! contacts and leads, deals or smart-process items. It loses nothing and creates no duplicates.
//!
//! `docs/architecture.md` draws the data flow and says what each module is for;
//! `tests/architecture/` checks the imports. To read the code, begin with [`pipeline`].

pub mod domain;

pub mod redact;
pub mod sealed;

pub mod config;
pub mod telemetry;

pub mod store;

pub mod backup;

pub mod cache;

pub mod pbx;
pub mod telephony;

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

pub mod widget;

pub mod portal_app;

pub mod api;
pub mod editing;

pub mod console;

pub mod alerts;
pub mod amocrm;

pub mod live;

pub mod simulator;

pub mod ops;

pub mod serving;

pub mod app;

pub mod cli;
