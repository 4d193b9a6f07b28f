//! The editor of a profile: one text in two modes, form and YAML, with the packet on the left and the
//! preview on the right. The page keeps the text; the form, the tree and the preview are made here
//! from it. Saving is the business of the section, see its `save`.

mod change;
mod form;
mod nodes;
mod packets;
mod page;
mod preview;
mod sheet;
mod tree;
mod words;

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use self::change::{Changed, FormChange, GivenText};
use self::form::FormFacts;
use self::packets::{Given, Wanted};
use self::preview::Asked;
use self::sheet::Sheet;
use crate::authoring::{LARGEST_FILE, too_large};
use crate::console::reply::{Answer, Trouble};
use crate::console::visit::Visit;
use crate::domain::{Bilingual, Lang, Role};
use crate::editing::problem_json;
use crate::mapping::MappingOutcome;
use crate::preview::Mapped;

/// The page waits at most this long for a portal that was not read yet.
const PATIENCE: Duration = Duration::from_secs(4);

/// What the script of the page sends.
#[derive(Debug, Deserialize)]
struct Sent {
    text: String,
    #[serde(default)]
    packet: Wanted,
    /// Fields of the CRM that were added and have no value yet: block and field.
    #[serde(default)]
    pending: Vec<(String, String)>,
    #[serde(default)]
    change: Option<FormChange>,
    /// Who wants a comparison with the CRM.
    #[serde(default)]
    asked: Asked,
}

/// Answers the requests of the editor of a file; the caller has checked that the name is plain.
pub(super) async fn answer(
    visit: &Visit<'_>,
    file: &str,
    rest: &[&str],
) -> Result<Answer, Trouble> {
    match (rest, visit.is_post()) {
        ([], false) => Ok(page::show(visit, file, None)),
        (["schema"], false) => Ok(schema(visit.lang)),
        (["packets"], true) => menu(visit, file).await,
        (["tree"], true) => tree(visit, file).await,
        (["read"], true) => read(visit, file).await,
        (["change"], true) => change(visit, file).await,
        (["crm"], true) => compare(visit, file).await,
        (["recent"], true) => recent(visit, file).await,
        (["dictionary"], true) => dictionary(visit, file).await,
        (["staff"], true) => staff(visit, file).await,
        (
            [
                "schema" | "packets" | "tree" | "read" | "change" | "crm" | "recent" | "dictionary"
                | "staff",
            ],
            _,
        ) => Err(Trouble::Method),
        _ => Err(Trouble::NotFound),
    }
}

/// Shows the editor of a new file with a text that is not saved.
pub(super) fn begin(visit: &Visit<'_>, file: &str, text: &str) -> Answer {
    page::show(visit, file, Some(text))
}

/// The schema changes with the program only.
fn schema(lang: Lang) -> Answer {
    let reply = HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "private, max-age=3600"))
        .json(form::schema(lang));
    Answer::Reply(reply)
}

fn sent(visit: &Visit<'_>) -> Result<Sent, Trouble> {
    let sent: Sent = visit.json()?;
    if sent.text.len() > LARGEST_FILE {
        return Err(Trouble::Bad(too_large()));
    }
    Ok(sent)
}

async fn menu(visit: &Visit<'_>, file: &str) -> Result<Answer, Trouble> {
    let sent = sent(visit)?;
    let sheet = Sheet::read(visit, file, &sent.text).await?;
    Ok(Answer::Fragment(page::packets(visit, &sheet).await?))
}

async fn tree(visit: &Visit<'_>, file: &str) -> Result<Answer, Trouble> {
    let sent = sent(visit)?;
    let sheet = Sheet::read(visit, file, &sent.text).await?;
    if !visit.sees_people() {
        return Ok(Answer::Fragment(page::hidden_packets(visit)));
    }
    let (given, _) = found(packets::load(visit, &sheet, &sent.packet).await)?;
    let journal = visit.parts().journal.clone();
    let (profile, file) = (packets::profile_of(visit, &sheet), file.to_owned());
    let body = given.map(|given| given.packet.body);
    let tree = web::block(move || {
        let entries = packets::latest(&journal, profile.as_deref(), &file, packets::JOINED);
        tree::join(body.as_ref(), &packets::read_all(&journal, &entries))
    });
    let tree = tree.await.map_err(|_| sheet::stopped())?;
    Ok(Answer::Fragment(tree::show(visit, &tree)))
}

async fn read(visit: &Visit<'_>, file: &str) -> Result<Answer, Trouble> {
    let sent = sent(visit)?;
    let sheet = Sheet::read(visit, file, &sent.text).await?;
    let (given, why_not) = found(packets::load(visit, &sheet, &sent.packet).await)?;
    let mut shown = shown(visit, &sheet, given.as_ref(), &sent.pending).await?;
    if let Some(why_not) = why_not {
        shown["preview"] = json!(preview::without_packet(visit, &why_not).into_string());
    }
    Ok(Answer::Json(shown))
}

/// Returns the packet, or why it cannot be shown: the form of the text does not depend on it.
fn found(
    loaded: Result<Option<Given>, Trouble>,
) -> Result<(Option<Given>, Option<Bilingual>), Trouble> {
    match loaded {
        Ok(given) => Ok((given, None)),
        Err(Trouble::Bad(why_not)) => Ok((None, Some(why_not))),
        Err(other) => Err(other),
    }
}

