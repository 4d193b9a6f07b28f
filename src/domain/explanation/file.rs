//! Explains what becomes of files, in both languages.

use serde::{Deserialize, Serialize};

use crate::domain::Lang;
use crate::domain::file::FileFault;

/// A step about a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileExplanation {
    /// The field of the CRM, such as `deal.UF_CRM_SCAN`; `files` for the timeline.
    pub field: String,
    /// The place of the file in the packet.
    pub place: String,
    /// What happens to it.
    pub what: FileOutcome,
}

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileOutcome {
    /// It is written.
    Written,
    /// The CRM has the same file there already.
    There,
    /// The found record keeps its files, because the profile says so.
    Kept,
    /// It is behind a link and is being fetched.
    Fetched,
    /// It is behind a link, could not be fetched yet, and is fetched again.
    FetchedAgain(FileFault),
    /// The comment of the submission exists and is not changed.
    CommentThere,
    /// It is left out.
    LeftOut(FileFault),
}

impl FileExplanation {
    /// Returns the step as a sentence without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        let Self { field, place, what } = self;
        match (what, lang) {
            (FileOutcome::Written, Lang::En) => format!("{field} gets the file at {place}"),
            (FileOutcome::Written, Lang::Ru) => format!("{field}: записываем файл из {place}"),
            (FileOutcome::There, Lang::En) => format!("{field} already has the file at {place}"),
            (FileOutcome::There, Lang::Ru) => format!("{field}: файл из {place} там уже есть"),
            (FileOutcome::Kept, Lang::En) => {
                format!("{field} keeps its files (on_update); the file at {place} is not written")
            }
            (FileOutcome::Kept, Lang::Ru) => {
                format!("{field}: файлы не меняем (on_update), файл из {place} не записан")
            }
            (FileOutcome::Fetched, Lang::En) => format!("the file at {place} is being fetched"),
            (FileOutcome::Fetched, Lang::Ru) => format!("файл из {place} скачивается по ссылке"),
            (FileOutcome::FetchedAgain(fault), Lang::En) => {
                let why = fault.to_text(Lang::En);
                format!("the file at {place} is fetched again: {why}")
            }
            (FileOutcome::FetchedAgain(fault), Lang::Ru) => {
                let why = fault.to_text(Lang::Ru);
                format!("файл из {place} скачиваем ещё раз: {why}")
            }
            (FileOutcome::CommentThere, Lang::En) => format!(
                "the comment exists, so the file at {place} is not added to it; if the comment lacks the file, add it by hand"
            ),
            (FileOutcome::CommentThere, Lang::Ru) => format!(
                "комментарий уже есть, поэтому файл из {place} в него не добавляем; если файла там нет, прикрепите его вручную"
            ),
            (FileOutcome::LeftOut(fault), lang) => {
                format!("{field}: {}", fault.left_out(place, lang))
            }
        }
    }
}
