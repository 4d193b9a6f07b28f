//! `crm.enum.*`, `crm.multifield.fields` and the types of custom fields: lists that never change.

use serde_json::{Map, Value, json};

use super::{Context, Registry, Run, argument, describe::described};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    state::kind::Kind,
};

pub(super) fn register(registry: &mut Registry) {
    let mut add = |name: &str, run| registry.add(format!("crm.{name}"), "crm", Run::One(run));
    add("enum.fields", |_, _| Ok(Answer::plain(described(FIELDS))));
    add("enum.ownertype", owner_types);
    add("enum.getorderownertypes", order_owner_types);
    add("enum.settings.mode", |_, _| {
        named(&[(1, "Классическая CRM"), (2, "Простая CRM")])
    });
    add("enum.addresstype", |_, _| named(ADDRESSES));
    add("enum.activitytype", |_, _| named(ACTIVITY_TYPES));
    add("enum.activitystatus", |_, _| named(ACTIVITY_STATUSES));
    add("enum.activitypriority", |_, _| named(PRIORITIES));
    add("enum.activitydirection", |_, _| named(DIRECTIONS));
    add("enum.activitynotifytype", |_, _| named(NOTIFY_TYPES));
    add("enum.contenttype", |_, _| named(CONTENT_TYPES));
    add("multifield.fields", |_, _| {
        Ok(Answer::plain(described(MULTIFIELD)))
    });
    add("userfield.types", userfield_types);
    add("userfield.fields", |_, _| Ok(typed(USERFIELD)));
    add("userfield.enumeration.fields", |_, _| {
        Ok(typed(ENUMERATION))
    });
    add("userfield.settings.fields", settings);
}

const FIELDS: &str = "\
ID | int | r | ID
NAME | string | r | Название
SYMBOL_CODE | string | r | Символьный код
SYMBOL_CODE_SHORT | string | r | Короткий символьный код
";

const MULTIFIELD: &str = "\
ID | int | r | ID
TYPE_ID | string | r | Тип поля
VALUE | string | - | Значение
VALUE_TYPE | string | - | Тип значения
";

