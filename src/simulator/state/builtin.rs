//! The built-in fields, one line each: code, type, flags, Russian and English title. The order is
//! that of the portal's answers, the flags are explained at [`Field`].

use super::{
    kind::Kind,
    schema::{Field, Type, camel},
};

/// The built-in fields of a kind.
pub(super) fn fields(kind: Kind) -> Vec<Field> {
    let parts: &[&str] = match kind {
        Kind::Lead => &[HEAD, NAME, LEAD, MONEY, ADDRESS, COMMON, ORIGIN, MULTI],
        Kind::Deal => &[HEAD, DEAL, MONEY, COMMON, ORIGIN],
        Kind::Contact => &[HEAD, NAME, CONTACT, ADDRESS, COMMON, ORIGIN, VERSION, MULTI],
        Kind::Company => &[HEAD, COMPANY, ADDRESS, COMMON, ORIGIN, VERSION, MULTI],
        Kind::Smart => &[HEAD, SMART, MONEY, COMMON, ORIGIN],
    };
    parts
        .iter()
        .flat_map(|part| part.lines())
        .filter_map(field)
        .filter(|field| belongs(kind, &field.code))
        .map(|field| of_kind(kind, field))
        .collect()
}

/// Items show UTM marks, but read-only.
fn of_kind(kind: Kind, mut field: Field) -> Field {
    if kind == Kind::Smart && field.code.starts_with("UTM_") {
        field.flags.push('r');
    }
    field
}

/// The fields of the shared blocks that some kinds lack.
fn belongs(kind: Kind, code: &str) -> bool {
    match code {
        "TITLE" => kind != Kind::Contact,
        "COMPANY_ID" => kind != Kind::Company,
        "MOVED_BY_ID" | "MOVED_TIME" => kind.stage_field().is_some(),
        "BIRTHDATE" => matches!(kind, Kind::Lead | Kind::Contact),
        "COMMENTS" | "ORIGINATOR_ID" | "ORIGIN_ID" => kind != Kind::Smart,
        _ => true,
    }
}

fn field(line: &'static str) -> Option<Field> {
    let mut parts = line.split(" | ");
    let code = parts.next()?;
    let kind = parse_type(parts.next()?);
    let flags = parts.next()?.trim_matches('-').to_owned();
    let title_ru = parts.next()?.to_owned();
    let title_en = parts.next()?.to_owned();
    Some(Field {
        code: code.to_owned(),
        camel: universal_name(code),
        kind,
        word: None,
        flags,
        title_ru,
        title_en,
    })
}

/// Universal names that do not follow from the classic ones.
fn universal_name(code: &str) -> String {
    match code {
        "DATE_CREATE" => "createdTime".to_owned(),
        "DATE_MODIFY" => "updatedTime".to_owned(),
        "CREATED_BY_ID" => "createdBy".to_owned(),
        "MODIFY_BY_ID" => "updatedBy".to_owned(),
        "MOVED_BY_ID" => "movedBy".to_owned(),
        "STATUS_ID" => "stageId".to_owned(),
        "STATUS_SEMANTIC_ID" => "stageSemanticId".to_owned(),
        "COMPANY_TYPE" => "typeId".to_owned(),
        other => camel(other),
    }
}

fn parse_type(name: &'static str) -> Type {
    match name {
        "id" => Type::Id,
        "int" => Type::Int,
        "char" => Type::Char,
        "money" => Type::Money,
        "date" => Type::Date,
        "moment" => Type::Moment,
        "user" => Type::User,
        "stage" => Type::Stage,
        "category" => Type::Category,
        "currency" => Type::Currency,
        "multi" => Type::Multifield,
        "short" => Type::Text(50),
        "line" => Type::Text(255),
        "text" => Type::Text(65_535),
        other => match other.strip_prefix("status:") {
            Some(dictionary) => Type::Status(dictionary),
            None => Type::Link(other),
        },
    }
}

const HEAD: &str = "\
ID | id | r | ID | ID
TITLE | line | - | Название | Title
";

const NAME: &str = "\
HONORIFIC | status:HONORIFIC | - | Обращение | Salutation
NAME | short | - | Имя | First name
SECOND_NAME | short | - | Отчество | Middle name
LAST_NAME | short | - | Фамилия | Last name
BIRTHDATE | date | - | Дата рождения | Date of birth
POST | line | - | Должность | Position
";

const LEAD: &str = "\
COMPANY_TITLE | line | - | Название компании | Company name
STATUS_ID | stage | - | Стадия | Stage
STATUS_DESCRIPTION | text | - | Дополнительно о стадии | About the stage
STATUS_SEMANTIC_ID | line | r | Состояние стадии | Stage group
IS_RETURN_CUSTOMER | char | r | Повторный лид | Returning lead
DATE_CLOSED | moment | r | Дата завершения | Closed on
CONTACT_ID | crm_contact | - | Контакт | Contact
CONTACT_IDS | crm_contact | m | Контакты | Contacts
";

