//! `_channels.yaml`: how each channel is guarded and answered. A channel that only a profile names
//! works with the defaults. Read like profiles: every mistake at once, with its place; nothing is
//! looked up here, secrets are named by where they are and fetched by whoever may.

mod guard;
mod kept_guards;
mod limits;
mod preset;
mod read;
mod reply;
mod timestamp;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use serde_json::Value;

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
use crate::domain::{Bilingual, ChannelName, Lang, bilingual};
use crate::mapping::ProfileSet;
use crate::mapping::path::Path;

/// The settings of all channels that have some.
#[derive(Debug, Clone, Default)]
pub struct Channels {
    by_name: HashMap<ChannelName, Arc<Channel>>,
    /// The file is there and cannot be read, so nobody knows how the channels are guarded.
    is_broken: bool,
}

/// How one channel is guarded and answered.
#[derive(Debug, Clone, Default)]
pub struct Channel {
    /// What people call it; made of its address when they call it nothing.
    pub title: String,
    /// Whose habits its senders have.
    pub preset: Preset,
    /// The methods that it takes; empty: GET and POST.
    pub methods: Vec<String>,
    /// A token that every request must bear.
    pub token: Option<Token>,
    /// A user and a password that every request must bear.
    pub basic: Option<Basic>,
    /// A signature that every request must bear.
    pub hmac: Option<Hmac>,
    /// Who may send; empty: everybody.
    pub addresses: Vec<IpNet>,
    /// Pages of which origins may send from a browser; empty: none.
    pub origins: Vec<String>,
    /// The answer to what was taken in; `None`: ours.
    pub accepted: Option<ChannelReply>,
    /// The answer to what was refused; `None`: ours.
    pub refused: Option<ChannelReply>,
    /// How long a sender waits for the CRM where the profile wants that.
    pub wait: Option<Duration>,
    /// How much all senders together may send.
    pub rate: Option<Rate>,
    /// How much one address may send.
    pub address_rate: Option<Rate>,
    /// What makes a submission of its own in one request.
    pub(crate) each: Option<Path>,
    /// Whether the contents of files are kept.
    pub keeps_files: bool,
    /// The longest body, in bytes, files included.
    pub body_limit: Option<usize>,
    /// Where its settings stand.
    pub(crate) place: Option<TextPlace>,
    /// Whether its block says which guards are meant.
    pub(crate) says_guards: bool,
    /// Whether its block is empty.
    pub(crate) is_blank: bool,
    /// What of it is that of an earlier edition.
    pub(crate) kept: KeptGuards,
}

impl Channels {
    /// Reads the file; `pages` are what replies may consist of. Without any settings when it has
    /// errors.
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

    /// What is at work while the file never could be read: no channel takes anything, because
    /// nobody knows how they are guarded.
    pub fn broken() -> Self {
        Self {
            is_broken: true,
            ..Self::default()
        }
    }

    /// The same, and no channel takes anything; the guards are kept for the time after.
    #[must_use]
    pub fn closed(&self) -> Self {
        Self {
            is_broken: true,
            ..self.clone()
        }
    }

    /// Whether no channel may take anything.
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// The settings of a channel, if it has any.
    pub fn get(&self, name: &ChannelName) -> Option<&Arc<Channel>> {
        self.by_name.get(name)
    }

    /// The channels that have settings, by name.
    pub fn names(&self) -> Vec<&ChannelName> {
        let mut names: Vec<_> = self.by_name.keys().collect();
        names.sort_unstable();
        names
    }

    /// Settings of channels that no profile names. Behind a misspelt name a channel stands open:
    /// its token guards nothing. Where a profile takes all other channels, only what looks like a
    /// slip is told.
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
                Some(near) => suggest::meant(near),
                None => bilingual!(
                    "write `receive: {{ channel: {name} }}` in a profile, or remove them",
                    "напишите в профиле `receive: {{ channel: {name} }}` или уберите их"
                ),
            };
            problems.warn(Code::Unreachable, place, message, advice);
        }
        problems.into_sorted()
    }

    /// Fetches the secrets. A channel whose secret cannot be had refuses everybody, so that is
    /// told.
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

    /// Has the texts of status lines kept for good, because the server wants them so; `keep` gives
    /// nothing where there is no more room. Such a reply has the standard words, and that is told.
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

    /// The same with every channel edited, in the order of their names.
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
    /// The secrets that requests must bear.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let token = self.token.as_ref().map(|token| &token.secret);
        let basic = self.basic.as_ref().map(|basic| &basic.password);
        let hmac = self.hmac.as_ref().map(|hmac| &hmac.secret);
        token.into_iter().chain(basic).chain(hmac)
    }

    fn secrets_mut(&mut self) -> impl Iterator<Item = &mut Secret> {
        let token = self.token.as_mut().map(|token| &mut token.secret);
        let basic = self.basic.as_mut().map(|basic| &mut basic.password);
        let hmac = self.hmac.as_mut().map(|hmac| &mut hmac.secret);
        token.into_iter().chain(basic).chain(hmac)
    }

    /// Whether requests by this method are taken.
    pub fn takes(&self, method: &str) -> bool {
        self.methods().iter().any(|taken| taken == method)
    }

    /// The methods that are taken.
    pub fn methods(&self) -> Vec<String> {
        if self.methods.is_empty() {
            return vec!["GET".to_owned(), "POST".to_owned()];
        }
        self.methods.clone()
    }

    /// Whether a request brings a list of submissions that has none.
    pub fn is_empty_list(&self, body: &Value) -> bool {
        let each = self.each.as_ref();
        each.is_some_and(|each| each.finds_empty_list(body))
    }

    /// Whether one request may bring many submissions.
    pub fn is_many(&self) -> bool {
        self.each.is_some()
    }

    /// The values of a packet that are to be submissions; `None` when there are too many for one
    /// request, or when they cannot be told apart within bounds: `$..answers` finds each inside all
    /// those around it. One object where a list could be is one of them. What is no object and no
    /// list is none, which the caller tells its sender.
    pub fn split(&self, mut body: Value) -> Option<Vec<Value>> {
        /// One request must not keep everybody else waiting.
        const MOST: usize = 500;
        let Some(each) = &self.each else {
            return Some(vec![body]);
        };
        if each.cost(&body).is_err() {
            return None;
        }
        each.list_single_objects(&mut body);
        if each.cost(&body).is_err() {
            return None;
        }
        let found = each.find(&body);
        (found.len() <= MOST).then(|| found.into_iter().map(|found| found.value.clone()).collect())
    }
}
