//! The mail client against the sandbox's mailbox: how a letter fares at each fault, and whether the
//! server may have taken it.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use leadgate::delivery::mail::{Letter, MailError, MailServer, MailTls, Mailer};
use leadgate::domain::{Email, MailSender};
use leadgate::simulator::{MailFault, MailFaultKind, MailSecurity, MailStage, Mailbox, Times};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;

use crate::gateway::now;

/// Starts a mailbox; it ends with the test.
pub(crate) fn mailbox(security: MailSecurity) -> (Mailbox, SocketAddr) {
    let mailbox = Mailbox::new(Arc::new(now));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serving = mailbox.clone().serve(listener, security);
    actix_web::rt::spawn(async move { serving.await.unwrap() });
    (mailbox, address)
}

/// Settings that send mail to this server.
pub(crate) fn mail_to(server: &str) -> [(&str, &str); 3] {
    [
        ("mail.server", server),
        ("mail.tls", "off"),
        ("mail.from", "leadgate@own.example"),
    ]
}

/// Settings that look for alerts all the time and send them to one address.
pub(crate) const ALERTS: [(&str, &str); 6] = [
    ("alerts.mail", "ops@firm.example"),
    ("alerts.lang", "en"),
    ("alerts.every", "0s"),
    ("alerts.look_every", "20ms"),
    ("alerts.disk_free", "0"),
    ("alerts.silence", "off"),
];

/// Returns the server's side of TLS for 127.0.0.1, and the certificate for clients.
fn certificate() -> (Arc<ServerConfig>, Vec<u8>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], signing_key.into())
        .unwrap();
    (Arc::new(config), cert.pem().into_bytes())
}

fn server(address: SocketAddr, tls: MailTls) -> MailServer {
    MailServer {
        host: address.ip().to_string(),
        port: address.port(),
        tls,
        login: None,
        authority: None,
        from: MailSender::parse("Заявки <leadgate@own.example>").unwrap(),
        timeout: Duration::from_secs(60),
        letter_limit: 20 << 20,
    }
}

fn letter(id: &str, to: &[&str]) -> Letter {
    Letter {
        id: id.to_owned(),
        to: to.iter().map(|to| Email::parse(to).unwrap()).collect(),
        reply_to: None,
        subject: "Новая заявка".to_owned(),
        text: "Анна\n.\nточка в начале строки".to_owned(),
        html: None,
        attachments: Vec::new(),
    }
}

fn fault(kind: MailFaultKind) -> MailFault {
    MailFault {
        kind,
        to: None,
        times: Times::Next(1),
    }
}

/// The outcome in one word.
fn word<T>(sent: &Result<T, MailError>) -> &'static str {
    match sent {
        Ok(_) => "sent",
        Err(MailError::Unreachable(_)) => "unreachable",
        Err(MailError::Denied(_)) => "denied",
        Err(MailError::Deferred(_)) => "deferred",
        Err(MailError::Refused(_)) => "refused",
        Err(MailError::Unconfirmed(_)) => "unconfirmed",
        Err(MailError::Unwritable(_)) => "unwritable",
    }
}

async fn send(mailer: &Mailer, letters: &[Letter]) -> Vec<&'static str> {
    let sent = mailer.send(letters, now()).await;
    sent.iter().map(word).collect()
}

