//! The values of the form, as the settings of a channel or a person says.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fields::FIELDS;
use crate::channels::{
    Algorithm, Carrier, Channel, ChannelReply, Encoding, Preset, Rate, SecretSource, Unreadable,
};
use crate::console::visit::Visit;

/// Not a field: whether the file lists the guards.
pub(super) const GUARD_SAID: &str = "guard";

/// The values of all fields, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FormValues(BTreeMap<&'static str, String>);

impl FormValues {
    /// Returns the values of a channel as its settings say.
    pub(super) fn of(channel: Option<&Channel>) -> Self {
        let default = Channel::default();
        let channel = channel.unwrap_or(&default);
        let mut values = Self(BTreeMap::new());
        values.set("title", channel.title.clone());
        let is_tilda = channel.preset == Preset::Tilda;
        values.set("preset", if is_tilda { "tilda" } else { "plain" });
        let said = if channel.says_guards { "said" } else { "" };
        values.set(GUARD_SAID, said);
        values.token(channel);
        values.basic(channel);
        values.hmac(channel);
        values.requests(channel);
        let names = ["accepted_status", "accepted_type", "accepted_body"];
        values.reply(names, channel.accepted.as_ref());
        let names = ["refused_status", "refused_type", "refused_body"];
        values.reply(names, channel.refused.as_ref());
        values.set("time_limit", channel.wait.map(time).unwrap_or_default());
        values
    }

    /// Returns what was typed.
    pub(super) fn typed(visit: &Visit<'_>) -> Self {
        let typed = FIELDS.iter().map(|field| {
            let value = visit.text(field.name).replace("\r\n", "\n");
            (field.name, value.trim().to_owned())
        });
        Self(typed.collect())
    }

    /// Returns the value of a field.
    pub(super) fn of_field(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.0.insert(name, value.into());
    }

    fn secret(&mut self, [place, name]: [&'static str; 2], source: Option<&SecretSource>) {
        let (word, value) = match source {
            Some(SecretSource::File(path)) => ("file", path.as_str()),
            Some(SecretSource::Environment(variable)) => ("env", variable.as_str()),
            Some(SecretSource::Kept(_)) => ("kept", ""),
            None => ("env", ""),
        };
        self.set(place, word);
        self.set(name, value);
    }

    fn token(&mut self, channel: &Channel) {
        let token = channel.token.as_ref();
        let (carrier, name) = match token.map(|token| &token.carrier) {
            Some(Carrier::Header(name)) => ("header", name.as_str()),
            Some(Carrier::Query(name)) => ("query", name.as_str()),
            Some(Carrier::Field(name)) => ("field", name.as_str()),
            Some(Carrier::Bearer) => ("bearer", ""),
            None => ("", ""),
        };
        self.set("token_in", carrier);
        self.set("token_name", name);
        let source = token.map(|token| &token.secret.source);
        self.secret(["token_secret_in", "token_secret"], source);
    }

    fn basic(&mut self, channel: &Channel) {
        let basic = channel.basic.as_ref();
        self.set("basic_user", basic.map_or("", |basic| &basic.user));
        let source = basic.map(|basic| &basic.password.source);
        self.secret(["basic_secret_in", "basic_secret"], source);
    }

    fn hmac(&mut self, channel: &Channel) {
        let hmac = channel.hmac.as_ref();
        self.set("hmac_header", hmac.map_or("", |hmac| &hmac.header));
        let algorithm = match hmac.map(|hmac| hmac.algorithm) {
            Some(Algorithm::Sha1) => "sha1",
            Some(Algorithm::Sha512) => "sha512",
            Some(Algorithm::Sha256) | None => "sha256",
        };
        self.set("hmac_algorithm", algorithm);
        let encoding = match hmac.map(|hmac| hmac.encoding) {
            Some(Encoding::Base64) => "base64",
            Some(Encoding::Hex) | None => "hex",
        };
        self.set("hmac_encoding", encoding);
        self.set("hmac_prefix", hmac.map_or("", |hmac| &hmac.prefix));
        let source = hmac.map(|hmac| &hmac.secret.source);
        self.secret(["hmac_secret_in", "hmac_secret"], source);
    }

    fn requests(&mut self, channel: &Channel) {
        let addresses = channel.addresses.iter().map(ToString::to_string);
        let addresses: Vec<String> = addresses.collect();
        self.set("addresses", addresses.join(", "));
        self.set("cors", channel.origins.join(", "));
        self.set("rate", channel.rate.map(rate).unwrap_or_default());
        let address_rate = channel.address_rate.map(rate).unwrap_or_default();
        self.set("rate_per_address", address_rate);
        self.set("once_per", channel.once_per.map(time).unwrap_or_default());
        let limit = channel.body_limit.map(size).unwrap_or_default();
        self.set("body_limit", limit);
        self.set("files", if channel.keeps_files { "keep" } else { "drop" });
        let is_dropped = channel.unreadable == Unreadable::Drop;
        self.set("unreadable", if is_dropped { "drop" } else { "keep" });
    }

    fn reply(&mut self, names: [&'static str; 3], reply: Option<&ChannelReply>) {
        let [status, content_type, body] = names;
        let number = reply.and_then(|reply| reply.status);
        let number = number.map(|number| number.to_string());
        self.set(status, number.unwrap_or_default());
        let own = reply.and_then(|reply| reply.content_type.clone());
        self.set(content_type, own.unwrap_or_default());
        let written = reply.and_then(|reply| reply.written_body.clone());
        self.set(body, written.unwrap_or_default().trim());
    }
}

fn rate(rate: Rate) -> String {
    let unit = match rate.per.as_secs() {
        1 => "s",
        60 => "m",
        _ => "h",
    };
    format!("{}/{unit}", rate.requests)
}

fn time(time: Duration) -> String {
    match time.subsec_millis() {
        0 => format!("{}s", time.as_secs()),
        _ => format!("{}ms", time.as_millis()),
    }
}

fn size(bytes: usize) -> String {
    for (unit, shift) in [("MB", 20), ("KB", 10)] {
        if bytes.is_multiple_of(1 << shift) {
            return format!("{}{unit}", bytes >> shift);
        }
    }
    format!("{bytes}B")
}

#[cfg(test)]
impl FormValues {
    /// Returns the same values with some of them replaced.
    pub(super) fn with(&self, values: &[(&'static str, &str)]) -> Self {
        let mut copy = self.clone();
        for (name, value) in values {
            copy.set(name, *value);
        }
        copy
    }
}
