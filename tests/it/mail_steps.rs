//! Letters as steps after the CRM: sent once, with the same `Message-ID` when an answer was lost, and
//! never in the way of the CRM.

use leadgate::domain::{ParkReason, State};
use leadgate::simulator::{MailFault, MailFaultKind, MailSecurity, MailStage, Mailbox, Times};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gateway::{TestGateway, answer, until};
use crate::mail::{mail_to, mailbox};

const PROFILE: &str = "receive: { default: true }
fields: { name: $.data.name, email: $.data.email }
deal: { fields: { TITLE: '{{name}}' } }
then:
  - mail:
      to: [sales@firm.example, '{{email}}']
      reply_to: '{{email}}'
      subject: 'Заявка: {{name}}'
      text: 'Сделка {{steps.crm.deal_id}}: {{name}}'
      html: '<p>{{name}}</p>'
";

/// Starts a gateway with this profile that sends its mail to a mailbox of the test.
async fn start(profile: &str) -> (TestGateway, Mailbox) {
    start_with(profile, &[]).await
}

/// Starts one with more settings.
async fn start_with(profile: &str, more: &[(&str, &str)]) -> (TestGateway, Mailbox) {
    let (mailbox, address) = mailbox(MailSecurity::Plain);
    let home = TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    std::fs::write(folder.join("shop.yaml"), profile).unwrap();
    let server = format!("smtp://{address}");
    let folder = [("mappings.dir", folder.to_str().unwrap())];
    let settings = [&folder[..], &mail_to(&server), more].concat();
    (TestGateway::at(home, &settings).await, mailbox)
}

fn anna() -> Value {
    json!({"name": "Анна <b>", "email": "Anna@Mail.example"})
}

fn fault(kind: MailFaultKind, times: Times) -> MailFault {
    MailFault {
        kind,
        to: None,
        times,
    }
}

/// Returns the lines of a letter that begin like this.
fn lines<'l>(raw: &'l str, beginning: &str) -> Vec<&'l str> {
    raw.lines()
        .filter(|line| line.starts_with(beginning))
        .collect()
}

#[actix_web::test]
async fn a_letter_follows_the_deal_and_uses_its_id() {
    let (gateway, mailbox) = start(PROFILE).await;
    gateway.post_answer(answer(1, 1, anna())).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
    let letters = mailbox.letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].to, ["sales@firm.example", "anna@mail.example"]);
    assert_eq!(letters[0].from, "leadgate@own.example");
    let page = gateway
        .http()
        .get(gateway.url("/sandbox/mail"))
        .send()
        .await;
    assert_eq!(page.unwrap().status(), 200);
    let history = gateway.history("1/1");
    let step = history
        .steps
        .iter()
        .find(|step| step.outcome.name == "mail");
    let result = &step.unwrap().outcome.result;
    let id = result.get("message_id").and_then(Value::as_str).unwrap();
    assert_eq!(
        lines(&letters[0].raw, "Message-ID"),
        [format!("Message-ID: {id}")]
    );
    assert_eq!(
        lines(&letters[0].raw, "Reply-To"),
        ["Reply-To: anna@mail.example"]
    );
    let shown = gateway.command(&["journal", "show", "1/1"], &[]);
    for part in [
        "SMTP 127.0.0.1:",
        // the words of the mail server
        "(250 ",
        "Сделка 1: Анна <b>",
        "&lt;b&gt;",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
}

#[actix_web::test]
async fn a_letter_whose_answer_was_lost_is_sent_again_with_the_same_id() {
    let (gateway, mailbox) = start(PROFILE).await;
    mailbox.inject(fault(MailFaultKind::LostReply, Times::Next(1)));
    gateway.post_answer(answer(1, 1, anna())).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
    let letters = mailbox.letters();
    let ids: Vec<_> = letters
        .iter()
        .map(|it| lines(&it.raw, "Message-ID"))
        .collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
    assert_eq!(gateway.deals().len(), 1, "the deal is not made again");
    // a person who wants it once more gets another letter
    gateway.command(&["replay", "1/1", "--step", "mail", "--as-mapped"], &[]);
    until("the third letter", async || mailbox.taken() == 3).await;
    let third = mailbox.letters()[2].raw.clone();
    assert_ne!(lines(&third, "Message-ID"), ids[0]);
}

