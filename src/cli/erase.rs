//! `leadgate erase`: removes everything that is stored about a person and leaves the bare records.
//! Works while the gateway runs.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Args;

use super::entries::print_entries;
use super::failure::Failure;
use super::out::Out;
use super::progress::Progress;
use crate::app::STORE_FILE;
use crate::config::Settings;
use crate::domain::{Bilingual, Email, Lang, Phone, SubmissionId, bilingual};
use crate::intake;
use crate::journal::{Entry, Journal, Person, Scrubbed};
use crate::store::{CallKey, Store, StoreError};

/// Submissions that are erased in one transaction.
const STEP: usize = 100;

#[derive(Debug, Args)]
pub(super) struct EraseArgs {
    /// The phone number of the person, in any spelling.
    #[arg(long, value_name = "PHONE")]
    phone: Vec<String>,
    /// The e-mail address of the person.
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
    let lang = out.lang();
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
    let mut progress = Progress::new(Bilingual::new("searching", "поиск").pick(lang));
    let found = journal
        .of_person(&person, &mut |looked| progress.at(looked))
        .map_err(|error| no(error.into()))?;
    drop(progress);
    let refused = journal
        .refused_of_person(&person)
        .map_err(|error| no(error.into()))?;
    let calls = journal
        .calls_of_person(&person)
        .map_err(|error| no(error.into()))?;
    if found.is_empty() && refused.is_empty() && calls.is_empty() {
        Out::line(
            Bilingual::new(
                "nothing is stored about this person",
                "об этом человеке ничего не хранится",
            )
            .pick(lang),
        );
        return Ok(ExitCode::SUCCESS);
    }
    let stored = Stored {
        found,
        refused,
        calls,
    };
    show(&stored, out);
    let count = stored.found.len() + stored.refused.len() + stored.calls.len();
    if erase.dry_run {
        let dry_run = bilingual!(
            "would be erased: {count}; nothing was written",
            "будет стёрто: {count}; пока ничего не изменено"
        );
        Out::line(dry_run.pick(lang));
        return Ok(ExitCode::SUCCESS);
    }
    if !erase.yes && !agreed(count, lang).map_err(|error| no(error.into()))? {
        Out::line(Bilingual::new("nothing was erased", "ничего не стёрто").pick(lang));
        return Ok(ExitCode::from(1));
    }
    erase_all(&journal, &person, stored, lang).map_err(no)
}

/// What is stored about a person.
struct Stored {
    found: Vec<Entry>,
    /// The numbers of refused requests.
    refused: Vec<i64>,
    /// Calls that go on.
    calls: Vec<CallKey>,
}

/// Erases, and prints what was done.
fn erase_all(
    journal: &Journal,
    person: &Person,
    stored: Stored,
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    let ids: Vec<SubmissionId> = stored.found.iter().map(|entry| entry.id).collect();
    let erased = erase_submissions(journal, person, &ids, lang)?;
    let Stored { refused, calls, .. } = stored;
    let others = actix_web::rt::System::new().block_on(async {
        let refused = journal.erase_refused(refused).await?;
        Ok::<_, StoreError>(refused + journal.erase_calls(calls).await?)
    })?;
    let all = erased + others;
    Out::line(bilingual!("erased: {all}", "стёрто: {all}").pick(lang));
    scrub(journal, lang)?;
    Out::line(
        Bilingual::new(
            "the CRM, the log of your proxy and backups were not changed",
            "CRM, журнал прокси-сервера и резервные копии не изменены",
        )
        .pick(lang),
    );
    if erased == ids.len() {
        return Ok(ExitCode::SUCCESS);
    }
    let left = ids.len() - erased;
    let busy = bilingual!(
        "being delivered right now: {left}; run this again in a minute",
        "доставляются прямо сейчас: {left}; повторите команду через минуту"
    );
    Out::line(busy.pick(lang));
    Ok(ExitCode::from(1))
}

