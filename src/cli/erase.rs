//! `leadgate erase`: removes what is kept of a person and leaves the bare records. Works while the
//! gateway runs.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Args;

use super::entries::print_entries;
use super::failure::Failure;
use super::out::Out;
use super::progress::Progress;
use crate::app::STORE_FILE;
use crate::config::Settings;
use crate::domain::{Email, Lang, Phone, SubmissionId};
use crate::intake;
use crate::journal::{Entry, Journal, Person, Scrubbed};
use crate::store::Store;

/// How many are erased in one transaction.
const STEP: usize = 100;

#[derive(Debug, Args)]
pub(super) struct EraseArgs {
    /// Of the person with this phone, in any spelling.
    #[arg(long, value_name = "PHONE", required_unless_present = "email")]
    phone: Vec<String>,
    /// Of the person with this e-mail address.
    #[arg(long, value_name = "ADDRESS")]
    email: Vec<String>,
    /// Only show what would be erased.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(erase: &EraseArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    let no = |error| Failure::new(1, error);
    let person = person(erase)?;
    let path = settings.data.dir.join(STORE_FILE);
    let store = if erase.dry_run {
        Store::open_read_only(&path)
    } else {
        Store::open_beside(&path)
    };
    let journal = Journal::new(
        store.map_err(|error| Failure::new(1, error))?,
        intake::sources(),
    );
    let mut progress = Progress::new("looking");
    let found = journal
        .of_person(&person, &mut |looked| progress.at(looked))
        .map_err(|error| no(error.into()))?;
    drop(progress);
    let refused = journal
        .refused_of_person(&person)
        .map_err(|error| no(error.into()))?;
    if found.is_empty() && refused.is_empty() {
        Out::line("nothing is kept of this person");
        return Ok(ExitCode::SUCCESS);
    }
    show(&found, refused.len(), out);
    if erase.dry_run {
        Out::line(format!(
            "would be erased: {}; nothing was written",
            found.len() + refused.len()
        ));
        return Ok(ExitCode::SUCCESS);
    }
    if !erase.yes && !agreed(found.len() + refused.len()).map_err(|error| no(error.into()))? {
        Out::line("nothing was erased");
        return Ok(ExitCode::from(1));
    }
    let ids: Vec<SubmissionId> = found.iter().map(|entry| entry.id).collect();
    let erased = erase_all(&journal, &ids).map_err(no)?;
    let unread = actix_web::rt::System::new()
        .block_on(journal.erase_refused(refused))
        .map_err(|error| no(error.into()))?;
    Out::line(format!("erased: {}", erased + unread));
    scrub(&journal).map_err(no)?;
    Out::line("in the CRM, in the log of your proxy, and in backups nothing was changed");
    if erased == ids.len() {
        return Ok(ExitCode::SUCCESS);
    }
    let left = ids.len() - erased;
    Out::line(format!(
        "being delivered at this moment: {left}; run this again in a minute"
    ));
    Ok(ExitCode::from(1))
}

/// Shows what would be erased.
fn show(found: &[Entry], refused: usize, out: &Out) {
    if !found.is_empty() {
        print_entries(found, Lang::En, out);
    }
    if refused > 0 {
        Out::line(format!(
            "refused requests that tell of this person: {refused}"
        ));
    }
}

/// Makes sure that the bytes are gone from the files, and says how thoroughly.
fn scrub(journal: &Journal) -> anyhow::Result<()> {
    let mut progress = Progress::new("rewriting");
    let scrubbed = journal.scrub(&mut |step| progress.at(step))?;
    drop(progress);
    Out::line(match scrubbed {
        Scrubbed::Whole => "the file was written anew without it",
        Scrubbed::Overwritten => {
            "it was overwritten in the file; unused corners may hold copies from before: to be sure of \
             those, stop the gateway and run this again with --yes"
        }
        Scrubbed::LogLeft => {
            "it was overwritten in the file; somebody is reading, so leadgate.db-wal may hold it a while \
             longer: run this again later"
        }
    });
    Ok(())
}

fn person(erase: &EraseArgs) -> Result<Person, Failure> {
    let wrong =
        |text: &String, what: &str| Failure::new(2, anyhow::anyhow!("`{text}` is no {what}"));
    let phones = erase
        .phone
        .iter()
        .map(|text| Phone::parse(text).ok_or_else(|| wrong(text, "phone number")));
    let emails = erase
        .email
        .iter()
        .map(|text| Email::parse(text).ok_or_else(|| wrong(text, "e-mail address")));
    Ok(Person {
        phones: phones.collect::<Result<_, _>>()?,
        emails: emails.collect::<Result<_, _>>()?,
    })
}

fn erase_all(journal: &Journal, ids: &[SubmissionId]) -> anyhow::Result<usize> {
    let mut progress = Progress::new("erasing");
    let mut erased = 0;
    actix_web::rt::System::new().block_on(async {
        for step in ids.chunks(STEP) {
            erased += journal.erase(step.to_vec()).await?.len();
            progress.at(u64::try_from(erased)?);
        }
        Ok(erased)
    })
}

/// Asks; without a terminal nobody can agree.
fn agreed(count: usize) -> std::io::Result<bool> {
    if !std::io::stdin().is_terminal() {
        Out::line("add --yes to erase without being asked");
        return Ok(false);
    }
    let mut stdout = std::io::stdout().lock();
    write!(
        stdout,
        "Erase what is kept of these {count}? It cannot be undone. [y/N] "
    )?;
    stdout.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(["y", "yes", "д", "да"].contains(&answer.trim().to_lowercase().as_str()))
}
