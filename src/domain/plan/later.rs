//! Parts of a step that are known only when earlier steps are finished: a template with the values
//! that it needs from the packet. `mapping::later` fills them in before the step is delivered.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::Personal;

/// A text of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum StepText {
    /// The text.
    Known(Personal),
    /// A template that uses earlier steps.
    Later(Box<LaterText>),
}

impl StepText {
    /// Returns the text; for a template the rule as written.
    pub fn shown(&self) -> &str {
        match self {
            Self::Known(text) => text.as_str(),
            Self::Later(later) => &later.template,
        }
    }
}

/// A template that uses earlier steps, with the values that it needs from the packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaterText {
    /// The template as written.
    pub template: String,
    /// The escaping of its values.
    #[serde(default, skip_serializing_if = "TextEscape::is_plain")]
    pub escape: TextEscape,
    /// The results of earlier steps that it uses: `steps.crm.deal_id`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<String>,
    /// The values of the packet that it uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<KeptValue>,
}

/// The escaping of values in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextEscape {
    /// None.
    #[default]
    Plain,
    /// For a part of an address or a form.
    Url,
    /// For the inside of a JSON string.
    Json,
    /// For HTML and XML.
    Html,
}

impl TextEscape {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde requires"
    )]
    fn is_plain(&self) -> bool {
        *self == Self::Plain
    }
}

/// A value of the packet that a template uses.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptValue {
    /// Its name in the profile.
    pub name: String,
    /// Its text; `None` if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Personal>,
    /// The single values of a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
    /// The value as a boolean, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truth: Option<bool>,
    /// The block of the packet, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<Value>,
    /// What a loop walks through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Value>,
}

/// Shows the name only: the value may be personal data.
impl fmt::Debug for KeptValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeptValue({})", self.name)
    }
}

/// A JSON value of a step.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepValue {
    /// The value.
    Known(Value),
    /// A template that uses earlier steps.
    Later(Box<LaterText>),
    /// A list with values that are not known yet.
    List(Vec<StepValue>),
    /// An object with values that are not known yet.
    Object(Vec<(String, StepValue)>),
}

/// Shows the shape only: the values may be personal data.
impl fmt::Debug for StepValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(_) => f.write_str("Known"),
            Self::Later(later) => later.fmt(f),
            Self::List(list) => f.debug_list().entries(list).finish(),
            Self::Object(members) => {
                let members = members.iter().map(|(name, value)| (name, value));
                f.debug_map().entries(members).finish()
            }
        }
    }
}

impl StepValue {
    /// Returns the value with the rules of templates in place of values that are not known yet.
    pub fn shown(&self) -> Value {
        match self {
            Self::Known(value) => value.clone(),
            Self::Later(later) => later.template.as_str().into(),
            Self::List(list) => list.iter().map(Self::shown).collect(),
            Self::Object(members) => {
                let shown = members
                    .iter()
                    .map(|(name, value)| (name.clone(), value.shown()));
                Value::Object(shown.collect())
            }
        }
    }
}

/// A test of the result of an earlier step: one of the wanted values must fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaterTest {
    /// The name of the value: `steps.calltouch.request`.
    pub name: String,
    /// The values as written.
    pub wanted: Vec<WrittenTest>,
}

/// A wanted value as written in the profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenTest {
    /// The text.
    pub text: String,
    /// Whether it is written without quotes, so that `present` and `absent` are words.
    #[serde(default)]
    pub plain: bool,
}
