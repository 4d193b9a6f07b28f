//! Durable accepts compared with the bounds, with the portal down and during a flood of deliveries.

use std::path::Path;

use crate::bound::Bound;
use crate::figures::{Figures, median, ms};
use crate::sender::{CONNECTIONS, flood, register};
use crate::served::{Crm, Served};

const SECONDS: u32 = 3;
const ROUNDS: usize = 7;

pub(crate) fn run() {
    let home = tempfile::tempdir().expect("a folder");
    let home = home.path();
    let gateway = |name: &str, crm| {
        let gateway = Served::gateway(&home.join(name), Path::new("mappings"), crm);
        register(gateway.port);
        gateway
    };
    let portal = Served::sandbox();
    let servers = [
        (
            "bound: bare, group commit",
            Served::bound(Bound::Committing, &home.join("bodies")),
        ),
        ("leadgate, the portal is down", gateway("down", Crm::Down)),
        (
            "leadgate, delivery flooded",
            gateway("flooded", Crm::At(portal.port)),
        ),
        (
            "bare, no commit",
            Served::bound(Bound::Careless, &home.join("nothing")),
        ),
    ];
    let idle = servers[1].1.memory("VmRSS");
    for (_, server) in &servers {
        server.signal("-STOP");
    }
    println!(
        "{CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS} s, bodies of {} bytes\n",
        crate::packet::numbered(10_000).len()
    );
    let mut rounds: Vec<Vec<Figures>> = Vec::new();
    for round in 1..=ROUNDS {
        // in turn, so that a slower machine slows all of them
        rounds.push(
            servers
                .iter()
                .map(|(name, server)| {
                    let figures = server.awake(|| flood(server, SECONDS));
                    println!("{round}  {name:<30}{figures}");
                    figures
                })
                .collect(),
        );
    }
    let names: Vec<&str> = servers.iter().map(|(name, _)| *name).collect();
    tell(&names, &rounds);
    let (_, down) = &servers[1];
    println!(
        "\nmemory of the first, idle and after {:.1} MiB, {:.1} MiB\n",
        idle,
        down.memory("VmRSS")
    );
}

/// Returns the medians of all rounds, each with the bound of the same round.
fn tell(names: &[&str], rounds: &[Vec<Figures>]) {
    println!(
        "\nmedians of the rounds{:>19}  ratio        p99       cpu",
        "answers/s"
    );
    for (index, name) in names.iter().enumerate() {
        let of = |figure: fn(&[Figures], usize) -> f64| {
            median(rounds.iter().map(|round| figure(round, index)).collect())
        };
        println!(
            "{name:<30}{:>10.0}   {:>4.2}  {:>6.1} ms  {:>5.1} µs",
            of(|round, index| round[index].rate),
            of(|round, index| round[index].rate / round[0].rate),
            of(|round, index| ms(round[index].p99)),
            of(|round, index| round[index].cpu * 1e6),
        );
    }
}