#[actix_web::test]
async fn each_fault_of_a_mail_server_is_told_from_the_others() {
    let (mailbox, address) = mailbox(MailSecurity::Plain);
    let mailer = Mailer::new(MailServer {
        login: Some(("leadgate".to_owned(), "pa55word".to_owned().into())),
        ..server(address, MailTls::Off)
    })
    .unwrap();
    let hasty = Mailer::new(MailServer {
        timeout: Duration::from_millis(300),
        ..server(address, MailTls::Off)
    })
    .unwrap();
    let later = |at| MailFaultKind::TryLater { at };
    let refuse = |at| MailFaultKind::RefuseMail { at };
    let long = 600_000;
    let one = [letter("1", &["sales@firm.example"])];
    for (kind, outcome, taken) in [
        (MailFaultKind::Greylist, "deferred", 0),
        (later(MailStage::Sender), "deferred", 0),
        (later(MailStage::Recipient), "deferred", 0),
        (later(MailStage::Data), "deferred", 0),
        (later(MailStage::Letter), "deferred", 0),
        // the sender is the same for all letters
        (refuse(MailStage::Sender), "denied", 0),
        (MailFaultKind::LoginRejected, "denied", 0),
        (refuse(MailStage::Recipient), "refused", 0),
        (refuse(MailStage::Data), "refused", 0),
        (refuse(MailStage::Letter), "refused", 0),
        (MailFaultKind::LostLetter, "unconfirmed", 0),
        (MailFaultKind::LostReply, "unconfirmed", 1),
        (MailFaultKind::HoldMailReply { ms: 1 }, "unconfirmed", 1),
        (MailFaultKind::SlowMail { ms: 1 }, "sent", 1),
        (MailFaultKind::ClosedPort, "unreachable", 0),
        (MailFaultKind::BusyServer, "unreachable", 0),
    ] {
        mailbox.reset();
        mailbox.inject(fault(kind.clone()));
        assert_eq!(send(&mailer, &one).await, [outcome], "{kind:?}");
        assert_eq!(mailbox.taken(), taken, "{kind:?}");
        // the next attempt succeeds, with the same Message-ID
        assert_eq!(send(&mailer, &one).await, ["sent"], "{kind:?}");
        let letters = mailbox.letters();
        let has_id = |raw: &str| raw.contains("\r\nMessage-ID: <1@own.example>\r\n");
        assert!(
            letters.iter().all(|letter| has_id(&letter.raw)),
            "{kind:?}: {letters:?}"
        );
    }
    for (kind, outcome, taken) in [
        (MailFaultKind::HoldMailReply { ms: long }, "unconfirmed", 1),
        (MailFaultKind::SilentServer { ms: long }, "unreachable", 0),
        (MailFaultKind::SlowMail { ms: long }, "unreachable", 0),
    ] {
        mailbox.reset();
        mailbox.inject(fault(kind.clone()));
        assert_eq!(send(&hasty, &one).await, [outcome], "{kind:?}");
        assert_eq!(mailbox.taken(), taken, "{kind:?}");
    }
    let closed = SocketAddr::from(([127, 0, 0, 1], 9));
    let nobody = Mailer::new(server(closed, MailTls::Off)).unwrap();
    assert_eq!(send(&nobody, &one).await, ["unreachable"]);
    assert_eq!(word(&nobody.check().await), "unreachable");
    assert_eq!(word(&mailer.check().await), "sent");
    mailbox.inject(fault(MailFaultKind::LoginRejected));
    assert_eq!(word(&mailer.check().await), "denied");
}

#[actix_web::test]
async fn many_letters_share_a_connection_and_one_that_is_refused_holds_up_no_other() {
    let (mailbox, address) = mailbox(MailSecurity::Plain);
    let mailer = Mailer::new(server(address, MailTls::Off)).unwrap();
    mailbox.inject(MailFault {
        kind: MailFaultKind::RefuseMail {
            at: MailStage::Recipient,
        },
        to: Some("nobody@firm.example".to_owned()),
        times: Times::Always,
    });
    let letters = [
        letter("1", &["a@firm.example"]),
        // nobody gets a letter of which one recipient is refused
        letter("2", &["b@firm.example", "nobody@firm.example"]),
        letter("3", &[]),
        letter("4", &["c@firm.example", "d@firm.example"]),
    ];
    let outcomes = send(&mailer, &letters).await;
    assert_eq!(outcomes, ["sent", "refused", "unwritable", "sent"]);
    assert_eq!(mailbox.sessions(), 1);
    let recipients: Vec<_> = mailbox.letters().into_iter().map(|it| it.to).collect();
    assert_eq!(
        recipients,
        [
            vec!["a@firm.example"],
            vec!["c@firm.example", "d@firm.example"]
        ]
    );
    // a broken connection is replaced for the next letter
    mailbox.inject(fault(MailFaultKind::LostReply));
    let letters = [
        letter("5", &["a@firm.example"]),
        letter("6", &["a@firm.example"]),
    ];
    assert_eq!(send(&mailer, &letters).await, ["unconfirmed", "sent"]);
    assert_eq!(mailbox.taken(), 4);
}

