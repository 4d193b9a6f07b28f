//! A PBX that takes commands, for tests: its records, pages and failures are as the test wants them.

use std::sync::{Arc, Mutex, MutexGuard};

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

/// The key of its commands.
pub(crate) const PBX_KEY: &str = "the key of the fake PBX";

/// The PBX; clones are handles to the same one.
#[derive(Clone, Default)]
pub(crate) struct FakePbx(Arc<Mutex<FakeState>>);

/// What it has and does.
#[derive(Default)]
pub(crate) struct FakeState {
    /// The records, the oldest first.
    pub(crate) rows: Vec<Value>,
    /// How many records it returns at most.
    pub(crate) page: usize,
    /// How many of the next requests for later pages it answers with 503.
    pub(crate) failures: usize,
    /// Whether it returns the first page whatever it is asked for.
    pub(crate) is_stubborn: bool,
    /// The requests for records.
    pub(crate) asked: Vec<Value>,
}

impl FakePbx {
    /// Returns what it has and does.
    pub(crate) fn state(&self) -> MutexGuard<'_, FakeState> {
        self.0.lock().unwrap()
    }

    /// Starts it, and returns its address.
    pub(crate) fn listen(&self) -> String {
        let pbx = self.clone();
        let server = actix_web::HttpServer::new(move || {
            let pbx = pbx.clone();
            let command = web::post().to(move |request: HttpRequest, body: web::Bytes| {
                let reply = pbx.reply(&request, &body);
                async move { reply }
            });
            actix_web::App::new().route("/integration/usercrm/", command)
        });
        let server = server.workers(1).disable_signals();
        let server = server.bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", server.addrs()[0]);
        actix_web::rt::spawn(server.run());
        address
    }

    fn reply(&self, request: &HttpRequest, body: &[u8]) -> HttpResponse {
        let key = request.headers().get("authorization").unwrap();
        assert_eq!(key.to_str().unwrap(), format!("Bearer {PBX_KEY}"));
        let asked: Value = serde_json::from_slice(body).unwrap();
        if asked["action"] != "get_cdr" {
            let reply = json!({"action": asked["action"], "code": 200, "body": []});
            return HttpResponse::Ok().json(reply);
        }
        let mut state = self.state();
        let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
        let (limit, mut offset) = (number(&asked["limit"]), number(&asked["offset"]));
        state.asked.push(asked);
        if state.failures > 0 && offset > 0 {
            state.failures -= 1;
            return HttpResponse::ServiceUnavailable().finish();
        }
        if state.is_stubborn {
            offset = 0;
        }
        let most = limit.min(state.page.max(1));
        let rows: Vec<&Value> = state.rows.iter().skip(offset).take(most).collect();
        // documented as `body`, seen as `list` elsewhere
        HttpResponse::Ok().json(json!({"action": "get_cdr", "code": "200", "list": rows}))
    }
}

/// The record of a call that began so many seconds ago.
pub(crate) fn row(number: u32, ago: i64) -> Value {
    let began = crate::gateway::now().as_second() - ago;
    json!({
        "id": number, "uniqueid": format!("call-{number}"), "dt": began,
        "src": format!("+7900555{number:04}"), "dst": "106", "duration": 20,
        "billsec": if number.is_multiple_of(2) { 12 } else { 0 }, "gateway_number": "+74955550100",
    })
}
