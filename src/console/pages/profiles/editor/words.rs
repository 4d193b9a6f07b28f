//! Short names of keys and words in the form. The explanations are those of the JSON schema; Russian
//! names are those of Bitrix24's own interface.

use crate::domain::{Bilingual, Lang};

/// A key or a word, and its English and Russian name.
type Word = (&'static str, &'static str, &'static str);

/// Names of keys. A name with a dot is for that place alone.
const KEYS: &[Word] = &[
    ("name", "Name", "Название"),
    ("deal", "Deal", "Сделка"),
    ("lead", "Lead", "Лид"),
    ("item", "Item", "Элемент"),
    ("base", "Base", "База"),
    ("receive", "Takes", "Что принимает"),
    ("crm", "CRM connection", "Подключение CRM"),
    ("identity", "What makes a repeat", "Что считать повтором"),
    ("country", "Country of phones", "Страна телефонов"),
    ("reply", "When to reply", "Когда отвечать отправителю"),
    ("comment", "Comment", "Комментарий"),
    ("comment.use", "Content", "Содержание"),
    ("files", "Files", "Файлы"),
    ("todo", "To-do", "Дело"),
    ("then", "Steps after the CRM", "Шаги после CRM"),
    ("polls", "Polls", "Опросы"),
    ("channel", "Channels", "Каналы"),
    ("amocrm", "amoCRM accounts", "Аккаунты amoCRM"),
    ("pbx", "PBXs", "АТС"),
    ("default", "Default", "По умолчанию"),
    (
        "receive.default",
        "Default channel: takes the rest",
        "Канал по умолчанию: берёт остальное",
    ),
    ("receive.on", "Events", "События"),
    (
        "newest",
        "Only the newest change",
        "Только последнее изменение",
    ),
    (
        "receive.order",
        "Order among profiles",
        "Очерёдность среди профилей",
    ),
    ("when", "Only if", "Только если"),
    ("tags", "Tags", "Теги"),
    ("pipeline", "Pipeline", "Воронка"),
    ("stage", "Stage", "Стадия"),
    (
        "match",
        "Which fields must agree",
        "Какие поля должны совпасть",
    ),
    ("several", "If several are found", "Если найдено несколько"),
    (
        "conflict",
        "If fields find different ones",
        "Если поля нашли разных",
    ),
    (
        "without_key",
        "Without a search value",
        "Без значения для поиска",
    ),
    (
        "contact.update",
        "Update the contact",
        "Обновление контакта",
    ),
    (
        "company.update",
        "Update the company",
        "Обновление компании",
    ),
    ("responsible", "Responsible", "Ответственный"),
    ("in_turn", "In turn", "По очереди"),
    ("by", "Depends on", "В зависимости от"),
    ("map", "Table", "Таблица"),
    ("preset", "Requisite preset", "Шаблон реквизитов"),
    ("found", "If an open one exists", "Если есть открытая"),
    (
        "closed",
        "If only a closed one exists",
        "Если есть только закрытая",
    ),
    ("among", "Look among stages", "Искать на стадиях"),
    (
        "change_stage",
        "Change the stage on update",
        "Менять стадию при обновлении",
    ),
    ("update_fields", "Update the fields", "Обновление полей"),
    ("type", "Type", "Тип"),
    ("item.type", "Smart process number", "Номер смарт-процесса"),
    ("products", "Products", "Товары"),
    ("each", "Rows", "Строки"),
    ("price", "Price", "Цена"),
    ("quantity", "Quantity", "Количество"),
    ("product_id", "Product of the catalogue", "Товар каталога"),
    ("discount_rate", "Discount, %", "Скидка, %"),
    ("discount_sum", "Discount", "Скидка"),
    ("tax_rate", "Tax, %", "Налог, %"),
    ("tax_included", "Tax included", "Налог включён"),
    ("measure_code", "Unit", "Единица измерения"),
    ("products.name", "Product", "Товар"),
    ("on_update", "In a found one", "При обновлении"),
    ("search", "Search by it", "Искать"),
    ("value", "Value", "Значение"),
    ("together", "Together with", "Вместе с группой"),
    ("title", "Title", "Название"),
    ("after", "Deadline", "Срок"),
    ("text", "Text", "Текст"),
    ("todo.on", "For which records", "Для каких записей"),
    ("from", "Path", "Путь"),
    ("custom", "amoCRM field", "Поле amoCRM"),
    ("contact", "Contact", "Контакт"),
    ("company", "Company", "Компания"),
    ("as", "Read as", "Читать как"),
    ("order", "Order of the words", "Порядок слов"),
    ("separator", "Separator", "Разделитель"),
    ("zone", "Time zone", "Часовой пояс"),
    ("part", "Part of the address", "Часть адреса"),
    ("table", "Table file", "Файл таблицы"),
    (
        "unknown",
        "For an unknown value",
        "Для неизвестного значения",
    ),
    ("missing", "Without a value", "Если значения нет"),
    ("http", "HTTP service", "HTTP-сервис"),
    ("mail", "Letter", "Письмо"),
    ("then.*.name", "Name of the step", "Имя шага"),
    ("then.*.crm", "Change of the record", "Изменение записи"),
    ("crm.update", "Which record", "Какую запись"),
    ("if_it_fails", "If it fails", "Если не вышло"),
    ("method", "Method", "Метод"),
    ("path", "Path of the address", "Путь адреса"),
    ("query", "Parameters", "Параметры"),
    ("headers", "Headers", "Заголовки"),
    ("json", "JSON body", "Тело JSON"),
    ("form", "Form body", "Тело формы"),
    ("body", "Body", "Тело"),
    ("template", "Template", "Шаблон"),
    ("success", "What counts as success", "Что считать успехом"),
    ("status", "Status", "Код ответа"),
    ("test", "Test of the reply", "Проверка ответа"),
    ("save", "Save from the reply", "Взять из ответа"),
    ("to", "To", "Кому"),
    ("reply_to", "Reply to", "Ответить на"),
    ("subject", "Subject", "Тема"),
    ("html", "HTML text", "Текст HTML"),
    ("html_template", "HTML template", "Шаблон HTML"),
    ("fields", "Fields", "Поля"),
    ("extension", "With the extension", "С добавочным номером"),
    (
        "stage_on_update",
        "Stage on update",
        "Стадия при обновлении",
    ),
    ("deadline", "Deadline", "Срок"),
    ("rules", "Rules", "Правила"),
];

/// Keys of which a plan has words.
const PLANNED: [&str; 7] = [
    "match",
    "several",
    "conflict",
    "without_key",
    "found",
    "closed",
    "on",
];

/// Words that a key may have. A key before the colon is for that key alone.
const WORDS: &[Word] = &[
    ("on_update:keep", "keep", "не менять"),
    ("on_update:overwrite", "overwrite", "заменять"),
    ("on_update:fill", "only if empty", "только если пусто"),
    ("on_update:append", "append", "дописать"),
    ("several:oldest", "the oldest", "самый старый"),
    ("several:newest", "the newest", "самый новый"),
    ("several:all", "all", "все"),
    ("park", "ask a person", "спросить человека"),
    (
        "conflict:order",
        "the one of the first field",
        "кого нашло первое поле",
    ),
    ("conflict:oldest", "the oldest", "самый старый"),
    ("conflict:newest", "the newest", "самый новый"),
    ("conflict:merge", "merge them", "объединить"),
    ("without_key:create", "create", "создать"),
    ("without_key:skip_contact", "no contact", "без контакта"),
    ("without_key:skip_company", "no company", "без компании"),
    (
        "found:update",
        "use the active one, create none",
        "использовать активную, не создавая новую",
    ),
    (
        "found:ignore",
        "ignore the submission",
        "пропустить обращение",
    ),
    (
        "found:always_create",
        "always create a new one",
        "всегда создавать новую",
    ),
    ("closed:update", "update it", "обновить её"),
    (
        "closed:ignore",
        "ignore the submission",
        "пропустить обращение",
    ),
    ("closed:create", "create a new one", "создать новую"),
    ("match:any", "one is enough", "достаточно одного"),
    ("match:all", "all", "все"),
    (
        "reply:accepted",
        "once it is on disk",
        "как только сохранено",
    ),
    (
        "reply:delivered",
        "once the CRM has it",
        "когда попало в CRM",
    ),
    ("on:create", "new ones", "для новых"),
    ("on:update", "found ones", "для найденных"),
    ("on:both", "new and found ones", "для новых и найденных"),
    ("missing:skip", "leave the CRM field out", "не заполнять"),
    ("missing:empty", "clear the CRM field", "очистить поле"),
    (
        "missing:default",
        "use the default",
        "взять значение по умолчанию",
    ),
    (
        "missing:reject",
        "reject the submission",
        "отклонить обращение",
    ),
    ("missing:fail", "fail", "считать ошибкой"),
    ("unknown:keep", "keep it", "оставить как есть"),
    ("unknown:skip", "leave out", "не заполнять"),
    ("unknown:empty", "clear the CRM field", "очистить поле"),
    (
        "unknown:default",
        "use the default",
        "взять значение по умолчанию",
    ),
    (
        "unknown:reject",
        "reject the submission",
        "отклонить обращение",
    ),
    ("if_it_fails:continue", "go on", "продолжать"),
    ("comment:none", "no comment", "без комментария"),
    ("as:label", "name in the list", "название из списка"),
    ("as:text", "text", "текст"),
    ("as:phone", "phone", "телефон"),
    ("as:email", "e-mail", "почта"),
    ("as:name", "person's name", "имя человека"),
    ("as:integer", "whole number", "целое число"),
    ("as:money", "amount of money", "сумма денег"),
    ("as:date", "date", "дата"),
    ("as:datetime", "date and time", "дата и время"),
    ("as:bool", "yes or no", "да или нет"),
    ("as:join", "list in one line", "список в одну строку"),
    ("as:first", "first of a list", "первый из списка"),
    ("as:split", "several values", "несколько значений"),
    ("as:url", "part of an address", "часть адреса"),
    ("as:lookup", "from a table", "из таблицы"),
    ("as:clean", "without HTML", "без HTML"),
    ("as:file", "file", "файл"),
    ("order:last_first", "last name first", "сначала фамилия"),
    ("order:first_last", "first name first", "сначала имя"),
    ("role:fill", "fill", "заполнять"),
    ("role:search", "search", "искать"),
    ("true", "yes", "да"),
    ("false", "no", "нет"),
    ("none", "none", "нет"),
];

/// Returns the name of a key; the key itself if it has none. `pattern` is the place with its keys.
pub(super) fn key(pattern: &str, lang: Lang) -> String {
    let steps: Vec<&str> = pattern.split('.').collect();
    let ends = (0..steps.len()).map(|from| steps.get(from..).unwrap_or_default().join("."));
    let named = ends
        .map(|end| find(KEYS, &end, lang))
        .find_map(|found| found);
    named.map_or_else(
        || steps.last().copied().unwrap_or_default().to_owned(),
        str::to_owned,
    )
}

/// Returns the name of a word that a key may have; the word itself if it has none.
pub(super) fn word<'w>(key: &str, word: &'w str, lang: Lang) -> &'w str {
    find(WORDS, &format!("{key}:{word}"), lang)
        .or_else(|| find(WORDS, word, lang))
        .unwrap_or(word)
}

