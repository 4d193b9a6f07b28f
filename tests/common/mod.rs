//! A gateway in a process of its own, for the test binaries that kill it or measure it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Returns the program as a command, with no settings from the environment of the test.
pub(crate) fn leadgate() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadgate"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LEADGATE_") {
            command.env_remove(name);
        }
    }
    command
}

/// A running gateway; dropping it kills it.
pub(crate) struct Gateway {
    pub(crate) child: Child,
    pub(crate) address: String,
}

impl Gateway {
    /// Starts a gateway on a free port, with `home/data` and `home/mappings`, and waits for its
    /// address.
    pub(crate) fn start(home: &Path, webhook: &str, settings: &[(&str, &str)]) -> Self {
        let mut child = leadgate()
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "off", "--data"])
            .arg(home.join("data"))
            .arg("--mappings")
            .arg(home.join("mappings"))
            .env("LEADGATE_CRM__MAIN__WEBHOOK", webhook)
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let address = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, rest) = line
                    .trim()
                    .strip_prefix("postPoll")?
                    .split_once("http://")?;
                rest.split('/').next().map(str::to_owned)
            })
            .unwrap();
        Self { child, address }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
