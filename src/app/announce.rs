//! The announcement that the gateway prints when it starts.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::connections::Connections;
use crate::authoring::{SOURCES, SourceWords};
use crate::config::Settings;
use crate::domain::{Bilingual, HttpStep, Lang, MailStep, bilingual};
use crate::intake::{self, Announcement};
use crate::mapping::{Profile, ProfileSet};

/// Profiles that are listed.
const MOST: usize = 10;

/// The facts of a start, printed in a few plain lines.
#[derive(Debug, Clone)]
pub struct Started {
    /// Where it listens.
    pub address: SocketAddr,
    /// The base URL for callers on this machine, such as `http://127.0.0.1:8080`.
    pub base: String,
    sources: Vec<Announcement>,
    data: PathBuf,
    mappings: PathBuf,
    profiles: Vec<Bilingual>,
    crm: Vec<String>,
    sandbox: bool,
    /// Whether the sandbox's pages answer.
    open: bool,
    /// The path of the console: its sign-in link, if programs of this machine only reach it.
    sign_in: Option<String>,
}

impl Started {
    pub(super) fn new(
        settings: &Settings,
        listening: SocketAddr,
        profiles: &ProfileSet,
        connections: &Connections,
    ) -> Self {
        // behind a port mapping, senders call the published address
        let address = settings.server.published.unwrap_or(listening);
        let host = match address {
            SocketAddr::V4(v4) if v4.ip().is_unspecified() => "127.0.0.1".to_owned(),
            SocketAddr::V6(v6) if v6.ip().is_unspecified() => "[::1]".to_owned(),
            SocketAddr::V4(v4) => v4.ip().to_string(),
            SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
        };
        let base = format!("http://{host}:{}", address.port());
        Self {
            address: listening,
            sources: intake::SOURCES
                .iter()
                .map(|source| source.announcement(&base, settings, profiles))
                .collect(),
            base,
            data: std::path::absolute(&settings.data.dir).unwrap_or(settings.data.dir.clone()),
            mappings: settings.mappings.dir.clone(),
            profiles: profiles
                .profiles()
                .iter()
                .map(|profile| summary(profile))
                .collect(),
            crm: connections
                .0
                .iter()
                .map(|(name, c)| format!("{name}: {}", c.masked_address()))
                .collect(),
            sandbox: settings.crm.is_empty(),
            open: super::exposure::is_open(settings, settings.server.listen),
            sign_in: None,
        }
    }

    /// Adds the console's sign-in link.
    pub(super) fn with_console(self, sign_in: Option<String>) -> Self {
        Self { sign_in, ..self }
    }
}

