//! A gateway for tests: a port of its own, a fresh data folder, the embedded sandbox.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use leadgate::app::Gateway;
use leadgate::config::{Environment, Sources, load};
use leadgate::domain::{Clock as _, Lang, State, SystemClock};
use leadgate::journal::{Found, History, Journal};
use leadgate::simulator::Portal;
use leadgate::store::Store;
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long a failing test waits.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// Returns a client that ignores the environment's proxies and opens a new connection for each
/// request: on a slow machine the gateway may close an idle one just before it is used again.
pub(crate) fn direct() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy();
    client.pool_max_idle_per_host(0).build().unwrap()
}

/// Waits until a condition holds.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let patience = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < patience, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Returns the real time, which the gateway and its sandbox use.
pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

/// A running gateway. Without `stop` it ends with its runtime.
pub(crate) struct TestGateway {
    gateway: Gateway,
    pub(crate) home: TempDir,
    http: reqwest::Client,
    answers: std::sync::atomic::AtomicI64,
}

/// A reply as a sender sees it.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Value,
}

impl TestGateway {
    /// Starts a gateway with the shipped profiles and no settings.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts a gateway with these settings (dotted keys).
    pub(crate) async fn with(flags: &[(&str, &str)]) -> Self {
        Self::at(TempDir::new().unwrap(), flags).await
    }

