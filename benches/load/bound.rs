//! The bounds of intake: bare actix-web endpoints.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use actix_web::{App, HttpResponse, HttpServer, web};
use tokio::sync::{mpsc, oneshot};

/// What a bare endpoint does with a body before it replies.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    /// Appends it to a file, with many bodies per flush.
    Committing,
    /// Nothing.
    Careless,
}

impl Bound {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Committing => "--committing",
            Self::Careless => "--careless",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Committing, Self::Careless]
            .into_iter()
            .find(|bound| bound.name() == name)
    }
}

type Kept = (web::Bytes, oneshot::Sender<()>);

/// Serves until killed.
pub(crate) fn run(bound: Bound, port: u16, file: &Path) {
    let (queue, inbox) = mpsc::channel::<Kept>(4096);
    let file = OpenOptions::new().append(true).create(true).open(file);
    let file = file.expect("a file");
    std::thread::spawn(move || commit(inbox, file));
    let server = HttpServer::new(move || {
        let app = App::new()
            .app_data(web::Data::new(queue.clone()))
            .route("/readyz", web::get().to(HttpResponse::Ok));
        let path = "/polls/postAnswer";
        match bound {
            Bound::Committing => app.route(path, web::post().to(committed)),
            Bound::Careless => app.route(path, web::post().to(careless)),
        }
    });
    let server = server.bind(("127.0.0.1", port)).expect("a port");
    let run = actix_web::rt::System::new().block_on(server.run());
    run.expect("a server");
}

async fn careless(_body: web::Bytes) -> HttpResponse {
    taken()
}

async fn committed(queue: web::Data<mpsc::Sender<Kept>>, body: web::Bytes) -> HttpResponse {
    let (done, is_done) = oneshot::channel();
    queue.send((body, done)).await.expect("the writer");
    is_done.await.expect("the writer");
    taken()
}

fn taken() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({"is_successful": true}))
}

/// Writes the bodies that arrived during the last flush with the next one.
fn commit(mut inbox: mpsc::Receiver<Kept>, mut file: File) {
    let (mut group, mut bytes) = (Vec::new(), Vec::new());
    while inbox.blocking_recv_many(&mut group, 512) > 0 {
        bytes.clear();
        for (body, _) in &group {
            bytes.extend_from_slice(body);
        }
        file.write_all(&bytes).expect("room");
        file.sync_data().expect("a flush");
        for (_, done) in group.drain(..) {
            done.send(()).ok();
        }
    }
}
