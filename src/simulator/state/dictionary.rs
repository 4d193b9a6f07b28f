//! The portal's dictionaries: stages, sources, types, pipelines, currencies.

use serde::{Deserialize, Serialize};

use super::kind::Kind;

/// A member of a dictionary, such as a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) struct Status {
    pub(in crate::simulator) id: u32,
    /// Name of the dictionary: `STATUS`, `DEAL_STAGE_1`, `SOURCE`.
    pub(in crate::simulator) entity: String,
    /// The code that records carry.
    pub(in crate::simulator) code: String,
    pub(in crate::simulator) name: String,
    /// The name that the portal came with; empty for what was added later.
    #[serde(default)]
    pub(in crate::simulator) initial: String,
    pub(in crate::simulator) sort: u32,
    /// The pipeline whose stage it is.
    pub(in crate::simulator) category: Option<u32>,
    /// Colour with a leading `#`, empty unless it is a stage.
    pub(in crate::simulator) color: String,
    /// `P` in work, `S` success, `F` failure; empty unless it is a stage.
    pub(in crate::simulator) semantics: String,
}

impl Status {
    /// Whether it is a stage.
    pub(in crate::simulator) fn is_stage(&self) -> bool {
        !self.semantics.is_empty()
    }

    /// Whether the portal needs it, so that it can be deleted by force only.
    pub(in crate::simulator) fn is_system(&self) -> bool {
        !self.initial.is_empty()
    }
}

/// A pipeline of deals or smart items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) struct Pipeline {
    pub(in crate::simulator) id: u32,
    pub(in crate::simulator) kind: Kind,
    pub(in crate::simulator) name: String,
    pub(in crate::simulator) sort: u32,
    /// Its id in an external source.
    #[serde(default)]
    pub(in crate::simulator) origin: String,
    /// The external source.
    #[serde(default)]
    pub(in crate::simulator) originator: String,
}

/// A currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) struct Currency {
    pub(in crate::simulator) code: String,
    pub(in crate::simulator) name: String,
    /// Price in the base currency, in ten-thousandths.
    pub(in crate::simulator) rate: u32,
    /// How an amount is shown; `#` stands for the number.
    pub(in crate::simulator) format: String,
}

/// The dictionary of the stages of a kind in a pipeline.
pub(in crate::simulator) fn stage_entity(kind: Kind, category: u32) -> String {
    match kind {
        Kind::Deal if category > 0 => format!("DEAL_STAGE_{category}"),
        Kind::Deal => "DEAL_STAGE".to_owned(),
        Kind::Smart => format!("DYNAMIC_{}_STAGE_{category}", kind.type_id()),
        Kind::Lead | Kind::Contact | Kind::Company => "STATUS".to_owned(),
    }
}

/// Returns the default dictionaries with the Russian names that users see.
pub(in crate::simulator) fn factory() -> Vec<Status> {
    let mut all = Vec::new();
    stages(&mut all, "STATUS", None, "", LEAD_STAGES);
    stages(&mut all, "DEAL_STAGE", Some(0), "", DEAL_STAGES);
    stages(&mut all, "DEAL_STAGE_1", Some(1), "C1:", COURSE_STAGES);
    let smart = stage_entity(Kind::Smart, 9);
    stages(&mut all, &smart, Some(9), "DT1036_9:", SMART_STAGES);
    for (entity, lines) in PLAIN {
        for (at, (code, name)) in (1_u32..).zip(lines.iter()) {
            push(&mut all, entity, (code, name, "", ""), at, None);
        }
    }
    all
}

/// Adds the default stages to a new pipeline of deals or of the smart process.
pub(in crate::simulator) fn open(all: &mut Vec<Status>, kind: Kind, pipeline: u32) {
    let entity = stage_entity(kind, pipeline);
    let prefix = stage_prefix(kind, pipeline);
    let lines = match kind {
        Kind::Smart => SMART_STAGES,
        _ => DEAL_STAGES,
    };
    stages(all, &entity, Some(pipeline), &prefix, lines);
}

/// What the codes of a pipeline's stages begin with, colon included.
pub(in crate::simulator) fn stage_prefix(kind: Kind, pipeline: u32) -> String {
    match kind {
        Kind::Smart => format!("DT{}_{pipeline}:", kind.type_id()),
        _ if pipeline > 0 => format!("C{pipeline}:"),
        _ => String::new(),
    }
}

/// The pipelines of a fresh portal.
pub(in crate::simulator) fn pipelines() -> Vec<Pipeline> {
    [
        (0, Kind::Deal, "Общая", 100),
        (1, Kind::Deal, "Онлайн-курсы", 200),
        (9, Kind::Smart, "Общая", 100),
    ]
    .into_iter()
    .map(|(id, kind, name, sort)| Pipeline {
        id,
        kind,
        name: name.to_owned(),
        sort,
        origin: String::new(),
        originator: String::new(),
    })
    .collect()
}

/// The currencies of a fresh portal; the first is the base.
pub(in crate::simulator) fn currencies() -> Vec<Currency> {
    [
        ("RUB", "Российский рубль", 10_000, "# ₽"),
        ("USD", "Доллар США", 784_500, "$#"),
        ("EUR", "Евро", 912_300, "# €"),
    ]
    .into_iter()
    .map(|(code, name, rate, format)| Currency {
        code: code.to_owned(),
        name: name.to_owned(),
        rate,
        format: format.to_owned(),
    })
    .collect()
}

type Stage = (&'static str, &'static str, &'static str, &'static str);

fn stages(
    all: &mut Vec<Status>,
    entity: &str,
    category: Option<u32>,
    prefix: &str,
    lines: &[Stage],
) {
    for (at, (code, name, color, semantics)) in (1_u32..).zip(lines.iter()) {
        let code = format!("{prefix}{code}");
        push(all, entity, (&code, name, color, semantics), at, category);
    }
}

