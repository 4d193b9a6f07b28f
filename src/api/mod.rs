//! The API for programs, `/api/v1`: what the gateway knows, as JSON.
//!
//! A request has a token ([`token`]) with the scope that its address needs. Problems are
//! `application/problem+json`, lists have pages with a cursor, and `openapi.json` describes all.

mod attention;
mod audit;
mod body;
mod caller;
mod calls;
mod channels;
mod choice;
mod destinations;
mod erasures;
mod hours;
mod pbx;
mod portals;
mod previews;
mod problem;
mod profiles;
mod query;
mod replays;
mod sources;
pub mod token;
mod users;

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use self::problem::Problem;
use self::query::ListQuery;
use crate::amocrm::AmoHealth;
use crate::config::{AlertSettings, Settings};
use crate::crm::Connection;
use crate::domain::{ApiScope, AuditEntry, Clock, Lang, SourceKinds, TokenHash};
use crate::editing::ProfileEditor;
use crate::inbox::Inbox;
use crate::journal::{self, Arrivals, Found, Journal};
use crate::live::CheckResults;
use crate::pipeline::Destinations;
use crate::profiles::ProfileStore;
use crate::redact;
use crate::replay::bulk::BulkReplays;
use crate::store::{Store, StoreError};
use crate::telephony::{CallHub, PbxControl};

/// The path below which everything is.
const PATH: &str = "/api/v1";
/// The document of the API, `OpenAPI` 3.1.
const DOCUMENT: &str = include_str!("openapi.json");

/// The API.
pub struct Api {
    /// The store, with the tokens.
    pub store: Store,
    /// The history.
    pub journal: Journal,
    /// When sources sent last.
    pub arrivals: Arrivals,
    /// The settings.
    pub settings: Arc<Settings>,
    /// The profiles, and the settings of channels.
    pub profiles: Arc<ProfileStore>,
    /// The connections to the CRM, by name.
    pub connections: BTreeMap<String, Arc<Connection>>,
    /// The scopes that the webhook of each connection needs.
    pub scopes: BTreeMap<String, Vec<&'static [&'static str]>>,
    /// The last checks of the portals.
    pub checks: CheckResults,
    /// What is wrong with accounts of amoCRM.
    pub amocrm: AmoHealth,
    /// The place for one erasure at a time.
    pub erasing: Semaphore,
    /// The sources, which name what came from them.
    pub sources: SourceKinds,
    /// Replays of many submissions.
    pub replays: Arc<BulkReplays>,
    /// The settings of the alerts.
    pub alerts: AlertSettings,
    /// The PBXs, by name.
    pub pbxs: BTreeMap<String, PbxControl>,
    /// The queue, which keeps pauses by hand.
    pub inbox: Inbox,
    /// Where steps are delivered to.
    pub destinations: Destinations,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// Edits the files of profiles.
    pub editor: Arc<ProfileEditor>,
    /// The live calls.
    pub calls: Arc<CallHub>,
    /// Places for programs that read live events.
    pub live_readers: Arc<Semaphore>,
    /// Cancelled when the gateway stops.
    pub draining: CancellationToken,
}

impl Api {
    /// Registers the addresses.
    pub fn configure(api: &web::Data<Self>, config: &mut web::ServiceConfig) {
        let api = api.clone();
        let serve = move |request: HttpRequest, body: web::Payload| {
            let api = api.clone();
            async move { Self::serve(&api, &request, body).await }
        };
        let paths = [PATH.to_owned(), format!("{PATH}/{{below:.*}}")];
        config.service(web::resource(paths).to(serve));
    }

    async fn serve(
        api: &web::Data<Self>,
        request: &HttpRequest,
        body: web::Payload,
    ) -> HttpResponse {
        let lang = language(request);
        let mut reply = match Self::answer(api, request, body, lang).await {
            Ok(reply) => reply,
            Err(problem) => problem.reply(lang),
        };
        let headers = reply.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        reply
    }

