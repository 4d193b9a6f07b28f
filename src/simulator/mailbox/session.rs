//! One SMTP session: commands in, answers out (RFC 5321). A mail server for trials: it accepts
//! every recipient and every password.

use std::io;
use std::time::Duration;

use data_encoding::BASE64;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::faults::MailStage;
use super::server::Stream;
use super::{MailFaultKind, Mailbox, Moment, StoredLetter};

/// The longest command or line of a letter, in bytes. RFC 5321 asks for 1000.
const LONGEST_LINE: usize = 64 << 10;
/// The largest letter, in bytes.
const LARGEST: usize = 25 << 20;
/// Recipients of a letter.
const RECIPIENTS: usize = 100;

/// How a part of a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The connection is to be closed.
    Closed,
    /// The client begins the TLS handshake.
    StartTls,
}

/// The state of a session.
pub(super) struct Session {
    mailbox: Mailbox,
    /// What was read and not used yet.
    buffer: Vec<u8>,
    is_encrypted: bool,
    offers_starttls: bool,
    /// The wait before each answer.
    pause: Duration,
    greeted: bool,
    user: Option<String>,
    from: Option<String>,
    to: Vec<String>,
}

/// What to do after an answer.
enum Next {
    Answer(String),
    Login(String),
    Letter,
    StartTls,
    Close(String),
}

impl Session {
    pub(super) fn new(mailbox: Mailbox) -> Self {
        let pause = match mailbox.strike(Moment::Session, &[]) {
            Some(MailFaultKind::SlowMail { ms }) => Duration::from_millis(ms),
            _ => Duration::ZERO,
        };
        Self {
            mailbox,
            buffer: Vec::new(),
            is_encrypted: false,
            offers_starttls: false,
            pause,
            greeted: false,
            user: None,
            from: None,
            to: Vec::new(),
        }
    }

    /// Notes that the connection is encrypted now. What came before does not count any more
    /// (RFC 3207).
    pub(super) fn encrypted(&mut self) {
        self.buffer.clear();
        self.is_encrypted = true;
        self.offers_starttls = false;
        self.greeted = false;
        self.forget();
    }

    pub(super) fn offer_starttls(&mut self) {
        self.offers_starttls = true;
    }

    pub(super) async fn greet(&mut self, stream: &mut Box<dyn Stream>) -> io::Result<()> {
        self.say(stream, "220 sandbox.example ESMTP leadgate sandbox")
            .await
    }

    fn forget(&mut self) {
        self.from = None;
        self.to.clear();
    }

    /// Answers commands until the session ends or TLS begins.
    pub(super) async fn run(&mut self, stream: &mut Box<dyn Stream>) -> io::Result<End> {
        loop {
            let Some(line) = self.line(stream).await? else {
                return Ok(End::Closed);
            };
            let line = String::from_utf8_lossy(&line).into_owned();
            match self.command(&line) {
                Next::Answer(text) => self.say(stream, &text).await?,
                Next::Login(argument) => self.login(stream, &argument).await?,
                Next::Letter => {
                    if let Some(end) = self.letter(stream).await? {
                        return Ok(end);
                    }
                }
                Next::StartTls => {
                    self.say(stream, "220 2.0.0 Ready to start TLS").await?;
                    return Ok(End::StartTls);
                }
                Next::Close(text) => {
                    self.say(stream, &text).await?;
                    return Ok(End::Closed);
                }
            }
        }
    }

    fn command(&mut self, line: &str) -> Next {
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        let argument = argument.trim();
        let said = |text: &str| Next::Answer(text.to_owned());
        match verb.trim().to_ascii_uppercase().as_str() {
            "EHLO" => {
                self.greeted = true;
                self.forget();
                Next::Answer(self.features())
            }
            "HELO" => {
                self.greeted = true;
                self.forget();
                said("250 sandbox.example")
            }
            "STARTTLS" if self.offers_starttls => Next::StartTls,
            "AUTH" if self.greeted => Next::Login(argument.to_owned()),
            "MAIL" => self.sender(argument),
            "RCPT" => self.recipient(argument),
            "DATA" if self.to.is_empty() => said("503 5.5.1 RCPT first"),
            "DATA" => match self.fault(MailStage::Data) {
                Some(refusal) => Next::Answer(refusal),
                None => Next::Letter,
            },
            "RSET" => {
                self.forget();
                said("250 2.0.0 OK")
            }
            "NOOP" => said("250 2.0.0 OK"),
            "VRFY" => said("252 2.1.5 Cannot verify"),
            "QUIT" => Next::Close("221 2.0.0 Bye".to_owned()),
            _ => said("502 5.5.2 Command not recognized"),
        }
    }

