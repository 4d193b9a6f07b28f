//! The widget in the cards of amoCRM. `/amo/{name}/widget/{entity}/{id}` tells what a lead or a
//! contact became, `…/history` what happened to it, and `…/send` sends it again. A request has
//! amoCRM's signed token ([`token`]), as a header or as a field of a form; the reply is JSON in the
//! language of the user.
//!
//! [`archive`] builds what the administrator of an account uploads to amoCRM.

pub mod archive;
mod card;
mod cors;
mod pages;
mod refusal;
mod token;

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use self::pages::Pages;
use self::refusal::Refusal;
use self::token::{Expected, TokenUser};
use crate::config::{AMO_PATH, Settings, WidgetSettings};
use crate::crm::Connection;
use crate::domain::{Clock, EndpointName, Lang, is_amo_number, item_of_hooks};
use crate::journal::{History, Journal};
use crate::store::Store;

/// The header with amoCRM's token.
const TOKEN: &str = "X-Auth-Token";
/// The field of a form with it: amoCRM's own servers pass requests of widgets on (`crm_post`) as
/// forms, without header fields of the widget's own.
const TOKEN_FIELD: &str = "jwt_token";
/// The longest form, in bytes.
const LONGEST_FORM: usize = 16 << 10;
/// The entities that have cards with the widget, as hooks name them.
const ENTITIES: [&str; 2] = ["leads", "contacts"];
/// The changes of a card that count, the newest ones.
const CHANGES: usize = 10;

/// The parts of the gateway that the widget uses.
pub struct WidgetParts<'p> {
    /// The settings.
    pub settings: &'p Settings,
    /// The connections to the CRM, by name.
    pub connections: &'p BTreeMap<String, Arc<Connection>>,
    /// The store, in which submissions are queued again.
    pub store: &'p Store,
    /// The history.
    pub journal: Journal,
    /// The current time.
    pub clock: &'p Arc<dyn Clock>,
}

/// Answers the widgets of all accounts.
pub struct CardWidget {
    /// The widget of each account, and the number of the account.
    accounts: BTreeMap<String, (Option<String>, WidgetSettings)>,
    connections: BTreeMap<String, Arc<Connection>>,
    store: Store,
    journal: Journal,
    clock: Arc<dyn Clock>,
}

/// What a request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    State,
    History,
    Send,
}

impl CardWidget {
    /// Prepares the answers.
    pub fn new(parts: WidgetParts<'_>) -> Self {
        let accounts = parts.settings.amocrm.iter();
        let accounts = accounts.filter_map(|(name, account)| {
            let widget = account.widget.clone()?;
            Some((name.clone(), (account.account.clone(), widget)))
        });
        Self {
            accounts: accounts.collect(),
            connections: parts.connections.clone(),
            store: parts.store.clone(),
            journal: parts.journal,
            clock: Arc::clone(parts.clock),
        }
    }

    /// Registers the addresses. They have to come before those of the hooks, which are below the
    /// same path.
    pub fn configure(widget: &web::Data<Self>, config: &mut web::ServiceConfig) {
        if widget.accounts.is_empty() {
            return;
        }
        for below in ["", "/{wanted}"] {
            let path = format!("{AMO_PATH}/{{name}}/widget/{{entity}}/{{id}}{below}");
            let widget = widget.clone();
            let serve = move |request: HttpRequest, body: Option<Bytes>| {
                let widget = widget.clone();
                // a longer form has no token that counts
                async move { widget.serve(&request, &body.unwrap_or_default()).await }
            };
            let form = web::PayloadConfig::new(LONGEST_FORM);
            config.service(web::resource(path).app_data(form).to(serve));
        }
    }

    async fn serve(&self, request: &HttpRequest, body: &[u8]) -> HttpResponse {
        let lang = language(request);
        let account = request
            .match_info()
            .get("name")
            .and_then(EndpointName::parse);
        let account = account.and_then(|name| {
            let (account, widget) = self.accounts.get(name.as_str())?;
            Some((name, account, widget))
        });
        let Some((name, account, widget)) = account else {
            return Refusal::NoSuchAddress.reply(lang);
        };
        let asked = Asked {
            widget: self,
            name: &name,
            account: account.as_deref(),
            settings: widget,
            request,
            token: Token::of(request, body),
            lang,
        };
        let reply = match cors::preflight(widget, request) {
            Some(reply) => reply,
            None => asked
                .answer()
                .await
                .map(|body| HttpResponse::Ok().json(body)),
        };
        let mut reply = reply.unwrap_or_else(|refusal| {
            tracing::debug!(account = %name, refusal = ?refusal, "a request of the widget was refused");
            refusal.reply(lang)
        });
        cors::allow(widget, request, &mut reply);
        let headers = reply.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        reply
    }
}

