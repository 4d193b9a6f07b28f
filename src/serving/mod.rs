//! The web server under every listener: connections are bounded in number, in all and from one address, and every
//! phase of a connection is bounded in time.
//!
//! ```text
//! accept → gate → TLS → ┌► head ──► body, handler ──► reply ──┐
//!                       └──────────── keep-alive ◄────────────┘
//! ```

mod exchange;
mod gate;
mod phase;
mod stream;

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, KeepAlive, Protocol};
use actix_server::Server;
use actix_service::{IntoServiceFactory, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::dev::{AppConfig, Service as _, ServiceRequest};
use actix_web::middleware::from_fn;
use actix_web::{App, web};
use ipnet::IpNet;
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;

use self::gate::Gate;
pub use self::phase::Times;
use self::phase::{LINGER, Phase};
use self::stream::{Limited, Stream};

/// What a connection beyond the limit is told; it is sent before anything is read.
const TOO_MANY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// So many connections a thread may be about to be refused.
pub const ABOUT_TO_BE_REFUSED: usize = 32;

/// The limits of a web server.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections open at the same time.
    pub connections: usize,
    /// Of these from one address.
    pub per_address: usize,
    /// Proxies, which the limit of one address does not concern.
    pub proxies: Vec<IpNet>,
    /// How long each phase may take.
    pub times: Times,
    /// Threads that answer; 0 is one a core.
    pub workers: usize,
    /// How long running requests may take when the server stops.
    pub shutdown: Duration,
}

/// A socket that listens, and its certificate if it speaks TLS.
pub struct Listener {
    /// The socket.
    pub socket: TcpListener,
    /// The server's side of TLS.
    pub tls: Option<rustls::ServerConfig>,
}

impl Listener {
    /// A socket without TLS.
    pub fn plain(socket: TcpListener) -> Self {
        Self { socket, tls: None }
    }
}

/// Listens on an address. So many connections may wait to be accepted, as far as the system allows it.
pub fn listen(address: SocketAddr, backlog: u32) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // a restart finds the old connections still ending
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(backlog)?.into_std()
}

/// What a server answers. It is set up once in each thread.
#[derive(Clone)]
pub struct Site<P, C> {
    /// Called with each request before its address is looked up.
    pub prepare: P,
    /// Mounts the addresses.
    pub configure: C,
}

impl<C> Site<fn(&mut ServiceRequest), C>
where
    C: Fn(&mut web::ServiceConfig),
{
    /// A site that takes requests as they are.
    pub fn plain(configure: C) -> Self {
        Self {
            prepare: |_| {},
            configure,
        }
    }
}

/// A server for a site; it runs when it is awaited.
pub fn server<P, C>(
    listeners: Vec<Listener>,
    limits: &Limits,
    site: &Site<P, C>,
) -> std::io::Result<Server>
where
    P: Fn(&mut ServiceRequest) + Clone + Send + 'static,
    C: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
{
    let cores = || std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let workers = match limits.workers {
        0 => cores(),
        workers => workers,
    };
    let mut builder = Server::build()
        .disable_signals()
        .shutdown_timeout(limits.shutdown.as_secs())
        .workers(workers)
        .max_concurrent_connections(limits.connections.div_ceil(workers) + ABOUT_TO_BE_REFUSED);
    let stops = builder.graceful_shutdown_signal();
    let gate = Gate::new(
        limits.connections,
        limits.per_address,
        limits.proxies.clone(),
    );
    for listener in listeners {
        let name = format!("leadgate-{}", listener.socket.local_addr()?);
        let door = Door {
            gate: gate.clone(),
            times: limits.times,
            tls: listener.tls.map(|tls| TlsAcceptor::from(Arc::new(tls))),
        };
        let (site, stops) = (site.clone(), stops.clone());
        let service = move || {
            let (door, stops) = (door.clone(), stops.clone());
            let times = door.times;
            let Site { prepare, configure } = site.clone();
            let app = App::new()
                .wrap_fn(move |mut request, service| {
                    prepare(&mut request);
                    service.call(request)
                })
                .wrap(from_fn(exchange::observe))
                .configure(configure)
                .into_factory()
                .map_err(|error: actix_web::Error| error.error_response());
            let http = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let stops = stops.clone();
                    async move { stops.notified().await }
                })
                .keep_alive(KeepAlive::Timeout(times.keep_alive))
                .client_request_timeout(times.head)
                .client_disconnect_timeout(LINGER)
                .on_connect_ext(|stream: &Stream, data: &mut actix_web::dev::Extensions| {
                    data.insert(stream.phase());
                })
                .finish(map_config(app, |()| AppConfig::default()));
            fn_service(move |tcp: TcpStream| {
                let door = door.clone();
                async move { door.open(tcp).await }
            })
            .and_then(http)
        };
        builder = builder.listen(name, listener.socket, service)?;
    }
    Ok(builder.run())
}

/// Where connections come in.
#[derive(Clone)]
struct Door {
    gate: Gate,
    times: Times,
    tls: Option<TlsAcceptor>,
}

impl Door {
    async fn open(
        &self,
        tcp: TcpStream,
    ) -> Result<(Stream, Protocol, Option<SocketAddr>), DispatchError> {
        let peer = tcp.peer_addr().ok();
        let Some(pass) = self.gate.enter(peer.map(|peer| peer.ip())) else {
            if self.tls.is_none()
                && let Ok(mut tcp) = tcp.into_std()
            {
                // it does not block, and whoever does not get it sees the connection end
                tcp.write_all(TOO_MANY).ok();
            }
            return Err(std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into());
        };
        let stream = Limited::new(tcp, Phase::new(self.times), pass);
        let stream = match &self.tls {
            None => Stream::Plain(stream),
            Some(tls) => Stream::Tls(Box::new(tls.accept(stream).await?)),
        };
        Ok((stream, Protocol::Http1, peer))
    }
}
