//! The portal's names of fields and methods: leads and deals use the classic methods with
//! `CAPITALS`, items of smart processes `crm.item.*` with `camelCase` (REST documentation,
//! "crm.item.*", "Object fields").

use serde_json::{Value, json};

use crate::domain::{EntityKind, SubmissionId};

/// The names of the fields that delivery itself reads and writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FieldNames {
    pub(crate) id: &'static str,
    /// The stage's code.
    pub(crate) stage: &'static str,
    /// The field whose value is `P` while the stage is not final; items have none.
    pub(crate) semantics: Option<&'static str>,
    /// The pipeline; leads have none.
    pub(crate) category: Option<&'static str>,
    /// The main contact.
    pub(crate) contact: &'static str,
    /// All contacts, for kinds whose rows name them.
    pub(crate) contacts: Option<&'static str>,
    /// The company.
    pub(crate) company: &'static str,
    pub(crate) responsible: &'static str,
}

const LEAD: FieldNames = FieldNames {
    id: "ID",
    stage: "STATUS_ID",
    semantics: Some("STATUS_SEMANTIC_ID"),
    category: None,
    contact: "CONTACT_ID",
    contacts: None,
    company: "COMPANY_ID",
    responsible: "ASSIGNED_BY_ID",
};

const DEAL: FieldNames = FieldNames {
    stage: "STAGE_ID",
    semantics: Some("STAGE_SEMANTIC_ID"),
    category: Some("CATEGORY_ID"),
    ..LEAD
};

const ITEM: FieldNames = FieldNames {
    id: "id",
    stage: "stageId",
    semantics: None,
    category: Some("categoryId"),
    contact: "contactId",
    contacts: Some("contactIds"),
    company: "companyId",
    responsible: "assignedById",
};

/// Of a company, which has neither stages nor contacts of its own: it is never looked up as a record.
const COMPANY: FieldNames = FieldNames { stage: "", ..LEAD };

/// Returns the field names of a kind of record.
pub(crate) fn field_names(kind: EntityKind) -> &'static FieldNames {
    match kind {
        EntityKind::Lead => &LEAD,
        EntityKind::Deal => &DEAL,
        EntityKind::Item(_) => &ITEM,
        EntityKind::Company => &COMPANY,
    }
}

/// Returns whether every portal has this field of a contact (`None`), lead, deal or item, so that
/// the dictionaries need not be asked. Lists only fields that people search by.
pub(crate) fn is_standard_field(entity: Option<EntityKind>, name: &str) -> bool {
    // the fields of requisites are the same everywhere
    if entity == Some(EntityKind::Company) && name.starts_with("RQ_") {
        return true;
    }
    matches!(
        (entity, name),
        (_, "SOURCE_ID" | "SOURCE_DESCRIPTION")
            | (
                None | Some(EntityKind::Lead),
                "NAME" | "LAST_NAME" | "SECOND_NAME" | "POST"
            )
            | (Some(EntityKind::Company), "TITLE" | "BANKING_DETAILS")
            | (Some(EntityKind::Lead), "COMPANY_TITLE")
            | (Some(EntityKind::Deal), "ADDITIONAL_INFO")
            | (
                Some(EntityKind::Lead | EntityKind::Deal),
                "TITLE" | "OPPORTUNITY"
            )
            | (
                Some(EntityKind::Item(_)),
                "title" | "opportunity" | "sourceId" | "sourceDescription"
            )
    )
}

/// Returns whether a list can be filtered by several values of this field. Of the values of phones,
/// addresses, sites and messengers it reads only the first.
pub(super) fn is_comparable(name: &str) -> bool {
    !matches!(name, "PHONE" | "EMAIL" | "WEB" | "IM" | "LINK")
}

/// Returns a method name such as `crm.deal.list`.
pub(super) fn method(kind: EntityKind, action: &str) -> String {
    format!("crm.{}.{action}", kind.as_str())
}

/// Returns the type id of a kind of record (REST documentation, "Object types").
pub(super) fn owner_type(kind: EntityKind) -> i64 {
    match kind {
        EntityKind::Lead => 1,
        EntityKind::Deal => 2,
        EntityKind::Item(process) => process.get(),
        EntityKind::Company => COMPANY_TYPE,
    }
}

/// The type id of companies (REST documentation, "Object types").
pub(super) const COMPANY_TYPE: i64 = 4;

/// Returns the short code of a kind of record (REST documentation, "Object types").
pub(super) fn owner_code(kind: EntityKind) -> String {
    match kind {
        EntityKind::Lead => "L".to_owned(),
        EntityKind::Deal => "D".to_owned(),
        EntityKind::Item(process) => format!("T{:x}", process.get()),
        EntityKind::Company => "CO".to_owned(),
    }
}

/// Returns the kind's name in timelines.
pub(super) fn timeline_type(kind: EntityKind) -> String {
    match kind {
        EntityKind::Lead | EntityKind::Deal | EntityKind::Company => kind.as_str().to_owned(),
        EntityKind::Item(process) => format!("dynamic_{process}"),
    }
}

/// Returns the fields that mark a record as created for a submission. Items have no origin pair:
/// their external code contains both values.
pub(crate) fn origin_fields(
    kind: EntityKind,
    originator: &str,
    id: SubmissionId,
) -> Vec<(&'static str, String)> {
    match kind {
        EntityKind::Lead | EntityKind::Deal | EntityKind::Company => vec![
            ("ORIGINATOR_ID", originator.to_owned()),
            ("ORIGIN_ID", id.to_string()),
        ],
        EntityKind::Item(_) => vec![("xmlId", format!("{originator}-{id}"))],
    }
}

/// Adds the process to the parameters of a universal method and, if one of `names` is a `UF_…`
/// code, the flag that custom fields use these codes.
pub(super) fn add_item_params<'a>(
    kind: EntityKind,
    params: &mut Value,
    mut field_names: impl Iterator<Item = &'a str>,
) {
    if let EntityKind::Item(process) = kind {
        params["entityTypeId"] = json!(process);
        if field_names.any(|name| name.starts_with("UF_")) {
            params["useOriginalUfNames"] = json!("Y");
        }
    }
}
