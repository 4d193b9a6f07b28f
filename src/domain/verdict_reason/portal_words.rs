//! What the CRM's own codes and messages mean in Russian. Portals answer in their own language, many
//! of them in English; the words are shown as they came, with the meaning behind them.

use crate::domain::Lang;
use crate::domain::text::has_russian;

/// The meaning of codes, without regard to case (REST documentation, "Error codes", and the error
/// tables of the methods).
const CODES: &[(&str, &str)] = &[
    ("ACCESS_DENIED", "нет прав доступа"),
    (
        "ALLOWED_ONLY_INTRANET_USER",
        "разрешено только сотрудникам портала",
    ),
    ("APPLICATION_NOT_FOUND", "приложение удалено с портала"),
    (
        "AUTHORIZATION_ERROR",
        "портал не узнаёт пользователя: возможно, он уволен",
    ),
    ("CONFLICT", "поля различаются, выбрать должен человек"),
    (
        "CONNECTION_ERROR",
        "портал не достучался до сервера авторизации",
    ),
    ("CRM_FIELD_ERROR_REQUIRED", "не заполнено обязательное поле"),
    (
        "CRM_FIELD_ERROR_VALUE_NOT_VALID",
        "недопустимое значение поля",
    ),
    ("ENTITY_TYPE_NOT_SUPPORTED", "портал не знает такого типа"),
    ("ERROR", "ошибка портала"),
    ("ERROR_ARGUMENT", "неверный параметр вызова"),
    ("ERROR_BATCH_LENGTH_EXCEEDED", "в пакете больше 50 команд"),
    (
        "ERROR_BATCH_METHOD_NOT_ALLOWED",
        "этот метод нельзя вызывать в пакете",
    ),
    ("ERROR_CORE", "внутренняя проверка портала не пройдена"),
    (
        "ERROR_METHOD_NOT_FOUND",
        "такого метода нет: не хватает прав вебхука или модуль не установлен",
    ),
    ("ERROR_OAUTH", "приложение не установлено"),
    ("ERROR_UNEXPECTED_ANSWER", "сбой на стороне портала"),
    ("EXPIRED_TOKEN", "срок ключа доступа истёк"),
    ("INSUFFICIENT_SCOPE", "у вебхука нет прав на этот метод"),
    ("INTERNAL_SERVER_ERROR", "сбой на стороне портала"),
    ("INVALID_ARG_VALUE", "неверное значение параметра"),
    (
        "INVALID_CREDENTIALS",
        "вебхук удалён, или у его владельца нет прав",
    ),
    (
        "INVALID_CLIENT",
        "client_id или client_secret не подходят, или приложение удалено",
    ),
    (
        "INVALID_GRANT",
        "токены приложения больше не действуют: администратору нужно открыть его в Битрикс24",
    ),
    ("INVALID_REQUEST", "нужен протокол https"),
    ("INVALID_TOKEN", "ключ доступа не подходит"),
    (
        "METHOD_CONFIRM_DENIED",
        "администратор портала отклонил вызов",
    ),
    (
        "METHOD_CONFIRM_WAITING",
        "вызов должен подтвердить администратор портала",
    ),
    ("NOT_FOUND", "не найдено"),
    (
        "NOT_INSTALLED",
        "приложение не установлено: администратору нужно открыть его в Битрикс24",
    ),
    (
        "NO_AUTH_FOUND",
        "портал не принял вебхук: неверный или удалён",
    ),
    ("OPERATION_TIME_LIMIT", "метод исчерпал лимит времени"),
    ("OVERLOAD_LIMIT", "портал заблокирован из-за перегрузки"),
    ("OWNER_NOT_FOUND", "запись не найдена"),
    ("PAYMENT_REQUIRED", "тариф портала не оплачен"),
    ("PORTAL_DELETED", "портал удалён"),
    ("QUERY_LIMIT_EXCEEDED", "слишком много запросов"),
    (
        "TOKENS_UNREADABLE",
        "сохранённые токены приложения не читаются",
    ),
    (
        "USER_ACCESS_ERROR",
        "у пользователя нет доступа к приложению",
    ),
    ("WRONG_CLIENT", "client_id приложения не подходит"),
    ("WRONG_PORTAL", "токены другого портала"),
    ("WRONG_AUTH_TYPE", "вебхуку этот метод недоступен"),
    ("WRONG_DATETIME_FORMAT", "неверная запись даты и времени"),
    ("WRONG_ENCODING", "неверная кодировка запроса"),
    ("WRONG_LICENSE", "тариф портала этого не позволяет"),
];

