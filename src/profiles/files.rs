//! The files of the profiles' folder for people who edit them: what each is, what is in use of it,
//! its text, and how another text takes its place.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::authoring::Problem;
use crate::domain::{Bilingual, bilingual};
use crate::mapping::Profile;

/// The longest name of a new file, in characters.
const LONGEST_NAME: usize = 80;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// `_defaults.yaml`: a part of every profile.
    Defaults,
    /// `_channels.yaml`: the settings of channels.
    Channels,
    /// `_pbx.yaml`: matches of employees and users of PBXs.
    People,
    /// `_forms.yaml`: a part of the profiles that name it.
    Base,
    /// A profile.
    Profile,
}

impl FileKind {
    /// Returns what a file of this name is; a base may be a profile by its text.
    pub fn of_name(name: &str) -> Self {
        let stem = name
            .strip_suffix(".yaml")
            .or_else(|| name.strip_suffix(".yml"));
        match stem.unwrap_or(name) {
            "_defaults" => Self::Defaults,
            "_channels" => Self::Channels,
            "_pbx" => Self::People,
            stem if stem.starts_with('_') => Self::Base,
            _ => Self::Profile,
        }
    }

    /// Returns the stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Defaults => "defaults",
            Self::Channels => "channels",
            Self::People => "pbx",
            Self::Base => "base",
            Self::Profile => "profile",
        }
    }
}

/// A file and what is in use of it.
#[derive(Debug, Clone)]
pub struct FileState {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: FileKind,
    /// The profile in use: of the present text or, if that is broken, of the last good one.
    pub profile: Option<Arc<Profile>>,
    /// What is wrong with the present text.
    pub problems: Vec<Problem>,
}

impl FileState {
    /// Returns whether the present text cannot be used.
    pub fn is_broken(&self) -> bool {
        self.problems.iter().any(Problem::is_error)
    }
}

/// A text that was loaded, for the versions of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedText {
    /// The file's name.
    pub file: String,
    /// The text.
    pub text: String,
    /// The edition of the profile that was made of it.
    pub edition: Option<String>,
    /// Whether it can be used.
    pub is_good: bool,
}

/// The folder as a place to write to.
pub(super) struct ProfileFolder<'f> {
    pub(super) folder: &'f Path,
}

impl ProfileFolder<'_> {
    /// Returns why a file cannot be written here; `None` if it can.
    pub(super) fn obstacle(&self, name: &str) -> Option<Bilingual> {
        let path = self.folder.join(name);
        let is_link = path
            .symlink_metadata()
            .is_ok_and(|data| data.file_type().is_symlink());
        if is_link {
            return Some(bilingual!(
                "{name} is a link to another place; edit the file that it leads to",
                "{name} — ссылка на другое место; измените файл, на который она ведёт"
            ));
        }
        may_write(self.folder).err().map(|error| {
            let folder = self.folder.display();
            bilingual!(
                "the folder {folder} cannot be written: {error}; download the file and put it there, or let \
                 the gateway's user write to the folder",
                "папка {folder} не записывается: {error}; скачайте файл и положите его туда сами или дайте \
                 пользователю шлюза право писать в папку"
            )
        })
    }

    /// Replaces a file by a new one in the same folder, so that nobody ever sees a half of it. The
    /// permissions of the file stay; a new file may be read by those who may read the folder, so
    /// that people and their tools share it.
    pub(super) fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let path = self.folder.join(name);
        let fresh = self.folder.join(format!(".{name}.new"));
        let before = fs::metadata(&path).map(|data| data.permissions()).ok();
        let permissions = before.or_else(|| shared(self.folder));
        // one that a crash has left behind
        if fresh.symlink_metadata().is_ok() {
            fs::remove_file(&fresh)?;
        }
        let written = write_new(&fresh, text, permissions).and_then(|()| fs::rename(&fresh, &path));
        if written.is_err() {
            // the first error is the one to tell
            fs::remove_file(&fresh).ok();
        }
        written?;
        // the rename is on disk with its folder
        fs::File::open(self.folder).and_then(|folder| folder.sync_all())
    }

    /// Returns whether the folder belongs to a git work tree.
    pub(super) fn is_in_git(&self) -> bool {
        let folder = self.folder.canonicalize();
        let folder = folder.unwrap_or_else(|_| PathBuf::from(self.folder));
        folder
            .ancestors()
            .any(|folder| folder.join(".git").exists())
    }
}

