//! Channels: `/in/{channel}` receives a query, a form, a multipart form or JSON from anything that
//! can send HTTP. It stores one submission or several, and replies as the settings of the channel
//! say. Those settings, `_channels.yaml`, also say who may send.

mod cors;
mod evaluate;
mod once;
mod packet;
mod rate;
mod read;
mod receive;
mod refusal;
mod reply;
mod secrets;
mod source;
mod tilda;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap};
use actix_web::{HttpRequest, HttpResponse, web};
use ipnet::IpNet;
use tokio_util::sync::CancellationToken;

pub use self::packet::{Sent, packet};
pub use self::source::ChannelSource;

use self::rate::{BucketKind, Limiter, SenderNetwork};
use self::refusal::{Refusal, RefusalReason};
use super::access::client_address;
use super::refused::{self, RefusedLog};
use super::{IntakeParts, IntakeSource as _, Memory};
use crate::channels::{Channel, Rate, SOURCE};
use crate::config::ChannelSettings;
use crate::domain::json::Bounds;
use crate::domain::{ChannelName, Clock, Lang};
use crate::inbox::Inbox;
use crate::profiles::ProfileStore;

/// Everything that requests to channels need.
struct ChannelIntake {
    /// The settings of all channels.
    settings: ChannelSettings,
    /// The longest body without its files, in bytes.
    body_limit: usize,
    /// How much of a JSON body is read.
    bounds: Bounds,
    /// The memory that bodies are charged to.
    memory: Arc<Memory>,
    /// How long a body may take to arrive.
    patience: Duration,
    /// The proxies whose `X-Forwarded-For` counts.
    trusted_proxies: Vec<IpNet>,
    /// The queue that stores submissions.
    inbox: Inbox,
    /// The profiles, and the settings of each channel.
    profiles: Arc<ProfileStore>,
    /// The current time.
    clock: Arc<dyn Clock>,
    /// Cancelled when the gateway accepts no more requests.
    draining: CancellationToken,
    /// The rate limits.
    limits: Limits,
    /// The log of refused requests.
    refused: RefusedLog,
    /// The locks of equal requests.
    once: once::Locks,
}

impl ChannelIntake {
    fn new(parts: &IntakeParts<'_>) -> Self {
        let settings = parts.settings;
        Self {
            settings: settings.channels.clone(),
            body_limit: settings.server.body_limit,
            bounds: ChannelSource.bounds(settings),
            memory: Arc::clone(parts.memory),
            patience: settings.server.request_timeout,
            trusted_proxies: settings.server.trusted_proxies.clone(),
            inbox: parts.inbox.clone(),
            profiles: Arc::clone(parts.profiles),
            clock: Arc::clone(parts.clock),
            draining: parts.draining.clone(),
            limits: Limits::default(),
            refused: parts.refused.clone(),
            once: once::Locks::default(),
        }
    }
}

/// The rate limits, by channel and by sender.
#[derive(Debug, Default)]
struct Limits(Limiter);

/// Registers the channels below their path.
fn configure(config: &mut web::ServiceConfig, intake: web::Data<ChannelIntake>) {
    let base_path = intake.settings.base_path.clone();
    config.service(
        web::scope(&base_path)
            .app_data(intake)
            .service(web::resource("/{channel}").to(serve))
            .default_service(web::to(no_such_address)),
    );
}

/// A request to a channel, before its body is read.
struct Call<'r> {
    intake: &'r Arc<ChannelIntake>,
    request: &'r HttpRequest,
    name: ChannelName,
    channel: Arc<Channel>,
    lang: Lang,
}

