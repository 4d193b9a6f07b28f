//! The results of steps that templates use: `{{steps.crm.deal_id}}`. Reports steps that do not
//! exist or come later, values that a step does not give, and values of steps that may be skipped.

use crate::authoring::codes::Code;
use crate::authoring::problem::{Problems, TextPlace};
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::condition::{RawCondition, RawTest};
use crate::authoring::raw::then::RawStep;
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::{CrmStep, IfItFails, SaveMissing, bilingual};
use crate::mapping::template::{is_name, step_references, step_value};
use crate::mapping::then::later::SUBMISSION_ID;

/// What a text becomes without one of its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// It makes no sense.
    All,
    /// It is left out, or the value is.
    MayLack,
}

/// A step and what it gives.
pub(super) struct StepInfo {
    name: String,
    /// Whether it may be skipped or refused.
    may_be_skipped: bool,
    /// The names of its values, and whether each may be missing.
    values: Vec<(String, bool)>,
}

impl StepInfo {
    /// Returns what a step of `then` gives.
    pub(super) fn of_request(step: &RawStep, name: &str) -> Self {
        let continues = step
            .if_it_fails
            .as_ref()
            .is_some_and(|word| word.value == IfItFails::Continue);
        let mut values = Vec::new();
        if step.http.is_some() {
            values.push(("status".to_owned(), false));
            values.extend(step.request.save.iter().map(|save| {
                let missing = save.missing.as_ref().map(|word| word.value);
                let may_lack = missing.unwrap_or_default() == SaveMissing::Skip;
                (save.name.value.clone(), may_lack)
            }));
        }
        if step.mail.is_some() {
            values.push(("message_id".to_owned(), false));
        }
        Self {
            name: name.to_owned(),
            may_be_skipped: step.when.is_some() || continues,
            values,
        }
    }

    /// Returns what the step of the CRM blocks gives, if the profile has any.
    fn of_crm(raw: &RawProfile) -> Option<Self> {
        let contact = raw.contact.as_ref().filter(|contact| !contact.none);
        let record = [&raw.deal, &raw.lead, &raw.item];
        let record = record.into_iter().flatten().next();
        let mut values = Vec::new();
        if let Some(contact) = contact {
            values.push(("contact_id".to_owned(), contact.when.is_some()));
        }
        if let Some(company) = &raw.company {
            values.push(("company_id".to_owned(), company.when.is_some()));
        }
        if let Some(record) = record {
            let may_lack = record.when.is_some();
            values.push((format!("{}_id", record.block), may_lack));
            if record.block == "item" {
                values.push(("item_type".to_owned(), may_lack));
            }
        }
        (!values.is_empty()).then(|| Self {
            name: CrmStep::NAME.to_owned(),
            may_be_skipped: false,
            values,
        })
    }
}

/// The steps so far, and the names of all.
pub(super) struct StepNames {
    steps: Vec<StepInfo>,
    all: Vec<String>,
}

impl StepNames {
    pub(super) fn new(raw: &RawProfile) -> Self {
        let steps: Vec<StepInfo> = StepInfo::of_crm(raw).into_iter().collect();
        Self {
            all: steps.iter().map(|step| step.name.clone()).collect(),
            steps,
        }
    }

    /// Adds the names of the steps that follow.
    pub(super) fn announce(&mut self, names: impl Iterator<Item = String>) {
        self.all.extend(names);
    }

    /// Adds a step, whose values the next ones may use.
    pub(super) fn add(&mut self, step: StepInfo) {
        self.steps.push(step);
    }

    /// Returns whether there is a step of this name so far.
    pub(super) fn is_known(&self, name: &str) -> bool {
        self.steps.iter().any(|step| step.name == name)
    }

    /// Returns the names of all values so far, as templates write them. New ones are at the end.
    pub(super) fn values(&self) -> Vec<String> {
        let of_steps = self.steps.iter().flat_map(|step| {
            let name = &step.name;
            step.values
                .iter()
                .map(move |(value, _)| format!("steps.{name}.{value}"))
        });
        std::iter::once(SUBMISSION_ID.to_owned())
            .chain(of_steps)
            .collect()
    }

    /// Checks every result that a text uses.
    pub(super) fn check_text(&self, text: &Text, problems: &mut Problems) -> Option<()> {
        let mut is_good = true;
        for range in step_references(&text.value) {
            let place = part(text, &range);
            let word = text.value.get(range).unwrap_or_default();
            is_good &= self.check(word, &place, problems).is_some();
        }
        is_good.then_some(())
    }

    /// Checks one result.
    pub(super) fn check(
        &self,
        word: &str,
        place: &TextPlace,
        problems: &mut Problems,
    ) -> Option<()> {
        let (name, value) = step_value(word).unwrap_or((word, ""));
        let Some(step) = self.steps.iter().find(|step| step.name == name) else {
            self.unknown_step(name, place, problems);
            return None;
        };
        if step.values.iter().any(|(known, _)| known == value) {
            return Some(());
        }
        let message = bilingual!(
            "the step `{name}` gives no `{value}`",
            "шаг `{name}` не даёт значения `{value}`"
        );
        let known: Vec<&str> = step
            .values
            .iter()
            .map(|(known, _)| known.as_str())
            .collect();
        let advice = match suggest::nearest(value, known.iter().copied()) {
            Some(near) => suggest::meant(&format!("steps.{name}.{near}")),
            None if name == CrmStep::NAME => suggest::did_you_mean(value, &known),
            None => bilingual!(
                "add it to that step: `save: {{ {value}: $.… }}`",
                "добавьте в тот шаг: `save: {{ {value}: $.… }}`"
            ),
        };
        problems.error(Code::UnknownStep, place, message, advice);
        None
    }

