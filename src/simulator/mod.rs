//! A Bitrix24 portal in this process, for clients written for the real one: it reads parameters as
//! PHP does, answers in the portal's JSON, stores contacts, leads and deals by the portal's
//! undocumented rules, and refuses, slows down and breaks connections on request.
//!
//! It shares no type with the rest of the gateway, so that the gateway's assumptions about Bitrix24
//! are tested against an independent implementation.
//!
//! ```text
//! http → params → core ─┬─ faults, limits          → transcript
//!                       ├─ batch → references
//!                       └─ methods → write, read, query → state
//! applications: authorization server, installation, pages, events
//! ```

mod amocrm;
mod applications;
mod batch;
mod cards;
mod companies;
mod control;
mod core;
mod counters;
mod defaults;
mod demo;
mod doors;
mod envelope;
mod errors;
mod faults;
mod fetched;
mod gate;
mod held;
mod http;
mod leaving;
mod limits;
mod mailbox;
mod methods;
mod multifields;
mod multipart;
mod options;
mod outgoing;
mod page;
mod params;
mod pbx;
mod php;
mod php_json;
mod products;
mod query;
mod read;
mod references;
mod serve_services;
mod services;
mod state;
mod telephony;
#[cfg(test)]
mod tests;
mod transcript;
mod when;
mod write;

use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::dev::Server;
use actix_web::{App, HttpServer, middleware, web};
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};

#[cfg(test)]
pub(crate) use self::tests::served::start_portal;
pub use self::{
    applications::{ApplicationCredentials, ApplicationSetup, OpenedPage},
    cards::{CardsOptions, CardsWidget},
    counters::{Counters, Duplicates},
    doors::Door,
    faults::{Fault, FaultKind, Times},
    gate::{Doorkeeper, Gate},
    mailbox::{MailFault, MailFaultKind, MailSecurity, MailStage, Mailbox, StoredLetter},
    options::{Bucket, CallHook, Clock, Content, CrmMode, Latency, Limits, PortalOptions},
    pbx::PbxOptions,
    services::ServiceRequest,
    state::telephony::{StatisticsAccess, TelephonyAccess},
    transcript::{CallRecord, CommandRecord},
};
use self::{core::Core, held::Held, state::State};

/// The PBX in a snapshot.
const PBX: &str = "pbx";

/// A handle to a sandbox portal; clones are handles to the same one.
#[derive(Clone)]
pub struct Portal {
    core: Arc<Mutex<Core>>,
    mailbox: Mailbox,
    /// Tells the task that saves the state of changes.
    changed: Arc<Notify>,
    /// Tells the doors of new and of cleared faults.
    faults_changed: Arc<watch::Sender<()>>,
    cards: cards::Cards,
    pbx: pbx::Pbx,
}

impl Portal {
    /// Sets up a portal.
    pub fn new(options: PortalOptions) -> Self {
        let mailbox = Mailbox::new(Arc::clone(&options.clock));
        Self {
            core: Arc::new(Mutex::new(Core::new(options))),
            mailbox,
            changed: Arc::default(),
            faults_changed: Arc::default(),
            cards: cards::Cards::default(),
            pbx: pbx::Pbx::default(),
        }
    }

    /// Mounts `/rest/…`, `/services/…` and `/sandbox/…` for this machine.
    pub fn configure(&self, config: &mut web::ServiceConfig) {
        self.configure_behind(&Gate::default(), config);
    }

    /// Mounts them behind these rules of access.
    pub fn configure_behind(&self, gate: &Gate, config: &mut web::ServiceConfig) {
        http::configure(self, gate, config);
        applications::configure(self, gate, config);
        pbx::configure_services(self, gate, config);
        serve_services::configure(self, gate, config);
        let pages = gate.clone();
        let guard =
            middleware::from_fn(move |request, next| gate::guard(pages.clone(), request, next));
        config.service(web::scope("/sandbox").wrap(guard).configure(|config| {
            control::configure(self, config);
            cards::configure(self, config);
            pbx::configure(self, config);
            page::configure(self, config);
        }));
    }

    /// Serves the portal alone on a port, which becomes its address: await or spawn the returned server on an actix runtime,
    /// and stop it by its handle. One thread answers.
    pub fn serve(&self, listener: TcpListener) -> std::io::Result<Server> {
        if let Ok(address) = listener.local_addr() {
            self.core().options.base_url = format!("http://{address}");
        }
        let portal = self.clone();
        let server = HttpServer::new(move || {
            let portal = portal.clone();
            App::new().configure(move |config| portal.configure(config))
        });
        Ok(server.workers(1).disable_signals().listen(listener)?.run())
    }