fn push(
    all: &mut Vec<Status>,
    entity: &str,
    (code, name, color, semantics): (&str, &str, &str, &str),
    at: u32,
    category: Option<u32>,
) {
    all.push(Status {
        // Dictionaries can be deleted, and ids are never reused.
        id: all.iter().map(|it| it.id).max().unwrap_or(0) + 1,
        entity: entity.to_owned(),
        code: code.to_owned(),
        name: name.to_owned(),
        initial: if is_system(code, semantics) {
            name.to_owned()
        } else {
            String::new()
        },
        sort: at * 10,
        category,
        color: color.to_owned(),
        semantics: semantics.to_owned(),
    });
}

/// Of stages, the portal needs the first one and those that end the work (REST documentation,
/// "crm.status.list"). That all members of other dictionaries can be deleted is our inference.
fn is_system(code: &str, semantics: &str) -> bool {
    let code = code.rsplit(':').next().unwrap_or_default();
    let needed = ["NEW", "WON", "LOSE", "CONVERTED", "JUNK", "SUCCESS", "FAIL"];
    !semantics.is_empty() && needed.contains(&code)
}

const LEAD_STAGES: &[Stage] = &[
    ("NEW", "Не обработан", "#39A8EF", "P"),
    ("IN_PROCESS", "В работе", "#2FC6F6", "P"),
    ("PROCESSED", "Обработан", "#55D0E0", "P"),
    ("CONVERTED", "Качественный лид", "#7BD500", "S"),
    ("JUNK", "Некачественный лид", "#FF5752", "F"),
];

const DEAL_STAGES: &[Stage] = &[
    ("NEW", "Новая", "#39A8EF", "P"),
    ("PREPARATION", "Подготовка документов", "#2FC6F6", "P"),
    ("PREPAYMENT_INVOICE", "Счёт на предоплату", "#55D0E0", "P"),
    ("EXECUTING", "В работе", "#47E4C2", "P"),
    ("FINAL_INVOICE", "Финальный счёт", "#FFA900", "P"),
    ("WON", "Сделка успешна", "#7BD500", "S"),
    ("LOSE", "Сделка провалена", "#FF5752", "F"),
    ("APOLOGY", "Анализ причины провала", "#FF5752", "F"),
];

const COURSE_STAGES: &[Stage] = &[
    ("NEW", "Новая заявка", "#39A8EF", "P"),
    ("PREPARATION", "Консультация", "#2FC6F6", "P"),
    ("PREPAYMENT_INVOICE", "Договор", "#55D0E0", "P"),
    ("EXECUTING", "Ожидаем оплату", "#47E4C2", "P"),
    ("FINAL_INVOICE", "Зачисление", "#FFA900", "P"),
    ("WON", "Слушатель зачислен", "#7BD500", "S"),
    ("LOSE", "Отказ", "#FF5752", "F"),
    ("APOLOGY", "Причина отказа", "#FF5752", "F"),
];

const SMART_STAGES: &[Stage] = &[
    ("NEW", "Начало", "#22B9FF", "P"),
    ("PREPARATION", "Подготовка", "#88B9FF", "P"),
    ("CLIENT", "Согласование", "#10E5FC", "P"),
    ("SUCCESS", "Успех", "#00FF00", "S"),
    ("FAIL", "Провал", "#FF0000", "F"),
];

type Plain = (&'static str, &'static [(&'static str, &'static str)]);

const PLAIN: &[Plain] = &[
    (
        "SOURCE",
        &[
            ("CALL", "Звонок"),
            ("EMAIL", "Электронная почта"),
            ("WEB", "Веб-сайт"),
            ("ADVERTISING", "Реклама"),
            ("PARTNER", "Существующий клиент"),
            ("RECOMMENDATION", "По рекомендации"),
            ("TRADE_SHOW", "Выставка"),
            ("WEBFORM", "CRM-форма"),
            ("CALLBACK", "Обратный звонок"),
            ("RC_GENERATOR", "Генератор продаж"),
            ("STORE", "Интернет-магазин"),
            ("OTHER", "Другое"),
        ],
    ),
    (
        "CONTACT_TYPE",
        &[
            ("CLIENT", "Клиенты"),
            ("SUPPLIER", "Поставщики"),
            ("PARTNER", "Партнёры"),
            ("OTHER", "Другое"),
        ],
    ),
    (
        "COMPANY_TYPE",
        &[
            ("CUSTOMER", "Клиент"),
            ("SUPPLIER", "Поставщик"),
            ("COMPETITOR", "Конкурент"),
            ("PARTNER", "Партнёр"),
            ("OTHER", "Другое"),
        ],
    ),
    (
        "DEAL_TYPE",
        &[
            ("SALE", "Продажа"),
            ("COMPLEX", "Комплексная продажа"),
            ("GOODS", "Продажа товара"),
            ("SERVICES", "Услуги"),
            ("SERVICE", "Сервисное обслуживание"),
        ],
    ),
    ("HONORIFIC", &[("HNR_RU_1", "г-н"), ("HNR_RU_2", "г-жа")]),
    (
        "INDUSTRY",
        &[
            ("IT", "Информационные технологии"),
            ("FINANCE", "Финансы"),
            ("DELIVERY", "Логистика"),
            ("OTHER", "Другое"),
        ],
    ),
    (
        "EMPLOYEES",
        &[
            ("EMPLOYEES_1", "менее 50"),
            ("EMPLOYEES_2", "50-250"),
            ("EMPLOYEES_3", "250-500"),
            ("EMPLOYEES_4", "более 500"),
        ],
    ),
];
