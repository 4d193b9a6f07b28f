//! A PBX: its users and who they are in the portal, as `leadgate pbx users` shows them.

use std::time::Duration;

use maud::{Markup, html};

use crate::console::PATH;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::pbx::matching::Matching;

/// How long the employees of the portal may take to be read.
const EMPLOYEES_WITHIN: Duration = Duration::from_secs(5);

pub(super) async fn page(visit: &Visit<'_>, name: &str) -> Result<Answer, Trouble> {
    let parts = visit.parts();
    let pbx = parts.pbxs.get(name).ok_or(Trouble::NotFound)?;
    let matched = match &pbx.client {
        Some(client) => match client.users().await {
            Ok(users) => {
                let matching = pbx.directory.matching(users, EMPLOYEES_WITHIN).await;
                matching.ok_or_else(|| unread(visit))
            }
            Err(failure) => Err(html! { p.problem { (failure.text().in_lang(visit.lang)) } }),
        },
        None => Err(html! {
            p.empty { (visit.t("The gateway cannot ask this PBX: set pbx.NAME.url and pbx.NAME.pbx_key.",
                               "Шлюз не может спросить эту АТС: задайте pbx.ИМЯ.url и pbx.ИМЯ.pbx_key.")) }
        }),
    };
    let body = html! {
        p { a href={ (PATH) "/sources" } { (visit.t("All sources", "Все источники")) } " · "
            a href={ (PATH) "/calls" } { (visit.t("Live calls", "Звонки сейчас")) } }
        h2 { (visit.t("Users of the PBX and employees", "Абоненты АТС и сотрудники")) }
        @match matched {
            Ok(matching) => (table(visit, &matching)),
            Err(why) => (why),
        }
    };
    Ok(Answer::Page(Page {
        title: format!("{} {name}", visit.t("PBX", "АТС")),
        section: Section::Sources,
        body,
    }))
}

fn unread(visit: &Visit<'_>) -> Markup {
    html! { p.problem { (visit.t("The employees of the portal were not read yet. Reload the page in a moment.",
    "Сотрудники портала ещё не прочитаны. Обновите страницу чуть позже.")) } }
}

fn table(visit: &Visit<'_>, matching: &Matching) -> Markup {
    html! {
        @if matching.users.is_empty() {
            p.empty { (visit.t("The PBX has no users.", "В АТС нет абонентов.")) }
        } @else {
            div.table { table {
                thead { tr {
                    th { (visit.t("Inner number", "Внутренний")) }
                    th { (visit.t("User of the PBX", "Абонент АТС")) }
                    th { (visit.t("Employee", "Сотрудник")) }
                    th { (visit.t("Matched by", "Как найден")) }
                } }
                tbody { @for user in &matching.users {
                    tr {
                        td { (user.user.inner) }
                        td { (user.user.name) }
                        @match &user.employee {
                            Some((employee, by)) => {
                                td { (employee.name) " " span.hint.nowrap { "ID " (employee.id) } }
                                td { (by.text().pick(visit.lang)) }
                            }
                            None => { td { span.bad { (visit.t("nobody", "не найден")) } } td {} }
                        }
                    }
                } }
            } }
        }
        @if !matching.without_user.is_empty() {
            h2 { (visit.t("Employees without a user of the PBX", "Сотрудники без абонента АТС")) }
            ul { @for row in &matching.without_user {
                li { (row.name) " " span.hint { "ID " (row.id) @if let Some(inner) = &row.inner { " · " (inner) } } }
            } }
        }
        p.hint { (visit.t("Match by hand in _pbx.yaml.", "Сопоставить вручную можно в _pbx.yaml."))
            " " a href={ (PATH) "/profiles/_pbx.yaml" } { "_pbx.yaml" } }
    }
}