    /// Returns the mailbox, whose letters the pages show.
    pub fn mailbox(&self) -> Mailbox {
        self.mailbox.clone()
    }

    /// Connects the amoCRM pages with a gateway.
    pub fn connect_amocrm(&self, options: CardsOptions) {
        self.cards.connect(options);
    }

    /// The path of the webhook, to be joined to the portal's host: `/rest/1/sandbox/`.
    pub fn webhook_path(&self) -> String {
        let core = self.core();
        format!("/rest/{}/{}/", core.options.user, core.options.secret)
    }

    /// Calls a method as the webhook would, past the limits and the faults of the connection, and
    /// returns the whole envelope in the shape in which PHP prints it.
    pub fn call(&self, method: &str, params: Value) -> Value {
        self.core().call(method, params)
    }

    /// Returns the whole state, to save it.
    pub fn snapshot(&self) -> Value {
        let core = self.core();
        let mut kept = core.state.keep();
        kept[amocrm::AMOCRM] = json!(core.services.amocrm);
        drop(core);
        kept[PBX] = json!(self.pbx.switch().kept());
        kept
    }

    /// Restores what [`Self::snapshot`] returned; `Err` says why the value is invalid.
    pub fn restore(&self, mut snapshot: Value) -> Result<(), String> {
        // earlier versions kept none
        let account = snapshot.get_mut(amocrm::AMOCRM).map(Value::take);
        let account = account.map(serde_json::from_value).transpose();
        let account = account.map_err(|error| error.to_string())?;
        let pbx = snapshot.get_mut(PBX).map(Value::take);
        let pbx = pbx.map(serde_json::from_value).transpose();
        let pbx = pbx.map_err(|error| error.to_string())?;
        let state = State::rebuilt(snapshot)?;
        let mut core = self.core();
        core.state = state;
        if let Some(account) = account {
            core.services.amocrm = account;
        }
        drop(core);
        if let Some(pbx) = pbx {
            self.pbx.switch().restore(pbx);
        }
        Ok(())
    }

    /// Returns a number that changes with every write.
    pub fn revision(&self) -> u64 {
        self.core().state.revision
    }

    /// Returns when something has changed since this was called last. For one caller only.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Returns the latest calls, oldest first.
    pub fn transcript(&self) -> Vec<CallRecord> {
        self.core().ring.iter().cloned().collect()
    }

    /// Returns the counts since the start or the last reset.
    pub fn counters(&self) -> Counters {
        counters::count(&self.core())
    }

    /// Adds a planned fault.
    pub fn inject(&self, fault: Fault) {
        self.core().inject(fault);
        self.faults_changed.send_replace(());
    }

    /// Clears all faults, mandatory fields included.
    pub fn clear_faults(&self) {
        self.core().clear_faults();
        self.faults_changed.send_replace(());
    }

    /// Changes the limits while the portal runs; the counts stay.
    pub fn set_limits(&self, limits: Limits) {
        self.core().meter.limits = limits;
    }

    /// Changes the latency.
    pub fn set_latency(&self, latency: Latency) {
        self.core().latency = latency;
    }

    /// Changes the scopes of the webhook.
    pub fn set_scopes(&self, scopes: &[&str]) {
        let mut core = self.core();
        core.state.scopes = scopes.iter().map(|&it| it.to_owned()).collect();
        core.state.revision += 1;
    }

    /// Names the handler of clicks on numbers, or none.
    pub fn connect_calls(&self, hook: Option<CallHook>) {
        self.core().call_hook = hook;
    }

    /// Sets who may register and finish calls.
    pub fn set_telephony_access(&self, access: TelephonyAccess) {
        let mut core = self.core();
        core.state.telephony.access = access;
        core.state.revision += 1;
    }

    /// Sets which calls the statistics show.
    pub fn set_statistics_access(&self, shown: StatisticsAccess) {
        let mut core = self.core();
        core.state.telephony.shown = shown;
        core.state.revision += 1;
    }

    /// Restores the initial content; clears faults and counts.
    pub fn reset(&self) {
        self.core().reset();
        self.faults_changed.send_replace(());
        self.mailbox.reset();
        self.cards.reset();
        self.pbx.reset();
    }

    /// The portal's lock. A panic while it is held leaves no half-written record, so a poisoned
    /// lock is usable.
    fn core(&self) -> Held<'_> {
        let core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        Held::new(core, &self.changed)
    }
}

impl std::fmt::Debug for Portal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Portal").finish_non_exhaustive()
    }
}
