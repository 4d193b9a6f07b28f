//! All profiles together: chooses the profile of a submission, and finds problems between profiles.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::Arc;

use serde_json::Value;

use super::hook_item::ItemPart;
use super::packet::Packet;
use super::profile::Profile;
use crate::authoring::codes::Code;
use crate::authoring::problem::{Problem, Problems, TextPlace};
use crate::authoring::sources::{AMOCRM, PBXS, SOURCES, SourceWords};
use crate::authoring::suggest;
use crate::domain::{Bilingual, Destination, FINAL_STAGES, HookPattern, Route, Source, bilingual};

/// The profiles in use.
#[derive(Debug, Default)]
pub struct ProfileSet {
    /// In the order of their files' names.
    profiles: Vec<Arc<Profile>>,
    /// By the name of the source.
    by_source: HashMap<&'static str, OfSource>,
    /// The files of the profiles that use what requests tell apart from their bodies.
    asking: HashSet<String>,
    /// The files of the profiles that use files of submissions.
    filing: HashSet<String>,
    /// Changes with every changed, added or removed profile.
    edition: String,
    /// The files that have a mistake now, so that their last good edition is in use.
    outdated: HashSet<String>,
}

/// The profiles that receive one source.
#[derive(Debug, Default)]
struct OfSource {
    /// For each address that profiles name, these profiles in order.
    by_address: HashMap<String, Vec<Arc<Profile>>>,
    /// The profile for all other addresses.
    default: Option<Arc<Profile>>,
}

impl OfSource {
    fn new(words: &SourceWords, profiles: &[Arc<Profile>], problems: &mut Problems) -> Self {
        Self {
            by_address: grouped(words, profiles, problems),
            default: default(words, profiles, problems),
        }
    }

    fn named(&self, address: &str) -> &[Arc<Profile>] {
        self.by_address.get(address).map_or(&[], Vec::as_slice)
    }
}

