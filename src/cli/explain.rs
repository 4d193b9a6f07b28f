//! `leadgate explain ID`: why a submission became what it became, explained from the journal, in
//! English or Russian.

use std::process::ExitCode;

use clap::Args;

use super::entries::{as_json, ink, one};
use super::failure::Failure;
use super::out::{Ink, Out, clean};
use crate::app::STORE_FILE;
use crate::config::Settings;
use crate::domain::{Bilingual, Lang, bilingual};
use crate::intake;
use crate::journal::explain::{ExplainedAttempt, add_to_json, attempts, conclusion};
use crate::journal::{Entry, History, Journal, state_texts};
use crate::store::Store;

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The id, at least four of its first or last digits, or poll/answer (123/345).
    id: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(
    explain: &ExplainArgs,
    settings: &Settings,
    out: &Out,
) -> Result<ExitCode, Failure> {
    let path = settings.data.dir.join(STORE_FILE);
    let store = Store::open_read_only(&path).map_err(|error| Failure::new(1, error))?;
    let history = one(&Journal::new(store, intake::sources()), &explain.id)?;
    let attempts = attempts(&history);
    let lang = out.lang();
    if explain.json {
        let mut whole = as_json(&history.entry, lang);
        add_to_json(&mut whole, &history.entry, &attempts, lang);
        Out::line(whole.to_string());
    } else {
        print(&history.entry, &attempts, lang, out);
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints why a submission became what it became.
pub(super) fn show(history: &History, lang: Lang, out: &Out) {
    print(&history.entry, &attempts(history), lang, out);
}

fn print(entry: &Entry, attempts: &[ExplainedAttempt<'_>], lang: Lang, out: &Out) {
    let id = entry.id;
    let head = bilingual!("Submission {id}", "Обращение {id}").pick(lang);
    Out::line(out.ink(Ink::Strong, &head));
    let from = format!(
        "{}, {}",
        intake::sources().full_label(&entry.source, lang),
        out.moment(entry.received_at)
    );
    Out::line(out.ink(Ink::Dim, &clean(&from)));
    for attempt in attempts {
        let at = out.moment(attempt.at);
        let profile = attempt
            .profile
            .map(|profile| profile.name.as_str())
            .map(|name| bilingual!(", profile “{name}”", ", профиль «{name}»").pick(lang));
        let head = Bilingual::new(
            format!("Attempt {}, {at}", attempt.number),
            format!("Попытка {}, {at}", attempt.number),
        )
        .pick(lang);
        Out::line(format!("\n{head}{}", clean(&profile.unwrap_or_default())));
        if let Some(outdated) = attempt.outdated(lang) {
            Out::line(format!("  · {}", clean(&outdated)));
        }
        for step in &attempt.steps {
            Out::line(format!("  · {}", clean(&step.to_text(lang))));
            for line in step.details() {
                Out::line(out.ink(Ink::Dim, &format!("      {line}")));
            }
        }
        if let Some(verdict) = attempt.verdict {
            // what the steps say is not repeated
            let text = attempt.reason(lang);
            let text = text.map(|text| format!(": {}", clean(&text)));
            let state = out.ink(ink(verdict.state), state_texts::state(verdict.state, lang));
            Out::line(format!("  → {state}{}", text.unwrap_or_default()));
        }
    }
    Out::line("");
    for line in conclusion(entry, |at| out.moment(at), lang) {
        Out::line(clean(&line));
    }
}