    fn features(&mut self) -> String {
        if self.mailbox.strike(Moment::Hello, &[]).is_some() {
            self.offers_starttls = false;
        }
        let starttls = if self.offers_starttls {
            "250-STARTTLS\r\n"
        } else {
            ""
        };
        format!(
            "250-sandbox.example\r\n250-SIZE {LARGEST}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n{starttls}250-AUTH \
             PLAIN LOGIN\r\n250 ENHANCEDSTATUSCODES"
        )
    }

    fn sender(&mut self, argument: &str) -> Next {
        let said = |text: &str| Next::Answer(text.to_owned());
        if !self.greeted {
            return said("503 5.5.1 EHLO first");
        }
        let Some(from) = path(argument, "FROM:") else {
            return said("501 5.5.4 MAIL FROM:<address>");
        };
        if let Some(refusal) = self.fault(MailStage::Sender) {
            return Next::Answer(refusal);
        }
        self.forget();
        self.from = Some(from);
        said("250 2.1.0 OK")
    }

    fn recipient(&mut self, argument: &str) -> Next {
        let said = |text: &str| Next::Answer(text.to_owned());
        let Some(from) = self.from.clone() else {
            return said("503 5.5.1 MAIL first");
        };
        let to = path(argument, "TO:").filter(|it| it.contains('@'));
        let Some(to) = to else {
            return said("501 5.1.3 RCPT TO:<address>");
        };
        if self.to.len() >= RECIPIENTS {
            return said("452 4.5.3 Too many recipients");
        }
        let own = std::slice::from_ref(&to);
        match self
            .mailbox
            .strike(Moment::Command(MailStage::Recipient), own)
        {
            None => {}
            Some(MailFaultKind::Greylist) if self.mailbox.passes_greylist(&from, &to) => {}
            Some(fault) => return Next::Answer(refusal(&fault)),
        }
        self.to.push(to);
        said("250 2.1.5 OK")
    }

    fn fault(&self, stage: MailStage) -> Option<String> {
        let fault = self.mailbox.strike(Moment::Command(stage), &self.to)?;
        Some(refusal(&fault))
    }

