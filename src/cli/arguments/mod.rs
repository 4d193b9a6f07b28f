//! The command line in the operator's language: the help, and the mistakes in the arguments. clap
//! speaks English only, so its texts are replaced.

mod access_help;
mod help;
mod mistakes;
mod shared_help;

use std::ffi::OsString;

use clap::builder::{Resettable, StyledStr};
use clap::error::ErrorKind;
use clap::{Arg, Command, Parser};

pub(super) use mistakes::ArgumentMistake;

use crate::domain::Lang;
use access_help::ACCESS;
use help::{ADDED, COMMANDS, CommandHelp, HELP_COMMAND};
use shared_help::VALUE_NAMES;

/// Why there is no command to run: the help that was asked for, or a mistake in the arguments.
pub(super) struct Unparsed {
    /// What to print, with colours.
    pub(super) text: StyledStr,
    /// Whether it is a complaint, for the error stream.
    pub(super) is_mistake: bool,
    /// The exit code.
    pub(super) code: u8,
}

/// Parses the arguments of the process. Help and mistakes are in the language of `--lang`; without
/// it, in that of the locale.
pub(super) fn parse<C: Parser>(arguments: &[OsString], locale: Lang) -> Result<C, Unparsed> {
    let lang = named_language(arguments).unwrap_or(locale);
    localised(C::command(), lang)
        .try_get_matches_from_mut(arguments)
        .and_then(|mut matches| C::from_arg_matches_mut(&mut matches))
        .map_err(|error| unparsed(&error, lang))
}

/// Returns the language that the last `--lang` names. The other arguments may be wrong, so it is
/// looked for without parsing them.
fn named_language(arguments: &[OsString]) -> Option<Lang> {
    let words = arguments.iter().map(|word| word.to_str().unwrap_or(""));
    let words: Vec<&str> = words.take_while(|word| *word != "--").collect();
    let mut named = None;
    for (at, word) in words.iter().enumerate() {
        let tag = match word.strip_prefix("--lang") {
            Some("") => words.get(at + 1).copied(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        named = tag.and_then(Lang::parse).or(named);
    }
    named
}

fn unparsed(error: &clap::Error, lang: Lang) -> Unparsed {
    let text = match (lang, error.kind()) {
        (Lang::En, _) | (Lang::Ru, ErrorKind::DisplayVersion) => error.render(),
        (
            Lang::Ru,
            ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
        ) => mistakes::usage(&error.render()).into(),
        (Lang::Ru, _) => mistakes::in_russian(error).into(),
    };
    Unparsed {
        text,
        is_mistake: error.use_stderr(),
        code: u8::try_from(error.exit_code()).unwrap_or(2),
    }
}

/// Returns the command line with its help in this language.
fn localised(mut command: Command, lang: Lang) -> Command {
    if lang == Lang::Ru {
        // adds what clap adds itself: `--help`, `help`, and the options of all commands
        command.build();
        command = russian(command, "");
    }
    command
}

/// Puts the Russian texts into a command and the commands below it. `path` is its name with those
/// above it.
fn russian(command: Command, path: &str) -> Command {
    let is_help = command.get_name() == "help";
    let help = commands().find(|help| help.name == path && !is_help);
    let about = if is_help {
        HELP_COMMAND
    } else {
        help.map_or("", |help| help.about)
    };
    command
        .help_template("{about-with-newline}\nИспользование: {usage}\n\n{all-args}{after-help}")
        .subcommand_help_heading("Команды")
        .subcommand_value_name("КОМАНДА")
        .about(about)
        .long_about(Resettable::<StyledStr>::Reset)
        .mut_args(|argument| russian_argument(argument, help))
        .mut_subcommands(|below| {
            let path = match (path, below.get_name()) {
                // `leadgate help` repeats the commands beside it
                (path, "help") => path.to_owned(),
                ("", name) => name.to_owned(),
                (path, name) => format!("{path} {name}"),
            };
            russian(below, &path)
        })
}

fn russian_argument(argument: Arg, help: Option<&CommandHelp>) -> Arg {
    let id = argument.get_id().as_str();
    let text = help.and_then(|help| help.text(id)).unwrap_or_default();
    let text = match argument.get_default_values() {
        [default] if argument.get_action().takes_values() => {
            format!("{text} [по умолчанию: {}]", default.to_string_lossy())
        }
        _ => text.to_owned(),
    };
    let heading = match (argument.get_help_heading(), argument.is_positional()) {
        (Some(_), _) => "Общие параметры",
        (None, true) => "Аргументы",
        (None, false) => "Параметры",
    };
    let value_name = argument
        .get_value_names()
        .and_then(|names| names.first())
        .map(|english| value_name(english.as_str()));
    let argument = argument
        .help(text)
        .long_help(Resettable::<StyledStr>::Reset)
        .help_heading(heading)
        .hide_default_value(true)
        .hide_possible_values(true);
    match value_name {
        Some(name) if argument.get_action().takes_values() => argument.value_name(name),
        _ => argument,
    }
}

/// A value without a name of its own.
const UNNAMED: &str = "ЗНАЧЕНИЕ";

/// Returns the help of all commands.
fn commands() -> impl Iterator<Item = &'static CommandHelp> {
    COMMANDS.iter().chain(ACCESS)
}

/// Returns the Russian name of a value.
fn value_name(english: &str) -> &'static str {
    let known = VALUE_NAMES.iter().find(|(name, _)| *name == english);
    known.map_or(UNNAMED, |(_, russian)| russian)
}

