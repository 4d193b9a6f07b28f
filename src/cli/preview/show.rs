//! Prints a preview for people.

use serde_json::Value;

use super::fields;
use crate::cli::journal::{print_plan, when};
use crate::cli::out::{Ink, Out, clean, short};
use crate::cli::packets::Given;
use crate::delivery::Verdict;
use crate::delivery::crm::{ChangePreview, ChangeTarget, FieldChange};
use crate::delivery::http::ShownRequest;
use crate::delivery::mail::ShownLetter;
use crate::domain::{Bilingual, CrmUpdateStep, Lang, Plan, bilingual, plural, text};
use crate::intake;
use crate::journal::requests;
use crate::mapping::{MappingOutcome, shown_step};
use crate::preview::{Mapped, PreviewReport, StepContent, StepPreview, no_plan, plain, target};

/// Prints the packet and the profile.
pub(super) fn head(seen: &PreviewReport<'_>, given: &Given, out: &Out) {
    let (profile, lang) = (seen.profile, seen.lang);
    out.table(&[
        vec![
            (
                Ink::Dim,
                Bilingual::new("packet", "пакет").pick(lang).to_owned(),
            ),
            (
                Ink::Plain,
                format!(
                    "{}, {}",
                    intake::sources().full_label(&seen.packet.source, lang),
                    given.shown.in_lang(lang)
                ),
            ),
        ],
        vec![
            (
                Ink::Dim,
                Bilingual::new("profile", "профиль").pick(lang).to_owned(),
            ),
            (
                Ink::Plain,
                format!(
                    "«{}» ({}, {} {})",
                    profile.name,
                    profile.file,
                    Bilingual::new("edition", "редакция").pick(lang),
                    profile.hash
                ),
            ),
        ],
    ]);
}

/// Prints the fields, the plan, the calls and the changes.
pub(super) fn body(seen: &PreviewReport<'_>, out: &Out) {
    let lang = seen.lang;
    fields::table(seen.mapped, lang, out);
    match &seen.mapped.outcome {
        MappingOutcome::Plan(plan) => {
            out.heading(Bilingual::new("Plan", "План").pick(lang));
            let steps = plan.steps.iter();
            let plan = Plan {
                steps: steps.map(|step| shown_step(step, seen.packet.id)).collect(),
                ..plan.as_ref().clone()
            };
            print_plan(&plan, out);
            notes(seen.mapped, lang, out);
        }
        MappingOutcome::Reject(_) | MappingOutcome::Park { .. } => {
            let why = no_plan(&seen.mapped.outcome, lang).unwrap_or_default();
            Out::line("");
            let what = Bilingual::new("No plan", "Плана нет").pick(lang);
            Out::line(out.ink(Ink::Bad, &format!("{what}: {}", clean(&why))));
        }
    }
    if let Some((name, change_preview)) = seen.crm {
        crm(name, change_preview, lang, out);
    }
    for step in seen.steps {
        later_step(step, lang, out);
    }
    Out::line("");
    Out::line(out.ink(
        Ink::Dim,
        Bilingual::new("nothing was written", "ничего не записано").pick(lang),
    ));
}

/// Prints the fields that the plan leaves out, and its notes.
fn notes(mapped: &Mapped, lang: Lang, out: &Out) {
    let MappingOutcome::Plan(plan) = &mapped.outcome else {
        return;
    };
    if !mapped.left_out.is_empty() {
        out.heading(Bilingual::new("Left out", "Не заполнено").pick(lang));
        let rows: Vec<Vec<(Ink, String)>> = mapped
            .left_out
            .iter()
            .map(|left| {
                vec![
                    (Ink::Plain, format!("  {}.{}", left.block, left.name)),
                    (Ink::Dim, format!("← {}", short(&left.rule))),
                ]
            })
            .collect();
        out.table(&rows);
    }
    for note in &plan.notes {
        let text = format!("  · {}", clean(&note.to_text(lang)));
        Out::line(out.ink(Ink::Warn, &text));
    }
}

