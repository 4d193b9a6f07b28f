//! The encrypted file of a pair, `amocrm-NAME.tokens` in the data folder: AES-256-GCM with the
//! account's name as associated data, so that the file of one account is no file of another.
//!
//! The key is in `amocrm.key` beside it, which only leadgate's user may read, or comes from the
//! settings (`token_key`); then a copy of the data folder alone reveals nothing. Files are written
//! under another name, brought to the disk and renamed: a power cut leaves the old one or the new one.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::rand;
use data_encoding::{BASE64, HEXLOWER};
use secrecy::{ExposeSecret as _, SecretString};

use super::pair::TokenPair;
use crate::domain::AmoDisconnect;

/// The beginning of each file of a pair.
const VERSION: &str = "leadgate-tokens-1 ";
/// What the encryption is for.
const PURPOSE: &str = "leadgate: OAuth pair of the amoCRM account ";
/// The file of the key.
const KEY: &str = "amocrm.key";
/// The file that a process locks while it renews a pair.
const LOCK: &str = "amocrm.lock";
/// How often a locked file is tried.
const LOOK: Duration = Duration::from_millis(20);
/// Length of the key in bytes.
const KEY_LENGTH: usize = 32;
/// The longest file that is read, in bytes.
const LONGEST: u64 = 64 << 10;

/// Where the pair of an account is.
#[derive(Clone)]
pub struct TokenFile {
    account: String,
    folder: PathBuf,
    key: Option<SecretString>,
}

/// Why a pair cannot be read.
#[derive(Debug)]
pub(super) enum TokenFileError {
    /// There is none.
    Missing,
    /// There is one, but not the key.
    KeyMissing,
    /// The file was changed, or belongs to another account or key.
    Damaged,
    /// The system says no.
    Io(io::Error),
}

impl TokenFileError {
    /// Returns what that means for the account.
    pub(super) fn disconnect(&self) -> AmoDisconnect {
        match self {
            Self::Missing => AmoDisconnect::Never,
            Self::KeyMissing => AmoDisconnect::KeyLost,
            Self::Damaged => AmoDisconnect::Damaged,
            Self::Io(_) => AmoDisconnect::Unreadable,
        }
    }
}

/// Tells one version of a file from the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    number: u64,
}

impl TokenFile {
    /// Names the place of an account's pair: the data folder, and what the key is made of if the
    /// settings say so.
    pub fn new(account: &str, folder: PathBuf, key: Option<SecretString>) -> Self {
        Self {
            account: account.to_owned(),
            folder,
            key,
        }
    }

    /// Returns the path of the file.
    pub fn path(&self) -> PathBuf {
        self.folder.join(format!("amocrm-{}.tokens", self.account))
    }

    /// Returns whether there is a pair, readable or not.
    pub fn exists(&self) -> bool {
        self.stamp().is_some()
    }

    /// Returns the account's name in the settings.
    pub(super) fn account(&self) -> &str {
        &self.account
    }