async fn serve(
    intake: web::Data<ChannelIntake>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let lang = language(request.headers());
    let name = request
        .match_info()
        .get("channel")
        .and_then(ChannelName::parse);
    let Some(name) = name else {
        return no_such_address(intake, request).await;
    };
    let settings = intake.profiles.channels();
    let intake = intake.into_inner();
    let call = Call {
        intake: &intake,
        request: &request,
        channel: settings.get(&name).cloned().unwrap_or_default(),
        name,
        lang,
    };
    if let Some(preflight) = cors::preflight(&call) {
        return preflight.unwrap_or_else(|refusal| {
            call.note(&refusal);
            refusal.reply(&call.channel, call.name.as_str())
        });
    }
    let broken = settings
        .is_broken()
        .then(|| call.refusal(RefusalReason::BrokenSettings));
    let ended = match broken {
        Some(refusal) => Err(refusal),
        None => call.receive(payload).await,
    };
    let (outcome, mut response) = match ended {
        Ok(reply) => (reply.outcome(), reply.write(&call)),
        Err(refusal) => {
            call.note(&refusal);
            let reply = refusal.reply(&call.channel, call.name.as_str());
            (refusal.outcome(), reply)
        }
    };
    metrics::counter!("leadgate_intake_total", "outcome" => outcome).increment(1);
    cors::allow(&call, &mut response);
    response
}

async fn no_such_address(intake: web::Data<ChannelIntake>, request: HttpRequest) -> HttpResponse {
    let refusal = Refusal::new(RefusalReason::NoSuchAddress, language(request.headers()));
    let (status, code) = refusal.code();
    let base = &intake.settings.base_path;
    let rest = request.path().strip_prefix(base.as_str());
    let first = rest.and_then(|rest| rest.trim_start_matches('/').split('/').next());
    let channel = first
        .and_then(ChannelName::parse)
        .filter(|name| is_known(&intake, name));
    let source = match channel {
        Some(name) => format!("{base}/{name}/…"),
        None => format!("{base}/…"),
    };
    let noted = refused::Refusal {
        source: &source,
        status,
        code,
    };
    intake.refused.note(&request, &noted);
    refusal.reply(&Channel::default(), "")
}

/// Returns whether settings or profiles name the channel. Another name is the sender's choice, and
/// may be a secret in the wrong place.
fn is_known(intake: &ChannelIntake, name: &ChannelName) -> bool {
    let has_settings = intake.profiles.channels().get(name).is_some();
    let profiles = intake.profiles.current();
    has_settings || !profiles.naming(SOURCE, name.as_str()).is_empty()
}

