//! The built-in fields, one line each: code, type, flags, Russian and English title. The order is
//! that of the portal's answers, the flags are explained at [`Field`].

use super::{
    kind::Kind,
    schema::{Field, Type, camel},
};

/// The built-in fields of a kind.
pub(super) fn fields(kind: Kind) -> Vec<Field> {
    let parts: &[&str] = match kind {
        Kind::Lead => &[
            HEAD, NAME, LEAD, MONEY, ADDRESS, COMMON, ORIGIN, MULTI, ITEM, LEAD_ITEM,
        ],
        Kind::Deal => &[HEAD, DEAL, MONEY, COMMON, ORIGIN, ITEM, DEAL_ITEM],
        Kind::Contact => &[
            HEAD,
            NAME,
            CONTACT,
            ADDRESS,
            COMMON,
            ORIGIN,
            VERSION,
            MULTI,
            ITEM,
            CONTACT_ITEM,
        ],
        Kind::Company => &[
            HEAD,
            COMPANY,
            ADDRESS,
            COMPANY_ADDRESS,
            COMMON,
            ORIGIN,
            VERSION,
            MULTI,
            ITEM,
            COMPANY_ITEM,
        ],
        Kind::Smart => &[HEAD, SMART, MONEY, COMMON, ORIGIN, ITEM],
    };
    parts
        .iter()
        .flat_map(|part| part.lines())
        .filter_map(field)
        .filter(|field| belongs(kind, &field.code))
        .map(|field| of_kind(kind, field))
        .collect()
}

/// The same field differs a little between kinds: items show UTM marks, but read-only, and a company
/// needs a title (REST documentation, "crm.company.fields").
fn of_kind(kind: Kind, mut field: Field) -> Field {
    match (kind, field.code.as_str()) {
        (Kind::Smart, "SOURCE_DESCRIPTION") => field.word = Some("text"),
        (Kind::Smart, code) if code.starts_with("UTM_") => field.flags.push('r'),
        (Kind::Company, "TITLE") => field.flags.push('!'),
        _ => {}
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
        "CONTACTS" => kind.has_contacts(),
        _ => true,
    }
}

