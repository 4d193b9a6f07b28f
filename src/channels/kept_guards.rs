//! Guards that stay in force after an edit has lost them. A guarded channel stays guarded until a
//! valid file says otherwise: another value for the same key, or `guard:` with the intended guards.
//! A missing or empty file or block does not lift a guard.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{
    Algorithm, Carrier, Channel, Channels, Encoding, Hmac, Rate, SOURCE, Secret, SecretSource,
    TimeCarrier,
};
use crate::authoring::codes::Code;
use crate::authoring::problem::{Problem, Problems};
use crate::authoring::raw::block::Block;
use crate::authoring::reader::Reader;
use crate::domain::{Bilingual, ChannelName, bilingual};
use crate::mapping::ProfileSet;

/// The part of a channel's settings that is from an earlier version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum KeptGuards {
    /// Nothing.
    #[default]
    Nothing,
    /// These guards.
    Guards(Vec<&'static str>),
    /// All settings.
    Whole,
}

/// The keys of guards, and the word for no guard.
const GUARDS: [&str; 4] = ["token", "basic", "hmac", "addresses"];
const NONE: &str = "none";

/// Parses `guard`, the intended guards. It must list exactly the guards of the block.
pub(super) fn said(
    about: &str,
    block: &mut Block,
    channel: &Channel,
    reader: &mut Reader<'_>,
) -> bool {
    let Some(texts) = block.texts("guard", reader) else {
        return false;
    };
    if texts.is_empty() {
        return false;
    }
    let place = texts
        .first()
        .map_or_else(|| block.place.clone(), |text| text.place.clone());
    let mut listed: Vec<&str> = texts.iter().map(|text| text.value.trim()).collect();
    listed.sort_unstable();
    let mut present = channel.guards();
    present.sort_unstable();
    let is_none = listed == [NONE] && present.is_empty();
    if is_none || (!listed.is_empty() && listed == present) {
        return true;
    }
    let message = bilingual!(
        "`{about}.guard` differs from the guards in the block",
        "`{about}.guard` не совпадает с защитой, которая есть в блоке"
    );
    let wanted = if present.is_empty() {
        NONE.to_owned()
    } else {
        format!("[{}]", present.join(", "))
    };
    let advice = bilingual!(
        "write `guard: {wanted}`, or remove it",
        "напишите `guard: {wanted}` или уберите его"
    );
    reader.error(Code::WrongValue, &place, message, advice);
    false
}

impl Channel {
    /// Returns the guards that every request must pass, by their keys.
    pub fn guards(&self) -> Vec<&'static str> {
        let is_set = [
            self.token.is_some(),
            self.basic.is_some(),
            self.hmac.is_some(),
            !self.addresses.is_empty(),
        ];
        let pairs = GUARDS.into_iter().zip(is_set);
        pairs
            .filter_map(|(guard, is_set)| is_set.then_some(guard))
            .collect()
    }

    /// Returns whether it restricts who may send, or how much.
    fn is_restricted(&self) -> bool {
        !self.guards().is_empty() || self.rate.is_some() || self.address_rate.is_some()
    }

    /// Returns the same settings, kept as a whole because the block is missing.
    fn kept_whole(&self) -> Arc<Self> {
        Arc::new(Self {
            kept: KeptGuards::Whole,
            place: None,
            ..self.clone()
        })
    }

    /// Keeps the guards that the new block has lost.
    fn keep_guards(&mut self, before: &Self) {
        let mut kept = Vec::new();
        let [token, basic, hmac, addresses] = GUARDS;
        if self.token.is_none() && before.token.is_some() {
            self.token.clone_from(&before.token);
            kept.push(token);
        }
        if self.basic.is_none() && before.basic.is_some() {
            self.basic.clone_from(&before.basic);
            kept.push(basic);
        }
        if self.hmac.is_none() && before.hmac.is_some() {
            self.hmac.clone_from(&before.hmac);
            kept.push(hmac);
        }
        if self.addresses.is_empty() && !before.addresses.is_empty() {
            self.addresses.clone_from(&before.addresses);
            kept.push(addresses);
        }
        if !kept.is_empty() {
            self.kept = KeptGuards::Guards(kept);
        }
    }
}

impl Channels {
    /// Returns these settings with the guards of the previous version that they have lost.
    #[must_use]
    pub fn keeping(mut self, before: &Self) -> Self {
        for name in before.names() {
            let Some(old) = before.get(name).filter(|old| old.is_restricted()) else {
                continue;
            };
            match self.by_name.get_mut(name) {
                Some(new) if new.says_guards => {}
                Some(new) if !new.is_blank => Arc::make_mut(new).keep_guards(old),
                Some(_) | None => {
                    self.by_name.insert(name.clone(), old.kept_whole());
                }
            }
        }
        self
    }

    /// Returns what stays in use if the file is missing or empty: everything, if a channel was
    /// restricted. Returns `None` if there is nothing to keep.
    pub fn without_file(&self) -> Option<Self> {
        let is_kept = self.is_broken || self.by_name.values().any(|c| c.is_restricted());
        let keep = |channel: &Arc<Channel>| {
            if channel.is_restricted() {
                channel.kept_whole()
            } else {
                Arc::clone(channel)
            }
        };
        is_kept.then(|| Self {
            by_name: self
                .by_name
                .iter()
                .map(|(n, c)| (n.clone(), keep(c)))
                .collect(),
            is_broken: self.is_broken,
        })
    }