/// A request about a card of an account.
struct Asked<'a> {
    widget: &'a CardWidget,
    name: &'a EndpointName,
    account: Option<&'a str>,
    settings: &'a WidgetSettings,
    request: &'a HttpRequest,
    token: Option<Token>,
    lang: Lang,
}

/// The token of a request, and where it was.
enum Token {
    Header(String),
    Field(String),
}

impl Token {
    fn of(request: &HttpRequest, body: &[u8]) -> Option<Self> {
        if let Some(header) = request.headers().get(TOKEN) {
            return Some(Self::Header(header.to_str().unwrap_or_default().to_owned()));
        }
        let form = std::str::from_utf8(body).ok()?;
        let field = form.split('&').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            (name == TOKEN_FIELD).then_some(value)
        })?;
        let token = percent_decode_str(field).decode_utf8_lossy();
        Some(Self::Field(token.into_owned()))
    }
}

impl Asked<'_> {
    async fn answer(&self) -> Result<Value, Refusal> {
        let user = self.user()?;
        let (entity, id) = self.card().ok_or(Refusal::NoSuchAddress)?;
        let wanted = self.wanted()?;
        let item = item_of_hooks(self.name, &user.account, entity, id);
        let changes = self.widget.journal.beginning(item, CHANGES).await?;
        let pages = Pages {
            connections: &self.widget.connections,
            public_url: &self.settings.public_url,
        };
        match wanted {
            Wanted::State => Ok(card::state(&changes, &pages, self.lang)),
            Wanted::History => Ok(card::history(&changes, &pages, self.lang)),
            Wanted::Send => self.send(&changes, &user).await,
        }
    }

    /// Checks the token.
    fn user(&self) -> Result<TokenUser, Refusal> {
        let (Token::Header(token) | Token::Field(token)) =
            self.token.as_ref().ok_or(Refusal::NoToken)?;
        let expected = Expected {
            secret: &self.settings.client_secret,
            client_id: &self.settings.client_id,
            issuer: &self.settings.account_url,
            audience: self.settings.public_origin(),
            account: self.account,
        };
        let now = self.widget.clock.now().as_second();
        Ok(token::verify(token, &expected, now)?)
    }

    /// Returns the entity and the number of the card.
    fn card(&self) -> Option<(&'static str, &str)> {
        let path = self.request.match_info();
        let entity = path.get("entity")?;
        let entity = ENTITIES.into_iter().find(|known| *known == entity)?;
        let id = path.get("id")?;
        is_amo_number(id).then_some((entity, id))
    }

    fn wanted(&self) -> Result<Wanted, Refusal> {
        let (wanted, method) = match self.request.match_info().get("wanted") {
            None => (Wanted::State, Method::GET),
            Some("history") => (Wanted::History, Method::GET),
            Some("send") => (Wanted::Send, Method::POST),
            Some(_) => return Err(Refusal::NoSuchAddress),
        };
        // a form is always posted
        let is_form =
            self.request.method() == Method::POST && matches!(self.token, Some(Token::Field(_)));
        if is_form || self.request.method() == method {
            Ok(wanted)
        } else {
            Err(Refusal::Method)
        }
    }

    /// Queues the change that counts again.
    async fn send(&self, changes: &[History], user: &TokenUser) -> Result<Value, Refusal> {
        let history = card::current(changes).ok_or(Refusal::Unknown)?;
        let replay = card::replay(history).ok_or(Refusal::NotSendable)?;
        let id = history.entry.id;
        let now = self.widget.clock.now();
        let queued = replay.queue(&self.widget.store, vec![id], now).await?;
        for queued in queued {
            queued?;
        }
        tracing::info!(
            submission.id = %id, account = %self.name, user = user.user.as_deref().unwrap_or("?"),
            "sent again from a card of amoCRM"
        );
        Ok(json!({"status": "success", "submission": id}))
    }
}

/// Returns the language of the user; Russian if the request names none.
fn language(request: &HttpRequest) -> Lang {
    let mut pairs = request.query_string().split('&');
    let lang = pairs.find_map(|pair| pair.strip_prefix("lang="));
    let lang = lang.map(|lang| percent_decode_str(lang).decode_utf8_lossy());
    lang.and_then(|lang| Lang::parse(&lang)).unwrap_or_default()
}
