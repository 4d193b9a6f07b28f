//! The letters of the mailbox, newest first. HTML is shown as its source, so that a letter can do
//! nothing.

use maud::{Markup, html};

use super::{Page, View, html::moment};
use crate::simulator::mailbox::{self, Part, StoredLetter};

/// Letters shown.
const LETTERS: usize = 100;
/// Longer texts are cut, in characters.
const MAX_TEXT: usize = 20_000;
/// Headers shown; the others are in the source.
const HEADERS: [&str; 6] = [
    "From",
    "To",
    "Reply-To",
    "Date",
    "Message-ID",
    "Auto-Submitted",
];

/// Faults on the page: the code, the English and the Russian text.
const FAULTS: &[(&str, &str, &str)] = &[
    (
        "GREYLIST",
        "Greylist: 450 at the first try",
        "Грейлистинг: 450 с первого раза",
    ),
    ("TRY_LATER", "Try later, 451", "Попробуйте позже, 451"),
    (
        "REFUSE_MAIL",
        "No such recipient, 550",
        "Нет такого получателя, 550",
    ),
    (
        "REFUSE_LETTER",
        "Letter refused, 554",
        "Письмо не принято, 554",
    ),
    (
        "LOGIN_REJECTED",
        "Wrong password, 535",
        "Неверный пароль, 535",
    ),
    (
        "LOST_LETTER",
        "Connection breaks, nothing taken",
        "Обрыв, письмо не принято",
    ),
    (
        "LOST_REPLY",
        "Connection breaks, letter taken",
        "Обрыв, письмо принято",
    ),
    (
        "HOLD_MAIL_REPLY",
        "Letter taken, then 40 s of silence",
        "Принять письмо и молчать 40 секунд",
    ),
    (
        "SLOW_MAIL",
        "Slow answers, 1 s each",
        "Медленные ответы, по секунде",
    ),
    (
        "SILENT_SERVER",
        "No greeting for 40 s",
        "40 секунд без приветствия",
    ),
    ("BUSY_SERVER", "Server busy, 421", "Сервер занят, 421"),
    (
        "CLOSED_PORT",
        "Connection closed at once",
        "Соединение сразу закрыто",
    ),
    ("NO_STARTTLS", "No STARTTLS", "Без STARTTLS"),
    ("BROKEN_TLS", "TLS handshake fails", "Сбой TLS"),
];

/// Draws the list.
pub(super) fn list(view: &View<'_>) -> Page {
    let letters = view.mailbox.letters();
    let nothing = view.t(
        "No mail yet. Whatever leadgate sends to the mail server of the sandbox appears here.",
        "Писем пока нет. Здесь появится всё, что leadgate отправит на почтовый сервер песочницы.",
    );
    Page {
        title: view.t("Mail", "Почта").to_owned(),
        tab: "mail",
        body: html! {
            div.sub {
                span { (view.t("Total", "Всего")) ": " (view.mailbox.taken()) }
                (faults(view))
            }
            @if letters.is_empty() {
                p.empty { (nothing) }
            } @else {
                div.calls {
                    @for it in letters.iter().rev().take(LETTERS) { (letter(view, it)) }
                }
            }
        },
    }
}

fn faults(view: &View<'_>) -> Markup {
    let waiting = view.mailbox.waiting().len();
    let hint = view.t(
        "The next matching session will fail like this:",
        "Следующая подходящая отправка завершится так:",
    );
    html! {
        details.menu {
            summary {
                (view.t("Mail faults", "Сбои почты"))
                @if waiting > 0 { span.badge { (waiting) } }
            }
            form method="post" action="/sandbox/do/mail-fault" {
                input type="hidden" name="back" value=(view.link("/sandbox/mail"));
                p { (hint) }
                @for (code, en, ru) in FAULTS {
                    button name="code" value=(code) formaction="/sandbox/do/mail-fault" {
                        (view.t(en, ru)) small { (code) }
                    }
                }
                button formaction="/sandbox/do/calm-mail" {
                    (view.t("Clear all mail faults", "Отменить все сбои почты"))
                }
            }
        }
    }
}

fn letter(view: &View<'_>, letter: &StoredLetter) -> Markup {
    let content = mailbox::read(&letter.raw);
    let is_open = view.param("open") == letter.number.to_string();
    let way = if letter.encrypted { "TLS" } else { "" };
    html! {
        details.call data-key={ "mail-" (letter.number) } open[is_open] {
            summary {
                span.number { (letter.number) }
                span.name { (content.subject) }
                span.gist { (letter.to.join(", ")) }
                @if !way.is_empty() { span.status { (way) } }
                time { (moment(view.lang, letter.received)) }
            }
            div.inside {
                div {
                    h3 { (view.t("Headers", "Заголовки")) }
                    pre {
                        @for (name, value) in &content.headers {
                            @if HEADERS.iter().any(|it| it.eq_ignore_ascii_case(name)) {
                                (name) ": " (value) "\n"
                            }
                        }
                    }
                }
                div { h3 { (view.t("Text", "Текст")) } pre { (cut(&content.text)) } }
                @if let Some(html) = &content.html {
                    div { h3 { "HTML" } pre { (cut(html)) } }
                }
                @if !content.files.is_empty() {
                    div {
                        h3 { (view.t("Files", "Файлы")) }
                        @for file in &content.files { p { (named(file)) } }
                    }
                }
                div { h3 { (view.t("Source", "Исходный текст")) } pre { (cut(&letter.raw)) } }
            }
        }
    }
}

fn named(file: &Part) -> String {
    format!("{} ({}, {} B)", file.name, file.media_type, file.size)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
