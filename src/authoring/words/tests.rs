//! Every word that has a fixed list of values, and what people write in place of each value.

use super::*;

/// A list, and for each value what means it.
type List = (
    &'static [&'static str],
    &'static [(&'static str, &'static str)],
);

/// The lists, and for each value what means it there.
const LISTS: &[List] = &[
    (
        // `as`
        &[
            "text", "phone", "email", "name", "integer", "money", "date", "datetime", "bool",
            "join", "first", "split", "url", "lookup", "clean", "file",
        ],
        &[
            ("text", "текст|строка|string|str|stroka|raw"),
            ("phone", "телефон|tel|мобильный|номер телефона|telefon"),
            ("email", "почта|e-mail|mail|имейл|pochta"),
            ("name", "фио|имя|fio|full_name|imya"),
            ("integer", "целое|int|количество|count|цифра|число"),
            ("money", "сумма|деньги|рубли|float|number|price|summa|цена"),
            ("date", "дата|day|день|data rozhdeniya|дата рождения"),
            ("datetime", "время|дата и время|timestamp|time"),
            (
                "bool",
                "да/нет|галочка|checkbox|flag|boolean|согласие|yes/no",
            ),
            (
                "join",
                "список|list|через запятую|массив|multiselect|spisok",
            ),
            ("first", "первый|первое значение|single"),
            ("split", "разделить|explode|razdelit"),
            ("url", "ссылка|link|сайт|ssylka"),
            ("lookup", "справочник|таблица|впр|vlookup|словарь"),
            ("clean", "очистить|без html|strip|trim"),
            ("file", "файл|вложение|photo|фото|резюме|fail"),
        ],
    ),
    (
        // `unknown`
        &["keep", "skip", "empty", "default", "reject", "park"],
        &[
            ("keep", "оставить|как есть|сохранить|не менять|leave|as_is"),
            ("skip", "пропустить|ignore|игнорировать|нет|false|propustit"),
            ("empty", "пусто|очистить|null|blank"),
            ("default", "по умолчанию|умолчание|fallback|po umolchaniyu"),
            ("reject", "отклонить|ошибка|error|fail|отказать"),
            ("park", "отложить|спросить|ask|вручную|на проверку|otlozhit"),
        ],
    ),
    (
        // `missing`
        &["skip", "empty", "default", "reject", "park"],
        &[
            ("skip", "пропустить|ignore|нет|оставить пустым"),
            ("empty", "пусто|blank|стереть"),
            ("default", "по умолчанию|подставить"),
            ("reject", "обязательно|required|true|отклонить|да"),
            ("park", "отложить|ask|manual"),
        ],
    ),
    (
        // `missing` of `save`
        &["skip", "empty", "fail"],
        &[
            ("skip", "пропустить|ignore"),
            ("empty", "пусто"),
            ("fail", "ошибка|error|reject"),
        ],
    ),
    (
        // `order` of a name
        &["last_first", "first_last"],
        &[
            (
                "last_first",
                "фамилия имя|ФИО|сначала фамилия|surname_first",
            ),
            ("first_last", "имя фамилия|сначала имя|name_surname"),
        ],
    ),
    (
        // `several`
        &["oldest", "newest", "all", "park"],
        &[
            (
                "oldest",
                "first|первый|старый|самый старый|любой|any|pervyi",
            ),
            ("newest", "last|последний|новый|latest|свежий|new"),
            ("all", "все|каждый|both|vse"),
            ("park", "спросить|ask|отложить|вручную"),
        ],
    ),
    (
        // `conflict`
        &["order", "oldest", "newest", "park", "merge"],
        &[
            ("order", "порядок|по порядку|priority|приоритет"),
            ("oldest", "первый|first|старый"),
            ("newest", "последний|last|new"),
            ("park", "спросить|ask|оператору"),
            ("merge", "объединить|слить|combine|join"),
        ],
    ),
    (
        // `without_key`
        &["create", "park", "skip_contact"],
        &[
            ("create", "создать|new|новый|add|да"),
            ("park", "отложить|спросить|ask"),
            ("skip_contact", "skip|пропустить|нет|false|не создавать"),
        ],
    ),
    (
        // `found`
        &["update", "ignore", "always_create"],
        &[
            ("update", "обновить|дополнить|true|да|обновлять"),
            ("ignore", "skip|пропустить|нет|keep|не трогать|ничего"),
            ("always_create", "create|создать|new|новая|всегда|add"),
        ],
    ),
    (
        // `closed`
        &["update", "ignore", "create"],
        &[
            ("update", "обновить|reopen|открыть заново|да"),
            ("ignore", "skip|пропустить|нет|не трогать"),
            ("create", "новая|new|создать|создать новую"),
        ],
    ),
    (
        // `on_update`
        &["keep", "overwrite", "fill", "append"],
        &[
            ("keep", "оставить|не менять|false|нет|никогда|skip|ignore"),
            (
                "overwrite",
                "true|да|update|обновить|заменить|replace|всегда",
            ),
            ("fill", "если пусто|только если пусто|empty|заполнить|once"),
            ("append", "add|дописать|добавить|дополнить|concat|dopisat"),
        ],
    ),
    (
        // `unknown` of a label
        &["park", "skip", "default"],
        &[
            ("park", "отложить|ask"),
            ("skip", "пропустить|ignore|keep nothing|нет"),
            ("default", "по умолчанию|другое|other"),
        ],
    ),
    (
        // `match`
        &["any", "all"],
        &[("any", "любой|or|или|один из"), ("all", "все|and|и|оба")],
    ),
    (
        // `on` of a to-do
        &["create", "update", "both"],
        &[
            ("create", "new|создание|при создании|новая|only_create"),
            ("update", "обновление|при обновлении|change|повтор"),
            ("both", "всегда|always|все|any|каждый раз"),
        ],
    ),
    (
        // `reply`
        &["accepted", "delivered"],
        &[
            ("accepted", "сразу|ok|принято|async|now"),
            ("delivered", "после доставки|wait|доставлено|sync"),
        ],
    ),
    (
        // `comment`
        &["none", "answers", "full"],
        &[
            ("none", "нет|no|off|никогда|не надо|ничего"),
            ("answers", "ответы|вопросы и ответы|fields|кратко|otvety"),
            ("full", "всё|полностью|all|целиком|да|raw"),
        ],
    ),
    (
        // `if_it_fails`
        &["park", "continue"],
        &[
            ("park", "отложить|stop|остановить|abort|error|retry"),
            ("continue", "skip|ignore|продолжить|пропустить|дальше|next"),
        ],
    ),
    (
        // `update` of a later step
        &["contact", "company", "deal", "lead", "item"],
        &[
            ("contact", "контакт|клиент"),
            ("company", "компания|организация|kompaniya"),
            ("deal", "сделка|сделку|sdelka"),
            ("lead", "лид|lid"),
            ("item", "элемент|смарт-процесс|spa"),
        ],
    ),
    (
        // methods
        &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"],
        &[
            ("GET", "получить|read"),
            ("POST", "отправить|send|create"),
            ("PUT", "заменить|replace"),
            ("PATCH", "изменить|update"),
            ("DELETE", "удалить|remove"),
        ],
    ),
    (
        // channels
        &["plain", "tilda"],
        &[
            ("plain", "форма|обычный|html|json|нет"),
            ("tilda", "тильда|тилда"),
        ],
    ),
    (
        &["keep", "drop"],
        &[
            ("keep", "да|сохранять|save|true|хранить"),
            ("drop", "нет|удалить|ignore|no|отбросить"),
        ],
    ),
    (
        &["sha256", "sha1", "sha512"],
        &[
            ("sha256", "SHA-256|hs256|hmac-sha256"),
            ("sha1", "SHA-1|sha"),
            ("sha512", "SHA-512"),
        ],
    ),
    (
        &["hex", "base64"],
        &[
            ("hex", "hexdigest|шестнадцатеричная"),
            ("base64", "b64|base-64"),
        ],
    ),
    (
        // kinds of phones and addresses
        &["WORK", "MOBILE", "FAX", "HOME", "PAGER", "MAILING", "OTHER"],
        &[
            ("WORK", "рабочий|office|рабочая"),
            ("MOBILE", "мобильный|сотовый|cell"),
            ("HOME", "домашний|private"),
            ("FAX", "факс"),
            ("MAILING", "рассылка|newsletter"),
            ("OTHER", "другой|прочее"),
        ],
    ),
    (
        // parts of a web address
        &[
            "query.utm_source",
            "query",
            "host",
            "path",
            "fragment",
            "scheme",
        ],
        &[
            ("host", "домен|domain|сайт"),
            ("path", "путь|страница|page"),
            ("query", "параметры|params"),
            ("fragment", "якорь|hash"),
            ("scheme", "протокол|protocol"),
        ],
    ),
    (
        // yes and no
        &["true", "false"],
        &[
            ("true", "да|вкл|1|+|всегда|нужно|yes|enabled|истина"),
            (
                "false",
                "нет|выкл|0|-|никогда|не надо|нельзя|never|disabled|ложь",
            ),
        ],
    ),
    (
        // responsible
        &["contact_owner"],
        &[(
            "contact_owner",
            "owner|владелец|владелец контакта|как у контакта|менеджер контакта",
        )],
    ),
    (
        // keys of a profile and of its `receive`
        &[
            "name", "base", "receive", "crm", "identity", "country", "fields", "contact",
            "company", "deal", "lead", "item", "comment", "files", "todo", "then", "reply",
        ],
        &[
            ("receive", "приём|принимать|источник"),
            ("fields", "поля|поле|переменные|polya"),
            ("contact", "контакт|клиент|kontakt"),
            ("deal", "сделка|сделки|sdelka"),
            ("lead", "лид|lid"),
            ("comment", "комментарий|примечание|коммент"),
            ("todo", "дело|задача|task|напоминание"),
            ("then", "шаги|steps|actions|потом|дальше"),
            ("reply", "ответ|response"),
        ],
    ),
    (
        &[
            "polls", "channel", "amocrm", "pbx", "default", "on", "newest", "when", "order",
        ],
        &[
            ("polls", "опрос|опросы|poll_id|oprosy"),
            ("channel", "канал|каналы|kanal|canal|kanaly|channels"),
            ("pbx", "атс|телефония|звонки|telephony|calls"),
            ("default", "по_умолчанию|умолчание|else"),
            ("when", "если|условие|if|когда"),
        ],
    ),
    (
        &[
            "name",
            "preset",
            "methods",
            "addresses",
            "cors",
            "token",
            "basic",
            "hmac",
            "rate",
            "rate_per_address",
            "body_limit",
            "once_per",
            "files",
            "unreadable",
            "each",
            "csv",
            "reply",
        ],
        &[
            (
                "rate_per_address",
                "rate_per_ip|ip_rate|rate_by_ip|лимит на ip",
            ),
            ("rate", "rate_limit|limit|лимит|частота"),
            ("addresses", "ip|whitelist|белый список|allowed_ips"),
            ("cors", "origins|domains|домены"),
            ("body_limit", "max_size|размер|max_body_size"),
            ("once_per", "debounce|не чаще|повтор"),
        ],
    ),
];

