//! The PBX: employees with their phones, live calls with buttons, and the records of calls.

use maud::{Markup, html};
use serde_json::Value;

use super::{Page, View, answered};
use crate::simulator::pbx::{CallDirection, Employee, LiveCall, Pbx, Phase, Switch};

/// Records that are shown.
const SHOWN: usize = 20;

/// Draws it.
pub(super) fn list(view: &View<'_>, pbx: &Pbx) -> Page {
    let switch = pbx.switch();
    let body = if switch.options.is_none() {
        missing(view)
    } else {
        html! {
            div.sub { (status(view)) }
            (ring(view, &switch))
            (dial(view, &switch))
            div.amo {
                @for call in &switch.calls { (live(view, &switch, call)) }
            }
            (employees(view, &switch))
            (records(view, &switch))
        }
    };
    Page {
        title: view.t("PBX", "АТС").to_owned(),
        tab: "pbx",
        body,
    }
}

fn press(view: &View<'_>, what: &str) -> String {
    view.link(&format!("/sandbox/pbx/press/{what}"))
}

/// Says how the gateway answered the last event.
fn status(view: &View<'_>) -> Markup {
    let texts = [
        view.t("The gateway has taken the event.", "Шлюз принял событие."),
        view.t(
            "The gateway did not answer, or there was nothing to tell.",
            "Шлюз не ответил, или сообщать было не о чем.",
        ),
        view.t("The gateway refused the event:", "Шлюз отклонил событие:"),
    ];
    answered(view, texts)
}

/// Draws the form with which a client calls.
fn ring(view: &View<'_>, switch: &Switch) -> Markup {
    html! {
        form.panel.buttons method="post" action=(press(view, "ring")) {
            label {
                (view.t("A client calls from", "Звонит клиент с номера")) " "
                input name="number" value="+79005550117" required maxlength="30";
            }
            label {
                (view.t("to", "на")) " "
                select name="inner" {
                    option value="" { (view.t("all of the group", "всю группу")) }
                    @for employee in &switch.employees {
                        option value=(employee.inner) { (named(employee)) }
                    }
                }
            }
            button { (view.t("Ring", "Позвонить")) }
        }
    }
}

/// Draws the form with which an employee calls.
fn dial(view: &View<'_>, switch: &Switch) -> Markup {
    html! {
        form.panel.buttons method="post" action=(press(view, "dial")) {
            label {
                (view.t("An employee calls from", "Звонит сотрудник")) " "
                select name="inner" {
                    @for employee in &switch.employees {
                        option value=(employee.inner) { (named(employee)) }
                    }
                }
            }
            label {
                (view.t("the number", "на номер")) " "
                input name="number" value="+79005550117" required maxlength="30";
            }
            button { (view.t("Dial", "Набрать номер")) }
        }
    }
}

fn named(employee: &Employee) -> String {
    format!(
        "{} {} ({})",
        employee.name, employee.surname, employee.inner
    )
}

fn live(view: &View<'_>, switch: &Switch, call: &LiveCall) -> Markup {
    let direction = match call.direction {
        CallDirection::Incoming => view.t("incoming", "входящий"),
        CallDirection::Outgoing => view.t("outgoing", "исходящий"),
    };
    html! {
        div.panel data-call=(call.session) {
            h2 { (call.number) " · " (direction) }
            @for leg in &call.legs {
                form.buttons method="post" {
                    input type="hidden" name="session" value=(call.session);
                    input type="hidden" name="inner" value=(leg.inner);
                    span {
                        (switch.employee(leg.inner).map(named).unwrap_or_default()) ": "
                        (phase(view, leg.phase))
                    }
                    @if leg.phase == Phase::Ringing {
                        button formaction=(press(view, "answer")) { (view.t("Answer", "Ответить")) }
                    } @else {
                        button formaction=(press(view, "hold")) {
                            @if leg.phase == Phase::Held { (view.t("Resume", "Снять с удержания")) }
                            @else { (view.t("Hold", "Удержать")) }
                        }
                    }
                }
            }
            @if call.answered.is_some() { (transfer(view, switch, call)) }
            form.buttons method="post" action=(press(view, "hangup")) {
                input type="hidden" name="session" value=(call.session);
                button { (view.t("Hang up", "Положить трубку")) }
            }
        }
    }
}

