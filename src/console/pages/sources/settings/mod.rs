//! The settings of a channel: a form over its block in `_channels.yaml`. Only what was changed in the
//! form is changed in the file; everything else there stays as it is.

mod changes;
mod fields;
mod values;

use maud::{Markup, html};
use serde_json::json;

use self::fields::{FIELDS, Field, Shape};
use self::values::FormValues;
use crate::authoring::patch;
use crate::console::PATH;
use crate::console::layout::token_field;
use crate::console::reply::Trouble;
use crate::console::visit::Visit;
use crate::domain::{Bilingual, ChannelName, bilingual};
use crate::editing::{Author, EditProblem, SaveRequest};

/// The file of the channels' settings.
const FILE: &str = "_channels.yaml";

/// The file as it is now.
struct Present {
    text: String,
    /// Its hash; `None` if there is no file yet.
    hash: Option<String>,
    /// Why it cannot be written.
    obstacle: Option<Bilingual>,
}

/// Returns who edits.
pub(super) fn author(visit: &Visit<'_>) -> Author {
    Author {
        name: visit.user.name.clone(),
        role: visit.user.role,
    }
}

async fn present(visit: &Visit<'_>) -> Result<Present, Trouble> {
    let editor = &visit.parts().editor;
    let opened = match editor.open(FILE, &author(visit)).await {
        Err(EditProblem::NoSuchFile) => editor.begin(FILE, String::new(), &author(visit)).await,
        opened => opened,
    };
    let opened = opened.map_err(|problem| Trouble::Unavailable(problem.text()))?;
    Ok(Present {
        text: opened.text,
        hash: opened.hash,
        obstacle: opened.obstacle,
    })
}

/// Returns the form, with what was typed if it comes back with a problem.
pub(super) async fn form(
    visit: &Visit<'_>,
    name: &ChannelName,
    problem: Option<Markup>,
) -> Result<Markup, Trouble> {
    let present = present(visit).await?;
    let channels = visit.parts().profiles.channels();
    let channel = channels.get(name).map(AsRef::as_ref);
    let values = match &problem {
        Some(_) => FormValues::typed(visit),
        None => FormValues::of(channel),
    };
    Ok(html! {
        @if let Some(problem) = problem { (problem) }
        @if let Some(obstacle) = &present.obstacle {
            p.problem { (obstacle.in_lang(visit.lang)) }
        }
        form.card.narrow method="post" hx-boost="true"
            action={ (PATH) "/sources/channels/" (name.as_str()) "/save" } {
            (token_field(visit))
            input type="hidden" name="base" value=[present.hash.as_deref()];
            @for field in FIELDS { (row(visit, field, &values)) }
            p.hint { (visit.t("Everything else, such as each, csv and headers of replies, is in ",
                              "Остальное — each, csv, заголовки ответов — в файле "))
                a href={ (PATH) "/profiles/" (FILE) } { (FILE) } "." }
            button disabled[present.obstacle.is_some()] {
                (visit.t("Save the settings of ", "Сохранить настройки канала ")) (name.as_str()) }
        }
    })
}

fn row(visit: &Visit<'_>, field: &Field, values: &FormValues) -> Markup {
    let value = values.of_field(field.name);
    html! {
        @if let Some((en, ru)) = field.heading { h3 { (visit.t(en, ru)) } }
        label { (visit.t(field.label.0, field.label.1)) " " code.hint { (field.key) }
            @match field.shape {
                Shape::Text(example) => { input name=(field.name) value=(value) placeholder=(example) autocomplete="off"; }
                Shape::Long => { textarea name=(field.name) rows="3" { (value) } }
                Shape::Menu(options) => {
                    select name=(field.name) {
                        @for (code, en, ru) in options {
                            option value=(code) selected[*code == value] { (visit.t(en, ru)) }
                        }
                    }
                }
            }
        }
    }
}

/// Saves what was changed in the form; returns the problem if it was not saved.
pub(super) async fn save(visit: &Visit<'_>, name: &ChannelName) -> Result<Option<Markup>, Trouble> {
    let present = present(visit).await?;
    match changed(visit, name, &present).await? {
        Ok(keys) => {
            let details = json!({"channel": name.as_str(), "keys": keys});
            visit.note("channel-saved", FILE, details).await?;
            Ok(None)
        }
        Err(problem) => Ok(Some(problem)),
    }
}

fn told(visit: &Visit<'_>, text: &Bilingual) -> Markup {
    html! { p.problem role="alert" { (text.in_lang(visit.lang)) } }
}

/// Writes the changed file. Returns the changed keys, or the problem to show.
async fn changed(
    visit: &Visit<'_>,
    name: &ChannelName,
    present: &Present,
) -> Result<Result<Vec<String>, Markup>, Trouble> {
    if let Some(obstacle) = &present.obstacle {
        return Ok(Err(told(visit, obstacle)));
    }
    if visit.field("base") != present.hash.as_deref() {
        let text = Bilingual::new(
            "The file was changed meanwhile. What you typed is still here; look at it and save again.",
            "Файл тем временем изменили. Введённое осталось здесь; проверьте его и сохраните ещё раз.",
        );
        return Ok(Err(told(visit, &text.into())));
    }
    let channels = visit.parts().profiles.channels();
    let before = FormValues::of(channels.get(name).map(AsRef::as_ref));
    let changes = changes::between(name.as_str(), &before, &FormValues::typed(visit));
    let edited = changes.and_then(|changes| applied(&present.text, &changes));
    let (text, keys) = match edited {
        Ok(edited) => edited,
        Err(text) => return Ok(Err(told(visit, &text))),
    };
    if keys.is_empty() {
        return Ok(Ok(keys));
    }
    let shown = name.as_str();
    let request = SaveRequest {
        text,
        base: present.hash.clone(),
        note: bilingual!("channel {shown}", "канал {shown}").pick(visit.lang),
        ..SaveRequest::default()
    };
    let editor = &visit.parts().editor;
    match editor.save(FILE, &request, &author(visit)).await {
        Ok(_) => Ok(Ok(keys)),
        Err(EditProblem::Broken(problems)) => Ok(Err(html! {
            div.problem role="alert" { ul { @for problem in problems.iter().filter(|it| it.is_error()) {
                li { (problem.message.in_lang(visit.lang)) ": " (problem.advice.in_lang(visit.lang)) }
            } } }
        })),
        Err(problem) => Ok(Err(told(visit, &problem.text()))),
    }
}

/// Applies the changes to the text; also returns the keys that they touch.
fn applied(text: &str, changes: &[patch::Change]) -> Result<(String, Vec<String>), Bilingual> {
    let mut text = text.to_owned();
    let mut keys: Vec<String> = Vec::new();
    for change in changes {
        text = patch::patch(&text, change)
            .map_err(|problem| problem.text())?
            .text;
        if let Some(patch::Key::Name(key)) = change.path().get(1)
            && !keys.contains(key)
        {
            keys.push(key.clone());
        }
    }
    Ok((text, keys))
}
