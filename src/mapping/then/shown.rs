//! A step as previews show it: filled in as far as the packet tells, with `{{steps.crm.deal_id}}` in
//! place of what earlier steps will give.

use std::collections::BTreeMap;

use serde_json::Value;

use super::later::StepContext;
use crate::domain::{
    Destination, HttpBody, LaterText, Step, StepKind, StepOutcome, StepText, StepValue,
    StepVerdict, SubmissionId,
};
use crate::mapping::template::step_value;

/// Returns the step of a submission as it would be sent if each value of an earlier step were its
/// own name.
pub fn shown_step(step: &Step, id: SubmissionId) -> Step {
    let mut step = step.clone();
    match &mut step.kind {
        StepKind::Http(http) => {
            let pairs = http.query.iter_mut().chain(&mut http.headers);
            let pairs = pairs.map(|(_, text)| text);
            fill(http.path.iter_mut().chain(pairs), id);
            match &mut http.body {
                HttpBody::None => {}
                HttpBody::Json(value) => fill_value(value, id),
                HttpBody::Form(fields) => fill(fields.iter_mut().map(|(_, text)| text), id),
                HttpBody::Text { text, .. } => fill([text], id),
            }
        }
        StepKind::CrmUpdate(update) => {
            let fields = update.fields.iter_mut().map(|(_, text)| text);
            fill(fields.chain(&mut update.comment), id);
        }
        StepKind::Mail(mail) => {
            let parts = [&mut mail.reply_to, &mut mail.text, &mut mail.html];
            let parts = parts.into_iter().flatten();
            fill(
                mail.to.iter_mut().chain([&mut mail.subject]).chain(parts),
                id,
            );
        }
        StepKind::Crm(_) | StepKind::Recording(_) => {}
        #[cfg(test)]
        StepKind::Probe(_) => {}
    }
    step
}

fn fill<'t>(texts: impl IntoIterator<Item = &'t mut StepText>, id: SubmissionId) {
    for text in texts {
        if let StepText::Later(later) = text
            && let Some(known) = filled(later, id)
        {
            *text = StepText::Known(known.into());
        }
    }
}

fn fill_value(value: &mut StepValue, id: SubmissionId) {
    match value {
        StepValue::Known(_) => {}
        StepValue::Later(later) => {
            if let Some(known) = filled(later, id) {
                *value = StepValue::Known(known.into());
            }
        }
        StepValue::List(list) => list.iter_mut().for_each(|value| fill_value(value, id)),
        StepValue::Object(members) => {
            for (_, value) in members {
                fill_value(value, id);
            }
        }
    }
}

/// Returns the text of a template; `None` if it does not work with names in place of values.
fn filled(later: &LaterText, id: SubmissionId) -> Option<String> {
    let mut words: Vec<&str> = later.uses.iter().map(String::as_str).collect();
    words.retain(|word| step_value(word).is_some());
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut results: BTreeMap<&str, Vec<(String, Value)>> = BTreeMap::new();
    for word in &words {
        if let Some((step, value)) = step_value(word) {
            let values = results.entry(step).or_default();
            values.push((value.to_owned(), Value::from(*word)));
        }
    }
    let outcomes: Vec<StepOutcome> = results
        .into_iter()
        .map(|(step, values)| StepOutcome {
            position: 0,
            name: step.to_owned(),
            destination: Destination::new("", ""),
            verdict: StepVerdict::Done,
            result: values.into_iter().collect(),
            refusal: None,
        })
        .collect();
    let context = StepContext {
        id,
        outcomes: &outcomes,
    };
    let text = context.shown(later)?;
    Some(in_braces(&text, &words, &later.template))
}

/// Returns the text with each of these words as the template has it, in braces; longer words come
/// first.
fn in_braces(text: &str, words: &[&str], template: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let word = words.iter().find(|word| rest.starts_with(**word));
        let length = if let Some(word) = word {
            shown.extend(["{{", with_default(word, template).unwrap_or(word), "}}"]);
            word.len()
        } else {
            shown.push(letter);
            letter.len_utf8()
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    shown
}

/// Returns `default steps.a.id "none"` if the template has a text in place of a missing value.
fn with_default<'a>(word: &str, template: &'a str) -> Option<&'a str> {
    let begins = template.find(&format!("default {word} "))?;
    let call = template.get(begins..)?;
    let text = begins_of_text(call, word)?;
    let quote = call.get(text..)?.chars().next()?;
    let inside = call.get(text + 1..)?;
    let ends = matches!(quote, '"' | '\'').then(|| inside.find(quote))??;
    call.get(..text + ends + 2)
}

/// Returns where the text of `default WORD "text"` begins.
fn begins_of_text(call: &str, word: &str) -> Option<usize> {
    let before = "default ".len() + word.len();
    let blanks = call.get(before..)?;
    Some(before + blanks.len() - blanks.trim_start().len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{KeptValue, TextEscape};

    fn later(template: &str, escape: TextEscape, uses: &[&str]) -> LaterText {
        let name = KeptValue {
            name: "name".to_owned(),
            text: Some("Анна <b>".into()),
            items: Vec::new(),
            truth: None,
            block: None,
            rows: None,
        };
        LaterText {
            template: template.to_owned(),
            escape,
            uses: uses.iter().map(|word| (*word).to_owned()).collect(),
            values: vec![name],
        }
    }

    #[test]
    fn known_values_are_filled_in_and_later_ones_keep_their_names() {
        let id = SubmissionId::fresh();
        for (template, escape, uses, shown) in [
            (
                "<b>{{name}}</b>, {{steps.a.id}} {{steps.a.id2}} {{steps.b.id}}",
                TextEscape::Html,
                &["steps.a.id", "steps.a.id2", "steps.b.id"][..],
                "<b>Анна &lt;b&gt;</b>, {{steps.a.id}} {{steps.a.id2}} {{steps.b.id}}".to_owned(),
            ),
            (
                "/orders/{{steps.a.id}}/{{name}}",
                TextEscape::Url,
                &["steps.a.id"],
                "/orders/{{steps.a.id}}/%D0%90%D0%BD%D0%BD%D0%B0%20%3Cb%3E".to_owned(),
            ),
            (
                "{{default steps.a.id \"-\"}}",
                TextEscape::Plain,
                &["steps.a.id"],
                "{{default steps.a.id \"-\"}}".to_owned(),
            ),
            (
                "{{default steps.a.id   'none yet'}} {{default steps.b.id name}}",
                TextEscape::Plain,
                &["steps.a.id", "steps.b.id"],
                "{{default steps.a.id   'none yet'}} {{steps.b.id}}".to_owned(),
            ),
            (
                "{{#if steps.a.id}}yes {{name}}{{else}}no{{/if}}",
                TextEscape::Plain,
                &["steps.a.id"],
                "yes Анна <b>".to_owned(),
            ),
            (
                "{{submission_id}}",
                TextEscape::Plain,
                &["submission_id"],
                id.to_string(),
            ),
        ] {
            let text = filled(&later(template, escape, uses), id);
            assert_eq!(text.as_deref(), Some(shown.as_str()), "{template}");
        }
    }
}
