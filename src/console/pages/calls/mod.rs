//! Live calls of the PBXs: who talks to whom, who can be reached; calling and holding.

mod change;
mod list;

use maud::{Markup, html};

use crate::console::PATH;
use crate::console::layout::token_field;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::crm::ColleagueRow;
use crate::domain::Role;

/// Answers the requests of this section.
pub(in crate::console) async fn answer(
    visit: &Visit<'_>,
    rest: &[&str],
) -> Result<Answer, Trouble> {
    match rest {
        [] => page(visit).await,
        ["call"] => change::call(visit).await,
        ["hold"] => change::hold(visit).await,
        _ => Err(Trouble::NotFound),
    }
}

async fn page(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let t = |en, ru| visit.t(en, ru);
    let body = if visit.parts().pbxs.is_empty() {
        nothing(visit)
    } else {
        let callers = callers(visit).await;
        html! {
            @if visit.user.role >= Role::Operator { (dial(visit, &callers)) }
            div id="called" role="status" {}
            div id="calls" hx-get={ (PATH) "/calls" } hx-trigger="calls from:body, every 30s"
                hx-select="#calls" hx-swap="outerHTML" {
                (list::calls(visit))
                (list::agents(visit))
            }
        }
    };
    Ok(Answer::Page(Page {
        title: t("Calls", "Звонки").to_owned(),
        section: Section::Calls,
        body,
    }))
}

/// Says how to connect a PBX.
fn nothing(visit: &Visit<'_>) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    html! {
        div.card {
            p { (t("No PBX is connected. Add one to leadgate.toml and start the gateway again:",
                   "АТС не подключена. Добавьте её в leadgate.toml и перезапустите шлюз:")) }
            pre { "[pbx.main]\nurl = \"https://pbx.example\"" }
            p { (t("Its key goes into the variable LEADGATE_PBX__MAIN__KEY.", "Ключ АТС — в переменную LEADGATE_PBX__MAIN__KEY.")) }
            p { (t("Then give the PBX this address for its integration: ", "Затем укажите в АТС адрес интеграции: "))
                code { "/pbx/main" } ". "
                (t("The documentation (docs/pbx.md) leads from there to the first card of a call.",
                   "Дальше, до первой карточки звонка, ведёт документация: docs/pbx.ru.md.")) }
        }
    }
}

/// An employee who may call, with the PBX.
struct Caller {
    pbx: String,
    row: ColleagueRow,
}

impl Caller {
    /// Returns the value of the choice.
    fn value(&self) -> String {
        format!("{}/{}", self.pbx, self.row.id)
    }
}

/// Returns the employees who have a phone of a PBX that takes commands.
async fn callers(visit: &Visit<'_>) -> Vec<Caller> {
    let mut callers = Vec::new();
    for (name, pbx) in &visit.parts().pbxs {
        if pbx.client.is_none() {
            continue;
        }
        // the page does not wait for the portal
        let rows = pbx
            .directory
            .employees_within(std::time::Duration::ZERO)
            .await;
        let rows = rows.as_deref().unwrap_or_default().iter();
        let reached = rows.filter(|row| pbx.directory.inner_of(row.id).is_some());
        callers.extend(reached.map(|row| Caller {
            pbx: name.clone(),
            row: row.clone(),
        }));
    }
    callers.sort_by(|one, other| (&one.pbx, &one.row.name).cmp(&(&other.pbx, &other.row.name)));
    callers
}

/// The form for calling a number.
fn dial(visit: &Visit<'_>, callers: &[Caller]) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    let address = format!("{PATH}/calls/call");
    let remembered = change::remembered(visit);
    let several = visit.parts().pbxs.len() > 1;
    html! {
        @if callers.is_empty() {
            p.hint {
                (t("Nobody can be let call: a PBX needs pbx.NAME.url, and employees of the portal need an inner number.",
                   "Звонить пока некому: у АТС должен быть pbx.ИМЯ.url, а у сотрудников портала — внутренний номер."))
            }
        } @else {
            form id="dial" class="filters" method="post" action=(address) hx-post=(address) hx-target="#called" {
                (token_field(visit))
                label {
                    (t("Who calls", "Кто звонит"))
                    select name="as" required {
                        @for caller in callers {
                            @let value = caller.value();
                            option value=(value) selected[remembered.as_deref() == Some(value.as_str())] {
                                (caller.row.name)
                                @if several { " · " (caller.pbx) }
                            }
                        }
                    }
                }
                label {
                    (t("Number", "Номер"))
                    input name="number" type="tel" required maxlength="40" autocomplete="off";
                }
                button { (t("Call", "Позвонить")) }
            }
        }
    }
}
