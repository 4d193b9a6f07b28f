//! What may keep a file from being read or saved.

use serde_json::{Value, json};

use super::problem_json;
use crate::authoring::Problem;
use crate::authoring::patch::{ConflictingEntry, PatchProblem, dotted};
use crate::domain::{Bilingual, Lang, bilingual};
use crate::store::StoreError;

/// Somebody else has saved the file since the author began.
#[derive(Debug, Clone, PartialEq)]
pub struct TextConflict {
    /// The text that is in the file now; `None` if the file is gone.
    pub theirs: Option<String>,
    /// Its hash.
    pub theirs_hash: Option<String>,
    /// Who saved it; `None` if it was edited outside of the console.
    pub theirs_by: Option<String>,
    /// Both texts together, if nothing needs a choice.
    pub merged: Option<String>,
    /// What both have changed.
    pub conflicts: Vec<ConflictingEntry>,
}

impl TextConflict {
    /// Returns it as JSON.
    pub fn to_json(&self, lang: Lang) -> Value {
        let conflicts = self.conflicts.iter().map(|conflict| {
            json!({
                "path": conflict.path,
                "place": dotted(&conflict.path),
                "ours": conflict.ours,
                "theirs": conflict.theirs,
            })
        });
        json!({
            "message": EditProblem::Conflict(Box::new(self.clone())).text().pick(lang),
            "theirs": self.theirs,
            "theirs_hash": self.theirs_hash,
            "theirs_by": self.theirs_by,
            "merged": self.merged,
            "conflicts": conflicts.collect::<Vec<_>>(),
        })
    }
}

/// Why a file is not read or saved.
#[derive(Debug)]
pub enum EditProblem {
    /// The gateway reads no file of this name.
    NoSuchFile,
    /// There is no such version, or it was removed as one of the oldest.
    NoSuchVersion,
    /// The name cannot be that of a file.
    UnfitName(Bilingual),
    /// A new file has the name of another one.
    Exists,
    /// The file cannot be read.
    Unreadable(Box<Problem>),
    /// The author may not do this; the text says why.
    Refused(Bilingual),
    /// The text has errors.
    Broken(Vec<Problem>),
    /// Somebody else has saved the file.
    Conflict(Box<TextConflict>),
    /// The file or the folder cannot be written.
    NotWritable(Bilingual),
    /// There is nothing to make a draft of.
    NoPackets(Bilingual),
    /// The channel has no such guard; the text says what to do.
    NoGuard(Bilingual),
    /// The texts cannot be merged.
    Patch(PatchProblem),
    /// The store failed.
    Store(StoreError),
    /// Too many texts are being checked.
    Busy,
    /// The gateway stops.
    Stopping,
}

impl From<StoreError> for EditProblem {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<PatchProblem> for EditProblem {
    fn from(problem: PatchProblem) -> Self {
        Self::Patch(problem)
    }
}

impl EditProblem {
    /// Returns what is wrong and what to do.
    pub fn text(&self) -> Bilingual {
        match self {
            Self::NoSuchFile => Bilingual::new(
                "there is no such file in the profiles' folder",
                "такого файла в папке профилей нет",
            )
            .into(),
            Self::NoSuchVersion => Bilingual::new(
                "this version is not kept: the oldest ones are removed",
                "такой версии нет: самые старые удаляются",
            )
            .into(),
            Self::UnfitName(why)
            | Self::NotWritable(why)
            | Self::NoPackets(why)
            | Self::NoGuard(why)
            | Self::Refused(why) => why.clone(),
            Self::Exists => Bilingual::new(
                "a file of this name exists already: choose another name",
                "файл с таким именем уже есть: выберите другое имя",
            )
            .into(),
            Self::Unreadable(problem) => problem.message.clone(),
            Self::Broken(problems) => {
                let errors = problems.iter().filter(|problem| problem.is_error()).count();
                bilingual!(
                    "not saved, the text has errors: {errors}; correct them first",
                    "не сохранено, в тексте есть ошибки: {errors}; сначала исправьте их"
                )
            }
            Self::Busy => Bilingual::new(
                "too many texts are being checked: try again in a moment",
                "сейчас проверяется слишком много текстов: повторите чуть позже",
            )
            .into(),
            Self::Conflict(conflict) => conflict_text(conflict),
            Self::Patch(problem) => problem.text(),
            Self::Store(error) => {
                let error = error.in_public();
                bilingual!(
                    "the store does not answer: {error}",
                    "хранилище не отвечает: {error}"
                )
            }
            Self::Stopping => Bilingual::new(
                "the gateway is being stopped; try again after its start",
                "шлюз останавливается; повторите после его запуска",
            )
            .into(),
        }
    }

    /// Returns its details as JSON, where a program can use them.
    pub fn details(&self, lang: Lang) -> Option<Value> {
        match self {
            Self::Broken(problems) => {
                let problems = problems.iter();
                let problems = problems.map(|problem| problem_json(problem, lang));
                Some(json!({
                    "message": self.text().pick(lang),
                    "problems": problems.collect::<Vec<_>>(),
                }))
            }
            Self::Conflict(conflict) => Some(conflict.to_json(lang)),
            _ => None,
        }
    }
}

fn conflict_text(conflict: &TextConflict) -> Bilingual {
    let Some(name) = &conflict.theirs_by else {
        return Bilingual::new(
            "not saved: the file has changed on disk meanwhile",
            "не сохранено: файл тем временем изменился на диске",
        )
        .into();
    };
    bilingual!(
        "not saved: {name} has saved the file meanwhile",
        "не сохранено: тем временем файл сохранил(а) {name}"
    )
}
