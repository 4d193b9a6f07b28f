//! Plans as they are stored. Version 2 has a list of steps; version 1, which has no `version`, has
//! fixed parts and is read as a plan with one CRM step.

use serde::de::Error as _;
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    CommentPlan, ContactPlan, CrmStep, Note, Plan, ProfileRef, RecordPlan, ReplyMode, Step,
    StepKind, TodoPlan,
};

/// The version that is written.
const VERSION: u32 = 2;

/// A plan of any version.
#[derive(Deserialize)]
struct StoredPlan {
    #[serde(default = "first")]
    version: u32,
    profile: ProfileRef,
    #[serde(default)]
    steps: Vec<Step>,
    reply: ReplyMode,
    notes: Vec<Note>,
    // version 1
    #[serde(default)]
    connection: Option<String>,
    #[serde(default)]
    contact: Option<ContactPlan>,
    #[serde(default)]
    record: Option<RecordPlan>,
    #[serde(default)]
    comment: Option<CommentPlan>,
    #[serde(default)]
    todo: Option<TodoPlan>,
}

fn first() -> u32 {
    1
}

impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut plan = serializer.serialize_struct("Plan", 5)?;
        plan.serialize_field("version", &VERSION)?;
        plan.serialize_field("profile", &self.profile)?;
        plan.serialize_field("steps", &self.steps)?;
        plan.serialize_field("reply", &self.reply)?;
        plan.serialize_field("notes", &self.notes)?;
        plan.end()
    }
}

impl<'de> Deserialize<'de> for Plan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = StoredPlan::deserialize(deserializer)?;
        let steps = match stored.version {
            1 => crm_step(CrmStep {
                connection: stored.connection,
                contact: stored.contact,
                company: None,
                record: stored.record,
                comment: stored.comment,
                files: Vec::new(),
                todo: stored.todo,
                turns_of: None,
            }),
            VERSION => stored.steps,
            later => {
                let text = format!("a plan of version {later}; this release reads 1 and {VERSION}");
                return Err(D::Error::custom(text));
            }
        };
        Ok(Self {
            profile: stored.profile,
            steps,
            reply: stored.reply,
            notes: stored.notes,
        })
    }
}

/// Returns the step of a CRM plan: none if there is neither a contact nor a record.
fn crm_step(crm: CrmStep) -> Vec<Step> {
    if crm.contact.is_none() && crm.record.is_none() {
        return Vec::new();
    }
    vec![Step::new(CrmStep::NAME, StepKind::Crm(Box::new(crm)))]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn first_version() -> Value {
        json!({
            "profile": {"file": "form", "name": "Form", "hash": "0a"},
            "connection": "main",
            "contact": {"match_": "any", "several": "oldest", "fields": [
                {"name": "NAME", "value": {"text": "Анна"}, "role": "fill", "on_update": "keep",
                 "origin": {"rule": "{{name}}", "sources": []}},
            ]},
            "record": null,
            "comment": null,
            "reply": "accepted",
            "notes": [],
        })
    }

    #[test]
    fn a_plan_of_the_first_version_has_one_crm_step() {
        let plan: Plan = serde_json::from_value(first_version()).unwrap();
        let [step] = plan.steps.as_slice() else {
            panic!("{:?}", plan.steps)
        };
        assert_eq!(
            (step.name.as_str(), step.if_it_fails),
            ("crm", super::super::IfItFails::default())
        );
        let crm = step.kind.crm().unwrap();
        assert_eq!(crm.connection.as_deref(), Some("main"));
        assert_eq!(
            crm.contact.as_ref().unwrap().fields[0].value.as_str(),
            "Анна"
        );
        assert_eq!(crm.todo, None);
    }

    #[test]
    fn a_plan_of_the_first_version_that_makes_nothing_has_no_step() {
        let mut stored = first_version();
        stored["contact"] = Value::Null;
        let plan: Plan = serde_json::from_value(stored).unwrap();
        assert_eq!(plan.steps, []);
    }

    #[test]
    fn a_plan_is_written_with_its_version_and_read_again() {
        let mut plan: Plan = serde_json::from_value(first_version()).unwrap();
        plan.steps.push(Step {
            if_it_fails: super::super::IfItFails::Continue,
            ..Step::new(
                "ping",
                StepKind::Probe(super::super::ProbeStep {
                    destination: None,
                    text: "hello".to_owned(),
                }),
            )
        });
        let stored = serde_json::to_value(&plan).unwrap();
        assert_eq!(stored["version"], 2);
        assert_eq!(stored["steps"][0]["name"], "crm");
        assert_eq!(stored["steps"][0]["crm"]["connection"], "main");
        assert_eq!(stored["steps"][0].get("if_it_fails"), None);
        assert_eq!(
            stored["steps"][1],
            json!({"name": "ping", "if_it_fails": "continue",
                   "probe": {"destination": null, "text": "hello"}})
        );
        assert_eq!(serde_json::from_value::<Plan>(stored).unwrap(), plan);
    }

    #[test]
    fn a_plan_of_a_later_version_is_an_error() {
        let mut stored = first_version();
        stored["version"] = json!(3);
        let error = serde_json::from_value::<Plan>(stored).unwrap_err();
        assert!(error.to_string().contains("version 3"), "{error}");
    }
}
