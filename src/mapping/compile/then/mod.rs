//! `then`: the steps after the CRM. Each step may use the results of those before it.

mod bodies;
mod calltouch;
mod json;
mod mail;
mod references;
mod request;
mod update;

use std::collections::BTreeMap;
use std::ops::Range;

use self::references::{Needs, StepInfo, StepNames};
use super::condition;
use super::field_rules::Used;
use super::neighbours::Neighbours;
use super::own_template::inline_as;
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::condition::{RawCondition, RawTest};
use crate::authoring::raw::then::RawStep;
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::{CrmStep, IfItFails, LaterTest, MailStep, WrittenTest, bilingual};
use crate::mapping::condition::{Condition, ExpectedValue};
use crate::mapping::field::DeclaredField;
use crate::mapping::template::{Escape, Template, is_name, step_references, step_value};
use crate::mapping::then::rules::{BodyRules, StepKindRules, StepRules};

/// What all steps need to be compiled.
pub(super) struct ThenContext<'c> {
    pub(super) raw: &'c RawProfile,
    /// The names of the fields.
    pub(super) declared: &'c [&'c str],
    pub(super) templates: &'c BTreeMap<String, String>,
    pub(super) neighbours: &'c Neighbours,
}

/// The compiled steps.
#[derive(Default)]
pub(super) struct CompiledSteps {
    pub(super) rules: Vec<StepRules>,
    /// The names of results, which follow the fields in the numbers of templates.
    pub(super) later_names: Vec<String>,
}

impl CompiledSteps {
    /// Marks the fields whose type a JSON body uses.
    pub(super) fn note_types(&self, fields: &mut [DeclaredField]) {
        let mut typed = Vec::new();
        for step in &self.rules {
            if let StepKindRules::Http(http) = &step.kind
                && let BodyRules::Json(rule) = &http.body
            {
                rule.typed_fields(&mut typed);
            }
        }
        for index in typed {
            if let Some(field) = fields.get_mut(index) {
                field.keeps_type = true;
            }
        }
    }
}

/// One step that is being compiled.
struct StepCompiler<'c, 'p> {
    context: &'c ThenContext<'c>,
    /// The names of fields, then those of results.
    names: &'c [&'c str],
    steps: &'c StepNames,
    step: &'c RawStep,
    used: &'p mut Used,
    problems: &'p mut Problems,
}

/// Compiles the steps. Reports every mistake; a step with a mistake is left out.
pub(super) fn compile(
    context: &ThenContext<'_>,
    used: &mut Used,
    problems: &mut Problems,
) -> CompiledSteps {
    let mut steps = StepNames::new(context.raw);
    let mut all = CompiledSteps {
        rules: Vec::new(),
        later_names: steps.values(),
    };
    let written = context.raw.then.as_deref().unwrap_or_default();
    steps.announce(written.iter().map(|step| name_of(step).to_owned()));
    for step in written {
        let results = all.later_names.iter().map(String::as_str);
        let names: Vec<&str> = context.declared.iter().copied().chain(results).collect();
        let mut one = StepCompiler {
            context,
            names: &names,
            steps: &steps,
            step,
            used,
            problems,
        };
        let rules = one.step();
        let info = StepInfo::of_request(step, name_of(step));
        all.rules.extend(rules);
        steps.add(info);
        all.later_names = steps.values();
    }
    all
}

/// Returns the step's name: as written, or its destination.
fn name_of(step: &RawStep) -> &str {
    let written = step.name.as_ref().or(step.http.as_ref());
    let unnamed = if step.mail.is_some() {
        MailStep::NAME
    } else if step.is_broken && step.crm.is_none() {
        // what it is has been reported
        ""
    } else {
        "crm_update"
    };
    written.map_or(unnamed, |text| text.value.trim())
}

/// Returns whether a destination is written as an address.
fn is_address(destination: &Text) -> bool {
    destination.value.contains(['/', ':'])
}

