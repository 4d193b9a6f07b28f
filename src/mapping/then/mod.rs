//! The steps after the CRM: their rules, and what they make of a packet. What an earlier step
//! decides stays a template in the plan; [`later`] fills it in before the step is delivered.

pub(crate) mod later;
pub(crate) mod reply;
pub(crate) mod rules;
pub(crate) mod shown;

use std::sync::Arc;

use serde_json::{Map, Value};

use self::rules::{
    BodyRules, CrmUpdateRules, HttpRules, JsonRule, MailRules, StepKindRules, StepRules,
};
use super::files;
use super::notes::note;
use super::plan::Filling;
use super::template::{Escape, Rendered, Template, Values};
use crate::domain::{
    CrmUpdateStep, HttpBody, HttpStep, KeptValue, LaterText, MailStep, MappingExplanation,
    ParkReason, Step, StepKind, StepText, StepValue, TextEscape,
};

/// A text of a step; `None` without a value.
type Planned<T> = Option<T>;

impl Filling<'_> {
    /// Returns the steps whose conditions on the packet hold.
    pub(super) fn then(&mut self, rules: &[StepRules], later_names: &[String]) -> Vec<Step> {
        let mut steps = Vec::with_capacity(rules.len());
        for rules in rules {
            let about = format!("then.{}", rules.name);
            if !self.wants(&about, &rules.when) {
                continue;
            }
            let mut planning = StepPlanning {
                filling: self,
                later_names,
                about,
            };
            let kind = match &rules.kind {
                StepKindRules::Http(http) => planning
                    .http(http)
                    .map(|http| StepKind::Http(Box::new(http))),
                StepKindRules::Mail(mail) => Some(StepKind::Mail(Box::new(planning.mail(mail)))),
                StepKindRules::CrmUpdate(update) => {
                    let update = planning.crm_update(update);
                    Some(StepKind::CrmUpdate(Box::new(update)))
                }
            };
            steps.extend(kind.map(|kind| Step {
                if_it_fails: rules.if_it_fails,
                when: rules.later.clone(),
                ..Step::new(&rules.name, kind)
            }));
        }
        steps
    }
}

/// Fills in one step.
struct StepPlanning<'p, 'v> {
    filling: &'p mut Filling<'v>,
    later_names: &'p [String],
    /// The step in notes: `then.calltouch`.
    about: String,
}

impl StepPlanning<'_, '_> {
    fn http(&mut self, rules: &HttpRules) -> Option<HttpStep> {
        let path = match &rules.path {
            Some(template) => Some(self.whole("path", template)?),
            None => None,
        };
        Some(HttpStep {
            destination: rules.destination.clone(),
            method: rules.method.clone(),
            path,
            query: self.pairs("query", &rules.query),
            headers: self.pairs("headers", &rules.headers),
            body: self.body(&rules.body),
            success: rules.success.clone(),
            save: rules.save.clone(),
        })
    }

    fn body(&mut self, rules: &BodyRules) -> HttpBody {
        match rules {
            BodyRules::None => HttpBody::None,
            BodyRules::Json(rule) => {
                let value = self.json("json", rule);
                HttpBody::Json(value.unwrap_or_else(|| StepValue::Known(Value::Object(Map::new()))))
            }
            BodyRules::Form(rules) => HttpBody::Form(self.pairs("form", rules)),
            BodyRules::Text {
                content_type,
                template,
            } => {
                let text = self.text("body", template);
                HttpBody::Text {
                    content_type: content_type.clone(),
                    text: text.unwrap_or_else(|| StepText::Known("".into())),
                }
            }
        }
    }

    fn mail(&mut self, rules: &MailRules) -> MailStep {
        // without a value there is one recipient less
        let to = rules.to.iter();
        let to = to.filter_map(|template| self.text("to", template));
        let to = to.collect();
        let mut part = |key, template: Option<&Template>| {
            template.and_then(|template| self.text(key, template))
        };
        MailStep {
            to,
            reply_to: part("reply_to", rules.reply_to.as_ref()),
            subject: part("subject", Some(&rules.subject))
                .unwrap_or_else(|| StepText::Known("".into())),
            text: part("text", rules.text.as_ref()),
            html: part("html", rules.html.as_ref()),
            files: files::planned_of(&rules.files, &self.filling.values),
        }
    }

    fn crm_update(&mut self, rules: &CrmUpdateRules) -> CrmUpdateStep {
        CrmUpdateStep {
            call: None,
            connection: rules.connection.clone(),
            of: crate::domain::CrmStep::NAME.to_owned(),
            target: rules.target,
            fields: self.pairs("fields", &rules.fields),
            stage: rules.stage.clone(),
            comment: rules
                .comment
                .as_ref()
                .and_then(|template| self.text("comment", template)),
        }
    }

    fn pairs(&mut self, key: &str, rules: &[(String, Template)]) -> Vec<(String, StepText)> {
        let mut pairs = Vec::with_capacity(rules.len());
        for (name, template) in rules {
            let text = self.text(&format!("{key}.{name}"), template);
            pairs.extend(text.map(|text| (name.clone(), text)));
        }
        pairs
    }

