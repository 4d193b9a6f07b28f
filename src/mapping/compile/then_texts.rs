//! The texts of steps that are templates, and the templates that they name.

use crate::authoring::raw::RawProfile;
use crate::authoring::raw::then::RawStep;
use crate::authoring::yaml::{Node, NodeKind, Text};

/// Returns the names of the templates that bodies use.
pub(super) fn body_templates(raw: &RawProfile) -> impl Iterator<Item = &str> {
    let steps = raw.then.iter().flatten();
    let files = steps.flat_map(|step| {
        let body = step.request.body.as_ref();
        let body = body.and_then(|body| body.template.as_ref());
        let mail = step.mail.iter();
        let mail = mail.flat_map(|mail| mail.template.iter().chain(&mail.html_template));
        body.into_iter().chain(mail)
    });
    files.map(|name| template_name(&name.value))
}

/// Returns the name of a template without its ending.
pub(super) fn template_name(written: &str) -> &str {
    written.strip_suffix(".hbs").unwrap_or(written)
}

/// Returns the texts of a step that are templates.
pub(super) fn texts(step: &RawStep) -> Vec<&Text> {
    let request = &step.request;
    let body = request.body.iter().filter_map(|body| body.text.as_ref());
    let form = request.form.iter().flat_map(|(_, pairs)| pairs);
    let update = step.crm.iter();
    let update = update.flat_map(|update| {
        let fields = update.fields.iter().map(|(_, text)| text);
        fields.chain(&update.comment)
    });
    let pairs = request.query.iter().chain(&request.headers).chain(form);
    let mut texts: Vec<&Text> = request.path.iter().chain(body).chain(update).collect();
    texts.extend(pairs.map(|(_, text)| text));
    if let Some(mail) = &step.mail {
        // other texts among these are addresses
        let addresses = mail.to.iter().chain(&mail.reply_to);
        texts.extend(addresses.filter(|text| text.value.contains('{')));
        texts.extend(
            [&mail.subject, &mail.text, &mail.html]
                .into_iter()
                .flatten(),
        );
    }
    if let Some((_, node)) = &request.json {
        leaves(node, &mut texts);
    }
    texts
}

fn leaves<'n>(node: &'n Node, into: &mut Vec<&'n Text>) {
    match &node.kind {
        NodeKind::Null => {}
        NodeKind::Scalar(text) => into.push(text),
        NodeKind::List(list) => list.iter().for_each(|node| leaves(node, into)),
        NodeKind::Map(entries) => entries.iter().for_each(|(_, node)| leaves(node, into)),
    }
}
