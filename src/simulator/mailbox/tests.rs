//! The mailbox over a real connection: what a client says and hears.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{MailFault, MailFaultKind, MailSecurity, MailStage, Mailbox};
use crate::simulator::Times;

fn start() -> (Mailbox, SocketAddr) {
    let mailbox = Mailbox::new(Arc::new(|| Timestamp::UNIX_EPOCH));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serving = mailbox.clone().serve(listener, MailSecurity::Plain);
    actix_web::rt::spawn(async move { serving.await.unwrap() });
    (mailbox, address)
}

/// Says these lines and returns the codes of the answers until the connection ends.
async fn says(address: SocketAddr, lines: &[&str]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let said = lines.join("\r\n") + "\r\n";
    stream.write_all(said.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    // a broken connection is an end, too
    stream.read_to_end(&mut heard).await.ok();
    let heard = String::from_utf8_lossy(&heard).into_owned();
    let last = |line: &&str| line.as_bytes().get(3) == Some(&b' ');
    let codes = heard.lines().filter(last).filter_map(|line| line.get(..3));
    codes.collect::<Vec<_>>().join(" ")
}

const LETTER: [&str; 8] = [
    "EHLO me.example",
    "MAIL FROM:<a@b.example> BODY=8BITMIME",
    "RCPT TO:<c@d.example>",
    "DATA",
    "Subject: Hi",
    "",
    "..dot",
    ".",
];

fn with_quit() -> Vec<&'static str> {
    [&LETTER[..], &["QUIT"]].concat()
}

#[actix_web::test]
async fn a_letter_is_taken_and_kept_as_it_came() {
    let (mailbox, address) = start();
    assert_eq!(
        says(address, &with_quit()).await,
        "220 250 250 250 354 250 221"
    );
    let letters = mailbox.letters();
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert_eq!(
        (letter.number, letter.from.as_str(), &letter.to[..]),
        (1, "a@b.example", &["c@d.example".to_owned()][..])
    );
    assert_eq!(letter.raw, "Subject: Hi\r\n\r\n.dot\r\n");
    assert!(!letter.encrypted && letter.user.is_none());
}

#[actix_web::test]
async fn commands_out_of_order_are_refused() {
    let (mailbox, address) = start();
    for (lines, codes) in [
        (&["MAIL FROM:<a@b.example>", "QUIT"][..], "220 503 221"),
        (
            &["EHLO x", "RCPT TO:<c@d.example>", "QUIT"],
            "220 250 503 221",
        ),
        (&["EHLO x", "DATA", "QUIT"], "220 250 503 221"),
        (
            &["EHLO x", "MAIL FROM:a@b.example", "QUIT"],
            "220 250 501 221",
        ),
        (
            &["EHLO x", "MAIL FROM:<>", "RCPT TO:<nobody>", "QUIT"],
            "220 250 250 501 221",
        ),
        (
            &[
                "EHLO x",
                "MAIL FROM:<>",
                "RCPT TO:<a@b>",
                "RSET",
                "DATA",
                "QUIT",
            ],
            "220 250 250 250 250 503 221",
        ),
        (&["EHLO x", "STARTTLS", "QUIT"], "220 250 502 221"),
        (&["EHLO x", "AUTH CRAM-MD5", "QUIT"], "220 250 504 221"),
        (&["HELP", "NOOP", "VRFY a", "QUIT"], "220 502 250 252 221"),
        (
            &["EHLO x", "AUTH PLAIN AGEAYg==", "QUIT"],
            "220 250 235 221",
        ),
        (
            &["EHLO x", "AUTH LOGIN", "YQ==", "Yg==", "QUIT"],
            "220 250 334 334 235 221",
        ),
    ] {
        assert_eq!(says(address, lines).await, codes, "{lines:?}");
    }
    assert_eq!(mailbox.taken(), 0);
}

#[actix_web::test]
async fn every_fault_occurs_at_its_moment() {
    let (mailbox, address) = start();
    let refuse = |at| MailFaultKind::RefuseMail { at };
    let later = |at| MailFaultKind::TryLater { at };
    for (kind, codes, taken) in [
        (MailFaultKind::Greylist, "220 250 250 450 503", 0),
        (later(MailStage::Sender), "220 250 451 503 503", 0),
        (refuse(MailStage::Recipient), "220 250 250 550 503", 0),
        (refuse(MailStage::Data), "220 250 250 250 554", 0),
        (refuse(MailStage::Letter), "220 250 250 250 354 554 221", 0),
        (later(MailStage::Letter), "220 250 250 250 354 451 221", 0),
        (MailFaultKind::LostLetter, "220 250 250 250 354", 0),
        (MailFaultKind::LostReply, "220 250 250 250 354", 1),
        (
            MailFaultKind::HoldMailReply { ms: 1 },
            "220 250 250 250 354",
            1,
        ),
        (
            MailFaultKind::SlowMail { ms: 1 },
            "220 250 250 250 354 250 221",
            1,
        ),
        (MailFaultKind::BusyServer, "421", 0),
        (MailFaultKind::ClosedPort, "", 0),
        (MailFaultKind::SilentServer { ms: 1 }, "", 0),
    ] {
        mailbox.reset();
        mailbox.inject(MailFault {
            kind: kind.clone(),
            to: None,
            times: Times::Next(1),
        });
        let heard = says(address, &with_quit()).await;
        assert!(heard.starts_with(codes), "{kind:?}: {heard}");
        assert_eq!(mailbox.taken(), taken, "{kind:?}");
        mailbox.clear_faults();
        let heard = says(address, &with_quit()).await;
        assert_eq!(heard, "220 250 250 250 354 250 221", "{kind:?}");
    }
}

#[actix_web::test]
async fn a_greylist_lets_the_second_try_of_each_pair_pass() {
    let (mailbox, address) = start();
    mailbox.inject(MailFault {
        kind: MailFaultKind::Greylist,
        to: None,
        times: Times::Always,
    });
    assert!(
        says(address, &with_quit())
            .await
            .starts_with("220 250 250 450")
    );
    assert_eq!(
        says(address, &with_quit()).await,
        "220 250 250 250 354 250 221"
    );
    assert_eq!(mailbox.taken(), 1);
}

#[test]
fn faults_are_read_from_plain_json() {
    for (text, kind) in [
        (
            r#"{"code":"GREYLIST","times":"always"}"#,
            MailFaultKind::Greylist,
        ),
        (
            r#"{"code":"REFUSE_MAIL","to":"a@b.example"}"#,
            MailFaultKind::RefuseMail {
                at: MailStage::Recipient,
            },
        ),
        (
            r#"{"code":"TRY_LATER","at":"letter"}"#,
            MailFaultKind::TryLater {
                at: MailStage::Letter,
            },
        ),
    ] {
        let fault: MailFault = serde_json::from_str(text).unwrap();
        assert_eq!(fault.kind, kind, "{text}");
    }
}