/// The meaning of messages, by how they begin. `*` stands for a name, which the meaning repeats
/// (REST documentation, the error tables of the methods).
const MESSAGES: &[(&str, &str)] = &[
    ("Access denied", "нет прав доступа"),
    ("Automation failed", "сбой роботов или триггеров портала"),
    ("Call is not found", "звонок не найден"),
    ("Contact is not found", "контакт не найден"),
    ("Disk resource exhausted", "на диске портала нет места"),
    ("Empty comment message", "пустой комментарий"),
    ("ID is not defined or invalid", "неверный номер записи"),
    ("Internal server error", "сбой на стороне портала"),
    ("Invalid filter", "недопустимое условие поиска"),
    ("Invalid order", "недопустимая сортировка"),
    ("Invalid parameters", "неверные параметры вызова"),
    ("Invalid request credentials", "вебхук портала не подходит"),
    ("Invalid value for field *", "недопустимое значение поля *"),
    ("Item not found", "элемент не найден"),
    (
        "Method is blocked due to operation time limit",
        "метод исчерпал лимит времени",
    ),
    (
        "Method is not allowed for batch usage",
        "этот метод нельзя вызывать в пакете",
    ),
    ("Method not found", "такого метода нет"),
    ("Not found", "не найдено"),
    ("Portal was deleted", "портал удалён"),
    ("Payment required", "тариф портала не оплачен"),
    (
        "REST API is available only on commercial plans",
        "REST доступен только на платных тарифах",
    ),
    (
        "REST API is blocked due to overload",
        "портал заблокирован из-за перегрузки",
    ),
    (
        "REST is available only by subscription",
        "REST доступен только по подписке",
    ),
    ("SQL query error", "сбой базы данных портала"),
    ("Smart process not found", "смарт-процесс не найден"),
    (
        "The access token provided has expired",
        "срок ключа доступа истёк",
    ),
    (
        "The field * contains an invalid address",
        "в поле * неверный адрес",
    ),
    (
        "The field * is required",
        "не заполнено обязательное поле *",
    ),
    ("The field * is not defined or empty", "не заполнено поле *"),
    (
        "The request requires higher privileges",
        "у вебхука нет нужных прав",
    ),
    (
        "The user does not have access to the application",
        "у пользователя нет доступа к приложению",
    ),
    ("Too many requests", "слишком много запросов"),
    (
        "Unable to authorize user",
        "портал не узнаёт пользователя: возможно, он уволен",
    ),
    (
        "Waiting for confirmation",
        "вызов должен подтвердить администратор портала",
    ),
    (
        "Wrong authorization data",
        "портал не принял вебхук: неверный или удалён",
    ),
    ("Wrong request encoding", "неверная кодировка запроса"),
];

/// Returns what the portal said, as the end of a sentence: `: CODE «message»`, without the parts
/// that are missing; in Russian with the meaning of known English words.
pub fn portal_words(code: &str, text: &str, lang: Lang) -> String {
    let text = text.trim();
    let words = match (code.is_empty(), text.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!(": {code}"),
        (true, false) => format!(": «{text}»"),
        (false, false) => format!(": {code} «{text}»"),
    };
    match (lang, meaning(code, text)) {
        (Lang::Ru, Some(meaning)) => format!("{words} ({meaning})"),
        _ => words,
    }
}

/// Returns the meaning of a code with a message, in brackets; empty if it is not known.
pub(super) fn in_russian(words: &str) -> String {
    let (code, text) = words.split_once([' ', ':']).unwrap_or((words, ""));
    let meaning = meaning(code, text.trim()).or_else(|| of_message(words));
    meaning.map_or_else(String::new, |meaning| format!(" ({meaning})"))
}

/// The message says more than the code.
fn meaning(code: &str, text: &str) -> Option<String> {
    if has_russian(text) {
        return None;
    }
    of_message(text).or_else(|| of_code(code))
}

fn of_code(code: &str) -> Option<String> {
    let known = CODES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(code));
    known.map(|(_, meaning)| (*meaning).to_owned())
}

