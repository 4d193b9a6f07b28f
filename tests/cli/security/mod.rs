//! Protection of secrets, of the sandbox and of files, and messages about strangers.

mod exposure;
mod files;
mod secrets;

use crate::home::send;

/// Returns the status of a GET with these headers.
fn status(port: u16, path: &str, headers: &str) -> u16 {
    let request = format!("GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
    let answer = send(port, &request);
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}