impl CommandHelp {
    /// Returns the text of an option or argument.
    fn text(&self, id: &str) -> Option<&'static str> {
        let common = COMMANDS
            .first()
            .map_or(&[][..], |program| program.arguments);
        let own = self.arguments.iter().chain(self.shared);
        let mut all = own.chain(common).chain(ADDED);
        all.find(|(name, _)| *name == id).map(|(_, text)| *text)
    }
}

/// Returns the commands and options without a Russian text, and the texts that nothing uses.
#[cfg(test)]
pub(super) fn unfit_texts(command: &Command) -> Vec<String> {
    let mut unfit = Vec::new();
    let mut used = Vec::new();
    let mut open = vec![(String::new(), command)];
    while let Some((path, command)) = open.pop() {
        for below in command.get_subcommands() {
            let path = format!("{path} {}", below.get_name());
            open.push((path.trim().to_owned(), below));
        }
        let Some(help) = commands().find(|help| help.name == path) else {
            unfit.push(format!("{path} has no text"));
            continue;
        };
        for argument in command.get_arguments() {
            let id = argument.get_id().as_str();
            let names = argument.get_value_names().unwrap_or_default();
            let takes = argument.get_action().takes_values();
            let has_name = |name: &&clap::builder::Str| value_name(name.as_str()) != UNNAMED;
            if help.text(id).is_none() || (takes && !names.iter().all(|name| has_name(&name))) {
                unfit.push(format!("{path} {id} has no text, or its value no name"));
            }
        }
        for (id, _) in help.arguments.iter().chain(help.shared) {
            if !command.get_arguments().any(|it| it.get_id() == *id) {
                unfit.push(format!("{path} has no {id}"));
            }
        }
        used.push(path);
    }
    let names = commands().map(|help| help.name);
    let unused = names.filter(|name| !used.iter().any(|path| path == name));
    unfit.extend(unused.map(|name| format!("there is no {name}")));
    unfit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_language_named_before_the_operands_counts() {
        let of = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            named_language(&words)
        };
        for (line, lang) in [
            ("leadgate --lang ru journal", Some(Lang::Ru)),
            ("leadgate journal --lang=ru", Some(Lang::Ru)),
            ("leadgate --lang en journal --lang ru", Some(Lang::Ru)),
            ("leadgate --lang ru journal --lang de", Some(Lang::Ru)),
            ("leadgate journal --lang", None),
            ("leadgate journal --language ru", None),
            ("leadgate draft -- --lang ru", None),
            ("leadgate", None),
        ] {
            assert_eq!(of(line), lang, "{line}");
        }
    }
}
