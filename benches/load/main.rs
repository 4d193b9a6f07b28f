//! Load runs of the whole program, one figure a command:
//!
//! - `cargo bench --bench load -- intake`: durable accepts of 64 connections beside a bare endpoint
//!   that group-commits the same bodies to a file, and the same while delivery is flooded;
//! - `cargo bench --bench load -- lone`: how soon the CRM hears of a lone answer, and in how many
//!   calls;
//! - `cargo bench --bench load -- backlog`: start, memory, accepts and deliveries with a million
//!   submissions in the queue beside those with an empty store; takes about 3 GB of disk;
//! - `cargo bench --bench load -- start`: from `exec` to ready.
//!
//! Without a name all but the backlog. Whatever is compared runs in the same run, in turn, and
//! alone: the others are stopped meanwhile. Nothing here judges.

#![expect(clippy::print_stdout, reason = "it prints figures")]

mod backlog;
mod bound;
mod figures;
mod intake;
mod lone;
mod packet;
mod sender;
mod served;
mod start;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [bound, port, file] = arguments.as_slice()
        && let Some(bound) = bound::Bound::parse(bound)
    {
        bound::run(bound, port.parse().expect("a port"), file.as_ref());
        return;
    }
    let wanted: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let wanted = if wanted.is_empty() {
        vec!["intake", "lone", "start"]
    } else {
        wanted
    };
    for name in wanted {
        match name {
            "intake" => intake::run(),
            "lone" => lone::run(),
            "backlog" => backlog::run(),
            "start" => start::run(),
            other => println!("{other}: there are intake, lone, backlog and start"),
        }
    }
}
