//! The API of Mango Office, for tests: statistics that are prepared for a while, and recordings that
//! need a signature.

use std::sync::{Arc, Mutex, MutexGuard};

use actix_web::{HttpResponse, web};
use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

pub(crate) const KEY: &str = "unique code of the PBX";
pub(crate) const SALT: &str = "key for the signatures";

/// A recording.
pub(crate) const MP3: &[u8] = b"ID3\x03\0\0\0\0\0\0a recording";

/// The API; clones are handles to the same one.
#[derive(Clone, Default)]
pub(crate) struct FakeMango(Arc<Mutex<FakeState>>);

/// What it has and does.
#[derive(Default)]
pub(crate) struct FakeState {
    /// The calls, the newest first.
    pub(crate) rows: Vec<Value>,
    /// How often each statistics are asked for before they are ready.
    pub(crate) patience: usize,
    /// The orders of statistics.
    pub(crate) orders: Vec<Value>,
    /// How often each of them was asked for.
    pub(crate) asked: Vec<usize>,
    /// The recordings that were asked for.
    pub(crate) recordings: Vec<String>,
}

/// Returns the signature of a JSON text.
pub(crate) fn sign(json: &str) -> String {
    let signed = format!("{KEY}{json}{SALT}");
    HEXLOWER.encode(digest(&SHA256, signed.as_bytes()).as_ref())
}

impl FakeMango {
    /// Returns what it has and does.
    pub(crate) fn state(&self) -> MutexGuard<'_, FakeState> {
        self.0.lock().unwrap()
    }

    /// Starts it, and returns the address of the API.
    pub(crate) fn listen(&self) -> String {
        let pbx = self.clone();
        let server = actix_web::HttpServer::new(move || {
            let (api, files) = (pbx.clone(), pbx.clone());
            let command = web::post().to(move |path: web::Path<String>, body: web::Bytes| {
                let reply = api.reply(&path, &body);
                async move { reply }
            });
            let file = web::get().to(move |id: web::Path<String>| {
                let reply = files.file(&id);
                async move { reply }
            });
            actix_web::App::new()
                .route("/vpbx/{path:.*}", command)
                .route("/file/{id}", file)
        });
        let server = server.workers(1).disable_signals();
        let server = server.bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/vpbx", server.addrs()[0]);
        actix_web::rt::spawn(server.run());
        address
    }

    fn reply(&self, path: &str, body: &[u8]) -> HttpResponse {
        let form: Vec<(String, String)> = pairs_of(body);
        let field = |name: &str| {
            let found = form.iter().find(|(own, _)| own == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let text = field("json");
        assert_eq!(
            (field("vpbx_api_key"), field("sign")),
            (KEY.to_owned(), sign(&text))
        );
        let asked: Value = serde_json::from_str(&text).unwrap();
        let mut state = self.state();
        match path {
            "config/users/request" => HttpResponse::Ok().json(json!({"users": []})),
            "stats/calls/request/" => {
                state.orders.push(asked);
                state.asked.push(0);
                let key = format!("key-{}", state.orders.len() - 1);
                HttpResponse::Ok().json(json!({"result": 1000, "key": key}))
            }
            "stats/calls/result/" => {
                let key = asked["key"].as_str().unwrap();
                let place: usize = key.trim_start_matches("key-").parse().unwrap();
                state.asked[place] += 1;
                match state.asked[place] {
                    1 if state.patience > 0 => return HttpResponse::NoContent().finish(),
                    times if times <= state.patience => {
                        let work = json!({"result": 1000, "status": "work"});
                        return HttpResponse::Ok().json(work);
                    }
                    _ => {}
                }
                let number = |name: &str| {
                    let text = state.orders[place][name].as_str().unwrap();
                    text.parse::<usize>().unwrap()
                };
                let rows = state.rows.iter().skip(number("offset"));
                let rows: Vec<&Value> = rows.take(number("limit")).collect();
                let data = json!({"result": 1000, "status": "complete", "data": [{"list": rows}]});
                HttpResponse::Ok().json(data)
            }
            "queries/recording/post" => {
                let id = asked["recording_id"].as_str().unwrap().to_owned();
                state.recordings.push(id);
                let location = format!("/file/{}", state.recordings.len());
                HttpResponse::Found()
                    .insert_header(("location", location))
                    .finish()
            }
            other => panic!("{other}"),
        }
    }

    /// Answers the address that a redirect leads to.
    fn file(&self, number: &str) -> HttpResponse {
        let known = self.state().recordings.len();
        assert!((1..=known).contains(&number.parse::<usize>().unwrap()));
        HttpResponse::Ok().content_type("audio/mp3").body(MP3)
    }
}

fn pairs_of(body: &[u8]) -> Vec<(String, String)> {
    let text = std::str::from_utf8(body).unwrap();
    let decoded = |text: &str| {
        let text = percent_encoding::percent_decode_str(text);
        text.decode_utf8().unwrap().into_owned()
    };
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

/// The row of a call that began so many seconds ago.
pub(crate) fn row(number: u32, ago: i64, recording: &str) -> Value {
    let began = crate::gateway::now().as_second() - ago;
    let talk = if number.is_multiple_of(2) { 12 } else { 0 };
    let recordings: Vec<&str> = [recording]
        .into_iter()
        .filter(|id| !id.is_empty())
        .collect();
    json!({
        "entry_id": format!("entry-{number}"), "context_type": 1, "context_status": i32::from(talk > 0),
        "caller_number": format!("7900555{number:04}"), "called_number": "74955550100",
        "context_start_time": began, "duration": 20, "talk_duration": talk,
        "context_calls": [{
            "call_type": "user", "call_abonent_extension": "106", "talk_duration": talk,
            "dial_duration": 8, "call_end_reason": 1110, "recording_id": recordings
        }]
    })
}
