//! `leadgate preview`: shows the outcome of a packet without writing anything. Maps the packet, reads
//! the CRM as a delivery would, and shows the calls and the fields that would change.

mod fields;
mod show;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::failure::Failure;
use super::out::{Ink, Out};
use super::packets::{Given, given};
use super::sources::{self, DEFAULT, SourceAddress};
use crate::app::{self, STORE_FILE};
use crate::authoring::nearest_name;
use crate::config::Settings;
use crate::delivery::crm::ChangePreview;
use crate::delivery::{PauseReason, Verdict};
use crate::domain::{
    Became, Bilingual, Clock as _, CrmStep, InstanceId, Lang, Source, State, SystemClock,
};
use crate::intake;
use crate::mapping::{MappingOutcome, Profile, ProfileSet};
use crate::preview::{self, Mapped, Packet, PreviewReport};
use crate::profiles::ProfileStore;
use crate::store::Store;

#[derive(Debug, Args)]
pub(super) struct PreviewArgs {
    /// The packet: a file, `-` for standard input, or a submission (its id, at least four of its
    /// digits, or poll/answer such as 123/345).
    #[arg(value_name = "PACKET")]
    packet: String,
    /// The poll, if the packet names none or instead of the one that it names.
    #[arg(long, value_name = "NUMBER")]
    poll: Option<i64>,
    /// The channel, for a packet of a channel (JSON or a form).
    #[arg(long, value_name = "CHANNEL", conflicts_with = "poll")]
    channel: Option<String>,
    /// Use this profile (its file or its name) instead of the one that takes the packet.
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// Do not read the CRM: only map the packet.
    #[arg(long)]
    no_crm: bool,
    /// The language; default: the locale of the environment.
    #[arg(long, value_name = "ru|en", value_parser = super::language::language)]
    lang: Option<Lang>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(
    preview: &PreviewArgs,
    settings: &Settings,
    out: &Out,
) -> Result<ExitCode, Failure> {
    let poll = preview.poll.map(sources::poll).transpose()?;
    let mappings = &settings.mappings;
    let (profiles, report) = ProfileStore::open(&mappings.dir, &mappings.templates);
    let profiles = profiles.current();
    let named = preview
        .profile
        .as_deref()
        .map(|name| by_name(&profiles, name))
        .transpose()?;
    let channel = preview
        .channel
        .as_deref()
        .map(sources::channel)
        .transpose()?;
    let named_address = channel.or(poll);
    let source = named_address.as_ref().map_or(DEFAULT, |named| named.source);
    let given = given(&preview.packet, source, settings)?;
    let packet = packet(&given, named_address.as_ref(), named)?;
    let taker = taker(&profiles, &packet);
    let profile = named.or(taker).ok_or_else(|| {
        let broken = if report.has_errors() {
            "; some profiles have mistakes: run `leadgate check`"
        } else {
            ""
        };
        let label = intake::sources().label(&packet.source, Lang::En);
        let why = format!("no profile takes {label}{broken}");
        Failure::new(1, anyhow::anyhow!(why))
    })?;
    let mapped = preview::map(profile, &packet);
    let crm = match &mapped.outcome {
        MappingOutcome::Plan(plan) if !preview.no_crm => plan
            .crm()
            .map(|step| ask(settings, &packet, step))
            .transpose()?,
        MappingOutcome::Plan(_) | MappingOutcome::Reject(_) | MappingOutcome::Park { .. } => None,
    };
    let seen = PreviewReport {
        packet: &packet,
        profile: profile.reference(),
        mapped: &mapped,
        crm: crm
            .as_ref()
            .map(|(name, change_preview)| (name.as_str(), change_preview)),
        lang: preview.lang.unwrap_or_else(|| out.lang()),
    };
    if preview.json {
        Out::line(preview::report(&seen).to_string());
        return Ok(verdict(
            &mapped,
            crm.as_ref().map(|(_, change_preview)| change_preview),
        ));
    }
    tell(&seen, &given, (profile, taker), out);
    Ok(verdict(
        &mapped,
        crm.as_ref().map(|(_, change_preview)| change_preview),
    ))
}

/// Prints it for people; `taker` is the profile that takes the packet without `--profile`.
fn tell(
    seen: &PreviewReport<'_>,
    given: &Given,
    (profile, taker): (&Arc<Profile>, Option<&Arc<Profile>>),
    out: &Out,
) {
    show::head(seen, given, out);
    if let Some(taker) = taker.filter(|taker| !Arc::ptr_eq(taker, profile)) {
        let words = Bilingual::new(
            "without --profile it would go to",
            "без --profile пакет получил бы профиль",
        )
        .pick(seen.lang);
        let text = format!("{words} «{}» ({})", taker.name(), taker.file());
        Out::line(out.ink(Ink::Warn, &text));
    }
    show::body(seen, out);
}

/// Returns the profile with this name or file.
fn by_name<'p>(profiles: &'p ProfileSet, name: &str) -> Result<&'p Arc<Profile>, Failure> {
    let found = profiles.by_file(name).or_else(|| {
        profiles
            .profiles()
            .iter()
            .find(|profile| profile.name() == name)
    });
    found.ok_or_else(|| {
        let known: Vec<&str> = profiles
            .profiles()
            .iter()
            .flat_map(|profile| [profile.reference().file.as_str(), profile.name()])
            .collect();
        let advice = match nearest_name(name, &known) {
            Some(near) => format!("did you mean {near}?"),
            None => "`leadgate check` lists mistakes that keep a profile from working".to_owned(),
        };
        Failure::new(2, anyhow::anyhow!("there is no profile {name}; {advice}"))
    })
}

