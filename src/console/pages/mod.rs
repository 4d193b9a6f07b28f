//! The sections of the console, a folder or file each. A section gets the rest of its path and
//! answers all its requests.

pub(super) mod account;
pub(super) mod alerts;
pub(super) mod attention;
pub(super) mod audit;
pub(super) mod calls;
pub(super) mod channels;
pub(super) mod history;
pub(super) mod overview;
pub(super) mod portals;
pub(super) mod profiles;
pub(super) mod records;
pub(super) mod replays;
pub(super) mod sources;
pub(super) mod users;
