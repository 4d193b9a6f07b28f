//! `check --live`: signs in to the mail server of the settings, without a letter.

use crate::app;
use crate::cli::failure::Failure;
use crate::cli::out::{Ink, Out, clean};
use crate::config::Settings;
use crate::domain::{Lang, bilingual};

/// Asks the mail server and prints the answer. Returns whether there was no failure.
pub(super) fn ask(settings: &Settings, lang: Lang, out: &Out) -> Result<bool, Failure> {
    if settings.mail.is_none() {
        return Ok(true);
    }
    let mailer = app::command_mailer(settings).map_err(|error| Failure::new(2, error))?;
    let Some(mailer) = mailer else {
        return Ok(true);
    };
    let head = format!("mail {}", mailer.address());
    let answer = actix_web::rt::System::new().block_on(mailer.check());
    let (ink, text) = match &answer {
        Ok(()) => (Ink::Good, bilingual!("{head} answers", "{head} отвечает")),
        Err(error) => {
            let failure = error.failure();
            let (en, ru) = (failure.to_text(Lang::En), failure.to_text(Lang::Ru));
            (Ink::Bad, bilingual!("{head}: {en}", "{head}: {ru}"))
        }
    };
    Out::line(out.ink(ink, &clean(&text.pick(lang))));
    Ok(answer.is_ok())
}
