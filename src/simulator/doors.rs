//! Doors: ports of the services beside the portal, over TLS. The HTTP server behind them cannot play
//! what goes wrong before a request: a port that is closed, a handshake that fails.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use rustls::ServerConfig;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::Portal;
use super::core::Core;
use super::faults::{FaultKind, Moment};
use super::services::ServiceRequest;

/// Connections at the same time; further ones wait to be accepted.
const CONNECTIONS: usize = 256;
/// Connections that wait to be accepted.
const BACKLOG: u32 = 128;

/// A port of one service.
pub struct Door {
    /// `bin` or `calltouch`.
    pub service: &'static str,
    /// Where it listens.
    pub listener: TcpListener,
    /// Its side of TLS.
    pub tls: Arc<ServerConfig>,
    /// The HTTP server behind it.
    pub behind: SocketAddr,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Door").field(&self.service).finish()
    }
}

impl Portal {
    /// Serves a door until the future is dropped. Run it on a tokio runtime.
    ///
    /// # Errors
    /// If the port cannot be used.
    pub async fn serve_door(self, door: Door) -> io::Result<()> {
        let Door {
            service,
            listener,
            tls,
            behind,
        } = door;
        self.core().has_doors = true;
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let mut listener = tokio::net::TcpListener::from_std(listener)?;
        let acceptor = TlsAcceptor::from(tls);
        let mut faults = self.faults_changed.subscribe();
        loop {
            let mut connections = FuturesUnordered::new();
            while !self.core().is_closed(service) {
                tokio::select! {
                    accepted = listener.accept(), if connections.len() < CONNECTIONS => {
                        // the peer may be gone already
                        if let Ok((stream, _)) = accepted {
                            connections.push(self.pass(service, stream, &acceptor, behind));
                        }
                    }
                    Some(_) = connections.next(), if !connections.is_empty() => {}
                    changed = faults.changed() => {
                        changed.map_err(io::Error::other)?;
                        if self.core().breaks_connections(service) {
                            // clients keep connections: the next request needs a new one
                            connections = FuturesUnordered::new();
                        }
                    }
                }
            }
            drop((connections, listener));
            // a port that is taken and does not listen refuses connections
            let socket = reserve(address)?;
            while self.core().is_closed(service) {
                faults.changed().await.map_err(io::Error::other)?;
            }
            listener = socket.listen(BACKLOG)?;
        }
    }

    /// Passes a connection on to the server. A client that breaks off is no error.
    async fn pass(
        &self,
        service: &str,
        mut stream: TcpStream,
        acceptor: &TlsAcceptor,
        behind: SocketAddr,
    ) -> io::Result<()> {
        let fault = self.core().strike_connection(service);
        if fault.is_some() {
            return stream.write_all(b"this is no TLS\r\n").await;
        }
        let mut client = acceptor.accept(stream).await?;
        let mut server = TcpStream::connect(behind).await?;
        tokio::io::copy_bidirectional(&mut client, &mut server).await?;
        Ok(())
    }
}

/// Takes a port without listening there.
fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

impl Core {
    fn is_closed(&self, service: &str) -> bool {
        self.plan.awaits(&FaultKind::ClosedPort, service)
    }

    fn breaks_connections(&self, service: &str) -> bool {
        self.plan.awaits(&FaultKind::BrokenTls, service)
    }

    /// Returns the fault that occurs to a new connection, and keeps it among the requests.
    fn strike_connection(&mut self, service: &str) -> Option<FaultKind> {
        let kind = self.plan.strike_at(Moment::Connection, service)?;
        self.tally.faults += 1;
        let time = self.now();
        self.services.keep(ServiceRequest {
            number: 0,
            time,
            service: service.to_owned(),
            method: String::new(),
            path: String::new(),
            headers: Vec::new(),
            body: String::new(),
            status: 0,
            done: false,
            fault: Some(kind.code()),
        });
        Some(kind)
    }
}