const DEAL: &str = "\
TYPE_ID | status:DEAL_TYPE | - | Тип | Type
CATEGORY_ID | category | i | Воронка | Pipeline
STAGE_ID | stage | - | Стадия сделки | Deal stage
STAGE_SEMANTIC_ID | line | r | Состояние стадии | Stage group
IS_NEW | char | r | Новая сделка | New deal
IS_RECURRING | char | - | Регулярная сделка | Recurring deal
IS_RETURN_CUSTOMER | char | r | Повторная сделка | Repeat deal
IS_REPEATED_APPROACH | char | r | Повторное обращение | Repeated approach
PROBABILITY | int | - | Вероятность | Probability
CONTACT_ID | crm_contact | - | Контакт | Contact
CONTACT_IDS | crm_contact | m | Контакты | Contacts
LEAD_ID | crm_lead | - | Лид | Lead
QUOTE_ID | crm_quote | r | Предложение | Quote
BEGINDATE | date | - | Дата начала | Start date
CLOSEDATE | date | - | Дата завершения | Close date
CLOSED | char | - | Закрыта | Closed
ADDITIONAL_INFO | text | - | Дополнительная информация | Additional information
LOCATION_ID | line | - | Местоположение | Location
TAX_VALUE | money | - | Ставка налога | Tax
";

const SMART: &str = "\
XML_ID | line | - | Внешний код | External code
CATEGORY_ID | category | - | Воронка | Pipeline
STAGE_ID | stage | - | Стадия | Stage
CONTACT_ID | crm_contact | - | Контакт | Contact
CONTACT_IDS | crm_contact | m | Контакты | Contacts
BEGINDATE | date | - | Дата начала | Start date
CLOSEDATE | date | - | Дата завершения | Close date
";

const CONTACT: &str = "\
TYPE_ID | status:CONTACT_TYPE | - | Тип контакта | Contact type
EXPORT | char | - | Участвует в экспорте | Takes part in export
LEAD_ID | crm_lead | - | Лид | Lead
CATEGORY_ID | int | ru | Категория | Category
COMPANY_IDS | crm_company | m | Компании | Companies
";

const COMPANY: &str = "\
COMPANY_TYPE | status:COMPANY_TYPE | - | Тип компании | Company type
INDUSTRY | status:INDUSTRY | - | Сфера деятельности | Industry
EMPLOYEES | status:EMPLOYEES | - | Кол-во сотрудников | Number of employees
REVENUE | money | - | Годовой оборот | Annual revenue
CURRENCY_ID | currency | - | Валюта | Currency
BANKING_DETAILS | text | - | Банковские реквизиты | Banking details
IS_MY_COMPANY | char | - | Моя компания | My company
LEAD_ID | crm_lead | - | Лид | Lead
";

const MONEY: &str = "\
CURRENCY_ID | currency | - | Валюта | Currency
OPPORTUNITY | money | - | Сумма | Amount
IS_MANUAL_OPPORTUNITY | char | - | Ручной расчёт суммы | Amount set by hand
";

const ADDRESS: &str = "\
ADDRESS | line | - | Адрес | Address
ADDRESS_2 | line | - | Адрес (стр. 2) | Address (line 2)
ADDRESS_CITY | line | - | Город | City
ADDRESS_POSTAL_CODE | line | - | Почтовый индекс | Postal code
ADDRESS_REGION | line | - | Район | Region
ADDRESS_PROVINCE | line | - | Область | Province
ADDRESS_COUNTRY | line | - | Страна | Country
ADDRESS_COUNTRY_CODE | line | - | Код страны | Country code
";

const COMMON: &str = "\
SOURCE_ID | status:SOURCE | - | Источник | Source
SOURCE_DESCRIPTION | text | - | Дополнительно об источнике | About the source
COMPANY_ID | crm_company | - | Компания | Company
ASSIGNED_BY_ID | user | - | Ответственный | Responsible
CREATED_BY_ID | user | r | Кем создан | Created by
MODIFY_BY_ID | user | r | Кем изменён | Modified by
MOVED_BY_ID | user | r | Кем передвинут | Moved by
DATE_CREATE | moment | r | Дата создания | Created on
DATE_MODIFY | moment | r | Дата изменения | Modified on
MOVED_TIME | moment | r | Дата смены стадии | Stage changed on
OPENED | char | - | Доступен для всех | Available to everyone
COMMENTS | text | - | Комментарий | Comment
";

const ORIGIN: &str = "\
ORIGINATOR_ID | line | - | Внешний источник | External source
ORIGIN_ID | line | k | Идентификатор во внешнем источнике | ID in the external source
UTM_SOURCE | line | - | Рекламная система | Advertising system
UTM_MEDIUM | line | - | Тип трафика | Traffic type
UTM_CAMPAIGN | line | - | Обозначение рекламной кампании | Campaign
UTM_CONTENT | line | - | Содержание кампании | Campaign content
UTM_TERM | line | - | Условие поиска кампании | Campaign search term
LAST_ACTIVITY_BY | user | r | Кто проявил активность | Last active person
LAST_ACTIVITY_TIME | moment | r | Последняя активность | Last activity
";

const VERSION: &str = "\
ORIGIN_VERSION | line | - | Версия данных источника | Version of the origin
";

const MULTI: &str = "\
HAS_PHONE | char | r | Задан телефон | Has a phone
HAS_EMAIL | char | r | Задан e-mail | Has an e-mail
HAS_IMOL | char | r | Задана открытая линия | Has an open line
PHONE | multi | mc | Телефон | Phone
EMAIL | multi | mc | E-mail | E-mail
WEB | multi | mc | Сайт | Website
IM | multi | mc | Мессенджер | Messenger
";