    /// Reads the credentials; every password is right.
    async fn login(&mut self, stream: &mut Box<dyn Stream>, argument: &str) -> io::Result<()> {
        let (mechanism, initial) = argument.split_once(' ').unwrap_or((argument, ""));
        let user = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let answer = self.challenge(stream, initial, "").await?;
                // authorization id, user and password with NUL between them (RFC 4616)
                answer.split('\0').nth(1).map(str::to_owned)
            }
            "LOGIN" => {
                let user = self.challenge(stream, initial, "VXNlcm5hbWU6").await?;
                self.challenge(stream, "", "UGFzc3dvcmQ6").await?;
                Some(user)
            }
            _ => return self.say(stream, "504 5.5.4 Unrecognized mechanism").await,
        };
        if user.is_none() || self.mailbox.strike(Moment::Login, &[]).is_some() {
            return self.say(stream, "535 5.7.8 Authentication failed").await;
        }
        self.user = user;
        self.say(stream, "235 2.7.0 Authentication successful")
            .await
    }

    /// Returns a decoded answer of the client; asks for it unless it came with the command.
    async fn challenge(
        &mut self,
        stream: &mut Box<dyn Stream>,
        given: &str,
        question: &str,
    ) -> io::Result<String> {
        let answer = if given.is_empty() {
            self.say(stream, &format!("334 {question}")).await?;
            self.line(stream).await?.unwrap_or_default()
        } else {
            given.as_bytes().to_vec()
        };
        let bytes = BASE64.decode(&answer).unwrap_or_default();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Reads a letter and stores it. Returns the end if the session ends by it.
    async fn letter(&mut self, stream: &mut Box<dyn Stream>) -> io::Result<Option<End>> {
        self.say(stream, "354 End data with <CR><LF>.<CR><LF>")
            .await?;
        let mut raw = Vec::new();
        loop {
            let Some(line) = self.line(stream).await? else {
                return Ok(Some(End::Closed));
            };
            match line.as_slice() {
                b"." => break,
                // a dot at the beginning of a line was doubled
                [b'.', rest @ ..] => raw.extend_from_slice(rest),
                line => raw.extend_from_slice(line),
            }
            raw.extend_from_slice(b"\r\n");
            if raw.len() > LARGEST {
                self.say(stream, "552 5.3.4 Message too big").await?;
                return Ok(Some(End::Closed));
            }
        }
        if self.mailbox.strike(Moment::Before, &self.to).is_some() {
            return Ok(Some(End::Closed));
        }
        if let Some(refusal) = self.fault(MailStage::Letter) {
            self.forget();
            self.say(stream, &refusal).await?;
            return Ok(None);
        }
        let number = self.mailbox.take(StoredLetter {
            number: 0,
            received: 0,
            from: self.from.take().unwrap_or_default(),
            to: self.to.clone(),
            encrypted: self.is_encrypted,
            user: self.user.clone(),
            raw: String::from_utf8_lossy(&raw).into_owned(),
        });
        let fault = self.mailbox.strike(Moment::After, &self.to);
        self.forget();
        if let Some(MailFaultKind::HoldMailReply { ms }) = fault {
            tokio::time::sleep(Duration::from_millis(ms)).await;
        }
        if fault.is_some() {
            return Ok(Some(End::Closed));
        }
        self.say(stream, &format!("250 2.0.0 OK: queued as {number}"))
            .await?;
        Ok(None)
    }

    async fn say(&self, stream: &mut Box<dyn Stream>, text: &str) -> io::Result<()> {
        if !self.pause.is_zero() {
            tokio::time::sleep(self.pause).await;
        }
        stream.write_all(format!("{text}\r\n").as_bytes()).await?;
        stream.flush().await
    }

    /// Reads a line without its end; `None` at the end of the connection.
    async fn line(&mut self, stream: &mut Box<dyn Stream>) -> io::Result<Option<Vec<u8>>> {
        let mut searched = 0;
        loop {
            let unread = self.buffer.get(searched..).unwrap_or_default();
            if let Some(at) = unread.iter().position(|it| *it == b'\n') {
                let rest = self.buffer.split_off(searched + at + 1);
                let mut line = std::mem::replace(&mut self.buffer, rest);
                line.truncate(searched + at);
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(Some(line));
            }
            searched = self.buffer.len();
            if searched > LONGEST_LINE {
                return Ok(None);
            }
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }
}

/// Returns the refusal of a fault at a command.
fn refusal(fault: &MailFaultKind) -> String {
    match fault {
        MailFaultKind::Greylist => "450 4.2.0 Greylisted, try again later",
        MailFaultKind::RefuseMail { at } => match at {
            MailStage::Sender => "550 5.7.1 Sender not allowed",
            MailStage::Recipient => "550 5.1.1 No such user here",
            MailStage::Data | MailStage::Letter => "554 5.7.1 Message refused",
        },
        _ => "451 4.3.0 Try again later",
    }
    .to_owned()
}

/// Returns the address in `FROM:<a@b.example> SIZE=5`; an empty one is allowed.
fn path(argument: &str, keyword: &str) -> Option<String> {
    let head = argument.get(..keyword.len())?;
    let rest = argument.get(keyword.len()..)?.trim_start();
    if !head.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let (address, _) = rest.strip_prefix('<')?.split_once('>')?;
    Some(address.to_owned())
}
