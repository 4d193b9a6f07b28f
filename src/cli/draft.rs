//! `leadgate draft`: writes a first profile from what came in and has none, or from packets given by hand.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use super::entries::one;
use super::failure::Failure;
use super::out::Out;
use super::packets::{Format, given};
use crate::app::STORE_FILE;
use crate::author_tools::{self, DraftOptions};
use crate::config::Settings;
use crate::domain::{ChannelName, Lang, PollId, Source, State, body};

use crate::journal::{Filter, Journal};
use crate::profiles::ProfileStore;
use crate::store::Store;

/// More packets tell nothing more.
const MOST: usize = 200;

/// Entries of the journal that are looked at for a poll's packets, of each state.
const LOOKED: usize = 20_000;

/// How many are listed at a time.
const PAGE: usize = 500;

/// Where answers stand that no profile took.
const STATES: [State; 3] = [State::Captured, State::Rejected, State::Parked];

#[derive(Debug, Args)]
pub(super) struct DraftArgs {
    /// The poll's number, whose captured, refused and parked answers are looked at; or packets: files, `-`
    /// for standard input, submissions of the journal (id, or poll/answer).
    #[arg(value_name = "POLL or PACKET", required_unless_present = "channel")]
    from: Vec<String>,
    /// For this channel: its captured requests, or packets (JSON, or forms).
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<String>,
    /// Write it into the profiles' folder, as poll-123.yaml or under this name, instead of printing it. A file
    /// that is there is left alone.
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    save: Option<String>,
    /// The language of the comments; left out: as the environment's locale says.
    #[arg(long, value_name = "ru|en", value_parser = super::language::language)]
    lang: Option<Lang>,
}

fn wrong(why: impl Into<String>) -> Failure {
    Failure::new(2, anyhow::anyhow!(why.into()))
}

pub(super) fn run(draft: &DraftArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    let lang = draft.lang.unwrap_or_else(|| out.lang());
    let (target, packets) = target(draft, settings)?;
    let store = Store::open_read_only(&settings.data.dir.join(STORE_FILE));
    let packets = match (packets, &store) {
        (packets, _) if !packets.is_empty() => packets,
        (_, Ok(store)) => kept(&Journal::new(store.clone()), &target)?,
        (_, Err(error)) => {
            let why = format!("nothing of {target} has come in: {error}; name a packet's file");
            return Err(Failure::new(1, anyhow::anyhow!(why)));
        }
    };
    if packets.is_empty() {
        let why = format!(
            "nothing of {target} is captured, refused or parked; name a packet's file as well"
        );
        return Err(Failure::new(1, anyhow::anyhow!(why)));
    }
    let (profiles, _) = ProfileStore::open(&settings.mappings.dir, &settings.mappings.templates);
    let profiles = profiles.current();
    let title = store.ok().and_then(|store| target.title(&store));
    let name = title.unwrap_or_else(|| target.name(lang));
    let is_taken = profiles
        .profiles()
        .iter()
        .any(|profile| profile.name() == name);
    let wanted = DraftOptions {
        receive: target.receive(),
        name: if is_taken {
            format!("{name} ({target})")
        } else {
            name
        },
        lang,
    };
    let text = author_tools::draft(&wanted, &packets);
    let Some(file) = &draft.save else {
        Out::raw(&text);
        return Ok(ExitCode::SUCCESS);
    };
    save(file, &target, &text, settings)?;
    let others = profiles.profiles().iter().filter(|profile| match &target {
        Target::Poll(poll) => profile.polls().contains(poll),
        Target::Channel(channel) => profile.channels().contains(channel),
    });
    for profile in others {
        Out::line(format!(
            "{target} has another profile, {}: give one of them a `when`, or another `order`",
            profile.file()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// What a profile is drafted for.
enum Target {
    Poll(PollId),
    Channel(ChannelName),
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Poll(poll) => write!(f, "poll {poll}"),
            Self::Channel(channel) => write!(f, "channel {channel}"),
        }
    }
}

impl Target {
    fn receive(&self) -> String {
        match self {
            Self::Poll(poll) => format!("{{ polls: [{poll}] }}"),
            Self::Channel(channel) => format!("{{ channel: {channel} }}"),
        }
    }

    fn name(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Poll(poll), Lang::Ru) => format!("Опрос {poll}"),
            (Self::Poll(poll), Lang::En) => format!("Poll {poll}"),
            (Self::Channel(channel), Lang::Ru) => format!("Канал {channel}"),
            (Self::Channel(channel), Lang::En) => format!("Channel {channel}"),
        }
    }

    /// What the survey portal calls the poll.
    fn title(&self, store: &Store) -> Option<String> {
        let Self::Poll(poll) = self else { return None };
        let (polls, _) = store.polls().ok()?;
        polls.into_iter().find(|known| known.id == *poll)?.name
    }

    /// The file's name without its ending.
    fn stem(&self) -> String {
        match self {
            Self::Poll(poll) => format!("poll-{poll}"),
            Self::Channel(channel) => format!("channel-{}", channel.as_str().replace('.', "-")),
        }
    }

    fn has(&self, source: &Source) -> bool {
        match (self, source) {
            (Self::Poll(poll), Source::Poll { poll: of, .. }) => poll == of,
            (Self::Channel(name), source) => source.channel() == Some(name),
            (Self::Poll(_), Source::Channel { .. }) => false,
        }
    }
}

