//! Files of a copy: found, copied with their sums, and forced to the disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;

use super::manifest::FileSum;
use crate::domain::{Bilingual, BilingualError};

/// Returns a function that says which file an error is about.
pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> BilingualError {
    let path = path.display().to_string();
    move |source| BilingualError::because(Bilingual::new(path.clone(), path), source)
}

/// Who may read what is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// Its owner alone.
    Owner,
    /// Everybody whom the umask lets.
    Usual,
}

/// How many bytes are read at once.
const PIECE: usize = 1 << 20;

/// The deepest folder that is copied; deeper ones are not made by people.
const DEEPEST: usize = 8;

/// What happens to links to files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    /// They are left out.
    Skip,
    /// Their files are copied: orchestrators mount profiles as links.
    Follow,
}

/// Returns the files below a folder with their paths within it, except those that `skip` names.
/// Links to folders are not followed.
pub(super) fn below(
    folder: &Path,
    links: Links,
    skip: &dyn Fn(&Path) -> bool,
) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![(PathBuf::new(), 0)];
    while let Some((inner, depth)) = folders.pop() {
        let path = folder.join(&inner);
        for entry in fs::read_dir(&path).map_err(at(&path))? {
            let entry = entry.map_err(at(&path))?;
            let inner = inner.join(entry.file_name());
            let kind = entry.file_type().map_err(at(&entry.path()))?;
            if skip(&inner) {
                continue;
            }
            if kind.is_dir() && depth < DEEPEST {
                folders.push((inner, depth + 1));
            } else if kind.is_file() || (links == Links::Follow && leads_to_file(&entry.path())) {
                found.push(inner);
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn leads_to_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file())
}

/// Copies a file, forces it to the disk, and returns its sum. A file that is there already is
/// not replaced.
pub(super) fn copy(
    from: &Path,
    to: &Path,
    readers: Readers,
    copied: &mut dyn FnMut(u64),
) -> anyhow::Result<FileSum> {
    if let Some(folder) = to.parent() {
        make_folder(folder, readers)?;
    }
    let mut source = File::open(from).map_err(at(from))?;
    let mut target = fresh(to, readers).map_err(at(to))?;
    let sum = pass_on(&mut source, from, copied, |piece| {
        target.write_all(piece).map_err(at(to))?;
        Ok(())
    })?;
    target.sync_all().map_err(at(to))?;
    Ok(sum)
}

/// Returns the sum of a file, which is no link: a copy has none.
pub(super) fn sum(path: &Path, read: &mut dyn FnMut(u64)) -> anyhow::Result<FileSum> {
    let found = fs::symlink_metadata(path).map_err(at(path))?;
    if !found.is_file() {
        return Err(at(path)(io::ErrorKind::InvalidData.into()).into());
    }
    let mut file = File::open(path).map_err(at(path))?;
    pass_on(&mut file, path, read, |_| Ok(()))
}

/// Reads a file to its end in pieces and returns its sum.
fn pass_on(
    file: &mut File,
    path: &Path,
    done: &mut dyn FnMut(u64),
    mut take: impl FnMut(&[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<FileSum> {
    let mut digest = Context::new(&SHA256);
    let mut piece = vec![0; PIECE];
    let mut bytes = 0;
    loop {
        let read = match file.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(at(path)(error).into()),
        };
        let Some(part) = piece.get(..read) else { break };
        digest.update(part);
        take(part)?;
        bytes += read as u64;
        done(read as u64);
    }
    Ok(FileSum {
        bytes,
        sha256: HEXLOWER.encode(digest.finish().as_ref()),
    })
}

/// Writes a small file and forces it to the disk.
pub(super) fn write(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let mut file = fresh(path, Readers::Owner).map_err(at(path))?;
    file.write_all(content).map_err(at(path))?;
    file.sync_all().map_err(at(path))?;
    Ok(())
}

/// Makes a folder with those above it.
pub(super) fn make_folder(folder: &Path, readers: Readers) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    }
    builder.create(folder).map_err(at(folder))?;
    Ok(())
}

/// Forces the names in a folder to the disk. Not every file system can, and then nothing better is
/// possible.
pub(super) fn sync_folder(folder: &Path) {
    if let Ok(open) = File::open(folder) {
        open.sync_all().ok();
    }
}

fn fresh(path: &Path, readers: Readers) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    options.open(path)
}
