//! `leadgate amocrm widget`: builds the archive of the widget for an account.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::out::Out;
use crate::config::{AmoSettings, Settings, WidgetSettings};
use crate::domain::{Clock as _, SystemClock, bilingual};
use crate::widget::archive::{self, WidgetVersion};

#[derive(Debug, Args)]
pub(super) struct WidgetArgs {
    /// The account of the settings, `amocrm.NAME`; not needed if there is one only.
    name: Option<String>,
    /// Where to write the archive; amoCRM takes the name `widget.zip` only.
    #[arg(long, value_name = "FILE", default_value = "widget.zip")]
    out: PathBuf,
}

pub(super) fn run(args: &WidgetArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    let (name, account) = super::account(args.name.as_deref(), settings)?;
    let widget = widget_of(name, account)?;
    let replaced = replaced(&args.out)?;
    let version = WidgetVersion::new(SystemClock.now(), replaced);
    let address = archive::address(name, widget);
    let bytes = archive::build(&address, version).map_err(|error| Failure::new(1, error))?;
    let file = args.out.display();
    std::fs::write(&args.out, bytes).map_err(|error| {
        let what = bilingual!("cannot write {file}", "не удаётся записать {file}");
        Failure::because(1, what, error)
    })?;
    let done = bilingual!(
        "{file}: version {version}, asks {address}\n\
         Upload it in amoCRM: amoMarket → Installed → the integration → Edit; then reload the page",
        "{file}: версия {version}, обращается к {address}\n\
         Загрузите его в amoCRM: amoМаркет → Установленные → интеграция → Редактировать; затем обновите страницу"
    );
    Out::line(done.pick(out.lang()));
    Ok(ExitCode::SUCCESS)
}

/// Returns the widget of an account.
fn widget_of<'s>(name: &str, account: &'s AmoSettings) -> Result<&'s WidgetSettings, Failure> {
    account.widget.as_ref().ok_or_else(|| {
        let missing = bilingual!(
            "the widget needs amocrm.{name}.public_url, client_id and client_secret; see docs/amocrm.md",
            "виджету нужны amocrm.{name}.public_url, client_id и client_secret; см. docs/amocrm.ru.md"
        );
        Failure::message(2, missing)
    })
}

/// Returns the version of the archive that is replaced. Another file is not overwritten.
fn replaced(path: &Path) -> Result<Option<WidgetVersion>, Failure> {
    let file = path.display();
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let what = bilingual!("cannot read {file}", "не удаётся прочитать {file}");
            return Err(Failure::because(1, what, error));
        }
    };
    match WidgetVersion::of_archive(&bytes) {
        Some(version) => Ok(Some(version)),
        None => Err(Failure::message(
            1,
            bilingual!(
                "{file} is not an archive of the widget, so it stays; choose another name with --out",
                "{file} — не архив виджета, поэтому он не перезаписан; укажите другое имя в --out"
            ),
        )),
    }
}