#[actix_web::test]
async fn what_a_mail_server_puts_off_is_tried_again_and_what_it_refuses_is_parked() {
    let (gateway, mailbox) = start(PROFILE).await;
    mailbox.inject(fault(MailFaultKind::Greylist, Times::Always));
    let later = MailFaultKind::TryLater {
        at: MailStage::Letter,
    };
    mailbox.inject(fault(later, Times::Next(2)));
    gateway.post_answer(answer(1, 1, anna())).await;
    gateway.settle().await;
    assert_eq!(
        (gateway.count(State::Delivered).await, mailbox.taken()),
        (1, 1)
    );
    mailbox.clear_faults();
    let refusal = MailFaultKind::RefuseMail {
        at: MailStage::Recipient,
    };
    mailbox.inject(fault(refusal, Times::Next(1)));
    gateway.post_answer(answer(1, 2, anna())).await;
    gateway.settle().await;
    let history = gateway.history("1/2");
    assert_eq!(history.entry.reason, Some(ParkReason::RefusedByService));
    let note = history
        .entry
        .note
        .unwrap()
        .to_text(leadgate::domain::Lang::En);
    assert!(note.contains("(550): «5.1.1 No such user here"), "{note}");
    let explained = gateway.command(&["explain", "1/2"], &[]);
    assert!(explained.contains("→ 550 5.1.1"), "{explained}");
    assert_eq!(gateway.deals().len(), 2, "the CRM has it");
    gateway.command(&["replay", "1/2"], &[]);
    until("it is sent", async || mailbox.taken() == 2).await;
    assert_eq!(gateway.deals().len(), 2);
}

#[actix_web::test]
async fn a_dead_mail_server_holds_up_no_deal() {
    let (gateway, mailbox) = start(PROFILE).await;
    mailbox.inject(fault(MailFaultKind::ClosedPort, Times::Always));
    for number in 1..=30 {
        gateway.post_answer(answer(1, number, anna())).await;
    }
    until("the deals are there", async || gateway.deals().len() == 30).await;
    assert_eq!(mailbox.taken(), 0);
    mailbox.clear_faults();
    gateway.settle().await;
    assert_eq!(
        (gateway.count(State::Delivered).await, mailbox.taken()),
        (30, 30)
    );
}

#[actix_web::test]
async fn an_address_from_a_packet_is_one_address_or_nobody() {
    let only = PROFILE.replace("[sales@firm.example, '{{email}}']", "'{{email}}'");
    let (gateway, mailbox) = start(&only).await;
    for (number, email) in [
        (1, "a@mail.example, b@mail.example"),
        (2, "a@mail.example\r\nBcc: b@mail.example"),
        (3, "nobody"),
        (4, ""),
    ] {
        let packet = json!({"name": "Анна", "email": email});
        gateway.post_answer(answer(1, number, packet)).await;
    }
    gateway.post_answer(answer(1, 5, anna())).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Parked).await, 4);
    assert_eq!((gateway.deals().len(), mailbox.taken()), (5, 1));
    let reason = gateway.history("1/3").entry.reason;
    assert_eq!(reason, Some(ParkReason::MissingValue));
}

