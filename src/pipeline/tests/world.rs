//! A store, a pipeline and a sandbox portal behind real HTTP; a test takes the actions one by one.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::super::batch::{BatchEnd, Ended, Places};
use super::super::claims::BatchClaims;
use super::super::*;
use crate::amocrm::ReadOrders;
use crate::crm::Connection;
use crate::crm::bitrix24::{Access, RateLimits, Timeouts};
use crate::domain::file::{FileRules, LinkRules};
use crate::domain::{ManualClock, SourceKinds, SubmissionId};
use crate::replay::{Replay, ReplayBy};
use crate::simulator::{Portal, start_portal};
use crate::store::Store;
use crate::store::testing::{Folder, at};

/// So late that no batch waits for another: every interleaving is tried.
const LATER: Duration = Duration::from_secs(3600);

/// Answers to poll 1 join the open deal of a person, those to poll 2 make a lead each.
const PROFILES: [(&str, &str); 2] = [
    (
        "deals",
        "receive: { polls: [1] }\ndeal: { found: update, fields: { TITLE: \"{{q}}\" }, products: { each: \"$.data.goods[*]\", name: $.name, price: $.price, quantity: $.count } }\n",
    ),
    (
        "leads",
        "receive: { polls: [2] }\nlead: { found: always_create, fields: { TITLE: \"{{q}}\" } }\n",
    ),
];
const DEFAULTS: &str = "\
fields: { name: $.data.name, q: $.data.q, phone: { from: $.data.phone, as: phone }, email: { from: $.data.email, as: email } }
contact:
  fields: { NAME: \"{{name}}\", PHONE: { value: \"{{phone}}\", search: true }, EMAIL: { value: \"{{email}}\", search: true } }
comment: full
todo: { title: \"Перезвонить {{name}}\", after: 2h }
";

/// The portal of the model's cases; each case empties it.
fn portal() -> &'static (Portal, SocketAddr) {
    static PORTAL: OnceLock<(Portal, SocketAddr)> = OnceLock::new();
    PORTAL.get_or_init(|| start_portal(at(0)))
}

/// A delivered batch whose verdicts are not on disk yet.
struct Carried {
    end: BatchEnd,
    places: Places,
    ended: Vec<Ended>,
}

pub(super) struct World {
    folder: Folder,
    store: Store,
    clock: Arc<ManualClock>,
    pipeline: Pipeline,
    in_flight: InFlight,
    carried: Vec<Carried>,
    /// The time that has passed.
    passed: Duration,
    start: Instant,
    portal: Portal,
}

impl World {
    pub(super) fn new() -> Self {
        let folder = Folder::new();
        let mappings = mappings(&folder);
        let (portal, _) = portal();
        portal.reset();
        let clock = Arc::new(ManualClock::starting_at(at(0)));
        let store = folder.store();
        let pipeline = pipeline(&store, &mappings, Arc::clone(&clock));
        Self {
            in_flight: InFlight::new(&pipeline.destinations),
            pipeline,
            folder,
            store,
            clock,
            carried: Vec::new(),
            passed: Duration::ZERO,
            start: Instant::now(),
            portal: portal.clone(),
        }
    }

    pub(super) fn portal(&self) -> &Portal {
        &self.portal
    }

    pub(super) fn inbox(&self) -> &Inbox {
        &self.pipeline.inbox
    }

    fn now(&self) -> Instant {
        self.start + self.passed
    }

    /// Moves every clock forward.
    pub(super) fn pass(&mut self, time: Duration) {
        self.passed += time;
        self.clock.advance(SignedDuration::try_from(time).unwrap());
    }

    /// Leases up to this number of submissions.
    pub(super) async fn lease(&mut self, most: usize) {
        let mut shares = self.pipeline.shares(&self.in_flight);
        shares.others = shares.others.min(most);
        let leased = self.pipeline.inbox.lease(shares, self.clock.now()).await;
        for leased in leased.unwrap() {
            self.pipeline.admit(&mut self.in_flight, leased).await;
        }
    }

    /// Delivers the next batch, if one may begin. Its verdicts are not stored yet.
    pub(super) async fn call(&mut self) -> bool {
        let Some(batch) = self.in_flight.begin_batch(Instant::now() + LATER) else {
            return false;
        };
        let claims = BatchClaims::new(Arc::clone(&batch.lanes));
        let client = Arc::clone(&batch.client);
        let (end, places, work) = batch.begin();
        let ended = self.pipeline.together(&*client, &claims, work).await;
        self.carried.push(Carried { end, places, ended });
        true
    }

    /// Stores the verdicts of one of the delivered batches.
    pub(super) async fn settle(&mut self, which: usize) -> bool {
        if self.carried.is_empty() {
            return false;
        }
        let carried = self.carried.remove(which % self.carried.len());
        let (mut end, mut places) = (carried.end, carried.places);
        self.pipeline
            .settle_all(&mut places, carried.ended, &mut end)
            .await;
        self.in_flight
            .end_batch(end, &self.pipeline.backoff, self.now());
        let paused = self.in_flight.take_paused();
        self.pipeline.release(&mut self.in_flight, paused).await;
        true
    }

    /// Probes the connections whose probe is due.
    pub(super) async fn probe(&mut self) {
        for destination in self.in_flight.take_probes(self.now()) {
            let probed = self.pipeline.probe(destination).await;
            self.in_flight
                .end_probe(&probed, &self.pipeline.backoff, self.now());
        }
    }

    /// Drops everything in memory and opens the file again.
    pub(super) async fn crash(&mut self) {
        self.store.close().await;
        self.store = self.folder.store();
        let mappings = self.folder.path("mappings");
        self.pipeline = pipeline(&self.store, &mappings, Arc::clone(&self.clock));
        self.in_flight = InFlight::new(&self.pipeline.destinations);
        self.carried.clear();
        let now = self.clock.now();
        self.pipeline.inbox.recover(now).await.unwrap();
    }

    /// Replays a submission, unless it is under way.
    pub(super) async fn replay(&self, id: SubmissionId, by: ReplayBy) {
        let order = Replay::new(by, &[]).step("crm");
        // refused while it is under way, or when there is no plan yet
        let _refused = order
            .queue(&self.store, vec![id], self.clock.now())
            .await
            .unwrap();
    }

    /// Continues until nothing is queued, leased or waiting.
    pub(super) async fn settle_all(&mut self) {
        for _ in 0..500 {
            self.probe().await;
            self.lease(in_flight::CAPACITY).await;
            while self.call().await {}
            while self.settle(0).await {}
            let counts = self.pipeline.inbox.counts().await.unwrap();
            let under_way = counts
                .iter()
                .any(|(state, n)| state.is_under_way() && *n > 0);
            if !under_way {
                return;
            }
            self.pass(Duration::from_secs(30));
        }
        panic!(
            "submissions are still under way: {:?}",
            self.inbox().counts().await
        );
    }

    /// All rows of a classic list.
    pub(super) fn rows(&self, method: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        loop {
            let params =
                json!({"select": ["*", "PHONE"], "order": {"ID": "ASC"}, "start": rows.len()});
            let page = self.portal.call(method, params)["result"]
                .as_array()
                .unwrap()
                .clone();
            let is_last = page.len() < 50;
            rows.extend(page);
            if is_last {
                return rows;
            }
        }
    }
}

/// A folder of profiles.
pub(super) fn mappings(folder: &Folder) -> PathBuf {
    let mappings = folder.path("mappings");
    std::fs::create_dir(&mappings).unwrap();
    std::fs::write(mappings.join("_defaults.yaml"), DEFAULTS).unwrap();
    for (name, text) in PROFILES {
        std::fs::write(mappings.join(format!("{name}.yaml")), text).unwrap();
    }
    mappings
}

/// A client for the portal that has this webhook.
pub(super) fn client(webhook: &str) -> Connection {
    let webhook = Access::webhook(&SecretString::from(webhook)).unwrap();
    let timeouts = Timeouts {
        call: Duration::from_secs(20),
        connect: Duration::from_secs(5),
    };
    let limits = RateLimits::unlimited();
    Connection::new(webhook, "leadgate-model".to_owned(), timeouts, limits).unwrap()
}

/// A client for the portal of the model.
pub(super) fn portal_client() -> Connection {
    client_of(portal())
}

/// A client for this portal.
pub(super) fn client_of((portal, address): &(Portal, SocketAddr)) -> Connection {
    client(&format!("http://{address}{}", portal.webhook_path()))
}

/// A pipeline that a test runs step by step.
pub(super) fn pipeline(store: &Store, mappings: &Path, clock: Arc<ManualClock>) -> Pipeline {
    let client = portal_client();
    let (profiles, report) = ProfileStore::open(mappings, mappings.join("none"));
    assert_eq!(report.loaded.len(), PROFILES.len());
    Pipeline {
        inbox: Inbox::new(store.clone()),
        profiles: Arc::new(profiles),
        destinations: [(Destination::crm("main"), Arc::new(client))]
            .into_iter()
            .collect(),
        clock,
        backoff: Backoff {
            first: Duration::from_secs(5),
            longest: Duration::from_secs(60),
        },
        at_work: AtWork::unrecorded(),
        sources: SourceKinds::default(),
        file_rules: FileRules {
            limit: 1 << 20,
            types: Vec::new(),
            links: LinkRules::default(),
        },
        fetcher: None,
        amocrm: ReadOrders::default(),
        draining: CancellationToken::new(),
    }
}
