//! `_channels.yaml`: how each channel is guarded and answered. A channel that only a profile names
//! works with the defaults. The file is read like a profile: all mistakes are reported at once, each
//! with its place. Reading looks nothing up: a secret is named by its place, and the caller fetches it.

mod guard;
mod kept_guards;
mod limits;
mod preset;
mod read;
mod reply;
mod shape;
mod timestamp;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use serde_json::{Value, json};

pub use self::guard::{Algorithm, Basic, Carrier, Encoding, Hmac, Secret, SecretSource, Token};
pub(crate) use self::kept_guards::KeptGuards;
pub use self::limits::Rate;
pub use self::preset::Preset;
pub(crate) use self::read::of_text;
pub use self::reply::{ChannelReply, Pages, ReplyValues};
pub use self::timestamp::{SignedTime, TimeCarrier};
pub(crate) use crate::authoring::CHANNELS as SOURCE;
use crate::authoring::ProfileFile;
use crate::authoring::codes::Code;
use crate::authoring::problem::{Problem, Problems, TextPlace};
use crate::authoring::suggest;
use crate::domain::body::Separator;
use crate::domain::{Bilingual, ChannelName, Lang, bilingual, text_json};
use crate::mapping::ProfileSet;
use crate::mapping::packet::Packet;
use crate::mapping::path::Path;

/// The settings of all channels that have some.
#[derive(Debug, Clone, Default)]
pub struct Channels {
    by_name: HashMap<ChannelName, Arc<Channel>>,
    /// Whether the file exists but cannot be read, so that the guards of the channels are unknown.
    is_broken: bool,
}

/// How one channel is guarded and answered.
#[derive(Debug, Clone, Default)]
pub struct Channel {
    /// The name for people; empty if the settings have none.
    pub title: String,
    /// The kind of its senders.
    pub preset: Preset,
    /// The methods that it accepts; empty means GET and POST.
    pub methods: Vec<String>,
    /// A token that every request must have.
    pub token: Option<Token>,
    /// A user and a password that every request must have.
    pub basic: Option<Basic>,
    /// A signature that every request must have.
    pub hmac: Option<Hmac>,
    /// The addresses that may send; empty means all.
    pub addresses: Vec<IpNet>,
    /// The origins whose pages may send from a browser; empty means none.
    pub origins: Vec<String>,
    /// The reply to an accepted request; `None` means leadgate's own.
    pub accepted: Option<ChannelReply>,
    /// The reply to a refused request; `None` means leadgate's own.
    pub refused: Option<ChannelReply>,
    /// How long a sender waits for the CRM if the profile replies after delivery.
    pub wait: Option<Duration>,
    /// The rate limit of all senders together.
    pub rate: Option<Rate>,
    /// The rate limit of one address.
    pub address_rate: Option<Rate>,
    /// The path of the values in one request that each become a submission.
    pub(crate) each: Option<Path>,
    /// What separates the values of CSV; `None` means that leadgate recognises it.
    pub separator: Option<Separator>,
    /// Whether the contents of files are stored.
    pub keeps_files: bool,
    /// How long an equal request of the same sender counts as the same submission, if nothing else
    /// identifies it.
    pub once_per: Option<Duration>,
    /// What happens to requests that cannot be decoded.
    pub unreadable: Unreadable,
    /// The maximum size of a body in bytes, files included.
    pub body_limit: Option<usize>,
    /// The place of its settings.
    pub(crate) place: Option<TextPlace>,
    /// Whether its block states the guards.
    pub(crate) says_guards: bool,
    /// Whether its block is empty.
    pub(crate) is_blank: bool,
    /// The guards that are kept from an earlier edition of the file.
    pub(crate) kept: KeptGuards,
}

/// What happens to requests that cannot be decoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unreadable {
    /// They are kept in quarantine.
    #[default]
    Keep,
    /// They are not kept.
    Drop,
}

impl Channels {
    /// Reads the file; `pages` are the pages that replies may use. Returns no settings if the file
    /// has errors.
    pub fn read(file: &ProfileFile, pages: &Pages) -> (Option<Self>, Vec<Problem>) {
        let mut problems = Problems::default();
        let channels = read::read(file, pages, &mut problems);
        let channels = channels
            .filter(|_| !problems.has_errors())
            .map(|by_name| Self {
                by_name,
                is_broken: false,
            });
        (channels, problems.into_sorted())
    }

    /// Returns the settings that apply until the file can be read: no channel accepts anything,
    /// because the guards are unknown.
    pub fn broken() -> Self {
        Self {
            is_broken: true,
            ..Self::default()
        }
    }

    /// Returns the same settings with all channels closed; the guards are kept for later.
    #[must_use]
    pub fn closed(&self) -> Self {
        Self {
            is_broken: true,
            ..self.clone()
        }
    }