    async fn answer(
        api: &web::Data<Self>,
        request: &HttpRequest,
        body: web::Payload,
        lang: Lang,
    ) -> Result<HttpResponse, Problem> {
        let below = request.path().strip_prefix(PATH).unwrap_or_default();
        let below: Vec<&str> = below.trim_matches('/').split('/').collect();
        let rest = below.get(1..).unwrap_or_default();
        match below.as_slice() {
            ["pbx", name, rest @ ..] => api.answer_pbx(request, body, (*name, rest)).await,
            [what @ ("sources" | "polls" | "amocrm" | "pbx" | "refused")] => {
                api.answer_sources(request, what, lang).await
            }
            ["channels", ..] => api.answer_channels(request, body, (rest, lang)).await,
            ["attention", ..] => api.answer_attention(request, body, (rest, lang)).await,
            ["replays", ..] => api.answer_replays(request, body, (rest, lang)).await,
            ["destinations", ..] => api.answer_destinations(request, body, (rest, lang)).await,
            ["profiles", ..] => api.answer_profiles(request, body, (rest, lang)).await,
            ["previews"] => api.answer_previews(request, body, lang).await,
            ["drafts"] => api.answer_drafts(request, body, lang).await,
            ["users", ..] => api.answer_users(request, body, rest).await,
            ["tokens", ..] => api.answer_tokens(request, rest).await,
            ["audit"] => api.answer_audit(request).await,
            ["erasures"] => api.answer_erasures(request, body, lang).await,
            below => Self::answer_reads(api, request, (below, lang)).await,
        }
    }

    /// Answers a request that only reads submissions or calls.
    async fn answer_reads(
        api: &web::Data<Self>,
        request: &HttpRequest,
        (below, lang): (&[&str], Lang),
    ) -> Result<HttpResponse, Problem> {
        let is_known = matches!(
            below,
            ["" | "openapi.json" | "submissions" | "hours" | "calls" | "agents" | "events"]
                | ["submissions", _]
        );
        if is_known && !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Err(Problem::Method("GET, HEAD"));
        }
        let answer = match below {
            [""] => json!({"name": "leadgate", "version": env!("CARGO_PKG_VERSION"),
                "document": format!("{PATH}/openapi.json")}),
            ["openapi.json"] => return Ok(as_reply(DOCUMENT.to_owned())),
            ["submissions"] => {
                api.allow(request, ApiScope::ReadSubmissions).await?;
                api.list(ListQuery::parse(request.query_string())?, lang)
                    .await?
            }
            ["hours"] => {
                api.allow(request, ApiScope::ReadSubmissions).await?;
                api.hours(request.query_string()).await?
            }
            ["submissions", id] => {
                api.allow(request, ApiScope::ReadSubmissions).await?;
                api.one(id, lang).await?
            }
            [live @ ("calls" | "agents" | "events")] => {
                let token = api.allow(request, ApiScope::ReadCalls).await?;
                return calls::answer(api, live, request, token);
            }
            _ => return Err(Problem::NoSuchAddress),
        };
        Ok(as_reply(redact::mask(&answer.to_string()).into_owned()))
    }

    /// Checks the token of a request.
    async fn allow(&self, request: &HttpRequest, scope: ApiScope) -> Result<TokenHash, Problem> {
        let token = bearer(request).ok_or(Problem::NoToken)?;
        let hash = token::hash(token).ok_or(Problem::UnknownToken)?;
        self.check(hash, scope).await.map(|()| hash)
    }

    /// Checks a token by its hash.
    async fn check(&self, hash: TokenHash, scope: ApiScope) -> Result<(), Problem> {
        let token = self.store.token(hash).await?;
        let token = token.ok_or(Problem::UnknownToken)?;
        if token.is_expired(self.clock.now()) {
            return Err(Problem::ExpiredToken);
        }
        if !token.scopes.contains(&scope) {
            return Err(Problem::MissingScope(scope));
        }
        Ok(())
    }

    /// Returns the name of a token, as the audit log has it.
    async fn name_of(&self, hash: TokenHash) -> Result<String, Problem> {
        let token = self.store.token(hash).await?;
        let token = token.ok_or(Problem::UnknownToken)?;
        Ok(format!("token {}", token.name))
    }

    /// Writes a change into the audit log: what was done, and to what.
    async fn audit(
        &self,
        who: &str,
        (action, about): (&str, &str),
        details: Value,
    ) -> Result<(), Problem> {
        let entry = AuditEntry {
            at: self.clock.now(),
            who: who.to_owned(),
            action: action.to_owned(),
            about: about.to_owned(),
            details,
        };
        Ok(self.store.add_audit(entry).await?)
    }

    /// Returns a page of a list, the newest submissions first.
    async fn list(&self, list: ListQuery, lang: Lang) -> Result<Value, Problem> {
        let ListQuery { filter, limit } = list;
        let journal = self.journal.clone();
        // one more tells whether there is a next page
        let found = web::block(move || journal.list(&filter, limit + 1)).await;
        let mut found = found.map_err(|_| StoreError::Closed)??;
        let is_more = found.len() > limit;
        found.truncate(limit);
        let oldest = found.last().filter(|_| is_more);
        let next = oldest.map(|entry| entry.cursor().to_text());
        let items = found.iter();
        let items = items.map(|entry| journal::json::entry(entry, &self.sources, lang));
        Ok(json!({"items": items.collect::<Vec<_>>(), "next": next}))
    }

    /// Returns a submission with its history.
    async fn one(&self, id: &str, lang: Lang) -> Result<Value, Problem> {
        let name = percent_decode_str(id).decode_utf8_lossy().into_owned();
        let journal = self.journal.clone();
        let found = web::block(move || journal.show(&name)).await;
        match found.map_err(|_| StoreError::Closed)?? {
            Found::One(history) => Ok(journal::json::history(&history, &self.sources, lang)),
            Found::None | Found::NotAName => Err(Problem::NoSuchSubmission),
            Found::Several => Err(Problem::SeveralSubmissions),
        }
    }
}

