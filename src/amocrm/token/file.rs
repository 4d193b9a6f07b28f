//! The encrypted file of a pair, `amocrm-NAME.tokens` in the data folder, with the account's name in
//! its purpose, so that the file of one account is no file of another. The key is in `amocrm.key`
//! beside it, or comes from the settings (`token_key`).

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::pair::TokenPair;
use crate::domain::AmoDisconnect;
use crate::sealed::{SealedFile, SealedFileError, Stamp};

/// What the encryption is for.
const PURPOSE: &str = "leadgate: OAuth pair of the amoCRM account ";
/// The file of the key.
const KEY: &str = "amocrm.key";
/// The file that a process locks while it renews a pair.
const LOCK: &str = "amocrm.lock";

/// Where the pair of an account is.
#[derive(Clone)]
pub struct TokenFile {
    account: String,
    sealed: SealedFile,
}

/// Returns what it means for an account that its pair cannot be read.
pub(super) fn disconnect(error: &SealedFileError) -> AmoDisconnect {
    match error {
        SealedFileError::Missing => AmoDisconnect::Never,
        SealedFileError::KeyMissing => AmoDisconnect::KeyLost,
        SealedFileError::Damaged => AmoDisconnect::Damaged,
        SealedFileError::Io(_) => AmoDisconnect::Unreadable,
    }
}

impl TokenFile {
    /// Names the place of an account's pair: the data folder, and what the key is made of if the
    /// settings say so.
    pub fn new(account: &str, folder: &Path, key: Option<SecretString>) -> Self {
        let sealed = SealedFile {
            path: folder.join(format!("amocrm-{account}.tokens")),
            key_file: folder.join(KEY),
            lock_file: folder.join(LOCK),
            key,
            purpose: format!("{PURPOSE}{account}"),
        };
        Self {
            account: account.to_owned(),
            sealed,
        }
    }

    /// Returns the path of the file.
    pub fn path(&self) -> PathBuf {
        self.sealed.path.clone()
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
        self.sealed.stamp()
    }

    /// Reads the pair.
    pub(super) fn read(&self) -> Result<TokenPair, SealedFileError> {
        let content = self.sealed.read()?;
        let stored = serde_json::from_slice(&content).ok();
        let pair = stored.and_then(|stored| TokenPair::from_json(&stored));
        pair.ok_or(SealedFileError::Damaged)
    }

    /// Stores the pair. Only after that may the one before it be forgotten.
    ///
    /// # Errors
    /// If the folder cannot be written, or the key cannot be read.
    pub(super) fn write(&self, pair: &TokenPair) -> io::Result<()> {
        self.sealed.write(pair.to_json().to_string().as_bytes())
    }

    /// Waits until no other process renews a pair, and keeps the others out until the file is dropped.
    pub(super) async fn lock(&self) -> io::Result<File> {
        self.sealed.lock().await
    }
}

impl fmt::Debug for TokenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenFile").field(&self.path()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use jiff::Timestamp;
    use secrecy::ExposeSecret as _;

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
        let read = file.read().map_err(|error| disconnect(&error));
        read.map(|pair| pair.access.expose_secret().to_owned())
    }

    #[test]
    fn a_pair_is_read_by_its_account_with_its_key_only() {
        let home = tempfile::tempdir().unwrap();
        let file = |account: &str, key: Option<&str>| {
            TokenFile::new(account, home.path(), key.map(Into::into))
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
        let keyed = TokenFile::new("main", own.path(), Some("a key".into()));
        keyed.write(&pair("x")).unwrap();
        assert_eq!(access(&keyed).unwrap(), "x");
        assert!(!own.path().join(KEY).exists());
    }

    #[test]
    fn what_was_changed_or_lost_is_an_error_and_a_new_pair_ends_it() {
        let home = tempfile::tempdir().unwrap();
        let file = TokenFile::new("main", home.path(), None);
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
        let file = TokenFile::new("main", home.path(), None);
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
