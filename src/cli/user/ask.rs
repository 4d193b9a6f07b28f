//! Asks for a new password: on the terminal without showing it, or from standard input.

use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _};

use crate::cli::failure::Failure;
use crate::domain::{Bilingual, Lang};

/// Longer lines are cut; no password is that long.
const LONGEST_LINE: u64 = 4096;

/// Reads the first line of standard input.
pub(super) fn first_line() -> Result<String, Failure> {
    let mut line = String::new();
    let mut input = std::io::stdin().lock().take(LONGEST_LINE);
    input.read_line(&mut line).map_err(unread)?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

fn unread(error: std::io::Error) -> Failure {
    let text = Bilingual::new("the password cannot be read", "не удаётся прочитать пароль");
    Failure::because(2, text.into(), error)
}

/// Asks on the terminal, twice.
pub(super) fn twice(lang: Lang) -> Result<String, Failure> {
    if !std::io::stdin().is_terminal() {
        let text = Bilingual::new(
            "there is no terminal to ask for the password; use --password-stdin",
            "нет терминала, чтобы спросить пароль; используйте --password-stdin",
        );
        return Err(Failure::message(2, text));
    }
    let password = hidden(Bilingual::new("Password: ", "Пароль: ").pick(lang))?;
    let again = hidden(Bilingual::new("Again: ", "Ещё раз: ").pick(lang))?;
    if password == again {
        return Ok(password);
    }
    let text = Bilingual::new(
        "the two passwords differ; nothing was changed",
        "пароли не совпали; ничего не изменено",
    );
    Err(Failure::message(2, text))
}

fn hidden(prompt: &str) -> Result<String, Failure> {
    let mut terminal = std::io::stderr().lock();
    terminal.write_all(prompt.as_bytes()).map_err(unread)?;
    terminal.flush().map_err(unread)?;
    let line = {
        let _silent = Silent::begin();
        first_line()?
    };
    terminal.write_all(b"\n").map_err(unread)?;
    Ok(line)
}

/// Shows again what is typed when it is dropped.
#[cfg(unix)]
struct Silent(Option<rustix::termios::Termios>);

#[cfg(unix)]
impl Silent {
    /// Stops showing what is typed.
    fn begin() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let input = std::io::stdin();
        let before = tcgetattr(&input).ok();
        if let Some(mut modes) = before.clone() {
            modes.local_modes.remove(LocalModes::ECHO);
            tcsetattr(&input, OptionalActions::Flush, &modes).ok();
        }
        Self(before)
    }
}

#[cfg(unix)]
impl Drop for Silent {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some(before) = &self.0 {
            tcsetattr(std::io::stdin(), OptionalActions::Flush, before).ok();
        }
    }
}

/// What is typed is shown: there is no way to hide it.
#[cfg(not(unix))]
struct Silent;

#[cfg(not(unix))]
impl Silent {
    fn begin() -> Self {
        Self
    }
}
