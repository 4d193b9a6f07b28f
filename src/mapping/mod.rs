//! The pure core: a profile (YAML that people edit) becomes rules, and rules and a submission become a
//! plan. The same text and the same packet always give the same plan: no clock, no disk, no network.
//!
//! The way of a profile: `yaml` (text to tree with places) → `raw` (every key optional, defaults laid
//! under) → `compile` (checked, paths and templates compiled) → [`Profile`] → [`ProfileSet`]. The way of a
//! packet: `path` → `field` (with `normalise`) → `template` → `plan`.

mod afford;
mod channels;
mod claims;
mod codes;
mod comment;
mod compile;
mod condition;
mod crm_fields;
mod example;
mod field;
mod normalise;
mod path;
mod plan;
mod problem;
mod profile;
mod raw;
mod rejection;
mod render;
mod schema;
mod secrets;
mod set;
mod suggest;
mod table;
mod template;
mod text;
mod trace;
mod yaml;
mod yaml_error;

pub use self::channels::{
    Algorithm, Answer, Basic, Carrier, Channel, Channels, Encoding, Hmac, Pages, Rate, Secret,
    SecretSource, SignedTime, TimeCarrier, Token, Told,
};
pub use self::claims::{Claim, Claims, Says, Written};
pub use self::codes::Code;
pub use self::compile::{Compiled, Compiler, LARGEST_FILE, ProfileFile, compile, too_large};
pub use self::example::{Difference, Example};
pub use self::normalise::Form;
pub use self::plan::{Fault, Outcome, Rejection};
pub use self::problem::{Problem, Severity};
pub use self::profile::Profile;
pub use self::rejection::tell as tell_rejections;
pub use self::render::{Paint, render};
pub use self::schema::{KEYS, Key, channels_schema, schema};
pub use self::set::ProfileSet;
pub(crate) use self::suggest::meant;
pub use self::suggest::nearest_name;
pub use self::template::{HELPERS, PageTemplate};
pub use self::trace::{FieldTrace, LeftOut};

#[cfg(test)]
mod tests;
