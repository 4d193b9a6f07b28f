//! What `receive` says about calls of a PBX: `on`.

use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::RawReceive;
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::{CallKind, bilingual};

/// Other words for the kinds of calls.
const OTHER_WORDS: [(&str, CallKind); 10] = [
    ("in", CallKind::Incoming),
    ("inbound", CallKind::Incoming),
    ("входящие", CallKind::Incoming),
    ("входящий", CallKind::Incoming),
    ("out", CallKind::Outgoing),
    ("outbound", CallKind::Outgoing),
    ("исходящие", CallKind::Outgoing),
    ("исходящий", CallKind::Outgoing),
    ("пропущенные", CallKind::Missed),
    ("внутренние", CallKind::Internal),
];

/// Compiles the kinds of calls that a profile takes.
pub(super) fn compile(raw: &RawReceive, problems: &mut Problems) -> Vec<CallKind> {
    let words = raw.on.iter().flatten();
    words.filter_map(|text| kind(text, problems)).collect()
}

fn kind(text: &Text, problems: &mut Problems) -> Option<CallKind> {
    let written = text.value.trim();
    let kind = CallKind::parse(written);
    if kind.is_none() {
        let message = bilingual!(
            "there is no kind of call `{written}`",
            "вида звонков `{written}` нет"
        );
        let lower = written.to_lowercase();
        let meant = OTHER_WORDS.iter().find(|(word, _)| *word == lower);
        let advice = match meant {
            Some((_, kind)) => suggest::meant(kind.as_str()),
            None => suggest::did_you_mean(written, &CallKind::ALL.map(CallKind::as_str)),
        };
        problems.error(Code::WrongValue, &text.place, message, advice);
    }
    kind
}
