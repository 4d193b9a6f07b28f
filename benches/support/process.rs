//! A program that a benchmark starts, and its address.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// A process; dropping it ends it.
pub(crate) struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        if self.0.kill().is_ok() {
            self.0.wait().expect("the end of the process");
        }
    }
}

/// Starts a program, and returns the address that it prints with this path.
pub(crate) fn start(command: &mut Command, path: &str) -> (Process, String) {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a process");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let address = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| {
            let (_, rest) = line.split_once("http://")?;
            rest.contains(path)
                .then(|| rest.split('/').next().unwrap_or_default().to_owned())
        })
        .expect("an address");
    std::thread::spawn(move || lines.for_each(drop));
    (Process(child), address)
}
