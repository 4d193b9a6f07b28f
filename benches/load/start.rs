//! From `exec` to ready, with the shipped profiles and with a thousand.

use std::path::Path;
use std::time::Duration;

use crate::served::{Crm, Served};

pub(crate) fn run() {
    let home = tempfile::tempdir().expect("a folder");
    let thousand = home.path().join("thousand");
    std::fs::create_dir_all(&thousand).expect("a folder");
    for name in ["consultation", "registration"] {
        let text = std::fs::read_to_string(format!("mappings/{name}.yaml")).expect("a profile");
        for number in 0..500 {
            let text = text
                .replace("[123, 124]", &format!("[{}]", 10_000 + number))
                .replace("[200]", &format!("[{}]", 20_000 + number))
                .replacen("name: ", &format!("name: {number} "), 1);
            std::fs::write(thousand.join(format!("{name}-{number}.yaml")), text).expect("a file");
        }
    }
    std::fs::copy("mappings/_defaults.yaml", thousand.join("_defaults.yaml")).expect("a file");
    for (what, mappings) in [
        ("shipped", Path::new("mappings")),
        ("1,000", thousand.as_path()),
    ] {
        let mut times: Vec<Duration> = (0..5)
            .map(|round| {
                let data = home.path().join(format!("start-{what}-{round}"));
                Served::gateway(&data, mappings, Crm::Embedded).took
            })
            .collect();
        times.sort();
        println!(
            "start to ready, {what:<8} profiles    {} ms (median of 5)",
            times[2].as_millis()
        );
    }
}
