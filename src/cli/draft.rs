//! `leadgate draft`: writes a first profile from submissions that no profile took, or from packets.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use super::failure::Failure;
use super::out::Out;
use super::packets::given;
use super::sources::{self, SourceAddress, SplitPacket};
use crate::app::{self, STORE_FILE};
use crate::author_tools::{self, DraftOptions};
use crate::config::Settings;
use crate::domain::{Bilingual, Lang, bilingual};
use crate::editing;
use crate::intake;
use crate::journal::Journal;
use crate::preview;
use crate::profiles::ProfileStore;
use crate::store::Store;

#[derive(Debug, Args)]
pub(super) struct DraftArgs {
    /// The number of a poll, whose captured, rejected and parked answers are used; or packets:
    /// files, `-` for standard input, submissions of the journal (id, or poll/answer).
    #[arg(value_name = "POLL or PACKET", required_unless_present_any = ["channel", "amocrm", "pbx"])]
    from: Vec<String>,
    /// A channel, whose captured requests are used, or to which the packets belong (JSON, forms,
    /// XML or CSV).
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<String>,
    /// An amoCRM account of the settings, whose captured hooks are used, or to which the packets
    /// belong (hooks as a form or JSON).
    #[arg(long, value_name = "NAME", conflicts_with = "channel")]
    amocrm: Option<String>,
    /// A PBX of the settings, whose captured calls are used, or to which the packets belong (records
    /// of calls as the PBX sends them).
    #[arg(long, value_name = "NAME", conflicts_with_all = ["channel", "amocrm"])]
    pbx: Option<String>,
    /// Save it in the profiles' folder as poll-123.yaml, or under this name, instead of printing
    /// it. An existing file is not changed.
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    save: Option<String>,
}

fn wrong(why: impl Into<Bilingual>) -> Failure {
    Failure::message(2, why)
}

