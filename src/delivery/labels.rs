//! Labels become ids: a plan says "Москва", the portal's list wants 45. What a list does not have is read
//! once more from the portal, at most once a minute, because somebody may just have added it; then the
//! profile's `unknown` decides. Nothing is left empty in silence.

use super::{Job, Verdict, unread};
use crate::crm::bitrix24::{Client, Looked};
use crate::crm::dictionary::{Choice, Dictionaries, FieldInfo, by_label, folded};
use crate::crm::{CallTrace, CrmError};
use crate::domain::{
    AboutLabel, EntityKind, ItemType, LabelValue, Lang, ParkReason, Plan, PlannedField,
    PlannedValue, UnknownLabel, Why, text,
};

/// A plan whose labels are ids, with what there is to tell, `None` when it had none; or the verdict that
/// needs no delivery.
pub(super) type Labelled = Result<Option<(Plan, Vec<Why>)>, Box<Stopped>>;

/// A verdict before any delivery, and the step that led to it, where there is one.
#[derive(Debug)]
pub(super) struct Stopped {
    pub(super) verdict: Verdict,
    pub(super) why: Option<Why>,
}

impl Stopped {
    fn unread(verdict: Verdict) -> Box<Self> {
        let why = None;
        Box::new(Self { verdict, why })
    }

    fn parked(about: AboutLabel) -> Box<Self> {
        let why = Why::Label(about);
        let verdict = Verdict::Park {
            reason: ParkReason::UnknownLabel,
            text: why.tell(Lang::En),
        };
        let why = Some(why);
        Box::new(Self { verdict, why })
    }
}

fn is_label(field: &PlannedField) -> bool {
    matches!(field.value, PlannedValue::Label(_))
}

/// Whether a plan has any labels.
fn any(plan: &Plan) -> bool {
    let contact = plan.contact.as_ref().map(|contact| &contact.fields);
    let record = plan.record.as_ref().map(|record| &record.fields);
    contact.into_iter().chain(record).flatten().any(is_label)
}

/// The smart processes whose lists the plans need, each once.
fn processes(jobs: &[Job]) -> Vec<ItemType> {
    let records = jobs.iter().filter_map(|job| job.plan.record.as_ref());
    let mut all: Vec<ItemType> = records
        .filter(|record| record.fields.iter().any(is_label))
        .filter_map(|record| match record.kind {
            EntityKind::Item(number) => Some(number),
            EntityKind::Lead | EntityKind::Deal => None,
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Finds the ids of all labels.
pub(super) async fn look_up(
    client: &Client,
    jobs: &[Job],
    calls: &mut [Vec<CallTrace>],
) -> Vec<Labelled> {
    if !jobs.iter().any(|job| any(&job.plan)) {
        return jobs.iter().map(|_| Ok(None)).collect();
    }
    let asked = processes(jobs);
    let known = taken(client.dictionaries_with(&asked).await, jobs, calls);
    let known = match known {
        Ok(known) => known,
        Err(error) => {
            return each(jobs, calls, |job, mine| {
                Err(Stopped::unread(unread(job, &error, mine)))
            });
        }
    };
    // whatever the profile does about it: somebody may have added the value since
    let is_missing =
        |job: &Job| !matches!(chosen(&job.plan, &known), Ok((_, told)) if told.is_empty());
    let newer = if jobs.iter().any(is_missing) {
        taken(client.newer_dictionaries(&asked).await, jobs, calls)
    } else {
        Ok(known)
    };
    match newer {
        Ok(known) => each(jobs, calls, |job, _| finished(job, &known)),
        Err(error) => each(jobs, calls, |job, mine| {
            Err(Stopped::unread(unread(job, &error, mine)))
        }),
    }
}

fn each(
    jobs: &[Job],
    calls: &[Vec<CallTrace>],
    mut labelled: impl FnMut(&Job, &[CallTrace]) -> Labelled,
) -> Vec<Labelled> {
    jobs.iter()
        .zip(calls)
        .map(|(job, mine)| {
            if any(&job.plan) {
                labelled(job, mine)
            } else {
                Ok(None)
            }
        })
        .collect()
}

/// The dictionaries; the call that brought them is told in the history of each job with labels.
fn taken(
    looked: Looked,
    jobs: &[Job],
    calls: &mut [Vec<CallTrace>],
) -> Result<std::sync::Arc<Dictionaries>, CrmError> {
    let (read, call) = looked;
    if let Some(mut call) = call {
        // the answers fill pages and concern nobody in particular
        for command in &mut call.commands {
            if let crate::crm::CommandOutcome::Done(result) = &mut command.outcome {
                *result = serde_json::json!("…");
            }
        }
        for (job, mine) in jobs.iter().zip(calls) {
            if any(&job.plan) {
                mine.push(call.clone());
            }
        }
    }
    read
}

fn finished(job: &Job, known: &Dictionaries) -> Labelled {
    chosen(&job.plan, known)
        .map(Some)
        .map_err(|about| Stopped::parked(*about))
}

/// The plan with ids in place of labels, and which labels the lists lack; or why a person is needed.
fn chosen(plan: &Plan, known: &Dictionaries) -> Result<(Plan, Vec<Why>), Box<AboutLabel>> {
    let (mut plan, mut told) = (plan.clone(), Vec::new());
    if let Some(contact) = &mut plan.contact {
        all(None, &mut contact.fields, known, &mut told)?;
    }
    if let Some(record) = &mut plan.record {
        all(Some(record.kind), &mut record.fields, known, &mut told)?;
    }
    Ok((plan, told))
}

fn all(
    entity: Option<EntityKind>,
    fields: &mut Vec<PlannedField>,
    known: &Dictionaries,
    told: &mut Vec<Why>,
) -> Result<(), Box<AboutLabel>> {
    let mut kept = Vec::with_capacity(fields.len());
    for field in fields.drain(..) {
        let PlannedValue::Label(label) = &field.value else {
            kept.push(field);
            continue;
        };
        let (values, why) = one(entity, &field.name, label, known)?;
        told.extend(why);
        kept.extend(values.into_iter().map(|value| PlannedField {
            value,
            ..field.clone()
        }));
    }
    *fields = kept;
    Ok(())
}

/// The values for a field, as many as it is to get, and what there is to tell about it.
type Chosen = (Vec<PlannedValue>, Option<Why>);

/// The list field and its values; or why there is none.
fn list<'d>(
    entity: Option<EntityKind>,
    name: &str,
    known: &'d Dictionaries,
) -> Result<(&'d FieldInfo, &'d [Choice]), Box<AboutLabel>> {
    let block = entity.map_or("contact", EntityKind::as_str);
    if let Some(EntityKind::Item(number)) = entity
        && known.fields(entity).is_empty()
    {
        return Err(Box::new(AboutLabel::NoProcess(number)));
    }
    let Some(field) = known.field(entity, name) else {
        let (block, name) = (block.to_owned(), name.to_owned());
        return Err(Box::new(AboutLabel::NoField { block, name }));
    };
    let choices = known.choices(field);
    let choices = choices.ok_or_else(|| Box::new(AboutLabel::NoList(format!("{block}.{name}"))))?;
    Ok((field, choices))
}

fn one(
    entity: Option<EntityKind>,
    name: &str,
    label: &LabelValue,
    known: &Dictionaries,
) -> Result<Chosen, Box<AboutLabel>> {
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
        Holds::Several
    } else {
        Holds::One
    };
    let unknown = match values(choices, label.text.as_str(), holds) {
        Ok(ids) => return Ok((ids.into_iter().map(value).collect(), None)),
        Err(unknown) => unknown,
    };
    let list = format!("{block}.{name}");
    let missing = |default: Option<&String>| AboutLabel::NoValue {
        field: list.clone(),
        title: field.title.clone(),
        label: text::ellipsis(&unknown, 100).into(),
        some: choices
            .iter()
            .take(5)
            .map(|choice| choice.label.clone())
            .collect(),
        others: choices.len().saturating_sub(5),
        default: default.cloned(),
    };
    let why = |instead| Why::UnknownLabel {
        field: list.clone(),
        instead,
    };
    match &label.unknown {
        UnknownLabel::Park => Err(Box::new(missing(None))),
        UnknownLabel::Skip => Ok((Vec::new(), Some(why(None)))),
        UnknownLabel::Default(other) => match by_label(choices, other) {
            Some(choice) => Ok((
                vec![value(choice.id.clone())],
                Some(why(Some(choice.label.clone()))),
            )),
            None => Err(Box::new(missing(Some(other)))),
        },
    }
}

/// How many values a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    One,
    Several,
}

