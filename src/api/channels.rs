//! The channels: their guards, their settings as the file has them, and the keys that the gateway
//! makes. Secrets are never in a reply, but for a key that was just made.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use percent_encoding::percent_decode_str;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::caller::Caller;
use super::problem::Problem;
use super::profiles::{Refusal, refused};
use super::{Api, as_reply, body, check_method};
use crate::authoring::CHANNELS;
use crate::channels::Channel;
use crate::domain::{ApiScope, ChannelName, Lang, Role};
use crate::editing::{ChannelKey, KeyGuard, known_channels, problem_json};
use crate::redact;

/// The longest body, in bytes: the settings of a channel.
const BODY: usize = 256 << 10;
/// The file of the channels' settings, for the audit log.
const FILE: &str = "_channels.yaml";

/// The body of a change.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsBody {
    settings: Map<String, Value>,
    // it must be there: without it nobody knows what the program has seen
    #[serde(deserialize_with = "base")]
    base: Option<String>,
}

fn base<'de, D: Deserializer<'de>>(input: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(input)
}

impl Api {
    /// Answers a request below `/channels`.
    pub(super) async fn answer_channels(
        &self,
        request: &HttpRequest,
        body: web::Payload,
        (rest, lang): (&[&str], Lang),
    ) -> Result<HttpResponse, Problem> {
        let (methods, scope) = match (rest, request.method()) {
            ([] | ["" | "keys"], _) => ("GET, HEAD", ApiScope::ReadSources),
            ([_], &Method::PUT) => ("GET, HEAD, PUT", ApiScope::WriteSources),
            ([_], _) => ("GET, HEAD, PUT", ApiScope::ReadSources),
            ([_, "keys", _], _) => ("DELETE, POST", ApiScope::WriteSources),
            _ => return Err(Problem::NoSuchAddress),
        };
        check_method(request, methods)?;
        let caller = self.caller(request, scope).await?;
        let rest: Vec<String> = rest
            .iter()
            .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
            .collect();
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        let answered = match rest.as_slice() {
            [name, _, guard] if *request.method() == Method::POST => {
                self.make_key((name, guard), &caller).await
            }
            _ => {
                let is_put = *request.method() == Method::PUT;
                let body = is_put.then_some(body);
                let answer = self.channel_answer(&caller, body, (&rest, lang)).await;
                answer.map(|answer| redact::mask(&answer.to_string()).into_owned())
            }
        };
        match answered {
            Ok(text) => Ok(as_reply(text)),
            Err(refusal) => refused(refusal, lang),
        }
    }

    async fn channel_answer(
        &self,
        caller: &Caller,
        body: Option<web::Payload>,
        (rest, lang): (&[&str], Lang),
    ) -> Result<Value, Refusal> {
        match (rest, body) {
            ([name, _, guard], _) => self.revoke_key((name, guard), caller).await,
            ([name], Some(body)) => {
                let name = named(name)?;
                let body: SettingsBody = body::read(body, BODY).await?;
                let author = caller.author(Role::Admin);
                let wanted = (&body.settings, body.base.as_deref());
                let saved = self.editor.save_channel(&name, wanted, &author).await?;
                let details = json!({"channel": name.as_str(), "version": saved.number});
                self.audit(&author.name, ("channel-saved", FILE), details)
                    .await?;
                let mut answer = self.channel(&name, lang).await?;
                answer["at_work"] = json!(saved.is_at_work);
                Ok(answer)
            }
            ([name], None) => self.channel(&named(name)?, lang).await,
            _ => {
                let activities = self.activities().await?;
                let settings = self.profiles.channels();
                let items = known_channels(&self.profiles, &activities)
                    .into_iter()
                    .map(|name| {
                        let own = settings.by_address(&name).map(AsRef::as_ref);
                        let last = activities.of(CHANNELS, &name).map(|it| it.last);
                        self.summary((&name, own), last)
                    });
                Ok(json!({"items": items.collect::<Vec<_>>()}))
            }
        }
    }