fn write_new(path: &Path, text: &str, permissions: Option<fs::Permissions>) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.sync_all()
}

/// Returns the permissions of a new file: those of the folder, without writing by strangers. The
/// umask of the process is of no use here: it keeps the data folder private.
#[cfg(unix)]
fn shared(folder: &Path) -> Option<fs::Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(folder).ok()?.permissions().mode();
    Some(fs::Permissions::from_mode(mode & 0o664 | 0o600))
}

#[cfg(not(unix))]
fn shared(_folder: &Path) -> Option<fs::Permissions> {
    None
}

#[cfg(unix)]
fn may_write(folder: &Path) -> io::Result<()> {
    use rustix::fs::{Access, access};
    Ok(access(folder, Access::WRITE_OK | Access::EXEC_OK)?)
}

#[cfg(not(unix))]
fn may_write(folder: &Path) -> io::Result<()> {
    if fs::metadata(folder)?.permissions().readonly() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(())
}

/// Returns why a new file cannot have this name; `None` if it can.
pub fn unfit_name(name: &str) -> Option<Bilingual> {
    let stem = name
        .strip_suffix(".yaml")
        .or_else(|| name.strip_suffix(".yml"));
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let is_fit = stem.is_some_and(|stem| {
        !stem.is_empty() && stem.chars().count() <= LONGEST_NAME && stem.chars().all(is_plain)
    });
    (!is_fit).then(|| {
        bilingual!(
            "a profile's file is called by letters, digits, - and _, and ends in .yaml: for example \
             poll-123.yaml",
            "имя файла профиля состоит из букв, цифр, - и _ и кончается на .yaml, например poll-123.yaml"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_new_files_stay_in_the_folder() {
        for name in ["a.yaml", "опрос-123.yaml", "_defaults.yaml", "a_b.yml"] {
            assert_eq!(unfit_name(name), None, "{name}");
        }
        for name in [
            "",
            ".yaml",
            "../a.yaml",
            "a/b.yaml",
            "a\\b.yaml",
            ".a.yaml",
            "a.yaml\0",
            "a.txt",
            "a.yaml/",
            "#a.yaml",
            "a b.yaml",
            "a..yaml",
            "C:a.yaml",
        ] {
            assert!(unfit_name(name).is_some(), "{name:?}");
        }
        assert!(unfit_name(&format!("{}.yaml", "a".repeat(81))).is_some());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_replaced_whole_and_keeps_its_permissions() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a.yaml");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let folder = ProfileFolder {
            folder: home.path(),
        };
        folder.write("a.yaml", "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_is_for_those_who_read_the_folder() {
        use std::os::unix::fs::PermissionsExt as _;
        for (of_folder, of_file) in [
            (0o755, 0o644),
            (0o750, 0o640),
            (0o775, 0o664),
            (0o777, 0o664),
            (0o700, 0o600),
        ] {
            let home = tempfile::tempdir().unwrap();
            let folder = ProfileFolder {
                folder: home.path(),
            };
            fs::set_permissions(home.path(), fs::Permissions::from_mode(of_folder)).unwrap();
            folder.write("a.yaml", "new").unwrap();
            let path = home.path().join("a.yaml");
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, of_file, "{of_folder:o}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_written_through() {
        let home = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        let target = outside.path().join("x.yaml");
        fs::write(&target, "x").unwrap();
        std::os::unix::fs::symlink(&target, home.path().join("a.yaml")).unwrap();
        let folder = ProfileFolder {
            folder: home.path(),
        };
        assert!(folder.obstacle("a.yaml").is_some());
        assert_eq!(folder.obstacle("b.yaml"), None);
    }
}
