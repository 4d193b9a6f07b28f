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
use crate::domain::{Bilingual, Email, Lang, Phone, bilingual};
use crate::intake;
use crate::journal::{Erased, Journal, Person, StoredOfPerson};
use crate::store::Store;

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
    let stored = journal
        .stored_of(&person, &mut |looked| progress.at(looked))
        .map_err(|error| no(error.into()))?;
    drop(progress);
    let count = stored.count();
    if count == 0 {
        Out::line(
            Bilingual::new(
                "nothing is stored about this person",
                "об этом человеке ничего не хранится",
            )
            .pick(lang),
        );
        return Ok(ExitCode::SUCCESS);
    }
    show(&stored, out);
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

/// Erases, and prints what was done.
fn erase_all(
    journal: &Journal,
    person: &Person,
    stored: StoredOfPerson,
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    let mut progress = Progress::new(Bilingual::new("erasing", "стирание").pick(lang));
    let erased = actix_web::rt::System::new().block_on(journal.erase_stored(
        person,
        stored,
        &mut |erased| progress.at(erased),
    ))?;
    drop(progress);
    let Erased { count, busy } = erased;
    Out::line(bilingual!("erased: {count}", "стёрто: {count}").pick(lang));
    scrub(journal, lang)?;
    Out::line(
        Bilingual::new(
            "the CRM, the log of your proxy and backups were not changed",
            "CRM, журнал прокси-сервера и резервные копии не изменены",
        )
        .pick(lang),
    );
    if busy == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    let busy = bilingual!(
        "being delivered right now: {busy}; run this again in a minute",
        "доставляются прямо сейчас: {busy}; повторите команду через минуту"
    );
    Out::line(busy.pick(lang));
    Ok(ExitCode::from(1))
}

/// Shows what would be erased.
fn show(stored: &StoredOfPerson, out: &Out) {
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
    let done = scrubbed.words();
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
