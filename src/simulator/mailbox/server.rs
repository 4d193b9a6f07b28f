//! Accepts connections. All sessions run in the task that serves, so that they end with it.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;

use super::session::{End, Session};
use super::{MailFaultKind, Mailbox, Moment};

/// Sessions at the same time; further ones wait to be accepted.
const SESSIONS: usize = 64;

/// How long a session may last.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// How connections are encrypted.
#[derive(Clone)]
pub enum MailSecurity {
    /// Not at all.
    Plain,
    /// On request, by `STARTTLS`.
    StartTls(Arc<ServerConfig>),
    /// From the beginning.
    Implicit(Arc<ServerConfig>),
}

impl std::fmt::Debug for MailSecurity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain => "Plain",
            Self::StartTls(_) => "StartTls",
            Self::Implicit(_) => "Implicit",
        })
    }
}

/// A connection, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Mailbox {
    /// Serves until the future is dropped. Run it on a tokio runtime; any number of listeners may
    /// serve one mailbox.
    ///
    /// # Errors
    /// If the listener cannot be used.
    pub async fn serve(self, listener: TcpListener, security: MailSecurity) -> io::Result<()> {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let mut sessions = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = listener.accept(), if sessions.len() < SESSIONS => match accepted {
                    Ok((stream, _)) => sessions.push(self.session(stream, &security)),
                    // the peer is gone already, or descriptors are short for a moment
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                },
                Some(()) = sessions.next(), if !sessions.is_empty() => {}
            }
        }
    }

    /// Runs one session. A client that breaks off is no error of the server.
    async fn session(&self, stream: tokio::net::TcpStream, security: &MailSecurity) {
        self.count_session();
        let session = self.talk(Box::new(stream), security);
        drop(tokio::time::timeout(LONGEST, session).await);
    }

    async fn talk(&self, mut stream: Box<dyn Stream>, security: &MailSecurity) -> io::Result<()> {
        match self.strike(Moment::Connect, &[]) {
            None => {}
            Some(MailFaultKind::SilentServer { ms }) => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                return Ok(());
            }
            Some(MailFaultKind::BusyServer) => {
                return stream
                    .write_all(b"421 4.3.2 sandbox.example is busy, try again later\r\n")
                    .await;
            }
            Some(_) => return Ok(()),
        }
        let mut session = Session::new(self.clone());
        if let MailSecurity::Implicit(config) = security {
            stream = self.encrypt(stream, config).await?;
            session.encrypted();
        }
        let offer = match security {
            MailSecurity::StartTls(config) => Some(config),
            MailSecurity::Plain | MailSecurity::Implicit(_) => None,
        };
        if offer.is_some() {
            session.offer_starttls();
        }
        session.greet(&mut stream).await?;
        while session.run(&mut stream).await? == End::StartTls {
            let Some(config) = offer else { break };
            stream = self.encrypt(stream, config).await?;
            session.encrypted();
        }
        stream.shutdown().await
    }

    async fn encrypt(
        &self,
        mut stream: Box<dyn Stream>,
        config: &Arc<ServerConfig>,
    ) -> io::Result<Box<dyn Stream>> {
        if self.strike(Moment::Handshake, &[]).is_some() {
            stream.write_all(b"this is no TLS\r\n").await?;
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        let secured = TlsAcceptor::from(Arc::clone(config)).accept(stream).await?;
        Ok(Box::new(secured))
    }
}
