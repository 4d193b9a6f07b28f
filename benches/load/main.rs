//! Load runs of the whole program:
//!
//! - `cargo bench --bench load -- intake`: durable accepts of 64 connections, compared with a bare
//!   endpoint that group-commits the same bodies to a file, and the same during a flood of
//!   deliveries;
//! - `cargo bench --bench load -- lone`: the time until the CRM gets a single answer, and the
//!   number of calls;
//! - `cargo bench --bench load -- backlog`: start, memory, accepts and deliveries with a million
//!   submissions in the queue, compared with an empty store; needs about 3 GB of disk;
//! - `cargo bench --bench load -- amocrm`: the slowest reply to a hook of amoCRM with 1,000 items, on
//!   an idle gateway, without a CRM, with a silent API of amoCRM and with a busy disk;
//! - `cargo bench --bench load -- pbx`: 50 calls of a PBX a second for a minute, or for as many
//!   seconds as a number says, beside forms, with a portal that takes 150 ms for a call; `pbx
//!   standard`: with a portal whose plan takes 2 calls a second, and as many events as that bears;
//! - `cargo bench --bench load -- console`: pages and searches of the console's history over a million
//!   submissions, each beside the same question asked of SQLite alone; needs about 4 GB of disk;
//! - `cargo bench --bench load -- start`: from `exec` to ready. Without a name, all but the backlog,
//!   the hooks, the calls and the console run. Compared servers run in the same run, in turn, with the others stopped. The runs print
//!   figures and check no limits.

#![expect(clippy::print_stdout, reason = "it prints figures")]

mod amocrm;
mod backlog;
mod bound;
mod console;
mod figures;
mod intake;
mod lone;
mod packet;
mod pbx;
mod sender;
mod served;
mod start;

/// The word for a portal of the usual plan.
const STANDARD: &str = "standard";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [bound, port, file] = arguments.as_slice()
        && let Some(bound) = bound::Bound::parse(bound)
    {
        bound::run(bound, port.parse().expect("a port"), file.as_ref());
        return;
    }
    let seconds = arguments.iter().find_map(|argument| argument.parse().ok());
    let plan = if arguments.iter().any(|argument| argument == STANDARD) {
        pbx::Plan::Standard
    } else {
        pbx::Plan::Own
    };
    let wanted: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|argument| !argument.starts_with("--") && argument.parse::<u32>().is_err())
        .filter(|argument| *argument != STANDARD)
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
            "amocrm" => amocrm::run(),
            "console" => console::run(),
            "pbx" => pbx::run(seconds.unwrap_or(60), plan),
            "start" => start::run(),
            other => {
                println!(
                    "{other}: there are intake, lone, backlog, amocrm, console, pbx and start"
                );
            }
        }
    }
}
