//! One letter, and how it is written for SMTP.

use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;
use jiff::Timestamp;
use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment as MimeAttachment, Mailbox, MultiPart, SinglePart};

use super::MailError;
use crate::domain::{Email, MailCause, MailSender};

/// Longer subjects are cut, in characters.
const LONGEST_SUBJECT: usize = 250;

/// Characters that only quoted addresses have.
const UNUSUAL: [char; 11] = [' ', '\t', '"', '\\', '<', '>', '(', ')', ',', ';', ':'];

/// A letter.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// The part of the `Message-ID` before the `@`: the same for every attempt.
    pub id: String,
    /// The recipients.
    pub to: Vec<Email>,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<Email>,
    /// The subject. Line breaks and other control characters become spaces.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The same as HTML.
    pub html: Option<String>,
    /// Files.
    pub attachments: Vec<Attachment>,
}

/// A file that goes with a letter.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The name that the recipient sees.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// The content.
    pub content: Bytes,
}

impl fmt::Debug for Letter {
    /// Leaves out what may be a person's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter")
            .field("id", &self.id)
            .field("to", &self.to)
            .field("attachments", &self.attachments.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment")
            .field("content", &format_args!("{} bytes", self.content.len()))
            .finish_non_exhaustive()
    }
}

impl Letter {
    /// Returns the `Message-ID` that the letter gets from this sender.
    pub fn message_id(&self, from: &MailSender) -> String {
        message_id(&self.id, from)
    }

    /// Writes the letter as it is handed to the server.
    pub(super) fn write(&self, from: &MailSender, now: Timestamp) -> Result<Message, MailError> {
        if self.to.is_empty() {
            return Err(MailError::Unwritable(MailCause::NoRecipient));
        }
        let mut message = Message::builder()
            .from(mailbox(from.name.clone(), &from.email)?)
            .message_id(Some(self.message_id(from)))
            .date(SystemTime::from(now))
            .subject(one_line(&self.subject))
            // programs that answer letters leave this one alone (RFC 3834)
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        for email in &self.to {
            message = message.to(mailbox(None, email)?);
        }
        if let Some(email) = &self.reply_to {
            message = message.reply_to(mailbox(None, email)?);
        }
        let text = SinglePart::plain(harmless(&self.text));
        let built = match (&self.html, self.attachments.is_empty()) {
            (None, true) => message.singlepart(text),
            (Some(html), true) => message.multipart(both(text, html)),
            (html, false) => {
                let mixed = match html {
                    None => MultiPart::mixed().singlepart(text),
                    Some(html) => MultiPart::mixed().multipart(both(text, html)),
                };
                let files = self.attachments.iter().map(Attachment::part);
                message.multipart(files.fold(mixed, MultiPart::singlepart))
            }
        };
        built.map_err(|error| {
            let words = error.to_string();
            MailError::Unwritable(MailCause::Words(words.into()))
        })
    }
}

impl Attachment {
    fn part(&self) -> SinglePart {
        let kind = ContentType::parse(&self.media_type)
            .ok()
            .or_else(|| ContentType::parse("application/octet-stream").ok())
            .unwrap_or(ContentType::TEXT_PLAIN);
        MimeAttachment::new(one_line(&self.name)).body(self.content.to_vec(), kind)
    }
}

fn both(text: SinglePart, html: &str) -> MultiPart {
    MultiPart::alternative()
        .singlepart(text)
        .singlepart(SinglePart::html(harmless(html)))
}

fn mailbox(name: Option<String>, email: &Email) -> Result<Mailbox, MailError> {
    let unusual = || MailError::Unwritable(MailCause::UnusualAddress);
    // `"a b"@example.com` is an address by the standard, and servers read it in different ways
    if email.as_str().contains(UNUSUAL) {
        return Err(unusual());
    }
    let address = email.as_str().parse().map_err(|_| unusual())?;
    Ok(Mailbox::new(name, address))
}

