//! A single answer on an idle gateway: the time until the CRM gets the first call, and the number
//! of calls. A listener between the two records when the gateway sends something.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use crate::figures::{at, count, ms};
use crate::packet;
use crate::sender::{Line, alone, request};
use crate::served::{Crm, Served};

const ANSWERS: u32 = 100;

pub(crate) fn run() {
    let home = tempfile::tempdir().expect("a folder");
    let portal = Served::sandbox();
    let (port, heard) = listen(portal.port);
    let gateway = Served::gateway(home.path(), Path::new("mappings"), Crm::At(port));
    std::thread::sleep(Duration::from_secs(1));
    let (mut from_send, mut from_reply, mut calls) = (Vec::new(), Vec::new(), Vec::new());
    for done in 1..=ANSWERS {
        while heard.try_recv().is_ok() {}
        let before = portal.counter("calls");
        let (sent, replied) = alone(async {
            let mut line = Line::to(gateway.port).await;
            let request = request(&packet::next());
            let sent = Instant::now();
            assert!(line.ask(&request).await, "an answer was refused");
            (sent, Instant::now())
        });
        let began = heard
            .recv_timeout(Duration::from_secs(10))
            .expect("a call to the CRM");
        from_send.push(began.duration_since(sent));
        from_reply.push(began.saturating_duration_since(replied));
        let patience = Instant::now() + Duration::from_secs(10);
        while portal.counter("comments") < done {
            assert!(Instant::now() < patience, "an answer was not delivered");
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(60));
        calls.push(portal.counter("calls") - before);
    }
    from_send.sort_unstable();
    from_reply.sort_unstable();
    println!("a lone answer of a new person on an idle gateway, {ANSWERS} times");
    for (what, times) in [
        ("its first byte to the CRM's first byte", &from_send),
        ("its reply to the CRM's first byte", &from_reply),
    ] {
        println!(
            "{what:<42} median {:.2} ms, 95 % {:.2} ms, worst {:.2} ms",
            ms(at(times, 0.5)),
            ms(at(times, 0.95)),
            ms(at(times, 1.0))
        );
    }
    println!(
        "{:<42} mean {:.1}, most {}\n",
        "calls",
        f64::from(calls.iter().sum::<u32>()) / count(calls.len()),
        calls.iter().max().unwrap_or(&0)
    );
}

/// Forwards everything to this port, and reports when something came from the gateway.
fn listen(to: u16) -> (u16, Receiver<Instant>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (tell, heard) = channel();
    std::thread::spawn(move || {
        for gateway in listener.incoming().map_while(Result::ok) {
            let portal = TcpStream::connect(("127.0.0.1", to)).expect("the portal");
            let (back, answers) = (twin(&gateway), twin(&portal));
            let tell = tell.clone();
            std::thread::spawn(move || pass(gateway, portal, Some(&tell)));
            std::thread::spawn(move || pass(answers, back, None));
        }
    });
    (port, heard)
}

fn twin(stream: &TcpStream) -> TcpStream {
    stream.set_nodelay(true).expect("no delay");
    stream.try_clone().expect("the same connection")
}

fn pass(mut from: TcpStream, mut to: TcpStream, tell: Option<&Sender<Instant>>) {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        if let Some(tell) = tell {
            // the end of the run
            tell.send(Instant::now()).ok();
        }
        if to.write_all(bytes.get(..read).unwrap_or_default()).is_err() {
            break;
        }
    }
    to.shutdown(Shutdown::Write).ok();
}
