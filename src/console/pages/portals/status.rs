//! What pages call a destination, and its state in words.

use maud::{Markup, html};

use crate::console::PATH;
use crate::console::layout::moment;
use crate::console::request::encoded;
use crate::console::visit::Visit;
use crate::domain::{Bilingual, Destination, HttpStep, MailStep, RecordingStep};
use crate::pipeline::DestinationState;

/// Returns the name of a kind of destinations.
pub(super) fn kind<'a>(visit: &Visit<'_>, destination: &'a Destination) -> &'a str {
    let (en, ru) = match destination.kind() {
        Destination::CRM => ("Bitrix24", "Битрикс24"),
        HttpStep::KIND => ("HTTP service", "HTTP-сервис"),
        MailStep::KIND => ("Mail", "Почта"),
        RecordingStep::KIND => ("Recordings of calls", "Записи звонков"),
        other => (other, other),
    };
    Bilingual::new(en, ru).pick(visit.lang)
}

/// Returns the address of a destination's page.
pub(in crate::console::pages) fn address(destination: &Destination) -> String {
    let name = encoded(&destination.to_string());
    format!("{PATH}/portals/{name}")
}

/// Returns the host that a connection to the CRM leads to.
pub(super) fn host(visit: &Visit<'_>, destination: &Destination) -> Option<String> {
    let connections = &visit.parts().connections;
    let is_crm = destination.kind() == Destination::CRM;
    let connection = connections.get(destination.name()).filter(|_| is_crm)?;
    Some(connection.portal())
}

/// A state by word and colour.
pub(in crate::console::pages) fn badge(visit: &Visit<'_>, state: &DestinationState) -> Markup {
    let (class, text) = if state.by_hand.is_some() {
        (
            "state state-waiting",
            visit.t("paused by hand", "приостановлен вручную"),
        )
    } else if state.outage.is_some() {
        ("state state-parked", visit.t("paused", "не работает"))
    } else if state.works {
        ("state state-delivered", visit.t("works", "работает"))
    } else {
        (
            "state state-queued",
            visit.t("not used yet", "ещё не использовался"),
        )
    };
    html! { span class=(class) { (text) } }
}

/// Says since when and why nothing is delivered, and when it is tried again.
pub(in crate::console::pages) fn why(visit: &Visit<'_>, state: &DestinationState) -> Markup {
    html! {
        @if let Some(pause) = &state.by_hand {
            p { (visit.t("Paused by ", "Приостановил(а) ")) strong { (visit.name(&pause.who)) } ", "
                (moment(visit, pause.since)) @if !pause.note.is_empty() { " (" (pause.note) ")" } ". "
                (visit.t("Submissions are accepted and wait here; nothing is sent until it is resumed.",
                             "Обращения принимаются и ждут; ничего не отправляется, пока доставку не возобновят.")) }
        }
        @if let Some(outage) = &state.outage {
            p { (visit.t("Does not work since ", "Не работает с ")) (moment(visit, outage.since)) ". "
                (outage.text().pick(visit.lang)) }
            @if !outage.error.is_empty() {
                p.hint { (visit.t("The last error: ", "Последняя ошибка: ")) code { (outage.error) } }
            }
            p { @match outage.next_probe {
                Some(at) => { (visit.t("Next probe: ", "Следующая проверка: ")) (moment(visit, at)) }
                None => { (visit.t("It is being probed now.", "Сейчас проверяется.")) }
            } }
        }
    }
}