impl Started {
    /// Returns the announcement in a language.
    pub fn to_text(&self, lang: Lang) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let ready = bilingual!("leadgate {version} is ready.", "leadgate {version} готов.");
        let mut lines = vec![ready.pick(lang), String::new()];
        let mut say = |name: &str, value: &str| lines.push(format!("  {name:<10}  {value}"));
        for (name, address) in self.sources.iter().flat_map(|source| &source.addresses) {
            say(name.pick(lang), address.in_lang(lang));
        }
        if let Some(path) = &self.sign_in {
            let name = Bilingual::new("Console", "Консоль").pick(lang);
            say(name, &format!("{}{path}", self.base));
        }
        for crm in self.crm() {
            say("CRM", crm.in_lang(lang));
        }
        let data = self.data.display().to_string();
        say(Bilingual::new("Data", "Данные").pick(lang), &data);
        for (index, profile) in self.profiles().iter().enumerate() {
            let name = Bilingual::new("Profiles", "Профили").pick(lang);
            say(if index == 0 { name } else { "" }, profile.in_lang(lang));
        }
        lines.push(String::new());
        for (title, command) in self.sources.iter().flat_map(|source| &source.examples) {
            lines.push(format!("{}:\n  {command}", title.pick(lang)));
        }
        lines.push(String::new());
        lines.join("\n")
    }

    fn crm(&self) -> Vec<Bilingual> {
        let base = &self.base;
        if self.sandbox && !self.open && self.sign_in.is_some() {
            return vec![bilingual!(
                "the embedded sandbox, not a real portal: {base}/sandbox; its pages are closed until you sign in \
                 to the console",
                "встроенная песочница, не настоящий портал: {base}/sandbox; её страницы открываются после \
                 входа в консоль"
            )];
        }
        if self.sandbox && !self.open {
            return vec![bilingual!(
                "the embedded sandbox, not a real portal; its pages are closed, because other machines can \
                 reach this address (sandbox.public)",
                "встроенная песочница, не настоящий портал; её страницы закрыты, потому что этот адрес \
                 доступен другим машинам (sandbox.public)"
            )];
        }
        if self.sandbox {
            return vec![bilingual!(
                "the embedded sandbox, not a real portal: {base}/sandbox",
                "встроенная песочница, не настоящий портал: {base}/sandbox"
            )];
        }
        let crm = self.crm.iter();
        crm.map(|crm| bilingual!("{crm}", "{crm}")).collect()
    }

    fn profiles(&self) -> Vec<Bilingual> {
        let folder = self.mappings.display();
        if self.profiles.is_empty() {
            return vec![bilingual!(
                "none in {folder}: every answer is refused; run `leadgate check`",
                "в {folder} их нет: каждый ответ будет отклонён; запустите `leadgate check`"
            )];
        }
        let mut shown: Vec<Bilingual> = self.profiles.iter().take(MOST).cloned().collect();
        if self.profiles.len() > MOST {
            let more = self.profiles.len() - MOST;
            shown.push(bilingual!(
                "… and {more} more in {folder}",
                "… и ещё {more} в {folder}"
            ));
        }
        shown
    }
}

/// Returns the addresses of a source that a profile names: `polls 123, 124`; `None` for none.
fn listed<'a>(
    [one, several]: [Bilingual<&str>; 2],
    items: impl Iterator<Item = &'a str>,
) -> Option<Bilingual> {
    let names: Vec<&str> = items.collect();
    let all = names.join(", ");
    let word = match names.len() {
        0 => return None,
        1 => one,
        _ => several,
    };
    Some(Bilingual::from(word).map(|word| format!("{word} {all}")))
}

/// Returns what a profile makes, or where it sends submissions that make nothing in the CRM.
fn outcome(profile: &Profile) -> Bilingual {
    let destination = profile.destination();
    match (destination.kind(), profile.makes()) {
        (HttpStep::KIND, _) => {
            let name = destination.name();
            bilingual!("request to {name}", "запрос в {name}")
        }
        (MailStep::KIND, _) => Bilingual::new("letter", "письмо").into(),
        (_, "contact") => Bilingual::new("contact", "контакт").into(),
        (_, "company") => Bilingual::new("company", "компания").into(),
        (_, "deal") => Bilingual::new("deal", "сделка").into(),
        (_, "lead") => Bilingual::new("lead", "лид").into(),
        (_, item) => bilingual!("{item}", "элемент смарт-процесса"),
    }
}

/// `consultation «Вопрос…»: polls 123, 124 → deal`.
fn summary(profile: &Profile) -> Bilingual {
    let reference = profile.reference();
    let mut takes: Vec<Bilingual> = Vec::new();
    let mut others: Vec<Bilingual> = Vec::new();
    for SourceWords { source, names, .. } in &SOURCES {
        let [one, several, every] = *names;
        takes.extend(listed([one, several], profile.addresses(source)));
        if profile.takes_others(source) {
            others.push(every.into());
        }
    }
    if others.len() == SOURCES.len() {
        others = vec![Bilingual::new("everything else", "всё остальное").into()];
    }
    takes.extend(others);
    let of = |lang| -> String {
        let takes: Vec<&str> = takes.iter().map(|words| words.in_lang(lang)).collect();
        takes.join(", ")
    };
    let (en, ru) = (of(Lang::En), of(Lang::Ru));
    let (file, name) = (&reference.file, &reference.name);
    let outcome = outcome(profile);
    let (made, made_ru) = (outcome.in_lang(Lang::En), outcome.in_lang(Lang::Ru));
    bilingual!(
        "{file} «{name}»: {en} → {made}",
        "{file} «{name}»: {ru} → {made_ru}"
    )
}