impl ProfileSet {
    /// Combines profiles. Problems between profiles do not disable any: of two defaults, the first
    /// by file name counts.
    pub fn new(mut profiles: Vec<Arc<Profile>>) -> (Self, Vec<Problem>) {
        profiles.sort_by(|one, other| one.file.cmp(&other.file));
        let mut problems = Problems::default();
        same_names(&profiles, &mut problems);
        let active = without_inactive(&profiles, &mut problems);
        let of_source = |words: &'static SourceWords| {
            let of_source = OfSource::new(words, &active, &mut problems);
            (words.source, of_source)
        };
        let set = Self {
            by_source: SOURCES.iter().map(of_source).collect(),
            edition: edition(&profiles),
            asking: profiles
                .iter()
                .filter(|profile| profile.asks_request())
                .map(|profile| profile.file().to_owned())
                .collect(),
            filing: profiles
                .iter()
                .filter(|profile| profile.takes_files())
                .map(|profile| profile.file().to_owned())
                .collect(),
            profiles,
            outdated: HashSet::new(),
        };
        (set, problems.into_sorted())
    }

    /// Notes the files that have a mistake now.
    #[must_use]
    pub fn with_outdated(mut self, files: &[String]) -> Self {
        self.outdated = files.iter().cloned().collect();
        self
    }

    /// Returns whether the file of a profile has a mistake now: the last good edition is in use.
    pub fn is_outdated(&self, profile: &Profile) -> bool {
        self.outdated.contains(profile.file())
    }

    /// Returns the profile for a submission: the first that accepts it of those that name its
    /// address, else the default.
    pub fn for_source(&self, source: &Source, body: &Value) -> Option<&Arc<Profile>> {
        self.chosen(source.name(), source.address(), &Packet::of(source, body))
    }

    /// Returns the profile for a packet that came to this address of a source.
    pub fn for_address(&self, source: &str, address: &str, body: &Value) -> Option<&Arc<Profile>> {
        self.chosen(source, address, &Packet::new(body))
    }

    fn chosen(&self, source: &str, address: &str, packet: &Packet<'_>) -> Option<&Arc<Profile>> {
        self.candidates(source, address)
            .find(|profile| profile.wants_packet(packet))
    }

    /// Returns whether what a request tells apart from its body must be kept: a profile for the
    /// address uses it, or there is none yet.
    pub fn keeps_request(&self, source: &str, address: &str) -> bool {
        let mut candidates = self.candidates(source, address).peekable();
        candidates.peek().is_none()
            || candidates.any(|profile| self.asking.contains(profile.file()))
    }

    /// Returns whether the contents of files must be kept: a profile for the address uses files.
    pub fn keeps_files(&self, source: &str, address: &str) -> bool {
        // most profiles use no files
        !self.filing.is_empty()
            && self
                .candidates(source, address)
                .any(|profile| self.filing.contains(profile.file()))
    }

    /// Returns the profiles that may take submissions of an address, in order.
    pub fn candidates(&self, source: &str, address: &str) -> impl Iterator<Item = &Arc<Profile>> {
        let of_source = self.by_source.get(source).into_iter();
        of_source.flat_map(move |of| of.named(address).iter().chain(&of.default))
    }

    /// Returns whether any profile, or the default, may take what comes to an address.
    pub fn may_take(&self, source: &str, address: &str) -> bool {
        self.candidates(source, address).next().is_some()
    }

    /// Returns whether the choice of the profile, or its rejections, need the body.
    pub fn needs_body(&self, source: &str, address: &str) -> bool {
        self.candidates(source, address)
            .any(|profile| profile.has_tests() || profile.may_reject())
    }

    /// Returns the profile that takes a submission. The body is decoded only if that matters.
    pub fn taker(
        &self,
        source: &Source,
        decode: impl FnOnce() -> Option<Value>,
    ) -> Option<&Arc<Profile>> {
        if !self.may_take(source.name(), source.address()) {
            return None;
        }
        self.for_source(source, &decode()?)
    }

    /// Returns the profiles that name an address, in order.
    pub fn naming(&self, source: &str, address: &str) -> &[Arc<Profile>] {
        let of_source = self.by_source.get(source);
        of_source.map_or(&[], |of| of.named(address))
    }

    /// Returns the addresses of a source that profiles name, sorted.
    pub fn addresses(&self, source: &str) -> Vec<&str> {
        let of_source = self.by_source.get(source).into_iter();
        let mut addresses: Vec<&str> = of_source
            .flat_map(|of| of.by_address.keys().map(String::as_str))
            .collect();
        addresses.sort_unstable();
        addresses
    }

    /// Returns whether a profile takes the addresses of a source that no profile names.
    pub fn takes_others(&self, source: &str) -> bool {
        let of_source = self.by_source.get(source);
        of_source.is_some_and(|of| of.default.is_some())
    }

    /// Returns the route to a destination, as long as these profiles are in use.
    pub fn route(&self, destination: Option<&Destination>) -> Route {
        Route::new(&self.edition, destination)
    }

    /// Returns a warning for each HTTP destination that a profile names and the settings lack.
    pub fn unknown_destinations(&self, known: &[&str]) -> Vec<Problem> {
        let mut problems = Problems::default();
        for profile in &self.profiles {
            for (name, place) in profile.http_destinations() {
                if !known.contains(&name) {
                    unknown_destination((name, place), known, &mut problems);
                }
            }
        }
        problems.into_sorted()
    }

    /// Returns a warning for each profile that sends mail; call it if there is no mail server.
    pub fn without_mail_server(&self) -> Vec<Problem> {
        let mut problems = Problems::default();
        for place in self
            .profiles
            .iter()
            .filter_map(|profile| profile.first_mail())
        {
            let message = bilingual!(
                "the settings have no mail server: submissions are parked at this step",
                "в настройках нет почтового сервера: заявки остановятся на этом шаге"
            );
            let advice = bilingual!(
                "add `[mail]` with `server` and `from` to leadgate.toml",
                "добавьте в leadgate.toml раздел `[mail]` с `server` и `from`"
            );
            problems.warn(Code::UnknownDestination, place, message, advice);
        }
        problems.into_sorted()
    }

    /// Returns a warning for each amoCRM account that a profile names and the settings lack; none if
    /// the settings have no account at all, because the shipped profile names one.
    pub fn unknown_accounts(&self, known: &[&str]) -> Vec<Problem> {
        let words = |name: &str| {
            (
                bilingual!(
                    "the settings have no amoCRM account `{name}`: its hooks are refused",
                    "в настройках нет аккаунта amoCRM `{name}`: его хуки не принимаются"
                ),
                bilingual!(
                    "add `[amocrm.{name}]` with `account` and `secret` to leadgate.toml",
                    "добавьте в leadgate.toml раздел `[amocrm.{name}]` с `account` и `secret`"
                ),
            )
        };
        self.unknown_addresses(AMOCRM, known, (Code::UnknownAccount, words))
    }

    /// Returns a warning for each PBX that a profile names and the settings lack; none if the settings
    /// have no PBX at all, because the shipped profiles name one.
    pub fn unknown_pbxs(&self, known: &[&str]) -> Vec<Problem> {
        let words = |name: &str| {
            (
                bilingual!(
                    "the settings have no PBX `{name}`: its requests are refused",
                    "в настройках нет АТС `{name}`: её запросы не принимаются"
                ),
                bilingual!(
                    "add `[pbx.{name}]` with `key` to leadgate.toml",
                    "добавьте в leadgate.toml раздел `[pbx.{name}]` с `key`"
                ),
            )
        };
        self.unknown_addresses(PBXS, known, (Code::UnknownPbx, words))
    }

    /// Returns a warning for each address of a source that is not known, if any is: what is wrong,
    /// and how to add it.
    fn unknown_addresses(
        &self,
        source: &str,
        known: &[&str],
        (code, words): (Code, impl Fn(&str) -> (Bilingual, Bilingual)),
    ) -> Vec<Problem> {
        let mut problems = Problems::default();
        if known.is_empty() {
            return Vec::new();
        }
        for profile in &self.profiles {
            for name in profile
                .addresses(source)
                .filter(|name| !known.contains(name))
            {
                let (message, add) = words(name);
                let near = suggest::nearest(name, known.iter().copied());
                // a number or an address of the only one
                let only = known.first().filter(|_| known.len() == 1);
                let near = near.or(only.copied());
                let advice = near.map_or(add, suggest::meant);
                problems.warn(code, &profile.receive_place, message, advice);
            }
        }
        problems.into_sorted()
    }

    /// Returns a warning for each pipeline and stage that `receive.when` of a profile for this amoCRM
    /// account names, and that the settings do not name: `stages` and `pipelines` are their names.
    pub fn unnamed_in_account(
        &self,
        account: &str,
        (pipelines, stages): (&[&str], &[&str]),
    ) -> Vec<Problem> {
        let mut problems = Problems::default();
        for profile in &self.profiles {
            if !profile.addresses(AMOCRM).any(|it| it == account) {
                continue;
            }
            for test in &profile.receive.item {
                let (key, section, known) = match test.part {
                    ItemPart::Tags => continue,
                    ItemPart::Pipeline => ("pipeline", "pipelines", pipelines),
                    ItemPart::Stage => ("stage", "stages", stages),
                };
                for (name, place) in &test.names {
                    let name = name.as_str();
                    let lower = name.to_lowercase();
                    let is_known = |known: &&str| known.trim().to_lowercase() == lower;
                    let is_final =
                        key == "stage" && FINAL_STAGES.iter().any(|(_, known)| *known == name);
                    let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
                    if is_number || is_final || known.iter().any(is_known) {
                        continue;
                    }
                    let message = bilingual!(
                        "hooks of `{account}` have numbers, and the settings give no `{key}` the name `{name}`: this never holds",
                        "в хуках `{account}` номера, а имени `{name}` (`{key}`) в настройках нет: условие не выполнится никогда"
                    );
                    let advice = match suggest::slip(name, known) {
                        Some(near) => suggest::meant(near),
                        None => bilingual!(
                            "write the number, or name it in leadgate.toml: `[amocrm.{account}.{section}]`, `7720015 = \"{name}\"`",
                            "напишите номер или дайте имя в leadgate.toml: `[amocrm.{account}.{section}]`, `7720015 = \"{name}\"`"
                        ),
                    };
                    problems.warn(Code::WrongValue, place, message, advice);
                }
            }
        }
        problems.into_sorted()
    }

    /// Returns the events that profiles want of an amoCRM account, as its API spells them.
    pub fn hook_codes(&self, account: &str) -> Vec<String> {
        let profiles = self.profiles.iter();
        let named = profiles.filter(|profile| profile.addresses(AMOCRM).any(|it| it == account));
        let events = named.flat_map(|profile| &profile.receive.events);
        let mut codes: Vec<String> = events.flat_map(HookPattern::codes).collect();
        codes.sort();
        codes.dedup();
        codes
    }

    /// Returns a warning for each profile with fields that are read from one of these amoCRM accounts,
    /// for which the settings have no token.
    pub fn unread_fields(&self, accounts: &[&str]) -> Vec<Problem> {
        let mut problems = Problems::default();
        for profile in &self.profiles {
            let fields = profile.fields_read_from_amocrm();
            if fields.is_empty() {
                continue;
            }
            let fields = fields.join(", ");
            let mut named = profile.addresses(AMOCRM);
            let Some(name) = named.find(|name| accounts.contains(name)) else {
                continue;
            };
            let message = bilingual!(
                "fields that are read from amoCRM stay empty, because `amocrm.{name}` has no token: {fields}",
                "поля, которые читаются из amoCRM, останутся пустыми: у `amocrm.{name}` нет токена: {fields}"
            );
            let advice = bilingual!(
                "set `amocrm.{name}.token` to a long-lived token of a private integration, or connect one: `leadgate amocrm connect {name}`",
                "впишите в `amocrm.{name}.token` долгосрочный токен частной интеграции или подключите интеграцию: `leadgate amocrm connect {name}`"
            );
            problems.warn(Code::NoToken, &profile.receive_place, message, advice);
        }
        problems.into_sorted()
    }

    /// Returns all profiles in the order of their files' names.
    pub fn profiles(&self) -> &[Arc<Profile>] {
        &self.profiles
    }

    /// Returns a profile by its file name, with or without the extension.
    pub fn by_file(&self, file: &str) -> Option<&Arc<Profile>> {
        self.profiles
            .iter()
            .find(|profile| profile.file() == file || profile.reference().file == file)
    }
}

