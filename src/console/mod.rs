//! The console: pages for people who work with the gateway in a browser, below `/console`. It shows
//! what the commands `journal`, `explain`, `preview`, `check` and `replay` know, by the same code.
//!
//! A request passes [`signing`] first, which says who asks and refuses changes from other sites.
//! [`routes`] finds its section, a folder or file below [`pages`]; a section answers with an
//! [`reply::Answer`], which [`layout`] puts into the frame of all pages. No page loads anything from another
//! host, and none has a script or a style of its own.

mod assets;
mod bare;
mod choice;
mod frame;
mod layout;
mod lists;
mod live;
mod mask;
mod pages;
mod parts;
mod reply;
mod request;
mod routes;
mod signed_in;
mod signing;
mod visit;

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};

use self::frame::{PortalFrame, portal_of};
use self::live::Changes;
pub use self::parts::{ConsoleParts, PATH};
use self::reply::Trouble;
use self::signing::Signing;
pub use self::signing::{hash_password, name_problem, password_problem};
use self::visit::Visit;
use crate::domain::places::Places;
use crate::journal::Arrivals;
use crate::store::StoreError;

/// The longest body of a request, in bytes: a profile and the packet to try it with.
const BODY_LIMIT: usize = 4 << 20;

/// The console.
pub struct Console {
    parts: Arc<ConsoleParts>,
    signing: Arc<Signing>,
    changes: Changes,
    arrivals: Arrivals,
    /// Places for pages that listen to changes.
    listeners: Places,
}

impl Console {
    /// Prepares the console.
    pub fn new(parts: ConsoleParts) -> Self {
        let parts = Arc::new(parts);
        let settings = &parts.settings.console;
        Self {
            signing: Arc::new(Signing::new(&parts)),
            changes: Changes::default(),
            arrivals: parts.arrivals.clone(),
            listeners: Places::new(settings.live_readers, settings.live_readers_per_person),
            parts,
        }
    }

    /// Makes the path of a sign-in link that works once, from this machine only. A new link replaces
    /// the one before. Returns the path of the first page if other machines reach the gateway, or if
    /// the system gives no random bytes.
    pub fn sign_in_link(&self) -> String {
        match self.signing.link() {
            Some(secret) => format!("{PATH}/sign-in/{secret}"),
            None => PATH.to_owned(),
        }
    }

    /// Registers the addresses.
    pub fn configure(console: &web::Data<Self>, config: &mut web::ServiceConfig) {
        let shared = console.clone();
        let serve = move |request: HttpRequest, body: web::Payload| {
            let console = shared.clone();
            async move { console.serve(&request, body).await }
        };
        let paths = [PATH.to_owned(), format!("{PATH}/{{below:.*}}")];
        config.service(web::resource(paths).to(serve));
        let (parts, signing) = (Arc::clone(&console.parts), Arc::clone(&console.signing));
        PortalFrame::new(parts, signing).configure(config);
    }

    /// Ends the sessions of all employees of a connection's portal: its application was removed.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn end_sessions_of_portal(&self, connection: &str) -> Result<(), StoreError> {
        match self.parts.portal_apps.portal_origin(connection) {
            Some(origin) => self.signing.end_of_portal(portal_of(&origin)).await,
            None => Ok(()),
        }
    }

    /// Refuses a request for the pages of the sandbox, unless it comes from somebody who has signed
    /// in to the console and may see people's data. `None` lets it through.
    pub async fn refuse_in_sandbox(&self, request: &HttpRequest) -> Option<HttpResponse> {
        self.signing.refuse_in_sandbox(request).await
    }

    async fn serve(&self, request: &HttpRequest, body: web::Payload) -> HttpResponse {
        let below = request.path().strip_prefix(PATH).unwrap_or_default();
        let below: Vec<&str> = below.trim_matches('/').split('/').collect();
        if let ["assets", hash, name] = below.as_slice() {
            return assets::serve(hash, name);
        }
        let mut reply = match self.visit(request, body, &below).await {
            Ok(reply) | Err(reply) => reply,
        };
        reply::protect(&mut reply);
        reply
    }

    /// Answers a request; the error is the reply to somebody who may not ask. A body is read once
    /// it is known who sends it.
    async fn visit(
        &self,
        request: &HttpRequest,
        body: web::Payload,
        below: &[&str],
    ) -> Result<HttpResponse, HttpResponse> {
        let mut body = Some(body);
        let user = self.signing.enter(request, &mut body, below).await?;
        let Some(body) = request::read(body, BODY_LIMIT).await else {
            let words = request::words_of(request);
            return Ok(bare::trouble_page(words, &Trouble::TooLarge));
        };
        let visit = Visit::new(self, request, user, body);
        let answer = match visit.check_origin() {
            Ok(()) => routes::answer(&visit, below).await,
            Err(trouble) => Err(trouble),
        };
        Ok(match answer {
            Ok(answer) => layout::reply(&visit, answer),
            Err(trouble) => layout::trouble(&visit, &trouble),
        })
    }
}