fn crm(name: &str, change_preview: &ChangePreview, lang: Lang, out: &Out) {
    out.heading(&format!("CRM {name}"));
    for call in &change_preview.reads {
        let read = Bilingual::new("read", "чтение").pick(lang);
        let size = commands(call.commands.len(), lang);
        let head = format!("  {read}: {} ({size})", call.method);
        Out::line(out.ink(Ink::Dim, &head));
        for command in &call.commands {
            let params = text::ellipsis(&clean(&command.params.to_string()), 300);
            Out::line(format!("    {} {params}", command.method));
        }
    }
    let in_verdict = match &change_preview.verdict {
        Some(Verdict::Park { text, .. }) => text.steps(),
        _ => &[],
    };
    for why in &change_preview.explanation {
        if !in_verdict.contains(why) {
            Out::line(format!("  · {}", clean(&why.to_text(lang))));
        }
    }
    match &change_preview.verdict {
        Some(Verdict::Park { reason, text }) => {
            let (why, text) = (reason.to_text(lang), clean(&text.to_text(lang)));
            let text = bilingual!(
                "  it would be parked ({why}): {text}",
                "  будет отложено: {why}: {text}"
            )
            .pick(lang);
            Out::line(out.ink(Ink::Bad, &text));
        }
        Some(Verdict::Done | Verdict::Retry { .. }) | None => {}
    }
    if change_preview.verdict.is_none() && change_preview.writes.is_empty() {
        Out::line(out.ink(
            Ink::Good,
            Bilingual::new("  nothing would change", "  ничего не изменится").pick(lang),
        ));
    }
    for call in &change_preview.writes {
        let (write, size) = (
            Bilingual::new("would write", "будет записано").pick(lang),
            call.commands.len(),
        );
        let head = format!("  {write}: {} ({})", call.method, commands(size, lang));
        Out::line(out.ink(Ink::Strong, &head));
        for (method, params) in &call.commands {
            let params = text::ellipsis(&clean(&params.to_string()), 1000);
            Out::line(format!("    {method} {params}"));
        }
    }
    if !change_preview.changes.is_empty() {
        out.heading(Bilingual::new("Changes", "Изменения").pick(lang));
        let rows: Vec<Vec<(Ink, String)>> = change_preview
            .changes
            .iter()
            .map(|one| change(one, out))
            .collect();
        out.table(&rows);
    }
}

/// Prints what a step after the CRM would do.
fn later_step(step: &StepPreview, lang: Lang, out: &Out) {
    let name = clean(&step.name);
    let head = match &step.content {
        StepContent::Request { destination, .. } => {
            let destination = clean(destination);
            bilingual!(
                "Step {name}: request to {destination}",
                "Шаг {name}: запрос в {destination}"
            )
        }
        StepContent::Letter(_) => bilingual!("Step {name}: letter", "Шаг {name}: письмо"),
        StepContent::Update(update) => {
            let (target, of) = (update.target.as_str(), clean(&update.of));
            bilingual!(
                "Step {name}: change of the {target} of the step {of}",
                "Шаг {name}: изменение {target} шага {of}"
            )
        }
        StepContent::Recording(_) => bilingual!(
            "Step {name}: recording of the call",
            "Шаг {name}: запись разговора"
        ),
    };
    out.heading(&head.pick(lang));
    for test in &step.when {
        Out::line(out.ink(Ink::Dim, &format!("  {}", when(test))));
    }
    match &step.content {
        StepContent::Request {
            destination,
            request,
        } => self::request(destination, request.as_ref(), lang, out),
        StepContent::Letter(letter) => self::letter(letter.as_ref(), lang, out),
        StepContent::Update(update) => self::update(update, lang),
        StepContent::Recording(recording) => {
            Out::line(format!("  {}", clean(recording.link.as_str())));
        }
    }
}

/// Prints the request of an HTTP step.
fn request(destination: &str, shown: Option<&ShownRequest>, lang: Lang, out: &Out) {
    let Some(shown) = shown else {
        let destination = clean(destination);
        let missing = bilingual!(
            "  the settings have no [http.{destination}]; the step would be parked",
            "  в настройках нет [http.{destination}]; шаг будет отложен"
        );
        Out::line(out.ink(Ink::Bad, &missing.pick(lang)));
        return;
    };
    let params = shown.to_json();
    let address = format!("{} {}", shown.method, shown.address);
    let address = requests::address(&address, &params);
    Out::line(out.ink(Ink::Strong, &format!("  {address}")));
    for line in requests::lines(&params, requests::in_full) {
        Out::line(format!("  {line}"));
    }
}

