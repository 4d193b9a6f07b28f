//! The profiles: their list, their versions, new ones, and the editor. Everything that changes a file
//! is done by [`crate::editing`].

mod create;
mod editor;
mod list;
mod saving;
mod versions;

use std::path::Path;

use crate::console::PATH;
use crate::console::reply::{Answer, Trouble};
use crate::console::request::decoded;
use crate::console::visit::Visit;
use crate::editing::{Author, EditProblem};
use crate::profiles::unfit_name;

/// Answers the requests of this section.
pub(in crate::console) async fn answer(
    visit: &Visit<'_>,
    rest: &[&str],
) -> Result<Answer, Trouble> {
    let rest: Vec<String> = rest.iter().map(|part| decoded(part)).collect();
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    match (rest.as_slice(), visit.is_post()) {
        ([] | [""], false) => list::answer(visit).await,
        (["new"], _) => create::answer(visit).await,
        ([file, rest @ ..], is_post) => {
            if !is_name(file) {
                return Err(Trouble::NotFound);
            }
            match (rest, is_post) {
                (["versions", rest @ ..], _) => versions::answer(visit, file, rest).await,
                (["state"], false) => saving::state(visit, file).await,
                (["save"], true) => saving::save(visit, file).await,
                (["clash"], true) => saving::clash(visit, file).await,
                (["copy"], true) => create::copy(visit, file).await,
                (["download"], false) => saving::download(visit, file).await,
                (["state" | "save" | "clash" | "copy" | "download"], _) => Err(Trouble::Method),
                ([], false) if !has_extension(file) => to_file(visit, file).await,
                ([], _) => editor::answer(visit, file, &[]).await,
                (["editor", rest @ ..], _) => editor::answer(visit, file, rest).await,
                _ => Err(Trouble::NotFound),
            }
        }
        _ => Err(Trouble::Method),
    }
}

/// Whether a name is that of a file in the folder itself. The profile of an edition is also named
/// without its extension.
fn is_name(name: &str) -> bool {
    let is_plain = !name.starts_with(['.', '#'])
        && !name.contains(|c: char| c.is_control() || matches!(c, '/' | '\\' | ':' | '\u{fffd}'));
    is_plain && (has_extension(name) || unfit_name(&format!("{name}.yaml")).is_none())
}

fn has_extension(name: &str) -> bool {
    let extension = Path::new(name).extension();
    extension.is_some_and(|it| it == "yaml" || it == "yml")
}

/// Leads from the name of a profile, as submissions have it, to its file.
async fn to_file(visit: &Visit<'_>, name: &str) -> Result<Answer, Trouble> {
    let editor = &visit.parts().editor;
    let short = editor.open(&format!("{name}.yml"), &author(visit)).await;
    let extension = if short.is_ok() { "yml" } else { "yaml" };
    // the address as it came: its parts stay encoded
    let path = visit.request.path();
    let path = path.strip_prefix(PATH).unwrap_or(path);
    let query = visit.request.query_string();
    Ok(Answer::Go(format!("{path}.{extension}?{query}")))
}

/// Returns who edits.
fn author(visit: &Visit<'_>) -> Author {
    Author {
        name: visit.user.name.clone(),
        role: visit.user.role,
    }
}

impl From<EditProblem> for Trouble {
    fn from(problem: EditProblem) -> Self {
        match problem {
            EditProblem::NoSuchFile | EditProblem::NoSuchVersion => Self::NotFound,
            EditProblem::Store(error) => Self::Store(error),
            EditProblem::Busy | EditProblem::Stopping => Self::Unavailable(problem.text()),
            EditProblem::Exists | EditProblem::Conflict(_) => Self::Conflict(problem.text()),
            EditProblem::Refused(why) => Self::Forbidden(why),
            other => Self::Bad(other.text()),
        }
    }
}