/// Shows what would be erased.
fn show(stored: &Stored, out: &Out) {
    if !stored.found.is_empty() {
        print_entries(&stored.found, out);
    }
    let (refused, calls) = (stored.refused.len(), stored.calls.len());
    if calls > 0 {
        let going_on = bilingual!(
            "calls of this person that go on: {calls}",
            "незавершённых звонков этого человека: {calls}"
        );
        Out::line(going_on.pick(out.lang()));
    }
    if refused > 0 {
        let requests = bilingual!(
            "refused requests about this person: {refused}",
            "отклонённых запросов об этом человеке: {refused}"
        );
        Out::line(requests.pick(out.lang()));
    }
}

/// Overwrites the erased bytes in the files, and prints how thoroughly.
fn scrub(journal: &Journal, lang: Lang) -> anyhow::Result<()> {
    let mut progress = Progress::new(Bilingual::new("rewriting", "перезапись").pick(lang));
    let scrubbed = journal.scrub(&mut |step| progress.at(step))?;
    drop(progress);
    let done = match scrubbed {
        Scrubbed::Whole => Bilingual::new(
            "the file was rewritten without it",
            "файл переписан заново, без этих данных",
        ),
        Scrubbed::Overwritten => Bilingual::new(
            "it was overwritten in the file; unused pages may still hold earlier copies: to remove those, stop \
             the gateway and run this again with --yes",
            "данные затёрты в файле; в неиспользуемых страницах могли остаться прежние копии: чтобы убрать и \
             их, остановите шлюз и повторите команду с --yes",
        ),
        Scrubbed::LogLeft => Bilingual::new(
            "it was overwritten in the file; another program is reading, so leadgate.db-wal may hold it a \
             while longer: run this again later",
            "данные затёрты в файле; его читает другая программа, поэтому в leadgate.db-wal они могут \
             остаться ещё на время: повторите команду позже",
        ),
    };
    Out::line(done.pick(lang));
    Ok(())
}

fn person(erase: &EraseArgs) -> Result<Person, Failure> {
    let wrong = |text: &String, en: &str, ru: &str| {
        let message = bilingual!("`{text}` is not a valid {en}", "`{text}` — не {ru}");
        Failure::message(2, message)
    };
    if erase.phone.is_empty() && erase.email.is_empty() {
        let message = Bilingual::new(
            "name the person: --phone PHONE or --email ADDRESS",
            "укажите человека: --phone ТЕЛЕФОН или --email АДРЕС",
        );
        return Err(Failure::message(2, message));
    }
    let phones = erase.phone.iter().map(|text| {
        Phone::parse(text).ok_or_else(|| wrong(text, "phone number", "номер телефона"))
    });
    let emails = erase.email.iter().map(|text| {
        Email::parse(text).ok_or_else(|| wrong(text, "e-mail address", "адрес e-mail"))
    });
    Ok(Person {
        phones: phones.collect::<Result<_, _>>()?,
        emails: emails.collect::<Result<_, _>>()?,
    })
}

fn erase_submissions(
    journal: &Journal,
    person: &Person,
    ids: &[SubmissionId],
    lang: Lang,
) -> anyhow::Result<usize> {
    let mut progress = Progress::new(Bilingual::new("erasing", "стирание").pick(lang));
    let mut erased = 0;
    actix_web::rt::System::new().block_on(async {
        for step in ids.chunks(STEP) {
            erased += journal.erase(step.to_vec(), person).await?.len();
            progress.at(u64::try_from(erased)?);
        }
        Ok(erased)
    })
}

/// Asks for confirmation; without a terminal the answer is no.
fn agreed(count: usize, lang: Lang) -> std::io::Result<bool> {
    if !std::io::stdin().is_terminal() {
        Out::line(
            Bilingual::new(
                "add --yes to erase without being asked",
                "чтобы стереть без вопроса, добавьте --yes",
            )
            .pick(lang),
        );
        return Ok(false);
    }
    let mut stdout = std::io::stdout().lock();
    let question = bilingual!(
        "Erase the content of these {count}? This cannot be undone. [y/N] ",
        "Стереть содержимое, всего {count}? Отменить это нельзя. [д/Н] "
    );
    write!(stdout, "{}", question.pick(lang))?;
    stdout.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(["y", "yes", "д", "да"].contains(&answer.trim().to_lowercase().as_str()))
}