    fn summary(
        &self,
        (name, channel): (&str, Option<&Channel>),
        last: Option<jiff::Timestamp>,
    ) -> Value {
        let path = &self.settings.channels.base_path;
        json!({
            "name": name, "title": channel.map_or("", |channel| &channel.title),
            "path": format!("{path}/{name}"),
            "guards": channel.map(Channel::guards).unwrap_or_default(),
            "refuses_everything": channel.is_some_and(Channel::lacks_secret),
            "last_received": last,
        })
    }

    /// Returns everything about a channel. One that nobody has named yet has no settings.
    async fn channel(&self, name: &ChannelName, lang: Lang) -> Result<Value, Refusal> {
        let activities = self.activities().await?;
        let last = activities.of(CHANNELS, name.as_str()).map(|it| it.last);
        let settings = self.profiles.channels();
        let mut answer = self.summary((name.as_str(), settings.get(name).map(AsRef::as_ref)), last);
        let block = self.editor.channel_block(name).await?;
        let keys = self.editor.channel_keys(name).await?;
        let profiles = self.profiles.clone();
        let problems = web::block(move || profiles.problems_of(FILE)).await;
        let problems = problems.unwrap_or_default();
        let problems = problems.iter().map(|problem| problem_json(problem, lang));
        answer["settings"] = json!(block.settings);
        answer["base"] = json!(block.hash);
        answer["keys"] = keys.iter().map(ChannelKey::to_json).collect();
        answer["taken_by"] = json!(self.takers(name));
        answer["problems"] = problems.collect();
        Ok(answer)
    }

    /// Returns the files of the profiles that take what comes to a channel.
    fn takers(&self, name: &ChannelName) -> Vec<String> {
        let profiles = self.profiles.current();
        let is_own = |address: &str| address == name.as_str();
        let takers = profiles.profiles().iter();
        let takers = takers.filter(|profile| profile.addresses(CHANNELS).any(is_own));
        takers.map(|profile| profile.file().to_owned()).collect()
    }

    /// Makes a key, and returns the reply with it: this one is not masked.
    async fn make_key(
        &self,
        (name, guard): (&str, &str),
        caller: &Caller,
    ) -> Result<String, Refusal> {
        let (name, guard) = (named(name)?, guard_of(guard)?);
        let author = caller.author(Role::Admin);
        let made = self.editor.make_channel_key((&name, guard), &author);
        let made = made.await?;
        self.note_key(&author.name, "channel-key-made", (&name, guard))
            .await?;
        let answer = json!({
            "channel": name.as_str(), "guard": guard.as_str(), "key": made.key.expose_secret(),
            "at_work": made.is_at_work,
        });
        Ok(answer.to_string())
    }

    async fn revoke_key(
        &self,
        (name, guard): (&str, &str),
        caller: &Caller,
    ) -> Result<Value, Refusal> {
        let (name, guard) = (named(name)?, guard_of(guard)?);
        let author = caller.author(Role::Admin);
        let revoked = self.editor.revoke_channel_key((&name, guard), &author);
        if !revoked.await? {
            return Err(Problem::NoSuchKey.into());
        }
        self.note_key(&author.name, "channel-key-revoked", (&name, guard))
            .await?;
        Ok(json!({"channel": name.as_str(), "guard": guard.as_str(), "revoked": true}))
    }

    async fn note_key(
        &self,
        who: &str,
        action: &str,
        (name, guard): (&ChannelName, KeyGuard),
    ) -> Result<(), Problem> {
        let details = json!({"channel": name.as_str(), "guard": guard.as_str()});
        self.audit(who, (action, ""), details).await
    }
}

fn named(name: &str) -> Result<ChannelName, Problem> {
    ChannelName::parse(name).ok_or(Problem::NoSuchChannel)
}

fn guard_of(word: &str) -> Result<KeyGuard, Problem> {
    KeyGuard::parse(word).ok_or(Problem::NoSuchAddress)
}
