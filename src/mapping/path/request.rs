//! `$request.address`: what the request itself told, apart from its body.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::{BadPath, Packet, Path, PathKind, PathMatch, PathStep, simple};
use crate::authoring::suggest;
use crate::domain::{RequestFacts, bilingual};

/// The beginning of such a path.
const ROOT: &str = "$request";

/// Parses a path that begins with `$request`; `None` for any other.
pub(super) fn parse(text: &str) -> Option<Result<Path, BadPath>> {
    let rest = text.strip_prefix(ROOT)?;
    if !rest.is_empty() && !rest.starts_with(['.', '[']) {
        return None;
    }
    let steps = simple::parse(&format!("${rest}")).unwrap_or_default();
    let found = match steps.as_slice() {
        [PathStep::Name(name)] => RequestFacts::NAMES.iter().find(|known| *known == name),
        _ => None,
    };
    Some(match found {
        Some(name) => Ok(Path {
            canonical: format!("{ROOT}.{name}").into(),
            kind: PathKind::Request(name),
        }),
        None => Err(unknown(text, rest)),
    })
}

fn unknown(text: &str, rest: &str) -> BadPath {
    let name = rest.trim_start_matches(['.', '[']);
    let known = RequestFacts::NAMES.join(", ");
    let advice = match suggest::nearest(name, RequestFacts::NAMES) {
        Some(near) => suggest::meant(&format!("{ROOT}.{near}")),
        None => bilingual!("write one of {known}", "напишите одно из: {known}"),
    };
    let message = bilingual!(
        "a request does not tell `{rest}`",
        "запрос не сообщает `{rest}`"
    );
    BadPath::whole(text, message, advice)
}

/// Returns the value of a fact.
pub(super) fn find<'v>(path: &'v Path, name: &str, packet: &'v Packet<'_>) -> Vec<PathMatch<'v>> {
    let value = packet.request().and_then(|request| request.get(name));
    let found = value.map(|value| PathMatch {
        value,
        place: Arc::clone(&path.canonical),
        in_text: false,
    });
    found.into_iter().collect()
}

/// Rewrites `$request.` of a test, which RFC 9535 does not know, as a member of the packet; `None`
/// if it has none.
pub(super) fn as_member(test: &str) -> Option<String> {
    let mut quote = None;
    let mut rewritten = String::new();
    let mut rest = test;
    while let Some(letter) = rest.chars().next() {
        match quote {
            Some(open) if letter == open => quote = None,
            Some(_) => {}
            None if matches!(letter, '\'' | '"') => quote = Some(letter),
            None => {
                if let Some(after) = rest.strip_prefix(ROOT)
                    && after.starts_with(['.', '['])
                {
                    rewritten.extend(["$['", ROOT, "']"]);
                    rest = after;
                    continue;
                }
            }
        }
        rewritten.push(letter);
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
    }
    (rewritten != test).then_some(rewritten)
}

/// Returns the body with what the request told as a member of it.
pub(super) fn with_member<'b>(packet: &'b Packet<'_>) -> Cow<'b, Value> {
    match (packet.body(), packet.request()) {
        (Value::Object(body), Some(request)) => {
            let mut body = body.clone();
            body.insert(ROOT.to_owned(), request.clone());
            Cow::Owned(Value::Object(body))
        }
        (body, _) => Cow::Borrowed(body),
    }
}
