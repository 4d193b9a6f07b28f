//! The results of steps that templates use: `{{steps.crm.deal_id}}`. Reports steps that do not
//! exist or come later, values that a step does not give, and values of steps that may be skipped.

use std::ops::Range;

use crate::authoring::codes::Code;
use crate::authoring::problem::{Problems, TextPlace};
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::condition::{RawCondition, RawTest};
use crate::authoring::raw::then::{RawSave, RawStep};
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
    /// Its own condition: without it, it is skipped.
    when: Option<RawCondition>,
    /// Whether the plan continues if it is refused.
    may_be_refused: bool,
    values: Vec<StepResultInfo>,
    /// Whether its `save` could not be read.
    is_broken: bool,
}

/// A value that a step gives.
struct StepResultInfo {
    name: String,
    lacks: Lacks,
}

/// Why a step that has been carried out may lack a value.
enum Lacks {
    /// It never does.
    Never,
    /// The reply may not have it.
    Reply,
    /// The profile says that it is left out then: `missing: skip`.
    Allowed,
    /// Its block has this condition.
    Block(RawCondition),
}

impl StepResultInfo {
    fn sure(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            lacks: Lacks::Never,
        }
    }

    /// Returns a value of a block, which may have a condition.
    fn of_block(name: String, when: Option<&RawCondition>) -> Self {
        let lacks = when.cloned().map_or(Lacks::Never, Lacks::Block);
        Self { name, lacks }
    }

    fn saved(save: &RawSave) -> Self {
        let is_status = save
            .from
            .as_ref()
            .is_some_and(|from| from.value.trim() == "status");
        let missing = save.missing.as_ref().map(|word| word.value);
        let lacks = match missing {
            _ if is_status => Lacks::Never,
            None => Lacks::Reply,
            Some(SaveMissing::Skip) => Lacks::Allowed,
            Some(SaveMissing::Empty | SaveMissing::Fail) => Lacks::Never,
        };
        Self {
            name: save.name.value.clone(),
            lacks,
        }
    }
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
            values.push(StepResultInfo::sure("status"));
            values.extend(step.request.save.iter().map(StepResultInfo::saved));
        }
        if step.mail.is_some() {
            values.push(StepResultInfo::sure("message_id"));
        }
        Self {
            name: name.to_owned(),
            when: step.when.clone(),
            may_be_refused: continues,
            values,
            is_broken: step.is_broken && step.request.save.is_empty(),
        }
    }

    /// Returns what the step of the CRM blocks gives, if the profile has any.
    fn of_crm(raw: &RawProfile) -> Option<Self> {
        let contact = raw.contact.as_ref().filter(|contact| !contact.none);
        let record = [&raw.deal, &raw.lead, &raw.item];
        let record = record.into_iter().flatten().next();
        let mut values = Vec::new();
        if let Some(contact) = contact {
            values.push(StepResultInfo::of_block(
                "contact_id".to_owned(),
                contact.when.as_ref(),
            ));
        }
        if let Some(company) = &raw.company {
            values.push(StepResultInfo::of_block(
                "company_id".to_owned(),
                company.when.as_ref(),
            ));
        }
        if let Some(record) = record {
            let when = record.when.as_ref();
            let id = format!("{}_id", record.block);
            values.push(StepResultInfo::of_block(id, when));
            if record.block == "item" {
                values.push(StepResultInfo::of_block("item_type".to_owned(), when));
            }
        }
        (!values.is_empty()).then(|| Self {
            name: CrmStep::NAME.to_owned(),
            when: None,
            may_be_refused: false,
            values,
            is_broken: false,
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
                .map(move |value| format!("steps.{name}.{}", value.name))
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
        if step.values.iter().any(|known| known.name == value) {
            return Some(());
        }
        if step.is_broken {
            // what it gives is reported there
            return None;
        }
        let message = bilingual!(
            "the step `{name}` gives no `{value}`",
            "шаг `{name}` не даёт значения `{value}`"
        );
        let known: Vec<&str> = step
            .values
            .iter()
            .map(|known| known.name.as_str())
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

    /// Reports results that may be missing, unless the text has a default for them or the step's
    /// `when` asks for them. `place` says where a part of the text is.
    pub(super) fn check_skipped(
        &self,
        text: &str,
        place: &dyn Fn(&Range<usize>) -> TextPlace,
        (needs, when): (Needs, Option<&RawCondition>),
        problems: &mut Problems,
    ) {
        if text.contains("{{#if") || text.contains("{{#unless") {
            // it asks in its own way
            return;
        }
        let known = self.conditions(when);
        for range in step_references(text) {
            let word = text.get(range.clone()).unwrap_or_default();
            if has_default(text, range.start) {
                continue;
            }
            if let Some(may_lack) = self.may_lack(word, &known) {
                report_skipped(word, (may_lack, needs), &place(&range), problems);
            }
        }
    }

    /// Returns how a value may be missing where these conditions hold.
    fn may_lack(&self, word: &str, known: &[&RawTest]) -> Option<MayLack> {
        let (name, value) = step_value(word)?;
        let step = self.steps.iter().find(|step| step.name == name)?;
        let value = step.values.iter().find(|known| known.name == value)?;
        if asks(known, |asked| asked == word) {
            return None;
        }
        let is_done = asks(known, |asked| {
            step_value(asked).is_some_and(|(other, _)| other == name)
        });
        let holds = |when: &RawCondition| when.tests.iter().all(|test| is_among(test, known));
        let is_skipped = step.when.as_ref().is_some_and(|when| !holds(when));
        if !is_done && (is_skipped || step.may_be_refused) {
            return Some(MayLack::Step);
        }
        match &value.lacks {
            Lacks::Never => None,
            Lacks::Reply => Some(MayLack::Reply),
            Lacks::Allowed => Some(MayLack::Allowed),
            Lacks::Block(when) => (!holds(when)).then_some(MayLack::Step),
        }
    }

    /// Returns the tests that hold if this condition does: its own, and those of the steps whose
    /// values it asks for.
    fn conditions<'c>(&'c self, when: Option<&'c RawCondition>) -> Vec<&'c RawTest> {
        let mut known: Vec<&RawTest> = when.iter().flat_map(|when| &when.tests).collect();
        // a step asks for earlier ones only
        for step in self.steps.iter().rev() {
            let of_step =
                |asked: &str| step_value(asked).is_some_and(|(name, _)| name == step.name);
            if let Some(when) = &step.when
                && asks(&known, of_step)
            {
                known.extend(&when.tests);
            }
        }
        known
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
        let word = format!("steps.{}.{target}_id", CrmStep::NAME);
        if self.may_lack(&word, &self.conditions(when)).is_none() {
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

/// How a value may be missing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MayLack {
    /// Its step or its block may be skipped.
    Step,
    /// The reply may not have it.
    Reply,
    /// The same, and the profile says that it is left out then.
    Allowed,
}

fn report_skipped(
    word: &str,
    (may_lack, needs): (MayLack, Needs),
    place: &TextPlace,
    problems: &mut Problems,
) {
    let advice = bilingual!(
        "give it a default, {{{{default {word} \"…\"}}}}, or run this step only with it: `when: {{ {word}: present }}`",
        "задайте значение по умолчанию, {{{{default {word} \"…\"}}}}, или выполняйте шаг только с ним: `when: {{ {word}: present }}`"
    );
    match (may_lack, needs) {
        (MayLack::Step, _) | (_, Needs::All) => {
            let message = bilingual!(
                "`{word}` may have no value: its step may be skipped, or its reply may lack it",
                "`{word}` может не иметь значения: его шаг бывает пропущен, или в ответе его нет"
            );
            problems.error(Code::SkippedStep, place, message, advice);
        }
        (MayLack::Reply, Needs::MayLack) => {
            let message = bilingual!(
                "`{word}` may have no value and is left out then: its reply may lack it",
                "`{word}` может не иметь значения и тогда не передаётся: в ответе его может не быть"
            );
            let (name, _) = step_value(word).unwrap_or_default();
            let advice = bilingual!(
                "give it a default, {{{{default {word} \"…\"}}}}, or say in the step `{name}` what is to be done: `missing: skip`, `empty` or `fail`",
                "задайте значение по умолчанию, {{{{default {word} \"…\"}}}}, или укажите в шаге `{name}`, что делать: `missing: skip`, `empty` или `fail`"
            );
            problems.warn(Code::SkippedStep, place, message, advice);
        }
        (MayLack::Allowed, Needs::MayLack) => {}
    }
}

/// Returns whether the tag around this place has a default for its values, or walks through them.
fn has_default(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let tag = before.rsplit("{{").next().unwrap_or_default();
    let tag = tag.trim_start_matches(['{', '~', '(', ' ']);
    tag.starts_with('#') || tag.split([' ', '(']).any(|word| word == "default")
}

/// Returns whether one of these tests is the same.
fn is_among(test: &RawTest, known: &[&RawTest]) -> bool {
    known.iter().any(|other| match (test, other) {
        (RawTest::Packet(one), RawTest::Packet(other)) => one.value.trim() == other.value.trim(),
        (
            RawTest::Field { name, wanted },
            RawTest::Field {
                name: other,
                wanted: others,
            },
        ) => {
            // fewer values are a stricter test
            let allowed = |other: &Text| wanted.iter().any(|text| text.value == other.value);
            name.value == other.value && !others.is_empty() && others.iter().all(allowed)
        }
        _ => false,
    })
}

/// Returns whether one of these tests asks for a value like this to be there.
fn asks(tests: &[&RawTest], is_it: impl Fn(&str) -> bool) -> bool {
    tests.iter().any(|test| match test {
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

/// Returns the place of a part of a text.
pub(super) fn part(text: &Text, range: &Range<usize>) -> TextPlace {
    let chars = |range: Range<usize>| text.value.get(range).map_or(0, |part| part.chars().count());
    text.part(chars(0..range.start), chars(range.clone()).max(1))
}
