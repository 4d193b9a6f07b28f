//! What a new account contains: a lead with a person and a company, all invented.

use serde_json::{Value, json};

/// The number of the account.
pub(super) const ACCOUNT: u64 = 30_551_177;
/// The first part of its address.
pub(super) const SUBDOMAIN: &str = "edudemo";
/// The user who owns the token.
pub(super) const USER: u64 = 9_204_411;

/// A custom field as `/api/v4/leads/custom_fields` describes it: number, name, code, type.
pub(super) type FieldDescription = (u64, &'static str, Option<&'static str>, &'static str);

/// The custom fields of leads.
const LEAD_FIELDS: [FieldDescription; 3] = [
    (811_201, "Номер заказа", Some("ORDERID"), "text"),
    (811_203, "Дата старта", None, "date"),
    (811_207, "Страница", None, "url"),
];
/// The custom fields of contacts.
const CONTACT_FIELDS: [FieldDescription; 3] = [
    (702_209, "Телефон", Some("PHONE"), "multitext"),
    (702_213, "Email", Some("EMAIL"), "multitext"),
    (702_215, "Должность", Some("POSITION"), "text"),
];
/// The custom fields of companies.
const COMPANY_FIELDS: [FieldDescription; 2] = [
    (702_209, "Телефон", Some("PHONE"), "multitext"),
    (702_217, "Адрес", Some("ADDRESS"), "textarea"),
];

/// Returns the custom fields of an entity.
pub(super) fn fields(entity: &str) -> &'static [FieldDescription] {
    match entity {
        "leads" => &LEAD_FIELDS,
        "contacts" => &CONTACT_FIELDS,
        "companies" => &COMPANY_FIELDS,
        _ => &[],
    }
}

/// Returns the pipelines of leads with their stages.
pub(super) fn pipelines() -> Vec<Value> {
    let stage = |id: u64, name: &str| json!({"id": id, "name": name, "pipeline_id": 7_720_015});
    vec![json!({
        "id": 7_720_015, "name": "Курсы", "is_main": true, "is_archive": false,
        "account_id": ACCOUNT,
        "_embedded": {"statuses": [
            stage(60_110_229, "Неразобранное"), stage(60_110_233, "Новая заявка"),
            stage(142, "Успешно реализовано"), stage(143, "Закрыто и не реализовано"),
        ]},
    })]
}

/// Returns the values of a custom field as a record has them.
fn values((id, name, code, kind): FieldDescription, values: &Value) -> Value {
    json!({"field_id": id, "field_name": name, "field_code": code, "field_type": kind,
        "values": values})
}

/// Returns the records of a new account.
pub(super) fn records() -> Vec<(&'static str, Value)> {
    let [order, start, page] = LEAD_FIELDS;
    let [phone, email, position] = CONTACT_FIELDS;
    let lead = json!({
        "id": 31_470_021, "name": "Заявка: курс «Аналитик»", "price": 4900,
        "responsible_user_id": USER, "status_id": 60_110_233, "pipeline_id": 7_720_015,
        "created_by": 0, "updated_by": 0, "created_at": 1_767_009_600, "updated_at": 1_767_009_600,
        "closed_at": null, "is_deleted": false, "account_id": ACCOUNT,
        "custom_fields_values": [
            values(order, &json!([{"value": "180022"}])),
            values(start, &json!([{"value": 1_767_225_600}])),
            values(page, &json!([{"value": "https://edu.example/a?x=1&utm_source=ya"}])),
        ],
        "_embedded": {
            "tags": [{"id": 5120, "name": "tilda", "color": null}],
            "companies": [{"id": 48_810_401}],
            "contacts": [{"id": 48_810_317, "is_main": true}],
        },
    });
    let contact = json!({
        "id": 48_810_317, "name": "Ольга Тестова", "first_name": "Ольга", "last_name": "Тестова",
        "responsible_user_id": USER, "created_at": 1_767_009_600, "updated_at": 1_767_009_600,
        "account_id": ACCOUNT,
        "custom_fields_values": [
            values(phone, &json!([
                {"value": "+79005550142", "enum_id": 702_211, "enum_code": "WORK"}])),
            values(email, &json!([
                {"value": "o.t@mail.example", "enum_id": 702_219, "enum_code": "WORK"}])),
            values(position, &json!([{"value": "Методист"}])),
        ],
        "_embedded": {"tags": [], "companies": [{"id": 48_810_401}],
            "leads": [{"id": 31_470_021}]},
    });
    let company = json!({
        "id": 48_810_401, "name": "ООО «Пример»", "responsible_user_id": USER,
        "created_at": 1_767_009_600, "updated_at": 1_767_009_600, "account_id": ACCOUNT,
        "custom_fields_values": [
            values(COMPANY_FIELDS[0], &json!([
                {"value": "+79005550100", "enum_id": 702_211, "enum_code": "WORK"}])),
        ],
        "_embedded": {"tags": [], "leads": [{"id": 31_470_021}],
            "contacts": [{"id": 48_810_317}]},
    });
    vec![
        ("leads", lead),
        ("contacts", contact),
        ("companies", company),
    ]
}