/// Warns of a destination that the settings lack.
pub(crate) fn unknown_destination(
    (name, place): (&str, &TextPlace),
    known: &[&str],
    problems: &mut Problems,
) {
    let message = bilingual!(
        "the settings have no destination `{name}`: submissions are parked at this step",
        "в настройках нет сервиса `{name}`: заявки остановятся на этом шаге"
    );
    let advice = match suggest::nearest(name, known.iter().copied()) {
        Some(near) => suggest::meant(near),
        None => bilingual!(
            "add `[http.{name}]` with `url` to leadgate.toml; all settings of a service: docs/services.md",
            "добавьте в leadgate.toml раздел `[http.{name}]` с `url`; все настройки сервиса: docs/services.ru.md"
        ),
    };
    problems.warn(Code::UnknownDestination, place, message, advice);
}

/// The standard hasher may give another result with another compiler; then waiting submissions are
/// rerouted once.
fn edition(profiles: &[Arc<Profile>]) -> String {
    let mut hasher = DefaultHasher::new();
    for profile in profiles {
        (&profile.file, &profile.reference.hash).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

/// Returns the profiles that take submissions, and warns of the others.
fn without_inactive(profiles: &[Arc<Profile>], problems: &mut Problems) -> Vec<Arc<Profile>> {
    let off = |profile: &Arc<Profile>| profile.receive.off.clone();
    for place in profiles.iter().filter_map(off) {
        let message = bilingual!(
            "the profile takes no submissions, because it is not active",
            "профиль ничего не принимает: он не включён"
        );
        let advice = bilingual!(
            "look through it, then remove this line or write `active: yes`",
            "просмотрите его, затем уберите эту строку или напишите `active: yes`"
        );
        problems.warn(Code::Unreachable, &place, message, advice);
    }
    let active = profiles.iter().filter(|profile| profile.is_active());
    active.cloned().collect()
}

/// For each address of a source, its profiles in order.
fn grouped(
    words: &SourceWords,
    profiles: &[Arc<Profile>],
    problems: &mut Problems,
) -> HashMap<String, Vec<Arc<Profile>>> {
    let mut groups: HashMap<String, Vec<Arc<Profile>>> = HashMap::new();
    for profile in profiles {
        for address in profile.addresses(words.source) {
            let list = groups.entry(address.to_owned()).or_default();
            if !list.iter().any(|other| Arc::ptr_eq(other, profile)) {
                list.push(profile.clone());
            }
        }
    }
    let mut sorted: Vec<(&String, &mut Vec<Arc<Profile>>)> = groups.iter_mut().collect();
    sorted.sort_unstable_by_key(|(address, _)| *address);
    for (address, list) in sorted {
        // stable: files of one order stay in the order of their names
        list.sort_by_key(|profile| profile.order());
        unreachable(&format!("{} {address}", words.one), list, problems);
    }
    groups
}

fn unreachable(of: &str, list: &[Arc<Profile>], problems: &mut Problems) {
    for (index, profile) in list.iter().enumerate() {
        let before = list.iter().take(index);
        let mut takers = before.filter(|other| {
            !other.has_tests() || (profile.when().is_some() && has_same_tests(other, profile))
        });
        let Some(taker) = takers.next() else {
            continue;
        };
        let file = taker.file();
        let message = bilingual!(
            "no submission of {of} reaches this profile: `{file}` takes all of them first",
            "сюда не дойдёт ни одно обращение ({of}): все раньше забирает `{file}`"
        );
        let advice = if taker.has_tests() {
            bilingual!(
                "the `when` of both is the same: give this one another",
                "`when` у обоих один и тот же: напишите здесь другой"
            )
        } else {
            bilingual!(
                "give one of them a `when`, or this one a lower `order` and a `when`",
                "дайте одному из них `when` или этому — меньший `order` и `when`"
            )
        };
        problems.warn(Code::Unreachable, &profile.receive_place, message, advice);
    }
}

fn same_names(profiles: &[Arc<Profile>], problems: &mut Problems) {
    let mut names: HashMap<&str, &Arc<Profile>> = HashMap::new();
    for profile in profiles {
        let first = *names.entry(profile.name()).or_insert(profile);
        if !Arc::ptr_eq(first, profile) {
            // `poll — копия.yaml` stands before `poll.yaml`
            let (first, other) = if is_copy(first.file()) && !is_copy(profile.file()) {
                (profile, first)
            } else {
                (first, profile)
            };
            let file = first.file();
            let message = bilingual!("`{file}` has the same name", "так же называется `{file}`");
            let advice = if is_copy(other.file()) && takes_the_same(first, other) {
                bilingual!(
                    "this copy takes the same submissions: give it polls or channels of its own and another name, or remove it",
                    "эта копия принимает то же самое: дайте ей свои опросы или каналы и другое название либо уберите её"
                )
            } else {
                bilingual!(
                    "give each profile its own name: the journal shows it",
                    "дайте каждому профилю своё название: его видно в журнале"
                )
            };
            problems.error(Code::SameName, &other.name_place, message, advice);
        }
    }
}

/// Returns whether a file is called a copy, as programs do that copy files.
fn is_copy(file: &str) -> bool {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let lower = stem.to_lowercase();
    let is_numbered = lower
        .strip_suffix(')')
        .and_then(|rest| rest.rsplit_once('('))
        .is_some_and(|(_, number)| {
            !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
        });
    is_numbered || ["копия", "copy"].iter().any(|word| lower.contains(word))
}

/// Returns whether two profiles take the same submissions by their addresses and tests.
fn takes_the_same(one: &Profile, other: &Profile) -> bool {
    let shares = |words: &SourceWords| {
        one.addresses(words.source)
            .any(|address| other.addresses(words.source).any(|it| it == address))
    };
    SOURCES.iter().any(shares) && has_same_tests(one, other)
}

fn has_same_tests(one: &Profile, other: &Profile) -> bool {
    let written = |profile: &Profile| profile.when().map(|when| when.replace(' ', ""));
    written(one) == written(other) && ![one, other].into_iter().any(Profile::has_own_tests)
}

fn default(
    words: &SourceWords,
    profiles: &[Arc<Profile>],
    problems: &mut Problems,
) -> Option<Arc<Profile>> {
    let mut defaults = profiles
        .iter()
        .filter(|profile| profile.takes_others(words.source));
    let first = defaults.next()?;
    for other in defaults {
        let file = first.file();
        let message = bilingual!(
            "`{file}` is already the default",
            "`{file}` уже берёт всё остальное"
        );
        let advice = bilingual!(
            "only one profile can be the default: name polls or channels in this one",
            "брать всё остальное может только один профиль: назовите в этом опросы или каналы"
        );
        problems.error(Code::TwoDefaults, &other.receive_place, message, advice);
    }
    Some(first.clone())
}
