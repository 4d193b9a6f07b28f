//! The columns of activities: their descriptions, and the values that they have unless something else
//! was sent.

use serde_json::{Map, Value};

/// The answer of `crm.activity.fields`.
pub(super) const FIELDS: &str = "\
ID | integer | r | ID
OWNER_ID | integer | i | ID владельца
OWNER_TYPE_ID | crm_enum_ownertype | i | Тип владельца
TYPE_ID | crm_enum_activitytype | !i | Тип
PROVIDER_ID | string | - | ID провайдера
PROVIDER_TYPE_ID | string | - | Тип провайдера
PROVIDER_GROUP_ID | string | - | Тип коннектора
ASSOCIATED_ENTITY_ID | integer | r | ID связанной сущности
SUBJECT | string | ! | Тема
START_TIME | datetime | - | Начало
END_TIME | datetime | - | Завершение
DEADLINE | datetime | - | Срок исполнения
COMPLETED | char | - | Выполнено
STATUS | crm_enum_activitystatus | - | Статус
RESPONSIBLE_ID | user | ! | Ответственный
PRIORITY | crm_enum_activitypriority | - | Приоритет
NOTIFY_TYPE | crm_enum_activitynotifytype | - | Тип уведомления
NOTIFY_VALUE | integer | - | Параметр уведомления
DESCRIPTION | string | - | Описание
DESCRIPTION_TYPE | crm_enum_contenttype | - | Тип описания
DIRECTION | crm_enum_activitydirection | - | Направление
LOCATION | string | - | Местоположение
CREATED | datetime | r | Дата создания
AUTHOR_ID | user | r | Кем создано
LAST_UPDATED | datetime | r | Дата последнего обновления
EDITOR_ID | user | r | Кем отредактировано
SETTINGS | object | - | Настройки
ORIGIN_ID | string | - | Внешний код
ORIGINATOR_ID | string | - | Внешний источник
RESULT_STATUS | integer | - | Статус результата
RESULT_STREAM | integer | - | Статистика
RESULT_SOURCE_ID | string | - | Источник
PROVIDER_PARAMS | object | - | Параметры провайдера
PROVIDER_DATA | string | - | Данные провайдера
RESULT_MARK | integer | - | Оценка
RESULT_VALUE | double | - | Значение
RESULT_SUM | double | - | Сумма
RESULT_CURRENCY_ID | string | - | Валюта
AUTOCOMPLETE_RULE | integer | - | Автоматическое завершение
BINDINGS | crm_activity_binding | rm | Привязки
COMMUNICATIONS | crm_activity_communication | !m | Коммуникации
FILES | diskfile | m | Файлы
WEBDAV_ELEMENTS | diskfile | m | Файлы
IS_INCOMING_CHANNEL | char | r | Входящее
";

/// The answer of `crm.activity.communication.fields`.
pub(super) const COMMUNICATION: &str = "\
ID | integer | r | ID
ACTIVITY_ID | integer | r | Дело
ENTITY_ID | integer | - | ID элемента сущности
ENTITY_TYPE_ID | integer | - | Тип сущности
TYPE | string | - | Тип
VALUE | string | - | Значение
";

/// The columns of a row in the portal's order with their usual values, `null` and `[]` among them (REST
/// documentation, "crm.activity.get").
const USUAL: [(&str, &str); 39] = [
    ("ID", ""),
    ("OWNER_ID", ""),
    ("OWNER_TYPE_ID", ""),
    ("TYPE_ID", "6"),
    ("PROVIDER_ID", ""),
    ("PROVIDER_TYPE_ID", ""),
    ("PROVIDER_GROUP_ID", "null"),
    ("ASSOCIATED_ENTITY_ID", "0"),
    ("SUBJECT", ""),
    ("CREATED", ""),
    ("LAST_UPDATED", ""),
    ("START_TIME", ""),
    ("END_TIME", ""),
    ("DEADLINE", ""),
    ("COMPLETED", "N"),
    ("STATUS", "1"),
    ("RESPONSIBLE_ID", ""),
    ("PRIORITY", "2"),
    ("NOTIFY_TYPE", "0"),
    ("NOTIFY_VALUE", "0"),
    ("DESCRIPTION", ""),
    ("DESCRIPTION_TYPE", "1"),
    ("DIRECTION", "0"),
    ("LOCATION", ""),
    ("SETTINGS", "[]"),
    ("ORIGINATOR_ID", "null"),
    ("ORIGIN_ID", "null"),
    ("AUTHOR_ID", ""),
    ("EDITOR_ID", ""),
    ("PROVIDER_PARAMS", "[]"),
    ("PROVIDER_DATA", "null"),
    ("RESULT_MARK", "0"),
    ("RESULT_VALUE", "null"),
    ("RESULT_SUM", "null"),
    ("RESULT_CURRENCY_ID", "null"),
    ("RESULT_STATUS", "0"),
    ("RESULT_STREAM", "0"),
    ("RESULT_SOURCE_ID", "null"),
    ("AUTOCOMPLETE_RULE", "0"),
];

/// A row with the usual values.
pub(super) fn usual() -> Map<String, Value> {
    USUAL
        .into_iter()
        .map(|(name, value)| {
            let value = match value {
                "null" => Value::Null,
                "[]" => Value::Array(Vec::new()),
                text => text.into(),
            };
            (name.to_owned(), value)
        })
        .collect()
}

/// Whether activities have this column.
pub(super) fn is_column(name: &str) -> bool {
    USUAL.iter().any(|(known, _)| *known == name)
}

/// The provider of a type with the provider's own type. The documentation shows that of calls; the
/// others are our inference.
pub(super) fn provider(sort: i64) -> (&'static str, &'static str) {
    match sort {
        1 => ("CRM_MEETING", "MEETING"),
        2 => ("VOXIMPLANT_CALL", "CALL"),
        3 => ("TASKS", "TASK"),
        4 => ("CRM_EMAIL", "EMAIL"),
        _ => ("", ""),
    }
}