/// A channel's name from a flag.
pub(super) fn channel(name: &str) -> Result<ChannelName, Failure> {
    ChannelName::parse(name).ok_or_else(|| wrong(format!("`{name}` is no name of a channel")))
}

/// What the draft is for, and the packets that were named.
fn target(draft: &DraftArgs, settings: &Settings) -> Result<(Target, Vec<Value>), Failure> {
    let bodies = |names: &[String], format| {
        names
            .iter()
            .map(|name| Ok(given(name, format, settings)?.body))
            .collect::<Result<Vec<Value>, Failure>>()
    };
    if let Some(name) = &draft.channel {
        return Ok((
            Target::Channel(channel(name)?),
            bodies(&draft.from, Format::Channel)?,
        ));
    }
    let (poll, named) = poll_of(&draft.from)?;
    let packets = bodies(named, Format::Poll)?;
    let poll = match poll {
        Some(poll) => poll,
        None => common_poll(&packets)?,
    };
    Ok((Target::Poll(poll), packets))
}

/// The poll, when the first name is a number, and the packets.
fn poll_of(from: &[String]) -> Result<(Option<PollId>, &[String]), Failure> {
    let Some((first, rest)) = from.split_first() else {
        return Ok((None, from));
    };
    match first.parse::<i64>() {
        Ok(number) => match PollId::new(number) {
            Some(poll) => Ok((Some(poll), rest)),
            None => Err(wrong(format!("{number} is no poll: write a number from 1"))),
        },
        Err(_) => Ok((None, from)),
    }
}

/// The poll that all packets name.
fn common_poll(packets: &[Value]) -> Result<PollId, Failure> {
    let mut polls: Vec<Option<PollId>> = packets.iter().map(crate::preview::poll_of).collect();
    polls.dedup();
    match polls.as_slice() {
        [Some(poll)] => Ok(*poll),
        [None] => Err(wrong(
            "the packet does not name its poll (header_data.poll_id): write its number first, \
             leadgate draft 123 packet.json",
        )),
        _ => Err(wrong(
            "the packets are of several polls: draft a profile for each, or write one number first",
        )),
    }
}

/// The newest packets that no profile took.
fn kept(journal: &Journal, target: &Target) -> Result<Vec<Value>, Failure> {
    let failed = |error| Failure::new(1, anyhow::Error::new(error));
    let mut packets = Vec::new();
    for state in STATES {
        let mut filter = Filter {
            state: Some(state),
            ..Filter::default()
        };
        let mut looked = 0;
        while looked < LOOKED && packets.len() < MOST {
            let page = journal.list(&filter, PAGE).map_err(failed)?;
            let Some(last) = page.last() else { break };
            filter.before = Some(last.cursor());
            looked += page.len();
            for entry in &page {
                if !target.has(&entry.source) || packets.len() >= MOST {
                    continue;
                }
                let history = one(journal, &entry.id.to_string())?;
                // what was erased, or is no JSON, tells nothing
                packets.extend(body::decode(&entry.source, &history.raw));
            }
        }
    }
    Ok(packets)
}

/// Writes the file where there is none.
fn save(name: &str, target: &Target, text: &str, settings: &Settings) -> Result<(), Failure> {
    let stem = match name.trim() {
        "" => target.stem(),
        name => name
            .strip_suffix(".yaml")
            .or_else(|| name.strip_suffix(".yml"))
            .unwrap_or(name)
            .to_owned(),
    };
    let plain = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    if stem.is_empty() || stem.starts_with('_') || !stem.chars().all(plain) {
        return Err(wrong(format!(
            "`{name}` is no name for a profile's file: use letters, digits, - and _"
        )));
    }
    let path = settings.mappings.dir.join(format!("{stem}.yaml"));
    let shown = path.display();
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Failure::new(
                1,
                anyhow::anyhow!(
                    "{shown} is there already and is left alone; give --save another name"
                ),
            ),
            _ => Failure::new(
                3,
                anyhow::Error::new(error).context(format!("cannot write {shown}")),
            ),
        })?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|error| {
            remove(&path);
            Failure::new(
                3,
                anyhow::Error::new(error).context(format!("cannot write {shown}")),
            )
        })?;
    Out::line(format!(
        "saved as {shown}; a running gateway takes it up within seconds and delivers what it had captured"
    ));
    Ok(())
}

/// Half a profile is worse than none.
fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        Out::line(format!(
            "{} is not whole and could not be removed: {error}",
            path.display()
        ));
    }
}