    /// Returns whether any channel has settings.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// Returns the channels with guards of an earlier version, by name.
    pub fn kept(&self) -> Vec<&ChannelName> {
        let mut names = self.names();
        names.retain(|name| {
            self.get(name)
                .is_some_and(|c| c.kept != KeptGuards::Nothing)
        });
        names
    }

    /// Reports kept guards: an error if a profile receives the channel, otherwise a warning.
    pub fn kept_problems(&self, file: &str, profiles: &ProfileSet) -> Vec<Problem> {
        let known = profiles.addresses(SOURCE);
        let mut problems = Problems::default();
        for name in self.kept() {
            let Some(channel) = self.get(name) else {
                continue;
            };
            let (message, advice) = channel.kept_words(name);
            match &channel.place {
                Some(place) => problems.error(Code::GuardKept, place, message, advice),
                None if known.contains(&name.as_str()) || profiles.takes_others(SOURCE) => {
                    problems.push(Problem::of_file(Code::GuardKept, file, message, advice));
                }
                // a channel that no profile receives
                None => problems.push(Problem::warning_of_file(
                    Code::GuardKept,
                    file,
                    message,
                    advice,
                )),
            }
        }
        problems.into_sorted()
    }

    /// Returns guards and rates as a text for [`Channels::read`] after a restart. It names secrets
    /// without containing them.
    pub fn remembered(&self) -> String {
        let mut all = Map::new();
        for name in self.names() {
            if let Some(channel) = self.get(name).filter(|channel| channel.is_restricted()) {
                all.insert(name.to_string(), channel.remembered());
            }
        }
        Value::Object(all).to_string()
    }
}

impl Channel {
    fn kept_words(&self, name: &ChannelName) -> (Bilingual, Bilingual) {
        let present = self.guards();
        if let KeptGuards::Guards(kept) = &self.kept {
            let lost = kept.join("`, `");
            let left: Vec<_> = present
                .into_iter()
                .filter(|guard| !kept.contains(guard))
                .collect();
            let left = if left.is_empty() {
                NONE.to_owned()
            } else {
                format!("[{}]", left.join(", "))
            };
            return (
                bilingual!(
                    "channel {name} has lost `{lost}` without saying so: it stays in force",
                    "из канала {name} пропало `{lost}`, но не сказано, что так задумано: защита \
                     действует по-прежнему",
                ),
                bilingual!(
                    "put it back, or write `guard: {left}` in the block to do without it",
                    "верните настройку или напишите в блоке `guard: {left}`, если она больше не \
                     нужна",
                ),
            );
        }
        (
            bilingual!(
                "channel {name} no longer has settings: it stays guarded as before",
                "настройки канала {name} пропали: он защищён по-прежнему"
            ),
            bilingual!(
                "put them back, or write `{name}: {{ guard: none }}` to open the channel to \
                 everybody",
                "верните их или напишите `{name}: {{ guard: none }}`, чтобы открыть канал всем",
            ),
        )
    }

    fn remembered(&self) -> Value {
        let mut block = Map::new();
        if let Some(token) = &self.token {
            let (key, value) = match &token.carrier {
                Carrier::Header(name) => ("header", json!(name)),
                Carrier::Query(name) => ("query", json!(name)),
                Carrier::Field(name) => ("field", json!(name)),
                Carrier::Bearer => ("bearer", json!(true)),
            };
            block.insert(
                "token".to_owned(),
                json!({ key: value, "secret": source(&token.secret) }),
            );
        }
        if let Some(basic) = &self.basic {
            let pair = json!({ "user": basic.user, "secret": source(&basic.password) });
            block.insert("basic".to_owned(), pair);
        }
        if let Some(hmac) = &self.hmac {
            block.insert("hmac".to_owned(), signature(hmac));
        }
        if !self.addresses.is_empty() {
            let nets: Vec<String> = self.addresses.iter().map(ToString::to_string).collect();
            block.insert("addresses".to_owned(), json!(nets));
        }
        for (key, rate) in [("rate", self.rate), ("rate_per_address", self.address_rate)] {
            if let Some(rate) = rate {
                block.insert(key.to_owned(), json!(written(rate)));
            }
        }
        Value::Object(block)
    }
}

fn source(secret: &Secret) -> Value {
    match &secret.source {
        SecretSource::Environment(name) => json!({ "env": name }),
        SecretSource::File(path) => json!({ "file": path }),
        SecretSource::Kept(_) => json!({ "kept": true }),
    }
}

fn signature(hmac: &Hmac) -> Value {
    let algorithm = match hmac.algorithm {
        Algorithm::Sha1 => "sha1",
        Algorithm::Sha256 => "sha256",
        Algorithm::Sha512 => "sha512",
    };
    let encoding = match hmac.encoding {
        Encoding::Hex => "hex",
        Encoding::Base64 => "base64",
    };
    let mut block = json!({
        "header": hmac.header, "algorithm": algorithm, "encoding": encoding, "prefix": hmac.prefix,
        "secret": source(&hmac.secret),
    });
    if let (Some(time), Value::Object(block)) = (&hmac.time, &mut block) {
        let (key, name) = match &time.carrier {
            TimeCarrier::Header(name) => ("header", name),
            TimeCarrier::Parameter(name) => ("parameter", name),
        };
        let window = format!("{}s", time.window.as_secs());
        let stamp = json!({ key: name, "window": window, "content": time.content() });
        block.insert("timestamp".to_owned(), stamp);
    }
    block
}

fn written(rate: Rate) -> String {
    let unit = match rate.per.as_secs() {
        1 => "s",
        60 => "m",
        _ => "h",
    };
    format!("{}/{unit}", rate.requests)
}
