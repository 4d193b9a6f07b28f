//! `leadgate journal --refused`: requests that were refused before they became submissions.

use std::process::ExitCode;

use serde_json::json;

use crate::cli::failure::Failure;
use crate::cli::out::{Ink, Out, clean, readable};
use crate::domain::{Bilingual, Lang, Refused, text};
use crate::journal::{Journal, RefusedFilter, refused_why};
use crate::redact;

/// How to print the list.
pub(super) struct RefusedListOptions {
    pub(super) limit: usize,
    pub(super) lang: Lang,
    pub(super) is_json: bool,
}

pub(super) fn list(
    journal: &Journal,
    filter: RefusedFilter,
    shape: &RefusedListOptions,
    out: &Out,
) -> Result<ExitCode, Failure> {
    let found = journal
        .refused(filter, shape.limit)
        .map_err(|error| Failure::new(1, error))?;
    if shape.is_json {
        for refused in &found {
            Out::line(as_json(refused).to_string());
        }
        return Ok(ExitCode::SUCCESS);
    }
    if found.is_empty() {
        Out::line(Bilingual::new("no requests found", "запросов не найдено").pick(shape.lang));
        return Ok(ExitCode::SUCCESS);
    }
    let heads = Bilingual::new(
        [
            "RECEIVED", "ADDRESS", "TO", "METHOD", "STATUS", "WHY", "BYTES", "BODY",
        ],
        [
            "ПОЛУЧЕНО",
            "АДРЕС",
            "КУДА",
            "МЕТОД",
            "ОТВЕТ",
            "ПОЧЕМУ",
            "БАЙТ",
            "ТЕЛО",
        ],
    )
    .pick(shape.lang);
    let column = out.moments(found.iter().map(|refused| refused.at));
    let mut heads = heads.map(|head| (Ink::Dim, head.to_owned()));
    heads[0].1.push_str(&column.zone);
    let requests = found.iter().zip(column.times);
    let rows = requests.map(|(refused, at)| row(refused, at, shape.lang));
    let rows: Vec<_> = std::iter::once(heads.to_vec()).chain(rows).collect();
    out.table(&rows);
    Ok(ExitCode::SUCCESS)
}

fn row(refused: &Refused, at: String, lang: Lang) -> Vec<(Ink, String)> {
    let address = refused.address.as_deref().unwrap_or("–");
    let body = refused.body.as_ref();
    let body = body.map(|body| readable(&redact::mask_bytes(body)));
    vec![
        (Ink::Dim, at),
        (Ink::Plain, address.to_owned()),
        (Ink::Plain, redact::mask_all(&refused.source)),
        (Ink::Plain, refused.method.clone()),
        (Ink::Bad, refused.status.to_string()),
        (Ink::Plain, refused_why(&refused.code, lang)),
        (Ink::Plain, refused.size.to_string()),
        (
            Ink::Dim,
            text::ellipsis(&clean(&body.unwrap_or_default()), 60),
        ),
    ]
}

fn as_json(refused: &Refused) -> serde_json::Value {
    json!({
        "received_at": refused.at, "address": refused.address, "source": redact::mask_all(&refused.source),
        "method": refused.method, "status": refused.status, "code": refused.code,
        "size": refused.size, "body": body(refused),
    })
}

/// Returns the body as text without secrets; invalid UTF-8 becomes replacement characters. Rows of
/// older versions contain secrets, so they are masked before the text is cut for the table.
fn body(refused: &Refused) -> Option<String> {
    let body = refused.body.as_ref()?;
    Some(String::from_utf8_lossy(&redact::mask_bytes(body)).into_owned())
}
