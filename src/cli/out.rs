//! Output of commands: colour on a terminal, plain text in a pipe, no error when the reader closes
//! the pipe.

use std::io::{ErrorKind, IsTerminal as _, Write as _};

use jiff::tz::TimeZone;

use crate::authoring::Paint;
use crate::config::Environment;
use crate::domain::Lang;
use crate::domain::text;
pub(super) use crate::domain::text::{clean, readable};
use crate::{redact, telemetry};

/// Where a command prints, in which language, and in which time zone.
pub(super) struct Out {
    colour: bool,
    lang: Lang,
    zone: TimeZone,
}

/// What a piece of text means; colours follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Strong,
    Dim,
    Good,
    Warn,
    Bad,
}

impl Out {
    /// Creates the output of this process, in the language of `--lang` or of the locale.
    pub(super) fn of_process(environment: &Environment, lang: Option<Lang>) -> Self {
        Self {
            colour: std::io::stdout().is_terminal() && !environment.no_colour(),
            lang: lang.unwrap_or_else(|| environment.lang()),
            zone: TimeZone::UTC,
        }
    }

    /// Returns the same output with times in the zone of the settings, which are read later.
    pub(super) fn in_zone(&self, zone: &TimeZone) -> Self {
        Self {
            zone: zone.clone(),
            ..*self
        }
    }

    /// Creates an output without colour.
    #[cfg(test)]
    pub(super) fn plain(lang: Lang, zone: TimeZone) -> Self {
        Self {
            colour: false,
            lang,
            zone,
        }
    }

    /// Returns whether problems are rendered in colour.
    pub(super) fn paint(&self) -> Paint {
        if self.colour {
            Paint::Colour
        } else {
            Paint::Plain
        }
    }

    /// Returns the language of the output.
    pub(super) fn lang(&self) -> Lang {
        self.lang
    }

    /// Returns the time zone of the output.
    pub(super) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Prints a line.
    pub(super) fn line(text: impl AsRef<str>) {
        Self::raw(&format!("{}\n", text.as_ref()));
    }

    /// Prints text with known secrets masked. A closed pipe ends the process without an error, as
    /// `head` expects; any other write error ends it with exit code 3.
    pub(super) fn raw(text: &str) {
        let Err(error) = printed(&redact::mask(text)) else {
            return;
        };
        if error.kind() == ErrorKind::BrokenPipe {
            std::process::exit(0);
        }
        Self::failure(&format!("the output cannot be written: {error}"));
        std::process::exit(3);
    }

    /// Prints a server's announcement on a thread of its own, so that the server does not wait for
    /// a reader.
    pub(super) fn announce(text: String) {
        let print = move || {
            if let Err(error) = printed(&text) {
                tracing::warn!(error = %error, "the addresses could not be printed");
            }
        };
        let thread = std::thread::Builder::new().name("announcement".to_owned());
        if let Err(error) = thread.spawn(print) {
            tracing::warn!(error = %error, "the addresses could not be printed");
        }
    }

    /// Returns the text in the colour of its meaning.
    pub(super) fn ink(&self, ink: Ink, text: &str) -> String {
        let code = match ink {
            Ink::Plain => return text.to_owned(),
            Ink::Strong => "1",
            Ink::Dim => "2",
            Ink::Good => "32",
            Ink::Warn => "33",
            Ink::Bad => "31",
        };
        if self.colour {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// Prints why a command failed, with causes. A server prints through its log, which does not
    /// wait for a reader.
    pub(super) fn failure(why: &str) {
        let text = redact::mask_all(&format!("leadgate: {why}\n"));
        if telemetry::line(&text) {
            return;
        }
        let mut stderr = std::io::stderr().lock();
        if stderr.write_all(text.as_bytes()).is_err() {
            std::process::exit(3);
        }
    }

    /// Prints the errors of the arguments, in colour on a terminal.
    pub(super) fn complaint(text: &clap::builder::StyledStr) {
        let mut stderr = std::io::stderr().lock();
        let text = if stderr.is_terminal() {
            text.ansi().to_string()
        } else {
            text.to_string()
        };
        if stderr
            .write_all(redact::mask_all(&text).as_bytes())
            .is_err()
        {
            std::process::exit(3);
        }
    }

    /// Prints a heading with an empty line above it.
    pub(super) fn heading(&self, text: &str) {
        Self::line(format!("\n{}", self.ink(Ink::Strong, text)));
    }

    /// Prints rows in aligned columns; the last column has no width.
    pub(super) fn table(&self, rows: &[Vec<(Ink, String)>]) {
        let clean_row = |row: &Vec<(Ink, String)>| -> Vec<(Ink, String)> {
            row.iter().map(|(ink, text)| (*ink, clean(text))).collect()
        };
        let rows: Vec<Vec<(Ink, String)>> = rows.iter().map(clean_row).collect();
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|(_, text)| text.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &rows {
            let mut line = String::new();
            for (column, (ink, text)) in row.iter().enumerate() {
                line.push_str(&self.ink(*ink, text));
                if column + 1 < row.len() {
                    let wide = widths.get(column).copied().unwrap_or(0);
                    line.push_str(&" ".repeat(wide.saturating_sub(text.chars().count()) + 2));
                }
            }
            Self::line(line.trim_end());
        }
    }
}

fn printed(text: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Shortens a value to one line; `--json` prints all of it.
pub(super) fn short(value: &str) -> String {
    text::ellipsis(&clean(value), 60)
}