    /// Returns which version of the file is there.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        let known = fs::metadata(self.path()).ok()?;
        #[cfg(unix)]
        let number = std::os::unix::fs::MetadataExt::ino(&known);
        #[cfg(not(unix))]
        let number = 0;
        Some(Stamp {
            modified: known.modified().ok(),
            length: known.len(),
            number,
        })
    }

    /// Reads the pair.
    pub(super) fn read(&self) -> Result<TokenPair, TokenFileError> {
        let text = read_short(&self.path())?.ok_or(TokenFileError::Missing)?;
        let sealed = text.strip_prefix(VERSION).map(str::trim_end);
        let sealed = sealed.and_then(|sealed| BASE64.decode(sealed.as_bytes()).ok());
        let sealed = sealed.ok_or(TokenFileError::Damaged)?;
        let key = self.key()?.ok_or(TokenFileError::KeyMissing)?;
        let open = || {
            let (nonce, content) = sealed.split_at_checked(NONCE_LEN)?;
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut content = content.to_vec();
            let plain = key.open_in_place(nonce, Aad::from(self.purpose()), &mut content);
            TokenPair::from_json(&serde_json::from_slice(plain.ok()?).ok()?)
        };
        open().ok_or(TokenFileError::Damaged)
    }

    /// Stores the pair. Only after that may the one before it be forgotten.
    ///
    /// # Errors
    /// If the folder cannot be written, or the key cannot be read.
    pub(super) fn write(&self, pair: &TokenPair) -> io::Result<()> {
        let key = match self.key() {
            Ok(Some(key)) => key,
            Ok(None) => self.make_key()?,
            Err(TokenFileError::Io(error)) => return Err(error),
            Err(_) => return Err(failed()),
        };
        let mut content = pair.to_json().to_string().into_bytes();
        let nonce = key.seal_in_place_append_tag(Aad::from(self.purpose()), &mut content);
        let nonce = nonce.map_err(|_| failed())?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.append(&mut content);
        let text = format!("{VERSION}{}\n", BASE64.encode(&sealed));
        replace(&self.path(), text.as_bytes())
    }

    /// Waits until no other process renews a pair, and keeps the others out until the file is dropped.
    pub(super) async fn lock(&self) -> io::Result<File> {
        let file = private().truncate(false).open(self.folder.join(LOCK))?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOOK).await,
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    fn purpose(&self) -> String {
        format!("{PURPOSE}{}", self.account)
    }

    /// Returns the key; `None` if there is none yet. One that is no key counts as none: it opens
    /// nothing.
    fn key(&self) -> Result<Option<RandomizedNonceKey>, TokenFileError> {
        let bytes = if let Some(text) = &self.key {
            let mut digest = Context::new(&SHA256);
            digest.update(b"leadgate: key of tokens\0");
            digest.update(text.expose_secret().as_bytes());
            Some(digest.finish().as_ref().to_vec())
        } else {
            let text = read_short(&self.folder.join(KEY))?;
            text.and_then(|text| HEXLOWER.decode(text.trim().as_bytes()).ok())
        };
        Ok(bytes.and_then(|bytes| RandomizedNonceKey::new(&AES_256_GCM, &bytes).ok()))
    }

    fn make_key(&self) -> io::Result<RandomizedNonceKey> {
        let mut bytes = [0; KEY_LENGTH];
        rand::fill(&mut bytes).map_err(|_| failed())?;
        let text = format!("{}\n", HEXLOWER.encode(&bytes));
        replace(&self.folder.join(KEY), text.as_bytes())?;
        RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|_| failed())
    }
}

impl fmt::Debug for TokenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenFile").field(&self.path()).finish()
    }
}

/// Reads a file of text; `None` if there is none. A long one or one of other bytes reads as empty.
fn read_short(path: &Path) -> Result<Option<String>, TokenFileError> {
    match fs::metadata(path) {
        Ok(known) if known.len() > LONGEST => return Ok(Some(String::new())),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(TokenFileError::Io(error)),
    }
    let bytes = fs::read(path).map_err(TokenFileError::Io)?;
    Ok(Some(String::from_utf8(bytes).unwrap_or_default()))
}

