//! What the editor asks of a file: its state, whether a text is right, and to save it. Answers are
//! JSON.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, ContentDisposition, DispositionParam};
use actix_web::http::header::{Charset, DispositionType, ExtendedValue};
use serde_json::json;

use super::author;
use crate::console::reply::{Answer, Trouble};
use crate::console::visit::Visit;
use crate::domain::Role;
use crate::editing::{EditProblem, SaveRequest};
use crate::store::CapturedGroup;

/// Returns a file as it is now; a new one is empty.
pub(super) async fn state(visit: &Visit<'_>, file: &str) -> Result<Answer, Trouble> {
    let editor = &visit.parts().editor;
    let open = match editor.open(file, &author(visit)).await {
        Err(EditProblem::NoSuchFile) => editor.begin(file, String::new(), &author(visit)).await,
        open => open,
    };
    Ok(Answer::Json(open?.to_json(visit.lang)))
}

/// Saves a text.
pub(super) async fn save(visit: &Visit<'_>, file: &str) -> Result<Answer, Trouble> {
    visit.need(Role::Author)?;
    let request: SaveRequest = visit.json()?;
    let captured = if request.base.is_none() {
        visit.parts().store.captured_groups().await?
    } else {
        Vec::new()
    };
    let saved = visit
        .parts()
        .editor
        .save(file, &request, &author(visit))
        .await;
    match saved {
        Ok(saved) => {
            let details = json!({"version": saved.number, "edition": saved.edition});
            visit.note("profile-saved", file, details).await?;
            let mut told = saved.to_json(visit.lang);
            told["waited"] = json!(waited(visit, file, &captured));
            Ok(Answer::Json(told))
        }
        Err(problem) => {
            let status = match &problem {
                EditProblem::Conflict(_) => StatusCode::CONFLICT,
                EditProblem::Broken(_) => StatusCode::UNPROCESSABLE_ENTITY,
                _ => return Err(problem.into()),
            };
            let details = problem.details(visit.lang);
            Ok(Answer::Reply(HttpResponse::build(status).json(details)))
        }
    }
}

/// Says what a save would meet if somebody else has saved the file meanwhile; nothing is written.
pub(super) async fn clash(visit: &Visit<'_>, file: &str) -> Result<Answer, Trouble> {
    visit.need(Role::Author)?;
    let request: SaveRequest = visit.json()?;
    match visit.parts().editor.clash(file, &request).await {
        Ok(()) => Ok(Answer::Json(json!({}))),
        Err(problem @ EditProblem::Conflict(_)) => {
            Ok(Answer::Json(json!(problem.details(visit.lang))))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Returns how many captured submissions have an address that the profile of a file takes.
fn waited(visit: &Visit<'_>, file: &str, captured: &[CapturedGroup]) -> u64 {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let profiles = visit.parts().profiles.current();
    let Some(profile) = profiles.by_file(stem) else {
        return 0;
    };
    let taken = captured.iter().filter(|group| {
        let mut addresses = profile.addresses(&group.source);
        addresses.any(|address| address == group.address)
    });
    taken
        .map(|group| group.count.saturating_sub(group.unreadable))
        .sum()
}

/// Sends the file as it is, for folders that the gateway cannot write to.
pub(super) async fn download(visit: &Visit<'_>, file: &str) -> Result<Answer, Trouble> {
    let open = visit.parts().editor.open(file, &author(visit)).await?;
    Ok(as_file(&open.file, open.text))
}

/// Makes a download of a text.
pub(super) fn as_file(name: &str, text: String) -> Answer {
    let name = ExtendedValue {
        charset: Charset::Ext("UTF-8".to_owned()),
        language_tag: None,
        value: name.as_bytes().to_vec(),
    };
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::FilenameExt(name)],
    };
    let reply = HttpResponse::Ok()
        .content_type("application/yaml; charset=utf-8")
        .insert_header((CONTENT_DISPOSITION, disposition))
        .body(text);
    Answer::Reply(reply)
}
