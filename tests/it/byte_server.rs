//! A server of files, for tests of what the gateway fetches.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Returns status and further headers, and the body, for a path and how often it was asked for.
type Answer = fn(&str, u32) -> (&'static str, &'static [u8]);

/// The server; it ends when it is dropped.
pub(crate) struct ByteServer {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    asked: Arc<Mutex<BTreeMap<String, u32>>>,
}

impl ByteServer {
    pub(crate) fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self {
            address,
            is_over: Arc::default(),
            asked: Arc::default(),
        };
        let (is_over, asked) = (Arc::clone(&server.is_over), Arc::clone(&server.asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if is_over.load(Ordering::SeqCst) {
                    return;
                }
                serve(stream, answer, &asked);
            }
        });
        server
    }

    pub(crate) fn link(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// Returns its address as settings of allowed hosts name it.
    pub(crate) fn hosts(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns how often a path was asked for.
    pub(crate) fn asked(&self, path: &str) -> u32 {
        let asked = self.asked.lock().unwrap();
        asked.get(path).copied().unwrap_or_default()
    }
}

impl Drop for ByteServer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        TcpStream::connect(self.address).ok();
    }
}

fn serve(mut stream: TcpStream, answer: Answer, asked: &Mutex<BTreeMap<String, u32>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let first = lines.next().and_then(Result::ok).unwrap_or_default();
    for line in lines.map_while(Result::ok) {
        if line.is_empty() {
            break;
        }
    }
    let path = first.split(' ').nth(1).unwrap_or_default();
    let times = {
        let mut asked = asked.lock().unwrap();
        let times = asked.entry(path.to_owned()).or_default();
        *times += 1;
        *times
    };
    let (head, body) = answer(path, times);
    let length = body.len();
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).ok();
    stream.write_all(body).ok();
}