type Named = (i64, &'static str);

const ADDRESSES: &[Named] = &[
    (11, "Адрес доставки"),
    (1, "Фактический адрес"),
    (6, "Юридический адрес"),
    (4, "Адрес регистрации"),
    (8, "Адрес для корреспонденции"),
    (9, "Адрес бенефициара"),
];
const ACTIVITY_TYPES: &[Named] = &[
    (0, ""),
    (1, "Встреча"),
    (2, "Звонок"),
    (3, "Задача"),
    (4, "E-mail"),
    (5, "Действие"),
    (6, "Пользовательское действие"),
];
const ACTIVITY_STATUSES: &[Named] = &[
    (0, ""),
    (1, "Ожидает выполнения"),
    (2, "Завершено"),
    (3, "Завершено автоматически"),
];
const PRIORITIES: &[Named] = &[(0, ""), (1, "низкий"), (2, "средний"), (3, "высокий")];
const DIRECTIONS: &[Named] = &[(0, ""), (1, "Входящий"), (2, "Исходящий")];
const NOTIFY_TYPES: &[Named] = &[(0, ""), (1, "мин."), (2, "ч."), (3, "дн.")];
const CONTENT_TYPES: &[Named] = &[(0, ""), (1, "Обычный текст"), (2, "bbCode"), (3, "HTML")];

fn row(id: i64, name: &str, codes: Option<(&str, &str)>) -> Value {
    json!({
        "ID": id,
        "NAME": name,
        "SYMBOL_CODE": codes.map(|it| it.0),
        "SYMBOL_CODE_SHORT": codes.map(|it| it.1),
    })
}

fn named(rows: &[Named]) -> Reply {
    let rows = rows.iter().map(|(id, name)| row(*id, name, None));
    Ok(Answer::plain(rows.collect::<Value>()))
}

/// Types of records and what belongs to them, with the codes that product rows use.
const OWNERS: [(i64, &str, &str, &str); 8] = [
    (1, "Лид", "LEAD", "L"),
    (2, "Сделка", "DEAL", "D"),
    (3, "Контакт", "CONTACT", "C"),
    (4, "Компания", "COMPANY", "CO"),
    (5, "Счёт (старая версия)", "INVOICE", "I"),
    (31, "Счёт", "SMART_INVOICE", "SI"),
    (7, "Предложение", "QUOTE", "Q"),
    (8, "Реквизиты", "REQUISITE", "RQ"),
];

fn owner_types(_: &mut Context<'_>, _: &Value) -> Reply {
    let built_in = OWNERS
        .iter()
        .map(|(id, name, code, short)| row(*id, name, Some((code, short))));
    let smart = Kind::Smart.type_id();
    let (code, short) = (Kind::Smart.word().to_uppercase(), format!("T{smart:x}"));
    let smart = row(
        smart,
        super::smart_type::TITLE,
        Some((code.as_str(), short.as_str())),
    );
    Ok(Answer::plain(
        built_in
            .chain(std::iter::once(smart))
            .collect::<Vec<Value>>(),
    ))
}

fn order_owner_types(_: &mut Context<'_>, _: &Value) -> Reply {
    Ok(Answer::plain(
        json!([{"attribute": "DYN", "code": "DEAL", "id": 2, "name": "Сделка"}]),
    ))
}

/// The types of custom fields with their names (REST documentation, "crm.userfield.types").
const USERFIELD_TYPES: [(&str, &str); 16] = [
    ("string", "Строка"),
    ("integer", "Целое число"),
    ("double", "Число"),
    ("boolean", "Да/Нет"),
    ("enumeration", "Список"),
    ("datetime", "Дата со временем"),
    ("date", "Дата"),
    ("money", "Деньги"),
    ("url", "Ссылка"),
    ("address", "Адрес Google карты"),
    ("file", "Файл"),
    ("employee", "Привязка к сотруднику"),
    ("crm_status", "Привязка к справочникам CRM"),
    ("iblock_section", "Привязка к разделам инф. блоков"),
    ("iblock_element", "Привязка к элементам инф. блоков"),
    ("crm", "Привязка к элементам CRM"),
];

fn userfield_types(_: &mut Context<'_>, _: &Value) -> Reply {
    let rows = USERFIELD_TYPES
        .iter()
        .map(|(id, title)| json!({"ID": id, "title": title}));
    Ok(Answer::plain(rows.collect::<Value>()))
}

const USERFIELD: &str = "\
ID | int | r | ID
ENTITY_ID | string | i | Объект
FIELD_NAME | string | i | Код
USER_TYPE_ID | string | i | Тип данных
XML_ID | string | - | XML_ID
SORT | int | - | Сортировка
MULTIPLE | char | - | Множественное
MANDATORY | char | - | Обязательное
SHOW_FILTER | char | - | Показывать в фильтре списка
SHOW_IN_LIST | char | - | Показывать в списке
EDIT_IN_LIST | char | - | Разрешать редактирование пользователем
IS_SEARCHABLE | char | - | Значения поля участвуют в поиске
EDIT_FORM_LABEL | string | - | Подпись в форме редактирования
LIST_COLUMN_LABEL | string | - | Заголовок в списке
LIST_FILTER_LABEL | string | - | Подпись фильтра в списке
ERROR_MESSAGE | string | - | Сообщение об ошибке
HELP_MESSAGE | string | - | Помощь
LIST | uf_enum_element | m | Элементы списка
SETTINGS | object | - | Дополнительные настройки (зависят от типа)
";

const ENUMERATION: &str = "\
ID | int | r | ID
SORT | int | - | Сортировка
VALUE | string | - | Значение
DEF | string | - | Значение по умолчанию
DEL | string | - | Признак удаления элемента
";

/// Describes fields by their types and titles; of the flags only those that are set are shown.
fn typed(lines: &str) -> Answer {
    let mut fields = described(lines);
    for field in fields.values_mut().filter_map(Value::as_object_mut) {
        field
            .retain(|key, value| matches!(key.as_str(), "type" | "title") || *value == json!(true));
    }
    Answer::plain(fields)
}

/// The settings of a type of custom fields. The documentation shows those of numbers; the others are
/// our inference from the settings in rows.
fn settings(_: &mut Context<'_>, params: &Value) -> Reply {
    let name = argument(params, "type").map(php::strval);
    let name = name.filter(|it| !it.is_empty());
    let name =
        name.ok_or_else(|| ApiError::classic("Parameter 'type' is not specified or empty"))?;
    let lines = match name.as_str() {
        "string" => {
            "DEFAULT_VALUE | string | - | Значение по умолчанию\nROWS | int | - | Количество строк"
        }
        "integer" => "DEFAULT_VALUE | int | - | Значение по умолчанию",
        "double" => {
            "DEFAULT_VALUE | double | - | Значение по умолчанию\nPRECISION | int | - | Точность"
        }
        "boolean" => {
            "DEFAULT_VALUE | int | - | Значение по умолчанию\nDISPLAY | string | - | Внешний вид"
        }
        "date" | "datetime" => "DEFAULT_VALUE | datetime | - | Значение по умолчанию",
        "enumeration" => {
            "DISPLAY | string | - | Внешний вид\nLIST_HEIGHT | int | - | Высота списка"
        }
        "crm_status" => "ENTITY_TYPE | string | - | Справочник",
        _ => return Ok(Answer::plain(Map::new())),
    };
    Ok(typed(lines))
}
