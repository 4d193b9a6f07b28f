//! Replaces labels by ids: a plan says "Москва", the portal's list wants 45. For a label that the list does not
//! have, the profile's `unknown` decides. No value is dropped silently.

use crate::crm::dictionary::{Choice, Dictionaries, FieldInfo, by_label, folded};
use crate::delivery::Verdict;
use crate::domain::{
    CrmStep, EntityKind, Explanation, LabelExplanation, LabelValue, ParkReason, Personal,
    PlannedField, PlannedValue, UnknownLabel, VerdictReason, text,
};

fn is_label(field: &PlannedField) -> bool {
    matches!(field.value, PlannedValue::Label(_))
}

/// Returns whether a plan has any labels.
pub(super) fn any(plan: &CrmStep) -> bool {
    let contact = plan.contact.as_ref().map(|contact| &contact.fields);
    let company = plan.company.as_ref().map(|company| &company.fields);
    let record = plan.record.as_ref().map(|record| &record.fields);
    let all = contact.into_iter().chain(company).chain(record);
    all.flatten().any(is_label)
}

/// Parks a submission whose label is missing from a list.
pub(super) fn park(about: LabelExplanation) -> (Verdict, Vec<Explanation>) {
    let why = Explanation::Label(about);
    let verdict = Verdict::Park {
        reason: ParkReason::UnknownLabel,
        text: VerdictReason::Because(vec![why.clone()]),
    };
    (verdict, vec![why])
}

/// Returns the plan with ids in place of labels, and notes on labels that the lists do not have; or why it is
/// parked.
pub(super) fn chosen(
    plan: &CrmStep,
    known: &Dictionaries,
) -> Result<(CrmStep, Vec<Explanation>), Box<LabelExplanation>> {
    let (mut plan, mut notes) = (plan.clone(), Vec::new());
    if let Some(contact) = &mut plan.contact {
        all(None, &mut contact.fields, known, &mut notes)?;
    }
    if let Some(company) = &mut plan.company {
        let kind = Some(EntityKind::Company);
        all(kind, &mut company.fields, known, &mut notes)?;
    }
    if let Some(record) = &mut plan.record {
        all(Some(record.kind), &mut record.fields, known, &mut notes)?;
    }
    Ok((plan, notes))
}

fn all(
    entity: Option<EntityKind>,
    fields: &mut Vec<PlannedField>,
    known: &Dictionaries,
    notes: &mut Vec<Explanation>,
) -> Result<(), Box<LabelExplanation>> {
    let mut kept = Vec::with_capacity(fields.len());
    for field in fields.drain(..) {
        let PlannedValue::Label(label) = &field.value else {
            kept.push(field);
            continue;
        };
        let (values, mut why) = one(entity, &field.name, label, known)?;
        if let Some(Explanation::UnknownLabel { place, .. }) = &mut why {
            *place = field.origin.place();
        }
        notes.extend(why);
        kept.extend(values.into_iter().map(|value| PlannedField {
            value,
            ..field.clone()
        }));
    }
    *fields = kept;
    Ok(())
}

/// The values for a field, and a note if the label was not found.
type Chosen = (Vec<PlannedValue>, Option<Explanation>);

/// Returns the list field and its values; or why there is none.
fn list<'d>(
    entity: Option<EntityKind>,
    name: &str,
    known: &'d Dictionaries,
) -> Result<(&'d FieldInfo, &'d [Choice]), Box<LabelExplanation>> {
    let block = entity.map_or("contact", EntityKind::as_str);
    if let Some(EntityKind::Item(number)) = entity
        && known.fields(entity).is_empty()
    {
        return Err(Box::new(LabelExplanation::NoProcess(number)));
    }
    let Some(field) = known.field(entity, name) else {
        let (block, name) = (block.to_owned(), name.to_owned());
        return Err(Box::new(LabelExplanation::NoField { block, name }));
    };
    let choices = known.choices(field);
    let choices =
        choices.ok_or_else(|| Box::new(LabelExplanation::NoList(format!("{block}.{name}"))))?;
    Ok((field, choices))
}