/// No label of a list is made of more pieces than this.
const MOST_PIECES: usize = 6;

/// The ids of a text: of its one label, or of several with commas, semicolons or lines between them; or
/// the first part that is no label. A label may have commas of its own, so the longest goes first.
fn values(choices: &[Choice], text: &str, holds: Holds) -> Result<Vec<String>, String> {
    if let Some(choice) = by_label(choices, text) {
        return Ok(vec![choice.id.clone()]);
    }
    if holds == Holds::One {
        return Err(text.to_owned());
    }
    let pieces: Vec<&str> = text
        .split_inclusive([',', ';', '|', '\n'])
        .filter(|piece| !folded(bare(piece)).is_empty())
        .collect();
    let mut ids = Vec::new();
    let mut left = pieces.as_slice();
    while let [first, ..] = left {
        let most = left.len().min(MOST_PIECES);
        let found = (1..=most).rev().find_map(|count| {
            let joined = left.get(..count)?.concat();
            by_label(choices, bare(&joined)).map(|choice| (count, choice))
        });
        let Some((count, choice)) = found else {
            return Err(bare(first).to_owned());
        };
        if !ids.contains(&choice.id) {
            ids.push(choice.id.clone());
        }
        left = left.get(count..).unwrap_or_default();
    }
    Ok(ids)
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

    fn ids(text: &str, holds: Holds) -> Result<Vec<String>, String> {
        values(&olympiads(), text, holds)
    }

    #[test]
    fn several_labels_are_told_apart_and_a_comma_may_belong_to_one() {
        assert_eq!(ids("курсы", Holds::One), Ok(vec!["3".to_owned()]));
        assert_eq!(
            ids("олимпиады,  конкурсы", Holds::One),
            Ok(vec!["2".to_owned()])
        );
        for text in ["Курсы, Олимпиады", "курсы; олимпиады", "Курсы\nОлимпиады,"]
        {
            assert_eq!(
                ids(text, Holds::Several),
                Ok(vec!["3".to_owned(), "1".to_owned()]),
                "{text}"
            );
        }
        let both = Ok(vec!["2".to_owned(), "3".to_owned()]);
        assert_eq!(ids("Олимпиады, конкурсы, Курсы", Holds::Several), both);
        assert_eq!(
            ids("Курсы, Курсы", Holds::Several),
            Ok(vec!["3".to_owned()])
        );
        assert_eq!(
            ids("Курсы, Олимпиады", Holds::One),
            Err("Курсы, Олимпиады".to_owned())
        );
        assert_eq!(ids("Курсы, Пение", Holds::Several), Err("Пение".to_owned()));
    }
}
