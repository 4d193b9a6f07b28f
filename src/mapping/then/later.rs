//! Fills in what earlier steps decide: just before a step is delivered, from their results.

use serde_json::Value;

use super::{list_of, object_of};
use crate::authoring::problem::{Problems, SourceText, TextPlace};
use crate::domain::{
    HttpBody, HttpStep, LaterTest, LaterText, MailStep, ParkReason, Step, StepKind, StepOutcome,
    StepText, StepValue, StepVerdict, SubmissionId, TextEscape, VerdictReason,
};
use crate::mapping::condition::ExpectedValue;
use crate::mapping::reading::FieldReading;
use crate::mapping::template::{
    BuiltIn, Escape, Rendered, Template, Values, Wording, compile_as, step_value,
};
use crate::mapping::text;

/// The name of the submission's id in templates of `then`.
pub(crate) const SUBMISSION_ID: &str = "submission_id";

/// What is known when a step is delivered.
#[derive(Debug, Clone, Copy)]
pub struct StepContext<'c> {
    /// The submission.
    pub id: SubmissionId,
    /// The outcomes of its steps.
    pub outcomes: &'c [StepOutcome],
}

/// A step with everything filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// Deliver this.
    Deliver(Step),
    /// Its `when` does not hold.
    Skip,
    /// A person decides.
    Park {
        /// Why, from the closed list.
        reason: ParkReason,
        /// The details.
        why: VerdictReason,
    },
}

/// Why a step cannot be filled in.
enum Stop {
    /// A template failed.
    Template,
    /// There is no value for this.
    Lacks(String),
}

/// Fills in a step.
pub fn resolve(step: Step, context: StepContext<'_>) -> Resolved {
    if !step.when.iter().all(|test| context.holds(test)) {
        return Resolved::Skip;
    }
    let name = step.name.clone();
    match context.step(step) {
        Ok(step) => Resolved::Deliver(step),
        Err(Stop::Template) => Resolved::Park {
            reason: ParkReason::MappingFailed,
            why: VerdictReason::StepLacksValue(format!("then.{name}")),
        },
        Err(Stop::Lacks(what)) => Resolved::Park {
            reason: ParkReason::MissingValue,
            why: VerdictReason::StepLacksValue(format!("then.{name}.{what}")),
        },
    }
}