impl Call<'_> {
    fn refusal(&self, why: RefusalReason) -> Refusal {
        Refusal::new(why, self.lang)
    }

    /// Logs a refusal, unless the journal has a submission of it.
    fn note(&self, refusal: &Refusal) {
        if refusal.has_submission() {
            return;
        }
        if refusal.is_unreadable() {
            let channel = Arc::clone(&self.channel);
            refused::edit_body(self.request, move |body| {
                secrets::without_secrets(&channel, body)
            });
        } else {
            refused::drop_body(self.request);
        }
        let (status, code) = refusal.code();
        let source = if is_known(self.intake, &self.name) {
            format!("channels/{}", self.name)
        } else {
            "channels/…".to_owned()
        };
        let noted = refused::Refusal {
            source: &source,
            status,
            code,
        };
        self.intake.refused.note(self.request, &noted);
    }

    /// Checks what does not need the body.
    fn admit(&self) -> Result<(), Refusal> {
        if self.intake.draining.is_cancelled() {
            return Err(self.refusal(RefusalReason::Restarting));
        }
        let address = self.address();
        let allowed = &self.channel.addresses;
        let is_allowed = |address: IpAddr| allowed.iter().any(|net| net.contains(&address));
        if !allowed.is_empty() && !address.is_some_and(is_allowed) {
            return Err(self.refusal(RefusalReason::Address));
        }
        if !self.channel.takes(self.request.method().as_str()) {
            return Err(self.refusal(RefusalReason::Method(self.channel.methods().join(", "))));
        }
        self.stop_guessing()?;
        self.slow_down(
            self.channel.address_rate,
            BucketKind::Address(self.network()),
        )?;
        let (headers, query) = (self.request.headers(), self.request.query_string());
        secrets::check_head(&self.channel, headers, query).map_err(|denied| self.denied(denied))?;
        // senders without a token must not use up the rate of the others
        self.slow_down(self.channel.rate, BucketKind::All)
    }

    /// Makes an address that has often sent a wrong secret wait before it may try again, unless it
    /// had the right secret within `channels.trusted_for`: a form with a wrong token does not lock
    /// out other senders behind the same address.
    fn stop_guessing(&self) -> Result<(), Refusal> {
        let (limiter, now) = (&self.intake.limits.0, self.intake.clock.now());
        let Some(rate) = self.guess_rate().filter(|_| self.is_guarded()) else {
            return Ok(());
        };
        let (network, within) = (self.network(), self.intake.settings.trusted_for);
        if limiter.is_trusted(&self.name, network, within, now) {
            return Ok(());
        }
        self.slow_down(Some(rate), BucketKind::Wrong(network))?;
        limiter.refund(&self.name, BucketKind::Wrong(network), rate);
        Ok(())
    }

    /// Returns how many wrong secrets an address may send: the channel's rate per address, or the
    /// default.
    fn guess_rate(&self) -> Option<Rate> {
        let by_default = || {
            let requests = self.intake.settings.wrong_secrets;
            let per = Duration::from_secs(60);
            (requests > 0).then_some(Rate { requests, per })
        };
        self.channel.address_rate.or_else(by_default)
    }

    fn is_guarded(&self) -> bool {
        let channel = &self.channel;
        channel.token.is_some() || channel.basic.is_some() || channel.hmac.is_some()
    }

    /// Remembers that the sender had every secret that the settings ask for.
    fn trust(&self) {
        if self.guess_rate().is_some() && self.is_guarded() {
            let (network, now) = (self.network(), self.intake.clock.now());
            self.intake.limits.0.trust(&self.name, network, now);
        }
    }

    /// Counts a request without the right secret separately, so that it uses up nothing of the
    /// channel's rate.
    fn denied_body(&self, denied: secrets::Denied) -> Refusal {
        if let Some(rate) = self.channel.rate {
            let limiter = &self.intake.limits.0;
            limiter.refund(&self.name, BucketKind::All, rate);
        }
        self.denied(denied)
    }

    fn slow_down(&self, rate: Option<Rate>, kind: BucketKind) -> Result<(), Refusal> {
        let Some(rate) = rate else {
            return Ok(());
        };
        let limiter = &self.intake.limits.0;
        limiter
            .take(&self.name, kind, rate, self.intake.clock.now())
            .map_err(|wait| self.refusal(RefusalReason::TooMuch(wait)))
    }

    fn address(&self) -> Option<IpAddr> {
        let peer = self.request.peer_addr();
        client_address(peer, self.request.headers(), &self.intake.trusted_proxies)
    }

    /// The sender as rate limits see it.
    fn network(&self) -> Option<SenderNetwork> {
        self.address().map(SenderNetwork::of)
    }

    fn denied(&self, denied: secrets::Denied) -> Refusal {
        if denied == secrets::Denied::NoSecret {
            tracing::error!(channel = %self.name, "a channel has no secret and refuses all requests: run `leadgate check`");
        } else if let Some(rate) = self.guess_rate() {
            let (limiter, network) = (&self.intake.limits.0, self.network());
            limiter.refund(&self.name, BucketKind::Address(network), rate);
            if let Err(too_much) = self.slow_down(Some(rate), BucketKind::Wrong(network)) {
                return too_much;
            }
        }
        self.refusal(RefusalReason::Denied(denied))
    }
}

/// Returns the first language of the sender that replies exist in.
fn language(headers: &HeaderMap) -> Lang {
    let wanted = headers
        .get(ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    let mut tags = wanted.unwrap_or_default().split(',').take(20);
    tags.find_map(|tag| Lang::parse(tag.split(';').next()?))
        .unwrap_or_default()
}

/// Converts a status that the settings have checked.
fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
