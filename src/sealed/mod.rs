//! Encrypted files in the data folder, for what leadgate must keep and nobody may read: AES-256-GCM
//! with a purpose as associated data, so that a file with one purpose is no file with another.
//!
//! The key is in a file beside it, which only leadgate's user may read, or comes from the settings;
//! then a copy of the data folder alone reveals nothing. Files are written under another name,
//! brought to the disk and renamed: a power cut leaves the old one or the new one.

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

/// The beginning of each file.
const VERSION: &str = "leadgate-tokens-1 ";
/// How often a locked file is tried.
const LOOK: Duration = Duration::from_millis(20);
/// Length of the key in bytes.
const KEY_LENGTH: usize = 32;
/// The longest file that is read, in bytes.
const LONGEST: u64 = 64 << 10;

/// Where an encrypted file is, and what opens it.
#[derive(Clone)]
pub struct SealedFile {
    /// The file.
    pub path: PathBuf,
    /// The file of its key, which is made with the first content.
    pub key_file: PathBuf,
    /// The file that a process locks while it replaces the content.
    pub lock_file: PathBuf,
    /// What the key is made of, if the settings say so; the key file is not used then.
    pub key: Option<SecretString>,
    /// What the content is for.
    pub purpose: String,
}

/// Why a file cannot be read.
#[derive(Debug)]
pub enum SealedFileError {
    /// There is none.
    Missing,
    /// There is one, but not the key.
    KeyMissing,
    /// The file was changed, or has another purpose or key.
    Damaged,
    /// The system says no.
    Io(io::Error),
}

/// Tells one version of a file from the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    number: u64,
}

impl SealedFile {
    /// Returns which version of the file is there; `None` without one.
    pub fn stamp(&self) -> Option<Stamp> {
        let known = fs::metadata(&self.path).ok()?;
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

    /// Reads the content.
    ///
    /// # Errors
    /// If there is none, or nothing opens it.
    pub fn read(&self) -> Result<Vec<u8>, SealedFileError> {
        let text = read_short(&self.path)?.ok_or(SealedFileError::Missing)?;
        let sealed = text.strip_prefix(VERSION).map(str::trim_end);
        let sealed = sealed.and_then(|sealed| BASE64.decode(sealed.as_bytes()).ok());
        let sealed = sealed.ok_or(SealedFileError::Damaged)?;
        let key = self.key()?.ok_or(SealedFileError::KeyMissing)?;
        let open = || {
            let (nonce, content) = sealed.split_at_checked(NONCE_LEN)?;
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut content = content.to_vec();
            let plain = key.open_in_place(nonce, Aad::from(&self.purpose), &mut content);
            Some(plain.ok()?.to_vec())
        };
        open().ok_or(SealedFileError::Damaged)
    }

    /// Replaces the content. Only after that may the one before it be forgotten.
    ///
    /// # Errors
    /// If the folder cannot be written, or the key cannot be read.
    pub fn write(&self, content: &[u8]) -> io::Result<()> {
        let key = match self.key() {
            Ok(Some(key)) => key,
            Ok(None) => self.make_key()?,
            Err(SealedFileError::Io(error)) => return Err(error),
            Err(_) => return Err(failed()),
        };
        let mut content = content.to_vec();
        let nonce = key.seal_in_place_append_tag(Aad::from(&self.purpose), &mut content);
        let nonce = nonce.map_err(|_| failed())?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.append(&mut content);
        let text = format!("{VERSION}{}\n", BASE64.encode(&sealed));
        replace(&self.path, text.as_bytes())
    }

    /// Waits until no other process replaces the content, and keeps the others out until the returned
    /// file is dropped.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub async fn lock(&self) -> io::Result<File> {
        let file = private().truncate(false).open(&self.lock_file)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOOK).await,
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    /// Returns the key; `None` if there is none yet. One that is no key counts as none: it opens
    /// nothing.
    fn key(&self) -> Result<Option<RandomizedNonceKey>, SealedFileError> {
        let bytes = if let Some(text) = &self.key {
            let mut digest = Context::new(&SHA256);
            digest.update(b"leadgate: key of tokens\0");
            digest.update(text.expose_secret().as_bytes());
            Some(digest.finish().as_ref().to_vec())
        } else {
            let text = read_short(&self.key_file)?;
            text.and_then(|text| HEXLOWER.decode(text.trim().as_bytes()).ok())
        };
        Ok(bytes.and_then(|bytes| RandomizedNonceKey::new(&AES_256_GCM, &bytes).ok()))
    }

    fn make_key(&self) -> io::Result<RandomizedNonceKey> {
        let mut bytes = [0; KEY_LENGTH];
        rand::fill(&mut bytes).map_err(|_| failed())?;
        let text = format!("{}\n", HEXLOWER.encode(&bytes));
        replace(&self.key_file, text.as_bytes())?;
        RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|_| failed())
    }
}

impl fmt::Debug for SealedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SealedFile").field(&self.path).finish()
    }
}

/// Reads a file of text; `None` if there is none. A long one or one of other bytes reads as empty.
fn read_short(path: &Path) -> Result<Option<String>, SealedFileError> {
    match fs::metadata(path) {
        Ok(known) if known.len() > LONGEST => return Ok(Some(String::new())),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(SealedFileError::Io(error)),
    }
    let bytes = fs::read(path).map_err(SealedFileError::Io)?;
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
    io::Error::other("the content cannot be encrypted")
}