    /// Returns a text that makes no sense without one of its values; without one a person decides.
    fn whole(&mut self, key: &str, template: &Template) -> Option<StepText> {
        let values = &self.filling.values;
        let fields = values.names.len();
        let lacks = |index: &usize| {
            *index < fields
                && values
                    .field(*index)
                    .is_none_or(|text| text.trim().is_empty())
        };
        if !template.asks() && template.fields().iter().any(lacks) {
            let about = format!("{}.{key}", self.about);
            let stop = (
                ParkReason::MissingValue,
                note(about, MappingExplanation::NoValue),
            );
            self.filling.failed.get_or_insert(stop);
            return None;
        }
        self.text(key, template)
    }

    fn text(&mut self, key: &str, template: &Template) -> Planned<StepText> {
        if let Some(later) = self.later(template) {
            return Some(StepText::Later(Box::new(later)));
        }
        self.render(key, template)
            .map(|text| StepText::Known(text.into()))
    }

    fn render(&mut self, key: &str, template: &Template) -> Planned<String> {
        match template.render(&self.filling.values) {
            Rendered::Text(text) => Some(text),
            Rendered::NoValue => None,
            Rendered::Failed => {
                let about = format!("{}.{key}", self.about);
                self.filling.fails(about);
                None
            }
        }
    }

    fn json(&mut self, key: &str, rule: &JsonRule) -> Planned<StepValue> {
        Some(match rule {
            JsonRule::Constant(value) => StepValue::Known(value.clone()),
            JsonRule::Template(template) => {
                if let Some(later) = self.later(template) {
                    return Some(StepValue::Later(Box::new(later)));
                }
                let field = template.only_field();
                let reading = field.and_then(|index| self.filling.values.readings.get(index));
                match reading.and_then(|reading| reading.typed.clone()) {
                    Some(typed) => StepValue::Known(typed),
                    None => StepValue::Known(self.render(key, template)?.into()),
                }
            }
            JsonRule::List(rules) => {
                let mut list = Vec::with_capacity(rules.len());
                for (index, rule) in rules.iter().enumerate() {
                    list.extend(self.json(&format!("{key}[{index}]"), rule));
                }
                return list_of(list);
            }
            JsonRule::Object(rules) => {
                let mut members = Vec::with_capacity(rules.len());
                for (name, rule) in rules {
                    let value = self.json(&format!("{key}.{name}"), rule);
                    members.extend(value.map(|value| (name.clone(), value)));
                }
                return object_of(members);
            }
        })
    }

    /// Returns the template with its values, if it uses results of steps.
    fn later(&self, template: &Template) -> Option<LaterText> {
        let values = &self.filling.values;
        let fields = values.names.len();
        let uses: Vec<String> = template
            .fields()
            .iter()
            .filter_map(|index| self.later_names.get(index.checked_sub(fields)?).cloned())
            .collect();
        if uses.is_empty() {
            return None;
        }
        let mut kept: Vec<KeptValue> = template
            .fields()
            .iter()
            .filter_map(|index| kept(values, *index))
            .collect();
        if template.needs_built_in() {
            kept.extend(built_in(values));
        }
        Some(LaterText {
            template: template.rule().to_owned(),
            escape: stored(template.escape()),
            uses,
            values: kept,
        })
    }
}

/// Returns a list; `None` if none of its values is left.
pub(super) fn list_of(list: Vec<StepValue>) -> Option<StepValue> {
    if list.is_empty() {
        return None;
    }
    let known: Option<Vec<Value>> = list.iter().map(known).collect();
    Some(match known {
        Some(known) => StepValue::Known(Value::Array(known)),
        None => StepValue::List(list),
    })
}

/// Returns an object; `None` if none of its members is left.
pub(super) fn object_of(members: Vec<(String, StepValue)>) -> Option<StepValue> {
    if members.is_empty() {
        return None;
    }
    let known: Option<Map<String, Value>> = members
        .iter()
        .map(|(name, value)| Some((name.clone(), known(value)?)))
        .collect();
    Some(match known {
        Some(known) => StepValue::Known(Value::Object(known)),
        None => StepValue::Object(members),
    })
}

fn known(value: &StepValue) -> Option<Value> {
    match value {
        StepValue::Known(value) => Some(value.clone()),
        StepValue::Later(_) | StepValue::List(_) | StepValue::Object(_) => None,
    }
}

/// Returns a field's value for a template that is filled in later.
fn kept(values: &Values<'_>, index: usize) -> Option<KeptValue> {
    let (name, reading) = (values.names.get(index)?, values.readings.get(index)?);
    Some(KeptValue {
        name: name.to_string(),
        text: reading.text.as_deref().map(Into::into),
        items: reading.items.clone(),
        truth: reading.truth,
        block: reading.block.clone(),
        rows: reading.rows.clone(),
    })
}

/// Returns the built-in values that no field of the same name hides.
fn built_in<'v>(values: &'v Values<'_>) -> impl Iterator<Item = KeptValue> + 'v {
    let is_hidden = |name: &str| values.names.iter().any(|field: &Arc<str>| &**field == name);
    let all = values.built_in.all();
    let all = all.filter(move |(name, text)| !text.is_empty() && !is_hidden(name));
    all.map(|(name, text)| KeptValue {
        name: name.to_owned(),
        text: Some(text.into()),
        items: Vec::new(),
        truth: None,
        block: None,
        rows: None,
    })
}

/// Returns the stored word for the escaping of a template.
fn stored(escape: Escape) -> TextEscape {
    match escape {
        Escape::Nothing => TextEscape::Plain,
        Escape::Html => TextEscape::Html,
        Escape::Json => TextEscape::Json,
        Escape::Url => TextEscape::Url,
    }
}
