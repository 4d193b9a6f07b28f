//! The outcomes of a submission's steps, for people.

use crate::cli::out::{Ink, clean};
use crate::domain::{Bilingual, CrmStep, Lang, State, bilingual};
use crate::journal::History;
use crate::journal::state_texts;

/// Returns the outcomes of the steps, one per row; none if the only step is `crm`, because the
/// outcome of the submission already shows it.
pub(super) fn rows(history: &History, lang: Lang) -> Vec<Vec<(Ink, String)>> {
    let is_plain = |name: &str| name == CrmStep::NAME;
    let outcomes = || history.steps.iter().map(|step| &step.outcome);
    let current = history.step.as_deref();
    if outcomes().all(|outcome| is_plain(&outcome.name)) && current.is_none_or(is_plain) {
        return Vec::new();
    }
    let word = Bilingual::new("step", "шаг").pick(lang);
    let mut rows: Vec<Vec<(Ink, String)>> = outcomes()
        .map(|outcome| {
            let (name, destination) = (&outcome.name, &outcome.destination);
            let verdict = state_texts::verdict(outcome.verdict, lang);
            fact(word, clean(&format!("{name} ({destination}): {verdict}")))
        })
        .collect();
    let is_open = |name: &&str| {
        history.entry.state != State::Delivered && !outcomes().any(|outcome| outcome.name == *name)
    };
    if let Some(name) = current.filter(is_open) {
        let next = bilingual!("{name}: next", "{name}: следующий").pick(lang);
        rows.push(fact(word, clean(&next)));
    }
    rows
}

fn fact(name: &str, value: String) -> Vec<(Ink, String)> {
    vec![(Ink::Dim, name.to_owned()), (Ink::Plain, value)]
}