fn one(
    entity: Option<EntityKind>,
    name: &str,
    label: &LabelValue,
    known: &Dictionaries,
) -> Result<Chosen, Box<LabelExplanation>> {
    let block = entity.map_or("contact", EntityKind::as_str);
    let (field, choices) = list(entity, name, known)?;
    let value = |id: String| {
        if field.multiple {
            PlannedValue::Member(id.into())
        } else {
            PlannedValue::Text(id.into())
        }
    };
    let holds = if field.multiple {
        ValueCount::Several
    } else {
        ValueCount::One
    };
    let found = values(choices, label.text.as_str(), holds);
    let Some(unknown) = found.unknown.first() else {
        return Ok((found.ids.into_iter().map(value).collect(), None));
    };
    let list = format!("{block}.{name}");
    let missing = |default: Option<&String>| LabelExplanation::NoValue {
        field: list.clone(),
        title: field.title.clone(),
        label: text::ellipsis(unknown, 100).into(),
        some: choices
            .iter()
            .take(5)
            .map(|choice| choice.label.clone())
            .collect(),
        others: choices.len().saturating_sub(5),
        default: default.cloned(),
    };
    let why = |instead| match holds {
        ValueCount::One => Explanation::UnknownLabel {
            field: list.clone(),
            instead,
            place: None,
        },
        ValueCount::Several => Explanation::UnknownLabels {
            field: list.clone(),
            labels: named(&found.unknown),
            instead,
        },
    };
    let mut ids = found.ids.clone();
    let instead = match &label.unknown {
        UnknownLabel::Park => return Err(Box::new(missing(None))),
        UnknownLabel::Skip => None,
        UnknownLabel::Default(other) => match by_label(choices, other) {
            Some(choice) => {
                if !ids.contains(&choice.id) {
                    ids.push(choice.id.clone());
                }
                Some(choice.label.clone())
            }
            None => return Err(Box::new(missing(Some(other)))),
        },
    };
    let note = why(instead);
    Ok((ids.into_iter().map(value).collect(), Some(note)))
}

/// The maximum number of unknown labels that a note names.
const MOST_NAMED: usize = 10;

fn named(unknown: &[String]) -> Vec<Personal> {
    let first = unknown.iter().take(MOST_NAMED);
    first
        .map(|label| text::ellipsis(label, 100).into())
        .collect()
}

/// The number of values that a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ValueCount {
    One,
    Several,
}

/// The maximum number of separated pieces in one label.
const MOST_PIECES: usize = 6;

/// The ids of a text's labels, and the parts that are no labels.
#[derive(Debug, Default, PartialEq, Eq)]
struct FoundLabels {
    ids: Vec<String>,
    unknown: Vec<String>,
}

/// Looks up one label, or several separated by commas, semicolons or lines. A label may contain commas, so the
/// longest match wins.
fn values(choices: &[Choice], text: &str, holds: ValueCount) -> FoundLabels {
    let mut found = FoundLabels::default();
    if let Some(choice) = by_label(choices, text) {
        found.ids.push(choice.id.clone());
        return found;
    }
    if holds == ValueCount::One {
        found.unknown.push(text.to_owned());
        return found;
    }
    let pieces: Vec<&str> = text
        .split_inclusive([',', ';', '|', '\n'])
        .filter(|piece| !folded(bare(piece)).is_empty())
        .collect();
    let mut left = pieces.as_slice();
    while let [first, ..] = left {
        let most = left.len().min(MOST_PIECES);
        let known = (1..=most).rev().find_map(|count| {
            let joined = left.get(..count)?.concat();
            by_label(choices, bare(&joined)).map(|choice| (count, choice))
        });
        let count = if let Some((count, choice)) = known {
            if !found.ids.contains(&choice.id) {
                found.ids.push(choice.id.clone());
            }
            count
        } else {
            found.unknown.push(bare(first).to_owned());
            1
        };
        left = left.get(count..).unwrap_or_default();
    }
    found
}

fn bare(piece: &str) -> &str {
    piece.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn olympiads() -> Vec<Choice> {
        [
            ("1", "Олимпиады"),
            ("2", "Олимпиады, конкурсы"),
            ("3", "Курсы"),
        ]
        .map(|(id, label)| Choice {
            id: id.to_owned(),
            label: label.to_owned(),
        })
        .to_vec()
    }

    fn ids(text: &str, holds: ValueCount) -> Result<Vec<String>, Vec<String>> {
        let found = values(&olympiads(), text, holds);
        if found.unknown.is_empty() {
            Ok(found.ids)
        } else {
            Err([found.ids, found.unknown].concat())
        }
    }

    #[test]
    fn splits_several_labels_and_allows_commas_in_a_label() {
        assert_eq!(ids("курсы", ValueCount::One), Ok(vec!["3".to_owned()]));
        assert_eq!(
            ids("олимпиады,  конкурсы", ValueCount::One),
            Ok(vec!["2".to_owned()])
        );
        for text in ["Курсы, Олимпиады", "курсы; олимпиады", "Курсы\nОлимпиады,"]
        {
            assert_eq!(
                ids(text, ValueCount::Several),
                Ok(vec!["3".to_owned(), "1".to_owned()]),
                "{text}"
            );
        }
        let both = Ok(vec!["2".to_owned(), "3".to_owned()]);
        assert_eq!(ids("Олимпиады, конкурсы, Курсы", ValueCount::Several), both);
        assert_eq!(
            ids("Курсы, Курсы", ValueCount::Several),
            Ok(vec!["3".to_owned()])
        );
        assert_eq!(
            ids("Курсы, Олимпиады", ValueCount::One),
            Err(vec!["Курсы, Олимпиады".to_owned()])
        );
        assert_eq!(
            ids("Пение, Курсы; Танцы, Олимпиады", ValueCount::Several),
            Err(["3", "1", "Пение", "Танцы"].map(str::to_owned).to_vec())
        );
    }
}
