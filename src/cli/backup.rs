//! `leadgate backup` and `leadgate restore`: copies of everything that a gateway keeps, and the way
//! back.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::failure::Failure;
use super::out::Out;
use super::progress::Progress;
use crate::app::STORE_FILE;
use crate::backup::{self, Places, Present};
use crate::config::Settings;
use crate::domain::{Bilingual, Clock as _, Lang, SystemClock, bilingual};

#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// The new folder for the copy.
    #[arg(value_name = "FOLDER")]
    to: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// The folder of the copy.
    #[arg(value_name = "FOLDER")]
    from: PathBuf,
    /// Restore over a data folder that has files; they are kept in a folder below it.
    #[arg(long)]
    replace: bool,
    /// Only compare the files of the copy with their sums.
    #[arg(long)]
    verify: bool,
}

pub(super) fn back_up(
    backup: &BackupArgs,
    settings: &Settings,
    out: &Out,
) -> Result<ExitCode, Failure> {
    let lang = out.lang();
    let mut copied = progress(Bilingual::new("copying, MiB", "копирование, МиБ"), lang);
    let now = SystemClock.now();
    let made = backup::make(&places(settings), &backup.to, now, &mut copied)
        .map_err(|error| Failure::new(1, error))?;
    drop(copied);
    let (folder, files, submissions) = (backup.to.display(), made.files, made.submissions);
    let size = mib(made.bytes);
    let text = bilingual!(
        "copied to {folder}: {submissions} submissions, {files} files, {size} MiB; the copy was read \
         back and is whole",
        "скопировано в {folder}: обращений — {submissions}, файлов — {files}, {size} МиБ; копия \
         прочитана и цела"
    );
    Out::line(text.pick(lang));
    let secrets = Bilingual::new(
        "it holds personal data and keys, but no settings: keep leadgate.toml and secret files apart",
        "в ней личные данные и ключи, но не настройки: leadgate.toml и файлы секретов храните отдельно",
    );
    Out::line(secrets.pick(lang));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn restore(
    restore: &RestoreArgs,
    settings: &Settings,
    out: &Out,
) -> Result<ExitCode, Failure> {
    let no = |error| Failure::new(1, error);
    let lang = out.lang();
    let mut read = progress(Bilingual::new("reading, MiB", "чтение, МиБ"), lang);
    if restore.verify {
        let manifest = backup::verify(&restore.from, STORE_FILE, &mut read).map_err(no)?;
        drop(read);
        let (submissions, files) = (manifest.submissions, manifest.files.len());
        let made_at = out.moment(manifest.made_at);
        let text = bilingual!(
            "the copy of {made_at} is whole: {submissions} submissions, {files} files",
            "копия от {made_at} цела: обращений — {submissions}, файлов — {files}"
        );
        Out::line(text.pick(lang));
        return Ok(ExitCode::SUCCESS);
    }
    let now = SystemClock.now();
    let places = places(settings);
    let present = if restore.replace {
        Present::SetAside
    } else {
        Present::Refuse
    };
    let restored = backup::restore(&restore.from, &places, present, now, &mut read).map_err(no)?;
    drop(read);
    let (data, submissions) = (places.data.display(), restored.submissions);
    let made_at = out.moment(restored.made_at);
    let text = bilingual!(
        "restored into {data}: {submissions} submissions, as of {made_at}",
        "восстановлено в {data}: обращений — {submissions}, на {made_at}"
    );
    Out::line(text.pick(lang));
    if let Some(before) = &restored.before {
        tell(
            lang,
            "what was there before is in",
            "прежние файлы —",
            before,
        );
    }
    for folder in &restored.folders {
        tell(lang, "restored as well:", "восстановлено и", folder);
    }
    for folder in &restored.kept {
        tell(
            lang,
            "left as it is, because it has files:",
            "не тронуто, там есть файлы:",
            folder,
        );
    }
    let later = Bilingual::new(
        "what was delivered after the backup is in the CRM, but not in the history",
        "доставленное после копирования есть в CRM, но не в истории",
    );
    Out::line(later.pick(lang));
    Ok(ExitCode::SUCCESS)
}

fn tell(lang: Lang, en: &str, ru: &str, path: &Path) {
    let path = path.display();
    Out::line(bilingual!("{en} {path}", "{ru} {path}").pick(lang));
}

fn places(settings: &Settings) -> Places {
    Places {
        data: settings.data.dir.clone(),
        store: STORE_FILE,
        mappings: settings.mappings.dir.clone(),
        templates: settings.mappings.templates.clone(),
    }
}

/// Returns a counter of bytes that shows MiB.
fn progress(doing: Bilingual<&'static str>, lang: Lang) -> impl FnMut(u64) {
    let mut shown = Progress::new(doing.pick(lang));
    let mut bytes = 0;
    move |more| {
        bytes += more;
        shown.at(mib(bytes));
    }
}

fn mib(bytes: u64) -> u64 {
    bytes.div_ceil(1 << 20)
}
