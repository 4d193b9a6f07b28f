//! The open alerts: what is so, since when, and what to do.

use maud::{Markup, html};

use crate::alerts::{OpenAlert, Subject, open_alerts};
use crate::console::PATH;
use crate::console::layout::moment;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;

/// Shows the page.
pub(in crate::console) async fn answer(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let parts = visit.parts();
    let settings = &parts.settings.alerts;
    let words = (parts.sources.clone(), visit.lang);
    let open = open_alerts(&parts.store, settings, words).await?;
    let t = |en, ru| visit.t(en, ru);
    let body = html! {
        div id="alerts" hx-get={ (PATH) "/alerts" } hx-trigger="history from:body, every 30s"
            hx-select="#alerts" hx-swap="outerHTML" {
            @if !settings.is_on() {
                p.hint {
                    (t("Nobody is told of this: it is shown here and on the overview. Name somebody in alerts.mail, alerts.bitrix24 or alerts.http.",
                       "Об этом никто не получает сообщений: видно только здесь и в обзоре. Укажите получателя: alerts.mail, alerts.bitrix24 или alerts.http."))
                }
            }
            @if open.is_empty() {
                p.empty { (t("Nothing needs you.", "Ничего не требует внимания.")) }
            } @else {
                (table(visit, &open))
            }
        }
    };
    Ok(Answer::Page(Page {
        title: t("Alerts", "Оповещения").to_owned(),
        section: Section::Attention,
        body,
    }))
}

fn table(visit: &Visit<'_>, open: &[OpenAlert]) -> Markup {
    let has_messages = visit.parts().settings.alerts.is_on();
    let t = |en, ru| visit.t(en, ru);
    html! {
        div.table { table {
            thead { tr {
                th { (t("What", "Что")) }
                th { (t("Since", "С какого времени")) }
                th { (t("What to do", "Что делать")) }
                @if has_messages { th { (t("Message", "Сообщение")) } }
            } }
            tbody { @for alert in open {
                tr {
                    td { (alert.text) (where_to(visit, alert)) }
                    td { @if let Some(since) = alert.since { (moment(visit, since)) } }
                    td { (alert.advice) }
                    @if has_messages { td { @if alert.is_told { (t("sent", "отправлено")) } @else { (t("not yet", "ещё нет")) } } }
                }
            } }
        } }
    }
}

/// The page that shows what the alert is about.
fn where_to(visit: &Visit<'_>, alert: &OpenAlert) -> Markup {
    let (path, name) = match &alert.subject {
        Subject::Parked { .. } => ("/attention", visit.t("Attention", "Внимание")),
        Subject::Paused { .. } | Subject::Profiles { .. } | Subject::Application { .. } => {
            ("/portals", visit.t("Portals", "Порталы"))
        }
        Subject::Backlog => ("/history?state=waiting", visit.t("What waits", "Что ждёт")),
        Subject::Silence { .. } | Subject::Amocrm { .. } => {
            ("/sources", visit.t("Sources", "Источники"))
        }
        Subject::Disk => return html! {},
    };
    html! { " " a href={ (PATH) (path) } { (name) } }
}