impl StepCompiler<'_, '_> {
    fn step(&mut self) -> Option<StepRules> {
        let name = self.name();
        let (when, later) = self.when();
        let kind = match (&self.step.http, &self.step.crm, &self.step.mail) {
            (None, None, Some(mail)) => {
                self.no_request_keys();
                self.mail(mail).map(StepKindRules::Mail)
            }
            (Some(destination), None, None) => self.request(destination).map(StepKindRules::Http),
            (None, Some(update), None) => {
                self.no_request_keys();
                self.update(update).map(StepKindRules::CrmUpdate)
            }
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => {
                let message = bilingual!(
                    "a step has one kind: `http`, `mail` or `crm`",
                    "у шага один вид: `http`, `mail` или `crm`"
                );
                let advice = bilingual!("make two steps of it", "сделайте из него два шага");
                self.problems
                    .error(Code::WrongPlace, &self.step.place, message, advice);
                None
            }
            // what it should do has been reported
            (None, None, None) if self.step.is_broken => None,
            (None, None, None) => {
                let message = bilingual!(
                    "the step does not say what to do",
                    "в шаге не сказано, что делать"
                );
                let advice = bilingual!(
                    "add `http: NAME`, a destination of the settings, `mail: {{ to: …, subject: … }}` or `crm: {{ update: deal, … }}`",
                    "добавьте `http: ИМЯ` — сервис из настроек, `mail: {{ to: …, subject: … }}` или `crm: {{ update: deal, … }}`"
                );
                self.problems
                    .error(Code::MissingKey, &self.step.place, message, advice);
                None
            }
        };
        let if_it_fails = self.step.if_it_fails.as_ref();
        Some(StepRules {
            name: name?,
            when,
            later,
            if_it_fails: if_it_fails.map_or(IfItFails::Park, |word| word.value),
            kind: kind?,
        })
    }

    fn name(&mut self) -> Option<String> {
        let name = name_of(self.step);
        let written = self.step.name.as_ref().or(self.step.http.as_ref());
        let place = written.map_or(&self.step.place, |text| &text.place);
        if self.step.http.as_ref().is_some_and(is_address) {
            // reported where the destination is compiled
            return None;
        }
        if name.is_empty() && written.is_none() {
            return None;
        }
        if !is_name(name) {
            let message = bilingual!(
                "`{name}` cannot be a step's name",
                "`{name}` не может быть именем шага"
            );
            let advice = bilingual!(
                "add `name:` with letters, digits and `_`, beginning with a letter",
                "добавьте `name:` из букв, цифр и `_`, первой — букву"
            );
            self.problems.error(Code::BadName, place, message, advice);
            return None;
        }
        if self.steps.is_known(name) || name == CrmStep::NAME {
            let message = bilingual!("there is already a step `{name}`", "шаг `{name}` уже есть");
            let advice = bilingual!(
                "give this one another `name`",
                "дайте этому другое имя: `name`"
            );
            self.problems.error(Code::SameName, place, message, advice);
            return None;
        }
        Some(name.to_owned())
    }

    /// Compiles `when`: tests of the packet now, tests of earlier steps when the step is delivered.
    fn when(&mut self) -> (Condition, Vec<LaterTest>) {
        let Some(raw) = &self.step.when else {
            return (Condition::default(), Vec::new());
        };
        let is_later = |test: &&RawTest| matches!(test, RawTest::Field { name, .. } if step_value(&name.value).is_some());
        let now = RawCondition {
            tests: raw
                .tests
                .iter()
                .filter(|test| !is_later(test))
                .cloned()
                .collect(),
        };
        let now = self.without_results(now);
        let when = condition::compile(Some(&now), self.context.declared, self.problems);
        self.used.condition(&when);
        let mut later = Vec::new();
        for test in raw.tests.iter().filter(is_later) {
            if let RawTest::Field { name, wanted } = test {
                later.extend(self.later_test(name, wanted));
            }
        }
        (when, later)
    }

