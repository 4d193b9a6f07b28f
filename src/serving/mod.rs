//! The web server behind every listener. It limits the number of connections, in total and from one
//! address, and the duration of each phase of a connection.
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
use actix_web::{App, web};
use ipnet::IpNet;
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;

use self::exchange::Exchange;
use self::gate::Gate;
pub use self::phase::Times;
use self::phase::{LINGER, Phase};
use self::stream::{Limited, Stream};

/// The reply to a connection beyond the limit, sent before anything is read.
const TOO_MANY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// Connections per thread that may be open only to be refused.
pub const REFUSAL_SLOTS: usize = 32;

/// The limits of a web server.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Maximum number of open connections.
    pub connections: usize,
    /// Maximum number of open connections from one address.
    pub per_address: usize,
    /// Proxies, which are exempt from the limit per address.
    pub proxies: Vec<IpNet>,
    /// Time limits of the phases.
    pub times: Times,
    /// Number of threads; 0 means one for each core.
    pub workers: usize,
    /// Time for running requests when the server stops.
    pub shutdown: Duration,
}

/// A listening socket, with or without TLS.
pub struct Listener {
    /// The socket.
    pub socket: TcpListener,
    /// The TLS settings, if it speaks TLS.
    pub tls: Option<rustls::ServerConfig>,
}

impl Listener {
    /// Creates a listener without TLS.
    pub fn plain(socket: TcpListener) -> Self {
        Self { socket, tls: None }
    }
}

/// Listens on an address. Up to `backlog` connections may wait to be accepted, as far as the system
/// allows it.
pub fn listen(address: SocketAddr, backlog: u32) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // connections of the previous process may still be closing
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(backlog)?.into_std()
}

/// The handlers of a server; set up once for each thread.
#[derive(Clone)]
pub struct Site<P, C> {
    /// Called with each request before its path is matched.
    pub prepare: P,
    /// Mounts the paths.
    pub configure: C,
}

impl<C> Site<fn(&mut ServiceRequest), C>
where
    C: Fn(&mut web::ServiceConfig),
{
    /// Creates a site without preparation of requests.
    pub fn plain(configure: C) -> Self {
        Self {
            prepare: |_| {},
            configure,
        }
    }
}

/// Builds a server for a site; it runs when awaited.
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
        .max_concurrent_connections(limits.connections.div_ceil(workers) + REFUSAL_SLOTS);
    let stops = builder.graceful_shutdown_signal();
    let gate = Gate::new(
        limits.connections,
        limits.per_address,
        limits.proxies.clone(),
    );
    for listener in listeners {
        let name = format!("leadgate-{}", listener.socket.local_addr()?);
        let acceptor = Acceptor {
            gate: gate.clone(),
            times: limits.times,
            tls: listener.tls.map(|tls| TlsAcceptor::from(Arc::new(tls))),
        };
        let (site, stops) = (site.clone(), stops.clone());
        let service = move || {
            let (acceptor, stops) = (acceptor.clone(), stops.clone());
            let times = acceptor.times;
            let Site { prepare, configure } = site.clone();
            let app = App::new()
                .wrap_fn(move |mut request, service| {
                    // if the handler fails, this is dropped and the web server writes its own reply
                    let exchange = Exchange::begin(&mut request);
                    prepare(&mut request);
                    let response = service.call(request);
                    async move { Ok(Exchange::reply(exchange, response.await?)) }
                })
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
                let acceptor = acceptor.clone();
                async move { acceptor.accept(tcp).await }
            })
            .and_then(http)
        };
        builder = builder.listen(name, listener.socket, service)?;
    }
    Ok(builder.run())
}

/// Accepts the connections of one listener.
#[derive(Clone)]
struct Acceptor {
    gate: Gate,
    times: Times,
    tls: Option<TlsAcceptor>,
}

impl Acceptor {
    async fn accept(
        &self,
        tcp: TcpStream,
    ) -> Result<(Stream, Protocol, Option<SocketAddr>), DispatchError> {
        let peer = tcp.peer_addr().ok();
        let Some(pass) = self.gate.enter(peer.map(|peer| peer.ip())) else {
            if self.tls.is_none()
                && let Ok(mut tcp) = tcp.into_std()
            {
                // it does not block; a client that does not get it sees the connection close
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