/// Returns how a file is opened that only its owner may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Replaces a file: it has the old content or the new one at any time.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    // one that was left behind may have other rights
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = private().create_new(true).open(&fresh)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    // the new name is on disk once the folder is
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn failed() -> io::Error {
    io::Error::other("the tokens cannot be encrypted")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn pair(access: &str) -> TokenPair {
        TokenPair {
            access: access.into(),
            refresh: "the refresh token".into(),
            obtained_at: Timestamp::UNIX_EPOCH,
            expires_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn access(file: &TokenFile) -> Result<String, AmoDisconnect> {
        let read = file.read().map_err(|error| error.disconnect());
        read.map(|pair| pair.access.expose_secret().to_owned())
    }

    #[test]
    fn a_pair_is_read_by_its_account_with_its_key_only() {
        let home = tempfile::tempdir().unwrap();
        let file = |account: &str, key: Option<&str>| {
            TokenFile::new(account, home.path().into(), key.map(Into::into))
        };
        let main = file("main", None);
        assert_eq!(access(&main), Err(AmoDisconnect::Never));
        main.write(&pair("the access token")).unwrap();
        assert_eq!(access(&main).unwrap(), "the access token");
        let before = main.stamp();
        main.write(&pair("the next one")).unwrap();
        assert_ne!(main.stamp(), before);
        assert_eq!(access(&main).unwrap(), "the next one");
        for name in ["amocrm-main.tokens", "amocrm.key"] {
            let path = home.path().join(name);
            let text = fs::read_to_string(&path).unwrap();
            assert!(!text.contains("token\""), "{text}");
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                let mode = fs::metadata(&path).unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o600, "{name}");
            }
        }
        // the file of another account
        fs::copy(main.path(), file("shop", None).path()).unwrap();
        assert_eq!(access(&file("shop", None)), Err(AmoDisconnect::Damaged));
        assert_eq!(
            access(&file("main", Some("a key of the settings"))),
            Err(AmoDisconnect::Damaged)
        );
        assert!(!format!("{main:?}").contains("the next one"));
        // a key of the settings makes no key file
        let own = tempfile::tempdir().unwrap();
        let keyed = TokenFile::new("main", own.path().into(), Some("a key".into()));
        keyed.write(&pair("x")).unwrap();
        assert_eq!(access(&keyed).unwrap(), "x");
        assert!(!own.path().join(KEY).exists());
    }

    #[test]
    fn what_was_changed_or_lost_is_an_error_and_a_new_pair_ends_it() {
        let home = tempfile::tempdir().unwrap();
        let file = TokenFile::new("main", home.path().into(), None);
        file.write(&pair("first")).unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        let key = fs::read_to_string(home.path().join(KEY)).unwrap();
        let middle = text.len() / 2;
        let flipped = if text.as_bytes()[middle] == b'A' {
            "B"
        } else {
            "A"
        };
        let mut changed = text.clone();
        changed.replace_range(middle..=middle, flipped);
        for content in [
            "",
            "leadgate-tokens-1 ",
            "leadgate-tokens-1 !!",
            "leadgate-tokens-1 QUJD",
            "leadgate-tokens-2 QUJD",
            &text.chars().take(60).collect::<String>(),
            &changed,
            &"x".repeat(100_000),
        ] {
            fs::write(file.path(), content).unwrap();
            assert_eq!(access(&file), Err(AmoDisconnect::Damaged), "{content:.40}");
        }
        fs::write(file.path(), [0xff, 0xfe]).unwrap();
        assert_eq!(access(&file), Err(AmoDisconnect::Damaged));
        fs::write(file.path(), &text).unwrap();
        for lost in ["", "zz", "abcd"] {
            fs::write(home.path().join(KEY), lost).unwrap();
            assert_eq!(access(&file), Err(AmoDisconnect::KeyLost), "{lost}");
        }
        fs::remove_file(home.path().join(KEY)).unwrap();
        assert_eq!(access(&file), Err(AmoDisconnect::KeyLost));
        file.write(&pair("second")).unwrap();
        assert_eq!(access(&file).unwrap(), "second");
        assert_ne!(fs::read_to_string(home.path().join(KEY)).unwrap(), key);
    }

    #[test]
    fn an_end_while_writing_leaves_the_old_pair() {
        let home = tempfile::tempdir().unwrap();
        let file = TokenFile::new("main", home.path().into(), None);
        file.write(&pair("first")).unwrap();
        // the program ended before the new file had its name
        let fresh = home.path().join("amocrm-main.tokens.new");
        fs::write(&fresh, "half of the new o").unwrap();
        assert_eq!(access(&file).unwrap(), "first");
        file.write(&pair("second")).unwrap();
        assert_eq!(access(&file).unwrap(), "second");
        assert!(!fresh.exists());
    }
}
