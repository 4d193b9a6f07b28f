//! How a step of a submission ended, and what it gives to the steps after it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Became, CompanyId, ContactId, Destination, EntityKind, ParkReason, RecordId, VerdictReason,
};

/// The outcome of one step of a submission.
#[derive(Debug, Clone, PartialEq)]
pub struct StepOutcome {
    /// Its position in the plan, counted from 0.
    pub position: u32,
    /// Its name.
    pub name: String,
    /// Where it went.
    pub destination: Destination,
    /// How it ended.
    pub verdict: StepVerdict,
    /// What later steps may use; of an unfinished step, what it has made so far.
    pub result: StepResult,
    /// Why it was refused, if it was.
    pub refusal: Option<Refusal>,
}

/// The outcome of a step with the time at which it was stored.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedStep {
    /// When it was stored.
    pub at: Timestamp,
    /// The outcome.
    pub outcome: StepOutcome,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepVerdict {
    /// The destination has it.
    Done,
    /// The destination refused it, and the plan continues without it.
    Refused,
    /// Its `when` does not hold.
    Skipped,
    /// It has made something and has not ended.
    Unfinished,
    /// It may have made more than is known, and has to check before it makes anything.
    Uncertain,
}

impl StepVerdict {
    /// All verdicts.
    pub const ALL: [Self; 5] = [
        Self::Done,
        Self::Refused,
        Self::Skipped,
        Self::Unfinished,
        Self::Uncertain,
    ];

    /// Returns the stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Skipped => "skipped",
            Self::Unfinished => "unfinished",
            Self::Uncertain => "uncertain",
        }
    }

    /// Parses the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|verdict| verdict.as_str() == word)
    }

    /// Returns whether the step is never done again, unless a person names it.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Refused | Self::Skipped)
    }
}

impl fmt::Display for StepVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a step was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason, from the closed list.
    pub reason: ParkReason,
    /// The details.
    pub text: VerdictReason,
}

/// The values that a step gives to later steps: `contact_id`, `deal_id`, or what an HTTP step
/// saves.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepResult(Map<String, Value>);

/// Shows the names only: the values may be personal data.
impl fmt::Debug for StepResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl FromIterator<(String, Value)> for StepResult {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

impl StepResult {
    /// Returns the value of this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Returns whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the values with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Creates the result of a CRM step: `contact_id`, `company_id`, and `lead_id`, `deal_id`, or
    /// `item_id` with `item_type`.
    pub fn of_crm(became: Became) -> Self {
        let mut values = Map::new();
        if let Some(contact) = became.contact {
            values.insert("contact_id".to_owned(), contact.get().into());
        }
        if let Some(company) = became.company {
            values.insert("company_id".to_owned(), company.get().into());
        }
        if let Some((kind, id)) = became.record {
            values.insert(format!("{}_id", kind.as_str()), id.get().into());
            if let EntityKind::Item(process) = kind {
                values.insert("item_type".to_owned(), process.get().into());
            }
        }
        Self(values)
    }

    /// Returns what a CRM step has made.
    pub fn became(&self) -> Became {
        let number = |name: &str| self.get(name).and_then(Value::as_i64);
        let item = || {
            let number = number("item_type")?;
            EntityKind::parse(&format!("item-{number}"))
        };
        let kinds = [
            ("deal_id", Some(EntityKind::Deal)),
            ("lead_id", Some(EntityKind::Lead)),
            ("item_id", item()),
        ];
        let record = kinds
            .into_iter()
            .find_map(|(name, kind)| Some((kind?, RecordId::new(number(name)?)?)));
        Became {
            contact: number("contact_id").and_then(ContactId::new),
            company: number("company_id").and_then(CompanyId::new),
            record,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_survives_its_word() {
        for verdict in StepVerdict::ALL {
            assert_eq!(StepVerdict::parse(verdict.as_str()), Some(verdict));
            let json = serde_json::to_string(&verdict).unwrap();
            assert_eq!(json, format!("\"{verdict}\""));
        }
        assert_eq!(StepVerdict::parse("lost"), None);
    }

    #[test]
    fn what_a_crm_step_made_is_read_from_its_result() {
        let kinds = ["lead", "deal", "item-128"].map(|kind| EntityKind::parse(kind).unwrap());
        for kind in kinds {
            let became = Became {
                contact: ContactId::new(7),
                company: CompanyId::new(5),
                record: RecordId::new(9).map(|id| (kind, id)),
            };
            let result = StepResult::of_crm(became);
            assert_eq!(result.became(), became);
            assert!(!format!("{result:?}").contains('9'), "{result:?}");
        }
        assert_eq!(StepResult::default().became(), Became::default());
    }
}