/// Returns the text on one line.
fn one_line(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let plain: String = plain.take(LONGEST_SUBJECT).collect();
    plain.trim().to_owned()
}

/// Returns the `Message-ID` of the letter with this id.
pub(super) fn message_id(id: &str, from: &MailSender) -> String {
    format!("<{}@{}>", id_text(id), from.email.domain())
}

/// Returns a text whose only control characters are tabs and line feeds. Some servers take a bare
/// carriage return for the end of a line, and a dot after it for the end of the letter.
fn harmless(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let harmless = text.chars().map(|c| match c {
        '\r' => '\n',
        '\n' | '\t' => c,
        c if c.is_control() => ' ',
        c => c,
    });
    harmless.collect()
}

/// Returns an id with only what a `Message-ID` may contain without quotes.
fn id_text(id: &str) -> String {
    let mut safe = String::with_capacity(id.len());
    for letter in id.chars().take(LONGEST_SUBJECT) {
        if letter.is_ascii_alphanumeric() || "-_.".contains(letter) {
            safe.push(letter);
        } else {
            safe.extend(letter.escape_unicode().filter(char::is_ascii_alphanumeric));
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        Letter {
            id: "0190-1.mail".to_owned(),
            to: vec![Email::parse("sales@firm.example").unwrap()],
            reply_to: None,
            subject: "Новая заявка".to_owned(),
            text: "Анна".to_owned(),
            html: None,
            attachments: Vec::new(),
        }
    }

    fn written(letter: &Letter) -> String {
        let from = MailSender::parse("Заявки <leadgate@own.example>").unwrap();
        let message = letter.write(&from, Timestamp::UNIX_EPOCH).unwrap();
        String::from_utf8(message.formatted()).unwrap()
    }

    fn head(letter: &Letter) -> Vec<String> {
        let text = written(letter);
        let head = text.split("\r\n\r\n").next().unwrap();
        // unfolded
        let head = head.replace("\r\n ", " ");
        head.split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn a_letter_has_the_headers_that_mail_servers_expect() {
        let head = head(&letter());
        for line in [
            "Message-ID: <0190-1.mail@own.example>",
            "Date: Thu, 01 Jan 1970 00:00:00 +0000",
            "To: sales@firm.example",
            "Auto-Submitted: auto-generated",
            "Content-Transfer-Encoding: base64",
        ] {
            assert!(head.iter().any(|it| it == line), "{line}\n{head:#?}");
        }
    }

    /// What a sender of a form may try in order to add headers or recipients.
    #[test]
    fn text_never_becomes_a_header() {
        let before = head(&letter()).len();
        for evil in [
            "Hi\r\nBcc: spy@evil.example",
            "Hi\nBcc: spy@evil.example",
            "Hi\rBcc: spy@evil.example",
            "Hi\r\n\r\nAn own body",
            "Hi\u{0}\r\n\tBcc: spy@evil.example",
            "Hi\u{85}Bcc: spy@evil.example",
            "Hi\u{2028}Bcc: spy@evil.example",
            "=?utf-8?Q?Hi=0D=0ABcc:_spy@evil.example?=",
            &format!("{}\r\nBcc: spy@evil.example", "х".repeat(300)),
        ] {
            let letter = Letter {
                subject: evil.to_owned(),
                id: evil.to_owned(),
                ..letter()
            };
            let head = head(&letter);
            assert_eq!(head.len(), before, "{evil:?}: {head:#?}");
            assert!(
                !head.iter().any(|line| line.starts_with("Bcc")),
                "{head:#?}"
            );
        }
        let file = Attachment {
            name: "a.txt\"\r\nBcc: spy@evil.example\r\n\r\n".to_owned(),
            media_type: "text/plain\r\nBcc: spy@evil.example".to_owned(),
            content: Bytes::from_static(b"x"),
        };
        let letter = Letter {
            attachments: vec![file],
            ..letter()
        };
        let text = written(&letter);
        let lines = text.split("\r\n");
        assert_eq!(lines.filter(|line| line.starts_with("Bcc")).count(), 0);
    }

    /// Ends of a letter that some servers know, besides the standard's.
    #[test]
    fn text_never_ends_the_letter() {
        for end in [
            "\r\n.\r\n",
            "\n.\n",
            "\r.\r",
            "\n.\r\n",
            "\r\n.\r",
            "\0\n.\n\0",
        ] {
            let evil = format!("Hi{end}MAIL FROM:<spy@evil.example>\r\n");
            for html in [None, Some(evil.clone())] {
                let letter = Letter {
                    text: evil.clone(),
                    html,
                    ..letter()
                };
                let text = written(&letter);
                assert!(
                    !text.replace("\r\n", "").contains(['\r', '\n', '\0']),
                    "{text:?}"
                );
                // and the client doubles a dot that begins a line
            }
        }
    }

    #[test]
    fn no_address_brings_a_header_or_a_second_recipient() {
        for evil in [
            "a@b.example\r\nBcc: spy@evil.example",
            "a@b.example\nBcc: spy@evil.example",
            "a@b.example, spy@evil.example",
            "a@b.example; spy@evil.example",
            "a@b.example> RCPT TO:<spy@evil.example",
            "<a@b.example> <spy@evil.example>",
            "\"a\r\nBcc: spy@evil.example\r\n\"@b.example",
            "a@b.example\u{0}",
            "a@b.example\u{2028}Bcc: spy@evil.example",
            "a b@b.example",
            "a@b.example SIZE=1",
            "a%0d%0aBcc:spy@evil.example@b.example",
        ] {
            let Some(email) = Email::parse(evil) else {
                continue;
            };
            let letter = Letter {
                to: vec![email.clone()],
                reply_to: Some(email),
                ..letter()
            };
            let from = MailSender::parse("leadgate@own.example").unwrap();
            let Ok(message) = letter.write(&from, Timestamp::UNIX_EPOCH) else {
                continue;
            };
            assert_eq!(message.envelope().to().len(), 1, "{evil:?}");
            let head = head(&letter);
            let is_bcc = |line: &String| line.to_ascii_lowercase().starts_with("bcc");
            assert!(!head.iter().any(is_bcc), "{evil:?}: {head:#?}");
            let to = message.envelope().to()[0].to_string();
            assert!(
                !to.contains([' ', '\r', '\n', '<', '>', ',']),
                "{evil:?}: {to}"
            );
        }
    }

    #[test]
    fn text_html_and_files_are_parts_of_one_letter() {
        let html = Some("<b>Анна</b>".to_owned());
        let file = Attachment {
            name: "резюме.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            content: Bytes::from_static(b"%PDF"),
        };
        let kinds = |html: &Option<String>, files: &[&Attachment]| {
            let letter = Letter {
                html: html.clone(),
                attachments: files.iter().copied().cloned().collect(),
                ..letter()
            };
            let text = written(&letter);
            let kinds = ["mixed", "alternative", "text/plain", "text/html", "/pdf"];
            kinds.map(|kind| text.matches(kind).count())
        };
        assert_eq!(kinds(&None, &[]), [0, 0, 1, 0, 0]);
        assert_eq!(kinds(&html, &[]), [0, 1, 1, 1, 0]);
        assert_eq!(kinds(&None, &[&file]), [1, 0, 1, 0, 1]);
        assert_eq!(kinds(&html, &[&file, &file]), [1, 1, 1, 1, 2]);
    }

    #[test]
    fn a_letter_without_recipients_is_not_written() {
        let letter = Letter {
            to: Vec::new(),
            ..letter()
        };
        let from = MailSender::parse("leadgate@own.example").unwrap();
        let error = letter.write(&from, Timestamp::UNIX_EPOCH).unwrap_err();
        assert!(matches!(error, MailError::Unwritable(_)), "{error}");
    }

    #[test]
    fn debug_output_has_no_content() {
        let printed = format!("{:?}", letter());
        assert!(
            !printed.contains("Анна") && !printed.contains("sales"),
            "{printed}"
        );
    }
}
