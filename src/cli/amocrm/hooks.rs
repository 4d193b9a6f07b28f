//! `leadgate amocrm hooks`: shows, adds and removes the hooks of an account.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::amocrm::{AmoClient, AmoHook, OwnHook};
use crate::app;
use crate::cli::failure::Failure;
use crate::cli::out::{Ink, Out, clean};
use crate::config::{AmoSettings, Settings};
use crate::domain::{AmoFailure, Bilingual, HookPattern, Lang, bilingual};
use crate::profiles::ProfileStore;
use crate::redact;

#[derive(Debug, Args)]
pub(super) struct HooksArgs {
    #[command(subcommand)]
    command: HooksCommand,
}

#[derive(Debug, Subcommand)]
enum HooksCommand {
    /// Show the hooks of an account, and which one leads to leadgate.
    List(AccountArgs),
    /// Add the hook that leads to leadgate, or switch it on again.
    Add(AddArgs),
    /// Remove the hook that leads to leadgate.
    Remove(AccountArgs),
}

#[derive(Debug, Args)]
struct AccountArgs {
    /// The account of the settings, `amocrm.NAME`; not needed if there is one only.
    name: Option<String>,
}

#[derive(Debug, Args)]
struct AddArgs {
    #[command(flatten)]
    account: AccountArgs,
    /// Events such as `leads.add`, comma-separated; without it those that profiles receive.
    #[arg(long, value_name = "EVENTS", value_delimiter = ',')]
    on: Vec<String>,
}

pub(super) fn run(args: &HooksArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    let (HooksCommand::List(account)
    | HooksCommand::Remove(account)
    | HooksCommand::Add(AddArgs { account, .. })) = &args.command;
    let (name, account) = super::account(account.name.as_deref(), settings)?;
    let client = app::command_amocrm(settings, name).map_err(|error| Failure::new(2, error))?;
    let own = app::own_hook(name, account);
    let hooks = Hooks {
        name,
        account,
        client,
        own,
        lang: out.lang(),
    };
    let system = actix_web::rt::System::new();
    match &args.command {
        HooksCommand::List(_) => system.block_on(hooks.list(out)),
        HooksCommand::Add(add) => {
            let events = hooks.events(&add.on, settings)?;
            system.block_on(hooks.add(&events))
        }
        HooksCommand::Remove(_) => system.block_on(hooks.remove()),
    }
}

/// The hooks of one account.
struct Hooks<'s> {
    name: &'s str,
    account: &'s AmoSettings,
    client: AmoClient,
    own: OwnHook,
    lang: Lang,
}