    /// Returns whether all channels are closed.
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Returns the settings of a channel, if it has any.
    pub fn get(&self, name: &ChannelName) -> Option<&Arc<Channel>> {
        self.by_name.get(name)
    }

    /// Returns the settings of the channel with this name, if it has any.
    pub fn by_address(&self, address: &str) -> Option<&Arc<Channel>> {
        self.get(&ChannelName::parse(address)?)
    }

    /// Returns the channels that have settings, by name.
    pub fn names(&self) -> Vec<&ChannelName> {
        let mut names: Vec<_> = self.by_name.keys().collect();
        names.sort_unstable();
        names
    }

    /// Reports settings of channels that no profile names. A misspelt name leaves a channel open,
    /// because its token guards nothing. If a profile takes all other channels, only names that look
    /// misspelt are reported.
    pub fn unnamed(&self, profiles: &ProfileSet) -> Vec<Problem> {
        let known = profiles.addresses(SOURCE);
        let mut problems = Problems::default();
        for name in self.names() {
            let place = self.get(name).and_then(|channel| channel.place.as_ref());
            let (Some(place), false) = (place, known.contains(&name.as_str())) else {
                continue;
            };
            let near = suggest::nearest(name.as_str(), known.iter().copied());
            if near.is_none() && profiles.takes_others(SOURCE) {
                continue;
            }
            let message = bilingual!(
                "no profile receives channel `{name}`, so these settings guard nothing",
                "ни один профиль не принимает канал `{name}`: эти настройки ничего не защищают"
            );
            let advice = match near {
                Some(near) => bilingual!(
                    "a profile receives `{near}`: one of the two is misspelt; the address that the site knows is right, here and in the profile's `receive: {{ channel: … }}`",
                    "профиль принимает `{near}`: в одном из двух опечатка; верно то, что стоит в адресе у сайта, — напишите так и здесь, и в профиле, в `receive: {{ channel: … }}`"
                ),
                None => bilingual!(
                    "write `receive: {{ channel: {name} }}` in a profile, or remove them",
                    "напишите в профиле `receive: {{ channel: {name} }}` или уберите их"
                ),
            };
            problems.warn(Code::Unreachable, place, message, advice);
        }
        problems.into_sorted()
    }

    /// Fetches the secrets, and reports each that is unavailable: its channel refuses all requests.
    pub fn fetch_secrets(
        self,
        fetch: &dyn Fn(&SecretSource) -> Result<SecretString, Bilingual>,
    ) -> (Self, Vec<Problem>) {
        let mut problems = Problems::default();
        let channels = self.edited(|name, channel| {
            for secret in channel.secrets_mut() {
                match fetch(&secret.source) {
                    Ok(value) => secret.value = Some(value),
                    Err(why) => {
                        let (en, ru) = (why.in_lang(Lang::En), why.in_lang(Lang::Ru));
                        let message = bilingual!(
                            "channel {name} refuses all requests: {en}",
                            "канал {name} отклоняет все запросы: {ru}"
                        );
                        let advice = bilingual!(
                            "set the secret and save this file again, or restart the gateway",
                            "задайте секрет и сохраните этот файл ещё раз или перезапустите шлюз"
                        );
                        problems.warn(Code::Unreadable, &secret.place, message, advice);
                    }
                }
            }
        });
        (channels, problems.into_sorted())
    }

    /// Keeps the status texts for the life of the process, as the server requires. `keep` returns
    /// `None` if there is no more room: then the reply gets the standard text, and this is reported.
    pub fn keep_status_texts(
        self,
        keep: &mut dyn FnMut(&str) -> Option<&'static str>,
    ) -> (Self, Vec<Problem>) {
        let mut problems = Problems::default();
        let channels = self.edited(|_, channel| {
            let replies = [&mut channel.accepted, &mut channel.refused];
            let texts = replies.into_iter().flatten();
            for text in texts.filter_map(|reply| reply.status_text.as_mut()) {
                text.kept = keep(&text.written);
                if text.kept.is_none() {
                    let message = bilingual!(
                        "too many status texts were tried since the start: this reply has the \
                         standard one",
                        "с запуска опробовано слишком много текстов статуса: у этого ответа будет \
                         обычный",
                    );
                    let advice = bilingual!("restart the gateway", "перезапустите шлюз");
                    problems.warn(Code::TooLarge, &text.place, message, advice);
                }
            }
        });
        (channels, problems.into_sorted())
    }