/// Returns the packet with the journal's data about it.
fn packet(
    given: &Given,
    address: Option<&SourceAddress>,
    named: Option<&Arc<Profile>>,
) -> Result<Packet, Failure> {
    if let Some(history) = &given.history {
        let entry = &history.entry;
        let source = match address.filter(|named| named.source == entry.source.name()) {
            Some(named) => Source::new(named.source, &*named.address, entry.source.key()),
            None => entry.source.clone(),
        };
        // like a replay: search for the results of earlier attempts
        let fresh = matches!(entry.state, State::Queued | State::Captured) && entry.attempt == 0;
        return Ok(Packet {
            id: entry.id,
            source,
            received_at: entry.received_at,
            body: given.body.clone(),
            uncertain: entry.uncertain || (!fresh && entry.attempt > 0),
            became: Became {
                contact: entry.contact,
                record: entry.record,
            },
        });
    }
    let source = address.map_or(DEFAULT, |named| named.source);
    let of =
        |address: Option<&str>| Packet::of(source, address, given.body.clone(), SystemClock.now());
    let of_profile = || of(Some(named?.addresses(source).next()?));
    of(address.map(|named| named.address.as_str()))
        .or_else(of_profile)
        .ok_or_else(|| sources::unnamed(&given.shown))
}

/// Returns the profile that takes the packet without `--profile`.
fn taker<'p>(profiles: &'p ProfileSet, packet: &Packet) -> Option<&'p Arc<Profile>> {
    profiles.for_source(&packet.source, &packet.body)
}

/// Asks the CRM as the delivery of this step would.
fn ask(
    settings: &Settings,
    packet: &Packet,
    step: &CrmStep,
) -> Result<(String, ChangePreview), Failure> {
    let names = settings.connection_names();
    let name = match (&step.connection, names.as_slice()) {
        (Some(wanted), names) if names.contains(wanted) => wanted.clone(),
        (None, [only]) => only.clone(),
        (Some(wanted), names) => {
            let why = format!(
                "the profile's `crm: {wanted}` is not a connection of the settings; they have {}",
                names.join(", ")
            );
            return Err(Failure::new(1, anyhow::anyhow!(why)));
        }
        (None, names) => {
            let why = format!(
                "there are several connections ({}), and the profile names none: add `crm: {}` to it",
                names.join(", "),
                names.first().map_or("main", String::as_str)
            );
            return Err(Failure::new(1, anyhow::anyhow!(why)));
        }
    };
    let client = app::command_connection(settings, &name, originator(settings))
        .map_err(|error| Failure::new(2, error))?;
    let change_preview =
        actix_web::rt::System::new().block_on(preview::preview_changes(&client, packet, step));
    if let Some(Verdict::Retry { why, pause, .. }) = &change_preview.verdict {
        let advice = match pause {
            Some(PauseReason::Unreachable) if name == app::SANDBOX => {
                "the embedded sandbox runs only inside a running gateway: start `leadgate serve`, or \
                 add --no-crm"
            }
            Some(PauseReason::Unreachable) => "check the address and the network, or add --no-crm",
            Some(PauseReason::Throttled) => "try again in a minute, or add --no-crm",
            Some(PauseReason::Denied) => "run `leadgate check --live` for details, or add --no-crm",
            Some(PauseReason::Unanswered) | None => "try again, or add --no-crm",
        };
        let why = why.to_text(Lang::En);
        let why = format!("crm.{name} {}: {why}; {advice}", client.masked_address());
        return Err(Failure::new(1, anyhow::anyhow!(why)));
    }
    Ok((name, change_preview))
}

/// Returns the mark of this installation; before its first start it has none.
fn originator(settings: &Settings) -> String {
    Store::open_read_only(&settings.data.dir.join(STORE_FILE)).map_or_else(
        |_| InstanceId::from_stored("preview".to_owned()).originator(),
        |store| store.instance().originator(),
    )
}

/// Returns 0 if the packet would be delivered, 1 if not.
fn verdict(mapped: &Mapped, change_preview: Option<&ChangePreview>) -> ExitCode {
    let planned = matches!(mapped.outcome, MappingOutcome::Plan(_));
    let stopped = change_preview.is_some_and(|change_preview| change_preview.verdict.is_some());
    if planned && !stopped {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    }
}
