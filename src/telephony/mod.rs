//! Telephony at the edge. [`CallHub`] takes the events of the PBXs' calls from the intake and tells
//! programs of every change; its task stores the calls, so that they outlive a restart, and keeps
//! their cards in the portal. [`PbxClient`] gives PBXs commands, [`Clicks`] carries out clicks on
//! numbers in the portal, and [`Callbacks`] the callbacks that visitors request there.

mod callback;
mod cards;
mod click;
mod commands;
mod control;
mod hub;
mod keeper;
mod orders;
mod portal;
mod portal_events;
mod view;

pub use self::callback::{
    CallbackParts, CallbackPbx, CallbackRequests, Callbacks, RequestedCallback,
};
pub use self::click::{ClickParts, ClickToCall, ClickedCall, Clicks, ExpectedCall, TakenClick};
pub use self::commands::{PbxAccess, PbxClient, Preparing, command_address};
pub use self::control::{ControlFailure, PbxControl};
pub use self::hub::{
    AwaitsMore, CallHub, HubPbx, HubRules, HubTask, LiveChange, RecordOwner, RecordPlace,
    Subscription,
};
pub use self::portal::CardPortal;
pub use self::portal_events::{PortalCallEvent, clicked_call, requested_callback};
pub use self::view::{AgentView, CallView, ClientView, EmployeeView, Snapshot};
pub use crate::pbx::calls::CallState;
