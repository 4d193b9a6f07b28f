//! A call to a CRM, a service or a mail server: what was sent and what came back. Failed ones are
//! open.

use maud::{Markup, html};
use serde_json::Value;

use crate::console::mask;
use crate::console::visit::Visit;
use crate::domain::text::{clean, ellipsis};
use crate::domain::{CrmFailure, bilingual};
use crate::journal::explain::said_to_letter;
use crate::journal::{Call, requests};
use crate::redact;

/// Characters of a request or a reply.
const SHOWN: usize = 8_000;

/// Shows a call.
pub(super) fn call(visit: &Visit<'_>, call: &Call) -> Markup {
    let failed = failures(visit, &call.answer);
    let ms = call.duration_ms;
    let took = bilingual!("{ms} ms", "{ms} мс").pick(visit.lang);
    let is_failed = !failed.is_empty() || call.status.is_none() && !call.is_mail();
    html! {
        details.call open[is_failed] {
            summary {
                span.mono { (title(call)) } " · " (status(visit, call)) " · " (took)
                @if is_failed { " · " span.bad { (visit.t("failed", "ошибка")) } }
            }
            @for failure in &failed { p.bad { (failure) } }
            @if visit.sees_people() {
                h4 { (visit.t("Sent", "Отправлено")) }
                pre { (sent(call)) }
                h4 { (visit.t("Answered", "Получено")) }
                pre { (json(&call.answer)) }
            } @else {
                p.hint { (visit.t("Your role does not see people's data.", "Вашей роли не видны личные данные.")) }
            }
        }
    }
}

fn title(call: &Call) -> String {
    if call.is_http() && !call.is_mail() {
        // the query may be a person's
        return clean(&call.method);
    }
    let commands = call.params.as_array().into_iter().flatten();
    let mut names: Vec<&str> = commands
        .filter_map(|command| command.get("method")?.as_str())
        .collect();
    names.dedup();
    if names.is_empty() {
        return clean(&call.method);
    }
    clean(&format!("{}: {}", call.method, names.join(", ")))
}

fn status(visit: &Visit<'_>, call: &Call) -> String {
    match call.status {
        Some(status) => status.to_string(),
        None if call.is_mail() => clean(&said_to_letter(&call.answer, visit.lang)),
        None => visit.t("no reply", "ответа нет").to_owned(),
    }
}

/// Returns why a call or its commands failed, in words.
fn failures(visit: &Visit<'_>, answer: &Value) -> Vec<String> {
    let answers = match answer {
        Value::Array(answers) => answers.as_slice(),
        one => std::slice::from_ref(one),
    };
    let failure = |answer: &Value| {
        if let Some(failure) = Call::http_failure(answer) {
            return Some(failure.without_reply().to_text(visit.lang));
        }
        let is_not_run = answer.get("not_run") == Some(&Value::Bool(true));
        let failure = is_not_run.then_some(CrmFailure::NotRun);
        let failure = failure.or_else(|| Call::failure(answer))?;
        Some(failure.to_text(visit.lang))
    };
    let all = answers.iter().filter_map(failure);
    all.map(|text| mask::line(visit, &text, 400)).collect()
}

fn sent(call: &Call) -> String {
    if call.is_http() && !call.is_mail() {
        let address = requests::address(&call.method, &call.params);
        let lines = requests::lines(&call.params, requests::in_full);
        let all: Vec<String> = std::iter::once(address).chain(lines).collect();
        return cut(&all.join("\n"));
    }
    json(&call.params)
}

fn json(value: &Value) -> String {
    cut(&format!("{value:#}"))
}

/// Shortens a text of several lines; marks of writing direction are written as in program code.
fn cut(text: &str) -> String {
    let masked = redact::mask(text);
    let lines: Vec<String> = masked.lines().map(clean).collect();
    ellipsis(&lines.join("\n"), SHOWN)
}
