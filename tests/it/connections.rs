//! Two portals: trouble with one does not concern the submissions of the other.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use actix_web::dev::ServerHandle;
use leadgate::domain::State;
use leadgate::simulator::{Limits, Portal, PortalOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::flood::{nothing_doubled, person, send_all};
use crate::gateway::{TestGateway, answer, now, until};
use crate::pauses::{everything_once, switch_on};

/// More than the in-flight set holds.
const MANY: i64 = 300;

/// Starts a portal on a port of its own.
struct Side {
    portal: Portal,
    server: ServerHandle,
    address: SocketAddr,
}

impl Side {
    async fn start(secret: &str) -> Self {
        let mut options = PortalOptions::new(Arc::new(now));
        options.limits = Limits::off();
        // if one gets another's port, it must not be mistaken for it
        options.secret = secret.to_owned();
        let portal = Portal::new(options);
        let (server, address) = switch_on(&portal, "127.0.0.1:0".parse().unwrap()).await;
        Self {
            portal,
            server,
            address,
        }
    }

    fn webhook(&self) -> String {
        format!("http://{}{}", self.address, self.portal.webhook_path())
    }

    fn deals(&self) -> u64 {
        self.portal.counters().records["deal"]
    }
}

/// Starts a gateway with two connections; answers to poll 1 go to `one`, those to poll 2 to `two`.
struct Both {
    one: Side,
    two: Side,
    folder: PathBuf,
    gateway: TestGateway,
}

fn profile(folder: &Path, poll: i64, connection: &str) {
    let text = format!(
        "name: Опрос {poll}\ncrm: {connection}\nreceive: {{ polls: [{poll}] }}\ncomment: full\n\
         deal: {{ fields: {{ TITLE: x }} }}\n"
    );
    std::fs::write(folder.join(format!("poll{poll}.yaml")), text).unwrap();
}

impl Both {
    async fn start() -> Self {
        let home = TempDir::new().unwrap();
        let folder = TestGateway::mappings(&home);
        std::fs::copy("mappings/_defaults.yaml", folder.join("_defaults.yaml")).unwrap();
        profile(&folder, 1, "one");
        profile(&folder, 2, "two");
        let (one, two) = (Side::start("one").await, Side::start("two").await);
        let gateway = Self::gateway(home, &folder, [&one, &two]).await;
        Self {
            one,
            two,
            folder,
            gateway,
        }
    }

    async fn gateway(home: TempDir, folder: &Path, [one, two]: [&Side; 2]) -> TestGateway {
        let flags = [
            ("mappings.dir", folder.to_str().unwrap()),
            ("mappings.reload_every", "50ms"),
            ("delivery.retry_longest", "500ms"),
            ("crm.one.webhook", &one.webhook()),
            ("crm.one.plan", "enterprise"),
            ("crm.two.webhook", &two.webhook()),
            ("crm.two.plan", "enterprise"),
        ];
        TestGateway::at(home, &flags).await
    }

    /// Sends answers with these numbers to a poll, one person each.
    async fn send(&self, poll: i64, numbers: std::ops::RangeInclusive<i64>) {
        let answers = numbers.map(|n| answer(poll, n, person(n)));
        send_all(&self.gateway, answers.collect()).await;
    }

    /// Asserts that one portal gets its submissions while the other has a backlog.
    async fn only_the_other_works(&self, what: &str) {
        let before = self.one.deals();
        self.send(1, 1..=MANY).await;
        for round in 1..=3 {
            let sent = 40 * round;
            self.send(2, sent - 39..=sent).await;
            until(what, async || self.two.deals() == sent.cast_unsigned()).await;
        }
        until(what, async || self.two.portal.counters().comments == 120).await;
        everything_once(&self.two.portal, 120);
        assert_eq!(self.one.deals(), before, "{what}");
    }

    async fn stop(self) {
        self.gateway.stop().await;
        self.one.server.stop(false).await;
        self.two.server.stop(false).await;
    }
}

#[actix_web::test]
async fn a_portal_that_is_down_does_not_delay_others() {
    let both = Both::start().await;
    both.one.server.stop(false).await;
    both.only_the_other_works("down").await;
    switch_on(&both.one.portal, both.one.address).await;
    both.gateway.settle().await;
    everything_once(&both.one.portal, MANY.cast_unsigned());
    assert_eq!(both.gateway.count(State::Delivered).await, 420);
    both.stop().await;
}

#[actix_web::test]
async fn a_portal_that_refuses_the_webhook_does_not_delay_others() {
    for code in ["CREDENTIALS_REVOKED", "QUERY_LIMIT_EXCEEDED"] {
        let both = Both::start().await;
        let fault = json!({"code": code, "times": "always"});
        both.one
            .portal
            .inject(serde_json::from_value(fault).unwrap());
        both.only_the_other_works(code).await;
        both.one.portal.clear_faults();
        both.gateway.settle().await;
        everything_once(&both.one.portal, MANY.cast_unsigned());
        both.stop().await;
    }
}

#[actix_web::test]
async fn a_slow_portal_does_not_delay_others() {
    let both = Both::start().await;
    // longer than any test waits
    let fault = json!({"code": "HOLD_REPLY", "ms": 60_000, "times": "always"});
    both.one
        .portal
        .inject(serde_json::from_value(fault).unwrap());
    both.only_the_other_works("slow").await;
}

#[actix_web::test]
async fn the_employee_check_asks_the_connection_that_the_settings_name() {
    let home = TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    profile(&folder, 1, "one");
    let (one, two) = (Side::start("one").await, Side::start("two").await);
    // the first by name, which is unreachable
    one.server.stop(false).await;
    let flags = [
        ("mappings.dir", folder.to_str().unwrap()),
        ("crm.one.webhook", &one.webhook()),
        ("crm.two.webhook", &two.webhook()),
        ("polls.employees.check", "portal"),
        ("polls.employees.crm", "two"),
    ];
    let gateway = TestGateway::at(home, &flags).await;
    for (employee, status) in [("ivanova@hse.example", 200), ("nobody@hse.example", 403)] {
        let poll = json!({"poll_id": 1, "poll_name": "П", "employee_email": employee});
        assert_eq!(gateway.post_poll(poll).await.status, status, "{employee}");
    }
    gateway.stop().await;
    two.server.stop(false).await;
}

/// Edits the profiles while a portal is down, and asserts that the other portal gets all its
/// submissions.
async fn moved_by(change: impl Fn(&Path)) {
    let both = Both::start().await;
    both.one.server.stop(false).await;
    both.send(1, 1..=MANY).await;
    both.send(2, 1001..=1010).await;
    until("the other works", async || both.two.deals() == 10).await;
    // including leased ones and those tried before
    change(&both.folder);
    both.gateway.settle().await;
    assert_eq!((both.one.deals(), both.two.deals()), (0, 310));
    nothing_doubled(&both.two.portal);
    assert_eq!(both.gateway.count(State::Delivered).await, 310);
    both.stop().await;
}

#[actix_web::test]
async fn waiting_submissions_follow_their_profile_to_another_connection() {
    moved_by(|folder| profile(folder, 1, "two")).await;
}

#[actix_web::test]
async fn waiting_submissions_follow_another_profile_to_its_connection() {
    let first = "name: Раньше\ncrm: two\nreceive: { polls: [1], order: -1 }\ncomment: full\n\
                 deal: { fields: { TITLE: x } }\n";
    moved_by(|folder| std::fs::write(folder.join("first.yaml"), first).unwrap()).await;
}

#[actix_web::test]
async fn a_replay_as_mapped_uses_the_same_connection() {
    let both = Both::start().await;
    both.send(1, 1..=1).await;
    both.gateway.settle().await;
    both.one.server.stop(false).await;
    profile(&both.folder, 1, "two");
    let replay = |flags: &[&str]| {
        let replayed = both
            .gateway
            .command(&["replay", "1/1", "--step", "crm"], flags);
        assert!(replayed.contains("queued again"), "{replayed}");
    };
    replay(&["--as-mapped"]);
    both.send(2, 2..=6).await;
    until("the other works", async || both.two.deals() == 5).await;
    assert!(both.gateway.count(State::Delivered).await <= 5);
    switch_on(&both.one.portal, both.one.address).await;
    both.gateway.settle().await;
    assert_eq!((both.one.deals(), both.two.deals()), (1, 5));
    both.stop().await;
}

/// Returns all rows of a list of a portal.
fn rows(side: &Side, method: &str) -> Vec<Value> {
    let select = json!(["*", "UF_*", "PHONE", "EMAIL"]);
    let params = json!({"select": select, "order": {"ID": "ASC"}, "start": -1});
    let rows = side.portal.call(method, params)["result"].clone();
    rows.as_array().unwrap().clone()
}

/// Moves a submission from one portal to the other after an attempt that has made the contact, or
/// also the deal if a step is to be repeated, and asserts that strangers with the same ids are untouched.
async fn moved_after(repeated: Option<&str>) {
    let refuses_deal = repeated.is_none();
    let both = Both::start().await;
    both.send(2, 2..=2).await;
    both.gateway.settle().await;
    let strangers = || {
        let [contact, deal] = ["crm.contact.list", "crm.deal.list"];
        (
            rows(&both.two, contact)[0].clone(),
            rows(&both.two, deal)[0].clone(),
        )
    };
    let before = strangers();
    if refuses_deal {
        let refused = json!({"code": "REFUSED", "error": "INVALID_ARG_VALUE", "method": "crm.deal.add", "times": "always"});
        let portal = &both.one.portal;
        portal.inject(serde_json::from_value(refused).unwrap());
    }
    both.send(1, 1..=1).await;
    both.gateway.settle().await;
    assert_eq!(both.one.deals(), u64::from(!refuses_deal));
    let made = rows(&both.one, "crm.contact.list");
    assert_eq!(made.len(), 1);
    assert_eq!(made[0]["ID"], before.0["ID"], "the test needs equal ids");
    profile(&both.folder, 1, "two");
    // the first answer that arrives there shows that the profile is loaded
    let number = AtomicI64::new(3);
    until("the profile is loaded", async || {
        let next = number.fetch_add(1, Ordering::Relaxed);
        both.send(1, next..=next).await;
        both.two.deals() > 1
    })
    .await;
    let flags = repeated.map_or_else(Vec::new, |step| vec!["--step", step]);
    let replayed = both.gateway.command(&["replay", "1/1"], &flags);
    assert!(replayed.contains("queued again"), "{replayed}");
    both.gateway.settle().await;
    assert_eq!(strangers(), before);
    let contacts = rows(&both.two, "crm.contact.list").into_iter();
    let moved: Vec<Value> = contacts
        .filter(|contact| contact["EMAIL"][0]["VALUE"] == "p1@mail.example")
        .collect();
    assert_eq!(moved.len(), 1);
    // the journal names the records of the new portal
    let shown = both
        .gateway
        .command(&["journal", "show", "1/1"], &["--json"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(
        shown["contact"].to_string(),
        moved[0]["ID"].as_str().unwrap(),
        "{shown}"
    );
    nothing_doubled(&both.two.portal);
    both.stop().await;
}

#[actix_web::test]
async fn ids_of_a_partial_attempt_are_not_used_at_another_portal() {
    moved_after(None).await;
}

#[actix_web::test]
async fn a_repeated_step_does_not_use_the_ids_of_another_portal() {
    moved_after(Some("crm")).await;
}
