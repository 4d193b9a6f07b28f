//! The keys of channels that the gateway makes: shown once, kept in the data folder, and named by the
//! settings as `secret: { kept: true }`.

use std::io;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::channels::FILE;
use super::{Author, EditProblem, ProfileEditor};
use crate::authoring::patch::{Change, Key};
use crate::channels::{Channel, SecretSource};
use crate::domain::{Bilingual, ChannelName, bilingual};
use crate::profiles::KeyState;

/// The header of a token for a channel that has none yet.
const HEADER: &str = "X-Api-Key";
/// How long a change waits until channels work by it.
const WORKS_WITHIN: Duration = Duration::from_secs(3);
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A guard that has a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyGuard {
    /// The token.
    Token,
    /// The password.
    Basic,
    /// The key of the signature.
    Hmac,
}

impl KeyGuard {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Token, Self::Basic, Self::Hmac];

    /// Returns its key in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Basic => "basic",
            Self::Hmac => "hmac",
        }
    }

    /// Parses the key.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|guard| guard.as_str() == word)
    }

    fn source(self, channel: &Channel) -> Option<&SecretSource> {
        let secret = match self {
            Self::Token => channel.token.as_ref().map(|token| &token.secret),
            Self::Basic => channel.basic.as_ref().map(|basic| &basic.password),
            Self::Hmac => channel.hmac.as_ref().map(|hmac| &hmac.secret),
        };
        secret.map(|secret| &secret.source)
    }
}

/// A guard of a channel, and where its secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelKey {
    /// The guard.
    pub guard: KeyGuard,
    /// The state of the key that the gateway keeps; `None` if the secret is somewhere else.
    pub kept: Option<KeyState>,
}

impl ChannelKey {
    /// Returns it as JSON.
    pub fn to_json(&self) -> Value {
        let (state, at) = match self.kept {
            None => ("elsewhere", None),
            Some(KeyState::Missing) => ("missing", None),
            Some(KeyState::Made(at)) => ("made", Some(at)),
            Some(KeyState::Revoked(at)) => ("revoked", Some(at)),
        };
        json!({"guard": self.guard.as_str(), "state": state, "at": at})
    }
}

/// A key that was made.
#[derive(Debug)]
pub struct MadeKey {
    /// The key, to be shown once.
    pub key: SecretString,
    /// Whether the channel works by it already; otherwise it does within seconds.
    pub is_at_work: bool,
}

impl ProfileEditor {
    /// Lists the guards of a channel that have secrets.
    pub async fn channel_keys(&self, name: &ChannelName) -> Result<Vec<ChannelKey>, EditProblem> {
        let Some(channel) = self.profiles.channels().get(name).cloned() else {
            return Ok(Vec::new());
        };
        let read = self.on_disk(move |profiles| {
            let mut keys = Vec::new();
            for guard in KeyGuard::ALL {
                let kept = match guard.source(&channel) {
                    None => continue,
                    Some(SecretSource::Kept(key)) => Some(profiles.key_state(key)?),
                    Some(SecretSource::Environment(_) | SecretSource::File(_)) => None,
                };
                keys.push(ChannelKey { guard, kept });
            }
            Ok(keys)
        });
        read.await?.map_err(|error| failed(&error))
    }

    /// Makes a key for a guard of a channel, in place of the one before. A channel without a token
    /// gets one in the header `X-Api-Key`; a secret that was in another place is not used any more.
    pub async fn make_channel_key(
        &self,
        (name, guard): (&ChannelName, KeyGuard),
        author: &Author,
    ) -> Result<MadeKey, EditProblem> {
        self.may_change_keys(author)?;
        let change = self.change_for_key(name, guard)?;
        let file = format!("{name}.{}", guard.as_str());
        let made = self.on_disk(move |profiles| profiles.make_key(&file));
        let key = made.await?.map_err(|error| failed(&error))?;
        if !change.is_empty()
            && let Err(problem) = self.change(FILE, &change, name.as_str(), author).await
        {
            let file = format!("{name}.{}", guard.as_str());
            let forgotten = self.on_disk(move |profiles| profiles.forget_key(&file));
            if let Ok(Err(error)) = forgotten.await {
                tracing::warn!(error = %error, "a key that no channel uses was not removed");
            }
            return Err(problem);
        }
        let wanted = key.expose_secret().to_owned();
        let is_at_work = self
            .works(name, guard, |secret| secret == Some(&wanted))
            .await;
        Ok(MadeKey { key, is_at_work })
    }