fn transfer(view: &View<'_>, switch: &Switch, call: &LiveCall) -> Markup {
    let is_free = |employee: &&Employee| call.legs.iter().all(|leg| leg.inner != employee.inner);
    html! {
        form.buttons method="post" action=(press(view, "transfer")) {
            input type="hidden" name="session" value=(call.session);
            select name="inner" {
                @for employee in switch.employees.iter().filter(is_free) {
                    option value=(employee.inner) { (named(employee)) }
                }
            }
            button { (view.t("Transfer", "Перевести")) }
        }
    }
}

fn phase<'a>(view: &View<'_>, phase: Phase) -> &'a str {
    let (en, ru) = match phase {
        Phase::Ringing => ("rings", "звонит"),
        Phase::Talking => ("talks", "говорит"),
        Phase::Held => ("on hold", "на удержании"),
    };
    view.lang.pick(en, ru)
}

fn employees(view: &View<'_>, switch: &Switch) -> Markup {
    html! {
        h2 { (view.t("Employees", "Сотрудники")) }
        table {
            thead { tr {
                th { (view.t("Number", "Номер")) }
                th { (view.t("Name", "Имя")) }
                th { (view.t("User of the CRM", "Пользователь CRM")) }
                th { (view.t("Phone", "Телефон")) }
                th { (view.t("Agent", "Оператор")) }
            } }
            tbody {
                @for employee in &switch.employees {
                    tr {
                        td { (employee.inner) }
                        td { (employee.name) " " (employee.surname) }
                        td { @if employee.crm_user.is_empty() { "–" } @else { (employee.crm_user) } }
                        td { (toggle(view, employee, "register", &phone(view, employee))) }
                        td { (toggle(view, employee, "work", &work(view, employee))) }
                    }
                }
            }
        }
    }
}

fn phone(view: &View<'_>, employee: &Employee) -> String {
    if employee.is_registered {
        view.t("registered", "на связи").to_owned()
    } else {
        view.t("not registered", "не на связи").to_owned()
    }
}

fn work(view: &View<'_>, employee: &Employee) -> String {
    if employee.is_at_work {
        view.t("at work", "в работе").to_owned()
    } else {
        view.t("has a break", "перерыв").to_owned()
    }
}

fn toggle(view: &View<'_>, employee: &Employee, what: &str, text: &str) -> Markup {
    html! {
        form method="post" action=(press(view, what)) {
            input type="hidden" name="inner" value=(employee.inner);
            button { (text) }
        }
    }
}

fn records(view: &View<'_>, switch: &Switch) -> Markup {
    let text = |row: &Value, name: &str| match &row[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    html! {
        h2 { (view.t("Records of calls", "Записи о звонках")) }
        @if switch.records.is_empty() {
            p.empty { (view.t("No call has ended yet.", "Звонков ещё не было.")) }
        } @else {
            table {
                thead { tr {
                    th { (view.t("From", "Откуда")) }
                    th { (view.t("To", "Куда")) }
                    th { (view.t("Talk, s", "Разговор, с")) }
                    th { (view.t("Cause", "Причина")) }
                    th { (view.t("Recording", "Запись")) }
                } }
                tbody {
                    @for record in switch.records.iter().rev().take(SHOWN) {
                        @let row = record.row();
                        tr {
                            td { (text(row, "src")) }
                            td { (text(row, "dst")) }
                            td { (text(row, "billsec")) }
                            td { (text(row, "bridge_hangup_cause")) }
                            td {
                                @if let Some(link) = row["link"].as_str().filter(|it| !it.is_empty()) {
                                    a href=(link) { "WAV" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn missing(view: &View<'_>) -> Markup {
    let text = view.t(
        "Here is a PBX whose phones ring the gateway. Add [pbx.main] to the settings and start \
         leadgate serve: see docs/pbx.md.",
        "Здесь будет АТС, телефоны которой звонят шлюзу. Добавьте в настройки [pbx.main] и запустите \
         leadgate serve: см. docs/pbx.ru.md.",
    );
    html! { p.empty { (text) } }
}