fn as_reply(body: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(body)
}

/// Checks the method of a request: `methods` lists those of its address.
fn check_method(request: &HttpRequest, methods: &'static str) -> Result<(), Problem> {
    let mut known = methods.split(", ");
    known
        .any(|method| method == request.method().as_str())
        .then_some(())
        .ok_or(Problem::Method(methods))
}

/// Returns the token of the header `Authorization`.
fn bearer(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Returns the language that a request prefers; English if it names neither.
fn language(request: &HttpRequest) -> Lang {
    let header = request.headers().get(ACCEPT_LANGUAGE);
    let tags = header.and_then(|header| header.to_str().ok());
    let mut tags = tags.unwrap_or_default().split(',');
    tags.find_map(|tag| Lang::parse(tag.split(';').next()?.trim()))
        .unwrap_or(Lang::En)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ParkReason, State};
    use crate::telephony::CallState;

    #[test]
    fn the_document_lists_the_words_and_parameters_of_the_program() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let schemas = &document["components"]["schemas"];
        assert_eq!(
            schemas["State"]["enum"],
            json!(State::ALL.map(State::as_str))
        );
        let reasons = ParkReason::ALL.map(ParkReason::as_str);
        assert_eq!(schemas["Reason"]["enum"], json!(reasons));
        let list = &document["paths"]["/api/v1/submissions"]["get"];
        let parameters = list["parameters"].as_array().unwrap().iter();
        let names: Vec<_> = parameters.map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!(names, query::PARAMETERS);
        assert_eq!(
            schemas["CallState"]["enum"],
            json!(CallState::ALL.map(CallState::as_str))
        );
        let history = &document["paths"]["/api/v1/pbx/{name}/history"]["get"];
        let parameters = history["parameters"].as_array().unwrap().iter();
        let names: Vec<_> = parameters.map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!(names[1..], pbx::PARAMETERS);
        let refused = &document["paths"]["/api/v1/refused"]["get"];
        let parameters = refused["parameters"].as_array().unwrap().iter();
        let names: Vec<_> = parameters.map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!(names, sources::PARAMETERS);
        for scope in ApiScope::ALL {
            assert!(DOCUMENT.contains(scope.as_str()));
        }
    }
}