impl Hooks<'_> {
    /// Reads the hooks of the account.
    async fn all(&self) -> Result<Vec<AmoHook>, Failure> {
        let hooks = self.client.hooks().await;
        hooks.map_err(|failure| failed(&failure))
    }

    async fn list(&self, out: &Out) -> Result<ExitCode, Failure> {
        let hooks = self.all().await?;
        let mut is_well = false;
        for hook in &hooks {
            let is_own = self.own.is_one(hook);
            is_well |= is_own && !hook.is_disabled;
            let (ink, mark) = if hook.is_disabled {
                (Ink::Bad, Bilingual::new("off", "выключен"))
            } else {
                (Ink::Good, Bilingual::new("on", "включён"))
            };
            let mark = out.ink(ink, mark.pick(self.lang));
            let events = clean(&hook.events.join(", "));
            let address = shown(&hook.destination);
            let own = if is_own { " ← leadgate" } else { "" };
            Out::line(format!("{mark} {address}: {events}{own}"));
        }
        if is_well {
            return Ok(ExitCode::SUCCESS);
        }
        let name = self.name;
        let none = bilingual!(
            "no hook that is on leads to leadgate; `leadgate amocrm hooks add {name}` adds it",
            "ни один включённый хук не ведёт в leadgate; добавьте его: `leadgate amocrm hooks add {name}`"
        );
        Out::line(none.pick(self.lang));
        Ok(ExitCode::from(1))
    }

    /// Returns the codes of the events to add.
    fn events(&self, written: &[String], settings: &Settings) -> Result<Vec<String>, Failure> {
        let name = self.name;
        let mut codes = Vec::new();
        for text in written {
            let text = text.trim();
            let pattern = HookPattern::parse(text).filter(HookPattern::is_known);
            let pattern = pattern.ok_or_else(|| {
                let wrong = bilingual!(
                    "amoCRM has no event `{text}`; write leads.add, contacts.update",
                    "у amoCRM нет события `{text}`; напишите leads.add, contacts.update"
                );
                Failure::message(2, wrong)
            })?;
            codes.extend(pattern.codes());
        }
        if written.is_empty() {
            let mappings = &settings.mappings;
            let (profiles, _) = ProfileStore::open(&mappings.dir, &mappings.templates);
            codes = profiles.current().hook_codes(name);
        }
        if codes.is_empty() {
            let none = bilingual!(
                "no profile names events of `{name}` in `receive.on`; name them: --on leads.add,leads.status",
                "ни один профиль не называет события `{name}` в `receive.on`; назовите их: --on leads.add,leads.status"
            );
            return Err(Failure::message(2, none));
        }
        codes.sort();
        codes.dedup();
        Ok(codes)
    }

    async fn add(&self, events: &[String]) -> Result<ExitCode, Failure> {
        let hooks = self.all().await?;
        let known = hooks.iter().find(|hook| self.own.is_one(hook));
        let known = known.map(|hook| hook.destination.clone());
        let name = self.name;
        let destination = known.or_else(|| self.own.destination()).ok_or_else(|| {
            let missing = bilingual!(
                "the address of leadgate is not known: set amocrm.{name}.hook_url, such as https://gw.example",
                "адрес leadgate неизвестен: задайте amocrm.{name}.hook_url, например https://gw.example"
            );
            Failure::message(2, missing)
        })?;
        let hook = AmoHook {
            destination,
            events: events.to_vec(),
            is_disabled: false,
        };
        self.client
            .enable_hook(&hook)
            .await
            .map_err(|failure| failed(&failure))?;
        let (address, events) = (shown(&hook.destination), events.join(", "));
        let done = bilingual!("on: {address}: {events}", "включён: {address}: {events}");
        Out::line(done.pick(self.lang));
        if self.account.secret.is_none() {
            let open = Bilingual::new(
                "the address has no secret: senders are recognised only by allowed_addresses",
                "в адресе нет секрета: отправителя узнают только по allowed_addresses",
            );
            Out::line(open.pick(self.lang));
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn remove(&self) -> Result<ExitCode, Failure> {
        let hooks = self.all().await?;
        let own: Vec<&AmoHook> = hooks.iter().filter(|hook| self.own.is_one(hook)).collect();
        for hook in &own {
            let removed = self.client.remove_hook(&hook.destination).await;
            removed.map_err(|failure| failed(&failure))?;
            let address = shown(&hook.destination);
            let done = bilingual!("removed: {address}", "удалён: {address}");
            Out::line(done.pick(self.lang));
        }
        if own.is_empty() {
            let none = Bilingual::new(
                "no hook leads to leadgate: nothing to remove",
                "ни один хук не ведёт в leadgate: удалять нечего",
            );
            Out::line(none.pick(self.lang));
            return Ok(ExitCode::from(1));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn failed(failure: &AmoFailure) -> Failure {
    Failure::message(1, failure.text())
}

/// Returns an address without what may be a secret: its query, and what follows the account.
fn shown(destination: &str) -> String {
    let (path, query) = match destination.split_once('?') {
        Some((path, _)) => (path, "?…"),
        None => (destination, ""),
    };
    redact::mask_all(&clean(&format!("{path}{query}")))
}
