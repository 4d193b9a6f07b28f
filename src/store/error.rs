//! Errors of the store. The variants differ by who can help: time, the operator, or the developers.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::{Bilingual, Lang, State, SubmissionId};

/// An error in the words of the backend. All requests that failed together share it.
pub type BackendError = Arc<dyn std::error::Error + Send + Sync>;

/// Why the store refused or failed a request.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The queue of the writer is full.
    #[error("the store has more to write than it can hold: try again in a moment")]
    Busy,
    /// The disk cannot be read or written. Nothing was written; every further request tries again
    /// and succeeds once the disk works.
    #[error("the store cannot be used now: {trouble}")]
    Unavailable {
        /// The problem of the disk or the file.
        trouble: Trouble,
        /// The backend's error.
        #[source]
        source: BackendError,
    },
    /// The quarantine is full: the settings limit how much is kept for profiles that do not exist
    /// yet.
    #[error(
        "as much is captured as the settings allow: write profiles for it, or raise polls.captured_most, \
         channels.quarantine_most and channels.quarantine_bytes"
    )]
    NoRoom,
    /// The gateway is shutting down.
    #[error("the store is closed")]
    Closed,
    /// The store was opened for reading only.
    #[error("the store is open for reading only: write through the running gateway")]
    ReadOnly,
    /// Another process uses the data folder.
    #[error(
        "another gateway works with {path}: stop it, or give this one a data folder of its own"
    )]
    InUse {
        /// The store's file.
        path: PathBuf,
    },
    /// The store does not exist.
    #[error("there is no store at {path}: check the data folder, or start the gateway once")]
    Missing {
        /// The path that was checked.
        path: PathBuf,
    },
    /// The folder had a database before.
    #[error(
        "{path} is {what}, but this data folder was used before: put the file back or restore it from a \
         backup; to begin with an empty database, start once with --new"
    )]
    Lost {
        /// The store's file.
        path: PathBuf,
        /// `missing` or `empty`.
        what: &'static str,
    },
    /// `--new` was given for a folder that has a database.
    #[error("{path} holds a database: start without --new, or move the file away first")]
    NotNew {
        /// The store's file.
        path: PathBuf,
    },
    /// The folder or the lock file cannot be created.
    #[error("{path} cannot be created: check that the folder exists and may be written")]
    Folder {
        /// The path that was to be created.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// The file is damaged, or is not a store of leadgate.
    #[error("{path} is damaged or is not a store of leadgate: restore it from a backup")]
    Damaged {
        /// The store's file.
        path: PathBuf,
        /// The backend's error; `None` when the file is sound but belongs to another program.
        #[source]
        source: Option<BackendError>,
    },
    /// A later release has written the file.
    #[error(
        "{path} was written by a newer leadgate (schema {found}, this one knows {known}): \
         install the newer one, or restore a backup"
    )]
    TooNew {
        /// The store's file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The latest schema that this program knows.
        known: u32,
    },
    /// The schema of the file is older; only a gateway upgrades it.
    #[error(
        "{path} was written by an older leadgate: start the gateway once to bring it up to date"
    )]
    TooOld {
        /// The store's file.
        path: PathBuf,
    },
    /// The lease is over: a lease can be settled once.
    #[error("the lease on submission {id} is over: the submission is {}", or_unknown(*.state))]
    NotLeased {
        /// Its id.
        id: SubmissionId,
        /// Its state; `None` when the store does not have the submission.
        state: Option<State>,
    },
    /// The state of the submission does not allow the request.
    #[error("submission {id} cannot be queued again: it is {state}")]
    NotQueued {
        /// Its id.
        id: SubmissionId,
        /// Its state.
        state: State,
    },
    /// The body of the submission was erased or purged.
    #[error("nothing is left of submission {id} to deliver: its body was removed")]
    Bare {
        /// Its id.
        id: SubmissionId,
    },
    /// All steps are finished, and none was named.
    #[error("all steps of submission {id} are finished; name one with --step to repeat it")]
    AllFinished {
        /// Its id.
        id: SubmissionId,
    },
    /// Its history has no complete plan to deliver.
    #[error("submission {id} has no whole plan in its history: replay it through today's profile")]
    NoPlan {
        /// Its id.
        id: SubmissionId,
    },
    /// The store does not have the submission.
    #[error("there is no submission {id}")]
    Unknown {
        /// Its id.
        id: SubmissionId,
    },
    /// The backend reports something that this program does not expect: a bug.
    #[error("the store failed in an unexpected way: please report this")]
    Backend(#[source] BackendError),
    /// The operating system gives no random numbers.
    #[error("the operating system gives no random numbers: try again")]
    NoRandomness,
    /// An event could not be written as JSON: a bug.
    #[error("an event cannot be stored: please report this")]
    Encode(#[source] serde_json::Error),
}

fn or_unknown(state: Option<State>) -> &'static str {
    state.map_or("unknown", State::as_str)
}