#[actix_web::test]
async fn a_file_that_does_not_fit_is_named_in_the_letter_and_in_the_journal() {
    let more = [("mail.letter_limit", "6KB")];
    let html = "then:
  - mail: { to: hr@firm.example, subject: '{{name}}', html: '<body>{{name}}</body>', text: '{{name}}', files: [scan, photos] }
";
    let profile = FILES.split("then:").next().unwrap().to_owned() + html;
    let (gateway, mailbox) = start_with(&profile, &more).await;
    let form = |name: &str, scan: usize| {
        format!(
            "--xyz\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n{name}\r\n\
             --xyz\r\nContent-Disposition: form-data; name=\"scan\"; filename=\"a<b>.pdf\"\r\n\
             Content-Type: application/pdf\r\n\r\n{}\r\n\
             --xyz\r\nContent-Disposition: form-data; name=\"photos[]\"; filename=\"b.png\"\r\n\r\n\
             PNG\r\n--xyz--\r\n",
            "x".repeat(scan)
        )
    };
    let multipart = "multipart/form-data; boundary=xyz";
    for (number, name, scan, files, sentence) in [
        (0, "Анна", 100, vec!["a_b_.pdf", "b.png"], ""),
        (
            1,
            "Анна",
            5_000,
            vec!["b.png"],
            "Эти файлы слишком велики для письма: a_b_.pdf (5 KB). Обращение ",
        ),
        (
            2,
            "Anna",
            5_000,
            vec!["b.png"],
            "These files are too large for this letter: a_b_.pdf (5 KB). Submission ",
        ),
    ] {
        let reply = gateway
            .post_in("/in/jobs", multipart, form(name, scan))
            .await;
        let id = reply.body["id"].as_str().unwrap().to_owned();
        gateway.settle().await;
        let letter = &mailbox.to_json()[number];
        let sent = letter["files"].as_array().unwrap();
        let names: Vec<&str> = sent
            .iter()
            .filter_map(|file| file["name"].as_str())
            .collect();
        assert_eq!(names, files, "{letter}");
        let shown = gateway.command(&["journal", "show", &id], &[]);
        let is_marked = shown.contains("the letter would be larger than mail.letter_limit allows");
        assert_eq!(is_marked, !sentence.is_empty(), "{shown}");
        let part = |key: &str| letter[key].as_str().unwrap().to_owned();
        if sentence.is_empty() {
            assert_eq!(part("text").trim(), name);
            continue;
        }
        let sentence = format!("{sentence}{id}.");
        assert!(part("text").contains(&sentence), "{letter}");
        assert!(
            part("html").contains(&format!("<p>{sentence}</p></body>")),
            "{letter}"
        );
    }
    // a text that is too large alone
    let body = json!({"name": "х".repeat(8_000)}).to_string();
    let reply = gateway.post_in("/in/jobs", "application/json", body).await;
    let id = reply.body["id"].as_str().unwrap().to_owned();
    gateway.settle().await;
    assert_eq!(
        (gateway.count(State::Parked).await, mailbox.taken()),
        (1, 3)
    );
    let shown = gateway.command(&["journal", "show", &id, "--lang", "ru"], &[]);
    let why =
        "письмо нельзя составить: уже его текст больше, чем разрешает mail.letter_limit (6 KB)";
    assert!(shown.contains(why), "{shown}");
}

/// A form with a file, and its profile.
const FILES: &str = "receive: { channel: jobs }
fields: { name: $.name, scan: { from: $.scan, as: file }, photos: { from: $.photos, as: file } }
then:
  - mail: { to: hr@firm.example, subject: '{{name}}', text: '{{scan}}', files: [scan, photos] }
";

#[actix_web::test]
async fn files_of_a_form_go_with_the_letter_and_what_is_lost_is_explained() {
    let (gateway, mailbox) = start(FILES).await;
    let body = "--xyz\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nАнна\r\n\
                --xyz\r\nContent-Disposition: form-data; name=\"scan\"; filename=\"резюме.pdf\"\r\n\
                Content-Type: application/pdf\r\n\r\n%PDF-1.7 x\r\n\
                --xyz\r\nContent-Disposition: form-data; name=\"photos[]\"; filename=\"a.png\"\r\n\r\n\
                \u{7f}PNG\r\n--xyz--\r\n";
    let multipart = "multipart/form-data; boundary=xyz";
    let reply = gateway.post_in("/in/jobs", multipart, body).await;
    assert_eq!(reply.status, 200);
    gateway.settle().await;
    let letters = mailbox.to_json();
    let sent = letters[0]["files"].as_array().unwrap();
    let part = |file: &Value, key: &str| file[key].as_str().unwrap_or_default().to_owned();
    let names: Vec<String> = sent.iter().map(|file| part(file, "name")).collect();
    assert_eq!(names, ["резюме.pdf", "a.png"]);
    assert_eq!(part(&sent[0], "media_type"), "application/pdf");
    assert_eq!(
        (&sent[0]["size"], &sent[1]["size"]),
        (&json!(10), &json!(4))
    );
    // a link to a host that the settings do not name
    let json = json!({"name": "Анна", "scan": "https://files.example/cv.pdf"});
    let reply = gateway
        .post_in("/in/jobs", "application/json", json.to_string())
        .await;
    let id = reply.body["id"].as_str().unwrap().to_owned();
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 2);
    assert_eq!(mailbox.to_json()[1]["files"], json!([]));
    let shown = gateway.command(&["journal", "show", &id], &[]);
    assert!(
        shown.contains("files.hosts does not allow the host of its link"),
        "{shown}"
    );
}
