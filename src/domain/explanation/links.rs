//! Explains how contacts belong to records, and what the timeline of a record gets.

use super::{ContactExplanation, RecordExplanation, list};
use crate::domain::{EntityKind, Lang, bilingual};

/// Returns the text of a step about the contact of a record; empty for any other step.
pub(super) fn contact(about: &ContactExplanation, lang: Lang) -> String {
    let ContactExplanation::NotOfRecord {
        id,
        kind,
        record,
        differs,
    } = about
    else {
        return String::new();
    };
    let (named, differs) = (kind.numbered(record, lang), list(differs));
    bilingual!(
        "contact {id} of {named} is not used: it is another person, with another {differs}",
        "контакт {id} ({named}) не берём: это другой человек, не совпадает {differs}"
    )
    .pick(lang)
}

/// Returns the text of a step about the contacts or the timeline of a record; empty for any other
/// step.
pub(super) fn record(kind: EntityKind, about: &RecordExplanation, lang: Lang) -> String {
    let numbered = |id: &dyn std::fmt::Display| kind.numbered(id, lang);
    match about {
        RecordExplanation::OfContact { id, newer, .. } => {
            let (record, ids) = (numbered(id), list(newer));
            let newer = numbered(&ids);
            bilingual!(
                "found open {record}, whose main contact this is; {ids} is newer, but has another \
                 main contact",
                "{record}: открыто, и этот контакт здесь основной; {newer} новее, но основной контакт \
                 там другой"
            )
        }
        RecordExplanation::Linked { id, contact } => {
            let record = numbered(id);
            bilingual!(
                "contact {contact} is bound to {record}",
                "{record}: привязан контакт {contact}"
            )
        }
        RecordExplanation::NotBound(id) => {
            let record = numbered(id);
            bilingual!(
                "the contact is not bound to {record}, which is left as it is",
                "{record}: контакт не привязываем, запись не трогаем"
            )
        }
        RecordExplanation::Comment(0) => bilingual!(
            "a comment is added to the timeline",
            "добавляем комментарий в таймлайн"
        ),
        RecordExplanation::Comment(files) => bilingual!(
            "a comment with files is added to the timeline, files: {files}",
            "добавляем комментарий с файлами в таймлайн, файлов: {files}"
        ),
        RecordExplanation::TimelineFiles(files) => bilingual!(
            "files are added to the timeline: {files}",
            "добавляем файлы в таймлайн: {files}"
        ),
        _ => return String::new(),
    }
    .pick(lang)
}
