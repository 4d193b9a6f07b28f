//! The rules of the steps after the CRM.

use serde_json::Value;

use crate::authoring::problem::TextPlace;
use crate::domain::{IfItFails, LaterTest, SaveRule, SuccessRule, UpdateTarget};
use crate::mapping::condition::Condition;
use crate::mapping::template::Template;

/// The rules of one step.
#[derive(Debug)]
pub(crate) struct StepRules {
    pub(crate) name: String,
    /// The tests of the packet.
    pub(crate) when: Condition,
    /// The tests of earlier steps.
    pub(crate) later: Vec<LaterTest>,
    pub(crate) if_it_fails: IfItFails,
    pub(crate) kind: StepKindRules,
}

/// The rules of a kind of step.
#[derive(Debug)]
pub(crate) enum StepKindRules {
    Http(Box<HttpRules>),
    CrmUpdate(Box<CrmUpdateRules>),
    Mail(Box<MailRules>),
}

/// The rules of an HTTP step.
#[derive(Debug)]
pub(crate) struct HttpRules {
    pub(crate) destination: String,
    pub(crate) place: TextPlace,
    pub(crate) method: Option<String>,
    pub(crate) path: Option<Template>,
    pub(crate) query: Vec<(String, Template)>,
    pub(crate) headers: Vec<(String, Template)>,
    pub(crate) body: BodyRules,
    pub(crate) success: SuccessRule,
    pub(crate) save: Vec<SaveRule>,
}

/// The rules of a body.
#[derive(Debug)]
pub(crate) enum BodyRules {
    None,
    Json(JsonRule),
    Form(Vec<(String, Template)>),
    Text {
        content_type: String,
        template: Template,
    },
}

/// The rules of a JSON value.
#[derive(Debug)]
pub(crate) enum JsonRule {
    Constant(Value),
    Template(Template),
    List(Vec<JsonRule>),
    Object(Vec<(String, JsonRule)>),
}

impl JsonRule {
    /// Adds the numbers of the fields whose type it uses.
    pub(crate) fn typed_fields(&self, into: &mut Vec<usize>) {
        match self {
            Self::Constant(_) => {}
            Self::Template(template) => into.extend(template.only_field()),
            Self::List(list) => list.iter().for_each(|rule| rule.typed_fields(into)),
            Self::Object(members) => {
                for (_, rule) in members {
                    rule.typed_fields(into);
                }
            }
        }
    }
}

/// The rules of a later CRM step.
#[derive(Debug)]
pub(crate) struct CrmUpdateRules {
    pub(crate) connection: Option<String>,
    pub(crate) target: UpdateTarget,
    pub(crate) fields: Vec<(String, Template)>,
    pub(crate) stage: Option<String>,
    pub(crate) comment: Option<Template>,
}

/// The rules of a mail step.
#[derive(Debug)]
pub(crate) struct MailRules {
    pub(crate) place: TextPlace,
    pub(crate) to: Vec<Template>,
    pub(crate) reply_to: Option<Template>,
    pub(crate) subject: Template,
    pub(crate) text: Option<Template>,
    pub(crate) html: Option<Template>,
    /// The declared fields whose files go with it.
    pub(crate) files: Vec<usize>,
}
