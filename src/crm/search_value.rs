//! A value by which rows are searched.

use std::fmt;

use serde_json::Value;

use super::compare::values_equal;
use crate::domain::spelling::{self, CompareAs};

/// A value by which rows are searched, and the spellings in which the CRM may have it. The CRM finds
/// rows by the spellings; only rows that have the value are used.
#[derive(Clone, PartialEq)]
pub struct SearchValue {
    /// The field.
    pub name: String,
    /// The value.
    pub value: String,
    /// How values of the field are compared.
    pub compare: CompareAs,
    /// The spellings to ask for.
    pub spellings: Vec<String>,
}

impl SearchValue {
    /// Returns a value in all its spellings.
    pub fn new(name: &str, value: &str, compare: CompareAs) -> Self {
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
            compare,
            spellings: compare.spellings(value),
        }
    }

    /// Returns a site or a messenger's name, one value for each spelling: a list of the CRM takes no
    /// more. `network` is the CRM's word for the messenger.
    pub fn one_by_one(name: &str, value: &str, network: Option<&str>) -> Vec<Self> {
        let (compare, spellings) = if name == "IM" {
            (CompareAs::Messenger, spelling::of_messenger(value, network))
        } else {
            (CompareAs::Site, CompareAs::Site.spellings(value))
        };
        let one = |spelling| Self {
            name: name.to_owned(),
            value: value.to_owned(),
            compare,
            spellings: vec![spelling],
        };
        spellings.into_iter().map(one).collect()
    }

    /// Returns whether a stored value is a spelling of this one.
    pub fn is(&self, stored: &Value) -> bool {
        values_equal(stored, &self.value, self.compare)
    }
}

/// Prints the field only: the value is personal data.
impl fmt::Debug for SearchValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
