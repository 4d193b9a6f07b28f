//! Servers under load, each a process of its own.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::bound::Bound;

/// A server that is ready; dropping it ends it.
pub(crate) struct Served {
    child: Child,
    pub(crate) port: u16,
    /// Time from its start until it was ready.
    pub(crate) took: Duration,
}

/// The CRM of a gateway.
#[derive(Clone, Copy)]
pub(crate) enum Crm {
    /// The embedded sandbox without limits.
    Embedded,
    /// A portal of the enterprise plan on this port.
    At(u16),
    /// A portal on a server of its own, without limits, on this port.
    Own(u16),
    /// A portal of the usual plan, 2 calls a second, on this port.
    Standard(u16),
    /// A portal that does not answer.
    Down,
}

impl Served {
    pub(crate) fn bound(bound: Bound, file: &Path) -> Self {
        let port = free_port();
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args([bound.name(), &port.to_string()]).arg(file);
        Self::spawn(&mut command, port, "/readyz")
    }

    pub(crate) fn gateway(data: &Path, mappings: &Path, crm: Crm) -> Self {
        Self::gateway_with(data, mappings, crm, &[])
    }

    /// Starts a gateway with more settings, as variables of the environment.
    pub(crate) fn gateway_with(
        data: &Path,
        mappings: &Path,
        crm: Crm,
        settings: &[(&str, &str)],
    ) -> Self {
        let port = free_port();
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadgate"));
        command
            .envs(settings.iter().copied())
            .args(["serve", "--log", "off", "--listen"])
            .arg(format!("127.0.0.1:{port}"))
            .arg("--data")
            .arg(data)
            .arg("--mappings")
            .arg(mappings)
            // without the daily check against the portal
            .env("LEADGATE_MAPPINGS__LIVE_CHECK_EVERY", "0s");
        let portal = match crm {
            Crm::Embedded => None,
            Crm::At(port) => Some((port, "enterprise")),
            Crm::Own(port) => Some((port, "box")),
            Crm::Standard(port) => Some((port, "standard")),
            Crm::Down => Some((free_port(), "enterprise")),
        };
        match portal {
            None => command.env("LEADGATE_SANDBOX__LIMITS", "off"),
            Some((port, plan)) => command
                .env(
                    "LEADGATE_CRM__MAIN__WEBHOOK",
                    format!("http://127.0.0.1:{port}/rest/1/sandbox/"),
                )
                .env("LEADGATE_CRM__MAIN__PLAN", plan),
        };
        Self::spawn(&mut command, port, "/readyz")
    }

    /// Starts a sandbox with the limits of an enterprise portal.
    pub(crate) fn sandbox() -> Self {
        let port = free_port();
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadgate"));
        command.args(["sandbox", "--log", "off", "--limits", "enterprise"]);
        command.args(["--listen", &format!("127.0.0.1:{port}")]);
        Self::spawn(&mut command, port, "/sandbox/control/counters")
    }

    /// Starts a portal with these limits that takes so many milliseconds for a call.
    pub(crate) fn slow_portal(latency: u32, limits: &str) -> Self {
        let port = free_port();
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadgate"));
        command.args(["sandbox", "--log", "off", "--limits", limits]);
        command.args(["--latency-call", &latency.to_string()]);
        command.args(["--listen", &format!("127.0.0.1:{port}")]);
        Self::spawn(&mut command, port, "/sandbox/control/counters")
    }

    fn spawn(command: &mut Command, port: u16, sign: &str) -> Self {
        let started = Instant::now();
        let child = command.stdout(Stdio::null()).spawn().expect("a process");
        let mut served = Self {
            child,
            port,
            took: Duration::ZERO,
        };
        while !served.get(sign).starts_with("HTTP/1.0 200") {
            let took = started.elapsed();
            assert!(took < Duration::from_secs(60), "a server did not start");
            std::thread::sleep(Duration::from_millis(1));
        }
        served.took = started.elapsed();
        served
    }

