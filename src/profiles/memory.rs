//! Remembers the guards of channels over a restart, as text in the data folder. It names secrets as
//! `_channels.yaml` does, without containing them.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::keys::ChannelKeys;
use crate::authoring::{Code, Problem, ProfileFile};
use crate::channels::{Channels, Pages};
use crate::domain::bilingual;

/// The file's name in the data folder.
pub const GUARDS_FILE: &str = "guards.json";

/// The file with the guards in force, for the next start.
#[derive(Debug, Clone)]
pub struct GuardMemory {
    path: PathBuf,
    /// The keys that the gateway has made.
    pub(super) keys: ChannelKeys,
    is_written: bool,
    /// The content of the file, if known.
    text: Option<String>,
}

impl GuardMemory {
    /// Returns the memory of the gateway with this data folder.
    pub fn of_gateway(data: &Path) -> Self {
        Self {
            path: data.join(GUARDS_FILE),
            keys: ChannelKeys::of_gateway(data),
            is_written: true,
            text: None,
        }
    }

    /// The same, for reading only.
    pub fn read_only(data: &Path) -> Self {
        Self {
            is_written: false,
            ..Self::of_gateway(data)
        }
    }

    /// Returns the guards that were in force last. If the file cannot be read, they are unknown:
    /// channels refuse everything until a valid file of settings says how they are guarded.
    pub(super) fn recall(&mut self) -> (Channels, Option<Problem>) {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return (Channels::default(), None);
            }
            Err(error) => {
                return (
                    Channels::broken(),
                    Some(self.unreadable(&error.to_string())),
                );
            }
        };
        let file = ProfileFile {
            name: GUARDS_FILE.to_owned(),
            text,
        };
        let (channels, _) = Channels::read(&file, &Pages::new());
        self.text = Some(file.text);
        match channels {
            Some(channels) => (channels, None),
            None => (Channels::broken(), Some(self.unreadable("it is damaged"))),
        }
    }

    /// Saves the guards in force, if they have changed.
    pub(super) fn remember(&mut self, channels: &Channels) -> Option<Problem> {
        let text = channels.remembered();
        let is_known = self.text.as_ref() == Some(&text);
        let is_needless = self.text.is_none() && channels.is_empty();
        if !self.is_written || channels.is_broken() || is_known || is_needless {
            return None;
        }
        match self.write(&text) {
            Ok(()) => {
                self.text = Some(text);
                None
            }
            Err(error) => {
                let message = bilingual!(
                    "{GUARDS_FILE} cannot be written: {error}; after a restart a channel that has \
                     lost its settings would be open",
                    "{GUARDS_FILE} не записывается: {error}; после перезапуска канал, потерявший \
                     настройки, окажется открыт",
                );
                let advice = bilingual!(
                    "let the gateway's user write to the data folder",
                    "дайте пользователю шлюза право писать в папку данных"
                );
                Some(Problem::warning_of_file(
                    Code::Unreadable,
                    GUARDS_FILE,
                    message,
                    advice,
                ))
            }
        }
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let fresh = self.path.with_extension("new");
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, &self.path)
    }

    fn unreadable(&self, why: &str) -> Problem {
        let path = self.path.display();
        let message = bilingual!(
            "{path} cannot be read: {why}; without `_channels.yaml` no channel accepts anything",
            "{path} не читается: {why}; без `_channels.yaml` каналы ничего не принимают"
        );
        let advice = bilingual!(
            "check `_channels.yaml`, then delete this file and restart the gateway",
            "проверьте `_channels.yaml`, затем удалите этот файл и перезапустите шлюз"
        );
        Problem::of_file(Code::Unreadable, GUARDS_FILE, message, advice)
    }
}
