//! The pure core: compiles a profile (YAML that people edit) into rules, and makes a plan from
//! rules and a submission. The same text and packet always give the same plan: no clock, no disk,
//! no network.
//!
//! A profile: [`crate::authoring`] reads the text, `compile` checks it and compiles paths and
//! templates → [`Profile`] → [`ProfileSet`]. A packet: `path` → `field` (with `normalise`) →
//! `template` → `plan`.

mod call;
mod choice;
mod comment;
mod company;
pub(crate) mod compile;
mod condition;
mod cost;
mod crm_field_aliases;
pub(crate) mod crm_fields;
mod field;
mod field_checks;
mod field_needs;
mod files;
mod hook_item;
mod hook_names;
mod normalise;
mod notes;
pub(crate) mod packet;
pub(crate) mod path;
mod plan;
mod portal_references;
mod products;
mod profile;
mod reading;
mod rejection;
mod set;
mod table;
pub(crate) mod template;
mod text;
mod then;
mod timeline;
mod trace;
mod typed;
mod zones;

pub(crate) use self::compile::base_name;
pub use self::compile::{Compiled, Compiler, Neighbours, compile};
pub use self::files::{attached_files, linked_files};
pub(crate) use self::hook_names::{HookNames, NamedFields};
pub use self::normalise::moment_in;
pub(crate) use self::normalise::money;
pub(crate) use self::path::FieldOwner;
pub use self::plan::MappingOutcome;
pub use self::portal_references::{PortalReference, PortalReferences, ReferenceKind, WrittenValue};
pub use self::profile::Profile;
pub use self::rejection::{FieldFault, Rejection};
pub use self::rejection::{reason as rejection_reason, rejection_text};
pub use self::set::ProfileSet;
pub use self::template::{HELPERS, PageTemplate};
pub use self::then::later::{Resolved, StepContext, resolve};
pub use self::then::reply::{ReplyTest, reply_value};
pub use self::then::shown::shown_step;
pub use self::trace::{FieldTrace, LeftOut};

#[cfg(test)]
pub(crate) mod tests;
