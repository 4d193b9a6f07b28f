//! What `receive` says about calls of a PBX: `on`.

use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::RawReceive;
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::{Bilingual, CallKind, bilingual};

/// Other words for the kinds of calls.
const OTHER_WORDS: [(CallKind, &str); 4] = [
    (
        CallKind::Incoming,
        "in inbound income answered accepted received входящие входящий входящая принятые принятый отвеченные",
    ),
    (
        CallKind::Outgoing,
        "out outbound outcome outgo исходящие исходящий исходящая",
    ),
    (
        CallKind::Missed,
        "miss noanswer no_answer unanswered not_answered lost abandoned пропущенные пропущенный пропущен потерянные неотвеченные",
    ),
    (
        CallKind::Internal,
        "inner local внутренние внутренний внутренняя",
    ),
];

/// Returns the kind of calls that another word means.
pub(super) fn meant(written: &str) -> Option<CallKind> {
    let lower = written.trim().to_lowercase().replace(['-', ' '], "_");
    let mut rows = OTHER_WORDS.iter();
    let found = rows.find(|(_, words)| words.split(' ').any(|word| word == lower));
    found.map(|(kind, _)| *kind)
}

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
        let advice = match meant(written) {
            Some(kind) => suggest::meant(kind.as_str()),
            None => all(written).unwrap_or_else(|| {
                suggest::did_you_mean(written, &CallKind::ALL.map(CallKind::as_str))
            }),
        };
        problems.error(Code::WrongValue, &text.place, message, advice);
    }
    kind
}

/// `all`, `incoming missed`: the kinds as a list.
fn all(written: &str) -> Option<Bilingual> {
    let lower = written.to_lowercase();
    let words: Vec<&str> = suggest::parts(&lower).collect();
    let every = ["all", "any", "*", "все", "всё", "любые", "любой"];
    let kinds: Vec<&str> = if every.contains(&lower.as_str()) {
        CallKind::ALL.map(CallKind::as_str).to_vec()
    } else if words.len() > 1 {
        let kind = |word: &&str| CallKind::parse(word).or_else(|| meant(word));
        let kinds: Option<Vec<CallKind>> = words.iter().map(kind).collect();
        kinds?.into_iter().map(CallKind::as_str).collect()
    } else {
        return None;
    };
    let list = kinds.join(", ");
    Some(bilingual!(
        "several kinds are a list: write `[{list}]`",
        "несколько видов пишут списком: напишите `[{list}]`"
    ))
}