    fn unknown_step(&self, name: &str, place: &TextPlace, problems: &mut Problems) {
        if self.all.iter().any(|step| !is_name(step)) {
            // the step with the bad name is probably the one that is meant
            return;
        }
        if self.all.iter().any(|step| step == name) {
            let message = bilingual!(
                "the step `{name}` is not finished yet when this one begins",
                "шаг `{name}` к этому моменту ещё не выполнен"
            );
            let advice = bilingual!(
                "write the step `{name}` above this one",
                "поставьте шаг `{name}` выше этого"
            );
            problems.error(Code::UnknownStep, place, message, advice);
            return;
        }
        let known: Vec<&str> = self.steps.iter().map(|step| step.name.as_str()).collect();
        let message = bilingual!("there is no step `{name}`", "шага `{name}` нет");
        // `steps.deal_id` lacks its step
        let end = name.strip_prefix("steps.").map(|value| format!(".{value}"));
        let values = self.values();
        let meant = end.and_then(|end| values.iter().find(|value| value.ends_with(&end)));
        let advice = if let Some(meant) = meant {
            suggest::meant(meant)
        } else if known.is_empty() {
            bilingual!(
                "no step comes before this one",
                "перед этим шагом других нет"
            )
        } else {
            suggest::did_you_mean(name, &known)
        };
        problems.error(Code::UnknownStep, place, message, advice);
    }

    /// Reports results that may be missing, unless the step's `when` asks for them.
    pub(super) fn check_skipped(
        &self,
        text: &Text,
        needs: Needs,
        when: Option<&RawCondition>,
        problems: &mut Problems,
    ) {
        for range in step_references(&text.value) {
            let place = part(text, &range);
            let word = text.value.get(range).unwrap_or_default();
            let Some((name, value)) = step_value(word) else {
                continue;
            };
            let Some(step) = self.steps.iter().find(|step| step.name == name) else {
                continue;
            };
            let may_lack = step
                .values
                .iter()
                .any(|(known, may_lack)| known == value && *may_lack);
            let is_asked = asks(when, |asked| asked == word);
            let is_done = asks(when, |asked| {
                step_value(asked).is_some_and(|(other, _)| other == name)
            });
            if is_asked || !((step.may_be_skipped && !is_done) || may_lack) {
                continue;
            }
            report_skipped(word, needs, &place, problems);
        }
    }

    /// Reports that the contact or the record which a step changes may not exist, unless the step's
    /// `when` asks for it.
    pub(super) fn check_target(
        &self,
        update: &Text,
        when: Option<&RawCondition>,
        problems: &mut Problems,
    ) {
        let target = update.value.trim();
        let value = format!("{target}_id");
        let crm = self.steps.iter().find(|step| step.name == CrmStep::NAME);
        let mut values = crm.into_iter().flat_map(|step| &step.values);
        let may_lack = values.any(|(known, may_lack)| *known == value && *may_lack);
        let word = format!("steps.{}.{value}", CrmStep::NAME);
        if !may_lack || asks(when, |asked| asked == word) {
            return;
        }
        let message = bilingual!(
            "the block `{target}` has a `when`; without its record this step parks the submission",
            "у блока `{target}` есть `when`; если записи нет, на этом шаге обращение будет отложено"
        );
        let advice = bilingual!(
            "run the step only with it: `when: {{ {word}: present }}`",
            "выполняйте шаг только с ней: `when: {{ {word}: present }}`"
        );
        problems.warn(Code::SkippedStep, &update.place, message, advice);
    }
}

fn report_skipped(word: &str, needs: Needs, place: &TextPlace, problems: &mut Problems) {
    let advice = bilingual!(
        "give it a default, {{{{default {word} \"…\"}}}}, or run this step only with it: `when: {{ {word}: present }}`",
        "задайте значение по умолчанию, {{{{default {word} \"…\"}}}}, или выполняйте шаг только с ним: `when: {{ {word}: present }}`"
    );
    match needs {
        Needs::All => {
            let message = bilingual!(
                "`{word}` may have no value: its step may be skipped, or its reply may lack it",
                "`{word}` может не иметь значения: его шаг бывает пропущен, или в ответе его нет"
            );
            problems.error(Code::SkippedStep, place, message, advice);
        }
        Needs::MayLack => {
            let message = bilingual!(
                "`{word}` may have no value and is left out then: its step may be skipped, or its reply may lack it",
                "`{word}` может не иметь значения и тогда не передаётся: его шаг бывает пропущен, или в ответе его нет"
            );
            problems.warn(Code::SkippedStep, place, message, advice);
        }
    }
}

/// Returns whether a condition asks for a value like this to be there.
fn asks(when: Option<&RawCondition>, is_it: impl Fn(&str) -> bool) -> bool {
    when.iter()
        .flat_map(|when| &when.tests)
        .any(|test| match test {
            // reported as such
            RawTest::Packet(text) => step_references(&text.value)
                .into_iter()
                .any(|range| text.value.get(range).is_some_and(&is_it)),
            RawTest::Field { name, wanted } => {
                let lets_absent = |text: &Text| {
                    text.plain && text.value.trim() == "absent"
                        || text.value.trim_start().starts_with("!=")
                };
                let whole = format!("steps.{}", name.value);
                (is_it(&name.value) || is_it(&whole)) && !wanted.iter().any(lets_absent)
            }
        })
}

fn part(text: &Text, range: &std::ops::Range<usize>) -> TextPlace {
    let chars = |range: std::ops::Range<usize>| {
        text.value.get(range).map_or(0, |part| part.chars().count())
    };
    text.part(chars(0..range.start), chars(range.clone()).max(1))
}
