//! Telephony at the edge. [`CallHub`] takes the events of the PBXs' calls from the intake and tells
//! programs of every change; its task stores the calls, so that they outlive a restart, and keeps
//! their cards in the portal. [`PbxClient`] gives PBXs commands, and [`Clicks`] carries out clicks on
//! numbers in the portal.

mod cards;
mod click;
mod commands;
mod hub;
mod keeper;
mod portal;
mod view;

pub use self::click::{ClickParts, ClickToCall, ClickedCall, Clicks, ExpectedCall, TakenClick};
pub use self::commands::{PbxAccess, PbxClient, Preparing, command_address};
pub use self::hub::{
    AwaitsMore, CallHub, HubPbx, HubRules, HubTask, LiveChange, RecordPlace, Subscription,
};
pub use self::portal::CardPortal;
pub use self::view::{AgentView, CallView, ClientView, EmployeeView, Snapshot};
pub use crate::pbx::calls::CallState;