    /// Returns the same settings with every channel edited, in the order of their names.
    fn edited(self, mut edit: impl FnMut(&ChannelName, &mut Channel)) -> Self {
        let mut channels: Vec<_> = self.by_name.into_iter().collect();
        channels.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        for (name, channel) in &mut channels {
            edit(name, Arc::make_mut(channel));
        }
        Self {
            by_name: channels.into_iter().collect(),
            is_broken: self.is_broken,
        }
    }
}

impl Channel {
    /// Returns the secrets that requests must have.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let token = self.token.as_ref().map(|token| &token.secret);
        let basic = self.basic.as_ref().map(|basic| &basic.password);
        let hmac = self.hmac.as_ref().map(|hmac| &hmac.secret);
        token.into_iter().chain(basic).chain(hmac)
    }

    /// Returns whether it refuses everything, because a secret of its guards could not be read.
    pub fn lacks_secret(&self) -> bool {
        let token = self.token.as_ref().map(|token| &token.secret);
        let basic = self.basic.as_ref().map(|basic| &basic.password);
        let hmac = self.hmac.as_ref().map(|hmac| &hmac.secret);
        let mut all = token.into_iter().chain(basic).chain(hmac);
        all.any(|secret| secret.value.is_none())
    }

    /// Returns the line on which its settings begin; `None` without a block in the file.
    pub fn line(&self) -> Option<u32> {
        self.place.as_ref().map(|place| place.line)
    }

    fn secrets_mut(&mut self) -> impl Iterator<Item = &mut Secret> {
        let token = self.token.as_mut().map(|token| &mut token.secret);
        let basic = self.basic.as_mut().map(|basic| &mut basic.password);
        let hmac = self.hmac.as_mut().map(|hmac| &mut hmac.secret);
        token.into_iter().chain(basic).chain(hmac)
    }

    /// Returns whether requests with this method are accepted.
    pub fn takes(&self, method: &str) -> bool {
        self.methods().iter().any(|taken| taken == method)
    }

    /// Returns the methods that are accepted.
    pub fn methods(&self) -> Vec<String> {
        if self.methods.is_empty() {
            return vec!["GET".to_owned(), "POST".to_owned()];
        }
        self.methods.clone()
    }

    /// Returns the details of a request that was never received: with them a file is read as a
    /// request to this channel would be.
    pub fn details(&self, content_type: Option<&str>) -> Value {
        json!({
            "content_type": content_type,
            "preset": self.preset,
            "separator": self.separator,
        })
    }

    /// Returns whether a request has an empty list of submissions.
    pub fn is_empty_list(&self, body: &Value) -> bool {
        let Some(each) = &self.each else {
            return false;
        };
        if each.ends_in_a_name() {
            let packet = Packet::new(body);
            let found = each.find(&packet);
            let is_empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
            return !found.is_empty() && found.iter().all(|found| is_empty(found.value));
        }
        each.finds_empty_list(body)
    }

    /// Returns whether one request may have many submissions.
    pub fn is_many(&self) -> bool {
        self.each.is_some()
    }

    /// Returns the values of a packet that become submissions. Returns `None` if there are too many
    /// for one request, or if finding them costs too much: `$..answers` finds each one inside all
    /// those around it. A single object in place of a list counts as one. A value that is neither an
    /// object nor a list counts as none, and the caller reports that to the sender.
    pub fn split(&self, mut body: Value) -> Option<Vec<Value>> {
        /// One request must not delay all the others.
        const MOST: usize = 500;
        let Some(each) = &self.each else {
            return Some(vec![body]);
        };
        if each.cost(&Packet::new(&body)).is_err() {
            return None;
        }
        // the list may be JSON inside a field of a form
        while each.enters_text(&body)
            && let Some(opened) = text_json::opened(&body)
        {
            body = opened;
        }
        each.list_single_objects(&mut body);
        let packet = Packet::new(&body);
        if each.cost(&packet).is_err() {
            return None;
        }
        let found = each.find(&packet);
        let names_lists = each.ends_in_a_name();
        let mut parts = Vec::new();
        for found in found {
            match blocks(found.value).filter(|_| names_lists) {
                Some(blocks) => parts.extend(blocks.into_iter().cloned()),
                None => parts.push(found.value.clone()),
            }
        }
        (parts.len() <= MOST).then_some(parts)
    }
}

/// Returns the elements of a list of blocks; PHP writes a list with gaps as a block with numbers.
fn blocks(value: &Value) -> Option<Vec<&Value>> {
    let elements: Vec<&Value> = match value {
        Value::Array(list) => list.iter().collect(),
        Value::Object(map) => {
            let is_number = |key: &String| key.bytes().all(|byte| byte.is_ascii_digit());
            if map.is_empty() || !map.keys().all(is_number) {
                return None;
            }
            map.values().collect()
        }
        _ => return None,
    };
    elements
        .iter()
        .all(|element| element.is_object())
        .then_some(elements)
}
