//! `check --live`: asks each HTTP service of the settings, by the harmless request that they name.

use std::sync::Arc;

use crate::app;
use crate::cli::failure::Failure;
use crate::cli::out::{Ink, Out, clean};
use crate::config::{HttpPreset, Settings};
use crate::domain::{Clock, Lang, SystemClock, bilingual};

/// Asks every service and prints the answers. Returns whether there was no failure.
pub(super) fn ask(settings: &Settings, lang: Lang, out: &Out) -> Result<bool, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut well = true;
    for (name, service) in &settings.http {
        let is_calltouch = matches!(service.preset, HttpPreset::Calltouch { .. });
        let service = app::command_service(name, service, Arc::clone(&clock))
            .map_err(|error| Failure::new(2, error))?;
        let head = format!("http.{name} {}", service.host());
        let answer = actix_web::rt::System::new().block_on(service.check());
        let (ink, text) = match answer {
            Ok(Some(status)) => (
                Ink::Good,
                bilingual!(
                    "{head} answers (status {status})",
                    "{head} отвечает (статус {status})"
                ),
            ),
            Ok(None) if is_calltouch => (
                Ink::Dim,
                bilingual!(
                    "{head} was not asked: set `http.{name}.read_token`, and the requests of today are read (docs/services.md)",
                    "{head}: запроса не было; укажите `http.{name}.read_token`, и leadgate прочитает заявки за сегодня (docs/services.ru.md)"
                ),
            ),
            Ok(None) => (
                Ink::Dim,
                bilingual!(
                    "{head} was not asked: set `http.{name}.check` to a path that may be read at any time (docs/services.md)",
                    "{head}: запроса не было; укажите в `http.{name}.check` путь, который можно читать в любое время (docs/services.ru.md)"
                ),
            ),
            Err(failure) => {
                well = false;
                let (en, ru) = (failure.to_text(Lang::En), failure.to_text(Lang::Ru));
                (Ink::Bad, bilingual!("{head}: {en}", "{head}: {ru}"))
            }
        };
        Out::line(out.ink(ink, &clean(&text.pick(lang))));
    }
    Ok(well)
}
