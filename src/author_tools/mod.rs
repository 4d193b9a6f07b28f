//! Tools for people who write profiles: the JSON schema for their editors, examples (a packet and
//! the plan that is expected of it), and a first profile made from packets.

mod draft;
mod example;
pub(crate) mod schema;

pub use self::draft::{
    DraftOptions, FieldGuess, GuessedTarget, PathChoice, PathKind, PlaceStep, draft, each_of,
    guess, paths,
};
pub use self::example::{Difference, Example};
pub use self::schema::{Key, all_keys, channels_schema, people_schema, schema};
