//! The keys of channels that the gateway makes itself: a file for each in the data folder, which only
//! the gateway's user may read. Settings say `secret: { kept: true }`, so the files of profiles never
//! contain one. An empty file is a revoked key.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use aws_lc_rs::rand;
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::domain::{Bilingual, bilingual};
use crate::redact;

/// The folder's name in the data folder.
const FOLDER: &str = "channel-keys";
/// Random bytes of a key.
const BYTES: usize = 32;
/// Maximum length of a file that is read, in bytes.
const LONGEST: u64 = 4096;

/// The state of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// None was made yet: the channel answers 503.
    Missing,
    /// Made at this time.
    Made(Timestamp),
    /// Revoked at this time: no request passes.
    Revoked(Timestamp),
}

/// The folder of the keys. A key is named by its channel and guard: `shop.token`.
#[derive(Debug, Clone, Default)]
pub(super) struct ChannelKeys {
    /// `None` without a data folder: no key can be read.
    folder: Option<PathBuf>,
}

/// What tells that a key has changed.
pub(super) type KeyStamps = Vec<(String, Option<SystemTime>, u64)>;

impl ChannelKeys {
    /// Returns the keys of the gateway with this data folder.
    pub(super) fn of_gateway(data: &Path) -> Self {
        Self {
            folder: Some(data.join(FOLDER)),
        }
    }

    /// Lists the keys without reading them.
    pub(super) fn stamps(&self) -> KeyStamps {
        let entries = self.folder.as_ref().map(fs::read_dir);
        let entries = entries.into_iter().flatten().flatten().flatten();
        let mut stamps: KeyStamps = entries
            .filter_map(|entry| {
                let found = entry.metadata().ok()?;
                let name = entry.file_name().to_string_lossy().into_owned();
                Some((name, found.modified().ok(), found.len()))
            })
            .collect();
        stamps.sort();
        stamps
    }

    /// Reads a key, and registers it for masking. In place of a revoked one it returns a text that
    /// nobody knows.
    pub(super) fn read(&self, name: &str) -> Result<SecretString, Bilingual> {
        let Some(path) = self.path(name) else {
            return Err(bilingual!(
                "its key is in the gateway's data folder, which is not known here",
                "его ключ лежит в папке данных шлюза, а она здесь неизвестна"
            ));
        };
        let read = fs::File::open(&path).and_then(|file| {
            let mut text = String::new();
            io::Read::read_to_string(&mut io::Read::take(file, LONGEST), &mut text)?;
            Ok(text)
        });
        match read {
            Ok(text) if text.trim().is_empty() => fresh().map_err(|error| unread(&error)),
            Ok(text) => {
                redact::register(text.trim());
                Ok(SecretString::from(text.trim()))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Err(bilingual!(
                "no key was made yet: make one on the channel's page of the console, or by the API",
                "ключ ещё не выдан: выдайте его на странице канала в консоли или через API"
            )),
            Err(error) => Err(unread(&error)),
        }
    }

    /// Returns the state of a key.
    pub(super) fn state(&self, name: &str) -> io::Result<KeyState> {
        let Some(path) = self.path(name) else {
            return Ok(KeyState::Missing);
        };
        let found = match fs::metadata(path) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(KeyState::Missing),
            Err(error) => return Err(error),
        };
        let at = Timestamp::try_from(found.modified()?).unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(if found.len() == 0 {
            KeyState::Revoked(at)
        } else {
            KeyState::Made(at)
        })
    }

    /// Makes a key in place of the one before.
    pub(super) fn make(&self, name: &str) -> io::Result<SecretString> {
        let key = fresh()?;
        self.write(name, key.expose_secret())?;
        Ok(key)
    }

    /// Revokes a key. Returns whether there was one.
    pub(super) fn revoke(&self, name: &str) -> io::Result<bool> {
        let was_made = matches!(self.state(name)?, KeyState::Made(_));
        if was_made {
            self.write(name, "")?;
        }
        Ok(was_made)
    }

    /// Removes a key that was made for settings that were not saved.
    pub(super) fn forget(&self, name: &str) -> io::Result<()> {
        self.path(name).map_or(Ok(()), fs::remove_file)
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(name))
    }

    fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let (Some(folder), Some(path)) = (&self.folder, self.path(name)) else {
            return Err(ErrorKind::NotFound.into());
        };
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(folder)?;
        // a name that no key has
        let fresh = folder.join(format!(".{name}.new"));
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, &path)?;
        fs::File::open(folder)?.sync_all()
    }
}

fn unread(error: &io::Error) -> Bilingual {
    bilingual!(
        "its key cannot be read: {error}",
        "его ключ не читается: {error}"
    )
}

/// Returns a new random key.
fn fresh() -> io::Result<SecretString> {
    let mut bytes = [0; BYTES];
    rand::fill(&mut bytes).map_err(|_| io::Error::other("the system gives no random bytes"))?;
    Ok(SecretString::from(BASE64URL_NOPAD.encode(&bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_replaced_and_revoked() {
        let home = tempfile::tempdir().unwrap();
        let keys = ChannelKeys::of_gateway(home.path());
        assert_eq!(keys.state("shop.token").unwrap(), KeyState::Missing);
        assert!(keys.read("shop.token").is_err() && !keys.revoke("shop.token").unwrap());
        let first = keys.make("shop.token").unwrap();
        let read = keys.read("shop.token").unwrap();
        assert_eq!(read.expose_secret(), first.expose_secret());
        assert!(matches!(
            keys.state("shop.token").unwrap(),
            KeyState::Made(_)
        ));
        let before = keys.stamps();
        let second = keys.make("shop.token").unwrap();
        assert_ne!(first.expose_secret(), second.expose_secret());
        assert!(keys.revoke("shop.token").unwrap());
        assert_ne!(keys.stamps(), before);
        assert!(matches!(
            keys.state("shop.token").unwrap(),
            KeyState::Revoked(_)
        ));
        // nothing passes any more, and what stands in its place is another text each time
        let revoked = [
            keys.read("shop.token").unwrap(),
            keys.read("shop.token").unwrap(),
        ];
        assert_ne!(revoked[0].expose_secret(), revoked[1].expose_secret());
        assert_ne!(revoked[0].expose_secret(), second.expose_secret());
        keys.forget("shop.token").unwrap();
        assert_eq!(keys.stamps(), KeyStamps::new());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_gateway_reads_its_keys() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let keys = ChannelKeys::of_gateway(home.path());
        keys.make("shop.token").unwrap();
        let folder = home.path().join(FOLDER);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join("shop.token")), 0o600);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }
}