impl StepContext<'_> {
    /// Returns the value of `steps.crm.deal_id` or `submission_id`.
    fn value(&self, name: &str) -> Option<Value> {
        if name == SUBMISSION_ID {
            return Some(self.id.to_string().into());
        }
        let (step, value) = step_value(name)?;
        let is_it =
            |outcome: &&StepOutcome| outcome.name == step && outcome.verdict == StepVerdict::Done;
        self.outcomes.iter().find(is_it)?.result.get(value).cloned()
    }

    fn reading(&self, name: &str) -> FieldReading {
        let value = self.value(name);
        let text = value.as_ref().and_then(|value| match value {
            // `missing: empty`
            Value::String(text) if text.is_empty() => Some(String::new()),
            value => text::of(value),
        });
        let truth = value.as_ref().and_then(Value::as_bool);
        let mut items = Vec::new();
        if let Some(list @ Value::Array(_)) = &value {
            text::items(list, &mut items);
        }
        FieldReading {
            text,
            truth,
            items,
            block: value.clone().filter(Value::is_object),
            typed: value.filter(|value| !value.is_string() && !value.is_null()),
            ..FieldReading::default()
        }
    }

    fn holds(&self, test: &LaterTest) -> bool {
        let reading = self.reading(&test.name);
        test.wanted.iter().any(|wanted| {
            let parsed = if wanted.plain {
                ExpectedValue::parse(&wanted.text)
            } else {
                ExpectedValue::parse_quoted(&wanted.text)
            };
            parsed.is_some_and(|wanted| wanted.fits(&reading))
        })
    }

    fn step(&self, mut step: Step) -> Result<Step, Stop> {
        match &mut step.kind {
            StepKind::Http(http) => self.http(http)?,
            StepKind::CrmUpdate(update) => {
                self.pairs(&mut update.fields)?;
                if let Some(comment) = update.comment.take() {
                    update.comment = self.text(comment)?;
                }
            }
            StepKind::Mail(mail) => self.mail(mail)?,
            StepKind::Crm(_) | StepKind::Recording(_) => {}
            #[cfg(test)]
            StepKind::Probe(_) => {}
        }
        step.when.clear();
        Ok(step)
    }

    fn http(&self, http: &mut HttpStep) -> Result<(), Stop> {
        if let Some(path) = http.path.take() {
            http.path = Some(self.whole("path", path)?);
        }
        self.pairs(&mut http.query)?;
        self.pairs(&mut http.headers)?;
        match &mut http.body {
            HttpBody::None => {}
            HttpBody::Json(value) => {
                let known = self.json(std::mem::replace(value, StepValue::Known(Value::Null)))?;
                *value = known.unwrap_or_else(|| StepValue::Known(serde_json::json!({})));
            }
            HttpBody::Form(fields) => self.pairs(fields)?,
            HttpBody::Text { text, .. } => {
                let taken = std::mem::replace(text, StepText::Known("".into()));
                *text = self
                    .text(taken)?
                    .unwrap_or_else(|| StepText::Known("".into()));
            }
        }
        Ok(())
    }

    fn mail(&self, mail: &mut MailStep) -> Result<(), Stop> {
        let mut to = Vec::with_capacity(mail.to.len());
        for text in mail.to.drain(..) {
            to.extend(self.text(text)?);
        }
        mail.to = to;
        for part in [&mut mail.reply_to, &mut mail.text, &mut mail.html] {
            if let Some(text) = part.take() {
                *part = self.text(text)?;
            }
        }
        let subject = std::mem::replace(&mut mail.subject, StepText::Known("".into()));
        if let Some(subject) = self.text(subject)? {
            mail.subject = subject;
        }
        Ok(())
    }

    fn pairs(&self, pairs: &mut Vec<(String, StepText)>) -> Result<(), Stop> {
        let mut known = Vec::with_capacity(pairs.len());
        for (name, text) in pairs.drain(..) {
            known.extend(self.text(text)?.map(|text| (name, text)));
        }
        *pairs = known;
        Ok(())
    }

    /// Fills in a text that makes no sense without one of its values.
    fn whole(&self, key: &str, text: StepText) -> Result<StepText, Stop> {
        let StepText::Later(later) = &text else {
            return Ok(text);
        };
        let filled = self.fill(later)?;
        let is_blank = |text: Option<&str>| text.is_none_or(|text| text.trim().is_empty());
        let lacks = later
            .values
            .iter()
            .any(|value| is_blank(value.text.as_ref().map(crate::domain::Personal::as_str)))
            || later
                .uses
                .iter()
                .any(|name| is_blank(self.reading(name).text.as_deref()));
        match filled.text {
            Some(text) if filled.asks || !lacks => Ok(StepText::Known(text.into())),
            _ => Err(Stop::Lacks(key.to_owned())),
        }
    }

    fn text(&self, text: StepText) -> Result<Option<StepText>, Stop> {
        let StepText::Later(later) = text else {
            return Ok(Some(text));
        };
        let text = self.fill(&later)?.text;
        Ok(text.map(|text| StepText::Known(text.into())))
    }

    fn json(&self, value: StepValue) -> Result<Option<StepValue>, Stop> {
        Ok(match value {
            StepValue::Known(_) => Some(value),
            StepValue::Later(later) => {
                let filled = self.fill(&later)?;
                let text = || filled.text.map(Value::from);
                filled.typed.or_else(text).map(StepValue::Known)
            }
            StepValue::List(list) => {
                let mut known = Vec::with_capacity(list.len());
                for value in list {
                    known.extend(self.json(value)?);
                }
                list_of(known)
            }
            StepValue::Object(members) => {
                let mut known = Vec::with_capacity(members.len());
                for (name, value) in members {
                    known.extend(self.json(value)?.map(|value| (name, value)));
                }
                object_of(known)
            }
        })
    }

    /// Returns the text of a template; `None` without a value, or if it fails.
    pub(super) fn shown(&self, later: &LaterText) -> Option<String> {
        self.fill(later).ok()?.text
    }

    fn fill(&self, later: &LaterText) -> Result<Filled, Stop> {
        let kept = later.values.iter().map(|value| value.name.as_str());
        let names: Vec<&str> = kept.chain(later.uses.iter().map(String::as_str)).collect();
        let template = compiled(later, &names).ok_or(Stop::Template)?;
        let of_packet = later.values.iter().map(|value| FieldReading {
            text: value.text.as_ref().map(|text| text.as_str().to_owned()),
            items: value.items.clone(),
            truth: value.truth,
            block: value.block.clone(),
            rows: value.rows.clone(),
            ..FieldReading::default()
        });
        let of_steps = later.uses.iter().map(|name| self.reading(name));
        let readings: Vec<FieldReading> = of_packet.chain(of_steps).collect();
        let only = template.only_field();
        let typed = only.and_then(|index| readings.get(index)?.typed.clone());
        let values = Values {
            names: &[],
            readings: &readings,
            built_in: &BuiltIn::default(),
        };
        let text = match template.render(&values) {
            Rendered::Text(text) => Some(text),
            Rendered::NoValue => None,
            Rendered::Failed => return Err(Stop::Template),
        };
        Ok(Filled {
            text,
            typed,
            asks: template.asks(),
        })
    }
}

/// A filled template.
struct Filled {
    text: Option<String>,
    /// The value with its type, if the template is only its name.
    typed: Option<Value>,
    /// Whether it asks if there is a value.
    asks: bool,
}

fn compiled(later: &LaterText, names: &[&str]) -> Option<Template> {
    let source = SourceText::new("then", &later.template);
    let part = |offset: usize, length: usize| TextPlace::within(&source, offset, length);
    let wording = Wording {
        text: &later.template,
        part: &part,
    };
    let escape = match later.escape {
        TextEscape::Plain => Escape::Nothing,
        TextEscape::Url => Escape::Url,
        TextEscape::Json => Escape::Json,
        TextEscape::Html => Escape::Html,
    };
    compile_as(escape, &wording, names, &mut Problems::default())
}