    /// Revokes the key of a guard: no request to the channel passes until another one is made.
    /// Returns whether there was one.
    pub async fn revoke_channel_key(
        &self,
        (name, guard): (&ChannelName, KeyGuard),
        author: &Author,
    ) -> Result<bool, EditProblem> {
        self.may_change_keys(author)?;
        let before = self.secret_of(name, guard);
        let file = format!("{name}.{}", guard.as_str());
        let revoked = self.on_disk(move |profiles| profiles.revoke_key(&file));
        let was_made = revoked.await?.map_err(|error| failed(&error))?;
        if was_made {
            self.works(name, guard, |secret| secret != before.as_ref())
                .await;
        }
        Ok(was_made)
    }

    fn may_change_keys(&self, author: &Author) -> Result<(), EditProblem> {
        let refused = self.refusal(FILE, None, author);
        refused.map_or(Ok(()), |why| Err(EditProblem::Refused(why)))
    }

    /// Returns what the settings must say so that the gateway keeps the key of a guard.
    fn change_for_key(
        &self,
        name: &ChannelName,
        guard: KeyGuard,
    ) -> Result<Vec<Change>, EditProblem> {
        let channels = self.profiles.channels();
        let channel = channels.get(name);
        let path = |keys: &[&str]| {
            let keys = keys.iter().copied();
            let keys = [name.as_str(), guard.as_str()].into_iter().chain(keys);
            keys.map(Key::from).collect::<Vec<Key>>()
        };
        let kept = json!({"kept": true});
        match channel.and_then(|channel| guard.source(channel)) {
            Some(SecretSource::Kept(_)) => Ok(Vec::new()),
            Some(SecretSource::Environment(_) | SecretSource::File(_)) => Ok(vec![Change::Set {
                path: path(&["secret"]),
                value: kept,
            }]),
            None if guard == KeyGuard::Token => {
                let mut changes = vec![Change::Set {
                    path: path(&[]),
                    value: json!({"header": HEADER, "secret": kept}),
                }];
                // it names guards that were given up, and would contradict the new one
                if channel.is_some_and(|channel| channel.says_guards) {
                    let path = [name.as_str(), "guard"].map(Key::from).to_vec();
                    changes.push(Change::Remove { path });
                }
                Ok(changes)
            }
            None => {
                let guard = guard.as_str();
                Err(EditProblem::NoGuard(bilingual!(
                    "channel {name} has no `{guard}`: write it into the settings first",
                    "у канала {name} нет `{guard}`: сначала задайте его в настройках"
                )))
            }
        }
    }

    fn secret_of(&self, name: &ChannelName, guard: KeyGuard) -> Option<String> {
        let channels = self.profiles.channels();
        let channel = channels.get(name)?;
        let secret = match guard {
            KeyGuard::Token => &channel.token.as_ref()?.secret,
            KeyGuard::Basic => &channel.basic.as_ref()?.password,
            KeyGuard::Hmac => &channel.hmac.as_ref()?.secret,
        };
        let value = secret.value.as_ref()?;
        Some(value.expose_secret().to_owned())
    }

    /// Waits until the secret in use is such a one; returns whether it is.
    async fn works(
        &self,
        name: &ChannelName,
        guard: KeyGuard,
        is_such: impl Fn(Option<&String>) -> bool,
    ) -> bool {
        self.profiles.ask_to_reload();
        let until = Instant::now() + WORKS_WITHIN;
        loop {
            if is_such(self.secret_of(name, guard).as_ref()) {
                return true;
            }
            if Instant::now() >= until {
                return false;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

fn failed(error: &io::Error) -> EditProblem {
    let why: Bilingual = bilingual!(
        "the key cannot be written into the data folder: {error}",
        "ключ не записывается в папку данных: {error}"
    );
    EditProblem::NotWritable(why)
}
