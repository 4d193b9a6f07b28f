//! Tools for people who write profiles: the JSON schema for their editors, and examples (a packet and the
//! plan that is expected of it).

mod example;
pub(crate) mod schema;

pub use self::example::{Difference, Example};
pub use self::schema::{KEYS, Key, channels_schema, schema};