/// Prints the letter of a mail step.
fn letter(letter: Option<&ShownLetter>, lang: Lang, out: &Out) {
    let Some(letter) = letter else {
        let missing = bilingual!(
            "  the settings have no [mail]; the step would be parked",
            "  в настройках нет [mail]; шаг будет отложен"
        );
        Out::line(out.ink(Ink::Bad, &missing.pick(lang)));
        return;
    };
    let to = letter.to.join(", ");
    let headers = [
        ("From", Some(&letter.from)),
        ("To", Some(&to)),
        ("Reply-To", letter.reply_to.as_ref()),
        ("Subject", Some(&letter.subject)),
        ("Message-ID", Some(&letter.message_id)),
    ];
    for (name, value) in headers {
        if let Some(value) = value {
            Out::line(format!("  {name}: {}", clean(value)));
        }
    }
    let file = Bilingual::new("file", "файл").pick(lang);
    for name in &letter.files {
        Out::line(format!("  {file}: {}", clean(name)));
    }
    for part in [&letter.text, &letter.html].into_iter().flatten() {
        Out::line("");
        for line in part.lines() {
            Out::line(format!("  {}", clean(line)));
        }
    }
}

/// Prints the change of a later CRM step.
fn update(update: &CrmUpdateStep, lang: Lang) {
    for (name, text) in &update.fields {
        Out::line(format!("  {} = {}", clean(name), clean(text.shown())));
    }
    if let Some(stage) = &update.stage {
        let word = Bilingual::new("stage", "стадия").pick(lang);
        Out::line(format!("  {word} = {}", clean(stage)));
    }
    if let Some(comment) = &update.comment {
        let word = Bilingual::new("comment", "комментарий").pick(lang);
        Out::line(format!("  {word}: {}", clean(comment.shown())));
    }
    if let Some(call) = &update.call {
        let word = Bilingual::new("call in the timeline", "звонок в таймлайне").pick(lang);
        Out::line(format!("  {word}: {}", clean(&call.shown())));
    }
}

fn commands(number: usize, lang: Lang) -> String {
    let en = plural::english(number, ["command", "commands"]);
    let ru = plural::russian(number, ["команда", "команды", "команд"]);
    bilingual!("{number} {en}", "{number} {ru}").pick(lang)
}

fn change(change: &FieldChange, out: &Out) -> Vec<(Ink, String)> {
    let lang = out.lang();
    let is_new = matches!(
        change.target,
        ChangeTarget::NewContact | ChangeTarget::NewCompany | ChangeTarget::NewRecord(_)
    );
    let old = match &change.old {
        Some(old) => format!("«{}» → ", short(&plain(old))),
        None if is_new => String::new(),
        None => "– → ".to_owned(),
    };
    let new = match (change.field.as_str(), &change.new) {
        ("contact", Value::String(_)) => Bilingual::new("the new contact", "новый контакт")
            .pick(lang)
            .to_owned(),
        ("company", Value::String(_)) => Bilingual::new("the new company", "новая компания")
            .pick(lang)
            .to_owned(),
        ("to-do", Value::String(todo)) => due(todo, out),
        (_, new) => plain(new),
    };
    let field = match change.field.as_str() {
        "contact" => Bilingual::new("contact", "контакт").pick(lang),
        "company" => Bilingual::new("company", "компания").pick(lang),
        "comment" => Bilingual::new("comment", "комментарий").pick(lang),
        "to-do" => Bilingual::new("to-do", "дело").pick(lang),
        name => name,
    };
    let ink = if change.old.is_some() {
        Ink::Warn
    } else {
        Ink::Good
    };
    vec![
        (Ink::Plain, format!("  {}", target(change.target, lang))),
        (Ink::Plain, field.to_owned()),
        (ink, format!("{old}«{}»", short(&new))),
    ]
}

/// Returns a to-do with its deadline in the zone of the settings.
fn due(todo: &str, out: &Out) -> String {
    let parts = todo
        .strip_suffix(')')
        .and_then(|todo| todo.rsplit_once(" (until "));
    let Some((title, at)) = parts.and_then(|(title, at)| Some((title, at.parse().ok()?))) else {
        return todo.to_owned();
    };
    let until = Bilingual::new("until", "до").pick(out.lang());
    format!("{title} ({until} {})", out.moment(at))
}
