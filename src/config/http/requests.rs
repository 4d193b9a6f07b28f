//! The requests that the settings of a service name themselves: the harmless one, the question
//! whether a request arrived, and the proxy that they go through.

use secrecy::{ExposeSecret as _, SecretString};

use super::super::problems::Problems;
use crate::domain::{Bilingual, bilingual};

/// Checks the path of a harmless request; an empty one is none.
pub(super) fn check(
    problems: &mut Problems,
    name: &str,
    written: Option<String>,
) -> Option<String> {
    let written = written.filter(|path| !path.trim().is_empty())?;
    let checked = path(&written, "/ping").map(|()| written);
    problems.keep(&format!("http.{name}.check"), checked)
}

/// Checks the question whether a request arrived. One that names no request would find others, and
/// nothing would be sent.
pub(super) fn look(
    problems: &mut Problems,
    name: &str,
    written: Option<String>,
    found: Option<String>,
) -> Option<(String, Option<String>)> {
    const RIGHT: &str = "/orders?number={id}";
    let Some(written) = written else {
        if found.is_some() {
            let wrong = bilingual!("needs `look_path`", "нужно `look_path`");
            problems.keep::<()>(&format!("http.{name}.look_found"), Err(wrong));
        }
        return None;
    };
    let names_it = ["{id}", "{key}"].iter().any(|it| written.contains(it));
    let checked = path(&written, RIGHT).and_then(|()| {
        if names_it {
            Ok(written)
        } else {
            Err(bilingual!(
                "`{written}` asks for no request; write {RIGHT}, with {{id}} or {{key}} in it",
                "в `{written}` нет, о каком запросе вопрос; напишите {RIGHT}: нужно {{id}} или {{key}}"
            ))
        }
    });
    let path = problems.keep(&format!("http.{name}.look_path"), checked)?;
    Some((path, found))
}

/// Checks a path below the address of the service, with or without a query.
fn path(written: &str, right: &str) -> Result<(), Bilingual> {
    let (path, _) = written.split_once('?').unwrap_or((written, ""));
    if !path.starts_with('/') || path.starts_with("//") || path.contains('\\') {
        return Err(bilingual!(
            "`{written}` is not a path of this service; write {right}",
            "`{written}` — не путь этого сервиса; напишите {right}"
        ));
    }
    let is_dots = |part: &str| {
        let plain = part.to_ascii_lowercase().replace("%2e", ".");
        matches!(plain.as_str(), "." | "..")
    };
    if path.split('/').any(is_dots) {
        return Err(bilingual!(
            "`{written}` has `.` or `..` between slashes; write {right}",
            "в `{written}` есть `.` или `..` между косыми чертами; напишите {right}"
        ));
    }
    Ok(())
}

/// Checks the beginning of a proxy's address; the rest may be a secret.
pub(super) fn proxy(
    problems: &mut Problems,
    name: &str,
    written: Option<SecretString>,
) -> Option<SecretString> {
    let written = written?;
    let text = written.expose_secret().trim().to_ascii_lowercase();
    let host = ["http://", "https://"]
        .into_iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let checked = match host {
        Some(host) if !host.is_empty() && !host.starts_with('/') => Ok(written),
        _ => Err(bilingual!(
            "is not the address of a proxy; write http://proxy.example:3128",
            "это не адрес прокси; напишите http://proxy.example:3128"
        )),
    };
    problems.keep(&format!("http.{name}.proxy"), checked)
}
