//! `files`: the declared fields whose files go into the timeline, or with a letter.

use super::field_rules::Used;
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::RawProfile;
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::bilingual;
use crate::mapping::normalise::truth;

/// Returns the numbers of the fields of the timeline.
pub(super) fn compile(
    raw: &RawProfile,
    declared: &[&str],
    used: &mut Used,
    problems: &mut Problems,
) -> Vec<usize> {
    let files = named(
        raw.files.as_deref().unwrap_or_default(),
        declared,
        used,
        problems,
    );
    let has_record = raw.deal.is_some() || raw.lead.is_some() || raw.item.is_some();
    if let Some(first) = raw.files.iter().flatten().next().filter(|_| !has_record) {
        let message = bilingual!(
            "`files` has no effect without a deal, a lead or an item",
            "`files` без сделки, лида или элемента ни на что не влияет"
        );
        let advice = bilingual!(
            "files go into the timeline of a record: add one, or write the file into a field of the contact",
            "файлы попадают в таймлайн записи: добавьте её или запишите файл в поле контакта"
        );
        problems.warn(Code::WrongPlace, &first.place, message, advice);
    }
    files
}

/// Returns the numbers of these fields; each must be a file.
pub(super) fn named(
    written: &[Text],
    declared: &[&str],
    used: &mut Used,
    problems: &mut Problems,
) -> Vec<usize> {
    let mut files = Vec::new();
    for text in written {
        let name = text.value.trim();
        let bare = name
            .strip_prefix("{{")
            .and_then(|name| name.strip_suffix("}}"));
        let bare = bare.unwrap_or(name).trim();
        match declared.iter().position(|one| *one == bare) {
            Some(index) if used.files.contains(&index) => {
                used.fields.insert(index);
                files.push(index);
            }
            Some(_) => {
                let message = bilingual!(
                    "the field `{bare}` is not a file",
                    "поле `{bare}` — не файл"
                );
                let advice = bilingual!(
                    "write {bare}: {{ from: …, as: file }} in `fields`",
                    "напишите в `fields` так: {bare}: {{ from: …, as: file }}"
                );
                problems.error(Code::WrongType, &text.place, message, advice);
            }
            None if is_everything(bare) => everything(text, declared, used, problems),
            None => {
                let message = bilingual!(
                    "`files` names a field that `fields` does not declare: `{bare}`",
                    "в `files` названо поле, которого нет в `fields`: `{bare}`"
                );
                let files = file_fields(declared, used);
                let stem = bare.split('.').next().unwrap_or(bare);
                let advice = if files.contains(&stem) {
                    suggest::meant(stem)
                } else if files.is_empty() {
                    suggest::did_you_mean(bare, declared)
                } else {
                    suggest::did_you_mean(bare, &files)
                };
                problems.error(Code::UnknownField, &text.place, message, advice);
            }
        }
    }
    files
}

/// Returns the names of the declared fields with files.
fn file_fields<'d>(declared: &[&'d str], used: &Used) -> Vec<&'d str> {
    let files = used.files.iter();
    files
        .filter_map(|index| declared.get(*index).copied())
        .collect()
}

/// `files: true`, `files: все`.
fn is_everything(word: &str) -> bool {
    let word = word.to_lowercase();
    matches!(
        word.as_str(),
        "*" | "all" | "все" | "всё" | "any" | "files" | "файлы"
    ) || truth(&word).is_some()
}

fn everything(text: &Text, declared: &[&str], used: &Used, problems: &mut Problems) {
    let word = text.value.trim();
    let names = file_fields(declared, used);
    let message = bilingual!(
        "`files` is a list of fields: `{word}` is none",
        "`files` — список полей, а `{word}` — не поле"
    );
    let advice = if truth(word) == Some(false) {
        bilingual!(
            "leave `files` out, or write `[]`",
            "уберите `files` или напишите `[]`"
        )
    } else if names.is_empty() {
        let path = problems.facts.path_of("scan");
        bilingual!(
            "declare the file, `fields: {{ scan: {{ from: {path}, as: file }} }}`, and write `files: [scan]`",
            "опишите файл, `fields: {{ scan: {{ from: {path}, as: file }} }}`, и напишите `files: [scan]`"
        )
    } else {
        let names = names.join(", ");
        bilingual!("write `files: [{names}]`", "напишите `files: [{names}]`")
    };
    problems.error(Code::WrongType, &text.place, message, advice);
}
