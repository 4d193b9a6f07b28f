//! Channels: `/in/{channel}` for anything that can send HTTP. A query, a form, a form in parts or JSON
//! comes in; what comes out is a stored submission (or several), and the reply that the channel's settings
//! want. How a channel is guarded and answered stands in `_channels.yaml`; which profile takes what came,
//! the profiles say.

mod cors;
mod judge;
mod nothing;
mod packet;
mod rate;
mod read;
mod refusal;
mod reply;
mod secrets;
mod source;
mod take;
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

use self::rate::{Limiter, Party, Whose};
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

/// Everything that a request to a channel needs.
struct ChannelIntake {
    /// What is set for all channels.
    settings: ChannelSettings,
    /// Longest body without its files, in bytes.
    body_limit: usize,
    /// How much of a JSON body is read.
    bounds: Bounds,
    /// What bodies are charged to.
    memory: Arc<Memory>,
    /// Slowest body.
    patience: Duration,
    /// Whose `X-Forwarded-For` is believed.
    trusted_proxies: Vec<IpNet>,
    /// Where submissions go.
    inbox: Inbox,
    /// What takes submissions, and the settings of the channels.
    profiles: Arc<ProfileStore>,
    /// The time.
    clock: Arc<dyn Clock>,
    /// Cancelled when the gateway stops taking things in.
    draining: CancellationToken,
    /// How much has come lately.
    limits: Limits,
    /// Where refused requests are noted.
    refused: RefusedLog,
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
        }
    }
}

/// How much has come lately, by channel and by sender.
#[derive(Debug, Default)]
struct Limits(Limiter);

/// Registers the channels below their path.
fn configure(config: &mut web::ServiceConfig, intake: web::Data<ChannelIntake>) {
    let base_path = intake.settings.base_path.clone();
    config.service(
        web::scope(&base_path)
            .app_data(intake)
            .service(web::resource("/{channel}").to(serve))
            .default_service(web::to(nothing_here)),
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
        return nothing_here(intake, request).await;
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
        None => call.take(payload).await,
    };
    let (outcome, mut response) = match ended {
        Ok(taken) => (taken.outcome(), taken.reply(&call)),
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

async fn nothing_here(intake: web::Data<ChannelIntake>, request: HttpRequest) -> HttpResponse {
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

/// Whether settings or profiles name the channel. Any other name comes from the sender, and may be a secret
/// in the wrong place.
fn is_known(intake: &ChannelIntake, name: &ChannelName) -> bool {
    let has_settings = intake.profiles.channels().get(name).is_some();
    let profiles = intake.profiles.current();
    has_settings || !profiles.naming(SOURCE, name.as_str()).is_empty()
}

impl Call<'_> {
    fn refusal(&self, why: RefusalReason) -> Refusal {
        Refusal::new(why, self.lang)
    }

    /// Notes a refusal, unless it has left a submission in the journal.
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

    /// What can be told before the body is read.
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
        self.slow_down(self.channel.address_rate, Whose::Address(self.party()))?;
        let (headers, query) = (self.request.headers(), self.request.query_string());
        secrets::check_head(&self.channel, headers, query).map_err(|denied| self.denied(denied))?;
        // those without a token must not use up what belongs to the others
        self.slow_down(self.channel.rate, Whose::All)
    }

    /// An address that has often sent a wrong secret waits before it may try another, even the right one,
    /// unless it had the right one within `channels.trusted_for`: a form with a wrong token does not lock
    /// out the shop beside it.
    fn stop_guessing(&self) -> Result<(), Refusal> {
        let (limiter, now) = (&self.intake.limits.0, self.intake.clock.now());
        let Some(rate) = self.guess_rate().filter(|_| self.is_guarded()) else {
            return Ok(());
        };
        let (party, within) = (self.party(), self.intake.settings.trusted_for);
        if limiter.is_trusted(&self.name, party, within, now) {
            return Ok(());
        }
        self.slow_down(Some(rate), Whose::Wrong(party))?;
        limiter.give_back(&self.name, Whose::Wrong(party), rate);
        Ok(())
    }

    /// How many wrong secrets an address may send: as many as requests, else as the settings say.
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

    /// All that the settings ask for was there.
    fn trust(&self) {
        if self.guess_rate().is_some() && self.is_guarded() {
            let (party, now) = (self.party(), self.intake.clock.now());
            self.intake.limits.0.trust(&self.name, party, now);
        }
    }

    /// A request without the right secret counts apart, so that it uses up nothing of the others.
    fn denied_body(&self, denied: secrets::Denied) -> Refusal {
        if let Some(rate) = self.channel.rate {
            let limiter = &self.intake.limits.0;
            limiter.give_back(&self.name, Whose::All, rate);
        }
        self.denied(denied)
    }

    fn slow_down(&self, rate: Option<Rate>, whose: Whose) -> Result<(), Refusal> {
        let Some(rate) = rate else {
            return Ok(());
        };
        let limiter = &self.intake.limits.0;
        limiter
            .take(&self.name, whose, rate, self.intake.clock.now())
            .map_err(|wait| self.refusal(RefusalReason::TooMuch(wait)))
    }

    fn address(&self) -> Option<IpAddr> {
        let peer = self.request.peer_addr();
        client_address(peer, self.request.headers(), &self.intake.trusted_proxies)
    }

    /// The sender as rate limits see it.
    fn party(&self) -> Option<Party> {
        self.address().map(Party::of)
    }

    fn denied(&self, denied: secrets::Denied) -> Refusal {
        if denied == secrets::Denied::NoSecret {
            tracing::error!(channel = %self.name, "a channel has no secret and refuses everybody: run `leadgate check`");
        } else if let Some(rate) = self.guess_rate() {
            let (limiter, party) = (&self.intake.limits.0, self.party());
            limiter.give_back(&self.name, Whose::Address(party), rate);
            if let Err(too_much) = self.slow_down(Some(rate), Whose::Wrong(party)) {
                return too_much;
            }
        }
        self.refusal(RefusalReason::Denied(denied))
    }
}

/// The first of the sender's languages that we speak.
fn language(headers: &HeaderMap) -> Lang {
    let wanted = headers
        .get(ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    let mut tags = wanted.unwrap_or_default().split(',').take(20);
    tags.find_map(|tag| Lang::parse(tag.split(';').next()?))
        .unwrap_or_default()
}

/// A status that is known to be one.
fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