    /// Reports results of steps that are written without `steps.` or as templates.
    fn without_results(&mut self, mut condition: RawCondition) -> RawCondition {
        let results = self.steps.values();
        condition.tests.retain(|test| {
            let (place, word) = match test {
                RawTest::Field { name, .. } => (&name.place, name.value.trim()),
                RawTest::Packet(text) => {
                    let name = text.value.trim().strip_prefix("{{");
                    let Some(name) = name.and_then(|rest| rest.strip_suffix("}}")) else {
                        return true;
                    };
                    (&text.place, name.trim())
                }
            };
            if self.context.declared.contains(&word) {
                return true;
            }
            let is_it = |result: &&String| {
                let short = result.strip_prefix("steps.");
                let last = short.and_then(|short| short.rsplit_once('.'));
                short == Some(word)
                    || last.is_some_and(|(_, last)| last == word)
                    || (word.starts_with("steps.") && result.as_str() == word)
            };
            let Some(result) = results.iter().find(is_it) else {
                return true;
            };
            let message = bilingual!(
                "results of steps have their whole name in a condition",
                "в условии результат шага называют полным именем"
            );
            let advice = match test {
                RawTest::Field { .. } => bilingual!("write `{result}`", "напишите `{result}`"),
                RawTest::Packet(_) => bilingual!(
                    "write `when: {{ {result}: present }}`",
                    "напишите `when: {{ {result}: present }}`"
                ),
            };
            self.problems
                .error(Code::UnknownField, place, message, advice);
            false
        });
        condition
    }

    fn later_test(&mut self, name: &Text, wanted: &[Text]) -> Option<LaterTest> {
        let place = name.part(0, name.value.chars().count());
        self.steps.check(&name.value, &place, self.problems)?;
        for text in wanted {
            let parsed = if text.plain {
                ExpectedValue::parse(&text.value)
            } else {
                ExpectedValue::parse_quoted(&text.value)
            };
            if parsed.is_none() {
                condition::not_a_number(text, self.problems);
            }
        }
        let wanted = wanted.iter().map(|text| WrittenTest {
            text: text.value.clone(),
            plain: text.plain,
        });
        Some(LaterTest {
            name: name.value.clone(),
            wanted: wanted.collect(),
        })
    }

    /// Reports keys of a request in a step of another kind.
    fn no_request_keys(&mut self) {
        if let Some((key, place)) = self.step.request.first_key() {
            let message = bilingual!(
                "`{key}` belongs in a step with `http`",
                "`{key}` пишут в шаге с `http`"
            );
            let advice = bilingual!("remove it", "уберите его");
            self.problems
                .error(Code::WrongPlace, place, message, advice);
        }
    }

    /// Compiles a template, after checking the results that it uses.
    fn template(&mut self, text: &Text, escape: Escape, needs: Needs) -> Option<Template> {
        if self.steps.check_text(text, self.problems).is_none() {
            // other mistakes of the text are reported, too
            let unknown = step_references(&text.value).into_iter();
            let unknown = unknown.filter_map(|range| text.value.get(range));
            let names: Vec<&str> = self.names.iter().copied().chain(unknown).collect();
            inline_as(escape, text, &names, self.problems);
            return None;
        }
        let template = inline_as(escape, text, self.names, self.problems)?;
        self.used.template(&template);
        let place = |range: &Range<usize>| references::part(text, range);
        let rules = (needs, self.step.when.as_ref());
        self.steps
            .check_skipped(&text.value, &place, rules, self.problems);
        Some(template)
    }

    fn pairs(&mut self, pairs: &[(Text, Text)]) -> Vec<(String, Template)> {
        let mut compiled = Vec::with_capacity(pairs.len());
        for (name, text) in pairs {
            let template = self.template(text, Escape::Nothing, Needs::MayLack);
            compiled.extend(template.map(|template| (name.value.clone(), template)));
        }
        compiled
    }

    fn wrong_value(&mut self, text: &Text, known: &[&str], key: &str) {
        let found = &text.value;
        let message = bilingual!("`{key}` cannot be `{found}`", "`{key}` не бывает `{found}`");
        let advice = suggest::did_you_mean(found, known);
        self.problems
            .error(Code::WrongValue, &text.place, message, advice);
    }
}
