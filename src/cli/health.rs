//! `leadgate health`: checks whether the gateway on this machine is ready, for health checks of
//! containers.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use super::failure::Failure;
use super::out::Out;
use crate::config::Settings;
use crate::domain::{Bilingual, bilingual};

pub(super) fn run(settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    let (listen, lang) = (settings.server.listen, out.lang());
    match ask(here(listen)) {
        Ok(status) if status == "200" => {
            Out::line(Bilingual::new("ready", "готов").pick(lang));
            Ok(ExitCode::SUCCESS)
        }
        Ok(status) => {
            let text = bilingual!("not ready: status {status}", "не готов: статус {status}");
            Out::line(text.pick(lang));
            Ok(ExitCode::from(1))
        }
        Err(error) => {
            let what = bilingual!(
                "no gateway answers on {listen}",
                "на {listen} шлюз не отвечает"
            );
            Err(Failure::because(1, what, error))
        }
    }
}

/// Returns whether a gateway on this machine is ready.
pub(super) fn is_ready(settings: &Settings) -> bool {
    ask(here(settings.server.listen)).is_ok_and(|status| status == "200")
}

/// Returns the address to connect to: loopback if the gateway listens on every address.
fn here(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(v4) if v4.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(v6) if v6.is_unspecified() => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        other => other,
    };
    SocketAddr::new(ip, listen.port())
}

fn ask(address: SocketAddr) -> std::io::Result<String> {
    const PATIENCE: Duration = Duration::from_secs(3);
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(format!("GET /readyz HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes())?;
    let mut head = [0_u8; 64];
    let read = stream.read(&mut head)?;
    let line = String::from_utf8_lossy(head.get(..read).unwrap_or_default()).into_owned();
    Ok(line
        .split_whitespace()
        .nth(1)
        .unwrap_or("(none)")
        .to_owned())
}
