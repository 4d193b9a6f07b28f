//! `leadgate preview`: shows the outcome of a packet without writing anything. Maps the packet, reads
//! the CRM as a delivery would, and shows the calls and the fields that would change.

mod fields;
mod show;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::failure::Failure;
use super::out::{Ink, Out};
use super::packets::{Given, given, submissions};
use super::sources::{self, DEFAULT, SourceAddress};
use crate::app::{self, STORE_FILE};
use crate::authoring::nearest_name;
use crate::config::Settings;
use crate::delivery::crm::ChangePreview;
use crate::delivery::mail::ShownLetter;
use crate::delivery::{PauseReason, Verdict};
use crate::domain::{
    Bilingual, Clock as _, CrmStep, InstanceId, Lang, Source, SystemClock, bilingual,
};
use crate::intake;
use crate::mapping::{MappingOutcome, Profile, ProfileSet};
use crate::preview::{self, Mapped, Packet, PreviewReport};
use crate::profiles::{LoadReport, ProfileStore};
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
    /// The channel, for a packet of a channel (JSON, a form, XML or CSV).
    #[arg(long, value_name = "CHANNEL", conflicts_with = "poll")]
    channel: Option<String>,
    /// The amoCRM account of the settings, for a hook (a form or JSON).
    #[arg(long, value_name = "NAME", conflicts_with_all = ["poll", "channel"])]
    amocrm: Option<String>,
    /// The PBX of the settings, for the record of a call as the PBX sends it.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["poll", "channel", "amocrm"])]
    pbx: Option<String>,
    /// Use this profile (its file or its name) instead of the one that takes the packet.
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// Do not read the CRM: only map the packet.
    #[arg(long)]
    no_crm: bool,
    /// Print one JSON object; a line for each submission if the channel's `each` finds several.
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
    let (opened, report) = ProfileStore::open(&mappings.dir, &mappings.templates);
    let profiles = opened.current();
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
    let account = preview
        .amocrm
        .as_deref()
        .map(sources::account)
        .transpose()?;
    let pbx = preview.pbx.as_deref().map(sources::pbx).transpose()?;
    let named_address = channel.or(account).or(pbx).or(poll);
    let given = given(&preview.packet, named_address.as_ref(), settings, &opened)?;
    let mut is_delivered = true;
    for (index, given) in submissions(given, named_address.as_ref(), settings, &opened)?
        .iter()
        .enumerate()
    {
        if index > 0 && !preview.json {
            Out::line("");
        }
        let mut packet = packet(given, named_address.as_ref(), named)?;
        if given.history.is_none() {
            packet.source = sources::with_facts(packet.source, settings, &opened);
        }
        let taker = taker(&profiles, &packet);
        let profile = named
            .or(taker)
            .ok_or_else(|| unclaimed(&packet, &report, &profiles))?;
        let mapped = preview::map(profile, &packet);
        let packet = with_files(packet, given, &mapped, settings);
        let shown = (given, &packet, &mapped);
        is_delivered &= one(preview, settings, out, shown, (profile, taker))?;
    }
    Ok(if is_delivered {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// Shows what becomes of one submission; returns whether it would be delivered.
fn one(
    preview: &PreviewArgs,
    settings: &Settings,
    out: &Out,
    (given, packet, mapped): (&Given, &Packet, &Mapped),
    (profile, taker): (&Arc<Profile>, Option<&Arc<Profile>>),
) -> Result<bool, Failure> {
    let crm = match &mapped.outcome {
        MappingOutcome::Plan(plan) if !preview.no_crm => plan
            .crm()
            .map(|step| ask(settings, packet, step))
            .transpose()?,
        MappingOutcome::Plan(_) | MappingOutcome::Reject(_) | MappingOutcome::Park { .. } => None,
    };
    let submission = (packet.id, packet.received_at);
    let sender = app::mail_sender(settings);
    let steps = preview::later_steps(
        &mapped.outcome,
        packet.id,
        |name, step| app::shown_request(settings, (name, step), submission),
        |name, step| {
            let sender = sender.as_ref()?;
            Some(ShownLetter::planned(step, (packet.id, name), sender))
        },
    );
    let seen = PreviewReport {
        packet,
        profile: profile.reference(),
        mapped,
        crm: crm
            .as_ref()
            .map(|(name, change_preview)| (name.as_str(), change_preview)),
        steps: &steps,
        lang: out.lang(),
    };
    if preview.json {
        Out::line(preview::report(&seen).to_string());
        return Ok(verdict(
            mapped,
            crm.as_ref().map(|(_, change_preview)| change_preview),
        ));
    }
    tell(&seen, given, (profile, taker), out);
    Ok(verdict(
        mapped,
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
    unread(seen, profile, out);
    show::body(seen, out);
}

/// Says which fields a delivery reads from amoCRM first, if this packet lacks what is read.
fn unread(seen: &PreviewReport<'_>, profile: &Profile, out: &Out) {
    let body = &seen.packet.body;
    let fields = profile.fields_read_from_amocrm();
    if fields.is_empty()
        || ["lead", "contact", "company"]
            .iter()
            .any(|it| body.get(it).is_some())
    {
        return;
    }
    let names = fields.join(", ");
    let text = bilingual!(
        "read from amoCRM before a delivery, and missing here: {names}",
        "перед доставкой читается из amoCRM, а здесь этого нет: {names}"
    );
    Out::line(out.ink(Ink::Warn, &text.pick(seen.lang)));
}

/// Returns why a packet has no preview: no profile takes it.
fn unclaimed(packet: &Packet, report: &LoadReport, profiles: &ProfileSet) -> Failure {
    let source = &packet.source;
    let mut all = profiles.profiles().iter();
    let inactive = all.find(|profile| {
        let mut addresses = profile.addresses(source.name());
        !profile.is_active() && addresses.any(|address| address == source.address())
    });
    let more = if let Some(profile) = inactive {
        let file = &profile.reference().file;
        bilingual!(
            "; {file} is not active: `--profile {file}` shows what it would make",
            "; {file} не включён: что он сделает, покажет `--profile {file}`"
        )
    } else if report.has_errors() {
        bilingual!(
            "; some profiles have mistakes: run `leadgate check`",
            "; в некоторых профилях ошибки: запустите `leadgate check`"
        )
    } else {
        bilingual!("", "")
    };
    let label = |lang| intake::sources().label(source, lang);
    let (en, ru) = (label(Lang::En), label(Lang::Ru));
    let (more, also) = (more.in_lang(Lang::En), more.in_lang(Lang::Ru));
    let why = bilingual!(
        "no profile takes {en}{more}",
        "{ru}: подходящего профиля нет{also}"
    );
    Failure::message(1, why)
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
            Some(near) => bilingual!("did you mean {near}?", "возможно, {near}?"),
            None => Bilingual::new(
                "`leadgate check` lists mistakes that keep a profile from working",
                "ошибки, из-за которых профиль не работает, покажет `leadgate check`",
            )
            .into(),
        };
        let (en, ru) = (advice.in_lang(Lang::En), advice.in_lang(Lang::Ru));
        Failure::message(
            2,
            bilingual!(
                "there is no profile {name}; {en}",
                "профиля {name} нет; {ru}"
            ),
        )
    })
}

/// Returns the packet with the journal's data about it.
fn packet(
    given: &Given,
    address: Option<&SourceAddress>,
    named: Option<&Arc<Profile>>,
) -> Result<Packet, Failure> {
    if let Some(history) = &given.history {
        let mut packet = Packet::of_history(history, given.body.clone());
        let own = &history.entry.source;
        if let Some(named) = address.filter(|named| named.source == own.name()) {
            packet.source = Source::new(named.source, &*named.address, own.key());
        }
        return Ok(packet);
    }
    let source = address.map_or(DEFAULT, |named| named.source);
    let of =
        |address: Option<&str>| Packet::of(source, address, given.body.clone(), SystemClock.now());
    let of_profile = || of(Some(named?.addresses(source).next()?));
    of(address.map(|named| named.address.as_str()))
        .or_else(of_profile)
        .ok_or_else(|| sources::unnamed(&given.shown))
}

/// Adds the contents of the files that the plan writes.
fn with_files(packet: Packet, given: &Given, mapped: &Mapped, settings: &Settings) -> Packet {
    match &mapped.outcome {
        MappingOutcome::Plan(plan) => match plan.crm() {
            Some(step) => packet.with_files(step, &given.raw, &settings.files),
            None => packet,
        },
        MappingOutcome::Reject(_) | MappingOutcome::Park { .. } => packet,
    }
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
            let names = names.join(", ");
            let why = bilingual!(
                "the profile's `crm: {wanted}` is not a connection of the settings; they have {names}",
                "подключения `crm: {wanted}` из профиля в настройках нет; есть {names}"
            );
            return Err(Failure::message(1, why));
        }
        (None, names) => {
            let first = names.first().map_or("main", String::as_str);
            let names = names.join(", ");
            let why = bilingual!(
                "there are several connections ({names}), and the profile names none: add `crm: {first}` to it",
                "подключений несколько ({names}), а профиль не называет ни одного: добавьте в него `crm: {first}`"
            );
            return Err(Failure::message(1, why));
        }
    };
    let client = app::command_connection(settings, &name, originator(settings))
        .map_err(|error| Failure::new(2, error))?;
    let change_preview =
        actix_web::rt::System::new().block_on(preview::preview_changes(&client, packet, step));
    if let Some(Verdict::Retry { why, pause, .. }) = &change_preview.verdict {
        let advice = match pause {
            Some(PauseReason::Unreachable) if name == app::SANDBOX => Bilingual::new(
                "the embedded sandbox runs only inside a running gateway: start `leadgate serve`, or \
                     add --no-crm",
                "встроенная песочница есть только у работающего шлюза: запустите `leadgate serve` или \
                     добавьте --no-crm",
            ),
            Some(PauseReason::Unreachable) => Bilingual::new(
                "check the address and the network, or add --no-crm",
                "проверьте адрес и сеть или добавьте --no-crm",
            ),
            Some(PauseReason::Throttled) => Bilingual::new(
                "try again in a minute, or add --no-crm",
                "повторите через минуту или добавьте --no-crm",
            ),
            Some(PauseReason::Denied) => Bilingual::new(
                "run `leadgate check --live` for details, or add --no-crm",
                "подробности покажет `leadgate check --live`; или добавьте --no-crm",
            ),
            Some(PauseReason::Unanswered) | None => Bilingual::new(
                "try again, or add --no-crm",
                "повторите или добавьте --no-crm",
            ),
        };
        let address = client.masked_address();
        let both = |lang| {
            let why = why.to_text(lang);
            format!("crm.{name} {address}: {why}; {}", advice.pick(lang))
        };
        let why = Bilingual::new(both(Lang::En), both(Lang::Ru));
        return Err(Failure::message(1, why));
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

/// Returns whether the packet would be delivered.
fn verdict(mapped: &Mapped, change_preview: Option<&ChangePreview>) -> bool {
    let planned = matches!(mapped.outcome, MappingOutcome::Plan(_));
    let stopped = change_preview.is_some_and(|change_preview| change_preview.verdict.is_some());
    planned && !stopped
}
