//! Why requests were refused, in words.

use crate::domain::{Lang, bilingual};

/// Returns the reason: in English its code, in Russian also what it means.
pub fn refused_why(code: &str, lang: Lang) -> String {
    let russian = match code {
        "address" => "адрес отправителя не разрешён",
        "broken-off" => "тело оборвалось",
        "broken-settings" => "ошибка в настройках канала",
        "crowded" => "не хватило памяти для тела",
        "employee" => "этот сотрудник не может",
        "empty" => "пустое тело",
        "idempotency-key" => "неверный Idempotency-Key",
        "identity" => "слишком длинный идентификатор",
        "method" => "метод не подходит",
        "no-profile" => "профиля для него нет",
        "no-such-address" => "такого адреса нет",
        "not-stored" => "не удалось сохранить",
        "nothing-inside" => "внутри нет заявки",
        "origin" => "страница другого сайта",
        "parked" => "отложено",
        "quarantine-full" => "карантин заполнен",
        "refused" => "отказано",
        "restarting" => "шлюз перезапускался",
        "too-long" => "слишком длинно",
        "too-much" => "слишком часто",
        "too-slow" => "слишком медленно",
        "unauthorized" => "неверный секрет",
        "unavailable" => "шлюз был недоступен",
        "unknown-channel" => "такого канала нет",
        "unknown-format" => "неизвестный формат",
        "unreadable" => "тело не читается",
        _ => return code.to_owned(),
    };
    bilingual!("{code}", "{russian} ({code})").pick(lang)
}
