//! `leadgate try`: sends a test lead through the running gateway, shows what it became in the CRM,
//! and removes it again.

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use super::entries::one;
use super::explain;
use super::failure::Failure;
use super::health;
use super::out::{Ink, Out};
use super::packets::{given, submissions};
use super::progress::Progress;
use super::sources::{self, SourceAddress};
use crate::app::{Removed, STORE_FILE, TrialConnection, TrialPage};
use crate::author_tools::Example;
use crate::authoring::ProfileFile;
use crate::config::Settings;
use crate::domain::{
    Bilingual, Clock as _, EntityKind, Lang, Source, State, SubmissionId, SystemClock, bilingual,
};
use crate::inbox::Inbox;
use crate::intake;
use crate::journal::{History, Journal};
use crate::mapping::{MappingOutcome, rejection_text};
use crate::profiles::{self, ProfileStore};
use crate::store::Store;

/// How long the command waits for the delivery.
const PATIENCE: Duration = Duration::from_secs(60);
/// The time between two looks at the journal.
const LOOK_EVERY: Duration = Duration::from_millis(200);

#[derive(Debug, Args)]
pub(super) struct TryArgs {
    /// The name of a channel, the number of a poll, or an amoCRM account or a PBX: amocrm/main, pbx/main.
    #[arg(value_name = "CHANNEL or POLL", required_unless_present = "remove")]
    to: Option<String>,
    /// A file, or `-` for standard input; default: the first example of mappings/examples for this
    /// channel or poll. Use invented people. Of the submissions in a packet the first is sent.
    #[arg(value_name = "PACKET")]
    packet: Option<String>,
    /// Delete what this test lead created in the CRM, and nothing that it found.
    #[arg(long, value_name = "ID", conflicts_with_all = ["to", "packet"])]
    remove: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A packet to send.
struct Trial {
    source: Source,
    body: Value,
    /// Where the packet is from.
    shown: Bilingual,
}

pub(super) fn run(args: &TryArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    match (&args.remove, &args.to) {
        (Some(id), _) => remove(id, args, settings, out),
        (None, Some(to)) => send(to, args, settings, out),
        (None, None) => Err(Failure::message(
            2,
            bilingual!("name a channel or a poll", "укажите канал или опрос"),
        )),
    }
}

fn send(to: &str, args: &TryArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    let target = target(to)?;
    let (opened, _) = ProfileStore::open(&settings.mappings.dir, &settings.mappings.templates);
    let trial = packet(&target, args.packet.as_deref(), settings, &opened)?;
    let profiles = opened.current();
    let Some(profile) = profiles.for_source(&trial.source, &trial.body) else {
        let (en, ru) = (target.label(Lang::En), target.label(Lang::Ru));
        let why = bilingual!(
            "no profile takes this packet of {en}: see `leadgate preview`",
            "{ru}: этот пакет не берёт ни один профиль; смотрите `leadgate preview`"
        );
        return Err(Failure::message(1, why));
    };
    let now = SystemClock.now();
    match profile.plan(&trial.source, now, &trial.body) {
        MappingOutcome::Plan(_) => {}
        MappingOutcome::Reject(rejections) => {
            let reason = |lang| rejection_text(&rejections, lang);
            let (en, ru) = (reason(Lang::En), reason(Lang::Ru));
            let why = bilingual!(
                "the profile rejects this packet: {en}; nothing was sent",
                "профиль отклоняет этот пакет: {ru}; ничего не отправлено"
            );
            return Err(Failure::message(1, why));
        }
        MappingOutcome::Park { reason, note } => {
            let (en, ru) = (note.to_text(Lang::En), note.to_text(Lang::Ru));
            let russian = reason.to_text(Lang::Ru);
            let why = bilingual!(
                "this packet would be parked, {reason}: {en}; nothing was sent",
                "этот пакет был бы отложен: {russian}: {ru}; ничего не отправлено"
            );
            return Err(Failure::message(1, why));
        }
    }
    if !health::is_ready(settings) {
        let listen = settings.server.listen;
        let why = bilingual!(
            "no gateway answers on {listen}, so nobody would deliver the test lead: start \
             `leadgate serve`; nothing was sent",
            "на {listen} шлюз не отвечает, доставить пробную заявку некому: запустите `leadgate \
             serve`; ничего не отправлено"
        );
        return Err(Failure::message(1, why));
    }
    let store = Store::open_beside(&settings.data.dir.join(STORE_FILE));
    let store = store.map_err(|error| Failure::new(1, error))?;
    let inbox = Inbox::new(store.clone());
    let packet = (trial.source.clone(), &trial.body);
    let queued = intake::queue_trial(&inbox, (&profiles, profile), packet, now);
    let id = actix_web::rt::System::new().block_on(queued);
    let id = id.map_err(|error| Failure::new(1, error))?;
    if !args.json {
        announce(id, &trial, profile.name(), out);
    }
    let history = wait(id, &Journal::new(store.clone(), intake::sources()), out)?;
    show(&history, &store, args, (settings, out))
}

fn announce(id: SubmissionId, trial: &Trial, profile: &str, out: &Out) {
    let id = id.short();
    let (shown, russian) = (trial.shown.in_lang(Lang::En), trial.shown.in_lang(Lang::Ru));
    let label = |lang| intake::sources().label(&trial.source, lang);
    let (en, ru) = (label(Lang::En), label(Lang::Ru));
    let head = bilingual!(
        "Test lead {id}: {en}, profile “{profile}”, {shown}",
        "Пробная заявка {id}: {ru}, профиль «{profile}», {russian}"
    );
    Out::line(out.ink(Ink::Strong, &head.pick(out.lang())));
}

/// Parses the name of a channel, the number of a poll, an account of amoCRM or a PBX.
fn target(to: &str) -> Result<SourceAddress, Failure> {
    if let Some(name) = to.strip_prefix("amocrm/") {
        return sources::account(name);
    }
    if let Some(name) = to.strip_prefix("pbx/") {
        return sources::pbx(name);
    }
    match to.parse::<i64>() {
        Ok(number) => sources::poll(number),
        Err(_) => sources::channel(to),
    }
}

/// Returns the packet to send, with a source of its own.
fn packet(
    target: &SourceAddress,
    name: Option<&str>,
    settings: &Settings,
    opened: &ProfileStore,
) -> Result<Trial, Failure> {
    let (body, shown) = match name {
        Some(name) => {
            let given = given(name, Some(target), settings, opened)?;
            // one lead is enough to see what becomes of it
            let first = submissions(given, Some(target), settings, opened)?
                .into_iter()
                .next();
            let first = first.ok_or_else(|| sources::unnamed(&bilingual!("{name}", "{name}")))?;
            (first.body, first.shown)
        }
        None => example(target, settings, opened)?,
    };
    let kind = intake::source(target.source);
    let source = kind.and_then(|kind| {
        let source = kind.of_packet(Some(&target.address), &body)?;
        let key = kind.trial_key(SubmissionId::fresh(), SystemClock.now());
        Some(source.with_key(key))
    });
    let source = source.ok_or_else(|| sources::unnamed(&shown))?;
    Ok(Trial {
        source,
        body,
        shown,
    })
}

/// Returns the packet of the first example for this channel or poll.
fn example(
    target: &SourceAddress,
    settings: &Settings,
    opened: &ProfileStore,
) -> Result<(Value, Bilingual), Failure> {
    let files = profiles::examples(&settings.mappings.dir).map_err(|error| {
        let what = bilingual!("cannot read the examples", "не удаётся прочитать примеры");
        Failure::because(2, what, error)
    })?;
    let files = files.into_iter().map(|file| ProfileFile {
        name: file.name,
        text: file.text,
    });
    let wanted = (target.source, target.address.as_str());
    let found = Example::first_of(files, &intake::sources(), &opened.channels(), wanted);
    if let Some((name, mut body)) = found {
        let shown = bilingual!("examples/{name}", "examples/{name}");
        sources::add_names(Some(target), &mut body, settings);
        return Ok((body, shown));
    }
    let (en, ru) = (target.label(Lang::En), target.label(Lang::Ru));
    let why = bilingual!(
        "{en} has no example: name a file with a packet, or put one into mappings/examples/PROFILE",
        "{ru}: нет примера; укажите файл с пакетом или положите пример в mappings/examples/ПРОФИЛЬ"
    );
    Err(Failure::message(2, why))
}

/// Waits until the gateway has delivered it, or cannot now.
fn wait(id: SubmissionId, journal: &Journal, out: &Out) -> Result<History, Failure> {
    let mut progress = Progress::new(Bilingual::new("waiting", "ожидание").pick(out.lang()));
    let started = Instant::now();
    loop {
        let history = one(journal, &id.to_string())?;
        let is_open = matches!(history.entry.state, State::Queued | State::Leased);
        if !is_open {
            return Ok(history);
        }
        if started.elapsed() > PATIENCE {
            let (id, seconds) = (id.short(), PATIENCE.as_secs());
            let why = bilingual!(
                "the gateway has not delivered the test lead within {seconds} s; see `leadgate \
                 explain {id}`",
                "за {seconds} с шлюз не доставил пробную заявку; смотрите `leadgate explain {id}`"
            );
            return Err(Failure::message(1, why));
        }
        progress.at(started.elapsed().as_secs());
        thread::sleep(LOOK_EVERY);
    }
}

/// Prints the outcome and the addresses of the records in the CRM.
fn show(
    history: &History,
    store: &Store,
    args: &TryArgs,
    (settings, out): (&Settings, &Out),
) -> Result<ExitCode, Failure> {
    let connection = TrialConnection::of(settings, store, history);
    let connection = connection.map_err(|error| Failure::new(2, error))?;
    let pages = connection.map(|connection| connection.pages(history));
    let pages = pages.unwrap_or_default();
    let entry = &history.entry;
    let is_delivered = entry.state == State::Delivered;
    if args.json {
        let pages: Vec<Value> = pages.iter().map(page_json).collect();
        let whole = json!({"id": entry.id, "state": entry.state.as_str(), "pages": pages});
        Out::line(whole.to_string());
    } else {
        explain::show(history, out.lang(), out);
        for page in &pages {
            Out::line(&page.address);
        }
        if !pages.is_empty() {
            let id = entry.id.short();
            let again = bilingual!(
                "Remove it again: leadgate try --remove {id}",
                "Убрать: leadgate try --remove {id}"
            );
            Out::line(out.ink(Ink::Dim, &again.pick(out.lang())));
        }
    }
    Ok(if is_delivered {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

fn page_json(page: &TrialPage) -> Value {
    let kind = page.kind.map_or("contact", EntityKind::as_str);
    json!({"kind": kind, "id": page.id, "page": page.address})
}

/// Deletes what a test lead created.
fn remove(name: &str, args: &TryArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    let store = Store::open_read_only(&settings.data.dir.join(STORE_FILE));
    let store = store.map_err(|error| Failure::new(1, error))?;
    let history = one(&Journal::new(store.clone(), intake::sources()), name)?;
    let entry = &history.entry;
    let id = entry.id.short();
    if !entry.source.is_trial() {
        let why = bilingual!(
            "submission {id} is no test lead: `try --remove` deletes only what `leadgate try` created",
            "обращение {id} — не пробная заявка: `try --remove` удаляет только созданное командой \
             `leadgate try`"
        );
        return Err(Failure::message(1, why));
    }
    if entry.state.is_under_way() {
        let why = bilingual!(
            "test lead {id} is still on its way; remove it once it is delivered",
            "пробная заявка {id} ещё в пути; уберите её, когда она будет доставлена"
        );
        return Err(Failure::message(1, why));
    }
    let connection = TrialConnection::of(settings, &store, &history);
    let connection = connection.map_err(|error| Failure::new(2, error))?;
    let removed = connection.map(|connection| {
        let removed = connection.remove(&history);
        actix_web::rt::System::new().block_on(removed)
    });
    let removed = removed
        .transpose()
        .map_err(|error| Failure::new(1, error))?;
    tell_removed(&history, &removed.unwrap_or_default(), args, out);
    Ok(ExitCode::SUCCESS)
}

/// Prints what was deleted.
fn tell_removed(history: &History, removed: &Removed, args: &TryArgs, out: &Out) {
    let records = removed.records.iter();
    let records = records.map(|(kind, id)| (kind.as_str(), id.get()));
    let contacts = removed.contacts.iter().map(|id| ("contact", id.get()));
    let companies = removed.companies.iter().map(|id| ("company", id.get()));
    let all: Vec<(&str, i64)> = records.chain(contacts).chain(companies).collect();
    let entry = &history.entry;
    if args.json {
        let all: Vec<Value> = all
            .iter()
            .map(|(kind, id)| json!({"kind": kind, "id": id}))
            .collect();
        let whole = json!({"id": entry.id, "removed": all, "notes": removed.notes});
        Out::line(whole.to_string());
        return;
    }
    let lang = out.lang();
    for (kind, number) in &all {
        let ru = russian(kind);
        Out::line(bilingual!("deleted {kind} {number}", "удалено: {ru} {number}").pick(lang));
    }
    if removed.notes > 0 {
        let notes = removed.notes;
        let words = bilingual!(
            "deleted from the timeline of the record that it found: {notes}",
            "удалено из таймлайна найденной записи: {notes}"
        );
        Out::line(words.pick(lang));
    }
    if all.is_empty() && removed.notes == 0 {
        let id = entry.id.short();
        let words = bilingual!(
            "the CRM has nothing that test lead {id} created",
            "в CRM нет ничего, что создала пробная заявка {id}"
        );
        Out::line(words.pick(lang));
    }
}

fn russian(kind: &str) -> &'static str {
    match kind {
        "contact" => "контакт",
        "company" => "компания",
        "deal" => "сделка",
        "lead" => "лид",
        _ => "элемент",
    }
}
