//! Mistakes in the arguments, in Russian. clap knows them as a kind with its context; every kind
//! has a sentence here.

use std::error::Error as _;
use std::fmt;
use std::net::AddrParseError;
use std::num::{IntErrorKind, ParseFloatError, ParseIntError};

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::out::clean;
use crate::domain::{Bilingual, Lang, plural};

/// Why a value of an option cannot be used, in both languages.
#[derive(Debug)]
pub(in crate::cli) struct ArgumentMistake(pub(in crate::cli) Bilingual);

impl fmt::Display for ArgumentMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.in_lang(Lang::En))
    }
}

impl std::error::Error for ArgumentMistake {}

/// Returns the whole message: the mistake, what was probably meant, the usage, and where the help
/// is.
pub(super) fn in_russian(error: &clap::Error) -> String {
    let mistake = format!("\u{1b}[1;31mошибка:\u{1b}[0m {}", sentence(error));
    let mut parts = vec![mistake];
    parts.extend(tips(error).iter().map(|tip| format!("  {tip}")));
    if let Some(ContextValue::StyledStr(line)) = error.get(ContextKind::Usage) {
        parts.push(usage(line).trim_end().to_owned());
    }
    parts.push("Подробнее: --help\n".to_owned());
    parts.join("\n\n")
}

/// Translates the words that clap itself puts into a usage line or into the help.
pub(super) fn usage(text: &StyledStr) -> String {
    let text = text.ansi().to_string();
    text.replace("Usage:", "Использование:")
        .replace("[OPTIONS]", "[ПАРАМЕТРЫ]")
}

/// Returns what is wrong, without a full stop.
fn sentence(error: &clap::Error) -> String {
    let argument = first(error, ContextKind::InvalidArg);
    let value = first(error, ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            format!("параметра `{argument}` нет")
        }
        ErrorKind::UnknownArgument => format!("лишний аргумент `{argument}`"),
        ErrorKind::InvalidSubcommand => {
            let command = first(error, ContextKind::InvalidSubcommand);
            format!("команды `{command}` нет")
        }
        ErrorKind::MissingSubcommand => {
            let known = all(error, ContextKind::ValidSubcommand).join(", ");
            format!("не указана команда; есть {known}")
        }
        ErrorKind::MissingRequiredArgument => {
            let missing = all(error, ContextKind::InvalidArg);
            match missing.as_slice() {
                [one] => format!("не указан обязательный аргумент {one}"),
                several => format!("не указаны обязательные аргументы: {}", several.join(", ")),
            }
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            format!("у `{argument}` нет значения{}", choices(error))
        }
        ErrorKind::InvalidValue => {
            format!(
                "значение `{value}` не подходит для `{argument}`{}",
                choices(error)
            )
        }
        ErrorKind::ValueValidation => {
            let why = validation(error);
            format!("значение `{value}` не подходит для `{argument}`: {why}")
        }
        ErrorKind::TooManyValues => {
            format!("`{argument}` не принимает значение `{value}`")
        }
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => number_of_values(error),
        ErrorKind::ArgumentConflict => conflict(error),
        ErrorKind::NoEquals => format!("между `{argument}` и значением нужен знак `=`"),
        ErrorKind::InvalidUtf8 => "аргумент записан не в UTF-8".to_owned(),
        _ => "аргументы не удалось разобрать".to_owned(),
    }
}

/// Returns the words of a context: none, one, or several.
fn all(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(word)) => vec![clean(word)],
        Some(ContextValue::Strings(words)) => words.iter().map(|word| clean(word)).collect(),
        _ => Vec::new(),
    }
}

fn first(error: &clap::Error, kind: ContextKind) -> String {
    all(error, kind).into_iter().next().unwrap_or_default()
}

fn choices(error: &clap::Error) -> String {
    let choices = all(error, ContextKind::ValidValue);
    if choices.is_empty() {
        return String::new();
    }
    format!("; можно {}", choices.join(", "))
}

/// Returns why the value could not be read.
fn validation(error: &clap::Error) -> String {
    let Some(source) = error.source() else {
        return "неверная запись".to_owned();
    };
    if let Some(mistake) = source.downcast_ref::<ArgumentMistake>() {
        return mistake.0.in_lang(Lang::Ru).to_owned();
    }
    if let Some(number) = source.downcast_ref::<ParseIntError>() {
        let why = match number.kind() {
            IntErrorKind::PosOverflow => "число слишком большое",
            IntErrorKind::NegOverflow => "число слишком маленькое",
            _ => "нужно целое число",
        };
        return why.to_owned();
    }
    if source.is::<ParseFloatError>() {
        return "нужно число, например 0.5".to_owned();
    }
    if source.is::<AddrParseError>() {
        return "нужны адрес и порт, например 127.0.0.1:8090".to_owned();
    }
    "неверная запись".to_owned()
}

fn number_of_values(error: &clap::Error) -> String {
    let argument = first(error, ContextKind::InvalidArg);
    let number = |kind| match error.get(kind) {
        Some(ContextValue::Number(number)) => usize::try_from(*number).ok(),
        _ => None,
    };
    let wanted = number(ContextKind::MinValues).or_else(|| number(ContextKind::ExpectedNumValues));
    let (wanted, given) = (
        wanted.unwrap_or(1),
        number(ContextKind::ActualNumValues).unwrap_or(0),
    );
    let values = plural::russian(wanted, ["значение", "значения", "значений"]);
    format!("у `{argument}` должно быть {wanted} {values}, а указано {given}")
}

fn conflict(error: &clap::Error) -> String {
    let argument = match first(error, ContextKind::InvalidArg) {
        argument if argument.is_empty() => first(error, ContextKind::InvalidSubcommand),
        argument => argument,
    };
    let others = all(error, ContextKind::PriorArg);
    match others.as_slice() {
        [same] if *same == argument => format!("`{argument}` указан несколько раз"),
        [] => format!("`{argument}` нельзя указать вместе с другими параметрами"),
        several => {
            let several: Vec<String> = several.iter().map(|it| format!("`{it}`")).collect();
            format!("нельзя вместе: `{argument}` и {}", several.join(", "))
        }
    }
}

/// Returns what was probably meant, a sentence each.
fn tips(error: &clap::Error) -> Vec<String> {
    let mut tips = Vec::new();
    for kind in [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
    ] {
        let near: Vec<String> = all(error, kind)
            .iter()
            .map(|word| format!("`{word}`"))
            .collect();
        if !near.is_empty() {
            tips.push(format!("возможно, {}?", near.join(" или ")));
        }
    }
    if let Some(ContextValue::StyledStrs(more)) = error.get(ContextKind::Suggested) {
        tips.extend(more.iter().map(|tip| suggestion(&clean(&tip.to_string()))));
    }
    tips
}

/// Translates a suggestion, which clap has only as a sentence: what it proposes is its last part in
/// quotes.
fn suggestion(tip: &str) -> String {
    let quoted: Vec<&str> = tip.split('\'').skip(1).step_by(2).collect();
    match quoted.as_slice() {
        [value, instead, ..] if tip.starts_with("to pass") => {
            format!("чтобы передать `{value}` как значение, напишите `{instead}`")
        }
        [command, ..] if tip.starts_with("subcommand") => {
            format!("есть команда `{command}`: уберите `--` перед ней")
        }
        [option, ..] => format!("возможно, `{option}`?"),
        [] => String::new(),
    }
}