    /// Starts a gateway on an existing data folder.
    pub(crate) async fn at(home: TempDir, flags: &[(&str, &str)]) -> Self {
        let data = home.path().join("data");
        let mut all = vec![
            ("data.dir".to_owned(), data.display().to_string()),
            ("server.listen".to_owned(), "127.0.0.1:0".to_owned()),
            ("server.shutdown_timeout".to_owned(), "10s".to_owned()),
            ("delivery.retry_first".to_owned(), "50ms".to_owned()),
            // without the bucket, so that tests do not wait
            ("sandbox.limits".to_owned(), "off".to_owned()),
            // tests count calls
            ("mappings.live_check_every".to_owned(), "0s".to_owned()),
        ];
        all.extend(
            flags
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned())),
        );
        let sources = Sources {
            file: None,
            environment: Environment::default(),
            flags: all,
        };
        let settings = load(&sources).unwrap().settings;
        let gateway = Gateway::start(settings).await.unwrap();
        Self {
            gateway,
            home,
            http: direct(),
            answers: std::sync::atomic::AtomicI64::new(0),
        }
    }

    /// Returns a folder of profiles that the test may edit.
    pub(crate) fn mappings(home: &TempDir) -> PathBuf {
        let folder = home.path().join("mappings");
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Returns what the gateway prints when it starts.
    pub(crate) fn announced(&self) -> String {
        self.gateway.started().to_text(Lang::En)
    }

    pub(crate) fn inbox(&self) -> &leadgate::inbox::Inbox {
        self.gateway.inbox()
    }

    pub(crate) fn portal(&self) -> Portal {
        self.gateway.portal().unwrap()
    }
    /// Sends these answers while the portal refuses all calls, so that they are delivered together
    /// on any machine.
    pub(crate) async fn send_together(&self, answers: Vec<Value>) {
        let shut = json!({"code": "CREDENTIALS_REVOKED", "times": "always"});
        self.portal().inject(serde_json::from_value(shut).unwrap());
        let sent = answers.into_iter().map(|answer| async move {
            let reply = self.post_answer(answer).await;
            assert_eq!(reply.body["is_successful"], true, "{reply:?}");
        });
        futures_util::future::join_all(sent).await;
        self.portal().clear_faults();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.gateway.address())
    }

    pub(crate) async fn post_poll(&self, body: Value) -> Reply {
        self.post("/polls/postPoll", body.to_string()).await
    }

    pub(crate) async fn post_answer(&self, body: Value) -> Reply {
        self.post("/polls/postAnswer", body.to_string()).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Reply {
        let request = self
            .http
            .post(self.url(path))
            .header("Content-Type", "application/json");
        self.send(request.body(body)).await
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        Reply {
            status: response.status().as_u16(),
            content_type: header("content-type").unwrap_or_default(),
            retry_after: header("retry-after"),
            body: serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or(Value::Null),
        }
    }

    /// Returns an unused answer number.
    pub(crate) fn next_answer(&self) -> i64 {
        self.answers
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed)
            + 1
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Returns the history of a submission, by its id or as `poll/answer`.
    pub(crate) fn history(&self, wanted: &str) -> History {
        let store = self.home.path().join("data").join("leadgate.db");
        let journal = Journal::new(
            Store::open_read_only(&store).unwrap(),
            leadgate::intake::sources(),
        );
        let Found::One(history) = journal.show(wanted).unwrap() else {
            panic!("{wanted} is not there")
        };
        *history
    }

    /// Waits until no submission is queued, leased or waiting.
    pub(crate) async fn settle(&self) {
        let patience = Instant::now() + PATIENCE;
        loop {
            let counts = self.gateway.inbox().counts().await.unwrap();
            let busy: u64 = [State::Queued, State::Leased, State::Waiting]
                .iter()
                .map(|state| counts.get(state).copied().unwrap_or(0))
                .sum();
            if busy == 0 {
                return;
            }
            assert!(Instant::now() < patience, "still busy: {counts:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Returns the number of submissions in this state.
    pub(crate) async fn count(&self, state: State) -> u64 {
        self.gateway
            .inbox()
            .counts()
            .await
            .unwrap()
            .get(&state)
            .copied()
            .unwrap_or(0)
    }

    /// Returns the first page of a classic list, fifty rows, with all fields.
    pub(crate) fn rows(&self, method: &str) -> Vec<Value> {
        let select = json!(["*", "UF_*", "PHONE", "EMAIL"]);
        let params = json!({"select": select, "order": {"ID": "ASC"}, "start": -1});
        self.portal().call(method, params)["result"]
            .as_array()
            .unwrap()
            .clone()
    }

    pub(crate) fn contacts(&self) -> Vec<Value> {
        self.rows("crm.contact.list")
    }

    pub(crate) fn deals(&self) -> Vec<Value> {
        self.rows("crm.deal.list")
    }

    pub(crate) fn leads(&self) -> Vec<Value> {
        self.rows("crm.lead.list")
    }

    /// Returns the comments in a record's timeline, oldest first.
    pub(crate) fn comments(&self, kind: &str, id: &str) -> Vec<String> {
        let filter = json!({"ENTITY_TYPE": kind, "ENTITY_ID": id});
        let params = json!({"filter": filter, "order": {"ID": "ASC"}});
        self.portal().call("crm.timeline.comment.list", params)["result"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["COMMENT"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Runs a command beside this gateway and returns its output.
    pub(crate) fn command(&self, arguments: &[&str], flags: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_leadgate"))
            .args(arguments)
            .arg("--data")
            .arg(self.home.path().join("data"))
            .args(flags)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mistake = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}{mistake}");
        text
    }

    /// Returns the number of attempts, the highest of one submission, and whether all are
    /// delivered.
    pub(crate) fn attempts(&self) -> (u64, u64, bool) {
        let text = self.command(&["journal", "--json", "--limit", "1000"], &[]);
        let rows: Vec<Value> = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        let begun = || rows.iter().filter_map(|row| row["attempt"].as_u64());
        (
            begun().sum(),
            begun().max().unwrap_or(0),
            rows.iter().all(|row| row["state"] == "delivered"),
        )
    }

    pub(crate) async fn stop(self) -> TempDir {
        let Self {
            gateway,
            home,
            http: _,
            answers: _,
        } = self;
        gateway.drain().await;
        home
    }
}

/// Returns an answer to a poll.
pub(crate) fn answer(poll: i64, answer: i64, data: impl Into<Value>) -> Value {
    json!({"header_data": {"poll_id": poll, "answer_id": answer}, "data": data.into()})
}
