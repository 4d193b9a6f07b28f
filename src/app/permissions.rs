//! Closes the data folder to all users except the one who runs the program: it holds personal data.
//! New files are created closed, and files that are open to others are closed at the start.

use std::fs;
use std::io;
use std::path::Path;

/// The result of closing a folder.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tightened {
    closed: usize,
    /// The first that could not be closed.
    failed: Option<String>,
}

/// Creates the data folder and closes it to other users. From now on, everything that the process
/// creates is closed to them. A file that cannot be closed is only a warning, because it may belong
/// to another user.
pub(super) fn restrict(folder: &Path) {
    platform::close_new_files();
    // the store reports in more detail why a folder cannot be created
    if fs::create_dir_all(folder).is_err() {
        return;
    }
    let mut done = Tightened::default();
    tighten(folder, &mut done);
    if done.closed > 0 {
        tracing::info!(
            closed = done.closed,
            "{} was open to other users of this machine and is closed now",
            folder.display()
        );
    }
    if let Some(why) = done.failed {
        tracing::warn!(
            "the data folder stays open to other users of this machine: {why}; as its owner run \
             `chmod -R go= {}`",
            folder.display()
        );
    }
}

/// Closes the folder, its files, and the whole cache. Other subfolders and links are left alone:
/// the data folder may hold other things.
fn tighten(folder: &Path, done: &mut Tightened) {
    if platform::is_shared(folder) {
        done.failed = Some(format!("{} is a folder for everybody", folder.display()));
        return;
    }
    close(folder, done);
    let cache = folder.join("cache");
    for path in entries(folder) {
        if is_file(&path) {
            close(&path, done);
        } else if path == cache && is_folder(&path) {
            close_all(&path, done);
        }
    }
}

fn close_all(folder: &Path, done: &mut Tightened) {
    close(folder, done);
    for path in entries(folder) {
        if is_file(&path) {
            close(&path, done);
        } else if is_folder(&path) {
            close_all(&path, done);
        }
    }
}

fn close(path: &Path, done: &mut Tightened) {
    match platform::close(path) {
        Ok(true) => done.closed += 1,
        Ok(false) => {}
        // a file that is gone needs no closing
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => {
            let why = || format!("{}: {error}", path.display());
            done.failed.get_or_insert_with(why);
        }
    }
}

fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    let found = fs::read_dir(folder).into_iter().flatten().flatten();
    found.map(|entry| entry.path()).collect()
}

fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
}

fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

#[cfg(unix)]
mod platform {
    use std::fs::{self, Permissions};
    use std::io;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use rustix::fs::Mode;

    /// The bits of the group and of everybody else.
    const OTHERS: u32 = 0o077;
    /// All users may create files there, as in `/tmp`.
    const STICKY: u32 = 0o1000;

    pub(super) fn close_new_files() {
        rustix::process::umask(Mode::from_bits_truncate(OTHERS));
    }

    pub(super) fn is_shared(folder: &Path) -> bool {
        fs::metadata(folder).is_ok_and(|found| found.permissions().mode() & STICKY != 0)
    }

    /// Closes it and returns whether it was open.
    pub(super) fn close(path: &Path) -> io::Result<bool> {
        let mode = fs::metadata(path)?.permissions().mode();
        if mode & OTHERS == 0 {
            return Ok(false);
        }
        fs::set_permissions(path, Permissions::from_mode(mode & 0o700))?;
        Ok(true)
    }
}

/// Other systems have no modes: the folder inherits its access rights.
#[cfg(not(unix))]
mod platform {
    use std::io;
    use std::path::Path;

    pub(super) fn close_new_files() {}

    pub(super) fn is_shared(_: &Path) -> bool {
        false
    }

    pub(super) fn close(_: &Path) -> io::Result<bool> {
        Ok(false)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        let found = fs::symlink_metadata(path).expect("a file");
        found.permissions().mode() & 0o7777
    }

    #[test]
    fn closes_the_folder_its_files_and_the_cache_but_follows_no_links() {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        let outside = home.path().join("outside");
        fs::create_dir_all(data.join("cache/blobs")).unwrap();
        fs::create_dir_all(data.join("other")).unwrap();
        let files = [
            "leadgate.db",
            "backup.db",
            "cache/db",
            "cache/blobs/1",
            "other/x",
        ];
        for file in files
            .iter()
            .map(|name| data.join(name))
            .chain([outside.clone()])
        {
            fs::write(&file, "").unwrap();
            fs::set_permissions(&file, Permissions::from_mode(0o664)).unwrap();
        }
        for folder in ["", "cache", "cache/blobs", "other"] {
            fs::set_permissions(data.join(folder), Permissions::from_mode(0o755)).unwrap();
        }
        std::os::unix::fs::symlink(&outside, data.join("link")).unwrap();
        let mut done = Tightened::default();
        tighten(&data, &mut done);
        assert_eq!((done.closed, done.failed), (7, None));
        for (name, wanted) in [
            ("", 0o700),
            ("leadgate.db", 0o600),
            ("backup.db", 0o600),
            ("cache", 0o700),
            ("cache/db", 0o600),
            ("cache/blobs/1", 0o600),
            ("other/x", 0o664),
        ] {
            assert_eq!(mode(&data.join(name)), wanted, "{name}");
        }
        assert_eq!(mode(&outside), 0o664);
        let mut again = Tightened::default();
        tighten(&data, &mut again);
        assert_eq!(again, Tightened::default());
    }

    #[test]
    fn a_world_writable_folder_is_not_changed() {
        let home = tempfile::tempdir().unwrap();
        fs::set_permissions(home.path(), Permissions::from_mode(0o1777)).unwrap();
        let mut done = Tightened::default();
        tighten(home.path(), &mut done);
        assert_eq!(mode(home.path()), 0o1777);
        assert!(done.failed.is_some());
    }
}