/// Names an entry of a plan, such as `deal (found)` with `update`, by the words of the form.
pub(super) fn fact(about: &str, value: &str, lang: Lang) -> (String, String) {
    let inner = about.strip_suffix(')').and_then(|it| it.split_once(" ("));
    let Some((block, inner)) = inner else {
        return (key_of_block(about, lang), value.to_owned());
    };
    let name = inner.replace(' ', "_");
    let title = format!(
        "{}: {}",
        key_of_block(block, lang),
        key(&format!("{block}.{name}"), lang)
    );
    let value = match value.split_once(", ") {
        Some((role, on_update)) if name == "rules" => {
            format!(
                "{}, {}",
                word("role", role, lang),
                word("on_update", on_update, lang)
            )
        }
        _ if PLANNED.contains(&name.as_str()) => word(&name, value, lang).to_owned(),
        _ => value.to_owned(),
    };
    (title, value)
}

/// Returns the name of a block; the code of a field stays.
fn key_of_block(about: &str, lang: Lang) -> String {
    if about.contains('.') {
        about.to_owned()
    } else {
        key(about, lang)
    }
}

fn find(words: &[Word], wanted: &str, lang: Lang) -> Option<&'static str> {
    let found = words.iter().find(|(key, _, _)| *key == wanted);
    found.map(|(_, en, ru)| Bilingual::new(*en, *ru).pick(lang))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_end_of_a_place_names_its_key() {
        assert_eq!(
            key("receive.default", Lang::Ru),
            "Канал по умолчанию: берёт остальное"
        );
        assert_eq!(key("fields.x.default", Lang::Ru), "По умолчанию");
        assert_eq!(key("deal.stage", Lang::En), "Stage");
        assert_eq!(key("deal.zz", Lang::En), "zz");
    }

    #[test]
    fn every_word_of_a_select_has_a_name_of_its_key_or_its_own() {
        assert_eq!(word("on_update", "keep", Lang::Ru), "не менять");
        assert_eq!(word("several", "park", Lang::Ru), "спросить человека");
        assert_eq!(word("as", "zz", Lang::Ru), "zz");
    }

    #[test]
    fn an_entry_of_a_plan_has_the_words_of_the_form() {
        let fact = |about, value| {
            let (about, value) = fact(about, value, Lang::Ru);
            format!("{about} = {value}")
        };
        assert_eq!(
            fact("contact (match)", "any"),
            "Контакт: Какие поля должны совпасть = достаточно одного"
        );
        assert_eq!(
            fact("deal.TITLE (rules)", "fill, keep"),
            "deal.TITLE: Правила = заполнять, не менять"
        );
        assert_eq!(fact("deal (stage)", "C1:NEW"), "Сделка: Стадия = C1:NEW");
        assert_eq!(fact("deal.TITLE", "none"), "deal.TITLE = none");
    }
}