fn field(line: &'static str) -> Option<Field> {
    let mut parts = line.split(" | ");
    let code = parts.next()?;
    let type_name = parts.next()?;
    let flags = parts.next()?.trim_matches('-').to_owned();
    let title_ru = parts.next()?.to_owned();
    let title_en = parts.next()?.to_owned();
    Some(Field {
        code: code.to_owned(),
        camel: universal_name(code),
        kind: parse_type(type_name),
        word: (type_name == "location").then_some(type_name),
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
        "file" => Type::File,
        "line" | "location" => Type::Text(255),
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
IS_REPEATED_APPROACH | char | - | Повторное обращение | Repeated approach
PROBABILITY | int | - | Вероятность | Probability
CONTACT_ID | crm_contact | - | Контакт | Contact
CONTACT_IDS | crm_contact | m | Контакты | Contacts
LEAD_ID | crm_lead | R | Лид | Lead
QUOTE_ID | crm_quote | r | Предложение | Quote
BEGINDATE | date | - | Дата начала | Start date
CLOSEDATE | date | - | Дата завершения | Close date
CLOSED | char | - | Закрыта | Closed
ADDITIONAL_INFO | text | - | Дополнительная информация | Additional information
LOCATION_ID | location | - | Местоположение | Location
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
PREVIOUS_STAGE_ID | stage | r | Предыдущая стадия | Previous stage
TAX_VALUE | money | - | Сумма налога | Tax amount
OPPORTUNITY_ACCOUNT | money | rh | Сумма в валюте отчётов | Amount in the currency of reports
TAX_VALUE_ACCOUNT | money | rh | Сумма налога в валюте отчётов | Tax in the currency of reports
ACCOUNT_CURRENCY_ID | currency | rh | Валюта отчётов | Currency of reports
MYCOMPANY_ID | crm_company | - | Реквизиты вашей компании | Your company details
";

const CONTACT: &str = "\
TYPE_ID | status:CONTACT_TYPE | - | Тип контакта | Contact type
EXPORT | char | - | Участвует в экспорте | Takes part in export
LEAD_ID | crm_lead | R | Лид | Lead
PHOTO | file | - | Фотография | Photo
FACE_ID | int | rch | Лицо | Face
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
LEAD_ID | crm_lead | R | Лид | Lead
LOGO | file | - | Логотип | Logo
CONTACT_ID | crm_contact | mcd | Контакты | Contacts
LAST_COMMUNICATION_TIME | line | rc | Дата последней коммуникации | Last communication
CATEGORY_ID | int | ru | Категория | Category
";

const COMPANY_ADDRESS: &str = "\
ADDRESS_LEGAL | line | - | Юридический адрес | Legal address
REG_ADDRESS | line | c | Юридический адрес | Legal address
REG_ADDRESS_2 | line | c | Юридический адрес (стр. 2) | Legal address (line 2)
REG_ADDRESS_CITY | line | c | Город юридического адреса | City of the legal address
REG_ADDRESS_POSTAL_CODE | line | c | Индекс юридического адреса | Postal code of the legal address
REG_ADDRESS_REGION | line | c | Район юридического адреса | Region of the legal address
REG_ADDRESS_PROVINCE | line | c | Область юридического адреса | Province of the legal address
REG_ADDRESS_COUNTRY | line | c | Страна юридического адреса | Country of the legal address
REG_ADDRESS_COUNTRY_CODE | line | c | Код страны юридического адреса | Country code of the legal address
REG_ADDRESS_LOC_ADDR_ID | int | c | Идентификатор юридического адреса | Location of the legal address
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
ADDRESS_LOC_ADDR_ID | int | c | Идентификатор адреса местоположения | Location of the address
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
LINK | multi | mc | Ссылка | Link
";

/// Fields of the universal family alone.
const ITEM: &str = "\
CONTACTS | crm_contact | mud | Контакты | Contacts
OBSERVERS | user | mu | Наблюдатели | Observers
WEBFORM_ID | int | u | Создано CRM-формой | Created by a CRM form
";

/// Columns that the universal family prints without describing them; all are empty (REST
/// documentation, "CRM Object Fields").
const LEAD_ITEM: &str = "\
DATE_CREATE_SHORT | line | ruh | - | -
DATE_MODIFY_SHORT | line | ruh | - | -
IS_CONVERT | line | ruh | - | -
PRODUCT_ID | line | ruh | - | -
SHORT_NAME | line | ruh | - | -
LOGIN | line | ruh | - | -
SEARCH_CONTENT | line | ruh | - | -
SKYPE | line | ruh | - | -
ICQ | line | ruh | - | -
";

const DEAL_ITEM: &str = "\
DATE_CREATE_SHORT | line | ruh | - | -
DATE_MODIFY_SHORT | line | ruh | - | -
PRODUCT_ID | line | ruh | - | -
BEGINDATE_SHORT | line | ruh | - | -
CLOSEDATE_SHORT | line | ruh | - | -
EVENT_DATE | line | ruh | - | -
EVENT_DATE_SHORT | line | ruh | - | -
EVENT_ID | line | ruh | - | -
EVENT_DESCRIPTION | line | ruh | - | -
SEARCH_CONTENT | line | ruh | - | -
ORDER_STAGE | line | ruh | - | -
IS_WORK | line | ruh | - | -
IS_WON | line | ruh | - | -
IS_LOSE | line | ruh | - | -
RECEIVED_AMOUNT | line | ruh | - | -
LOST_AMOUNT | line | ruh | - | -
HAS_PRODUCTS | line | ruh | - | -
";

const CONTACT_ITEM: &str = "\
SHORT_NAME | line | ruh | - | -
SEARCH_CONTENT | line | ruh | - | -
LOGIN | line | ruh | - | -
";

const COMPANY_ITEM: &str = "\
SEARCH_CONTENT | line | ruh | - | -
CONTACT_IDS | crm_contact | mu | Контакты | Contacts
";
