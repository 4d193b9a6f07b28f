//! Errors of the system, the settings and the store in the operator's language. What is known is
//! translated; the words of libraries are shown as they are.

use std::error::Error;
use std::io::{self, ErrorKind};

use crate::config::SettingsError;
use crate::domain::{BilingualError, Lang};
use crate::store::StoreError;

/// Returns an error with its causes.
pub(super) fn to_text(error: &anyhow::Error, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{error:#}"),
        Lang::Ru => {
            let causes: Vec<String> = error.chain().map(in_russian).collect();
            causes.join(": ")
        }
    }
}

/// Returns one cause in Russian.
fn in_russian(cause: &(dyn Error + 'static)) -> String {
    let lang = Lang::Ru;
    if let Some(error) = cause.downcast_ref::<BilingualError>() {
        error.in_lang(lang).to_owned()
    } else if let Some(error) = cause.downcast_ref::<StoreError>() {
        error.to_text(lang)
    } else if let Some(error) = cause.downcast_ref::<SettingsError>() {
        error.to_text(lang)
    } else if let Some(error) = cause.downcast_ref::<io::Error>() {
        of_system(error)
    } else if let Some(error) = cause.downcast_ref::<serde_json::Error>() {
        let (line, column) = (error.line(), error.column());
        format!("это не подходящий JSON: строка {line}, знак {column} («{error}»)")
    } else {
        cause.to_string()
    }
}

/// Returns an error of the operating system.
fn of_system(error: &io::Error) -> String {
    let known = match error.kind() {
        ErrorKind::NotFound => "такого файла или папки нет",
        ErrorKind::PermissionDenied => "нет прав доступа",
        ErrorKind::AlreadyExists => "такой файл уже есть",
        ErrorKind::IsADirectory => "это папка",
        ErrorKind::NotADirectory => "это не папка",
        ErrorKind::ReadOnlyFilesystem => "файловая система доступна только для чтения",
        ErrorKind::StorageFull => "на диске нет места",
        ErrorKind::FileTooLarge => "файл слишком большой",
        ErrorKind::InvalidFilename => "недопустимое имя файла",
        ErrorKind::AddrInUse => "адрес уже занят",
        ErrorKind::AddrNotAvailable => "у этой машины нет такого адреса",
        ErrorKind::ConnectionRefused => "соединение отклонено",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::UnexpectedEof => {
            "соединение оборвалось"
        }
        ErrorKind::BrokenPipe => "вывод закрыт",
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "нет связи с хостом",
        ErrorKind::TimedOut | ErrorKind::WouldBlock => "время ожидания истекло",
        ErrorKind::OutOfMemory => "не хватает памяти",
        ErrorKind::InvalidData => "данные не читаются",
        _ => return error.to_string(),
    };
    match error.raw_os_error() {
        Some(number) => format!("{known} (ошибка системы {number})"),
        None => known.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latin(text: &str) -> bool {
        text.contains(|letter: char| letter.is_ascii_alphabetic())
    }

    #[test]
    fn errors_of_the_system_are_translated_with_their_number() {
        for number in [2, 13, 17, 20, 21, 28, 30, 98, 99, 104, 110, 111, 113] {
            let error = io::Error::from_raw_os_error(number);
            let shown = of_system(&error);
            assert!(!latin(&shown), "{shown}");
            assert!(
                shown.ends_with(&format!("(ошибка системы {number})")),
                "{shown}"
            );
        }
        let own = io::Error::other("the words of a library");
        assert_eq!(of_system(&own), "the words of a library");
    }

    #[test]
    fn every_cause_of_an_error_is_translated() {
        let inner = io::Error::from_raw_os_error(13);
        let text = crate::domain::bilingual!("cannot read x", "не удаётся прочитать x");
        let error = anyhow::Error::new(BilingualError::because(text, inner));
        assert_eq!(
            to_text(&error, Lang::Ru),
            "не удаётся прочитать x: нет прав доступа (ошибка системы 13)"
        );
        assert_eq!(
            to_text(&error, Lang::En),
            "cannot read x: Permission denied (os error 13)"
        );
    }
}
