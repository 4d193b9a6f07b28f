//! Custom fields, which an administrator has added to the records of this portal.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    kind::Kind,
    schema::{Field, Type, camel},
};

/// A custom field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) struct UserField {
    pub(in crate::simulator) id: u32,
    pub(in crate::simulator) kind: Kind,
    /// `UF_CRM_…`.
    pub(in crate::simulator) code: String,
    /// `USER_TYPE_ID`, one of [`Self::SORTS`].
    pub(in crate::simulator) sort: String,
    pub(in crate::simulator) multiple: bool,
    pub(in crate::simulator) mandatory: bool,
    pub(in crate::simulator) label: String,
    pub(in crate::simulator) xml_id: Option<String>,
    pub(in crate::simulator) order: u32,
    pub(in crate::simulator) items: Vec<Item>,
    /// Everything else by the portal's names: switches, settings, and labels by language.
    #[serde(default)]
    pub(in crate::simulator) other: Map<String, Value>,
}

/// A member of a custom list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) struct Item {
    pub(in crate::simulator) id: u32,
    pub(in crate::simulator) value: String,
    pub(in crate::simulator) default: bool,
    pub(in crate::simulator) xml_id: String,
}

impl UserField {
    /// The types that come with the portal (REST documentation, "crm.userfield.types").
    pub(in crate::simulator) const SORTS: [&'static str; 16] = [
        "string",
        "integer",
        "double",
        "boolean",
        "enumeration",
        "date",
        "datetime",
        "employee",
        "url",
        "money",
        "file",
        "address",
        "crm_status",
        "iblock_section",
        "iblock_element",
        "crm",
    ];

    /// The column that the field adds to its kind of records.
    pub(in crate::simulator) fn column(&self) -> Field {
        let kind = match self.sort.as_str() {
            "integer" | "iblock_section" | "iblock_element" => Type::Int,
            "double" => Type::Real,
            "boolean" => Type::Flag,
            "enumeration" => Type::Enumeration,
            "date" => Type::Date,
            "datetime" => Type::Moment,
            "employee" => Type::User,
            "file" => Type::File,
            _ => Type::Text(65_535),
        };
        let mut flags = String::from("x");
        if self.multiple {
            flags.push('m');
        }
        if self.mandatory {
            flags.push('!');
        }
        if matches!(kind, Type::Text(_)) {
            flags.push('k');
        }
        Field {
            code: self.code.clone(),
            camel: camel(&self.code),
            kind,
            // REST documentation, "crm.deal.userfield.add"
            word: [
                "employee",
                "url",
                "money",
                "address",
                "crm_status",
                "iblock_section",
                "iblock_element",
                "crm",
            ]
            .into_iter()
            .find(|word| *word == self.sort),
            flags,
            title_ru: self.label.clone(),
            title_en: self.label.clone(),
        }
    }
}

/// The members of a list, numbered from this one on.
fn members(first: u32, values: &[&str]) -> Vec<Item> {
    let item = |(id, value): (u32, &&str)| Item {
        id,
        value: (*value).to_owned(),
        default: false,
        xml_id: format!("topic-{id}"),
    };
    (first..).zip(values).map(item).collect()
}

/// The custom fields of a fresh portal.
pub(in crate::simulator) fn factory() -> Vec<UserField> {
    let field = |id: u32, kind, code: &str, sort: &str, label: &str| UserField {
        id,
        kind,
        code: code.to_owned(),
        sort: sort.to_owned(),
        multiple: false,
        mandatory: false,
        label: label.to_owned(),
        xml_id: None,
        order: 100,
        items: Vec::new(),
        other: Map::new(),
    };
    let list = "enumeration";
    let (topics, titled) = ("UF_CRM_TOPICS", "Интересующие темы");
    let mut topics = field(103, Kind::Deal, topics, list, titled);
    topics.multiple = true;
    topics.items = members(
        45,
        &[
            "Бакалавриат",
            "Магистратура",
            "Онлайн-курсы",
            "Олимпиады",
            "Дни открытых дверей",
        ],
    );
    let (form, themes) = ("UF_CRM_9_FORM", "UF_CRM_9_TOPICS");
    let mut form = field(111, Kind::Smart, form, list, "Форма обучения");
    form.items = members(50, &["Очная", "Заочная", "Дистанционная"]);
    let mut themes = field(113, Kind::Smart, themes, list, "Темы");
    themes.multiple = true;
    themes.items = members(53, &["Договоры", "Оплата", "Документы, справки"]);
    let files = "UF_CRM_9_FILES";
    let mut files = field(115, Kind::Smart, files, "file", "Файлы");
    files.multiple = true;
    vec![
        field(101, Kind::Deal, "UF_CRM_ORDER_ID", "string", "Номер заказа"),
        topics,
        field(
            105,
            Kind::Contact,
            "UF_CRM_CONSENT",
            "boolean",
            "Согласие на рассылку",
        ),
        field(107, Kind::Lead, "UF_CRM_POLL_ID", "string", "Номер опроса"),
        field(
            109,
            Kind::Smart,
            "UF_CRM_9_ORDER_ID",
            "string",
            "Номер заказа",
        ),
        form,
        themes,
        files,
    ]
}
