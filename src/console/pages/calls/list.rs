//! The calls that go on, and the employees as the PBXs see them.

use maud::{Markup, html};

use crate::console::PATH;
use crate::console::layout::{moment, token_field};
use crate::console::mask::masked;
use crate::console::visit::Visit;
use crate::domain::Role;
use crate::telephony::{AgentView, CallView, EmployeeView};

/// Lists the calls.
pub(super) fn calls(visit: &Visit<'_>) -> Markup {
    let calls = visit.parts().calls.calls();
    let t = |en, ru| visit.t(en, ru);
    html! {
        h2 { (t("Now", "Сейчас")) }
        @if calls.is_empty() {
            p.empty { (t("Nobody is on the phone. A call appears here when it rings.",
                         "Никто не разговаривает. Звонок появится здесь, как только зазвонит телефон.")) }
        } @else {
            div.table { table {
                thead { tr {
                    th { (t("Since", "С")) }
                    th { (t("State", "Состояние")) }
                    th { (t("Number", "Номер")) }
                    th { (t("Client", "Клиент")) }
                    th { (t("Employees", "Сотрудники")) }
                    th { (t("Line", "Линия")) }
                    th { (t("PBX", "АТС")) }
                } }
                tbody { @for call in &calls { (row(visit, call)) } }
            } }
        }
    }
}

fn row(visit: &Visit<'_>, call: &CallView) -> Markup {
    html! {
        tr {
            td { (moment(visit, call.started_at)) }
            td { (kind(visit, call.kind)) ", " (state(visit, call.state)) }
            td.nowrap { @if let Some(number) = &call.number { (number_of(visit, call, number)) } }
            td {
                @for client in &call.clients {
                    div {
                        @if visit.sees_people() {
                            a href=(client.link) rel="noopener" { (client.name) }
                        } @else { (masked(visit, &client.name)) }
                    }
                }
            }
            td { @for employee in &call.employees { (employee_of(visit, call, employee)) } }
            td { (call.line.as_deref().unwrap_or_default()) }
            td { (call.pbx) }
        }
    }
}

/// Returns whether the gateway knows where to send commands for a PBX.
fn takes_commands(visit: &Visit<'_>, pbx: &str) -> bool {
    let pbx = visit.parts().pbxs.get(pbx);
    pbx.is_some_and(|pbx| pbx.client.is_some())
}

/// A number, which an operator presses to call it if the PBX takes commands.
fn number_of(visit: &Visit<'_>, call: &CallView, number: &str) -> Markup {
    let address = format!("{PATH}/calls/call");
    let shown = masked(visit, number);
    html! {
        @if takes_commands(visit, &call.pbx) && visit.user.role >= Role::Operator {
            // the form for calling may lack, and an include that finds nothing is a script error
            form method="post" action=(address) hx-post=(address) hx-target="#called" hx-include="#called, #dial select" {
                (token_field(visit))
                input type="hidden" name="number" value=(number);
                button.second title=(visit.t("Call this number", "Позвонить по этому номеру")) { (shown) }
            }
        } @else { (shown) }
    }
}

fn employee_of(visit: &Visit<'_>, call: &CallView, employee: &EmployeeView) -> Markup {
    let name = employee.name.as_deref().or(employee.inner.as_deref());
    let address = format!("{PATH}/calls/hold");
    let may_hold =
        takes_commands(visit, &call.pbx) && matches!(employee.state, "talking" | "on_hold");
    html! {
        div {
            (name.unwrap_or("—")) ", " (state(visit, employee.state)) " " (moment(visit, employee.since))
            @if let Some(user) = employee.user.filter(|_| may_hold && visit.user.role >= Role::Operator) {
                form method="post" action=(address) hx-post=(address) hx-target="#called" {
                    (token_field(visit))
                    input type="hidden" name="as" value={ (call.pbx) "/" (user) };
                    input type="hidden" name="call" value=(employee.leg);
                    button.second {
                        @if employee.state == "on_hold" { (visit.t("Resume", "Снять с удержания")) }
                        @else { (visit.t("Hold", "Удержать")) }
                    }
                }
            }
        }
    }
}

/// Lists the employees.
pub(super) fn agents(visit: &Visit<'_>) -> Markup {
    let agents = visit.parts().calls.agents();
    let t = |en, ru| visit.t(en, ru);
    html! {
        @if !agents.is_empty() {
            h2 { (t("Employees", "Сотрудники")) }
            div.table { table {
                thead { tr {
                    th { (t("Inner number", "Внутренний номер")) }
                    th { (t("Employee", "Сотрудник")) }
                    th { (t("Phone", "Телефон")) }
                    th { (t("Call centre", "Колл-центр")) }
                    th { (t("Since", "С")) }
                    th { (t("PBX", "АТС")) }
                } }
                tbody { @for agent in &agents { tr {
                    td.nowrap { (agent.inner) }
                    td { (agent.name.as_deref().unwrap_or("—")) }
                    td { (phone(visit, agent)) }
                    td { (agent.state.as_deref().unwrap_or("—")) }
                    td { (moment(visit, agent.since)) }
                    td { (agent.pbx) }
                } } }
            } }
        }
    }
}

fn phone<'v>(visit: &'v Visit<'_>, agent: &AgentView) -> &'v str {
    match agent.registered {
        Some(true) => visit.t("connected", "на связи"),
        Some(false) => visit.t("not connected", "не подключён"),
        None => "—",
    }
}

fn kind<'v>(visit: &'v Visit<'_>, kind: &'v str) -> &'v str {
    match kind {
        "incoming" => visit.t("incoming", "входящий"),
        "outgoing" => visit.t("outgoing", "исходящий"),
        "internal" => visit.t("internal", "внутренний"),
        other => other,
    }
}

fn state<'v>(visit: &'v Visit<'_>, state: &'v str) -> &'v str {
    match state {
        "ringing" => visit.t("rings", "звонит"),
        "talking" => visit.t("talking", "разговор"),
        "on_hold" => visit.t("on hold", "на удержании"),
        "ended" => visit.t("ended", "окончен"),
        other => other,
    }
}