/// A classic method joins several messages, a line each.
fn of_message(text: &str) -> Option<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let meanings: Option<Vec<String>> = lines.take(10).map(of_line).collect();
    meanings
        .filter(|meanings| !meanings.is_empty())
        .map(|meanings| meanings.join("; "))
}

fn of_line(line: &str) -> Option<String> {
    MESSAGES.iter().find_map(|(begins, meaning)| {
        let Some((before, after)) = begins.split_once('*') else {
            return starts_with(line, begins).then(|| (*meaning).to_owned());
        };
        let rest = line
            .get(before.len()..)
            .filter(|_| starts_with(line, before))?;
        // a name in quotes may have several words
        let name = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next()?,
            None => rest.split(' ').next()?,
        };
        let behind = rest.trim_start_matches('"').get(name.len()..)?;
        let behind = behind.trim_start_matches('"');
        let name = name.trim_matches(['\'', '.', ',']);
        starts_with(behind, after).then(|| meaning.replace('*', &format!("«{name}»")))
    })
}

fn starts_with(text: &str, begins: &str) -> bool {
    let head = text.get(..begins.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(begins))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_words_have_their_meaning_behind_them() {
        for (code, text, shown) in [
            ("", "", ""),
            (
                "ERROR_CORE",
                "",
                ": ERROR_CORE (внутренняя проверка портала не пройдена)",
            ),
            (
                "",
                "Access denied.",
                ": «Access denied.» (нет прав доступа)",
            ),
            (
                "insufficient_scope",
                "The request requires higher privileges than provided by the webhook token",
                ": insufficient_scope «The request requires higher privileges than provided by the \
                 webhook token» (у вебхука нет нужных прав)",
            ),
            (
                "ERROR_CORE",
                "The field \"Work e-mail\" contains an invalid address",
                ": ERROR_CORE «The field \"Work e-mail\" contains an invalid address» (в поле «Work \
                 e-mail» неверный адрес)",
            ),
            (
                "CRM_FIELD_ERROR_VALUE_NOT_VALID",
                "Invalid value for field \"currencyId\"",
                ": CRM_FIELD_ERROR_VALUE_NOT_VALID «Invalid value for field \"currencyId\"» \
                 (недопустимое значение поля «currencyId»)",
            ),
            (
                "",
                "The field SUBJECT is not defined or empty",
                ": «The field SUBJECT is not defined or empty» (не заполнено поле «SUBJECT»)",
            ),
            (
                "",
                "Access denied.\nNot found.",
                ": «Access denied.\nNot found.» (нет прав доступа; не найдено)",
            ),
            (
                "SOMETHING_NEW",
                "Words of their own",
                ": SOMETHING_NEW «Words of their own»",
            ),
            (
                "ERROR_CORE",
                "Поле «Город» не заполнено",
                ": ERROR_CORE «Поле «Город» не заполнено»",
            ),
            (
                "CONFLICT",
                "",
                ": CONFLICT (поля различаются, выбрать должен человек)",
            ),
        ] {
            assert_eq!(portal_words(code, text, Lang::Ru), shown);
            let english = portal_words(code, text, Lang::En);
            assert!(!english.contains('('), "{english}");
        }
    }

    #[test]
    fn words_of_a_whole_call_have_their_meaning_behind_them() {
        for (words, meaning) in [
            (
                "INTERNAL_SERVER_ERROR Internal server error",
                " (сбой на стороне портала)",
            ),
            ("ERROR_UNEXPECTED_ANSWER", " (сбой на стороне портала)"),
            (
                "QUERY_LIMIT_EXCEEDED: Too many requests",
                " (слишком много запросов)",
            ),
            ("Что-то пошло не так", ""),
            ("", ""),
        ] {
            assert_eq!(in_russian(words), meaning, "{words}");
        }
    }

    #[test]
    fn hostile_words_are_shown_as_they_are() {
        for text in [
            "The field ",
            "The field \"",
            "The field \"ё",
            "Invalid value for field",
            "\u{1b}",
        ] {
            assert!(portal_words("", text, Lang::Ru).starts_with(": «"));
        }
        let long = "Access denied\n".repeat(100_000);
        assert!(in_russian(&long).len() < 1000);
    }
}