/// Returns everything that the page shows of a text.
async fn shown(
    visit: &Visit<'_>,
    sheet: &Sheet,
    given: Option<&Given>,
    pending: &[(String, String)],
) -> Result<Value, Trouble> {
    let mapped = preview::mapped(sheet, given).await?;
    let preview = preview::show(visit, sheet, given, mapped.as_ref());
    let problems = sheet.problems.iter();
    let problems = problems.map(|problem| problem_json(problem, visit.lang));
    let mut whole = json!({
        "problems": problems.collect::<Vec<_>>(),
        "preview": preview.into_string(),
        "uses": preview::uses(mapped.as_ref()),
    });
    if let Some(Mapped {
        outcome: MappingOutcome::Park { note, .. },
        ..
    }) = &mapped
    {
        whole["about"] = json!(note.about);
    }
    if let Some(about) = preview::lacking(visit, sheet, mapped.as_ref()) {
        whole["about"] = json!(about);
    }
    if sheet.lock().is_some() {
        whole["locked"] = json!(change::locked(visit, sheet).into_string());
        return Ok(whole);
    }
    if !page::has_form(&sheet.file) {
        whole["form"] = json!(page::no_form(visit).into_string());
        return Ok(whole);
    }
    let facts = FormFacts {
        portal: preview::portal(visit, sheet),
        values: preview::values(mapped.as_ref()),
        pending,
    };
    whole["form"] = json!(form::show(visit, sheet, &facts).into_string());
    whole["portal"] = json!(page::portal(visit, sheet, facts.portal.as_deref()).into_string());
    Ok(whole)
}

async fn change(visit: &Visit<'_>, file: &str) -> Result<Answer, Trouble> {
    visit.need(Role::Author)?;
    let mut sent = sent(visit)?;
    let change = sent.change.take().ok_or(Trouble::NotFound)?;
    let sheet = Sheet::read(visit, file, &sent.text).await?;
    let (given, _) = found(packets::load(visit, &sheet, &sent.packet).await)?;
    let body = given.as_ref().map(|given| &given.packet.body);
    let mapped = preview::mapped(&sheet, given.as_ref()).await?;
    let values = &preview::values(mapped.as_ref());
    let before = GivenText {
        text: &sent.text,
        packet: body,
        values,
    };
    let (text, said) = match change::make(visit, &sheet, before, change)? {
        Changed::Text(text, said) => (text, said),
        Changed::Ask(question) => {
            return Ok(Answer::Json(json!({"ask": question.into_string()})));
        }
    };
    let sheet = Sheet::read(visit, file, &text).await?;
    let mut whole = shown(visit, &sheet, given.as_ref(), &sent.pending).await?;
    whole["text"] = json!(text);
    whole["said"] = json!(said);
    Ok(Answer::Json(whole))
}

async fn compare(visit: &Visit<'_>, file: &str) -> Result<Answer, Trouble> {
    let sent = sent(visit)?;
    let sheet = Sheet::read(visit, file, &sent.text).await?;
    let given = packets::load(visit, &sheet, &sent.packet).await?;
    let given = given.ok_or(Trouble::Role(Role::Operator))?;
    Ok(Answer::Fragment(
        preview::compare(visit, &sheet, &given, sent.asked).await?,
    ))
}

async fn recent(visit: &Visit<'_>, file: &str) -> Result<Answer, Trouble> {
    if !visit.sees_people() {
        return Err(Trouble::Role(Role::Operator));
    }
    let sent = sent(visit)?;
    let sheet = Sheet::read(visit, file, &sent.text).await?;
    Ok(Answer::Fragment(preview::recent(visit, &sheet).await?))
}

/// Reads the portal's employees for the menus of the form; none if the portal does not tell them.
async fn staff(visit: &Visit<'_>, file: &str) -> Result<Answer, Trouble> {
    visit.need(Role::Author)?;
    let sent = sent(visit)?;
    let sheet = Sheet::read(visit, file, &sent.text).await?;
    let name = sheet.effective(&nodes::Place::of(&["crm"]));
    let mut staff = Vec::new();
    if let Some((_, connection)) = preview::connection(visit, name)
        && let Ok(Ok(read)) = tokio::time::timeout(PATIENCE, connection.staff()).await
    {
        staff = read;
    }
    Ok(Answer::Fragment(page::staff(&staff)))
}

/// Reads the portal's dictionaries again and shows their age.
async fn dictionary(visit: &Visit<'_>, file: &str) -> Result<Answer, Trouble> {
    let sent = sent(visit)?;
    let sheet = Sheet::read(visit, file, &sent.text).await?;
    let name = sheet.effective(&nodes::Place::of(&["crm"]));
    let may_ask = visit.user.role >= Role::Operator;
    if let Some((_, connection)) = preview::connection(visit, name).filter(|_| may_ask) {
        let connection = Arc::clone(connection);
        let read = async move {
            let is_new = connection.watch_dictionaries().borrow().is_none();
            if is_new {
                connection.dictionaries().await.0.is_ok()
            } else {
                connection.refresh_dictionaries().await.is_ok()
            }
        };
        if !matches!(tokio::time::timeout(PATIENCE, read).await, Ok(true)) {
            tracing::debug!("the portal did not answer; the editor's menus stay as they are");
        }
    }
    let portal = preview::portal(visit, &sheet);
    Ok(Answer::Fragment(page::portal(
        visit,
        &sheet,
        portal.as_deref(),
    )))
}
