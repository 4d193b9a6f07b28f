//! A profile as its author wrote it: YAML with places ([`yaml`]), blocks in which every key is
//! optional ([`raw`]), problems with stable codes and advice ([`Problem`], [`Code`]), and changes of
//! single entries ([`patch`]). Nothing here knows what a profile does; `mapping` compiles what this
//! module reads.

pub(crate) mod codes;
mod file;
pub(crate) mod hand_matches;
pub(crate) mod keys;
pub(crate) mod lookalike;
pub(crate) mod measures;
mod normaliser;
pub mod patch;
pub(crate) mod problem;
pub(crate) mod raw;
pub(crate) mod reader;
mod render;
pub(crate) mod secrets;
pub(crate) mod sources;
pub(crate) mod suggest;
mod words;
pub(crate) mod yaml;
pub(crate) mod yaml_error;

pub use self::codes::Code;
pub use self::file::{LARGEST_FILE, ProfileFile, too_large};
pub(crate) use self::file::{channel_name, without_mark};
pub use self::hand_matches::WrittenMatches;
pub(crate) use self::normaliser::NameOrder;
pub use self::normaliser::Normaliser;
pub use self::problem::{Problem, Severity};
pub(crate) use self::raw::field::{COMPANY_ROOT, CONTACT_ROOT, CUSTOM_ROOT};
pub(crate) use self::raw::misnamed::{CHANNEL_KEYS, is_like_defaults};
pub(crate) use self::raw::receive_when::OF_HEADER;
pub use self::render::{Paint, render};
pub use self::sources::{AMOCRM, CHANNELS, PBXS, POLLS, SOURCES, SourceWords};
pub(crate) use self::suggest::meant;
pub use self::suggest::nearest_name;
pub use self::words::latin_letter;