/// The problem of the disk or the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// There is no room.
    Full,
    /// Reading or writing fails.
    Io,
    /// The file or its file system may not be written.
    ReadOnly,
    /// The content is damaged.
    Corrupt,
    /// The file cannot be opened.
    NotOpened,
    /// Another program holds the file.
    Locked,
    /// The machine has no memory left.
    NoMemory,
    /// The file is not where it was opened.
    Moved,
    /// The file or its log lost its end while it was open.
    Cut,
}

impl Trouble {
    fn to_text(self, lang: Lang) -> &'static str {
        match self {
            Self::Full => Bilingual::new(
                "the disk is full, free some space",
                "на диске нет места, освободите его",
            ),
            Self::Io => Bilingual::new(
                "the disk fails to read or write, check it",
                "диск не читает или не пишет, проверьте его",
            ),
            Self::ReadOnly => Bilingual::new(
                "the data folder is read-only, make it writable",
                "папка данных доступна только для чтения, разрешите запись",
            ),
            Self::Corrupt => Bilingual::new(
                "the file is damaged, restore it from a backup",
                "файл повреждён, восстановите его из резервной копии",
            ),
            Self::NotOpened => Bilingual::new(
                "the file cannot be opened, check the data folder",
                "файл не открывается, проверьте папку данных",
            ),
            Self::Locked => Bilingual::new(
                "another program holds the file, close it",
                "файл занят другой программой, закройте её",
            ),
            Self::NoMemory => Bilingual::new(
                "the machine is out of memory",
                "на машине не хватает памяти",
            ),
            Self::Moved => Bilingual::new(
                "the file was moved, removed or replaced, put it back",
                "файл перемещён, удалён или заменён, верните его",
            ),
            Self::Cut => Bilingual::new(
                "the file was cut short, stop the gateway and restore the file from a backup",
                "файл обрезан, остановите шлюз и восстановите файл из резервной копии",
            ),
        }
        .pick(lang)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_text(Lang::En))
    }
}

impl StoreError {
    /// Returns whether a file that has lost a part of its content can cause this error.
    pub(super) fn shows_loss(&self) -> bool {
        match self {
            Self::Unavailable { trouble, .. } => *trouble == Trouble::Corrupt,
            Self::Backend(_) | Self::Damaged { .. } | Self::Lost { .. } => true,
            _ => false,
        }
    }

