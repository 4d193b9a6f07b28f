//! What a reason names, so that submissions with the same trouble form a group.

use serde::{Deserialize, Serialize};

use super::VerdictReason;
use crate::domain::{CrmFailure, Explanation, LabelExplanation, Personal};

/// The field, and the value, that a person has to look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct ReasonSubject {
    /// The field of the portal or of the profile, the connection, or the refused method.
    pub field: Option<String>,
    /// The value that does not fit, as it was sent.
    pub value: Option<Personal>,
}

impl ReasonSubject {
    fn field(name: impl Into<String>) -> Self {
        Self {
            field: Some(name.into()),
            value: None,
        }
    }

    /// Returns whether the reason names nothing.
    pub fn is_empty(&self) -> bool {
        self.field.is_none() && self.value.is_none()
    }
}

impl VerdictReason {
    /// Returns what the reason names.
    pub fn subject(&self) -> ReasonSubject {
        match self {
            Self::Because(steps) => {
                let named = steps.iter().map(named_by);
                named
                    .into_iter()
                    .find(|named| !named.is_empty())
                    .unwrap_or_default()
            }
            Self::StepLacksValue(name)
            | Self::NoDestination(name)
            | Self::NoConnection(Some(name)) => ReasonSubject::field(name),
            Self::Rejected(values) => {
                let first = values.first();
                first.map_or_else(ReasonSubject::default, |value| {
                    ReasonSubject::field(&value.field)
                })
            }
            Self::Crm(failure) => match &**failure {
                CrmFailure::Refused { method, code, .. } if code.is_empty() => {
                    ReasonSubject::field(method)
                }
                CrmFailure::Refused { method, code, .. } => {
                    ReasonSubject::field(format!("{method}: {code}"))
                }
                _ => ReasonSubject::default(),
            },
            _ => ReasonSubject::default(),
        }
    }
}

fn named_by(step: &Explanation) -> ReasonSubject {
    match step {
        Explanation::Mapping(note) => ReasonSubject::field(&note.about),
        Explanation::UnknownField { field, .. } | Explanation::UnknownLabel { field, .. } => {
            ReasonSubject::field(field)
        }
        Explanation::Label(LabelExplanation::NoValue { field, label, .. }) => ReasonSubject {
            field: Some(field.clone()),
            value: Some(label.clone()),
        },
        Explanation::Label(LabelExplanation::NoField { block, name }) => {
            ReasonSubject::field(format!("{block}.{name}"))
        }
        Explanation::Label(LabelExplanation::NoList(field)) => ReasonSubject::field(field),
        _ => ReasonSubject::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_its_field_and_its_value() {
        let label = LabelExplanation::NoValue {
            field: "deal.UF_CRM_CITY".to_owned(),
            title: "Город".to_owned(),
            label: "Тверь".into(),
            some: Vec::new(),
            others: 0,
            default: None,
        };
        let reason =
            VerdictReason::Because(vec![Explanation::CutCharacters, Explanation::Label(label)]);
        let subject = reason.subject();
        assert_eq!(subject.field.as_deref(), Some("deal.UF_CRM_CITY"));
        assert_eq!(subject.value, Some("Тверь".into()));
        assert!(VerdictReason::NoProfile.subject().is_empty());
        let refused = CrmFailure::Refused {
            method: "crm.deal.add".to_owned(),
            code: "ERROR_CORE".to_owned(),
            text: "Обязательное поле".into(),
        };
        let subject = VerdictReason::Crm(Box::new(refused)).subject();
        assert_eq!(subject.field.as_deref(), Some("crm.deal.add: ERROR_CORE"));
    }
}