pub(super) fn run(draft: &DraftArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    let lang = out.lang();
    let (opened, _) = ProfileStore::open(&settings.mappings.dir, &settings.mappings.templates);
    let (target, packets) = target(draft, settings, &opened)?;
    let label = target.label(Lang::En);
    let store = Store::open_read_only(&settings.data.dir.join(STORE_FILE));
    let current = opened.current();
    let default = current
        .profiles()
        .iter()
        .find(|profile| profile.is_active() && profile.takes_others(target.source));
    let file = default.map(|profile| profile.reference().file.as_str());
    let (packets, by_default) = collected(packets, store.as_ref(), &target, file)?;
    let profiles = opened.current();
    let title = store.ok().and_then(|store| target.title(&store));
    let name = title.unwrap_or_else(|| editing::capitalised(&target.label(lang)));
    let wanted = DraftOptions {
        receive: target.receive(),
        name: editing::free_name(name, &label, &profiles),
        by_default: default
            .filter(|_| by_default > 0)
            .map(|profile| (by_default, profile.file().to_owned())),
        lang,
        reads_contacts: draft
            .amocrm
            .as_deref()
            .is_some_and(|account| app::can_ask(settings, account)),
    };
    let text = author_tools::draft(&wanted, &packets);
    let Some(file) = &draft.save else {
        Out::raw(&text);
        return Ok(ExitCode::SUCCESS);
    };
    Out::line(save(file, &target, &text, (settings, lang))?.pick(lang));
    if let Some(each) = author_tools::each_of(&wanted, &packets) {
        let address = &target.address;
        let unsplit = bilingual!(
            "each request is a list: write `{address}: {{ each: \"{each}\" }}` into _channels.yaml, so that every row is a submission of its own",
            "каждый запрос — список: впишите в _channels.yaml `{address}: {{ each: \"{each}\" }}`, чтобы каждая строка стала отдельной заявкой"
        );
        Out::line(unsplit.pick(lang));
    }
    for profile in profiles.naming(target.source, &target.address) {
        let (file, of) = (profile.file(), target.label(Lang::Ru));
        let another = bilingual!(
            "{label} has another profile, {file}: give one of them a `when`, or another `order`",
            "{of}: есть и другой профиль, {file}; добавьте одному из них `when` или другой `order`"
        );
        Out::line(another.pick(lang));
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the source of the draft, and the named packets.
fn target(
    draft: &DraftArgs,
    settings: &Settings,
    profiles: &ProfileStore,
) -> Result<(SourceAddress, Vec<Value>), Failure> {
    let channel = draft.channel.as_deref().map(sources::channel);
    let account = draft.amocrm.as_deref().map(sources::account);
    let pbx = draft.pbx.as_deref().map(sources::pbx);
    if let Some(target) = channel.or(account).or(pbx).transpose()? {
        let packets = bodies(&draft.from, Some(&target), settings, profiles)?;
        return Ok((target, packets));
    }
    let (target, named) = numbered(&draft.from)?;
    let packets = bodies(named, None, settings, profiles)?;
    let target = match target {
        Some(target) => target,
        None => common_address(&packets)?,
    };
    Ok((target, packets))
}

/// Returns the named packets, split as their channel splits requests.
fn bodies(
    names: &[String],
    target: Option<&SourceAddress>,
    settings: &Settings,
    profiles: &ProfileStore,
) -> Result<Vec<Value>, Failure> {
    let mut bodies = Vec::new();
    for name in names {
        let given = given(name, target, settings, profiles)?;
        match sources::split(target, &given.body, profiles) {
            SplitPacket::Parts(mut parts) if given.history.is_none() => {
                for part in &mut parts {
                    sources::add_names(target, part, settings);
                }
                bodies.extend(parts);
            }
            // one that is already a part stays
            SplitPacket::Parts(_) | SplitPacket::Whole | SplitPacket::Unsplittable => {
                bodies.push(given.body);
            }
        }
    }
    Ok(bodies)
}

/// Returns the poll, if the first argument is a number, and the packets.
fn numbered(from: &[String]) -> Result<(Option<SourceAddress>, &[String]), Failure> {
    let Some((first, rest)) = from.split_first() else {
        return Ok((None, from));
    };
    match first.parse::<i64>() {
        Ok(number) => Ok((Some(sources::poll(number)?), rest)),
        Err(_) => Ok((None, from)),
    }
}

/// Returns the address that all packets name.
fn common_address(packets: &[Value]) -> Result<SourceAddress, Failure> {
    let mut addresses: Vec<Option<String>> = packets
        .iter()
        .map(|packet| preview::address_of(sources::DEFAULT, packet))
        .collect();
    addresses.dedup();
    match addresses.as_slice() {
        [Some(address)] => Ok(SourceAddress {
            source: sources::DEFAULT,
            address: address.clone(),
        }),
        [None] => Err(wrong(Bilingual::new(
            "the packet does not name its poll (header_data.poll_id): write its number first, \
             leadgate draft 123 packet.json",
            "в пакете нет номера опроса (header_data.poll_id): напишите его первым, \
             leadgate draft 123 packet.json",
        ))),
        _ => Err(wrong(Bilingual::new(
            "the packets are of several polls: draft a profile for each, or write one number first",
            "пакеты от разных опросов: составьте профиль для каждого или напишите номер первым",
        ))),
    }
}

/// Returns the given packets or else those of the journal, and how many of them the default profile
/// took.
fn collected<E: std::fmt::Display>(
    packets: Vec<Value>,
    store: Result<&Store, &E>,
    target: &SourceAddress,
    default: Option<&str>,
) -> Result<(Vec<Value>, usize), Failure> {
    if !packets.is_empty() {
        return Ok((packets, 0));
    }
    let (label, of) = (target.label(Lang::En), target.label(Lang::Ru));
    let store = store.map_err(|error| {
        let why = bilingual!(
            "no submission of {label} was received: {error}; name a file with a packet",
            "{of}: обращений ещё не было ({error}); укажите файл с пакетом"
        );
        Failure::message(1, why)
    })?;
    let journal = Journal::new(store.clone(), intake::sources());
    let found = editing::packets_of(
        &journal,
        &intake::sources(),
        &target.clone().filter(),
        default,
    );
    let failed = |error| Failure::new(1, anyhow::Error::new(error));
    let (packets, by_default) = found.map_err(failed)?;
    if packets.is_empty() {
        let why = bilingual!(
            "no submission of {label} is captured, rejected or parked, and the default profile took none; name a file with a packet as well",
            "{of}: нет обращений в карантине, отклонённых, отложенных или принятых профилем для остальных; укажите ещё файл с пакетом"
        );
        return Err(Failure::message(1, why));
    }
    Ok((packets, by_default))
}

/// Writes the file unless it exists. Returns what to say.
fn save(
    name: &str,
    target: &SourceAddress,
    text: &str,
    (settings, lang): (&Settings, Lang),
) -> Result<Bilingual, Failure> {
    let stem = match name.trim() {
        "" => target.file_stem(),
        name => name
            .strip_suffix(".yaml")
            .or_else(|| name.strip_suffix(".yml"))
            .unwrap_or(name)
            .to_owned(),
    };
    let plain = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    if stem.is_empty() || stem.starts_with('_') || !stem.chars().all(plain) {
        return Err(wrong(bilingual!(
            "`{name}` is not a name for a profile's file: use letters, digits, - and _",
            "`{name}` не годится как имя файла профиля: нужны буквы, цифры, - и _"
        )));
    }
    let folder = &settings.mappings.dir;
    std::fs::create_dir_all(folder).map_err(|error| unwritten(folder, error))?;
    let path = folder.join(format!("{stem}.yaml"));
    let shown = path.display();
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Failure::message(
                1,
                bilingual!(
                    "{shown} already exists and was not changed; give --save another name",
                    "файл {shown} уже есть и не изменён; дайте --save другое имя"
                ),
            ),
            _ => unwritten(&path, error),
        })?;
    file.write_all(inactive(text, lang).as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|error| {
            remove(&path, lang);
            unwritten(&path, error)
        })?;
    Ok(bilingual!(
        "saved as {shown}; look through it, try a packet with `leadgate preview PACKET --profile {stem}`, then remove `active: no`: a running gateway loads it within seconds and delivers the captured submissions",
        "сохранено: {shown}; просмотрите его, проверьте на пакете: `leadgate preview ПАКЕТ --profile {stem}`, затем уберите `active: no` — работающий шлюз подхватит профиль за секунды и доставит обращения из карантина"
    ))
}

/// Keeps a saved draft from taking submissions before a person has seen it.
fn inactive(text: &str, lang: Lang) -> String {
    let why = Bilingual::new(
        "takes nothing yet: look through the profile, then remove this line",
        "пока ничего не принимает: просмотрите профиль и уберите эту строку",
    );
    let line = format!("\nactive: no   # {}\nreceive:", why.pick(lang));
    text.replacen("\nreceive:", &line, 1)
}

fn unwritten(path: &Path, error: std::io::Error) -> Failure {
    let shown = path.display();
    let what = bilingual!("cannot write {shown}", "не удаётся записать {shown}");
    Failure::because(3, what, error)
}

/// A partial profile must not remain.
fn remove(path: &Path, lang: Lang) {
    if let Err(error) = std::fs::remove_file(path) {
        let shown = path.display();
        let text = bilingual!(
            "{shown} is incomplete and could not be removed: {error}",
            "файл {shown} записан не целиком, а удалить его не удалось: {error}"
        );
        Out::line(text.pick(lang));
    }
}
