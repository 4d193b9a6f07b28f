//! The buttons of the pages. Another site's page cannot press them.

use actix_web::{HttpRequest, HttpResponse, http::header};
use serde_json::{Map, Value};

use crate::simulator::{
    Portal,
    faults::{Fault, FaultKind, Times},
    mailbox::{MailFault, MailFaultKind, MailStage},
    params, php,
};

/// How long the menu's silent answer takes to break off.
const SILENCE_MS: u64 = 40_000;
/// How long a slow answer of the menu takes.
const SLOWLY_MS: u64 = 10_000;

/// Presses a button and leads back to the page. The gate has refused other sites before.
pub(super) fn act(portal: &Portal, request: &HttpRequest, body: &[u8]) -> HttpResponse {
    let form = params::parse_str(&String::from_utf8_lossy(body));
    match request.match_info().get("what").unwrap_or_default() {
        "reset" => portal.reset(),
        "calm" => portal.clear_faults(),
        "calm-mail" => portal.mailbox.clear_faults(),
        "mail-fault" => {
            let Some(fault) = mail_fault(&text(&form, "code")) else {
                return HttpResponse::BadRequest().finish();
            };
            portal.mailbox.inject(fault);
        }
        "fault" => {
            let Some(kind) = kind_of(&text(&form, "code")) else {
                return HttpResponse::BadRequest().finish();
            };
            let fault = Fault::once(kind);
            let method = text(&form, "method");
            portal.inject(if method.is_empty() {
                fault
            } else {
                fault.on(&method)
            });
        }
        _ => return HttpResponse::NotFound().finish(),
    }
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, back(&text(&form, "back"))))
        .finish()
}

fn text(form: &Map<String, Value>, name: &str) -> String {
    form.get(name).map(php::strval).unwrap_or_default()
}

fn kind_of(code: &str) -> Option<FaultKind> {
    if let Some(error) = code.strip_prefix("REFUSED:") {
        let error = error.to_owned();
        return Some(FaultKind::Refused { error });
    }
    match code {
        "HOLD_REPLY" => Some(FaultKind::HoldReply { ms: SILENCE_MS }),
        "SLOW_BODY" => Some(FaultKind::SlowBody { ms: SLOWLY_MS }),
        "TOO_MANY_REQUESTS" => Some(FaultKind::TooManyRequests { retry_after: 5 }),
        "RESET_WITHIN" => Some(FaultKind::ResetWithin { after: 2 }),
        "CUT_BATCH" => Some(FaultKind::CutBatch { after: 2 }),
        plain => serde_json::from_value(serde_json::json!({ "code": plain })).ok(),
    }
}

/// Returns the fault behind a button of the mail page. A greylist stays until it is cleared.
fn mail_fault(code: &str) -> Option<MailFault> {
    let refuse_after = MailFaultKind::RefuseMail {
        at: MailStage::Letter,
    };
    let kind = match code {
        "GREYLIST" => MailFaultKind::Greylist,
        "REFUSE_LETTER" => refuse_after,
        "HOLD_MAIL_REPLY" => MailFaultKind::HoldMailReply { ms: SILENCE_MS },
        "SLOW_MAIL" => MailFaultKind::SlowMail { ms: SLOWLY_MS / 10 },
        "SILENT_SERVER" => MailFaultKind::SilentServer { ms: SILENCE_MS },
        plain => serde_json::from_value(serde_json::json!({ "code": plain })).ok()?,
    };
    let times = match kind {
        MailFaultKind::Greylist => Times::Always,
        _ => Times::default(),
    };
    Some(MailFault {
        kind,
        to: None,
        times,
    })
}

/// Only to a page of ours.
fn back(asked: &str) -> String {
    let ours =
        asked == "/sandbox" || asked.starts_with("/sandbox/") || asked.starts_with("/sandbox?");
    let clean = asked.bytes().all(|it| it.is_ascii_graphic());
    if ours && clean {
        asked.to_owned()
    } else {
        "/sandbox".to_owned()
    }
}