    /// Returns the reply to this path, if there is one.
    fn get(&self, path: &str) -> String {
        self.ask("GET", path, "")
    }

    fn ask(&self, verb: &str, path: &str, body: &str) -> String {
        let mut reply = String::new();
        let asked = TcpStream::connect(("127.0.0.1", self.port)).and_then(|mut stream| {
            // the sandbox answers only requests that name a host of this machine
            let host = format!("Host: 127.0.0.1:{}", self.port);
            let head = format!("{verb} {path} HTTP/1.0\r\n{host}");
            let request = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            stream.write_all(request.as_bytes())?;
            stream.read_to_string(&mut reply)
        });
        asked.map(|_| reply).unwrap_or_default()
    }

    /// Sets how many milliseconds the sandbox takes for a call.
    pub(crate) fn set_latency(&self, latency: u32) {
        let body = format!("{{\"call_ms\": {latency}}}");
        let reply = self.ask("POST", "/sandbox/control/latency", &body);
        assert!(
            reply.starts_with("HTTP/1.0 200"),
            "the latency is unchanged"
        );
    }

    /// Lifts the limits of the portal: the run reads from it what has come.
    pub(crate) fn lift_limits(&self) {
        let reply = self.ask(
            "POST",
            "/sandbox/control/limits",
            r#"{"bucket": null, "operating": null}"#,
        );
        assert!(
            reply.starts_with("HTTP/1.0 200"),
            "the limits are unchanged"
        );
    }

    /// Returns a page of a list of the sandbox.
    pub(crate) fn listed(&self, method: &str, start: usize) -> Vec<serde_json::Value> {
        let reply = self.get(&format!("/rest/1/sandbox/{method}?start={start}"));
        let body = reply.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let answer: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
        let rows = answer.get("result").and_then(serde_json::Value::as_array);
        rows.cloned().unwrap_or_default()
    }

    /// Returns how many contacts of the sandbox share a phone or an e-mail with an older one.
    pub(crate) fn duplicate_contacts(&self) -> usize {
        let counters = self.counters();
        let counted = counters.pointer("/duplicates_by_match_code/contact");
        let counted = counted.and_then(serde_json::Value::as_u64);
        counted.and_then(|n| n.try_into().ok()).unwrap_or(0)
    }

    fn counters(&self) -> serde_json::Value {
        let reply = self.get("/sandbox/control/counters");
        let body = reply.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        serde_json::from_str(body).unwrap_or_default()
    }

    /// Returns a counter of the sandbox.
    pub(crate) fn counter(&self, name: &str) -> u32 {
        let counters = self.counters();
        let counted = counters.get(name).and_then(serde_json::Value::as_u64);
        counted.and_then(|n| n.try_into().ok()).unwrap_or(0)
    }

    /// Lets it run during this work; before and after, it is stopped.
    pub(crate) fn awake<T>(&self, work: impl FnOnce() -> T) -> T {
        self.signal("-CONT");
        let done = work();
        self.signal("-STOP");
        done
    }

    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status();
        assert!(sent.is_ok_and(|status| status.success()), "no signal");
    }

    /// Returns the processor time that it has used, in seconds.
    pub(crate) fn cpu(&self) -> f64 {
        // the kernel reports hundredths of a second
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.unwrap_or_default();
        let behind_the_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks = behind_the_name.split_whitespace().skip(11).take(2);
        ticks
            .filter_map(|text| text.parse::<f64>().ok())
            .sum::<f64>()
            / 100.0
    }

    /// Returns resident memory in MiB: `VmRSS` now, `VmHWM` at most so far.
    pub(crate) fn memory(&self, line: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|text| text.strip_prefix(line));
        let kib = line.and_then(|text| text.split_whitespace().nth(1)?.parse::<f64>().ok());
        kib.unwrap_or(0.0) / 1024.0
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            self.child.wait().expect("the end of the process");
        }
    }
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