#[test]
fn each_value_is_understood_by_what_people_write_for_it() {
    let mut faults = Vec::new();
    for (names, values) in LISTS {
        for (meaning, words) in *values {
            assert!(names.contains(meaning), "{meaning}");
            for word in words.split('|').filter(|word| *word != "keep nothing") {
                let found = crate::authoring::suggest::nearest(word, names.iter().copied());
                if found != Some(*meaning) {
                    faults.push(format!("{word}: {found:?}, not {meaning} of {names:?}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn words_of_other_languages_and_layouts_are_understood() {
    for (written, names, meant) in [
        ("Сделка", &["name", "deal"][..], Some("deal")),
        ("ыефпу", &["stage", "fields"], Some("stage")),
        ("ТУЦ", &["NEW"], Some("NEW")),
        ("Телефон", &["NAME", "PHONE"], Some("PHONE")),
        ("телефон", &["text", "phone"], Some("phone")),
        ("дата рождения", &["BIRTHDATE"], Some("BIRTHDATE")),
        ("нет", &["none", "full"], Some("none")),
        ("нет", &["true", "false"], Some("false")),
        ("summa", &["phone", "sum"], Some("sum")),
        ("Сумма заказа", &["sum"], None),
        ("gorod", &["город", "тема"], Some("город")),
        ("кнопка", &["none"], None),
        ("", &["none"], None),
        ("_", &["none", "false"], None),
    ] {
        assert_eq!(meant_word(written, names), meant, "{written}");
    }
    assert_eq!(LATIN.chars().count(), RUSSIAN.chars().count());
}