#[actix_web::test]
async fn mail_and_passwords_never_travel_unencrypted_where_encryption_is_wanted() {
    let (config, pem) = certificate();
    let one = [letter("1", &["sales@firm.example"])];
    for (security, tls) in [
        (
            MailSecurity::StartTls(Arc::clone(&config)),
            MailTls::StartTls,
        ),
        (MailSecurity::Implicit(config), MailTls::Implicit),
    ] {
        let (mailbox, address) = mailbox(security);
        let mailer = |authority: Option<Vec<u8>>| {
            let login = Some(("leadgate".to_owned(), "pa55word".to_owned().into()));
            let server = server(address, tls);
            Mailer::new(MailServer {
                login,
                authority,
                ..server
            })
            .unwrap()
        };
        // a certificate that nobody has vouched for
        assert_eq!(send(&mailer(None), &one).await, ["unreachable"], "{tls:?}");
        let mailer = mailer(Some(pem.clone()));
        mailbox.inject(fault(MailFaultKind::BrokenTls));
        assert_eq!(send(&mailer, &one).await, ["unreachable"], "{tls:?}");
        if tls == MailTls::StartTls {
            mailbox.inject(fault(MailFaultKind::NoStarttls));
            assert_eq!(send(&mailer, &one).await, ["unreachable"]);
        }
        assert_eq!(mailbox.taken(), 0, "{tls:?}");
        assert_eq!(send(&mailer, &one).await, ["sent"], "{tls:?}");
        let letters = mailbox.letters();
        assert!(letters.iter().all(|letter| letter.encrypted), "{letters:?}");
        assert_eq!(letters[0].user.as_deref(), Some("leadgate"));
    }
}

#[actix_web::test]
async fn a_text_with_commands_in_it_stays_one_letter() {
    let (mailbox, address) = mailbox(MailSecurity::Plain);
    let mailer = Mailer::new(server(address, MailTls::Off)).unwrap();
    let ends = ["\r\n.\r\n", "\n.\n", "\r.\r", "\n.\r\n", "\r\n.\n"];
    let letters: Vec<Letter> = ends
        .iter()
        .enumerate()
        .map(|(number, end)| Letter {
            text: format!(
                "Hi{end}MAIL FROM:<spy@evil.example>\r\nRCPT TO:<spy@evil.example>\r\nDATA\r\n"
            ),
            ..letter(&number.to_string(), &["a@firm.example"])
        })
        .collect();
    let sent = send(&mailer, &letters).await;
    assert_eq!(sent, ["sent"; 5]);
    for stored in mailbox.letters() {
        assert_eq!(stored.from, "leadgate@own.example");
        assert_eq!(stored.to, ["a@firm.example"]);
        assert!(
            stored.raw.contains("RCPT TO:<spy@evil.example>"),
            "{stored:?}"
        );
    }
    assert_eq!(mailbox.taken(), 5);
}

#[actix_web::test]
async fn a_server_that_falls_silent_is_not_waited_for_by_every_letter() {
    let (mailbox, address) = mailbox(MailSecurity::Plain);
    let mailer = Mailer::new(server(address, MailTls::Off)).unwrap();
    mailbox.inject(MailFault {
        kind: MailFaultKind::LostLetter,
        to: None,
        times: Times::Always,
    });
    let letters: Vec<Letter> = (0..20)
        .map(|number| letter(&number.to_string(), &["a@firm.example"]))
        .collect();
    let sent = send(&mailer, &letters).await;
    assert_eq!(sent[..2], ["unconfirmed"; 2]);
    assert_eq!(sent[2..], ["unreachable"; 18]);
    assert_eq!(mailbox.sessions(), 2);
}