    /// Returns the error in a language, without its cause.
    pub fn to_text(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.to_string(),
            Lang::Ru => self.in_russian(),
        }
    }

    fn in_russian(&self) -> String {
        let fixed = match self {
            Self::Busy => "в хранилище накопилось слишком много записей: повторите через минуту",
            Self::NoRoom => {
                "в карантине больше, чем разрешают настройки: напишите профили или увеличьте \
                 polls.captured_most, channels.quarantine_most и channels.quarantine_bytes"
            }
            Self::Closed => "хранилище закрыто",
            Self::ReadOnly => "хранилище открыто только для чтения: записывает работающий шлюз",
            Self::Backend(_) => "неожиданный сбой хранилища: сообщите о нём разработчикам",
            Self::NoRandomness => "система не даёт случайных чисел: повторите",
            Self::Encode(_) => "событие не записывается: сообщите об этом разработчикам",
            _ => return self.with_values_in_russian(),
        };
        fixed.to_owned()
    }

    fn with_values_in_russian(&self) -> String {
        match self {
            Self::Unavailable { trouble, .. } => {
                let trouble = trouble.to_text(Lang::Ru);
                format!("хранилище сейчас недоступно: {trouble}")
            }
            Self::NotLeased { id, state } => {
                let state = state.map(|state| state.to_text(Lang::Ru));
                let state = state.unwrap_or_else(|| "оно неизвестно".to_owned());
                format!("захват обращения {id} закончился: {state}")
            }
            Self::NotQueued { id, state } => {
                let state = state.to_text(Lang::Ru);
                format!("обращение {id} нельзя снова поставить в очередь: {state}")
            }
            Self::Bare { id } => {
                format!("от обращения {id} нечего доставлять: его содержимое удалено")
            }
            Self::AllFinished { id } => format!(
                "все шаги обращения {id} выполнены; чтобы повторить шаг, назовите его: --step"
            ),
            Self::NoPlan { id } => format!(
                "в истории обращения {id} нет полного плана: повторите его по нынешнему профилю"
            ),
            Self::Unknown { id } => format!("обращения {id} нет"),
            _ => self.of_file_in_russian(),
        }
    }

    fn of_file_in_russian(&self) -> String {
        match self {
            Self::InUse { path } => format!(
                "с {} работает другой шлюз: остановите его или дайте этому свою папку данных",
                path.display()
            ),
            Self::Missing { path } => format!(
                "хранилища {} нет: проверьте папку данных или один раз запустите шлюз",
                path.display()
            ),
            Self::Lost { path, what } => {
                let what = if *what == "empty" {
                    "пуст"
                } else {
                    "исчез"
                };
                format!(
                    "файл {} {what}, хотя эта папка данных уже работала: верните файл или \
                     восстановите его из резервной копии; чтобы начать с пустой базы, один раз \
                     запустите шлюз с --new",
                    path.display()
                )
            }
            Self::NotNew { path } => format!(
                "в {} уже есть база: запустите без --new или сначала уберите файл",
                path.display()
            ),
            Self::Folder { path, .. } => format!(
                "не удаётся создать {}: проверьте, что папка есть и в неё можно писать",
                path.display()
            ),
            Self::Damaged { path, .. } => format!(
                "файл {} повреждён или это не хранилище leadgate: восстановите его из резервной \
                 копии",
                path.display()
            ),
            Self::TooNew { path, found, known } => format!(
                "файл {} записан более новым leadgate (схема {found}, этот знает {known}): \
                 установите новый или восстановите резервную копию",
                path.display()
            ),
            Self::TooOld { path } => format!(
                "файл {} записан более старым leadgate: один раз запустите шлюз, и он его обновит",
                path.display()
            ),
            other => other.to_string(),
        }
    }

    /// Returns whether the same request may succeed later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Busy | Self::Unavailable { .. } | Self::Closed)
    }

    /// Returns the message without paths and other details, for replies that anybody can read.
    pub fn in_public(&self) -> String {
        match self {
            Self::Busy | Self::Unavailable { .. } | Self::Closed | Self::NoRoom => self.to_string(),
            _ => "the store does not work; the log says why".to_owned(),
        }
    }

    /// Returns a copy for another request that shared the transaction.
    pub(super) fn shared(&self) -> Self {
        match self {
            Self::Unavailable { trouble, source } => Self::Unavailable {
                trouble: *trouble,
                source: Arc::clone(source),
            },
            Self::Backend(source) => Self::Backend(Arc::clone(source)),
            _ => Self::Closed,
        }
    }
}
